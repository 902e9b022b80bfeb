//! Looking at files: everything is recognised, nothing is verified, nothing poses.

use procura_core::json::Object;
use procura_core::statement;

use crate::desk::{Desk, ORIGIN, Said, event};

fn shows(said: &Said, words: &[&str]) {
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.starts_with("NOT VERIFIED: "), "{}", said.out);
    for words in words {
        assert!(said.out.contains(words), "`{words}` in {}", said.out);
    }
}

/// No control character, none that is invisible, none that turns the direction.
fn is_safe(text: &str) -> bool {
    let is_hidden = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    text.chars().all(|c| c == '\n' || (!c.is_control() && !is_hidden(c)))
}

/// ANSI, OSC 8, OSC 52, C1, bidi override, isolate, zero width, line break.
const HOSTILE: &str = "a\u{1b}[31m\u{1b}]8;;http://evil\u{7}b\u{1b}]52;c;eA==\u{7}\u{9b}2J\u{202e}\u{2066}\u{200b}\r\nproved";

#[test]
fn a_chain_is_shown_hop_by_hop_with_what_each_took_away() {
    let desk = Desk::new();
    desk.chain_of_two();
    let planner = desk.agent_key("planner");
    let fingerprint = procura_core::key::Signer::public_key(&planner).fingerprint();
    // The two were made at different times, so what is gone may be a second less than asked for.
    let [above, below] = ["planner.chain", "coder.chain"].map(|file| desk.leaf(file).expires);
    let gone = above.as_seconds().checked_sub(below.as_seconds()).unwrap();
    let gone = match (gone / 60, gone % 60) {
        (minutes, 0) => format!("and the last {minutes} min\n"),
        (minutes, seconds) => format!("and the last {minutes} min {seconds} s\n"),
    };
    shows(
        &desk.run("inspect coder.chain"),
        &[
            "chain of 2 delegations",
            &fingerprint,
            "on behalf of",
            "user:alice",
            "0 of 3",
            "hop 0, agent:planner, holds",
            "hop 1, agent:coder, takes away",
            "mcp:web/list        all       not held any more",
            "mcp:web/write_file  path      under:/  becomes  under:/src",
            &gone,
            "what is left to agent:coder",
        ],
    );
}

#[test]
fn a_child_that_holds_more_than_its_parent_is_pointed_out() {
    let desk = Desk::new();
    desk.chain_of_two();
    // The wide root hangs below a narrow one, which no verifier would accept.
    assert_eq!(desk.run("delegate --to planner --allow 't(a=1)' --out narrow.chain").code, 0);
    let tokens = [desk.tokens("narrow.chain"), desk.tokens("planner.chain")].concat();
    desk.write("odd.chain", Object::new().with("aat_chain", tokens).to_canonical().unwrap());
    shows(&desk.run("inspect odd.chain"), &["WIDER THAN ABOVE"]);
    assert!(!desk.run("inspect coder.chain").out.contains("WIDER"));
}

#[test]
fn a_token_is_shown_from_standard_input() {
    let desk = Desk::new();
    desk.chain_of_two();
    let token = &desk.tokens("coder.chain")[0];
    shows(
        &desk.run_with("inspect", &format!("{token}\n")),
        &["one delegation", "agent:planner holds"],
    );
    shows(&desk.run_with("inspect -", token), &["issuer urn:procura:user:alice"]);
}

#[test]
fn statements_receipts_checkpoints_keys_and_bundles_are_recognised() {
    let desk = Desk::new();
    desk.chain_of_two();
    desk.directory(desk.leaf("coder.chain").issued, |_| {});
    let directory = desk.run("inspect directory.jwt");
    shows(&directory, &["statement procura-directory+jwt", "spiffe://procura.local/agent/coder"]);
    let receipt = desk.receipt(&event("argument `path` is outside"));
    desk.write("receipt", &receipt);
    shows(&desk.run("inspect receipt"), &["receipt", "entry 0", "call.denied", ORIGIN]);
    let (_, checkpoint) = receipt.split_once("\n\n").unwrap();
    desk.write("checkpoint", checkpoint);
    shows(&desk.run("inspect checkpoint"), &["checkpoint", "entries    2", "signed as  "]);
    shows(&desk.run("inspect trust.json"), &["trust bundle", "audience", "user:alice"]);
    let key = desk.run("inspect keys/agent.coder.key");
    shows(&key, &["sealed key file, public part", "purpose      agent", "ed25519:"]);
    let text = desk.read("keys/agent.coder.key");
    for line in text.lines().filter(|line| line.starts_with("sealed:") || line.starts_with("salt:"))
    {
        let (_, secret) = line.split_once(": ").unwrap();
        assert!(!key.out.contains(secret), "{}", key.out);
    }
}

