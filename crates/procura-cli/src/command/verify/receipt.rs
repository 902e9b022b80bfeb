//! Verifies receipts: this event is in the log whose key the bundle names.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use procura_core::json::Object;
use procura_merkle::checkpoint::CheckpointError;
use procura_merkle::note::NoteError;
use procura_merkle::proof::{Receipt, ReceiptError, VerifiedReceipt};
use procura_merkle::verifier_key::VerifierKey;

use super::bundle::Bundle;
use super::verdict::{self, Finding, Verdict};
use crate::command::inspect::{event, input, safe};
use crate::context::Context;

/// Verify that events are in the log.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct Arguments {
    /// The receipts; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The trust bundle; without one, the data directory's
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, ctx: &Context) -> anyhow::Result<ExitCode> {
    let key = Bundle::read(arguments.trust.as_deref(), ctx)?.log_key()?;
    let verdicts: Vec<(String, Verdict)> = arguments
        .files
        .iter()
        .map(|file| (safe::text(&file.display().to_string()), verify(file, &key)))
        .collect();
    verdict::say(ctx, &verdicts)
}

fn verify(file: &Path, key: &VerifierKey) -> Verdict {
    let bytes = match input::read(file) {
        Ok(bytes) => bytes,
        Err(failure) => return Verdict::of_failure(&failure),
    };
    if bytes.is_empty() {
        return Verdict::Incomplete(Finding::reason("empty", "there is nothing to verify"));
    }
    let Ok(text) = String::from_utf8(bytes) else {
        return Verdict::Refuted(Finding::reason("malformed", "it is not text"));
    };
    match Receipt::parse(&text).and_then(|receipt| receipt.verify(key)) {
        Ok(receipt) => Verdict::Proved(proved(&receipt)),
        Err(error) => refused(&error),
    }
}

fn proved(receipt: &VerifiedReceipt) -> Finding {
    let (index, checkpoint) = (receipt.index(), receipt.checkpoint());
    let origin = safe::text(checkpoint.origin());
    let size = checkpoint.size();
    Finding {
        human: format!(
            "{}\nentry {index} of the {size} of {origin}",
            event::human(receipt.entry())
        ),
        json: Object::new()
            .with("index", index.to_string())
            .with("origin", checkpoint.origin())
            .with("size", size.to_string())
            .with("event", event::json(receipt.entry())),
    }
}

/// What is missing leaves the question open; what is wrong settles it.
fn refused(error: &ReceiptError) -> Verdict {
    let source = std::error::Error::source(error).map(|source| format!(": {source}"));
    let reason = safe::text(&format!("{error}{}", source.unwrap_or_default()));
    let finding = |code| Finding::reason(code, &reason);
    match error {
        ReceiptError::NoEntry => Verdict::Incomplete(finding("no_entry")),
        ReceiptError::NoCheckpoint => Verdict::Incomplete(finding("no_checkpoint")),
        ReceiptError::Checkpoint(CheckpointError::Note(
            NoteError::NotSigned | NoteError::NoBlankLine | NoteError::NoFinalNewline,
        )) => Verdict::Incomplete(finding("no_signature")),
        ReceiptError::Checkpoint(CheckpointError::Note(NoteError::NoKnownKey)) => {
            Verdict::Refuted(finding("other_key"))
        }
        ReceiptError::Checkpoint(_) => Verdict::Refuted(finding("checkpoint_invalid")),
        ReceiptError::OtherEntry | ReceiptError::Proof(_) => {
            Verdict::Refuted(finding("not_included"))
        }
        ReceiptError::TooLong
        | ReceiptError::TooManyHashes
        | ReceiptError::FirstLine
        | ReceiptError::Extra
        | ReceiptError::Index
        | ReceiptError::Hash(..) => Verdict::Refuted(finding("malformed")),
    }
}
