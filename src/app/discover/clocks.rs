//! When the records of a stream happened, and how far its clock is from that of others.
//!
//! Knows no zone's name. A newcomer may ask how two logs that share no key can be held against each
//! other: busy minutes are busy in both, and moved by an hour they are not.

use std::collections::BTreeMap;

use crate::units::{MINUTE_MS, UnixMillis};

/// Minutes that are kept of one stream: two months of busy days.
const MINUTES_MAX: usize = 50_000;
/// Shifts that are tried, in minutes: every quarter of an hour that a zone can differ by.
const SHIFTS: std::ops::RangeInclusive<i64> = -56..=56;
/// Minutes in a step.
const STEP: i64 = 15;
/// Minutes on each side that make up the level from which a busy minute stands out.
const AROUND: i64 = 10;
/// Minutes that are compared; more would tell the same.
const COMPARED: usize = 2_000;
/// Reports that must be there on either side before anything is said.
const LEAST: u64 = 30;

/// How many reports began in each minute.
#[derive(Clone, Debug, Default)]
pub(super) struct Minutes {
    counts: BTreeMap<i64, u32>,
    pub(super) oldest: Option<UnixMillis>,
    pub(super) newest: Option<UnixMillis>,
    total: u64,
}

impl Minutes {
    pub(super) fn add(&mut self, at: UnixMillis) {
        self.oldest = Some(self.oldest.map_or(at, |oldest| oldest.min(at)));
        self.newest = self.newest.max(Some(at));
        let minute = at.0.div_euclid(MINUTE_MS);
        if self.counts.len() < MINUTES_MAX || self.counts.contains_key(&minute) {
            let count = self.counts.entry(minute).or_default();
            *count = count.saturating_add(1);
            self.total += 1;
        }
    }

    pub(super) fn merge(&mut self, other: &Minutes) {
        for (minute, count) in &other.counts {
            if self.counts.len() < MINUTES_MAX || self.counts.contains_key(minute) {
                let sum = self.counts.entry(*minute).or_default();
                *sum = sum.saturating_add(*count);
                self.total += u64::from(*count);
            }
        }
    }

    /// By hours: how many reports.
    pub(super) fn hours(&self) -> BTreeMap<i64, u64> {
        let mut hours = BTreeMap::new();
        for (minute, count) in &self.counts {
            *hours.entry(minute.div_euclid(60)).or_default() += u64::from(*count);
        }
        hours
    }

    fn of(&self, minute: i64) -> i64 {
        self.counts.get(&minute).copied().map_or(0, i64::from)
    }
}

/// How far a clock is ahead of another, and how clearly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ahead {
    pub(super) minutes: i64,
    /// Reports of `one` within a minute of one of the other, as the clocks stand and moved so.
    pub(super) near_unmoved: u64,
    pub(super) near_moved: u64,
    pub(super) of: u64,
}

/// How many minutes `one` is ahead of `sure`; `None` where there is too little to tell, or where
/// two answers are about as good.
pub(super) fn ahead(one: &Minutes, sure: &Minutes) -> Option<Ahead> {
    if one.total.min(sure.total) < LEAST {
        return None;
    }
    let reach = STEP.saturating_mul(*SHIFTS.end());
    let (first, _) = sure.counts.first_key_value()?;
    let (last, _) = sure.counts.last_key_value()?;
    let met = first.saturating_sub(reach)..=last.saturating_add(reach);
    // How much a minute stands out from the level that it stands on.
    let outstanding: Vec<(i64, i64)> = one
        .counts
        .range(met)
        .take(COMPARED)
        .map(|(minute, count)| {
            let around: i64 = (-AROUND..=AROUND).map(|k| one.of(minute + k)).sum();
            (*minute, i64::from(*count) * (2 * AROUND + 1) - around)
        })
        .collect();
    let near = |minute: i64| sure.of(minute - 1) + sure.of(minute) + sure.of(minute + 1);
    let score = |shift: i64| -> i64 {
        let shift = shift * STEP;
        let products = outstanding.iter().map(|(minute, out)| {
            let wide: i64 = (-AROUND..=AROUND)
                .map(|k| sure.of(minute - shift + k))
                .sum();
            let here = near(minute - shift) * (2 * AROUND + 1) - 3 * wide;
            out.saturating_mul(here)
        });
        products.fold(0, i64::saturating_add)
    };
    let mut scores: Vec<(i64, i64)> = SHIFTS.map(|shift| (score(shift), shift)).collect();
    scores.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.abs().cmp(&other.1.abs())));
    let (best, shift) = *scores.first()?;
    let (second, _) = *scores.get(1)?;
    if best <= 0 || best < second.saturating_mul(2) {
        return None;
    }
    let matching = |shift: i64| -> u64 {
        let counts = one.counts.iter();
        let near = counts.filter(|(minute, _)| near(*minute - shift * STEP) > 0);
        near.map(|(_, count)| u64::from(*count)).sum()
    };
    Some(Ahead {
        minutes: shift * STEP,
        near_unmoved: matching(0),
        near_moved: matching(shift),
        of: one.total,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reports at irregular minutes, moved by `shift` minutes.
    fn minutes(n: i64, shift: i64) -> Minutes {
        let mut minutes = Minutes::default();
        for k in 0..n {
            // Irregular, and the same every time.
            let hash = twox_hash::XxHash3_64::oneshot(&k.to_le_bytes());
            let minute = i64::try_from(hash % 3_600).unwrap();
            minutes.add(UnixMillis((29_000_000 + minute + shift) * MINUTE_MS));
        }
        minutes
    }

    #[test]
    fn finds_how_far_a_clock_is_ahead() {
        let cases = [
            (400, 60, Some(60)),
            (400, -300, Some(-300)),
            (400, 330, Some(330)),
            (400, 0, Some(0)),
            (400, 1, Some(0)),
            (20, 60, None),
        ];
        for (n, shift, expected) in cases {
            let told = ahead(&minutes(n, shift), &minutes(n, 0));
            assert_eq!(told.map(|told| told.minutes), expected, "{n} {shift}");
        }
        // Logs that have nothing to do with each other.
        assert_eq!(ahead(&minutes(400, 5_000), &minutes(400, 0)), None);
    }
}
