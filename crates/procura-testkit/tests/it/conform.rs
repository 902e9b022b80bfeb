//! What all sets have in common: usage, exit codes, the table and its JSON.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use expect_test::expect;
use serde_json::{Value, json};
use tempfile::TempDir;

/// How a run ended.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) error: String,
}

impl Run {
    /// The last line of the report, with single spaces between its columns.
    pub(crate) fn last_line(&self) -> String {
        let line = self.out.lines().last().unwrap_or_default();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The reports, if they were asked for as JSON.
    pub(crate) fn reports(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Runs the program with `arguments`.
pub(crate) fn run(arguments: &[&OsStr]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conform"));
    let output = command.env_remove("PROCURA_VECTORS").args(arguments).output().unwrap();
    Run {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        error: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Where a shared set is, or nothing outside of continuous integration.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    let path = env::var_os("PROCURA_VECTORS").map_or_else(beside, PathBuf::from).join(name);
    if path.exists() {
        return Some(path);
    }
    assert!(env::var("CI").as_deref() != Ok("true"), "the vectors `{name}` are missing");
    println!("skipped: the vectors `{name}` are not here");
    None
}

/// Runs `set` on the folder at `path`.
pub(crate) fn run_on(set: &str, path: &Path) -> Run {
    run(&[set.as_ref(), path.as_os_str()])
}

/// The last line of a report with these figures.
pub(crate) fn counts(set: &str, passed: usize, failed: usize, not_applicable: usize) -> String {
    format!("{set} {passed} {failed} {not_applicable}")
}

/// A set with one file, which a test may change.
pub(crate) fn plant(name: &str, content: impl AsRef<[u8]>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, content).unwrap();
    folder
}

#[test]
fn wrong_usage_exits_with_2() {
    let here = OsStr::new(".");
    let [merkle, all, unknown, json] = ["merkle", "all", "unknown", "--json"].map(OsStr::new);
    for arguments in [
        &[][..],
        &[merkle],
        &[all],
        &[all, json],
        &[unknown],
        &[unknown, here],
        &[merkle, here, here],
        &[here],
    ] {
        let ran = run(arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}");
        assert_eq!(ran.out, "");
        assert!(ran.error.contains("usage: conform merkle [DIR] [--json]\n"), "{}", ran.error);
        assert!(ran.error.contains("usage: conform all [DIR] [--json]\n"), "{}", ran.error);
    }
}

#[test]
fn what_cannot_be_read_exits_with_3() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    for set in SETS {
        let ran = run_on(set, &missing);
        assert_eq!((ran.code, ran.out.as_str()), (Some(3), ""), "{ran:?}");
        assert!(ran.error.contains("cannot run"), "{}", ran.error);
    }
}

#[test]
fn a_run_that_judged_nothing_exits_with_3() {
    let empty = tempfile::tempdir().unwrap();
    fs::create_dir(empty.path().join("deep")).unwrap();
    let list = plant("ed25519vectors.json", "[]");
    for (set, folder) in [("merkle", &empty), ("cctv-ed25519", &list)] {
        let ran = run_on(set, folder.path());
        assert_eq!((ran.code, ran.last_line()), (Some(3), counts(set, 0, 0, 0)));
        assert!(ran.error.contains("was judged"), "{}", ran.error);
    }
}

/// All sets, in the order of the table.
pub(crate) const SETS: [&str; 17] = [
    "aat-jws-02",
    "adc-params-c14n",
    "agent-delegation-chain",
    "cctv-ed25519",
    "ed25519-speccheck",
    "jose-cookbook",
    "json-parsing",
    "jwk-thumbprint",
    "merkle",
    "rfc8785-jcs",
    "rfc9421",
    "structured-fields",
    "token-status-list",
    "web-bot-auth",
    "web-bot-auth-draft",
    "wimse",
    "wycheproof",
];

#[test]
fn all_the_real_sets_agree_and_no_case_is_lost() {
    let Some(root) = shared("") else { return };
    let ran = run_on("all", &root);
    assert_eq!((ran.code, ran.error.as_str()), (Some(0), ""), "{}", ran.out);
    expect![[r#"
        set                    passed failed not-applicable
        aat-jws-02                 80      0              0
        adc-params-c14n             8      0              3
        agent-delegation-chain     48      0              7
        cctv-ed25519              914      0              0
        ed25519-speccheck          12      0              0
        jose-cookbook               2      0             32
        json-parsing              281      0             37
        jwk-thumbprint              1      0              1
        merkle                    401      0              3
        rfc8785-jcs                28      0              4
        rfc9421                    15      0              4
        structured-fields        1942      0            193
        token-status-list           7      0             13
        web-bot-auth               11      0             14
        web-bot-auth-draft          9      0              4
        wimse                      16      0              2
        wycheproof                943      0            379
    "#]]
    .assert_eq(&ran.out);
}

#[test]
fn a_set_that_is_missing_does_not_hide_the_others() {
    let root = plant("cctv-ed25519/ed25519vectors.json", "[]");
    let ran = run_on("all", root.path());
    assert_eq!(ran.code, Some(3));
    assert_eq!(ran.error.matches("cannot run").count(), SETS.len() - 1, "{}", ran.error);
    assert_eq!(ran.last_line(), counts("cctv-ed25519", 0, 0, 0));
}

#[test]
fn a_failure_outweighs_a_set_that_is_missing() {
    let root = plant("cctv-ed25519/ed25519vectors.json", "[{}]");
    let ran = run_on("all", root.path());
    assert_eq!((ran.code, ran.last_line()), (Some(1), counts("cctv-ed25519", 0, 1, 0)));
}

#[test]
fn as_json_a_report_names_every_case_that_did_not_pass() {
    let good = "y_number.json";
    let folder = plant(&format!("test_parsing/{good}"), "1");
    for (name, text) in
        [("n_wrong.json", "1"), ("y_wrong.json", "x"), ("i_1.json", "2"), ("i_2.json", "3")]
    {
        fs::write(folder.path().join("test_parsing").join(name), text).unwrap();
    }
    for arguments in [["json-parsing", "--json"], ["--json", "json-parsing"]] {
        let arguments = [arguments[0].as_ref(), arguments[1].as_ref(), folder.path().as_os_str()];
        let ran = run(&arguments);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert_eq!(
            ran.reports(),
            [json!({
                "set": "json-parsing", "passed": 1, "failed": 2, "not_applicable": 2,
                "failures": [
                    {"case": "n_wrong.json", "why": "expected refused, found accepted"},
                    {"case": "y_wrong.json", "why": "expected accepted, found refused"},
                ],
                "exclusions": [
                    {"why": "left open: we accept it", "cases": ["i_1.json", "i_2.json"]},
                ],
            })]
        );
    }
}
