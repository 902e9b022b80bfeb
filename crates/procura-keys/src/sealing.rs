//! A secret under a passphrase: Argon2id, then XChaCha20-Poly1305.
//!
//! **Invariant:** each seal has its own random salt, so its own key, and a
//! random nonce; the whole header is authenticated with it.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use chacha20poly1305::aead::AeadInOut as _;
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::header::Header;
use crate::passphrase::Passphrase;

/// The length of the authenticator at the end of a seal.
pub(crate) const TAG_LEN: usize = 16;

/// Why a seal was not made or opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SealError {
    /// There is too little memory to derive the key.
    Memory,
    /// The passphrase is wrong, or the header or the seal was changed.
    Refused,
}

/// Seals `secret` under the header whose text is `head`.
pub(crate) fn seal(
    secret: &[u8],
    (header, head): (&Header, &str),
    passphrase: &Passphrase,
) -> Result<Vec<u8>, SealError> {
    let cipher = cipher(header, passphrase)?;
    // Room for the tag, so that the vector does not move while it holds the secret.
    let mut buffer = Zeroizing::new(Vec::with_capacity(secret.len().saturating_add(TAG_LEN)));
    buffer.extend_from_slice(secret);
    cipher
        .encrypt_in_place(&XNonce::from(header.nonce), head.as_bytes(), &mut *buffer)
        .map_err(|_| SealError::Refused)?;
    Ok(std::mem::take(&mut *buffer))
}

/// Opens what [`seal`] made.
pub(crate) fn open(
    sealed: &[u8],
    (header, head): (&Header, &str),
    passphrase: &Passphrase,
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let cipher = cipher(header, passphrase)?;
    let mut buffer = Zeroizing::new(sealed.to_vec());
    cipher
        .decrypt_in_place(&XNonce::from(header.nonce), head.as_bytes(), &mut *buffer)
        .map_err(|_| SealError::Refused)?;
    Ok(buffer)
}

fn cipher(header: &Header, passphrase: &Passphrase) -> Result<XChaCha20Poly1305, SealError> {
    let cost = header.description.cost;
    let params = Params::new(cost.memory(), cost.passes(), cost.lanes(), Some(32))
        .map_err(|_| SealError::Refused)?;
    let count = params.block_count();
    // Reserved by hand: an allocation that fails must not end the process. And
    // zeroized by hand: the last blocks are as good as the key.
    let mut memory: Zeroizing<Vec<Block>> = Zeroizing::new(Vec::new());
    memory.try_reserve_exact(count).map_err(|_| SealError::Memory)?;
    memory.resize(count, Block::new());
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(
            passphrase.as_bytes(),
            &header.salt,
            key.as_mut_slice(),
            memory.as_mut_slice(),
        )
        .map_err(|_| SealError::Refused)?;
    XChaCha20Poly1305::new_from_slice(key.as_slice()).map_err(|_| SealError::Refused)
}
