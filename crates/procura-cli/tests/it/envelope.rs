//! Envelopes on the command line: what is signed, what proves, refutes, and stays open.

use procura_core::directory::{AgentState, Revocation, RevokedThing};
use procura_core::envelope::Encoding;
use procura_core::key::Signer as _;
use procura_core::time::{Seconds, Timestamp};
use procura_core::token::to_jwk;
use procura_keys::secret_key::SecretKey;
use serde_json::Value;

use crate::desk::{Desk, Said};

const PAYLOAD: &str = r#"{"action":"deploy","agent_id":"spiffe://procura.local/agent/coder","delegated_by":"user:alice","resource":"web","timestamp":1800000000}"#;
const AT: &str = "--at 1800000000";

/// It ended like this, and only a proof is called one.
fn ends(said: &Said, code: i32, words: &str) {
    assert_eq!(said.code, code, "{said:?}");
    assert!(format!("{}{}", said.out, said.err).contains(words), "`{words}`: {said:?}");
    assert_eq!(said.out.contains("proved  "), code == 0, "{said:?}");
}

/// A desk with [`PAYLOAD`] in `payload`, and signed by the coder in `envelope`.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("payload", PAYLOAD);
    let said = desk.run("envelope sign payload --key coder");
    assert_eq!(said.code, 0, "{said:?}");
    desk.write("envelope", said.out);
    desk
}

fn public(desk: &Desk, agent: &str, encoding: Encoding) -> String {
    encoding.encode(desk.agent_key(agent).public_key().as_bytes())
}

#[test]
fn what_an_agent_signs_now_verifies_now() {
    let desk = Desk::new();
    let said = desk.run(
        "envelope sign --key coder --action deploy --resource web/größe --delegated-by user:alice",
    );
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    desk.write("envelope", &said.out);
    let said = desk.run("envelope verify envelope --key coder --action deploy --resource web/größe --delegated-by user:alice --agent-id spiffe://procura.local/agent/coder");
    ends(&said, 0, "proved  envelope");
    for words in [
        "agent_id      spiffe://procura.local/agent/coder (claimed",
        "delegated_by  user:alice (claimed: no delegation is proved)",
        "resource      web/größe",
        "replay key    ",
    ] {
        assert!(said.out.contains(words), "`{words}` in {}", said.out);
    }
    ends(&desk.run("envelope verify envelope --key coder --at 2026-01-01T00:00:00Z"), 1, "future");
    ends(&desk.run("envelope verify envelope --key coder --action delete"), 1, "`action`");
    ends(&desk.run("envelope verify envelope --key coder --agent-id coder"), 1, "`agent_id`");
    ends(&desk.run("envelope verify envelope --key coder --resource web"), 1, "`resource`");
    ends(&desk.run("envelope verify envelope --key coder --delegated-by user:bob"), 1, "by`");
}

#[test]
fn a_script_reads_that_the_delegator_is_claimed() {
    let desk = desk();
    let said = desk.run(&format!("envelope verify envelope --json --key coder {AT}"));
    let read: Value = serde_json::from_str(&said.out).unwrap();
    let read = &read["results"][0];
    assert_eq!(read["verdict"], "proved");
    assert_eq!(read["payload"], PAYLOAD);
    assert_eq!(
        (&read["agent_id_is"], &read["delegated_by_is"]),
        (&"claimed".into(), &"claimed".into())
    );
    assert_eq!(read["replay_key"].as_str().unwrap().len(), 43);
    assert_eq!(read["timestamp"], 1_800_000_000);
    let said = desk.run(&format!("envelope verify envelope --json --key planner {AT}"));
    let read: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.code, &read["results"][0]["code"]), (1, &"signature_invalid".into()));
}

