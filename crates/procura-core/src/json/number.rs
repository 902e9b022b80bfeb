//! Numbers, and whether their double denotes what was written.
//!
//! A verifier that reads integers and a tool that reads doubles see different
//! numbers in 9007199254740993. If the rule was checked on one of them and the
//! call ran with the other, the rule was not kept.

use alloc::string::String;
use core::fmt::{self, Write as _};

/// A JSON number. It keeps its double and whether that is what was written.
///
/// ```
/// use procura_core::json::parse;
///
/// let is_admissible = |text: &str| parse(text.as_bytes()).unwrap().is_admissible();
/// assert!(is_admissible("9007199254740994")); // 2^53 + 2 is a double
/// assert!(!is_admissible("9007199254740993")); // 2^53 + 1 is not
/// assert!(is_admissible("0.1"));
/// assert!(!is_admissible("0.1000000000000000055511151231257827"));
/// assert!(!is_admissible("1e400"));
/// ```
#[derive(Clone, Copy, PartialEq)]
pub struct Number {
    double: f64,
    /// What was written, if it is an integer of at most 2^53 - 1.
    integer: Option<i64>,
    admissible: bool,
}

/// The largest integer up to which every integer is a double: 2^53 - 1.
pub(super) const MAX_SAFE_INTEGER: i64 = 9_007_199_254_740_991;

impl Number {
    /// Takes the text of a number that the JSON grammar has accepted.
    pub(super) fn from_written(text: &str) -> Option<Self> {
        let double: f64 = text.parse().ok()?;
        let is_integer = !text.contains(['.', 'e', 'E']);
        let safe = |integer: &i64| (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(integer);
        let integer = text.parse().ok().filter(|integer| is_integer && safe(integer));
        // Every integer of this size is a double; anything else is compared.
        let admissible = integer.is_some() || is_exact(text, double);
        Some(Self { double, integer, admissible })
    }

    /// The double nearest to what was written.
    ///
    /// It is infinite for what is too large, which is not admissible.
    pub fn as_f64(&self) -> f64 {
        self.double
    }

    /// The integer, if it was written as one and every integer of its size is a double.
    pub fn as_integer(&self) -> Option<i64> {
        self.integer
    }

    /// Whether the canonical form of the double denotes the number that was written.
    ///
    /// Not whether the double is equal to it: `0.1` denotes no double exactly, but
    /// every reader and writer agrees on the one it stands for.
    pub fn is_admissible(&self) -> bool {
        self.admissible
    }

    /// The ECMAScript form (RFC 8785, section 3.2.2.3).
    pub(super) fn write_canonical(&self, out: &mut String) {
        match self.integer {
            // A string takes everything that is written to it.
            Some(integer) => drop(write!(out, "{integer}")),
            None => out.push_str(ryu_js::Buffer::new().format(self.double)),
        }
    }
}

impl From<i64> for Number {
    /// An integer beyond 2^53 - 1 is judged as if it had been read.
    fn from(integer: i64) -> Self {
        let text = alloc::format!("{integer}");
        Self::from_written(&text).unwrap_or(Self { double: 0.0, integer: None, admissible: false })
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(ryu_js::Buffer::new().format(self.double))
    }
}

/// Whether the double's canonical form denotes what was written.
fn is_exact(text: &str, double: f64) -> bool {
    let mut buffer = ryu_js::Buffer::new();
    double.is_finite() && Decimal::of(text) == Decimal::of(buffer.format(double))
}

/// A decimal as significant digits and a power of ten: one value, one form.
#[derive(Eq, PartialEq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// `None` where the exponent is beyond all doubles.
    fn of(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits = String::from(whole);
        digits.push_str(fraction);
        let exponent = i64::from(exponent).checked_sub(i64::try_from(fraction.len()).ok()?)?;
        Some(Self { negative, digits, exponent }.normalised())
    }

    fn normalised(mut self) -> Self {
        while self.digits.ends_with('0') {
            self.digits.pop();
            self.exponent = self.exponent.saturating_add(1);
        }
        self.digits = self.digits.trim_start_matches('0').into();
        if self.digits.is_empty() {
            // Zero has one form; -0 denotes it too.
            return Self { negative: false, digits: self.digits, exponent: 0 };
        }
        self
    }
}
