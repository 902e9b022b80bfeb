//! Calls that have left and are not over.
//!
//! **Invariant:** a call that left is followed to its end, and its end is
//! recorded, whether or not somebody still waits for the answer.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use procura_engine::engine::Engine;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// The calls of one gateway that are under way.
pub struct Endings {
    engine: Arc<Engine>,
    slots: Arc<Semaphore>,
}

/// Room for one call, from before its decision until its end is recorded.
pub struct Slot {
    endings: Arc<Endings>,
    permit: OwnedSemaphorePermit,
}

impl Endings {
    /// How many calls may be under way at a time.
    pub const CALLS: u16 = 512;

    /// Nothing is under way.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self { engine, slots: Arc::new(Semaphore::new(usize::from(Self::CALLS))) }
    }

    /// Room for one more call; none if there are too many, or if no more are let in.
    pub fn admit(self: &Arc<Self>) -> Option<Slot> {
        let permit = Arc::clone(&self.slots).try_acquire_owned().ok()?;
        Some(Slot { endings: Arc::clone(self), permit })
    }

    /// Lets no more calls in, and waits until those under way are over and recorded.
    pub async fn drain(&self, within: Duration) {
        // Whoever waits for all of the room keeps newcomers from any of it.
        let all = self.slots.acquire_many(u32::from(Self::CALLS));
        if timeout(within, all).await.is_err() {
            tracing::error!("calls were cut off at the end, and their ends are not recorded");
        }
        self.slots.close();
    }
}

impl Slot {
    pub(super) fn engine(&self) -> Arc<Engine> {
        Arc::clone(&self.endings.engine)
    }

    /// Follows `call` to its end, in the background; the room is free after that.
    pub(super) fn follow(self, call: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(async move {
            call.await;
            drop(self.permit);
        });
    }
}

impl std::fmt::Debug for Endings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Endings")
    }
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Slot")
    }
}
