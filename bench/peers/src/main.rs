//! Runs one grant through Procura and through three peers, in one run, and
//! prints what each took as a ratio to ours.
//!
//! `cargo xtask bench --peers [--json] [--quick]`. What is timed begins with the
//! bytes of a request and ends with a verdict: decoding, every signature, what
//! each link took away, the arguments, the proof of possession. Nothing is kept
//! from one request to the next.
//!
//! **Invariant:** nothing is timed that did not, in the same run, accept what was
//! granted and refuse its twins, or is said to accept them.

mod contender;
mod grant;
mod key;
mod measure;
mod table;
mod tamper;
mod twins;

use std::process::ExitCode;

use anyhow::Context as _;

use contender::Contender;
use contender::biscuit::{Requests, WithBiscuit};
use contender::kanoniv::Kanoniv;
use contender::procura::Procura;
use contender::tenuo::Tenuo;

const ROUNDS: usize = 1000;
/// Enough to see that everything runs; too few to quote.
const QUICK_ROUNDS: usize = 30;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(words: &[String]) -> anyhow::Result<()> {
    for word in words {
        let known = ["--json", "--quick"].contains(&word.as_str());
        anyhow::ensure!(known, "there is no `{word}`; there are --json and --quick");
    }
    let has = |flag: &str| words.iter().any(|word| word == flag);
    let rounds = if has("--quick") { QUICK_ROUNDS } else { ROUNDS };
    let contenders = contenders()?;
    let mut accepted = Vec::new();
    for contender in &contenders {
        accepted.push(twins::check(contender.as_ref())?);
    }
    let mut taken = measure::all(&contenders, rounds)?;
    let floors = taken.split_off(contenders.len());
    let mut results = Vec::new();
    for ((contender, accepted), taken) in contenders.iter().zip(accepted).zip(taken) {
        let about = contender.about();
        let version = version(about.package)?;
        results.push(table::Result { about, version, accepted, taken });
    }
    if has("--json") {
        table::print_json(&results, &floors);
    } else {
        table::print(&results, &floors);
    }
    Ok(())
}

/// Ours first: the others are measured by it.
fn contenders() -> anyhow::Result<Vec<Box<dyn Contender>>> {
    Ok(vec![
        Box::new(Procura::new()?),
        Box::new(Tenuo::new()?),
        Box::new(WithBiscuit::new(Requests::Bare)?),
        Box::new(WithBiscuit::new(Requests::Signed)?),
        Box::new(Kanoniv::new()?),
    ])
}

/// The version of `package` that this program was built with.
fn version(package: &str) -> anyhow::Result<String> {
    let lock: toml::Table = include_str!("../Cargo.lock").parse()?;
    let packages = lock.get("package").and_then(toml::Value::as_array);
    let found = packages
        .into_iter()
        .flatten()
        .find(|one| one.get("name").and_then(toml::Value::as_str) == Some(package));
    let version = found.and_then(|one| one.get("version")).and_then(toml::Value::as_str);
    version.map(String::from).with_context(|| format!("`{package}` is not in the lock file"))
}
