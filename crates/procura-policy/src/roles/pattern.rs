//! What one permission covers.
//!
//! **Invariant:** a pattern covers every tool, one tool, or what is below a
//! whole part of a name. No pattern covers half of a part, so `mcp:web/*` says
//! nothing about `mcp:website/read`.

/// One permission of a role.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Pattern {
    /// Every tool.
    Every,
    /// The tools whose id starts with this, which ends in `/`.
    Below(String),
    /// One tool.
    Exactly(String),
}

impl Pattern {
    /// Reads a permission as it is written; `None` if it is not one.
    ///
    /// A star anywhere but at the end is refused, not taken as a character: who
    /// writes `mcp:*/read` expects it to cover something.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_plain = |c: char| c != '*' && !c.is_whitespace() && !c.is_control();
        let is_name = |name: &str| !name.is_empty() && name.chars().all(is_plain);
        match text.strip_suffix("/*") {
            _ if text == "*" => Some(Self::Every),
            Some(parent) => is_name(parent).then(|| Self::Below(format!("{parent}/"))),
            None => is_name(text).then(|| Self::Exactly(text.to_owned())),
        }
    }

    /// Whether the pattern covers `tool`. `a/*` does not cover `a/` itself,
    /// which is the name of no tool.
    pub(super) fn covers(&self, tool: &str) -> bool {
        match self {
            Self::Every => true,
            Self::Below(prefix) => tool.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty()),
            Self::Exactly(id) => tool == id,
        }
    }
}
