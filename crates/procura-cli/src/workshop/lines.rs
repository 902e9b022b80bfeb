//! Reads messages, one a line, from a peer that may send anything.
//!
//! **Invariant:** no more than [`MAX_LINE`] bytes of a line are ever held in memory.

use std::io::{self, BufRead, Read};

/// The longest message that is read, in bytes, its line break not counted.
pub(super) const MAX_LINE: usize = 4 * 1024 * 1024;

/// What came next on the input.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Line {
    /// The bytes of one line, without its line break.
    Message(Vec<u8>),
    /// A line longer than [`MAX_LINE`], which has been skipped to its end.
    TooLong,
    /// The end of the input.
    End,
}

/// Reads the next line.
///
/// The last line counts even where its line break is missing: whether it is whole is for the
/// parser to say.
pub(super) fn read_line(input: &mut impl BufRead) -> io::Result<Line> {
    let mut line = Vec::new();
    let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX).saturating_add(1);
    let count = input.by_ref().take(limit).read_until(b'\n', &mut line)?;
    if count == 0 {
        return Ok(Line::End);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        return Ok(Line::Message(line));
    }
    if line.len() <= MAX_LINE {
        return Ok(Line::Message(line));
    }
    input.skip_until(b'\n')?;
    Ok(Line::TooLong)
}
