//! How values at an axis are written: dollars, cents, counts, shares, durations.
//!
//! Knows no drawing. A newcomer may ask why tables do not use it: they write exact figures from
//! integers, and an axis has round ones.

/// The narrow no-break space that stands between a number and its unit.
const THIN: char = '\u{202f}';

/// What a value measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Dollars.
    Dollars,
    /// Cents.
    Cents,
    /// Calls, requests, tokens.
    Count,
    /// Hundredths of a whole.
    Percent,
    /// Milliseconds.
    Millis,
}

impl Unit {
    /// A value at an axis whose values are `step` apart.
    #[must_use]
    pub fn say(self, value: f64, step: f64) -> String {
        match self {
            Unit::Dollars => format!("${}", number(value, decimals(step).min(6))),
            Unit::Cents => format!("{}{THIN}¢", number(value, decimals(step))),
            Unit::Percent => format!("{}{THIN}%", number(value, decimals(step))),
            Unit::Millis if step >= 60_000.0 => {
                format!(
                    "{}{THIN}min",
                    number(value / 60_000.0, decimals(step / 60_000.0))
                )
            }
            Unit::Millis if step >= 500.0 => {
                format!("{}{THIN}s", number(value / 1000.0, decimals(step / 1000.0)))
            }
            Unit::Millis => format!("{}{THIN}ms", number(value, 0)),
            Unit::Count if step >= 1_000_000.0 => {
                format!("{}{THIN}M", number(value / 1e6, decimals(step / 1e6)))
            }
            Unit::Count if step >= 10_000.0 => {
                format!("{}{THIN}k", number(value / 1e3, decimals(step / 1e3)))
            }
            Unit::Count => number(value, decimals(step)),
        }
    }
}

/// How many decimals tell values `step` apart.
fn decimals(step: f64) -> usize {
    let fits = |places: &usize| {
        let scaled = step * 10_f64.powi(i32::try_from(*places).unwrap_or(0));
        (scaled - scaled.round()).abs() < 1e-6 * scaled.max(1.0) && scaled >= 0.999
    };
    (0..9).find(fits).unwrap_or(9)
}

/// `1,204.5`.
fn number(value: f64, places: usize) -> String {
    let text = format!("{:.places$}", value.abs());
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::new();
    if value < 0.0 {
        out.push('−');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if !rest.is_empty() {
        out.push('.');
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_round_values() {
        let cases = [
            (Unit::Dollars, 1500.0, 500.0, "$1,500"),
            (Unit::Dollars, 0.04, 0.01, "$0.04"),
            (Unit::Cents, 4.0, 4.0, "4 ¢"),
            (Unit::Cents, 2.5, 2.5, "2.5 ¢"),
            (Unit::Count, 1000.0, 500.0, "1,000"),
            (Unit::Count, 40_000.0, 20_000.0, "40 k"),
            (Unit::Percent, 0.5, 0.5, "0.5 %"),
            (Unit::Millis, 7500.0, 2500.0, "7.5 s"),
            (Unit::Millis, 200.0, 100.0, "200 ms"),
        ];
        for (unit, value, step, text) in cases {
            assert_eq!(unit.say(value, step).replace(THIN, " "), text);
        }
    }
}
