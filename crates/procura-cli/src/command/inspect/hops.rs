//! Delegations as tables: who holds what, and what each hop took away.

use procura_core::detail::{AgentDelegation, Ceiling, Scope};
use procura_core::identity::AgentId;
use procura_core::json::{Object, Value};
use procura_core::token::Token;
use procura_core::tools::{Argument, Arguments, Presence, Tools};

use super::{moment, safe, table};
use crate::command::delegate::{allow, ceiling};

/// The holder's short name, or its id where that is no agent's.
pub(crate) fn holder(token: &Token) -> String {
    let id = token.client_id.as_deref();
    match id.and_then(AgentId::parse) {
        Some(agent) => agent.short(),
        None => safe::text(id.unwrap_or("nobody named")),
    }
}

/// How many times it may be passed on.
pub(crate) fn further(token: &Token) -> String {
    match token.max_depth.saturating_sub(token.depth) {
        0 => "it may not be passed on".into(),
        1 => "it may be passed on once".into(),
        times => format!("it may be passed on {times} times"),
    }
}

/// Where it may be used.
pub(crate) fn audience(token: &Token) -> String {
    if token.audience.is_empty() {
        "anywhere".into()
    } else {
        safe::text(&token.audience.join(", "))
    }
}

/// A row for each argument of each tool.
pub(crate) fn tool_rows(tools: &Tools) -> Vec<[String; 3]> {
    tools.iter().flat_map(|(tool, arguments)| argument_rows(tool, arguments)).collect()
}

/// One delegation for a script. Nothing in it is verified.
pub(crate) fn json(token: &Token) -> Object {
    Object::new()
        .with("id", token.id.as_str())
        .with("hash", token.hash.to_base64url())
        .with("issuer", token.issuer.as_str())
        .with("principal", token.principal.clone())
        .with("client_id", token.client_id.clone())
        .with("key", token.key.fingerprint())
        .with("key_thumbprint", token.key.thumbprint().to_string())
        .with("audience", token.audience.clone())
        .with("issued", token.issued.as_seconds())
        .with("expires", token.expires.as_seconds())
        .with("depth", token.depth)
        .with("max_depth", token.max_depth)
        .with("tools", token.tools.to_object())
        .with("detail", token.detail.as_ref().map(AgentDelegation::to_object))
        .with("evidence", token.evidence.map(|evidence| evidence.to_base64url()))
        .with("status_list", token.status.as_ref().map(|status| status.uri.as_str()))
        .with("allow", allowed(&token.tools))
}

/// The tools as `procura delegate --allow` takes them.
fn allowed(tools: &Tools) -> Vec<String> {
    tools.iter().map(|(tool, arguments)| allow::text(tool, arguments)).collect()
}

/// A chain from the root to the leaf, for a person.
pub(crate) fn chain(tokens: &[Token]) -> String {
    let mut text = overview(tokens);
    let mut above: Option<&Token> = None;
    for (hop, token) in tokens.iter().enumerate() {
        text.push_str(&match above {
            None => format!("\nhop {hop}, {}, holds\n{}", holder(token), held(token)),
            Some(above) => {
                format!("\nhop {hop}, {}, takes away\n{}", holder(token), taken_away(above, token))
            }
        });
        above = Some(token);
    }
    if let (Some(leaf), true) = (tokens.last(), tokens.len() > 1) {
        text.push_str(&format!("\nwhat is left to {}\n{}", holder(leaf), held(leaf)));
    }
    text
}

/// One delegation, for a person.
pub(crate) fn one(token: &Token) -> String {
    format!(
        "{}\nissuer {}\nid {}\n\n{} holds\n{}",
        overview(std::slice::from_ref(token)),
        safe::text(&token.issuer),
        safe::text(&token.id),
        holder(token),
        held(token)
    )
}

fn overview(tokens: &[Token]) -> String {
    let row = |(hop, token): (usize, &Token)| {
        [
            hop.to_string(),
            holder(token),
            token.key.fingerprint(),
            safe::text(token.principal.as_deref().unwrap_or("nobody")),
            moment::text(token.issued),
            moment::text(token.expires),
            format!("{} of {}", token.depth, token.max_depth),
        ]
    };
    let rows: Vec<[String; 7]> = tokens.iter().enumerate().map(row).collect();
    let titles = ["hop", "holder", "key", "on behalf of", "from", "until", "depth"];
    let mut text = table::titled(titles, &rows, 0);
    let places: Vec<String> = tokens.iter().map(audience).collect();
    match places.first().filter(|first| places.iter().all(|place| place == *first)) {
        Some(place) => text.push_str(&format!("for use at {place}\n")),
        None => places.iter().enumerate().for_each(|(hop, place)| {
            text.push_str(&format!("hop {hop} is for use at {place}\n"));
        }),
    }
    text
}

fn held(token: &Token) -> String {
    let mut text = if token.tools.is_empty() {
        "  no tool\n".into()
    } else {
        table::titled(["tool", "argument", "rule"], &tool_rows(&token.tools), 2)
    };
    text.push_str(&detail(token.detail.as_ref(), 2));
    text
}

