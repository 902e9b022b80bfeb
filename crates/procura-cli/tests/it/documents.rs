//! What the documents tell a reader to type works.
//!
//! Every block that opens with ```` ```console ```` in `README.md` and `docs/` is run, in order, in
//! one new directory a document, with `procura` on the path. A line that begins with `$ ` is a
//! command; `> ` continues it. The lines after it are its output, standard error included: `…`
//! stands for any text in a line, and a line of `…` alone for any lines. A command succeeds,
//! unless its output ends with a line `[exit N]`. Without any output lines, any output will do.
//!
//! A block that opens with ```` ```console shown ```` is shown and not run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::yard::BINARY;

#[test]
fn every_command_of_the_documents_does_what_they_say() {
    let wrong: Vec<String> = documents()
        .iter()
        .filter_map(|document| {
            let error = play(&std::fs::read_to_string(document).unwrap()).err()?;
            Some(format!("{}: {error}", document.display()))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_document_that_is_right_is_played() {
    play("```console\n$ procura --version\nprocura…0.…\n$ echo a b > c &&\n>   cat c\na…\n```\n")
        .unwrap();
    play("```console\n$ procura nonsense\n…\n[exit 2]\n```\n").unwrap();
    play("```console shown\n$ exit 1\n```\n```sh\n$ exit 1\n```\n").unwrap();
}

#[test]
fn a_document_that_is_wrong_is_noticed() {
    for wrong in [
        "```console\n$ procura nonsense\n```\n",
        "```console\n$ procura --version\nanother 0.…\n```\n",
        "```console\n$ procura --version\nprocura…0.…\nand more\n```\n",
        "```console\n$ echo a\n[exit 1]\n```\n",
    ] {
        assert!(play(wrong).is_err(), "{wrong}");
    }
}

/// A command as a document shows it.
#[derive(Default)]
struct Shown {
    command: String,
    output: Vec<String>,
    exit: i32,
}

fn play(text: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    commands(text).iter().try_for_each(|shown| perform(shown, folder.path()))
}

fn perform(shown: &Shown, folder: &Path) -> Result<(), String> {
    let binaries = Path::new(BINARY).parent().unwrap().display().to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    let done = Command::new("sh")
        .args(["-c", &format!("exec 2>&1; {}", shown.command)])
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{binaries}:{path}"))
        .env("HOME", folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&done.stdout);
    let lines: Vec<&str> = output.lines().collect();
    let is_as_shown = shown.output.is_empty() || fits(&shown.output, &lines);
    if done.status.code() == Some(shown.exit) && is_as_shown {
        return Ok(());
    }
    Err(format!("`{}` ended with {} and said\n{output}", shown.command, done.status))
}

/// Whether the shown lines are the real ones.
fn fits(shown: &[String], lines: &[&str]) -> bool {
    match (shown, lines) {
        ([], rest) => rest.is_empty(),
        ([dots, shown @ ..], lines) if dots == "…" => {
            (0..=lines.len()).any(|from| fits(shown, &lines[from..]))
        }
        ([_, ..], []) => false,
        ([first, shown @ ..], [line, lines @ ..]) => is_like(first, line) && fits(shown, lines),
    }
}

/// Whether `line` is `pattern`, in which `…` stands for any text.
fn is_like(pattern: &str, line: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('…') else {
        return pattern == line.trim_end();
    };
    let Some(rest) = line.strip_prefix(head) else {
        return false;
    };
    let mut places = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    places.any(|at| is_like(tail, &rest[at..]))
}

/// The commands of the blocks that are run.
fn commands(text: &str) -> Vec<Shown> {
    let mut commands: Vec<Shown> = Vec::new();
    let mut is_inside = false;
    for line in text.lines() {
        if line.starts_with("```") {
            is_inside = !is_inside && line == "```console";
        } else if let (true, Some(command)) = (is_inside, line.strip_prefix("$ ")) {
            commands.push(Shown { command: command.to_owned(), ..Shown::default() });
        } else if let (true, Some(shown)) = (is_inside, commands.last_mut()) {
            add(shown, line);
        }
    }
    commands
}

fn add(shown: &mut Shown, line: &str) {
    let exit = line.strip_prefix("[exit ").and_then(|rest| rest.strip_suffix(']'));
    if let (true, Some(more)) = (shown.output.is_empty(), line.strip_prefix("> ")) {
        shown.command.push('\n');
        shown.command.push_str(more);
    } else if let Some(exit) = exit {
        shown.exit = exit.parse().unwrap();
    } else {
        shown.output.push(line.trim_end().to_owned());
    }
}

/// `README.md` and every page of `docs`.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut documents = vec![root.join("README.md")];
    let mut folders = vec![root.join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                documents.push(path);
            }
        }
    }
    documents.sort();
    documents
}
