//! Compares the dependencies of each crate with the table of allowed edges.
//!
//! **Invariant:** an edge, a crate or a use of a technology that the table does
//! not know is a violation. Dependencies of tests are free, for they are not in
//! what we ship; a technology's owner is kept in tests too.

mod table;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use serde_json::Value;

use self::table::{ROWS, Row, TECHNOLOGIES, TESTKIT, Technology, Uses};

/// Checks the workspace in `root` and prints every violation.
pub(crate) fn run(root: &Path) -> anyhow::Result<ExitCode> {
    let edges = edges(&metadata(root)?)?;
    let violations: Vec<String> = edges.iter().flat_map(Package::violations).collect();
    for violation in &violations {
        println!("{violation}");
    }
    if !violations.is_empty() {
        eprintln!("arch: {} violations of the table in xtask/src/arch/table.rs", violations.len());
        return Ok(ExitCode::FAILURE);
    }
    eprintln!("arch: {} crates, every edge is in the table", edges.len());
    Ok(ExitCode::SUCCESS)
}

/// A crate of the workspace and what it depends on.
#[derive(Debug)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug)]
struct Dependency {
    name: String,
    kind: DependencyKind,
    is_ours: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum DependencyKind {
    Normal,
    Build,
    Test,
}

impl Package {
    fn violations(&self) -> Vec<String> {
        let Some(row) = ROWS.iter().find(|row| row.name == self.name) else {
            return vec![format!("{}: the table has no row for this crate", self.name)];
        };
        let edges = self.dependencies.iter().filter(|found| found.is_ours && !allows(row, found));
        let edges = edges.map(|found| edge_violation(row, found));
        edges.chain(TECHNOLOGIES.iter().flat_map(|technology| self.misuses(technology))).collect()
    }

    fn misuses(&self, technology: &Technology) -> Vec<String> {
        let used = self.dependencies.iter().filter(|found| found.name == technology.name);
        let misused = used.filter(|found| !owns(technology, &self.name, found.kind));
        let owners = technology.owners.join(", ");
        let message = |found: &Dependency| {
            format!(
                "{} -> {} ({}): only {owners} may use it",
                self.name,
                found.name,
                found.kind.name()
            )
        };
        misused.map(message).collect()
    }
}

fn allows(row: &Row, dependency: &Dependency) -> bool {
    if dependency.kind == DependencyKind::Test {
        return true;
    }
    match row.may_use {
        Uses::Anything => dependency.name != TESTKIT,
        Uses::Only(groups) => groups.iter().any(|group| group.contains(&dependency.name.as_str())),
    }
}

fn owns(technology: &Technology, package: &str, kind: DependencyKind) -> bool {
    let is_tester = kind == DependencyKind::Test && technology.in_tests.contains(&package);
    is_tester || technology.owners.contains(&package)
}

fn edge_violation(row: &Row, dependency: &Dependency) -> String {
    let (name, target, kind) = (row.name, &dependency.name, dependency.kind.name());
    let allowed = match row.may_use {
        Uses::Anything => format!("anything but {TESTKIT}, which is for tests"),
        Uses::Only([]) => "nothing of ours".to_owned(),
        Uses::Only(groups) => groups.concat().join(", "),
    };
    format!("{name} -> {target} ({kind}): not allowed; the row of {name} allows {allowed}")
}

impl DependencyKind {
    fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Build => "build",
            Self::Test => "dev",
        }
    }
}

fn metadata(root: &Path) -> anyhow::Result<Value> {
    let output = crate::cargo()
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path"])
        .arg(root.join("Cargo.toml"))
        .output()
        .context("cargo does not start")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    serde_json::from_slice(&output.stdout)
        .context("cargo metadata printed something else than JSON")
}

fn edges(metadata: &Value) -> anyhow::Result<Vec<Package>> {
    list(metadata, "packages")?.iter().map(package).collect()
}

fn package(value: &Value) -> anyhow::Result<Package> {
    let dependencies = list(value, "dependencies")?.iter().map(dependency);
    let dependencies = dependencies.collect::<anyhow::Result<_>>()?;
    Ok(Package { name: text(value, "name")?, dependencies })
}

fn dependency(value: &Value) -> anyhow::Result<Dependency> {
    let name = text(value, "name")?;
    let kind = match value.get("kind").and_then(Value::as_str) {
        None => DependencyKind::Normal,
        Some("build") => DependencyKind::Build,
        Some("dev") => DependencyKind::Test,
        Some(other) => bail!("cargo metadata knows a new kind of dependency: `{other}`"),
    };
    // A path means this tree; a name of ours from elsewhere is as suspicious.
    let has_path = value.get("path").is_some_and(Value::is_string);
    let is_ours =
        has_path || name.starts_with("procura") || ROWS.iter().any(|row| row.name == name);
    Ok(Dependency { name, kind, is_ours })
}

fn list<'a>(value: &'a Value, key: &str) -> anyhow::Result<&'a Vec<Value>> {
    let found = value.get(key).and_then(Value::as_array);
    found.with_context(|| format!("cargo metadata lacks the list `{key}`"))
}

fn text(value: &Value, key: &str) -> anyhow::Result<String> {
    let found = value.get(key).and_then(Value::as_str);
    Ok(found.with_context(|| format!("cargo metadata lacks the text `{key}`"))?.to_owned())
}