/// Scopes and ceilings, if there are any.
pub(crate) fn detail(detail: Option<&AgentDelegation>, indent: usize) -> String {
    let Some(detail) = detail else {
        return String::new();
    };
    let space = " ".repeat(indent);
    let scopes: Vec<&str> = detail.scopes().iter().map(Scope::as_str).collect();
    let mut text = format!("{space}for the scopes {}\n", safe::text(&scopes.join(", ")));
    for one in detail.ceilings() {
        text.push_str(&format!("{space}with the ceiling {}\n", ceiling::text(one)));
    }
    text
}

fn argument_rows(tool: &str, arguments: &Arguments) -> Vec<[String; 3]> {
    let tool = safe::text(tool);
    let mut rows: Vec<[String; 3]> = arguments
        .named()
        .map(|(name, argument)| [tool.clone(), argument_name(name, argument), rule(argument)])
        .collect();
    if allow::is_nothing(arguments) {
        return vec![[tool, "none".into(), "no argument is allowed".into()]];
    }
    if arguments.rest().is_some() {
        let name = if rows.is_empty() { "any" } else { "others" };
        rows.push([tool, name.into(), "any".into()]);
    }
    rows
}

fn argument_name(name: &str, argument: &Argument) -> String {
    let mark = if argument.presence == Presence::Optional { "?" } else { "" };
    format!("{}{mark}", safe::text(name))
}

fn rule(argument: &Argument) -> String {
    allow::rule_text(&argument.constraint)
}

/// What `token` does not hold any more of what `above` holds.
fn taken_away(above: &Token, token: &Token) -> String {
    let mut rows = Vec::new();
    for (tool, before) in above.tools.iter() {
        match token.tools.get(tool) {
            None => rows.push([safe::text(tool), "all".into(), "not held any more".into()]),
            Some(after) => rows.extend(narrowed(tool, before, after)),
        }
    }
    let mut text = if rows.is_empty() {
        "  nothing of the tools\n".into()
    } else {
        table::titled(["tool", "argument", "rule"], &rows, 2)
    };
    text.push_str(&ceilings_taken_away(above, token));
    if token.expires < above.expires {
        let length = moment::length_between(token.expires, above.expires);
        text.push_str(&format!("  and the last {length}\n"));
    }
    let detail = match (&token.detail, &above.detail) {
        (Some(own), Some(above)) => own.check_within(above).err(),
        _ => None,
    };
    if let Some(refusal) = token.tools.check_within(&above.tools).err().or(detail) {
        let reason = safe::text(&refusal.reason);
        text.push_str(&format!("  WIDER THAN ABOVE, a verifier refuses it: {reason}\n"));
    }
    text
}

/// Scopes that are gone, and ceilings that are new or lower.
fn ceilings_taken_away(above: &Token, token: &Token) -> String {
    let mut text = String::new();
    match (&above.detail, &token.detail) {
        (Some(_), None) => {
            text.push_str("  DROPS THE CEILINGS ABOVE, a verifier refuses it\n");
        }
        (None, Some(_)) => text.push_str(&detail(token.detail.as_ref(), 2)),
        (Some(before), Some(after)) => {
            let gone: Vec<&str> = before
                .scopes()
                .iter()
                .filter(|scope| !after.scopes().covers(scope))
                .map(Scope::as_str)
                .collect();
            if !gone.is_empty() {
                let gone = safe::text(&gone.join(", "));
                text.push_str(&format!("  the scopes {gone}\n"));
            }
            let is_new = |one: &&Ceiling| {
                before.get(one.key(), one.rule().type_name()).is_none_or(|old| old != *one)
            };
            for one in after.ceilings().filter(is_new) {
                text.push_str(&format!("  down to the ceiling {}\n", ceiling::text(one)));
            }
        }
        (None, None) => {}
    }
    text
}

/// One row for each argument whose rule is another one now.
fn narrowed(tool: &str, before: &Arguments, after: &Arguments) -> Vec<[String; 3]> {
    let old = argument_rows(tool, before);
    let new = argument_rows(tool, after);
    let rule_of = |rows: &[[String; 3]], name: &str| {
        let bare = name.trim_end_matches('?');
        rows.iter().find(|[_, other, _]| other.trim_end_matches('?') == bare).map(
            |[_, mark, rule]| {
                if mark.ends_with('?') { format!("{rule} (optional)") } else { rule.clone() }
            },
        )
    };
    let mut names: Vec<&String> = old.iter().chain(&new).map(|[_, name, _]| name).collect();
    let mut seen = Vec::new();
    names.retain(|name| {
        let bare = name.trim_end_matches('?');
        let is_new = !seen.contains(&bare);
        seen.push(bare);
        is_new
    });
    let row = |name: &String| {
        let (was, is) = (rule_of(&old, name), rule_of(&new, name));
        let change = match (was, is) {
            (was, is) if was == is => return None,
            (Some(was), Some(is)) => format!("{was}  becomes  {is}"),
            (None, Some(is)) => format!("any  becomes  {is}"),
            (_, None) => "not held any more".into(),
        };
        Some([safe::text(tool), name.clone(), change])
    };
    names.into_iter().filter_map(row).collect()
}

/// A chain for a script.
pub(crate) fn chain_json(tokens: &[Token]) -> Value {
    tokens.iter().map(json).collect::<Vec<_>>().into()
}
