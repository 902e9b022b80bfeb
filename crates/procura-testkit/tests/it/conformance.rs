//! `docs/conformance.md` says what the runners report. `UPDATE_EXPECT=1` redraws its tables.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::conform::{SETS, run, shared};

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/conformance.md")
}

/// What the runners report of the real sets.
fn reports() -> Option<Vec<Value>> {
    let root = shared("")?;
    let ran = run(&["all".as_ref(), root.as_os_str(), "--json".as_ref()]);
    assert_eq!(ran.error, "");
    Some(ran.reports())
}

#[test]
fn the_page_has_the_figures_and_the_exclusions_that_the_runners_report() {
    let Some(reports) = reports() else { return };
    assert!(reports.iter().all(|report| number(report, "failed") == 0), "something failed");
    let text = fs::read_to_string(page()).unwrap();
    let mut drawn = replaced(&text, "| Set | Passed |", &summary(&reports));
    drawn = replaced(&drawn, "| Set | Cases |", &exclusions(&reports));
    drawn = replaced(&drawn, "| Text | Our answer |", &open_texts(&reports));
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(page(), &drawn).unwrap();
    } else {
        assert_eq!(text, drawn, "run the test again with UPDATE_EXPECT=1");
    }
}

#[test]
fn the_page_describes_every_set() {
    let text = fs::read_to_string(page()).unwrap();
    for set in SETS {
        assert!(text.contains(&format!("\n- `{set}`: ")), "`{set}` is not described");
    }
}

fn summary(reports: &[Value]) -> String {
    let mut table = String::from("| Set | Passed | Failed | Not applicable |\n|---|--:|--:|--:|\n");
    let mut sums = [0; 3];
    for report in reports {
        let figures = ["passed", "failed", "not_applicable"].map(|name| number(report, name));
        sums = [0, 1, 2].map(|place| sums[place] + figures[place]);
        row(&mut table, &format!("`{}`", text(report, "set")), figures);
    }
    row(&mut table, "All", sums);
    table
}

fn row(table: &mut String, name: &str, [passed, failed, not_applicable]: [u64; 3]) {
    writeln!(table, "| {name} | {passed} | {failed} | {not_applicable} |").unwrap();
}

fn exclusions(reports: &[Value]) -> String {
    let mut table =
        String::from("| Set | Cases | Why they say nothing about us |\n|---|--:|---|\n");
    for report in reports {
        for exclusion in list(report, "exclusions") {
            let (set, cases) = (text(report, "set"), list(exclusion, "cases").len());
            writeln!(table, "| `{set}` | {cases} | {} |", text(exclusion, "why")).unwrap();
        }
    }
    table
}

/// The texts for which RFC 8259 lets every reader choose, and what we chose.
fn open_texts(reports: &[Value]) -> String {
    let mut table = String::from("| Text | Our answer |\n|---|---|\n");
    let report = reports.iter().find(|report| text(report, "set") == "json-parsing").unwrap();
    for exclusion in list(report, "exclusions") {
        let Some(answer) = text(exclusion, "why").strip_prefix("left open: ") else {
            continue;
        };
        for case in list(exclusion, "cases") {
            writeln!(table, "| `{}` | {answer} |", case.as_str().unwrap()).unwrap();
        }
    }
    table
}

/// The page with another table in the place of the one that begins so.
fn replaced(page: &str, heading: &str, table: &str) -> String {
    let (before, rest) = page.split_once(heading).unwrap();
    let after = rest.split_once("\n\n").map(|(_, after)| format!("\n{after}"));
    format!("{before}{table}{}", after.unwrap_or_default())
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn number(value: &Value, name: &str) -> u64 {
    value[name].as_u64().unwrap()
}
