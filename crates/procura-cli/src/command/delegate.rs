//! Gives authority: a root from a person's key, or a part of what a chain holds.
//!
//! **Invariant:** nothing here asks a server. What is signed is read back and
//! shown before it is written.

pub(crate) mod allow;
pub(crate) mod ceiling;
mod file;
pub(crate) mod given;
mod lifetime;
pub(crate) mod recipient;
mod summary;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use procura_core::delegate::{self, Excess, Grant};
use procura_core::json::Value;
use procura_core::key::{PublicKey, Signer};
use procura_core::limits;
use procura_core::refusal::Refusal;
use procura_core::token::Token;
use procura_engine::engine::issuer_of;

use crate::command::chain_file;
use crate::command::inspect::safe;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use file::Existing;
use lifetime::Length;
use recipient::{Newcomer, Recipient};

/// Give authority to an agent, or a part of one's own to the next.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
#[command(group = clap::ArgGroup::new("recipient").required(true).args(["to", "to_key", "instance"]))]
#[command(group = clap::ArgGroup::new("given").required(true).args(["allow", "tools", "template", "scope"]).multiple(true))]
pub(crate) struct Arguments {
    /// The agent that receives it; its key is in the data directory
    #[arg(long, value_name = "AGENT")]
    to: Option<String>,
    /// The public key of an agent on another machine, as a JWK
    #[arg(long, value_name = "FILE", requires = "to_id")]
    to_key: Option<PathBuf>,
    /// The id of that agent, spiffe://DOMAIN/agent/NAME
    #[arg(long, value_name = "ID", requires = "to_key")]
    to_id: Option<String>,
    /// Give it to a new instance of the chain's own agent, and make its key
    #[arg(long, value_name = "NAME", requires = "chain")]
    instance: Option<String>,
    /// Give a part of this chain, instead of a person's authority
    #[arg(long, value_name = "FILE", requires = "key")]
    chain: Option<PathBuf>,
    /// The chain's holder: an agent of the data directory, or a key file
    #[arg(long, value_name = "AGENT|FILE", requires = "chain")]
    key: Option<String>,
    /// A tool, and rules for its arguments; may be repeated
    #[arg(long, value_name = "TOOL(ARGUMENT=RULE, …)")]
    allow: Vec<String>,
    /// The tools as JSON, as they are in a delegation
    #[arg(long, value_name = "FILE")]
    tools: Option<PathBuf>,
    /// A template by name or file; `procura template list` shows those there are
    #[arg(long, value_name = "NAME|FILE")]
    template: Option<String>,
    /// What to fill into the template; may be repeated
    #[arg(long, value_name = "NAME=VALUE", requires = "template")]
    set: Vec<String>,
    /// A scope, such as repo:read, or pr:write:* for all below it; may be repeated
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// A limit on a quantity or attribute, or people who must agree; may be repeated
    #[arg(long, value_name = "KEY TYPE VALUE")]
    ceiling: Vec<String>,
    /// Leave out what is asked for and not held, instead of refusing
    #[arg(long, requires = "chain")]
    narrow: bool,
    /// For how long: 15m, 1h, 2d; what it is a part of may end sooner
    #[arg(long = "for", value_name = "TIME", default_value = "1h")]
    lifetime: String,
    /// Mean it when --for is longer than 8 hours
    #[arg(long)]
    long: bool,
    /// How many times it may be passed on, at most 8
    #[arg(long, value_name = "TIMES", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=i64::from(limits::DELEGATION_DEPTH)))]
    further: u32,
    /// Where it may be used; usually the gateway of the data directory
    #[arg(long, value_name = "URL")]
    audience: Vec<String>,
    /// Where the chain is written; `-` is standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace a chain that is there
    #[arg(long)]
    force: bool,
}

const EXAMPLES: &str = "\
Rules:
  any                    any value
  VALUE, =VALUE          exactly this; text, a number, true, false or null
  one-of:a|b  not:a|b    one of these; none of these
  has:a|b  only:a|b      a list with all of these; a list of nothing else
  range:1..10            a number; range:0<.. leaves the bound itself out
  under:/path            a path at or below this one
  url:https://host/path  an address at this origin, at or below this path
  any-of(RULE, …)        one of these rules; all-of(RULE, …) all of them
  TOOL alone allows any arguments, TOOL() none. NAME?=RULE may be left out; *=any allows others.

