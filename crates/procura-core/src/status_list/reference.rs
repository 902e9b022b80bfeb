//! What a token says of where its status is.

use alloc::string::String;

use super::{malformed, name, unknown};
use crate::json::{Object, Value};
use crate::refusal::Refusal;

/// Where a token says that its status is: the claim `status` (section 6.2).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reference {
    /// The place in the list, from zero.
    pub index: u64,
    /// The list's address, which is its `sub` too.
    ///
    /// The token's issuer chose it. Whoever fetches it decides first whether an
    /// address of this issuer may be fetched at all.
    pub uri: String,
}

impl Reference {
    /// Reads the reference from a token's claims; `None` if they have no `status`.
    ///
    /// A `status` without a status list refuses: the issuer can withdraw the token
    /// in a way that is not understood here, so it may have done so.
    pub fn parse(claims: &Object) -> Result<Option<Self>, Refusal> {
        let Some(status) = claims.get("status") else {
            return Ok(None);
        };
        let list = status.as_object().and_then(|status| status.get("status_list"));
        let list = list.and_then(Value::as_object);
        let list = list.ok_or_else(|| unknown("`status` names no status list"))?;
        let index = list.get("idx").and_then(Value::as_integer);
        let index = index.and_then(|index| u64::try_from(index).ok());
        let index = index.ok_or_else(|| malformed("`idx` is not a place"))?;
        Ok(Some(Self { index, uri: name(list, "uri")? }))
    }
}
