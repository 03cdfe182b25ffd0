//! What the points of a window add up to by now, as stored bytes.
//!
//! Knows no measurement: a series is a number here. A newcomer may ask why a series that came to
//! nothing keeps its row: its next point must have a `rev` that was never used.

use std::collections::BTreeMap;

use super::body::Body;
use crate::varint::{put, take};

/// First byte of the stored form.
const VERSION: u8 = 1;

/// By number of the series: the latest `rev`, and the sum over all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Emitted(BTreeMap<u32, (u32, Body)>);

impl Emitted {
    /// Latest `rev` and sum of a series; `None` when it has no point in this window.
    #[must_use]
    pub fn get(&self, series: u32) -> Option<&(u32, Body)> {
        self.0.get(&series)
    }

    /// Every series with a point in this window, its latest `rev` and its sum.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &(u32, Body))> {
        self.0.iter().map(|(series, row)| (*series, row))
    }

    /// Adds a further point of a series.
    pub fn add(&mut self, series: u32, rev: u32, body: &Body) {
        let row = self.0.entry(series).or_default();
        row.0 = row.0.max(rev);
        row.1.add(body, 1);
    }

    /// Adds its sums to those of other windows.
    pub fn sum_into(&self, sums: &mut BTreeMap<u32, Body>) {
        for (series, (_, body)) in &self.0 {
            sums.entry(*series).or_default().add(body, 1);
        }
    }

    /// As bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        put(&mut bytes, u64::try_from(self.0.len()).unwrap_or(0));
        let mut last = 0_u32;
        for (series, (rev, body)) in &self.0 {
            put(&mut bytes, u64::from(series - last));
            put(&mut bytes, u64::from(*rev));
            body.encode(&mut bytes);
            last = *series;
        }
        bytes
    }

    /// Reads [`Emitted::encode`]; `None` when the bytes are none.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Emitted> {
        let (version, mut rest) = bytes.split_first()?;
        if *version != VERSION {
            return None;
        }
        let rest = &mut rest;
        let mut rows = BTreeMap::new();
        let mut series = 0_u32;
        for _ in 0..take(rest)? {
            series = series.checked_add(u32::try_from(take(rest)?).ok()?)?;
            let rev = u32::try_from(take(rest)?).ok()?;
            rows.insert(series, (rev, Body::decode(rest)?));
        }
        rest.is_empty().then_some(Emitted(rows))
    }
}
