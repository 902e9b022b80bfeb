//! Checks a whole log, offline, without trust in its database.
//!
//! **Invariant:** every root is computed from the bytes of the events. Stored
//! hashes and nodes only help to say where a mistake is.

use procura_engine::port::{Ledger, Store, StoreError, StoredEvent};
use procura_merkle::checkpoint::Checkpoint;
use procura_merkle::hash::leaf_hash;
use procura_merkle::tree::Frontier;
use procura_merkle::verifier_key::VerifierKey;

use crate::history::Signed;
use crate::report::{Gap, Reason, Report, Sound};

/// Checks every event of `database` against everything that `key` signed: the
/// checkpoints in the database and the notes in `known`, which come from
/// elsewhere: the pinned file, a witness, a copy on paper.
///
/// It reads the log once from its beginning, a part at a time, so that memory
/// does not grow with the log.
pub fn verify<D: Store + Ledger>(database: &D, key: &VerifierKey, known: &[&str]) -> Report {
    let mut audit = Audit {
        database,
        key,
        known: Vec::new(),
        frontier: Frontier::new(),
        good: None,
        bad: None,
        checked: Frontier::new(),
        before: 0,
    };
    let unknown = audit.sort_known(known);
    let found = audit.run().and_then(|sound| match unknown {
        Some(gap) => Err(Stop::Gap(gap)),
        // The checkpoint of the empty log, pinned before the first event, shows no end either.
        None if sound.known == 0 && sound.size.max(sound.unsigned) > 0 => {
            Err(Stop::Gap(Gap::NothingKnown))
        }
        None if known.is_empty() => Err(Stop::Gap(Gap::NothingKnown)),
        None => Ok(sound),
    });
    match found {
        Ok(sound) => Report::True(sound),
        Err(Stop::Gap(gap)) => Report::Incomplete(gap),
        Err(Stop::False(first, reason)) => Report::False { first, reason },
    }
}

/// One pass over a log.
struct Audit<'a, D> {
    database: &'a D,
    key: &'a VerifierKey,
    /// Checkpoints from outside that are the log's, by size.
    known: Vec<Signed>,
    /// The events read so far.
    frontier: Frontier,
    /// The newest checkpoint that the events agree with.
    good: Option<Signed>,
    /// The first checkpoint that they do not agree with.
    bad: Option<Signed>,
    /// The events up to the newest checkpoint before the first bad one.
    checked: Frontier,
    /// The size of the checkpoint before `good` that the events agreed with.
    before: u64,
}

/// Why a pass ends early.
enum Stop {
    False(u64, Reason),
    Gap(Gap),
}

/// Events that are read at once; each has up to 64 KiB.
const STEP: u64 = 256;

