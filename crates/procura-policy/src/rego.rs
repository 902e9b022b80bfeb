//! The Rego engine, behind its gates.
//!
//! The interpreter is used, not the engine's bytecode machine: the latter
//! turns a conflict between rules into no answer at all.
//!
//! **Invariant:** no text reaches the parser before [`Scan`] has read it, and
//! nothing is evaluated before [`call_graph`] has seen all of it.

use core::num::NonZeroU32;
use core::time::Duration;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, LimitError, Value};

use crate::call_graph;
use crate::error::PolicyError;
use crate::references;
use crate::scan::Scan;
use crate::set::SourceFile;

/// Rego modules that were parsed, checked and prepared once.
#[derive(Debug)]
pub(crate) struct Rules {
    engine: Engine,
    /// Whether any module defines the entry point.
    has_decision: bool,
}

/// Why the rules gave no value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Failure {
    /// There is no value.
    Undefined,
    /// The time ran out.
    Budget,
    /// The engine failed; where, and why, without any value.
    Error(String),
}

impl Rules {
    /// Compiles `files`, whose order decides which file an error names first.
    pub(crate) fn compile(files: &[&SourceFile]) -> Result<Self, PolicyError> {
        let mut scan = Scan::default();
        for file in files {
            scan.check(&file.text).map_err(|(line, problem)| PolicyError::TooComplex {
                file: file.name.clone(),
                line,
                problem,
            })?;
        }
        let mut engine = Engine::new();
        engine.set_execution_timer_config(ExecutionTimerConfig {
            limit: TRY,
            check_interval: CHECK_INTERVAL,
        });
        for file in files {
            parse(&mut engine, file)?;
        }
        call_graph::check(engine.get_modules().iter().map(AsRef::as_ref))?;
        let has_decision = has_decision(&mut engine);
        let prepared = guarded(|| engine.compile_with_entrypoint(&Arc::from(ENTRY_POINT)));
        match prepared {
            Ok(Ok(_)) => {}
            // Without an entry point every question is denied as undefined.
            Ok(Err(_)) if !has_decision => {}
            Ok(Err(error)) => return Err(invalid(None, &error.to_string())),
            Err(Panicked) => return Err(invalid(None, "the engine cannot compile it")),
        }
        Ok(Self { engine, has_decision })
    }

    /// The value of the entry point for `input`.
    ///
    /// The engine's clock also runs while the thread waits for a processor, so
    /// the first time that the time runs out the question is asked once more.
    /// Both tries together are the budget.
    pub(crate) fn ask(&self, input: &Value) -> Result<Value, Failure> {
        if !self.has_decision {
            return Err(Failure::Undefined);
        }
        match self.try_once(input.clone()) {
            Err(Failure::Budget) => self.try_once(input.clone()),
            outcome => outcome,
        }
    }

    fn try_once(&self, input: Value) -> Result<Value, Failure> {
        // A clone shares the parsed modules and owns the state of one evaluation.
        let mut engine = self.engine.clone();
        let outcome = guarded(move || {
            engine.set_input(input);
            engine.eval_rule(ENTRY_POINT.to_owned())
        });
        match outcome {
            Ok(Ok(Value::Undefined)) => Err(Failure::Undefined),
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) if error.downcast_ref::<LimitError>().is_some() => Err(Failure::Budget),
            Ok(Err(error)) => Err(failure(&error.to_string())),
            Err(Panicked) => Err(Failure::Error("the engine failed".to_owned())),
        }
    }
}

/// The engine panicked. Its state is thrown away.
#[derive(Debug, Eq, PartialEq)]
struct Panicked;

/// Runs the engine so that a panic in it is an answer, not the end.
fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, Panicked> {
    // Nothing that `run` may have left half changed is used afterwards.
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| Panicked)
}

fn parse(engine: &mut Engine, file: &SourceFile) -> Result<(), PolicyError> {
    let outcome = guarded(|| engine.add_policy(file.name.clone(), file.text.clone()));
    match outcome {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return Err(invalid(Some(&file.name), &error.to_string())),
        Err(Panicked) => return Err(invalid(Some(&file.name), "the engine cannot read it")),
    }
    // The engine prints a warning about this import each time; it has no effect.
    let imports = engine.get_modules().last().map(|module| &module.imports);
    let is_bare_input = |path: references::Path| path.dotted() == "input";
    if imports
        .is_some_and(|all| all.iter().any(|i| is_bare_input(references::static_path(&i.refr))))
    {
        return Err(invalid(Some(&file.name), "`import input` has no effect; remove it"));
    }
    Ok(())
}

fn has_decision(engine: &mut Engine) -> bool {
    engine
        .get_modules()
        .iter()
        .filter(|module| references::static_path(&module.package.refr).dotted() == "procura")
        .any(|module| references::uses(module).iter().any(|rule| rule.name == "decision"))
}

fn invalid(file: Option<&str>, message: &str) -> PolicyError {
    PolicyError::Rego { file: file.unwrap_or("policy").to_owned(), message: one_line(message) }
}

/// The engine draws the text around a fault over several lines. What is worth
/// keeping is the place and the last line.
fn one_line(message: &str) -> String {
    let what = message
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("unknown fault");
    let what = what.strip_prefix("error: ").unwrap_or(what);
    match place(message) {
        Some(place) => format!("{what} at {place}"),
        None => what.to_owned(),
    }
}

/// `file:line:column` of the first fault in a message of the engine.
fn place(message: &str) -> Option<&str> {
    let line = message.lines().find(|line| line.starts_with("--> "))?;
    line.strip_prefix("--> ")
}

/// What to tell about a failed evaluation. The engine's own words can hold
/// values of the input, which have no place in a log.
fn failure(message: &str) -> Failure {
    if message.contains("execution exceeded time limit") {
        return Failure::Budget;
    }
    let kind = KINDS
        .iter()
        .find(|(words, _)| message.contains(words))
        .map_or("the rules failed", |(_, kind)| *kind);
    Failure::Error(match place(message) {
        Some(place) => format!("{kind} at `{place}`"),
        None => kind.to_owned(),
    })
}

/// How the engine words the failures that an author is likely to meet.
const KINDS: &[(&str, &str)] = &[
    ("multiple outputs", "rules conflict"),
    ("multiple values", "rules conflict"),
    ("conflict", "rules conflict"),
    ("by zero", "division by zero"),
    ("regex", "invalid regular expression"),
    ("expects", "an argument of the wrong type"),
    ("unsafe", "a variable without a value"),
];

const ENTRY_POINT: &str = "data.procura.decision";
/// Half of the budget of 50 ms; see [`Rules::ask`].
const TRY: Duration = Duration::from_millis(25);
/// How many steps may pass between two looks at the clock. Small, because a
/// step can double a value.
const CHECK_INTERVAL: NonZeroU32 = NonZeroU32::MIN.saturating_add(3);

#[cfg(test)]
mod tests {
    use super::{Panicked, guarded};

    #[test]
    #[expect(clippy::panic, reason = "the test is about a panic")]
    fn a_panic_of_the_engine_is_an_answer() {
        assert_eq!(guarded(|| 1), Ok(1));
        assert_eq!(guarded(|| -> u8 { panic!("as an engine would") }), Err(Panicked));
    }
}
