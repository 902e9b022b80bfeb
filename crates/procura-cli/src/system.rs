//! The system's clock and randomness, behind the engine's ports.

use std::io::IsTerminal as _;
use std::time::{SystemTime, UNIX_EPOCH};

use procura_core::time::Timestamp;
use procura_engine::effect::{Clock, Entropy, NoEntropy};

/// The system's clock.
#[derive(Debug)]
pub(crate) struct SystemClock;

/// The system's randomness.
#[derive(Debug)]
pub(crate) struct SystemEntropy;

impl Clock for SystemClock {
    fn now_millis(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        getrandom::fill(bytes).map_err(|_| NoEntropy)
    }
}

/// The time.
pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

/// A fresh UUIDv7.
pub(crate) fn fresh_id() -> anyhow::Result<String> {
    let ids = procura_engine::effect::Ids::new(
        std::sync::Arc::new(SystemClock),
        std::sync::Arc::new(SystemEntropy),
    );
    Ok(ids.uuid()?)
}

/// Logs warnings and errors to standard error, where no protocol speaks.
pub(crate) fn log_to_stderr() {
    let _already = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_max_level(tracing::Level::WARN)
        .with_target(false)
        .try_init();
}
