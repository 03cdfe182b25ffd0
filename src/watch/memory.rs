//! What the books told of late, so that what they tell again can take its place exactly.
//!
//! Knows no window. A newcomer may ask why cells are kept as bytes: a day of minutes of many series is
//! read again only where late records come, and bytes are a tenth of the cells.

use std::collections::BTreeMap;

use crate::cell::Cell;
use crate::units::{DAY_MS, HOUR_MS, UnixMillis};
use crate::varint::{put, take};

use super::field::Values;
use super::keys::Family;

/// How far back minutes are kept: a day that clocks make longer, and an hour.
const KEPT_MS: i64 = 26 * HOUR_MS;
/// How far back the figures beside cells are kept.
const KEPT_BESIDE_MS: i64 = 9 * DAY_MS;
/// The most that minutes may take; then the oldest go.
const BYTES_MOST: usize = 128 << 20;

/// Minutes and hours told of late.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    minutes: BTreeMap<UnixMillis, Vec<u8>>,
    bytes: usize,
    beside: BTreeMap<(UnixMillis, Family), Vec<(usize, Values)>>,
}

fn number(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn encode(cells: &[(usize, Cell)]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(cells.len().saturating_mul(64));
    let mut body = Vec::new();
    for (key, cell) in cells {
        body.clear();
        cell.encode_into(&mut body);
        put(&mut bytes, number(*key));
        put(&mut bytes, number(body.len()));
        bytes.extend_from_slice(&body);
    }
    bytes.shrink_to_fit();
    bytes
}

fn decode(mut bytes: &[u8]) -> Vec<(usize, Cell)> {
    let mut cells = Vec::new();
    while let (Some(key), Some(length)) = (take(&mut bytes), take(&mut bytes)) {
        let key = usize::try_from(key).unwrap_or(usize::MAX);
        let split = usize::try_from(length).unwrap_or(usize::MAX);
        let Some((body, rest)) = bytes.split_at_checked(split) else {
            break;
        };
        cells.extend(Cell::decode(body).map(|cell| (key, cell)));
        bytes = rest;
    }
    cells
}

impl Memory {
    /// The first minute kept.
    pub(super) fn first(&self) -> Option<UnixMillis> {
        self.minutes.keys().next().copied()
    }

    /// A minute as it was told last; nothing where it was not.
    pub(super) fn minute(&self, at: UnixMillis) -> Vec<(usize, Cell)> {
        self.minutes
            .get(&at)
            .map_or_else(Vec::new, |bytes| decode(bytes))
    }

    /// All minutes kept, in order.
    pub(super) fn minutes(&self) -> impl Iterator<Item = (UnixMillis, Vec<(usize, Cell)>)> {
        self.minutes.iter().map(|(at, bytes)| (*at, decode(bytes)))
    }

    /// Keeps a minute; the oldest go.
    pub(super) fn keep(&mut self, at: UnixMillis, cells: &[(usize, Cell)]) {
        let bytes = encode(cells);
        self.bytes = self.bytes.saturating_add(bytes.len());
        if let Some(before) = self.minutes.insert(at, bytes) {
            self.bytes = self.bytes.saturating_sub(before.len());
        }
        let last = self.minutes.keys().next_back().copied().unwrap_or(at);
        let from = last.saturating_add(-KEPT_MS);
        while self.first().is_some_and(|first| first < from)
            || (self.bytes > BYTES_MOST && self.minutes.len() > 1)
        {
            if let Some((_, gone)) = self.minutes.pop_first() {
                self.bytes = self.bytes.saturating_sub(gone.len());
            }
        }
    }

    /// Keeps figures beside cells, and gives what stood in their place.
    pub(super) fn keep_beside(
        &mut self,
        at: UnixMillis,
        family: Family,
        figures: Vec<(usize, Values)>,
    ) -> Vec<(usize, Values)> {
        let before = self.beside.insert((at, family), figures);
        let last = self.beside.keys().next_back().map_or(at, |(last, _)| *last);
        let from = last.saturating_add(-KEPT_BESIDE_MS);
        while self
            .beside
            .first_key_value()
            .is_some_and(|(key, _)| key.0 < from)
        {
            self.beside.pop_first();
        }
        before.unwrap_or_default()
    }

    /// All figures beside cells, in order.
    pub(super) fn beside(
        &self,
    ) -> impl Iterator<Item = (UnixMillis, Family, &Vec<(usize, Values)>)> {
        self.beside
            .iter()
            .map(|((at, family), figures)| (*at, *family, figures))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Totals;

    #[test]
    fn minutes_come_back_and_old_ones_go() {
        let cells = |n: i64| {
            let totals = Totals {
                calls_ok: n,
                ..Totals::default()
            };
            vec![
                (
                    7,
                    Cell {
                        totals,
                        ..Cell::default()
                    },
                ),
                (300, Cell::default()),
            ]
        };
        let mut memory = Memory::default();
        let at = |minutes: i64| UnixMillis(minutes * 60_000);
        for minute in 0..2_000 {
            memory.keep(at(minute), &cells(minute));
        }
        memory.keep(at(1_990), &cells(5));
        assert_eq!(memory.first(), Some(at(1_999 - 26 * 60)));
        assert_eq!(memory.minute(at(3)), []);
        assert_eq!(memory.minute(at(1_990)), cells(5));
        assert_eq!(memory.minute(at(1_991)), cells(1_991));
        assert_eq!(memory.minutes().count(), 26 * 60 + 1);
    }
}
