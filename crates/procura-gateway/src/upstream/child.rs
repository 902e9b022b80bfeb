//! The process of a server.
//!
//! **Invariant:** a server's process, and every process that it started in its
//! group, is gone when its [`Process`] is dropped. It sees three variables of our
//! environment and those that the operator set, so no key of ours.

use std::collections::BTreeMap;
use std::io;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncRead;
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::task::JoinHandle;

use super::failure::StartError;
use crate::lines::{Line, Lines};

/// How a server is started. It comes from the operator and from nobody else.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Command {
    /// The program and its arguments; no shell reads them.
    pub words: Vec<String>,
    /// Variables of its environment, besides PATH, HOME and LANG.
    pub env: BTreeMap<String, String>,
}

/// A running server and its pipes.
pub(super) struct Started {
    pub(super) input: ChildStdin,
    pub(super) output: ChildStdout,
    pub(super) process: Process,
}

/// A process that ends with this value.
pub(super) struct Process {
    child: Child,
    errors: JoinHandle<()>,
}

/// Starts the server `name`.
pub(super) fn start(name: &str, command: &Command) -> Result<Started, StartError> {
    let (program, arguments) = command.words.split_first().ok_or(StartError::NoCommand)?;
    let failed = |source| StartError::Spawn { program: program.clone(), source };
    let mut child = tokio::process::Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        .envs(&command.env)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A group of its own, so that what it starts can be ended with it.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(input), Some(output), Some(errors)) = pipes else {
        return Err(failed(io::Error::from(io::ErrorKind::BrokenPipe)));
    };
    let errors = tokio::spawn(log_errors(name.to_owned(), errors));
    let process = Process { child, errors };
    Ok(Started { input, output, process })
}

impl Process {
    /// Waits until it has ended by itself.
    pub(super) async fn ended(&mut self) {
        let _status = self.child.wait().await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.errors.abort();
        // A process that was waited for has no id: its number may be another's by now.
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = id.and_then(Pid::from_raw) {
            let _gone = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Shows what the server complains about, up to a limit; the rest is read and forgotten.
async fn log_errors(name: String, errors: impl AsyncRead + Unpin) {
    let mut lines = Lines::new(errors, ERROR_LINE);
    let mut shown = 0_usize;
    while let Ok(line) = lines.next().await {
        match line {
            Line::End => return,
            Line::Text(text) if shown < ERROR_LINES => {
                shown = shown.saturating_add(1);
                let text = String::from_utf8_lossy(&text);
                tracing::debug!(server = name, line = %text.escape_debug(), "a server complains");
            }
            Line::Text(_) | Line::TooLong => {}
        }
    }
}

/// What a server sees of our environment.
const INHERITED: [&str; 3] = ["PATH", "HOME", "LANG"];
/// The longest line of complaint that is shown.
const ERROR_LINE: usize = 2048;
/// How many are shown.
const ERROR_LINES: usize = 200;
