//! The tools that a delegation holds, and what their arguments may be.
//!
//! **Invariant:** the world is closed. A tool that is not named is not held;
//! an argument that is not named is refused unless the map has `*`.
//!
//! The `tools` member of a delegation maps a tool's id to its arguments, and an
//! argument to a constraint:
//!
//! ```json
//! {"mcp:files/write_file": {
//!    "path": {"constraint_type": "path_containment", "root": "/src"},
//!    "mode": {"constraint_type": "exact", "value": "644", "optional": true}}}
//! ```
//!
//! One shape is a trap: the empty map means any arguments, by AAT-02, and not
//! none. So it is read as [`Arguments::any`], and [`crate::delegate`] signs it for no less.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::constraint::{Constraint, Counter};
use crate::hash::Digest;
use crate::json::{Object, Value};
use crate::limits;
use crate::named::Named;
use crate::refusal::{Outcome, Refusal, shown};

/// Tools by id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tools(Named<Arguments>);

/// The arguments of one tool.
///
/// [`Arguments::closed`] with nothing in it has no spelling on the wire; signing
/// refuses it.
#[derive(Clone, Debug, PartialEq)]
pub struct Arguments {
    named: Named<Argument>,
    rest: Option<Constraint>,
}

/// One named argument.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// Whether a call may leave it out.
    pub presence: Presence,
    /// What it may be.
    pub constraint: Constraint,
}

/// Whether a call may leave an argument out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Presence {
    /// It must be there.
    Required,
    /// It may be left out.
    Optional,
}

impl Tools {
    /// Reads the `tools` member of a delegation: objects of objects, then constraint trees.
    ///
    /// That every tool has a map is checked before the first tree is read, as step
    /// 3m comes before 3n. Ids are compared as they are written, byte for byte.
    pub fn parse(value: &Value) -> Result<Self, Refusal> {
        let shape = |reason: &str| Refusal::new(Outcome::Malformed, "3m", reason);
        let tools = value.as_object().ok_or_else(|| shape("`tools` is not an object"))?;
        if tools.len() > limits::TOOLS {
            return Err(Refusal::new(Outcome::TooLarge, "3m", "too many tools"));
        }
        for (_, arguments) in tools.iter() {
            arguments.as_object().ok_or_else(|| shape("a tool's constraints are not an object"))?;
        }
        let empty = Object::new();
        let read = |(tool, arguments): (_, &Value)| {
            let arguments = Arguments::parse(arguments.as_object().unwrap_or(&empty));
            check_id(tool).and(arguments).map(|arguments| (tool, arguments))
        };
        tools.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// The `tools` member.
    pub fn to_object(&self) -> Object {
        let mut object = Object::new();
        for (tool, arguments) in self.0.iter() {
            object.set(tool, arguments.to_object());
        }
        object
    }

    /// Adds a tool, in place of one that is there.
    pub fn insert(&mut self, tool: &str, arguments: Arguments) {
        self.0.insert(tool, arguments);
    }

    /// The arguments of `tool`, if it is held.
    pub fn get(&self, tool: &str) -> Option<&Arguments> {
        self.0.get(tool)
    }

    /// The tools in order of their ids.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Arguments)> {
        self.0.iter()
    }

    /// Whether no tool is held.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks that everything that is held here, `parent` holds too: steps 4p1 to 4p4.
    ///
    /// `Ok` means: every call that [`Tools::check_call`] accepts here, it accepts of
    /// `parent`. This is what stops a holder from giving itself, or a friend, more.
    pub fn check_within(&self, parent: &Self) -> Result<(), Refusal> {
        for tool in self.0.names() {
            if !parent.0.contains(tool) {
                return Err(not_narrower(
                    "4p1",
                    format!("tool `{}` is not held above", shown(tool)),
                ));
            }
        }
        for (tool, arguments) in self.0.iter() {
            if let Some(above) = parent.0.get(tool) {
                arguments.check_within(above, tool)?;
            }
        }
        Ok(())
    }

