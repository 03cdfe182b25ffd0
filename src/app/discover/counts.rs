//! Counting with a limit: names, distinct values, and how numbers spread.
//!
//! Knows no record. A newcomer may ask why names past the limit are counted and not kept: a sample
//! of fifty million records must not be what fills the memory.

use std::collections::{BTreeMap, BTreeSet};

use crate::units::Text;

/// Names with how often each was seen; at most so many.
#[derive(Clone, Debug)]
pub(super) struct Names {
    counts: BTreeMap<Text, u64>,
    most: usize,
    /// How often a name was seen that is not kept.
    pub(super) beyond: u64,
}

impl Default for Names {
    fn default() -> Names {
        Names::of(2_000)
    }
}

impl Names {
    /// None yet, and room for `most`.
    #[must_use]
    pub(super) fn of(most: usize) -> Names {
        Names {
            counts: BTreeMap::new(),
            most,
            beyond: 0,
        }
    }

    /// Counts one; an empty name is none.
    pub(super) fn add(&mut self, name: &str) {
        self.add_many(name, 1);
    }

    /// Counts so many.
    pub(super) fn add_many(&mut self, name: &str, times: u64) {
        if name.is_empty() {
            return;
        }
        if let Some(count) = self.counts.get_mut(name) {
            *count += times;
        } else if self.counts.len() < self.most {
            self.counts.insert(Text::from(name), times);
        } else {
            self.beyond += times;
        }
    }

    /// Whether nothing was counted.
    #[must_use]
    pub(super) fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The kept names with their counts, the most frequent first.
    #[must_use]
    pub(super) fn ranked(&self) -> Vec<(Text, u64)> {
        let mut ranked: Vec<(Text, u64)> = self.counts.clone().into_iter().collect();
        ranked.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
        ranked
    }
}

/// How many different values, by their hashes; the values themselves are not kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Distinct(BTreeSet<u64>);

impl Distinct {
    /// Past so many nobody needs to know how many.
    pub(super) const MOST: usize = 10_000;

    /// Takes a value; an empty one is none.
    pub(super) fn add(&mut self, value: &str) {
        if !value.is_empty() && self.0.len() < Self::MOST {
            self.0
                .insert(twox_hash::XxHash3_64::oneshot(value.as_bytes()));
        }
    }

    /// How many, at most [`Distinct::MOST`].
    #[must_use]
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}

/// How whole numbers spread, by powers of two.
#[derive(Clone, Debug, Default)]
pub(super) struct Spread {
    by_bits: BTreeMap<u32, u64>,
}

impl Spread {
    /// Takes a number.
    pub(super) fn add(&mut self, number: u64) {
        let bits = u64::BITS.saturating_sub(number.leading_zeros());
        *self.by_bits.entry(bits).or_default() += 1;
    }

    /// How many were taken.
    #[must_use]
    pub(super) fn count(&self) -> u64 {
        self.by_bits.values().sum()
    }

    /// The power of two below which at least half of them lie; `None` without any.
    #[must_use]
    pub(super) fn middle(&self) -> Option<u64> {
        let half = self.count().div_ceil(2);
        let mut below = 0;
        self.by_bits.iter().find_map(|(bits, count)| {
            below += count;
            (below >= half && half > 0).then(|| 1_u64.checked_shl(*bits).unwrap_or(u64::MAX))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_past_the_limit_are_counted() {
        let mut names = Names::of(2);
        for name in ["b", "a", "b", "c", "", "c"] {
            names.add(name);
        }
        assert_eq!(names.ranked(), [("b".into(), 2), ("a".into(), 1)]);
        assert_eq!(names.beyond, 2);
    }

    #[test]
    fn numbers_spread() {
        let cases: &[(&[u64], Option<u64>)] = &[
            (&[], None),
            (&[0], Some(1)),
            (&[2841, 212, 3000], Some(4096)),
            (&[2, 3, 9], Some(4)),
        ];
        for (numbers, middle) in cases {
            let mut spread = Spread::default();
            numbers.iter().for_each(|number| spread.add(*number));
            assert_eq!(spread.middle(), *middle, "{numbers:?}");
        }
    }
}
