//! `kill -9` of `procura up` at random points under load: no acknowledged
//! event is lost, the log is consistent, the restart is clean.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use procura_core::delegate::{self, Grant, ProofFor};
use procura_core::json::{Object, Value, parse_object};
use procura_core::key::Signer;
use procura_core::time::{Seconds, Timestamp};
use procura_core::tools::{Arguments, Tools};
use procura_engine::port::Store as _;
use procura_keys::description::Purpose;
use procura_keys::passphrase::Passphrase;
use procura_keys::unsealer::Unsealer;
use procura_store::open::OpenMode;
use procura_store::sqlite::Sqlite;
use procura_wire::presentation::{MEMBER, Presentation};

const CLIENTS: usize = 6;
const TOOL: &str = "mcp:web/read_file";
const AUDIENCE: &str = "https://gateway.procura.local";
/// A server that neither answers nor dies in this time has failed the test.
const DEADLINE: Duration = Duration::from_secs(30);

/// What the server said is durable: event id → place and leaf.
type Acknowledged = Arc<Mutex<BTreeMap<String, (u64, String)>>>;

#[test]
fn no_acknowledged_event_is_lost_when_the_server_is_killed() {
    let crashes: u32 = std::env::var("PROCURA_CRASHES").map_or(200, |count| count.parse().unwrap());
    let scene = Scene::prepare();
    let acknowledged: Acknowledged = Arc::default();
    let mut draws = Draws(0x5eed);
    for crash in 0..crashes {
        let mut server = scene.start();
        if crash % 5 == 4 {
            // Also a start may be interrupted anywhere.
            spin(Duration::from_millis(draws.below(150)));
            server.kill();
            scene.check(&acknowledged, crash);
            continue;
        }
        let Some(url) = server.wait_for_url() else {
            panic!("crash {crash}: the restart is not clean");
        };
        let stop = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let client = scene.client(&url, &acknowledged, &stop);
                std::thread::spawn(move || client.call_until_stopped())
            })
            .collect();
        let before = acknowledged.lock().unwrap().len();
        let moment = draws.below(60);
        wait_for_growth(&acknowledged, before + usize::try_from(moment).unwrap(), crash);
        server.kill();
        stop.store(true, Ordering::Relaxed);
        for client in clients {
            client.join().unwrap();
        }
        scene.check(&acknowledged, crash);
    }
    let total = acknowledged.lock().unwrap().len();
    assert!(total >= usize::try_from(crashes / 2).unwrap(), "the load was no load: {total} events");
    println!("{crashes} crashes, {total} acknowledged events, none lost");
}

/// The moment of the kill is a number of acknowledged events: it lies anywhere
/// in the life of the server, whatever the machine's speed.
fn wait_for_growth(acknowledged: &Acknowledged, until: usize, crash: u32) {
    let begun = Instant::now();
    while acknowledged.lock().unwrap().len() < until {
        assert!(begun.elapsed() < DEADLINE, "crash {crash}: the server answers nothing");
        std::thread::yield_now();
    }
}

/// Lets real time pass, which is the only clock that another process has.
fn spin(length: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < length {
        std::thread::yield_now();
    }
}

struct Scene {
    folder: tempfile::TempDir,
    leaf: Vec<String>,
    agent: Arc<dyn Signer>,
}

impl Scene {
    fn prepare() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let scene_data = folder.path().join("data");
        let first = run(folder.path(), &["up", "--listen", "127.0.0.1:0", "--json"]);
        let mut first = Server::of(first);
        first.wait_for_url().unwrap();
        let made = procura(folder.path()).args(["agent", "create", "reader"]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        first.kill();
        configure(&scene_data, folder.path());
        let passphrase = Passphrase::from_file(&folder.path().join("passphrase")).unwrap();
        let unsealer = Unsealer::new(passphrase);
        let keys = scene_data.join("keys");
        let admin = unsealer.open_key(&keys.join("user.admin.key"), &Purpose::USER).unwrap();
        let agent = unsealer.open_key(&keys.join("agent.reader.key"), &Purpose::AGENT).unwrap();
        let leaf = vec![delegation(&admin, agent.public_key().clone())];
        Self { folder, leaf, agent: Arc::new(agent) }
    }

    fn start(&self) -> Server {
        Server::of(run(self.folder.path(), &["up", "--listen", "127.0.0.1:0", "--json"]))
    }

    fn client(&self, url: &str, acknowledged: &Acknowledged, stop: &Arc<AtomicBool>) -> Client {
        Client {
            url: format!("{url}/mcp/web"),
            chain: self.leaf.clone(),
            agent: Arc::clone(&self.agent),
            acknowledged: Arc::clone(acknowledged),
            stop: Arc::clone(stop),
        }
    }

