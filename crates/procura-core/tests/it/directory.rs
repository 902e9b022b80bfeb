//! The directory: signed as a whole, and what it says of each holder.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use procura_core::{
    directory::{self, AgentState, Directory, HolderStatus, PersonRole, Revocation, RevokedThing},
    json::Value,
    proof::{Chain, Verified, verify_chain},
    refusal::{Outcome, Refusal},
    statement,
    time::Seconds,
};
use procura_testkit::world;

use crate::forge::claims_of;

const HELD: &str = r#"{"read":{}}"#;
const PICTURE: &str = "alice > planner > coder > editor";

fn chain(picture: &str) -> Verified<Chain> {
    let tokens = world::chain(picture, HELD);
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    verify_chain(&tokens, &world::rules(&world::anchors(&["alice"]))).unwrap()
}

fn everybody() -> Directory {
    world::directory(&["alice", "bob"], &["planner", "coder", "editor"])
}

fn revoking(thing: RevokedThing) -> Directory {
    world::changed(&everybody(), |directory| {
        directory.revoke(Revocation { thing, at: world::NOW, by: "user:alice".into() });
    })
}

/// A directory with everything in it, and its signed text.
fn signed() -> (Directory, String) {
    let full = world::changed(&everybody(), |directory| {
        for (name, state) in [("coder", AgentState::Suspended), ("editor", AgentState::Revoked)] {
            let mut agent = world::agent(name);
            agent.state = state;
            directory.put_agent(&world::agent_id(name), agent);
        }
        for thing in things() {
            directory.revoke(Revocation { thing, at: world::NOW, by: "user:bob".into() });
        }
        let mut bob = directory.person("user:bob").unwrap().clone();
        bob.role = PersonRole::Administrator;
        directory.put_person("user:bob", bob);
    });
    full.succeed(world::NOW, &world::key(world::AUTHORITY), |_| {})
}

fn things() -> [RevokedThing; 5] {
    [
        RevokedThing::Key(world::public_key("thief").thumbprint().to_string()),
        RevokedThing::Delegation("delegation-to-thief".into()),
        RevokedThing::Principal("user:mallory".into()),
        RevokedThing::Instance(world::agent_id("planner/7")),
        RevokedThing::Everything,
    ]
}

fn open(text: &str) -> Result<Directory, Refusal> {
    Directory::open(text, &world::public_key(world::AUTHORITY))
}

#[test]
fn a_directory_that_was_signed_is_read_as_it_was() {
    let (written, text) = signed();
    let read = open(&text).unwrap();
    assert_eq!(read.sequence(), written.sequence());
    assert_eq!(read.revocations(), written.revocations());
    assert!(read.people().eq(written.people()));
    assert!(read.agents().eq(written.agents()));
    assert_eq!(read.revocations().len(), 5);
}

#[test]
fn sequence_numbers_grow_by_one() {
    let first = Directory::empty();
    let second = world::changed(&first, |_| {});
    let third = world::changed(&second, |_| {});
    assert_eq!([first, second, third].map(|one| one.sequence()), [0, 1, 2]);
}

#[test]
fn a_flipped_bit_of_a_directory_is_refused() {
    let (_, text) = world::directory(&["alice"], &["planner"]).succeed(
        world::NOW,
        &world::key(world::AUTHORITY),
        |_| {},
    );
    assert!(open(&text).is_ok());
    for bit in 0..text.len() * 8 {
        let mut bytes = text.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(flipped) = String::from_utf8(bytes) {
            assert!(open(&flipped).is_err(), "bit {bit}");
        }
    }
}

#[test]
fn a_directory_by_somebody_else_is_refused() {
    for signer in ["alice", "planner", "mallory"] {
        let (_, text) = everybody().succeed(world::NOW, &world::key(signer), |_| {});
        assert_eq!(open(&text).unwrap_err().outcome, Outcome::SignatureInvalid, "{signer}");
    }
}

