//! Interleaved samples of a value and its floor, so that a busy neighbour
//! slows both.

use std::time::{Duration, Instant};

use serde_json::json;

/// One result.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) value: f64,
    pub(crate) floor: f64,
}

impl Row {
    /// What was measured against its floor. For a rate, more is better.
    fn ratio(&self) -> f64 {
        self.value / self.floor
    }

    pub(crate) fn to_json(&self) -> String {
        json!({
            "name": self.name,
            "unit": self.unit,
            "value": self.value,
            "floor": self.floor,
            "ratio": self.ratio(),
        })
        .to_string()
    }

    pub(crate) fn to_line(&self) -> String {
        let Self { name, unit, value, floor } = self;
        format!("{name:<24} {value:>12.2} {floor:>12.2} {:>8.3}  {unit}", self.ratio())
    }
}

/// Times `value` and `floor` in turn; the row holds the fast decile of each, in microseconds.
pub(crate) fn compare(
    name: &'static str,
    rounds: usize,
    mut value: impl FnMut() -> anyhow::Result<()>,
    mut floor: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<Row> {
    let mut values = Vec::with_capacity(rounds);
    let mut floors = Vec::with_capacity(rounds);
    for round in 0..rounds.saturating_add(WARM_UP) {
        let taken = time(&mut value)?;
        let least = time(&mut floor)?;
        if round >= WARM_UP {
            values.push(taken);
            floors.push(least);
        }
    }
    Ok(Row {
        name,
        unit: "µs",
        value: micros(quantile(&mut values, 0.1)),
        floor: micros(quantile(&mut floors, 0.1)),
    })
}

/// Rounds that fill caches and are not counted.
const WARM_UP: usize = 20;

fn time(work: &mut impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed())
}

/// The sample below which this part of all samples lies.
pub(crate) fn quantile(samples: &mut [Duration], part: f64) -> Duration {
    samples.sort_unstable();
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index into a few thousand samples"
    )]
    let index = (samples.len().saturating_sub(1) as f64 * part) as usize;
    samples.get(index).copied().unwrap_or_default()
}

/// Microseconds.
pub(crate) fn micros(length: Duration) -> f64 {
    length.as_secs_f64() * 1e6
}
