//! Verifying offline: what proves, what refutes, what leaves the question open.

use std::fs;
use std::io::pipe;

use procura_core::approval;
use procura_core::directory::{AgentState, Revocation, RevokedThing};
use procura_core::hash::Digest;
use procura_core::json::Object;
use procura_core::key::Signer as _;
use procura_core::revocation;
use procura_core::time::{Seconds, Timestamp};
use procura_keys::secret_key::SecretKey;

use crate::desk::{Desk, Said, event};

const WRITE: &str = "--tool mcp:web/write_file --args";

/// It ended like this, and only a proof is called one.
fn ends(said: &Said, code: i32, words: &str) {
    assert_eq!(said.code, code, "{said:?}");
    assert!(format!("{}{}", said.out, said.err).contains(words), "`{words}`: {said:?}");
    let is_praised = said.out.contains("proved  ") || said.out.contains("OK");
    assert_eq!(is_praised, code == 0, "{said:?}");
}

/// A desk with a chain of two, and an hour's fresh directory.
fn desk() -> (Desk, Timestamp) {
    let desk = Desk::new();
    desk.chain_of_two();
    let issued = desk.leaf("coder.chain").issued;
    desk.directory(issued, |_| {});
    (desk, issued)
}

fn after(time: Timestamp, seconds: u32) -> i64 {
    time.plus(Seconds::new(seconds)).as_seconds()
}

#[test]
fn a_receipt_proves_that_its_event_is_in_the_log() {
    let desk = Desk::new();
    desk.write("receipt", desk.receipt(&event("argument `path` is outside its rule")));
    let said = desk.run("verify receipt receipt --trust trust.json");
    ends(&said, 0, "proved  receipt");
    for words in [
        "call.denied  argument_refused",
        "for user:alice",
        "on mcp:web/write_file",
        "at hop 1",
        "because argument `path`",
        "entry 0 of the 2",
    ] {
        assert!(said.out.contains(words), "`{words}` in {}", said.out);
    }
    let json = desk.run("verify receipt receipt --json");
    let read: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(read["results"][0]["verdict"], "proved");
    assert_eq!(read["results"][0]["event"]["kind"], "call.denied");
}

#[test]
fn cli_05_a_receipt_that_proves_nothing_never_ends_with_zero() {
    let desk = Desk::new();
    let good = desk.receipt(&event("x"));
    let (proof, note) = good.split_once("\n\n").unwrap();
    let (body, _) = note.rsplit_once("\n\n").unwrap();
    let stranger = SecretKey::generate().unwrap();
    let other = desk.receipt(&event("y"));
    let other_extra = other.lines().nth(1).unwrap();
    let rows = [
        ("empty", String::new(), 4, "nothing to verify"),
        ("unparsable", "hello".into(), 1, "malformed"),
        ("missing checkpoint", format!("{proof}\n"), 4, "no_checkpoint"),
        ("empty checkpoint", format!("{proof}\n\n"), 4, "no_signature"),
        ("missing signature block", format!("{proof}\n\n{body}\n"), 4, "no_signature"),
        ("missing signature line", format!("{proof}\n\n{body}\n\n"), 4, "no_signature"),
        ("another key", desk.receipt_by(&stranger, &event("x")), 1, "other_key"),
        (
            "another entry",
            good.replace(good.lines().nth(1).unwrap(), other_extra),
            1,
            "not_included",
        ),
        ("another index", good.replace("index 0", "index 1"), 1, "not_included"),
        ("flipped size", good.replace("\n2\n", "\n3\n"), 1, "checkpoint_invalid"),
        (
            "no entry",
            good.replace(&format!("{}\n", good.lines().nth(1).unwrap()), ""),
            4,
            "no_entry",
        ),
        ("cut", good.chars().take(good.len() / 2).collect(), 4, "no_"),
        ("another version", good.replace("@v1", "@v2"), 1, "malformed"),
        ("too long", good.repeat(2000), 1, "malformed"),
    ];
    for (name, text, code, words) in rows {
        desk.write("receipt", text);
        let said = desk.run("verify receipt receipt");
        assert_eq!(said.code, code, "{name}: {said:?}");
        ends(&said, code, words);
    }
    desk.write("receipt", [0xff, 0x00]);
    ends(&desk.run("verify receipt receipt"), 1, "not text");
    ends(&desk.run("verify receipt missing"), 3, "UNREADABLE");
    ends(&desk.run("verify receipt"), 2, "FILE");
    ends(&desk.run("verify receipt receipt --trust missing"), 3, "cannot be read");
    ends(&desk.run_with("verify receipt -", ""), 4, "nothing to verify");
    desk.write("trust.json", "{}");
    desk.write("receipt", &good);
    ends(&desk.run("verify receipt receipt"), 3, "does not hold a log");
}

