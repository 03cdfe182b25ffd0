//! The few words of explanations: shares, beginnings of fingerprints, names of features.
//!
//! Knows no figure of its own. A newcomer may ask why a fingerprint is cut to four letters: it is
//! enough to find the conversation on a page, and not enough to be one.

use crate::ids::Fingerprint;
use crate::units::Text;

/// The beginning of a fingerprint, for people.
pub(super) fn beginning(print: Fingerprint) -> Text {
    let whole = print.to_string();
    Text::from(format!("{}...", whole.get(..4).unwrap_or_default()))
}

/// Millionths as `92 %`; what is not all never shows as 100, what is not nothing never as 0.
pub(super) fn percent(ppm: i64) -> String {
    match ppm {
        1_000_000.. => "all".to_owned(),
        995_000..1_000_000 => "over 99 %".to_owned(),
        ..5_000 => "under 1 %".to_owned(),
        _ => format!("{} %", (ppm + 5_000) / 10_000),
    }
}

/// `3.4` of thousandths, for how many times.
pub(super) fn times(thousandths: i64) -> String {
    let tenths = (thousandths + 50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_times() {
        let cases = [
            (1_000_000, "all"),
            (999_999, "over 99 %"),
            (920_400, "92 %"),
            (5_000, "1 %"),
            (40, "under 1 %"),
        ];
        for (ppm, text) in cases {
            assert_eq!(percent(ppm), text);
        }
        assert_eq!(times(3_449), "3.4");
        assert_eq!(times(10_000), "10.0");
        assert_eq!(beginning(Fingerprint(0x7c1e_0000_0000_0001)), "7c1e...");
    }
}