#[test]
fn a_directory_with_a_part_that_is_not_understood_is_refused_as_a_whole() {
    let (_, text) = signed();
    let whole = claims_of(&text);
    let resign = |claims| statement::sign(directory::TYPE, claims, &world::key(world::AUTHORITY));
    assert!(open(&resign(whole.clone())).is_ok());
    for name in ["seq", "people", "agents", "revoked"] {
        let mut missing = whole.clone();
        missing.remove(name);
        assert_eq!(open(&resign(missing)).unwrap_err().step, "D1", "{name}");
    }
    let text = whole.to_canonical().unwrap();
    for (from, to) in [
        (r#""role":"approver""#, r#""role":"owner""#),
        (r#""state":"suspended""#, r#""state":"paused""#),
        (r#""kind":"key""#, r#""kind":"keys""#),
        (r#""kind":"everything","value":"""#, r#""kind":"everything","value":"x""#),
        (r#""crv":"Ed25519""#, r#""crv":"X25519""#),
        (r#""seq":"#, r#""seq":-"#),
        (r#""created":"#, r#""created":0.5,"was":"#),
        (r#""owner":"#, r#""was":"#),
        (
            r#""id":"spiffe://procura.test/agent/editor""#,
            r#""id":"spiffe://procura.test/agent/coder""#,
        ),
        (r#""principal":"user:bob""#, r#""principal":"user:alice""#),
        (r#""kind":"instance""#, r#""kind":"key""#),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(text, changed, "{from}");
        let refused = open(&resign(world::object(&changed))).unwrap_err();
        assert_eq!(refused.step, "D1", "{to}");
    }
}

#[test]
fn a_statement_that_no_reader_can_read_is_none() {
    // A number that is no double cannot be stated.
    let claims = world::object(r#"{"seq":9007199254740993}"#);
    let text = statement::sign(directory::TYPE, claims, &world::key(world::AUTHORITY));
    assert_eq!(open(&text).unwrap_err().step, "S4");
}

/// Prints the status of each holder of each chain.
fn check(rows: &[(&str, &str, Directory)], expected: Expect) {
    let mut table = String::new();
    for (name, picture, directory) in rows {
        let statuses: Vec<String> = directory
            .holders(chain(picture).get())
            .iter()
            .map(|status| format!("{status:?}").to_lowercase())
            .collect();
        writeln!(table, "{name:<30} {picture:<44} {}", statuses.join(", ")).unwrap();
    }
    expected.assert_eq(&table);
}

/// Everybody, with the agent `name` in another state.
fn with_state(name: &str, state: AgentState) -> Directory {
    world::changed(&everybody(), |directory| {
        let mut agent = world::agent(name);
        agent.state = state;
        directory.put_agent(&world::agent_id(name), agent);
    })
}

/// Everybody, with the agent `name` enrolled with the key of `owner`.
fn with_key(name: &str, owner: &str) -> Directory {
    world::changed(&everybody(), |directory| {
        let mut agent = world::agent(name);
        agent.key = world::public_key(owner);
        directory.put_agent(&world::agent_id(name), agent);
    })
}

#[test]
fn an_agent_is_who_it_enrolled_as_and_as_active_as_it_is() {
    check(
        &[
            ("everybody", PICTURE, everybody()),
            ("nobody", PICTURE, Directory::empty()),
            ("coder suspended", PICTURE, with_state("coder", AgentState::Suspended)),
            ("coder revoked", PICTURE, with_state("coder", AgentState::Revoked)),
            ("coder has a new key", PICTURE, with_key("coder", "coder-2")),
            ("coder has planner's key", PICTURE, with_key("coder", "planner")),
            ("a stranger holds", "alice > planner > stranger", everybody()),
            ("a person holds", "alice > planner > alice", everybody()),
        ],
        expect![[r#"
            everybody                      alice > planner > coder > editor             active, active, active
            nobody                         alice > planner > coder > editor             unknown, unknown, unknown
            coder suspended                alice > planner > coder > editor             active, suspended, active
            coder revoked                  alice > planner > coder > editor             active, revoked, active
            coder has a new key            alice > planner > coder > editor             active, unknown, active
            coder has planner's key        alice > planner > coder > editor             active, unknown, active
            a stranger holds               alice > planner > stranger                   active, unknown
            a person holds                 alice > planner > alice                      active, unknown
        "#]],
    );
}

#[test]
fn an_instance_has_the_key_that_its_own_agent_gave_it() {
    check(
        &[
            ("by its agent", "alice > planner > planner/1", everybody()),
            ("and passed on", "alice > planner > planner/1 > coder", everybody()),
            ("by another agent", "alice > coder > planner/1", everybody()),
            ("by a person", "alice > planner/1", everybody()),
            ("by another instance", "alice > planner > planner/1 > planner/2", everybody()),
            ("of nobody", "alice > stranger > stranger/1", everybody()),
            (
                "its agent suspended",
                "alice > planner > planner/1",
                with_state("planner", AgentState::Suspended),
            ),
            (
                "its agent revoked",
                "alice > planner > planner/1",
                with_state("planner", AgentState::Revoked),
            ),
            ("its agent has a new key", "alice > planner > planner/1", with_key("planner", "new")),
        ],
        expect![[r#"
            by its agent                   alice > planner > planner/1                  active, active
            and passed on                  alice > planner > planner/1 > coder          active, active, active
            by another agent               alice > coder > planner/1                    active, unknown
            by a person                    alice > planner/1                            unknown
            by another instance            alice > planner > planner/1 > planner/2      active, active, unknown
            of nobody                      alice > stranger > stranger/1                unknown, unknown
            its agent suspended            alice > planner > planner/1                  suspended, suspended
            its agent revoked              alice > planner > planner/1                  revoked, revoked
            its agent has a new key        alice > planner > planner/1                  unknown, unknown
        "#]],
    );
}

#[test]
fn a_holder_that_names_no_agent_is_unknown() {
    for name in ["planner", "https://procura.test/planner", "user:alice"] {
        let mut grant = world::grant("planner", HELD);
        grant.client_id = name.into();
        let root = world::root("alice", &grant);
        let anchors = world::anchors(&["alice"]);
        let chain = verify_chain(&[&root], &world::rules(&anchors)).unwrap();
        assert_eq!(everybody().holders(chain.get()), [HolderStatus::Unknown], "{name}");
    }
}

/// The hop at which the chain of the picture is revoked, if it is.
fn revoked_at(directory: &Directory, picture: &str) -> Option<usize> {
    match directory.check_revocations(chain(picture).get()) {
        Ok(()) => None,
        Err(refusal) => {
            assert_eq!((refusal.outcome, refusal.step), (Outcome::Revoked, "P6"));
            Some(refusal.hop.unwrap())
        }
    }
}

#[test]
fn rev_02_revoking_the_middle_stops_everything_below_and_nothing_above() {
    let middle = revoking(RevokedThing::Delegation("delegation-to-coder".into()));
    assert_eq!(revoked_at(&middle, "alice > planner"), None);
    assert_eq!(revoked_at(&middle, "alice > planner > coder"), Some(1));
    assert_eq!(revoked_at(&middle, PICTURE), Some(1));
    assert_eq!(revoked_at(&middle, "alice > planner > editor"), None);
    assert_eq!(revoked_at(&everybody(), PICTURE), None);
}

#[test]
fn what_is_revoked_is_found_wherever_it_is_on_the_chain() {
    let thumbprint = |name: &str| world::public_key(name).thumbprint().to_string();
    for (thing, hop) in [
        (RevokedThing::Key(thumbprint("planner")), Some(0)),
        (RevokedThing::Key(thumbprint("editor")), Some(2)),
        (RevokedThing::Key(thumbprint("alice")), Some(0)),
        (RevokedThing::Key(thumbprint("bob")), None),
        (RevokedThing::Key(thumbprint("stranger")), None),
        (RevokedThing::Key(String::new()), None),
        (RevokedThing::Delegation("delegation-to-planner".into()), Some(0)),
        (RevokedThing::Delegation("delegation-to-editor".into()), Some(2)),
        (RevokedThing::Delegation("delegation-to".into()), None),
        (RevokedThing::Principal("user:alice".into()), Some(0)),
        (RevokedThing::Principal("user:bob".into()), None),
        (RevokedThing::Instance(world::agent_id("planner/1")), None),
        (RevokedThing::Instance(world::agent_id("coder")), Some(1)),
        (RevokedThing::Everything, Some(0)),
    ] {
        assert_eq!(revoked_at(&revoking(thing.clone()), PICTURE), hop, "{thing:?}");
    }
}

#[test]
fn revoking_an_instance_leaves_its_agent_and_its_siblings() {
    let one = revoking(RevokedThing::Instance(world::agent_id("planner/1")));
    assert_eq!(revoked_at(&one, "alice > planner > planner/1"), Some(1));
    assert_eq!(revoked_at(&one, "alice > planner > planner/1 > coder"), Some(1));
    assert_eq!(revoked_at(&one, "alice > planner > planner/2"), None);
    assert_eq!(revoked_at(&one, "alice > planner"), None);
}

#[test]
fn revoking_everything_stops_what_was_issued_until_then() {
    // The world's delegations are a minute old, and clocks may differ by half of one.
    for (age, hop) in [(0, Some(0)), (90, Some(0)), (91, None)] {
        let directory = world::changed(&everybody(), |directory| {
            directory.revoke(Revocation {
                thing: RevokedThing::Everything,
                at: world::NOW.minus(Seconds::new(age)),
                by: "user:alice".into(),
            });
        });
        assert_eq!(revoked_at(&directory, PICTURE), hop, "{age}");
    }
}

#[test]
fn a_key_has_one_owner() {
    let directory = everybody();
    let owner = |name: &str| {
        let key = world::public_key(name).thumbprint();
        directory.owner_of(&key).map(String::from)
    };
    assert_eq!(owner("planner"), Some(world::agent_id("planner")));
    assert_eq!(owner("alice"), Some("user:alice".into()));
    assert_eq!(owner("stranger"), None);
    // A revoked agent keeps its key, so that nobody else enrols with it.
    let revoked = with_state("coder", AgentState::Revoked);
    let key = world::public_key("coder").thumbprint();
    assert_eq!(revoked.owner_of(&key), Some(world::agent_id("coder").as_str()));
}

#[test]
fn people_and_agents_are_found_by_their_whole_names() {
    let directory = everybody();
    assert!(directory.person("user:alice").is_some());
    assert!(directory.person("alice").is_none());
    assert!(directory.agent(&world::agent_id("planner")).is_some());
    assert!(directory.agent("planner").is_none());
    let seq = claims_of(&signed().1);
    assert_eq!(seq.get("seq").and_then(Value::as_integer), Some(3));
}
