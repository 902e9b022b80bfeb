//! Sequencer, checkpoints and receipts.
