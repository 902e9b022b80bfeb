//! Items and lists as dictionaries, which are what the product reads.
//!
//! **Invariant:** a text is an item or a list exactly if its dictionary is read and
//! unwraps, so that each vector keeps its verdict, to fail included (RFC 9651,
//! section 4.2).
//!
//! An item becomes the only one of an inner list. Spaces may stand around it in both,
//! and nothing else; a tab may in neither. Where there is no item or a second one, or a
//! parenthesis ends the list and begins another member, nothing unwraps.
//!
//! A list's members get a key each, behind the spaces that may begin a field or the white
//! space that may follow a comma. A comma outside of a string stands between members and
//! nowhere else, so every key stands where a member has to begin, and a member that is
//! missing there is missing behind its key.

use anyhow::bail;
use serde_json::{Value, json};

/// What a field is as a whole.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Item,
    List,
    Dictionary,
}

/// The key of the inner list with the item.
const KEY: &str = "item";
/// What the keys of a list's members begin with; their numbers follow.
const NUMBERED: &str = "member";

impl Kind {
    pub(super) fn of(name: &str) -> anyhow::Result<Self> {
        Ok(match name {
            "item" => Self::Item,
            "list" => Self::List,
            "dictionary" => Self::Dictionary,
            other => bail!("`{other}` is no type of a field"),
        })
    }

    /// The dictionary that stands for `field`.
    pub(super) fn wrap(self, field: &str) -> String {
        match self {
            Self::Item => format!("{KEY}=({field})"),
            // Neither a list nor a dictionary needs a member.
            Self::List if field.trim_start_matches(' ').is_empty() => field.into(),
            Self::List => with_keys(field),
            Self::Dictionary => field.into(),
        }
    }

    /// What a dictionary stands for, or nothing if it stands for no such field. Both are
    /// structures as the vectors write them.
    pub(super) fn unwrap(self, dictionary: &Value) -> Option<Value> {
        match self {
            Self::Item => {
                let (_, list) = pair(only(dictionary)?)?;
                let (items, parameters) = pair(list)?;
                let is_bare = parameters.as_array()?.is_empty();
                only(items).filter(|_| is_bare).cloned()
            }
            Self::List => {
                dictionary.as_array()?.iter().map(|one| Some(pair(one)?.1.clone())).collect()
            }
            Self::Dictionary => Some(dictionary.clone()),
        }
    }

    /// The text that a dictionary's text stands for, or nothing if it stands for none.
    pub(super) fn unwrap_text(self, dictionary: &str) -> Option<String> {
        match self {
            Self::Item => {
                let list = dictionary.strip_prefix(KEY)?.strip_prefix("=(")?;
                list.strip_suffix(')').map(Into::into)
            }
            Self::List if dictionary.is_empty() => Some(String::new()),
            Self::List => without_keys(dictionary),
            Self::Dictionary => Some(dictionary.into()),
        }
    }

    /// The only member of the dictionary that stands for `structure`.
    pub(super) fn only_member(self, structure: &Value) -> Option<(String, Value)> {
        match self {
            Self::Item => Some((KEY.into(), json!([[structure], []]))),
            Self::List => Some((numbered(0), only(structure)?.clone())),
            Self::Dictionary => {
                let (key, value) = pair(only(structure)?)?;
                Some((key.as_str()?.into(), value.clone()))
            }
        }
    }
}

fn numbered(at: usize) -> String {
    format!("{NUMBERED}{at}")
}

fn with_keys(list: &str) -> String {
    let members = members(list).into_iter().enumerate().map(|(at, member)| {
        let space: &[char] = if at == 0 { &[' '] } else { &[' ', '\t'] };
        let start = member.trim_start_matches(space);
        let space = member.strip_suffix(start).unwrap_or_default();
        format!("{space}{}={start}", numbered(at))
    });
    members.collect::<Vec<_>>().join(",")
}

/// RFC 9651, section 4.1.2: a member that is true is its key and its parameters.
fn without_keys(dictionary: &str) -> Option<String> {
    let members = members(dictionary).into_iter().enumerate().map(|(at, member)| {
        let start = member.trim_start_matches(' ');
        let space = member.strip_suffix(start)?;
        let value = start.strip_prefix(&numbered(at))?;
        Some(match value.strip_prefix('=') {
            Some(value) => format!("{space}{value}"),
            None => format!("{space}?1{value}"),
        })
    });
    Some(members.collect::<Option<Vec<_>>>()?.join(","))
}

/// What stands between the commas that are in no string.
fn members(text: &str) -> Vec<&str> {
    let (mut is_string, mut is_escaped) = (false, false);
    let is_end = |byte| {
        let is_quote = byte == '"' && !is_escaped;
        is_escaped = is_string && byte == '\\' && !is_escaped;
        is_string ^= is_quote;
        byte == ',' && !is_string
    };
    text.split(is_end).collect()
}

fn only(list: &Value) -> Option<&Value> {
    let [only] = list.as_array()?.as_slice() else { return None };
    Some(only)
}

/// The two values of a list of two.
pub(super) fn pair(list: &Value) -> Option<(&Value, &Value)> {
    let [first, second] = list.as_array()?.as_slice() else { return None };
    Some((first, second))
}
