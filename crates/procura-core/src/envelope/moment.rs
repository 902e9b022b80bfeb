//! Times as programs write them: RFC 3339, section 5.6.
//!
//! A time without an offset from UTC is a time somewhere, and is not read: a
//! verifier in another zone would take an old envelope for a new one. Fractions of
//! a second are left out, towards the past. A leap second is not read, because
//! seconds since 1970 have no number for it.

use crate::time::Timestamp;

/// The last second of the year 9999, the last that RFC 3339 can write.
pub(super) const LAST: i64 = 253_402_300_799;

/// Reads `2026-11-22T15:04:05Z`, with a fraction and another offset if need be.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.split_at_checked(10)?;
    let (time, rest) = rest.strip_prefix(['T', 't'])?.split_at_checked(8)?;
    let day = day(date)?;
    let of_day = of_day(time)?;
    let east = offset(after_fraction(rest)?)?;
    let seconds = day.checked_mul(86_400)?.checked_add(of_day)?.checked_sub(east)?;
    (0..=LAST).contains(&seconds).then(|| Timestamp::from_seconds(seconds))
}

/// Days since 1970 of a date that exists.
fn day(text: &str) -> Option<i64> {
    let (year, rest) = text.split_at_checked(4)?;
    let (month, day) = rest.strip_prefix('-')?.split_once('-')?;
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    let years = year.checked_sub(1970).filter(|years| *years >= 0)?;
    let leaps = leaps_before(year)?.checked_sub(leaps_before(1970)?)?;
    let months = usize::try_from(month.checked_sub(1)?).ok()?;
    let lengths = [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *lengths.get(months)?;
    let before: i64 = lengths.iter().take(months).sum();
    let of_year = before.checked_add(day.checked_sub(1)?)?;
    let exists = (1..=length).contains(&day);
    exists.then_some(())?;
    years.checked_mul(365)?.checked_add(leaps)?.checked_add(of_year)
}

/// How many leap years lie before `year`, from the year 1 of the Gregorian calendar.
fn leaps_before(year: i64) -> Option<i64> {
    let last = year.checked_sub(1)?;
    last.div_euclid(4).checked_sub(last.div_euclid(100))?.checked_add(last.div_euclid(400))
}

fn is_leap(year: i64) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

/// Seconds of `15:04:05`.
fn of_day(text: &str) -> Option<i64> {
    let (minutes, second) = text.split_at_checked(5)?;
    let second = number(second.strip_prefix(':')?, 2).filter(|second| *second < 60)?;
    minutes_of(minutes)?.checked_mul(60)?.checked_add(second)
}

/// Minutes of `15:04`.
fn minutes_of(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let hour = number(hour, 2).filter(|hour| *hour < 24)?;
    let minute = number(minute, 2).filter(|minute| *minute < 60)?;
    hour.checked_mul(60)?.checked_add(minute)
}

fn after_fraction(text: &str) -> Option<&str> {
    let Some(fraction) = text.strip_prefix('.') else {
        return Some(text);
    };
    let rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < fraction.len()).then_some(rest)
}

/// Seconds east of UTC. `-00:00` is UTC of an unknown place (section 4.3).
fn offset(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let (sign, minutes) = match text.strip_prefix('+') {
        Some(east) => (60, east),
        None => (-60, text.strip_prefix('-')?),
    };
    minutes_of(minutes)?.checked_mul(sign)
}

/// A number of exactly so many digits; the standard library would take a sign.
fn number(text: &str, digits: usize) -> Option<i64> {
    let is_digits = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits.then(|| text.parse().ok())?
}
