//! What came of a set: counts, failures, and what was left out and why.
//!
//! **Invariant:** every case is counted once, under exactly one heading.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Case, Verdict};

/// How the cases of one set came out.
pub(super) struct Report {
    set: &'static str,
    passed: usize,
    failures: Vec<(String, String)>,
    exclusions: Vec<Exclusion>,
}

/// Cases that say nothing about us, for one reason.
struct Exclusion {
    why: String,
    cases: Vec<String>,
}

/// How reports are written.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Form {
    /// For people: one set with all that is to say about it.
    Full,
    /// For people: a line.
    Brief,
    /// For programs: a line with one JSON object, which holds everything.
    Json,
}

impl Report {
    /// Counts `cases`.
    pub(super) fn of(set: &'static str, cases: Vec<Case>) -> Self {
        let mut report = Self { set, passed: 0, failures: Vec::new(), exclusions: Vec::new() };
        for Case { name, verdict } in cases {
            match verdict {
                Verdict::Passed => report.passed = report.passed.saturating_add(1),
                Verdict::Failed(why) => report.failures.push((name, why)),
                Verdict::NotApplicable(why) => report.exclude(name, why),
            }
        }
        report
    }

    fn exclude(&mut self, case: String, why: String) {
        match self.exclusions.iter_mut().find(|exclusion| exclusion.why == why) {
            Some(exclusion) => exclusion.cases.push(case),
            None => self.exclusions.push(Exclusion { why, cases: vec![case] }),
        }
    }

    /// Whether every vector that was judged agrees with us.
    pub(super) fn is_clean(&self) -> bool {
        self.failures.is_empty()
    }

    /// Whether any vector was judged.
    pub(super) fn is_judged(&self) -> bool {
        self.passed > 0 || !self.failures.is_empty()
    }

    fn excluded(&self) -> usize {
        self.exclusions.iter().map(|exclusion| exclusion.cases.len()).sum()
    }

    /// Writes the report.
    pub(super) fn write(&self, form: Form, out: &mut dyn Write) -> io::Result<()> {
        match form {
            Form::Json => writeln!(out, "{}", self.to_json())?,
            Form::Brief => self.write_row(out)?,
            Form::Full => {
                self.write_details(out)?;
                write_header(out)?;
                self.write_row(out)?;
            }
        }
        out.flush()
    }

    fn write_details(&self, out: &mut dyn Write) -> io::Result<()> {
        for (name, why) in &self.failures {
            writeln!(out, "FAILED {name}: {why}")?;
        }
        for Exclusion { why, cases } in &self.exclusions {
            writeln!(out, "not applicable ({}): {why}", cases.len())?;
        }
        Ok(())
    }

    fn write_row(&self, out: &mut dyn Write) -> io::Result<()> {
        let (failed, excluded) = (self.failures.len(), self.excluded());
        writeln!(out, "{:<22} {:>6} {failed:>6} {excluded:>14}", self.set, self.passed)
    }

    fn to_json(&self) -> Value {
        let failures = self.failures.iter().map(|(case, why)| json!({"case": case, "why": why}));
        let exclusions = self.exclusions.iter();
        let exclusions = exclusions.map(|one| json!({"why": one.why, "cases": one.cases}));
        json!({
            "set": self.set,
            "passed": self.passed,
            "failed": self.failures.len(),
            "not_applicable": self.excluded(),
            "failures": failures.collect::<Value>(),
            "exclusions": exclusions.collect::<Value>(),
        })
    }
}

/// Writes the names of the columns.
pub(super) fn write_header(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{:<22} {:>6} {:>6} {:>14}", "set", "passed", "failed", "not-applicable")
}
