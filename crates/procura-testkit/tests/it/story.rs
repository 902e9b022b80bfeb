//! One small history through the real engine and the real store: every kind of
//! event once, with fixed time, keys and randomness, so that the examples of
//! `docs/formats` can be compared with it byte for byte.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use procura_core::approval::{self, Answer, Subject, Terms};
use procura_core::delegate::{Grant, ProofFor, prove};
use procura_core::directory::{AgentState, PersonRole, RevokedThing};
use procura_core::hash::Digest;
use procura_core::json::{self, Object};
use procura_core::proof::Request;
use procura_core::time::{Seconds, Timestamp};
use procura_engine::admin::Administrator;
use procura_engine::authorize::{Attempt, NotAllowed, Refused};
use procura_engine::effect::{Clock, Entropy, NoEntropy};
use procura_engine::engine::{Engine, Parts, Settings};
use procura_engine::enrol::{self, Enrolment};
use procura_engine::event::{DigestKey, Source};
use procura_engine::port::Store;
use procura_engine::record::{CallEnd, Moment, Recorded};
use procura_engine::refuse::RefusedRequest;
use procura_engine::request::{self, Covered, Stamp};
use procura_policy::{PolicySet, SourceFile};
use procura_store::open::OpenMode;
use procura_store::sqlite::Sqlite;
use procura_testkit::world;
use procura_wire::presentation::Presentation;

/// The enforcement point of the story.
const AUDIENCE: &str = "https://gateway.procura.test";
/// A quarter of a second after the time of the world, in milliseconds.
const BEGIN: i64 = 1_800_000_000_250;
const DEPLOY: &str = "mcp:web/deploy";
const WRITE: &str = "mcp:web/write_file";
const TOOLS: &str = r#"{"mcp:web/deploy":{},"mcp:web/write_file":{"path":{"constraint_type":"path_containment","root":"/src"}}}"#;

/// What the story left.
pub(crate) struct Told {
    /// The canonical bytes of every event, in order.
    pub(crate) events: Vec<String>,
    /// The claims of the signed directory in the end.
    pub(crate) directory: Object,
    /// What the approver was asked, and the decision as signed.
    pub(crate) subject: Subject,
    pub(crate) decision: String,
}

/// A clock that a story moves.
#[derive(Default)]
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now_millis(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Bytes that are the same in every run.
#[derive(Default)]
struct Counter(AtomicU64);

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

struct Stage {
    engine: Engine,
    hand: Arc<Hand>,
    count: u64,
}

/// Plays the story from the first start to the end of the process.
pub(crate) fn tell() -> Told {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Arc::new(Sqlite::open(folder.path(), OpenMode::Create).unwrap());
        let mut stage = Stage::set(store.clone());
        stage.begin().await;
        let (subject, decision) = stage.work().await;
        stage.end().await;
        let events = store.events(0, 100).unwrap();
        let text = |body: Vec<u8>| String::from_utf8(body).unwrap();
        Told {
            events: events.into_iter().map(|event| text(event.body)).collect(),
            directory: claims_of(&store.directory().unwrap().unwrap().statement),
            subject,
            decision,
        }
    })
}

/// The payload of a compact JWS.
pub(crate) fn claims_of(statement: &str) -> Object {
    let compact = procura_core::jws::Compact::parse(statement).unwrap();
    json::parse_object(compact.payload()).unwrap()
}

impl Stage {
    fn set(store: Arc<dyn Store>) -> Self {
        let hand = Arc::new(Hand::default());
        hand.0.store(BEGIN, Ordering::SeqCst);
        let file = |name: &str, text: &str| SourceFile { name: name.into(), text: text.into() };
        let files = [file("roles.toml", ROLES), file("procura.rego", RULES)];
        let parts = Parts {
            store,
            clock: hand.clone(),
            entropy: Arc::new(Counter::default()),
            authority: Arc::new(world::key(world::AUTHORITY)),
            digest_key: DigestKey::new([7; 32]),
            policy: PolicySet::compile(&files).unwrap(),
            settings: Settings {
                trust_domain: procura_core::identity::TrustDomain::parse("procura.test").unwrap(),
                audience: AUDIENCE.into(),
                replica: "process-1".into(),
            },
        };
        Self { engine: Engine::open(parts).unwrap(), hand, count: 0 }
    }

    /// A second later.
    fn tick(&mut self) -> Timestamp {
        self.hand.0.fetch_add(1000, Ordering::SeqCst);
        self.engine.clock().now()
    }

    fn fresh(&mut self) -> String {
        self.count = self.count.checked_add(1).unwrap();
        format!("id-{}", self.count)
    }

    /// Alice, who signed a request of her own for what comes next.
    fn alice(&mut self) -> Administrator {
        let issued = self.tick();
        let covered = Covered { method: "POST", target: "/v1/agents", body: b"{}" };
        let stamp = Stamp { id: &self.fresh(), issued, audience: AUDIENCE };
        let proof = request::sign(&covered, "user:alice", &stamp, &world::key("alice"));
        self.engine.authenticate(&proof, &covered).unwrap()
    }

    fn enrolment(&self, kind: &str, name: &str) -> String {
        let nonce = self.engine.challenge().unwrap();
        let enrolment = Enrolment { kind, name, nonce: &nonce, audience: AUDIENCE };
        enrol::sign(&enrolment, &world::key(name))
    }

