//! The array itself: small values in bytes, compressed (section 4).
//!
//! **Invariant:** it never has more than [`limits::STATUS_LIST_BYTES`], however
//! it was made.

use alloc::vec::Vec;

use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_zlib_with_limit};

use super::{Bits, Status, malformed};
use crate::base64url;
use crate::json::{Object, Value};
use crate::limits;
use crate::refusal::{Outcome, Refusal};

/// One status for each place, from zero.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Statuses {
    bits: Bits,
    bytes: Vec<u8>,
}

/// A list cannot hold this: it is too long, or the place or the value is not in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the status list cannot hold this")]
pub struct DoesNotFit;

impl Statuses {
    /// At least `count` valid ones; the last byte is filled up with more.
    pub fn new(bits: Bits, count: usize) -> Result<Self, DoesNotFit> {
        let length = count.div_ceil(bits.per_byte());
        if length > limits::STATUS_LIST_BYTES {
            return Err(DoesNotFit);
        }
        Ok(Self { bits, bytes: alloc::vec![0; length] })
    }

    /// Reads the object `{"bits", "lst"}` of section 4.2.
    ///
    /// No more than [`limits::STATUS_LIST_BYTES`] are ever inflated, so that a small
    /// text does not become a large memory. What follows the end of the compressed
    /// stream is not looked at. Other members, such as `aggregation_uri`, say where
    /// more lists are and nothing about this one.
    pub fn parse(object: &Object) -> Result<Self, Refusal> {
        let bits = object.get("bits").and_then(Value::as_integer).and_then(Bits::from_count);
        let bits = bits.ok_or_else(|| malformed("`bits` is not 1, 2, 4 or 8"))?;
        let list = object.get("lst").and_then(Value::as_str).and_then(base64url::decode);
        let list = list.ok_or_else(|| malformed("`lst` is not base64url"))?;
        Ok(Self { bits, bytes: inflate(&list)? })
    }

    /// The object `{"bits", "lst"}`, compressed as far as possible.
    pub fn to_object(&self) -> Object {
        let list = compress_to_vec_zlib(&self.bytes, BEST_COMPRESSION);
        Object::new()
            .with("bits", u32::from(self.bits.count()))
            .with("lst", base64url::encode(&list))
    }

    /// How many bits each takes.
    pub fn bits(&self) -> Bits {
        self.bits
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.bytes.len().saturating_mul(self.bits.per_byte())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The status at `index`, or `None` beyond the end.
    pub fn get(&self, index: u64) -> Option<Status> {
        let (byte, shift) = self.bits.locate(index)?;
        let shifted = self.bytes.get(byte)?.checked_shr(shift)?;
        Some(Status::from_code(shifted & self.bits.greatest()))
    }

    /// Sets the status at `index`.
    ///
    /// It refuses a place beyond the end, a value that needs more bits, and an
    /// [`Status::Other`] that is a name for one of the known ones.
    pub fn set(&mut self, index: u64, status: Status) -> Result<(), DoesNotFit> {
        let (code, greatest) = (status.code(), self.bits.greatest());
        if code > greatest || Status::from_code(code) != status {
            return Err(DoesNotFit);
        }
        let (byte, shift) = self.bits.locate(index).ok_or(DoesNotFit)?;
        let slot = self.bytes.get_mut(byte).ok_or(DoesNotFit)?;
        let mask = greatest.checked_shl(shift).ok_or(DoesNotFit)?;
        let value = code.checked_shl(shift).ok_or(DoesNotFit)?;
        *slot = (*slot & !mask) | value;
        Ok(())
    }
}

/// The level that the draft recommends (section 4.1, step 2): lists are written
/// once and fetched often.
const BEST_COMPRESSION: u8 = 9;

fn inflate(list: &[u8]) -> Result<Vec<u8>, Refusal> {
    let inflated = decompress_to_vec_zlib_with_limit(list, limits::STATUS_LIST_BYTES);
    inflated.map_err(|error| {
        if error.status == TINFLStatus::HasMoreOutput {
            Refusal::new(Outcome::TooLarge, "L2", "the status list inflates to too much")
        } else {
            malformed("`lst` is not a ZLIB stream")
        }
    })
}
