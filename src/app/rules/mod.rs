//! Rules tried out: cases beside them, and the books of the past.
//!
//! Knows no arguments and no terminal. A newcomer may ask why both go through the same watch and desk as
//! the daemon: a rule that was tried by other code was not tried.

mod backtest;
mod facts;
mod trial;
mod waits;
mod words;

use std::path::Path;

use crate::app::Failure;

pub use backtest::{Backtest, Mailed, OfRule, backtest, extent};
pub use trial::{Fired, Ran, Wrong, run, shown};
pub use waits::waits;
pub use words::describe;

/// Name and text of a file, or of those in a folder that have this ending, by name.
///
/// # Errors
/// What cannot be read.
pub fn texts(path: &Path, ending: &str) -> Result<Vec<(String, String)>, Failure> {
    let mut paths = vec![path.to_owned()];
    if path.is_dir() {
        let entries = std::fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
        paths = entries.into_iter().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|own| own == ending));
        paths.sort();
    }
    let read = |path: &Path| {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| std::io::Error::new(error.kind(), format!("{name}: {error}")))?;
        Ok((name, text))
    };
    paths.iter().map(|path| read(path)).collect()
}
