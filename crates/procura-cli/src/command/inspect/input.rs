//! What is given to be looked at: a file or standard input, up to a limit.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use procura_core::limits;

use crate::failure::Failure;

/// No text that is looked at here is longer: a directory is the longest.
const LONGEST: usize = limits::STATEMENT_BYTES;

/// Reads `path`, or standard input for `-`.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    if path == Path::new("-") {
        return bounded(std::io::stdin().lock(), "standard input");
    }
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| unreadable(&name, &error))?;
    bounded(file, &name)
}

/// The same, as text.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(read(path)?).map_err(|_| {
        Failure::environment(
            format!("{} is not text", path.display()),
            "name the file that holds the text itself",
        )
    })
}

fn bounded(source: impl Read, name: &str) -> Result<Vec<u8>, Failure> {
    // One byte more than the limit shows that there is more.
    let cap = u64::try_from(LONGEST).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    source.take(cap).read_to_end(&mut bytes).map_err(|error| unreadable(name, &error))?;
    if bytes.len() > LONGEST {
        return Err(Failure::environment(
            format!("{name} is longer than {LONGEST} bytes"),
            "nothing that can be looked at here is so long; name another file",
        ));
    }
    Ok(bytes)
}

fn unreadable(name: &str, error: &std::io::Error) -> Failure {
    Failure::environment(
        format!("{name} cannot be read: {error}"),
        "name a file that exists and that you may read",
    )
}
