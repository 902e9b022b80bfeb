//! Status lists, and the places in them that tokens name.

use anyhow::Context;
use procura_core::{
    json::{Object, Value},
    status_list::{Reference, StatusList},
};

use super::{Answer, key, member, object, text, time, written};

pub(super) fn status_list(input: &Object) -> anyhow::Result<Answer> {
    let authority = key(input.get("authority").context("no `authority`")?)?;
    let asked = object(input, "reference")?;
    let index = u64::try_from(member(asked, "idx", Value::as_integer)?)?;
    let reference = Reference { uri: text(asked, "uri")?.into(), index };
    let now = time(input, "now")?;
    let list = StatusList::open(text(input, "list")?, text(input, "uri")?, &authority, now);
    Ok(list.and_then(|list| {
        let status = list.status(&reference)?;
        let shown = Object::new()
            .with("status", u32::from(status.code()))
            .with("valid", status.is_valid())
            .with("fresh_until", list.fresh_until(now).as_seconds());
        Ok(Some(shown.into()))
    }))
}

pub(super) fn status_reference(input: &Object) -> anyhow::Result<Answer> {
    Ok(Reference::parse(&written(input, "claims")?).map(|reference| {
        Some(match reference {
            Some(Reference { index, uri }) => {
                let index = i64::try_from(index).unwrap_or(i64::MAX);
                Object::new().with("idx", index).with("uri", uri).into()
            }
            None => Value::Null,
        })
    }))
}
