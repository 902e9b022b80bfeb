//! What the fuzz targets share.
//!
//! A target is a file in `src/bin`, and that is all: `cargo xtask fuzz` runs every
//! file there is. A line `//! Seeds: NAME, NAME/payload` in it says what of the
//! vectors it starts with:
//!
//! | | |
//! |---|---|
//! | `NAME` | the texts of the members of that name; a list becomes one text, a line each |
//! | `NAME+NAME` | several members of one case, a line each |
//! | `NAME/payload` | the payloads of the compact JWS that they are |
//! | `NAME/strings` | the strings in the objects that they are |
//! | `formats/PAGE` | the examples on that page of the formats |
//!
//! **Invariant:** a target asserts what has to be true of every input. That nothing
//! panics is the least of it.

use std::sync::LazyLock;

use procura_core::{
    base64url,
    json::{self, Object},
    key::Signer,
    proof::{Anchor, Rules},
};
use procura_keys::secret_key::SecretKey;
use procura_testkit::world;

/// Alice, who signs roots.
pub static ALICE: LazyLock<SecretKey> = LazyLock::new(|| world::key("alice"));
/// The planner, who holds the root.
pub static PLANNER: LazyLock<SecretKey> = LazyLock::new(|| world::key("planner"));
/// Who signs directories.
pub static AUTHORITY: LazyLock<SecretKey> = LazyLock::new(|| world::key(world::AUTHORITY));
/// Alice's anchor.
pub static ANCHORS: LazyLock<Vec<Anchor>> = LazyLock::new(|| world::anchors(&["alice"]));

/// What the usual enforcement point asks.
pub fn rules() -> Rules<'static> {
    world::rules(&ANCHORS)
}

/// A compact JWS of any header and payload.
pub fn signed(header: &str, payload: &[u8], signer: &SecretKey) -> String {
    let input = format!("{}.{}", base64url::encode(header.as_bytes()), base64url::encode(payload));
    let signature = signer.sign(input.as_bytes()).to_bytes();
    format!("{input}.{}", base64url::encode(&signature))
}

/// The input as lines of text; none if it is no text.
pub fn lines<const N: usize>(data: &[u8]) -> Option<[&str; N]> {
    let mut lines = std::str::from_utf8(data).ok()?.splitn(N, '\n');
    let mut taken = [""; N];
    for line in &mut taken {
        *line = lines.next()?;
    }
    Some(taken)
}

/// The object that a text is.
pub fn object(text: &str) -> Option<Object> {
    json::parse_object(text.as_bytes()).ok()
}
