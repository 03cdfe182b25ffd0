//! A blocked Bloom filter over 64-bit keys that are hashes already.
//!
//! Knows no hour and no file. A newcomer may ask why blocked: each lookup touches one cache line,
//! and a record asks three filters.

/// Bits per key; with seven bits set of 512 about one key in seventy is a false alarm.
const BITS_PER_KEY: usize = 10;
/// Bits set per key.
const PROBES: u32 = 7;

/// Answers "certainly not" or "perhaps".
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    blocks: Vec<[u64; 8]>,
    room: usize,
}

impl Filter {
    /// A filter for about `room` keys.
    pub(super) fn for_keys(room: usize) -> Filter {
        let blocks = room.saturating_mul(BITS_PER_KEY).div_ceil(512);
        Filter {
            blocks: vec![[0; 8]; blocks],
            room,
        }
    }

    /// How many keys it was made for.
    pub(super) fn room(&self) -> usize {
        self.room
    }

    /// Memory in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.blocks.len().saturating_mul(64)
    }

    /// Which block a key lies in, and the seed of its bits.
    fn place(&self, key: u64) -> (usize, u64) {
        let mixed = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let blocks = u128::try_from(self.blocks.len()).unwrap_or(0);
        let block = (u128::from(mixed) * blocks) >> 64;
        (
            usize::try_from(block).unwrap_or(0),
            (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9),
        )
    }

    /// Word and bit of each probe.
    fn probes(seed: u64) -> impl Iterator<Item = (usize, u64)> {
        (0..PROBES).map(move |probe| {
            let bits = seed >> (probe * 9);
            let word = usize::try_from((bits >> 6) & 7).unwrap_or(0);
            (word, 1_u64 << (bits & 63))
        })
    }

    /// Remembers a key.
    pub(super) fn add(&mut self, key: u64) {
        let (block, seed) = self.place(key);
        if let Some(block) = self.blocks.get_mut(block) {
            for (word, bit) in Filter::probes(seed) {
                if let Some(word) = block.get_mut(word) {
                    *word |= bit;
                }
            }
        }
    }

    /// Whether the key may be there; `false` is certain.
    pub(super) fn may_have(&self, key: u64) -> bool {
        let (block, seed) = self.place(key);
        self.blocks.get(block).is_some_and(|block| {
            Filter::probes(seed).all(|(word, bit)| block.get(word).is_some_and(|w| w & bit != 0))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_denies_what_is_there_and_seldom_claims_what_is_not() {
        let key = |i: u64| twox_hash::XxHash3_64::oneshot(&i.to_le_bytes()) & !3;
        let mut filter = Filter::for_keys(50_000);
        for i in 0..50_000 {
            filter.add(key(i));
        }
        assert!((0..50_000).all(|i| filter.may_have(key(i))));
        let alarms = (50_000..150_000)
            .filter(|i| filter.may_have(key(*i)))
            .count();
        assert!(alarms < 2_500, "{alarms} false alarms in 100,000");
        assert!(!Filter::default().may_have(4));
    }
}
