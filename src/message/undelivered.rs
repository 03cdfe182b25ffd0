//! The mail that says in a webhook's place what the webhook would not take.
//!
//! Knows no server. A newcomer may ask why it wears the look of a digest: it is a list of a few lines, and one
//! more template would be one more that a user has to change.

use minijinja::value::Value;
use serde_json::Value as Json;

use crate::units::UnixMillis;

use super::{Around, Mail, digest, header, moment, wrap};

/// Letters of the answer that are shown.
const SAID_LETTERS: usize = 240;

fn text(body: &Json, name: &str) -> String {
    wrap::plain(body.get(name).and_then(Json::as_str).unwrap_or_default())
}

fn line(what: &str, figure: &str) -> Option<Value> {
    (!figure.is_empty()).then(|| digest::entry(&[("what", what), ("figure", figure)]))
}

/// A mail about the JSON that a webhook refused under that identity, with what was said.
#[must_use]
pub fn undelivered(
    (json, id): (&[u8], &str),
    said: &str,
    told: UnixMillis,
    around: &Around<'_>,
) -> Mail {
    let body: Json = serde_json::from_slice(json).unwrap_or_default();
    let said: String = said
        .chars()
        .filter(|letter| !letter.is_control())
        .take(SAID_LETTERS)
        .collect();
    let lines = [
        line("Subject", &text(&body, "subject")),
        line("What", &text(&body, "headline")),
        line("Do", &text(&body, "do")),
        line("Why it was not taken", &said),
    ];
    let section = Value::from_pairs([
        ("title", Value::from("What it would have said")),
        (
            "lines",
            lines.into_iter().flatten().collect::<Vec<_>>().into(),
        ),
        ("left", Value::from("")),
    ]);
    let topic = "the webhook did not take a message";
    let values = Value::from_pairs([
        ("kind", Value::from("Webhook")),
        ("when", Value::from(moment::date(told, around.zone))),
        (
            "headline",
            Value::from("The webhook did not take a message, and will not be asked again."),
        ),
        ("topic", Value::from(topic)),
        ("sections", Value::from(vec![section])),
        ("link", Value::from("")),
        ("published", Value::from(false)),
        (
            "foot",
            Value::from(vec![
                "Whoever the webhook wakes has not heard of this.".to_owned(),
                "`tollwatch doctor` tells whether its address can be reached. You get this as the address for \
                 what nobody else gets."
                    .to_owned(),
            ]),
        ),
    ]);
    // Made from the message's own identity, so that a second try can be told from news.
    let message_id = format!("<webhook-{}", id.trim_start_matches('<'));
    let mut headers = header::common(told, &message_id, around);
    if let Some(thread) = body.get("thread").and_then(Json::as_str) {
        headers.push(("In-Reply-To".to_owned(), thread.to_owned()));
        headers.push(("References".to_owned(), thread.to_owned()));
    }
    let subject = text(&body, "subject");
    Mail {
        text: around.templates.place("digest.txt", &values),
        html: around.templates.place("digest.html", &values),
        subject: header::subject("[NOT DELIVERED]", &format!("{topic}: {subject}")),
        topic: topic.to_owned(),
        png: None,
        png_narrow: None,
        cid: String::new(),
        thread_root: None,
        headers,
        stem: format!("{}-webhook", moment::stamp(told)),
        message_id,
    }
}
