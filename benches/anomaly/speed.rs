//! How long ten thousand series take for the close of one bin, and how large their state is.
//!
//! Knows no rule. A newcomer may ask why the states are decoded and encoded in it: that is what an evaluation does that
//! keeps its state in the ledger.

use std::time::Instant;

use tollwatch::anomaly::{Budget, Detector, Floor, Kind, Pool};

use super::fleet::bin;
use super::limit::Limits;

const SERIES: usize = 10_000;
const BINS: usize = 20;
/// Of a second on one core.
const LIMIT_S: f64 = 0.25;

pub(crate) fn measure(limits: &mut Limits) {
    let mut grown = Detector::new(Kind::Count, Floor::usual(Kind::Count));
    let mut pool = Pool::shipped();
    let count = |at: usize| ((at * 7_919) % 400) as u64;
    for at in 0..1_500 {
        grown.feed(&bin(at, count(at)), &pool, Budget::default());
    }
    let size = grown.encode().len();
    let mut series = vec![grown.clone(); SERIES];
    let start = Instant::now();
    for at in 1_500..1_500 + BINS {
        pool.renew(bin(at, 0).at);
        for (number, detector) in series.iter_mut().enumerate() {
            let judged = detector.feed(&bin(at, count(at + number)), &pool, Budget::default());
            pool.learn(&judged);
        }
    }
    let fed = start.elapsed().as_secs_f64() / BINS as f64;
    let states: Vec<Vec<u8>> = series.iter().map(Detector::encode).collect();
    let start = Instant::now();
    for state in &states {
        let again = Detector::decode(state).map(|detector| detector.encode().len());
        assert_eq!(again, Some(state.len()), "a state that comes back");
    }
    let kept = start.elapsed().as_secs_f64();
    println!(
        "\nclose of a bin for {SERIES} series: {:.0} ms judged ({:.1} us each), {:.0} ms read and written; {size} bytes a state",
        fed * 1e3,
        fed * 1e6 / SERIES as f64,
        kept * 1e3
    );
    limits.at_most(
        "seconds for 10,000 series, judged, read and written",
        fed + kept,
        LIMIT_S,
    );
    limits.at_most("KB of state", size as f64 / 1024.0, 4.0);
}
