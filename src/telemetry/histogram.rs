//! Counts by fixed buckets.
//!
//! Knows no name and no unit. A newcomer may ask why not the books' own histogram: that one has
//! hundreds of buckets for exact quantiles, a page that is scraped every few seconds needs ten.

/// How often values up to each bound came.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    bounds: &'static [u64],
    /// One more than bounds: the last holds what is above all.
    counts: Vec<u64>,
    sum: u64,
}

impl Histogram {
    /// Without values; `bounds` rise.
    pub(super) fn new(bounds: &'static [u64]) -> Histogram {
        Histogram {
            bounds,
            counts: vec![0; bounds.len().saturating_add(1)],
            sum: 0,
        }
    }

    /// One more value.
    pub(super) fn add(&mut self, value: u64) {
        let place = self.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = self.counts.get_mut(place) {
            *count = count.saturating_add(1);
        }
        self.sum = self.sum.saturating_add(value);
    }

    /// Each bound, and how many values lie at or below it.
    pub(super) fn cumulative(&self) -> impl Iterator<Item = (u64, u64)> {
        let sums = self.counts.iter().scan(0_u64, |sum, count| {
            *sum = sum.saturating_add(*count);
            Some(*sum)
        });
        self.bounds.iter().copied().zip(sums)
    }

    /// Sum of all values.
    pub(super) fn sum(&self) -> u64 {
        self.sum
    }

    /// How many values.
    pub(super) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_each_value_at_its_bound() {
        let mut histogram = Histogram::new(&[10, 100]);
        for value in [0, 10, 11, 100, 101, 5_000] {
            histogram.add(value);
        }
        let cumulative: Vec<_> = histogram.cumulative().collect();
        assert_eq!(cumulative, [(10, 2), (100, 4)]);
        assert_eq!((histogram.count(), histogram.sum()), (6, 5_222));
    }
}