#[test]
fn a_public_key_is_shown_and_a_private_one_is_refused() {
    let desk = Desk::new();
    let jwk = procura_core::token::to_jwk(procura_core::key::Signer::public_key(&desk.alice_key()));
    desk.write("key.jwk", jwk.to_canonical().unwrap());
    shows(&desk.run("inspect key.jwk"), &["public key", "fingerprint"]);
    desk.write("key.jwk", jwk.with("d", "c2VjcmV0").to_canonical().unwrap());
    let private = desk.run("inspect key.jwk");
    assert_eq!(private.code, 2, "{private:?}");
    assert!(!private.err.contains("c2VjcmV0"), "{private:?}");
}

#[test]
fn cli_07_what_is_shown_has_no_escape_sequence_and_no_hidden_character() {
    let desk = Desk::new();
    let claims = Object::new().with("iss", HOSTILE).with(HOSTILE, vec![HOSTILE]);
    desk.write("statement", statement::sign("aat-approval+jwt", claims, &desk.alice_key()));
    desk.write("receipt", desk.receipt(&event(HOSTILE)));
    let typ = format!("{}\u{202e}", "x");
    desk.write("odd", statement::sign(&typ, Object::new(), &desk.alice_key()));
    desk.write("unknown", format!("{{\"{HOSTILE}\":1}}"));
    desk.write(
        "bundle",
        Object::new()
            .with("trust_domain", HOSTILE)
            .with("authority", HOSTILE)
            .to_canonical()
            .unwrap(),
    );
    for (file, code) in
        [("statement", 0), ("receipt", 0), ("odd", 0), ("unknown", 2), ("bundle", 0)]
    {
        let said = desk.run(&format!("inspect {file}"));
        assert_eq!(said.code, code, "{said:?}");
        assert!(is_safe(&said.out) && is_safe(&said.err), "{file}: {said:?}");
        // A line break in a claim does not begin a line.
        assert!(!said.out.lines().any(|line| line.starts_with("proved")), "{file}: {said:?}");
    }
    let verified = desk.run("verify receipt receipt");
    assert_eq!(verified.code, 0, "{verified:?}");
    assert!(is_safe(&verified.out), "{verified:?}");
    let json = desk.run("verify receipt receipt --json");
    assert!(is_safe(&json.out), "{json:?}");
    let read: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(read["results"][0]["event"]["reason"], HOSTILE);
}

#[test]
fn what_is_nothing_of_ours_says_so() {
    let desk = Desk::new();
    let rows = [
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("hello", "it is no chain"),
        ("a.b.c", "not three base64url parts"),
        ("{}", "it is JSON, but no chain"),
        ("{\"aat_chain\":[]}", "no list of tokens"),
        ("{\"aat_chain\":[1]}", "hop 0 is not text"),
        ("{\"aat_chain\":[\"x\"]}", "hop 0"),
        ("{\"a\":1,\"a\":2}", "duplicate member"),
        ("procura-key-file/1\nx\n", "damaged"),
        ("c2sp.org/tlog-proof@v1\nx", "no checkpoint"),
    ];
    for (text, words) in rows {
        desk.write("file", text);
        let said = desk.run("inspect file");
        assert_eq!(said.code, 2, "{text}: {said:?}");
        assert!(said.err.contains(words) && said.out.is_empty(), "{text}: {said:?}");
    }
    desk.write("file", [0xff, 0xfe]);
    assert_eq!(desk.run("inspect file").code, 2);
    assert_eq!(desk.run("inspect missing").code, 3);
    assert_eq!(desk.run("inspect keys").code, 3);
}

#[test]
fn a_script_is_told_that_nothing_is_verified() {
    let desk = Desk::new();
    desk.chain_of_two();
    let said = desk.run("inspect coder.chain --json");
    let read: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&read["kind"], &read["verified"]), (&"chain".into(), &false.into()));
    let allow = &read["delegations"][1]["allow"][0];
    assert_eq!(allow, "mcp:web/write_file(content=any, path=under:/src)");
}
