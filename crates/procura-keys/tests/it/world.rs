//! What several tests need: fixed secrets, private directories, short names.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use procura_core::key::{PublicKey, Signer as _};
use procura_keys::dangerous;
use procura_keys::description::{Description, Label, Purpose};
use procura_keys::passphrase::Passphrase;
use procura_keys::randomness::{Randomness, Unavailable};
use procura_keys::secret_key::SecretKey;
use tempfile::TempDir;

/// RFC 8032, section 7.1, test 1.
pub(crate) const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
/// The public half of [`SEED`].
pub(crate) const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
/// The signature of the empty message under [`SEED`].
pub(crate) const SIGNATURE: &str = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155\
                                    5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";
/// The passphrase of the worked example.
pub(crate) const PASSPHRASE: &str = "correct horse battery staple";

pub(crate) fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digits: Vec<u8> = hexadecimal.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

pub(crate) fn seed() -> [u8; 32] {
    bytes(SEED).try_into().unwrap()
}

/// A source that delivers the blocks it was given, then fails.
pub(crate) struct Script(pub(crate) Vec<[u8; 32]>);

impl Randomness for Script {
    fn fill(&mut self, destination: &mut [u8]) -> Result<(), Unavailable> {
        if self.0.is_empty() {
            return Err(Unavailable);
        }
        destination.copy_from_slice(&self.0.remove(0)[..destination.len()]);
        Ok(())
    }
}

/// The key of [`SEED`].
pub(crate) fn rfc_key() -> SecretKey {
    let key = dangerous::generate_from(&mut Script(vec![seed(), [0x55; 32]])).unwrap();
    assert_eq!(key.public_key(), &PublicKey::from_bytes(&bytes(PUBLIC)).unwrap());
    key
}

pub(crate) fn passphrase(text: &str) -> Passphrase {
    Passphrase::from_text(text.to_owned()).unwrap()
}

pub(crate) fn description(label: &str, purpose: Purpose) -> Description {
    Description::new(Label::parse(label).unwrap(), purpose)
}

pub(crate) fn private_directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    set_mode(directory.path(), 0o700);
    directory
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

pub(crate) fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}
