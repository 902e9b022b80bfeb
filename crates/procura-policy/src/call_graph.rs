//! Which rules depend on which, so that evaluation can be shown to end and to
//! fit the stack.
//!
//! The engine recurses on rules and functions without a limit, and running out
//! of stack ends the process. OPA refuses recursion when it compiles; so does
//! this, and it also bounds the longest chain.
//!
//! **Invariant:** in a set that passes there is no circle, and no chain weighs
//! more than [`MAX_WEIGHT`], which was measured to fit half of the 2 MiB that
//! a thread has.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::Module;

use crate::builtins;
use crate::error::PolicyError;
use crate::references::{self, Path, RuleUse};

/// Checks what the modules refer to, call and replace.
pub(crate) fn check<'a>(modules: impl Iterator<Item = &'a Module>) -> Result<(), PolicyError> {
    let mut graph = Graph::default();
    let mut uses = Vec::new();
    for module in modules {
        let package = graph.add_package(module);
        for rule in references::uses(module) {
            let node = graph.add_rule(package, module, &rule);
            uses.push((node, rule));
        }
    }
    if uses.len() > MAX_RULES {
        return Err(PolicyError::TooManyRules { count: uses.len(), limit: MAX_RULES });
    }
    for (node, rule) in &uses {
        graph.connect(*node, rule)?;
    }
    graph.measure()
}

/// A rule or function, by package and the first part of its name: everything
/// that the engine evaluates together.
#[derive(Debug)]
struct Node {
    package: usize,
    name: String,
    file: String,
    weight: usize,
    uses: BTreeSet<usize>,
}

#[derive(Debug)]
struct Package {
    /// The parts after `data`.
    path: Vec<String>,
    rules: BTreeMap<String, usize>,
    /// What a name stands for; one name can be imported differently by two
    /// files of a package, and the engine may follow either.
    imports: BTreeMap<String, BTreeSet<Path>>,
}

#[derive(Debug, Default)]
struct Graph {
    packages: Vec<Package>,
    nodes: Vec<Node>,
}

impl Graph {
    fn add_package(&mut self, module: &Module) -> usize {
        let path = references::static_path(&module.package.refr).0;
        let known = self.packages.iter().position(|package| package.path == path);
        let index = known.unwrap_or(self.packages.len());
        if known.is_none() {
            self.packages.push(Package { path, rules: BTreeMap::new(), imports: BTreeMap::new() });
        }
        if let Some(package) = self.packages.get_mut(index) {
            for import in &module.imports {
                let target = references::static_path(&import.refr);
                let alias = import.r#as.as_ref().map(|span| span.text().to_owned());
                if let Some(alias) = alias.or_else(|| target.0.last().cloned()) {
                    package.imports.entry(alias).or_default().insert(target);
                }
            }
        }
        index
    }

    fn add_rule(&mut self, package: usize, module: &Module, rule: &RuleUse) -> usize {
        let next = self.nodes.len();
        let index = match self.packages.get_mut(package) {
            Some(package) => *package.rules.entry(rule.name.clone()).or_insert(next),
            None => next,
        };
        if index == next {
            self.nodes.push(Node {
                package,
                name: rule.name.clone(),
                file: module.package.span.source.get_path().clone(),
                weight: 0,
                uses: BTreeSet::new(),
            });
        }
        if let Some(node) = self.nodes.get_mut(index) {
            node.weight = node.weight.max(rule.weight.saturating_add(RULE));
        }
        index
    }

    fn connect(&mut self, index: usize, rule: &RuleUse) -> Result<(), PolicyError> {
        let Some((package, file)) = self.nodes.get(index).map(|n| (n.package, n.file.clone()))
        else {
            return Ok(());
        };
        let mut uses = BTreeSet::new();
        for path in &rule.references {
            self.resolve(package, path, &mut uses);
        }
        for path in &rule.calls {
            let name = path.dotted();
            let mut functions = BTreeSet::new();
            self.resolve(package, path, &mut functions);
            let is_ours = !functions.is_empty();
            uses.extend(functions);
            if builtins::is_allowed(&name) || (is_ours && !builtins::is_builtin(&name)) {
                continue;
            }
            return Err(PolicyError::BuiltinForbidden { file, name });
        }
        if let Some(path) = rule.replaced.iter().find(|path| !is_input(path)) {
            let name = path.dotted();
            return Err(PolicyError::WithForbidden { file, name });
        }
        if let Some(node) = self.nodes.get_mut(index) {
            node.uses.extend(uses);
        }
        Ok(())
    }

