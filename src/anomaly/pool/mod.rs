//! The fleet's record of how often which score is reached, which turns a budget into a threshold.
//!
//! Knows no series, only peaks and series-weeks watched. A newcomer may ask why busy and idle series are
//! kept apart: an idle series that wakes scores far higher than a busy one ever does, and in one pool the
//! busy ones pay for it.

mod side;

use crate::units::{HOUR_MS, UnixMillis};

use super::num::{In, Out};
use super::{Budget, Judged};
use side::{BUSY, IDLE, Side, bin_of};

/// The rarest that is told, in weeks of one series.
const WEEKS_MOST: f64 = 1_000.0;
/// How often thresholds are renewed.
const RENEW_MS: i64 = 6 * HOUR_MS;
/// What is kept of the record over six hours: half after 14 days.
const KEPT: f64 = 0.987_698_845_795_389_6; // 2^(-1/56)
/// Series-weeks that the shipped record stands for, at first and when the fleet has its own.
const SEED: f64 = 24.0;
const SEED_LEAST: f64 = 3.0;

/// The record of a fleet and metric. State: some 10 kB at most, whatever the number of series.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    idle: Side,
    busy: Side,
    /// Series-weeks that the shipped record still stands for; 0 without one.
    seed: f64,
    seed_least: f64,
    /// Start of the six hours that are being gathered.
    renewed: Option<UnixMillis>,
}

/// Version of the bytes of [`Pool::encode`].
const VERSION: u8 = 1;

impl Pool {
    fn with_seed(seed: f64, seed_least: f64) -> Pool {
        let mut pool = Pool {
            idle: Side::new(),
            busy: Side::new(),
            seed,
            seed_least,
            renewed: None,
        };
        pool.derive();
        pool
    }

    /// What a young fleet starts with: thresholds measured elsewhere, which fade as it earns its own.
    #[must_use]
    pub fn shipped() -> Pool {
        Pool::with_seed(SEED, SEED_LEAST)
    }

    /// Nothing known: no threshold before five peaks. For measurements.
    #[must_use]
    pub fn empty() -> Pool {
        Pool::with_seed(0.0, 0.0)
    }

    fn derive(&mut self) {
        self.idle.derive(self.seed, &IDLE);
        self.busy.derive(self.seed, &BUSY);
    }

    fn side(&self, busy: bool) -> &Side {
        if busy { &self.busy } else { &self.idle }
    }

    /// Renews the thresholds from what was gathered, once six hours have passed. To be called with the
    /// start of each bin, before the bins of that time are judged.
    pub fn renew(&mut self, at: UnixMillis) {
        let at = at.floor(RENEW_MS);
        let steps = match self.renewed {
            None => {
                self.renewed = Some(at);
                return;
            }
            Some(renewed) => (at.0.saturating_sub(renewed.0)) / RENEW_MS,
        };
        let Ok(steps) = i32::try_from(steps) else {
            return;
        };
        if steps <= 0 {
            return;
        }
        let kept = KEPT.powi(steps);
        self.idle.renew(kept);
        self.busy.renew(kept);
        self.seed = (self.seed * kept).max(self.seed_least);
        self.renewed = Some(at);
        self.derive();
    }

    /// Takes in what a judged bin tells: that it was watched, and the peak that it brought.
    pub fn learn(&mut self, judged: &Judged) {
        let side = if judged.busy {
            &mut self.busy
        } else {
            &mut self.idle
        };
        side.watched += u64::from(judged.watched);
        if let Some(fresh) = judged
            .peak
            .and_then(|peak| side.fresh.get_mut(bin_of(peak)))
        {
            *fresh = fresh.saturating_add(1);
        }
    }