    /// Checks that a call of `tool` with `arguments` is held: step 6b.
    ///
    /// `arguments` are those after [`with_digests`], the ones that the proof shows.
    pub fn check_call(&self, tool: &str, arguments: &Object) -> Result<(), Refusal> {
        let Some(held) = self.0.get(tool) else {
            return Err(Refusal::new(
                Outcome::ScopeNotGranted,
                "6b",
                format!("tool `{}` is not held", shown(tool)),
            ));
        };
        held.check_call(arguments)
    }

    /// The largest tools below both. A tool for which there is none is left out.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Self {
        let meet = |(tool, arguments): (_, &Arguments)| {
            let meet = arguments.meet(other.0.get(tool)?)?;
            Some((tool, meet))
        };
        Self(self.0.iter().filter_map(meet).collect())
    }

    /// Checks that every tool and argument that is named here is still in `meet`,
    /// which is what is left of it below `held`.
    ///
    /// Leaving it out in silence would give something else than what was asked.
    pub fn check_complete(&self, held: &Self, meet: &Self) -> Result<(), Refusal> {
        for (tool, asked) in self.0.iter() {
            let Some(above) = held.0.get(tool) else {
                let reason = format!("tool `{}` is not held, so it cannot be given", shown(tool));
                return Err(not_narrower("4p1", reason));
            };
            let left = meet.0.get(tool);
            let lost = |name: &&str| left.is_none_or(|left| !left.named.contains(name));
            if let Some(name) = asked.named.names().find(lost) {
                return Err(wider(tool, name));
            }
            if left.is_none() {
                let name = above.named.names().next().unwrap_or("*");
                return Err(wider(tool, name));
            }
        }
        Ok(())
    }
}

impl Arguments {
    /// Any arguments at all: the empty map of the wire.
    pub fn any() -> Self {
        Self { named: Named::new(), rest: Some(Constraint::Wildcard) }
    }

    /// No arguments but those that [`Arguments::insert`] adds.
    pub fn closed() -> Self {
        Self { named: Named::new(), rest: None }
    }

    /// Adds an argument, in place of one that is there.
    pub fn insert(&mut self, name: &str, argument: Argument) {
        self.named.insert(name, argument);
    }

    /// Reads the constraint map of one tool.
    pub fn parse(map: &Object) -> Result<Self, Refusal> {
        if map.is_empty() {
            return Ok(Self::any());
        }
        let mut counter = Counter::default();
        let (mut named, mut rest) = (Vec::with_capacity(map.len()), None);
        for (name, value) in map.iter() {
            let (presence, value) = split_presence(value)?;
            let constraint = Constraint::parse(&value, &mut counter)
                .map_err(|error| tree(format!("argument `{}`: {error}", shown(name))))?;
            match (name, presence) {
                ("*", None) if constraint == Constraint::Wildcard => {
                    rest = Some(constraint);
                }
                // AAT-02, section 3.3.
                ("*", _) => return Err(tree("`*` is a plain `wildcard`".into())),
                (name, presence) => {
                    let presence = presence.unwrap_or(Presence::Required);
                    named.push((name, Argument { presence, constraint }));
                }
            }
        }
        Ok(Self { named: named.into_iter().collect(), rest })
    }

    /// The named arguments in order.
    pub fn named(&self) -> impl ExactSizeIterator<Item = (&str, &Argument)> {
        self.named.iter()
    }

    /// What every other argument may be, if others are held at all.
    pub fn rest(&self) -> Option<&Constraint> {
        self.rest.as_ref()
    }

    /// The constraint map.
    pub fn to_object(&self) -> Object {
        let mut object = Object::new();
        for (name, argument) in self.named.iter() {
            let mut constraint = argument.constraint.to_object();
            if argument.presence == Presence::Optional {
                constraint.set("optional", true);
            }
            object.set(name, constraint);
        }
        match &self.rest {
            // The empty map already means this.
            Some(Constraint::Wildcard) if self.named.is_empty() => {}
            Some(rest) => {
                object.set("*", rest.to_object());
            }
            None => {}
        }
        object
    }

