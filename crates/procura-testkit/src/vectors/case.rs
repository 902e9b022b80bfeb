//! One case, and how a group of cases is written down.

use procura_core::{
    json::{Object, Value},
    refusal::Refusal,
};

/// A case: what goes in, and what has to come out.
pub struct Case {
    /// A name of its own: `area_what`.
    pub name: String,
    what: String,
    op: &'static str,
    input: Object,
    expected: Expected,
    pair: Option<String>,
}

/// What has to come out.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    /// It is accepted; what comes with it is this, where the case says so.
    Allow(Option<Value>),
    /// It is refused.
    Deny {
        /// The code.
        outcome: &'static str,
        /// The step; none where the operation has no steps.
        step: Option<&'static str>,
        /// The token that caused it, counted from the root, from zero.
        hop: Option<u32>,
    },
}

/// What this implementation says of a case.
pub type Answer = Result<Option<Value>, Refusal>;

impl Case {
    /// What goes in.
    pub(super) fn input(&self) -> &Object {
        &self.input
    }

    /// Whether it has to be refused.
    pub fn is_negative(&self) -> bool {
        matches!(self.expected, Expected::Deny { .. })
    }

    /// The line of the file, without its end.
    pub fn line(&self) -> String {
        let text = |text: &str| canonical(&Value::from(text));
        let (name, what, op) = (text(&self.name), text(&self.what), text(self.op));
        let (input, expect) = (canonical(&self.input.clone().into()), self.expected.line());
        let pair =
            self.pair.as_deref().map_or(String::new(), |pair| format!(r#","pair":{}"#, text(pair)));
        format!(
            r#"{{"name":{name},"what":{what},"op":{op},"input":{input},"expect":{expect}{pair}}}"#
        )
    }
}

impl Expected {
    fn line(&self) -> String {
        match self {
            Self::Allow(None) => r#"{"verdict":"allow"}"#.into(),
            Self::Allow(Some(output)) => {
                format!(r#"{{"verdict":"allow","output":{}}}"#, canonical(output))
            }
            Self::Deny { outcome, step, hop } => {
                let step = step.map_or("null".into(), |step| format!(r#""{step}""#));
                let hop = hop.map_or("null".into(), |hop| hop.to_string());
                format!(r#"{{"verdict":"deny","outcome":"{outcome}","step":{step},"hop":{hop}}}"#)
            }
        }
    }
}

/// A refusal at a step that is not about one token.
pub(super) fn deny(outcome: &'static str, step: &'static str) -> Expected {
    Expected::Deny { outcome, step: Some(step), hop: None }
}

/// A refusal at a step, caused by a token.
pub(super) fn deny_at(outcome: &'static str, step: &'static str, hop: u32) -> Expected {
    Expected::Deny { outcome, step: Some(step), hop: Some(hop) }
}

/// A refusal by an operation without steps.
pub(super) fn refused(outcome: &'static str) -> Expected {
    Expected::Deny { outcome, step: None, hop: None }
}

/// An acceptance.
pub(super) const ALLOW: Expected = Expected::Allow(None);

/// An acceptance with what comes out.
pub(super) fn output(value: impl Into<Value>) -> Expected {
    Expected::Allow(Some(value.into()))
}

/// The cases of one area, of which every negative one has a positive one near it.
#[derive(Default)]
pub(super) struct Cases {
    list: Vec<Case>,
    op: &'static str,
    pair: Option<String>,
}

impl Cases {
    /// Begins with cases of this operation.
    pub(super) fn of(op: &'static str) -> Self {
        Self { op, ..Self::default() }
    }

    /// Goes on with cases of another operation.
    pub(super) fn op(&mut self, op: &'static str) -> &mut Self {
        self.op = op;
        self.pair = None;
        self
    }

    /// Adds a case. A positive one becomes the pair of the negative ones that follow.
    pub(super) fn add(&mut self, name: &str, what: &str, (input, expected): (Object, Expected)) {
        let pair = match &expected {
            Expected::Allow(_) => {
                self.pair = Some(name.into());
                None
            }
            Expected::Deny { .. } => self.pair.clone(),
        };
        self.list.push(Case {
            name: name.into(),
            what: what.into(),
            op: self.op,
            input,
            expected,
            pair,
        });
    }

    /// Makes an earlier positive case the pair of the negative ones that follow.
    pub(super) fn near(&mut self, name: &str) -> &mut Self {
        self.pair = Some(name.into());
        self
    }

    /// All of them.
    pub(super) fn done(self) -> Vec<Case> {
        self.list
    }
}

/// Canonical text; what is written here has proper numbers alone.
fn canonical(value: &Value) -> String {
    match value.to_canonical() {
        Ok(text) => text,
        Err(error) => panic!("a case cannot be written: {error}"),
    }
}
