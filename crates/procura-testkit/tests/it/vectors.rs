//! The published vectors: what the program writes, and what core says of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::Command,
};

use procura_core::json::{self, Object, Value};
use procura_testkit::vectors;

/// The codes that no case can have: each needs storage.
const BEYOND: [&str; 3] = ["replayed", "approval_rate_limited", "chain_required"];

/// The pages with the steps of what others sign.
const PAGES: [&str; 5] =
    ["access-token.md", "dpop.md", "http-signature.md", "wimse.md", "envelope.md"];

/// Every case that is in `vectors/`, with its file.
fn published() -> Vec<(String, Object)> {
    let mut names: Vec<_> = fs::read_dir(vectors::folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".jsonl"))
        .collect();
    names.sort();
    let mut cases = Vec::new();
    for name in names {
        let text = fs::read_to_string(vectors::folder().join(&name)).unwrap();
        for line in text.lines() {
            cases.push((name.clone(), json::parse_object(line.as_bytes()).unwrap()));
        }
    }
    cases
}

fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

fn expect(case: &Object) -> &Object {
    case.get("expect").and_then(Value::as_object).unwrap()
}

fn is_negative(case: &Object) -> bool {
    match text(expect(case), "verdict") {
        Some("deny") => true,
        Some("allow") => false,
        other => panic!("{other:?} is no verdict"),
    }
}

#[test]
fn the_files_are_what_the_program_writes() {
    let files = vectors::files();
    let made: BTreeSet<&str> = files.iter().map(|file| file.name).collect();
    let found: BTreeSet<String> = published().into_iter().map(|(name, _)| name).collect();
    assert!(found.iter().map(String::as_str).eq(made), "{found:?}");
    for file in &files {
        let found = fs::read_to_string(vectors::folder().join(file.name)).unwrap();
        assert!(found == file.text(), "run `vectors --write`: {}", file.name);
    }
}

/// How this implementation's answer differs from what the case calls for.
fn difference(case: &Object) -> Option<String> {
    let expected = expect(case);
    let answer = vectors::judge(case).map_err(|error| format!("{error:#}"));
    let found = match answer {
        Err(error) => return Some(error),
        Ok(Ok(output)) => {
            let wanted = expected.get("output");
            let same = wanted.is_none() || wanted.map(canonical) == output.as_ref().map(canonical);
            if !is_negative(case) && same {
                return None;
            }
            format!("allow {output:?}")
        }
        Ok(Err(refusal)) => {
            let outcome = text(expected, "outcome") == Some(refusal.outcome.as_str());
            let step = text(expected, "step").unwrap_or_default() == refusal.step;
            let hop = expected.get("hop").and_then(Value::as_integer);
            let same_hop = hop == refusal.hop.map(|hop| i64::try_from(hop).unwrap());
            if is_negative(case) && outcome && step && same_hop {
                return None;
            }
            format!("{} {} {:?}: {}", refusal.outcome, refusal.step, refusal.hop, refusal.reason)
        }
    };
    Some(found)
}

fn canonical(value: &Value) -> String {
    value.to_canonical().unwrap()
}

