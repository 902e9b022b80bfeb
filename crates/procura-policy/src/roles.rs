//! Roles, what they permit, and who has them.
//!
//! **Invariant:** an agent's assignment only narrows. No assignment of an
//! agent makes a tool available that the principal's roles do not permit.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::error::RolesError;

/// Which tools each principal and each agent may use.
#[derive(Debug, Default)]
pub(crate) struct Roles {
    principals: BTreeMap<String, BTreeSet<Pattern>>,
    agents: BTreeMap<String, BTreeSet<Pattern>>,
}

impl Roles {
    /// Reads the text of `roles.toml`.
    pub(crate) fn parse(text: &str) -> Result<Self, RolesError> {
        let file: File =
            toml::from_str(text).map_err(|error| RolesError::Syntax(one_line(&error)))?;
        let permissions = file
            .roles
            .into_iter()
            .map(|(name, role)| Ok((name.clone(), role.patterns(&name)?)))
            .collect::<Result<BTreeMap<_, _>, RolesError>>()?;
        let mut roles = Self::default();
        for (index, assignment) in file.assignments.into_iter().enumerate() {
            roles.assign(index, assignment, &permissions)?;
        }
        Ok(roles)
    }

    /// Why `tool` is not permitted, or `None` if it is.
    ///
    /// The agent is asked only if some assignment names it: an agent that
    /// nobody mentioned may use what its principal may use.
    pub(crate) fn refuses(&self, principal: &str, agent: &str, tool: &str) -> Option<String> {
        if !self.principals.get(principal).is_some_and(|patterns| covers(patterns, tool)) {
            return Some(format!("no role of `{principal}` permits `{tool}`"));
        }
        if self.agents.get(agent).is_some_and(|patterns| !covers(patterns, tool)) {
            return Some(format!("no role of the agent `{agent}` permits `{tool}`"));
        }
        None
    }

    fn assign(
        &mut self,
        index: usize,
        assignment: Assignment,
        permissions: &BTreeMap<String, BTreeSet<Pattern>>,
    ) -> Result<(), RolesError> {
        let (table, subject) = match (assignment.principal, assignment.agent) {
            (Some(principal), None) if !principal.is_empty() => (&mut self.principals, principal),
            (None, Some(agent)) if !agent.is_empty() => (&mut self.agents, agent),
            (Some(_), _) | (None, _) => return Err(RolesError::Subject(index.saturating_add(1))),
        };
        if assignment.roles.is_empty() {
            return Err(RolesError::NoRoles(subject));
        }
        let mut given = BTreeSet::new();
        for role in assignment.roles {
            let Some(patterns) = permissions.get(&role) else {
                return Err(RolesError::UnknownRole { subject, role });
            };
            if !given.insert(role.clone()) {
                return Err(RolesError::DuplicateRole { subject, role });
            }
            table.entry(subject.clone()).or_default().extend(patterns.iter().cloned());
        }
        Ok(())
    }
}

/// What one permission covers.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Pattern {
    /// Every tool.
    Every,
    /// The tools whose id starts with this, which ends in `/`.
    Below(String),
    /// One tool.
    Exactly(String),
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Every);
        }
        let body = text.strip_suffix("/*").unwrap_or(text);
        let is_plain = |c: char| c != '*' && !c.is_whitespace() && !c.is_control();
        if body.is_empty() || !body.chars().all(is_plain) {
            return None;
        }
        if body.len() == text.len() {
            return Some(Self::Exactly(text.to_owned()));
        }
        Some(Self::Below(format!("{body}/")))
    }

    fn covers(&self, tool: &str) -> bool {
        match self {
            Self::Every => true,
            Self::Below(prefix) => tool.len() > prefix.len() && tool.starts_with(prefix),
            Self::Exactly(id) => tool == id,
        }
    }
}

fn covers(patterns: &BTreeSet<Pattern>, tool: &str) -> bool {
    patterns.iter().any(|pattern| pattern.covers(tool))
}

/// `roles.toml` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    roles: BTreeMap<String, Role>,
    #[serde(default)]
    assignments: Vec<Assignment>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Role {
    permissions: Vec<String>,
}

impl Role {
    fn patterns(self, name: &str) -> Result<BTreeSet<Pattern>, RolesError> {
        if self.permissions.is_empty() {
            return Err(RolesError::EmptyRole(name.to_owned()));
        }
        self.permissions
            .into_iter()
            .map(|pattern| {
                Pattern::parse(&pattern)
                    .ok_or_else(|| RolesError::BadPattern { role: name.to_owned(), pattern })
            })
            .collect()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Assignment {
    principal: Option<String>,
    agent: Option<String>,
    roles: Vec<String>,
}

/// A TOML error without the drawing of the text around it.
fn one_line(error: &toml::de::Error) -> String {
    error.message().replace('\n', "; ")
}
