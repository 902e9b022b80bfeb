//! Roles, what they permit, and who has them.
//!
//! **Invariant:** an agent's assignment only narrows. No assignment of an
//! agent makes a tool available that the principal's roles do not permit.

mod pattern;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use self::pattern::Pattern;
use crate::error::RolesError;
use crate::verdict::{DenyCode, Refusal, Verdict};

/// Which tools each principal and each agent may use.
#[derive(Debug, Default)]
pub(crate) struct Roles {
    principals: BTreeMap<String, BTreeSet<Pattern>>,
    agents: BTreeMap<String, BTreeSet<Pattern>>,
}

impl Roles {
    /// Reads the text of `roles.toml`.
    pub(crate) fn parse(text: &str) -> Result<Self, RolesError> {
        let File { roles, assignments } = toml::from_str(text).map_err(syntax)?;
        let named = |(name, role): (String, Role)| Ok((name.clone(), role.permits(&name)?));
        let permits = roles.into_iter().map(named).collect::<Result<Permits, RolesError>>()?;
        let mut roles = Self::default();
        for (number, assignment) in (1..).zip(assignments) {
            roles.assign(number, assignment, &permits)?;
        }
        Ok(roles)
    }

    /// Refuses a tool that the roles of the principal, or of the agent, do not
    /// permit.
    ///
    /// The agent is asked only if some assignment names it: an agent that
    /// nobody mentioned may use what its principal may use.
    pub(crate) fn permit(&self, principal: &str, agent: &str, tool: &str) -> Result<(), Refusal> {
        if !self.principals.get(principal).is_some_and(|patterns| covers(patterns, tool)) {
            return Err(refused(format!("no role of `{principal}` permits `{tool}`")));
        }
        if self.agents.get(agent).is_some_and(|patterns| !covers(patterns, tool)) {
            return Err(refused(format!("no role of the agent `{agent}` permits `{tool}`")));
        }
        Ok(())
    }

    /// Gives what an assignment says to whom it names, in addition to what
    /// other assignments give them.
    fn assign(
        &mut self,
        number: usize,
        assignment: Assignment,
        permits: &Permits,
    ) -> Result<(), RolesError> {
        let (table, subject) = match (assignment.principal, assignment.agent) {
            (Some(principal), None) if !principal.is_empty() => (&mut self.principals, principal),
            (None, Some(agent)) if !agent.is_empty() => (&mut self.agents, agent),
            (Some(_), _) | (None, _) => return Err(RolesError::Subject(number)),
        };
        let given = given(&subject, assignment.roles, permits)?;
        table.entry(subject).or_default().extend(given);
        Ok(())
    }
}

/// What each role permits, by its name.
type Permits = BTreeMap<String, BTreeSet<Pattern>>;

/// What `roles` permit together.
fn given(
    subject: &str,
    roles: Vec<String>,
    permits: &Permits,
) -> Result<BTreeSet<Pattern>, RolesError> {
    if roles.is_empty() {
        return Err(RolesError::NoRoles(subject.to_owned()));
    }
    let mut given = BTreeSet::new();
    let mut names = BTreeSet::new();
    for role in roles {
        let Some(patterns) = permits.get(&role) else {
            return Err(RolesError::UnknownRole { subject: subject.to_owned(), role });
        };
        if !names.insert(role.clone()) {
            return Err(RolesError::DuplicateRole { subject: subject.to_owned(), role });
        }
        given.extend(patterns.iter().cloned());
    }
    Ok(given)
}

fn covers(patterns: &BTreeSet<Pattern>, tool: &str) -> bool {
    patterns.iter().any(|pattern| pattern.covers(tool))
}

fn refused(reason: String) -> Refusal {
    Refusal { rule: Verdict::ROLES, code: DenyCode::NoRole, reason }
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
    /// The permissions of the role called `name`, which an error repeats.
    fn permits(self, name: &str) -> Result<BTreeSet<Pattern>, RolesError> {
        if self.permissions.is_empty() {
            return Err(RolesError::EmptyRole(name.to_owned()));
        }
        let bad = |pattern| RolesError::BadPattern { role: name.to_owned(), pattern };
        let patterns = self.permissions.into_iter();
        patterns.map(|text| Pattern::parse(&text).ok_or_else(|| bad(text))).collect()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Assignment {
    principal: Option<String>,
    agent: Option<String>,
    roles: Vec<String>,
}

/// A TOML error on one line, without the drawing of the text around it.
fn syntax(error: toml::de::Error) -> RolesError {
    RolesError::Syntax(error.message().replace('\n', "; "))
}
