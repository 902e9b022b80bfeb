//! What every contender can do: make a request, and judge one from its bytes.

pub(crate) mod biscuit;
pub(crate) mod kanoniv;
pub(crate) mod procura;
pub(crate) mod tenuo;

use crate::grant::{Twin, Wrong};

/// One implementation of the grant.
///
/// What a server does once is done when a contender is made. What it does for
/// each request is in [`Contender::accept`], and nothing is kept between two.
pub(crate) trait Contender {
    /// What the table says of it.
    fn about(&self) -> About;

    /// The bytes of a request, fresh, as a client sends them.
    fn request(&self, wrong: Wrong) -> anyhow::Result<Vec<u8>>;

    /// Judges a request from its bytes. An error is a refusal.
    fn accept(&self, request: &[u8]) -> anyhow::Result<()>;
}

/// What the table says of a contender.
#[derive(Debug)]
pub(crate) struct About {
    /// Its name in the table.
    pub(crate) name: &'static str,
    /// Its package, whose version is in the lock file; ours has none there.
    pub(crate) package: &'static str,
    /// The Ed25519 checks of one request.
    pub(crate) checks: &'static str,
    /// What it does not do of what the others do.
    pub(crate) leaves_out: &'static [&'static str],
    /// The twins that it accepts. That it does, and refuses the others, is
    /// checked before anything is timed.
    pub(crate) accepts: &'static [Twin],
}
