//! Why a chain does not hold a call, and what would have to be wider.
//!
//! **Invariant:** with every [`Gap::widening`] of [`gaps`] applied at its hop, the
//! chain's tools, scopes and ceilings let the call through; and each widening is
//! above what it replaces, so that what was held before is held still.
//!
//! This runs after a refusal and decides nothing. It tells an operator, and not
//! the caller, what a holder would need: who may see a chain may see it.

mod ceilings;
mod join;
mod link;
mod widen;

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

pub use join::join;
pub use link::link_gaps;
pub use widen::widen;

use crate::constraint::Constraint;
use crate::detail::{Ceiling, Manifest, Scope};
use crate::json::{Object, Value};
use crate::proof::{Chain, Request, visible};
use crate::token::Token;
use crate::tools::{Argument, Arguments, Presence};

/// One thing that one token does not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// The token, counted from the root, from zero.
    pub hop: usize,
    /// What about the call.
    pub dimension: Dimension,
    /// What was asked for; nothing if it was missing.
    pub asked: Option<Value>,
    /// What was held; nothing if the dimension was not held at all.
    pub held: Option<Value>,
    /// The smallest change of the token that would let this through; `None` if no
    /// change of it would.
    pub widening: Option<Widening>,
}

/// What about a call a token can refuse.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Dimension {
    /// The tool.
    Tool,
    /// An argument of the tool.
    Argument(String),
    /// The scope that the tool uses.
    Scope,
    /// A ceiling: its key and type.
    Ceiling(String, String),
}

/// A change that makes a token wider.
#[derive(Clone, Debug, PartialEq)]
pub enum Widening {
    /// It holds this tool, with these arguments.
    Tool(String, Arguments),
    /// Its tool has this argument.
    Argument(String, String, Argument),
    /// It has this scope.
    Scope(Scope),
    /// It has this ceiling in place of the one with its key and type.
    Ceiling(Ceiling),
}

/// Everything that the tokens of `chain` lack for `request`, from the root.
///
/// Empty if they hold it, or if its arguments can be held by nothing: a number
/// that is not exactly a double, an imitation of a digest, or too many values.
pub fn gaps(chain: &Chain, request: &Request, manifest: &Manifest) -> Vec<Gap> {
    let Some(arguments) =
        visible(&request.arguments).ok().filter(|arguments| arguments.is_admissible())
    else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (hop, token) in chain.tokens().enumerate() {
        found.extend(tool_gaps(token, &request.tool, &arguments));
        found.extend(ceilings::gaps(token, &manifest.action(&request.tool, &arguments)));
        for gap in found.iter_mut().filter(|gap| gap.hop == UNPLACED) {
            gap.hop = hop;
        }
    }
    found
}

/// The hop of a gap before its token's place is known.
const UNPLACED: usize = usize::MAX;

impl Gap {
    fn new(dimension: Dimension) -> Self {
        Self { hop: UNPLACED, dimension, asked: None, held: None, widening: None }
    }
}

fn tool_gaps(token: &Token, tool: &str, arguments: &Object) -> Vec<Gap> {
    let Some(held) = token.tools.get(tool) else {
        let names: Vec<&str> = token.tools.iter().map(|(name, _)| name).collect();
        let widening = Widening::Tool(tool.into(), just(arguments));
        return alloc::vec![Gap {
            asked: Some(tool.into()),
            held: Some(names.into()),
            widening: Some(widening),
            ..Gap::new(Dimension::Tool)
        }];
    };
    let missing = held.named().filter(|(name, argument)| {
        argument.presence == Presence::Required && arguments.get(name).is_none()
    });
    let missing = missing.map(|(name, argument)| {
        let optional = Argument { presence: Presence::Optional, ..argument.clone() };
        argument_gap(tool, (name, None), Some(&argument.constraint), optional)
    });
    let refused = arguments.iter().filter_map(|(name, value)| {
        let rule = held.rule(name);
        if rule.is_some_and(|rule| rule.accepts(value)) {
            return None;
        }
        let presence = held.named().find(|(other, _)| *other == name).map(|(_, one)| one.presence);
        let constraint = rule.map_or_else(|| exactly(value), |rule| widen(rule, value));
        let presence = presence.unwrap_or(Presence::Optional);
        Some(argument_gap(tool, (name, Some(value)), rule, Argument { presence, constraint }))
    });
    missing.chain(refused).collect()
}

