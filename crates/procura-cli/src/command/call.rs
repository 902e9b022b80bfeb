//! Calls one tool through the gateway, as the holder of a chain.

mod answer;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use procura_core::delegate::{self, ProofFor};
use procura_core::json::{self, Object, Value};
use procura_core::token::Token;
use procura_wire::presentation::{MEMBER, Presentation};

use crate::client::transport::{Bounds, Transport};
use crate::command::chain_file;
use crate::command::inspect::safe;
use crate::context::Context;
use crate::failure::Failure;
use answer::Answer;

/// What an answer may cost: results of tools are long, and no tool that answers
/// at once takes as long as this.
const BOUNDS: Bounds = Bounds { bytes: 16 * 1024 * 1024, time: Duration::from_secs(120) };

/// Call one tool through the gateway.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The MCP server, as the gateway names it
    server_name: String,
    /// The tool
    tool: String,
    /// The arguments as a JSON object
    #[arg(long, value_name = "JSON", conflicts_with = "arg")]
    args: Option<String>,
    /// One argument; a value that is JSON is taken as JSON, any other as text
    #[arg(long, value_name = "NAME=VALUE")]
    arg: Vec<String>,
    /// The chain that gives the right to call
    #[arg(long, value_name = "FILE")]
    chain: PathBuf,
    /// The chain's holder: an agent, AGENT/INSTANCE, or a key file
    #[arg(long, value_name = "AGENT|FILE")]
    key: String,
}

const EXAMPLES: &str = "\
Exit codes: 0 allowed · 1 refused, or not made because the server's tools changed · 2 wrong usage · 3 the gateway or a file cannot be reached · 4 allowed, and it is not known whether it ran

Examples:
  procura call web write_file --chain coder.chain --key coder \\
    --arg path=/src/auth.ts --arg content='export {}'
  procura call web write_file --chain coder.i-1.chain --key coder/i-1 \\
    --args '{\"path\":\"/src/auth.ts\",\"content\":\"x\"}' --server http://127.0.0.1:7117";

pub(crate) fn run(arguments: Arguments, ctx: &Context) -> anyhow::Result<ExitCode> {
    let values = values(&arguments)?;
    let tool = format!("mcp:{}/{}", arguments.server_name, arguments.tool);
    let presentation = present(&arguments, ctx, (&tool, &values))?;
    let meta = Object::new().with(MEMBER, presentation.to_object());
    let params = Object::new()
        .with("name", arguments.tool.as_str())
        .with("arguments", values)
        .with("_meta", meta);
    let message = Object::new()
        .with("jsonrpc", "2.0")
        .with("id", 1u32)
        .with("method", "tools/call")
        .with("params", params);
    let url = format!("{}/mcp/{}", ctx.server_url()?, arguments.server_name);
    let answer = send(&url, &message.to_canonical()?)?;
    ctx.say(|| answer.human(), answer.json())?;
    Ok(answer.exit())
}

/// The arguments of the call, from `--args` or from each `--arg`.
fn values(arguments: &Arguments) -> Result<Object, Failure> {
    if let Some(text) = &arguments.args {
        return json::parse_object(text.as_bytes()).map_err(|error| {
            let next =
                "write the arguments as a JSON object, such as --args '{\"path\":\"/src/a\"}'";
            Failure::usage(format!("--args: {error}"), next)
        });
    }
    let mut values = Object::new();
    for text in &arguments.arg {
        let usage = |problem: &str| {
            let message = format!("--arg `{}`: {problem}", safe::text(text));
            Failure::usage(message, "write it as NAME=VALUE, such as --arg path=/src/a")
        };
        let (name, value) = text.split_once('=').ok_or_else(|| usage("there is no `=`"))?;
        if values.get(name).is_some() {
            return Err(usage("this argument was there already"));
        }
        let value = json::parse(value.as_bytes()).unwrap_or_else(|_| Value::from(value));
        values.set(name, value);
    }
    Ok(values)
}

/// The chain, and the proof that its holder makes this call now.
fn present(
    arguments: &Arguments,
    ctx: &Context,
    (tool, values): (&str, &Object),
) -> anyhow::Result<Presentation> {
    let file = arguments.chain.display();
    let chain = chain_file(&arguments.chain)?;
    let leaf = chain.last().context("a chain has a last token")?;
    let read = Token::read(leaf).map_err(|refusal| {
        let message = format!("{file}: {}", safe::text(&refusal.reason));
        Failure::environment(message, "look at the chain with `procura inspect`")
    })?;
    let signer = ctx.agent(&arguments.key)?;
    if *signer.public_key() != read.key {
        let message =
            format!("{} is not the key that {file} was given to", key_name(&arguments.key));
        let next = "name the chain's holder with --key; `procura inspect` shows who that is";
        return Err(Failure::usage(message, next).into());
    }
    let proof = ProofFor {
        id: &ctx.ids()?,
        leaf,
        tool,
        arguments: values,
        audience: &audience(&read, ctx)?,
        issued: ctx.now(),
    };
    let proof = delegate::prove(&proof, &*signer).map_err(|refusal| {
        let message = format!("the call cannot be proved: {}", safe::text(&refusal.reason));
        Failure::usage(message, "change the arguments")
    })?;
    Ok(Presentation { chain, proof, approvals: Vec::new() })
}

fn key_name(key: &str) -> String {
    format!("`{}`", safe::text(key))
}

/// The one place that the chain is for, or the data directory's gateway.
fn audience(leaf: &Token, ctx: &Context) -> anyhow::Result<String> {
    if let [one] = leaf.audience.as_slice() {
        return Ok(one.clone());
    }
    let trust = ctx.trust()?;
    let audience = trust.get("audience").and_then(Value::as_str).unwrap_or_default();
    Ok(audience.to_owned())
}

fn send(url: &str, message: &str) -> anyhow::Result<Answer> {
    let unreachable = |error: &dyn std::fmt::Display| {
        let message =
            format!("{} cannot be reached: {}", safe::text(url), safe::text(&error.to_string()));
        Failure::environment(
            message,
            "start the gateway with `procura up`, or name it with --server URL",
        )
    };
    let fields = [("accept", "application/json, text/event-stream")];
    let reply = Transport::new(BOUNDS).post(url, &fields, message.as_bytes());
    let reply = reply.map_err(|broken| unreachable(&broken))?;
    let status = reply.status.as_u16();
    let object = Answer::parse(status, &reply.body).ok_or_else(|| {
        let message =
            format!("{} answers with status {status} and no JSON-RPC answer", safe::text(url));
        Failure::environment(
            message,
            "check that the URL is a procura gateway and that it serves this MCP server",
        )
    })?;
    Ok(object)
}
