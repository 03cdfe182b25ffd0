//! Figures as people read them: dollars, cents, shares, durations, counts.
//!
//! Knows no report and no page. A newcomer may ask why floats appear nowhere even here: a figure
//! that is rounded from an integer is rounded once, and a total can be checked against its parts.

use crate::money::NanoUsd;

/// The narrow no-break space that stands between a number and its unit.
const THIN: char = '\u{202f}';

/// Nano-dollars in a cent.
const CENT: i128 = 10_000_000;

/// `1234567` as `1,234,567`.
#[must_use]
pub fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len().saturating_sub(i)).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if number < 0 {
        format!("-{grouped}")
    } else {
        grouped
    }
}

/// `number` / `unit` with `places` decimals, half away from zero.
fn decimal(number: i128, unit: i128, places: u32) -> String {
    let scale = 10_i128.pow(places);
    let scaled = number.unsigned_abs().saturating_mul(scale.unsigned_abs());
    let rounded = scaled.saturating_add(unit.unsigned_abs() / 2) / unit.unsigned_abs();
    let whole = i64::try_from(rounded / scale.unsigned_abs()).unwrap_or(i64::MAX);
    let rest = rounded % scale.unsigned_abs();
    let sign = if number < 0 && rounded > 0 { "-" } else { "" };
    if places == 0 {
        return format!("{sign}{}", count(whole));
    }
    let width = usize::try_from(places).unwrap_or(0);
    format!("{sign}{}.{rest:0width$}", count(whole))
}

/// `$1,204.18`; amounts below a cent keep the digits that tell them from nothing.
#[must_use]
pub fn dollars(amount: NanoUsd) -> String {
    let nano = i128::from(amount.0);
    let places = if nano != 0 && nano.abs() < CENT { 6 } else { 2 };
    let text = decimal(nano, 1_000_000_000, places);
    match text.strip_prefix('-') {
        Some(rest) => format!("-${rest}"),
        None => format!("${text}"),
    }
}

/// `14.2 ¢`.
#[must_use]
pub fn cents(amount: NanoUsd) -> String {
    let nano = i128::from(amount.0);
    let places = if nano != 0 && nano.abs() < CENT { 3 } else { 1 };
    format!("{}{THIN}¢", decimal(nano, CENT, places))
}

/// `part` of `whole` as `2.4 %`; `–` when there is no whole. What is not nothing never shows as
/// 0.0, and what is not all never as 100.0.
#[must_use]
pub fn share(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return "–".to_owned();
    }
    let text = decimal(i128::from(part).saturating_mul(100), i128::from(whole), 1);
    let text = match text.as_str() {
        "0.0" if part > 0 => "<0.1".to_owned(),
        "100.0" if part < whole => ">99.9".to_owned(),
        "0.0" => "0".to_owned(),
        "100.0" => "100".to_owned(),
        _ => text,
    };
    format!("{text}{THIN}%")
}

/// `×3.5`: how many times `plan` the `real` is; `–` without a plan.
#[must_use]
pub fn times(real: NanoUsd, plan: Option<NanoUsd>) -> String {
    match plan {
        Some(plan) if plan.0 > 0 => {
            format!("×{}", decimal(i128::from(real.0), i128::from(plan.0), 1))
        }
        Some(_) | None => "–".to_owned(),
    }
}

/// `212 ms`, `6.8 s`, `2.5 min`.
#[must_use]
pub fn duration(ms: u64) -> String {
    let whole = i128::from(ms);
    match ms {
        0..1000 => format!("{ms}{THIN}ms"),
        1000..120_000 => format!("{}{THIN}s", decimal(whole, 1000, 1)),
        120_000..7_200_000 => format!("{}{THIN}min", decimal(whole, 60_000, 1)),
        _ => format!("{}{THIN}h", decimal(whole, 3_600_000, 1)),
    }
}

/// `18.3 KB`, in steps of 1,000.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    let whole = i128::from(bytes);
    match bytes {
        0..1000 => format!("{bytes}{THIN}B"),
        1000..1_000_000 => format!("{}{THIN}KB", decimal(whole, 1000, 1)),
        1_000_000..1_000_000_000 => format!("{}{THIN}MB", decimal(whole, 1_000_000, 1)),
        _ => format!("{}{THIN}GB", decimal(whole, 1_000_000_000, 2)),
    }
}

/// `1 call`, `2 calls`.
#[must_use]
pub fn plural(number: i64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        text.replace(THIN, " ")
    }

    #[test]
    fn money() {
        let cases = [
            (1_204_180_000_000, "$1,204.18", "120,418.0 ¢"),
            (142_300_000, "$0.14", "14.2 ¢"),
            (40_000_000, "$0.04", "4.0 ¢"),
            (2_323_400, "$0.002323", "0.232 ¢"),
            (0, "$0.00", "0.0 ¢"),
            (-5_000_000_000, "-$5.00", "-500.0 ¢"),
        ];
        for (nano, as_dollars, as_cents) in cases {
            assert_eq!(dollars(NanoUsd(nano)), as_dollars);
            assert_eq!(plain(&cents(NanoUsd(nano))), as_cents);
        }
    }

    #[test]
    fn shares() {
        let cases = [
            (0, 0, "–"),
            (0, 9, "0 %"),
            (9, 9, "100 %"),
            (1, 100_000, "<0.1 %"),
            (99_999, 100_000, ">99.9 %"),
            (24, 1000, "2.4 %"),
        ];
        for (part, whole, text) in cases {
            assert_eq!(plain(&share(part, whole)), text);
        }
        assert_eq!(times(NanoUsd(142), Some(NanoUsd(40))), "×3.6");
        assert_eq!(times(NanoUsd(142), None), "–");
    }

    #[test]
    fn sizes() {
        let cases = [
            (212, "212 ms"),
            (6_840, "6.8 s"),
            (150_000, "2.5 min"),
            (7_200_000, "2.0 h"),
        ];
        for (ms, text) in cases {
            assert_eq!(plain(&duration(ms)), text);
        }
        assert_eq!(plain(&bytes(18_344)), "18.3 KB");
        assert_eq!(count(-1_234_567), "-1,234,567");
        assert_eq!(plural(1, "call", "calls"), "1 call");
    }
}
