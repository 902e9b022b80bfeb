//! `docs/guides/attacks.md` names every test that is named after a row of the
//! attack matrix, and no other. `UPDATE_EXPECT=1` redraws its last column.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Areas whose eight rows the page has in full.
const WHOLE: [&str; 10] = ["IDN", "SIG", "RPL", "CHN", "ATT", "JWT", "APR", "AUD", "CLI", "SDK"];
/// Every area of the matrix.
const AREAS: [&str; 18] = [
    "IDN", "SIG", "RPL", "CHN", "ATT", "TEX", "JWT", "POL", "APR", "MCP", "PRX", "AUD", "REV",
    "STO", "WEB", "CLI", "SDK", "DOS",
];

#[test]
fn the_page_names_the_tests_that_there_are() {
    let text = std::fs::read_to_string(page()).unwrap();
    let drawn = redraw(&text, &tests_by_row());
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(page(), &drawn).unwrap();
    } else {
        assert_eq!(text, drawn, "run the test again with UPDATE_EXPECT=1");
    }
}

#[test]
fn a_test_that_does_not_exist_and_one_that_is_missing_are_noticed() {
    let tests = BTreeMap::from([("RPL-01".to_owned(), BTreeSet::from(["a::rpl_01_x".to_owned()]))]);
    let good = "| RPL-01 | twice | covered | `a::rpl_01_x` |\n";
    assert_eq!(redraw(good, &tests), good);
    assert_eq!(redraw("| RPL-01 | twice | covered | – |\n", &tests), good);
    assert_eq!(redraw("| RPL-01 | twice | covered | `a::rpl_01_y` |\n", &tests), good);
}

#[test]
fn every_row_with_a_test_is_on_the_page() {
    let rows = rows();
    for row in tests_by_row().keys() {
        assert!(rows.contains_key(row), "{row} has tests and no row in {}", page().display());
    }
    for area in WHOLE {
        for number in 1..=8 {
            let row = format!("{area}-0{number}");
            assert!(rows.contains_key(&row), "{row} is missing");
        }
    }
}

#[test]
fn a_row_is_not_yet_covered_exactly_if_no_test_is_named() {
    let tests = tests_by_row();
    for (row, state) in rows() {
        let is_named = tests.contains_key(&row) || quoted(&state).next().is_some();
        let is_covered = state.starts_with("covered") || state.starts_with("in part");
        assert!(is_covered || state.starts_with("not yet"), "{row}: {state}");
        assert_eq!(is_covered, is_named, "{row}: {state}");
    }
}

#[test]
fn a_test_that_a_state_mentions_exists() {
    let all: BTreeSet<String> = functions().into_iter().map(|(_, name)| name).collect();
    for (row, state) in rows() {
        for name in quoted(&state) {
            assert!(all.contains(name), "{row}: there is no `{name}`");
        }
    }
}

/// The page with the tests of each row in its last column.
fn redraw(text: &str, tests: &BTreeMap<String, BTreeSet<String>>) -> String {
    let mut drawn = String::new();
    for line in text.lines() {
        match cells(line) {
            Some([row, attack, state, _]) => {
                let names = tests.get(row).map(|names| {
                    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                    names.join("<br>")
                });
                let names = names.unwrap_or_else(|| "–".to_owned());
                drawn.push_str(&format!("| {row} | {attack} | {state} | {names} |"));
            }
            None => drawn.push_str(line),
        }
        drawn.push('\n');
    }
    drawn
}

/// Row, attack, state and tests, if the line is a row of the matrix.
fn cells(line: &str) -> Option<[&str; 4]> {
    let inner = line.strip_prefix("| ")?.strip_suffix(" |")?;
    let cells: [&str; 4] = inner.split(" | ").collect::<Vec<_>>().try_into().ok()?;
    let area = cells[0].split('-').next()?;
    AREAS.contains(&area).then_some(cells)
}

/// The state of each row.
fn rows() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(page()).unwrap();
    let rows = text.lines().filter_map(cells);
    rows.map(|[row, _, state, _]| (row.to_owned(), state.to_owned())).collect()
}

/// Names of functions between backticks.
fn quoted(state: &str) -> impl Iterator<Item = &str> {
    let words = state.split('`').skip(1).step_by(2);
    words.filter(|word| word.matches('_').count() >= 3)
}

/// `crate::test` by the row that the test is named after.
fn tests_by_row() -> BTreeMap<String, BTreeSet<String>> {
    let mut tests: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (member, name) in functions() {
        for row in rows_of(&name) {
            tests.entry(row).or_default().insert(format!("{member}::{name}"));
        }
    }
    assert!(tests.len() > 20, "only {} rows have tests: is this the tree?", tests.len());
    tests
}

/// `rpl_01_…` is named after RPL-01, and `rpl_05_and_06_…` after two rows.
fn rows_of(name: &str) -> Vec<String> {
    let mut words = name.split('_');
    let area = words.next().unwrap_or_default().to_uppercase();
    if !AREAS.contains(&area.as_str()) {
        return Vec::new();
    }
    let is_number = |word: &&str| word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_digit());
    let numbers = words.take_while(|word| is_number(word) || *word == "and");
    numbers.filter(is_number).map(|number| format!("{area}-{number}")).collect()
}

/// Every function of the crates, with the crate's name without its prefix.
fn functions() -> Vec<(String, String)> {
    let crates = root().join("crates");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(crates).unwrap() {
        let entry = entry.unwrap();
        let member = entry.file_name().into_string().unwrap().replace("procura-", "");
        for file in sources(&entry.path()) {
            let text = std::fs::read_to_string(file).unwrap();
            let names = text.lines().filter_map(|line| {
                let line = line.trim_start();
                let rest = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?;
                rest.split_once('(').map(|(name, _)| name.to_owned())
            });
            found.extend(names.map(|name| (member.clone(), name)));
        }
    }
    found
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.join("src"), folder.join("tests")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}

fn page() -> PathBuf {
    root().join("docs/guides/attacks.md")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