#[test]
fn every_form_and_spelling_that_is_signed_verifies() {
    let desk = desk();
    for encoding in ["base64", "base64url", "hex"] {
        for form in ["carried", "inside"] {
            let said = desk.run(&format!(
                "envelope sign payload --key coder --form {form} --encoding {encoding}"
            ));
            let said = desk.run_with(&format!("envelope verify - --key coder {AT}"), &said.out);
            ends(&said, 0, "proved  -");
        }
        let said = desk.run(&format!(
            "envelope sign payload --key coder --form detached --encoding {encoding}"
        ));
        desk.write("signature", &said.out);
        for signature in ["signature", said.out.trim()] {
            let line = format!("envelope verify payload --key coder {AT} --signature {signature}");
            ends(&desk.run(&line), 0, "proved  payload");
        }
    }
    let object = desk.run("envelope sign payload --key coder --json").out;
    ends(&desk.run_with(&format!("envelope verify - --key coder {AT}"), &object), 1, "beside");
}

#[test]
fn a_key_or_signature_that_begins_like_an_option_is_still_one() {
    let desk = desk();
    let keys = (0..).map(|number| procura_testkit::world::public_key(&format!("key {number}")));
    let mut texts = keys.map(|key| Encoding::Base64Url.encode(key.as_bytes()));
    let key = texts.find(|text| text.starts_with('-')).unwrap();
    ends(&desk.run(&format!("envelope verify envelope {AT} --key {key}")), 1, "another key");
    let signature = Encoding::Base64Url.encode(&[0xf8; 64]);
    assert!(signature.starts_with('-'), "{signature}");
    let line = format!("envelope verify payload --key coder {AT} --signature {signature}");
    ends(&desk.run(&line), 1, "signature");
}

#[test]
fn a_key_is_taken_as_people_have_it() {
    let desk = desk();
    let key = desk.agent_key("coder").public_key().clone();
    desk.write("coder.jwk", to_jwk(&key).to_canonical().unwrap());
    desk.write("coder.raw", key.as_bytes());
    desk.write("coder.hex", format!("{}\n", public(&desk, "coder", Encoding::Hex)));
    let texts = [Encoding::Base64, Encoding::Base64Url, Encoding::Hex];
    let texts = texts.map(|encoding| public(&desk, "coder", encoding));
    let files = ["coder", "coder.jwk", "coder.raw", "coder.hex", "keys/agent.coder.key"];
    for given in files.into_iter().chain(texts.iter().map(String::as_str)) {
        ends(&desk.run(&format!("envelope verify envelope {AT} --key {given}")), 0, "proved");
    }
    let other = public(&desk, "planner", Encoding::Hex);
    for given in [other.as_str(), "planner", "keys/user.alice.key"] {
        ends(&desk.run(&format!("envelope verify envelope {AT} --key {given}")), 1, "another key");
    }
    // A file with a key's name is not read in the key's place.
    desk.write(&other, key.as_bytes());
    ends(&desk.run(&format!("envelope verify envelope {AT} --key {other}")), 1, "another key");
    desk.write("nothing", "nothing");
    ends(&desk.run(&format!("envelope verify envelope {AT} --key nothing")), 3, "no");
    ends(&desk.run(&format!("envelope verify envelope {AT} --key nobody")), 2, "no agent");
    let weak = "0".repeat(64);
    ends(&desk.run(&format!("envelope verify envelope {AT} --key {weak}")), 2, "low order");
    ends(&desk.run("envelope verify envelope"), 2, "--key");
}

