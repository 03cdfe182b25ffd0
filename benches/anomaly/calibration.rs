//! Whether the promise holds: alerts measured over alerts promised, in the mean and by dispersion.
//!
//! Knows no incident. A newcomer may ask why the gate is taken off: with it, stable series can never page, and what is
//! left says nothing of the promise but that it is not broken.

use tollwatch::anomaly::{Budget, Pool};

use super::data::Series;
use super::fleet::{Ours, quiet};
use super::limit::Limits;
use super::synthetic;
use super::traffic::thirds;

const WEEKS: [u32; 4] = [8, 4, 2, 1];

struct Fleet<'a> {
    name: &'a str,
    counts: &'a [Vec<u64>],
    dispersion: &'a [f64],
    pool: Pool,
}

/// One line a budget: the mean, and each third. Gives back the means.
fn table(fleet: &Fleet<'_>, gated: bool) -> Vec<(u32, f64, [f64; 3])> {
    let rows = WEEKS.map(|weeks| {
        let budget = Budget::weeks(weeks);
        let make = || {
            if gated {
                Ours::new(budget)
            } else {
                Ours::ungated(budget)
            }
        };
        let outcome = quiet(fleet.counts, &make, fleet.pool.clone());
        let promised = budget.per_week();
        let thirds = thirds(fleet.dispersion, &outcome).map(|rate| rate / promised);
        (weeks, outcome.rate() / promised, thirds)
    });
    for (weeks, mean, [even, middle, wild]) in rows {
        let gate = if gated { "gate on" } else { "gate off" };
        println!(
            "  {:<22} {gate:<9} 1 in {weeks:<8} {mean:>6.2}   {even:>6.2} {middle:>6.2} {wild:>6.2}",
            fleet.name
        );
    }
    rows.to_vec()
}

fn heading(title: &str) {
    println!("\n{title}");
    println!(
        "  {:<22} {:<9} {:<13} {:>6}   {:>6} {:>6} {:>6}",
        "", "", "weeks", "mean", "even", "middle", "wild"
    );
}

/// The real traffic.
pub(crate) fn real(series: &[Series], limits: &mut Limits) {
    let used: Vec<&Series> = series.iter().filter(|one| one.is_used()).collect();
    let counts: Vec<Vec<u64>> = used.iter().map(|one| one.counts.clone()).collect();
    let dispersion: Vec<f64> = used.iter().map(|one| one.dispersion()).collect();
    heading(
        "alerts measured / promised on real traffic, its incidents included, and by thirds of the series by dispersion",
    );
    for gated in [true, false] {
        let fleet = Fleet {
            name: "real",
            counts: &counts,
            dispersion: &dispersion,
            pool: Pool::shipped(),
        };
        for (weeks, mean, thirds) in table(&fleet, gated) {
            let gate = if gated { "on" } else { "off" };
            let what =
                format!("real traffic, gate {gate}, 1 in {weeks} weeks, measured / promised");
            limits.within(&what, mean, 2.0);
            for (third, rate) in ["even", "middle", "wild"].iter().zip(thirds) {
                // Fewer than promised is what the gate is for.
                limits.at_most(&format!("{what}, {third} third"), rate, 2.0);
            }
        }
    }
}

/// Traffic of a known law, a week of history and eight judged.
pub(crate) fn synthetic(limits: &mut Limits) {
    heading(
        "alerts measured / promised on stationary negative binomial traffic, and by thirds of the series by dispersion",
    );
    for (name, swing) in [("flat", 1.0), ("daily swing 1:4", 4.0)] {
        let (counts, dispersion) = synthetic::stationary(swing, 5);
        for gated in [false, true] {
            let fleet = Fleet {
                name,
                counts: &counts,
                dispersion: &dispersion,
                pool: Pool::empty(),
            };
            for (weeks, mean, thirds) in table(&fleet, gated) {
                let what = format!("{name}, 1 in {weeks} weeks, measured / promised");
                if gated {
                    limits.at_most(&format!("{what}, gate on"), mean, 1.0);
                    continue;
                }
                limits.within(&what, mean, 1.5);
                for (third, rate) in ["even", "middle", "wild"].iter().zip(thirds) {
                    limits.within(&format!("{what}, {third} third"), rate, 1.5);
                }
            }
        }
    }
}
