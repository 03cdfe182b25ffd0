//! Alerts where ledger and rules meet.
//!
//! Knows no mail server and no page. A newcomer may ask why the explanation of an alert is made
//! apart from its finding: rules are judged every minute for every series, the books are searched
//! only for what somebody is told.

mod around;
mod compose;
mod digest;
mod evaluate;
mod event;
pub mod explain;
mod feedback;
mod hook;
pub(in crate::app) mod judging;
mod links;
mod listing;
mod looked;
#[cfg(test)]
mod months;
mod orders;
pub(in crate::app) mod past;
mod post;
pub(in crate::app) mod reading;
mod relive;

pub use around::{audit_row, desk};
pub use compose::test_mail;
pub use evaluate::Evaluator;
pub use judging::{Judging, Law};
pub use links::{LASTS_MS, Signed, matcher_of_episode, sign};
pub use listing::{Told, episode, episodes, silences, steps, told, view};
pub use looked::{Evaluated, Looked, Told as Written};
pub use orders::{obey, order};
pub use post::{Fallback, Out, Tried, post};
pub use relive::relive;
