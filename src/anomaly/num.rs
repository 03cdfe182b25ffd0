//! Small numbers of the detectors: whole ones as real ones, half-lives as weights, state as bytes.
//!
//! Knows no detector. A newcomer may ask why state is kept in 32 bits: seven digits are more than an
//! average of traffic has, and half the bytes are half the ledger's work.

use crate::varint;

/// A whole number as a real one.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "a score needs no more than 53 bits of a count"
)]
pub(super) fn real(n: u64) -> f64 {
    n as f64
}

/// A real number as state keeps it.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "rounding to 32 bits is what this function is for"
)]
pub(super) fn narrow(x: f64) -> f32 {
    x as f32
}

/// What one further value weighs in an average with this half-life, in values.
pub(super) fn gain(half_life: f64) -> f64 {
    1.0 - (-std::f64::consts::LN_2 / half_life).exp()
}

/// Moves an average towards a value.
pub(super) fn lean(mean: &mut f32, value: f64, gain: f64) {
    let old = f64::from(*mean);
    *mean = narrow(old + gain * (value - old));
}

/// State on its way into bytes.
pub(super) struct Out(pub(super) Vec<u8>);

impl Out {
    pub(super) fn real(&mut self, x: f32) {
        self.0.extend_from_slice(&x.to_bits().to_le_bytes());
    }

    pub(super) fn wide(&mut self, x: f64) {
        self.0.extend_from_slice(&x.to_bits().to_le_bytes());
    }

    pub(super) fn whole(&mut self, n: u64) {
        varint::put(&mut self.0, n);
    }

    pub(super) fn signed(&mut self, n: i64) {
        varint::put_signed(&mut self.0, n);
    }

    pub(super) fn byte(&mut self, n: u8) {
        self.0.push(n);
    }
}

/// Bytes on their way back.
pub(super) struct In<'a>(pub(super) &'a [u8]);

impl In<'_> {
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    /// A finite number; anything else was not written here.
    pub(super) fn real(&mut self) -> Option<f32> {
        let x = f32::from_bits(u32::from_le_bytes(self.bytes()?));
        x.is_finite().then_some(x)
    }

    /// A finite number that is not negative.
    pub(super) fn wide(&mut self) -> Option<f64> {
        let x = f64::from_bits(u64::from_le_bytes(self.bytes()?));
        (x.is_finite() && x >= 0.0).then_some(x)
    }

    pub(super) fn whole(&mut self) -> Option<u64> {
        varint::take(&mut self.0)
    }

    pub(super) fn small<N: TryFrom<u64>>(&mut self) -> Option<N> {
        N::try_from(self.whole()?).ok()
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        varint::take_signed(&mut self.0)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        Some(u8::from_le_bytes(self.bytes()?))
    }
}
