//! A workshop to work in: its directory, its process and its pipes.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// A directory with a demo repository `web` in it, and where its releases go.
pub(crate) struct Yard(tempfile::TempDir);

/// A workshop that runs, and its pipes.
pub(crate) struct Server {
    child: Child,
    input: Option<ChildStdin>,
    output: Receiver<String>,
    last_id: u64,
}

impl Yard {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn repo(&self) -> PathBuf {
        self.0.path().join("web")
    }

    pub(crate) fn releases(&self) -> PathBuf {
        self.0.path().join("releases")
    }

    pub(crate) fn arguments(&self, extra: &[&str]) -> Vec<String> {
        let repo = self.repo();
        let fixed = ["workshop", "--create", "--repo", repo.to_str().unwrap()];
        fixed.iter().chain(extra).map(|argument| (*argument).to_owned()).collect()
    }

    /// A workshop on which nothing has been said.
    pub(crate) fn start(&self, extra: &[&str]) -> Server {
        let mut child = Command::new(BINARY)
            .args(self.arguments(extra))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let output = lines_of(child.stdout.take().unwrap());
        Server { child, input, output, last_id: 0 }
    }

    /// A workshop that has been greeted.
    pub(crate) fn open(&self, extra: &[&str]) -> Server {
        let mut server = self.start(extra);
        server.request("initialize", json!({"protocolVersion": "2025-11-25", "capabilities": {}}));
        server.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        server
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .arg("--git-dir")
            .arg(self.repo().join(".git"))
            .arg("--work-tree")
            .arg(self.repo())
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }
}

impl Server {
    pub(crate) fn send(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(line.as_bytes()).unwrap();
        input.write_all(b"\n").unwrap();
        input.flush().unwrap();
    }

    /// The next line. One that never comes fails the test.
    pub(crate) fn line(&mut self) -> String {
        self.output.recv_timeout(DEADLINE).unwrap()
    }

    pub(crate) fn reply(&mut self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    /// Sends a request and returns its whole reply.
    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.send_request(method, params);
        let reply = self.reply();
        assert_eq!((&reply["id"], &reply["jsonrpc"]), (&json!(id), &json!("2.0")), "{reply}");
        reply
    }

    pub(crate) fn send_request(&mut self, method: &str, params: Value) -> u64 {
        self.last_id = self.last_id.checked_add(1).unwrap();
        let request =
            json!({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params});
        self.send(&request.to_string());
        self.last_id
    }

    /// Calls a tool on the demo repository and returns the result.
    pub(crate) fn call(&mut self, name: &str, mut arguments: Value) -> Value {
        arguments["repo"] = json!("acme/web");
        self.request("tools/call", json!({"name": name, "arguments": arguments}))["result"].take()
    }

    /// The text of a call that must have succeeded.
    pub(crate) fn done(&mut self, name: &str, arguments: Value) -> String {
        let result = self.call(name, arguments);
        assert_eq!(result["isError"], Value::Null, "{result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// The reason of a call that must have failed.
    pub(crate) fn failed(&mut self, name: &str, arguments: Value) -> String {
        let result = self.call(name, arguments);
        assert_eq!(result["isError"], true, "{result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// Ends the input; returns what was still printed, and how the process ended.
    pub(crate) fn hang_up(mut self) -> (Vec<String>, ExitStatus) {
        drop(self.input.take());
        let mut lines = Vec::new();
        loop {
            match self.output.recv_timeout(DEADLINE) {
                Ok(line) => lines.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("the workshop outlives its input"),
            }
        }
        (lines, self.child.wait().unwrap())
    }
}

/// A test that fails leaves no process behind.
impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads on a thread of its own, because a read from a pipe has no deadline.
fn lines_of(output: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines() {
            if sender.send(line.unwrap()).is_err() {
                break;
            }
        }
    });
    receiver
}

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_procura");
/// Longer than anything here takes on a machine that is very busy.
const DEADLINE: Duration = Duration::from_secs(60);
