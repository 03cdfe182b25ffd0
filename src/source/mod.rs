//! Where records come from: bytes with a position.
//!
//! Knows no format's fields and no ledger; a source hands out bytes and takes back a position. A
//! newcomer may ask what files and Kafka share: nothing but this sentence, and both are short for it.

pub mod csv_rows;
pub mod file;
pub mod kafka;
pub mod list;
pub mod split;
