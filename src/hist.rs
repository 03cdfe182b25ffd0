//! Sparse histograms in the bucket layout of HDR histograms: additive, exact, subtractable.
//!
//! Knows no latency and no token; the only file that names `hdrhistogram`. A newcomer may ask why
//! buckets are kept apart from that crate's own type: a minute of one feature touches five buckets
//! of some two thousand, corrections subtract, and a stored byte must never change its meaning.

mod sum;

use std::sync::LazyLock;

use hdrhistogram::Histogram;

pub use sum::HistSum;

/// Significant decimal digits kept of a value.
const DIGITS: u8 = 2;

/// Largest latency told apart: one hour in milliseconds.
pub const LATENCY_MAX_MS: u64 = 3_600_000;
/// Largest prompt told apart: ten million tokens.
pub const PROMPT_MAX_TOKENS: u64 = 10_000_000;

static LATENCY: LazyLock<Layout> = LazyLock::new(|| Layout::up_to(LATENCY_MAX_MS));
static PROMPT: LazyLock<Layout> = LazyLock::new(|| Layout::up_to(PROMPT_MAX_TOKENS));

/// Which values share a bucket.
#[derive(Debug)]
pub struct Layout {
    reference: Histogram<u8>,
    max: u64,
}

impl Layout {
    /// For latencies in milliseconds.
    #[must_use]
    pub fn latency() -> &'static Layout {
        &LATENCY
    }

    /// For prompt sizes in tokens.
    #[must_use]
    pub fn prompt() -> &'static Layout {
        &PROMPT
    }

    fn up_to(max: u64) -> Layout {
        let reference = Histogram::new_with_bounds(1, max, DIGITS).unwrap_or_else(|_| {
            unreachable!("bounds and digits are constants inside the crate's limits")
        });
        Layout { reference, max }
    }

    /// The bucket of a value, named by its lowest value. Values above the largest share the last.
    #[must_use]
    pub fn bucket(&self, value: u64) -> u32 {
        let lowest = self.reference.lowest_equivalent(value.min(self.max));
        u32::try_from(lowest).unwrap_or(u32::MAX)
    }

    /// The highest value of a bucket.
    #[must_use]
    pub fn highest(&self, bucket: u32) -> u64 {
        self.reference
            .highest_equivalent(u64::from(bucket))
            .min(self.max)
    }
}

/// Counts by bucket, sorted by bucket, without zeros.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hist {
    buckets: Vec<(u32, i64)>,
}

impl Hist {
    /// Counts one value.
    pub fn record(&mut self, layout: &Layout, value: u64) {
        self.add_bucket(layout.bucket(value), 1);
    }

    /// Forgets all values, and keeps the room for others.
    pub(crate) fn clear(&mut self) {
        self.buckets.clear();
    }

    /// Adds `count` (may be negative) to a bucket.
    pub fn add_bucket(&mut self, bucket: u32, count: i64) {
        // Stored buckets are read in their order.
        if self.buckets.last().is_none_or(|(last, _)| *last < bucket) {
            if count != 0 {
                self.buckets.push((bucket, count));
            }
            return;
        }
        match self.buckets.binary_search_by_key(&bucket, |(b, _)| *b) {
            Ok(i) => {
                if let Some(entry) = self.buckets.get_mut(i) {
                    entry.1 = entry.1.saturating_add(count);
                    if entry.1 == 0 {
                        self.buckets.remove(i);
                    }
                }
            }
            Err(i) if count != 0 => self.buckets.insert(i, (bucket, count)),
            Err(_) => {}
        }
    }

    /// Adds another histogram of the same layout, `sign` times (1 or -1).
    pub fn merge(&mut self, other: &Hist, sign: i64) {
        if self.buckets.is_empty() && sign == 1 {
            self.buckets.extend_from_slice(&other.buckets);
            return;
        }
        if self.merge_in_place(other, sign) {
            return;
        }
        // Each new bucket in the midst of many moves those behind it; few are worth it.
        if other.buckets.len().saturating_mul(8) < self.buckets.len() {
            for (bucket, count) in &other.buckets {
                self.add_bucket(*bucket, count.saturating_mul(sign));
            }
            return;
        }
        let own = std::mem::take(&mut self.buckets);
        self.buckets
            .reserve(own.len().saturating_add(other.buckets.len()));
        let mut own = own.into_iter().peekable();
        for (bucket, count) in &other.buckets {
            while let Some(before) = own.next_if(|(before, _)| before < bucket) {
                self.buckets.push(before);
            }
            let same = own.next_if(|(same, _)| same == bucket);
            let sum = same
                .map_or(0, |(_, count)| count)
                .saturating_add(count.saturating_mul(sign));
            if sum != 0 {
                self.buckets.push((*bucket, sum));
            }
        }
        self.buckets.extend(own);
    }

