//! One authority on a real socket, people who sign, and a clock that tests own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use procura_core::json::{self, Object};
use procura_core::key::Signer as _;
use procura_core::time::Timestamp;
use procura_engine::effect::{Clock, Entropy, NoEntropy};
use procura_engine::engine::{Engine, Parts, Settings};
use procura_engine::enrol::{self, Enrolment};
use procura_engine::event::DigestKey;
use procura_engine::port::{Later, Store, StoredEvent};
use procura_engine::request::{self, Covered, Stamp};
use procura_http::{Authority, ReceiptUnavailable, Receipts};
use procura_policy::{PolicySet, SourceFile};
use procura_store::open::OpenMode;
use procura_store::sqlite::Sqlite;
use procura_testkit::world::{self, key};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::wire::{Reply, Request};

pub(crate) const AUDIENCE: &str = "https://authority.procura.test";

pub(crate) struct World {
    pub(crate) engine: Arc<Engine>,
    pub(crate) address: SocketAddr,
    pub(crate) authority: Arc<Authority>,
    clock: Arc<HeldClock>,
    stamps: AtomicU64,
    _folder: TempDir,
}

impl World {
    /// Alice administers, Bob approves.
    pub(crate) async fn new() -> Self {
        Self::over(|sqlite| sqlite).await
    }

