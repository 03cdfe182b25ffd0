//! Rounds, medians and lines of output.
//!
//! Knows nothing of what is measured. A newcomer may ask why two paths take turns round by round:
//! a machine that slows down in between then slows both.

use std::time::{Duration, Instant};

/// How long something took.
pub(crate) fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

/// The median of an odd number of rounds; the upper of the two middle ones of an even number.
pub(crate) fn median<T: PartialOrd + Copy>(mut rounds: Vec<T>) -> T {
    rounds.sort_by(|one, other| {
        one.partial_cmp(other)
            .expect("no round is without a number")
    });
    *rounds.get(rounds.len() / 2).expect("at least one round")
}

/// Things a second.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "a rate to be read by people"
)]
pub(crate) fn rate(n: usize, took: Duration) -> f64 {
    n as f64 / took.as_secs_f64()
}

/// A share of two counts.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "a share to be read by people"
)]
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// Says whether a limit held; 1 when it was missed.
pub(crate) fn verdict(held: bool, limit: &str) -> u32 {
    let word = if held { "held" } else { "MISSED" };
    println!("    {limit}: {word}");
    u32::from(!held)
}

/// Rates of one path against another over the same records, taken in turns. Returns the medians of
/// both rates, and of the rounds' ratios.
pub(crate) fn in_turns(
    rounds: usize,
    n: usize,
    mut path: impl FnMut() -> Duration,
    mut baseline: impl FnMut() -> Duration,
) -> (f64, f64, f64) {
    let mut rates = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let base = baseline();
        let took = path();
        rates.0.push(rate(n, took));
        rates.1.push(rate(n, base));
        rates.2.push(base.as_secs_f64() / took.as_secs_f64());
    }
    (median(rates.0), median(rates.1), median(rates.2))
}
