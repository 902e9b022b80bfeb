//! What an owner of the store may choose.
//!
//! **Invariant:** no setting weakens durability; there is no faster and less
//! careful mode.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::SystemTime;

use procura_core::time::Timestamp;

/// A source of the current time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How a store is run. The default is right for most.
#[derive(Clone)]
pub struct Settings {
    /// Tells when used keys have expired. It decides what may be forgotten,
    /// never what was used before: a key that is still stored counts.
    pub clock: Clock,
    /// The most pages of 4096 bytes that the database may grow to, or no limit
    /// but the disk. Beyond it a write fails as if the disk were full.
    pub max_pages: Option<NonZeroU32>,
    /// How many writes may wait. One more is refused at once, so that an
    /// overload is seen by callers and not by the memory.
    pub queue: usize,
}

impl Settings {
    /// How many writes may wait unless something else is set.
    pub const QUEUE: usize = 4096;
}

impl Default for Settings {
    fn default() -> Self {
        Self { clock: Arc::new(system_time), max_pages: None, queue: Self::QUEUE }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clock: _, max_pages, queue } = self;
        f.debug_struct("Settings")
            .field("max_pages", max_pages)
            .field("queue", queue)
            .finish_non_exhaustive()
    }
}

/// A clock before 1970 says 1970, so that nothing is forgotten early.
fn system_time() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_seconds(i64::try_from(since.as_secs()).unwrap_or(0))
}
