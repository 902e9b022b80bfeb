//! A small world for tests: the same names give the same keys, delegations
//! and proofs on every run.
//!
//! A test earns what it needs as production does, from [`mint`], [`derive()`] and
//! [`prove`]; nothing here makes a verified value in another way.
//!
//! **Invariant:** nothing here reads a clock or draws randomness.
#![expect(
    clippy::panic,
    reason = "a world that cannot be built is a mistake of the test that asks for it"
)]

use procura_core::{
    delegate::{Excess, Grant, ProofFor, derive, mint, prove},
    detail::Manifest,
    directory::{Agent, AgentState, Directory, Person, PersonRole},
    hash::Digest,
    json::{self, Object},
    key::{PublicKey, Signer},
    limits,
    proof::{Anchor, Requirement, Rules, Vouches},
    time::{Seconds, Timestamp},
    tools::Tools,
};
use procura_keys::{
    dangerous,
    randomness::{Randomness, Unavailable},
    secret_key::SecretKey,
};

/// The time, unless a test says otherwise.
pub const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
/// The enforcement point.
pub const AUDIENCE: &str = "https://gateway.procura.test";
/// Who signs directories.
pub const AUTHORITY: &str = "authority";

/// The key of `name`: the same one for the same name.
pub fn key(name: &str) -> SecretKey {
    key_from_seed(seed(name))
}

/// The seed of the key of `name`.
pub fn seed(name: &str) -> [u8; 32] {
    *Digest::of(format!("procura-testkit\n{name}").as_bytes()).as_bytes()
}

/// The key of a published seed.
pub fn key_from_seed(seed: [u8; 32]) -> SecretKey {
    must(dangerous::generate_from(&mut Fixed { next: seed }))
}

/// The public key of `name`.
pub fn public_key(name: &str) -> PublicKey {
    key(name).public_key().clone()
}

/// Delivers one seed, and then hashes of it.
struct Fixed {
    next: [u8; 32],
}

impl Randomness for Fixed {
    fn fill(&mut self, destination: &mut [u8]) -> Result<(), Unavailable> {
        for (byte, value) in destination.iter_mut().zip(self.next) {
            *byte = value;
        }
        self.next = *Digest::of(&self.next).as_bytes();
        Ok(())
    }
}

/// The principal of the person `name`.
pub fn principal(name: &str) -> String {
    format!("user:{name}")
}

/// The issuer of the roots of the person `name`.
pub fn issuer(name: &str) -> String {
    format!("urn:procura:{}", principal(name))
}

/// The id of `name`: of an agent (`planner`), or of its instance (`planner/1`).
pub fn agent_id(name: &str) -> String {
    match name.split_once('/') {
        Some((agent, instance)) => {
            format!("spiffe://procura.test/agent/{agent}/instance/{instance}")
        }
        None => format!("spiffe://procura.test/agent/{name}"),
    }
}

/// A JSON object from its text.
pub fn object(text: &str) -> Object {
    must(json::parse_object(text.as_bytes()))
}

/// Tools from the text of their `tools` member.
pub fn tools(text: &str) -> Tools {
    must(Tools::parse(&object(text).into()))
}

/// An hour of `held` for the agent `name`, which may pass it on three times.
pub fn grant(name: &str, held: &str) -> Grant {
    Grant {
        id: format!("delegation-to-{name}"),
        client_id: agent_id(name),
        key: public_key(name),
        issued: NOW.minus(Seconds::new(60)),
        expires: NOW.plus(Seconds::new(3600)),
        further: 3,
        tools: tools(held),
        detail: None,
        excess: Excess::Refused,
        audience: Vec::new(),
    }
}

/// A root that the person `name` signs.
pub fn root(name: &str, grant: &Grant) -> String {
    must(mint(grant, &principal(name), &issuer(name), &key(name)))
}

/// A child of `parent` that the agent `holder` signs.
pub fn child(parent: &str, holder: &str, grant: &Grant) -> String {
    must(derive(parent, grant, &key(holder)))
}

/// A chain from a picture of who gives to whom: a person, then agents.
///
/// `picture` looks like `alice > planner > coder`; each gives all of `held`.
pub fn chain(picture: &str, held: &str) -> Vec<String> {
    let mut names = picture.split(" > ");
    let (Some(person), Some(first)) = (names.next(), names.next()) else {
        panic!("`{picture}` shows no delegation");
    };
    let mut holder = first;
    let mut leaf = root(person, &grant(first, held));
    let mut chain = vec![leaf.clone()];
    for name in names {
        leaf = child(&leaf, holder, &grant(name, held));
        holder = name;
        chain.push(leaf.clone());
    }
    chain
}

/// The proof that `holder` calls `tool` under `leaf`, here and now.
pub fn proof(leaf: &str, holder: &str, tool: &str, arguments: &Object) -> String {
    let proof = ProofFor { id: "call-1", leaf, tool, arguments, audience: AUDIENCE, issued: NOW };
    must(prove(&proof, &key(holder)))
}

/// The anchors of these people, each for themselves.
pub fn anchors(people: &[&str]) -> Vec<Anchor> {
    let anchor = |name: &&str| Anchor {
        issuer: issuer(name),
        key: public_key(name),
        vouches: Vouches::For(principal(name)),
    };
    people.iter().map(anchor).collect()
}

/// What a strict enforcement point asks, as of [`NOW`].
pub fn rules(anchors: &[Anchor]) -> Rules<'_> {
    Rules {
        anchors,
        audience: AUDIENCE,
        chain_audience: Requirement::Optional,
        proof_audience: Requirement::Required,
        names: Requirement::Required,
        evidence: Requirement::Optional,
        manifest: Manifest::empty(),
        nonce: None,
        max_lifetime: limits::TOKEN_LIFETIME,
        now: NOW,
    }
}

/// A directory of these people, who may approve, and these agents, who are active.
pub fn directory(people: &[&str], agents: &[&str]) -> Directory {
    changed(&Directory::empty(), |directory| {
        for name in people {
            let person = Person { key: public_key(name), role: PersonRole::Approver };
            directory.put_person(&principal(name), person);
        }
        for name in agents {
            directory.put_agent(&agent_id(name), agent(name));
        }
    })
}

/// The active agent `name`.
pub fn agent(name: &str) -> Agent {
    Agent {
        key: public_key(name),
        owner: principal("alice"),
        state: AgentState::Active,
        created: NOW,
    }
}

/// The successor of `directory`, as [`AUTHORITY`] signs it.
pub fn changed(directory: &Directory, change: impl FnOnce(&mut Directory)) -> Directory {
    directory.succeed(NOW, &key(AUTHORITY), change).0
}

fn must<T, E: std::fmt::Display>(made: Result<T, E>) -> T {
    made.unwrap_or_else(|error| panic!("this world cannot be built: {error}"))
}