Ceilings:
  calls max_subtree 200             so many calls, those of everybody below included
  spend.cents max 500               so much in one call; min, max_lifetime and max_subtree too
  region one_of eu|us               also not_one_of, and prefix TEXT
  egress rank internal of none<internal<any
  calls rate 10 per 1m
  TOOL approval 2 of user:alice|user:bob within 5m; `*` for every tool
  A gateway that keeps no sums refuses what max_lifetime, max_subtree and rate limit.

Examples:
  procura delegate --as user:alice --to planner --further 3 --for 1h \\
    --allow 'mcp:web/create_pull_request' --allow 'mcp:web/write_file(path=under:/, content=any)'
  procura delegate --chain planner.chain --key planner --to coder --further 1 \\
    --allow 'mcp:web/write_file(path=under:/src, content=any)'
  procura delegate --chain coder.chain --key coder --instance i-1 --for 15m \\
    --allow 'mcp:web/write_file(path=/src/auth.ts, content=any)'
  procura delegate --as user:alice --to reviewer --template github-read-only --set server=gh
  procura delegate --as user:alice --to deployer --scope deploy:run \
    --ceiling 'deploy.run approval 2 of user:alice|user:bob within 5m'";

/// Who gives, and under what.
struct Giver {
    name: String,
    signer: Arc<dyn Signer>,
    source: Source,
}

/// What a new delegation is a part of.
enum Source {
    /// A person's whole authority.
    Person { principal: String },
    /// A chain, whose leaf the signer holds.
    Chain { tokens: Vec<String>, leaf: Box<Token> },
}

/// Whom a delegation is for, known before a new key is made.
enum Target {
    Known(Box<Recipient>),
    New(Newcomer),
}

