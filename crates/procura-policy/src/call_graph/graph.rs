//! How deep the rules are that hang on each other.
//!
//! **Invariant:** in a graph that passes there is no circle, and no chain
//! weighs more than [`MAX_WEIGHT`], which was measured to fit half of the 2 MiB
//! of stack that a thread has.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::PolicyError;
use crate::references::Definition;

/// The rules by their numbers, and what each uses.
#[derive(Debug, Default)]
pub(super) struct Graph {
    rules: BTreeMap<usize, Rule>,
}

/// A rule or function, with all its definitions.
#[derive(Debug)]
struct Rule {
    name: String,
    /// Where it is defined first.
    file: String,
    weight: usize,
    uses: BTreeSet<usize>,
}

impl Graph {
    /// Adds one definition of a rule and what it uses.
    pub(super) fn add(&mut self, rule: usize, definition: &Definition, uses: BTreeSet<usize>) {
        let rule = self.rules.entry(rule).or_insert_with(|| Rule {
            name: definition.name.clone(),
            file: definition.file.clone(),
            weight: 0,
            uses: BTreeSet::new(),
        });
        rule.weight = rule.weight.max(definition.weight.saturating_add(ENTRY));
        rule.uses.extend(uses);
    }

    /// Refuses circles and chains that are too deep.
    pub(super) fn measure(&self) -> Result<(), PolicyError> {
        let mut totals = BTreeMap::new();
        self.rules.keys().try_for_each(|start| self.measure_from(*start, &mut totals))
    }

    /// Weighs everything that `start` hangs on, deepest first, so that a rule
    /// is weighed once all that it uses was. The trail is a list of our own,
    /// because recursion is what is being bounded.
    fn measure_from(&self, start: usize, totals: &mut Totals) -> Result<(), PolicyError> {
        let mut trail = vec![start];
        while let Some((last, rule)) = trail.last().and_then(|last| self.rules.get_key_value(last))
        {
            match rule.uses.iter().find(|used| !totals.contains_key(used)) {
                Some(next) if trail.contains(next) => return Err(self.circle(&trail, *next)),
                Some(next) => trail.push(*next),
                None => {
                    totals.insert(*last, rule.total(totals)?);
                    trail.pop();
                }
            }
        }
        Ok(())
    }

    /// The part of `trail` that leads back to the rule `again`.
    fn circle(&self, trail: &[usize], again: usize) -> PolicyError {
        let members = trail.iter().skip_while(|rule| **rule != again).chain([&again]);
        let members: Vec<&Rule> = members.filter_map(|rule| self.rules.get(rule)).collect();
        let names: Vec<&str> = members.iter().map(|rule| rule.name.as_str()).collect();
        let file = members.first().map_or_else(String::new, |rule| rule.file.clone());
        PolicyError::Recursive { file, path: abridged(names).join(" -> ") }
    }
}

/// How much each rule weighs with all that it uses.
type Totals = BTreeMap<usize, usize>;

impl Rule {
    /// The weight of the longest chain that starts here.
    fn total(&self, totals: &Totals) -> Result<usize, PolicyError> {
        let below = self.uses.iter().filter_map(|used| totals.get(used)).max();
        let weight = self.weight.saturating_add(below.copied().unwrap_or(0));
        if weight <= MAX_WEIGHT {
            return Ok(weight);
        }
        let (file, rule) = (self.file.clone(), self.name.clone());
        Err(PolicyError::TooDeep { file, rule, weight, limit: MAX_WEIGHT })
    }
}

/// A long circle is recognised by its ends.
fn abridged(names: Vec<&str>) -> Vec<&str> {
    if names.len() <= 10 {
        return names;
    }
    let tail = names.iter().skip(names.len().saturating_sub(4));
    names.iter().take(4).chain([&"…"]).chain(tail).copied().collect()
}

/// Steps that entering a rule or function is deep.
const ENTRY: usize = 8;
/// How deep the longest chain may be. A step takes up to about 600 bytes.
const MAX_WEIGHT: usize = 1024;
