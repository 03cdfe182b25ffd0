//! Single calls, the newest first: what each added, where it landed, by which price and rule.
//!
//! Knows no HTML. A newcomer may ask why a search stops after so many lines: they are read hour by
//! hour, and whoever looks must not hold the disk; a link goes on where it stopped.

mod one;

use crate::entry::Money;
use crate::figure::{cents, count, duration, plural};
use crate::ledger::Span;
use crate::line::Line;
use crate::money::NanoUsd;
use crate::units::{HOUR_MS, UnixMillis};
use crate::web::Refused;
use crate::web::page::{Body, Card, Cell, Choice, Kind, Page, Table, Tone, Words, columns};

use super::Ask;
use super::overview::nothing;
use super::view::{Fault, View};

pub(super) use one::{link, link_of};

/// Lines of a page.
const LINES: usize = 100;
/// A time is often written without its milliseconds.
const SECOND_MS: i64 = 1000;
/// Lines that one page looks through before it hands a link to go on.
const LOOKED_MAX: usize = 150_000;
/// Outcomes that can be asked for.
pub(super) const OUTCOMES: [&str; 8] = [
    "ok",
    "throttled",
    "auth",
    "client_error",
    "server_error",
    "timeout",
    "no_answer",
    "failed",
];

/// What lines are looked for.
pub(super) struct Wanted<'a> {
    text: Option<String>,
    outcome: Option<&'a str>,
    feature: Option<&'a str>,
}

pub(super) fn page(ask: &Ask<'_>) -> Result<Page, Fault> {
    let (view, asked) = (ask.view, ask.asked);
    if let Some(page) = one::page(ask)? {
        return Ok(page);
    }
    let wanted = Wanted::of(ask)?;
    // A time in the place of a text leads to the lines up to it.
    let time = asked.get("q").and_then(UnixMillis::parse);
    let before = match asked.get("before") {
        None => time.map_or(view.span.to, |time| time.saturating_add(SECOND_MS)),
        Some(text) => UnixMillis::parse(text).ok_or_else(|| {
            let right = "a time such as `2026-11-20T09:14:31Z`".to_owned();
            Fault::Refused(Refused::Parameter("before".to_owned(), right))
        })?,
    };
    let newest = view.books.map_or(view.today, |(_, last)| last);
    let end = before.min(View::day(ask.ledger.zones(), newest).to);
    let (lines, stopped) = gather(ask, end, &wanted)?;
    if lines.is_empty() && stopped <= view.span.from {
        return Ok(Page {
            rows: vec![vec![search_card(ask, None)]],
            choice: choice(ask),
            ..nothing(ask)
        });
    }
    let older =
        (stopped > view.span.from).then(|| asked.with("before", &stopped.to_string()).query());
    Ok(Page {
        headline: headline(view, &lines, stopped),
        lead: Words::of("Each line is one report: transport reports tell a call, usage reports a request; what each was judged by stands beside it. ")
            .say("A line's time leads to every decision on its call."),
        rows: vec![vec![search_card(ask, older)], vec![lines_card(view, &lines)]],
        choice: choice(ask),
        ..Page::default()
    })
}

/// What is searched for, and what the address carries besides.
fn choice(ask: &Ask<'_>) -> Choice {
    let outcome = ask.asked.get("outcome");
    Choice {
        search: Some(ask.asked.get("q").unwrap_or_default().to_owned()),
        hidden: outcome
            .map(|outcome| ("outcome".to_owned(), outcome.to_owned()))
            .into_iter()
            .collect(),
        ..Choice::default()
    }
}

/// The newest wanted lines before `end`, and up to where was looked.
fn gather(
    ask: &Ask<'_>,
    end: UnixMillis,
    wanted: &Wanted<'_>,
) -> Result<(Vec<Line>, UnixMillis), Fault> {
    let from = ask.view.span.from;
    let mut lines: Vec<Line> = Vec::new();
    let mut to = end;
    let mut looked = 0;
    while to > from && lines.len() < LINES && looked < LOOKED_MAX {
        let start = UnixMillis(to.0 - 1).floor(HOUR_MS).max(from);
        let mut found = Vec::new();
        ask.ledger.lines(Span { from: start, to }, &mut |line| {
            looked += 1;
            if wanted.takes(&line) {
                found.push(line);
            }
            Ok(())
        })?;
        lines.extend(found.into_iter().rev());
        to = start;
    }
    if lines.len() > LINES {
        // All lines of the last millisecond stay together, so that the next page begins below it.
        let last = lines.get(LINES - 1).map_or(to, |line| line.at);
        lines.retain(|line| line.at >= last);
        to = last;
    }
    Ok((lines, to))
}

