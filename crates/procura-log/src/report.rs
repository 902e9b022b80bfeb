//! What an audit of a log found.
//!
//! **Invariant:** "true" is said only of events that a signature covers, and
//! only where a checkpoint from outside the database says how many there were.

use std::fmt;

/// The answer of an audit. There is no fourth one.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use = "an audit that nobody reads finds nothing"]
pub enum Report {
    /// Everything that was signed is there, unchanged.
    True(Sound),
    /// The log is not what was signed.
    False {
        /// The first event that cannot be relied on.
        first: u64,
        /// What is wrong with it.
        reason: Reason,
    },
    /// Nothing wrong was found, but it cannot be said that nothing is wrong.
    Incomplete(Gap),
}

/// How far a log was found to be true.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sound {
    /// How many events a signature covers.
    pub size: u64,
    /// How many of them a checkpoint from outside covers: none of these can
    /// have been cut off.
    pub known: u64,
    /// How many events came after the newest signature. They prove nothing yet.
    pub unsigned: u64,
}

/// What is wrong with a log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Reason {
    /// The event is missing, or its bytes do not have the hash stored with them.
    Damaged(String),
    /// An event before this one was changed, together with its hash.
    Rewritten {
        /// The event after the last one that may have been changed.
        until: u64,
    },
    /// Events that were signed are not there.
    Truncated {
        /// How many there were.
        signed: u64,
    },
    /// The log's key signed two histories. Both notes are the evidence.
    Fork {
        /// A note that does not fit the other one.
        one: String,
        /// The other one.
        other: String,
    },
    /// A stored checkpoint is not signed by the log's key.
    Checkpoint {
        /// The size that it is stored under.
        size: u64,
    },
}

/// Why an audit has no answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Gap {
    /// No checkpoint from outside the database is known, so that its end may
    /// have been cut off.
    NothingKnown,
    /// A checkpoint that was given is not one of this log.
    NotOfThisLog(String),
    /// The database could not be read.
    Unreadable(String),
}

impl Report {
    /// A stable code for programs; `None` if the log is true.
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::True(_) => None,
            Self::False { first: _, reason } => Some(match reason {
                Reason::Truncated { .. } => "audit.truncated",
                Reason::Fork { .. } => "audit.fork",
                Reason::Damaged(_) | Reason::Rewritten { .. } | Reason::Checkpoint { .. } => {
                    "audit.proof_invalid"
                }
            }),
            Self::Incomplete(_) => Some("audit.incomplete"),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::True(sound) => sound.fmt(f),
            Self::False { first, reason } => {
                write!(f, "the log is not true from event {first} on: {reason}")
            }
            Self::Incomplete(gap) => write!(f, "the log may be true: {gap}"),
        }
    }
}

impl fmt::Display for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, known, unsigned } = self;
        write!(
            f,
            "the log is true: {size} events are signed, {known} of them under a checkpoint from outside, {unsigned} are not signed yet"
        )
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(detail) => f.write_str(detail),
            Self::Rewritten { until } => write!(f, "an event before {until} was changed"),
            Self::Truncated { signed } => write!(f, "{signed} events were signed"),
            Self::Fork { .. } => f.write_str("the log's key signed two histories; keep both notes"),
            Self::Checkpoint { size } => {
                write!(f, "the checkpoint of {size} events is not signed by the log")
            }
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingKnown => f.write_str("no checkpoint from outside the database is known"),
            Self::NotOfThisLog(detail) => {
                write!(f, "a given checkpoint is not of this log: {detail}")
            }
            Self::Unreadable(detail) => write!(f, "it could not be read: {detail}"),
        }
    }
}
