//! Templates: named sets of tools, scopes and ceilings, with places to fill in.
//!
//! **Invariant:** what comes out of [`Template::expand`] has no place left that
//! was not filled in, and a value that was filled in stands where a value may
//! stand: it never becomes a member, a rule or another place.
//!
//! A delegation names what it gives, one by one. Nobody writes that down for
//! "read-only GitHub", so a template does it once, and expands when a root is
//! minted: no token ever holds a name whose meaning could change later.
//!
//! ```json
//! {"name": "open-pull-request", "about": "Open draft pull requests in one repository",
//!  "parameters": {"server": {"about": "the server's name", "default": "github"},
//!                 "repo": {"about": "owner/name"}},
//!  "tools": {"mcp:{server}/create_pull_request":
//!              {"repo": {"constraint_type": "exact", "value": {"parameter": "repo"}},
//!               "draft": {"constraint_type": "exact", "value": true}}},
//!  "scopes": [], "ceilings": []}
//! ```
//!
//! In the name of a tool or a scope `{name}` stands for a parameter; elsewhere the
//! object `{"parameter": "name"}` does. A bundle is a template that needs nothing.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use crate::detail::{self, AgentDelegation};
use crate::json::{self, Object, Value};
use crate::limits;
use crate::refusal::shown;
use crate::tools::Tools;

/// A template, read and not filled in.
#[derive(Clone, Debug)]
pub struct Template {
    name: String,
    about: String,
    parameters: BTreeMap<String, Parameter>,
    tools: Object,
    scopes: Vec<String>,
    ceilings: Vec<Value>,
}

/// Something to fill in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Parameter {
    /// What it is, for who fills it in.
    pub about: String,
    /// What it is if nobody says.
    pub default: Option<String>,
}

/// What a template gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Expansion {
    /// The tools.
    pub tools: Tools,
    /// Scopes and ceilings, if the template has any.
    pub detail: Option<AgentDelegation>,
}

/// Why a template cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TemplateError {
    /// It is not what a template is.
    #[error("it is not a template: {0}")]
    Shape(&'static str),
    /// It is not JSON.
    #[error("it is not JSON: {0}")]
    Json(json::JsonError),
    /// A parameter has no value.
    #[error("parameter `{0}` needs a value")]
    Missing(String),
    /// A value was given for a parameter that the template does not have.
    #[error("the template has no parameter `{0}`")]
    Unknown(String),
    /// A value cannot stand in a name.
    #[error("the value of parameter `{0}` cannot stand in a name")]
    Value(String),
    /// What comes out is not what a delegation may hold.
    #[error("it does not expand to a delegation: {0}")]
    Expansion(String),
}

/// The templates that come with the product, by name.
pub const BUILT_IN: [&str; 2] = [
    include_str!("template/github-read-only.json"),
    include_str!("template/open-pull-request.json"),
];

/// A built-in template.
pub fn built_in(name: &str) -> Option<Template> {
    BUILT_IN.iter().filter_map(|text| Template::parse(text).ok()).find(|one| one.name == name)
}

impl Template {
    /// Reads a template; it is closed.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.len() > limits::TEMPLATE_BYTES {
            return Err(TemplateError::Shape("it is too long"));
        }
        let object = json::parse_object(text.as_bytes()).map_err(TemplateError::Json)?;
        if object.iter().any(|(name, _)| !MEMBERS.contains(&name)) {
            return Err(TemplateError::Shape("it has a member that is not known"));
        }
        let text = |name| object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let name = text("name").ok_or(TemplateError::Shape("it has no `name`"))?;
        let about = text("about").ok_or(TemplateError::Shape("it has no `about`"))?;
        let tools = object.get("tools").and_then(Value::as_object);
        let tools = tools.ok_or(TemplateError::Shape("`tools` is not an object"))?;
        Ok(Self {
            name: name.into(),
            about: about.into(),
            parameters: parameters(&object)?,
            tools: tools.clone(),
            scopes: list(&object, "scopes")?
                .iter()
                .map(|scope| scope.as_str().map(String::from))
                .collect::<Option<_>>()
                .ok_or(TemplateError::Shape("a scope is not text"))?,
            ceilings: list(&object, "ceilings")?.to_vec(),
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it gives, in a line.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// What can be filled in, in order of the names.
    pub fn parameters(&self) -> impl ExactSizeIterator<Item = (&str, &Parameter)> {
        self.parameters.iter().map(|(name, parameter)| (name.as_str(), parameter))
    }

    /// Fills the template in.
    pub fn expand(&self, values: &[(String, String)]) -> Result<Expansion, TemplateError> {
        let values = self.values(values)?;
        let mut tools = Object::new();
        for (name, arguments) in self.tools.iter() {
            let name = values.in_name(name)?;
            if tools.get(&name).is_some() {
                return Err(TemplateError::Expansion("two tools have one name".into()));
            }
            tools.set(&name, values.in_value(arguments)?);
        }
        let wrong = |refusal: crate::refusal::Refusal| TemplateError::Expansion(refusal.reason);
        let tools = Tools::parse(&tools.into()).map_err(wrong)?;
        if self.scopes.is_empty() && self.ceilings.is_empty() {
            return Ok(Expansion { tools, detail: None });
        }
        let scopes: Result<Vec<String>, _> =
            self.scopes.iter().map(|scope| values.in_name(scope)).collect();
        let ceilings: Result<Vec<Value>, _> =
            self.ceilings.iter().map(|ceiling| values.in_value(ceiling)).collect();
        let object = Object::new()
            .with("type", detail::TYPE)
            .with("scopes", scopes?)
            .with("constraints", ceilings?);
        let detail = AgentDelegation::parse(&object).map_err(wrong)?;
        Ok(Expansion { tools, detail: Some(detail) })
    }

    fn values(&self, given: &[(String, String)]) -> Result<Values, TemplateError> {
        let unknown = given.iter().find(|(name, _)| !self.parameters.contains_key(name));
        if let Some((name, _)) = unknown {
            return Err(TemplateError::Unknown(shown(name)));
        }
        let mut values = BTreeMap::new();
        for (name, parameter) in &self.parameters {
            let value = given.iter().rev().find(|(other, _)| other == name).map(|(_, value)| value);
            let value = value.or(parameter.default.as_ref());
            let value = value.ok_or_else(|| TemplateError::Missing(shown(name)))?;
            values.insert(name.clone(), value.clone());
        }
        Ok(Values(values))
    }
}

const MEMBERS: [&str; 6] = ["name", "about", "parameters", "tools", "scopes", "ceilings"];

fn list<'a>(object: &'a Object, name: &str) -> Result<&'a [Value], TemplateError> {
    match object.get(name) {
        None => Ok(&[]),
        Some(value) => {
            value.as_array().ok_or(TemplateError::Shape("`scopes` or `ceilings` is not a list"))
        }
    }
}

