//! Makes sure that the programs which the tests start are installed.
//!
//! The tests of the guard run real npm packages, so they need Node.js and npm.
//! The second writing of the lattice, in `vectors/model`, is Python.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// Finds git, Node.js, npm and Python, and installs what is missing, except git, where it may.
///
/// It installs only as root on a Debian-like system: elsewhere it cannot know
/// what the owner of the machine wants.
pub(crate) fn ensure() -> anyhow::Result<()> {
    let missing = missing();
    match plan(&missing, can_install()) {
        Plan::Nothing => Ok(()),
        Plan::Install => install(&missing),
        Plan::Refuse(advice) => bail!(advice),
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Installer {
    Apt,
    Absent,
}

#[derive(Debug, Eq, PartialEq)]
enum Plan {
    Nothing,
    Install,
    Refuse(String),
}

fn plan(missing: &[&str], installer: Installer) -> Plan {
    let names = missing.join(", ");
    match (missing, installer) {
        ([], _) => Plan::Nothing,
        (_, Installer::Apt) if !missing.contains(&"git") => Plan::Install,
        _ => Plan::Refuse(format!(
            "the tests need programs that are not installed: {names}; \
             install git, Node.js 18 or later, npm, and Python 3.9 or later, and run it again"
        )),
    }
}

fn missing() -> Vec<&'static str> {
    ["git", "node", "npm", "python3"].into_iter().filter(|name| !runs(name)).collect()
}

fn runs(name: &str) -> bool {
    let status =
        Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn can_install() -> Installer {
    let is_debian = Path::new("/etc/debian_version").exists() && runs("apt-get");
    if is_debian && is_root() { Installer::Apt } else { Installer::Absent }
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn install(missing: &[&str]) -> anyhow::Result<()> {
    let packages = missing.iter().map(|name| if *name == "node" { "nodejs" } else { name });
    let install: Vec<&str> = ["install", "-y", "-qq"].into_iter().chain(packages).collect();
    for arguments in [["update", "-qq"].as_slice(), &install] {
        // The caller may own stdout for JSON.
        let status = Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(std::io::stderr())
            .status()
            .context("apt-get does not start")?;
        if !status.success() {
            bail!("`apt-get {}` failed; do by hand what it does", arguments.join(" "));
        }
    }
    let missing = self::missing();
    if missing.is_empty() { Ok(()) } else { bail!("still not installed: {}", missing.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::{Installer, Plan, plan};

    #[test]
    fn what_is_there_is_not_installed() {
        assert_eq!(plan(&[], Installer::Apt), Plan::Nothing);
        assert_eq!(plan(&[], Installer::Absent), Plan::Nothing);
    }

    #[test]
    fn missing_node_is_installed_where_that_is_allowed() {
        assert_eq!(plan(&["node", "npm"], Installer::Apt), Plan::Install);
        assert_eq!(plan(&["npm"], Installer::Apt), Plan::Install);
        assert_eq!(plan(&["python3"], Installer::Apt), Plan::Install);
    }

    #[test]
    fn a_refusal_names_what_is_missing() {
        for (missing, installer) in
            [(["node", "npm"], Installer::Absent), (["git", "node"], Installer::Apt)]
        {
            let Plan::Refuse(advice) = plan(&missing, installer) else {
                panic!("{missing:?} was accepted")
            };
            assert!(missing.iter().all(|name| advice.contains(name)), "{advice}");
        }
    }
}
