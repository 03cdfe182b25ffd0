//! Looks at everything that a configuration names: what works, how fast, what to do.
//!
//! Knows no terminal, changes nothing, joins no group. A newcomer may ask why it goes on after a
//! fault: whoever mends one thing wants to know the next as well.

mod alerts;
mod here;
mod influx;
mod kafka;

pub(crate) use influx::time as kept;

use std::path::Path;
use std::time::{Duration, Instant};

use crate::units::Millis;

use super::setup::Setup;

/// How a look ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It works.
    Works,
    /// It works, but look.
    Doubtful,
    /// It does not work.
    Fails,
}

impl State {
    /// All of them.
    pub const ALL: [State; 3] = [State::Works, State::Doubtful, State::Fails];

    /// The word for tables and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            State::Works => "works",
            State::Doubtful => "doubtful",
            State::Fails => "fails",
        }
    }
}

/// What a look found.
#[derive(Clone, Debug)]
pub struct Look {
    /// What belongs together: `ledger`, `listener`, or the name of a source or database.
    pub part: String,
    /// What was looked at.
    pub what: String,
    /// How it ended.
    pub state: State,
    /// What was found; no secret.
    pub found: String,
    /// What to do about it; empty where there is nothing to do.
    pub hint: String,
    /// How long the look took.
    pub took: Millis,
}

/// What a look found, before it is known how long it took.
struct Found {
    state: State,
    text: String,
    hint: String,
}

impl Found {
    fn works(text: impl Into<String>) -> Found {
        Found {
            state: State::Works,
            text: text.into(),
            hint: String::new(),
        }
    }

    fn doubtful(text: impl Into<String>, hint: impl Into<String>) -> Found {
        Found {
            state: State::Doubtful,
            text: text.into(),
            hint: hint.into(),
        }
    }

    fn fails(text: impl Into<String>, hint: impl Into<String>) -> Found {
        Found {
            state: State::Fails,
            text: text.into(),
            hint: hint.into(),
        }
    }
}

/// Gathers looks, one after the other.
struct Looks<'a> {
    part: String,
    tell: &'a mut dyn FnMut(Look),
}

impl Looks<'_> {
    /// Looks, and tells what was found; whether it works.
    fn look(&mut self, what: &str, look: impl FnOnce() -> Found) -> bool {
        let began = Instant::now();
        let found = look();
        self.found(what, found, began.elapsed())
    }

    fn found(&mut self, what: &str, found: Found, took: Duration) -> bool {
        let works = found.state != State::Fails;
        (self.tell)(Look {
            part: self.part.clone(),
            what: what.to_owned(),
            state: found.state,
            found: found.text,
            hint: found.hint,
            took: Millis(u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
        });
        works
    }
}

/// Looks at the ledger, the listener, every source, every database and the ways out; tells each finding when it is
/// there.
pub fn doctor(setup: &Setup, ledger: &Path, tell: &mut dyn FnMut(Look)) {
    let mut looks = Looks {
        part: "ledger".to_owned(),
        tell,
    };
    let positions = here::ledger(ledger, &mut looks);
    if let Some(address) = setup.ready.daemon.listen {
        "listener".clone_into(&mut looks.part);
        looks.look(&address.to_string(), || here::listener(address));
    }
    for source in &setup.ready.sources {
        looks.part = source.name.to_string();
        for path in &source.paths {
            looks.look(&path.display().to_string(), || here::files(path));
        }
    }
    for source in &setup.ready.kafka {
        looks.part = source.name.to_string();
        kafka::source((setup, source), &positions, &mut looks);
    }
    for database in &setup.ready.influxdb {
        looks.part = database.name.to_string();
        influx::database(database, &mut looks);
    }
    alerts::ways(&setup.ready.alerts, &mut looks);
}
