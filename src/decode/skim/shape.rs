//! The keys of the row before: the rows of a table mostly have the same ones, in the same order.
//!
//! Knows no values. A newcomer may ask what it spares: a key that stands where it stood before is told
//! by one comparison, and keys that were looked through once need not be searched for twins again.

use std::cell::RefCell;

use super::key;
use super::scanner::{Scanner, same};

/// Rows that must differ, one after the other, before another one's keys are learned.
const MISSES: u32 = 8;
/// Longer rows are not learned from.
const LEARNED_MAX: usize = 64 * 1024;

thread_local! {
    /// What it holds changes no answer, only how soon it is found.
    static LAST: RefCell<Shape> = const { RefCell::new(Shape::none(MISSES)) };
}

/// The keys of a row in their order, no two alike.
struct Shape {
    keys: Vec<Known>,
    misses: u32,
}

impl Shape {
    const fn none(misses: u32) -> Shape {
        Shape {
            keys: Vec::new(),
            misses,
        }
    }
}

struct Known {
    /// With its quotes and colon.
    written: Box<[u8]>,
    bit: u64,
}

impl Known {
    fn name(&self) -> &[u8] {
        let end = self.written.len().saturating_sub(2);
        self.written.get(1..end).unwrap_or_default()
    }
}

/// How a row goes along with the keys of the one before.
pub(super) struct Course<'a> {
    shape: Shape,
    /// How many keys were as before.
    place: usize,
    follows: bool,
    /// The row's keys, where they are to be learned.
    learns: Option<Vec<(&'a [u8], u64)>>,
}

impl<'a> Course<'a> {
    /// Before the first key of a row of so many bytes.
    pub(super) fn begin(bytes: usize) -> Course<'a> {
        let shape = LAST.replace(Shape::none(0));
        Course {
            learns: (shape.misses >= MISSES && bytes <= LEARNED_MAX).then(Vec::new),
            follows: true,
            place: 0,
            shape,
        }
    }

    /// Whether a key that was read is the one that stood there before, as all so far.
    pub(super) fn passes(&mut self, name: &'a [u8]) -> bool {
        let Some(known) = self.next().filter(|known| same(known.name(), name)) else {
            return false;
        };
        let bit = known.bit;
        self.go_on(name, bit);
        true
    }

    /// Reads the next key and its bit when it is the one that stood there before, as all so far.
    pub(super) fn read(&mut self, scanner: &mut Scanner<'a>) -> Option<(&'a [u8], u64)> {
        let known = self.next()?;
        let name = scanner.name_written(&known.written)?;
        let bit = known.bit;
        self.go_on(name, bit);
        Some((name, bit))
    }

    fn go_on(&mut self, name: &'a [u8], bit: u64) {
        self.place += 1;
        self.note(name, bit);
    }

    fn next(&self) -> Option<&Known> {
        self.shape.keys.get(self.place).filter(|_| self.follows)
    }

    /// The keys that were as before, once: when another one comes.
    pub(super) fn leave(&mut self) -> impl Iterator<Item = &[u8]> {
        let passed = if self.follows { self.place } else { 0 };
        self.follows = false;
        let passed = self.shape.keys.get(..passed).unwrap_or_default();
        let unread = passed.iter().filter(|known| !key::is_column(known.bit));
        unread.map(Known::name)
    }

    /// Takes note of a key.
    pub(super) fn note(&mut self, name: &'a [u8], bit: u64) {
        if let Some(learned) = &mut self.learns {
            learned.push((name, bit));
        }
    }

    /// The row ended well: no two of its keys are alike.
    pub(super) fn end(mut self) {
        match self.learns.take() {
            Some(learned) if !self.follows => {
                let known = |(name, bit): (&[u8], u64)| Known {
                    written: [b"\"", name, b"\":"].concat().into(),
                    bit,
                };
                self.shape.keys = learned.into_iter().map(known).collect();
                self.shape.misses = 0;
            }
            _ if self.follows => self.shape.misses = 0,
            _ => self.shape.misses = self.shape.misses.saturating_add(1),
        }
    }
}

impl Drop for Course<'_> {
    fn drop(&mut self) {
        LAST.set(std::mem::replace(&mut self.shape, Shape::none(0)));
    }
}
