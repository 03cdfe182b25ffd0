//! Whether the data can be trusted: conservation, sources and how far they are read, quarantine,
//! breaks, coverage.
//!
//! Knows no HTML. A newcomer may ask why counts are of all times: a record that could not be read
//! often has no time of its own.

mod beside;

use std::collections::BTreeMap;

use crate::app::report::{gather, losses, unseen};
use crate::figure::{count, plural, share};
use crate::ledger::{CountRow, Placed, QuarantineRow};
use crate::web::page::{Body, Card, Cell, Kind, Page, Table, Tile, Tone, Words, columns};

use super::Ask;
use super::parts::number;
use super::tables::FIRST;
use super::view::{Fault, View};

/// Records in quarantine that are shown.
pub(super) const SAMPLES: usize = 100;

/// What became of records.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ends {
    pub(super) received: i64,
    pub(super) metered: i64,
    pub(super) duplicate: i64,
    pub(super) ignored: i64,
    pub(super) quarantined: i64,
}

impl Ends {
    pub(super) fn add(&mut self, row: &CountRow) {
        let n = i64::try_from(row.n).unwrap_or(i64::MAX);
        match row.outcome.as_str() {
            "received" => self.received += n,
            "metered" => self.metered += n,
            "duplicate" => self.duplicate += n,
            "ignored" => self.ignored += n,
            "quarantined" => self.quarantined += n,
            _ => {}
        }
    }

    pub(super) fn missing(&self) -> i64 {
        self.received - self.metered - self.duplicate - self.ignored - self.quarantined
    }
}

pub(super) fn page(ask: &Ask<'_>) -> Result<Page, Fault> {
    let counts = ask.ledger.counts()?;
    let mut all = Ends::default();
    let mut sources: BTreeMap<String, Ends> = BTreeMap::new();
    for row in &counts {
        all.add(row);
        sources.entry(row.source.to_string()).or_default().add(row);
    }
    let gathered = gather(ask.ledger, ask.view.span, None)?;
    let unseen = unseen(ask.ledger, ask.view.span, &gathered)?;
    let lost = losses(ask.ledger, crate::ledger::Span::ALL)?;
    let positions = ask.ledger.positions()?;
    let samples = ask.ledger.quarantine(SAMPLES)?;
    let mut banners = Vec::new();
    for one in &lost {
        banners.push(
            Words::new()
                .bad("Records were lost: ")
                .code(format!("{}:{}", one.topic, one.partition))
                .say(format!(
                    ", {} of {} records at {} ({}). Read them from a backup, or note the gap.",
                    one.kind.as_str(),
                    one.records,
                    one.from,
                    one.at
                )),
        );
    }
    Ok(Page {
        headline: headline(&all),
        lead: lead(ask),
        banners,
        tiles: tiles(&all),
        rows: vec![
            vec![ends_card(&sources)],
            vec![positions_card(ask.view, &positions, ask.now)],
            vec![beside::followers_card(ask)?],
            vec![beside::outbox_card(ask)?, beside::size_card(ask)?],
            vec![coverage_card(&unseen.coverage), reasons_card(&counts)],
            vec![samples_card(ask.view, &samples)],
        ],
        ..Page::default()
    })
}

fn headline(all: &Ends) -> Words {
    if all.received == 0 {
        return Words::of("No record has been read yet.");
    }
    let words = Words::of(format!(
        "{} were read, ",
        plural(all.received, "record", "records")
    ));
    if all.missing() != 0 {
        return words.bad(format!(
            "and {} are not accounted for.",
            count(all.missing())
        ));
    }
    let words = words.say("and each is accounted for; ");
    if all.quarantined == 0 {
        return words.say("all could be understood.");
    }
    words.with(
        Tone::Warn,
        format!("{} could not be understood.", count(all.quarantined)),
    )
}

fn lead(ask: &Ask<'_>) -> Words {
    match ask.view.books {
        Some((first, last)) => Words::of(format!(
            "The books hold {} to {}.",
            first.format("%-d %b %Y"),
            last.format("%-d %b %Y")
        )),
        None => Words::of("Nothing is booked. ")
            .code("tollwatch doctor")
            .say(" says what the sources lack."),
    }
}

