//! Sealed key files; the only crate that sees a private key.
