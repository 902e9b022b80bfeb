//! The Rego engine, behind its gates.
//!
//! The interpreter is used, not the engine's bytecode machine: the latter
//! turns a conflict between rules into no answer at all.
//!
//! **Invariant:** no text reaches the parser before [`Scan`] has read it, and
//! nothing is evaluated before [`call_graph`] has seen all of it.

mod message;

use core::num::NonZeroU32;
use core::time::Duration;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use regorus::unstable::Module;
use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, LimitError, Value};

use crate::call_graph;
use crate::error::PolicyError;
use crate::references;
use crate::scan::Scan;
use crate::sources::SourceFile;
use crate::verdict::{DenyCode, Refusal, Verdict};

/// Rego modules that were parsed, checked and prepared once.
#[derive(Debug)]
pub(crate) struct Rules {
    /// The engine, if any module defines the entry point.
    engine: Option<Engine>,
}

/// Why the rules gave no value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Failure {
    /// There is no value.
    #[error("no rule gives `{ENTRY_POINT}` a value for this call")]
    Undefined,
    /// The time ran out, or the engine met a limit of its own, such as that on
    /// the size of a regular expression.
    #[error("the rules took more time or space than an evaluation may take")]
    Budget,
    /// The engine failed; where, and why, without any value.
    #[error("{0}")]
    Error(String),
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let code = match failure {
            Failure::Undefined => DenyCode::Undefined,
            Failure::Budget => DenyCode::Budget,
            Failure::Error(_) => DenyCode::Error,
        };
        Self { rule: Verdict::ENGINE, code, reason: failure.to_string() }
    }
}

impl Rules {
    /// Compiles `files`, whose order decides which file an error names first.
    ///
    /// A set without an entry point compiles, and every question to it is
    /// denied as undefined.
    pub(crate) fn compile(files: &[&SourceFile]) -> Result<Self, PolicyError> {
        let mut scan = Scan::default();
        files.iter().try_for_each(|file| scan.check(file))?;
        let mut engine = Engine::new();
        engine.set_execution_timer_config(TIMER);
        files.iter().try_for_each(|file| parse(&mut engine, file))?;
        let modules = engine.get_modules();
        call_graph::check(modules.iter().map(AsRef::as_ref))?;
        if !modules.iter().any(|module| defines_decision(module)) {
            return Ok(Self { engine: None });
        }
        guarded(|| engine.compile_with_entrypoint(&Arc::from(ENTRY_POINT)))
            .map_err(|error| invalid("policy", error))?;
        Ok(Self { engine: Some(engine) })
    }

    /// The value of the entry point for `input`.
    ///
    /// The engine's clock also runs while the thread waits for a processor, so
    /// the first time that the time runs out the question is asked once more.
    /// Both tries together are the budget.
    pub(crate) fn ask(&self, input: &Value) -> Result<Value, Failure> {
        let engine = self.engine.as_ref().ok_or(Failure::Undefined)?;
        match evaluate(engine.clone(), input.clone()) {
            Err(Failure::Budget) => evaluate(engine.clone(), input.clone()),
            outcome => outcome,
        }
    }
}

/// Evaluates once and throws the engine away: a clone shares the parsed modules
/// and owns the state of one evaluation.
fn evaluate(mut engine: Engine, input: Value) -> Result<Value, Failure> {
    let outcome = guarded(move || {
        engine.set_input(input);
        engine.eval_rule(ENTRY_POINT.to_owned())
    });
    match outcome {
        Ok(Value::Undefined) => Err(Failure::Undefined),
        Ok(value) => Ok(value),
        Err(Some(error)) if error.is::<LimitError>() => Err(Failure::Budget),
        Err(Some(error)) => Err(message::failure(&error.to_string())),
        Err(None) => Err(Failure::Error("the engine failed".to_owned())),
    }
}

/// Runs the engine so that a panic in it is an answer, not the end; the answer
/// is an error of `None`.
fn guarded<T, E>(run: impl FnOnce() -> Result<T, E>) -> Result<T, Option<E>> {
    // Nothing that `run` may have left half changed is used afterwards.
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| None)?.map_err(Some)
}

/// Has the engine parse one file.
fn parse(engine: &mut Engine, file: &SourceFile) -> Result<(), PolicyError> {
    guarded(|| engine.add_policy(file.name.clone(), file.text.clone()))
        .map_err(|error| invalid(&file.name, error))?;
    // The engine prints a warning about this import each time; it has no effect.
    if engine.get_modules().last().is_some_and(|module| imports_bare_input(module)) {
        let message = "`import input` has no effect; remove it".to_owned();
        return Err(PolicyError::Rego { file: file.name.clone(), message });
    }
    Ok(())
}

fn imports_bare_input(module: &Module) -> bool {
    module.imports.iter().any(|import| references::static_path(&import.refr).dotted() == "input")
}

fn defines_decision(module: &Module) -> bool {
    references::static_path(&module.package.refr).dotted() == "procura"
        && references::definitions(module).iter().any(|rule| rule.name == "decision")
}

/// The fault that `error` tells of, or a panic where there is none.
fn invalid<E: ToString>(file: &str, error: Option<E>) -> PolicyError {
    let message = error.map_or_else(
        || "the engine cannot compile it".to_owned(),
        |error| message::one_line(&error.to_string()),
    );
    PolicyError::Rego { file: file.to_owned(), message }
}

const ENTRY_POINT: &str = "data.procura.decision";
const TIMER: ExecutionTimerConfig = ExecutionTimerConfig {
    // Half of the budget of 50 ms; see [`Rules::ask`].
    limit: Duration::from_millis(25),
    // How many steps may pass between two looks at the clock. Small, because a
    // step can double a value.
    check_interval: NonZeroU32::MIN.saturating_add(3),
};

#[cfg(test)]
mod tests {
    use super::{PolicyError, guarded, invalid};

    #[test]
    #[expect(clippy::panic, reason = "the test is about a panic")]
    fn a_panic_of_the_engine_is_an_answer() {
        assert_eq!(guarded(|| Ok::<u8, u8>(1)), Ok(1));
        assert_eq!(guarded(|| Err::<u8, u8>(2)), Err(Some(2)));
        assert_eq!(guarded(|| -> Result<u8, u8> { panic!("as an engine would") }), Err(None));
    }

    #[test]
    fn a_panic_names_the_file_that_was_read() {
        let message = "the engine cannot compile it".to_owned();
        let expected = PolicyError::Rego { file: "a.rego".to_owned(), message };
        assert_eq!(invalid("a.rego", None::<String>), expected);
    }
}
