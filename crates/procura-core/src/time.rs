//! Points in time, in whole seconds since 1970 (NumericDate of RFC 7519).
//!
//! This crate has no clock. Whoever verifies passes the time of the verdict, so
//! that a decision can be repeated from a log; and both directions of
//! arithmetic stop at the end of time instead of wrapping, because a time that
//! wraps turns an expired delegation into one that is valid for ever.

use core::fmt;

/// Seconds since 1970-01-01T00:00:00Z.
///
/// Claims are whole seconds without fraction or exponent; fractions would give
/// one moment several spellings under one signature.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(i64);

/// A length of time in whole seconds.
///
/// Unsigned, so that no window has a negative length.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Seconds(u32);

impl Timestamp {
    /// A point in time from its NumericDate.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// The NumericDate.
    pub const fn as_seconds(self) -> i64 {
        self.0
    }

    /// This time plus `length`, at most the end of time.
    #[must_use]
    pub fn plus(self, length: Seconds) -> Self {
        Self(self.0.saturating_add(i64::from(length.0)))
    }

    /// This time minus `length`, at least the beginning of time.
    #[must_use]
    pub fn minus(self, length: Seconds) -> Self {
        Self(self.0.saturating_sub(i64::from(length.0)))
    }
}

impl Seconds {
    /// A length of `count` seconds.
    pub const fn new(count: u32) -> Self {
        Self(count)
    }

    /// How many seconds.
    pub const fn as_u32(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
