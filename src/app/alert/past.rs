//! The books' past, told as a watch would have heard it: minute by minute, in the calls' own time.
//!
//! Knows no rule. A newcomer may ask why conversations are added up from call lines here: the books have a
//! day's whole sums, and at noon nobody would have known what a conversation does in the evening.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::alert::Fact;
use crate::app::links::read as read_link;
use crate::cell::Totals;
use crate::entry::CellKey;
use crate::ledger::{CellRow, Family, FamilyRow, Fault, Ledger, Resolution, Span};
use crate::units::{HOUR_MS, MINUTE_MS, Text, UnixMillis};

use super::reading::{Talk, greatest};

/// Conversations of a day that are told: those with the most requests, and with the most tokens.
const TALKS_TOLD: usize = 20;
/// Conversations of a day that are told apart.
const TALKS_MAX: usize = 100_000;
/// How often conversations are told.
const TALKS_MS: i64 = 5 * MINUTE_MS;

/// Takes what was told up to a minute's end.
pub type Tell<'a> = dyn FnMut(UnixMillis, Vec<Fact>) -> Result<(), Fault> + 'a;

/// Walks through the past of books.
pub struct Past<'a> {
    books: &'a dyn Ledger,
    keys: BTreeMap<CellKey, i64>,
    day: Option<UnixMillis>,
    talks: BTreeMap<Talk, Totals>,
}

impl<'a> Past<'a> {
    /// The past of these books.
    #[must_use]
    pub fn new(books: &'a dyn Ledger) -> Past<'a> {
        Past {
            books,
            keys: BTreeMap::new(),
            day: None,
            talks: BTreeMap::new(),
        }
    }

    /// The hours of which minutes are kept; `None` for books without any.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn span(&self) -> Result<Option<Span>, Fault> {
        let mut span: Option<Span> = None;
        self.books
            .cells(Resolution::Minute, Span::ALL, &mut |row| {
                let end = row.start.floor(HOUR_MS).saturating_add(HOUR_MS);
                let known = span.get_or_insert(Span {
                    from: row.start.floor(HOUR_MS),
                    to: end,
                });
                known.to = known.to.max(end);
                Ok(())
            })?;
        Ok(span)
    }

    /// Tells the minutes of an hour one by one, and what is known when the hour, and perhaps its day, is
    /// over.
    ///
    /// # Errors
    /// What the ledger says, and what `tell` returns.
    pub fn hour(&mut self, hour: UnixMillis, tell: &mut Tell<'_>) -> Result<(), Fault> {
        let span = Span {
            from: hour,
            to: hour.saturating_add(HOUR_MS),
        };
        let mut minutes: BTreeMap<UnixMillis, Vec<CellRow>> = BTreeMap::new();
        self.books.cells(Resolution::Minute, span, &mut |row| {
            minutes.entry(row.start).or_default().push(row);
            Ok(())
        })?;
        let mut talked = self.talked(span)?;
        let mut at = span.from;
        while at < span.to {
            let end = at.saturating_add(MINUTE_MS);
            let mut facts = Vec::new();
            let rows = minutes.remove(&at).unwrap_or_default();
            let cells = rows
                .into_iter()
                .map(|row| (self.number(row.key, &mut facts), row.cell))
                .collect();
            facts.push(Fact::Minute(at, cells));
            if end.floor(TALKS_MS) == end {
                self.talk(end, &mut talked, &mut facts);
            }
            if end == span.to {
                self.hour_ends(span, &mut facts)?;
            }
            tell(end, facts)?;
            at = end;
        }
        Ok(())
    }

    /// The number of a key, told before its first use.
    fn number(&mut self, key: CellKey, facts: &mut Vec<Fact>) -> i64 {
        if let Some(number) = self.keys.get(&key) {
            return *number;
        }
        let number = i64::try_from(self.keys.len()).unwrap_or(i64::MAX);
        facts.push(Fact::Key(number, Rc::new(key.clone())));
        self.keys.insert(key, number);
        number
    }

    fn hour_ends(&mut self, hour: Span, facts: &mut Vec<Fact>) -> Result<(), Fault> {
        let mut links = Vec::new();
        for row in self.books.links(hour)? {
            links.push(read_link(&row)?);
        }
        facts.push(Fact::Links(hour.from, links));
        let rows = |family: Family, span: Span| -> Result<Vec<(Text, Text, Totals)>, Fault> {
            let rows = self.books.families(family, span)?;
            let row = |row: FamilyRow| (row.a, row.b, row.totals);
            Ok(rows.into_iter().map(row).collect())
        };
        facts.push(Fact::Credentials(
            hour.from,
            rows(Family::Credential, hour)?,
        ));
        let zones = self.books.zones();
        let day = zones.day_of(hour.from);
        if zones.day_of(hour.to) != day {
            let start = Span {
                from: day,
                to: day.saturating_add(1),
            };
            facts.push(Fact::Groups(day, rows(Family::UserGroup, start)?));
        }
        Ok(())
    }

    /// The requests of an hour that tell a conversation, by time.
    fn talked(&self, hour: Span) -> Result<Vec<(UnixMillis, Talk, Totals)>, Fault> {
        let mut talked = Vec::new();
        let mut requests = |glance: &crate::line::Glance<'_>| glance.request.is_some();
        self.books.lines_where(hour, &mut requests, &mut |line| {
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

    /// Tells the day's greatest conversations up to a time.
    fn talk(
        &mut self,
        to: UnixMillis,
        talked: &mut Vec<(UnixMillis, Talk, Totals)>,
        facts: &mut Vec<Fact>,
    ) {
        let zones = self.books.zones();
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
        let Some(day) = self
            .day
            .filter(|day| *day == zones.day_of(to.saturating_add(-1)))
        else {
            return;
        };
        facts.push(Fact::Conversations(
            day,
            greatest(self.talks.iter(), TALKS_TOLD),
        ));
    }
}
