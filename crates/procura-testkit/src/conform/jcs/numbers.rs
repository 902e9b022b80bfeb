//! Numbers as ECMAScript writes them: the sequence that `README.md` of the set defines.
//!
//! The values and the digests are read from that file. The sequence is made
//! here, as it says: special values, then the smallest normal ones, then what
//! SHA-256 of its own last output gives.

use std::fmt::Write as _;

use anyhow::{Context, ensure};
use procura_core::{hash::Digest, json};

use super::super::{
    Case, Verdict,
    fields::{hex, unhex},
};

/// As many lines as are written in every run.
const LINES: usize = 100_000;

/// Judges the samples, and the digests of the sequence's beginnings.
pub(super) fn run(page: &[u8], cases: &mut Vec<Case>) -> anyhow::Result<()> {
    let page = std::str::from_utf8(page)?;
    for line in samples(page)? {
        cases.push(Case::of(format!("sample {line}"), judge_sample(line)));
    }
    let digests = digests(page)?;
    let mut values = Sequence::read(page)?;
    let (mut text, mut written) = (String::new(), 0_usize);
    for (digest, count) in digests {
        let name = format!("the first {count} numbers");
        if count > LINES {
            let why = "too many numbers for every run; the sequence's beginning is compared";
            cases.push(Case { name, verdict: Verdict::excluded(why) });
            continue;
        }
        for value in values.by_ref().take(count.saturating_sub(written)) {
            writeln!(text, "{:x},{}", value.to_bits(), canonical(value)?)?;
        }
        written = count;
        let found = hex(Digest::of(text.as_bytes()).as_bytes());
        let verdict = if found == digest {
            Verdict::Passed
        } else {
            Verdict::Failed(format!("another digest: {found}"))
        };
        cases.push(Case { name, verdict });
    }
    Ok(())
}

/// The canonical form of a double.
///
/// What is read is its shortest decimal, and of two that are equally near the
/// even one, as ECMAScript has it; the other one denotes another number, and we
/// refuse it. `format!` of the standard library writes the other one at times.
fn canonical(value: f64) -> anyhow::Result<String> {
    let text = serde_json::to_string(&value)?;
    json::parse(text.as_bytes())?.to_canonical().with_context(|| format!("of `{text}`"))
}

fn judge_sample(line: &str) -> anyhow::Result<Verdict> {
    let (bits, expected) = line.split_once(',').context("no comma")?;
    let found = canonical(f64::from_bits(u64::from_str_radix(bits, 16)?))?;
    if found == expected {
        return Ok(Verdict::Passed);
    }
    Ok(Verdict::Failed(format!("`{found}`")))
}

/// The lines between the fences after `Sample lines:`.
fn samples(page: &str) -> anyhow::Result<Vec<&str>> {
    let (_, rest) = page.split_once("Sample lines:").context("no samples")?;
    let block = rest.split("```").nth(1).context("no samples")?;
    Ok(block.lines().skip(1).filter(|line| !line.is_empty()).collect())
}

/// The rows of the table of digests: a digest, and after how many lines.
fn digests(page: &str) -> anyhow::Result<Vec<(String, usize)>> {
    let rows = page.lines().filter_map(|line| {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        let digest = cells.next().filter(|digest| unhex(digest).is_some_and(|it| it.len() == 32));
        Some((digest?.to_owned(), cells.next()?.parse().ok()?))
    });
    let rows: Vec<_> = rows.collect();
    ensure!(!rows.is_empty(), "no digests");
    Ok(rows)
}

/// The sequence of doubles.
struct Sequence {
    first: std::vec::IntoIter<u64>,
    block: [u8; 32],
    rest: Vec<f64>,
}

/// How many of the smallest normal doubles follow the special ones, and the first.
const SERIAL: (u64, u64) = (0x0010_0000_0000_0000, 2000);

impl Sequence {
    fn read(page: &str) -> anyhow::Result<Self> {
        let (_, rest) = page.split_once("staticU64s = ").context("no special values")?;
        let (list, _) = rest.split_once("])").context("no end of the special values")?;
        let mut first = Vec::new();
        for item in list.split("0x").skip(1) {
            let digits = item.split('n').next().context("no value")?;
            first.push(u64::from_str_radix(digits, 16)?);
        }
        ensure!(!first.is_empty(), "no special values");
        first.extend((SERIAL.0..).zip(0..SERIAL.1).map(|(bits, _)| bits));
        Ok(Self { first: first.into_iter(), block: [0; 32], rest: Vec::new() })
    }
}

impl Iterator for Sequence {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        if let Some(bits) = self.first.next() {
            return Some(f64::from_bits(bits));
        }
        loop {
            let Some(value) = self.rest.pop() else {
                self.block = *Digest::of(&self.block).as_bytes();
                let (doubles, _) = self.block.as_chunks::<8>();
                self.rest = doubles.iter().rev().map(|bytes| f64::from_le_bytes(*bytes)).collect();
                continue;
            };
            if value != 0.0 && value.is_finite() {
                return Some(value);
            }
        }
    }
}
