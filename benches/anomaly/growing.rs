//! Prompt growth: tokens per call that rise and stay, in the slow channel.
//!
//! Knows no page. A newcomer may ask why a bin stands for six hours: the traces tell tokens by six hours, so each is
//! fed as its first bin, with all its calls.

use tollwatch::anomaly::{BIN_MS, Bin, Growth, Value};
use tollwatch::units::UnixMillis;

use super::data::{Series, WEEK};

const QUARTERS: usize = 56;
/// Calls that every quarter must have for a series to be taken.
const CALLS: u64 = 30;

pub(crate) struct Growing {
    pub(crate) series: usize,
    /// Found on untouched traffic, a series and week.
    pub(crate) quiet: f64,
    /// Of each growth: by how much, within how many hours, the share found, the median delay in hours of all.
    pub(crate) rows: Vec<(f64, usize, f64, Option<usize>)>,
}

fn calls(series: &Series, quarter: usize) -> u64 {
    let bins = quarter * 36..quarter * 36 + 36;
    series.counts.get(bins).unwrap_or_default().iter().sum()
}

/// The quarters of a day after which growth was told, where tokens are so many times as many from a quarter on.
fn run(series: &Series, from: usize, times: f64) -> Vec<usize> {
    let mut growth = Growth::default();
    let mut found = Vec::new();
    for quarter in 0..=QUARTERS {
        let tokens = series.tokens.get(&quarter).copied().unwrap_or(0.0);
        let times = if quarter >= from { times } else { 1.0 };
        let at = quarter * 36;
        let bin = Bin {
            at: UnixMillis(BIN_MS * at as i64),
            value: Value::Positive {
                milli: (tokens * times * 1000.0).round() as u64,
                n: calls(series, quarter),
            },
            hour_of_week: (at / 6 % 168) as u16,
            excluded: false,
        };
        // The first bin of a quarter tells of the one before it.
        if growth.feed(&bin).is_some() {
            found.push(quarter - 1);
        }
    }
    found
}

/// Both measures on every series that tells tokens in each quarter of both weeks.
pub(crate) fn measure(all: &[Series]) -> Growing {
    let told = |series: &&Series| {
        let quarters = 0..QUARTERS;
        let mut quarters = quarters.map(|quarter| (calls(series, quarter), quarter));
        quarters.all(|(calls, quarter)| calls >= CALLS && series.tokens.contains_key(&quarter))
    };
    let series: Vec<&Series> = all.iter().filter(told).collect();
    let first = WEEK / 36;
    let quiet: usize = series
        .iter()
        .map(|one| run(one, usize::MAX, 1.0).len())
        .sum();
    let rows = [(1.2, 72), (1.5, 24), (2.0, 24)].map(|(times, hours)| {
        let within = hours / 6;
        let mut delays: Vec<usize> = Vec::new();
        for one in &series {
            for from in first..=QUARTERS - within {
                let found = run(one, from, times).into_iter();
                let quarter = found
                    .filter(|quarter| (from..from + within).contains(quarter))
                    .min();
                delays.push(quarter.map_or(usize::MAX, |quarter| (quarter - from + 1) * 6));
            }
        }
        delays.sort_unstable();
        let found = delays.iter().filter(|delay| **delay != usize::MAX).count();
        let median = delays.get(delays.len() / 2).copied();
        (
            times,
            hours,
            found as f64 / delays.len().max(1) as f64,
            median.filter(|delay| *delay != usize::MAX),
        )
    });
    Growing {
        series: series.len(),
        quiet: quiet as f64 / series.len().max(1) as f64,
        rows: rows.to_vec(),
    }
}
