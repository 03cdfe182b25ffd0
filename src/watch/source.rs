//! How sources stand: lag, quarantine, losses, and sources that have gone quiet.
//!
//! Knows no record. A newcomer may ask why a source's silence is judged by the daemon's clock: a source that
//! says nothing has no time of its own.

use std::collections::BTreeMap;

use crate::alert::{
    Amount, Check, Dimension, Level, Limit, Measure, Metric, Rule, Series, SourceFact, Span, Unit,
};
use crate::units::{HOUR_MS, MINUTE_MS, Text, UnixMillis};
use crate::varint::{put_signed, take_signed};

use super::gauge::Told;
use super::mark::{Reading, When, counted};
use super::registry::{WHOLE, minutes_of, part_of};
use super::seat::Of;
use super::state::Rows;

const PREFIX: &str = "q\u{1f}";
/// How much longer than the longest earlier silence one must be, as a ratio.
const LONGER: (i64, i64) = (3, 2);
/// A silence is told from here on.
const SILENCE_LEAST_MS: i64 = 15 * MINUTE_MS;
/// A source must have been known for so long before its silences are.
const KNOWN_LEAST_MS: i64 = 8 * 24 * HOUR_MS;
/// The longest silence fades by so many thousandths with every hour of records: half in two weeks.
const FADES: i64 = 998;

/// What is known of a source.
#[derive(Clone, Debug, Default)]
struct Known {
    fact: SourceFact,
    /// Records lost before the last loss, and when that was.
    lost_before: i64,
    lost_at: i64,
    /// First heard of.
    first: i64,
    /// When the last record came, and the longest that none came.
    last: i64,
    longest_ms: i64,
    /// The hour up to which the longest has faded.
    faded: i64,
}

/// All sources.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources {
    known: BTreeMap<Text, Known>,
}

impl Known {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for n in [
            self.fact.lost,
            self.lost_before,
            self.lost_at,
            self.first,
            self.last,
            self.longest_ms,
            self.faded,
        ] {
            put_signed(&mut bytes, n);
        }
        bytes
    }

    fn decode(name: &str, mut bytes: &[u8]) -> Option<Known> {
        let mut next = || take_signed(&mut bytes);
        Some(Known {
            fact: SourceFact {
                source: name.into(),
                lost: next()?,
                ..SourceFact::default()
            },
            lost_before: next()?,
            lost_at: next()?,
            first: next()?,
            last: next()?,
            longest_ms: next()?,
            faded: next()?,
        })
    }

    fn hear(&mut self, fact: SourceFact) {
        let last = fact.last_at.map_or(self.last, |last| last.0);
        if fact.lost > self.fact.lost {
            self.lost_before = self.fact.lost;
            self.lost_at = last;
        }
        if self.first == 0 {
            self.first = last;
            self.last = last;
        }
        if last > self.last {
            let hour = last.div_euclid(HOUR_MS);
            for _ in 0..(hour - self.faded).clamp(0, 10_000) {
                self.longest_ms = part_of(self.longest_ms, FADES, 1_000);
            }
            self.faded = hour;
            self.longest_ms = self.longest_ms.max(last - self.last);
            self.last = last;
        }
        self.fact = fact;
    }

    /// How long it has been quiet, and from when on that is told; `None` while too little is known.
    fn silence(&self, wall: UnixMillis) -> Option<(i64, i64)> {
        if self.last - self.first < KNOWN_LEAST_MS {
            return None;
        }
        let least = part_of(self.longest_ms, LONGER.0, LONGER.1).max(SILENCE_LEAST_MS);
        Some((wall.0.saturating_sub(self.last), least))
    }

    /// What a rule says of it; `None` where it does not ask for sources.
    fn read(&self, rule: &Rule, wall: UnixMillis) -> Option<Reading> {
        if let Check::Silence { .. } = rule.check {
            let is_of_sources = rule.by == [Dimension::Source];
            let silence = self.silence(wall).filter(|_| is_of_sources)?;
            return Some(of_silence(rule, self, silence));
        }
        let Check::Threshold {
            metric,
            window,
            above: Some(Limit::Fixed(above)),
            clear,
            min_sample,
            ..
        } = &rule.check
        else {
            return None;
        };
        let figure = self.value(*metric, wall, *window)?;
        let clear = match clear {
            Some(Limit::Fixed(clear)) => clear.n,
            Some(Limit::OfApproved(_) | Limit::OfDeclared(_)) | None => above.n,
        };
        let min_sample = i64::try_from(*min_sample).unwrap_or(i64::MAX);
        Some(of_threshold(
            rule,
            *metric,
            figure,
            (above.n, clear, min_sample),
        ))
    }

    /// A metric's value, and the records behind it.
    fn value(&self, metric: Metric, wall: UnixMillis, span: Span) -> Option<(i64, i64)> {
        let fact = &self.fact;
        let window = minutes_of(span).saturating_mul(MINUTE_MS);
        if metric == Metric::QuarantineShare && fact.received > 0 {
            Some((
                part_of(WHOLE, fact.quarantined, fact.received),
                fact.received,
            ))
        } else if metric == Metric::Lag {
            fact.lag_ms.map(|lag| (lag, fact.received.max(1)))
        } else if metric == Metric::LostRecords {
            let is_recent = wall.0.saturating_sub(self.lost_at) < window;
            let lost = if is_recent {
                fact.lost - self.lost_before
            } else {
                0
            };
            Some((lost, lost.max(1)))
        } else {
            None
        }
    }
}

