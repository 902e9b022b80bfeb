//! What a run of libFuzzer came to, read from what it said.

use std::fmt::Write as _;

/// One target's run.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Report {
    target: String,
    executions: u64,
    per_second: u64,
    peak: u64,
    findings: Vec<String>,
    succeeded: bool,
}

impl Report {
    /// Reads what the run said; of several processes, the sums of what each said.
    pub(super) fn read(target: &str, said: &str, succeeded: bool) -> Self {
        let sum = |name: &str| {
            said.lines().filter_map(|line| statistic(line, name)).fold(0, u64::saturating_add)
        };
        let peak = said.lines().filter_map(|line| statistic(line, "peak_rss_mb")).max();
        let findings = said.lines().filter_map(finding).map(String::from).collect();
        Self {
            target: target.into(),
            executions: sum("number_of_executed_units"),
            per_second: sum("average_exec_per_sec"),
            peak: peak.unwrap_or(0),
            findings,
            succeeded,
        }
    }

    /// Whose run it was.
    pub(super) fn target(&self) -> &str {
        &self.target
    }

    /// Whether it found something, did nothing, or did not end well.
    pub(super) fn is_failure(&self) -> bool {
        !self.succeeded || !self.findings.is_empty() || self.executions == 0
    }
}

/// `stat::NAME: N`
fn statistic(line: &str, name: &str) -> Option<u64> {
    let rest = line.trim().strip_prefix("stat::")?.strip_prefix(name)?.strip_prefix(':')?;
    rest.trim().parse().ok()
}

/// What libFuzzer calls the reason for which it wrote an input down.
fn finding(line: &str) -> Option<&str> {
    let at = line.find("Test unit written to ")?;
    line.get(at..)?.rsplit('/').next()
}

/// The runs as lines.
pub(super) fn table(reports: &[Report]) -> String {
    let mut table = String::from("target            executions  per second  peak MiB  findings\n");
    for report in reports {
        let Report { target, executions, per_second, peak, findings, .. } = report;
        let word = match (report.is_failure(), findings.as_slice()) {
            (false, _) => "none".into(),
            (true, []) => "did not run to its end".into(),
            (true, findings) => findings.join(", "),
        };
        // Writing to a string does not fail.
        let _ = writeln!(table, "{target:<16}{executions:>12}{per_second:>12}{peak:>10}  {word}");
    }
    table
}

/// The last lines of what was said.
pub(super) fn tail(said: &str) -> String {
    let lines: Vec<&str> = said.lines().collect();
    let start = lines.len().saturating_sub(TAIL);
    lines.get(start..).unwrap_or_default().join("\n")
}

/// How many lines show what happened.
const TAIL: usize = 60;

#[cfg(test)]
mod tests {
    use super::{Report, table, tail};

    const GOOD: &str = "\
#7 INITED cov: 1
stat::number_of_executed_units: 4815
stat::average_exec_per_sec:     240
stat::new_units_added:          3
stat::peak_rss_mb:              62
";

    #[test]
    fn a_run_to_the_end_is_read_and_is_no_failure() {
        let report = Report::read("json", GOOD, true);
        assert!(!report.is_failure());
        let line = table(&[report]).lines().nth(1).unwrap().to_owned();
        assert_eq!(
            line.split_whitespace().collect::<Vec<_>>(),
            ["json", "4815", "240", "62", "none"]
        );
    }

    #[test]
    fn several_jobs_are_added_up() {
        let report = Report::read("json", &format!("{GOOD}{GOOD}"), true);
        assert_eq!((report.executions, report.per_second, report.peak), (9630, 480, 62));
    }

    #[test]
    fn a_finding_a_bad_end_and_a_run_of_nothing_are_failures() {
        let found = format!("{GOOD}artifact_prefix='a/'; Test unit written to a/json/crash-12ab\n");
        for (said, succeeded) in
            [(found.as_str(), false), (found.as_str(), true), (GOOD, false), ("", true)]
        {
            assert!(Report::read("json", said, succeeded).is_failure(), "{said}");
        }
        assert!(table(&[Report::read("json", &found, false)]).contains("crash-12ab"));
        assert!(table(&[Report::read("json", "", true)]).contains("did not run"));
    }

    #[test]
    fn of_a_long_text_the_end_is_shown() {
        let long: String = (0..100).map(|line| format!("{line}\n")).collect();
        assert!(tail(&long).starts_with("40\n") && tail(&long).ends_with("99"));
        assert_eq!(tail("one"), "one");
    }
}
