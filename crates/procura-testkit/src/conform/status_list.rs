//! Token Status List: the arrays and the token that the draft publishes.
//!
//! What the arrays hold is stated in the draft's text, beside the examples.

mod published;

use std::path::Path;

use anyhow::{Context, bail, ensure};
use procura_core::{
    json::{self, Object},
    key::Signer,
    proof::verify_statement,
    statement,
    status_list::{Reference, Status, StatusList, Statuses, TYPE},
    time::{Seconds, Timestamp},
};

use self::published::{Published, Stated};
use super::{Answer, Case, Verdict, fields::files};
use crate::world;

/// Judges the examples in `folder`.
pub(super) fn run(folder: &Path) -> anyhow::Result<Vec<Case>> {
    let examples = files(&folder.join("examples"))?;
    let examples = examples.into_iter().map(|(name, text)| {
        let judged =
            String::from_utf8(text).map_err(Into::into).and_then(|text| judge(&name, &text));
        Case::of(name, judged)
    });
    Ok(examples.collect())
}

/// Examples that are no JSON, by what is in their names.
const OTHER_ENCODINGS: &[(&str, &str)] = &[
    ("_cwt", "tokens in CBOR (CWT) are not read"),
    ("_cbor", "lists in CBOR are not read; the same list in JSON is"),
];

fn judge(name: &str, text: &str) -> anyhow::Result<Verdict> {
    if let Some((_, why)) = OTHER_ENCODINGS.iter().find(|(part, _)| name.contains(part)) {
        let read = json::parse(text.as_bytes());
        ensure!(read.is_err(), "it is JSON after all");
        return Ok(Verdict::excluded(why));
    }
    if let Some(published) = Published::of(name) {
        return judge_list(text, &published);
    }
    match name {
        "status_list_jwt.md" => judge_claims(text),
        "status_list_jwt_raw.md" => judge_token(text),
        _ => bail!("nothing is known about this example"),
    }
}

fn judge_list(text: &str, published: &Published) -> anyhow::Result<Verdict> {
    let (_, object) = text.split_once('{').context("no object")?;
    let statuses = Statuses::parse(&parse(&format!("{{{object}"))?)?;
    ensure!(statuses.bits().count() == published.bits, "it has other bits");
    ensure!(statuses.len() == published.length, "it has {} places", statuses.len());
    let again = Statuses::parse(&statuses.to_object())?;
    ensure!(again == statuses, "written and read, it is another list");
    Ok(match &published.stated {
        Stated::All(stated) => compare(&statuses, stated),
        Stated::EachValueOnce(places) => compare_values(&statuses, places),
    })
}

/// Every status that is not stated is valid.
fn compare(statuses: &Statuses, stated: &[(u64, u8)]) -> Verdict {
    let found: Vec<(u64, u8)> = other_than_valid(statuses).collect();
    if found == stated { Verdict::Passed } else { Verdict::Failed(format!("found {found:?}")) }
}

/// Each value is at one place, and some of the places are stated.
fn compare_values(statuses: &Statuses, places: &[(u64, u8)]) -> Verdict {
    let mut values: Vec<u8> = other_than_valid(statuses).map(|(_, code)| code).collect();
    values.sort_unstable();
    let are_there = |(place, code): &(u64, u8)| {
        statuses.get(*place).is_some_and(|status| status.code() == *code)
    };
    if values.into_iter().eq(1..=u8::MAX) && places.iter().all(are_there) {
        return Verdict::Passed;
    }
    Verdict::Failed("another value at some place".into())
}

fn other_than_valid(statuses: &Statuses) -> impl Iterator<Item = (u64, u8)> {
    let all = (0..).map_while(|index| statuses.get(index).map(|status| (index, status)));
    let others = all.filter(|(_, status)| !status.is_valid());
    others.map(|(index, status)| (index, status.code()))
}

/// The published claims, signed by a key of ours: the example's own is not published.
fn judge_claims(text: &str) -> anyhow::Result<Verdict> {
    let (_, payload) = text.split_once("\n.\n").context("no payload")?;
    let claims = parse(payload)?;
    let issuer = world::key("status issuer");
    let signed = statement::sign(TYPE, claims, &issuer);
    let (uri, issued) = ("https://example.com/statuslists/1", 1_686_920_170);
    let now = Timestamp::from_seconds(issued);
    let list = StatusList::open(&signed, uri, issuer.public_key(), now)?;
    ensure!(list.issued == now && list.ttl == Some(Seconds::new(43_200)), "other times");
    ensure!(list.expires == Some(Timestamp::from_seconds(2_291_720_170)), "another end");
    let status = list.status(&Reference { index: 0, uri: uri.into() })?;
    ensure!(status == Status::Invalid, "the first status is {status:?}");
    Ok(compare(&list.statuses, published::SIXTEEN))
}

/// The token as it is published: under any key of ours it must be refused.
fn judge_token(text: &str) -> anyhow::Result<Verdict> {
    let token: String = text.split_whitespace().collect();
    ensure!(token.split('.').count() == 3, "it is not three parts");
    let ours = world::public_key("status issuer");
    Ok(match Answer::from(verify_statement(&token, TYPE, &ours)) {
        Answer::Refused => Verdict::excluded("the key that signed the token is not published"),
        Answer::Accepted => Verdict::compare(Answer::Refused, Answer::Accepted),
    })
}

/// The examples are broken into lines in the middle of their texts.
fn parse(text: &str) -> anyhow::Result<Object> {
    let whole: String = text.lines().map(str::trim).collect();
    Ok(json::parse_object(whole.as_bytes())?)
}
