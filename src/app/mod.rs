//! Where all meet: what the commands do, without their arguments and exit codes.
//!
//! Knows no argument and no terminal.

pub mod simulate;