    /// The same where no bucket comes or goes, as in most minutes of a window; whether it was so.
    fn merge_in_place(&mut self, other: &Hist, sign: i64) -> bool {
        let sum = |own: i64, count: i64| own.saturating_add(count.saturating_mul(sign));
        let mut from = 0_usize;
        for (bucket, count) in &other.buckets {
            let rest = self.buckets.get(from..).unwrap_or(&[]);
            let found = rest.binary_search_by_key(bucket, |(bucket, _)| *bucket);
            let Ok(place) = found else { return false };
            let own = rest.get(place).map_or(0, |(_, own)| *own);
            if sum(own, *count) == 0 {
                return false;
            }
            from = from.saturating_add(place).saturating_add(1);
        }
        let mut own = self.buckets.iter_mut();
        for (bucket, count) in &other.buckets {
            if let Some((_, own)) = own.find(|(own, _)| own == bucket) {
                *own = sum(*own, *count);
            }
        }
        true
    }

    /// The buckets, lowest value first.
    #[must_use]
    pub fn buckets(&self) -> &[(u32, i64)] {
        &self.buckets
    }

    /// How many values were counted.
    #[must_use]
    pub fn count(&self) -> i64 {
        // Of a damaged histogram the counts can be any number.
        let counts = self.buckets.iter().map(|(_, count)| *count);
        counts.fold(0, i64::saturating_add)
    }

    /// The highest value of the bucket that holds the given per mille of all values; `None` when
    /// empty. 500 is the median, 950 the p95.
    #[must_use]
    pub fn per_mille(&self, layout: &Layout, per_mille: u32) -> Option<u64> {
        let count = self.count();
        let rank = count
            .saturating_mul(i64::from(per_mille))
            .saturating_add(999)
            .div_euclid(1000)
            .clamp(1, count.max(1));
        let mut seen: i64 = 0;
        for (bucket, n) in &self.buckets {
            seen = seen.saturating_add(*n);
            if seen >= rank {
                return Some(layout.highest(*bucket));
            }
        }
        None
    }

    /// The highest value of the highest bucket.
    #[must_use]
    pub fn max(&self, layout: &Layout) -> Option<u64> {
        self.buckets
            .last()
            .map(|(bucket, _)| layout.highest(*bucket))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_keep_two_digits() {
        let cases = [
            (0, 0),
            (1, 1),
            (255, 255),
            (256, 256),
            (257, 256),
            (2841, 2832),
            (3_600_000, 3_588_096),
            (9_999_999, 3_588_096),
        ];
        for (value, bucket) in cases {
            assert_eq!(Layout::latency().bucket(value), bucket, "{value}");
        }
    }

    #[test]
    fn counts_stand_still_at_their_bounds() {
        let mut hist = Hist::default();
        hist.add_bucket(1, i64::MAX);
        hist.add_bucket(2, 5);
        assert_eq!(hist.count(), i64::MAX);
        assert_eq!(hist.per_mille(Layout::latency(), 500), Some(1));
    }

    #[test]
    fn few_and_many_buckets_merge_alike() {
        let hist = |buckets: &[(u32, i64)]| {
            let mut hist = Hist::default();
            for (bucket, count) in buckets {
                hist.add_bucket(*bucket, *count);
            }
            hist
        };
        let many: Vec<(u32, i64)> = (1..40).map(|bucket| (bucket * 2, 1)).collect();
        let cases: [&[(u32, i64)]; 6] = [
            &[],
            &[(1, 5)],
            &[(2, -1), (78, 3)],
            &[(100, 1)],
            &[(3, 1), (4, -1), (5, 2), (6, 1), (90, 1), (91, 1)],
            &many,
        ];
        for (one, other) in cases
            .iter()
            .flat_map(|one| cases.map(|other| (*one, other)))
        {
            for sign in [1, -1] {
                let mut merged = hist(one);
                merged.merge(&hist(other), sign);
                let signed: Vec<(u32, i64)> =
                    other.iter().map(|(b, count)| (*b, count * sign)).collect();
                let expected = hist(&[one, signed.as_slice()].concat());
                assert_eq!(merged, expected, "{one:?} {other:?} {sign}");
            }
        }
    }

    #[test]
    fn adds_and_subtracts() {
        let mut all = Hist::default();
        let mut part = Hist::default();
        for value in [5, 5, 900, 2841] {
            all.record(Layout::latency(), value);
            part.record(Layout::latency(), value);
        }
        all.merge(&part, 1);
        assert_eq!(all.count(), 8);
        assert_eq!(all.per_mille(Layout::latency(), 500), Some(5));
        assert_eq!(all.per_mille(Layout::latency(), 950), Some(2847));
        assert_eq!(all.max(Layout::latency()), Some(2847));
        all.merge(&part, -1);
        assert_eq!(all, part);
        all.merge(&part, -1);
        assert_eq!(all, Hist::default());
        assert_eq!(all.per_mille(Layout::latency(), 500), None);
    }
}
