//! x

mod at;
mod hint;
mod read;
mod written;
