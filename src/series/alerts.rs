//! A step of an alert as a point: what happened to which episode, with its words and figures.
//!
//! Knows no rule and no episode: whoever makes one says all of it. A newcomer may ask why its words are made
//! before its series is known: they are kept with the step, and a database that begins a year later is told the same.

use serde::{Deserialize, Serialize};

use super::key::SeriesKey;
use super::line::Line;
use super::names::Measurement;
use super::point::STEPS;
use super::window::Applications;
use crate::units::Text;

/// Letters of a text field at most.
const LETTERS_MAX: usize = 1_000;

/// One thing that happened to an episode.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertPoint {
    /// The rule's name.
    pub rule: Text,
    /// The rule's kind; empty where the rule is gone.
    pub kind: Text,
    /// `page`, `warning` or `info`.
    pub severity: Text,
    /// `firing`, `changed`, `reminded`, `resolved`, `acknowledged` or `feedback`.
    pub state: Text,
    /// The feature it is about; empty for none in particular.
    pub feature: Text,
    /// The application, where the rule tells applications apart.
    pub application: Text,
    /// The endpoint it is about; empty for none in particular.
    pub endpoint: Text,
    /// What it is about, as a subject says it.
    pub title: String,
    /// What it says, in sentences.
    pub text: String,
    /// Number of the episode.
    pub episode: u64,
    /// Number of the step.
    pub step: u32,
    /// Series in all.
    pub series: u32,
    /// People who were told.
    pub told: u32,
    /// The first bad moment, in seconds since 1970.
    pub since: i64,
    /// What it has cost, in nano-dollars.
    pub loss_nanousd: Option<i64>,
    /// What it costs an hour, in nano-dollars.
    pub loss_per_hour_nanousd: Option<i64>,
    /// The figure.
    pub value: Option<i64>,
    /// What was expected.
    pub expected: Option<i64>,
    /// The limit.
    pub allowed: Option<i64>,
    /// What value, expected and allowed count.
    pub unit: Text,
}

impl AlertPoint {
    /// Its series.
    #[must_use]
    pub fn key(&self, applications: &Applications) -> SeriesKey {
        let application = if self.feature.is_empty() {
            self.application.as_str()
        } else {
            applications.of(&self.feature)
        };
        let values = [
            application,
            &self.endpoint,
            &self.feature,
            &self.kind,
            &self.rule,
            &self.severity,
            &self.state,
        ];
        SeriesKey::new(Measurement::Alerts, &values)
    }

    /// Appends its fields.
    pub fn write(&self, line: &mut Line<'_>) {
        line.int(STEPS, 1);
        line.text("title", cut(&self.title));
        line.text("text", cut(&self.text));
        line.int("episode", i64::try_from(self.episode).unwrap_or(i64::MAX));
        line.int("step", i64::from(self.step));
        line.int("series", i64::from(self.series));
        line.int("told", i64::from(self.told));
        line.int("since", self.since);
        if let Some(loss) = self.loss_nanousd {
            line.int("loss_nanousd", loss);
            line.dollars("loss_usd", loss);
        }
        if let Some(loss) = self.loss_per_hour_nanousd {
            line.int("loss_per_hour_nanousd", loss);
            line.dollars("loss_per_hour_usd", loss);
        }
        for (name, value) in [
            ("value", self.value),
            ("expected", self.expected),
            ("allowed", self.allowed),
        ] {
            if let Some(value) = value {
                line.int(name, value);
            }
        }
        if !self.unit.is_empty() {
            line.text("unit", &self.unit);
        }
    }
}

fn cut(text: &str) -> &str {
    let end = text.char_indices().nth(LETTERS_MAX);
    end.map_or(text, |(at, _)| text.get(..at).unwrap_or_default())
}
