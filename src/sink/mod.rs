//! Where frozen lines go: to databases that keep series.
//!
//! Knows no cell and no ledger: lines come as bytes with a number from an [`Outbox`], and what became
//! of each goes back there. A newcomer may ask why a line is refused here and not when it is made:
//! only the server knows which types its fields have and how far back it keeps points.

mod answer;
mod course;
mod deliver;
pub mod influx;
mod outbox;

#[cfg(test)]
mod tests;

pub use answer::{Answer, Refusal, Stopped};
pub use deliver::{Deliverer, Ended, Next, StopSign, Told, Worker, deliver};
pub use influx::Influx;
pub use outbox::{FrozenLine, Outbox};