impl Sources {
    pub(super) fn read(rows: &Rows) -> Sources {
        let known = rows.with_prefix(PREFIX).filter_map(|(key, bytes)| {
            let name = key.strip_prefix(PREFIX)?;
            Some((Text::from(name), Known::decode(name, bytes)?))
        });
        Sources {
            known: known.collect(),
        }
    }

    pub(super) fn hear(&mut self, facts: Vec<SourceFact>, rows: &mut Rows) {
        for fact in facts {
            let name = fact.source.clone();
            let known = self.known.entry(name.clone()).or_default();
            known.hear(fact);
            rows.set(Text::from(format!("{PREFIX}{name}")), known.encode());
        }
    }

    /// Judges every source by every rule that asks for sources.
    pub(super) fn judge(&self, at: UnixMillis, wall: UnixMillis, told: &mut Told<'_>) {
        let rules = told.rules;
        let when = When {
            at,
            late: false,
            silent: false,
        };
        for (place, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.on) {
            for (name, known) in &self.known {
                let series = Series::new(vec![(Dimension::Source, name.clone())]);
                if !rule.scope.fits(|dimension| series.value(dimension)) {
                    continue;
                }
                let is_known = told.marks.has(place, &series);
                let reading = known.read(rule, wall);
                let reading = reading.filter(|one| one.level != Level::Good || is_known);
                if let Some(reading) = reading {
                    let to = (&mut *told.rows, &mut *told.out);
                    let of = Of::named((place, rule), &series);
                    told.marks.note(of, reading, when, to);
                }
            }
        }
    }
}

fn of_threshold(
    rule: &Rule,
    metric: Metric,
    (value, sample): (i64, i64),
    (above, clear, min_sample): (i64, i64, i64),
) -> Reading {
    let level = if sample < min_sample {
        Level::Unknown(crate::alert::Unknown::TooFew)
    } else if value > above {
        Level::Bad
    } else if value > clear {
        Level::Between
    } else {
        Level::Good
    };
    let measure = Measure {
        metric: Some(metric),
        value: Amount::new(metric.unit(), value),
        window_minutes: 0,
        limit: Some(Amount::new(metric.unit(), above)),
        expected: None,
        sample,
    };
    Reading::new(level, rule.severity, measure)
}

fn of_silence(rule: &Rule, known: &Known, (quiet, least): (i64, i64)) -> Reading {
    let level = if quiet >= least {
        Level::Bad
    } else {
        Level::Good
    };
    let measure = counted(
        Amount::new(Unit::Millis, quiet),
        Some(Amount::new(Unit::Millis, least)),
    );
    let mut reading = Reading::new(level, rule.severity, measure);
    reading.since = Some(UnixMillis(known.last));
    reading.subject.clone_from(&known.fact.source);
    reading
}
