//! Measures what matters, each as a ratio to a floor measured in the same run.
//!
//! `cargo xtask bench [core|log|gateway] [--json]`. A floor is what cannot be
//! avoided: the signatures that must be checked, the commit that must be
//! durable, the call that would be made anyway.

mod access;
mod decisions;
mod echo;
mod events;
mod governed;

mod measure;
mod signatures;

use std::process::ExitCode;

use measure::Row;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == echo::FLAG) {
        return echo::serve();
    }
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(words: &[String]) -> anyhow::Result<()> {
    let json = words.iter().any(|word| word == "--json");
    let groups: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| *word != "--json").collect();
    for group in &groups {
        anyhow::ensure!(
            ["core", "log", "gateway"].contains(group),
            "there is no group `{group}`; there are core, log and gateway"
        );
    }
    let wanted = |group: &str| groups.is_empty() || groups.contains(&group);
    if !json {
        println!("{:<24} {:>12} {:>12} {:>8}  unit", "name", "value", "floor", "ratio");
    }
    let print = |rows: Vec<Row>| {
        for row in rows {
            println!("{}", if json { row.to_json() } else { row.to_line() });
        }
    };
    if wanted("core") {
        print(signatures::rows()?);
        print(access::rows()?);
        print(decisions::rows()?);
    }
    if wanted("log") {
        print(events::rows()?);
    }
    if wanted("gateway") {
        print(governed::rows()?);
    }
    Ok(())
}
