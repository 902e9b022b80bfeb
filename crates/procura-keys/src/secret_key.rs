//! The private half of an Ed25519 key pair.
//!
//! **Invariant:** the public half is always derived from the seed. There is no
//! way to sign with a public key from elsewhere: two signatures of one message
//! under two public keys give the private key away (RUSTSEC-2022-0093).

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey};
use procura_core::key::{PublicKey, Signature, Signer};
use zeroize::Zeroizing;

use crate::error::KeyError;
use crate::randomness::{OsRandomness, Randomness, RandomnessError, draw};

/// A private key that signs and never shows itself.
///
/// It is not `Clone`, prints as `…`, and is overwritten when dropped. Outside
/// this crate its bytes cannot be read.
///
/// ```compile_fail,E0599
/// # use procura_keys::secret_key::SecretKey;
/// let key = SecretKey::generate().unwrap();
/// let copy = SecretKey::clone(&key);
/// ```
pub struct SecretKey {
    // On the heap, so that moving the key leaves no copies on the stack.
    signing: Box<SigningKey>,
    public: PublicKey,
}

impl SecretKey {
    /// Makes a new key from the operating system's randomness.
    pub fn generate() -> Result<Self, KeyError> {
        Self::from_source(&mut OsRandomness)
    }

    pub(crate) fn from_source(source: &mut dyn Randomness) -> Result<Self, KeyError> {
        let seed = draw::<32>(source)?;
        Self::from_seed(&seed).ok_or(KeyError::Randomness(RandomnessError::Useless))
    }

    /// Derives the key pair; `None` if the public half could prove nothing.
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Option<Self> {
        let signing = Box::new(SigningKey::from_bytes(seed));
        let public = PublicKey::from_bytes(signing.verifying_key().as_bytes()).ok()?;
        Some(Self { signing, public })
    }

    /// The seed, for sealing.
    pub(crate) fn to_seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.signing.to_bytes())
    }
}

impl Signer for SecretKey {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Signature {
        Signature::from_bytes(self.signing.sign(message).to_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}
