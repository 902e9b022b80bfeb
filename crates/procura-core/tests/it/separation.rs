//! IDN-07: a signature made for one purpose is good for no other.

use std::sync::Arc;

use procura_core::{
    approval::{self, Answer, Subject, Terms},
    directory::{self, Directory},
    hash::Digest,
    json,
    proof::{
        Chain, PROOF_TYPE, Request, Rules, Verified, verify_call, verify_chain, verify_statement,
    },
    status_list::{self, Bits, StatusList, Statuses},
    time::Seconds,
    token,
};
use procura_testkit::world;

use crate::forge::{compact, header_of, payload_of};

/// Everything that is signed here, by type.
const TYPES: [&str; 5] =
    [token::TYPE, PROOF_TYPE, directory::TYPE, approval::TYPE, status_list::TYPE];

#[test]
fn idn_07_a_statement_of_one_type_verifies_as_that_type_alone() {
    let key = world::public_key("alice");
    for signed in TYPES {
        let header = format!(r#"{{"alg":"Ed25519","typ":"{signed}"}}"#);
        let text = compact(&header, "{}", "alice");
        for asked in TYPES {
            let verified = verify_statement(&text, asked, &key);
            assert_eq!(verified.is_ok(), signed == asked, "{signed} as {asked}");
        }
    }
}

/// The claims of one of each, all by alice's key, so that nothing but the type keeps them apart.
fn payloads() -> [String; 5] {
    let mut grant = world::grant("planner", r#"{"read":{}}"#);
    grant.key = world::public_key("alice");
    let root = world::root("alice", &grant);
    let proof = world::proof(&root, "alice", "read", &world::object("{}"));
    let (_, directory) =
        world::directory(&["alice"], &[]).succeed(world::NOW, &world::key("alice"), |_| {});
    let terms = Terms {
        id: "a",
        approver: "user:alice",
        issued: world::NOW,
        expires: world::NOW.plus(Seconds::new(60)),
    };
    let approval = approval::sign(&subject(), Answer::Approve, &terms, &world::key("alice"));
    let statuses = statuses().sign(&world::key("alice"));
    [root, proof, directory, approval, statuses].map(|text| payload_of(&text))
}

fn statuses() -> StatusList {
    StatusList {
        uri: "https://issuer.test/statuses".into(),
        statuses: Statuses::new(Bits::One, 8).unwrap(),
        issued: world::NOW,
        expires: None,
        ttl: None,
    }
}

fn subject() -> Subject {
    Subject {
        leaf: Digest::of(b"leaf"),
        tool: "read".into(),
        arguments: Digest::of(b"arguments"),
        policy: "policy".into(),
    }
}

#[test]
fn idn_07_no_reader_takes_the_right_claims_under_another_type() {
    let payloads = payloads();
    let people = world::directory(&["alice"], &[]);
    let anchors = world::anchors(&["alice"]);
    let rules = world::rules(&anchors);
    for (place, payload) in payloads.iter().enumerate() {
        for (other, typ) in TYPES.iter().enumerate() {
            let header = format!(r#"{{"alg":"Ed25519","typ":"{typ}"}}"#);
            let text = compact(&header, payload, "alice");
            let accepted = match place {
                0 => verify_chain(&[&text], &rules).is_ok(),
                1 => {
                    let root = format!(r#"{{"alg":"Ed25519","typ":"{}"}}"#, token::TYPE);
                    let root = compact(&root, &payloads[0], "alice");
                    let chain = Arc::new(verify_chain(&[&root], &rules).unwrap());
                    let request = Request { tool: "read".into(), arguments: world::object("{}") };
                    call(&chain, &text, payload, request, &rules)
                }
                2 => Directory::open(&text, &world::public_key("alice")).is_ok(),
                3 => approval::verify(&text, &subject().digest(), &people, world::NOW).is_ok(),
                _ => {
                    let issuer = world::public_key("alice");
                    StatusList::open(&text, &statuses().uri, &issuer, world::NOW).is_ok()
                }
            };
            assert_eq!(accepted, place == other, "claims of {place} as {typ}");
        }
    }
}

/// The proof names the hash of the root that it was made for; the root here has
/// another header, so its hash is put in.
fn call(
    chain: &Arc<Verified<Chain>>,
    text: &str,
    payload: &str,
    request: Request,
    rules: &Rules<'_>,
) -> bool {
    let mut claims = json::parse_object(payload.as_bytes()).unwrap();
    claims.set("aat_hash", chain.get().leaf().hash.to_base64url());
    let header = header_of(text);
    let text = compact(&header, &claims.to_canonical().unwrap(), "alice");
    verify_call(chain, &text, request, rules).is_ok()
}
