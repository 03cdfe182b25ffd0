//! Dates that come near: credentials, retirements, the ends of pilots, fallbacks nobody tried, old prices.
//!
//! Knows no traffic but when an endpoint was used last and what a pilot's days add up to. A newcomer may ask
//! why the wall clock counts here: a date comes whether or not a record does.

use std::collections::BTreeMap;

use crate::alert::{
    Amount, Calendar, Check, Dimension, Due, Level, Rule, Scope, Series, Severity, Span, Unit,
};
use crate::units::{DAY_MS, Text, UnixMillis};
use crate::varint::{put_signed, take_signed};

use super::days::days_between;
use super::field::Field;
use super::gauge::Told;
use super::keys::{Family, Key};
use super::mark::{Reading, When, counted};
use super::plan::Plan;
use super::seat::Of;
use super::state::Rows;

/// Days of a pilot.
const PILOT_DAYS: i64 = 30;
/// How long the end of a pilot is news, in days.
const PILOT_NEWS_DAYS: i64 = 7;
const PREFIX: &str = "u\u{1f}";

/// What dates hang on.
#[derive(Clone, Debug, Default)]
pub(super) struct Dues {
    /// The last day on which an endpoint was used, in days since 1970.
    used: BTreeMap<Text, i64>,
    /// By place of the key: the last day that was noted.
    noted: Vec<i64>,
    /// The window of a pilot's days, where a rule asks for it.
    pilots: Option<usize>,
}

/// One thing that is due or not.
struct Item {
    series: Series,
    subject: Text,
    level: Level,
    severity: Severity,
    /// Days left, or old.
    days: i64,
    step: Option<i64>,
    since: UnixMillis,
}

impl Dues {
    pub(super) fn read(rows: &Rows) -> Dues {
        let used = rows.with_prefix(PREFIX).filter_map(|(key, bytes)| {
            let name = key.strip_prefix(PREFIX)?;
            Some((Text::from(name), take_signed(&mut bytes.as_slice())?))
        });
        Dues {
            used: used.collect(),
            noted: Vec::new(),
            pilots: None,
        }
    }

    /// The window that the rules need.
    pub(super) fn plan(&mut self, rules: &[Rule], plan: &mut Plan) {
        let is_pilot = |rule: &&Rule| matches!(&rule.check, Check::Calendar(calendar) if calendar.due == Due::Pilot);
        self.pilots = rules.iter().filter(|rule| rule.on).find(is_pilot).map(|_| {
            let table = plan.table(Family::Cells, &[Dimension::Feature], &Scope::default());
            let fields = [
                Field::Spend,
                Field::Answered,
                Field::Tokens,
                Field::Violated,
            ];
            plan.ring(table, Span::Minutes(43_200), &fields, (None, false))
        });
    }

    /// Notes that an endpoint was used.
    pub(super) fn note(&mut self, (place, key): (usize, &Key), at: UnixMillis, rows: &mut Rows) {
        let day = at.0.div_euclid(DAY_MS);
        if self.noted.len() <= place {
            self.noted.resize(place + 1, i64::MIN);
        }
        match self.noted.get_mut(place) {
            Some(noted) if *noted < day => *noted = day,
            Some(_) | None => return,
        }
        let endpoint = key.text(Dimension::Endpoint);
        if endpoint.is_empty() || self.used.get(endpoint).is_some_and(|last| *last >= day) {
            return;
        }
        self.used.insert(Text::from(endpoint), day);
        let mut bytes = Vec::new();
        put_signed(&mut bytes, day);
        rows.set(Text::from(format!("{PREFIX}{endpoint}")), bytes);
    }

    /// Judges every date.
    pub(super) fn judge(
        &self,
        (at, wall): (UnixMillis, UnixMillis),
        born: Option<UnixMillis>,
        plan: &Plan,
        told: &mut Told<'_>,
    ) {
        let rules = told.rules;
        for (place, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.on) {
            let Check::Calendar(calendar) = &rule.check else {
                continue;
            };
            let items = match calendar.due {
                Due::Credential | Due::Retirement => Self::dates(rule, calendar, wall, told),
                Due::Pilot => self.pilots(rule, wall, plan, told),
                Due::Exercise => self.unused(rule, calendar, (wall, born), told),
                Due::Prices => Self::prices(rule, calendar, wall, told),
            };
            let when = When {
                at,
                late: false,
                silent: false,
            };
            for item in items {
                if !rule.scope.fits(|dimension| item.series.value(dimension)) {
                    continue;
                }
                if item.level == Level::Good && !told.marks.has(place, &item.series) {
                    continue;
                }
                let step = item.step.map(|step| Amount::new(Unit::Days, step));
                let measure = counted(Amount::new(Unit::Days, item.days), step);
                let mut reading = Reading::new(item.level, item.severity, measure);
                reading.since = Some(item.since);
                reading.subject = item.subject;
                let of = Of::named((place, rule), &item.series);
                told.marks.note(of, reading, when, (told.rows, told.out));
            }
        }
    }

