//! Time and randomness as ports, so that a test can own both.

use std::sync::Arc;

use procura_core::time::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_millis(&self) -> i64;

    /// The same in whole seconds.
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.now_millis().div_euclid(1000))
    }
}

/// Draws bytes that nobody can guess.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`, or says why it cannot; then nothing that needs it happens.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy>;
}

/// The system has no randomness to give.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the system's randomness is not available")]
pub struct NoEntropy;

/// Makes fresh identifiers from time and randomness.
#[derive(Clone)]
pub struct Ids {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Ids {
    /// Identifiers from these two.
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { clock, entropy }
    }

    /// A UUIDv7 (RFC 9562, section 5.7), lower case.
    pub fn uuid(&self) -> Result<String, NoEntropy> {
        let mut random = [0; 10];
        self.entropy.fill(&mut random)?;
        let millis = u64::try_from(self.clock.now_millis()).unwrap_or(0);
        Ok(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string())
    }

    /// 32 random bytes.
    pub fn nonce(&self) -> Result<[u8; 32], NoEntropy> {
        let mut nonce = [0; 32];
        self.entropy.fill(&mut nonce)?;
        Ok(nonce)
    }
}

impl std::fmt::Debug for Ids {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ids")
    }
}
