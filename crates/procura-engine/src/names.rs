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
    // What is hidden is refused for what it is, whatever it resembles.
    if text.chars().any(is_hidden) {
        Name::parse(text)?;
    }
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
    // The skeleton of a zero is a capital O, which is another letter's before it is folded.
    skeleton(&folded).flat_map(char::to_lowercase).collect()
}

/// White space, full stops, and what changes nothing that is seen: control,
/// zero-width, bidirectional and tag characters, and variation selectors.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c, '.' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}
