//! The tables for people, and the lines for programs.

use serde_json::{Value, json};

use crate::contender::About;
use crate::grant::Twin;
use crate::measure::{FLOORS, Taken};

/// What was found out about one contender.
#[derive(Debug)]
pub(crate) struct Result {
    pub(crate) about: About,
    pub(crate) version: String,
    pub(crate) accepted: [bool; Twin::ALL.len()],
    pub(crate) taken: Taken,
}

/// Prints the tables. Ratios are to the first result, which is ours.
pub(crate) fn print(results: &[Result], floors: &[Taken]) {
    let ours = results.first().map_or(f64::NAN, |first| first.taken.fast);
    let check = floors.first().map_or(f64::NAN, |first| first.fast);
    println!(
        "{:<24} {:>8} {:>9} {:>9} {:>6} {:>7} {:>6}  Ed25519 checks",
        "name", "version", "p10 µs", "median", "ratio", "checks", "bytes"
    );
    for Result { about, version, taken, .. } in results {
        println!(
            "{:<24} {version:>8} {:>9.1} {:>9.1} {:>6.2} {:>7.2} {:>6}  {}",
            about.name,
            taken.fast,
            taken.median,
            taken.fast / ours,
            taken.fast / check,
            taken.bytes,
            about.checks,
        );
    }
    for ((name, _), taken) in FLOORS.iter().zip(floors) {
        println!(
            "{:<33} {:>9.1} {:>9.1} {:>6.2} {:>7.2}",
            format!("floor: {name}"),
            taken.fast,
            taken.median,
            taken.fast / ours,
            taken.fast / check,
        );
    }
    println!("\nratio: p10 to that of procura; checks: p10 in strict Ed25519 checks\n");
    print_twins(results);
    println!();
    for Result { about, .. } in results {
        println!("{} leaves out", about.name);
        for what in about.leaves_out {
            println!("  - {what}");
        }
    }
}

fn print_twins(results: &[Result]) {
    print!("{:<30}", "shown before it was timed");
    for Result { about, .. } in results {
        print!("  {}", about.name);
    }
    println!();
    let row = |title: &str, answers: &mut dyn Iterator<Item = bool>| {
        print!("{title:<30}");
        for (accepted, Result { about, .. }) in answers.zip(results) {
            let word = if accepted { "ACCEPTED" } else { "refused" };
            print!("  {word:<width$}", width = about.name.len());
        }
        println!();
    };
    row("what was granted", &mut results.iter().map(|_| true));
    for (index, twin) in Twin::ALL.into_iter().enumerate() {
        let answers = |one: &Result| one.accepted.get(index).copied().unwrap_or(true);
        row(twin.title(), &mut results.iter().map(answers));
    }
}

/// Prints one line of JSON for each contender and each floor.
pub(crate) fn print_json(results: &[Result], floors: &[Taken]) {
    let ours = results.first().map_or(f64::NAN, |first| first.taken.fast);
    let check = floors.first().map_or(f64::NAN, |first| first.fast);
    let times = |taken: &Taken| {
        json!({
            "p10": taken.fast,
            "median": taken.median,
            "unit": "µs",
            "ratio": taken.fast / ours,
            "checks": taken.fast / check,
        })
    };
    for Result { about, version, accepted, taken } in results {
        let accepts: Vec<&str> = Twin::ALL
            .into_iter()
            .zip(accepted)
            .filter(|(_, accepted)| **accepted)
            .map(|(twin, _)| twin.title())
            .collect();
        let mut line = json!({
            "name": about.name,
            "version": version,
            "bytes": taken.bytes,
            "ed25519": about.checks,
            "leaves_out": about.leaves_out,
            "accepts": accepts,
        });
        extend(&mut line, times(taken));
        println!("{line}");
    }
    for ((name, _), taken) in FLOORS.iter().zip(floors) {
        let mut line = json!({ "floor": name });
        extend(&mut line, times(taken));
        println!("{line}");
    }
}

fn extend(line: &mut Value, more: Value) {
    if let (Value::Object(line), Value::Object(more)) = (line, more) {
        line.extend(more);
    }
}