fn tiles(all: &Ends) -> Vec<Tile> {
    let tile = |title: &str, n: i64, what: &str| Tile {
        title: title.to_owned(),
        big: Words::new().strong(count(n)),
        sub: Words::of(format!("{} {what}", share(n, all.received))),
        ..Tile::default()
    };
    vec![
        tile("Metered", all.metered, "tell an LLM call"),
        tile("Ignored", all.ignored, "are other calls"),
        tile("Duplicate", all.duplicate, "were told before"),
        tile("Quarantined", all.quarantined, "could not be understood"),
    ]
}

fn ends_card(sources: &BTreeMap<String, Ends>) -> Card {
    let rows = sources.iter().map(|(name, ends)| {
        let right = if ends.missing() == 0 {
            Words::new().with(Tone::Good, "adds up")
        } else {
            Words::new().bad(format!("{} missing", count(ends.missing())))
        };
        vec![
            Cell::name(name),
            number(ends.received),
            number(ends.metered),
            number(ends.duplicate),
            number(ends.ignored),
            number(ends.quarantined),
            Cell::new(right, ends.missing().to_string()),
        ]
    });
    Card {
        title: "What became of each record?".to_owned(),
        sub: Words::of("received = metered + duplicate + ignored + quarantined"),
        body: vec![Body::Table(Table {
            name: "sources",
            about: "Records by source and outcome",
            columns: columns(&[
                ("Source", "source", Kind::Text),
                ("Received", "received", Kind::Number),
                ("Metered", "metered", Kind::Number),
                ("Duplicate", "duplicate", Kind::Number),
                ("Ignored", "ignored", Kind::Number),
                ("Quarantined", "quarantined", Kind::Number),
                ("", "missing", Kind::Text),
            ]),
            rows: rows.collect(),
            first: FIRST,
            ..Table::default()
        })],
        ..Card::default()
    }
}

fn positions_card(view: &View, positions: &[Placed], now: crate::units::UnixMillis) -> Card {
    let row = |placed: &Placed| {
        let time = |at: Option<crate::units::UnixMillis>| {
            at.map_or_else(Cell::none, |at| {
                Cell::new(Words::of(view.time_text_seconds(at)), at.to_string())
            })
        };
        let behind = placed
            .position
            .complete_to
            .map(|at| now.0.saturating_sub(at.0).max(0));
        vec![
            Cell::name(&placed.source),
            Cell::new(
                Words::new().name(ending(&placed.topic)),
                placed.topic.as_str(),
            )
            .hint(placed.topic.as_str()),
            number(i64::from(placed.partition)),
            number(i64::try_from(placed.position.offset).unwrap_or(i64::MAX)),
            time(placed.position.last_at),
            time(placed.position.complete_to),
            behind.map_or_else(
                || Cell::new(Words::new().dim("read to its end"), ""),
                |ms| super::parts::millis(u64::try_from(ms).ok()),
            ),
        ]
    };
    let body = if positions.is_empty() {
        Body::Empty(
            Words::of("No source has been read. ")
                .code("tollwatch doctor")
                .say(" says why."),
        )
    } else {
        Body::Table(Table {
            name: "positions",
            about: "How far each partition or file is read",
            columns: columns(&[
                ("Source", "source", Kind::Text),
                ("Topic or file", "topic", Kind::Text),
                ("Partition", "partition", Kind::Number),
                ("Read to", "offset", Kind::Number),
                ("Last record", "last_at", Kind::Text),
                ("Complete to", "complete_to", Kind::Text),
                ("Behind", "behind_ms", Kind::Number),
            ]),
            rows: positions.iter().map(row).collect(),
            first: FIRST,
            ..Table::default()
        })
    };
    Card {
        title: "How far is it read?".to_owned(),
        sub: Words::of("position of each partition, or byte of each file"),
        body: vec![body],
        ..Card::default()
    }
}

