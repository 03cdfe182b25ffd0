//! The mails of a past: rules judged over history as over live traffic, each step explained and written.
//!
//! Knows no outbox and no server. A newcomer may ask why time is told by the calls: two weeks are told in
//! a minute here, and a mail must say what was known when it would have gone.

use std::collections::BTreeMap;

use crate::app::Failure;
use crate::app::follow::Books;
use crate::app::setup::Setup;
use crate::episode::{Desk, DeskState, Settings, Step};
use crate::ledger::{OutboxRow, Span};
use crate::units::{HOUR_MS, UnixMillis};
use crate::watch::{Moment, Watch, WatchState};

use super::compose::Composer;
use super::past::Past;

/// A mail as it would have gone.
#[derive(Clone, Debug)]
pub struct Told {
    /// When.
    pub at: UnixMillis,
    /// The mail, as it would lie in the outbox.
    pub mail: OutboxRow,
    /// Its text part.
    pub text: String,
}

/// Tells the mails of the hours in `span`, in order; of all that the books know by minutes where it is
/// `None`. None are told where no way of mails is configured.
///
/// # Errors
/// What the ledger says, and what `tell` returns.
pub fn tale(
    setup: &Setup,
    books: &impl Books,
    span: Option<Span>,
    tell: &mut dyn FnMut(Told) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut past = Past::new(books);
    let Some(span) = span.map_or_else(|| past.span(), |span| Ok(Some(span)))? else {
        return Ok(());
    };
    let (ready, zone) = (&setup.ready, setup.ready.timezone);
    let rules = &ready.alerts.rules.rules;
    let settings = Settings::new(rules, &ready.declared, &ready.alerts.settings, zone);
    let mut watch = Watch::new(rules, &ready.declared, zone, WatchState::default());
    let mut desk = Desk::new(&settings, &DeskState::default());
    let mut topics: BTreeMap<u64, String> = BTreeMap::new();
    let mut hour = span.from.floor(HOUR_MS);
    while hour < span.to {
        let mut steps: Vec<Step> = Vec::new();
        past.hour(hour, &mut |closed_to, facts| {
            for fact in facts {
                watch.hear(fact);
            }
            let found = watch.judge(&Moment {
                closed_to,
                wall: closed_to,
                stalled: false,
            });
            steps.extend(desk.hear(found, closed_to, false));
            Ok(())
        })?;
        for step in steps.iter().filter(|step| !step.to.is_empty()) {
            let mut composer = Composer::new(books, setup, zone, step.wall);
            for (mail, text) in composer.told(step, &mut topics)? {
                tell(Told {
                    at: step.wall,
                    mail,
                    text,
                })?;
            }
        }
        hour = hour.saturating_add(HOUR_MS);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
