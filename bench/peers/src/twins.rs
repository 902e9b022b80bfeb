//! Shows each contender the request that it must accept and those that nobody
//! should, before anything is timed.
//!
//! **Invariant:** a contender that accepts what it does not own up to is not timed.

use anyhow::{Context as _, ensure};

use crate::contender::Contender;
use crate::grant::Twin;

/// A contender that accepts one of these is not timed at all.
const AT_LEAST: [Twin; 4] = [Twin::Path, Twin::Repo, Twin::Root, Twin::Tampered];

/// Which twins are accepted, in the order of [`Twin::ALL`].
pub(crate) fn check(contender: &dyn Contender) -> anyhow::Result<[bool; Twin::ALL.len()]> {
    let about = contender.about();
    let name = about.name;
    let granted = contender.request(None).with_context(|| format!("{name}: no request"))?;
    contender.accept(&granted).with_context(|| format!("{name} refuses what was granted"))?;
    let mut accepted = [false; Twin::ALL.len()];
    for (twin, slot) in Twin::ALL.into_iter().zip(&mut accepted) {
        let title = twin.title();
        let request =
            contender.request(Some(twin)).with_context(|| format!("{name}: no twin: {title}"))?;
        *slot = contender.accept(&request).is_ok();
        let owned = about.accepts.contains(&twin);
        ensure!(*slot == owned, "{name}: {title}: accepted is {slot}, and is said to be {owned}");
        ensure!(!*slot || !AT_LEAST.contains(&twin), "{name} accepts this: {title}");
    }
    Ok(accepted)
}
