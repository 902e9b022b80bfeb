//! RFC 6962 hashes, tiles and proofs; signed notes; checkpoints; receipts.
