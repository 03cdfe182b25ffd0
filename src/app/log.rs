//! Log lines: where they go, in what form, and from which level on.
//!
//! Knows no job. A newcomer may ask what a level means here: error, a figure may be missing until a
//! person acts; warn, it is dealt with, but look; info, a milestone; debug, each batch; trace, all.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

use crate::config::{LogFormat, LogLevel};
use crate::telemetry::{Repeats, Said, Say};

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

/// How often a fault that goes on is said.
const SAID_EVERY: Duration = Duration::from_mins(5);

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

/// Changes the level of a logger at work.
pub struct Control(Option<reload::Handle<LevelFilter, Registry>>);

/// Lines go to standard error from now on, in colour where a terminal reads them and `NO_COLOR` is
/// not set. A second logger in one process stays silent; the first is at work.
#[must_use]
pub fn start(format: LogFormat, level: LogLevel) -> Control {
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|word| !word.is_empty());
    let colour = std::io::stderr().is_terminal() && !no_colour;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(colour)
        .with_target(false);
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    let (filter, handle) = reload::Layer::new(filter(level));
    let begun = tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .try_init();
    Control(begun.is_ok().then_some(handle))
}

impl Control {
    /// The least level from now on, as a configuration read again says.
    pub fn set_level(&self, level: LogLevel) {
        if let Some(handle) = &self.0 {
            // It fails when the logger is gone; then nobody reads lines.
            drop(handle.reload(filter(level)));
        }
    }
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

/// How grave a fault is for the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grave {
    /// A figure may be missing until a person acts: logged as error.
    Missing,
    /// It is dealt with: logged as warning.
    Handled,
}

/// Faults of a running daemon, said once and then counted.
pub struct Faults(Repeats);

impl Default for Faults {
    fn default() -> Faults {
        Faults(Repeats::new(SAID_EVERY))
    }
}

impl Faults {
    /// A fault at `site`; `text` tells it from others and holds no number that changes each time.
    pub fn came(&mut self, grave: Grave, site: &str, text: &str, now: Instant) {
        let (times, lasted) = match self.0.came(site, text, now) {
            None => return,
            Some(Say::First) => (1, Duration::ZERO),
            Some(Say::Again { times, lasted } | Say::Over { times, lasted }) => (times, lasted),
        };
        let lasted_s = lasted.as_secs();
        match grave {
            Grave::Missing => tracing::error!(site, times, lasted_s, "{text}"),
            Grave::Handled => tracing::warn!(site, times, lasted_s, "{text}"),
        }
    }

    /// `site` works again.
    pub fn over(&mut self, site: &str) {
        tell_over(&self.0.over(site));
    }

    /// Asked now and then: faults that no longer come are over.
    pub fn tick(&mut self, now: Instant) {
        tell_over(&self.0.faded(now));
    }
}

fn tell_over(ended: &[Said]) {
    for Said { site, text, say } in ended {
        if let Say::Over { times, lasted } = say {
            let lasted_s = lasted.as_secs();
            tracing::info!(site = site.as_str(), times, lasted_s, "over: {text}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

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

    /// Where lines of a test go.
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_fault_is_one_line_then_a_count_then_over() {
        let paper = Paper::default();
        let pen = paper.clone();
        let logger = tracing_subscriber::fmt()
            .with_writer(move || pen.clone())
            .with_ansi(false)
            .with_target(false)
            .without_time()
            .finish();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        tracing::subscriber::with_default(logger, || {
            let mut faults = Faults::default();
            for seconds in [0, 10, 20, 300] {
                faults.came(Grave::Handled, "source main", "no broker", at(seconds));
            }
            faults.came(Grave::Missing, "ledger", "disk full", at(301));
            faults.over("source main");
            faults.tick(at(400));
            faults.tick(at(901));
        });
        let said = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<&str> = said.lines().map(str::trim).collect();
        let wanted = [
            r#"WARN no broker site="source main" times=1 lasted_s=0"#,
            r#"WARN no broker site="source main" times=3 lasted_s=300"#,
            r#"ERROR disk full site="ledger" times=1 lasted_s=0"#,
            r#"INFO over: no broker site="source main" times=4 lasted_s=300"#,
            r#"INFO over: disk full site="ledger" times=1 lasted_s=0"#,
        ];
        assert_eq!(lines, wanted);
    }
}
