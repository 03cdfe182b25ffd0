//! Values that people write as text: spans of time, money, shares.
//!
//! Knows no key. A newcomer may ask why each is read by its unit and not by its look: `5` alone
//! could be calls, dollars or minutes, and a rule must not guess.

use crate::money::Rate;

/// A whole number and a unit of time, in milliseconds: `90s`, `5m`, `2h`, `3d`, `2w`, `1500ms`.
pub(super) fn span_ms(text: &str) -> Option<i64> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let (digits, unit) = text.split_at(split);
    let unit_ms = match unit.trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "w" => 604_800_000,
        _ => return None,
    };
    digits.parse::<i64>().ok()?.checked_mul(unit_ms)
}

/// Dollars or cents, in nano-dollars: `$250`, `$0.05`, `4 cents`.
pub(super) fn nanos(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Some(cents) = text.strip_suffix("cents").or(text.strip_suffix('¢')) {
        let parts = Rate::from_usd_per_million(cents).ok()?.0;
        return (parts % 100 == 0).then(|| i64::try_from(parts / 100).ok())?;
    }
    let dollars = text.strip_prefix('$').or_else(|| text.strip_suffix('$'))?;
    let parts = Rate::from_usd_per_million(dollars).ok()?.0;
    i64::try_from(parts).ok()
}

/// A plain decimal of dollars, as keys in `_usd` have it, in nano-dollars: `12000`, `0.5`.
pub(super) fn plain_nanos(text: &str) -> Option<i64> {
    let parts = Rate::from_usd_per_million(text).ok()?.0;
    i64::try_from(parts).ok()
}

/// Per cents in millionths: `5 %`, `0.5%`, `150 %`.
pub(super) fn ppm(text: &str) -> Option<i64> {
    let number = text.trim().strip_suffix('%')?;
    let parts = Rate::from_usd_per_million(number).ok()?.0;
    (parts % 100_000 == 0).then(|| i64::try_from(parts / 100_000).ok())?
}

/// A decimal in millionths: `14.4`.
pub(super) fn millionths(text: &str) -> Option<i64> {
    let parts = Rate::from_usd_per_million(text).ok()?.0;
    (parts % 1_000 == 0).then(|| i64::try_from(parts / 1_000).ok())?
}

/// A whole number of 0 or more; `_` may stand between digits.
pub(super) fn count(text: &str) -> Option<i64> {
    text.trim()
        .replace('_', "")
        .parse::<u32>()
        .ok()
        .map(i64::from)
}

/// A time of day in minutes after midnight: `07:30`.
pub(super) fn minute_of_day(text: &str) -> Option<u32> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let two = |part: &str| (part.len() == 2).then(|| part.parse::<u32>().ok())?;
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// A day and a time of it, 0 for Monday: `mon 07:30`.
pub(super) fn minute_of_week(text: &str) -> Option<(u32, u32)> {
    let (day, time) = text.trim().split_once(' ')?;
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let day = (0..).zip(days).find(|(_, name)| *name == day)?.0;
    Some((day, minute_of_day(time)?))
}

/// Whether a text looks like an address of mail: something before and behind one `@`, no blank, no
/// bracket. Whether somebody reads there only a mail can tell.
pub(super) fn is_address(text: &str) -> bool {
    let bad = |c: char| c.is_whitespace() || c.is_control() || "<>(),;:\\\"[]".contains(c);
    let halves = text.split_once('@');
    let parts = |(local, host): (&str, &str)| {
        !local.is_empty()
            && !host.is_empty()
            && !host.contains('@')
            && !host.starts_with(['.', '-'])
            && !host.ends_with(['.', '-'])
    };
    text.len() <= 254 && !text.contains(bad) && halves.is_some_and(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        let spans = [
            ("5m", Some(300_000)),
            ("90s", Some(90_000)),
            ("1500 ms", Some(1_500)),
            ("3w", Some(1_814_400_000)),
            ("5", None),
            ("m", None),
            ("-5m", None),
            ("5.5h", None),
            ("99999999999999999d", None),
        ];
        for (text, ms) in spans {
            assert_eq!(span_ms(text), ms, "{text}");
        }
        let money = [
            ("$250", Some(250_000_000_000)),
            ("$0.05", Some(50_000_000)),
            ("4 cents", Some(40_000_000)),
            ("0.85¢", Some(8_500_000)),
            ("250", None),
            ("$-1", None),
            ("$1,000", None),
        ];
        for (text, amount) in money {
            assert_eq!(nanos(text), amount, "{text}");
        }
        let shares = [
            ("5 %", Some(50_000)),
            ("0.5%", Some(5_000)),
            ("150 %", Some(1_500_000)),
            ("0.00001 %", None),
            ("5", None),
        ];
        for (text, share) in shares {
            assert_eq!(ppm(text), share, "{text}");
        }
        assert_eq!(millionths("14.4"), Some(14_400_000));
        assert_eq!(plain_nanos("12000"), Some(12_000_000_000_000));
        assert_eq!(count("10_000"), Some(10_000));
        assert_eq!(count("-1"), None);
    }

    #[test]
    fn reads_times_of_day_and_week() {
        let rows = [
            ("mon 07:30", Some((0, 450))),
            ("sun 23:59", Some((6, 1_439))),
            ("mon 24:00", None),
            ("mo 07:30", None),
            ("07:30", None),
            ("fri 7:30", None),
        ];
        for (text, told) in rows {
            assert_eq!(minute_of_week(text), told, "{text}");
        }
    }

    #[test]
    fn tells_addresses_from_other_texts() {
        for text in ["a@b", "on.call+llm@contoso.example"] {
            assert!(is_address(text), "{text}");
        }
        for text in [
            "a",
            "@b",
            "a@",
            "a b@c",
            "A <a@b>",
            "a@b@c",
            "a@b\r\nBcc: c",
        ] {
            assert!(!is_address(text), "{text}");
        }
    }
}
