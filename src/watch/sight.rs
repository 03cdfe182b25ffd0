//! What has been seen: endpoints, models, credentials and hosts, each with when it was seen first.
//!
//! Knows no figure. A newcomer may ask why a name stays news for a day: an episode needs an end, and a day is
//! what a digest waits.

use std::collections::BTreeMap;

use crate::alert::{Amount, Check, Dimension, Level, Rule, Series, Sight, Unit};
use crate::judge::UNASSIGNED;
use crate::units::{DAY_MS, Text, UnixMillis};
use crate::varint::{put_signed, take_signed};

use super::gauge::Told;
use super::keys::{Family, Key};
use super::mark::{Reading, When, counted};
use super::registry::Registry;
use super::seat::Of;
use super::state::Rows;

/// How long a name is news.
const NEWS_MS: i64 = DAY_MS;
/// Names kept; beyond them nothing is news. The ledger folds unknown names beyond as many a day.
const NAMES_MOST: usize = 50_000;
const PREFIX: &str = "s\u{1f}";
const BORN: &str = "b";

/// A name's first sight.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// The first minute; the beginning of time for what was there before.
    at: UnixMillis,
    /// Calls or requests of the first complete minute.
    count: i64,
}

/// What is known of a key.
#[derive(Clone, Copy, Debug)]
enum Known {
    /// It is no news.
    Old,
    /// Its names are, up to then; nothing more is to be noted of them.
    NewsTo(UnixMillis),
}

/// What has been seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Sights {
    seen: BTreeMap<(Sight, Text), Seen>,
    /// By place of the key: up to when all is known of it that is to be known; afterwards nothing of it is news.
    known: Vec<Option<Known>>,
    /// The first minute of all.
    born: Option<UnixMillis>,
}

fn key_of(sight: Sight, name: &str) -> Text {
    Text::from(format!("{PREFIX}{}\u{1f}{name}", sight.as_str()))
}

impl Sights {
    pub(super) fn read(rows: &Rows) -> Sights {
        let born = rows.get(BORN);
        let born = born.and_then(|bytes| take_signed(&mut bytes.as_slice()));
        let mut sights = Sights {
            born: born.map(UnixMillis),
            ..Sights::default()
        };
        for (key, bytes) in rows.with_prefix(PREFIX) {
            let mut parts = key.split('\u{1f}').skip(1);
            let sight = parts.next().and_then(Sight::parse);
            let (Some(sight), Some(name)) = (sight, parts.next()) else {
                continue;
            };
            let mut bytes = bytes.as_slice();
            let (at, count) = (take_signed(&mut bytes), take_signed(&mut bytes));
            let seen = Seen {
                at: UnixMillis(at.unwrap_or(i64::MIN)),
                count: count.unwrap_or(0),
            };
            sights.seen.insert((sight, Text::from(name)), seen);
        }
        sights
    }

    /// The first minute that was ever told.
    pub(super) fn born(&self) -> Option<UnixMillis> {
        self.born
    }

    /// What has been registered meanwhile can be another sight.
    pub(super) fn forget_keys(&mut self) {
        self.known.clear();
    }

    /// The sights that a key stands for.
    fn of_key(key: &Key, registry: &Registry) -> Vec<(Sight, Text)> {
        let mut sights = Vec::new();
        let mut add = |sight, dimension| {
            let name = key.get(dimension).filter(|name| !name.is_empty());
            sights.extend(name.map(|name| (sight, name.clone())));
        };
        match key.family {
            Family::Cells => {
                let endpoint = key.text(Dimension::Endpoint);
                if registry.endpoint(endpoint).is_some() {
                    add(Sight::Endpoint, Dimension::Endpoint);
                } else if endpoint != UNASSIGNED && endpoint != OTHER {
                    add(Sight::Host, Dimension::Endpoint);
                }
                if key.text(Dimension::Model) != OTHER {
                    add(Sight::Model, Dimension::Model);
                }
            }
            Family::Credentials => add(Sight::Credential, Dimension::Credential),
            Family::Links | Family::Groups => {}
        }
        sights
    }

