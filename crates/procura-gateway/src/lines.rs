//! Lines with a limit, as MCP over stdio uses them.

use std::io;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

/// Reads lines and never keeps more than the limit.
pub(crate) struct Lines<R> {
    reader: BufReader<R>,
    limit: usize,
    rest: Rest,
}

/// One line, or why there is none.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Line {
    /// A line without its end.
    Text(Vec<u8>),
    /// A line beyond the limit; the rest of it is skipped.
    TooLong,
    /// Nothing more comes. A last line without its end is not one.
    End,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Rest {
    Kept,
    Skipped,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(crate) fn new(reader: R, limit: usize) -> Self {
        Self { reader: BufReader::new(reader), limit, rest: Rest::Kept }
    }

    /// The next line. Whoever stops waiting loses what was read of it.
    pub(crate) async fn next(&mut self) -> io::Result<Line> {
        let mut line = Vec::new();
        loop {
            let part = self.reader.fill_buf().await?;
            if part.is_empty() {
                return Ok(Line::End);
            }
            let end = part.iter().position(|byte| *byte == b'\n');
            let text = part.get(..end.unwrap_or(part.len())).unwrap_or_default();
            let length = text.len();
            let is_long = line.len().saturating_add(length) > self.limit;
            if self.rest == Rest::Kept && !is_long {
                line.extend_from_slice(text);
            }
            self.reader.consume(length.saturating_add(usize::from(end.is_some())));
            match (self.rest, end) {
                (Rest::Kept, Some(_)) if !is_long => return Ok(Line::Text(trimmed(line))),
                (Rest::Kept, Some(_)) => return Ok(Line::TooLong),
                (Rest::Kept, None) if is_long => {
                    self.rest = Rest::Skipped;
                    return Ok(Line::TooLong);
                }
                (Rest::Skipped, Some(_)) => self.rest = Rest::Kept,
                (Rest::Kept | Rest::Skipped, None) => {}
            }
        }
    }
}

fn trimmed(mut line: Vec<u8>) -> Vec<u8> {
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    line
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::{Line, Lines};

    async fn check(text: &str, expected: &[Line]) {
        let mut lines = Lines::new(text.as_bytes(), 4);
        for line in expected {
            assert_eq!(lines.next().await.unwrap(), *line);
        }
        assert_eq!(lines.next().await.unwrap(), Line::End);
    }

    fn text(line: &str) -> Line {
        Line::Text(line.as_bytes().to_vec())
    }

    #[tokio::test]
    async fn lines_end_with_a_line_feed_or_both() {
        check("ab\n\ncd\r\n", &[text("ab"), text(""), text("cd")]).await;
    }

    #[tokio::test]
    async fn a_long_line_is_skipped_and_the_next_is_read() {
        check("abcd\nabcde\nab\n", &[text("abcd"), Line::TooLong, text("ab")]).await;
    }

    #[tokio::test]
    async fn a_line_that_never_ends_is_reported_at_once() {
        check("abcdefgh", &[Line::TooLong]).await;
    }

    #[tokio::test]
    async fn a_last_line_without_its_end_is_not_a_line() {
        check("ab\ncd", &[text("ab")]).await;
    }
}
