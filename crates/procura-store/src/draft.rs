//! Prepares events for the writer, on the thread of whoever brings them.
//!
//! The place in the log is known only inside the transaction, but everything
//! around it is known before. So the canonical text is cut where `seq` belongs,
//! and the single writer does nothing but paste a number and hash.
//!
//! **Invariant:** what [`Prepared::body`] returns is byte for byte the canonical
//! form (RFC 8785) of the draft's body with the member `seq`.

use procura_core::json::{Inadmissible, Object};
use procura_engine::port::{Change, Draft, Guard, StoreError, Write};

use crate::failure::unavailable;

/// A write whose events need nothing but their places.
pub(crate) struct PreparedWrite {
    pub(crate) guards: Vec<Guard>,
    pub(crate) changes: Vec<Change>,
    pub(crate) events: Vec<Prepared>,
}

/// An event whose canonical form lacks its place in the log.
pub(crate) struct Prepared {
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    head: String,
    tail: String,
}

/// Why a write cannot be stored, whatever the state of the disk.
#[derive(Debug, thiserror::Error)]
enum Unwritable {
    #[error("a change without an event would not be in the log")]
    NoEvent,
    #[error("the event `{id}` has no canonical form")]
    NotCanonical { id: String, source: Inadmissible },
    #[error("the event `{id}` has {length} bytes, more than {MAX_BYTES}")]
    TooLong { id: String, length: usize },
}

/// Bytes of one event. C2SP tlog-tiles writes the length of an entry in 16 bits.
const MAX_BYTES: usize = 65_535;
/// The most digits that a place in the log has.
const PLACE_DIGITS: usize = 19;
/// The member that the store adds.
const PLACE: &str = "seq";

impl PreparedWrite {
    pub(crate) fn new(write: Write) -> Result<Self, StoreError> {
        let Write { guards, changes, events } = write;
        if events.is_empty() {
            return Err(unavailable(Unwritable::NoEvent));
        }
        let events: Result<Vec<_>, _> = events.into_iter().map(Prepared::new).collect();
        let events = events.map_err(unavailable)?;
        Ok(Self { guards, changes, events })
    }
}

impl Prepared {
    fn new(draft: Draft) -> Result<Self, Unwritable> {
        let Draft { id, kind, mut body } = draft;
        body.remove(PLACE);
        let after = split_off_after_place(&mut body);
        let cut = || Ok((body.to_canonical()?, after.to_canonical()?));
        let (before, after) = match cut() {
            Ok(parts) => parts,
            Err(source) => return Err(Unwritable::NotCanonical { id, source }),
        };
        let comma = if body.is_empty() { "" } else { "," };
        let open = before.strip_suffix('}').unwrap_or(&before);
        let head = format!("{open}{comma}\"{PLACE}\":");
        let tail = match after.strip_prefix('{') {
            Some(rest) if rest != "}" => format!(",{rest}"),
            Some(_) | None => "}".to_owned(),
        };
        let length = head.len().saturating_add(tail.len()).saturating_add(PLACE_DIGITS);
        if length > MAX_BYTES {
            return Err(Unwritable::TooLong { id, length });
        }
        Ok(Self { id, kind, head, tail })
    }

    /// The canonical bytes of the event at `place`.
    pub(crate) fn body(&self, place: u64) -> Vec<u8> {
        format!("{}{place}{}", self.head, self.tail).into_bytes()
    }
}

/// Takes the members that RFC 8785 sorts after `seq` out of `body`.
fn split_off_after_place(body: &mut Object) -> Object {
    // RFC 8785, section 3.2.3: by UTF-16 code units.
    let is_after = |name: &str| name.encode_utf16().gt(PLACE.encode_utf16());
    let names: Vec<String> =
        body.iter().map(|(name, _)| name).filter(|name| is_after(name)).map(Into::into).collect();
    let mut after = Object::new();
    for name in names {
        if let Some(value) = body.remove(&name) {
            after.set(&name, value);
        }
    }
    after
}
