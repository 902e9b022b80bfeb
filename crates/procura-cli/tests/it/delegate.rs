//! Giving authority offline: what is given, to whom, and what is refused.

use std::sync::Arc;

use procura_core::json::Object;
use procura_core::key::Signer as _;
use procura_core::proof::{Anchor, Requirement, Rules, Vouches, verify_chain};
use procura_core::time::Timestamp;
use procura_core::{limits, token};
use procura_keys::key_file::KeyFile;
use procura_keys::secret_key::SecretKey;

use crate::desk::{AUDIENCE, Desk};

/// The chain of `file` verifies at the gateway, now.
fn verifies(desk: &Desk, file: &str) {
    let tokens = desk.tokens(file);
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let anchor = Anchor {
        issuer: "urn:procura:user:alice".into(),
        key: desk.alice_key().public_key().clone(),
        vouches: Vouches::For("user:alice".into()),
    };
    let rules = Rules {
        anchors: &[anchor],
        audience: AUDIENCE,
        chain_audience: Requirement::Required,
        proof_audience: Requirement::Required,
        names: Requirement::Required,
        evidence: Requirement::Optional,
        manifest: procura_core::detail::Manifest::empty(),
        nonce: None,
        max_lifetime: limits::TOKEN_LIFETIME,
        now: desk.leaf(file).issued,
    };
    let chain = Arc::new(verify_chain(&tokens, &rules).unwrap());
    assert_eq!(chain.get().leaf().audience, [AUDIENCE]);
}

#[test]
fn a_person_gives_and_the_gateway_would_believe_it() {
    let desk = Desk::new();
    let said = desk.run(
        "delegate --as user:alice --to planner --further 3 --for 1h --allow 'mcp:web/write_file(path=under:/, content?=any)' --allow mcp:web/list",
    );
    assert_eq!(said.code, 0, "{said:?}");
    for words in [
        "user:alice gives",
        "agent:planner with key ed25519:",
        "(1 h)",
        "it may be passed on 3 times",
        AUDIENCE,
        "mcp:web/write_file  path      under:/",
        "mcp:web/write_file  content?  any",
        "mcp:web/list        any       any",
        "written to planner.chain",
    ] {
        assert!(said.out.contains(words), "`{words}` in {}", said.out);
    }
    verifies(&desk, "planner.chain");
    let leaf = desk.leaf("planner.chain");
    assert_eq!(leaf.key, *desk.agent_key("planner").public_key());
    assert_eq!(leaf.client_id.unwrap(), "spiffe://procura.local/agent/planner");
}

#[test]
fn an_agent_gives_a_part_to_the_next_and_to_its_own_instance() {
    let desk = Desk::new();
    desk.chain_of_two();
    verifies(&desk, "coder.chain");
    let said = desk.run("delegate --chain coder.chain --key coder --instance i-1 --for 15m --allow 'mcp:web/write_file(path=/src/auth.ts, content=any)'");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.out.contains("agent:coder gives\n  to       agent:coder/i-1 with key"),
        "{}",
        said.out
    );
    verifies(&desk, "coder.i-1.chain");
    let leaf = desk.leaf("coder.i-1.chain");
    assert_eq!(leaf.client_id.unwrap(), "spiffe://procura.local/agent/coder/instance/i-1");
    let sealed = KeyFile::read(&desk.file("keys/agent.coder.i-1.key")).unwrap();
    assert_eq!(*sealed.public_key().unwrap(), leaf.key);
    assert_ne!(leaf.key, *desk.agent_key("coder").public_key());
    // The part ends with the whole, whatever was asked for.
    let long = desk.run("delegate --chain coder.chain --key coder --to planner --for 5h --out long.chain --allow 'mcp:web/write_file(path=/src/a, content=any)'");
    assert_eq!(long.code, 0, "{long:?}");
    assert_eq!(desk.leaf("long.chain").expires, desk.leaf("coder.chain").expires);
}

