//! Makes sure that the programs which the tests start are installed.
//!
//! The tests of the guard run real npm packages, so they need Node.js and npm;
//! those of envelopes run a real Python package too, so they need Python.
//! The second writing of the lattice, in `vectors/model`, is Python too.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// Finds git, Node.js, npm and Python, and installs all but git where it may.
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
             install git, Node.js 18 or later, npm, and Python 3.9 or later with venv, and run it again"
        )),
    }
}

fn missing() -> Vec<&'static str> {
    let mut missing: Vec<_> =
        ["git", "node", "npm"].into_iter().filter(|name| !runs(name, &["--version"])).collect();
    // Debian has the module in a package of its own.
    if !runs("python3", &["-c", "import ensurepip, venv"]) {
        missing.push("python3");
    }
    missing
}

fn runs(name: &str, arguments: &[&str]) -> bool {
    let status =
        Command::new(name).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn can_install() -> Installer {
    let is_debian = Path::new("/etc/debian_version").exists() && runs("apt-get", &["--version"]);
    if is_debian && is_root() { Installer::Apt } else { Installer::Absent }
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn install(missing: &[&str]) -> anyhow::Result<()> {
    let packages = packages(missing);
    let install = [["install", "-y", "-qq"].as_slice(), &packages].concat();
    for arguments in [["update", "-qq"].as_slice(), &install] {
        // The caller may own stdout for JSON.
        let status = Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(std::io::stderr())
            .status()
            .context("apt-get does not start")?;
        if !status.success() {
            bail!("`apt-get {}` failed; install {packages:?} by hand", arguments.join(" "));
        }
    }
    let missing = self::missing();
    if missing.is_empty() { Ok(()) } else { bail!("still not installed: {}", missing.join(", ")) }
}

/// The Debian packages of these programs, and of no others: a program that is
/// there may have come from elsewhere, and its package would get in its way.
fn packages(missing: &[&str]) -> Vec<&'static str> {
    let package = |name: &&str| match *name {
        "node" => ["nodejs"].as_slice(),
        "npm" => &["npm"],
        "python3" => &["python3", "python3-venv"],
        _ => &[],
    };
    missing.iter().flat_map(package).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::{Installer, Plan, packages, plan};

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
    fn what_is_there_gets_no_package() {
        assert_eq!(packages(&["node", "npm"]), ["nodejs", "npm"]);
        assert_eq!(packages(&["python3"]), ["python3", "python3-venv"]);
        assert!(packages(&[]).is_empty());
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
