//! The text of receipts (c2sp.org/tlog-proof@v1).
//!
//! **Invariant:** each receipt has one text, and what parses prints as it was.

use alloc::{string::String, vec::Vec};
use core::fmt::Write;

use base64ct::{Base64, Encoding};

use super::{FIRST_LINE, Receipt, ReceiptError};
use crate::{decimal, hash::Hash};

impl Receipt {
    /// Parses a receipt, strictly: what parses prints as it was.
    pub fn parse(text: &str) -> Result<Self, ReceiptError> {
        if text.len() > Self::MAX_BYTES {
            return Err(ReceiptError::TooLong);
        }
        let body = text.strip_prefix(FIRST_LINE).and_then(|rest| rest.strip_prefix('\n'));
        let body = body.ok_or(ReceiptError::FirstLine)?;
        // The first blank line counts: the checkpoint has one too.
        let (proof, note) = body.split_once("\n\n").ok_or(ReceiptError::NoCheckpoint)?;
        let (extra, proof) = parse_extra(proof)?;
        let mut lines = proof.split('\n');
        let index = lines.next().and_then(|line| line.strip_prefix("index "));
        let index = index.and_then(decimal::parse).ok_or(ReceiptError::Index)?;
        Self::new(extra, index, parse_hashes(lines)?, note.into())
    }

    /// The text of the receipt.
    pub fn to_text(&self) -> String {
        let Self { extra, index, hashes, checkpoint_note } = self;
        let mut text = alloc::format!("{FIRST_LINE}\n");
        if let Some(extra) = extra {
            text.push_str("extra ");
            text.push_str(&Base64::encode_string(extra));
            text.push('\n');
        }
        // Writing to a string does not fail.
        let _ = writeln!(text, "index {index}");
        for hash in hashes {
            let _ = writeln!(text, "{hash}");
        }
        text.push('\n');
        text.push_str(checkpoint_note);
        text
    }
}

/// Takes the optional first line off.
fn parse_extra(proof: &str) -> Result<(Option<Vec<u8>>, &str), ReceiptError> {
    let Some(rest) = proof.strip_prefix("extra ") else {
        return Ok((None, proof));
    };
    let (extra, rest) = rest.split_once('\n').ok_or(ReceiptError::Index)?;
    let extra = Base64::decode_vec(extra).map_err(|_| ReceiptError::Extra)?;
    Ok((Some(extra), rest))
}

fn parse_hashes<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Vec<Hash>, ReceiptError> {
    let mut hashes = Vec::new();
    for (number, line) in lines.enumerate() {
        if number >= Receipt::MAX_HASHES {
            return Err(ReceiptError::TooManyHashes);
        }
        hashes.push(line.parse().map_err(|error| ReceiptError::Hash(number, error))?);
    }
    Ok(hashes)
}
