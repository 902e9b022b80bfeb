//! Errors that carry an exit code and the next step.

use std::fmt;

/// Why a command did not do what it was asked, for a shell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Exit {
    /// Something was checked and is not so, or was refused.
    False = 1,
    /// The command's own words are wrong.
    Usage = 2,
    /// A file, a server or a key is missing or unusable.
    Environment = 3,
    /// There is not enough evidence to say.
    Incomplete = 4,
}

impl Exit {
    /// The code.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::False => 1,
            Self::Usage => 2,
            Self::Environment => 3,
            Self::Incomplete => 4,
        }
    }
}

/// An error with its exit code and what to do next.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    pub(crate) next: Option<String>,
}

impl Failure {
    /// Something in the environment is missing or unusable.
    pub(crate) fn environment(message: impl Into<String>, next: impl Into<String>) -> Self {
        Self { exit: Exit::Environment, message: message.into(), next: Some(next.into()) }
    }

    /// The command's words are wrong.
    pub(crate) fn usage(message: impl Into<String>, next: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into(), next: Some(next.into()) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.next {
            Some(next) => write!(f, "\n  next: {next}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}
