//! Reads facts of the books: what a watch is warmed by, what is complete now, and what came late.
//!
//! Knows no rule. A newcomer may ask why a window is read whole when one cell of it changed: what takes
//! the place of what was told before must be all of it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::alert::{Fact, SourceFact};
use crate::app::follow::Books;
use crate::app::links::read as read_link;
use crate::cell::{Cell, Totals};
use crate::ids::Fingerprint;
use crate::ledger::{Family, FamilyRow, Fault, Resolution, Span, Stage, Window};
use crate::link::{LinkKey, LinkTotals};
use crate::units::{DAY_MS, HOUR_MS, MINUTE_MS, Text, UnixMillis};

/// Changed rows of the feed that are read at once.
const FEED_ROWS: usize = 20_000;
/// Conversations of a day that are told: those with the most requests, and those with the most tokens.
const TALKS_MAX: usize = 500;
/// Days, hours, minutes, links that a watch is warmed by.
const WARM_DAYS: i64 = 62;
const WARM_HOURS_MS: i64 = 9 * DAY_MS;
const WARM_MINUTES_MS: i64 = 27 * HOUR_MS;
const WARM_LINKS_MS: i64 = 9 * DAY_MS;

/// What changed since the feed was last read.
#[derive(Debug, Default)]
pub(in crate::app) struct News {
    /// Minutes that had been told.
    pub(in crate::app) late: BTreeSet<UnixMillis>,
    /// Hours whose links were computed.
    pub(in crate::app) links: BTreeSet<UnixMillis>,
    /// Days whose figures changed.
    pub(in crate::app) days: BTreeSet<UnixMillis>,
    /// Whether minutes changed that are not complete.
    pub(in crate::app) fresh: bool,
    /// There is more in the feed.
    pub(in crate::app) more: bool,
}

/// What makes a fact of the cells of a window.
type WindowFact = fn(UnixMillis, Vec<(i64, Cell)>) -> Fact;

/// What makes a fact of the rows of a small family.
type FamilyFact = fn(UnixMillis, Vec<(Text, Text, Totals)>) -> Fact;

/// A reader of facts.
#[derive(Debug, Default)]
pub(in crate::app) struct Reading {
    keys: BTreeSet<i64>,
    /// Up to where the feed was read.
    pub(in crate::app) seq: u64,
}

fn span(from: UnixMillis, to: UnixMillis) -> Span {
    Span { from, to }
}

impl Reading {
    pub(in crate::app) fn new(seq: u64) -> Reading {
        Reading {
            keys: BTreeSet::new(),
            seq,
        }
    }

    /// Reads the feed on; minutes before `closed_to` have been told.
    pub(in crate::app) fn news(
        &mut self,
        books: &impl Books,
        closed_to: UnixMillis,
    ) -> Result<News, Fault> {
        let (changed, last) = books.windows_since(self.seq, FEED_ROWS)?;
        let mut news = News {
            more: changed.len() >= FEED_ROWS,
            ..News::default()
        };
        for (window, _) in changed {
            match window {
                Window::Cells(Resolution::Minute, minute) if minute < closed_to => {
                    news.late.insert(minute);
                }
                Window::Cells(Resolution::Minute, _) => news.fresh = true,
                Window::Cells(Resolution::Hour, _) => {}
                Window::Cells(Resolution::Day, day) => {
                    news.days.insert(day);
                }
                Window::Links(hour) => {
                    news.links.insert(hour);
                }
            }
        }
        self.seq = last;
        Ok(news)
    }

