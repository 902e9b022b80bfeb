//! How statuses lie in bytes (section 4.1).

/// How many bits one status takes (section 4.1).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Bits {
    /// Valid or invalid.
    One,
    /// Four values.
    Two,
    /// Sixteen values.
    Four,
    /// All values.
    Eight,
}

impl Bits {
    pub(super) fn from_count(count: i64) -> Option<Self> {
        match count {
            1 => Some(Self::One),
            2 => Some(Self::Two),
            4 => Some(Self::Four),
            8 => Some(Self::Eight),
            _ => None,
        }
    }

    /// How many bits.
    pub fn count(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
        }
    }

    /// The greatest value that fits.
    pub fn greatest(self) -> u8 {
        match self {
            Self::One => 0b1,
            Self::Two => 0b11,
            Self::Four => 0b1111,
            Self::Eight => 0xff,
        }
    }

    /// How many statuses are in a byte.
    pub(super) fn per_byte(self) -> usize {
        match self {
            Self::One => 8,
            Self::Two => 4,
            Self::Four => 2,
            Self::Eight => 1,
        }
    }

    /// The byte that holds the place, and how far from its least significant bit:
    /// the first place of a byte is in its lowest bits (section 4.1, step 1).
    pub(super) fn locate(self, index: u64) -> Option<(usize, u32)> {
        let index = usize::try_from(index).ok()?;
        let byte = index.checked_div(self.per_byte())?;
        let within = index.checked_rem(self.per_byte())?;
        let shift = u32::try_from(within).ok()?.checked_mul(self.count().into())?;
        Some((byte, shift))
    }
}
