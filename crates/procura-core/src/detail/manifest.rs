//! What each tool does, in the terms of scopes and ceilings.
//!
//! An enforcement point has one manifest, written by whoever runs the tools. It
//! says which scope a call of a tool uses, and where its quantities are found:
//!
//! ```json
//! {"mcp:pay/send": {"scope": "pay.send",
//!    "quantities": {"spend.usd_cents": {"argument": "/amount/cents"},
//!                   "egress": {"value": "any"}}}}
//! ```
//!
//! A tool that is not in it uses the scope that has the tool's own name, and
//! counts as one call. A quantity that the arguments do not have is missing, and
//! a ceiling on it refuses the call.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Action, Scope};
use crate::json::{Object, Value};
use crate::limits;
use crate::refusal::shown;

/// The tools' designations, by tool id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest(BTreeMap<String, Designation>);

/// What a call of one tool uses.
#[derive(Clone, Debug, PartialEq)]
pub struct Designation {
    /// One scope, so that a call uses one authority of its holder and no more.
    pub scope: Scope,
    /// Where each quantity and attribute comes from, by ceiling key.
    pub quantities: BTreeMap<String, Source>,
}

/// Where a quantity or attribute comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// It is always this.
    Value(Value),
    /// It is the argument at this place.
    Argument(Pointer),
}

/// A place in the arguments of a call (RFC 6901).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pointer(Vec<String>);

/// Why an object is not a manifest.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("tool `{tool}`: {reason}")]
pub struct ManifestError {
    /// The tool whose designation is wrong.
    pub tool: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl Manifest {
    /// No tool is designated: each uses the scope of its own name.
    pub fn empty() -> &'static Self {
        static EMPTY: Manifest = Manifest(BTreeMap::new());
        &EMPTY
    }

    /// Reads the manifest; it is closed.
    pub fn parse(object: &Object) -> Result<Self, ManifestError> {
        let one = |(tool, value): (&str, &Value)| {
            let error = |reason| ManifestError { tool: shown(tool), reason };
            designation(value).map(|designation| (tool.into(), designation)).map_err(error)
        };
        object.iter().map(one).collect::<Result<_, _>>().map(Self)
    }

    /// Adds a designation, in place of one that is there.
    pub fn insert(&mut self, tool: &str, designation: Designation) {
        self.0.insert(tool.into(), designation);
    }

    /// What a call of `tool` with `arguments` does.
    pub fn action(&self, tool: &str, arguments: &Object) -> Action {
        let Some(designation) = self.0.get(tool) else {
            return Action::named(tool);
        };
        let mut quantities = Object::new();
        for (key, source) in &designation.quantities {
            let value = match source {
                Source::Value(value) => Some(value),
                Source::Argument(pointer) => pointer.find(arguments),
            };
            if let Some(value) = value {
                quantities.set(key, value.clone());
            }
        }
        Action { scope: Some(designation.scope.clone()), quantities }
    }
}

fn designation(value: &Value) -> Result<Designation, &'static str> {
    let object = value.as_object().ok_or("it is not an object")?;
    if object.iter().any(|(name, _)| !matches!(name, "scope" | "quantities")) {
        return Err("it has a member beside `scope` and `quantities`");
    }
    let scope = object.get("scope").and_then(Value::as_str).and_then(Scope::parse);
    let scope = scope.filter(|scope| scope.form() != super::Form::Wildcard);
    let scope = scope.ok_or("`scope` is not a literal or opaque scope")?;
    let mut quantities = BTreeMap::new();
    if let Some(named) = object.get("quantities") {
        for (key, value) in named.as_object().ok_or("`quantities` is not an object")?.iter() {
            if key.is_empty() || key.len() > limits::TOOL_ID_BYTES || RESERVED.contains(&key) {
                return Err("a quantity has no proper name, or a reserved one");
            }
            quantities.insert(key.into(), source(value)?);
        }
    }
    Ok(Designation { scope, quantities })
}

/// Keys whose value is known without a manifest.
const RESERVED: [&str; 2] = ["calls", "scope"];

fn source(value: &Value) -> Result<Source, &'static str> {
    const WRONG: &str = "a quantity is `{\"argument\": POINTER}` or `{\"value\": …}`";
    let object = value.as_object().filter(|object| object.len() == 1).ok_or(WRONG)?;
    match (object.get("argument"), object.get("value")) {
        (Some(pointer), None) => {
            let pointer = pointer.as_str().and_then(Pointer::parse);
            pointer.map(Source::Argument).ok_or("`argument` is not a JSON pointer")
        }
        (None, Some(value)) if value.is_scalar() && value.is_admissible() => {
            Ok(Source::Value(value.clone()))
        }
        _ => Err(WRONG),
    }
}

impl Pointer {
    /// Reads a JSON pointer (RFC 6901, section 3). The whole document is no argument.
    ///
    /// ```
    /// use procura_core::{detail::Pointer, json};
    ///
    /// let arguments = json::parse_object(br#"{"amount": [{"a/b": 5}]}"#)?;
    /// let pointer = Pointer::parse("/amount/0/a~1b").unwrap();
    /// assert_eq!(pointer.find(&arguments), Some(&5_i64.into()));
    /// assert_eq!(Pointer::parse("amount"), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        text.strip_prefix('/')?.split('/').map(unescape).collect::<Option<_>>().map(Self)
    }

    /// The value at this place, if there is one.
    pub fn find<'a>(&self, arguments: &'a Object) -> Option<&'a Value> {
        let (first, rest) = self.0.split_first()?;
        rest.iter().try_fold(arguments.get(first)?, |value, token| match value {
            Value::Object(object) => object.get(token),
            Value::Array(values) => values.get(index(token)?),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        })
    }
}

/// `~1` is `/` and `~0` is `~`; any other `~` is an error.
fn unescape(token: &str) -> Option<String> {
    let mut parts = token.split('~');
    let mut plain = String::from(parts.next()?);
    for part in parts {
        plain.push(match part.bytes().next()? {
            b'0' => '~',
            b'1' => '/',
            _ => return None,
        });
        plain.push_str(part.get(1..)?);
    }
    Some(plain)
}

/// An index has no leading zero (RFC 6901, section 4).
fn index(token: &str) -> Option<usize> {
    let is_digits = token.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = token == "0" || !token.starts_with('0');
    (is_digits && is_plain).then(|| token.parse().ok()).flatten()
}
