//! A data directory to work offline in: keys, a trust bundle, a directory, a log.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use procura_core::directory::{Agent, AgentState, Directory, Person, PersonRole};
use procura_core::json::Object;
use procura_core::key::{PublicKey, Signer};
use procura_core::time::Timestamp;
use procura_core::token::{Token, to_jwk};
use procura_keys::description::{Description, Label, Purpose};
use procura_keys::passphrase::Passphrase;
use procura_keys::secret_key::SecretKey;
use procura_keys::unsealer::Unsealer;
use procura_merkle::checkpoint::Checkpoint;
use procura_merkle::hash::{leaf_hash, node_hash};
use procura_merkle::proof::Receipt;
use procura_merkle::tree::TreeHead;
use procura_merkle::verifier_key::VerifierKey;

use crate::yard::BINARY;

/// Alice, her agents planner and coder, and the authority's keys.
pub(crate) struct Desk {
    root: tempfile::TempDir,
    authority: SecretKey,
    log: SecretKey,
    alice: PublicKey,
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) const AUDIENCE: &str = "https://gateway.procura.local";
pub(crate) const ORIGIN: &str = "procura.local/log/1";

impl Desk {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("keys")).unwrap();
        Passphrase::generate().unwrap().create_file(&root.path().join("passphrase")).unwrap();
        let desk = Self {
            alice: create(root.path(), "user.alice", Purpose::USER),
            root,
            authority: SecretKey::generate().unwrap(),
            log: SecretKey::generate().unwrap(),
        };
        for agent in ["planner", "coder"] {
            create(desk.path(), &format!("agent.{agent}"), Purpose::AGENT);
        }
        desk.write("trust.json", desk.trust().to_canonical().unwrap());
        desk
    }

    pub(crate) fn path(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.file(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }

    /// Runs `procura` here, with its words split at spaces except inside `'…'`.
    pub(crate) fn run(&self, line: &str) -> Said {
        self.command(line).output().unwrap().into()
    }

    /// The same with this on its standard input.
    pub(crate) fn run_with(&self, line: &str, input: &str) -> Said {
        let input_file = self.file("input");
        fs::write(&input_file, input).unwrap();
        let input = fs::File::open(input_file).unwrap();
        self.command(line).stdin(input).output().unwrap().into()
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(BINARY);
        command
            .current_dir(self.path())
            .env_clear()
            .arg("--data")
            .arg(self.path())
            .arg("--passphrase-file")
            .arg(self.file("passphrase"))
            .args(words(line))
            .stdin(Stdio::null());
        command
    }

    /// Alice → planner → coder: all of `/`, then only what is under `/src`.
    pub(crate) fn chain_of_two(&self) {
        let root = self.run("delegate --to planner --further 3 --allow mcp:web/list --allow 'mcp:web/write_file(path=under:/, content=any)'");
        assert_eq!(root.code, 0, "{root:?}");
        let child = self.run("delegate --chain planner.chain --key planner --to coder --further 1 --for 30m --allow 'mcp:web/write_file(path=under:/src, content=any)'");
        assert_eq!(child.code, 0, "{child:?}");
    }

    pub(crate) fn tokens(&self, file: &str) -> Vec<String> {
        let chain: serde_json::Value = serde_json::from_str(&self.read(file)).unwrap();
        let tokens = chain["aat_chain"].as_array().unwrap();
        tokens.iter().map(|token| token.as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn leaf(&self, file: &str) -> Token {
        Token::read(self.tokens(file).last().unwrap()).unwrap()
    }

    pub(crate) fn agent_key(&self, name: &str) -> SecretKey {
        let path = self.file(&format!("keys/agent.{name}.key"));
        unsealer(self.path()).open_key(&path, &Purpose::AGENT).unwrap()
    }

    pub(crate) fn alice_key(&self) -> SecretKey {
        let path = self.file("keys/user.alice.key");
        unsealer(self.path()).open_key(&path, &Purpose::USER).unwrap()
    }

    /// Writes `directory.jwt`, signed by the authority, as `change` leaves it.
    pub(crate) fn directory(&self, issued: Timestamp, change: impl FnOnce(&mut Directory)) {
        self.directory_by(&self.authority, issued, change);
    }

    /// The same, signed by whoever this is.
    pub(crate) fn directory_by(
        &self,
        signer: &dyn Signer,
        issued: Timestamp,
        change: impl FnOnce(&mut Directory),
    ) {
        let (_, text) = Directory::empty().succeed(issued, signer, |directory| {
            let alice = Person { key: self.alice.clone(), role: PersonRole::Administrator };
            directory.put_person("user:alice", alice);
            for name in ["planner", "coder"] {
                let agent = Agent {
                    key: self.agent_key(name).public_key().clone(),
                    owner: "user:alice".into(),
                    state: AgentState::Active,
                    created: issued,
                };
                directory.put_agent(&format!("spiffe://procura.local/agent/{name}"), agent);
            }
            change(directory);
        });
        self.write("directory.jwt", text);
    }

    /// A receipt for `event`, the first of two entries.
    pub(crate) fn receipt(&self, event: &Object) -> String {
        self.receipt_by(&self.log, event)
    }

    /// The same from a log with another key.
    pub(crate) fn receipt_by(&self, log: &SecretKey, event: &Object) -> String {
        let entry = event.to_canonical().unwrap().into_bytes();
        let (leaf, other) = (leaf_hash(&entry), leaf_hash(b"{}"));
        let head = TreeHead { size: 2, root: node_hash(&leaf, &other) };
        let key = vkey(log);
        let sign = |message: &[u8]| log.sign(message).to_bytes();
        let note = Checkpoint::new(ORIGIN, head).unwrap().sign(&key, &sign).unwrap();
        Receipt::new(Some(entry), 0, vec![other], note).unwrap().to_text()
    }

    fn trust(&self) -> Object {
        let log = Object::new().with("origin", ORIGIN).with("vkey", vkey(&self.log).to_string());
        let alice = Object::new().with("principal", "user:alice").with("jwk", to_jwk(&self.alice));
        Object::new()
            .with("trust_domain", "procura.local")
            .with("audience", AUDIENCE)
            .with("authority", to_jwk(self.authority.public_key()))
            .with("log", log)
            .with("people", vec![alice])
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            // A process that a signal ended has no code, and no test expects that.
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// An event as the engine writes one.
pub(crate) fn event(reason: &str) -> Object {
    Object::new()
        .with("v", 1u32)
        .with("id", "0199-1")
        .with("kind", "call.denied")
        .with("ts", 1_795_000_000_000_i64)
        .with("code", "argument_refused")
        .with("hop", 1u32)
        .with("reason", reason)
        .with("principal", "user:alice")
        .with("agent_proven", "spiffe://procura.local/agent/coder")
        .with("target", "mcp:web/write_file")
}

fn vkey(log: &SecretKey) -> VerifierKey {
    VerifierKey::new(ORIGIN, log.public_key().as_bytes()).unwrap()
}

fn unsealer(root: &Path) -> Unsealer {
    Unsealer::new(Passphrase::from_file(&root.join("passphrase")).unwrap())
}

fn create(root: &Path, stem: &str, purpose: Purpose) -> PublicKey {
    let path = root.join(format!("keys/{stem}.key"));
    let description = Description::new(Label::parse(stem).unwrap(), purpose);
    unsealer(root).create_key(&path, description).unwrap().public_key().clone()
}

pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for c in line.chars() {
        match c {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(c),
        }
    }
    words
}
