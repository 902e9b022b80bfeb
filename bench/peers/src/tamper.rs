//! Changes a signature where it lies in bytes.

use anyhow::Context as _;

/// Flips one bit of `signature` in `bytes`, which must hold it once.
pub(crate) fn flip(bytes: &mut [u8], signature: &[u8]) -> anyhow::Result<()> {
    let places: Vec<usize> = bytes
        .windows(signature.len())
        .enumerate()
        .filter(|(_, part)| *part == signature)
        .map(|(place, _)| place)
        .collect();
    let [place] = places.as_slice() else {
        anyhow::bail!("the signature is there {} times", places.len());
    };
    let middle = place.saturating_add(40);
    *bytes.get_mut(middle).context("a signature is long")? ^= 1;
    Ok(())
}
