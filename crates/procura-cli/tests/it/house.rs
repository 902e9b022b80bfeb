//! A data directory that `procura up` made, the server on it, and what a person types there.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::desk::{Said, words};
use crate::yard::BINARY;

/// A folder with the data directory in `data` and its passphrase beside it.
pub(crate) struct House {
    root: tempfile::TempDir,
}

/// A `procura` that runs until it is told to stop.
pub(crate) struct Running {
    child: Child,
    input: Option<ChildStdin>,
    output: Receiver<String>,
    complaints: PathBuf,
}

impl House {
    /// Nobody lives here yet.
    pub(crate) fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap() }
    }

    /// One that was started once, with the workshop as its MCP server `web`.
    pub(crate) fn with_workshop() -> Self {
        let house = Self::new();
        house.up().terminate();
        let config = format!(
            "trust_domain = \"procura.local\"\n[servers.web]\ncommand = {}\n",
            json!([BINARY, "workshop", "--create", "--repo", house.file("repo")])
        );
        fs::write(house.file("data/procura.toml"), config).unwrap();
        house
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// `procura` here, with these words split at spaces except inside `'…'`.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = self.bare();
        command.arg("--passphrase-file").arg(self.file("passphrase")).args(words(line));
        command
    }

    /// The same where nobody says what the passphrase is, and no words.
    pub(crate) fn bare(&self) -> Command {
        let mut command = Command::new(BINARY);
        command
            .current_dir(self.root.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.root.path())
            .arg("--data")
            .arg(self.file("data"))
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, line: &str) -> Said {
        self.command(line).output().unwrap().into()
    }

    /// What a command that must succeed says with `--json`.
    pub(crate) fn done(&self, line: &str) -> Value {
        let said = self.run(&format!("--json {line}"));
        assert_eq!(said.code, 0, "{line}: {said:?}");
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{line}: {error}: {said:?}"))
    }

    /// Runs this and keeps its pipes.
    pub(crate) fn start(&self, mut command: Command) -> Running {
        let complaints = self.file("complaints");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&complaints).unwrap())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let output = lines_of(child.stdout.take().unwrap());
        Running { child, input, output, complaints }
    }

    /// `procura up` on a free port, which listens when this returns.
    pub(crate) fn up(&self) -> Running {
        let up = self.start(self.command("up --listen 127.0.0.1:0 --json"));
        let said: Value = serde_json::from_str(&up.line()).unwrap();
        assert!(said["url"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{said}");
        up
    }
}

impl Running {
    /// The next line. One that never comes fails the test.
    pub(crate) fn line(&self) -> String {
        match self.output.recv_timeout(DEADLINE) {
            Ok(line) => line,
            Err(error) => panic!("{error}: {}", self.complaints()),
        }
    }

    /// What it said on standard error.
    pub(crate) fn complaints(&self) -> String {
        fs::read_to_string(&self.complaints).unwrap()
    }

    pub(crate) fn send(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(format!("{line}\n").as_bytes()).unwrap();
        input.flush().unwrap();
    }

    /// Sends a JSON-RPC request and returns the whole reply.
    pub(crate) fn request(&mut self, method: &str, params: &Value) -> Value {
        self.send(
            &json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).to_string(),
        );
        let reply: Value = serde_json::from_str(&self.line()).unwrap();
        assert_eq!((&reply["id"], &reply["jsonrpc"]), (&json!(7), &json!("2.0")), "{reply}");
        reply
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM, and its end, which is in order.
    pub(crate) fn terminate(mut self) {
        let id = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(id, Signal::TERM).unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {}", self.complaints());
    }

    /// SIGKILL, and its end.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends its input and waits for its end.
    pub(crate) fn hang_up(mut self) -> ExitStatus {
        drop(self.input.take());
        self.child.wait().unwrap()
    }
}

/// A test that fails leaves no process behind.
impl Drop for Running {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Every file below `folder`.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

/// Reads on a thread of its own, because a read from a pipe has no deadline.
fn lines_of(output: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines() {
            if sender.send(line.unwrap()).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Longer than anything here takes on a machine that is very busy.
const DEADLINE: Duration = Duration::from_secs(90);
