//! The areas: a file of vectors each. A new area is a module and a row.

mod access_token;
mod access_use;
mod adc;
mod approval;
mod call;
mod ceiling;
mod chain;
mod claims;
mod constraint;
mod covered;
mod decide;
mod derive;
mod detail;
mod directory;
mod dpop;
mod envelope;
mod foreign;
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
mod signature_fields;
mod signed_request;
mod status_list;
mod structured_field;
mod tier;
mod workload;
mod workload_proof;

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
    ("access_token.jsonl", access_token::cases),
    ("access_use.jsonl", access_use::cases),
    ("dpop.jsonl", dpop::cases),
    ("signed_request.jsonl", signed_request::cases),
    ("signature_fields.jsonl", signature_fields::cases),
    ("covered.jsonl", covered::cases),
    ("structured_field.jsonl", structured_field::cases),
    ("status_list.jsonl", status_list::cases),
    ("workload.jsonl", workload::cases),
    ("workload_proof.jsonl", workload_proof::cases),
    ("envelope.jsonl", envelope::cases),
];
