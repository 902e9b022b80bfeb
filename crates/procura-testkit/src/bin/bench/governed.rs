//! One governed call against the same call made directly.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Command, Stdio as Pipe};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use procura_core::delegate::{self, ProofFor};
use procura_core::directory::{AgentState, Directory};
use procura_core::identity::TrustDomain;
use procura_core::json::Object;
use procura_core::key::Signer as _;
use procura_core::time::{Seconds, Timestamp};
use procura_engine::effect::{Clock, Entropy, Ids, NoEntropy};
use procura_engine::engine::{Engine, Parts, Settings};
use procura_engine::enrol::{self, Enrolment};
use procura_engine::event::DigestKey;
use procura_engine::request::{self, Covered, Stamp};
use procura_gateway::gateway::{Gateway, router};
use procura_gateway::upstream::{Command as Upstream, Stdio};
use procura_policy::{PolicySet, SourceFile};
use procura_store::open::OpenMode;
use procura_store::sqlite::Sqlite;
use procura_testkit::world;
use procura_wire::presentation::{MEMBER, Presentation};

use crate::echo;
use crate::measure::{Row, micros, quantile};

const TOOL: &str = "mcp:echo/echo";
const CALLS: usize = 600;

/// `gateway.call`: HTTP, verification, decision, a durable event, the server.
/// Floor: the server alone over its pipe, and one durable commit.
pub(crate) fn rows() -> anyhow::Result<Vec<Row>> {
    let runtime = tokio::runtime::Runtime::new()?;
    let folder = tempfile::tempdir()?;
    let governed = Governed::start(&runtime, folder.path())?;
    let mut direct = Direct::start()?;
    let mut commit = Commit::open(folder.path())?;
    let (mut values, mut floors) = (Vec::new(), Vec::new());
    for round in 0..CALLS {
        let call = governed.prepare()?;
        let begun = Instant::now();
        governed.send(call)?;
        let value = begun.elapsed();
        let begun = Instant::now();
        direct.call()?;
        commit.once()?;
        let floor = begun.elapsed();
        if round >= CALLS / 10 {
            values.push(value);
            floors.push(floor);
        }
    }
    Ok(vec![
        row("gateway.call", 0.5, &mut values, &mut floors),
        row("gateway.call.p99", 0.99, &mut values, &mut floors),
    ])
}

fn row(name: &'static str, part: f64, values: &mut [Duration], floors: &mut [Duration]) -> Row {
    let (value, floor) = (quantile(values, part), quantile(floors, part));
    Row { name, unit: "µs", value: micros(value), floor: micros(floor) }
}

struct System;

impl Clock for System {
    fn now_millis(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
    }
}

impl Entropy for System {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        getrandom::fill(bytes).map_err(|_| NoEntropy)
    }
}

fn now() -> Timestamp {
    System.now()
}

struct Governed {
    url: String,
    chain: Vec<String>,
    audience: String,
    ids: Ids,
    http: ureq::Agent,
}

impl Governed {
    fn start(runtime: &tokio::runtime::Runtime, folder: &std::path::Path) -> anyhow::Result<Self> {
        let engine = engine(folder)?;
        let audience = engine.settings().audience.clone();
        let program = std::env::current_exe()?.display().to_string();
        let command =
            Upstream { words: vec![program, echo::FLAG.into()], env: BTreeMap::default() };
        let address = runtime.block_on(async {
            enrol(&engine).await?;
            let upstream = Arc::new(Stdio::start("echo", command).await?);
            let servers = BTreeMap::from([("echo".to_string(), upstream)]);
            let gateway = Arc::new(Gateway::new(Arc::clone(&engine), servers, Vec::new()));
            serve(gateway).await
        })?;
        let http = ureq::Agent::config_builder().build().new_agent();
        let url = format!("http://{address}/mcp/echo");
        let ids = Ids::new(Arc::new(System), Arc::new(System));
        Ok(Self { url, chain: chain(&audience)?, audience, ids, http })
    }

    /// The client's own work is not the gateway's.
    fn prepare(&self) -> anyhow::Result<String> {
        let arguments = Object::new().with("text", "hello");
        let proof = ProofFor {
            id: &self.ids.uuid()?,
            leaf: self.chain.last().context("a chain has a leaf")?,
            tool: TOOL,
            arguments: &arguments,
            audience: &self.audience,
            issued: now(),
        };
        let proof = delegate::prove(&proof, &world::key("coder"))?;
        let shown = Presentation { chain: self.chain.clone(), proof, approvals: Vec::new() };
        let params = Object::new()
            .with("name", "echo")
            .with("arguments", arguments)
            .with("_meta", Object::new().with(MEMBER, shown.to_object()));
        let message = Object::new()
            .with("jsonrpc", "2.0")
            .with("id", 1u32)
            .with("method", "tools/call")
            .with("params", params);
        Ok(message.to_canonical()?)
    }

