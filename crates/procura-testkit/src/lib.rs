//! Worlds, conformance runners and test vectors.