    /// Adds every rule that the engine may evaluate for `path`, as seen from `package`.
    fn resolve(&self, package: usize, path: &Path, found: &mut BTreeSet<usize>) {
        let Some((root, fields)) = path.0.split_first() else {
            return;
        };
        if root == "data" {
            return self.absolute(fields, found);
        }
        let Some(package) = self.packages.get(package) else {
            return;
        };
        found.extend(package.rules.get(root));
        for target in package.imports.get(root).into_iter().flatten() {
            if let Some(("data", rest)) = target.0.split_first().map(|(r, f)| (r.as_str(), f)) {
                self.absolute(&[rest, fields].concat(), found);
            }
        }
    }

    /// Adds the rule at a path below `data`, or all rules below it.
    fn absolute(&self, path: &[String], found: &mut BTreeSet<usize>) {
        for package in &self.packages {
            if package.path.starts_with(path) {
                found.extend(package.rules.values());
            } else if let Some([name, ..]) = path.strip_prefix(package.path.as_slice()) {
                found.extend(package.rules.get(name));
            }
        }
    }

    /// Refuses circles and chains that are too deep.
    fn measure(&self) -> Result<(), PolicyError> {
        let mut totals: Vec<Option<usize>> = vec![None; self.nodes.len()];
        for start in 0..self.nodes.len() {
            self.measure_from(start, &mut totals)?;
        }
        Ok(())
    }

    /// Walks everything that `start` uses, deepest first.
    fn measure_from(&self, start: usize, totals: &mut [Option<usize>]) -> Result<(), PolicyError> {
        let mut trail: Vec<usize> = vec![start];
        let mut is_on_trail = BTreeSet::from([start]);
        while let Some(&index) = trail.last() {
            let Some(node) = self.nodes.get(index) else {
                return Ok(());
            };
            let unknown = node.uses.iter().find(|used| total(totals, **used).is_none());
            if let Some(&next) = unknown {
                if !is_on_trail.insert(next) {
                    return Err(self.circle(&trail, next));
                }
                trail.push(next);
                continue;
            }
            let below = node.uses.iter().filter_map(|used| total(totals, *used)).max();
            let weight = node.weight.saturating_add(below.unwrap_or(0));
            if weight > MAX_WEIGHT {
                return Err(PolicyError::TooDeep {
                    file: node.file.clone(),
                    rule: node.name.clone(),
                    weight,
                    limit: MAX_WEIGHT,
                });
            }
            if let Some(slot) = totals.get_mut(index) {
                *slot = Some(weight);
            }
            trail.pop();
            is_on_trail.remove(&index);
        }
        Ok(())
    }

    fn circle(&self, trail: &[usize], back_to: usize) -> PolicyError {
        let from = trail.iter().position(|index| *index == back_to).unwrap_or(0);
        let members = trail.iter().skip(from).chain([&back_to]);
        let nodes: Vec<&Node> = members.filter_map(|index| self.nodes.get(*index)).collect();
        let mut names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
        // A long circle is recognised by its ends.
        if names.len() > 10 {
            let tail = names.split_off(names.len().saturating_sub(4));
            names.truncate(4);
            names.push("…");
            names.extend(tail);
        }
        PolicyError::Recursive {
            file: nodes.first().map_or_else(String::new, |node| node.file.clone()),
            path: names.join(" -> "),
        }
    }
}

fn total(totals: &[Option<usize>], index: usize) -> Option<usize> {
    totals.get(index).copied().flatten()
}

fn is_input(path: &Path) -> bool {
    path.0.first().is_some_and(|root| root == "input")
}

/// Steps that entering a rule or function is deep.
const RULE: usize = 8;
/// How deep the longest chain may be. A step takes up to about 600 bytes.
const MAX_WEIGHT: usize = 1024;
const MAX_RULES: usize = 2048;
