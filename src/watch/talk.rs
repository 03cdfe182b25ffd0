//! Conversations over their caps: those with the most requests and tokens of a day.
//!
//! Knows no text of them. A newcomer may ask why the greatest is judged and not each: a feature whose
//! conversations run away is one thing to look into, not a hundred.

use std::collections::BTreeMap;

use crate::alert::{
    Amount, Check, Dimension, Level, Limit, Measure, Metric, Rule, Series, Span, Unknown,
};
use crate::cell::Totals;
use crate::ids::Fingerprint;
use crate::units::{DAY_MS, HOUR_MS, Text, UnixMillis};

use super::figure::Figure;
use super::gauge::{Now, Told};
use super::mark::{Reading, When};
use super::seat::Of;

/// One conversation of a day.
#[derive(Clone, Debug)]
struct Talk {
    name: Fingerprint,
    /// The same as text.
    named: Text,
    feature: Text,
    requests: i64,
    tokens: i64,
    /// When it was judged first with these figures; `None` until then.
    since: Option<UnixMillis>,
}

/// A conversation that has gained nothing for so long is over, whatever its day adds up to.
const OVER_MS: i64 = HOUR_MS;

/// Conversations of the last days.
#[derive(Clone, Debug, Default)]
pub(super) struct Talks {
    days: BTreeMap<UnixMillis, Vec<Talk>>,
}

/// The greatest of a series: the figure, and whose.
type Greatest = BTreeMap<Series, (Figure, Fingerprint)>;

fn tokens_of(totals: &Totals) -> i64 {
    totals
        .tokens_input_total()
        .saturating_add(totals.tokens_output)
}

impl Talks {
    /// Takes a day's conversations.
    pub(super) fn hear(&mut self, day: UnixMillis, rows: Vec<(Fingerprint, Text, Totals)>) {
        let before = self.days.remove(&day).unwrap_or_default();
        let known = before.iter().map(|talk| ((talk.name, &talk.feature), talk));
        let known: BTreeMap<(Fingerprint, &Text), &Talk> = known.collect();
        let talks = rows.into_iter().map(|(name, feature, totals)| {
            let (requests, tokens) = (totals.requests(), tokens_of(&totals));
            let same = known
                .get(&(name, &feature))
                .filter(|one| (one.requests, one.tokens) == (requests, tokens));
            Talk {
                name,
                named: Text::from(name.to_string()),
                since: same.and_then(|one| one.since),
                feature,
                requests,
                tokens,
            }
        });
        let talks = talks.collect();
        self.days.insert(day, talks);
        while self.days.len() > 2 {
            self.days.pop_first();
        }
    }

    /// Judges the last day's conversations by every rule that asks for them.
    pub(super) fn judge(&mut self, now: Now, told: &mut Told<'_>) {
        for talk in self.days.values_mut().flatten() {
            talk.since.get_or_insert(now.at);
        }
        let rules = told.rules;
        for (place, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.on) {
            if let Check::Threshold {
                metric: metric @ (Metric::ConversationRequests | Metric::ConversationTokens),
                above: Some(above),
                clear,
                ..
            } = &rule.check
            {
                self.judge_rule((place, rule), (*metric, *above, *clear), now, told);
            }
        }
    }

    fn judge_rule(
        &self,
        (place, rule): (usize, &Rule),
        (metric, above, clear): (Metric, Limit, Option<Limit>),
        now: Now,
        told: &mut Told<'_>,
    ) {
        let greatest = self.greatest(rule, metric, now.at, told);
        let when = When {
            at: now.at,
            late: false,
            silent: now.silent,
        };
        let day = Span::Minutes(1_440);
        for series in told.marks.of(place) {
            if !greatest.contains_key(&series) {
                let of = Of::named((place, rule), &series);
                told.marks.end(of, when, (told.rows, told.out));
            }
        }
        for (series, (figure, name)) in greatest {
            let limit = |limit| told.registry.limit(limit, &series, metric, day);
            let bound = limit(above);
            if bound.is_none() && !told.marks.has(place, &series) {
                continue;
            }
            let is_clear = |clear: i64| figure.value <= clear;
            let level = match bound {
                None => Level::Unknown(Unknown::NotDeclared),
                Some(bound) if figure.value > bound => Level::Bad,
                Some(_) if clear.and_then(limit).is_none_or(is_clear) => Level::Good,
                Some(_) => Level::Between,
            };
            let measure = Measure {
                metric: Some(metric),
                value: Amount::new(metric.unit(), figure.value),
                window_minutes: 0,
                limit: bound.map(|bound| Amount::new(metric.unit(), bound)),
                expected: None,
                sample: figure.sample,
            };
            let mut reading = Reading::new(level, rule.severity, measure);
            reading.subject = Text::from(name.to_string());
            let of = Of::named((place, rule), &series);
            told.marks.note(of, reading, when, (told.rows, told.out));
        }
    }

    /// The greatest conversation of each series of a rule.
    fn greatest(&self, rule: &Rule, metric: Metric, at: UnixMillis, told: &Told<'_>) -> Greatest {
        let mut greatest = Greatest::new();
        // A day that has passed says nothing of now.
        let from = at.saturating_add(-DAY_MS);
        let last = self.days.last_key_value().filter(|(day, _)| **day > from);
        let goes_on = |talk: &&Talk| {
            let since = talk.since.unwrap_or(at);
            at.0.saturating_sub(since.0) < OVER_MS
        };
        let talks = last.into_iter().flat_map(|(_, talks)| talks);
        for talk in talks.filter(goes_on) {
            let application = told.registry.application(&talk.feature);
            let value = |dimension| {
                let values = [
                    (Dimension::Feature, &talk.feature),
                    (Dimension::Application, &application),
                    (Dimension::Conversation, &talk.named),
                ];
                let found = values.into_iter().find(|(one, _)| *one == dimension);
                found.map(|(_, value)| value)
            };
            if !rule
                .scope
                .fits(|dimension| value(dimension).map(Text::as_str))
            {
                continue;
            }
            let by = rule.by.iter();
            let values: Option<Vec<_>> = by.map(|one| Some((*one, value(*one)?.clone()))).collect();
            let Some(values) = values else { continue };
            let figure = Figure {
                value: if metric == Metric::ConversationTokens {
                    talk.tokens
                } else {
                    talk.requests
                },
                sample: talk.requests,
            };
            let entry = greatest
                .entry(Series::new(values))
                .or_insert((figure, talk.name));
            if figure.value > entry.0.value {
                *entry = (figure, talk.name);
            }
        }
        greatest
    }
}
