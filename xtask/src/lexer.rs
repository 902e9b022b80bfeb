//! Splits Rust source into tokens, well enough to count lines and braces.
//!
//! **Invariant:** the tokens of a file cover every character that is not white
//! space, in order, and whatever stands inside a comment, a string or a
//! character literal never appears as a token of its own. Malformed source
//! gives odd tokens, never a panic or an endless loop.

/// What a token is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// A name or a keyword, raw names included.
    Word,
    /// `'name`, the quote included.
    Lifetime,
    /// A number, up to its suffix.
    Number,
    /// A string, byte string or character, in any of their forms.
    Text,
    /// One character of punctuation.
    Punct,
    /// A documentation comment.
    Doc,
    /// Any other comment.
    Comment,
}

/// One token and the lines it stands on, counted from one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Token<'a> {
    /// What it is.
    pub(crate) kind: Kind,
    /// The characters, as they stand in the source.
    pub(crate) text: &'a str,
    /// The line of its first character.
    pub(crate) first: usize,
    /// The line of its last character.
    pub(crate) last: usize,
}

impl Token<'_> {
    /// Whether the compiler sees it.
    pub(crate) fn is_code(&self) -> bool {
        !matches!(self.kind, Kind::Doc | Kind::Comment)
    }

    /// Whether it is this keyword, name or punctuation character.
    ///
    /// Literals never are: `"fn"` is not `fn`.
    pub(crate) fn is(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Punct) && self.text == text
    }
}

/// Splits `source` into tokens.
pub(crate) fn lex(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = source;
    let mut line = 1_usize;
    while let Some(start) = rest.find(|c: char| !c.is_whitespace()) {
        let (space, found) = rest.split_at(start);
        line = line.saturating_add(newlines(space));
        let (kind, length) = scan(found);
        let (text, after) = found.split_at_checked(length).unwrap_or((found, ""));
        let last = line.saturating_add(newlines(text));
        tokens.push(Token { kind, text, first: line, last });
        line = last;
        rest = after;
    }
    tokens
}

fn newlines(text: &str) -> usize {
    text.matches('\n').count()
}

/// The kind and the length in bytes of the token that `text` starts with.
fn scan(text: &str) -> (Kind, usize) {
    if let Some(found) = comment(text).or_else(|| literal(text)) {
        return found;
    }
    let first = text.chars().next().unwrap_or(' ');
    if first == '\'' {
        return quote(text);
    }
    if first.is_ascii_digit() {
        return (Kind::Number, number(text));
    }
    if is_word(first) {
        return (Kind::Word, word(text));
    }
    (Kind::Punct, first.len_utf8())
}

fn comment(text: &str) -> Option<(Kind, usize)> {
    if text.starts_with("//") {
        let is_doc =
            text.starts_with("//!") || (text.starts_with("///") && !text.starts_with("////"));
        return Some((comment_kind(is_doc), text.find('\n').unwrap_or(text.len())));
    }
    if text.starts_with("/*") {
        let is_outer =
            text.starts_with("/**") && !text.starts_with("/***") && !text.starts_with("/**/");
        return Some((comment_kind(is_outer || text.starts_with("/*!")), block_comment(text)));
    }
    None
}

fn comment_kind(is_doc: bool) -> Kind {
    if is_doc { Kind::Doc } else { Kind::Comment }
}

/// Block comments nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0_usize;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth = depth.saturating_add(1);
            at = at.saturating_add(2);
        } else if rest.starts_with("*/") {
            depth = depth.saturating_sub(1);
            at = at.saturating_add(2);
        } else {
            at = at.saturating_add(rest.chars().next().map_or(1, char::len_utf8));
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// Strings of every prefix, raw names and byte characters; a plain `'` is left
/// to [`quote`].
fn literal(text: &str) -> Option<(Kind, usize)> {
    for prefix in ["br", "cr", "r"] {
        if let Some(found) = text.strip_prefix(prefix).and_then(raw) {
            return Some((found.0, found.1.saturating_add(prefix.len())));
        }
    }
    for prefix in ["b\"", "c\"", "\"", "b'"] {
        if let Some(body) = text.strip_prefix(prefix) {
            let end = if prefix.ends_with('\'') { '\'' } else { '"' };
            return Some((Kind::Text, escaped(body, end).saturating_add(prefix.len())));
        }
    }
    None
}

/// What follows an `r`: hashes and a string, or one hash and a name.
fn raw(text: &str) -> Option<(Kind, usize)> {
    let name = text.trim_start_matches('#');
    let hashes = text.len().saturating_sub(name.len());
    if let Some(body) = name.strip_prefix('"') {
        let end = format!("\"{}", "#".repeat(hashes));
        let body_length = body.find(&end).map_or(body.len(), |at| at.saturating_add(end.len()));
        return Some((Kind::Text, hashes.saturating_add(1).saturating_add(body_length)));
    }
    let is_name = hashes == 1 && name.starts_with(is_word);
    is_name.then(|| (Kind::Word, word(name).saturating_add(1)))
}

/// The length of a literal's body with its closing `end`.
fn escaped(body: &str, end: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if c == end => return at.saturating_add(1),
            _ => {}
        }
    }
    body.len()
}

/// A character if it closes after one (possibly escaped) character, else a
/// lifetime.
fn quote(text: &str) -> (Kind, usize) {
    let mut body = text.chars().skip(1);
    let (inside, after) = (body.next(), body.next());
    match (inside, after) {
        (Some('\\'), _) => {
            (Kind::Text, escaped(text.get(1..).unwrap_or(""), '\'').saturating_add(1))
        }
        (Some(c), Some('\'')) => (Kind::Text, c.len_utf8().saturating_add(2)),
        (Some(c), _) if is_word(c) => {
            (Kind::Lifetime, word(text.get(1..).unwrap_or("")).saturating_add(1))
        }
        _ => (Kind::Punct, 1),
    }
}

/// `1.5` is one number, but `1..5` and `1.max(5)` are not.
fn number(text: &str) -> usize {
    let whole = word(text);
    let fraction = text.get(whole..).and_then(|rest| rest.strip_prefix('.'));
    match fraction {
        Some(digits) if digits.starts_with(|c: char| c.is_ascii_digit()) => {
            whole.saturating_add(1).saturating_add(word(digits))
        }
        _ => whole,
    }
}

fn word(text: &str) -> usize {
    text.find(|c| !is_word(c)).unwrap_or(text.len())
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

#[cfg(test)]
mod tests;
