//! The authority's directory, and whether it is new enough to rely on.

use std::path::Path;

use procura_core::directory::{self, Directory};
use procura_core::json::Value;
use procura_core::key::PublicKey;
use procura_core::limits;
use procura_core::proof::verify_statement;
use procura_core::refusal::{Outcome, Refusal};
use procura_core::time::{Seconds, Timestamp};

use crate::command::inspect::{input, moment, safe};
use crate::context::Context;
use crate::failure::Failure;

/// A directory, and when it was signed.
pub(crate) struct Dated {
    pub(crate) directory: Directory,
    pub(crate) issued: Timestamp,
}

/// How new a directory has to be.
pub(crate) struct Freshness {
    /// How many seconds old it may be; `None` takes any.
    pub(crate) max_age: Option<u32>,
    /// Whether the question is about this moment.
    pub(crate) is_about_now: bool,
    /// The option that takes any directory.
    pub(crate) otherwise: &'static str,
}

impl Dated {
    /// Reads `file` and verifies it. The outer error is of the file, the inner one
    /// of what is in it.
    pub(crate) fn open(
        file: &Path,
        authority: &PublicKey,
    ) -> Result<Result<Self, String>, Failure> {
        let text = input::read_text(file)?;
        let text = text.trim_end();
        let opened = Directory::open(text, authority)
            .and_then(|directory| Ok(Self { directory, issued: issued(text, authority)? }));
        Ok(opened
            .map_err(|refusal| format!("the directory is not the authority's: {}", refusal.reason)))
    }
}

/// When the directory was signed.
fn issued(text: &str, authority: &PublicKey) -> Result<Timestamp, Refusal> {
    let statement = verify_statement(text, directory::TYPE, authority)?;
    let issued = statement.get().claims().get("iat").and_then(Value::as_integer);
    issued.map(Timestamp::from_seconds).ok_or_else(|| {
        Refusal::new(Outcome::Malformed, "D1", "the directory does not say when it was signed")
    })
}

impl Freshness {
    /// Why a directory is too old to rely on, if it is.
    pub(crate) fn staleness(&self, issued: Timestamp, now: Timestamp) -> Option<String> {
        let max_age = self.max_age?;
        if issued.plus(Seconds::new(max_age)) < now {
            let age = moment::length_between(issued, now);
            return Some(format!(
                "the directory is {age} old, so something may have been revoked since; fetch a new one, or say {}",
                self.otherwise
            ));
        }
        // A question about the past may be answered by what is known today.
        let is_early = self.is_about_now && issued > now.plus(limits::CLOCK_SKEW);
        is_early.then(|| "the directory is from the future; check this machine's clock".to_owned())
    }
}

/// The moment that `--at` names, or now.
pub(crate) fn as_of(at: Option<&str>, ctx: &Context) -> Result<Timestamp, Failure> {
    let Some(text) = at else {
        return Ok(ctx.now());
    };
    moment::parse(text).ok_or_else(|| {
        Failure::usage(
            format!("--at: `{}` is not a time", safe::text(text)),
            "write it as 2026-11-22T15:04:05Z, in UTC, or as seconds since 1970",
        )
    })
}