#[test]
fn what_is_missing_leaves_it_open_and_what_cannot_be_read_is_said() {
    let desk = desk();
    let verify = format!("envelope verify - --key coder {AT}");
    ends(&desk.run_with(&verify, ""), 4, "nothing to verify");
    ends(&desk.run_with(&verify, PAYLOAD), 4, "no `signature`");
    ends(&desk.run_with(&verify, "{\"payload\":\"{}\"}"), 4, "no `signature`");
    let inside = desk.run("envelope sign payload --key coder --form inside").out;
    ends(&desk.run_with(&verify, &inside), 0, "proved");
    ends(&desk.run_with(&verify, &inside.replacen(':', ": ", 1)), 4, "white space at byte 10");
    let unsorted = inside.replacen("{\"action\":\"deploy\",", "{", 1);
    let unsorted = unsorted.replacen("}", ",\"action\":\"deploy\"}", 1);
    ends(&desk.run_with(&verify, &unsorted), 4, "out of order");
    ends(&desk.run_with(&verify, "hello"), 1, "malformed");
    ends(&desk.run(&format!("envelope verify missing --key coder {AT}")), 3, "UNREADABLE");
    let line = format!("envelope verify payload --key coder {AT} --signature");
    ends(&desk.run(&format!("{line} missing")), 2, "--signature");
    desk.write("signature", "AAAA");
    ends(&desk.run(&format!("{line} signature")), 3, "does not hold a signature");
    let zeros = "0".repeat(128);
    ends(&desk.run(&format!("{line} {zeros}")), 1, "signature_invalid");
    ends(&desk.run("envelope verify envelope --key coder --at noon"), 2, "not a time");
}

#[test]
fn an_envelope_is_good_for_its_time() {
    let desk = desk();
    let at = |at: i64, more: &str| {
        desk.run(format!("envelope verify envelope --key coder --at {at} {more}").trim_end())
    };
    ends(&at(1_800_000_300, ""), 0, "proved");
    ends(&at(1_800_000_301, ""), 1, "expired");
    ends(&at(1_800_086_400, "--max-age 86400"), 0, "proved");
    ends(&at(1_800_000_061, "--max-age 60"), 1, "expired");
    ends(&at(1_799_999_699, "--max-age 86400"), 1, "not_yet_valid");
}

#[test]
fn a_directory_binds_the_name_to_its_key() {
    let desk = desk();
    let issued = Timestamp::from_seconds(1_800_000_000);
    let verify = |change: &dyn Fn(&mut procura_core::directory::Directory)| {
        desk.directory(issued, change);
        desk.run(&format!("envelope verify envelope --directory directory.jwt {AT}"))
    };
    let coder = "spiffe://procura.local/agent/coder";
    let proved = verify(&|_| {});
    ends(&proved, 0, "directory 1: enrolled with this key, active");
    let put = |state, key: &SecretKey| {
        let key = key.public_key().clone();
        move |directory: &mut procura_core::directory::Directory| {
            let mut agent = directory.agent(coder).unwrap().clone();
            agent.state = state;
            agent.key = key.clone();
            directory.put_agent(coder, agent);
        }
    };
    let own = desk.agent_key("coder");
    ends(&verify(&put(AgentState::Suspended, &own)), 1, "holder_not_active");
    ends(&verify(&put(AgentState::Revoked, &own)), 1, "revoked: its agent");
    let stranger = SecretKey::generate().unwrap();
    ends(&verify(&put(AgentState::Active, &stranger)), 1, "signature_invalid");
    let revoke = |thing: RevokedThing, at: Timestamp| {
        verify(&move |directory| {
            directory.revoke(Revocation { thing: thing.clone(), at, by: "user:alice".into() });
        })
    };
    let key = || RevokedThing::Key(own.public_key().thumbprint().to_string());
    ends(&revoke(key(), issued), 1, "revoked: its key");
    ends(&revoke(RevokedThing::Everything, issued), 1, "revoked: everything");
    let long_ago = issued.minus(Seconds::new(3600));
    ends(&revoke(RevokedThing::Everything, long_ago), 0, "proved");
    // The key that is given has to be the enrolled one too.
    desk.directory(issued, |_| {});
    let both = format!("envelope verify envelope --directory directory.jwt {AT} --key");
    ends(&desk.run(&format!("{both} coder")), 0, "enrolled");
    ends(&desk.run(&format!("{both} planner")), 1, "another key");
}