#[test]
fn what_is_wider_or_anothers_is_refused_and_leaves_nothing_behind() {
    let desk = Desk::new();
    desk.chain_of_two();
    let part = "--allow 'mcp:web/write_file(path=under:/src, content=any)'";
    let wide = "--allow 'mcp:web/write_file(path=under:/, content=any)'";
    let rows = [
        // Wider meets to what is held, so only what shares nothing is refused.
        (
            format!(
                "--key coder --to planner {}",
                "--allow 'mcp:web/write_file(path=/deploy/prod.yaml, content=any)'"
            ),
            1,
            "not_narrower",
        ),
        (format!("--key coder --to planner {}", "--allow mcp:web/list"), 1, "not_narrower"),
        (format!("--key planner --to planner {part}"), 1, "holder_binding_failed"),
        (format!("--key coder --instance i-2 {}", "--allow 'mcp:web/deploy'"), 1, "not_narrower"),
        (format!("--key planner --instance i-2 {part}"), 1, "holder_binding_failed"),
        (format!("--key coder --instance I_2 {part}"), 2, "a name has only the characters"),
        (format!("--key coder --to nobody {part}"), 3, "procura agent create nobody"),
        (format!("--key nobody --to planner {part}"), 3, "agent.nobody.key"),
    ];
    for (words, code, message) in rows {
        let said = desk.run(&format!("delegate --chain coder.chain --out new.chain {words}"));
        assert_eq!(said.code, code, "{words}: {said:?}");
        assert!(said.err.contains(message), "{words}: {said:?}");
        assert!(
            !desk.file("new.chain").exists() && !desk.file("keys/agent.coder.i-2.key").exists()
        );
    }
    let narrowed = desk.run(&format!(
        "delegate --chain coder.chain --key coder --to planner --out new.chain {wide}"
    ));
    assert_eq!(narrowed.code, 0, "{narrowed:?}");
    assert!(narrowed.out.contains("under:/src"), "{}", narrowed.out);
    verifies(&desk, "new.chain");
}

#[test]
fn a_delegation_that_may_not_be_passed_on_is_not() {
    let desk = Desk::new();
    assert_eq!(desk.run("delegate --to planner --allow t").code, 0);
    let said = desk.run("delegate --chain planner.chain --key planner --to coder --allow t");
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("depth_invalid"), "{said:?}");
}

#[test]
fn an_instance_has_no_instances_and_its_name_is_used_once() {
    let desk = Desk::new();
    let deeper = desk.run("delegate --to coder --further 9 --out deep.chain --allow t");
    assert!(deeper.code == 2 && deeper.err.contains("--further"), "{deeper:?}");
    assert_eq!(desk.run("delegate --to coder --further 3 --allow t").code, 0);
    let instance = "delegate --chain coder.chain --key coder --instance i-1 --further 1 --allow t";
    assert_eq!(desk.run(instance).code, 0);
    let again = desk.run(&format!("{instance} --out other.chain"));
    assert_eq!(again.code, 3, "{again:?}");
    let below =
        desk.run("delegate --chain coder.i-1.chain --key coder/i-1 --instance i-2 --allow t");
    assert_eq!(below.code, 2, "{below:?}");
    assert!(below.err.contains("not an agent"), "{below:?}");
}

#[test]
fn a_lifetime_is_a_working_day_unless_more_is_meant() {
    let desk = Desk::new();
    let rows = [
        ("15m", 0, ""),
        ("8h", 0, ""),
        ("9h", 2, "longer than 8 hours"),
        ("9h --long", 0, ""),
        ("90d --long", 0, ""),
        ("91d --long", 2, "longer than 90 days"),
        ("99999999999d --long", 2, "not a length of time"),
        ("0h", 2, "not a length of time"),
        ("+1h", 2, "not a length of time"),
        ("1", 2, "not a length of time"),
        ("1x", 2, "not a length of time"),
        ("h", 2, "not a length of time"),
    ];
    for (lifetime, code, message) in rows {
        let said = desk.run(&format!("delegate --to planner --force --allow t --for {lifetime}"));
        assert_eq!(said.code, code, "{lifetime}: {said:?}");
        assert!(said.err.contains(message), "{lifetime}: {said:?}");
    }
}

#[test]
fn only_a_chain_is_replaced_and_only_by_force() {
    let desk = Desk::new();
    assert_eq!(desk.run("delegate --to planner --allow a").code, 0);
    let first = desk.read("planner.chain");
    let kept = desk.run("delegate --to planner --allow b");
    assert_eq!((kept.code, desk.read("planner.chain")), (2, first.clone()), "{kept:?}");
    assert_eq!(desk.run("delegate --to planner --allow b --force").code, 0);
    assert_ne!(desk.read("planner.chain"), first);
    for text in ["my notes", "{}", r#"{"aat_chain":["x"]}"#] {
        desk.write("notes", text);
        let said = desk.run("delegate --to planner --allow b --force --out notes");
        assert_eq!((said.code, desk.read("notes").as_str()), (2, text), "{said:?}");
    }
}