impl<D: Store + Ledger> Audit<'_, D> {
    /// Keeps the notes that are the log's, and says why one is not.
    fn sort_known(&mut self, known: &[&str]) -> Option<Gap> {
        let mut gap = None;
        for note in known {
            match Checkpoint::open(note, self.key) {
                Ok(checkpoint) => self.known.push(Signed { checkpoint, note: (*note).to_owned() }),
                Err(error) => gap = Some(Gap::NotOfThisLog(error.to_string())),
            }
        }
        self.known.sort_by_key(|signed| signed.checkpoint.size());
        gap
    }

    fn run(&mut self) -> Result<Sound, Stop> {
        self.compare_known()?;
        // Checkpoint before size: the log may grow while it is read.
        let newest = self.newest()?;
        let events = self.database.size()?;
        self.compare_start()?;
        while self.frontier.size() < events {
            let end = self.frontier.size().saturating_add(STEP).min(events);
            self.read_until(end, newest)?;
        }
        if let Some(bad) = self.bad.take() {
            return Err(self.locate(&bad));
        }
        let known = self.known.last().map_or(0, |known| known.checkpoint.size());
        let signed = newest.max(known);
        if events < signed {
            return Err(Stop::False(events, Reason::Truncated { signed }));
        }
        let unsigned = events.saturating_sub(signed);
        Ok(Sound { size: signed, known, unsigned })
    }

    /// Two known checkpoints of one size with two roots need no database.
    fn compare_known(&self) -> Result<(), Stop> {
        for (one, other) in self.known.iter().zip(self.known.iter().skip(1)) {
            let (a, b) = (one.checkpoint.head(), other.checkpoint.head());
            if a.size == b.size && a.root != b.root {
                return Err(fork(0, one, other));
            }
        }
        Ok(())
    }

    fn read_until(&mut self, end: u64, newest: u64) -> Result<(), Stop> {
        let start = self.frontier.size();
        let limit = usize::try_from(end.saturating_sub(start)).unwrap_or(1);
        let events = match self.database.events(start, limit) {
            Ok(events) => events,
            Err(StoreError::Damaged(detail)) => return Err(self.first_damaged(start, end, detail)),
            Err(error) => return Err(error.into()),
        };
        let stored = self.stored_between(start, end.min(newest))?;
        let mut stored = stored.into_iter().rev().peekable();
        for event in &events {
            self.append(event)?;
            let size = self.frontier.size();
            if let Some(signed) = stored.next_if(|stored| stored.checkpoint.size() == size) {
                self.compare(signed)?;
            }
            self.compare_outside(size)?;
        }
        if self.frontier.size() == end {
            return Ok(());
        }
        let missing = self.frontier.size();
        let detail = format!("event {missing} is missing");
        Err(Stop::False(missing, Reason::Damaged(detail)))
    }

    fn append(&mut self, event: &StoredEvent) -> Result<(), Stop> {
        let place = self.frontier.size();
        if event.sequence != place {
            let detail = format!("event {place} is missing");
            return Err(Stop::False(place, Reason::Damaged(detail)));
        }
        let appended = self.frontier.append(leaf_hash(&event.body));
        appended.map(drop).map_err(|full| Stop::Gap(Gap::Unreadable(full.to_string())))
    }

    /// How many events the newest stored checkpoint covers.
    fn newest(&self) -> Result<u64, Stop> {
        let Some(stored) = self.database.checkpoint()? else {
            return Ok(0);
        };
        let signed = self.open_stored(stored.size, stored.note)?;
        Ok(signed.checkpoint.size())
    }

    /// Compares what was signed before there was any event.
    fn compare_start(&mut self) -> Result<(), Stop> {
        if let Some(stored) = self.database.checkpoint_of(0)? {
            let signed = self.open_stored(stored.size, stored.note)?;
            self.compare(signed)?;
        }
        self.compare_outside(0)
    }

    fn compare_outside(&mut self, size: u64) -> Result<(), Stop> {
        let of_this_size = |signed: &&Signed| signed.checkpoint.size() == size;
        let here: Vec<Signed> = self.known.iter().filter(of_this_size).cloned().collect();
        here.into_iter().try_for_each(|signed| self.compare(signed))
    }

    /// Compares a signed checkpoint with the events up to its size.
    fn compare(&mut self, signed: Signed) -> Result<(), Stop> {
        let fits = self.frontier.head() == *signed.checkpoint.head();
        let first = self.checked.size();
        match (fits, &self.good, &self.bad) {
            // Both were signed, and no history has room for both.
            (true, _, Some(bad)) => return Err(fork(first, bad, &signed)),
            (false, Some(good), _) if good.checkpoint.size() >= signed.checkpoint.size() => {
                return Err(fork(self.before, good, &signed));
            }
            (true, _, None) => {
                if first < self.frontier.size() {
                    self.before = first;
                }
                self.checked = self.frontier.clone();
                self.good = Some(signed);
            }
            (false, _, None) => self.bad = Some(signed),
            (false, _, Some(_)) => {}
        }
        Ok(())
    }

    /// The stored checkpoints of more than `start` and up to `end` events,
    /// largest first.
    fn stored_between(&self, start: u64, end: u64) -> Result<Vec<Signed>, Stop> {
        let mut found = Vec::new();
        let mut size = end;
        while size > start {
            let Some(stored) = self.database.checkpoint_of(size)? else {
                break;
            };
            if stored.size <= start {
                break;
            }
            size = stored.size.saturating_sub(1);
            found.push(self.open_stored(stored.size, stored.note)?);
        }
        Ok(found)
    }

    fn open_stored(&self, size: u64, note: String) -> Result<Signed, Stop> {
        match Checkpoint::open(&note, self.key) {
            Ok(checkpoint) if checkpoint.size() == size => Ok(Signed { checkpoint, note }),
            Ok(_) | Err(_) => {
                let first = self.checked.size();
                Err(Stop::False(first, Reason::Checkpoint { size }))
            }
        }
    }

    /// Which of the events from `start` to `end` cannot be read.
    fn first_damaged(&self, start: u64, end: u64, detail: String) -> Stop {
        for place in start..end {
            match self.database.events(place, 1) {
                Ok(_) => {}
                Err(StoreError::Damaged(detail)) => {
                    return Stop::False(place, Reason::Damaged(detail));
                }
                Err(error) => return error.into(),
            }
        }
        Stop::False(start, Reason::Damaged(detail))
    }

    /// Narrows a bad root down with the nodes that were stored when the log was
    /// right, if nobody has changed them too.
    fn locate(&self, bad: &Signed) -> Stop {
        let until = bad.checkpoint.size();
        let mut frontier = self.checked.clone();
        let first = frontier.size();
        while frontier.size() < until {
            let Ok(events) = self.database.events(frontier.size(), 1) else {
                break;
            };
            let Some(event) = events.first() else { break };
            let Ok(complete) = frontier.append(leaf_hash(&event.body)) else {
                break;
            };
            for node in complete.iter().filter(|node| node.level > 0) {
                let stored = self.database.node(node.level, node.index);
                if stored.is_ok_and(|stored| stored.is_some_and(|hash| hash != node.hash)) {
                    return changed_under(node.level, node.index, first);
                }
            }
        }
        Stop::False(first, Reason::Rewritten { until })
    }
}

/// An event under this node was changed; those before `first` were not.
fn changed_under(level: u8, index: u64, first: u64) -> Stop {
    let width = 1_u64.checked_shl(u32::from(level)).unwrap_or(u64::MAX);
    let start = index.saturating_mul(width);
    let until = start.saturating_add(width);
    Stop::False(start.max(first), Reason::Rewritten { until })
}

fn fork(first: u64, one: &Signed, other: &Signed) -> Stop {
    let (one, other) = (one.note.clone(), other.note.clone());
    Stop::False(first, Reason::Fork { one, other })
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Gap(Gap::Unreadable(error.to_string()))
    }
}
