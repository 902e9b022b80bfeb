//! Limits: just what may be, and just more.

use procura_core::{json::Object, limits};

use super::scene::{chain_input, root_input};
use crate::{
    vectors::{
        Case,
        case::{ALLOW, Cases, deny, deny_at},
        forge::{resigned, value},
    },
    world,
};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("chain");
    tokens(&mut cases);
    bytes(&mut cases);
    tools(&mut cases);
    constraints(&mut cases);
    cases.done()
}

/// A chain of `count` tokens, each with `padding` bytes that mean nothing.
fn long_chain(count: usize, padding: usize) -> Vec<String> {
    let pad = |text: &str, signer: &str| {
        resigned(text, signer, |claims| {
            claims.set("pad", "x".repeat(padding));
        })
    };
    let grant = |hop: usize| {
        let mut grant = world::grant(&format!("agent-{hop}"), r#"{"list":{}}"#);
        grant.further = 8;
        grant
    };
    let mut leaf = pad(&world::root("alice", &grant(0)), "alice");
    let mut tokens = vec![leaf.clone()];
    for hop in 1..count {
        let holder = format!("agent-{}", hop.saturating_sub(1));
        leaf = pad(&world::child(&leaf, &holder, &grant(hop)), &holder);
        tokens.push(leaf.clone());
    }
    tokens
}

fn tokens(cases: &mut Cases) {
    let nine = long_chain(limits::CHAIN_TOKENS, 0);
    cases.add("limit_nine_tokens", "A root and eight below it.", (chain_input(&nine), ALLOW));
    let mut ten = nine.clone();
    ten.extend(nine.last().cloned());
    cases.add("limit_ten_tokens", "Ten tokens.", (chain_input(&ten), deny("too_large", "2b")));
}

/// The longest padding with which `size` stays within `limit`.
fn longest(limit: usize, mut guess: usize, size: impl Fn(usize) -> usize) -> usize {
    while size(guess) > limit {
        guess = guess.saturating_sub(1);
    }
    while size(guess.saturating_add(1)) <= limit {
        guess = guess.saturating_add(1);
    }
    guess
}

fn bytes(cases: &mut Cases) {
    let length = |padding| long_chain(1, padding).iter().map(String::len).sum();
    let padding = longest(limits::TOKEN_BYTES, 11_800, length);
    let input = |padding| chain_input(&long_chain(1, padding));
    cases.add("limit_token_bytes", "The longest token that is read.", (input(padding), ALLOW));
    let more = (input(padding.saturating_add(1)), deny("too_large", "2a"));
    cases.add("limit_token_bytes_exceeded", "One character more: more than 16384 bytes.", more);
    let nine = |padding| long_chain(limits::CHAIN_TOKENS, padding);
    let length = |padding| nine(padding).iter().map(String::len).sum();
    let padding = longest(limits::CHAIN_BYTES, 10_200, length);
    cases.add(
        "limit_chain_bytes",
        "The longest chain of nine such tokens.",
        (chain_input(&nine(padding)), ALLOW),
    );
    let more = (chain_input(&nine(padding.saturating_add(1))), deny("too_large", "2b"));
    cases.add(
        "limit_chain_bytes_exceeded",
        "One character more each: more than 131072 bytes.",
        more,
    );
}

/// A root that holds `tools`.
fn holding(tools: Object) -> Object {
    root_input(|claims| {
        let detail = Object::new().with("type", "attenuating_agent_token").with("tools", tools);
        claims.set("authorization_details", vec![detail]);
    })
}

fn tools(cases: &mut Cases) {
    let many = |count: usize| {
        let names = (0..count).map(|number| format!("tool-{number}"));
        holding(names.fold(Object::new(), |tools, name| tools.with(&name, Object::new())))
    };
    cases.add("limit_tools", "256 tools.", (many(limits::TOOLS), ALLOW));
    let more = (many(limits::TOOLS.saturating_add(1)), deny_at("too_large", "3m", 0));
    cases.add("limit_tools_exceeded", "257 tools.", more);
    let named = |length: usize| holding(Object::new().with(&"t".repeat(length), Object::new()));
    cases.add(
        "limit_tool_id",
        "A tool whose id has 256 bytes.",
        (named(limits::TOOL_ID_BYTES), ALLOW),
    );
    let more = (named(limits::TOOL_ID_BYTES.saturating_add(1)), deny_at("too_large", "3m", 0));
    cases.add("limit_tool_id_exceeded", "A tool whose id has 257 bytes.", more);
}

fn constraints(cases: &mut Cases) {
    let ruled = |rule: &str| {
        let arguments = Object::new().with("x", value(rule));
        holding(Object::new().with("list", arguments))
    };
    let malformed = || deny_at("malformed", "3n/4o", 0);
    let nested = |depth: usize| {
        let levels = depth.saturating_sub(1);
        let open = r#"{"constraint_type":"all","constraints":["#.repeat(levels);
        ruled(&format!(r#"{open}{{"constraint_type":"wildcard"}}{}"#, "]}".repeat(levels)))
    };
    cases.add(
        "limit_nesting",
        "A constraint of 32 levels.",
        (nested(limits::CONSTRAINT_DEPTH), ALLOW),
    );
    let more = (nested(limits::CONSTRAINT_DEPTH.saturating_add(1)), malformed());
    cases.add("limit_nesting_exceeded", "A constraint of 33 levels.", more);
    let wide = |count: usize| {
        let rules = vec![r#"{"constraint_type":"wildcard"}"#; count].join(",");
        ruled(&format!(r#"{{"constraint_type":"any","constraints":[{rules}]}}"#))
    };
    let most = limits::CONSTRAINTS_PER_TOOL.saturating_sub(1);
    cases.add("limit_constraints", "64 constraints of a tool.", (wide(most), ALLOW));
    let more = (wide(limits::CONSTRAINTS_PER_TOOL), malformed());
    cases.add("limit_constraints_exceeded", "65 constraints of a tool.", more);
    let long = |length: usize| {
        ruled(&format!(r#"{{"constraint_type":"exact","value":"{}"}}"#, "x".repeat(length)))
    };
    let most = limits::VALUE_BYTES.saturating_sub(2);
    cases.add("limit_value", "A value whose JSON has 4096 bytes.", (long(most), ALLOW));
    let more = (long(most.saturating_add(1)), malformed());
    cases.add("limit_value_exceeded", "A value whose JSON has 4097 bytes.", more);
}
