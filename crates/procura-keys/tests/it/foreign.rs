//! A second writer of key files, made from `docs/formats/key-file.md` alone.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use procura_core::base64url;
use procura_core::hash::Digest;

use crate::world::{PASSPHRASE, PUBLIC, bytes};

/// The lines of a file before it is sealed, free to be wrong.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) version: &'static str,
    pub(crate) label: &'static str,
    pub(crate) purpose: &'static str,
    pub(crate) holds: String,
    pub(crate) kdf: String,
    /// What the key is derived with, whatever `kdf` says.
    pub(crate) cost: (u32, u32, u32),
    pub(crate) salt: Vec<u8>,
    pub(crate) nonce: [u8; 24],
}

impl Draft {
    /// The worked example.
    pub(crate) fn example() -> Self {
        Self {
            version: "procura-key-file/1",
            label: "planner on build-7",
            purpose: "agent",
            holds: format!("ed25519 {}", base64url::encode(&bytes(PUBLIC))),
            kdf: "argon2id m=19456 t=2 p=1".to_owned(),
            cost: (19_456, 2, 1),
            salt: (0x00..0x10).collect(),
            nonce: std::array::from_fn(|index| 0x10 + u8::try_from(index).unwrap()),
        }
    }

    pub(crate) fn head(&self) -> String {
        let Self { version, label, purpose, holds, kdf, cost: _, salt, nonce } = self;
        let salt = base64url::encode(salt);
        let nonce = base64url::encode(nonce);
        format!(
            "{version}\nlabel: {label}\npurpose: {purpose}\nholds: {holds}\n\
             kdf: {kdf}\nsalt: {salt}\nnonce: {nonce}\n"
        )
    }

    pub(crate) fn seal(&self, secret: &[u8]) -> String {
        let (memory, passes, lanes) = self.cost;
        let params = Params::new(memory, passes, lanes, Some(32)).unwrap();
        let mut key = [0; 32];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(PASSPHRASE.as_bytes(), &self.salt, &mut key)
            .unwrap();
        let head = self.head();
        let payload = Payload { msg: secret, aad: head.as_bytes() };
        let sealed = XChaCha20Poly1305::new(&key.into())
            .encrypt(&XNonce::from(self.nonce), payload)
            .unwrap();
        checked(&format!("{head}sealed: {}\n", base64url::encode(&sealed)))
    }
}

/// Appends the check line.
pub(crate) fn checked(body: &str) -> String {
    format!("{body}check: {}\n", Digest::of(body.as_bytes()))
}
