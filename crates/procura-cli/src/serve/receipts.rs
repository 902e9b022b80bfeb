//! Receipts for the authority's API, from the log.

use std::sync::Arc;

use procura_engine::port::{Later, StoredEvent};
use procura_http::{ReceiptUnavailable, Receipts};
use procura_log::error::LogError;
use procura_log::sequencer::Sequencer;

/// The log behind the API's port.
pub(crate) struct LogReceipts(pub(crate) Arc<Sequencer>);

impl Receipts for LogReceipts {
    fn receipt<'a>(
        &'a self,
        event: &'a StoredEvent,
    ) -> Later<'a, Result<String, ReceiptUnavailable>> {
        Box::pin(async move {
            let receipt = self.0.receipt(event).await.map_err(unavailable)?;
            Ok(receipt.to_text())
        })
    }

    fn checkpoint(&self) -> Option<String> {
        self.0.checkpoint().map(|stored| stored.note)
    }
}

fn unavailable(error: LogError) -> ReceiptUnavailable {
    tracing::error!(code = error.code(), "there is no receipt");
    ReceiptUnavailable
}
