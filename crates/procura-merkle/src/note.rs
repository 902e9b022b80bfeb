//! Signed notes: text that carries its signatures (c2sp.org/signed-note).
//!
//! **Invariant:** the text of a note is given out only by [`SignedNote::open`],
//! which has checked a signature by one of the caller's keys over it.

use alloc::{string::String, vec::Vec};

use base64ct::{Base64, Encoding};

use crate::{
    key_id::KeyId,
    verifier_key::{VerifierKey, is_key_name},
};

/// A note whose form has been checked and whose signatures have not.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<SignatureLine>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct SignatureLine {
    name: String,
    id: KeyId,
    signature: Vec<u8>,
}

/// Why a note is not accepted, or not signed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoteError {
    /// The note is longer than is looked at.
    #[error("the note is longer than {} bytes", SignedNote::MAX_BYTES)]
    TooLong,
    /// A note has no control character but the newline.
    #[error("the note has a control character")]
    ControlCharacter,
    /// Text and signature lines end with a newline.
    #[error("the note does not end with a newline")]
    NoFinalNewline,
    /// No blank line parts the text from the signatures.
    #[error("the note has no blank line before its signatures")]
    NoBlankLine,
    /// The note has no signature line.
    #[error("the note is not signed")]
    NotSigned,
    /// The note has more signature lines than are looked at.
    #[error("the note has more than {} signatures", SignedNote::MAX_SIGNATURES)]
    TooManySignatures,
    /// The line, counted from zero, is not a signature line.
    #[error("signature line {0} is malformed")]
    SignatureLine(usize),
    /// None of the signatures is by a key that the caller knows.
    #[error("no signature is by a known key")]
    NoKnownKey,
    /// The signature under the name of a known key is not by that key.
    #[error("the signature by `{0}` is not valid")]
    BadSignature(String),
}

impl SignedNote {
    /// The longest note that is looked at. Sixteen post-quantum signatures fit.
    pub const MAX_BYTES: usize = 128 * 1024;
    /// The number of signatures that C2SP asks every verifier to accept.
    pub const MAX_SIGNATURES: usize = 16;

    /// Takes a note apart, strictly.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        check_characters(note)?;
        // The last blank line counts: the text may have blank lines too.
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::NoBlankLine)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::NotSigned)?;
        if lines.split('\n').count() > Self::MAX_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        let signatures = lines
            .split('\n')
            .enumerate()
            .map(|(number, line)| {
                SignatureLine::parse(line).ok_or(NoteError::SignatureLine(number))
            })
            .collect::<Result<_, _>>()?;
        // The newline in front of the blank line belongs to the text.
        let text = alloc::format!("{text}\n");
        Ok(Self { text, signatures })
    }

    /// The text, if one of `keys` has signed it.
    ///
    /// Signatures by other keys are ignored, even under a known name, so that
    /// witnesses can sign too and keys can be replaced. A signature that claims
    /// a known key and is not by it spoils the note.
    pub fn open(&self, keys: &[&VerifierKey]) -> Result<&str, NoteError> {
        let mut is_signed = false;
        for line in &self.signatures {
            let known = keys.iter().find(|key| key.name() == line.name && key.id() == line.id);
            if let Some(key) = known {
                key.verify(self.text.as_bytes(), &line.signature)
                    .map_err(|_| NoteError::BadSignature(line.name.clone()))?;
                is_signed = true;
            }
        }
        if is_signed { Ok(&self.text) } else { Err(NoteError::NoKnownKey) }
    }

    /// The text that nobody has vouched for yet, for checks of its form.
    pub(crate) fn unverified_text(&self) -> &str {
        &self.text
    }
}

/// Signs `text` and returns the note.
///
/// The private key stays with the caller: `sign` is handed the bytes to sign.
/// Its answer is checked against `key` before it is used.
pub fn sign(
    text: &str,
    key: &VerifierKey,
    sign: &dyn Fn(&[u8]) -> [u8; 64],
) -> Result<String, NoteError> {
    check_characters(text)?;
    attach(text, key, &sign(text.as_bytes()))
}

/// Makes a note of `text` and a signature over its bytes that was made
/// elsewhere, by a signer that may be slow or fail.
///
/// A signature that is not by `key` is refused here rather than by every
/// reader.
pub fn attach(text: &str, key: &VerifierKey, signature: &[u8; 64]) -> Result<String, NoteError> {
    check_characters(text)?;
    key.verify(text.as_bytes(), signature)
        .map_err(|_| NoteError::BadSignature(key.name().into()))?;
    let mut bytes = Vec::from(*key.id().as_bytes());
    bytes.extend_from_slice(signature);
    let signature = Base64::encode_string(&bytes);
    let note = alloc::format!("{text}\n\u{2014} {} {signature}\n", key.name());
    check_characters(&note)?;
    Ok(note)
}

/// The rules of C2SP signed-note that hold for a note and for its text alike.
fn check_characters(text: &str) -> Result<(), NoteError> {
    if text.len() > SignedNote::MAX_BYTES {
        return Err(NoteError::TooLong);
    }
    if text.chars().any(|c| c < ' ' && c != '\n') {
        return Err(NoteError::ControlCharacter);
    }
    if !text.ends_with('\n') {
        return Err(NoteError::NoFinalNewline);
    }
    Ok(())
}

impl SignatureLine {
    fn parse(line: &str) -> Option<Self> {
        let (name, signature) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let bytes = Base64::decode_vec(signature).ok()?;
        let (id, signature) = bytes.split_first_chunk()?;
        let is_signature = is_key_name(name) && !signature.is_empty();
        is_signature.then(|| Self {
            name: name.into(),
            id: KeyId::from_bytes(*id),
            signature: signature.into(),
        })
    }
}
