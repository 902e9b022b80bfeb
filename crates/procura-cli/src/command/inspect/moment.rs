//! Times as people write them (RFC 3339, in UTC).

use procura_core::time::Timestamp;

/// The last second of the year 9999, the last that RFC 3339 can write.
const LAST: i64 = 253_402_300_799;
const DAY: i64 = 86_400;
/// Days of a 400-year cycle of the Gregorian calendar.
const CYCLE: i64 = 146_097;

/// `time` as `2026-11-22T15:04:05Z`; a time outside the calendar as its number.
pub(crate) fn text(time: Timestamp) -> String {
    let seconds = time.as_seconds();
    if !(0..=LAST).contains(&seconds) {
        return format!("second {seconds}");
    }
    let (year, month, day) = date_of(seconds.div_euclid(DAY));
    let of_day = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Reads `2026-11-22T15:04:05Z`, or seconds since 1970.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    if !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit()) {
        return text.parse().ok().map(Timestamp::from_seconds);
    }
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    let days = days_before(year, month, day);
    let of_day =
        hour.checked_mul(3600)?.checked_add(minute.checked_mul(60)?)?.checked_add(second)?;
    let time = Timestamp::from_seconds(days.checked_mul(DAY)?.checked_add(of_day)?);
    // A date that does not exist, such as 30 February, is written as another one.
    (self::text(time) == text).then_some(time)
}

/// The time between two moments, in its largest whole units.
pub(crate) fn length_between(from: Timestamp, until: Timestamp) -> String {
    let seconds = until.as_seconds().saturating_sub(from.as_seconds());
    let units = [(DAY, "d"), (3600, "h"), (60, "min"), (1, "s")];
    let mut rest = seconds.max(0);
    let mut parts = Vec::new();
    for (size, unit) in units {
        let count = rest.div_euclid(size);
        rest = rest.rem_euclid(size);
        if count > 0 {
            parts.push(format!("{count} {unit}"));
        }
    }
    if parts.is_empty() { "no time".into() } else { parts.join(" ") }
}

fn numbers(text: &str, separator: char) -> Option<[i64; 3]> {
    let parts: Option<Vec<i64>> = text.split(separator).map(|part| part.parse().ok()).collect();
    parts?.try_into().ok()
}

/// Year, month and day of a day counted from 1970.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "the day lies between 1970 and 9999, so nothing here is near a bound"
)]
fn date_of(day: i64) -> (i64, i64, i64) {
    // Counted from 1 March of the year 0, a leap day is the last day of a year.
    let day = day + 719_468;
    let (cycle, day) = (day.div_euclid(CYCLE), day.rem_euclid(CYCLE));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let march_month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * march_month + 2) / 5 + 1;
    let (month, carry) = if march_month < 10 { (march_month + 3, 0) } else { (march_month - 9, 1) };
    (cycle * 400 + year + carry, month, of_month)
}

/// The day counted from 1970, of a date that may not exist; the caller writes
/// it back to find out.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let is_in_range = (1970..=9999).contains(&year) && (1..=12).contains(&month);
    if !is_in_range || !(1..=31).contains(&day) {
        return -1;
    }
    let (mut low, mut high) = (0, LAST.div_euclid(DAY));
    while low < high {
        let middle = low.midpoint(high);
        if date_of(middle) < (year, month, day) {
            low = middle.saturating_add(1);
        } else {
            high = middle;
        }
    }
    low
}
