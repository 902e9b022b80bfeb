//! What a list can say of one token.

/// What became of a token (section 7.1).
///
/// There is no order among the values, and none but the first is good.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Status {
    /// It stands.
    Valid,
    /// It is revoked for ever.
    Invalid,
    /// It does not stand now, but may again.
    Suspended,
    /// A value that the issuer gave a meaning of its own, which is not known here.
    Other(u8),
}

impl Status {
    /// The status that `code` stands for.
    pub fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Valid,
            1 => Self::Invalid,
            2 => Self::Suspended,
            other => Self::Other(other),
        }
    }

    /// The value in the list.
    pub fn code(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Invalid => 1,
            Self::Suspended => 2,
            Self::Other(code) => code,
        }
    }

    /// Whether the token stands. What is not known does not count as good.
    pub fn is_valid(self) -> bool {
        match self {
            Self::Valid => true,
            Self::Invalid | Self::Suspended | Self::Other(_) => false,
        }
    }
}