    fn send(&self, message: String) -> anyhow::Result<()> {
        let request = self.http.post(&self.url).header("content-type", "application/json");
        let answer = request.send(message)?.into_body().read_to_string()?;
        anyhow::ensure!(answer.contains("done"), "the call was not allowed: {answer}");
        Ok(())
    }
}

async fn serve(gateway: Arc<Gateway>) -> anyhow::Result<SocketAddr> {
    use axum::serve::ListenerExt as _;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let listener = listener.tap_io(|stream| {
        let _set = stream.set_nodelay(true);
    });
    let service = router(gateway).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, service).await {
            eprintln!("serving ended: {error}");
        }
    });
    Ok(address)
}

fn engine(folder: &std::path::Path) -> anyhow::Result<Arc<Engine>> {
    let store = Sqlite::open(&folder.join("governed"), OpenMode::Create)?;
    let policy = PolicySet::compile(&[
        SourceFile { name: "roles.toml".into(), text: procura_policy::default_roles("user:alice") },
        SourceFile { name: "rules.rego".into(), text: procura_policy::DEFAULT_REGO.into() },
    ])?;
    Ok(Arc::new(Engine::open(Parts {
        store: Arc::new(store),
        clock: Arc::new(System),
        entropy: Arc::new(System),
        authority: Arc::new(world::key(world::AUTHORITY)),
        digest_key: DigestKey::new([7; 32]),
        policy,
        settings: Settings {
            trust_domain: TrustDomain::parse("procura.test")?,
            audience: world::AUDIENCE.into(),
            replica: "bench".into(),
        },
    })?))
}

async fn enrol(engine: &Engine) -> anyhow::Result<()> {
    let alice = world::key("alice");
    engine.bootstrap("alice", alice.public_key().clone()).await?;
    for name in ["planner", "coder"] {
        let nonce = engine.challenge()?;
        let audience = &engine.settings().audience;
        let enrolment = Enrolment { kind: "agent", name, nonce: &nonce, audience };
        let statement = enrol::sign(&enrolment, &world::key(name));
        let covered = Covered { method: "POST", target: "/v1/agents", body: b"" };
        let stamp = Stamp { id: &engine.ids().uuid()?, issued: now(), audience };
        let proof = request::sign(&covered, "user:alice", &stamp, &alice);
        let caller = engine.authenticate(&proof, &covered)?;
        engine.enrol_agent(&caller, &statement).await?;
    }
    let active = |directory: &Directory| {
        directory.agents().filter(|(_, agent)| agent.state == AgentState::Active).count()
    };
    anyhow::ensure!(active(&engine.trust().directory) == 2, "two agents are enrolled");
    Ok(())
}

/// Alice → planner → coder, as of now.
fn chain(audience: &str) -> anyhow::Result<Vec<String>> {
    let grant = |name: &str| {
        let mut grant = world::grant(name, &format!(r#"{{"{TOOL}":{{}}}}"#));
        grant.issued = now();
        grant.expires = now().plus(Seconds::new(3600));
        grant.audience = vec![audience.to_string()];
        grant
    };
    let root = world::root("alice", &grant("planner"));
    let leaf = world::child(&root, "planner", &grant("coder"));
    Ok(vec![root, leaf])
}

/// The server over its pipe, and nobody in between.
struct Direct {
    child: std::process::Child,
    input: std::process::ChildStdin,
    output: BufReader<std::process::ChildStdout>,
}

impl Direct {
    fn start() -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(echo::FLAG)
            .stdin(Pipe::piped())
            .stdout(Pipe::piped())
            .spawn()?;
        let input = child.stdin.take().context("a pipe")?;
        let output = BufReader::new(child.stdout.take().context("a pipe")?);
        Ok(Self { child, input, output })
    }

    fn call(&mut self) -> anyhow::Result<()> {
        let message = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hello"}}}"#;
        writeln!(self.input, "{message}")?;
        self.input.flush()?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        anyhow::ensure!(line.contains("done"), "the server does not answer");
        Ok(())
    }
}

impl Drop for Direct {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// One durable row, as SQLite itself makes it.
struct Commit {
    db: rusqlite::Connection,
    number: i64,
}

impl Commit {
    fn open(folder: &std::path::Path) -> anyhow::Result<Self> {
        let db = rusqlite::Connection::open(folder.join("floor.db"))?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.execute_batch(
            "CREATE TABLE events (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT",
        )?;
        Ok(Self { db, number: 0 })
    }

    fn once(&mut self) -> anyhow::Result<()> {
        self.number = self.number.saturating_add(1);
        self.db.execute("INSERT INTO events VALUES (?1, ?2)", (self.number, [7_u8; 700]))?;
        Ok(())
    }
}
