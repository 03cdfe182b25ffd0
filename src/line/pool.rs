//! Numbers for things seen more than once, and the plain hash behind them.
//!
//! Knows no line. A newcomer may ask why a hash of our own: it is asked ten times for each record,
//! about short texts of one batch, and the tables live no longer than the batch.

#![expect(
    clippy::disallowed_types,
    reason = "looked up for each record and never written in its order"
)]

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// Multiplies and turns, a word at a time.
#[derive(Default)]
pub(crate) struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            for (to, from) in last.iter_mut().zip(rest) {
                *to = *from;
            }
            self.write_u64(u64::from_le_bytes(last));
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(u64::from(number));
    }

    fn write_u16(&mut self, number: u16) {
        self.write_u64(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        let mixed = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 29);
    }

    fn write_i64(&mut self, number: i64) {
        self.write_u64(number.cast_unsigned());
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(u64::try_from(number).unwrap_or(u64::MAX));
    }

    fn write_isize(&mut self, number: isize) {
        self.write_usize(number.cast_unsigned());
    }
}

/// A map for lookups within a batch.
pub(crate) type PlainMap<K, V> = HashMap<K, V, BuildHasherDefault<Mix>>;

/// Gives things numbers from 0 in the order of their first sight.
pub(crate) struct Pool<K> {
    numbers: PlainMap<K, u32>,
    things: Vec<K>,
}

impl<K: Hash + Eq + Copy> Pool<K> {
    /// An empty pool.
    pub(crate) fn new() -> Pool<K> {
        Pool {
            numbers: PlainMap::default(),
            things: Vec::new(),
        }
    }

    /// The number of a thing.
    pub(crate) fn number(&mut self, thing: K) -> u32 {
        if let Some(number) = self.numbers.get(&thing) {
            return *number;
        }
        let number = u32::try_from(self.things.len()).unwrap_or(u32::MAX);
        self.numbers.insert(thing, number);
        self.things.push(thing);
        number
    }

    /// The thing of a number.
    pub(crate) fn get(&self, number: u32) -> Option<K> {
        self.things.get(usize::try_from(number).ok()?).copied()
    }

    /// All things, by number.
    pub(crate) fn things(&self) -> &[K] {
        &self.things
    }
}
