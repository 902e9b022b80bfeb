//! The `procura` binary.

fn main() {}
