//! One module per command.

pub(crate) mod agent;
pub(crate) mod approvals;
pub(crate) mod audit;
pub(crate) mod call;
pub(crate) mod delegate;
pub(crate) mod envelope;
pub(crate) mod guard;
pub(crate) mod inspect;
pub(crate) mod person;
pub(crate) mod revoke;
pub(crate) mod template;
pub(crate) mod up;
pub(crate) mod verify;

use std::path::Path;

use procura_core::json::Value;

use crate::failure::Failure;

/// Reads the compact tokens of a chain file.
pub(crate) fn chain_file(path: &Path) -> anyhow::Result<Vec<String>> {
    let object = crate::context::read_object(path)?;
    let tokens = object.get("aat_chain").and_then(Value::as_array).unwrap_or_default();
    let tokens: Option<Vec<String>> =
        tokens.iter().map(|token| token.as_str().map(String::from)).collect();
    tokens.filter(|tokens| !tokens.is_empty()).ok_or_else(|| {
        Failure::environment(
            format!("{} is not a chain", path.display()),
            "make one with `procura delegate … --out FILE`",
        )
        .into()
    })
}
