//! Runs `git` on one repository.
//!
//! **Invariant:** nothing from a call is ever an argument of `git`, and nothing from the
//! environment or the machine's configuration changes what `git` does: no hook, no editor, no
//! prompt, no signing, no other repository.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, bail, ensure};

/// A repository with a work tree.
#[derive(Debug)]
pub(super) struct Repository {
    work_tree: PathBuf,
}

/// The message of a commit: one line, and perhaps more after it.
#[derive(Debug)]
pub(super) struct Summary(String);

/// A branch that proposes changes.
#[derive(Debug)]
pub(super) struct Proposed {
    /// Counted from one.
    pub(super) number: u64,
    /// `pr/` and the number.
    pub(super) branch: String,
    /// The commit at its tip.
    pub(super) commit: String,
}

impl Summary {
    const MAX_TITLE: usize = 256;
    const MAX_BODY: usize = 64 * 1024;

    /// A message that git can hold.
    pub(super) fn new(title: &str, body: Option<&str>) -> anyhow::Result<Self> {
        ensure!(!title.trim().is_empty(), "the title is empty");
        ensure!(
            title.len() <= Self::MAX_TITLE,
            "the title is longer than {} bytes",
            Self::MAX_TITLE
        );
        ensure!(!title.contains(char::is_control), "the title is not one line of text");
        let mut message = format!("{title}\n");
        if let Some(body) = body.filter(|body| !body.trim().is_empty()) {
            ensure!(
                body.len() <= Self::MAX_BODY,
                "the body is longer than {} bytes",
                Self::MAX_BODY
            );
            ensure!(!body.contains('\0'), "the body contains a zero byte");
            message = format!("{message}\n{}\n", body.trim_end());
        }
        Ok(Self(message))
    }

    /// The same message with a line for machines at its end.
    pub(super) fn with_trailer(self, trailer: &str) -> Self {
        Self(format!("{}\n{trailer}\n", self.0))
    }
}

impl Repository {
    /// Opens the repository whose work tree is `work_tree` itself, not one further up.
    pub(super) fn open(work_tree: &Path) -> anyhow::Result<Self> {
        let repository = Self { work_tree: work_tree.to_owned() };
        repository
            .run(&["rev-parse", "--git-dir"])
            .with_context(|| format!("`{}` is not a git repository", work_tree.display()))?;
        Ok(repository)
    }

    /// Makes an empty repository in `work_tree`, whose branch is `main`.
    ///
    /// The empty template leaves out the sample hooks.
    pub(super) fn create(work_tree: &Path) -> anyhow::Result<Self> {
        let repository = Self { work_tree: work_tree.to_owned() };
        repository.run(&["init", "--quiet", "--initial-branch=main", "--template="])?;
        Ok(repository)
    }

    /// Commits everything there is, as the first commit, at a time that never changes.
    pub(super) fn commit_first(&self, summary: &Summary) -> anyhow::Result<()> {
        self.run(&["add", "--all"])?;
        let tree = self.run(&["write-tree"])?;
        let mut command = self.command(&["commit-tree", "-F", "-", &tree]);
        command.env("GIT_AUTHOR_DATE", FIRST_DATE).env("GIT_COMMITTER_DATE", FIRST_DATE);
        let commit = feed(command, &summary.0)?;
        self.run(&["update-ref", "HEAD", &commit])?;
        Ok(())
    }

    /// Commits the changes of the work tree on a new branch off `base`, and takes them out of the
    /// work tree.
    ///
    /// `base` must be the branch that is checked out: changes are relative to that. Until the new
    /// branch exists nothing is lost, whatever fails.
    pub(super) fn propose(&self, base: &str, summary: &Summary) -> anyhow::Result<Proposed> {
        let head = self.run(&["symbolic-ref", "HEAD"])?;
        ensure!(head == format!("refs/heads/{base}"), "the branch `{base}` is not checked out");
        self.run(&["add", "--all"])?;
        let tree = self.run(&["write-tree"])?;
        ensure!(tree != self.run(&["rev-parse", "HEAD^{tree}"])?, "there is nothing to propose");
        let parent = self.checked_out_commit()?;
        let command = self.command(&["commit-tree", "-p", &parent, "-F", "-", &tree]);
        let commit = feed(command, &summary.0)?;
        let number = self.next_number()?;
        let branch = format!("pr/{number}");
        // The empty old value makes this fail where the branch exists.
        self.run(&["update-ref", &format!("refs/heads/{branch}"), &commit, ""])?;
        self.run(&["reset", "--quiet", "--hard", "HEAD"])
            .with_context(|| format!("`{branch}` was made, but its changes are still here"))?;
        Ok(Proposed { number, branch, commit })
    }

    /// The commit of the branch that is checked out.
    pub(super) fn checked_out_commit(&self) -> anyhow::Result<String> {
        self.run(&["rev-parse", "--verify", "HEAD^{commit}"])
    }

    fn next_number(&self) -> anyhow::Result<u64> {
        let branches =
            self.run(&["for-each-ref", "--format=%(refname:lstrip=3)", "refs/heads/pr/"])?;
        let highest = branches.lines().filter_map(|number| number.parse::<u64>().ok()).max();
        highest.unwrap_or(0).checked_add(1).context("there are no numbers left")
    }

    fn run(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null());
        printed(&command.output().context("cannot run `git`")?)
    }

    /// Naming the git directory keeps git from searching in the folders above.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_DIR", self.work_tree.join(".git"))
            .env("GIT_WORK_TREE", &self.work_tree)
            .current_dir(&self.work_tree)
            .args(CONFIGURATION.iter().flat_map(|setting| ["-c", setting]))
            .args(arguments);
        command
    }
}

/// Runs `command` with `input`, which it must read to the end before it prints.
fn feed(mut command: Command, input: &str) -> anyhow::Result<String> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().context("cannot run `git`")?;
    // Taken, so that it is closed when it has been written.
    let mut stdin = child.stdin.take().context("`git` has no input")?;
    let written = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = printed(&child.wait_with_output()?)?;
    written?;
    Ok(output)
}

fn printed(output: &Output) -> anyhow::Result<String> {
    if !output.status.success() {
        bail!("git: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let text = str::from_utf8(&output.stdout).context("`git` printed what is not text")?;
    Ok(text.trim_end().to_owned())
}

/// These win over the repository's own configuration.
const CONFIGURATION: [&str; 7] = [
    "user.name=procura workshop",
    "user.email=workshop@acme.example",
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.autocrlf=false",
    "commit.gpgSign=false",
    "gc.auto=0",
];
const FIRST_DATE: &str = "2026-01-05T09:00:00Z";