#[test]
fn somebody_elses_machine_gives_a_public_key_only() {
    let desk = Desk::new();
    let key = SecretKey::generate().unwrap();
    let jwk = token::to_jwk(key.public_key());
    desk.write("far.jwk", jwk.to_canonical().unwrap());
    let line = "delegate --to-key far.jwk --to-id spiffe://other.example/agent/far --allow t";
    assert_eq!(desk.run(line).code, 0);
    let leaf = desk.leaf("far.chain");
    assert_eq!(
        (leaf.key, leaf.client_id.unwrap()),
        (key.public_key().clone(), "spiffe://other.example/agent/far".into())
    );
    desk.write("far.jwk", jwk.with("d", "AAAA").to_canonical().unwrap());
    let private = desk.run(&format!("{line} --force"));
    assert_eq!(private.code, 3, "{private:?}");
    assert!(private.err.contains("never for the private one"), "{private:?}");
    assert_eq!(desk.run("delegate --to-key far.jwk --allow t").code, 2);
}

#[test]
fn the_wires_own_tools_can_be_given() {
    let desk = Desk::new();
    desk.write("tools.json", r#"{"t":{"n":{"constraint_type":"range","max":3}}}"#);
    let said = desk.run("delegate --to planner --tools tools.json");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("t     n         range:..3"), "{}", said.out);
    desk.write("tools.json", r#"{"t":{"n":{"constraint_type":"regex","pattern":".*"}}}"#);
    let unknown = desk.run("delegate --to planner --tools tools.json --force");
    assert_eq!(unknown.code, 2, "{unknown:?}");
    assert!(unknown.err.contains("unknown constraint type `regex`"), "{unknown:?}");
}

#[test]
fn words_that_are_wrong_say_where() {
    let desk = Desk::new();
    let said = desk.run("delegate --to planner --allow 't(path=undr:/src)'");
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("--allow, character 8: expected a rule"), "{}", said.err);
    assert!(said.err.contains("\n  t(path=undr:/src)\n         ^"), "{}", said.err);
    for line in [
        "delegate --allow t",
        "delegate --to planner",
        "delegate --to planner --allow t --chain x.chain",
        "delegate --to planner --allow t --key coder",
        "delegate --instance i-1 --allow t",
        "delegate --as alice --to planner --allow t",
    ] {
        assert_eq!(desk.run(line).code, 2, "{line}");
    }
}

#[test]
fn a_script_gets_the_chain_or_json_and_nothing_else() {
    let desk = Desk::new();
    let piped = desk.run("delegate --to planner --allow t --out -");
    assert_eq!(piped.code, 0, "{piped:?}");
    let chain: serde_json::Value = serde_json::from_str(&piped.out).unwrap();
    assert_eq!(chain["aat_chain"].as_array().unwrap().len(), 1);
    assert!(piped.err.contains("agent:planner"), "{piped:?}");
    let json = desk.run("delegate --to planner --allow 't(a=1)' --json");
    let said: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(said["delegation"]["allow"][0], "t(a=1)");
    assert_eq!(said["delegation"]["client_id"], "spiffe://procura.local/agent/planner");
    assert_eq!(said["file"], "planner.chain");
}

#[test]
fn a_hostile_chain_cannot_pose_in_what_is_shown() {
    let desk = Desk::new();
    let tools = Object::new().with("t\u{1b}]8;;http://x\u{7}\u{202e}", Object::new());
    let tools = procura_core::tools::Tools::parse(&tools.into()).unwrap();
    let grant = procura_core::delegate::Grant {
        id: "1".into(),
        client_id: "coder\u{9b}31m".into(),
        key: desk.agent_key("coder").public_key().clone(),
        issued: Timestamp::from_seconds(1_000_000_000),
        expires: Timestamp::from_seconds(9_000_000_000),
        further: 3,
        tools,
        detail: None,
        excess: procura_core::delegate::Excess::Refused,
        audience: vec!["x\u{1b}[2J".into()],
    };
    let root = procura_core::delegate::mint(&grant, "user:alice", "x", &desk.alice_key()).unwrap();
    let chain = Object::new().with("aat_chain", vec![root]);
    desk.write("coder.chain", chain.to_canonical().unwrap());
    desk.write("tools.json", grant.tools.to_object().to_canonical().unwrap());
    let said = desk.run("delegate --chain coder.chain --key coder --to planner --tools tools.json");
    assert_eq!(said.code, 0, "{said:?}");
    for text in [said.out, said.err] {
        assert!(
            text.chars().all(|c| c == '\n' || (!c.is_control() && c != '\u{202e}')),
            "{text:?}"
        );
    }
}

