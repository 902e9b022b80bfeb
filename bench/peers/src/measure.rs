//! Interleaved samples of every contender and of the floors, so that a busy
//! neighbour slows all of them.

use std::time::{Duration, Instant};

use procura_core::key::{PublicKey, Signer as _};
use procura_testkit::world;

use crate::contender::Contender;

/// What a contender or a floor took.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    /// A tenth of the samples was faster.
    pub(crate) fast: f64,
    /// Half of the samples was faster.
    pub(crate) median: f64,
    /// The median of what each sample was to ours of the same round.
    pub(crate) paired: f64,
    /// The bytes of a request; none for a floor.
    pub(crate) bytes: usize,
}

/// Makes the bytes of a request.
type Prepare<'a> = Box<dyn Fn() -> anyhow::Result<Vec<u8>> + 'a>;
/// Judges them.
type Sample<'a> = Box<dyn Fn(&[u8]) -> anyhow::Result<()> + 'a>;

/// One thing to time: how to prepare for a sample, and what a sample is.
struct Entry<'a> {
    prepare: Prepare<'a>,
    sample: Sample<'a>,
    samples: Vec<Duration>,
    bytes: usize,
}

/// The floors: strict checks, by how many keys have to be read for them.
pub(crate) const FLOORS: [(&str, usize); 2] =
    [("one strict check", 0), ("four, three keys arriving", 3)];

/// Times everything in turn, `rounds` times, and returns contenders, then floors.
///
/// Each round begins with another one, so that none always follows the same.
pub(crate) fn all(contenders: &[Box<dyn Contender>], rounds: usize) -> anyhow::Result<Vec<Taken>> {
    let mut entries: Vec<Entry<'_>> = contenders.iter().map(|one| entry(one.as_ref())).collect();
    entries.extend(FLOORS.iter().map(|(_, arriving)| floor(*arriving)));
    let count = entries.len();
    for round in 0..rounds.saturating_add(WARM_UP) {
        for turn in 0..count {
            let index = turn.saturating_add(round).checked_rem(count).unwrap_or_default();
            if let Some(entry) = entries.get_mut(index) {
                entry.sample(round >= WARM_UP)?;
            }
        }
    }
    let ours = entries.first().map(|entry| entry.samples.clone()).unwrap_or_default();
    Ok(entries.into_iter().map(|entry| entry.taken(&ours)).collect())
}

/// Rounds that warm up caches and are not counted.
const WARM_UP: usize = 20;

impl Entry<'_> {
    fn sample(&mut self, counts: bool) -> anyhow::Result<()> {
        let request = (self.prepare)()?;
        let begun = Instant::now();
        (self.sample)(std::hint::black_box(&request))?;
        let taken = begun.elapsed();
        if counts {
            self.samples.push(taken);
            self.bytes = request.len();
        }
        Ok(())
    }

    fn taken(self, ours: &[Duration]) -> Taken {
        let micros = |length: &Duration| length.as_secs_f64() * 1e6;
        let ratio = |(one, other): (&Duration, &Duration)| micros(one) / micros(other);
        let paired: Vec<f64> = self.samples.iter().zip(ours).map(ratio).collect();
        let samples: Vec<f64> = self.samples.iter().map(micros).collect();
        Taken {
            fast: quantile(samples.clone(), 10),
            median: quantile(samples, 2),
            paired: quantile(paired, 2),
            bytes: self.bytes,
        }
    }
}

fn entry(contender: &dyn Contender) -> Entry<'_> {
    Entry {
        prepare: Box::new(|| contender.request(None)),
        sample: Box::new(|request| contender.accept(request)),
        samples: Vec::new(),
        bytes: 0,
    }
}

/// One strict check with a key that is known, and `arriving` with keys that have to be read.
fn floor(arriving: usize) -> Entry<'static> {
    let key = world::key("floor");
    let public = key.public_key().clone();
    let message = vec![7; 1000];
    let signature = key.sign(&message).to_bytes();
    Entry {
        prepare: Box::new(move || Ok(message.clone())),
        sample: Box::new(move |message| {
            public.verify(message, &signature)?;
            for _ in 0..arriving {
                let read = PublicKey::from_bytes(std::hint::black_box(public.as_bytes()))?;
                read.verify(message, &signature)?;
            }
            Ok(())
        }),
        samples: Vec::new(),
        bytes: 0,
    }
}

/// The sample below which one in `part` lies.
fn quantile(mut samples: Vec<f64>, part: usize) -> f64 {
    samples.sort_unstable_by(f64::total_cmp);
    let index = samples.len().checked_div(part).unwrap_or_default();
    samples.get(index).copied().unwrap_or(f64::NAN)
}
