//! The areas: a file of vectors each. A new area is a module and a row.

mod adc;
mod approval;
mod call;
mod ceiling;
mod chain;
mod claims;
mod constraint;
mod decide;
mod derive;
mod detail;
mod directory;
mod header;
mod json;
mod key;
mod limit;
mod link;
mod moment;
mod notes;
mod place;
mod scene;
mod shape;
mod signature;
mod tier;

use super::Case;

/// A file, and what makes its cases.
type Area = (&'static str, fn() -> Vec<Case>);

/// Every file.
pub(super) const AREAS: &[Area] = &[
    ("json.jsonl", json::cases),
    ("key.jsonl", key::cases),
    ("constraint.jsonl", constraint::cases),
    ("shape.jsonl", shape::cases),
    ("place.jsonl", place::cases),
    ("ceiling.jsonl", ceiling::cases),
    ("detail.jsonl", detail::cases),
    ("chain.jsonl", chain::cases),
    ("header.jsonl", header::cases),
    ("signature.jsonl", signature::cases),
    ("claims.jsonl", claims::cases),
    ("link.jsonl", link::cases),
    ("limit.jsonl", limit::cases),
    ("tier.jsonl", tier::cases),
    ("call.jsonl", call::cases),
    ("moment.jsonl", moment::cases),
    ("decide.jsonl", decide::cases),
    ("notes.jsonl", notes::cases),
    ("approval.jsonl", approval::cases),
    ("directory.jsonl", directory::cases),
    ("adc.jsonl", adc::cases),
    ("derive.jsonl", derive::cases),
];