impl<'a> Wanted<'a> {
    /// What an address looks for.
    pub(super) fn of(ask: &Ask<'a>) -> Result<Wanted<'a>, Fault> {
        let outcome = ask.asked.get("outcome");
        if outcome.is_some_and(|outcome| !OUTCOMES.contains(&outcome)) {
            let right = format!("one of {}", OUTCOMES.join(", "));
            return Err(Fault::Refused(Refused::Parameter(
                "outcome".to_owned(),
                right,
            )));
        }
        Ok(Wanted {
            // A time leads to lines, and is not looked for in them.
            text: ask
                .asked
                .get("q")
                .filter(|text| UnixMillis::parse(text).is_none())
                .map(str::to_lowercase),
            outcome,
            feature: ask.view.feature.as_deref(),
        })
    }

    pub(super) fn takes(&self, line: &Line) -> bool {
        let about = &line.about;
        let outcome = self
            .outcome
            .is_none_or(|wanted| outcomes(line).any(|one| one == wanted));
        let feature = self
            .feature
            .is_none_or(|wanted| about.key.feature == wanted);
        outcome
            && feature
            && self.text.as_ref().is_none_or(|wanted| {
                let key = &about.key;
                let texts = [
                    &key.feature,
                    &key.endpoint,
                    &key.model,
                    &key.region,
                    &line.identity,
                    &about.topic,
                    &about.evidence_words,
                    &about.price_row,
                    &about.rule,
                ];
                texts
                    .iter()
                    .any(|text| text.to_lowercase().contains(wanted))
                    || position(line).to_lowercase().contains(wanted)
            })
    }
}

fn outcomes(line: &Line) -> impl Iterator<Item = &'static str> {
    let call = line.call.map(|call| call.class.as_str());
    call.into_iter()
        .chain(line.request.map(|request| request.class.as_str()))
}

/// Where a line's record stands.
pub(super) fn position(line: &Line) -> String {
    format!(
        "{}:{}:{}",
        line.about.topic, line.about.partition, line.offset
    )
}

fn headline(view: &View, lines: &[Line], stopped: UnixMillis) -> Words {
    let n = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    match lines.first() {
        Some(newest) => Words::of(format!(
            "{}, the newest of {}.",
            plural(n, "report", "reports"),
            view.time_text(newest.at)
        )),
        None => Words::of(format!("No such report since {}.", view.time_text(stopped))),
    }
}

fn search_card(ask: &Ask<'_>, older: Option<String>) -> Card {
    let asked = ask.asked;
    let mut words = Words::of("Outcome: ");
    for outcome in OUTCOMES {
        let chosen = asked.get("outcome") == Some(outcome);
        let other = asked
            .with("before", "")
            .with("outcome", if chosen { "" } else { outcome });
        words = if chosen {
            words.strong(outcome).say(" ")
        } else {
            words
        };
        let label = if chosen { "(all)" } else { outcome };
        words = words
            .link(label, format!("/calls{}", other.query()), false)
            .say(" · ");
    }
    let mut lines = vec![words];
    if let Some(older) = older {
        lines.push(Words::new().link("Older", format!("/calls{older}"), false));
    }
    Card {
        title: "Which ones?".to_owned(),
        sub: Words::of(
            "what is searched for stands in the id, position, feature, endpoint, model, region, price row, rule or evidence; a time (2026-11-20T09:14:31Z) leads to the lines before it",
        ),
        body: vec![Body::Words(lines)],
        ..Card::default()
    }
}

