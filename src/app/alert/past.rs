//! The books' past, told as a watch would have heard it: minute by minute, in the calls' own time.
//!
//! Knows no rule. A newcomer may ask why conversations are added up from call lines here: the books have a
//! day's whole sums, and at noon nobody would have known what a conversation does in the evening.

use std::collections::BTreeMap;

use crate::alert::Fact;
use crate::app::follow::Books;
use crate::cell::Totals;
use crate::ledger::{Family, FamilyRow, Fault, Span};
use crate::units::{HOUR_MS, MINUTE_MS, Text, UnixMillis};

use super::reading::{self, Reading, Talk, greatest};

/// Conversations of a day that are told: those with the most requests, and with the most tokens.
const TALKS_TOLD: usize = 20;
/// Conversations of a day that are told apart.
const TALKS_MAX: usize = 100_000;
/// How often conversations are told.
const TALKS_MS: i64 = 5 * MINUTE_MS;

/// Takes what was told up to a minute's end.
pub(in crate::app) type Tell<'a> = dyn FnMut(UnixMillis, Vec<Fact>) -> Result<(), Fault> + 'a;

/// Walks through the past of books.
#[derive(Default)]
pub(in crate::app) struct Past {
    day: Option<UnixMillis>,
    talks: BTreeMap<Talk, Totals>,
}

impl Past {
    /// Tells the minutes of a span, which lies within one hour, one by one, and what is known when it,
    /// and perhaps its day, is over.
    ///
    /// # Errors
    /// What the ledger says, and what `tell` returns.
    pub(in crate::app) fn hour(
        &mut self,
        books: &impl Books,
        reading: &mut Reading,
        span: Span,
        tell: &mut Tell<'_>,
    ) -> Result<(), Fault> {
        let mut told = Vec::new();
        reading.minutes(books, span, &mut told)?;
        let mut told = told.into_iter().peekable();
        let mut talked = talked(books, span)?;
        let mut at = span.from;
        while at < span.to {
            let end = at.saturating_add(MINUTE_MS);
            let mut facts = Vec::new();
            let is_told = |fact: &Fact| !matches!(fact, Fact::Minute(start, _) if *start > at);
            while let Some(fact) = told.next_if(is_told) {
                facts.push(fact);
            }
            if end.floor(TALKS_MS) == end {
                self.talk(books, end, &mut talked, &mut facts);
            }
            if end >= span.to {
                self.hour_ends(books, span, &mut facts)?;
            }
            tell(end, facts)?;
            at = end;
        }
        Ok(())
    }

    fn hour_ends(
        &mut self,
        books: &impl Books,
        span: Span,
        facts: &mut Vec<Fact>,
    ) -> Result<(), Fault> {
        let hour = Span {
            from: span.from.floor(HOUR_MS),
            to: span.to,
        };
        facts.extend(reading::links(books, hour)?);
        facts.extend(reading::credentials(books, hour)?);
        let zones = books.zones();
        let day = zones.day_of(hour.from);
        if zones.day_of(hour.to) == day {
            return Ok(());
        }
        let rows = books.families(
            Family::UserGroup,
            Span {
                from: day,
                to: day.saturating_add(1),
            },
        )?;
        let row = |row: FamilyRow| -> (Text, Text, Totals) { (row.a, row.b, row.totals) };
        facts.push(Fact::Groups(day, rows.into_iter().map(row).collect()));
        if self.day != Some(day) {
            // The lines that would tell when are gone; the day's sums are not.
            facts.push(reading::talks(books, day)?);
        }
        Ok(())
    }

    /// Tells the day's greatest conversations up to a time.
    fn talk(
        &mut self,
        books: &impl Books,
        to: UnixMillis,
        talked: &mut Vec<(UnixMillis, Talk, Totals)>,
        facts: &mut Vec<Fact>,
    ) {
        let zones = books.zones();
        while let Some((at, talk, totals)) = talked.pop_if(|(at, ..)| *at < to) {
            let day = zones.day_of(at);
            if self.day != Some(day) {
                self.day = Some(day);
                self.talks.clear();
            }
            if self.talks.len() < TALKS_MAX || self.talks.contains_key(&talk) {
                self.talks.entry(talk).or_default().add(&totals, 1);
            }
        }
        let now = zones.day_of(to.saturating_add(-1));
        if let Some(day) = self.day.filter(|day| *day == now) {
            let talks = greatest(self.talks.iter(), TALKS_TOLD);
            facts.push(Fact::Conversations(day, talks));
        }
    }
}

/// The requests of an hour that tell a conversation, by time.
fn talked(books: &impl Books, hour: Span) -> Result<Vec<(UnixMillis, Talk, Totals)>, Fault> {
    let mut talked = Vec::new();
    let mut requests = |glance: &crate::line::Glance<'_>| glance.request.is_some();
    books.lines_where(hour, &mut requests, &mut |line| {
        if let (Some(print), Some(request)) = (line.conversation, &line.request) {
            let mut totals = Totals::default();
            totals.count_request(request);
            let feature = line.about.key.feature.clone();
            talked.push((line.at, (print, feature), totals));
        }
        Ok(())
    })?;
    // Newest first: they are taken from the end.
    talked.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
    Ok(talked)
}
