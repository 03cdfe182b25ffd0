//! Whom an alert is about, in a few words.
//!
//! Knows no rule. A newcomer may ask why only the first dimension may have a name for people: it is the one
//! that the registry's display name stands for.

use crate::alert::{Dimension, Series};

use super::clean;

/// The order in which a series is named.
const ORDER: [Dimension; 10] = [
    Dimension::Feature,
    Dimension::Endpoint,
    Dimension::Application,
    Dimension::Source,
    Dimension::Credential,
    Dimension::UserGroup,
    Dimension::Model,
    Dimension::Provider,
    Dimension::Region,
    Dimension::Conversation,
];

/// What stands before the value of a dimension; nothing before a feature, which is known by its name.
fn word(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Feature => "",
        Dimension::Application => "application ",
        Dimension::Endpoint => "endpoint ",
        Dimension::Model => "model ",
        Dimension::Provider => "provider ",
        Dimension::Credential => "credential ",
        Dimension::UserGroup => "group ",
        Dimension::Source => "source ",
        Dimension::Region => "region ",
        Dimension::Conversation => "conversation ",
    }
}

/// The beginning of a sentence: its first letter large, where the word is ours.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// One value: `endpoint weu`, or the name for people.
fn one(dimension: Dimension, value: &str, display: &str) -> String {
    let display = clean::name(display);
    if !display.is_empty() && matches!(dimension, Dimension::Feature | Dimension::Endpoint) {
        return display;
    }
    let value = clean::name(value);
    if value.is_empty() {
        return format!("an unnamed {}", dimension.as_str().replace('_', " "));
    }
    if dimension == Dimension::Conversation {
        let short: String = value.chars().take(4).collect();
        return format!("conversation {short}…");
    }
    format!("{}{value}", word(dimension))
}

/// Whom it is about: `Case summarization`, `endpoint weu (model gpt-4o)`, `the company` for everything.
pub(super) fn who(series: &Series, display: &str) -> String {
    let mut named = ORDER
        .iter()
        .filter_map(|dimension| Some((*dimension, series.get(*dimension)?)));
    let Some((first, value)) = named.next() else {
        let display = clean::name(display);
        return if display.is_empty() {
            "the company".to_owned()
        } else {
            display
        };
    };
    let rest: Vec<String> = named
        .map(|(dimension, value)| one(dimension, value, ""))
        .collect();
    let first = one(first, value, display);
    if rest.is_empty() {
        first
    } else {
        format!("{first} ({})", rest.join(", "))
    }
}

/// [`who`] at the beginning of a sentence: names stay as they are written, our words get a capital.
pub(super) fn at_start(series: &Series, display: &str) -> String {
    let text = who(series, display);
    let named = series.get(Dimension::Feature).is_some() || !display.is_empty();
    if named { text } else { capital(&text) }
}
