//! One alert: its chart and words as a mail has them, its steps, who was told, whether it arrived.
//!
//! Knows no HTML. A newcomer may ask why its words are those of a mail: two texts of one thing would
//! sooner or later say two things.

use crate::alert::{Finding, StepKind};
use crate::app::alert::{episode, steps};
use crate::chart::Width;
use crate::episode::Step;
use crate::ledger::OutboxRow;
use crate::message;
use crate::web::Refused;
use crate::web::page::{Body, Card, Cell, Choice, Kind, Page, Table, Words, columns};

use super::super::Ask;
use super::super::parts::number;
use super::super::view::Fault;
use super::{forms, mail, notice, state, tone, topic};

/// Messages of an episode that are shown.
const MESSAGES: usize = 100;

/// One alert.
pub(super) fn one(ask: &Ask<'_>, number: u64) -> Result<Page, Fault> {
    let view = episode(ask.ledger, number)?.ok_or(Fault::Refused(Refused::Unknown))?;
    let mut rows = Vec::new();
    let headline = Words::new().name(topic(ask, &view));
    let steps = steps(ask.ledger, number)?;
    if let Some(mut notice) = notice(ask, &view, true) {
        // The end tells what was last and what it all cost; where it does not, the text tells of the worst.
        match end_of(&steps, &view.worst) {
            Some(last) => notice.finding = last.clone(),
            None => notice.kind = StepKind::Fired,
        }
        let mail = mail(ask, &notice);
        let zone = ask.view.zone;
        let wide = message::drawing(&notice, zone, Width::Wide);
        if let Some((wide, narrow)) = wide.zip(message::drawing(&notice, zone, Width::Narrow)) {
            rows.push(vec![Card {
                title: "What happened?".to_owned(),
                body: vec![Body::picture(&wide, &narrow)],
                ..Card::default()
            }]);
        }
        rows.push(vec![Card {
            title: "What is it, and what is to be done?".to_owned(),
            sub: Words::of("as a mail says it"),
            body: vec![Body::Lines(mail.text)],
            ..Card::default()
        }]);
    }
    rows.push(vec![forms::todo(&view)]);
    rows.extend(forms::done(ask, number)?.map(|card| vec![card]));
    rows.push(vec![
        steps_card(ask, &steps),
        messages_card(ask, &ask.ledger.outbox(Some(number), MESSAGES)?),
    ]);
    let (state, _) = state(ask, &view);
    let mut lead = Words::of(format!("Alert {number}, "))
        .and(state)
        .say(format!(", since {}. ", ask.view.time_text(view.since)));
    if let Some(mark) = &view.acked {
        lead = lead.name(mark.author.as_str()).say(format!(
            " takes care of it since {}. ",
            ask.view.time_text(mark.at)
        ));
    }
    lead = lead.link("All alerts", ask.view.link("/alerts"), false);
    Ok(Page {
        headline,
        lead,
        rows,
        choice: Choice {
            hidden: vec![("episode".to_owned(), number.to_string())],
            ..Choice::default()
        },
        ..Page::default()
    })
}

/// What the end of an alert says of what was worst.
fn end_of<'a>(steps: &'a [Step], worst: &Finding) -> Option<&'a Finding> {
    let end = steps
        .last()
        .filter(|step| step.kind == StepKind::Resolved)?;
    let same = |one: &&Finding| one.rule == worst.rule && one.series == worst.series;
    end.findings.iter().find(same)
}

fn steps_card(ask: &Ask<'_>, steps: &[Step]) -> Card {
    let rows = steps.iter().map(|step| {
        let to: Vec<&str> = step.to.iter().map(|to| to.address.as_str()).collect();
        let quiet = step.quiet.map_or("", |quiet| quiet.as_str());
        let to = if to.is_empty() {
            quiet.to_owned()
        } else {
            to.join(", ")
        };
        vec![
            Cell::new(
                Words::of(ask.view.time_text_seconds(step.wall)),
                step.wall.to_string(),
            ),
            Cell::new(Words::of(step.kind.as_str()), step.kind.as_str()),
            Cell::new(
                Words::new().with(tone(step.severity), step.severity.as_str()),
                step.severity.as_str(),
            ),
            Cell::name(&to),
        ]
    });
    Card {
        title: "Who was told when?".to_owned(),
        body: vec![Body::Table(Table {
            name: "steps",
            about: "Steps of the alert",
            columns: columns(&[
                ("When", "at", Kind::Text),
                ("", "step", Kind::Text),
                ("", "severity", Kind::Text),
                ("Told, or why nobody", "to", Kind::Text),
            ]),
            rows: rows.collect(),
            ..Table::default()
        })],
        ..Card::default()
    }
}

fn messages_card(ask: &Ask<'_>, list: &[OutboxRow]) -> Card {
    let rows = list.iter().map(|row| {
        vec![
            Cell::new(
                Words::of(ask.view.time_text_seconds(row.made)),
                row.made.to_string(),
            ),
            Cell::name(&row.to),
            Cell::new(Words::of(row.state.as_str()), row.state.as_str()),
            number(i64::from(row.attempts)),
            Cell::name(&row.said),
        ]
    });
    Card {
        title: "Did it arrive?".to_owned(),
        body: vec![Body::Table(Table {
            name: "messages",
            about: "Messages of the alert",
            columns: columns(&[
                ("Written", "made", Kind::Text),
                ("To", "to", Kind::Text),
                ("", "state", Kind::Text),
                ("Tries", "attempts", Kind::Number),
                ("The server said", "said", Kind::Text),
            ]),
            rows: rows.collect(),
            ..Table::default()
        })],
        ..Card::default()
    }
}
