//! Which hours can be restated, and why the others cannot.
//!
//! Knows no rule. A newcomer may ask why a full day stays: what a limit has folded together cannot
//! be taken out one by one.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::super::correction::{Reach, WhyFixed};
use super::super::fault::Fault;
use super::super::types::Span;
use super::super::zone::Zones;
use super::hours::{self, Hour};
use crate::units::{HOUR_MS, UnixMillis};

/// The reach of a correction, and the days whose conversations are made anew.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) reach: Reach,
    pub(super) days_anew: BTreeSet<i64>,
}

/// Finds it.
pub(super) fn plan(
    conn: &Connection,
    zones: &Zones,
    names_per_day: usize,
    span: Span,
) -> Result<Plan, Fault> {
    let all = hours::read(conn)?;
    let first = span.from.floor(HOUR_MS).0;
    let asked = |hour: i64| hour >= first && hour < span.to.0;
    let crowded = crowded(conn, names_per_day)?;
    let overfull = days(
        conn,
        "SELECT start FROM overflow WHERE kind = 'conversations' AND n > 0",
    )?;
    let mut fixed: BTreeMap<i64, WhyFixed> = BTreeMap::new();
    for (hour, known) in &all {
        if known.lines_gone {
            fixed.insert(*hour, WhyFixed::LinesGone);
        } else if days_of(zones, *hour)
            .iter()
            .any(|day| crowded.contains(day))
        {
            fixed.insert(*hour, WhyFixed::Names);
        }
    }
    // An hour may lie in two days, so one day's fate can decide on the next one's.
    loop {
        let partly: BTreeSet<i64> = all
            .keys()
            .filter(|hour| !asked(**hour) || fixed.contains_key(hour))
            .flat_map(|hour| days_of(zones, *hour))
            .filter(|day| overfull.contains(day))
            .collect();
        let before = fixed.len();
        for hour in all.keys() {
            if days_of(zones, *hour).iter().any(|day| partly.contains(day)) {
                fixed.entry(*hour).or_insert(WhyFixed::Conversations);
            }
        }
        if fixed.len() == before {
            break;
        }
    }
    let mut plan = Plan::default();
    for (hour, known) in all.iter().filter(|(hour, _)| asked(**hour)) {
        let at = UnixMillis(*hour);
        match fixed.get(hour) {
            Some(why) => plan.reach.fixed.push((at, *why)),
            None if known.lines == 0 => {}
            None => {
                plan.reach.hours.push(at);
                let before = all.get(&(hour - HOUR_MS));
                if before.is_some_and(|before: &Hour| before.lines_gone) {
                    plan.reach.links_fixed.push(at);
                }
                let days = days_of(zones, *hour).into_iter();
                plan.days_anew
                    .extend(days.filter(|day| overfull.contains(day)));
            }
        }
    }
    Ok(plan)
}

/// The one or two days that an hour lies in.
fn days_of(zones: &Zones, hour: i64) -> [i64; 2] {
    [hour, hour + HOUR_MS - 1].map(|at| zones.day_of(UnixMillis(at)).0)
}

/// Days on which names folded, or may have.
fn crowded(conn: &Connection, names_per_day: usize) -> Result<BTreeSet<i64>, Fault> {
    let mut crowded = days(
        conn,
        "SELECT start FROM overflow WHERE kind = 'names' AND n > 0",
    )?;
    let mut rows = conn.prepare_cached("SELECT day, count(*) FROM day_name GROUP BY day")?;
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get::<_, usize>(1)?)))?;
    for row in rows {
        let (day, names) = row?;
        if names >= names_per_day {
            crowded.insert(day);
        }
    }
    Ok(crowded)
}

fn days(conn: &Connection, sql: &str) -> Result<BTreeSet<i64>, Fault> {
    let mut rows = conn.prepare_cached(sql)?;
    let rows = rows.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