fn lines_card(view: &View, lines: &[Line]) -> Card {
    Card {
        title: "What did each do?".to_owned(),
        body: vec![Body::Table(Table {
            name: "lines",
            about: "Reports, the newest first",
            columns: columns(&[
                ("Time", "at", Kind::Text),
                ("", "half", Kind::Text),
                ("Feature", "feature", Kind::Text),
                ("Endpoint", "endpoint", Kind::Text),
                ("Model", "model", Kind::Text),
                ("Outcome", "outcome", Kind::Text),
                ("took", "ms", Kind::Number),
                ("Tokens", "tokens", Kind::Number),
                ("Cost", "cost_usd", Kind::Number),
                ("Price row", "price_row", Kind::Text),
                ("Landed in", "region", Kind::Text),
                ("Verdict", "verdict", Kind::Text),
                ("Evidence", "evidence", Kind::Text),
                ("Rule", "rule", Kind::Text),
                ("Call", "id", Kind::Text),
                ("Record", "position", Kind::Text),
                ("Config", "config", Kind::Number),
            ]),
            rows: lines.iter().map(|line| row(view, line)).collect(),
            ..Table::default()
        })],
        ..Card::default()
    }
}

fn row(view: &View, line: &Line) -> Vec<Cell> {
    let (about, key) = (&line.about, &line.about.key);
    let half = match (line.call.is_some(), line.request.is_some()) {
        (true, true) => "both",
        (true, false) => "call",
        (false, _) => "request",
    };
    let outcome: Vec<&str> = outcomes(line).collect();
    let fine = outcome.iter().all(|one| *one == "ok");
    let outcome = outcome.first().copied().unwrap_or("");
    let took = line
        .call
        .and_then(|call| call.latency)
        .or(line.request.and_then(|request| request.duration));
    let tokens = line.request.and_then(|request| request.usage).map(|usage| {
        let all = usage
            .input
            .saturating_add(usage.cache_read)
            .saturating_add(usage.output);
        i64::try_from(all).unwrap_or(i64::MAX)
    });
    let verdict = key.verdict.map_or("", |verdict| verdict.as_str());
    let grade = key.grade.map_or("", |grade| grade.as_str());
    let tone = match verdict {
        "violated" => Tone::Bad,
        "unproven" => Tone::Warn,
        _ => Tone::Plain,
    };
    let at = view.time_text_seconds(line.at);
    vec![
        Cell::new(
            Words::new().link(at, link(view, line.id, line.at), false),
            line.at.to_string(),
        )
        .hint(format!("every decision on the call of {}", line.at)),
        Cell::new(Words::new().dim(half), half),
        Cell::name(&key.feature),
        Cell::name(&key.endpoint),
        Cell::name(&key.model),
        Cell::new(
            Words::new().with(if fine { Tone::Plain } else { Tone::Warn }, outcome),
            outcome,
        ),
        took.map_or_else(Cell::none, |ms| {
            Cell::new(Words::of(duration(ms.0)), ms.0.to_string())
        }),
        tokens.map_or_else(Cell::none, |n| {
            Cell::new(Words::of(count(n)), n.to_string())
        }),
        line.request
            .map_or_else(Cell::none, |request| cost(request.money)),
        Cell::name(&about.price_row),
        Cell::name(&key.region),
        Cell::new(
            Words::new().with(tone, verdict).dim(format!(" {grade}")),
            verdict,
        ),
        Cell::name(&about.evidence_words),
        Cell::name(&about.rule),
        Cell::new(
            Words::new().code(line.identity.as_str()),
            line.identity.as_str(),
        ),
        Cell::new(Words::new().code(position(line)), position(line)),
        Cell::new(
            Words::of(about.config.0.to_string()),
            about.config.0.to_string(),
        ),
    ]
}

fn cost(money: Money) -> Cell {
    match money {
        Money::Exact(amount) => Cell::new(Words::of(cents(amount)), amount.to_string()),
        Money::Approximated(amount) => Cell::new(Words::of(cents(amount)), amount.to_string())
            .hint("by a rule of approximation"),
        Money::Nothing => Cell::new(Words::new().dim("nothing"), NanoUsd::ZERO.to_string()),
        Money::Fixed => Cell::new(Words::new().dim("by the hour"), ""),
        Money::Unpriced => Cell::new(Words::new().with(Tone::Warn, "unpriced"), ""),
    }
}
