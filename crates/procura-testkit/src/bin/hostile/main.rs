//! What costly inputs within the limits take of a verifier, in time and memory.
//!
//! `cargo xtask bench hostile [--json]`. A row is one kind of input: what it took, what
//! it may take, and the one as a part of the other. Its own program, because counting
//! what is allocated slows everything else down.
//!
//! **Invariant:** every input is one that its reader reads to the end; who is refused
//! at once costs nothing, and is not measured.

mod inputs;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;
use serde_json::json;

use self::inputs::Input;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What one verification may take.
const MOST: Duration = Duration::from_millis(5);
/// What it may hold beside its input, in bytes.
const HELD: usize = 1024 * 1024;
const ROUNDS: usize = 40;

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(words: &[String]) -> anyhow::Result<ExitCode> {
    let json = words.iter().any(|word| word == "--json");
    if !json {
        println!(
            "{:<32} {:>8} {:>9} {:>7} {:>9} {:>7}",
            "input", "bytes", "µs", "of 5 ms", "KiB", "of 1 MiB"
        );
    }
    let mut is_within = true;
    for input in inputs::all()? {
        let row = Row::measure(&input)?;
        is_within &= row.is_within();
        println!("{}", if json { row.to_json() } else { row.to_line() });
    }
    Ok(if is_within { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Row {
    name: &'static str,
    bytes: usize,
    time: Duration,
    peak: usize,
}

impl Row {
    /// The median of the times, and the most that was held at once.
    fn measure(input: &Input) -> anyhow::Result<Self> {
        let mut times = Vec::with_capacity(ROUNDS);
        let mut peak = 0;
        for _ in 0..ROUNDS {
            let arguments = input.arguments.clone();
            let before = ALLOCATOR.current_usage();
            ALLOCATOR.reset_peak_usage();
            let begun = Instant::now();
            (input.verify)(arguments)?;
            times.push(begun.elapsed());
            peak = peak.max(ALLOCATOR.peak_usage().saturating_sub(before));
        }
        times.sort_unstable();
        let time = times.get(ROUNDS / 2).copied().unwrap_or_default();
        Ok(Self { name: input.name, bytes: input.bytes, time, peak })
    }

    fn is_within(&self) -> bool {
        self.time <= MOST && self.peak <= HELD
    }

    fn parts(&self) -> (f64, f64) {
        let peak = u32::try_from(self.peak).map_or(f64::INFINITY, f64::from);
        (self.time.as_secs_f64() / MOST.as_secs_f64(), peak / 1024.0)
    }

    fn to_line(&self) -> String {
        let (time, peak) = self.parts();
        let micros = self.time.as_secs_f64() * 1e6;
        let Self { name, bytes, .. } = self;
        format!(
            "{name:<32} {bytes:>8} {micros:>9.0} {time:>7.3} {peak:>9.0} {:>7.3}",
            peak / 1024.0
        )
    }

    fn to_json(&self) -> String {
        let micros = self.time.as_secs_f64() * 1e6;
        json!({"name": self.name, "bytes": self.bytes, "micros": micros, "held": self.peak})
            .to_string()
    }
}