#[test]
fn a_name_that_the_directory_does_not_have_is_nobodys() {
    let desk = desk();
    desk.directory(Timestamp::from_seconds(1_800_000_000), |_| {});
    for name in
        ["coder", "spiffe://procura.local/agent/other", "spiffe://procura.local/agent/planner"]
    {
        desk.write("payload", PAYLOAD.replace("spiffe://procura.local/agent/coder", name));
        let signed = desk.run("envelope sign payload --key coder").out;
        let line = format!("envelope verify - --directory directory.jwt {AT}");
        let said = desk.run_with(&line, &signed);
        let words = if name.ends_with("planner") { "signature_invalid" } else { "holder_unknown" };
        ends(&said, 1, words);
        let said = desk.run_with(&format!("{line} --key coder"), &signed);
        ends(&said, 1, "holder_unknown: its agent is not enrolled with this key");
    }
}

#[test]
fn a_directory_that_is_old_or_a_strangers_leaves_it_open() {
    let desk = desk();
    let line = format!("envelope verify envelope --directory directory.jwt {AT}");
    desk.directory(Timestamp::from_seconds(1_799_999_989), |_| {});
    ends(&desk.run(&line), 4, "--any-directory");
    ends(&desk.run(&format!("{line} --any-directory")), 0, "proved");
    ends(&desk.run(&format!("{line} --directory-max-age 11")), 0, "proved");
    let stranger = SecretKey::generate().unwrap();
    desk.directory_by(&stranger, Timestamp::from_seconds(1_800_000_000), |_| {});
    ends(&desk.run(&line), 4, "not the authority's");
    ends(&desk.run(&format!("{line} --trust missing")), 3, "cannot be read");
    ends(&desk.run("envelope verify envelope --directory missing"), 3, "cannot be read");
    ends(&desk.run("envelope verify envelope --key coder --trust trust.json"), 2, "--directory");
}

#[test]
fn nothing_is_signed_that_would_not_verify() {
    let desk = Desk::new();
    for (payload, words) in [
        ("{}", "`agent_id` is missing"),
        ("eyJhbGciOiJFZDI1NTE5In0.e30", "begin"),
        (r#"{"agent_id":"c","action":"a","timestamp":1.5}"#, "`timestamp`"),
        (r#"{"agent_id":"c","action":"a","action":"b","timestamp":1}"#, "duplicate"),
        (r#"{"agent_id":"c","action":"a","n":9007199254740993,"timestamp":1}"#, "double"),
    ] {
        ends(&desk.run_with("envelope sign - --key coder", payload), 1, words);
    }
    let spaced = "{ \"agent_id\":\"c\",\"action\":\"a\",\"timestamp\":1}\n";
    ends(&desk.run_with("envelope sign - --key coder --form inside", spaced), 1, "white space");
    for (line, words) in [
        ("envelope sign --key coder", "--action"),
        ("envelope sign payload --key coder --action deploy", "--action"),
        ("envelope sign payload --key coder --resource web", "--resource"),
        ("envelope sign --key coder --action deploy --form detached", "signs a file"),
        ("envelope sign --key keys/agent.coder.key --action deploy", "--agent-id"),
    ] {
        ends(&desk.run(line), 2, words);
    }
    ends(&desk.run("envelope sign --key keys/user.alice.key --agent-id a --action b"), 3, "");
    ends(&desk.run("envelope sign --key nobody --action deploy"), 3, "");
}

#[test]
fn what_an_envelope_says_cannot_write_to_the_terminal() {
    let desk = Desk::new();
    let payload = PAYLOAD.replace("web", "\u{202e}web\\u001b[2J");
    desk.write("payload", &payload);
    let signed = desk.run("envelope sign payload --key coder").out;
    let said = desk.run_with(&format!("envelope verify - --key coder {AT}"), &signed);
    ends(&said, 0, r"resource      \u{202e}web\u{1b}[2J");
}
