use crate::tree::Tree;

/// Builds a workspace of crates with the dependency sections given, and compares
/// what `arch` prints.
fn check(crates: &[(&str, &str)], expected: &[&str]) {
    let tree =
        Tree::new(&[("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n")]);
    for (name, dependencies) in crates {
        let manifest = format!("[package]\nname = \"{name}\"\nversion = \"0.0.0\"\n{dependencies}");
        tree.write(&format!("crates/{name}/Cargo.toml"), &manifest);
        tree.write(&format!("crates/{name}/src/lib.rs"), "");
    }
    let (passed, output) = tree.run("arch");
    assert_eq!(output.lines().collect::<Vec<_>>(), expected);
    assert_eq!(passed, expected.is_empty());
}

#[test]
fn edges_in_the_table_pass() {
    check(
        &[
            ("procura-merkle", ""),
            ("procura-core", "[dependencies]\nprocura-merkle = { path = \"../procura-merkle\" }\n"),
            ("procura-engine", "[dependencies]\nprocura-core = { path = \"../procura-core\" }\n"),
            (
                "procura-store",
                "[dependencies]\nprocura-engine = { path = \"../procura-engine\" }\nrusqlite = \"1\"\n",
            ),
            ("procura-cli", "[dependencies]\nprocura-store = { path = \"../procura-store\" }\n"),
        ],
        &[],
    );
}

#[test]
fn an_edge_between_adapters_fails() {
    check(
        &[
            ("procura-log", ""),
            ("procura-store", "[dependencies]\nprocura-log = { path = \"../procura-log\" }\n"),
        ],
        &["procura-store -> procura-log (normal): not allowed; the row of procura-store allows \
           procura-engine, procura-merkle, procura-policy, procura-core, procura-wire"],
    );
}

#[test]
fn an_edge_of_a_build_script_fails() {
    check(
        &[
            ("procura-core", ""),
            (
                "procura-merkle",
                "[build-dependencies]\nprocura-core = { path = \"../procura-core\" }\n",
            ),
        ],
        &[
            "procura-merkle -> procura-core (build): not allowed; the row of procura-merkle allows nothing of ours",
        ],
    );
}

#[test]
fn an_edge_under_another_name_fails() {
    check(
        &[
            ("procura-core", ""),
            (
                "procura-policy",
                "[dependencies]\nkernel = { path = \"../procura-core\", package = \"procura-core\" }\n",
            ),
        ],
        &[
            "procura-policy -> procura-core (normal): not allowed; the row of procura-policy allows nothing of ours",
        ],
    );
}

#[test]
fn the_testkit_is_for_tests() {
    let testkit = ("procura-testkit", "");
    let edge =
        |section| format!("[{section}]\nprocura-testkit = {{ path = \"../procura-testkit\" }}\n");
    check(&[testkit, ("procura-core", &edge("dev-dependencies"))], &[]);
    check(
        &[testkit, ("procura-cli", &edge("dependencies"))],
        &["procura-cli -> procura-testkit (normal): not allowed; the row of procura-cli allows \
           anything but procura-testkit, which is for tests"],
    );
}

#[test]
fn a_crate_without_a_row_fails() {
    check(&[("procura-extra", "")], &["procura-extra: the table has no row for this crate"]);
}

#[test]
fn a_technology_has_one_owner() {
    check(&[("procura-store", "[dependencies]\nrusqlite = \"1\"\n")], &[]);
    check(
        &[("procura-http", "[dev-dependencies]\nrusqlite = \"1\"\n")],
        &["procura-http -> rusqlite (dev): only procura-store, procura-testkit may use it"],
    );
    check(
        &[("procura-core", "[dependencies]\ndb = { package = \"regorus\", version = \"1\" }\n")],
        &["procura-core -> regorus (normal): only procura-policy, procura-testkit may use it"],
    );
}

#[test]
fn the_engine_knows_the_database_in_tests_alone() {
    check(&[("procura-engine", "[dev-dependencies]\nrusqlite = \"1\"\n")], &[]);
    check(
        &[("procura-engine", "[dependencies]\nrusqlite = \"1\"\n")],
        &["procura-engine -> rusqlite (normal): only procura-store, procura-testkit may use it"],
    );
}

#[test]
fn the_testkit_measures_against_the_bare_engines() {
    check(&[("procura-testkit", "[dependencies]\nrusqlite = \"1\"\nregorus = \"1\"\n")], &[]);
}

#[test]
fn sealing_belongs_to_keys_and_to_the_tests_of_merkle() {
    check(
        &[
            ("procura-keys", "[dependencies]\nargon2 = \"1\"\n"),
            ("procura-merkle", "[dev-dependencies]\nargon2 = \"1\"\n"),
        ],
        &[],
    );
    check(
        &[("procura-merkle", "[dependencies]\nchacha20poly1305 = \"1\"\n")],
        &[
            "procura-merkle -> chacha20poly1305 (normal): only procura-keys, procura-testkit may use it",
        ],
    );
}

#[test]
fn a_folder_without_a_workspace_is_an_error() {
    let (passed, output) = Tree::new(&[]).run("arch");
    assert!(!passed);
    assert_eq!(output, "");
}
