//! Inputs that are as costly as the limits let them be.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use procura_core::{
    delegate::{Excess, Grant},
    json::{self, Object},
    limits,
    proof::{Anchor, Request, verify_call, verify_chain},
    refusal::Refusal,
    tools::Tools,
};
use procura_testkit::world;

/// One input, and the verification that reads it to the end.
pub(crate) struct Input {
    pub(crate) name: &'static str,
    /// How long all its texts are.
    pub(crate) bytes: usize,
    /// The arguments of the call, if it is one: they are part of the input.
    pub(crate) arguments: Object,
    pub(crate) verify: Verify,
}

/// A verification, which takes the arguments as a request owns them.
pub(crate) type Verify = Box<dyn Fn(Object) -> anyhow::Result<()>>;

/// Every kind.
pub(crate) fn all() -> anyhow::Result<Vec<Input>> {
    Ok(vec![
        usual()?,
        chain("nine tokens of many tools", &many_tools(52))?,
        chain("nine tokens of long lists", &long_lists(1200))?,
        chain("nine tokens of many numbers", &many_numbers(1_850))?,
        chain("nine tokens of deep trees", &deep_trees(30))?,
        chain("nine tokens of wide trees", &wide_trees(61))?,
        unsigned("a root of open brackets", &"[".repeat(12_000)),
        unsigned("a root of many members", &members(1_400)),
        unsigned("a root of one-digit numbers", &numbers(5_900)),
        call("a call of many arguments", &members(limits::ARGUMENT_VALUES - 1))?,
        call("a call of one-digit numbers", &numbers(limits::ARGUMENT_VALUES - 2))?,
        call("a call of many texts", &texts(44, 4000))?,
        call("a call of one long text", &texts(1, 900_000))?,
    ])
}

fn members(count: usize) -> String {
    let members: Vec<String> = (0..count).map(|at| format!("\"{at:x}\":0")).collect();
    format!("{{{}}}", members.join(","))
}

fn numbers(count: usize) -> String {
    format!("{{\"a\":[{}]}}", vec!["1"; count].join(","))
}

fn texts(count: usize, length: usize) -> String {
    let texts: Vec<String> = (0..count).map(|at| "x".repeat(length) + &at.to_string()).collect();
    format!("{{\"a\":[\"{}\"]}}", texts.join("\",\""))
}

fn many_tools(count: usize) -> String {
    let rule = r#"{"a":{"constraint_type":"exact","value":"v","optional":true},"b":{"constraint_type":"range","max":1}}"#;
    let tools: Vec<String> = (0..count).map(|at| format!("\"tool-{at}\":{rule}")).collect();
    format!("{{{}}}", tools.join(","))
}

