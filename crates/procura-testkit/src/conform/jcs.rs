//! RFC 8785: the published pairs of texts, and the published sequence of numbers.

mod numbers;

use std::path::Path;

use anyhow::{Context, ensure};
use procura_core::json;

use super::{
    Case, Verdict,
    fields::{files, read, unhex},
};

/// Judges the pairs and the numbers in `folder`.
pub(super) fn run(folder: &Path) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for (name, input) in files(&folder.join("input"))? {
        let output = read(&folder.join("output").join(&name))?;
        let digits = Path::new(&name).with_extension("txt");
        let digits = read(&folder.join("outhex").join(digits))?;
        let pair = Pair { input, output, digits: String::from_utf8(digits)? };
        cases.push(Case::of(format!("input/{name}"), pair.judge_input(&name)));
        if let Some((inexact, _, _)) = inexact(&name) {
            let title = format!("input/{name} without {inexact}");
            cases.push(Case::of(title, pair.judge_exact(&name)));
        }
        cases.push(Case::of(format!("output/{name}"), pair.judge_output()));
        cases.push(Case::of(format!("outhex/{name}"), pair.judge_digits()));
    }
    numbers::run(&read(&folder.join("README.md"))?, &mut cases)?;
    Ok(cases)
}

/// Inputs with a number that is not exactly a double: what is written, what its
/// canonical form denotes, and why we refuse it.
const INEXACT: &[(&str, &str, &str, &str)] = &[(
    "values.json",
    "333333333.33333329",
    "333333333.3333333",
    "its number 333333333.33333329 is not exactly a double, so its canonical form would be \
     another number than the one that was written; we refuse to write it",
)];

fn inexact(name: &str) -> Option<(&'static str, &'static str, &'static str)> {
    let row = INEXACT.iter().find(|(file, _, _, _)| *file == name);
    row.map(|(_, written, meant, why)| (*written, *meant, *why))
}

/// A text, its canonical form, and the digits of that form.
struct Pair {
    input: Vec<u8>,
    output: Vec<u8>,
    digits: String,
}

impl Pair {
    fn judge_input(&self, name: &str) -> anyhow::Result<Verdict> {
        let canonical = json::parse(&self.input)?.to_canonical();
        Ok(match (inexact(name), canonical) {
            (None, canonical) => compare(&self.output, canonical?.as_bytes()),
            (Some((_, _, why)), Err(json::Inadmissible)) => Verdict::excluded(why),
            (Some(_), Ok(_)) => Verdict::Failed("an inexact number was written".into()),
        })
    }

    /// With its one inexact number as its canonical form has it.
    fn judge_exact(&self, name: &str) -> anyhow::Result<Verdict> {
        let (written, meant, _) = inexact(name).context("every number is exact")?;
        let input = std::str::from_utf8(&self.input)?;
        ensure!(input.contains(written), "`{written}` is not in it");
        let exact = input.replace(written, meant);
        Ok(compare(&self.output, json::parse(exact.as_bytes())?.to_canonical()?.as_bytes()))
    }

    /// The canonical form is its own.
    fn judge_output(&self) -> anyhow::Result<Verdict> {
        Ok(compare(&self.output, json::parse(&self.output)?.to_canonical()?.as_bytes()))
    }

    fn judge_digits(&self) -> anyhow::Result<Verdict> {
        let digits: String = self.digits.split_whitespace().collect();
        let bytes = unhex(&digits).context("not hexadecimal")?;
        Ok(compare(&bytes, json::parse(&self.output)?.to_canonical()?.as_bytes()))
    }
}

fn compare(expected: &[u8], found: &[u8]) -> Verdict {
    if expected == found {
        return Verdict::Passed;
    }
    let same = expected.iter().zip(found).take_while(|(one, other)| one == other).count();
    Verdict::Failed(format!("another byte at {same}"))
}
