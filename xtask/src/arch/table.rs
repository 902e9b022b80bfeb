//! The architecture as data: who may use whom, and who owns which technology.

/// One crate and what it may use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// The crate's name.
    pub(crate) name: &'static str,
    /// The crates of ours that it may depend on.
    pub(crate) may_use: Uses,
}

/// The right-hand side of a [`Row`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum Uses {
    /// Every crate but the testkit, which is for tests.
    Anything,
    /// These crates.
    Only(&'static [&'static [&'static str]]),
}

/// A crate from elsewhere that few of ours may know.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Technology {
    /// The name in the registry.
    pub(crate) name: &'static str,
    /// Who may depend on it.
    pub(crate) owners: &'static [&'static str],
    /// Who may depend on it in tests.
    pub(crate) in_tests: &'static [&'static str],
}

/// The crate that others may use in tests alone.
pub(crate) const TESTKIT: &str = "procura-testkit";

const PURE: &[&str] = &["procura-merkle", "procura-policy", "procura-core", "procura-wire"];
const ENGINE: &[&str] = &["procura-engine"];

/// The table of allowed edges. What it does not list is forbidden.
pub(crate) const ROWS: &[Row] = &[
    row("procura-merkle", Uses::Only(&[])),
    row("procura-policy", Uses::Only(&[])),
    row("procura-core", Uses::Only(&[&["procura-merkle", "procura-policy"]])),
    row("procura-wire", Uses::Only(&[&["procura-core", "procura-merkle"]])),
    row("procura-engine", Uses::Only(&[PURE])),
    row("procura-store", Uses::Only(&[ENGINE, PURE])),
    row("procura-log", Uses::Only(&[ENGINE, PURE])),
    row("procura-keys", Uses::Only(&[ENGINE, PURE])),
    row("procura-http", Uses::Only(&[ENGINE, PURE])),
    row("procura-gateway", Uses::Only(&[ENGINE, PURE])),
    row("procura-cli", Uses::Anything),
    row("procura-console", Uses::Only(&[])),
    row("procura-scan", Uses::Only(&[PURE])),
    row("procura-sdk", Uses::Only(&[PURE])),
    row("procura-ffi", Uses::Only(&[PURE])),
    row(TESTKIT, Uses::Anything),
    row("xtask", Uses::Only(&[])),
];

/// One technology per crate: what is sealed, stored or interpreted has one home.
pub(crate) const TECHNOLOGIES: &[Technology] = &[
    technology("argon2", &["procura-keys", TESTKIT], &["procura-merkle"]),
    technology("chacha20poly1305", &["procura-keys", TESTKIT], &["procura-merkle"]),
    // The testkit measures against the bare engines. A test of the engine edits the database as
    // a thief of the file would, which no port may offer.
    technology("rusqlite", &["procura-store", TESTKIT], &["procura-engine"]),
    technology("regorus", &["procura-policy", TESTKIT], &[]),
];

const fn row(name: &'static str, may_use: Uses) -> Row {
    Row { name, may_use }
}

const fn technology(
    name: &'static str,
    owners: &'static [&'static str],
    in_tests: &'static [&'static str],
) -> Technology {
    Technology { name, owners, in_tests }
}