fn long_lists(count: usize) -> String {
    let values: Vec<String> = (0..count).map(|at| format!("\"{at:05}\"")).collect();
    format!(r#"{{"t":{{"a":{{"constraint_type":"one_of","values":[{}]}}}}}}"#, values.join(","))
}

fn many_numbers(count: usize) -> String {
    let values: Vec<String> = (0..count).map(|at| at.to_string()).collect();
    format!(r#"{{"t":{{"a":{{"constraint_type":"one_of","values":[{}]}}}}}}"#, values.join(","))
}

/// Each `any` in an `all` in an `any`, with a second branch that nothing is within.
fn deep_trees(depth: usize) -> String {
    let leaf = r#"{"constraint_type":"range","max":1}"#;
    let other = r#"{"constraint_type":"exact","value":"x"}"#;
    let tree = (0..depth).fold(String::from(leaf), |tree, at| {
        let kind = if at % 2 == 0 { "all" } else { "any" };
        format!(r#"{{"constraint_type":"{kind}","constraints":[{other},{tree}]}}"#)
    });
    format!(r#"{{"t":{{"a":{tree}}}}}"#)
}

fn wide_trees(count: usize) -> String {
    let branches: Vec<String> = (0..count)
        .map(|at| format!(r#"{{"constraint_type":"not_one_of","excluded":[{at},"{at}"]}}"#))
        .collect();
    let tree = |kind: &str| {
        format!(r#"{{"constraint_type":"{kind}","constraints":[{}]}}"#, branches.join(","))
    };
    format!(r#"{{"t":{{"a":{}}},"u":{{"a":{}}}}}"#, tree("all"), tree("any"))
}

const HOLDERS: [&str; 9] = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];

fn grant(name: &str, tools: &str) -> anyhow::Result<Grant> {
    let value = json::parse(tools.as_bytes()).context("tools are JSON")?;
    let tools = Tools::parse(&value).map_err(told)?;
    Ok(Grant { tools, further: 8, excess: Excess::LeftOut, ..world::grant(name, "{}") })
}

fn told(refusal: Refusal) -> anyhow::Error {
    anyhow::anyhow!("{} at {}: {}", refusal.outcome, refusal.step, refusal.reason)
}

fn signed(tools: &str, length: usize) -> anyhow::Result<Vec<String>> {
    let mut tokens = vec![world::root("alice", &grant("a", tools)?)];
    for pair in HOLDERS.windows(2).take(length.saturating_sub(1)) {
        let (Some(holder), Some(next)) = (pair.first(), pair.last()) else { continue };
        let parent = tokens.last().context("a parent")?;
        tokens.push(world::child(parent, holder, &grant(next, tools)?));
    }
    Ok(tokens)
}

fn anchors() -> Vec<Anchor> {
    world::anchors(&["alice"])
}

/// A chain of nine, each of whose tokens holds `tools`.
fn chain(name: &'static str, tools: &str) -> anyhow::Result<Input> {
    let tokens = signed(tools, limits::CHAIN_TOKENS)?;
    let (anchors, bytes) = (anchors(), tokens.iter().map(String::len).sum());
    ensure!(bytes <= limits::CHAIN_BYTES, "{name}: {bytes} bytes");
    let verify = move |_| {
        let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
        verify_chain(&tokens, &world::rules(&anchors)).map(|_| ()).map_err(told)
    };
    Ok(Input { name, bytes, arguments: Object::new(), verify: Box::new(verify) })
}

/// A root that nobody signed, which is read before that is seen.
fn unsigned(name: &'static str, payload: &str) -> Input {
    let encode = procura_core::base64url::encode;
    let header = encode(br#"{"alg":"Ed25519","typ":"aat+jwt"}"#);
    let text = format!("{header}.{}.{}", encode(payload.as_bytes()), encode(&[7; 64]));
    let (anchors, bytes) = (anchors(), text.len());
    let verify = move |_| {
        ensure!(text.len() <= limits::TOKEN_BYTES, "{} bytes", text.len());
        let refused = verify_chain(&[&text], &world::rules(&anchors));
        ensure!(refused.is_err(), "nobody signed it");
        Ok(())
    };
    Input { name, bytes, arguments: Object::new(), verify: Box::new(verify) }
}

/// A call of a chain of three, which is held and proved.
fn call(name: &'static str, arguments: &str) -> anyhow::Result<Input> {
    let tokens = signed(r#"{"t":{}}"#, 3)?;
    let arguments = json::parse_object(arguments.as_bytes()).context("arguments are JSON")?;
    let leaf = tokens.last().context("a leaf")?;
    let proof = world::proof(leaf, "c", "t", &arguments);
    measured_call(name, tokens, proof, arguments)
}

/// What an honest agent sends.
fn usual() -> anyhow::Result<Input> {
    call("a usual call", r#"{"path":"/src/main.rs","mode":"644"}"#)
}

fn measured_call(
    name: &'static str,
    tokens: Vec<String>,
    proof: String,
    arguments: Object,
) -> anyhow::Result<Input> {
    let anchors = anchors();
    let written = arguments.to_canonical().context("numbers are doubles")?;
    let bytes = tokens.iter().chain([&proof, &written]).map(String::len).sum();
    let verify = move |arguments| {
        let rules = world::rules(&anchors);
        let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
        let chain = Arc::new(verify_chain(&tokens, &rules).map_err(told)?);
        let request = Request { tool: "t".into(), arguments };
        verify_call(&chain, &proof, request, &rules).map(|_| ()).map_err(told)
    };
    Ok(Input { name, bytes, arguments, verify: Box::new(verify) })
}
