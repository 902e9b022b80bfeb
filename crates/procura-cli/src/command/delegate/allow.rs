//! The words of `--allow`: which tool, and what its arguments may be.
//!
//! **Invariant:** what [`text`] prints, [`parse`] reads as the same rule. A word
//! that could be a mistyped rule is refused, never taken as a value.

mod print;
mod reader;
#[cfg(test)]
mod tests;

use procura_core::constraint::path::Path;
use procura_core::constraint::url::UrlScope;
use procura_core::json::{Object, Value};
use procura_core::limits;
use procura_core::tools::Tools;

pub(crate) use print::{is_nothing, rule_text, text};
pub(crate) use reader::AllowError;
use reader::Reader;

/// An argument that no value fits. The wire reads an empty map as "any
/// arguments", so "no arguments" is written as a map that holds only this one.
const NOTHING: &str = "()";

/// Reads each of `texts` and puts them together; a tool is named once.
pub(crate) fn parse(texts: &[String]) -> Result<Tools, AllowError> {
    let mut wire = Object::new();
    for text in texts {
        let mut reader = Reader::new(text);
        let (tool, arguments) = tool(&mut reader)?;
        if wire.get(&tool).is_some() {
            return Err(reader.refused_at(0, "each tool in one --allow, and this one was there"));
        }
        wire.set(&tool, arguments);
    }
    Tools::parse(&wire.into()).map_err(|refusal| AllowError::whole(texts, &refusal.reason))
}

/// `TOOL`, `TOOL()` or `TOOL(ARGUMENTS)`.
fn tool(reader: &mut Reader<'_>) -> Result<(String, Object), AllowError> {
    reader.skip_space();
    let tool = reader.name("a tool, such as mcp:web/write_file")?;
    if tool.len() > limits::TOOL_ID_BYTES {
        return Err(reader.refused_at(0, "a tool's id of at most 256 bytes"));
    }
    reader.skip_space();
    let map = if reader.take('(') { arguments(reader)? } else { Object::new() };
    reader.skip_space();
    if reader.is_done() {
        Ok((tool, map))
    } else {
        Err(reader.expected("`(` and the tool's arguments, or the end"))
    }
}

/// What stands between the parentheses, and the closing one.
fn arguments(reader: &mut Reader<'_>) -> Result<Object, AllowError> {
    let mut map = Object::new();
    reader.skip_space();
    if reader.take(')') {
        return Ok(map.with(NOTHING, nothing()));
    }
    loop {
        let (name, rule) = argument(reader, &map)?;
        map.set(&name, rule);
        reader.skip_space();
        if reader.take(')') {
            return Ok(map);
        }
        if !reader.take(',') {
            return Err(reader.expected("`,` and the next argument, or `)`"));
        }
    }
}

fn nothing() -> Object {
    range_between(("0", true), ("0", true)).with("optional", true)
}

/// `NAME=RULE`, `NAME?=RULE` for one that may be left out, or `*=any`.
fn argument(reader: &mut Reader<'_>, known: &Object) -> Result<(String, Object), AllowError> {
    reader.skip_space();
    let start = reader.position();
    let name = reader.name("an argument's name")?;
    if known.get(&name).is_some() {
        return Err(reader.refused_at(start, "each argument once"));
    }
    let is_optional = reader.take('?');
    if !reader.take('=') {
        return Err(reader.expected("`=` and a rule, such as `=any` or `=under:/src`"));
    }
    let at = reader.position();
    let mut rule = rule(reader, 0)?;
    let is_wildcard = rule.get("constraint_type").and_then(Value::as_str) == Some("wildcard");
    if name == "*" && (is_optional || !is_wildcard) {
        return Err(
            reader.refused_at(at, "`*=any`: other arguments may be anything or are not held")
        );
    }
    if is_optional {
        rule.set("optional", true);
    }
    Ok((name, rule))
}

fn rule(reader: &mut Reader<'_>, depth: usize) -> Result<Object, AllowError> {
    reader.skip_space();
    if depth >= limits::CONSTRAINT_DEPTH {
        return Err(reader.expected("a rule that is nested less deep"));
    }
    if reader.take('=') {
        return exact(reader);
    }
    let start = reader.position();
    let word = reader.keyword();
    match word.as_str() {
        "any" if reader.is_at_delimiter() => Ok(kind("wildcard")),
        "any-of" if reader.take('(') => rules(reader, "any", depth),
        "all-of" if reader.take('(') => rules(reader, "all", depth),
        _ if !word.is_empty() && reader.take(':') => named_rule(reader, &word, start),
        _ => {
            reader.rewind(start);
            exact(reader)
        }
    }
}

