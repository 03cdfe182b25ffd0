//! Orders about alerts: through the daemon that writes the books, or in the books where none does.
//!
//! Knows no arguments. A newcomer may ask why the daemon is asked first: what it has in memory would
//! write over what is changed behind its back.

use std::path::Path;

use crate::app::Failure;
use crate::app::restate::Door;
use crate::app::setup::Setup;
use crate::episode::Order;
use crate::ledger::{AlertApply, Alerts, Fault, SqliteLedger};
use crate::units::UnixMillis;
use crate::watch::Watch;

use super::around::{audit_row, desk, zone_of};
use super::compose::Composer;
use super::evaluate::{watch_rows, watched};
use super::feedback::{Heard, carry_out, episode_row};

/// Obeys an order in books that nobody else writes: what was done, or why it was not.
///
/// # Errors
/// What the ledger says.
pub fn obey(
    books: &mut SqliteLedger,
    setup: &Setup,
    order: &Order,
    now: UnixMillis,
) -> Result<Result<String, String>, Fault> {
    let mut desk = desk(books, setup)?;
    let zone = zone_of(&*books);
    let rules = &setup.ready.alerts.rules.rules;
    let remembered = watched(&books.alert_state()?);
    let mut watch = Watch::new(rules, &setup.ready.declared, zone, remembered);
    let both = (&mut desk, &mut watch);
    let Heard { done, over } = match carry_out(&*books, both, order, now)? {
        Ok(heard) => heard,
        Err(why) => return Ok(Err(why)),
    };
    let composer = Composer::new(&*books, setup, zone);
    let mut known = desk.open_episodes();
    known.extend(over.clone());
    let events = composer.ordered(order, &known, now);
    let episodes = desk.views().into_iter().chain(over);
    let mut state = desk.state();
    if let Order::Feedback { .. } = order {
        state.extend(watch_rows(&mut watch));
    }
    let apply = AlertApply {
        cursor: books.alert_cursor()?,
        episodes: episodes.map(|view| episode_row(&view)).collect(),
        audit: vec![audit_row(order, &done, now)],
        state,
        events: events.into_iter().collect(),
        ..AlertApply::default()
    };
    books.alert_apply(&apply)?;
    Ok(Ok(done))
}

/// Obeys an order, by the daemon that writes the ledger where there is one.
///
/// # Errors
/// [`Failure::Usage`] with why it was not obeyed; what the ledger or the daemon says.
pub fn order(
    ledger: &Path,
    setup: &Setup,
    order: &Order,
    now: UnixMillis,
) -> Result<String, Failure> {
    if let Some(door) = Door::knock_for_orders(ledger)? {
        let answer = door.order(order)?.unwrap_or_else(|| {
            Err("the daemon went away before it said whether it did it".to_owned())
        });
        return answer.map_err(Failure::Usage);
    }
    let path = |fault| Failure::Ledger {
        path: ledger.to_owned(),
        fault,
    };
    let mut books = setup.open(ledger)?;
    obey(&mut books, setup, order, now)
        .map_err(path)?
        .map_err(Failure::Usage)
}
