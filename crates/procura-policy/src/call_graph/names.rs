//! Which rules a path may stand for.
//!
//! **Invariant:** every rule that the engine may evaluate for a path is found.
//! More may be found, never less.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::Module;

use crate::references::{self, Definition, Path};

/// The names of a policy set.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Each rule's number by its package and the first part of its name:
    /// everything that the engine evaluates together.
    rules: BTreeMap<Vec<String>, usize>,
    /// What a name in a package stands for; one name can be imported
    /// differently by two files of a package, and the engine may follow either.
    imports: BTreeMap<Vec<String>, BTreeSet<Path>>,
}

impl Names {
    /// Takes in the imports of `module`.
    pub(super) fn import(&mut self, module: &Module) {
        let package = references::static_path(&module.package.refr);
        for import in &module.imports {
            let target = references::static_path(&import.refr);
            let alias = import.r#as.as_ref().map(|span| span.text().to_owned());
            if let Some(alias) = alias.or_else(|| target.0.last().cloned()) {
                self.imports.entry(joined(&package, &alias)).or_default().insert(target);
            }
        }
    }

    /// The number of the rule that `definition` belongs to; the next one if it
    /// is the first of its rule.
    pub(super) fn declare(&mut self, definition: &Definition) -> usize {
        let next = self.rules.len();
        *self.rules.entry(joined(&definition.package, &definition.name)).or_insert(next)
    }

    /// Every rule that the engine may evaluate for `path`, as seen from `package`.
    pub(super) fn resolve(&self, package: &Path, path: &Path) -> BTreeSet<usize> {
        let fields = path.0.get(1..).unwrap_or_default();
        if path.root() == "data" {
            return self.at(fields).collect();
        }
        let name = joined(package, path.root());
        let imported = self.imports.get(&name).into_iter().flatten();
        let targets = imported.filter(|target| target.root() == "data");
        let found = targets.flat_map(|target| {
            let below = [target.0.get(1..).unwrap_or_default(), fields].concat();
            self.at(&below).collect::<Vec<_>>()
        });
        self.rules.get(&name).copied().into_iter().chain(found).collect()
    }

    /// The rules at, above or below a path under `data`: a rule holds
    /// everything below its own name, and a package everything in it.
    fn at(&self, path: &[String]) -> impl Iterator<Item = usize> {
        let above = (1..path.len()).filter_map(|length| self.rules.get(path.get(..length)?));
        let from_here = self.rules.range(path.to_vec()..);
        let below = from_here.take_while(|(name, _)| name.starts_with(path));
        above.chain(below.map(|(_, rule)| rule)).copied()
    }
}

fn joined(package: &Path, name: &str) -> Vec<String> {
    [package.0.as_slice(), &[name.to_owned()]].concat()
}
