//! Where secrets, salts and nonces come from.
//!
//! **Invariant:** no secret is made from a draw that failed, was all zero, or
//! came twice in a row.
//!
//! A machine restored from a snapshot may still repeat a draw of its earlier
//! life: no process can see that from inside. Do not snapshot while making keys.

use zeroize::Zeroizing;

/// A source of secret bytes.
pub trait Randomness {
    /// Fills all of `destination`, or says that it could not.
    fn fill(&mut self, destination: &mut [u8]) -> Result<(), Unavailable>;
}

/// The source did not deliver.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the source of randomness failed")]
pub struct Unavailable;

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandomness;

/// Why a draw cannot become a secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RandomnessError {
    /// The source said that it failed.
    #[error("the source of randomness failed")]
    Unavailable,
    /// The source delivered zeros only.
    #[error("the source of randomness delivered zeros")]
    Zero,
    /// The source delivered the same bytes twice in a row.
    #[error("the source of randomness repeats itself")]
    Repeated,
    /// The source delivered a seed whose public half could prove nothing.
    #[error("the source of randomness delivered a seed of no use")]
    Useless,
}

impl Randomness for OsRandomness {
    fn fill(&mut self, destination: &mut [u8]) -> Result<(), Unavailable> {
        getrandom::fill(destination).map_err(|_| Unavailable)
    }
}

/// Draws `N` bytes, at least 16, that are fit to be secret.
///
/// It draws twice and keeps the first: a source that is stuck shows itself, and
/// a sound one repeats 16 bytes with probability 2^-128.
pub(crate) fn draw<const N: usize>(
    source: &mut dyn Randomness,
) -> Result<Zeroizing<[u8; N]>, RandomnessError> {
    const { assert!(N >= 16, "shorter draws could repeat by chance") };
    let mut kept = Zeroizing::new([0; N]);
    let mut witness = Zeroizing::new([0; N]);
    for block in [&mut kept, &mut witness] {
        source.fill(block.as_mut_slice()).map_err(|Unavailable| RandomnessError::Unavailable)?;
        if block.iter().all(|byte| *byte == 0) {
            return Err(RandomnessError::Zero);
        }
    }
    // One of the two is discarded, so how long this takes tells nothing of use.
    if *kept == *witness {
        return Err(RandomnessError::Repeated);
    }
    Ok(kept)
}