    /// The same, with something between the engine and its store.
    pub(crate) async fn over(wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open(folder.path(), OpenMode::Create).unwrap();
        let clock = Arc::new(HeldClock(AtomicI64::new(world::NOW.as_seconds())));
        let engine = Arc::new(engine(wrap(Arc::new(sqlite)), Arc::clone(&clock)));
        let alice = key("alice").public_key().clone();
        engine.bootstrap("alice", alice).await.unwrap();
        let authority = Arc::new(Authority {
            engine: Arc::clone(&engine),
            receipts: Arc::new(Notary),
            trust: Object::new().with("audience", AUDIENCE),
            hosts: vec!["authority.procura.test".into()],
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = procura_http::router(Arc::clone(&authority));
        let router = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let world =
            Self { engine, address, authority, clock, stamps: AtomicU64::new(0), _folder: folder };
        let bob = world.person("bob", &world.challenge().await);
        assert_eq!(world.add("approver", &bob).await.status, 201);
        world
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    /// A request that `name` signed.
    pub(crate) fn signed(&self, name: &str, (method, target): (&str, &str), body: &str) -> Request {
        let mut request = Request::new(method, target, body);
        self.sign(name, &mut request);
        request
    }

    /// Signs `request` as it is.
    pub(crate) fn sign(&self, name: &str, request: &mut Request) {
        self.sign_as(&format!("user:{name}"), name, request);
    }

    /// Signs as `principal` with the key of `name`.
    pub(crate) fn sign_as(&self, principal: &str, name: &str, request: &mut Request) {
        let id = self.stamps.fetch_add(1, Ordering::SeqCst).to_string();
        let covered =
            Covered { method: &request.method, target: &request.target, body: &request.body };
        let stamp = Stamp { id: &id, issued: self.now(), audience: AUDIENCE };
        let proof = request::sign(&covered, principal, &stamp, &key(name));
        request.set("Authorization", &format!("Procura {proof}"));
    }

    pub(crate) async fn send(&self, request: &Request) -> Reply {
        request.send(self.address).await
    }

    pub(crate) async fn get(&self, name: &str, target: &str) -> Reply {
        self.send(&self.signed(name, ("GET", target), "")).await
    }

    pub(crate) async fn post(&self, name: &str, target: &str, body: &Object) -> Reply {
        let body = body.to_canonical().unwrap();
        self.send(&self.signed(name, ("POST", target), &body)).await
    }

    /// A nonce, which takes no signature.
    pub(crate) async fn challenge(&self) -> String {
        let reply = self.send(&Request::new("POST", "/v1/challenges", "")).await;
        assert_eq!(reply.status, 201);
        reply.text("nonce")
    }

    /// The enrolment of the person `name`, signed with their key.
    pub(crate) fn person(&self, name: &str, nonce: &str) -> String {
        sign_enrolment("person", (name, name), nonce)
    }

    /// The enrolment of the agent `name` with the key of `holder`.
    pub(crate) fn agent(&self, (name, holder): (&str, &str), nonce: &str) -> String {
        sign_enrolment("agent", (name, holder), nonce)
    }

    /// Alice sends the enrolment of an agent.
    pub(crate) async fn enrol(&self, statement: &str) -> Reply {
        self.post("alice", "/v1/agents", &Object::new().with("statement", statement)).await
    }

    /// Alice sends the enrolment of a person.
    pub(crate) async fn add(&self, role: &str, statement: &str) -> Reply {
        let body = Object::new().with("role", role).with("statement", statement);
        self.post("alice", "/v1/people", &body).await
    }

    /// Enrols the agent `name` with a key of its own.
    pub(crate) async fn enrol_named(&self, name: &str) -> Reply {
        let nonce = self.challenge().await;
        self.enrol(&self.agent((name, name), &nonce)).await
    }

    /// How many events there are of something that was done.
    pub(crate) fn events(&self) -> usize {
        let events = self.engine.store().events(0, 10_000).unwrap();
        events.iter().filter(|event| event.kind != "request.refused").count()
    }

    /// The events of refused requests.
    pub(crate) fn refused(&self) -> Vec<Object> {
        let events = self.engine.store().events(0, 10_000).unwrap();
        let refused = events.iter().filter(|event| event.kind == "request.refused");
        refused.map(|event| json::parse_object(&event.body).unwrap()).collect()
    }
}

pub(crate) fn sign_enrolment(kind: &str, (name, holder): (&str, &str), nonce: &str) -> String {
    let enrolment = Enrolment { kind, name, nonce, audience: AUDIENCE };
    enrol::sign(&enrolment, &key(holder))
}

fn engine(store: Arc<dyn Store>, clock: Arc<HeldClock>) -> Engine {
    let file = |(name, text): (&str, &str)| SourceFile { name: name.into(), text: text.into() };
    let rego = "package procura\n\ndecision := {\"effect\": \"allow\", \"rule\": \"all\"}\n";
    let policy = PolicySet::compile(&[file(("rules.rego", rego))]).unwrap();
    let settings = Settings {
        trust_domain: procura_core::identity::TrustDomain::parse("procura.test").unwrap(),
        audience: AUDIENCE.into(),
        replica: "test".into(),
    };
    let parts = Parts {
        store,
        clock,
        entropy: Arc::new(Counter(AtomicU64::new(0))),
        authority: Arc::new(key("authority")),
        digest_key: DigestKey::new([7; 32]),
        policy,
        settings,
    };
    Engine::open(parts).unwrap()
}

/// Time that passes when a test says so.
struct HeldClock(AtomicI64);

impl Clock for HeldClock {
    fn now_millis(&self) -> i64 {
        self.0.load(Ordering::SeqCst) * 1000
    }
}

/// Bytes that nobody had before; a test need not fear that they are guessed.
struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        let count = self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        let digest = procura_core::hash::Digest::of(&count);
        for (byte, drawn) in bytes.iter_mut().zip(digest.as_bytes().iter().cycle()) {
            *byte = *drawn;
        }
        Ok(())
    }
}

/// Gives receipts that say which event they are for, but for resumed agents.
struct Notary;

impl Receipts for Notary {
    fn receipt<'a>(
        &'a self,
        event: &'a StoredEvent,
    ) -> Later<'a, Result<String, ReceiptUnavailable>> {
        let receipt = match event.kind.as_str() {
            "directory.agent_resumed" => Err(ReceiptUnavailable),
            _ => Ok(format!("receipt of {}\n", event.id)),
        };
        Box::pin(std::future::ready(receipt))
    }

    fn checkpoint(&self) -> Option<String> {
        Some("a checkpoint\n".into())
    }
}

/// A body with these members.
pub(crate) fn members(pairs: &[(&str, &str)]) -> Object {
    let mut object = Object::new();
    for (name, value) in pairs {
        object.set(name, *value);
    }
    object
}

/// How often each problem or status came.
pub(crate) fn tally(replies: &[Reply]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for reply in replies {
        let name = if reply.status < 400 { reply.status.to_string() } else { reply.problem() };
        *counts.entry(name).or_default() += 1;
    }
    counts
}