fn parameters(object: &Object) -> Result<BTreeMap<String, Parameter>, TemplateError> {
    const WRONG: TemplateError =
        TemplateError::Shape("a parameter is an object with `about` and perhaps `default`");
    let Some(parameters) = object.get("parameters") else {
        return Ok(BTreeMap::new());
    };
    let mut read = BTreeMap::new();
    for (name, value) in parameters.as_object().ok_or(WRONG)?.iter() {
        let object = value.as_object().ok_or(WRONG)?;
        let known = |name: &str| matches!(name, "about" | "default");
        let text = |name| object.get(name).map(|value| value.as_str().ok_or(WRONG));
        if name.is_empty() || !name.bytes().all(is_name) || !object.iter().all(|(n, _)| known(n)) {
            return Err(WRONG);
        }
        let about = text("about").ok_or(WRONG)??.to_string();
        let default = text("default").transpose()?.map(String::from);
        read.insert(name.into(), Parameter { about, default });
    }
    Ok(read)
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
}

/// A value for every parameter.
struct Values(BTreeMap<String, String>);

impl Values {
    fn get(&self, name: &str) -> Result<&str, TemplateError> {
        let value = self.0.get(name).map(String::as_str);
        value.ok_or(TemplateError::Shape("a place names no parameter"))
    }

    /// Fills `{name}` in. A value in a name is one word: no brace, no space, no control.
    fn in_name(&self, text: &str) -> Result<String, TemplateError> {
        const OPEN: TemplateError = TemplateError::Shape("a brace in a name is not closed");
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or(OPEN)?;
            let value = self.get(name)?;
            let is_word = |c: char| !c.is_whitespace() && !c.is_control() && !"{}*".contains(c);
            if value.is_empty() || !value.chars().all(is_word) {
                return Err(TemplateError::Value(shown(name)));
            }
            filled.push_str(before);
            filled.push_str(value);
            rest = after;
        }
        filled.push_str(rest);
        if filled.contains(['{', '}']) { Err(OPEN) } else { Ok(filled) }
    }

    /// Fills `{"parameter": "name"}` in, with text.
    fn in_value(&self, value: &Value) -> Result<Value, TemplateError> {
        match value {
            Value::Object(object) if object.len() == 1 && object.get("parameter").is_some() => {
                let name = object.get("parameter").and_then(Value::as_str).unwrap_or_default();
                self.get(name).map(Value::from)
            }
            Value::Object(object) => {
                let mut filled = Object::new();
                for (name, value) in object.iter() {
                    filled.set(name, self.in_value(value)?);
                }
                Ok(filled.into())
            }
            Value::Array(values) => {
                let filled: Result<Vec<Value>, _> =
                    values.iter().map(|value| self.in_value(value)).collect();
                filled.map(Value::Array)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(value.clone()),
        }
    }
}

/// A scope as people write it, with colons: `pr:write:draft` is `pr.write.draft`.
///
/// A colon narrows nothing in a token, as a scope with one is opaque; so it is
/// changed at the edge, before anything is signed. An error names what is wrong.
pub fn scope_from_colons(text: &str) -> Result<detail::Scope, String> {
    let dotted = text.replace(':', ".");
    let scope = detail::Scope::parse(&dotted).filter(|scope| scope.form() != detail::Form::Opaque);
    scope.ok_or_else(|| {
        let text = shown(text);
        format!("`{text}` is no scope such as `repo:read`, `pr:write:draft` or `pr:write:*`")
    })
}