    /// Notes that a key has calls or requests; `is_news`: not while a start is made good. `count`: how many
    /// more, 0 for what is told again.
    pub(super) fn note(
        &mut self,
        (place, key): (usize, &Key),
        (at, count): (UnixMillis, i64),
        is_news: bool,
        (registry, rows): (&Registry, &mut Rows),
    ) {
        let known = self.known.get(place).copied().flatten();
        if matches!(known, Some(Known::Old)) {
            return;
        }
        if is_news && self.born.is_none() {
            self.born = Some(at);
            rows.set(Text::from(BORN), one(at.0));
        }
        if matches!(known, Some(Known::NewsTo(to)) if at <= to) {
            return;
        }
        let mut is_old = true;
        // All names are counted, and news up to here.
        let mut news_to = Some(UnixMillis(i64::MIN));
        for (sight, name) in Self::of_key(key, registry) {
            let row = key_of(sight, &name);
            let is_full = self.seen.len() >= NAMES_MOST;
            let known = (sight, name);
            if is_full && !self.seen.contains_key(&known) {
                continue;
            }
            let first = if is_news { at } else { UnixMillis(i64::MIN) };
            let new = Seen {
                at: first,
                count: 0,
            };
            let seen = self.seen.entry(known).or_insert(new);
            is_old &= at.0.saturating_sub(seen.at.0) > NEWS_MS;
            if seen.count == 0 {
                seen.count = count;
                let mut bytes = one(seen.at.0);
                put_signed(&mut bytes, seen.count);
                rows.set(row, bytes);
            }
            let to = seen.at.saturating_add(NEWS_MS);
            news_to = news_to.filter(|_| seen.count != 0).map(|most| most.max(to));
        }
        let known = if is_old {
            Some(Known::Old)
        } else {
            news_to.map(Known::NewsTo)
        };
        if self.known.len() <= place {
            self.known.resize(place + 1, None);
        }
        if let Some(slot) = self.known.get_mut(place) {
            *slot = known;
        }
    }

    /// Tells what is new, and ends what no longer is.
    pub(super) fn judge(&self, at: UnixMillis, told: &mut Told<'_>) {
        let rules = told.rules.iter().enumerate().filter(|(_, rule)| rule.on);
        let mut sights: Vec<(usize, &Rule, Sight)> = Vec::new();
        for (place, rule) in rules {
            if let Check::FirstSight(sight) = rule.check {
                sights.push((place, rule, sight));
            }
        }
        if sights.is_empty() {
            return;
        }
        let when = When {
            at,
            late: false,
            silent: false,
        };
        let from = at.saturating_add(-NEWS_MS);
        for ((sight, name), seen) in self.seen.iter().filter(|(_, seen)| seen.at > from) {
            for (place, rule, _) in sights.iter().filter(|(_, _, one)| one == sight) {
                let series = Series::new(vec![(dimension(*sight), name.clone())]);
                if !rule.scope.fits(|dimension| series.value(dimension)) {
                    continue;
                }
                let is_registered = *sight == Sight::Host && told.registry.endpoint(name).is_some();
                let level = if is_registered {
                    Level::Good
                } else {
                    Level::Bad
                };
                let count = counted(Amount::new(Unit::Count, seen.count), None);
                let mut reading = Reading::new(level, rule.severity, count);
                reading.since = Some(seen.at);
                reading.subject.clone_from(name);
                let of = Of::named((*place, rule), &series);
                told.marks.note(of, reading, when, (told.rows, told.out));
            }
        }
        for (place, rule, sight) in sights {
            for series in told.marks.of(place) {
                let name = series.get(dimension(sight)).cloned().unwrap_or_default();
                let seen = self.seen.get(&(sight, name));
                if seen.is_none_or(|seen| seen.at <= from) {
                    let of = Of::named((place, rule), &series);
                    told.marks.end(of, when, (told.rows, told.out));
                }
            }
        }
    }
}

/// The name beyond the limit of names.
const OTHER: &str = "other";

fn one(n: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_signed(&mut bytes, n);
    bytes
}

fn dimension(sight: Sight) -> Dimension {
    match sight {
        Sight::Endpoint | Sight::Host => Dimension::Endpoint,
        Sight::Model => Dimension::Model,
        Sight::Credential => Dimension::Credential,
    }
}
