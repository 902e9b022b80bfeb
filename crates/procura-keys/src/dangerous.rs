//! Ways around a guarantee, gathered so that a search finds every use.
//!
//! **Invariant:** nothing in this crate calls into this module.

use crate::error::KeyError;
use crate::randomness::Randomness;
use crate::secret_key::SecretKey;

/// Makes a key from `source` instead of the operating system.
///
/// Whoever knows what `source` delivered has the key. It exists so that broken
/// randomness can be tested and a simulated world can be repeated.
pub fn generate_from(source: &mut dyn Randomness) -> Result<SecretKey, KeyError> {
    SecretKey::from_source(source)
}
