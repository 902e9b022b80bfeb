//! How long a delegation lives: `15m`, `1h`, `2d`.

use procura_core::limits;
use procura_core::time::Seconds;

use crate::failure::Failure;

/// The longest life that nobody has to ask for twice: a working day.
const USUAL: u32 = 8 * 3600;

/// Whether a life beyond a working day was asked for by name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Length {
    /// At most eight hours.
    Usual,
    /// At most what any verifier accepts.
    Long,
}

/// Reads a lifetime and checks that it is not too long.
pub(super) fn parse(text: &str, length: Length) -> Result<Seconds, Failure> {
    let seconds = seconds(text).ok_or_else(|| {
        Failure::usage(
            format!("--for: `{}` is not a length of time", text.escape_debug()),
            "write a number and s, m, h or d, such as --for 15m, --for 1h or --for 2d",
        )
    })?;
    if seconds > limits::TOKEN_LIFETIME.as_u32() {
        return Err(Failure::usage(
            format!("--for {text}: no delegation lives longer than 90 days"),
            "give it for at most --for 90d --long, and again when it is over",
        ));
    }
    if seconds > USUAL && length == Length::Usual {
        return Err(Failure::usage(
            format!("--for {text}: that is longer than 8 hours"),
            "give it for at most --for 8h, or say that you mean it with --long",
        ));
    }
    Ok(Seconds::new(seconds))
}

fn seconds(text: &str) -> Option<u32> {
    let number = text.strip_suffix(['s', 'm', 'h', 'd'])?;
    let unit = match text.strip_prefix(number)? {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => 86_400,
    };
    let is_plain = number.bytes().all(|digit| digit.is_ascii_digit());
    let count: u32 = number.parse().ok().filter(|count| is_plain && *count > 0)?;
    // What is beyond counting is beyond 90 days, and is refused as that.
    Some(count.saturating_mul(unit))
}
