//! `tollwatch zone`: in which time zone days begin, and from which day on in another.
//!
//! Knows no calendar. A newcomer may ask why the configuration's `timezone` does not change it: days
//! that were reported stay as they were, so somebody has to say from which day on.

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Serialize;

use super::table::{Rows, plain};
use super::{Terminal, args, ask};
use crate::app::{Failure, setup};
use crate::ledger::{Ledger, ZoneRow, Zones};

#[derive(Serialize)]
struct Shown {
    /// First day; none for the zone that the books began with.
    from: Option<String>,
    time_zone: String,
}

/// Shows the zones of days, or adds one.
pub(super) fn zone(args: &args::Zone, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let zones = match (&args.set, &args.from) {
        (Some(zone), Some(from)) => {
            // A wrong path makes no new ledger.
            drop(ask::open(&args.ledger)?);
            let setup = setup::load(None, &terminal.clock)?;
            let mut ledger = setup.open(&args.ledger)?;
            ledger.change_zone(zone_of(zone)?, date(from)?)?;
            ledger.zones().clone()
        }
        (_, _) => ask::open(&args.ledger)?.zones().clone(),
    };
    let shown: Vec<Shown> = zones.rows().iter().map(|row| shown(row, &zones)).collect();
    if args.json {
        for one in &shown {
            terminal.json(one)?;
        }
        return Ok(0);
    }
    let mut rows = Rows::new(&["from", "days begin at midnight in"], 2, terminal);
    for one in shown {
        let from = one.from.unwrap_or_else(|| "the first".to_owned());
        rows.row(vec![plain(from), plain(one.time_zone)]);
    }
    rows.show(terminal)?;
    Ok(0)
}

fn shown(row: &ZoneRow, zones: &Zones) -> Shown {
    let began = row.start.0 == i64::MIN;
    Shown {
        from: (!began).then(|| zones.date_of(row.start).to_string()),
        time_zone: row.name.to_string(),
    }
}

pub(super) fn zone_of(name: &str) -> Result<Tz, Failure> {
    name.parse().map_err(|_| {
        Failure::Usage(format!(
            "unknown time zone `{name}`; an IANA name such as `Europe/Berlin`"
        ))
    })
}

fn date(text: &str) -> Result<NaiveDate, Failure> {
    text.parse()
        .map_err(|_| Failure::Usage(format!("`{text}` is no date; write `2026-12-01`")))
}

/// What to say where the configuration names another zone than the books have.
pub(super) fn differs(ledger: &dyn Ledger, configured: Tz, path: &str) -> Option<String> {
    let rows = ledger.zones().rows();
    let last = rows.last()?;
    // Nobody has to write UTC down, so it may stand for nothing said.
    if configured == Tz::UTC || last.name == configured.name() {
        return None;
    }
    Some(format!(
        "days of this ledger begin in `{}`, and not in `{}` as the configuration says; from a day on \
         they can: tollwatch zone --ledger {path} --set {} --from DATE",
        last.name,
        configured.name(),
        configured.name()
    ))
}
