//! What was given, for a person to read before it is written.

use procura_core::json::Object;
use procura_core::token::Token;

use crate::command::inspect::{hops, moment, safe, table};

/// The new delegation as lines for a person.
pub(super) fn human(token: &Token, giver: &str) -> String {
    let holder = hops::holder(token);
    let key = token.key.fingerprint();
    let length = moment::length_between(token.issued, token.expires);
    let rows = [
        ["to".into(), format!("{holder} with key {key}")],
        [
            "from".into(),
            format!(
                "{} until {} ({length})",
                moment::text(token.issued),
                moment::text(token.expires)
            ),
        ],
        ["further".into(), hops::further(token)],
        ["at".into(), hops::audience(token)],
    ];
    let mut text = format!("{} gives\n", safe::text(giver));
    text.push_str(&table::lines(&rows, 2));
    text.push_str(&table::titled(["tool", "argument", "rule"], &hops::tool_rows(&token.tools), 2));
    text.push_str(&hops::detail(token.detail.as_ref(), 2));
    text
}

/// The same for a script.
pub(super) fn json(token: &Token, giver: &str, file: &str) -> Object {
    Object::new().with("given_by", giver).with("file", file).with("delegation", hops::json(token))
}
