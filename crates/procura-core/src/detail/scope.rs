//! Scopes: names of what may be done, and which name is within which.
//!
//! There are three forms (ADC-02, section 4.1), told apart by their bytes alone:
//!
//! | form | example | covers |
//! |---|---|---|
//! | literal | `pr.write.draft` | itself |
//! | wildcard | `pr.write.*` | literals and wildcards that begin with `pr.write.` |
//! | opaque | `User.Read`, `repo:status` | itself |
//!
//! A wildcard does not cover the name before its dot: `pr.write.*` is not
//! `pr.write`. No wildcard covers an opaque scope, as no one knows what the
//! bytes of another system's name mean.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

use crate::limits;

/// One scope.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Scope {
    text: String,
    form: Form,
}

/// What a scope's bytes make it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Form {
    /// Two or more segments of lower-case letters, digits, `_` and `-`.
    Literal,
    /// One or more such segments, and `*` as the last.
    Wildcard,
    /// Any other scope token (RFC 6749, section 3.3) without `*`.
    Opaque,
}

/// Scopes without repetition, and without one that another covers.
///
/// So two sets that cover the same are equal.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Scopes(BTreeSet<Scope>);

impl Scope {
    /// Reads a scope; `None` if it has none of the three forms.
    ///
    /// ```
    /// use procura_core::detail::{Form, Scope};
    ///
    /// let form = |text: &str| Scope::parse(text).map(|scope| scope.form());
    /// assert_eq!(form("pr.write"), Some(Form::Literal));
    /// assert_eq!(form("pr.*"), Some(Form::Wildcard));
    /// assert_eq!(form("Pr.Write"), Some(Form::Opaque));
    /// assert_eq!(form("*"), None);
    /// assert_eq!(form("pr.*.draft"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || text.len() > limits::TOOL_ID_BYTES {
            return None;
        }
        let form = match text.strip_suffix(".*") {
            Some(prefix) if is_segments(prefix) => Form::Wildcard,
            None if is_segments(text) && text.contains('.') => Form::Literal,
            Some(_) | None if text.bytes().all(is_opaque) => Form::Opaque,
            Some(_) | None => return None,
        };
        Some(Self { text: text.into(), form })
    }

    /// As it is written on the wire.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Which of the three forms it has.
    pub fn form(&self) -> Form {
        self.form
    }
}

/// `[a-z][a-z0-9_-]*`, joined by dots.
fn is_segments(text: &str) -> bool {
    text.split('.').all(|segment| {
        segment.starts_with(|first: char| first.is_ascii_lowercase())
            && segment.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-')
            })
    })
}

/// RFC 6749, section 3.3, without `*`: what looks like a pattern must be one.
fn is_opaque(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'*')
}

impl Scopes {
    /// Collects scopes; what another of them covers is left out.
    pub fn new(scopes: impl IntoIterator<Item = Scope>) -> Self {
        let all = Self(scopes.into_iter().collect());
        Self(all.0.iter().filter(|one| !all.covers_above(one)).cloned().collect())
    }

    /// The scopes in order of their bytes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Scope> {
        self.0.iter()
    }

    /// Whether there is none, so that nothing may be done.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of these covers `scope`.
    ///
    /// The work grows with the scope's segments and not with the set, because who
    /// delegates chooses the size of both.
    pub fn covers(&self, scope: &Scope) -> bool {
        self.0.contains(scope) || self.covers_above(scope)
    }

    /// Whether a wildcard that stands above `scope` is here.
    fn covers_above(&self, scope: &Scope) -> bool {
        let text = match scope.form {
            Form::Opaque => return false,
            Form::Literal => scope.text.as_str(),
            Form::Wildcard => scope.text.strip_suffix(".*").unwrap_or(&scope.text),
        };
        text.match_indices('.').any(|(dot, _)| {
            let text = format!("{}.*", text.get(..dot).unwrap_or_default());
            self.0.contains(&Scope { text, form: Form::Wildcard })
        })
    }

    /// The first scope that `parent` does not cover.
    pub fn first_beyond(&self, parent: &Self) -> Option<&Scope> {
        self.iter().find(|scope| !parent.covers(scope))
    }

    /// The scopes that both cover.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Self {
        let ours = self.iter().filter(|scope| other.covers(scope));
        let theirs = other.iter().filter(|scope| self.covers(scope));
        Self(ours.chain(theirs).cloned().collect())
    }
}
