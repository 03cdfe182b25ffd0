//! The upper tail of the beta-binomial law: how unlikely so many hits are, in decibels.
//!
//! Knows no series. A newcomer may ask why not the binomial one: the share of refused calls wanders from
//! minute to minute, and a law without that calls every busy hour an incident.

/// Terms summed at most; past the mean they fall geometrically.
const TERMS: u32 = 400;
/// Nothing is told apart beyond this.
const MOST_DB: f64 = 300.0;

/// The logarithm of the gamma function, by Stirling's series from 7 on.
fn ln_gamma(x: f64) -> f64 {
    let mut x = x.max(1e-9);
    let mut shift = 0.0;
    while x < 7.0 {
        shift -= x.ln();
        x += 1.0;
    }
    let y = 1.0 / (x * x);
    let series = (1.0 / 12.0 - y * (1.0 / 360.0 - y * (1.0 / 1260.0 - y / 1680.0))) / x;
    shift + (x - 0.5) * x.ln() - x + 0.918_938_533_204_672_8 + series
}

/// Of `of` calls at least `hits`, where `share` are expected and the share itself wanders by `rho`:
/// -10 log10 of the probability. Below the mean it is nearly 0, and not worked out.
pub(super) fn beta_binomial_db(hits: f64, of: f64, share: f64, rho: f64) -> f64 {
    let share = share.clamp(1e-4, 1.0 - 1e-4);
    let hits = hits.round();
    let of = of.round();
    if hits <= share * of || hits < 1.0 {
        return 0.0;
    }
    let sum = 1.0 / rho.clamp(1e-5, 0.9) - 1.0;
    let (a, b) = (share * sum, (1.0 - share) * sum);
    let ln_choose = ln_gamma(of + 1.0) - ln_gamma(hits + 1.0) - ln_gamma(of - hits + 1.0);
    let ln_first = ln_choose + ln_gamma(hits + a) + ln_gamma(of - hits + b)
        - ln_gamma(of + a + b)
        - (ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b));
    let mut term = 1.0;
    let mut total = 1.0;
    let mut k = hits;
    for _ in 0..TERMS {
        if k >= of || term < 1e-6 * total {
            break;
        }
        term *= (of - k) / (k + 1.0) * (k + a) / (of - k - 1.0 + b);
        total += term;
        k += 1.0;
    }
    let ln_tail = (ln_first + total.ln()).min(0.0);
    (-10.0 * ln_tail * std::f64::consts::LOG10_E).min(MOST_DB)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_are_those_of_the_tables() {
        // With rho near 0 the law is the binomial one; sums worked out by hand or exactly.
        let rows = [
            (1.0, 1.0, 0.5, 1e-5, 3.0103),
            (2.0, 2.0, 0.5, 1e-5, 6.0206),
            (10.0, 10.0, 0.1, 1e-5, 100.0),
            // Uniform: a = b = 1, so each of 0..=9 is as likely.
            (9.0, 9.0, 0.5, 1.0 / 3.0, 10.0),
            (0.0, 9.0, 0.5, 0.1, 0.0),
            (3.0, 9.0, 0.5, 0.1, 0.0),
        ];
        for (hits, of, share, rho, expected) in rows {
            let found = beta_binomial_db(hits, of, share, rho);
            assert!(
                (found - expected).abs() < 0.02,
                "{hits} of {of}: {found}, not {expected}"
            );
        }
    }
}
