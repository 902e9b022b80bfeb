//! Runs a keyring's tool, for a bounded time and with bounded output.
//!
//! **Invariant:** when [`run`] returns, the process has ended. What it printed
//! is overwritten when the answer is dropped.

use std::io::{ErrorKind, Read, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::KeyringError;

/// What a tool said.
pub(super) struct Answer {
    pub(super) code: Option<i32>,
    pub(super) output: Zeroizing<Vec<u8>>,
    errors: Zeroizing<Vec<u8>>,
}

impl Answer {
    pub(super) fn succeeded(&self) -> bool {
        self.code == Some(0)
    }

    pub(super) fn is_silent(&self) -> bool {
        self.output.is_empty() && self.errors.is_empty()
    }

    /// The first line of its complaint, short and safe to print.
    pub(super) fn complaint(&self) -> String {
        let text = String::from_utf8_lossy(&self.errors);
        let line = text.lines().next().unwrap_or("no reason given");
        line.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(160).collect()
    }
}

/// Runs `command` with `input` on its standard input.
///
/// `input` must fit into a pipe (4 KiB anywhere), so that writing never waits.
pub(super) fn run(
    command: &mut Command,
    input: &[u8],
    deadline: Duration,
) -> Result<Answer, KeyringError> {
    let give_up = Instant::now().checked_add(deadline);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(KeyringError::Run)?;
    let answer = converse(&mut child, input, give_up);
    if answer.is_err() {
        // It may have ended by itself meanwhile; then there is nothing to kill.
        drop(child.kill());
        drop(child.wait());
    }
    answer.map_err(|failure| match failure {
        Failure::Late => KeyringError::Deadline(deadline),
        Failure::Broken(error) => KeyringError::Run(error),
    })
}

enum Failure {
    Late,
    Broken(std::io::Error),
}

fn converse(child: &mut Child, input: &[u8], give_up: Option<Instant>) -> Result<Answer, Failure> {
    let output = child.stdout.take().map(drain);
    let errors = child.stderr.take().map(drain);
    if let Some(mut stdin) = child.stdin.take() {
        match stdin.write_all(input) {
            // A tool that ends without reading says why with its exit code.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                return Err(Failure::Broken(error));
            }
            Ok(()) | Err(_) => {}
        }
    }
    let output = received(output, give_up)?;
    let errors = received(errors, give_up)?;
    let code = exit_code(child, give_up)?;
    Ok(Answer { code, output, errors })
}

/// Reads `pipe` to its end on a thread, and keeps at most 4 KiB of it.
///
/// The thread ends with the pipe; it is not joined, because a process that the
/// tool left behind may hold the pipe open.
fn drain(pipe: impl Read + Send + 'static) -> Receiver<Zeroizing<Vec<u8>>> {
    const KEPT: u64 = 4096;
    let (sender, receiver) = sync_channel(1);
    thread::spawn(move || {
        let mut kept = Zeroizing::new(Vec::with_capacity(8192));
        let mut bounded = pipe.take(KEPT);
        // What was read before an error still tells more than nothing.
        drop(bounded.read_to_end(&mut kept));
        // If nobody waits any more, the answer is dropped and overwritten here.
        drop(sender.send(kept));
    });
    receiver
}

fn received(
    receiver: Option<Receiver<Zeroizing<Vec<u8>>>>,
    give_up: Option<Instant>,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let Some(receiver) = receiver else {
        return Ok(Zeroizing::new(Vec::new()));
    };
    receiver.recv_timeout(remaining(give_up)).map_err(|_| Failure::Late)
}

fn exit_code(child: &mut Child, give_up: Option<Instant>) -> Result<Option<i32>, Failure> {
    loop {
        if let Some(status) = child.try_wait().map_err(Failure::Broken)? {
            return Ok(status.code());
        }
        if remaining(give_up).is_zero() {
            return Err(Failure::Late);
        }
        // Its output has ended, so this is a matter of moments.
        thread::sleep(Duration::from_millis(2));
    }
}

fn remaining(give_up: Option<Instant>) -> Duration {
    give_up.map_or(Duration::ZERO, |instant| instant.saturating_duration_since(Instant::now()))
}
