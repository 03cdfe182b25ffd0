//! A desk's memory as rows: what changed since it was last asked for, and all of it read again.
//!
//! Knows no ledger. A newcomer may ask why rows are JSON: they are few, and a later version must read
//! what this one wrote.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::alert::{EpisodeRef, Finding, Matcher, Series, Severity, StepKind};
use crate::units::{Text, UnixMillis};

use super::kind::Family;
use super::step::{Item, Recipient};

/// Rows of a desk as they were written: name and body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeskState(pub BTreeMap<Text, Vec<u8>>);

/// Rows to be written, `None` for those that go.
pub type Changed = Vec<(Text, Option<Vec<u8>>)>;

/// What an alert is known by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Key {
    pub(super) rule: Text,
    pub(super) series: Series,
    /// Of first sights: what was seen.
    pub(super) subject: Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Phase {
    /// Bad, but not for long enough; since, by the calls' own time.
    Pending(UnixMillis),
    Firing,
    /// It is over since, by the daemon's clock.
    Over(UnixMillis),
}

/// One rule and series that is not as it should be, or was not a short time ago.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Alert {
    pub(super) key: Key,
    pub(super) phase: Phase,
    pub(super) last: Finding,
    /// When it was last heard of, by the daemon's clock.
    pub(super) heard: UnixMillis,
    /// It is good since, by the daemon's clock.
    pub(super) good: Option<UnixMillis>,
    /// How often it became bad again soon.
    pub(super) flaps: u32,
    pub(super) episode: u64,
}

/// What people were told of an episode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) at: UnixMillis,
    pub(super) severity: Severity,
    pub(super) per_hour: Option<i64>,
    pub(super) so_far: Option<i64>,
    /// Limits that were passed, of budgets and dates.
    pub(super) limits: Vec<i64>,
    pub(super) to: Vec<Recipient>,
}

/// Alerts of one cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Episode {
    pub(super) family: Family,
    /// Those that are not over, and how many there were in all.
    pub(super) members: BTreeSet<Key>,
    pub(super) series: u32,
    pub(super) opened: UnixMillis,
    pub(super) since: UnixMillis,
    pub(super) steps: u32,
    pub(super) told: Option<Told>,
    /// It began in the past, or belongs to an inventory: nobody is told of it by itself.
    pub(super) past: bool,
    pub(super) inventory: bool,
    pub(super) acked: Option<Mark>,
    pub(super) feedback: Option<Text>,
    /// Who said so, and what changed by it.
    #[serde(default)]
    pub(super) judged: Option<Mark>,
    pub(super) severity: Severity,
    /// The worst finding of all.
    pub(super) worst: Finding,
}

/// What somebody said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Who.
    pub author: Text,
    /// Why.
    pub reason: Text,
    /// When, by the daemon's clock.
    pub at: UnixMillis,
}

/// A silence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// What must fit.
    pub matcher: Matcher,
    /// When it is over.
    pub until: UnixMillis,
    /// Who, why, when.
    pub mark: Mark,
}

/// Somebody who is told things.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Person {
    /// When the local day ends that is counted.
    pub(super) day_ends: UnixMillis,
    pub(super) mails: u32,
    pub(super) held: Log,
    pub(super) past: Log,
}

/// Lines for a digest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Log {
    pub(super) items: Vec<Item>,
    pub(super) count: u32,
}