pub(crate) fn run(arguments: &Arguments, ctx: &Context) -> anyhow::Result<ExitCode> {
    let given = given::read(arguments)?;
    let length = if arguments.long { Length::Long } else { Length::Usual };
    let lifetime = lifetime::parse(&arguments.lifetime, length)?;
    let giver = giver(arguments, ctx)?;
    let target = target(arguments, ctx, &giver)?;
    let issued = ctx.now();
    let grant = Grant {
        id: ctx.ids()?,
        client_id: target.id(),
        key: giver.signer.public_key().clone(),
        issued,
        expires: issued.plus(lifetime),
        further: arguments.further,
        tools: given.tools,
        detail: given.detail,
        excess: if arguments.narrow { Excess::LeftOut } else { Excess::Refused },
        audience: audience(arguments, ctx, &giver)?,
    };
    // Tried with a key that exists, so that a refusal leaves no key behind.
    giver.sign(&grant)?;
    let existing = if arguments.force { Existing::Replaced } else { Existing::Kept };
    let out = arguments.out.clone().unwrap_or_else(|| target.usual_file());
    file::check_free(&out, existing)?;
    let key = target.arrive(ctx)?;
    let token = giver.sign(&Grant { key, ..grant })?;
    deliver(ctx, &giver, &token, (&out, existing))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes what was given, and shows it.
fn deliver(
    ctx: &Context,
    giver: &Giver,
    token: &str,
    (out, existing): (&Path, Existing),
) -> anyhow::Result<()> {
    let read = Token::read(token).map_err(refused)?;
    let tokens = giver.chain_with(token);
    let human = summary::human(&read, &giver.name);
    if out == Path::new("-") {
        anstream::eprint!("{human}");
        anstream::print!("{}", file::text(&tokens));
        return Ok(());
    }
    file::write(out, &tokens, existing)?;
    let name = out.display().to_string();
    let json = summary::json(&read, &giver.name, &name);
    ctx.say(|| format!("{human}\nwritten to {}", safe::text(&name)), json)
}

fn giver(arguments: &Arguments, ctx: &Context) -> anyhow::Result<Giver> {
    let (Some(file), Some(key)) = (&arguments.chain, &arguments.key) else {
        let person = ctx.person()?;
        return Ok(Giver {
            name: person.principal.clone(),
            signer: person.key,
            source: Source::Person { principal: person.principal },
        });
    };
    let tokens = chain_file(file)?;
    let leaf = tokens.last().context("a chain has a last token")?;
    let leaf = Token::read(leaf).map_err(|refusal| {
        Failure::environment(
            format!("{}: {}", file.display(), safe::text(&refusal.reason)),
            "look at the chain with `procura inspect`",
        )
    })?;
    Ok(Giver {
        name: crate::command::inspect::hops::holder(&leaf),
        signer: ctx.agent(key)?,
        source: Source::Chain { tokens, leaf: Box::new(leaf) },
    })
}

fn target(arguments: &Arguments, ctx: &Context, giver: &Giver) -> anyhow::Result<Target> {
    let Arguments { to, to_key, to_id, instance, .. } = arguments;
    if let (Some(file), Some(id)) = (to_key, to_id) {
        return Ok(Target::Known(Box::new(Recipient::elsewhere(file, id)?)));
    }
    if let (Some(instance), Source::Chain { leaf, .. }) = (instance, &giver.source) {
        return Ok(Target::New(Newcomer::of_holder(leaf, instance)?));
    }
    let name = to.as_deref().unwrap_or_default();
    let domain = recipient::domain_of(ctx)?;
    Ok(Target::Known(Box::new(Recipient::here(ctx, name, &domain)?)))
}

/// A root is for the gateway of this data directory, unless it says another place.
fn audience(arguments: &Arguments, ctx: &Context, giver: &Giver) -> anyhow::Result<Vec<String>> {
    if !arguments.audience.is_empty() || matches!(giver.source, Source::Chain { .. }) {
        return Ok(arguments.audience.clone());
    }
    let trust = ctx.trust()?;
    let audience = trust.get("audience").and_then(Value::as_str).ok_or_else(|| {
        Failure::environment(
            format!("{} names no audience", ctx.place().trust().display()),
            "name the gateway with --audience URL",
        )
    })?;
    Ok(vec![audience.to_owned()])
}

impl Giver {
    fn sign(&self, grant: &Grant) -> Result<String, Failure> {
        match &self.source {
            Source::Person { principal } => {
                delegate::mint(grant, principal, &issuer_of(principal), &*self.signer)
            }
            Source::Chain { tokens, .. } => {
                let leaf = tokens.last().map_or("", String::as_str);
                delegate::derive(leaf, grant, &*self.signer)
            }
        }
        .map_err(refused)
    }

    fn chain_with(&self, token: &str) -> Vec<String> {
        let mut tokens = match &self.source {
            Source::Person { .. } => Vec::new(),
            Source::Chain { tokens, .. } => tokens.clone(),
        };
        tokens.push(token.to_owned());
        tokens
    }
}

impl Target {
    fn id(&self) -> String {
        match self {
            Self::Known(recipient) => recipient.id.clone(),
            Self::New(newcomer) => newcomer.id(),
        }
    }

    fn usual_file(&self) -> PathBuf {
        let stem = match self {
            Self::Known(recipient) => recipient.file_stem.clone(),
            Self::New(newcomer) => newcomer.file_stem(),
        };
        PathBuf::from(format!("{stem}.chain"))
    }

    /// The key that receives; a new instance gets its own now.
    fn arrive(self, ctx: &Context) -> anyhow::Result<PublicKey> {
        match self {
            Self::Known(recipient) => Ok(recipient.key),
            Self::New(newcomer) => newcomer.arrive(ctx),
        }
    }
}

fn refused(refusal: Refusal) -> Failure {
    Failure {
        exit: Exit::False,
        message: format!(
            "it cannot be given: {}: {}",
            refusal.outcome,
            safe::text(&refusal.reason)
        ),
        next: Some(
            "give less, or ask for more above; `procura inspect` shows what a chain holds".into(),
        ),
    }
}
