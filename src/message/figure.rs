//! Numbers as people say them: `$18.10`, `14.2 ¢`, `92 %`, `1.2 M`, `6.8 s`.
//!
//! Knows no metric and no sentence. A newcomer may ask why a thin blank stands before units here and a plain one
//! in the text part: lines must not break there, and it is the wrapper that makes it plain.

use crate::alert::{Amount, Unit};

/// A narrow blank at which no line breaks.
pub(super) const THIN: char = '\u{202F}';
/// A minus as wide as a plus.
pub(super) const MINUS: char = '−';

const NANO_A_CENT: i128 = 10_000_000;
const NANO_A_DOLLAR: i128 = 1_000_000_000;

/// `number / unit` with so many decimals, half away from zero, thousands apart; no sign.
fn decimal(number: i128, unit: i128, places: u32) -> String {
    let scale = 10_u128.saturating_pow(places);
    let unit = unit.unsigned_abs().max(1);
    let scaled = number.unsigned_abs().saturating_mul(scale);
    let rounded = scaled.saturating_add(unit / 2) / unit;
    let whole = grouped(rounded / scale);
    if places == 0 {
        return whole;
    }
    let width = usize::try_from(places).unwrap_or(0);
    format!("{whole}.{:0width$}", rounded % scale)
}

fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn signed(negative: bool, text: String) -> String {
    if negative && text.contains(|c: char| ('1'..='9').contains(&c)) {
        format!("{MINUS}{text}")
    } else {
        text
    }
}

/// `950`, `12,400`.
pub(super) fn count(number: i64) -> String {
    signed(number < 0, grouped(u128::from(number.unsigned_abs())))
}

