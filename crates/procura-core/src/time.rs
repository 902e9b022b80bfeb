//! Points in time, in whole seconds since 1970 (NumericDate of RFC 7519).

use core::fmt;

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(i64);

/// A length of time in whole seconds.
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
