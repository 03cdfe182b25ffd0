//! Rules tried out: cases beside them, and the books of the past.
//!
//! Knows no arguments and no terminal. A newcomer may ask why both go through the same watch and desk as
//! the daemon: a rule that was tried by other code was not tried.

mod facts;
mod trial;
mod words;

pub use trial::{Fired, Ran, Wrong, run};
pub use words::describe;
