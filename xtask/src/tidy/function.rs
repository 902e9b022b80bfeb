//! Finds functions in a file's tokens and measures them.
//!
//! Nesting counts `if`, `else`, `match`, `for`, `while` and `loop` inside each
//! other. An arm, a closure or a plain block adds nothing, and neither does an
//! `else if` to the `if` before it.

use crate::lexer::{Kind, Token};

/// One function of a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: String,
    /// The line of its `fn`.
    pub(crate) line: usize,
    /// From `fn` to the closing brace; zero if it has no body.
    pub(crate) length: usize,
    /// Parameters, the receiver left out.
    pub(crate) parameters: usize,
    /// How deep its branches and loops go.
    pub(crate) nesting: usize,
}

/// The functions in `code`, which holds no comments.
pub(crate) fn functions(code: &[Token<'_>]) -> Vec<Function> {
    let starts = (0..code.len()).filter_map(|at| code.get(at..));
    starts.filter_map(function).collect()
}

/// The index in `code` of the bracket that closes the one it starts with.
pub(crate) fn closing(code: &[Token<'_>]) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in code.iter().enumerate() {
        depth = depth_after(depth, token);
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// The function that `code` starts with.
fn function(code: &[Token<'_>]) -> Option<Function> {
    let (keyword, name, rest) = match code {
        [keyword, name, rest @ ..] if keyword.is("fn") && name.kind == Kind::Word => {
            (keyword, name, rest)
        }
        _ => return None,
    };
    let list = rest.get(generics(rest)..)?;
    let end = closing(list)?;
    let parameters = parameters(list.get(1..end)?);
    let body = body(list.get(end..)?.get(1..)?);
    let last = body.and_then(<[_]>::last).map(|brace| brace.last);
    let length = last.map_or(0, |last| last.saturating_sub(keyword.first).saturating_add(1));
    let nesting = body.map_or(0, nesting);
    Some(Function { name: name.text.to_owned(), line: keyword.first, length, parameters, nesting })
}

/// The length of a `<…>` at the start of `code`, or zero.
fn generics(code: &[Token<'_>]) -> usize {
    let mut depth = 0_usize;
    let mut previous = None;
    for (at, token) in code.iter().enumerate() {
        depth = angles_after(depth, token, previous);
        if depth == 0 {
            return if at == 0 { 0 } else { at.saturating_add(1) };
        }
        previous = Some(token);
    }
    code.len()
}

fn parameters(list: &[Token<'_>]) -> usize {
    let groups = split_at_commas(list);
    let is_receiver = |group: &[&Token<'_>]| {
        let before_type = group.iter().take_while(|token| !token.is(":"));
        before_type.last().is_some_and(|token| token.is("self"))
    };
    groups.iter().filter(|group| !group.is_empty() && !is_receiver(group)).count()
}

fn split_at_commas<'a, 'b>(list: &'a [Token<'b>]) -> Vec<Vec<&'a Token<'b>>> {
    let mut groups = vec![Vec::new()];
    let (mut brackets, mut angles) = (0_usize, 0_usize);
    let mut previous = None;
    for token in list {
        brackets = depth_after(brackets, token);
        angles = angles_after(angles, token, previous);
        previous = Some(token);
        if token.is(",") && brackets == 0 && angles == 0 {
            groups.push(Vec::new());
        } else if let Some(group) = groups.last_mut() {
            group.push(token);
        }
    }
    groups
}

/// The braces and what they hold, from what follows a parameter list.
fn body<'a, 'b>(code: &'a [Token<'b>]) -> Option<&'a [Token<'b>]> {
    let mut depth = 0_usize;
    for (at, token) in code.iter().enumerate() {
        if depth == 0 && token.is(";") {
            return None;
        }
        if depth == 0 && token.is("{") {
            let inside = code.get(at..)?;
            return inside.get(..=closing(inside)?);
        }
        depth = depth_after(depth, token);
    }
    None
}

fn nesting(body: &[Token<'_>]) -> usize {
    let mut blocks = Blocks::default();
    for (at, token) in body.iter().enumerate() {
        let next = at.checked_add(1).and_then(|next| body.get(next));
        blocks.step(token, next);
    }
    blocks.deepest
}

/// A walk over a body that knows which braces belong to a branch or a loop.
#[derive(Debug, Default)]
struct Blocks {
    /// Every open bracket; true for the brace of a branch or a loop.
    open: Vec<bool>,
    /// Keywords whose brace has not come yet.
    pending: Vec<Pending>,
    deepest: usize,
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    /// How many brackets were open at the keyword.
    depth: usize,
    /// Inside the pattern of a `let` or a `for`, where braces are part of it.
    in_pattern: bool,
}

impl Blocks {
    fn step(&mut self, token: &Token<'_>, next: Option<&Token<'_>>) {
        if !matches!(token.kind, Kind::Word | Kind::Punct) {
            return;
        }
        let is_next = |text| next.is_some_and(|next| next.is(text));
        match token.text {
            "if" | "match" | "while" | "loop" => self.expect_brace(false),
            "for" if !is_next("<") => self.expect_brace(true),
            "else" if is_next("{") => self.expect_brace(false),
            "let" => self.set_pattern(true),
            "in" => self.set_pattern(false),
            // The guard of an arm ends here, and so does the pattern of a `let`.
            "=" if is_next(">") => self.drop_guard(),
            "=" => self.set_pattern(false),
            "(" | "[" => self.open.push(false),
            "{" => self.open_brace(),
            ")" | "]" | "}" => drop(self.open.pop()),
            ";" => self.drop_guard(),
            _ => {}
        }
    }

    fn expect_brace(&mut self, in_pattern: bool) {
        self.pending.push(Pending { depth: self.open.len(), in_pattern });
    }

    fn set_pattern(&mut self, in_pattern: bool) {
        let depth = self.open.len();
        if let Some(pending) = self.pending.last_mut().filter(|pending| pending.depth == depth) {
            pending.in_pattern = in_pattern;
        }
    }

    fn drop_guard(&mut self) {
        let depth = self.open.len();
        self.pending.pop_if(|pending| pending.depth == depth);
    }

    fn open_brace(&mut self) {
        let depth = self.open.len();
        let found = self.pending.pop_if(|pending| pending.depth == depth && !pending.in_pattern);
        self.open.push(found.is_some());
        self.deepest = self.deepest.max(self.open.iter().filter(|is_branch| **is_branch).count());
    }
}

fn depth_after(depth: usize, token: &Token<'_>) -> usize {
    match token.text {
        "(" | "[" | "{" => depth.saturating_add(1),
        ")" | "]" | "}" => depth.saturating_sub(1),
        _ => depth,
    }
}

/// The `>` of an arrow closes nothing.
fn angles_after(depth: usize, token: &Token<'_>, previous: Option<&Token<'_>>) -> usize {
    let is_arrow = previous.is_some_and(|previous| previous.is("-") || previous.is("="));
    match token.text {
        "<" => depth.saturating_add(1),
        ">" if !is_arrow => depth.saturating_sub(1),
        _ => depth,
    }
}

#[cfg(test)]
mod tests;
