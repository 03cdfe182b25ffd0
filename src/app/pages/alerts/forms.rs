//! What can be done about an alert from its page, and what people did.
//!
//! Knows no session. A newcomer may ask why a silence needs a reason and taking care does not: whoever
//! takes care can be asked, and a silence hides what nobody then asks about.

use crate::app::alert::silences;
use crate::episode::EpisodeView;
use crate::web::page::{Body, Card, Cell, Field, Form, Kind, Table, Words, columns};

use super::super::Ask;
use super::super::view::Fault;

/// For how many hours a page silences.
pub(in crate::app::pages) const HOURS: [(i64, &str); 4] = [
    (1, "1 hour"),
    (4, "4 hours"),
    (24, "1 day"),
    (168, "1 week"),
];
/// Lines of what people did that are shown.
const LINES: usize = 100;

fn hours() -> Field {
    let value = |hours| match hours {
        1 => "1",
        24 => "24",
        168 => "168",
        _ => "4",
    };
    Field::Choice {
        name: "hours",
        label: "for",
        of: HOURS
            .iter()
            .map(|(hours, label)| (value(*hours), (*label).to_owned()))
            .collect(),
    }
}

fn reason(required: bool) -> Field {
    Field::Text {
        name: "reason",
        label: if required {
            "because"
        } else {
            "what is done about it"
        },
        required,
    }
}

/// What can be done about an episode; of one that is over it can be said what it was.
pub(super) fn todo(view: &EpisodeView) -> Card {
    let path = |what: &str| format!("/alerts/{}/{what}", view.number);
    let takes_care = [
        Form {
            action: path("ack"),
            title: Words::of("Take care of it: no more reminders"),
            fields: vec![reason(false)],
            buttons: vec![("", "Acknowledge".to_owned())],
        },
        Form {
            action: path("silence"),
            title: Words::of("Tell nobody of it and its like"),
            fields: vec![hours(), reason(true)],
            buttons: vec![("", "Silence".to_owned())],
        },
    ];
    let judges = Form {
        action: path("feedback"),
        title: Words::of("It was"),
        fields: Vec::new(),
        buttons: vec![
            ("real", "Real".to_owned()),
            ("noise", "Noise".to_owned()),
            ("planned", "Planned".to_owned()),
        ],
    };
    let is_open = view.resolved.is_none();
    let forms = takes_care.into_iter().filter(|_| is_open).chain([judges]);
    let title = if is_open {
        "What is done about it?"
    } else {
        "What was it?"
    };
    Card {
        title: title.to_owned(),
        body: vec![Body::Forms(forms.collect())],
        ..Card::default()
    }
}

/// What people did about an episode.
pub(super) fn done(ask: &Ask<'_>, number: u64) -> Result<Option<Card>, Fault> {
    let list = ask.ledger.alert_audit_of(number, LINES)?;
    if list.is_empty() {
        return Ok(None);
    }
    let rows = list.iter().map(|row| {
        vec![
            Cell::new(
                Words::of(ask.view.time_text_seconds(row.at)),
                row.at.to_string(),
            ),
            Cell::name(&row.author),
            Cell::new(Words::new().name(row.what.as_str()), row.what.as_str())
                .hint(row.what.as_str()),
        ]
    });
    Ok(Some(Card {
        title: "Who did what?".to_owned(),
        body: vec![Body::Table(Table {
            name: "done",
            about: "What people did about the alert",
            columns: columns(&[
                ("When", "at", Kind::Text),
                ("Who", "author", Kind::Text),
                ("Did", "what", Kind::Text),
            ]),
            rows: rows.collect(),
            ..Table::default()
        })],
        ..Card::default()
    }))
}

/// Silences that are not over, each with its end, and a further one.
pub(super) fn silent(ask: &Ask<'_>) -> Result<Card, Fault> {
    let list = silences(ask.ledger)?;
    let mut body = Vec::new();
    if list.is_empty() {
        body.push(Body::Empty(Words::of("Nothing is silenced.")));
    }
    let ends = list.iter().map(|(number, silence)| Form {
        action: format!("/alerts/silences/{number}/end"),
        title: Words::of(format!("{number}: "))
            .code(silence.matcher.to_string())
            .say(format!(" until {}, by ", ask.view.time_text(silence.until)))
            .name(silence.mark.author.as_str())
            .say(": ")
            .name(silence.mark.reason.as_str()),
        fields: Vec::new(),
        buttons: vec![("", "End it".to_owned())],
    });
    let mut forms: Vec<Form> = ends.collect();
    forms.push(Form {
        action: "/alerts/silences".to_owned(),
        title: Words::of("Tell nobody of what fits, like ").code("endpoint=weu rule=latency*"),
        fields: vec![
            Field::Text {
                name: "what",
                label: "what",
                required: true,
            },
            hours(),
            reason(true),
        ],
        buttons: vec![("", "Silence".to_owned())],
    });
    body.push(Body::Forms(forms));
    Ok(Card {
        title: "What is silenced?".to_owned(),
        body,
        ..Card::default()
    })
}
