//! An authority with people and agents, a gateway, and one server behind it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use procura_core::delegate::{ProofFor, prove};
use procura_core::identity::TrustDomain;
use procura_core::json::{self, Object, Value};
use procura_core::time::Seconds;
use procura_engine::effect::{Clock, Entropy, NoEntropy};
use procura_engine::engine::{Engine, Parts, Settings as Names};
use procura_engine::enrol::{self, Enrolment};
use procura_engine::event::DigestKey;
use procura_engine::port::Store as _;
use procura_engine::request::{self, Covered, Stamp};
use procura_gateway::gateway::{Gateway, router};
use procura_gateway::guard::Credential;
use procura_gateway::upstream::{Command, Settings, StartError, Stdio};
use procura_policy::{DEFAULT_REGO, PolicySet, SourceFile, default_roles};
use procura_store::open::OpenMode;
use procura_store::sqlite::Sqlite;
use procura_testkit::world::{AUDIENCE, AUTHORITY, NOW, child, grant, key, public_key, root};
use tempfile::TempDir;

use crate::client::{Answer, Post};
use crate::store::Switched;

/// The agent's tools, unless a test says otherwise: all of the fixture's but `secret`.
pub(crate) const HELD: &[&str] = &[
    "echo",
    "fail",
    "error",
    "die",
    "hang",
    "garbage",
    "stranger",
    "huge",
    "ask",
    "flat",
    "forge",
    "half",
    "environment",
    "absent",
];

/// Everything between a client and a server.
pub(crate) struct World {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) store: Arc<Switched>,
    pub(crate) address: SocketAddr,
    folder: TempDir,
    serial: AtomicU32,
}

struct Stopped;

struct Counted(AtomicU32);

impl Clock for Stopped {
    fn now_millis(&self) -> i64 {
        NOW.as_seconds() * 1000
    }
}

impl Entropy for Counted {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        let next = self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        for (byte, value) in bytes.iter_mut().zip(next.iter().cycle()) {
            *byte = *value;
        }
        Ok(())
    }
}

/// Time enough for a machine that is busy.
pub(crate) const PATIENT: Settings = Settings {
    answer_within: Duration::from_secs(60),
    start_within: Duration::from_secs(60),
    restart_every: Duration::ZERO,
};

/// Time enough for nothing that does not happen.
pub(crate) const HASTY: Settings =
    Settings { answer_within: Duration::from_millis(200), ..PATIENT };

/// Starts the fixture in one of its modes.
pub(crate) async fn fixture(
    mode: &str,
    log: PathBuf,
    settings: Settings,
) -> Result<Stdio, StartError> {
    let command = Command {
        words: vec![env!("CARGO_BIN_EXE_procura-gateway-fixture").into(), mode.into()],
        env: BTreeMap::from([("FIXTURE_LOG".into(), log.to_str().unwrap().into())]),
    };
    Stdio::start_with("fix", command, settings).await
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with("plain", PATIENT).await
    }

    pub(crate) async fn with(mode: &str, settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Switched::new(Sqlite::open(folder.path(), OpenMode::Create).unwrap());
        let engine = Arc::new(engine(&store));
        enrol_everybody(&engine).await;
        let server = fixture(mode, folder.path().join("log"), settings).await.unwrap();
        let servers = BTreeMap::from([("fix".to_owned(), Arc::new(server))]);
        let gateway = Arc::new(Gateway::new(engine, servers, vec!["gw.example".into()]));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = router(Arc::clone(&gateway));
        let service = service.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self { gateway, store, address, folder, serial: AtomicU32::new(0) }
    }

    /// A request of the agent `coder` for a tool of the fixture, with a fresh proof.
    pub(crate) fn call(&self, tool: &str, arguments: &str) -> Object {
        let arguments = json::parse_object(arguments.as_bytes()).unwrap();
        let proof = self.proof(&format!("mcp:fix/{tool}"), &arguments);
        let params = Object::new()
            .with("name", tool)
            .with("arguments", arguments)
            .with("_meta", meta(&chain(HELD), &proof));
        message("tools/call", params)
    }

    /// A proof of the agent `coder`.
    pub(crate) fn proof(&self, tool: &str, arguments: &Object) -> String {
        let serial = self.serial.fetch_add(1, Ordering::SeqCst);
        let chain = chain(HELD);
        let proof = ProofFor {
            id: &format!("proof-{serial}"),
            leaf: chain.last().unwrap(),
            tool,
            arguments,
            audience: AUDIENCE,
            issued: NOW,
        };
        prove(&proof, &key("coder")).unwrap()
    }

    /// Sends a message as an honest client does.
    pub(crate) async fn send(&self, message: &Object) -> Answer {
        Post::new("/mcp/fix", message.to_canonical().unwrap()).send(self.address).await
    }

    /// Calls a tool as `coder`.
    pub(crate) async fn run(&self, tool: &str, arguments: &str) -> Answer {
        self.send(&self.call(tool, arguments)).await
    }

    /// What reached the server after its handshake.
    pub(crate) fn reached(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.path().join("log")).unwrap();
        let calls = text.lines().filter(|line| line.contains(r#""method":"tools/call""#));
        calls.map(str::to_owned).collect()
    }

    /// Waits until everything is recorded, and shows what events of calls and refused
    /// requests there are: kind, code or end.
    pub(crate) async fn events(&self) -> Vec<String> {
        self.gateway.close().await;
        self.events_so_far()
    }

    /// The same, of what is recorded by now.
    pub(crate) fn events_so_far(&self) -> Vec<String> {
        let events = self.store.events(0, 1000).unwrap();
        let is_shown = |kind: &str| kind.starts_with("call.") || kind == "request.refused";
        let calls = events.into_iter().filter(|event| is_shown(&event.kind));
        let describe = |event: procura_engine::port::StoredEvent| {
            let body = json::parse_object(&event.body).unwrap();
            let what = body.get("end").or(body.get("code")).and_then(Value::as_str);
            format!("{} {}", event.kind, what.unwrap())
        };
        calls.map(describe).collect()
    }

    /// The bytes of all events, one a line.
    pub(crate) fn log(&self) -> String {
        let events = self.store.events(0, 1000).unwrap();
        let line = |event: procura_engine::port::StoredEvent| {
            String::from_utf8(event.body).unwrap() + "\n"
        };
        events.into_iter().map(line).collect()
    }
}

