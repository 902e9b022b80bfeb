//! What the people and agents of a [`World`] do, signed as they sign it.

use std::sync::Arc;

use procura_core::approval::{self, Answer, Subject, Terms};
use procura_core::delegate::{Grant, ProofFor, prove};
use procura_core::directory::{AgentState, PersonRole, RevokedThing};
use procura_core::proof::Request;
use procura_core::time::{Seconds, Timestamp};
use procura_engine::admin::{AdminError, Administrator};
use procura_engine::approvals::{Prompt, subject_of};
use procura_engine::authorize::{Attempt, NotAllowed, Refused};
use procura_engine::engine::Engine;
use procura_engine::enrol::{self, Enrolment};
use procura_engine::event::Source;
use procura_engine::port::ApprovalRow;
use procura_engine::record::Recorded;
use procura_engine::request::{self, Covered, Stamp};
use procura_testkit::world as kit;
use procura_wire::presentation::Presentation;

use crate::world::{EVERYTHING, World};

/// What covers every request of a person in these tests.
pub(crate) const COVERED: Covered<'_> = Covered { method: "POST", target: "/v1/test", body: b"{}" };

/// One request as it goes over the wire; it can be sent again.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) chain: Vec<String>,
    pub(crate) proof: String,
    pub(crate) tool: String,
    pub(crate) arguments: String,
    pub(crate) address: String,
}

impl Sent {
    pub(crate) fn attempt(&self) -> Attempt {
        Attempt {
            source: Source {
                address: self.address.clone(),
                transport: "http",
                request_id: "request-1".into(),
            },
            presentation: Some(Presentation {
                chain: self.chain.clone(),
                proof: self.proof.clone(),
                approvals: Vec::new(),
            }),
            request: Request { tool: self.tool.clone(), arguments: kit::object(&self.arguments) },
        }
    }

    pub(crate) async fn to(&self, engine: &Engine) -> Result<Recorded, NotAllowed> {
        engine.authorize(&self.attempt()).await
    }

    /// The code of the answer.
    pub(crate) async fn code(&self, engine: &Engine) -> &'static str {
        code(&self.to(engine).await)
    }
}

/// The codes of requests that are all under way at once.
pub(crate) async fn at_once(world: &World, requests: Vec<Sent>) -> Vec<&'static str> {
    let mut running = tokio::task::JoinSet::new();
    for sent in requests {
        let engine = Arc::clone(&world.engine);
        running.spawn(async move { sent.code(&engine).await });
    }
    running.join_all().await
}

/// How many of them are `code`.
pub(crate) fn count_of(codes: &[&str], code: &str) -> usize {
    codes.iter().filter(|one| **one == code).count()
}

/// What a proof is about, where a test wants another than the usual.
pub(crate) struct ProofOf<'a> {
    pub(crate) id: &'a str,
    pub(crate) holder: &'a str,
    pub(crate) issued: Timestamp,
}

/// What a grant to `name` is in these tests: an hour, here, to pass on.
pub(crate) fn grant(name: &str, held: &str) -> Grant {
    Grant { audience: vec![kit::AUDIENCE.into()], ..kit::grant(name, held) }
}

/// A chain of such grants from a picture like `alice > planner > coder`.
pub(crate) fn chain(picture: &str) -> Vec<String> {
    chain_of(picture, EVERYTHING)
}

pub(crate) fn chain_of(picture: &str, held: &str) -> Vec<String> {
    let names: Vec<&str> = picture.split(" > ").collect();
    let mut chain = vec![kit::root(names[0], &grant(names[1], held))];
    for pair in names[1..].windows(2) {
        let next = kit::child(&chain[chain.len() - 1], pair[0], &grant(pair[1], held));
        chain.push(next);
    }
    chain
}

/// The code of an answer; `allowed` where there is none.
pub(crate) fn code<T>(answer: &Result<T, NotAllowed>) -> &'static str {
    match answer {
        Ok(_) => "allowed",
        Err(NotAllowed::Refused(refused)) => refused.refusal.outcome.as_str(),
        Err(NotAllowed::Unavailable) => "unavailable",
    }
}

/// The refusal, of an answer that is one.
pub(crate) fn refused<T>(answer: Result<T, NotAllowed>) -> Refused {
    match answer {
        Err(NotAllowed::Refused(refused)) => *refused,
        Err(NotAllowed::Unavailable) => panic!("it is unavailable"),
        Ok(_) => panic!("it is allowed"),
    }
}

/// The code of an administrative answer; `done` where there is none.
pub(crate) fn admin_code<T>(answer: &Result<T, AdminError>) -> &'static str {
    answer.as_ref().map_or_else(|error| error.code().0, |_| "done")
}

impl World {
    /// A fresh request of the last holder in `picture`.
    pub(crate) fn call(&self, picture: &str, tool: &str, arguments: &str) -> Sent {
        self.call_under(&chain(picture), picture, (tool, arguments))
    }

