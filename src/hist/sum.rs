//! Adds up many histograms at once.
//!
//! Knows no value, only buckets and counts. A newcomer may ask why counts lie side by side here and sparse elsewhere: a
//! sum of many has most buckets, and one that is stored or kept has few.

use super::Hist;

/// Histograms that are being added up: for many of them, far cheaper than one [`Hist`] after the other.
#[derive(Clone, Debug, Default)]
pub struct HistSum {
    /// What came, as long as it is little.
    few: Vec<(u32, i64)>,
    /// Counts side by side, by [`place`]; empty as long as there are few.
    all: Vec<i64>,
    /// Buckets that no layout has; none but in damaged books.
    odd: Hist,
}

impl HistSum {
    /// Entries that are kept as they came; about as large as all places.
    const FEW: usize = 1024;
    /// Places of the buckets of both layouts: 128 for each power of two from 2^8 to 2^23, and 256 below.
    const PLACES: usize = 128 * 18;

    /// Adds a histogram.
    pub fn add(&mut self, other: &Hist) {
        if self.all.is_empty() {
            if self.few.len().saturating_add(other.buckets.len()) <= Self::FEW {
                self.few.extend_from_slice(&other.buckets);
                return;
            }
            self.all = vec![0; Self::PLACES];
            for (bucket, count) in std::mem::take(&mut self.few) {
                self.count(bucket, count);
            }
        }
        for (bucket, count) in &other.buckets {
            self.count(*bucket, *count);
        }
    }

    fn count(&mut self, bucket: u32, count: i64) {
        match place(bucket).and_then(|place| self.all.get_mut(place)) {
            Some(sum) => *sum = sum.saturating_add(count),
            None => self.odd.add_bucket(bucket, count),
        }
    }

    /// The sum; what comes afterwards is another one's.
    pub fn take(&mut self) -> Hist {
        let mut few = std::mem::take(&mut self.few);
        few.sort_unstable_by_key(|(bucket, _)| *bucket);
        let mut sum = std::mem::take(&mut self.odd);
        for (bucket, count) in few {
            sum.add_bucket(bucket, count);
        }
        let all = std::mem::take(&mut self.all);
        let counted = all.iter().enumerate().filter(|(_, count)| **count != 0);
        let mut placed = Hist::default();
        for (place, count) in counted {
            placed.add_bucket(bucket(place), *count);
        }
        sum.merge(&placed, 1);
        sum
    }
}

/// Where a bucket lies among all; `None` where it is none of a layout of two digits.
fn place(bucket: u32) -> Option<usize> {
    // As many low bits as all values of a bucket share.
    let shared = bucket.checked_ilog2().unwrap_or(0).saturating_sub(7);
    let lowest = bucket & ((1_u32 << shared) - 1) == 0;
    let place = 128 * shared + (bucket >> shared);
    usize::try_from(place).ok().filter(|_| lowest)
}

/// The bucket at a place.
fn bucket(place: usize) -> u32 {
    let place = u32::try_from(place).unwrap_or(u32::MAX);
    let shared = (place / 128).saturating_sub(1);
    (place - 128 * shared) << shared.min(24)
}

#[cfg(test)]
mod tests {
    use super::super::Layout;
    use super::*;

    #[test]
    fn every_bucket_has_a_place_of_its_own() {
        for layout in [Layout::latency(), Layout::prompt()] {
            let (mut value, mut last) = (0, None);
            while value <= layout.max {
                let found = layout.bucket(value);
                let at = place(found).unwrap();
                assert!(Some(at) > last && at < HistSum::PLACES, "{value}");
                assert_eq!(bucket(at), found, "{value}");
                last = Some(at);
                value = layout.reference.next_non_equivalent(value);
            }
        }
        for odd in [257, 1025, u32::MAX] {
            assert_eq!(place(odd), None, "{odd}");
        }
    }

    #[test]
    fn many_at_once_are_one_after_the_other() {
        let hist = |seed: u32, n: u32| {
            let mut hist = Hist::default();
            for i in 0..n {
                let value = seed.wrapping_mul(2_654_435_761).wrapping_add(i * i * 37) % 4_000_000;
                hist.record(Layout::latency(), u64::from(value));
            }
            // A correction, and a bucket that no layout has.
            hist.add_bucket(5, -2);
            hist.add_bucket(1025 + seed % 2, 3);
            hist
        };
        for (n, size) in [(0, 0), (1, 5), (3, 40), (40, 60), (200, 300)] {
            let (mut sum, mut expected) = (HistSum::default(), Hist::default());
            for seed in 0..n {
                sum.add(&hist(seed, size));
                expected.merge(&hist(seed, size), 1);
            }
            assert_eq!(sum.take(), expected, "{n} of {size}");
            assert_eq!(sum.take(), Hist::default(), "nothing is left");
        }
    }
}
