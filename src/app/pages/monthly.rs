//! A month, and a pilot, as files for a committee or an auditor.
//!
//! Knows no HTML. A newcomer may ask why the month's parts are those of the pages: whoever holds the
//! file beside the page must find the same figures in the same pictures.

use crate::app::alert::episodes;
use crate::app::report::monthly::Month;
use crate::app::report::pilot::words::headline as verdict;
use crate::app::report::pilot::{Outcome, Pilot};
use crate::figure::{count, dollars, plural, share};
use crate::money::NanoUsd;
use crate::units::UnixMillis;
use crate::web::Asked;
use crate::web::page::{Body, Card, Cell, Choice, Kind, Page, Table, Tone, Words, columns};

use super::view::{Fault, View, right};
use super::{Ask, endpoints, latency, overview, residency, spend};

/// Alerts of a month that are shown.
const ALERTS: usize = 500;
/// Rows of evidence that a committee reads; the page has more.
const EVIDENCE: usize = 10;

/// The month of the address (`month`), else that of the last day.
pub(super) fn page(ask: &Ask<'_>) -> Result<Page, Fault> {
    let month = match ask.asked.get("month") {
        None => Month::of(ask.view.to),
        Some(text) => {
            Month::parse(text).ok_or_else(|| right("month", "a month such as `2026-11`"))?
        }
    };
    let last = month.last().min(ask.view.today.max(month.first()));
    let before = month.before();
    let compared = last < month.last();
    let asked = Asked::default()
        .with("from", &month.first().to_string())
        .with("to", &last.to_string())
        .with("against_from", &before.first().to_string())
        .with("against_to", &before.last().to_string());
    let view = View::of(ask.ledger, &asked, ask.now)?;
    let ask = &Ask {
        view: &view,
        asked: &asked,
        ..*ask
    };
    let mut spend = spend::page(ask)?;
    if spend.rows.is_empty() {
        return Ok(overview::nothing(ask));
    }
    let (mut landed, latency) = (residency::page(ask)?, latency::page(ask)?);
    fit_for_paper(&mut spend, &mut landed);
    let mut rows = spend.rows;
    rows.extend(landed.rows);
    rows.extend(latency.rows);
    rows.push(vec![alerts_card(ask)?]);
    let name = month.first().format("%B %Y").to_string();
    let so_far = if compared { " so far" } else { "" };
    Ok(Page {
        title: name.clone(),
        headline: Words::of(format!("{name}{so_far}: "))
            .and(spend.headline)
            .say(" ")
            .and(landed.headline),
        lead: spend.lead.say(" ").and(latency.headline),
        tiles: spend.tiles.into_iter().chain(landed.tiles).collect(),
        rows,
        seen: spend.seen,
        basis: landed.basis,
        choice: Choice {
            from: month.first().to_string(),
            to: last.to_string(),
            span: view.span_text(),
            ..Choice::default()
        },
        ..Page::default()
    })
}

/// Takes out what only a page on the web can use, and the evidence that a committee does not read.
fn fit_for_paper(spend: &mut Page, landed: &mut Page) {
    // A file leads nowhere, so it offers no other days either.
    for card in spend.rows.iter_mut().flatten() {
        card.body.retain(|body| match body {
            Body::Words(lines) => !lines
                .iter()
                .any(|words| words.text().starts_with("Against: ")),
            Body::Picture { .. }
            | Body::Table(_)
            | Body::Findings(_)
            | Body::Lines(_)
            | Body::Forms(_)
            | Body::Frame { .. }
            | Body::Empty(_) => true,
        });
    }
    for table in landed
        .rows
        .iter_mut()
        .flatten()
        .flat_map(|card| &mut card.body)
    {
        if let Body::Table(table) = table
            && table.name == "evidence"
        {
            table.rows.truncate(EVIDENCE);
        }
    }
}

/// Alerts that were opened in the month.
fn alerts_card(ask: &Ask<'_>) -> Result<Card, Fault> {
    let title = "What was reported, and who took care?".to_owned();
    let span = ask.view.span;
    let mut list = episodes(ask.ledger, false, ALERTS)?;
    list.retain(|one| span.contains(one.since));
    if list.is_empty() {
        return Ok(Card {
            title,
            body: vec![Body::Empty(Words::of("No alert fired in this month."))],
            ..Card::default()
        });
    }
    let time = |at: UnixMillis| Cell::new(Words::of(ask.view.time_text(at)), at.to_string());
    let rows = list.iter().map(|one| {
        let severity = one.severity.as_str();
        vec![
            Cell::new(
                Words::of(format!("#{}", one.number)),
                one.number.to_string(),
            ),
            Cell::name(&one.worst.rule),
            Cell::new(
                Words::new().with(super::alerts::tone(one.severity), severity),
                severity,
            ),
            time(one.since),
            one.resolved.map_or_else(
                || Cell::new(Words::new().with(Tone::Warn, "open"), ""),
                time,
            ),
            one.acked.as_ref().map_or_else(
                || Cell::new(Words::new().dim("nobody"), ""),
                |mark| Cell::name(&mark.author),
            ),
        ]
    });
    let n = i64::try_from(list.len()).unwrap_or(i64::MAX);
    let acked = list.iter().filter(|one| one.acked.is_some()).count();
    let acked = i64::try_from(acked).unwrap_or(i64::MAX);
    Ok(Card {
        title,
        sub: Words::of(format!(
            "{}, {} of them acknowledged ({})",
            plural(n, "alert", "alerts"),
            count(acked),
            share(acked, n)
        )),
        body: vec![Body::Table(Table {
            name: "alerts",
            about: "Alerts of the month",
            columns: columns(&[
                ("Alert", "number", Kind::Text),
                ("Rule", "rule", Kind::Text),
                ("Severity", "severity", Kind::Text),
                ("Since", "since", Kind::Text),
                ("Over", "resolved", Kind::Text),
                ("Acknowledged by", "acked_by", Kind::Text),
            ]),
            rows: rows.collect(),
            ..Table::default()
        })],
        ..Card::default()
    })
}

/// A pilot as a page of its own.
#[must_use]
pub fn pilot(answer: &Pilot) -> Page {
    let tone = match answer.verdict {
        Outcome::Passed => Tone::Good,
        Outcome::NotYet => Tone::Warn,
        Outcome::Failed => Tone::Bad,
    };
    let said = verdict(answer);
    let word = said.split(": ").next().unwrap_or_default();
    let figures = &answer.figures;
    let days = match (&answer.first_day, &answer.last_day) {
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => String::new(),
    };
    Page {
        title: "Pilot".to_owned(),
        headline: Words::new()
            .with(tone, format!("{word}: "))
            .name(answer.feature.as_str())
            .say(" at ")
            .name(answer.endpoint.as_str())
            .say("."),
        lead: Words::of(format!(
            "{} and {}; {} in all.",
            plural(figures.calls, "call", "calls"),
            plural(figures.requests, "request", "requests"),
            dollars(NanoUsd(figures.cost_nanousd))
        )),
        rows: vec![vec![endpoints::pilots::card(answer)]],
        choice: Choice {
            span: days,
            ..Choice::default()
        },
        ..Page::default()
    }
}
