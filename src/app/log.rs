//! Log lines: where they go, in what form, and from which level on.
//!
//! Knows no job. A newcomer may ask what a level means here: error, a figure may be missing until a
//! person acts; warn, it is dealt with, but look; info, a milestone; debug, each batch; trace, all.

use std::io::IsTerminal;

use tracing_subscriber::filter::LevelFilter;

use crate::config::{LogFormat, LogLevel};

use super::Failure;

/// The environment variable that names the least level.
pub const LEVEL_ENV: &str = "TOLLWATCH_LOG";

/// Words of the levels, the gravest first.
pub const LEVELS: [(&str, LogLevel); 5] = [
    ("error", LogLevel::Error),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
    ("trace", LogLevel::Trace),
];

/// The least level: what the option says, else what [`LEVEL_ENV`] says, else the configuration.
///
/// # Errors
/// A word that is no level, with where it was written.
pub fn level(
    option: Option<&str>,
    environment: Option<&str>,
    configured: LogLevel,
) -> Result<LogLevel, Failure> {
    let written = [("--log-level", option), (LEVEL_ENV, environment)];
    let said = written.iter().find_map(|(place, word)| {
        let word = word.filter(|word| !word.is_empty())?;
        Some((*place, word))
    });
    let Some((place, word)) = said else {
        return Ok(configured);
    };
    let known = LEVELS.iter().find(|(name, _)| *name == word);
    known.map(|(_, level)| *level).ok_or_else(|| {
        let words = LEVELS.map(|(name, _)| name).join("`, `");
        Failure::Usage(format!(
            "`{word}` of `{place}` is no level; there are `{words}`"
        ))
    })
}

/// Lines go to standard error from now on, in colour where a terminal reads them and `NO_COLOR` is
/// not set. A second logger in one process stays silent; the first is at work.
pub fn start(format: LogFormat, level: LogLevel) {
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|word| !word.is_empty());
    let colour = std::io::stderr().is_terminal() && !no_colour;
    let builder = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(colour)
        .with_target(false)
        .with_max_level(filter(level));
    drop(match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    });
}

fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_on_the_level_counts() {
        let cases = [
            (None, None, Ok(LogLevel::Warn)),
            (None, Some(""), Ok(LogLevel::Warn)),
            (None, Some("debug"), Ok(LogLevel::Debug)),
            (Some("error"), Some("debug"), Ok(LogLevel::Error)),
            (Some("error"), Some("loud"), Ok(LogLevel::Error)),
            (
                Some("loud"),
                Some("debug"),
                Err(
                    "`loud` of `--log-level` is no level; there are `error`, `warn`, `info`, `debug`, `trace`",
                ),
            ),
            (
                None,
                Some("INFO"),
                Err(
                    "`INFO` of `TOLLWATCH_LOG` is no level; there are `error`, `warn`, `info`, `debug`, `trace`",
                ),
            ),
        ];
        for (option, environment, wanted) in cases {
            let found = level(option, environment, LogLevel::Warn);
            let found = found.map_err(|failure| failure.to_string());
            assert_eq!(
                found,
                wanted.map_err(str::to_owned),
                "{option:?} {environment:?}"
            );
        }
    }
}
