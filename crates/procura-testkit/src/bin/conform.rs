//! Runs published test vectors: `conform merkle DIR`, `conform all DIR --json`.

use std::{env, io, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let (mut out, mut error) = (io::stdout().lock(), io::stderr().lock());
    procura_testkit::conform::run(&arguments, &mut out, &mut error)
}
