//! Where records come from: bytes with a position.
//!
//! Knows no format's fields and no ledger; a source hands out bytes and takes back a position. A
//! newcomer may ask where Kafka goes: beside [`mod@file`], with the same two halves.

pub mod csv_rows;
pub mod file;
pub mod list;
pub mod split;
