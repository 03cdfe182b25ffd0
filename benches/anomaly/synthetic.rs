//! Traffic of a known law: negative binomial, flat or with a daily swing; and real traffic thinned to a few calls.
//!
//! Knows no detector. A newcomer may ask why dispersion is drawn by its logarithm: real clients spread over three
//! decades of it.

use super::data::Series;
use super::dice::Dice;

/// Series and bins of the stationary fleet: a week of history and eight judged.
pub(crate) const SERIES: usize = 100;
pub(crate) const BINS: usize = 9 * super::data::WEEK;

/// A stationary fleet, with the dispersion of each series.
pub(crate) fn stationary(swing: f64, seed: u64) -> (Vec<Vec<u64>>, Vec<f64>) {
    let mut dice = Dice::new(seed);
    let mut between = |low: f64, high: f64| (low.ln() + dice.unit() * (high / low).ln()).exp();
    let laws: Vec<(f64, f64)> = (0..SERIES)
        .map(|_| (between(0.0005, 0.21), between(30.0, 20_000.0)))
        .collect();
    let fleet = laws.iter().map(|(alpha, mean)| {
        let turn = dice.unit();
        let bins = 0..BINS;
        bins.map(|at| {
            let day = (at as f64 / 144.0 + turn) * std::f64::consts::TAU;
            // From 1 to `swing` over the day, with the same mean in logarithms.
            let factor = swing.powf(day.sin() / 2.0);
            dice.negative_binomial(mean * factor, *alpha)
        })
        .collect()
    });
    (
        fleet.collect(),
        laws.iter().map(|(alpha, _)| *alpha).collect(),
    )
}

/// Each call kept by chance, so that so many a bin remain.
pub(crate) fn thinned(series: &[&Series], calls: f64, seed: u64) -> Vec<Vec<u64>> {
    let all = series.iter().enumerate().map(|(number, series)| {
        let mut dice = Dice::new(seed + number as u64);
        let mean = super::data::mean(&series.counts);
        let keep = (calls / mean).min(1.0);
        let thin = |count: &u64| dice.binomial(*count, keep);
        series.counts.iter().map(thin).collect()
    });
    all.collect()
}