    /// A fact for each window that begins inside a span, and before it the keys that it is the first to use.
    fn windows(
        &mut self,
        books: &impl Books,
        (resolution, fact): (Resolution, WindowFact),
        of: Span,
        facts: &mut Vec<Fact>,
    ) -> Result<(), Fault> {
        let mut windows: BTreeMap<UnixMillis, Vec<(i64, Cell)>> = BTreeMap::new();
        books.numbered_cells(resolution, of, &mut |start, number, cell| {
            windows.entry(start).or_default().push((number, cell));
            Ok(())
        })?;
        for cells in windows.values_mut() {
            cells.sort_by_key(|(number, _)| *number);
            for (number, _) in cells {
                if self.keys.insert(*number) {
                    facts.push(Fact::Key(*number, Rc::new(books.cell_key(*number)?)));
                }
            }
        }
        facts.extend(windows.into_iter().map(|(start, cells)| fact(start, cells)));
        Ok(())
    }

    /// Complete minutes of a span.
    pub(in crate::app) fn minutes(
        &mut self,
        books: &impl Books,
        of: Span,
        facts: &mut Vec<Fact>,
    ) -> Result<(), Fault> {
        self.windows(books, (Resolution::Minute, Fact::Minute), of, facts)
    }

    /// Minutes that are not complete.
    pub(in crate::app) fn partial(
        &mut self,
        books: &impl Books,
        of: Span,
        facts: &mut Vec<Fact>,
    ) -> Result<(), Fault> {
        self.windows(books, (Resolution::Minute, Fact::Partial), of, facts)
    }

    /// A minute that changed after it was told; nothing where its hour keeps no minutes any more.
    pub(in crate::app) fn late(
        &mut self,
        books: &impl Books,
        minute: UnixMillis,
        facts: &mut Vec<Fact>,
    ) -> Result<(), Fault> {
        let of = span(minute, minute.saturating_add(MINUTE_MS));
        let before = facts.len();
        self.minutes(books, of, facts)?;
        let told = facts
            .iter()
            .skip(before)
            .any(|fact| matches!(fact, Fact::Minute(..)));
        // Asked after its cells: an hour that closes meanwhile takes its minutes with it.
        if books.stage(minute.floor(HOUR_MS))? != Stage::Open {
            facts.truncate(before);
        } else if !told {
            facts.push(Fact::Minute(minute, Vec::new()));
        }
        Ok(())
    }

    /// Days that begin inside a span.
    pub(in crate::app) fn days(
        &mut self,
        books: &impl Books,
        of: Span,
        facts: &mut Vec<Fact>,
    ) -> Result<(), Fault> {
        self.windows(books, (Resolution::Day, Fact::Day), of, facts)
    }

    /// Everything that a watch has to know of what was before `closed_to`, when it goes on there.
    pub(in crate::app) fn warm(
        &mut self,
        books: &impl Books,
        closed_to: UnixMillis,
    ) -> Result<Vec<Fact>, Fault> {
        let mut facts = Vec::new();
        let back = |ms: i64| closed_to.saturating_add(-ms);
        self.days(books, span(back(WARM_DAYS * DAY_MS), closed_to), &mut facts)?;
        let hours = span(back(WARM_HOURS_MS), closed_to.floor(HOUR_MS));
        self.windows(books, (Resolution::Hour, Fact::Hour), hours, &mut facts)?;
        let from = back(WARM_MINUTES_MS).floor(HOUR_MS);
        self.minutes(books, span(from, closed_to), &mut facts)?;
        let hours = span(back(WARM_LINKS_MS).floor(HOUR_MS), closed_to);
        facts.extend(links(books, hours)?);
        facts.extend(credentials(books, hours)?);
        Ok(facts)
    }
}

/// Links of hours.
pub(in crate::app) fn links(books: &impl Books, hours: Span) -> Result<Vec<Fact>, Fault> {
    let mut by_hour: BTreeMap<UnixMillis, Vec<(LinkKey, LinkTotals)>> = BTreeMap::new();
    for row in books.links(hours)? {
        by_hour.entry(row.hour).or_default().push(read_link(&row)?);
    }
    let facts = by_hour.into_iter();
    Ok(facts
        .map(|(hour, links)| Fact::Links(hour, links))
        .collect())
}

