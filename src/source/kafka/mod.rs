//! Records from Kafka: a group's partitions, read from the positions that the books keep.
//!
//! The only folder that names `rdkafka`. Knows no books, no format and no alert. A newcomer may ask
//! why not Kafka's own transactions: figures and positions in one transaction of the ledger need
//! nothing of the brokers, and hold with any of them.

mod client;
mod consumer;
mod context;
mod fault;
mod letters;
mod look;
mod marks;
mod mock;
mod pattern;
mod sample;
mod seen;
mod token;

pub use consumer::{Aside, Consumer, Known, Record};
pub use context::{Change, Place, Said};
pub use fault::{Fault, FaultKind};
pub use letters::{Envelope, Letters};
pub use look::Topic;
pub use marks::{Mark, Marks, Resume, Watermarks, resume};
pub use mock::Mock;
pub use pattern::Pattern;
pub use sample::{Sample, Sampled};
pub use seen::{Seen, Standing, View};
