//! Transports without a server: a folder, programs that fail, and an HTTP listener of our own.
//!
//! Knows no mail server; those are tests/smtp.rs.
