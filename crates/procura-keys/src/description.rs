//! What a key file says about its secret, in the clear.
//!
//! **Invariant:** every text here is printable ASCII on one line, so it can be
//! shown on a terminal and has one spelling in the file.

use std::borrow::Cow;
use std::fmt;

/// The name that people give to a key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Label(String);

impl Label {
    /// The longest label.
    pub const MAX_LEN: usize = 128;

    /// Reads a label: 1 to 128 printable ASCII characters, no space at either end.
    pub fn parse(text: &str) -> Option<Self> {
        let printable = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
        let fits = (1..=Self::MAX_LEN).contains(&text.len())
            && text.trim() == text
            && text.bytes().all(printable);
        fits.then(|| Self(text.to_owned()))
    }

    /// The text of the label.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a key may be used for.
///
/// Whoever opens a key file says what for, so that the log's key cannot stand
/// in for the authority's because two paths were exchanged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Purpose(Cow<'static, str>);

impl Purpose {
    /// Signs for an agent.
    pub const AGENT: Self = Self(Cow::Borrowed("agent"));
    /// Signs root delegations for a user.
    pub const USER: Self = Self(Cow::Borrowed("user"));
    /// Signs for the authority.
    pub const AUTHORITY: Self = Self(Cow::Borrowed("authority"));
    /// Signs checkpoints of the log.
    pub const LOG: Self = Self(Cow::Borrowed("log"));
    /// Keys the digests of argument values.
    pub const DIGEST: Self = Self(Cow::Borrowed("digest"));

    /// Reads a purpose: a lower-case letter, then at most 31 of `a-z`, `0-9` and `-`.
    pub fn parse(text: &str) -> Option<Self> {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = text.len() <= 32
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(inner);
        fits.then(|| Self(Cow::Owned(text.to_owned())))
    }

    /// The text of the purpose.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How much work Argon2id does for one guess of a passphrase.
///
/// The floor keeps a file from being sealed too cheaply, the ceiling keeps a
/// hostile file from taking the memory or the afternoon of whoever opens it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cost {
    memory: u32,
    passes: u32,
    lanes: u32,
}

impl Cost {
    /// The default, which is also the least: 19 MiB, two passes, one lane.
    pub const DEFAULT: Self = Self { memory: 19_456, passes: 2, lanes: 1 };
    /// The most memory, in KiB.
    pub const MAX_MEMORY: u32 = 262_144;
    /// The most passes.
    pub const MAX_PASSES: u32 = 8;
    /// The most lanes.
    pub const MAX_LANES: u32 = 4;

    /// Takes memory in KiB, passes and lanes; `None` if they are out of bounds.
    pub fn new(memory: u32, passes: u32, lanes: u32) -> Option<Self> {
        let least = Self::DEFAULT;
        let fits = (least.memory..=Self::MAX_MEMORY).contains(&memory)
            && (least.passes..=Self::MAX_PASSES).contains(&passes)
            && (least.lanes..=Self::MAX_LANES).contains(&lanes);
        fits.then_some(Self { memory, passes, lanes })
    }

    /// Memory in KiB.
    pub fn memory(self) -> u32 {
        self.memory
    }

    /// Passes over the memory.
    pub fn passes(self) -> u32 {
        self.passes
    }

    /// Lanes that could be filled in parallel.
    pub fn lanes(self) -> u32 {
        self.lanes
    }

    /// Reads the three numbers in the spelling of [`Cost`]'s `Display`, without bounds.
    pub(crate) fn parse(text: &str) -> Option<(u32, u32, u32)> {
        let (memory, rest) = text.strip_prefix("argon2id m=")?.split_once(" t=")?;
        let (passes, lanes) = rest.split_once(" p=")?;
        Some((number(memory)?, number(passes)?, number(lanes)?))
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { memory, passes, lanes } = self;
        write!(f, "argon2id m={memory} t={passes} p={lanes}")
    }
}

/// A key's label and purpose, and the cost of opening its file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Description {
    /// The name for people.
    pub label: Label,
    /// What the key may be used for.
    pub purpose: Purpose,
    /// The work for one guess.
    pub cost: Cost,
}

impl Description {
    /// Describes a key that is sealed at the default cost.
    pub fn new(label: Label, purpose: Purpose) -> Self {
        Self { label, purpose, cost: Cost::DEFAULT }
    }
}

/// Reads a decimal in its one spelling: no sign, no leading zero.
fn number(text: &str) -> Option<u32> {
    let value: u32 = text.parse().ok()?;
    (value.to_string() == text).then_some(value)
}
