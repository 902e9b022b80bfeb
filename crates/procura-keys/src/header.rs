//! The lines of a key file, as `docs/formats/key-file.md` defines them.
//!
//! **Invariant:** a text is accepted only if it is the one spelling of what it
//! says, so every byte of a file is either checked here or under the seal.

use procura_core::base64url;
use procura_core::hash::Digest;
use procura_core::key::PublicKey;

use crate::description::{Cost, Description, Label, Purpose};

/// What kind of secret a file holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Contents {
    /// An Ed25519 seed, and this public half.
    SigningKey(Box<PublicKey>),
    /// Other secret bytes.
    Bytes,
}

/// Why a text is not a key file. The reason never quotes the text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Malformed {
    /// The first line is not ours.
    #[error("is not a key file of procura")]
    NotAKeyFile,
    /// The first line names a version that is not known here.
    #[error("is a key file of a version that is not known here")]
    Version,
    /// The text is longer than any key file.
    #[error("is too long for a key file")]
    TooLong,
    /// The text changed since it was written.
    #[error("is damaged: its contents do not match its `check` line")]
    Check,
    /// A line is missing, out of place, or not in its one spelling.
    #[error("has no valid `{0}` line where one must be")]
    Line(&'static str),
    /// The cost is below the floor or above the ceiling.
    #[error("asks for a key derivation cost that is out of bounds")]
    Cost,
    /// The seal opened, but what was inside does not fit the header.
    #[error("holds a secret of the wrong length")]
    Secret,
}

impl Malformed {
    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Self::NotAKeyFile | Self::TooLong => "name a file that procura sealed",
            Self::Version => "update procura",
            Self::Check | Self::Line(_) | Self::Secret => "restore it from a backup",
            Self::Cost => "do not trust this file, and restore it from a backup",
        }
    }
}

/// Everything in a key file that is not secret.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) description: Description,
    pub(crate) contents: Contents,
    pub(crate) salt: [u8; 16],
    pub(crate) nonce: [u8; 24],
}

/// A key file taken apart.
pub(crate) struct Parts {
    pub(crate) header: Header,
    /// The header's bytes as they arrived: what the seal authenticates.
    pub(crate) head: String,
    pub(crate) sealed: Vec<u8>,
}

const MAGIC: &str = "procura-key-file/";
const VERSION: &str = "1";

impl Header {
    /// The header's lines.
    pub(crate) fn to_text(&self) -> String {
        let Self { description: Description { label, purpose, cost }, contents, salt, nonce } =
            self;
        let holds = match contents {
            Contents::SigningKey(public) => {
                format!("ed25519 {}", base64url::encode(public.as_bytes()))
            }
            Contents::Bytes => "bytes".to_owned(),
        };
        let salt = base64url::encode(salt);
        let nonce = base64url::encode(nonce);
        format!(
            "{MAGIC}{VERSION}\nlabel: {label}\npurpose: {purpose}\nholds: {holds}\n\
             kdf: {cost}\nsalt: {salt}\nnonce: {nonce}\n"
        )
    }

    fn parse(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        let label = lines.read("label", Label::parse)?;
        let purpose = lines.read("purpose", Purpose::parse)?;
        let contents = lines.read("holds", contents)?;
        let (memory, passes, lanes) = lines.read("kdf", Cost::parse)?;
        let cost = Cost::new(memory, passes, lanes).ok_or(Malformed::Cost)?;
        let salt = lines.read("salt", fixed)?;
        let nonce = lines.read("nonce", fixed)?;
        Ok(Self { description: Description { label, purpose, cost }, contents, salt, nonce })
    }
}

/// Writes a whole key file.
pub(crate) fn write(head: &str, sealed: &[u8]) -> String {
    let body = format!("{head}sealed: {}\n", base64url::encode(sealed));
    let check = Digest::of(body.as_bytes());
    format!("{body}check: {check}\n")
}

/// Takes a whole key file apart.
pub(crate) fn parse(bytes: &[u8]) -> Result<Parts, Malformed> {
    let version = bytes.strip_prefix(MAGIC.as_bytes()).ok_or(Malformed::NotAKeyFile)?;
    let text = str::from_utf8(bytes).map_err(|_| Malformed::Check)?;
    // An unknown version may check itself in another way, so it comes first.
    if !version.starts_with(VERSION.as_bytes()) || version.get(1) != Some(&b'\n') {
        return Err(Malformed::Version);
    }
    let body = checked_body(text)?;
    let mut lines = Lines { rest: body };
    lines.next_line("procura-key-file")?;
    let header = Header::parse(&mut lines)?;
    let head = body.strip_suffix(lines.rest).ok_or(Malformed::Line("sealed"))?.to_owned();
    let sealed = lines.read("sealed", base64url::decode)?;
    if !lines.rest.is_empty() {
        return Err(Malformed::Line("check"));
    }
    Ok(Parts { header, head, sealed })
}

/// The text before the last line, once that line is found to be its digest.
fn checked_body(text: &str) -> Result<&str, Malformed> {
    let unfinished = text.strip_suffix('\n').ok_or(Malformed::Check)?;
    let (_, last) = unfinished.rsplit_once('\n').ok_or(Malformed::Check)?;
    let stated = last.strip_prefix("check: ").and_then(Digest::from_base64url);
    let body = unfinished.strip_suffix(last).ok_or(Malformed::Check)?;
    if stated != Some(Digest::of(body.as_bytes())) {
        return Err(Malformed::Check);
    }
    Ok(body)
}

fn contents(text: &str) -> Option<Contents> {
    if text == "bytes" {
        return Some(Contents::Bytes);
    }
    let public = base64url::decode(text.strip_prefix("ed25519 ")?)?;
    PublicKey::from_bytes(&public).ok().map(|public| Contents::SigningKey(Box::new(public)))
}

fn fixed<const N: usize>(text: &str) -> Option<[u8; N]> {
    base64url::decode(text)?.try_into().ok()
}

/// The lines that are not read yet.
struct Lines<'a> {
    rest: &'a str,
}

impl<'a> Lines<'a> {
    fn next_line(&mut self, name: &'static str) -> Result<&'a str, Malformed> {
        let (line, rest) = self.rest.split_once('\n').ok_or(Malformed::Line(name))?;
        self.rest = rest;
        Ok(line)
    }

    /// Reads the line `name: value`.
    fn read<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, Malformed> {
        let line = self.next_line(name)?;
        let value = line.strip_prefix(name).and_then(|rest| rest.strip_prefix(": "));
        value.and_then(parse).ok_or(Malformed::Line(name))
    }
}
