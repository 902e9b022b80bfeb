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
    println!(
        "{:<36} {:>8} {:>8} {:>6} {:>7} {:>7} {:>6}  Ed25519 checks",
        "", "p10 µs", "median", "ratio", "paired", "checks", "bytes"
    );
    for Result { about, version, taken, .. } in results {
        let times = times(taken, results, floors);
        let name = format!("{} {version}", about.name);
        println!("{name:<36} {times} {:>6}  {}", taken.bytes, about.checks);
    }
    for ((name, _), taken) in FLOORS.iter().zip(floors) {
        println!("{:<36} {}", format!("floor: {name}"), times(taken, results, floors));
    }
    println!("\nratio: p10 to that of procura; paired: the median of what each sample was to that");
    println!("of procura in the same round; checks: p10 in strict Ed25519 checks\n");
    print_twins(results);
    for Result { about, .. } in results {
        println!("\n{} leaves out", about.name);
        for what in about.leaves_out {
            println!("  - {what}");
        }
    }
}

fn times(taken: &Taken, results: &[Result], floors: &[Taken]) -> String {
    let Taken { fast, median, paired, .. } = taken;
    let (ratio, checks) = (fast / ours(results), fast / check(floors));
    format!("{fast:>8.1} {median:>8.1} {ratio:>6.2} {paired:>7.2} {checks:>7.2}")
}

fn ours(results: &[Result]) -> f64 {
    results.first().map_or(f64::NAN, |first| first.taken.fast)
}

fn check(floors: &[Taken]) -> f64 {
    floors.first().map_or(f64::NAN, |first| first.fast)
}

/// One row a request, one column a contender.
fn print_twins(results: &[Result]) {
    let row = |title: &str, answer: &dyn Fn(&Result) -> &'static str| {
        let mut line = format!("{title:<28}");
        for one in results {
            let width = one.about.name.len().max("ACCEPTED".len());
            line.push_str(&format!("  {:<width$}", answer(one)));
        }
        println!("{}", line.trim_end());
    };
    row("before it was timed", &|one| one.about.name);
    row("what was granted", &|_| "accepted");
    for (index, twin) in Twin::ALL.into_iter().enumerate() {
        row(twin.title(), &|one| match one.accepted.get(index) {
            Some(false) => "refused",
            Some(true) | None => "ACCEPTED",
        });
    }
}

/// Prints one line of JSON for each contender and each floor.
pub(crate) fn print_json(results: &[Result], floors: &[Taken]) {
    let (ours, check) = (ours(results), check(floors));
    let times = |taken: &Taken| {
        json!({
            "p10": taken.fast,
            "median": taken.median,
            "unit": "µs",
            "ratio": taken.fast / ours,
            "paired": taken.paired,
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