    async fn begin(&mut self) {
        self.engine.bootstrap("alice", world::public_key("alice")).await.unwrap();
        self.engine.announce(Moment::Started).await.unwrap();
        let alice = self.alice();
        let bob = self.enrolment("person", "bob");
        self.engine.enrol_person(&alice, PersonRole::Approver, &bob).await.unwrap();
        for name in ["planner", "coder"] {
            let alice = self.alice();
            let statement = self.enrolment("agent", name);
            self.engine.enrol_agent(&alice, &statement).await.unwrap();
        }
    }

    async fn work(&mut self) -> (Subject, String) {
        let allowed = self.call(WRITE, r#"{"path":"/src/auth.ts"}"#).await.unwrap();
        let (_call, underway) = allowed.spend();
        self.tick();
        self.engine.finish(underway, CallEnd::Done).await.unwrap();
        refused(self.call(WRITE, r#"{"path":"/deploy/prod.yaml"}"#).await);
        let attempt = self.attempt(WRITE, "{}", None);
        refused(self.engine.authorize(&attempt).await);
        let settled = self.approve().await;
        self.call(DEPLOY, PRODUCTION).await.unwrap();
        settled
    }

    /// A call that waits, and the approver's answer to it.
    async fn approve(&mut self) -> (Subject, String) {
        let prompt = refused(self.call(DEPLOY, PRODUCTION).await).prompt.unwrap();
        let row = self.engine.approval(&prompt.id).unwrap().unwrap();
        let subject = procura_engine::approvals::subject_of(&row).unwrap();
        let caller = self.alice();
        let issued = self.engine.clock().now();
        let terms = Terms {
            id: "decision-1",
            approver: "user:alice",
            issued,
            expires: issued.plus(Seconds::new(300)),
        };
        let decision = approval::sign(&subject, Answer::Approve, &terms, &world::key("alice"));
        self.engine.settle(&caller, &prompt.id, &decision).await.unwrap();
        (subject, decision)
    }

    async fn end(&mut self) {
        for state in [AgentState::Suspended, AgentState::Active, AgentState::Revoked] {
            let alice = self.alice();
            let id = world::agent_id("coder");
            let wish = (state, "another agent does this now");
            self.engine.set_agent_state(&alice, &id, wish).await.unwrap();
        }
        let alice = self.alice();
        let thing = RevokedThing::Delegation("delegation-to-planner".into());
        self.engine.revoke(&alice, thing, "no longer needed").await.unwrap();
        self.flood().await;
        self.turned_away().await;
        self.engine.announce(Moment::Stopped).await.unwrap();
    }

    /// More refusals of one source than are recorded in full.
    async fn flood(&mut self) {
        let attempt = self.attempt(WRITE, "{}", None);
        for _ in 0..procura_engine::flood::IN_FULL {
            refused(self.engine.authorize(&attempt).await);
        }
        self.hand.0.fetch_add(60_000, Ordering::SeqCst);
        self.engine.record_floods().await;
    }

    /// A request whose headers and body call two tools.
    async fn turned_away(&mut self) {
        let source = self.source();
        let refused = RefusedRequest {
            source: &source,
            action: Some("tools/call"),
            target: Some(WRITE),
            principal: None,
            presentation: None,
            code: "mcp.header_mismatch",
            reason: "the header `mcp-name` does not say what the body says",
        };
        self.engine.refuse_request(&refused).await.unwrap().unwrap();
    }

    fn source(&mut self) -> Source {
        Source { address: "127.0.0.1".into(), transport: "http", request_id: self.fresh() }
    }

    async fn call(&mut self, tool: &str, arguments: &str) -> Result<Recorded, NotAllowed> {
        let now = self.tick();
        let root = Grant { audience: vec![AUDIENCE.into()], ..world::grant("planner", TOOLS) };
        let root = world::root("alice", &root);
        let leaf = world::child(&root, "planner", &world::grant("coder", TOOLS));
        let asked = world::object(arguments);
        let id = self.fresh();
        let proof = ProofFor {
            id: &id,
            leaf: &leaf,
            tool,
            arguments: &asked,
            audience: AUDIENCE,
            issued: now,
        };
        let proof = prove(&proof, &world::key("coder")).unwrap();
        let chain = vec![root, leaf];
        let attempt = self.attempt(
            tool,
            arguments,
            Some(Presentation { chain, proof, approvals: Vec::new() }),
        );
        self.engine.authorize(&attempt).await
    }

    fn attempt(
        &mut self,
        tool: &str,
        arguments: &str,
        presentation: Option<Presentation>,
    ) -> Attempt {
        Attempt {
            source: self.source(),
            presentation,
            request: Request { tool: tool.into(), arguments: world::object(arguments) },
        }
    }
}

fn refused(answer: Result<Recorded, NotAllowed>) -> Refused {
    match answer.unwrap_err() {
        NotAllowed::Refused(refused) => *refused,
        NotAllowed::Unavailable => unreachable!("the store of this story works"),
    }
}

const PRODUCTION: &str = r#"{"environment":"production","version":"1.4.2"}"#;
const ROLES: &str = r#"[roles.maintainer]
permissions = ["mcp:web/*"]

[[assignments]]
principal = "user:alice"
roles = ["maintainer"]
"#;
const RULES: &str = r#"package procura

decision := {
    "effect": "approve",
    "rule": "production",
    "reason": "this call changes production",
    "approval": {"quorum": 1, "by": ["user:alice"]},
} if {
    input.args.environment == "production"
} else := {"effect": "allow", "rule": "default"}
"#;