/// The last two names of a path: what tells files of one folder apart stands at its end.
fn ending(path: &str) -> String {
    let mut names = path.rsplitn(3, '/');
    match (names.next(), names.next(), names.next()) {
        (Some(file), Some(folder), Some(_)) => format!("…/{folder}/{file}"),
        _ => path.to_owned(),
    }
}

fn coverage_card(coverage: &[crate::app::report::Coverage]) -> Card {
    let body = if coverage.is_empty() {
        Body::Empty(Words::of(
            "Calls and requests agree at every endpoint, to a hundredth.",
        ))
    } else {
        let rows = coverage.iter().map(|one| {
            let seen = share(
                one.calls_ok.min(one.requests_ok),
                one.calls_ok.max(one.requests_ok),
            );
            vec![
                Cell::name(&one.endpoint),
                number(one.calls_ok),
                number(one.requests_ok),
                Cell::new(Words::new().with(Tone::Warn, seen), ""),
            ]
        });
        Body::Table(Table {
            name: "coverage",
            about: "Answered calls and requests where they differ",
            columns: columns(&[
                ("Endpoint", "endpoint", Kind::Text),
                ("Answered calls", "calls_ok", Kind::Number),
                ("Answered requests", "requests_ok", Kind::Number),
                ("Seen by both", "", Kind::Number),
            ]),
            rows: rows.collect(),
            first: FIRST,
            ..Table::default()
        })
    };
    Card {
        title: "Do both halves tell the same calls?".to_owned(),
        sub: Words::of(
            "endpoints where transport and usage reports differ by more than a hundredth",
        ),
        body: vec![body],
        ..Card::default()
    }
}

fn reasons_card(counts: &[CountRow]) -> Card {
    let mut reasons: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for row in counts.iter().filter(|row| !row.reason.is_empty()) {
        *reasons.entry((&row.outcome, &row.reason)).or_default() += row.n;
    }
    let mut list: Vec<_> = reasons.into_iter().collect();
    list.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let rows = list.iter().map(|((outcome, reason), n)| {
        vec![
            Cell::name(outcome),
            Cell::name(reason),
            number(i64::try_from(*n).unwrap_or(i64::MAX)),
        ]
    });
    Card {
        title: "Why was it not metered?".to_owned(),
        body: vec![Body::Table(Table {
            name: "reasons",
            about: "Records that were not metered, by reason",
            columns: columns(&[
                ("Outcome", "outcome", Kind::Text),
                ("Reason", "reason", Kind::Text),
                ("Records", "records", Kind::Number),
            ]),
            rows: rows.collect(),
            first: FIRST,
            ..Table::default()
        })],
        ..Card::default()
    }
}

fn samples_card(view: &View, samples: &[QuarantineRow]) -> Card {
    let title = "What could not be understood?".to_owned();
    if samples.is_empty() {
        return Card {
            title,
            body: vec![Body::Empty(Words::of("No record is in quarantine."))],
            ..Card::default()
        };
    }
    let row = |one: &QuarantineRow| {
        let keys: Vec<String> = one
            .keys
            .iter()
            .map(|(key, length)| format!("{key} ({length})"))
            .collect();
        let place = format!(
            "{}:{}:{}",
            one.origin.topic, one.origin.partition, one.origin.offset
        );
        vec![
            Cell::new(
                Words::of(view.time_text_seconds(one.seen)),
                one.seen.to_string(),
            ),
            Cell::name(one.reason.as_str()),
            Cell::name(&one.detail),
            Cell::name(&keys.join(", ")),
            Cell::new(Words::new().code(place.as_str()), place),
        ]
    };
    Card {
        title,
        sub: Words::of(
            "keys and the lengths of their values; no value is kept. To try them again: ",
        )
        .code("tollwatch quarantine retry"),
        body: vec![Body::Table(Table {
            name: "quarantine",
            about: "Records in quarantine",
            columns: columns(&[
                ("Seen", "seen", Kind::Text),
                ("Reason", "reason", Kind::Text),
                ("What would be right", "detail", Kind::Text),
                ("Keys", "keys", Kind::Text),
                ("Record", "position", Kind::Text),
            ]),
            rows: samples.iter().map(row).collect(),
            first: 15,
            ..Table::default()
        })],
        ..Card::default()
    }
}
