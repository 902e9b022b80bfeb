//! Verification of delegation chains and proofs, and the decision.