#[test]
fn core_gives_every_case_its_verdict_code_step_and_hop() {
    let mut wrong = Vec::new();
    for (file, case) in published() {
        if let Some(found) = difference(&case) {
            let name = text(&case, "name").unwrap();
            let expected = canonical(&expect(&case).clone().into());
            wrong.push(format!("{file} {name}\n  wants {expected}\n  found {found}"));
        }
    }
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_case_that_calls_for_something_else_is_noticed() {
    let cases = published();
    for verdict in ["allow", "deny"] {
        let (_, case) =
            cases.iter().find(|(_, case)| text(expect(case), "verdict") == Some(verdict)).unwrap();
        assert_eq!(difference(case), None);
        let other = if verdict == "deny" {
            Object::new().with("verdict", "allow")
        } else {
            let refusal = Object::new().with("verdict", "deny").with("outcome", "malformed");
            refusal.with("step", "1").with("hop", Value::Null)
        };
        assert!(difference(&case.clone().with("expect", other)).is_some());
    }
    let (_, case) = cases.iter().find(|(_, case)| text(expect(case), "step").is_some()).unwrap();
    for (name, value) in [("outcome", "expired"), ("step", "9z")] {
        let other = expect(case).clone().with(name, value);
        assert!(difference(&case.clone().with("expect", other)).is_some(), "{name}");
    }
    let other = expect(case).clone().with("hop", 7_u32);
    assert!(difference(&case.clone().with("expect", other)).is_some());
    assert!(difference(&case.clone().with("op", "guess")).is_some());
}

#[test]
fn there_is_a_case_for_every_way_to_be_wrong_and_one_near_it_that_is_right() {
    let cases = published();
    let names: BTreeMap<&str, &Object> =
        cases.iter().map(|(_, case)| (text(case, "name").unwrap(), case)).collect();
    assert_eq!(names.len(), cases.len(), "two cases have one name");
    let negative: Vec<&Object> =
        cases.iter().map(|(_, case)| case).filter(|case| is_negative(case)).collect();
    assert!(negative.len() >= 1_500, "{}", negative.len());
    for case in negative {
        let name = text(case, "name").unwrap();
        let pair = text(case, "pair").unwrap_or_else(|| panic!("`{name}` has no pair"));
        let pair = names.get(pair).unwrap_or_else(|| panic!("`{name}` has no `{pair}`"));
        assert!(!is_negative(pair), "the pair of `{name}` is not right");
        assert_eq!(text(pair, "op"), text(case, "op"), "{name}");
    }
}

#[test]
fn every_code_that_core_gives_has_a_case() {
    let given: BTreeSet<String> = published()
        .iter()
        .filter_map(|(_, case)| text(expect(case), "outcome").map(String::from))
        .collect();
    let codes = codes();
    assert!(codes.len() >= 39, "{}", codes.len());
    let without: BTreeSet<&str> = codes.difference(&given).map(String::as_str).collect();
    assert_eq!(without, BTreeSet::from(BEYOND));
    assert!(given.is_subset(&codes));
}

/// The codes that core gives, as its source names them.
fn codes() -> BTreeSet<String> {
    let source = vectors::folder().join("../crates/procura-core/src/refusal.rs");
    let source = fs::read_to_string(source).unwrap();
    let codes = source.lines().filter_map(|line| {
        let (_, code) = line.trim().strip_prefix("Self::")?.split_once(" => \"")?;
        code.strip_suffix("\",")
    });
    codes.map(String::from).collect()
}

/// The rows of the pages' tables of steps: a row's steps, and a code that it lists.
fn documented() -> BTreeSet<(Vec<String>, String)> {
    let codes = codes();
    let mut documented = BTreeSet::new();
    for page in PAGES {
        let page = vectors::folder().join("../docs/formats").join(page);
        for line in fs::read_to_string(page).unwrap().lines() {
            let cells: Vec<&str> = line.split(" | ").collect();
            let [steps, _, listed] = cells.as_slice() else { continue };
            let steps: Vec<_> =
                steps.trim_start_matches("| ").split(", ").map(String::from).collect();
            let listed = listed.split('`').filter(|code| codes.contains(*code));
            documented.extend(listed.map(|code| (steps.clone(), code.to_owned())));
        }
    }
    documented
}

#[test]
fn every_code_that_a_page_lists_at_a_step_has_a_case_and_every_case_is_on_a_page() {
    let given: BTreeSet<(String, String)> = published()
        .iter()
        .filter_map(|(_, case)| Some((text(expect(case), "step")?, text(expect(case), "outcome")?)))
        .map(|(step, outcome)| (step.to_owned(), outcome.to_owned()))
        .collect();
    let documented = documented();
    assert!(documented.len() >= 70, "{}", documented.len());
    for (steps, code) in &documented {
        let has_case = steps.iter().any(|step| given.contains(&(step.clone(), code.clone())));
        // A directory is the command line's to ask.
        assert_eq!(has_case, !steps.contains(&"E7".to_owned()), "{steps:?} {code}");
    }
    let of_others = given.iter().filter(|(step, _)| step.starts_with(['J', 'X', 'H', 'W', 'E']));
    for (step, code) in of_others {
        let on_a_page =
            documented.iter().any(|(steps, listed)| steps.contains(step) && listed == code);
        assert!(on_a_page, "{step} {code}");
    }
}

#[test]
fn no_way_to_be_wrong_is_there_twice() {
    let cases = published();
    let mut seen = BTreeMap::new();
    for (_, case) in cases.iter().filter(|(_, case)| is_negative(case)) {
        let input =
            format!("{}{}", text(case, "op").unwrap(), canonical(case.get("input").unwrap()));
        let name = text(case, "name").unwrap();
        if let Some(other) = seen.insert(input, name) {
            panic!("`{name}` and `{other}` are one case");
        }
    }
}

#[test]
fn every_operation_rule_and_member_is_described() {
    let page = fs::read_to_string(vectors::folder().join("README.md")).unwrap();
    let described = |name: &str| page.contains(&format!("`{name}`"));
    for (_, case) in published() {
        let input = case.get("input").and_then(Value::as_object).unwrap();
        let rules = input.get("rules").and_then(Value::as_object);
        let names = input.iter().chain(rules.into_iter().flat_map(Object::iter));
        for name in names.map(|(name, _)| name).chain(text(&case, "op")) {
            assert!(described(name), "`{name}` of {:?}", text(&case, "name"));
        }
    }
}

#[test]
fn the_files_are_small() {
    let bytes: u64 = fs::read_dir(vectors::folder())
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap())
        .filter(fs::Metadata::is_file)
        .map(|file| file.len())
        .sum();
    assert!(bytes < 4 * 1024 * 1024, "{bytes}");
}

#[test]
fn the_program_checks_what_it_wrote_and_notices_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let run = |mode: &str| {
        let program = env!("CARGO_BIN_EXE_vectors");
        Command::new(program).arg(mode).arg(folder.path()).output().unwrap().status.code()
    };
    assert_eq!(run("--check"), Some(1));
    assert_eq!(run("--write"), Some(0));
    assert_eq!(run("--check"), Some(0));
    let path = folder.path().join("key.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("allow", "deny", 1)).unwrap();
    assert_eq!(run("--check"), Some(1));
    assert_eq!(run("--help"), Some(2));
}
