//! What happened when an endpoint failed: outages, calls that went elsewhere, whether fail-closed held.
//!
//! Knows no HTML. A newcomer may ask why a page on places shows outages: a call that an outage sends
//! elsewhere lands elsewhere, and the proof that none was sent is as good as a region.

use crate::app::report::fallback::{Fallbacks, Outage, Pair};
use crate::figure::{count, duration, plural, share};
use crate::units::UnixMillis;
use crate::web::page::{Body, Card, Cell, Kind, Table, Tone, Words, columns};

use super::parts::number;
use super::tables::FIRST;
use super::view::View;

/// Whether what must go nowhere else went nowhere.
pub(super) fn closed_card(told: &Fallbacks) -> Card {
    let moved: i64 = told.pairs.iter().map(|pair| pair.calls).sum();
    let answered: i64 = told.pairs.iter().map(|pair| pair.answered).sum();
    let outages = i64::try_from(told.outages.len()).unwrap_or(i64::MAX);
    let mut lines = Vec::new();
    lines.push(match (told.any_closed, told.closed) {
        (false, _) => {
            Words::of("Nothing is registered as fail-closed, so nothing has to be proven: ")
                .code("fallback_policy = \"fail_closed\"")
                .say(" on an endpoint or a feature says that no call may go anywhere else.")
        }
        (true, 0) => Words::of("No outage put fail-closed to the test."),
        (true, all) if told.closed_held == all => Words::new().with(
            Tone::Good,
            format!(
                "Fail-closed held in {} of {} outages.",
                count(all),
                count(all)
            ),
        ),
        (true, all) => Words::new().bad(format!(
            "Fail-closed held in {} of {} outages.",
            count(told.closed_held),
            count(all)
        )),
    });
    lines.push(Words::of(format!(
        "{}; {} to another endpoint after a failure, {} of them answered there.",
        plural(outages, "outage", "outages"),
        plural(moved, "call went", "calls went"),
        count(answered)
    )));
    if told.spilled.is_empty() {
        lines.push(Words::of(
            "No header told of a call that the provider moved itself.",
        ));
    }
    for one in &told.spilled {
        lines.push(
            Words::of(format!(
                "{} of {} moved by the provider itself (spillover): ",
                count(one.calls),
                plural(one.of, "call", "calls")
            ))
            .name(one.endpoint.as_str()),
        );
    }
    Card {
        title: "Did fail-closed hold?".to_owned(),
        sub: Words::of(
            "an outage: at least half of an endpoint's calls fail for ten minutes or longer",
        ),
        body: vec![Body::Words(lines)],
        ..Card::default()
    }
}

/// Outages, the latest first.
pub(super) fn outages_card(view: &View, told: &Fallbacks) -> Card {
    let title = "What happened when an endpoint failed?".to_owned();
    if told.outages.is_empty() {
        return Card {
            title,
            body: vec![Body::Empty(Words::of(
                "No endpoint failed for ten minutes in these days.",
            ))],
            ..Card::default()
        };
    }
    Card {
        title,
        sub: Words::of("calls that went elsewhere are counted in the hours of the outage"),
        body: vec![Body::Table(Table {
            name: "outages",
            about: "Outages of endpoints",
            columns: columns(&[
                ("Endpoint", "endpoint", Kind::Text),
                ("From", "from", Kind::Text),
                ("To", "to", Kind::Text),
                ("lasted", "lasted_ms", Kind::Number),
                ("Calls", "calls", Kind::Number),
                ("failed", "failed", Kind::Number),
                ("Elsewhere", "elsewhere", Kind::Number),
                ("answered", "answered", Kind::Number),
                ("Fallback", "fallback", Kind::Text),
                ("Outcome", "outcome", Kind::Text),
            ]),
            rows: told.outages.iter().map(|one| row(view, one)).collect(),
            first: FIRST,
            ..Table::default()
        })],
        ..Card::default()
    }
}

fn row(view: &View, one: &Outage) -> Vec<Cell> {
    let time = |text: &str| UnixMillis::parse(text).unwrap_or_default();
    let (from, to) = (time(&one.from), time(&one.to));
    let lasted = u64::try_from(to.0.saturating_sub(from.0)).unwrap_or(0);
    let at = |at: UnixMillis, raw: &str| Cell::new(Words::of(view.time_text(at)), raw);
    let outcome = match (one.fail_closed, one.broke, one.elsewhere) {
        (true, 0, _) => Words::new().with(Tone::Good, "fail-closed held"),
        (true, broke, _) => Words::new().bad(format!("{} left, and must not", count(broke))),
        (false, _, 0) => Words::new().with(Tone::Warn, "nothing took over"),
        (false, _, n) => Words::of(format!("{} answered elsewhere", share(one.answered, n))),
    };
    vec![
        Cell::name(&one.endpoint),
        at(from, &one.from),
        at(to, &one.to),
        Cell::new(Words::of(duration(lasted)), lasted.to_string()),
        number(one.calls),
        Cell::new(
            Words::new().bad(share(one.failed, one.calls)),
            one.failed.to_string(),
        )
        .hint(format!("{} of {}", count(one.failed), count(one.calls))),
        number(one.elsewhere),
        number(one.answered),
        one.fallback.as_deref().map_or_else(
            || Cell::new(Words::new().with(Tone::Warn, "none"), ""),
            Cell::name,
        ),
        Cell::new(outcome.clone(), outcome.text()),
    ]
}

/// Calls that went from one endpoint to another; `None` where none did.
pub(super) fn pairs_card(told: &Fallbacks) -> Option<Card> {
    let row = |one: &Pair| {
        let outcome = match (one.fail_closed, one.registered) {
            (true, _) => Words::new().bad("fail-closed: none was expected"),
            (false, true) => Words::new().with(Tone::Good, "as registered"),
            (false, false) => Words::new().with(Tone::Warn, "not the registered fallback"),
        };
        vec![
            Cell::name(&one.name).hint(one.feature.as_str()),
            Cell::name(&one.from),
            Cell::name(&one.to),
            number(one.calls),
            number(one.answered),
            Cell::new(outcome.clone(), outcome.text()),
        ]
    };
    (!told.pairs.is_empty()).then(|| Card {
        title: "Which calls went elsewhere?".to_owned(),
        sub: Words::of("a failed call, followed within half a minute by one of the same feature at another endpoint"),
        body: vec![Body::Table(Table {
            name: "fallbacks",
            about: "Calls that went to another endpoint after a failure",
            columns: columns(&[
                ("Feature", "feature", Kind::Text),
                ("From", "from", Kind::Text),
                ("To", "to", Kind::Text),
                ("Calls", "calls", Kind::Number),
                ("answered", "answered", Kind::Number),
                ("Outcome", "outcome", Kind::Text),
            ]),
            rows: told.pairs.iter().map(row).collect(),
            first: FIRST,
            ..Table::default()
        })],
        ..Card::default()
    })
}
