//! The demo's MCP server: a small real upstream on a real git repository.
//!
//! It exists so that the demo and the tests have something worth guarding: its tools change
//! files, branches and releases on disk, and it trusts whoever speaks to it. Deciding who may
//! call what is the gateway's work, so no check of authority is made here.
//!
//! **Invariant:** whatever a call says, nothing is read or written outside the work tree, its
//! git directory and the directory of releases.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;

mod call;
mod catalogue;
mod fault;
mod git;
mod lines;
mod message;
mod releases;
mod seed;
mod serve;
mod session;
mod tools;
mod tree;

pub(crate) use seed::create_repository;

use fault::{Fault, FaultPlan};
use session::Session;
use tools::Workshop;

/// What `procura workshop` is told on the command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The work tree of the repository to serve
    #[arg(long, value_name = "DIR")]
    repo: PathBuf,
    /// The name by which calls must name the repository
    #[arg(long, value_name = "OWNER/NAME", default_value = "acme/web")]
    name: String,
    /// Where release records are written; a directory `releases` beside the work tree if absent
    #[arg(long, value_name = "DIR")]
    releases: Option<PathBuf>,
    /// Make the demo repository first, if there is nothing at `--repo`
    #[arg(long)]
    create: bool,
    /// How to misbehave, for tests of whoever calls this server
    #[arg(long, value_enum, value_name = "FAULT")]
    fault: Option<Fault>,
    /// How many calls of tools are answered before the fault strikes
    #[arg(long, value_name = "COUNT", default_value_t = 0, requires = "fault")]
    fault_after: u64,
}

/// Serves one repository over standard input and output until the input ends.
///
/// Everything is checked before the first line is read, so that a wrong directory is an error of
/// the command and not of the first call.
pub(crate) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { repo, name, releases, create, fault, fault_after } = arguments;
    if create && !repo.exists() {
        create_repository(&repo)?;
    }
    let releases = releases.map_or_else(|| beside(&repo), Ok)?;
    let session = Session::new(Workshop::open(name, &repo, &releases)?);
    let plan = FaultPlan::new(fault, fault_after);
    serve::serve(io::stdin().lock(), io::stdout().lock(), session, plan)
}

fn beside(repo: &Path) -> anyhow::Result<PathBuf> {
    let work_tree =
        repo.canonicalize().with_context(|| format!("cannot open `{}`", repo.display()))?;
    let parent = work_tree.parent().context("a repository at `/` needs `--releases`")?;
    Ok(parent.join("releases"))
}