/// The rule whose name and colon were just read.
fn named_rule(reader: &mut Reader<'_>, word: &str, start: usize) -> Result<Object, AllowError> {
    match word {
        "one-of" => list(reader, "one_of", "values", 1),
        "not" => list(reader, "not_one_of", "excluded", 0),
        "has" => list(reader, "contains", "required", 0),
        "only" => list(reader, "subset", "allowed", 0),
        "range" => range(reader),
        "under" => under(reader),
        "url" => url(reader),
        _ => Err(reader.refused_at(
            start,
            "a rule: any, one-of:, not:, range:, under:, url:, has:, only:; a value with a colon is written with a second `=`, as in who==user:alice",
        )),
    }
}

fn kind(name: &str) -> Object {
    Object::new().with("constraint_type", name)
}

fn exact(reader: &mut Reader<'_>) -> Result<Object, AllowError> {
    let start = reader.position();
    let value = reader.value("a value or a rule")?;
    if value.is_scalar() {
        Ok(kind("exact").with("value", value))
    } else {
        Err(reader.refused_at(start, "text, a number, true, false or null"))
    }
}

/// Values with `|` between them.
fn list(
    reader: &mut Reader<'_>,
    name: &str,
    member: &str,
    least: usize,
) -> Result<Object, AllowError> {
    let mut values: Vec<Value> = Vec::new();
    if least > 0 || !reader.is_at_delimiter() {
        values.push(reader.value("a value")?);
        while reader.take('|') {
            values.push(reader.value("a value after `|`")?);
        }
    }
    Ok(kind(name).with(member, values))
}

/// `LOW..HIGH`, either of them left out for no bound, `<` beside the dots where
/// the bound itself is not allowed.
fn range(reader: &mut Reader<'_>) -> Result<Object, AllowError> {
    let start = reader.position();
    let shape =
        "two numbers with `..` between them, such as range:1..10, range:..10 or range:0<..<1";
    let word = reader.word();
    let (low, high) = word.split_once("..").ok_or_else(|| reader.refused_at(start, shape))?;
    let (low, is_above) = low.strip_suffix('<').map_or((low, false), |low| (low, true));
    let (high, is_below) = high.strip_prefix('<').map_or((high, false), |high| (high, true));
    let is_number = |text: &str, is_exclusive: bool| {
        (text.is_empty() && !is_exclusive) || Reader::scalar(text).as_number().is_some()
    };
    if !is_number(low, is_above) || !is_number(high, is_below) {
        return Err(reader.refused_at(start, shape));
    }
    Ok(range_between((low, is_above), (high, is_below)))
}

/// A range from the texts of its bounds, and whether each is exclusive.
fn range_between(low: (&str, bool), high: (&str, bool)) -> Object {
    let mut object = kind("range");
    for (bound, member, flag) in [(low, "min", "min_inclusive"), (high, "max", "max_inclusive")] {
        let (text, is_exclusive) = bound;
        if !text.is_empty() {
            object.set(member, Reader::scalar(text));
        }
        if is_exclusive {
            object.set(flag, false);
        }
    }
    object
}

fn under(reader: &mut Reader<'_>) -> Result<Object, AllowError> {
    let start = reader.position();
    let root = reader.plain_text("a path")?;
    if Path::parse(&root).is_none() {
        let shape = "a path that starts with `/`, has no backslash and does not climb above `/`";
        return Err(reader.refused_at(start, shape));
    }
    Ok(kind("path_containment").with("root", root))
}

fn url(reader: &mut Reader<'_>) -> Result<Object, AllowError> {
    let start = reader.position();
    let shape = "an address such as https://api.example/path, without a query";
    let text = reader.plain_text("an address")?;
    let refused = || reader.refused_at(start, shape);
    let host = text.split_once("://").map(|(_, rest)| rest).ok_or_else(refused)?;
    let (origin, path) = match host.split_once('/') {
        Some((_, path)) => (text.strip_suffix(path).unwrap_or(&text), format!("/{path}")),
        None => (text.as_str(), "/".to_owned()),
    };
    let origin = origin.trim_end_matches('/');
    if path.contains(['?', '#']) || UrlScope::new(origin, &path).is_none() {
        return Err(refused());
    }
    Ok(kind("url_containment").with("origin", origin).with("path", path))
}

/// Rules with `,` between them, and the closing parenthesis.
fn rules(reader: &mut Reader<'_>, name: &str, depth: usize) -> Result<Object, AllowError> {
    let mut rules = Vec::new();
    loop {
        rules.push(rule(reader, depth.saturating_add(1))?);
        reader.skip_space();
        if reader.take(')') {
            return Ok(kind(name).with("constraints", rules));
        }
        if !reader.take(',') {
            return Err(reader.expected("`,` and the next rule, or `)`"));
        }
    }
}