    /// Credentials and models: the smallest step that has been reached.
    fn dates(rule: &Rule, calendar: &Calendar, wall: UnixMillis, told: &Told<'_>) -> Vec<Item> {
        let mut items = Vec::new();
        for endpoint in told.registry.endpoints() {
            let (date, subject) = match calendar.due {
                Due::Credential => (endpoint.credential_due, &endpoint.credential),
                Due::Retirement | Due::Pilot | Due::Exercise | Due::Prices => {
                    (endpoint.retires, &endpoint.model)
                }
            };
            let Some(date) = date else { continue };
            let left = days_between(wall, date);
            let reached = calendar.days.iter().map(|days| i64::from(*days));
            let step = reached.filter(|days| left <= *days).min();
            items.push(Item {
                series: Series::new(vec![(Dimension::Endpoint, endpoint.endpoint.clone())]),
                subject: if subject.is_empty() {
                    endpoint.endpoint.clone()
                } else {
                    subject.clone()
                },
                level: if step.is_some() {
                    Level::Bad
                } else {
                    Level::Good
                },
                severity: rule.severity,
                days: left,
                step,
                since: date.saturating_add(-step.unwrap_or(0).saturating_mul(DAY_MS)),
            });
        }
        items
    }

    /// Pilots whose days are done: passed or failed by what was approved.
    fn pilots(&self, rule: &Rule, wall: UnixMillis, plan: &Plan, told: &Told<'_>) -> Vec<Item> {
        let ring = self.pilots.and_then(|ring| plan.rings.get(ring));
        let table = ring.and_then(|ring| plan.tables.get(ring.table));
        let (Some(ring), Some(table)) = (ring, table) else {
            return Vec::new();
        };
        let mut items = Vec::new();
        for feature in told.registry.features() {
            let Some(began) = feature.pilot_since else {
                continue;
            };
            let ends = began.saturating_add(PILOT_DAYS * DAY_MS);
            let over = ends.saturating_add(PILOT_NEWS_DAYS * DAY_MS);
            let series = Series::new(vec![(Dimension::Feature, feature.feature.clone())]);
            let place = table.series().iter().position(|one| *one == series);
            let sums = ring.of(place.unwrap_or(usize::MAX));
            let answered = sums.get(Field::Answered);
            let exceeds = |sum: Field, approved: Option<i64>| {
                let most = approved.map(|approved| approved.saturating_mul(answered));
                most.is_some_and(|most| sums.get(sum) > most)
            };
            let faults: Vec<&str> = [
                ("no requests", answered == 0),
                ("violated calls", sums.get(Field::Violated) > 0),
                (
                    "cost per call",
                    exceeds(Field::Spend, feature.approved_nanousd),
                ),
                (
                    "tokens per call",
                    exceeds(Field::Tokens, feature.approved_tokens),
                ),
            ]
            .into_iter()
            .filter_map(|(fault, is_so)| is_so.then_some(fault))
            .collect();
            let has_passed = faults.is_empty();
            items.push(Item {
                series,
                subject: if has_passed {
                    Text::from("passed")
                } else {
                    Text::from(format!("failed: {}", faults.join(", ")))
                },
                level: if wall >= ends && wall < over {
                    Level::Bad
                } else {
                    Level::Good
                },
                severity: if has_passed {
                    Severity::Info
                } else {
                    rule.severity
                },
                days: days_between(wall, ends),
                step: None,
                since: ends,
            });
        }
        items
    }

    /// Fallbacks that nobody has tried for so many days.
    fn unused(
        &self,
        rule: &Rule,
        calendar: &Calendar,
        (wall, born): (UnixMillis, Option<UnixMillis>),
        told: &Told<'_>,
    ) -> Vec<Item> {
        let most = calendar
            .days
            .iter()
            .max()
            .map_or(90, |days| i64::from(*days));
        let born = born.unwrap_or(wall).0.div_euclid(DAY_MS);
        let named = told
            .registry
            .endpoints()
            .filter_map(|endpoint| endpoint.fallback.as_ref());
        let fallbacks: std::collections::BTreeSet<&Text> = named.collect();
        let items = fallbacks.into_iter().map(|fallback| {
            let last = self.used.get(fallback).copied().unwrap_or(born);
            let old = wall.0.div_euclid(DAY_MS) - last;
            Item {
                series: Series::new(vec![(Dimension::Endpoint, fallback.clone())]),
                subject: fallback.clone(),
                level: if old >= most { Level::Bad } else { Level::Good },
                severity: rule.severity,
                days: old,
                step: Some(most),
                since: UnixMillis((last + most).saturating_mul(DAY_MS)),
            }
        });
        items.collect()
    }

    /// Price lists that are older than so many days.
    fn prices(rule: &Rule, calendar: &Calendar, wall: UnixMillis, told: &Told<'_>) -> Vec<Item> {
        let most = calendar
            .days
            .iter()
            .max()
            .map_or(60, |days| i64::from(*days));
        let item = told.registry.prices_of.map(|of| {
            let old = wall.0.saturating_sub(of.0).div_euclid(DAY_MS);
            Item {
                series: Series::default(),
                subject: Text::from("price lists"),
                level: if old > most { Level::Bad } else { Level::Good },
                severity: rule.severity,
                days: old,
                step: Some(most),
                since: of.saturating_add(most.saturating_add(1).saturating_mul(DAY_MS)),
            }
        });
        item.into_iter().collect()
    }
}
