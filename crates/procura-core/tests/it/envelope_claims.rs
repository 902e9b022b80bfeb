//! What an envelope says, when, and whether it was asked for.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use procura_core::{
    directory::{AgentState, Directory, Revocation, RevokedThing},
    envelope::{Parts, sign},
    limits,
    proof::{EnvelopeRules, Expected, verify_envelope},
    refusal::Outcome,
    time::{Seconds, Timestamp},
};
use procura_testkit::world;

use crate::envelope::{PAYLOAD, forced, parts, verify, verify_as_of};

/// Prints why payloads that their agent signed are not accepted.
fn check_claims(members: &[&str], expected: Expect) {
    let mut table = String::new();
    for members in members {
        let payload = format!("{{{members}}}");
        let refusal = verify(&forced(&payload)).unwrap_err();
        let unsigned = sign(&payload, &world::key("planner")).unwrap_err();
        assert_eq!(unsigned.outcome, refusal.outcome, "nothing is signed that is refused");
        writeln!(table, "{members}\n  {} {refusal}", refusal.step).unwrap();
    }
    expected.assert_eq(&table);
}

#[test]
fn a_payload_says_who_does_what_and_when() {
    check_claims(
        &[
            "",
            r#""agent_id":"p","action":"a""#,
            r#""agent_id":"p","timestamp":1"#,
            r#""action":"a","timestamp":1"#,
            r#""agent_id":null,"action":"a","timestamp":1"#,
            r#""agent_id":"","action":"a","timestamp":1"#,
            r#""agent_id":"p","action":["a"],"timestamp":1"#,
            r#""agent_id":"p","action":"a","resource":{},"timestamp":1"#,
            r#""agent_id":"p","action":"a","delegated_by":1,"timestamp":1"#,
            r#""agent_id":"p","action":"a","timestamp":1800000000.0"#,
            r#""agent_id":"p","action":"a","timestamp":1.8e9"#,
            r#""agent_id":"p","action":"a","timestamp":1800000000000"#,
            r#""agent_id":"p","action":"a","timestamp":-1"#,
            r#""agent_id":"p","action":"a","timestamp":true"#,
            r#""agent_id":"p","action":"a","timestamp":"1800000000""#,
            r#""agent_id":"p","action":"a","timestamp":"2027-01-15T08:00:00""#,
            r#""agent_id":"p","action":"a","n":9007199254740993,"timestamp":1"#,
            r#""agent_id":"p","action":"a","n":[1e400],"timestamp":1"#,
            r#""agent_id":"p","agent_id":"q","action":"a","timestamp":1"#,
            r#""agent_id":"p","action":"a","timestamp":1}{"#,
        ],
        expect![[r#"

              E4 malformed: `agent_id` is missing
            "agent_id":"p","action":"a"
              E4 malformed: `timestamp` is missing
            "agent_id":"p","timestamp":1
              E4 malformed: `action` is missing
            "action":"a","timestamp":1
              E4 malformed: `agent_id` is missing
            "agent_id":null,"action":"a","timestamp":1
              E4 malformed: `agent_id` is missing
            "agent_id":"","action":"a","timestamp":1
              E4 malformed: `agent_id` is not text of 1 to 4096 bytes
            "agent_id":"p","action":["a"],"timestamp":1
              E4 malformed: `action` is not text of 1 to 4096 bytes
            "agent_id":"p","action":"a","resource":{},"timestamp":1
              E4 malformed: `resource` is not text of 1 to 4096 bytes
            "agent_id":"p","action":"a","delegated_by":1,"timestamp":1
              E4 malformed: `delegated_by` is not text of 1 to 4096 bytes
            "agent_id":"p","action":"a","timestamp":1800000000.0
              E4 malformed: `timestamp` is neither text nor whole seconds
            "agent_id":"p","action":"a","timestamp":1.8e9
              E4 malformed: `timestamp` is neither text nor whole seconds
            "agent_id":"p","action":"a","timestamp":1800000000000
              E4 malformed: `timestamp` is not in seconds since 1970
            "agent_id":"p","action":"a","timestamp":-1
              E4 malformed: `timestamp` is not in seconds since 1970
            "agent_id":"p","action":"a","timestamp":true
              E4 malformed: `timestamp` is neither text nor whole seconds
            "agent_id":"p","action":"a","timestamp":"1800000000"
              E4 malformed: `timestamp` is not a time of RFC 3339 with its offset from UTC
            "agent_id":"p","action":"a","timestamp":"2027-01-15T08:00:00"
              E4 malformed: `timestamp` is not a time of RFC 3339 with its offset from UTC
            "agent_id":"p","action":"a","n":9007199254740993,"timestamp":1
              E4 non_admissible_number: a number is not exactly a double
            "agent_id":"p","action":"a","n":[1e400],"timestamp":1
              E4 non_admissible_number: a number is not exactly a double
            "agent_id":"p","agent_id":"q","action":"a","timestamp":1
              E4 duplicate_member: duplicate member name at byte 44
            "agent_id":"p","action":"a","timestamp":1}{
              E4 malformed: something follows the value at byte 43
        "#]],
    );
}

#[test]
fn null_is_no_resource_and_no_delegator() {
    let payload = r#"{"action":"a","agent_id":"p","delegated_by":null,"resource":null,"timestamp":1800000000}"#;
    let envelope = verify(&parts(payload)).unwrap();
    let claims = envelope.get().claims();
    assert_eq!((&claims.resource, &claims.delegated_by), (&None, &None));
}

fn at(timestamp: &str) -> Parts {
    forced(&format!(r#"{{"action":"a","agent_id":"p","timestamp":{timestamp}}}"#))
}

#[test]
fn a_time_is_read_as_rfc_3339_writes_it() {
    for (text, seconds) in [
        ("1970-01-01T00:00:00Z", 0),
        ("2000-02-29T23:59:59Z", 951_868_799),
        ("2027-01-15T08:00:00Z", 1_800_000_000),
        ("2027-01-15t08:00:00z", 1_800_000_000),
        ("2027-01-15T08:00:00.999Z", 1_800_000_000),
        ("2027-01-15T08:00:00.000001+00:00", 1_800_000_000),
        ("2027-01-15T08:00:00-00:00", 1_800_000_000),
        ("2027-01-15T13:30:00+05:30", 1_800_000_000),
        ("2027-01-14T23:00:00-09:00", 1_800_000_000),
        ("2100-02-28T00:00:00Z", 4_107_456_000),
        ("2100-03-01T00:00:00Z", 4_107_542_400),
        ("9999-12-31T23:59:59Z", 253_402_300_799),
    ] {
        let now = Timestamp::from_seconds(seconds);
        let parts = at(&format!("\"{text}\""));
        let envelope = verify_as_of(&parts, now, Expected::default()).unwrap();
        assert_eq!(envelope.get().claims().timestamp, now, "{text}");
    }
}

#[test]
fn what_is_no_time_is_not_read_as_another() {
    for text in [
        "",
        "Z",
        "2027-01-15",
        "2027-01-15T08:00:00",
        "2027-01-15 08:00:00Z",
        "2027-01-15T08:00Z",
        "2027-1-15T08:00:00Z",
        "+027-01-15T08:00:00Z",
        "2027-01-15T08:00:00.Z",
        "2027-01-15T08:00:00,5Z",
        "2027-01-15T08:00:00+0530",
        "2027-01-15T08:00:00+24:00",
        "2027-01-15T08:00:00+05:60",
        "2027-01-15T08:00:00+-5:00",
        "2027-01-15T08:00:00ZZ",
        "2027-01-15T24:00:00Z",
        "2027-01-15T08:60:00Z",
        "2016-12-31T23:59:60Z",
        "2027-00-15T08:00:00Z",
        "2027-13-15T08:00:00Z",
        "2027-01-00T08:00:00Z",
        "2027-02-29T08:00:00Z",
        "2100-02-29T08:00:00Z",
        "2027-04-31T08:00:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "２027-01-15T08:00:00Z",
        " 2027-01-15T08:00:00Z",
        "2027-01-15T08:00:00Z ",
    ] {
        let refusal = verify(&at(&format!("\"{text}\""))).unwrap_err();
        assert_eq!((refusal.outcome, refusal.step), (Outcome::Malformed, "E4"), "{text}");
    }
}

#[test]
fn an_envelope_is_good_for_five_minutes_unless_somebody_says_otherwise() {
    let now = world::NOW.as_seconds();
    let outcome = |now: i64, max_age: u32| {
        let key = world::public_key("planner");
        let rules = EnvelopeRules {
            key: &key,
            now: Timestamp::from_seconds(now),
            max_age: Seconds::new(max_age),
            expected: Expected::default(),
        };
        verify_envelope(&parts(PAYLOAD), &rules).map(|_| ()).map_err(|refusal| refusal.outcome)
    };
    assert_eq!(outcome(now + 300, 300), Ok(()));
    assert_eq!(outcome(now + 301, 300), Err(Outcome::Expired));
    assert_eq!(outcome(now - 300, 300), Ok(()));
    assert_eq!(outcome(now - 301, 300), Err(Outcome::NotYetValid));
    // An auditor looks back and not forward.
    assert_eq!(outcome(now + 86_400, 86_400), Ok(()));
    assert_eq!(outcome(now - 301, 86_400), Err(Outcome::NotYetValid));
    assert_eq!(outcome(now, 0), Ok(()));
    assert_eq!(outcome(now + 1, 0), Err(Outcome::Expired));
    assert_eq!(outcome(now - 1, 0), Err(Outcome::NotYetValid));
}

#[test]
fn what_is_expected_has_to_be_said_exactly() {
    let parts = parts(PAYLOAD);
    let none = Expected::default();
    let asks = |expected| {
        let verified = verify_as_of(&parts, world::NOW, expected);
        verified.map(|_| ()).map_err(|refusal| (refusal.step, refusal.outcome))
    };
    let refused = Err(("E6", Outcome::HolderBindingFailed));
    let wanted = |right: bool| {
        let pick = |good, bad| Some(if right { good } else { bad });
        [
            Expected { agent_id: pick("planner", "Planner"), ..none },
            Expected { action: pick("deploy", "deploy "), ..none },
            Expected { resource: pick("web/größe", "web/gro\u{308}ße"), ..none },
            Expected { delegated_by: pick("user:alice", ""), ..none },
        ]
    };
    assert!(wanted(true).into_iter().all(|expected| asks(expected) == Ok(())));
    assert!(wanted(false).into_iter().all(|expected| asks(expected) == refused));
    let bare = crate::envelope::parts(r#"{"action":"a","agent_id":"p","timestamp":1800000000}"#);
    let expected = Expected { resource: Some("web"), ..none };
    assert_eq!(verify_as_of(&bare, world::NOW, expected).unwrap_err().step, "E6");
}

/// What the directory says of the planner's signature of now, after a change.
fn signer(name: &str, key: &str, change: impl FnOnce(&mut Directory)) -> Result<(), Outcome> {
    let directory = world::changed(&world::directory(&["alice"], &["planner"]), change);
    let id = world::agent_id(name);
    let checked = directory.check_signer(&id, &world::public_key(key), world::NOW);
    checked.map_err(|refusal| {
        assert_eq!(refusal.step, "E7");
        refusal.outcome
    })
}

#[test]
fn a_signer_is_who_the_directory_says() {
    let put = |state| {
        move |directory: &mut Directory| {
            let agent = procura_core::directory::Agent { state, ..world::agent("planner") };
            directory.put_agent(&world::agent_id("planner"), agent);
        }
    };
    let revoke = |thing, at| {
        move |directory: &mut Directory| {
            directory.revoke(Revocation { thing, at, by: "user:alice".into() });
        }
    };
    let key = |name| RevokedThing::Key(world::public_key(name).thumbprint().to_string());
    let skew = limits::CLOCK_SKEW;
    assert_eq!(signer("planner", "planner", |_| {}), Ok(()));
    assert_eq!(signer("planner", "coder", |_| {}), Err(Outcome::HolderUnknown));
    assert_eq!(signer("coder", "coder", |_| {}), Err(Outcome::HolderUnknown));
    assert_eq!(signer("planner/1", "planner", |_| {}), Err(Outcome::HolderUnknown));
    let suspended = put(AgentState::Suspended);
    assert_eq!(signer("planner", "planner", suspended), Err(Outcome::HolderNotActive));
    assert_eq!(signer("planner", "planner", put(AgentState::Revoked)), Err(Outcome::Revoked));
    let revoked = revoke(key("planner"), world::NOW);
    assert_eq!(signer("planner", "planner", revoked), Err(Outcome::Revoked));
    assert_eq!(signer("planner", "planner", revoke(key("coder"), world::NOW)), Ok(()));
    let everything = |at| signer("planner", "planner", revoke(RevokedThing::Everything, at));
    assert_eq!(everything(world::NOW.minus(skew)), Err(Outcome::Revoked));
    assert_eq!(everything(world::NOW.minus(skew).minus(Seconds::new(1))), Ok(()));
}