#[test]
fn a_scope_with_colons_is_given_as_a_tool_and_one_for_all_below_as_a_scope() {
    let desk = Desk::new();
    let said = desk
        .run("--json delegate --as user:alice --to planner --scope repo:read --scope pr:write:*");
    assert_eq!(said.code, 0, "{said:?}");
    let said: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(said["delegation"]["allow"], serde_json::json!(["repo.read"]));
    let scopes = &said["delegation"]["detail"]["scopes"];
    assert_eq!(*scopes, serde_json::json!(["pr.write.*", "repo.read"]));
    let refused = desk.run("delegate --as user:alice --to planner --scope repo:Read --out x.chain");
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("no scope such as `repo:read`"), "{refused:?}");
}

#[test]
fn ceilings_are_read_as_they_are_shown() {
    let desk = Desk::new();
    let ceilings = [
        "calls max_subtree 200",
        "calls rate 10 per 60s",
        "cents max 500",
        "egress rank internal of none<internal<any",
        "region one_of eu|us",
        "t approval 2 of user:alice|user:bob within 300s",
    ];
    let given: String = ceilings.iter().map(|one| format!(" --ceiling '{one}'")).collect();
    let said = desk.run(&format!("delegate --as user:alice --to planner --allow t{given}"));
    assert_eq!(said.code, 0, "{said:?}");
    let shown = desk.run("inspect planner.chain");
    for ceiling in ceilings {
        assert!(shown.out.contains(&format!("with the ceiling {ceiling}\n")), "{shown:?}");
    }
    assert!(shown.out.contains("for the scopes t\n"), "{shown:?}");
    for wrong in [
        "calls",
        "calls max",
        "calls max_subtree -1",
        "calls most 5",
        "x rank a of b<c",
        "t approval 3 of user:a|user:b within 5m",
        "calls rate 1 per 0s",
        "calls max 1 2",
    ] {
        let given = "delegate --as user:alice --to planner --allow t --out y.chain";
        let said = desk.run(&format!("{given} --ceiling '{wrong}'"));
        assert_eq!(said.code, 2, "{wrong}: {said:?}");
        assert!(said.err.contains("is no ceiling"), "{wrong}: {said:?}");
    }
}

#[test]
fn what_is_not_held_is_refused_or_left_out_as_is_asked() {
    let desk = Desk::new();
    let given = desk.run("delegate --as user:alice --to planner --further 1 --allow a --allow b");
    assert_eq!(given.code, 0, "{given:?}");
    let part = "delegate --chain planner.chain --key planner --to coder --allow b --allow c";
    let refused = desk.run(part);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("tool `c` is not held, so it cannot be given"), "{refused:?}");
    let narrowed = desk.run(&format!("--json {part} --narrow"));
    assert_eq!(narrowed.code, 0, "{narrowed:?}");
    let said: serde_json::Value = serde_json::from_str(&narrowed.out).unwrap();
    assert_eq!(said["delegation"]["allow"], serde_json::json!(["b"]));
}

#[test]
fn a_template_is_expanded_when_a_root_is_made() {
    let desk = Desk::new();
    let listed = desk.run("template list");
    assert!(listed.out.contains("github-read-only"), "{listed:?}");
    let shown = desk.run("template show open-pull-request");
    assert!(shown.out.contains("mcp:SERVER/create_pull_request"), "{shown:?}");
    let given = "delegate --as user:alice --to planner --template open-pull-request \
                 --set owner=acme --set repo=web --set branch=fix";
    let said = desk.run(&format!("--json {given}"));
    assert_eq!(said.code, 0, "{said:?}");
    let said: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let held = &said["delegation"]["tools"]["mcp:github/create_pull_request"];
    assert_eq!(held["repo"]["value"], "web");
    assert_eq!(held["draft"]["value"], true);
    for (wrong, why) in [
        ("--template open-pull-request --set owner=a", "parameter `branch` needs a value"),
        ("--template nothing", "there is no template and no file `nothing`"),
        ("--template github-read-only --set x=y", "the template has no parameter `x`"),
        ("--template github-read-only --set x", "has no `=`"),
        ("--template github-read-only --allow repo.read", "two options give repo.read"),
    ] {
        let said =
            desk.run(&format!("delegate --as user:alice --to planner --out z.chain {wrong}"));
        assert_eq!(said.code, 2, "{wrong}: {said:?}");
        assert!(said.err.contains(why), "{wrong}: {said:?}");
    }
}
