//! Names that look alike are one name (Unicode TS 39, confusable skeletons).

use procura_core::identity::{Name, NameError};
use unicode_normalization::UnicodeNormalization as _;
use unicode_security::skeleton;

/// Why a name cannot be given out.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NameRefused {
    /// It is not a name.
    #[error("{0}")]
    Invalid(#[from] NameError),
    /// It can be mistaken for another name.
    #[error("the name can be mistaken for `{0}`")]
    Confusable(String),
    /// It was given out before; a name is not used again.
    #[error("the name `{0}` is taken")]
    Taken(String),
}

/// Reads a name and checks it against those that are `taken`.
pub fn check<'a>(text: &str, taken: impl Iterator<Item = &'a str>) -> Result<Name, NameRefused> {
    let shape = look_of(text);
    for other in taken {
        if other == text {
            return Err(NameRefused::Taken(other.into()));
        }
        if look_of(other) == shape {
            return Err(NameRefused::Confusable(other.into()));
        }
    }
    Ok(Name::parse(text)?)
}

/// What a name looks like, whatever its code points.
fn look_of(text: &str) -> String {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    let visible: String = folded.chars().filter(|c| !is_invisible(*c)).collect();
    skeleton(visible.trim().trim_end_matches('.')).collect()
}

/// Zero-width, bidirectional and tag characters, which change nothing that is seen.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}' | '\u{ad}')
}
