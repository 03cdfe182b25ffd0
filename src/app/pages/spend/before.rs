//! Why these days cost more or less than others: the exact split, by cause and by feature.
//!
//! Knows no HTML. A newcomer may ask why the days to compare with lie in the address: a link must show
//! the same difference to whoever opens it.

use chrono::NaiveDate;

use crate::app::report::compare::{Compared, Step as Change, compare};
use crate::chart::{Bridge, Step, Width};
use crate::figure::{count, dollars, plural};
use crate::ledger::Span;
use crate::money::NanoUsd;
use crate::web::page::{Body, Card, Cell, Kind, Table, Tone, Words, columns};

use super::super::Ask;
use super::super::overview::signed;
use super::super::parts::{in_dollars, money};
use super::super::tables::FIRST;
use super::super::view::{Fault, View, date, right};

/// Steps that a picture names.
const NAMED: usize = 7;

/// The days to compare with.
pub(super) struct Other {
    span: Span,
    pub(super) from: NaiveDate,
    pub(super) to: NaiveDate,
}

/// As the address says (`against_from`, `against_to`), else as many days before.
pub(super) fn other(ask: &Ask<'_>) -> Result<Other, Fault> {
    let zones = ask.ledger.zones();
    let (span, from, to) = ask.view.before(zones);
    let told = (
        date(ask.asked, "against_from")?,
        date(ask.asked, "against_to")?,
    );
    match told {
        (None, None) => Ok(Other { span, from, to }),
        (Some(from), Some(to)) if from <= to && (to - from).num_days() < 800 => Ok(Other {
            span: Span {
                from: View::day(zones, from).from,
                to: View::day(zones, to).to,
            },
            from,
            to,
        }),
        (Some(_), Some(_)) => Err(right(
            "against_from",
            "at most 800 days before `against_to`",
        )),
        (None, Some(_)) => Err(right("against_from", "given beside `against_to`")),
        (Some(_), None) => Err(right("against_to", "given beside `against_from`")),
    }
}

/// Both pictures and the table, where there is something to compare with.
pub(super) fn cards(ask: &Ask<'_>, other: &Other) -> Result<Vec<Vec<Card>>, Fault> {
    let view = ask.view;
    let title = "Why more or less than before?".to_owned();
    let days = (other.to - other.from).num_days() + 1;
    let spans = ((view.span, view.days()), (other.span, days));
    let compared = compare(ask.ledger, ask.rules, spans, view.feature.as_deref())?;
    let against = named(view, other);
    if compared.before_nanousd == 0 && compared.before_requests == 0 {
        let body = Words::of(format!(
            "The books hold nothing of {against}. Choose other days to compare with."
        ));
        return Ok(vec![vec![Card {
            title,
            body: vec![Body::Empty(body), Body::Words(vec![links(ask)])],
            ..Card::default()
        }]]);
    }
    let mut rows = vec![vec![
        Card {
            title,
            sub: sub(ask, other, &compared)?,
            body: vec![
                picture((view, &against), &compared, &compared.causes, Width::Wide),
                Body::Words(vec![links(ask)]),
            ],
            ..Card::default()
        },
        Card {
            title: "Whose?".to_owned(),
            sub: Words::of("the same difference by feature"),
            body: vec![picture(
                (view, &against),
                &compared,
                &compared.features,
                Width::Half,
            )],
            ..Card::default()
        },
    ]];
    rows.push(vec![table(&against, &compared)]);
    Ok(rows)
}

fn named(view: &View, other: &Other) -> String {
    if other.from == other.to {
        view.day_text(other.to)
    } else {
        format!(
            "{} to {}",
            view.day_text(other.from),
            view.day_text(other.to)
        )
    }
}