#[test]
fn a_flipped_bit_anywhere_in_a_receipt_is_found() {
    let desk = Desk::new();
    let good = desk.receipt(&event("x"));
    // Every seventh byte: each part of the text is hit, and the test stays short.
    let names: Vec<String> = (0..good.len())
        .step_by(7)
        .map(|at| {
            let mut bytes = good.clone().into_bytes();
            bytes[at] ^= 1;
            let name = format!("flipped-{at}");
            desk.write(&name, bytes);
            name
        })
        .collect();
    let said = desk.run(&format!("verify receipt {} --json", names.join(" ")));
    let read: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let results = read["results"].as_array().unwrap();
    assert_eq!((said.code, results.len()), (1, names.len()), "{said:?}");
    assert!(results.iter().all(|result| result["verdict"] != "proved"), "{said:?}");
}

#[test]
fn one_bad_receipt_among_good_ones_decides_the_exit_code() {
    let desk = Desk::new();
    desk.write("good", desk.receipt(&event("x")));
    desk.write("bad", "hello");
    desk.write("empty", "");
    ends(&desk.run("verify receipt good good"), 0, "proved  good");
    for (files, code) in [
        ("good bad", 1),
        ("bad good", 1),
        ("good empty", 4),
        ("good missing", 3),
        ("empty missing bad", 1),
    ] {
        assert_eq!(desk.run(&format!("verify receipt {files}")).code, code, "{files}");
    }
}

#[test]
fn cli_05_an_answer_that_nobody_can_read_is_no_success() {
    let (desk, issued) = desk();
    desk.write("receipt", desk.receipt(&event("x")));
    let chain =
        format!("verify chain coder.chain --directory directory.jwt --at {}", after(issued, 1));
    for line in ["verify receipt receipt", "verify receipt receipt --json", &chain] {
        assert_eq!(desk.run(line).code, 0, "{line}");
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let closed = Said::from(desk.command(line).stdout(writer).output().unwrap());
        assert_eq!(closed.code, 3, "{line}: {closed:?}");
        if let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") {
            let full = Said::from(desk.command(line).stdout(full).output().unwrap());
            assert_eq!(full.code, 3, "{line}: {full:?}");
        }
    }
}

#[test]
fn a_chain_is_proved_with_a_fresh_directory_and_not_without() {
    let (desk, issued) = desk();
    let line = "verify chain coder.chain --trust trust.json";
    let at = |seconds| after(issued, seconds);
    let said = desk.run(&format!("{line} --directory directory.jwt --at {}", at(5)));
    ends(&said, 0, "every holder is active and nothing of the chain is revoked");
    assert!(said.out.contains("agent:coder"), "{said:?}");
    ends(&desk.run(&format!("{line} --at {}", at(5))), 4, "status_unknown");
    let stale = format!("{line} --directory directory.jwt --at {}", at(11));
    ends(&desk.run(&stale), 4, "status_unknown: the directory is 11 s old");
    ends(&desk.run(&format!("{stale} --max-age 11")), 0, "proved");
    ends(&desk.run(&format!("{stale} --ttl-only")), 0, "proved");
    ends(&desk.run(&format!("{line} --ttl-only")), 2, "--directory");
    ends(&desk.run(&format!("{line} --directory missing")), 3, "cannot be read");
}

#[test]
fn time_is_what_is_said_and_ends_delegations() {
    let (desk, issued) = desk();
    let line = "verify chain coder.chain --directory directory.jwt --ttl-only --at";
    ends(&desk.run(&format!("{line} {}", after(issued, 1799))), 0, "proved");
    ends(&desk.run(&format!("{line} {}", after(issued, 1800))), 1, "expired at hop 1");
    ends(&desk.run(&format!("{line} {}", after(issued, 3600))), 1, "expired at hop 0");
    ends(&desk.run(&format!("{line} 2020-01-01T00:00:00Z")), 1, "not_yet_valid at hop 0");
    for wrong in ["2020-01-01", "2020-02-30T00:00:00Z", "2020-01-01T24:00:00Z", "yesterday", "-1"] {
        ends(&desk.run(&format!("{line}={wrong}")), 2, "");
    }
}

