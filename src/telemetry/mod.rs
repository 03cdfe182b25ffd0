//! What the daemon tells of itself: its metrics, its health, and how often a fault is said.
//!
//! Knows no source, ledger, socket or clock; those who do fill it in. A newcomer may ask why it is
//! not a set of global counters: a test makes its own, and one that forgets to fill it sees zeros.

mod alerts;
mod figures;
mod follower;
mod health;
mod histogram;
mod metric;
mod page;
mod render;
mod repeats;
mod state;
mod words;

#[cfg(test)]
mod tests;

pub use alerts::Judged;
pub use figures::{Booked, Figures, Partition};
pub use health::{Health, Stuck};
pub use metric::{Described, Kind, Metric};
pub use repeats::{Repeats, Said, Say};
pub use state::Coverage;
pub use words::{Beat, By, Delivery, FollowerError, Rebalance, Reload, SourceError, Try};
