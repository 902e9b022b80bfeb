//! Writes fields in their strict form (RFC 9651, section 4.1).

use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Bare, Dictionary, InnerList, Item, Member, Parameters};

impl fmt::Display for Dictionary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (key, member)) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            match member {
                Member::Item(Item { value: Bare::Boolean(true), parameters }) => {
                    write!(f, "{key}{parameters}")?;
                }
                Member::Item(_) | Member::InnerList(_) => write!(f, "{key}={member}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item(item) => item.fmt(f),
            Self::InnerList(list) => list.fmt(f),
        }
    }
}

impl fmt::Display for InnerList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (index, item) in self.items.iter().enumerate() {
            let space = if index > 0 { " " } else { "" };
            write!(f, "{space}{item}")?;
        }
        write!(f, "){}", self.parameters)
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.value, self.parameters)
    }
}

impl fmt::Display for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.0 {
            if *value == Bare::Boolean(true) {
                write!(f, ";{name}")?;
            } else {
                write!(f, ";{name}={value}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Bare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => number.fmt(f),
            Self::String(text) => {
                write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
            }
            Self::Token(token) => f.write_str(token),
            Self::Bytes(bytes) => write!(f, ":{}:", STANDARD.encode(bytes)),
            Self::Boolean(truth) => f.write_str(if *truth { "?1" } else { "?0" }),
        }
    }
}