    /// Every acknowledged event is where the server said, and the log is whole.
    fn check(&self, acknowledged: &Acknowledged, crash: u32) {
        let data = self.folder.path().join("data");
        let store = Sqlite::open(&data, OpenMode::ReadOnly).unwrap();
        store.check().unwrap_or_else(|error| panic!("crash {crash}: {error}"));
        for (id, (sequence, leaf)) in acknowledged.lock().unwrap().iter() {
            let event = store.event(id).unwrap();
            let event = event.unwrap_or_else(|| panic!("crash {crash}: event {id} is lost"));
            assert_eq!(event.sequence, *sequence, "crash {crash}: event {id} moved");
            let stored = procura_merkle::hash::leaf_hash(&event.body).to_string();
            assert_eq!(stored, *leaf, "crash {crash}: event {id} changed");
        }
        drop(store);
        let verified = procura(self.folder.path()).args(["audit", "verify"]).output().unwrap();
        assert!(
            verified.status.success(),
            "crash {crash}: {}{}",
            String::from_utf8_lossy(&verified.stdout),
            String::from_utf8_lossy(&verified.stderr)
        );
    }
}

fn configure(data: &Path, folder: &Path) {
    let text = |path: PathBuf| path.display().to_string();
    let config = format!(
        "trust_domain = \"procura.local\"\n[servers.web]\ncommand = [{:?}, \"workshop\", \"--repo\", {:?}, \"--create\"]\n",
        env!("CARGO_BIN_EXE_procura"),
        text(folder.join("repo")),
    );
    std::fs::write(data.join("procura.toml"), config).unwrap();
}

fn delegation(admin: &dyn Signer, key: procura_core::key::PublicKey) -> String {
    let mut tools = Tools::default();
    tools.insert(TOOL, Arguments::any());
    let grant = Grant {
        id: fresh("delegation"),
        client_id: "spiffe://procura.local/agent/reader".into(),
        key,
        issued: now(),
        expires: now().plus(Seconds::new(3600)),
        further: 0,
        tools,
        detail: None,
        excess: delegate::Excess::Refused,
        audience: vec![AUDIENCE.into()],
    };
    delegate::mint(&grant, "user:admin", "urn:procura:user:admin", admin).unwrap()
}

struct Client {
    url: String,
    chain: Vec<String>,
    agent: Arc<dyn Signer>,
    acknowledged: Acknowledged,
    stop: Arc<AtomicBool>,
}

impl Client {
    fn call_until_stopped(&self) {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(DEADLINE))
            .build()
            .new_agent();
        while !self.stop.load(Ordering::Relaxed) {
            // A call that broke off was not acknowledged: nothing is promised about it.
            let Some(receipt) = self.call(&agent) else { continue };
            let (id, place) = receipt;
            self.acknowledged.lock().unwrap().insert(id, place);
        }
    }

    fn call(&self, agent: &ureq::Agent) -> Option<(String, (u64, String))> {
        let arguments = Object::new().with("repo", "acme/web").with("path", "/README.md");
        let proof = ProofFor {
            id: &fresh("proof"),
            leaf: self.chain.last()?,
            tool: TOOL,
            arguments: &arguments,
            audience: AUDIENCE,
            issued: now(),
        };
        let proof = delegate::prove(&proof, &*self.agent).ok()?;
        let shown = Presentation { chain: self.chain.clone(), proof, approvals: Vec::new() };
        let params = Object::new()
            .with("name", "read_file")
            .with("arguments", arguments)
            .with("_meta", Object::new().with(MEMBER, shown.to_object()));
        let message = Object::new()
            .with("jsonrpc", "2.0")
            .with("id", 1u32)
            .with("method", "tools/call")
            .with("params", params);
        let response = agent
            .post(&self.url)
            .header("content-type", "application/json")
            .send(message.to_canonical().ok()?)
            .ok()?;
        let body = parse_object(&response.into_body().read_to_vec().ok()?).ok()?;
        receipt_of(&body)
    }
}

fn receipt_of(body: &Object) -> Option<(String, (u64, String))> {
    let meta = body.get("result")?.as_object()?.get("_meta")?.as_object()?;
    let receipt = meta.get("dev.procura/receipt")?.as_object()?;
    let text = |name| receipt.get(name).and_then(Value::as_str).map(String::from);
    let sequence = receipt.get("sequence").and_then(Value::as_integer)?;
    Some((text("event")?, (u64::try_from(sequence).ok()?, text("leaf")?)))
}

struct Server {
    child: Child,
}

impl Server {
    fn of(child: Child) -> Self {
        Self { child }
    }

    /// The URL that the server prints when it listens; none if it ends before.
    fn wait_for_url(&mut self) -> Option<String> {
        let mut line = String::new();
        let mut out = BufReader::new(self.child.stdout.take()?);
        out.read_line(&mut line).ok()?;
        let said = parse_object(line.trim_end().as_bytes()).ok()?;
        said.get("url").and_then(Value::as_str).map(String::from)
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn procura(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_procura"));
    command
        .arg("--data")
        .arg(folder.join("data"))
        .arg("--passphrase-file")
        .arg(folder.join("passphrase"));
    command
}

fn run(folder: &Path, words: &[&str]) -> Child {
    procura(folder).args(words).stdout(Stdio::piped()).spawn().unwrap()
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_seconds(i64::try_from(since.as_secs()).unwrap())
}

fn fresh(what: &str) -> String {
    let mut random = [0; 16];
    getrandom::fill(&mut random).unwrap();
    format!("{what}-{:032x}", u128::from_be_bytes(random))
}

/// Numbers that look random and are the same on every run.
struct Draws(u64);

impl Draws {
    fn below(&mut self, limit: u64) -> u64 {
        // Constants of Knuth's MMIX generator; the high bits are the better ones.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33).checked_rem(limit).unwrap_or(0)
    }
}