/// `1 call`, `950 calls`.
pub(super) fn plural(number: i64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// `3,410`, `124,000`, `1.24 M`, `2.1 bn`.
fn tokens(number: i64) -> String {
    let whole = i128::from(number);
    let text = match whole.unsigned_abs() {
        0..1_000_000 => return count(number),
        1_000_000..10_000_000 => format!("{}{THIN}M", decimal(whole, 1_000_000, 2)),
        10_000_000..1_000_000_000 => format!("{}{THIN}M", decimal(whole, 1_000_000, 0)),
        _ => format!("{}{THIN}bn", decimal(whole, 1_000_000_000, 1)),
    };
    signed(number < 0, text)
}

/// `$18.10`, `$1,204`; below a cent in cents: `0.42 ¢`.
pub(super) fn dollars(nanousd: i64) -> String {
    let nano = i128::from(nanousd);
    let size = nano.abs();
    if size != 0 && size < NANO_A_CENT {
        return cents(nanousd);
    }
    let places = if size < 1_000 * NANO_A_DOLLAR { 2 } else { 0 };
    let text = format!("${}", decimal(nano, NANO_A_DOLLAR, places));
    let text = text.strip_suffix(".00").map(str::to_owned).unwrap_or(text);
    signed(nanousd < 0, text)
}

/// `14.2 ¢`, `0.42 ¢`, `4 ¢`: what one call costs; from a dollar on as dollars.
pub(super) fn cents(nanousd: i64) -> String {
    let nano = i128::from(nanousd);
    let size = nano.abs();
    if size >= NANO_A_DOLLAR {
        return dollars(nanousd);
    }
    let places = match size {
        0 => 0,
        1..100_000 => 4,
        100_000..1_000_000 => 3,
        1_000_000..NANO_A_CENT => 2,
        _ => 1,
    };
    let text = decimal(nano, NANO_A_CENT, places);
    let text = text.strip_suffix(".0").map(str::to_owned).unwrap_or(text);
    signed(nanousd < 0, format!("{text}{THIN}¢"))
}

/// `92 %`, `2.4 %`; what is not nothing never shows as 0, and what is not all never as 100.
pub(super) fn share(ppm: i64) -> String {
    let size = ppm.unsigned_abs();
    let text = match size {
        0 => "0".to_owned(),
        1..500 => "<0.1".to_owned(),
        500..100_000 => {
            let text = decimal(i128::from(ppm), 10_000, 1);
            text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
        }
        999_500..1_000_000 => ">99.9".to_owned(),
        990_000..999_500 => decimal(i128::from(ppm), 10_000, 1),
        _ => decimal(i128::from(ppm), 10_000, 0),
    };
    signed(ppm < 0, format!("{text}{THIN}%"))
}

/// `850 ms`, `6.8 s`: how long a call took.
fn latency(ms: i64) -> String {
    let whole = i128::from(ms);
    match ms {
        i64::MIN..1000 => format!("{}{THIN}ms", count(ms)),
        1000..120_000 => format!("{}{THIN}s", decimal(whole, 1000, 1)),
        _ => span(ms),
    }
}

/// `40 s`, `11 min`, `2 h 10 min`, `3 days`: how long something has lasted.
pub(super) fn span(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    let minutes = seconds / 60;
    let hours = minutes / 60;
    match minutes {
        0 => format!("{seconds}{THIN}s"),
        1..60 => format!("{minutes}{THIN}min"),
        60..2880 if minutes % 60 == 0 => format!("{hours}{THIN}h"),
        60..1440 => format!("{hours}{THIN}h {}{THIN}min", minutes % 60),
        1440..2880 => format!("{hours}{THIN}h"),
        _ => format!("{} days", hours / 24),
    }
}

/// `11 weeks`, `3 days`, `5 hours`: a rough length of time.
pub(super) fn rough(hours: i64) -> String {
    match hours {
        i64::MIN..48 => plural(hours.max(1), "hour", "hours"),
        48..336 => plural((hours + 12) / 24, "day", "days"),
        336..17_520 => plural((hours + 84) / 168, "week", "weeks"),
        _ => plural(hours.saturating_add(4380) / 8760, "year", "years"),
    }
}

/// How a figure stands for itself.
pub(super) fn amount(amount: Amount) -> String {
    match amount.unit {
        Unit::Count => count(amount.n),
        Unit::Tokens => tokens(amount.n),
        Unit::NanoUsd => dollars(amount.n),
        Unit::Ppm => share(amount.n),
        Unit::Millis => latency(amount.n),
        Unit::Days => plural(amount.n, "day", "days"),
    }
}

/// `120 to 180`, `about 150`, `$2 to $3`.
pub(super) fn range(least: Amount, most: Amount, say: impl Fn(Amount) -> String) -> String {
    let (from, to) = (say(least), say(most));
    if from == to {
        return format!("about {from}");
    }
    let unit = |text: &str| {
        text.split_once(THIN)
            .map(|(_, unit)| unit.to_owned())
            .unwrap_or_default()
    };
    let shared = unit(&to);
    match from.split_once(THIN) {
        Some((number, own)) if own == shared => format!("{number} to {to}"),
        Some(_) | None => format!("{from} to {to}"),
    }
}

/// Dollars in whole cents whose sum is `total` in whole cents, as shares of it: what is cut off goes to those
/// with the greatest rest, so that a reader who adds them up gets what stands above.
pub(super) fn in_cents(parts: &[i64]) -> Vec<i64> {
    let cent = i64::try_from(NANO_A_CENT).unwrap_or(i64::MAX);
    let total: i64 = parts.iter().fold(0, |sum, part| sum.saturating_add(*part));
    let goal = total
        .saturating_add(total.signum().saturating_mul(cent / 2))
        .checked_div(cent)
        .unwrap_or(0);
    let mut cents: Vec<i64> = parts.iter().map(|part| part.div_euclid(cent)).collect();
    let have: i64 = cents.iter().sum();
    let mut order: Vec<(i64, usize)> = parts
        .iter()
        .enumerate()
        .map(|(place, part)| (part.rem_euclid(cent), place))
        .collect();
    order.sort_by_key(|(rest, place)| (std::cmp::Reverse(*rest), *place));
    let missing = usize::try_from(goal.saturating_sub(have)).unwrap_or(0);
    for (_, place) in order.into_iter().take(missing) {
        if let Some(part) = cents.get_mut(place) {
            *part = part.saturating_add(1);
        }
    }
    cents
        .into_iter()
        .map(|part| part.saturating_mul(cent))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_people_say_them() {
        let of = |unit, n| amount(Amount::new(unit, n)).replace(THIN, " ");
        let cases = [
            (Unit::Count, 950, "950"),
            (Unit::Count, 1_234_567, "1,234,567"),
            (Unit::Count, -3, "−3"),
            (Unit::Tokens, 3_410, "3,410"),
            (Unit::Tokens, 1_240_000, "1.24 M"),
            (Unit::Tokens, 2_100_000_000, "2.1 bn"),
            (Unit::NanoUsd, 18_100_000_000, "$18.10"),
            (Unit::NanoUsd, 18_000_000_000, "$18"),
            (Unit::NanoUsd, -220_000_000, "−$0.22"),
            (Unit::NanoUsd, 1_204_499_000_000, "$1,204"),
            (Unit::NanoUsd, 4_200_000, "0.42 ¢"),
            (Unit::NanoUsd, 0, "$0"),
            (Unit::Ppm, 921_000, "92 %"),
            (Unit::Ppm, 24_000, "2.4 %"),
            (Unit::Ppm, 20_000, "2 %"),
            (Unit::Ppm, 100, "<0.1 %"),
            (Unit::Ppm, 999_999, ">99.9 %"),
            (Unit::Ppm, 991_000, "99.1 %"),
            (Unit::Ppm, 1_000_000, "100 %"),
            (Unit::Millis, 850, "850 ms"),
            (Unit::Millis, 6_800, "6.8 s"),
            (Unit::Millis, 840_000, "14 min"),
            (Unit::Days, 1, "1 day"),
            (Unit::Days, 30, "30 days"),
        ];
        for (unit, n, expected) in cases {
            assert_eq!(of(unit, n), expected);
        }
        let price = |n| cents(n).replace(THIN, " ");
        assert_eq!(price(142_000_000), "14.2 ¢");
        assert_eq!(price(40_000_000), "4 ¢");
        assert_eq!(price(123_000), "0.012 ¢");
        assert_eq!(price(1_500_000_000), "$1.50");
    }

    #[test]
    fn spans_and_rough_lengths() {
        let cases = [
            (40_000, "40 s"),
            (660_000, "11 min"),
            (7_200_000, "2 h"),
            (7_800_000, "2 h 10 min"),
            (200_000_000, "2 days"),
        ];
        for (ms, expected) in cases {
            assert_eq!(span(ms).replace(THIN, " "), expected);
        }
        for (hours, expected) in [(5, "5 hours"), (72, "3 days"), (1848, "11 weeks")] {
            assert_eq!(rough(hours), expected);
        }
    }

    #[test]
    fn rounded_parts_add_up() {
        let tables: [&[i64]; 5] = [
            &[17_404_000_000, 924_000_000, -228_000_000],
            &[3_333_333, 3_333_333, 3_333_334],
            &[-17_404_000_000, -924_000_001, 228_000_000],
            &[],
            &[4_999_999, -4_999_999],
        ];
        for parts in tables {
            let sum = |of: &[i64]| of.iter().sum::<i64>();
            let shown = in_cents(parts);
            assert!((sum(&shown) - sum(parts)).abs() <= 5_000_000, "{parts:?}");
            for (one, other) in shown.iter().zip(parts) {
                assert!((one - other).abs() < 10_000_000, "{parts:?}");
            }
        }
    }
}