    /// One tool's part of [`Tools::check_within`]: first the keys, then the values.
    /// An argument that only the child names is compared with the parent's `*`.
    fn check_within(&self, parent: &Self, tool: &str) -> Result<(), Refusal> {
        self.check_keys(parent, tool)?;
        for (name, argument) in self.named.iter() {
            if !parent.rule(name).is_some_and(|above| argument.constraint.is_within(above)) {
                return Err(wider(tool, name));
            }
        }
        match (&self.rest, &parent.rest) {
            (Some(rest), Some(above)) if !rest.is_within(above) => Err(wider(tool, "*")),
            _ => Ok(()),
        }
    }

    /// Steps 4p2 and 4p3: which arguments there are, and which must be there.
    ///
    /// Both directions matter. A new argument may be a switch the parent never
    /// allowed. And a constrained argument that the child no longer names would fall
    /// under the child's `*`, which constrains nothing.
    fn check_keys(&self, parent: &Self, tool: &str) -> Result<(), Refusal> {
        let keys =
            |what: String| Err(not_narrower("4p2", format!("tool `{}`: {what}", shown(tool))));
        if self.rest.is_some() && parent.rest.is_none() {
            return keys("other arguments are not held above".into());
        }
        for name in self.named.names() {
            if !parent.named.contains(name) && parent.rest.is_none() {
                return keys(format!("argument `{}` is not held above", shown(name)));
            }
        }
        for (name, above) in parent.named.iter() {
            match self.named.get(name) {
                None if above.presence == Presence::Required => {
                    return keys(format!("argument `{}` is required above", shown(name)));
                }
                None if self.rest.is_some() => {
                    return keys(format!("argument `{}` loses its constraint", shown(name)));
                }
                None => {}
                Some(own)
                    if above.presence == Presence::Required
                        && own.presence == Presence::Optional =>
                {
                    let reason = format!(
                        "tool `{}`: argument `{}` is required above",
                        shown(tool),
                        shown(name)
                    );
                    return Err(not_narrower("4p3", reason));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Required arguments are asked for first, then each that was sent is compared
    /// with its own constraint or, if it has none, with `*`.
    fn check_call(&self, arguments: &Object) -> Result<(), Refusal> {
        let refused = |reason: String| Err(Refusal::new(Outcome::ArgumentRefused, "6b", reason));
        if !arguments.is_admissible() {
            let reason = "a number in the arguments is not exactly a double";
            return Err(Refusal::new(Outcome::NonAdmissibleNumber, "6b", reason));
        }
        if let Some(name) = self.first_missing(arguments) {
            return refused(format!("argument `{}` is missing", shown(name)));
        }
        for (name, value) in arguments.iter() {
            match self.rule(name) {
                None => return refused(format!("argument `{}` is not held", shown(name))),
                Some(held) if !held.accepts(value) => {
                    let kind = held.type_name();
                    return refused(format!("argument `{}` is outside its `{kind}`", shown(name)));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// The first required argument that is not there. It is looked for only if one is:
    /// a call may have thousands, and finding each of ours in it would go through all.
    fn first_missing(&self, arguments: &Object) -> Option<&str> {
        let is_required = |argument: &Argument| argument.presence == Presence::Required;
        let required = self.named.iter().filter(|(_, argument)| is_required(argument));
        let sent =
            arguments.iter().filter(|(name, _)| self.named.get(name).is_some_and(is_required));
        if sent.count() == required.clone().count() {
            return None;
        }
        required.map(|(name, _)| name).find(|name| arguments.get(name).is_none())
    }

    /// The largest arguments below both; `None` if there are none, or no largest.
    ///
    /// Each argument that either side names is at the meet of both sides' rules, and
    /// what either side requires stays required. An optional argument that one side
    /// does not hold, or that no value would pass, is left out. Only where the rest
    /// is open it cannot be: without its rule it would be part of the rest.
    fn meet(&self, other: &Self) -> Option<Self> {
        let rest = match (&self.rest, &other.rest) {
            (Some(a), Some(b)) => Some(a.meet(b)?),
            (Some(_) | None, None) | (None, Some(_)) => None,
        };
        let mut named = Vec::new();
        let theirs = other.named.names().filter(|name| !self.named.contains(name));
        for name in self.named.names().chain(theirs) {
            let sides = [self.named.get(name), other.named.get(name)];
            let required = sides.iter().flatten().any(|one| one.presence == Presence::Required);
            let rule = self.rule(name).zip(other.rule(name)).and_then(|(a, b)| a.meet(b));
            match rule {
                Some(constraint) => {
                    let presence = if required { Presence::Required } else { Presence::Optional };
                    named.push((name, Argument { presence, constraint }));
                }
                None if required || rest.is_some() => return None,
                None => {}
            }
        }
        Some(Self { named: named.into_iter().collect(), rest })
    }

    /// What the argument `name` may be, if it is held at all.
    pub fn rule(&self, name: &str) -> Option<&Constraint> {
        self.named.get(name).map(|argument| &argument.constraint).or(self.rest.as_ref())
    }
}

/// Replaces every string over 4 KiB by `{"sha-256": digest}`, as both sides do
/// before constraints, proof and approval; `None` if the arguments already
/// hold such an object, which would make two calls look the same.
///
/// A large file would otherwise travel twice, as an argument and in the proof.
/// A rule then sees the object: `path_containment` refuses it, as it is no
/// string, while `wildcard` and `not_one_of` accept it.
///
/// ```
/// use procura_core::{json::Object, tools::with_digests};
///
/// let seen = with_digests(&Object::new().with("content", "x".repeat(5000))).unwrap();
/// let digest = seen.get("content").and_then(|content| content.as_object()).unwrap();
/// assert!(digest.get("sha-256").is_some());
///
/// let imitation = Object::new().with("content", digest.clone());
/// assert_eq!(with_digests(&imitation), None);
/// ```
pub fn with_digests(arguments: &Object) -> Option<Object> {
    arguments.try_map(with_digest)
}

/// [`with_digests`], without a copy where nothing is replaced.
pub(crate) fn digested(arguments: &Object) -> Option<Cow<'_, Object>> {
    if arguments.iter().all(|(_, value)| is_kept(value)) {
        return Some(Cow::Borrowed(arguments));
    }
    with_digests(arguments).map(Cow::Owned)
}

fn is_kept(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => text.len() <= limits::VALUE_BYTES,
        Value::Array(values) => values.iter().all(is_kept),
        Value::Object(object) => {
            object.get("sha-256").is_none() && object.iter().all(|(_, value)| is_kept(value))
        }
    }
}

fn with_digest(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) if text.len() > limits::VALUE_BYTES => {
            let digest = Digest::of(text.as_bytes()).to_base64url();
            Some(Object::new().with("sha-256", digest).into())
        }
        Value::Array(values) => {
            values.iter().map(with_digest).collect::<Option<_>>().map(Value::Array)
        }
        Value::Object(object) if object.len() == 1 && object.get("sha-256").is_some() => None,
        Value::Object(object) => with_digests(object).map(Value::Object),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Some(value.clone()),
    }
}

fn check_id(tool: &str) -> Result<(), Refusal> {
    if tool.is_empty() || tool.len() > limits::TOOL_ID_BYTES {
        return Err(Refusal::new(Outcome::TooLarge, "3m", "a tool id is empty or too long"));
    }
    Ok(())
}

/// Whether the argument may be left out, if that is said, and the constraint without it.
fn split_presence(value: &Value) -> Result<(Option<Presence>, Cow<'_, Value>), Refusal> {
    let object = value.as_object().ok_or_else(|| tree("a constraint is not an object".into()))?;
    let presence = match object.get("optional") {
        None => return Ok((None, Cow::Borrowed(value))),
        Some(Value::Bool(true)) => Presence::Optional,
        Some(Value::Bool(false)) => Presence::Required,
        Some(_) => return Err(tree("`optional` is neither true nor false".into())),
    };
    let mut rest = object.clone();
    rest.remove("optional");
    Ok((Some(presence), Cow::Owned(rest.into())))
}

fn tree(reason: String) -> Refusal {
    Refusal::new(Outcome::Malformed, "3n/4o", reason)
}

fn not_narrower(step: &'static str, reason: String) -> Refusal {
    Refusal::new(Outcome::NotNarrower, step, reason)
}

fn wider(tool: &str, argument: &str) -> Refusal {
    not_narrower(
        "4p4",
        format!("tool `{}`: argument `{}` is wider than above", shown(tool), shown(argument)),
    )
}
