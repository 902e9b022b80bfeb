//! One installation on a disk: four people, three agents, and what they do.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use procura_core::hash::Digest;
use procura_core::identity::TrustDomain;
use procura_core::json::{self, Object, Value};
use procura_core::time::Timestamp;
use procura_engine::effect::{Clock, Entropy, NoEntropy};
use procura_engine::engine::{Engine, OpenError, Parts, Settings};
use procura_engine::event::DigestKey;
use procura_engine::port::Store as _;
use procura_policy::{PolicySet, SourceFile};
use procura_store::open::{FILE, OpenMode};
use procura_store::settings::Settings as StoreSettings;
use procura_store::sqlite::Sqlite;
use procura_testkit::world as kit;
use tempfile::TempDir;

use crate::broken::Breakable;

/// A tool that the rules allow.
pub(crate) const READ: &str = "mcp:web/read";
/// A tool for which bob has to agree.
pub(crate) const DEPLOY: &str = "mcp:web/deploy";
/// A tool for which bob and carol have to agree.
pub(crate) const LAUNCH: &str = "mcp:web/launch";
/// A tool for which anybody may agree.
pub(crate) const SEND: &str = "mcp:web/send";
/// A tool that the rules refuse.
pub(crate) const DROP: &str = "mcp:web/drop";
/// A tool of which the rules say nothing.
pub(crate) const HUM: &str = "mcp:web/hum";

/// All of them, with any arguments.
pub(crate) const EVERYTHING: &str = r#"{"mcp:web/read":{},"mcp:web/deploy":{},"mcp:web/launch":{},
    "mcp:web/send":{},"mcp:web/drop":{},"mcp:web/hum":{}}"#;

/// What the rules are, in every test that does not bring its own.
pub(crate) const RULES: &str = r#"package procura
decision := {"effect": "allow", "rule": "read"} if input.tool == "mcp:web/read"
decision := {"effect": "approve", "rule": "deploy", "approval": {"quorum": 1, "by": ["user:bob"]}} if input.tool == "mcp:web/deploy"
decision := {"effect": "approve", "rule": "launch", "approval": {"quorum": 2, "by": ["user:bob", "user:carol"]}} if input.tool == "mcp:web/launch"
decision := {"effect": "approve", "rule": "send", "approval": {"quorum": 1}} if input.tool == "mcp:web/send"
decision := {"effect": "deny", "rule": "drop"} if input.tool == "mcp:web/drop"
"#;

/// A clock that a test moves.
pub(crate) struct Hand(AtomicI64);

impl Hand {
    pub(crate) fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now_millis(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Bytes that never repeat, and are the same in every run.
pub(crate) struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        let count = self.0.fetch_add(1, Ordering::SeqCst);
        let digest = Digest::of(&count.to_be_bytes());
        for (byte, value) in bytes.iter_mut().zip(digest.as_bytes()) {
            *byte = *value;
        }
        Ok(())
    }
}

/// One installation, open.
pub(crate) struct World {
    folder: Arc<TempDir>,
    pub(crate) hand: Arc<Hand>,
    entropy: Arc<Counter>,
    pub(crate) store: Arc<Breakable>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) count: AtomicU64,
}

/// One installation whose process has ended.
pub(crate) struct Closed {
    folder: Arc<TempDir>,
    hand: Arc<Hand>,
    entropy: Arc<Counter>,
    count: u64,
}

impl World {
    /// alice, an administrator; bob, carol and dave, who may approve; and the
    /// agents planner, coder and worker.
    pub(crate) async fn new() -> Self {
        let world = Self::empty();
        world.engine.bootstrap("alice", kit::public_key("alice")).await.unwrap();
        for name in ["bob", "carol", "dave"] {
            world.enrol_person(name).await.unwrap();
        }
        for name in ["planner", "coder", "worker"] {
            world.enrol_agent(name).await.unwrap();
        }
        world
    }

    /// Nobody is enrolled.
    pub(crate) fn empty() -> Self {
        let closed = Closed {
            folder: Arc::new(tempfile::tempdir().unwrap()),
            hand: Arc::new(Hand(AtomicI64::new(kit::NOW.as_seconds() * 1000 + 250))),
            entropy: Arc::new(Counter(AtomicU64::new(0))),
            count: 0,
        };
        closed.start(OpenMode::Create, &policy(RULES)).unwrap()
    }

