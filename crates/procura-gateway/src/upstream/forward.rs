//! The way out.
//!
//! **Invariant:** [`forward`] is the only function that calls a tool, and it
//! needs a [`Recorded`], of which there is one for each event in the log.

use std::sync::Arc;

use procura_core::json::Object;
use procura_engine::port::Entry;
use procura_engine::record::{CallEnd, Recorded};
use procura_wire::call::META;
use procura_wire::raw::RawObject;
use tokio::sync::oneshot;

use super::endings::Slot;
use super::failure::UpstreamError;
use super::stdio::Stdio;

/// What a server answered: JSON as it wrote it, always an object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Reply {
    /// The `result`.
    Result(String),
    /// The `error`.
    Error(String),
}

/// What became of a call.
#[derive(Debug)]
pub struct Forwarded {
    /// The answer, or why there is none.
    pub reply: Result<Reply, UpstreamError>,
    /// The place of the decision in the log.
    pub entry: Entry,
}

/// Makes the call that `recorded` allows, and uses `recorded` up.
///
/// `metadata` is what goes into `_meta`. The end of the call is recorded after
/// the answer is returned; whoever stops waiting for the answer stops neither
/// the call nor that.
pub async fn forward(
    recorded: Recorded,
    upstream: &Arc<Stdio>,
    metadata: Object,
    slot: Slot,
) -> Forwarded {
    let entry = recorded.entry().clone();
    let (sender, answer) = oneshot::channel();
    let (engine, upstream) = (slot.engine(), Arc::clone(upstream));
    slot.follow(async move {
        let (call, underway) = recorded.spend();
        let reply = upstream.call(call.get().request(), &metadata).await.and_then(sound);
        let end = end_of(&reply);
        let _nobody_waits = sender.send(reply);
        if engine.finish(underway, end).await.is_err() {
            tracing::error!(end = end.as_str(), "the end of a call was not recorded");
        }
    });
    let reply = answer.await.unwrap_or(Err(UpstreamError::Died));
    Forwarded { reply, entry }
}

/// A `_meta` that is no object leaves no place for a receipt: it is no result of MCP.
fn sound(reply: Reply) -> Result<Reply, UpstreamError> {
    let Reply::Result(text) = &reply else { return Ok(reply) };
    let meta = RawObject::parse(text).ok().map(|result| result.get(META));
    match meta {
        Some(None) => Ok(reply),
        Some(Some(meta)) if RawObject::parse(meta).is_ok() => Ok(reply),
        Some(Some(_)) | None => Err(UpstreamError::Broken),
    }
}

fn end_of(reply: &Result<Reply, UpstreamError>) -> CallEnd {
    match reply {
        Ok(Reply::Result(result)) => {
            let result = RawObject::parse(result);
            let is_error = result.is_ok_and(|result| result.get("isError") == Some("true"));
            if is_error { CallEnd::Failed } else { CallEnd::Done }
        }
        Ok(Reply::Error(_)) => CallEnd::Failed,
        Err(error) => error.end(),
    }
}
