//! Writes the published vectors: `vectors --write`, or compares: `vectors --check`.

use std::{env, io, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let (mut out, mut error) = (io::stdout().lock(), io::stderr().lock());
    procura_testkit::vectors::run(&arguments, &mut out, &mut error)
}