    /// Ends the process. The files stay.
    pub(crate) fn close(self) -> Closed {
        let Self { folder, hand, entropy, store, engine, count } = self;
        let count = count.into_inner();
        assert_eq!(Arc::strong_count(&engine), 1, "somebody still uses the engine");
        drop(engine);
        drop(store);
        Closed { folder, hand, entropy, count }
    }

    /// Another engine on the same store, as another process would have it.
    pub(crate) fn replica(&self, rules: &str) -> Engine {
        let parts = parts((&self.store, &self.hand, &self.entropy), policy(rules));
        Engine::open(parts).unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.hand.now()
    }

    /// Text that is new.
    pub(crate) fn fresh(&self) -> String {
        format!("fresh-{}", self.count.fetch_add(1, Ordering::SeqCst))
    }

    /// The bytes of every event, in order.
    pub(crate) fn texts(&self) -> Vec<String> {
        let events = self.store.events(0, 100_000).unwrap();
        events.into_iter().map(|event| String::from_utf8(event.body).unwrap()).collect()
    }

    /// Every event of a kind, in order.
    pub(crate) fn events(&self, kind: &str) -> Vec<Object> {
        let events =
            self.texts().into_iter().map(|text| json::parse_object(text.as_bytes()).unwrap());
        events.filter(|event| text(event, "kind") == kind).collect()
    }

    /// Whether the database has an event of this kind, whatever the engine knows.
    pub(crate) fn thief_sees(&self, kind: &str) -> bool {
        let sql = "SELECT 1 FROM events WHERE kind = ?1";
        self.thief().prepare(sql).unwrap().exists([kind]).unwrap()
    }

    /// The database as a thief has it, around the engine.
    pub(crate) fn thief(&self) -> rusqlite::Connection {
        thief(&self.folder)
    }
}

impl Closed {
    /// Starts another process on the same files.
    pub(crate) fn open(self) -> Result<World, OpenError> {
        self.start(OpenMode::Existing, &policy(RULES))
    }

    /// The database as a thief has it.
    pub(crate) fn thief(&self) -> rusqlite::Connection {
        thief(&self.folder)
    }

    fn start(self, mode: OpenMode, policy: &PolicySet) -> Result<World, OpenError> {
        let Self { folder, hand, entropy, count } = self;
        let watch = Arc::clone(&hand);
        let settings =
            StoreSettings { clock: Arc::new(move || watch.now()), ..StoreSettings::default() };
        let sqlite = Sqlite::open_with(folder.path(), mode, settings).unwrap();
        let store = Arc::new(Breakable::new(Arc::new(sqlite)));
        let engine = Engine::open(parts((&store, &hand, &entropy), policy.clone()))?;
        let count = AtomicU64::new(count);
        Ok(World { folder, hand, entropy, store, engine: Arc::new(engine), count })
    }
}

fn thief(folder: &TempDir) -> rusqlite::Connection {
    let path: PathBuf = folder.path().join(FILE);
    let db = rusqlite::Connection::open(path).unwrap();
    db.execute_batch("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = OFF").unwrap();
    db
}

fn parts(
    (store, hand, entropy): (&Arc<Breakable>, &Arc<Hand>, &Arc<Counter>),
    policy: PolicySet,
) -> Parts {
    Parts {
        store: store.clone(),
        clock: hand.clone(),
        entropy: entropy.clone(),
        authority: Arc::new(kit::key(kit::AUTHORITY)),
        digest_key: DigestKey::new([7; 32]),
        policy,
        settings: Settings {
            trust_domain: TrustDomain::parse("procura.test").unwrap(),
            audience: kit::AUDIENCE.into(),
            replica: "process-1".into(),
        },
    }
}

/// alice and bob may use everything, worker nothing but reading, and `rules` decide.
pub(crate) fn policy(rules: &str) -> PolicySet {
    let roles = r#"
[roles.owner]
permissions = ["*"]
[roles.reader]
permissions = ["mcp:web/read"]
[[assignments]]
principal = "user:alice"
roles = ["owner"]
[[assignments]]
principal = "user:bob"
roles = ["owner"]
[[assignments]]
agent = "spiffe://procura.test/agent/worker"
roles = ["reader"]
"#;
    let file = |name: &str, text: &str| SourceFile { name: name.into(), text: text.into() };
    PolicySet::compile(&[file("roles.toml", roles), file("rules.rego", rules)]).unwrap()
}

/// A member that is text.
pub(crate) fn text<'a>(event: &'a Object, name: &str) -> &'a str {
    event.get(name).and_then(Value::as_str).unwrap_or("")
}
