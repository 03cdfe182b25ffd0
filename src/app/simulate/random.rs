//! Repeatable chance: the same seed and name give the same numbers on every machine, for ever.
//!
//! Knows no call. A newcomer may ask why not a crate and floats: a crate may change its sequence
//! with a version and `exp` differs between machines by a bit, and either would change every
//! figure of the demo; this is xoshiro256** (Blackman and Vigna, public domain) over integers.

/// One in the fixed-point numbers of this file: 16 bits before and after the point matter.
pub(super) const ONE: i64 = 1 << 16;

/// log2(e) in fixed point.
const LOG2_E: i64 = 94_548;

/// A sequence of numbers that looks like chance.
#[derive(Clone, Debug)]
pub(super) struct Random([u64; 4]);

/// One step of `SplitMix64`: spreads a counter over all 64 bits.
pub(super) fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// 32 hex digits, as ServiceNow writes row ids: the same for the same parts.
pub(super) fn hex_id(seed: u64, kind: &str, number: u64) -> String {
    let base = name_hash(kind) ^ mix(seed) ^ mix(number.wrapping_mul(2));
    format!("{:016x}{:016x}", mix(base), mix(base ^ mix(number)))
}

/// FNV-1a: enough to tell a handful of names apart, and never changing.
fn name_hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl Random {
    /// The sequence of a seed for one purpose; purposes do not disturb each other.
    pub(super) fn named(seed: u64, name: &str) -> Random {
        let start = mix(seed) ^ name_hash(name);
        Random([1_u64, 2, 3, 4].map(|step| mix(start.wrapping_add(mix(step)))))
    }

    /// The sequence for one row, whatever came before it.
    pub(super) fn of_row(seed: u64, name: &str, number: u64) -> Random {
        Random::named(seed ^ mix(number), name)
    }

    /// The next 64 bits.
    pub(super) fn bits(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.0;
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }

    /// A number from 0 up to, but not, `limit`; 0 when `limit` is 0.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        let wide = u128::from(self.bits()) * u128::from(limit);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// True in `share` of a thousand cases.
    pub(super) fn per_mille(&mut self, share: u64) -> bool {
        self.below(1000) < share
    }

    /// How many events of `rate` per million steps fall into one step.
    pub(super) fn events(&mut self, rate_per_million: u64) -> u64 {
        let rest = rate_per_million % 1_000_000;
        rate_per_million / 1_000_000 + u64::from(self.below(1_000_000) < rest)
    }

    /// A size from 1 up, geometric, with the given mean in tenths.
    pub(super) fn geometric(&mut self, mean_tenths: u64) -> u64 {
        let mean = mean_tenths.max(10);
        let mut size = 1;
        while size < GEOMETRIC_MAX && self.below(mean) >= 10 {
            size += 1;
        }
        size
    }

    /// A standard normal number in fixed point: the sum of twelve uniform ones, less six.
    fn normal(&mut self) -> i64 {
        let sum: u64 = (0..12).map(|_| self.below(1 << 16)).sum();
        i64::try_from(sum).unwrap_or(0) - 6 * ONE
    }

    /// A log-normal number of the given mean; `sigma_percent` is the spread of its logarithm.
    pub(super) fn log_normal(&mut self, mean: u64, sigma_percent: u64) -> u64 {
        let sigma = i64::try_from(sigma_percent.min(300)).unwrap_or(0);
        let shift = sigma * sigma * ONE / 20_000;
        let factor = exp(sigma * self.normal() / 100 - shift);
        let wide = u128::from(mean) * u128::from(factor) / u128::from(ONE.unsigned_abs());
        u64::try_from(wide).unwrap_or(u64::MAX)
    }
}

/// Longest run of [`Random::geometric`]; beyond it chance is one in thousands of years.
const GEOMETRIC_MAX: u64 = 1000;

/// e to the power of a fixed-point number, in fixed point; off by less than two in ten thousand.
fn exp(power: i64) -> u64 {
    let power = power.clamp(-12 * ONE, 20 * ONE) * LOG2_E / ONE;
    let (whole, f) = (power.div_euclid(ONE), power.rem_euclid(ONE));
    // 2^f on [0, 1) as a cubic; the coefficients add up to one, so that octaves join.
    let cubic = ONE + f * (45_580 + f * (14_822 + f * 5134 / ONE) / ONE) / ONE;
    let cubic = cubic.unsigned_abs();
    match u32::try_from(whole) {
        Ok(left) => cubic << left,
        Err(_) => cubic >> u32::try_from(-whole).unwrap_or(63).min(63),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_never_changes() {
        let mut random = Random::named(7, "arrivals");
        let first: Vec<u64> = (0..3).map(|_| random.below(1_000_000)).collect();
        assert_eq!(first, EXPECTED);
        assert_ne!(
            Random::named(8, "arrivals").bits(),
            Random::named(7, "arrivals").bits()
        );
        assert_ne!(
            Random::named(7, "noise").bits(),
            Random::named(7, "arrivals").bits()
        );
        assert_ne!(hex_id(7, "outbound", 1), hex_id(7, "outbound", 2));
        assert_ne!(hex_id(7, "outbound", 1), hex_id(7, "genai", 1));
    }

    /// Written down once: a change here changes every simulated record.
    const EXPECTED: [u64; 3] = [211_492, 242_116, 403_776];

    #[test]
    fn the_exponential_is_close() {
        for (power, expected) in [
            (0, 65_536),
            (ONE, 178_145),
            (-ONE, 24_109),
            (3 * ONE, 1_316_326),
        ] {
            let off = exp(power).abs_diff(expected);
            assert!(
                off * 5000 <= expected,
                "e^{power}: {} against {expected}",
                exp(power)
            );
        }
    }

    #[test]
    fn means_are_as_asked() {
        let mut random = Random::named(1, "means");
        let rounds = 20_000;
        let cases = [(12_000, 55), (1000, 40), (52_000, 90)];
        for (mean, sigma) in cases {
            let sum: u64 = (0..rounds).map(|_| random.log_normal(mean, sigma)).sum();
            let off = (sum / rounds).abs_diff(mean);
            assert!(off * 50 < mean, "mean {} instead of {mean}", sum / rounds);
        }
        let sizes: u64 = (0..rounds).map(|_| random.geometric(105)).sum();
        assert!((sizes * 10 / rounds).abs_diff(105) < 5, "{sizes}");
        let events: u64 = (0..rounds).map(|_| random.events(2_300_000)).sum();
        assert!((events * 10 / rounds).abs_diff(23) < 2, "{events}");
    }
}