fn argument_gap(
    tool: &str,
    (name, asked): (&str, Option<&Value>),
    held: Option<&Constraint>,
    wider: Argument,
) -> Gap {
    Gap {
        asked: asked.cloned(),
        held: held.map(|rule| rule.to_object().into()),
        widening: Some(Widening::Argument(tool.into(), name.into(), wider)),
        ..Gap::new(Dimension::Argument(name.into()))
    }
}

/// Arguments that are these and no others.
fn just(arguments: &Object) -> Arguments {
    let mut map = Arguments::closed();
    for (name, value) in arguments.iter() {
        let constraint = exactly(value);
        map.insert(name, Argument { presence: Presence::Required, constraint });
    }
    // A map without names means any arguments on the wire: one that nobody needs closes it.
    if arguments.is_empty() {
        let constraint = Constraint::one_of(&["".into()]).unwrap_or(Constraint::Wildcard);
        map.insert("()", Argument { presence: Presence::Optional, constraint });
    }
    map
}

/// The narrowest rule that the format has for one value.
fn exactly(value: &Value) -> Constraint {
    Constraint::exact(value).unwrap_or(Constraint::Wildcard)
}

impl Widening {
    /// Changes the token's tools, scopes and ceilings.
    pub fn apply(&self, token: &mut Token) {
        match self {
            Self::Tool(tool, arguments) => token.tools.insert(tool, arguments.clone()),
            Self::Argument(tool, name, argument) => {
                let mut arguments = token.tools.get(tool).cloned().unwrap_or(Arguments::closed());
                arguments.insert(name, argument.clone());
                token.tools.insert(tool, arguments);
            }
            Self::Scope(scope) => {
                if let Some(detail) = &mut token.detail {
                    detail.add_scope(scope.clone());
                }
            }
            Self::Ceiling(ceiling) => {
                if let Some(detail) = &mut token.detail {
                    detail.insert(ceiling.clone());
                }
            }
        }
    }

    /// The change as data: what the token would hold instead.
    pub fn to_object(&self) -> Object {
        match self {
            Self::Tool(tool, arguments) => {
                Object::new().with("tool", tool.as_str()).with("arguments", arguments.to_object())
            }
            Self::Argument(tool, name, argument) => {
                let mut rule = argument.constraint.to_object();
                if argument.presence == Presence::Optional {
                    rule.set("optional", true);
                }
                Object::new()
                    .with("tool", tool.as_str())
                    .with("argument", name.as_str())
                    .with("constraint", rule)
            }
            Self::Scope(scope) => Object::new().with("scope", scope.as_str()),
            Self::Ceiling(ceiling) => Object::new().with("ceiling", ceiling.to_object()),
        }
    }
}

impl Dimension {
    /// The dimension in words.
    fn to_text(&self) -> String {
        match self {
            Self::Tool => "the tool".into(),
            Self::Argument(name) => format!("argument `{name}`"),
            Self::Scope => "the scope".into(),
            Self::Ceiling(key, kind) => format!("ceiling `{kind}` of `{key}`"),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Argument(_) => "argument",
            Self::Scope => "scope",
            Self::Ceiling(..) => "ceiling",
        }
    }
}

impl Gap {
    /// The gap as data.
    pub fn to_object(&self) -> Object {
        let hop = u32::try_from(self.hop).unwrap_or(u32::MAX);
        let mut object = Object::new().with("hop", hop).with("dimension", self.dimension.name());
        match &self.dimension {
            Dimension::Tool | Dimension::Scope => {}
            Dimension::Argument(name) => {
                object.set("argument", name.as_str());
            }
            Dimension::Ceiling(key, kind) => {
                object.set("key", key.as_str()).set("type", kind.as_str());
            }
        }
        object
            .with("asked", self.asked.clone())
            .with("held", self.held.clone())
            .with("widening", self.widening.as_ref().map(Widening::to_object))
    }

    /// The gap as a sentence. It shows arguments' values, so it is for the operator.
    pub fn to_sentence(&self) -> String {
        let text = |value: &Value| value.to_canonical().unwrap_or_else(|error| error.to_string());
        let place = format!("at hop {}, {}", self.hop, self.dimension.to_text());
        let fact = match (self.asked.as_ref().map(text), self.held.as_ref().map(text)) {
            (Some(asked), Some(held)) => format!("{asked} is not within {held}"),
            (Some(asked), None) => format!("{asked} is not held"),
            (None, Some(held)) => format!("nothing is given, and {held} is held"),
            (None, None) => "nothing is given, and nothing is held".into(),
        };
        match &self.widening {
            Some(widening) => {
                format!(
                    "{place}: {fact}; it would pass with {}",
                    text(&widening.to_object().into())
                )
            }
            None => format!("{place}: {fact}; it would pass with no wider one"),
        }
    }
}
