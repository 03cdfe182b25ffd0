//! Cells as bytes, and back.
//!
//! Knows no key and no file. A newcomer may ask why there is a way to leave prompts out: they come last, and whoever adds
//! up thousands of cells for a page does not ask for them.

use super::{Cell, Totals};
use crate::hist::Hist;
use crate::varint::{put, put_signed, take, take_signed};

impl Cell {
    /// The cell as bytes: for each list a count, then variable-length integers; totals that are 0
    /// are left out, buckets are stored as differences.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(96);
        self.encode_into(&mut bytes);
        bytes
    }

    /// Appends [`Cell::encode`] to bytes.
    pub fn encode_into(&self, bytes: &mut Vec<u8>) {
        self.totals.put(bytes);
        for hist in [&self.latency, &self.duration, &self.prompt] {
            put(bytes, u64::try_from(hist.buckets().len()).unwrap_or(0));
            let mut last = 0_u32;
            for (bucket, count) in hist.buckets() {
                put(bytes, u64::from(bucket.wrapping_sub(last)));
                put_signed(bytes, *count);
                last = *bucket;
            }
        }
    }

    /// Reads [`Cell::encode`]; `None` when the bytes are not such a cell.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Cell> {
        let mut cell = Cell::default();
        cell.decode_into(bytes).map(|()| cell)
    }

    /// The same in place of what this one holds, for whoever looks at many; after `None` it holds anything.
    pub fn decode_into(&mut self, mut bytes: &[u8]) -> Option<()> {
        self.take_times(&mut bytes)?;
        take_hist(&mut self.prompt, &mut bytes)?;
        bytes.is_empty().then_some(())
    }

    /// The same without the histogram of prompts, which is a third of the work and not even looked at.
    pub(crate) fn decode_times_into(&mut self, mut bytes: &[u8]) -> Option<()> {
        self.prompt.clear();
        self.take_times(&mut bytes)
    }

    fn take_times(&mut self, bytes: &mut &[u8]) -> Option<()> {
        self.totals = Totals::take(bytes)?;
        take_hist(&mut self.latency, bytes)?;
        take_hist(&mut self.duration, bytes)
    }
}

fn take_hist(hist: &mut Hist, bytes: &mut &[u8]) -> Option<()> {
    hist.clear();
    let mut bucket = 0_u32;
    for _ in 0..take(bytes)? {
        bucket = bucket.wrapping_add(u32::try_from(take(bytes)?).ok()?);
        hist.add_bucket(bucket, take_signed(bytes)?);
    }
    Some(())
}