fn sub(ask: &Ask<'_>, other: &Other, compared: &Compared) -> Result<Words, Fault> {
    let unit = if compared.a_day { " a day" } else { "" };
    let more = compared.now_nanousd - compared.before_nanousd;
    let mut words = Words::of(format!("{}{unit} against ", signed(more)))
        .say(named(ask.view, other))
        .say(format!(
            ": {} answered requests now, {} then; the parts add up to the nano-dollar",
            count(compared.now_requests),
            count(compared.before_requests)
        ));
    let booked = ask.ledger.day_configs(other.span)?;
    let mut days: Vec<_> = booked.iter().map(|row| row.day).collect();
    days.sort_unstable();
    days.dedup();
    let held = i64::try_from(days.len()).unwrap_or(i64::MAX);
    if held < (other.to - other.from).num_days() + 1 {
        let few = plural(held, "day", "days");
        words = words
            .say(". ")
            .with(Tone::Warn, format!("The books hold only {few} of those."));
    }
    Ok(words)
}

/// Days that one compares with most.
fn links(ask: &Ask<'_>) -> Words {
    let view = ask.view;
    let mut words = Words::new().dim("Against: ");
    let before = ask.asked.with("against_from", "").with("against_to", "");
    words = words.link(
        "as many days before",
        format!("/spend{}", before.query()),
        false,
    );
    for (back, name) in [
        (7, "a week before"),
        (28, "four weeks before"),
        (364, "a year before"),
    ] {
        let shift = |day: NaiveDate| day.checked_sub_days(chrono::Days::new(back));
        let (Some(from), Some(to)) = (shift(view.from), shift(view.to)) else {
            continue;
        };
        let asked = ask
            .asked
            .with("against_from", &from.to_string())
            .with("against_to", &to.to_string());
        words = words
            .say(" · ")
            .link(name, format!("/spend{}", asked.query()), false);
    }
    words
}

fn picture(
    (view, against): (&View, &str),
    compared: &Compared,
    list: &[Change],
    width: Width,
) -> Body {
    let step = |label: &str, nano: i64| Step {
        label: label.to_owned(),
        value: in_dollars(nano),
        said: signed(nano),
    };
    // A bar below a thousandth of the whole cannot be seen; the table below has every one.
    let least = compared.now_nanousd.max(compared.before_nanousd) / 1000;
    let seen = |one: &&Change| one.nanousd.saturating_abs() > least;
    let named: Vec<&Change> = list.iter().take(NAMED).filter(seen).collect();
    let mut steps: Vec<Step> = named
        .iter()
        .map(|one| step(&one.name, one.nanousd))
        .collect();
    let all: i64 = list.iter().map(|one| one.nanousd).sum();
    let rest = all - named.iter().map(|one| one.nanousd).sum::<i64>();
    if rest != 0 {
        steps.push(step("all others", rest));
    }
    let end = |label: &str, nano: i64| Step {
        said: dollars(NanoUsd(nano)),
        ..step(label, nano)
    };
    let bridge = Bridge {
        about: "Spend before and now, and what lies between",
        first: &end(against, compared.before_nanousd),
        steps: &steps,
        last: &end(&view.span_text(), compared.now_nanousd),
    };
    Body::picture(&bridge.draw(width), &bridge.draw(Width::Narrow))
}

fn table(against: &str, compared: &Compared) -> Card {
    let row = |of: &'static str, one: &Change| {
        vec![
            Cell::new(Words::new().dim(of), of),
            Cell::name(&one.name),
            Cell {
                said: Words::of(signed(one.nanousd)),
                ..money(one.nanousd)
            },
        ]
    };
    let causes = compared.causes.iter().map(|one| row("cause", one));
    let features = compared.features.iter().map(|one| row("feature", one));
    let more = compared.now_nanousd - compared.before_nanousd;
    let total = vec![
        Cell::new(Words::of("All"), ""),
        Cell::new(
            Words::new().dim("the causes, and as much again the features"),
            "",
        ),
        Cell::new(Words::of(signed(more)), ""),
    ];
    let unit = if compared.a_day { "a day, " } else { "" };
    Card {
        title: "The difference in figures".to_owned(),
        sub: Words::of(format!("{unit}against {against}")),
        body: vec![Body::Table(Table {
            name: "difference",
            about: "The difference by cause and by feature",
            columns: columns(&[
                ("By", "by", Kind::Text),
                ("", "name", Kind::Text),
                ("Difference", "difference_usd", Kind::Number),
            ]),
            rows: causes.chain(features).collect(),
            total,
            first: FIRST,
        })],
        ..Card::default()
    }
}