    /// A fresh request of the last holder in `picture`, under this chain.
    pub(crate) fn call_under(&self, chain: &[String], picture: &str, what: (&str, &str)) -> Sent {
        let holder = picture.rsplit(" > ").next().unwrap();
        let id = self.fresh();
        self.call_with(chain, what, &ProofOf { id: &id, holder, issued: self.now() })
    }

    pub(crate) fn call_with(
        &self,
        chain: &[String],
        (tool, arguments): (&str, &str),
        proof: &ProofOf<'_>,
    ) -> Sent {
        let object = kit::object(arguments);
        let made = ProofFor {
            id: proof.id,
            leaf: chain.last().unwrap(),
            tool,
            arguments: &object,
            audience: kit::AUDIENCE,
            issued: proof.issued,
        };
        Sent {
            chain: chain.to_vec(),
            proof: prove(&made, &kit::key(proof.holder)).unwrap(),
            tool: tool.into(),
            arguments: arguments.into(),
            address: "192.0.2.1".into(),
        }
    }

    /// The code of a fresh request.
    pub(crate) async fn answer(&self, picture: &str, tool: &str) -> &'static str {
        self.call(picture, tool, "{}").code(&self.engine).await
    }

    /// The request for approval that `sent` leads to.
    pub(crate) async fn ask(&self, sent: &Sent) -> Prompt {
        refused(sent.to(&self.engine).await).prompt.unwrap()
    }

    /// `name`, who has just signed a request.
    pub(crate) fn person(&self, name: &str) -> Administrator {
        let id = self.fresh();
        self.engine.authenticate(&self.signed(name, &id), &COVERED).unwrap()
    }

    /// A request that `name` signs.
    pub(crate) fn signed(&self, name: &str, id: &str) -> String {
        let stamp = Stamp { id, issued: self.now(), audience: kit::AUDIENCE };
        request::sign(&COVERED, &kit::principal(name), &stamp, &kit::key(name))
    }

    /// An enrolment that is signed with the key of `name`.
    pub(crate) fn enrolment(&self, kind: &str, name: &str) -> String {
        self.enrolment_as(kind, name, name)
    }

    /// An enrolment under `name`, signed with the key of `holder`.
    pub(crate) fn enrolment_as(&self, kind: &str, name: &str, holder: &str) -> String {
        let nonce = self.engine.challenge().unwrap();
        let enrolment = Enrolment { kind, name, nonce: &nonce, audience: kit::AUDIENCE };
        enrol::sign(&enrolment, &kit::key(holder))
    }

    pub(crate) async fn enrol_agent(&self, name: &str) -> Result<String, AdminError> {
        let statement = self.enrolment("agent", name);
        self.engine.enrol_agent(&self.person("alice"), &statement).await
    }

    pub(crate) async fn enrol_person(&self, name: &str) -> Result<String, AdminError> {
        let statement = self.enrolment("person", name);
        self.engine.enrol_person(&self.person("alice"), PersonRole::Approver, &statement).await
    }

    /// What alice does to the agent `name`.
    pub(crate) async fn set(&self, name: &str, state: AgentState) -> Result<(), AdminError> {
        let alice = self.person("alice");
        self.engine.set_agent_state(&alice, &kit::agent_id(name), (state, "a test")).await
    }

    /// What alice revokes.
    pub(crate) async fn revoke(&self, thing: RevokedThing) -> Result<(), AdminError> {
        self.engine.revoke(&self.person("alice"), thing, "a test").await
    }

    /// The decision of `name` about a request, for the next five minutes.
    pub(crate) fn decision(&self, name: &str, id: &str, answer: Answer) -> String {
        let row = self.row(id);
        self.decision_about(name, &subject_of(&row).unwrap(), answer)
    }

    pub(crate) fn decision_about(&self, name: &str, subject: &Subject, answer: Answer) -> String {
        let issued = self.now();
        let terms = Terms {
            id: &self.fresh(),
            approver: &kit::principal(name),
            issued,
            expires: issued.plus(Seconds::new(300)),
        };
        approval::sign(subject, answer, &terms, &kit::key(name))
    }

    /// `name` decides.
    pub(crate) async fn decide(&self, name: &str, id: &str, answer: Answer) -> &'static str {
        let statement = self.decision(name, id, answer);
        admin_code(&self.engine.settle(&self.person(name), id, &statement).await)
    }

    pub(crate) fn row(&self, id: &str) -> ApprovalRow {
        self.engine.approval(id).unwrap().unwrap()
    }

    /// `sent` is approved by bob. The proof of `sent` is not used.
    pub(crate) async fn approve(&self, sent: &Sent) -> Prompt {
        let prompt = self.ask(sent).await;
        assert_eq!(self.decide("bob", &prompt.id, Answer::Approve).await, "done");
        prompt
    }
}