impl Log {
    /// An episode is one line: its last step takes the place of those before.
    pub(super) fn add(&mut self, item: &Item) {
        let same = |one: &&mut Item| one.id.episode == item.id.episode;
        if let Some(known) = self.items.iter_mut().find(same) {
            known.over = item.over;
            known.id = item.id;
            known.severity = known.severity.max(item.severity);
            known.series = known.series.max(item.series);
            if !item.over {
                known.finding.clone_from(&item.finding);
            }
            return;
        }
        self.count = self.count.saturating_add(1);
        if self.items.len() < super::step::ITEMS_MAX {
            self.items.push(item.clone());
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Takes out what goes on and belongs to these episodes: another alert says it.
    pub(super) fn drop_open(&mut self, episodes: &BTreeSet<u64>) {
        let before = self.items.len();
        self.items
            .retain(|item| item.over || !episodes.contains(&item.id.episode));
        let gone = before - self.items.len();
        self.count -= u32::try_from(gone).unwrap_or(0).min(self.count);
    }

    /// Whether somebody should read it today: something urgent, or something that began and goes on.
    pub(super) fn is_worth_a_mail(&self) -> bool {
        let counts = |item: &Item| {
            item.severity > Severity::Info || (item.kind == StepKind::Fired && !item.over)
        };
        self.items.len() >= super::step::ITEMS_MAX || self.items.iter().any(counts)
    }
}

/// What there is one of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Meta {
    /// When it looked first.
    pub(super) born: Option<UnixMillis>,
    pub(super) episodes: u64,
    pub(super) silences: u64,
    pub(super) daily_next: Option<UnixMillis>,
    pub(super) weekly_next: Option<UnixMillis>,
    pub(super) daily_last: Option<UnixMillis>,
    pub(super) weekly_last: Option<UnixMillis>,
    pub(super) inventory_told: bool,
    pub(super) finops: Log,
    pub(super) security: Log,
    pub(super) inventory: Log,
    /// Alerts that were not kept because there were too many.
    pub(super) overflow: u64,
}

/// Rows of one kind, and which of them changed.
#[derive(Debug)]
pub(super) struct Rows<K, V> {
    rows: BTreeMap<K, V>,
    changed: BTreeSet<K>,
}

impl<K, V> Default for Rows<K, V> {
    fn default() -> Rows<K, V> {
        Rows {
            rows: BTreeMap::new(),
            changed: BTreeSet::new(),
        }
    }
}

impl<K: Ord + Clone + Serialize + DeserializeOwned, V: Serialize + DeserializeOwned> Rows<K, V> {
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.rows.get(key)
    }

    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let row = self.rows.get_mut(key)?;
        self.changed.insert(key.clone());
        Some(row)
    }

    pub(super) fn entry(&mut self, key: &K) -> &mut V
    where
        V: Default,
    {
        self.changed.insert(key.clone());
        self.rows.entry(key.clone()).or_default()
    }

    pub(super) fn put(&mut self, key: K, row: V) {
        self.changed.insert(key.clone());
        self.rows.insert(key, row);
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        self.changed.insert(key.clone());
        self.rows.remove(key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.rows.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Appends what changed, under names that begin with `prefix`.
    pub(super) fn drain(&mut self, prefix: &str, into: &mut Changed) {
        for key in std::mem::take(&mut self.changed) {
            let name = name(prefix, &key);
            // Rows of plain data can be written.
            let body = |row| serde_json::to_vec(row).unwrap_or_default();
            into.push((name, self.rows.get(&key).map(body)));
        }
    }

    /// Reads the rows under names that begin with `prefix`; one that cannot be read is left out: it is
    /// heard of again, at worst in one mail more.
    pub(super) fn read(prefix: &str, state: &DeskState) -> Rows<K, V> {
        let named = state
            .0
            .iter()
            .filter_map(|(name, body)| Some((name.strip_prefix(prefix)?, body)));
        let rows = named.filter_map(|(name, body)| {
            let key = serde_json::from_str(name).ok()?;
            Some((key, serde_json::from_slice(body).ok()?))
        });
        Rows {
            rows: rows.collect(),
            changed: BTreeSet::new(),
        }
    }
}

fn name<K: Serialize>(prefix: &str, key: &K) -> Text {
    let key = serde_json::to_string(key).unwrap_or_default();
    Text::from(format!("{prefix}{key}"))
}

/// An episode, for tables and pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpisodeView {
    /// Its number.
    pub number: u64,
    /// What it is of.
    pub family: Family,
    /// How urgent it was at its worst.
    pub severity: Severity,
    /// The worst finding.
    pub worst: Finding,
    /// How many series in all.
    pub series: u32,
    /// How many of them are not over.
    pub firing: u32,
    /// When it was opened, by the daemon's clock.
    pub opened: UnixMillis,
    /// Its first bad moment, by the calls' own time.
    pub since: UnixMillis,
    /// When it was over, by the daemon's clock.
    pub resolved: Option<UnixMillis>,
    /// Its last step.
    pub last: EpisodeRef,
    /// Whether anybody was told.
    pub told: bool,
    /// Who takes care of it.
    pub acked: Option<Mark>,
    /// What it was, as somebody said: `real`, `noise` or `planned`.
    pub feedback: Option<Text>,
    /// Who said so, and what changed by it.
    #[serde(default)]
    pub judged: Option<Mark>,
}