/// Credentials of hours.
pub(in crate::app) fn credentials(books: &impl Books, hours: Span) -> Result<Vec<Fact>, Fault> {
    let rows = books.families(Family::Credential, hours)?;
    Ok(by_start(rows, Fact::Credentials))
}

fn by_start(rows: Vec<FamilyRow>, fact: FamilyFact) -> Vec<Fact> {
    let mut windows: BTreeMap<UnixMillis, Vec<_>> = BTreeMap::new();
    for row in rows {
        let window = windows.entry(row.start).or_default();
        window.push((row.a, row.b, row.totals));
    }
    let facts = windows.into_iter();
    facts.map(|(start, rows)| fact(start, rows)).collect()
}

/// User groups and conversations of the day that holds an instant.
pub(in crate::app) fn of_day(books: &impl Books, at: UnixMillis) -> Result<Vec<Fact>, Fault> {
    let day = books.zones().day_of(at);
    let rows = books.families(Family::UserGroup, span(day, day.saturating_add(1)))?;
    let mut facts = by_start(rows, Fact::Groups);
    facts.push(talks(books, day)?);
    Ok(facts)
}

/// Conversations of a day.
pub(in crate::app) fn talks(books: &impl Books, day: UnixMillis) -> Result<Fact, Fault> {
    let talks = books.conversations(day)?.into_iter();
    let talks = talks.filter_map(|row| Some(((row.conversation?, row.feature), row.totals)));
    let talks: Vec<(Talk, Totals)> = talks.collect();
    let talks = greatest(talks.iter().map(|(talk, totals)| (talk, totals)), TALKS_MAX);
    Ok(Fact::Conversations(day, talks))
}

/// Conversation and feature.
pub(in crate::app) type Talk = (Fingerprint, Text);

/// The conversations with the most requests, and of the rest those with the most tokens: so many of each.
pub(in crate::app) fn greatest<'a>(
    talks: impl Iterator<Item = (&'a Talk, &'a Totals)>,
    each: usize,
) -> Vec<(Fingerprint, Text, Totals)> {
    let mut talks: Vec<_> = talks.collect();
    if talks.len() > each {
        talks.sort_by_cached_key(|(_, totals)| Reverse(totals.requests()));
        let mut rest = talks.split_off(each);
        let tokens = |totals: &Totals| {
            totals
                .tokens_input_total()
                .saturating_add(totals.tokens_output)
        };
        rest.sort_by_cached_key(|(_, totals)| Reverse(tokens(totals)));
        rest.truncate(each);
        talks.append(&mut rest);
    }
    let told = |((print, feature), totals): (&Talk, &Totals)| (*print, feature.clone(), *totals);
    talks.into_iter().map(told).collect()
}

/// How sources stand: what the books say beside what their readers know.
pub(in crate::app) fn sources(
    books: &impl Books,
    known: &[SourceFact],
    now: UnixMillis,
) -> Result<Fact, Fault> {
    let mut facts: BTreeMap<Text, SourceFact> = known
        .iter()
        .map(|fact| (fact.source.clone(), fact.clone()))
        .collect();
    let day = books.zones().day_of(now);
    for row in books.counts()?.into_iter().filter(|row| row.day == day) {
        let Some(fact) = facts.get_mut(&row.source) else {
            continue;
        };
        let n = i64::try_from(row.n).unwrap_or(i64::MAX);
        match row.outcome.as_str() {
            "received" => fact.received = fact.received.saturating_add(n),
            "quarantined" => fact.quarantined = fact.quarantined.saturating_add(n),
            _ => {}
        }
    }
    for row in books.losses()? {
        if let Some(fact) = facts.get_mut(&row.source) {
            let n = i64::try_from(row.records()).unwrap_or(i64::MAX);
            fact.lost = fact.lost.saturating_add(n);
        }
    }
    for placed in books.positions()? {
        if let Some(fact) = facts.get_mut(&placed.source) {
            fact.last_at = fact.last_at.max(placed.position.last_at);
        }
    }
    Ok(Fact::Sources(facts.into_values().collect()))
}
