//! Directories: signed as a whole, read as a whole.

use procura_core::{
    directory::{AgentState, Revocation, RevokedThing},
    json::Object,
    token::to_jwk,
};

use crate::{
    vectors::{
        Case,
        case::{Cases, deny, output},
        forge::{apply, compact, header_of, payload_of, resigned, rewritten, with_signature},
    },
    world,
};

/// Texts of a directory that is changed, and signed again.
const SHAPES: &[(&str, &str, &str)] = &[
    ("unknown_role", r#""role":"approver""#, r#""role":"owner""#),
    ("unknown_state", r#""state":"suspended""#, r#""state":"paused""#),
    ("unknown_kind", r#""kind":"key""#, r#""kind":"keys""#),
    (
        "everything_of_something",
        r#""kind":"everything","value":"""#,
        r#""kind":"everything","value":"x""#,
    ),
    ("other_curve", r#""crv":"Ed25519""#, r#""crv":"X25519""#),
    ("negative_seq", r#""seq":"#, r#""seq":-"#),
    ("fraction_created", r#""created":1800000000"#, r#""created":0.5"#),
    ("no_owner", r#""owner":"#, r#""was":"#),
    (
        "two_agents_of_one_name",
        r#""id":"spiffe://procura.test/agent/planner""#,
        r#""id":"spiffe://procura.test/agent/coder""#,
    ),
    ("two_people_of_one_name", r#""principal":"user:bob""#, r#""principal":"user:alice""#),
    ("key_that_is_no_thumbprint", r#""kind":"delegation""#, r#""kind":"key""#),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("directory");
    let whole = signed();
    let read = Object::new().with("seq", 2_u32);
    cases.add(
        "directory_whole",
        "A directory with people, agents and revocations.",
        (input(&whole), output(read)),
    );
    for (name, from, to) in SHAPES {
        let changed = rewritten(&whole, world::AUTHORITY, (from, to));
        let what = format!("A directory with `{to}` in the place of `{from}`.");
        cases.add(&format!("directory_{name}"), &what, (input(&changed), deny("malformed", "D1")));
    }
    for claim in ["seq", "people", "agents", "revoked"] {
        let changed = resigned(&whole, world::AUTHORITY, |claims| apply(claims, claim, None));
        let case = (input(&changed), deny("malformed", "D1"));
        cases.add(
            &format!("directory_without_{claim}"),
            &format!("A directory without `{claim}`."),
            case,
        );
    }
    signatures(&mut cases, &whole);
    cases.done()
}

fn signed() -> String {
    let directory = world::directory(&["alice", "bob"], &["planner", "coder"]);
    let (_, text) = directory.succeed(world::NOW, &world::key(world::AUTHORITY), |directory| {
        let mut coder = world::agent("coder");
        coder.state = AgentState::Suspended;
        directory.put_agent(&world::agent_id("coder"), coder);
        let thief = world::public_key("thief").thumbprint().to_string();
        for thing in [
            RevokedThing::Key(thief),
            RevokedThing::Delegation("delegation-to-thief".into()),
            RevokedThing::Everything,
        ] {
            directory.revoke(Revocation { thing, at: world::NOW, by: "user:bob".into() });
        }
    });
    text
}

fn input(directory: &str) -> Object {
    let authority = to_jwk(&world::public_key(world::AUTHORITY));
    Object::new().with("directory", directory).with("authority", authority)
}

fn signatures(cases: &mut Cases, whole: &str) {
    let payload = payload_of(whole);
    for (name, what, text) in [
        (
            "by_a_person",
            "A directory that Alice signed.",
            compact(&header_of(whole), &payload, "alice"),
        ),
        (
            "flipped",
            "One bit of the signature is flipped.",
            with_signature(whole, |bytes| {
                if let Some(byte) = bytes.first_mut() {
                    *byte ^= 1;
                }
            }),
        ),
    ] {
        cases.add(
            &format!("directory_{name}"),
            what,
            (input(&text), deny("signature_invalid", "S3")),
        );
    }
    for (name, header) in [
        ("typ_approval", r#"{"alg":"Ed25519","typ":"aat-approval+jwt"}"#),
        ("typ_missing", r#"{"alg":"Ed25519"}"#),
        ("alg_none", r#"{"alg":"none","typ":"procura-directory+jwt"}"#),
        ("crit", r#"{"alg":"Ed25519","crit":["x"],"typ":"procura-directory+jwt","x":1}"#),
    ] {
        let text = compact(header, &payload, world::AUTHORITY);
        let case = (input(&text), deny("alg_or_type_refused", "S2"));
        cases.add(
            &format!("directory_{name}"),
            &format!("A directory under the header `{header}`."),
            case,
        );
    }
    let repeated = payload.replacen('{', r#"{"seq":9,"#, 1);
    let text = compact(&header_of(whole), &repeated, world::AUTHORITY);
    cases.add(
        "directory_repeated_member",
        "A directory with two members `seq`.",
        (input(&text), deny("malformed", "S4")),
    );
}