    /// Takes a peak out again that somebody said was real.
    pub(super) fn forget(&mut self, busy: bool, peak: f64, bins_ago: u32) {
        let side = if busy { &mut self.busy } else { &mut self.idle };
        let bin = bin_of(peak);
        if let Some(fresh) = side.fresh.get_mut(bin).filter(|fresh| **fresh > 0) {
            *fresh -= 1;
        } else if let Some(peaks) = side.peaks.get_mut(bin) {
            let steps = i32::try_from(bins_ago / 36).unwrap_or(i32::MAX);
            *peaks = (*peaks - KEPT.powi(steps)).max(0.0);
        }
        self.derive();
    }

    /// The least score that pages under this budget; none while too little is known.
    #[must_use]
    pub fn threshold(&self, busy: bool, budget: Budget) -> Option<f64> {
        self.side(busy).threshold(budget.per_week())
    }

    /// By chance a score like this comes about once in so many weeks of one series; 1,000 at most, since a tail that
    /// is drawn further than that says nothing.
    #[must_use]
    pub fn weeks_between(&self, busy: bool, score: f64) -> Option<f64> {
        let rate = self.side(busy).rate(score)?;
        Some((1.0 / rate.max(1e-9)).min(WEEKS_MOST))
    }

    /// Series-weeks that the thresholds rest on, the shipped ones included.
    #[must_use]
    pub fn series_weeks(&self, busy: bool) -> f64 {
        self.side(busy).exposure
    }

    /// As bytes. What is kept is an opaque blob with a version, and no book: real numbers may stand in it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Out(vec![VERSION]);
        out.wide(self.seed);
        out.wide(self.seed_least);
        out.byte(u8::from(self.renewed.is_some()));
        out.signed(self.renewed.map_or(0, |at| at.0));
        self.idle.encode(&mut out);
        self.busy.encode(&mut out);
        out.0
    }

    /// From bytes; none where they are not a pool's, or another version's.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Pool> {
        let mut bytes = In(bytes);
        if bytes.byte()? != VERSION {
            return None;
        }
        let mut pool = Pool::with_seed(bytes.wide()?, bytes.wide()?);
        let renewed = bytes.byte()?;
        let at = bytes.signed()?;
        pool.renewed = (renewed == 1).then_some(UnixMillis(at));
        pool.idle = Side::decode(&mut bytes)?;
        pool.busy = Side::decode(&mut bytes)?;
        if !bytes.0.is_empty() || renewed > 1 {
            return None;
        }
        pool.derive();
        Some(pool)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_young_fleet_has_the_shipped_thresholds() {
        let pool = Pool::shipped();
        let rows = [
            (8, 15.5, 5.8),
            (4, 7.6, 4.1),
            (3, 6.4, 3.8),
            (2, 4.8, 3.0),
            (1, 3.0, 2.0),
        ];
        for (weeks, idle, busy) in rows {
            let budget = Budget::weeks(weeks);
            for (busy, expected) in [(false, idle), (true, busy)] {
                let found = pool.threshold(busy, budget).unwrap();
                let near = (1.0 + found) / (1.0 + expected);
                assert!(
                    (0.95..1.05).contains(&near),
                    "1/{weeks}w: {found}, not {expected}"
                );
                let between = pool.weeks_between(busy, found).unwrap();
                let asked = f64::from(weeks);
                assert!(
                    (asked * 0.8..asked * 1.35).contains(&between),
                    "{between} {weeks}"
                );
            }
        }
    }

    #[test]
    fn thresholds_and_rates_only_rise() {
        for pool in [Pool::shipped(), Pool::empty()] {
            for busy in [false, true] {
                let mut last = None;
                for weeks in 1..=26 {
                    let found = pool.threshold(busy, Budget::weeks(weeks));
                    assert!(found >= last, "1/{weeks}w: {found:?} after {last:?}");
                    last = found;
                }
                let mut last = None;
                for tenth in 0..300 {
                    let found = pool.weeks_between(busy, f64::from(tenth) / 10.0);
                    assert!(found >= last, "{tenth}: {found:?} after {last:?}");
                    last = found;
                }
            }
        }
        assert_eq!(Pool::empty().threshold(true, Budget::weeks(1)), None);
    }
}