#[test]
fn what_the_directory_says_refutes() {
    let (desk, issued) = desk();
    let line =
        format!("verify chain coder.chain --directory directory.jwt --at {}", after(issued, 1));
    let root = procura_core::token::Token::read(&desk.tokens("coder.chain")[0]).unwrap();
    let revoked = |thing| Revocation { thing, at: issued, by: "user:alice".into() };
    let things = [
        (RevokedThing::Delegation(root.id), "revoked at hop 0"),
        (
            RevokedThing::Key(desk.leaf("coder.chain").key.thumbprint().to_string()),
            "revoked at hop 1",
        ),
        (RevokedThing::Principal("user:alice".into()), "revoked at hop 0"),
        (RevokedThing::Everything, "revoked at hop 0"),
    ];
    for (thing, words) in things {
        desk.directory(issued, |directory| directory.revoke(revoked(thing)));
        ends(&desk.run(&line), 1, words);
        // However old: what was revoked once stays revoked.
        ends(&desk.run(&format!("{line} --max-age 0")), 1, words);
    }
    for (state, words) in [
        (AgentState::Suspended, "holder_not_active at hop 1"),
        (AgentState::Revoked, "revoked at hop 1"),
    ] {
        desk.directory(issued, |directory| {
            let id = "spiffe://procura.local/agent/coder";
            let mut agent = directory.agent(id).unwrap().clone();
            agent.state = state;
            directory.put_agent(id, agent);
        });
        ends(&desk.run(&line), 1, words);
    }
    desk.directory(issued, |directory| {
        let id = "spiffe://procura.local/agent/coder";
        let mut agent = directory.agent(id).unwrap().clone();
        agent.key = SecretKey::generate().unwrap().public_key().clone();
        directory.put_agent(id, agent);
    });
    ends(&desk.run(&line), 1, "holder_unknown at hop 1");
}

#[test]
fn a_directory_that_the_authority_did_not_sign_says_nothing() {
    let (desk, issued) = desk();
    let line = format!(
        "verify chain coder.chain --directory directory.jwt --ttl-only --at {}",
        after(issued, 1)
    );
    ends(&desk.run(&line), 0, "proved");
    desk.directory_by(&SecretKey::generate().unwrap(), issued, |_| {});
    ends(&desk.run(&line), 4, "not the authority's");
    desk.write("directory.jwt", "");
    ends(&desk.run(&line), 4, "not the authority's");
    let future = "verify chain coder.chain --directory directory.jwt";
    desk.directory(issued.plus(Seconds::new(86_400)), |_| {});
    ends(&desk.run(future), 4, "from the future");
}

#[test]
fn a_chain_that_was_tampered_with_is_refuted_at_its_hop() {
    let (desk, issued) = desk();
    let line = format!(
        "verify chain odd.chain --directory directory.jwt --ttl-only --at {}",
        after(issued, 1)
    );
    let good = desk.tokens("coder.chain");
    let flip = |token: &str| {
        let (body, signature) = token.rsplit_once('.').unwrap();
        let first = if signature.starts_with('A') { 'B' } else { 'A' };
        format!("{body}.{first}{}", &signature[1..])
    };
    assert_eq!(desk.run("delegate --to coder --allow t --out mine.chain").code, 0);
    let rows = [
        (vec![good[0].clone(), flip(&good[1])], "signature_invalid at hop 1"),
        (vec![flip(&good[0]), good[1].clone()], "untrusted_root at hop 0"),
        (vec![good[1].clone()], "untrusted_root at hop 0"),
        (vec![good[1].clone(), good[0].clone()], "at hop 0"),
        (vec![good[0].clone(), good[0].clone()], "malformed at hop 1"),
        (vec![desk.tokens("mine.chain")[0].clone(), good[1].clone()], "signature_invalid at hop 1"),
        (vec![], "malformed"),
    ];
    for (tokens, words) in rows {
        desk.write("odd.chain", Object::new().with("aat_chain", tokens).to_canonical().unwrap());
        ends(&desk.run(&line), 1, words);
    }
    for (text, code, words) in [
        ("", 4, "nothing to verify"),
        ("x", 1, "malformed"),
        ("{}", 1, "no list"),
        ("{\"aat_chain\":[1]}", 1, "not text"),
    ] {
        desk.write("odd.chain", text);
        ends(&desk.run(&line), code, words);
    }
    ends(&desk.run("verify chain missing"), 3, "UNREADABLE");
    ends(&desk.run("verify chain"), 2, "FILE");
    ends(&desk.run("verify"), 2, "Usage");
}

