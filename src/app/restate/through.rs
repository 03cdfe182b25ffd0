//! Asks the daemon that writes a ledger to restate it.
//!
//! Knows no rule and no table. A newcomer may ask why a broken connection is no failure here: the
//! books say whether the correction is in them, and whoever asked looks there.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::app::setup::Setup;
use crate::app::{Failure, Progress};
use crate::episode::Order;
use crate::ledger::Span;

use super::wire::{Ask, LINE_MAX, Say, VERSION, mark, socket};

/// How long the daemon may take to say who it is.
const HELLO: Duration = Duration::from_secs(5);
/// How long a changed file may take to become the daemon's configuration.
const TAKE_OVER: Duration = Duration::from_secs(8);
/// Pause between two questions for it.
const PAUSE: Duration = Duration::from_millis(500);

/// The daemon that writes a ledger.
#[derive(Clone, Debug)]
pub struct Door {
    socket: PathBuf,
}

/// What became of a correction that the daemon was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is in the books.
    Done {
        /// Its number.
        number: u64,
        /// The call lines that it read.
        lines: u64,
    },
    /// Nothing was changed, and why.
    Refused(String),
    /// The daemon went away before it said; the books know.
    Lost,
}

impl Door {
    /// The daemon that writes `ledger`, once it judges by the same configuration as `setup`; `None`
    /// where none answers.
    ///
    /// # Errors
    /// [`Failure::Usage`] where its configuration is another one.
    pub fn knock(ledger: &Path, setup: &Setup) -> Result<Option<Door>, Failure> {
        let door = Door {
            socket: socket(ledger),
        };
        let ours = mark(&setup.ready.canonical);
        let until = Instant::now() + TAKE_OVER;
        loop {
            let Some(Say::Hello { version, config }) = door.hello() else {
                return Ok(None);
            };
            if version != VERSION {
                return Err(Failure::Usage(
                    "the daemon that writes this ledger is of another version; restart it, or stop \
                     it and restate without it"
                        .to_owned(),
                ));
            }
            if config == ours {
                return Ok(Some(door));
            }
            if Instant::now() >= until {
                return Err(Failure::Usage(
                    "the daemon that writes this ledger judges by another configuration than this \
                     one, and what it books would not fit what is restated: name the \
                     `--config` that it runs with; where the file was changed and it did not take it \
                     over, its log says why"
                        .to_owned(),
                ));
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn hello(&self) -> Option<Say> {
        let ask = Ask::Hello { version: VERSION };
        let mut heard = self.ask(&ask, Some(HELLO)).ok()?;
        heard.next()
    }

    /// Has an order about alerts obeyed: what was done, or why it was not; `None` where the daemon went
    /// away before it said.
    ///
    /// # Errors
    /// Where the daemon cannot be asked; then nothing was changed.
    pub fn order(&self, order: &Order) -> Result<Option<Result<String, String>>, Failure> {
        let ask = Ask::Alert {
            version: VERSION,
            order: order.clone(),
        };
        let heard = self.ask(&ask, None)?.find_map(|said| match said {
            Say::Ordered { done } => Some(Ok(done)),
            Say::Refused { why } => Some(Err(why)),
            Say::Hello { .. } | Say::Restating { .. } | Say::Done { .. } => None,
        });
        Ok(heard)
    }

    /// The daemon that writes `ledger`, whatever it judges by; `None` where none answers.
    ///
    /// # Errors
    /// [`Failure::Usage`] where it is of another version.
    pub fn knock_for_orders(ledger: &Path) -> Result<Option<Door>, Failure> {
        let door = Door {
            socket: socket(ledger),
        };
        match door.hello() {
            Some(Say::Hello { version, .. }) if version == VERSION => Ok(Some(door)),
            Some(Say::Hello { .. }) => Err(Failure::Usage(
                "the daemon that writes this ledger is of another version; restart it".to_owned(),
            )),
            Some(
                Say::Restating { .. }
                | Say::Done { .. }
                | Say::Ordered { .. }
                | Say::Refused { .. },
            )
            | None => Ok(None),
        }
    }

    /// Has a span restated. What the daemon does ends with this process: whoever is gone before the
    /// correction is whole has changed nothing.
    ///
    /// # Errors
    /// Where the daemon cannot be asked; then nothing was changed.
    pub fn restate(
        &self,
        setup: &Setup,
        (span, reason): (Span, &str),
        progress: &mut dyn Progress,
    ) -> Result<Answer, Failure> {
        let ask = Ask::Restate {
            version: VERSION,
            config: mark(&setup.ready.canonical),
            from: span.from.0,
            to: span.to.0,
            reason: reason.to_owned(),
        };
        let mut begun = false;
        let mut answer = Answer::Lost;
        for said in self.ask(&ask, None)? {
            match said {
                Say::Restating { hours, of, lines } => {
                    if !std::mem::replace(&mut begun, true) {
                        progress.begin("restating", of);
                    }
                    progress.at(hours, lines);
                }
                Say::Done { number, lines } => answer = Answer::Done { number, lines },
                Say::Refused { why } => answer = Answer::Refused(why),
                Say::Hello { .. } | Say::Ordered { .. } => {}
            }
        }
        if begun {
            progress.end();
        }
        Ok(answer)
    }

    /// Sends a question; what is said to it, until the daemon has no more to say.
    fn ask(&self, ask: &Ask, wait: Option<Duration>) -> io::Result<impl Iterator<Item = Say>> {
        let mut stream = UnixStream::connect(&self.socket)?;
        stream.set_write_timeout(Some(HELLO))?;
        stream.set_read_timeout(wait)?;
        let mut line = serde_json::to_string(ask)?;
        line.push('\n');
        stream.write_all(line.as_bytes())?;
        let mut heard = BufReader::new(stream);
        Ok(std::iter::from_fn(move || {
            let mut line = String::new();
            heard.by_ref().take(LINE_MAX).read_line(&mut line).ok()?;
            serde_json::from_str(&line).ok()
        }))
    }
}
