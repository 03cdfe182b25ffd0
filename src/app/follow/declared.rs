//! What a configuration declares, as rows of `llm_registry`.
//!
//! Knows no time. A newcomer may ask why an endpoint without a region has a field that says so: a
//! dashboard must tell an endpoint that declares nothing from one that nobody registered.

use std::collections::BTreeMap;
use std::rc::Rc;

use twox_hash::XxHash3_64;

use crate::judge::Rulebook;
use crate::series::{Line, Measurement, NONE, SeriesKey};
use crate::units::{Text, UnixMillis};

/// One row: its numbers and texts by field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    numbers: Vec<(&'static str, i64)>,
    texts: Vec<(&'static str, Text)>,
}

impl Row {
    fn number(&mut self, name: &'static str, value: Option<i64>) {
        self.numbers.extend(value.map(|value| (name, value)));
    }

    fn text(&mut self, name: &'static str, value: &str) {
        let value = if value.is_empty() { NONE } else { value };
        self.texts.push((name, Text::from(value)));
    }

    pub(super) fn write(&self, line: &mut Line<'_>) {
        for (name, value) in &self.numbers {
            line.int(name, *value);
        }
        for (name, value) in &self.texts {
            line.text(name, value);
        }
    }
}

/// All that a configuration declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Declared {
    rows: BTreeMap<Rc<SeriesKey>, Row>,
    hash: Text,
}

impl Declared {
    /// What these rules declare.
    pub(super) fn of(rules: &Rulebook) -> Declared {
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let mut rows = Vec::new();
        for (_, feature) in rules.features.iter() {
            let approved = &feature.approved;
            let mut row = Row::default();
            let cost = approved.cost_per_call.map(|cost| cost.0);
            row.number("approved_nanousd_per_call", cost);
            row.number(
                "approved_tokens_per_call",
                approved.tokens_per_call.map(whole),
            );
            row.number("approved_calls_per_day", approved.calls_per_day.map(whole));
            let retries = approved
                .retry_share_percent
                .map(|share| i64::from(share) * 10);
            row.number("approved_retry_permille", retries);
            row.text("rule", feature.rule.as_ref().map_or("", |rule| &rule.name));
            let tags = [feature.application.as_str(), "", &feature.key];
            rows.push((SeriesKey::new(Measurement::Registry, &tags), row));
        }
        for (_, endpoint) in rules.registry.iter() {
            let mut row = Row::default();
            row.number("timeout_ms", endpoint.timeout.map(|ms| whole(ms.0)));
            row.text("declared_region", endpoint.known_region());
            row.text("rule", endpoint.rule.as_ref().map_or("", |rule| &rule.name));
            let tags = ["", endpoint.name.as_str(), ""];
            rows.push((SeriesKey::new(Measurement::Registry, &tags), row));
        }
        let mut bytes = Vec::new();
        for (key, row) in &rows {
            let mut line = Line::begin(&mut bytes, key, 0);
            row.write(&mut line);
            line.end(UnixMillis(0));
            bytes.push(b'\n');
        }
        let hash = XxHash3_64::oneshot(&bytes);
        // Two names that are one to a server would be one point with two values.
        let rows = rows.into_iter().rev();
        Declared {
            rows: rows.map(|(key, row)| (Rc::new(key), row)).collect(),
            hash: Text::from(format!("{hash:016x}")),
        }
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = (&Rc<SeriesKey>, &Row)> {
        self.rows.iter()
    }

    /// A mark by which two declarations are told apart.
    pub(super) fn hash(&self) -> &Text {
        &self.hash
    }
}
