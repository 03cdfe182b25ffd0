//! A small seeded generator: the same seed makes the same inputs on every machine.
//!
//! Knows no input. A newcomer may ask why not the crate that property tests use: ten million runs
//! want a few instructions a number, and nothing of distributions.

/// `SplitMix64`.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Rng {
        Rng(seed)
    }

    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `n`; 0 where there is none.
    pub fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n).unwrap().max(1);
        usize::try_from(self.word() % n).unwrap()
    }

    pub fn byte(&mut self) -> u8 {
        self.word().to_le_bytes()[0]
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.word().is_multiple_of(n)
    }

    pub fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    pub fn of<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// A number as data has them: mostly small, often at an edge of a type.
    pub fn number(&mut self) -> u64 {
        let word = self.word();
        match self.below(6) {
            0 => word % 4,
            1 | 2 => word % 5_000,
            3 => word % 10_000_000_000,
            4 => (1_u64 << (word % 64))
                .wrapping_add(word >> 32 & 3)
                .wrapping_sub(1),
            _ => word,
        }
    }
}