#[test]
fn a_chain_for_another_gateway_is_refuted() {
    let desk = Desk::new();
    assert_eq!(desk.run("delegate --to coder --allow t --audience https://other.example").code, 0);
    ends(&desk.run("verify chain coder.chain"), 1, "audience_mismatch at hop 0");
}

#[test]
fn a_stranger_in_the_bundle_vouches_for_nobody_else() {
    let (desk, _) = desk();
    let bob = SecretKey::generate().unwrap();
    let jwk = procura_core::token::to_jwk(bob.public_key());
    let person = Object::new().with("principal", "user:bob").with("jwk", jwk);
    let text = desk.read("trust.json");
    let mut trust = procura_core::json::parse_object(text.as_bytes()).unwrap();
    trust.set("people", vec![person]);
    desk.write("other.json", trust.to_canonical().unwrap());
    ends(&desk.run("verify chain coder.chain --trust other.json"), 1, "untrusted_root");
}

#[test]
fn a_call_is_held_or_refused_at_the_hop_that_narrowed_it() {
    let (desk, issued) = desk();
    let line =
        format!("verify chain coder.chain --directory directory.jwt --at {}", after(issued, 1));
    let rows = [
        (r#"'{"path":"/src/auth.ts","content":"x"}'"#, 0, "it holds this call"),
        (r#"'{"path":"/srcx/a","content":"x"}'"#, 1, "argument_refused at hop 1"),
        (r#"'{"path":"/src/../deploy/prod.yaml","content":"x"}'"#, 1, "argument_refused at hop 1"),
        (r#"'{"path":"/src/a"}'"#, 1, "argument_refused at hop 0"),
        (r#"'{"path":"/src/a","content":"x","mode":1}'"#, 1, "argument_refused at hop 0"),
        ("'[]'", 2, "--args: not an object"),
        ("'{\"a\":1,\"a\":1}'", 2, "--args: duplicate"),
    ];
    for (arguments, code, words) in rows {
        ends(&desk.run(&format!("{line} {WRITE} {arguments}")), code, words);
    }
    ends(&desk.run(&format!("{line} --tool mcp:web/list")), 1, "scope_not_granted at hop 1");
    ends(&desk.run(&format!("{line} --args {{}}")), 2, "--tool");
}

#[test]
fn a_proof_that_is_there_is_verified_too() {
    let (desk, issued) = desk();
    let tokens = desk.tokens("coder.chain");
    let arguments = Object::new().with("path", "/src/a").with("content", "x");
    let asked = procura_core::delegate::ProofFor {
        id: "1",
        leaf: &tokens[1],
        tool: "mcp:web/write_file",
        arguments: &arguments,
        audience: crate::desk::AUDIENCE,
        issued,
    };
    let present = |signer: &SecretKey| {
        let proof = procura_core::delegate::prove(&asked, signer).unwrap();
        let chain = Object::new().with("aat_chain", tokens.clone()).with("aat_pop", proof);
        desk.write("call.json", chain.to_canonical().unwrap());
    };
    let line =
        format!("verify chain call.json --directory directory.jwt --at {}", after(issued, 1));
    present(&desk.agent_key("coder"));
    ends(
        &desk.run(&format!("{line} {WRITE} '{}'", arguments.to_canonical().unwrap())),
        0,
        "its holder made this call",
    );
    let other = r#"{"path":"/src/b","content":"x"}"#;
    ends(&desk.run(&format!("{line} {WRITE} '{other}'")), 1, "holder_binding_failed");
    present(&desk.agent_key("planner"));
    let stolen = desk.run(&format!("{line} {WRITE} '{}'", arguments.to_canonical().unwrap()));
    ends(&stolen, 1, "holder_binding_failed");
}

#[test]
fn a_call_that_people_must_agree_to_is_proved_with_their_approvals_alone() {
    let (desk, _) = desk();
    let given = desk.run(
        "delegate --as user:alice --to coder --out asks.chain --allow t \
         --ceiling 't approval 1 of user:alice|user:bob within 60s'",
    );
    assert_eq!(given.code, 0, "{given:?}");
    let tokens = desk.tokens("asks.chain");
    let arguments = Object::new().with("n", 1_u32);
    let now = Timestamp::from_seconds(desk.leaf("asks.chain").issued.as_seconds());
    let asked = procura_core::delegate::ProofFor {
        id: "1",
        leaf: &tokens[0],
        tool: "t",
        arguments: &arguments,
        audience: crate::desk::AUDIENCE,
        issued: now,
    };
    let proof = procura_core::delegate::prove(&asked, &desk.agent_key("coder")).unwrap();
    let approve = |arguments: &str, signer: &SecretKey| {
        let subject = approval::Subject {
            leaf: desk.leaf("asks.chain").hash,
            tool: "t".into(),
            arguments: Digest::of(arguments.as_bytes()),
            policy: "r1".into(),
        };
        let terms = approval::Terms {
            id: "a1",
            approver: "user:alice",
            issued: now,
            expires: now.plus(Seconds::new(120)),
        };
        approval::sign(&subject, approval::Answer::Approve, &terms, signer)
    };
    let verify = |approvals: Vec<String>, later: i64| {
        let call = Object::new()
            .with("aat_chain", tokens.clone())
            .with("aat_pop", proof.as_str())
            .with("aat_approvals", approvals);
        desk.write("asks.json", call.to_canonical().unwrap());
        let at = now.as_seconds() + later;
        desk.run(&format!(
            "verify chain asks.json --directory directory.jwt --ttl-only --at {at} --tool t --args '{{\"n\":1}}'"
        ))
    };
    let alice = desk.alice_key();
    let good = approve(r#"{"n":1}"#, &alice);
    ends(&verify(vec![good.clone()], 1), 0, "its holder made this call");
    ends(&verify(Vec::new(), 1), 4, "approval_required");
    ends(&verify(vec![approve(r#"{"n":2}"#, &alice)], 1), 4, "approval_required");
    ends(&verify(vec![approve(r#"{"n":1}"#, &desk.agent_key("coder"))], 1), 4, "approval_required");
    let late = verify(vec![good], 61);
    assert_ne!(late.code, 0, "{late:?}");
}

#[test]
fn what_a_refused_call_lacked_is_said_with_what_would_have_been_enough() {
    let (desk, issued) = desk();
    let line = format!(
        "--json verify chain coder.chain --directory directory.jwt --at {} {WRITE} '{}'",
        after(issued, 1),
        r#"{"path":"/etc/passwd","content":"x"}"#
    );
    let said = desk.run(&line);
    assert_eq!(said.code, 1, "{said:?}");
    let said: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let gap = &said["results"][0]["gaps"][0];
    assert_eq!((gap["hop"].as_i64(), gap["argument"].as_str()), (Some(1), Some("path")));
    assert_eq!(gap["asked"], "/etc/passwd");
    assert_eq!(gap["held"]["root"], "/src");
    assert_eq!(gap["widening"]["constraint"]["root"], "/");
}

#[test]
fn a_note_from_above_refutes_a_chain_and_one_from_below_does_not() {
    let (desk, issued) = desk();
    let line =
        format!("verify chain coder.chain --directory directory.jwt --at {}", after(issued, 1));
    let tokens = desk.tokens("coder.chain");
    let hash = |text: &str| procura_core::token::Token::read(text).unwrap().hash;
    let note = |thing: usize, signer: &SecretKey| {
        let terms = revocation::Terms { id: "n1", issued, sequence: 1 };
        let thing = revocation::Revoked::Token(hash(&tokens[thing]));
        desk.write("note.jwt", revocation::sign(&[thing], &terms, signer));
        desk.run(&format!("{line} --note note.jwt"))
    };
    ends(&desk.run(&line), 0, "it verifies");
    ends(&note(1, &desk.agent_key("planner")), 1, "revoked at hop 1");
    ends(&note(0, &desk.alice_key()), 1, "revoked at hop 0");
    ends(&note(0, &desk.agent_key("coder")), 0, "it verifies");
    desk.write("note.jwt", "no note");
    ends(&desk.run(&format!("{line} --note note.jwt")), 3, "it has not the shape of a note");
}
