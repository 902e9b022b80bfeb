//! Which rules depend on which, so that evaluation can be shown to end and to
//! fit the stack.
//!
//! The engine recurses on rules and functions without a limit, and running out
//! of stack ends the process. OPA refuses recursion when it compiles; so does
//! this, and it also bounds the longest chain.
//!
//! **Invariant:** in a set that passes, every rule calls only what policies may
//! call and replaces only `input`, and evaluation ends on the stack that
//! [`Graph`] allows.

mod graph;
mod names;

use std::collections::BTreeSet;

use regorus::unstable::Module;

use self::graph::Graph;
use self::names::Names;
use crate::builtins;
use crate::error::PolicyError;
use crate::references::{self, Definition, Path};

/// Checks what the modules refer to, call and replace.
pub(crate) fn check<'a>(modules: impl Iterator<Item = &'a Module>) -> Result<(), PolicyError> {
    let mut names = Names::default();
    let mut rules = Vec::new();
    for module in modules {
        names.import(module);
        let definitions = references::definitions(module).into_iter();
        rules.extend(definitions.map(|definition| (names.declare(&definition), definition)));
    }
    if rules.len() > MAX_RULES {
        return Err(PolicyError::TooManyRules { count: rules.len(), limit: MAX_RULES });
    }
    let mut graph = Graph::default();
    for (rule, definition) in &rules {
        check_calls(definition, &names)?;
        check_replaced(definition)?;
        graph.add(*rule, definition, uses(definition, &names));
    }
    graph.measure()
}

/// Refuses a call of anything but an allowed function of the engine or a
/// function of the policy's own.
///
/// One of the policy's own that is named like a function of the engine counts
/// as the engine's, whichever of the two the engine would prefer.
fn check_calls(definition: &Definition, names: &Names) -> Result<(), PolicyError> {
    let is_ours = |path: &Path| !names.resolve(&definition.package, path).is_empty();
    let is_callable = |path: &Path| {
        let name = path.dotted();
        builtins::is_allowed(&name) || (!builtins::is_builtin(&name) && is_ours(path))
    };
    let Some(path) = definition.calls.iter().find(|path| !is_callable(path)) else {
        return Ok(());
    };
    Err(PolicyError::BuiltinForbidden { file: definition.file.clone(), name: path.dotted() })
}

/// Refuses a `with` on anything but `input`: it can put a function or a rule
/// in the place of another, past every other check.
fn check_replaced(definition: &Definition) -> Result<(), PolicyError> {
    let Some(path) = definition.replaced.iter().find(|path| path.root() != "input") else {
        return Ok(());
    };
    Err(PolicyError::WithForbidden { file: definition.file.clone(), name: path.dotted() })
}

/// Every rule that the engine may evaluate for `definition`.
fn uses(definition: &Definition, names: &Names) -> BTreeSet<usize> {
    let paths = definition.references.iter().chain(&definition.calls);
    paths.flat_map(|path| names.resolve(&definition.package, path)).collect()
}

const MAX_RULES: usize = 2048;
