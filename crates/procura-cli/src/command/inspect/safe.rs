//! Text from elsewhere, made safe to print on a terminal.
//!
//! **Invariant:** what comes out has no control character, no invisible one and
//! none that changes the direction of writing; nothing can hide or pose.

/// `text` with everything that is not plainly visible escaped as `\u{…}`.
pub(crate) fn text(text: &str) -> String {
    text.chars()
        .map(|c| if is_plain(c) { c.to_string() } else { c.escape_unicode().to_string() })
        .collect()
}

/// Several lines, each of them safe.
pub(crate) fn lines(text_of_lines: &str) -> String {
    text_of_lines.split('\n').map(text).collect::<Vec<_>>().join("\n")
}

/// `text` as a JSON string with the same characters escaped.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            _ => push(&mut out, c),
        }
    }
    out.push('"');
    out
}

/// JSON text with the same characters escaped. They occur only in its strings,
/// so it stays the same JSON.
pub(crate) fn json(text: &str) -> String {
    let mut out = String::new();
    text.chars().for_each(|c| push(&mut out, c));
    out
}

fn push(out: &mut String, c: char) {
    if is_plain(c) {
        out.push(c);
        return;
    }
    // RFC 8259, section 7: beyond the first plane, two escapes.
    for unit in c.encode_utf16(&mut [0; 2]) {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

/// Letters and digits of scripts that run from left to right, dashes and
/// quotation marks, and visible ASCII.
fn is_plain(c: char) -> bool {
    let is_ascii = c.is_ascii_graphic() || c == ' ' || matches!(c, '\u{2010}'..='\u{2027}');
    is_ascii || (!c.is_ascii() && c.is_alphanumeric() && !is_right_to_left(c))
}

/// The blocks whose letters reorder what stands beside them (Unicode, annex 9).
fn is_right_to_left(c: char) -> bool {
    matches!(c,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}
