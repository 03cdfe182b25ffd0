//! Mails read as their readers read them.
//!
//! Knows no server.
