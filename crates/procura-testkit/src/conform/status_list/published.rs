//! What the draft's text states of its examples.

/// What one example holds.
pub(super) struct Published {
    /// Bits of one status.
    pub(super) bits: u8,
    /// How many statuses.
    pub(super) length: usize,
    /// Which are other than valid.
    pub(super) stated: Stated,
}

/// What is stated of the statuses that are other than valid: places and values.
pub(super) enum Stated {
    /// All of them.
    All(&'static [(u64, u8)]),
    /// Every value from 1 to 255 has one place, and these are some.
    EachValueOnce(&'static [(u64, u8)]),
}

impl Published {
    /// What the draft states of the example in this file.
    pub(super) fn of(file: &str) -> Option<Self> {
        let (bits, length, stated) = match file {
            "status_list_encoding_json.md" => (1, 16, Stated::All(SIXTEEN)),
            "status_list_encoding2_json.md" => (2, 12, Stated::All(TWELVE)),
            "status_list_encoding1_long_json.md" => (1, LONG, Stated::All(ONE_BIT)),
            "status_list_encoding2_long_json.md" => (2, LONG, Stated::All(TWO_BITS)),
            "status_list_encoding4_json.md" => (4, LONG, Stated::All(FOUR_BITS)),
            "status_list_encoding8_json.md" => (8, LONG, Stated::EachValueOnce(EIGHT_BITS)),
            _ => return None,
        };
        Some(Self { bits, length, stated })
    }
}

/// How many statuses the long examples have.
const LONG: usize = 1 << 20;

/// Section 4.1: 1 0 0 1 1 1 0 1 and 1 1 0 0 0 1 0 1, from the first place.
pub(super) const SIXTEEN: &[(u64, u8)] =
    &[(0, 1), (3, 1), (4, 1), (5, 1), (7, 1), (8, 1), (9, 1), (13, 1), (15, 1)];

/// Section 4.1: 1 2 0 3, 0 1 0 1 and 1 2 3 3.
const TWELVE: &[(u64, u8)] =
    &[(0, 1), (1, 2), (3, 3), (5, 1), (7, 1), (8, 1), (9, 2), (10, 3), (11, 3)];

const ONE_BIT: &[(u64, u8)] = &[
    (0, 1),
    (1_993, 1),
    (25_460, 1),
    (159_495, 1),
    (495_669, 1),
    (554_353, 1),
    (645_645, 1),
    (723_232, 1),
    (854_545, 1),
    (934_534, 1),
    (1_000_345, 1),
];

const TWO_BITS: &[(u64, u8)] = &[
    (0, 1),
    (1_993, 2),
    (25_460, 1),
    (159_495, 3),
    (495_669, 1),
    (554_353, 1),
    (645_645, 2),
    (723_232, 1),
    (854_545, 1),
    (934_534, 2),
    (1_000_345, 3),
];

const FOUR_BITS: &[(u64, u8)] = &[
    (0, 1),
    (1_993, 2),
    (35_460, 3),
    (459_495, 4),
    (595_669, 5),
    (754_353, 6),
    (845_645, 7),
    (923_232, 8),
    (924_445, 9),
    (934_534, 10),
    (1_000_345, 12),
    (1_004_534, 11),
    (1_030_203, 13),
    (1_030_204, 14),
    (1_030_205, 15),
];

const EIGHT_BITS: &[(u64, u8)] = &[
    (52_451, 1),
    (576_778, 2),
    (513_575, 3),
    (468_106, 4),
    (292_632, 5),
    (214_947, 6),
    (182_323, 7),
    (884_834, 8),
    (66_653, 9),
    (62_489, 10),
    (196_493, 11),
    (458_517, 12),
    (487_925, 13),
    (55_649, 14),
    (416_992, 15),
    (505_144, 130),
    (165_165, 131),
    (179_628, 132),
    (1_019_195, 133),
    (658_891, 246),
    (500_560, 247),
    (557_034, 248),
    (830_023, 249),
    (274_471, 250),
    (629_139, 251),
    (958_869, 252),
    (663_071, 253),
    (152_133, 254),
    (19_535, 255),
];
