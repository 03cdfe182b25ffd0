//! The books as series of points: names, tags, fields, differences, and the bytes of a line.
//!
//! Knows no ledger, no server and no clock. A newcomer may ask why a point is never corrected: what
//! comes late goes out as a further point that holds the difference, under the next number of the
//! tag `rev`, so that a sum over any range is right whatever a server does with a point that it is
//! told twice.

mod admitted;
mod alerts;
mod body;
mod emitted;
mod key;
mod line;
mod names;
mod point;
mod window;

pub use admitted::{Admitted, SeriesRow};
pub use alerts::AlertPoint;
pub use body::{Body, Readings, Sum};
pub use emitted::Emitted;
pub use key::{NONE, OTHER, SeriesKey, tag_value};
pub use line::Line;
pub use names::{DURATION_BOUNDS, LATENCY_BOUNDS, Measurement, PROMPT_BOUNDS};
pub use point::{Point, additive_fields};
pub use window::{
    Applications, Beside, Cells, Differences, Target, add_link, differences, series_of,
};

#[cfg(test)]
mod tests;
