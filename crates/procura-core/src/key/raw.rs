//! Signatures whose equation is checked by somebody else: by the program that
//! this crate runs in, whose own Ed25519 is faster where this crate is WASM.
//!
//! **Invariant:** a [`RawCheck`] exists only for what is left to ask after every
//! check on encodings passed: the key is a [`PublicKey`], S is below the group's
//! order, and R is canonical, on the curve and not of low order.
//!
//! Libraries disagree about signatures that are odd in one of these ways. About the
//! others they do not, so "this passes and the cofactorless equation holds, says
//! any of them" is [`PublicKey::verify`]. A host that says so of everything has
//! given up signatures.

use super::{PublicKey, SignatureInvalid, point};

/// What is left to ask: does the equation `[S]B = R + [k]A` hold (RFC 8032, section 5.1.7)?
#[derive(Clone, Copy, Debug)]
pub struct RawCheck<'a> {
    key: &'a PublicKey,
    message: &'a [u8],
    signature: &'a [u8; 64],
}

/// Who does the arithmetic of a verification.
///
/// [`crate::proof`] does everything else itself. Its functions have twins here, such
/// as [`Arithmetic::verify_chain`], that ask the host.
#[derive(Clone, Copy)]
pub struct Arithmetic<'a>(Option<&'a dyn Fn(&RawCheck<'_>) -> bool>);

impl PublicKey {
    /// Checks everything about `signature` but its equation.
    pub fn precheck<'a>(
        &'a self,
        message: &'a [u8],
        signature: &'a [u8],
    ) -> Result<RawCheck<'a>, SignatureInvalid> {
        let signature: &[u8; 64] = signature.try_into().map_err(|_| SignatureInvalid)?;
        let (commitment, scalar) = signature.split_first_chunk().ok_or(SignatureInvalid)?;
        // What makes a key useless makes a commitment useless.
        point(commitment).map_err(|_| SignatureInvalid)?;
        if !is_below_order(scalar) {
            return Err(SignatureInvalid);
        }
        Ok(RawCheck { key: self, message, signature })
    }
}

/// Whether `scalar` is below the order of the group, little end first.
fn is_below_order(scalar: &[u8]) -> bool {
    scalar.iter().rev().lt(ORDER.iter().rev())
}

/// L = 2^252 + 27742317777372353535851937790883648493 (RFC 8032, section 5.1).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

impl<'a> RawCheck<'a> {
    /// The key.
    pub fn key(&self) -> &'a PublicKey {
        self.key
    }

    /// What was signed.
    pub fn message(&self) -> &'a [u8] {
        self.message
    }

    /// R and S.
    pub fn signature(&self) -> &'a [u8; 64] {
        self.signature
    }
}

impl<'a> Arithmetic<'a> {
    /// This crate's own.
    pub const OWN: Arithmetic<'static> = Arithmetic(None);

    /// The host's: `holds` answers whether the equation holds.
    ///
    /// It is dangerous because what is verified with it is worth as much as `holds`.
    /// It is asked of each signature, and never of one that strict verification
    /// refuses for its encoding.
    pub fn dangerous_host(holds: &'a dyn Fn(&RawCheck<'_>) -> bool) -> Self {
        Self(Some(holds))
    }

    /// [`PublicKey::verify`], with this arithmetic.
    pub fn verify(
        self,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureInvalid> {
        match self.0 {
            None => key.verify(message, signature),
            Some(holds) if holds(&key.precheck(message, signature)?) => Ok(()),
            Some(_) => Err(SignatureInvalid),
        }
    }
}

impl core::fmt::Debug for Arithmetic<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(if self.0.is_some() { "Arithmetic(host)" } else { "Arithmetic(own)" })
    }
}