/// A JSON-RPC request.
pub(crate) fn message(method: &str, params: Object) -> Object {
    Object::new()
        .with("jsonrpc", "2.0")
        .with("id", "one")
        .with("method", method)
        .with("params", params)
}

/// A `_meta` with a credential, and something that belongs to somebody else.
pub(crate) fn meta(chain: &[String], proof: &str) -> Object {
    let credential = Object::new().with("aat_chain", chain.to_vec()).with("aat_pop", proof);
    Object::new().with("dev.procura/aat", credential).with("traceparent", "00-ab-cd-01")
}

/// What alice gave to `planner`, and `planner` to `coder`: these tools, any arguments
/// of the names `text`, `n` and `environment`.
pub(crate) fn chain(held: &[&str]) -> Vec<String> {
    let any = r#"{"constraint_type":"wildcard","optional":true}"#;
    let arguments = format!(r#"{{"text":{any},"n":{any},"environment":{any}}}"#);
    let all = |names: &[&str]| {
        let tools: Vec<String> =
            names.iter().map(|name| format!(r#""mcp:fix/{name}":{arguments}"#)).collect();
        format!("{{{}}}", tools.join(","))
    };
    let mut first = grant("planner", &all(HELD));
    first.audience = vec![AUDIENCE.into()];
    let top = root("alice", &first);
    let leaf = child(&top, "planner", &grant("coder", &all(held)));
    vec![top, leaf]
}

/// The credential of `coder`.
pub(crate) fn credential() -> Credential {
    Credential { chain: chain(HELD), key: Arc::new(key("coder")) }
}

fn engine(store: &Arc<Switched>) -> Engine {
    let file = |name: &str, text: String| SourceFile { name: name.into(), text };
    let policy = [
        file("roles.toml", default_roles("user:alice")),
        file("procura.rego", DEFAULT_REGO.into()),
    ];
    Engine::open(Parts {
        store: store.clone(),
        clock: Arc::new(Stopped),
        entropy: Arc::new(Counted(AtomicU32::new(1))),
        authority: Arc::new(key(AUTHORITY)),
        digest_key: DigestKey::new([7; 32]),
        policy: PolicySet::compile(&policy).unwrap(),
        settings: Names {
            trust_domain: TrustDomain::parse("procura.test").unwrap(),
            audience: AUDIENCE.into(),
            replica: "test".into(),
        },
    })
    .unwrap()
}

async fn enrol_everybody(engine: &Engine) {
    engine.bootstrap("alice", public_key("alice")).await.unwrap();
    for name in ["planner", "coder"] {
        let nonce = engine.challenge().unwrap();
        let enrolment = Enrolment { kind: "agent", name, nonce: &nonce, audience: AUDIENCE };
        let statement = enrol::sign(&enrolment, &key(name));
        let covered = Covered { method: "POST", target: "/agents", body: statement.as_bytes() };
        let stamp = Stamp { id: name, issued: NOW.minus(Seconds::new(1)), audience: AUDIENCE };
        let proof = request::sign(&covered, "user:alice", &stamp, &key("alice"));
        let alice = engine.authenticate(&proof, &covered).unwrap();
        engine.enrol_agent(&alice, &statement).await.unwrap();
    }
}
