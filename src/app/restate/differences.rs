//! What a restatement moves: dollars between features, endpoints and models, verdicts, prices.
//!
//! Knows no rule and no ledger's tables. A newcomer may ask why days that stay are part of it: a
//! correction that silently leaves half of its span is worse than none.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::entry::{CellKey, Money};
use crate::ids::ConfigNumber;
use crate::ledger::{Again, Ledger, Reach};
use crate::line::Line;
use crate::residency::Verdict;
use crate::units::{Text, UnixMillis};

/// What a restatement would change.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Differences {
    /// Number of the configuration that judges, the next one where the ledger has not seen it.
    pub config: u32,
    /// Numbers of those that judged before.
    pub configs_before: BTreeSet<u32>,
    /// Hours whose lines are judged.
    pub hours: u64,
    /// Lines in them.
    pub lines: u64,
    /// Lines that no longer count under the configuration, and leave the books.
    pub removed: u64,
    /// Lines of an older version, which stay as booked.
    pub as_booked: u64,
    /// Reports of which half was left out when they were read, and would count now: their source has
    /// to be read again.
    pub not_back: u64,
    /// Reports whose user's group stays, because only the plain user could tell another.
    pub groups_kept: u64,
    /// Cost of all lines before.
    pub before_nanousd: i64,
    /// Cost of all lines afterwards.
    pub after_nanousd: i64,
    /// Features with other figures.
    pub features: Vec<Shift>,
    /// Endpoints with other figures.
    pub endpoints: Vec<Shift>,
    /// Models with other figures.
    pub models: Vec<Shift>,
    /// Calls by verdict before and after, where they differ.
    pub verdicts: Vec<Turn>,
    /// Requests by how they were priced before and after, where that differs.
    pub prices: Vec<Turn>,
    /// Days of which some hours cannot change, and why.
    pub fixed_days: Vec<FixedDay>,
    /// Hours whose links stay as they are.
    pub links_fixed: u64,
    #[serde(skip)]
    sums: [BTreeMap<Text, Shift>; 3],
    #[serde(skip)]
    turns: [BTreeMap<(&'static str, &'static str), u64>; 2],
}

/// A feature, an endpoint or a model before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shift {
    /// Its name.
    pub name: String,
    /// Calls before.
    pub calls_before: i64,
    /// Calls afterwards.
    pub calls_after: i64,
    /// Requests before.
    pub requests_before: i64,
    /// Requests afterwards.
    pub requests_after: i64,
    /// Cost before.
    pub before_nanousd: i64,
    /// Cost afterwards.
    pub after_nanousd: i64,
}

impl Shift {
    fn is_one(&self) -> bool {
        (self.calls_before, self.requests_before, self.before_nanousd)
            != (self.calls_after, self.requests_after, self.after_nanousd)
    }
}

/// How many reports went from one word to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Turn {
    /// Before; `none` for none.
    pub from: &'static str,
    /// Afterwards; `gone` for reports that leave the books.
    pub to: &'static str,
    /// How many.
    pub reports: u64,
}

/// A day that cannot change, or not wholly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FixedDay {
    /// Its date in the ledger's time zone.
    pub date: String,
    /// `lines_gone`, `names` or `conversations`.
    pub why: &'static str,
    /// Of its hours that long.
    pub hours: u64,
}

/// One side of a line.
struct Side<'a> {
    key: &'a CellKey,
    call: bool,
    money: Option<Money>,
}

impl Side<'_> {
    fn cost(&self) -> i64 {
        self.money
            .and_then(Money::amount)
            .map_or(0, |amount| amount.0)
    }

    fn verdict(&self) -> &'static str {
        self.key.verdict.map_or("none", Verdict::as_str)
    }

    fn price(&self) -> &'static str {
        match self.money {
            None => "none",
            Some(Money::Nothing) => "nothing",
            Some(Money::Exact(_)) => "exact",
            Some(Money::Approximated(_)) => "approximated",
            Some(Money::Fixed) => "fixed",
            Some(Money::Unpriced) => "unpriced",
        }
    }
}

impl Differences {
    pub(super) fn new(ledger: &dyn Ledger, reach: &Reach, config: ConfigNumber) -> Differences {
        let date = |at: UnixMillis| ledger.zones().date_of(at).to_string();
        let mut days: BTreeMap<(String, &'static str), u64> = BTreeMap::new();
        for (hour, why) in &reach.fixed {
            *days.entry((date(*hour), why.as_str())).or_default() += 1;
        }
        let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        Differences {
            config: config.0,
            hours: number(reach.hours.len()),
            links_fixed: number(reach.links_fixed.len()),
            fixed_days: days
                .into_iter()
                .map(|((date, why), hours)| FixedDay { date, why, hours })
                .collect(),
            ..Differences::default()
        }
    }

    /// Whether it moves nothing but the configuration's number.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.features.is_empty()
            && self.endpoints.is_empty()
            && self.models.is_empty()
            && self.verdicts.is_empty()
            && self.prices.is_empty()
            && self.removed == 0
    }

    /// Adds a line and what it becomes.
    pub(super) fn add(&mut self, line: &Line, again: Again) {
        self.lines += 1;
        self.configs_before.insert(line.about.config.0);
        let before = Side {
            key: &line.about.key,
            call: line.call.is_some(),
            money: line.request.map(|request| request.money),
        };
        match again {
            Again::AsBooked => {
                self.as_booked += 1;
                self.count(&before, Some(&before));
            }
            Again::Ignored(_) => self.leave(&before),
            Again::Judged(entry) => {
                let call = line.call.and(entry.call).is_some();
                let money = line.request.and(entry.request).map(|request| request.money);
                if call || money.is_some() {
                    let key = &entry.shared.key;
                    self.count(&before, Some(&Side { key, call, money }));
                } else {
                    self.leave(&before);
                }
            }
        }
    }

    fn leave(&mut self, before: &Side<'_>) {
        self.removed += 1;
        self.count(before, None);
    }

    fn count(&mut self, before: &Side<'_>, after: Option<&Side<'_>>) {
        self.before_nanousd = self.before_nanousd.saturating_add(before.cost());
        self.after_nanousd = self
            .after_nanousd
            .saturating_add(after.map_or(0, Side::cost));
        let names = |key: &CellKey| [key.feature.clone(), key.endpoint.clone(), key.model.clone()];
        for (sums, name) in self.sums.iter_mut().zip(names(before.key)) {
            let sum = sums.entry(name).or_default();
            sum.calls_before += i64::from(before.call);
            sum.requests_before += i64::from(before.money.is_some());
            sum.before_nanousd = sum.before_nanousd.saturating_add(before.cost());
        }
        if let Some(after) = after {
            for (sums, name) in self.sums.iter_mut().zip(names(after.key)) {
                let sum = sums.entry(name).or_default();
                sum.calls_after += i64::from(after.call);
                sum.requests_after += i64::from(after.money.is_some());
                sum.after_nanousd = sum.after_nanousd.saturating_add(after.cost());
            }
        }
        let [verdicts, prices] = &mut self.turns;
        let turns = [
            (
                verdicts,
                before.call,
                before.verdict(),
                after.map(Side::verdict),
            ),
            (
                prices,
                before.money.is_some(),
                before.price(),
                after.map(Side::price),
            ),
        ];
        for (turns, counts, from, to) in turns {
            let to = to.unwrap_or("gone");
            if counts && from != to {
                *turns.entry((from, to)).or_default() += 1;
            }
        }
    }

    /// Puts what was added up into the lists.
    pub(super) fn tell(&mut self) {
        let list = |sums: &BTreeMap<Text, Shift>| -> Vec<Shift> {
            let shifts = sums.iter().filter(|(_, sum)| sum.is_one());
            let mut shifts: Vec<Shift> = shifts
                .map(|(name, sum)| Shift {
                    name: name.to_string(),
                    ..sum.clone()
                })
                .collect();
            shifts.sort_by_key(|shift| {
                let moved = shift.after_nanousd.saturating_sub(shift.before_nanousd);
                std::cmp::Reverse(moved.unsigned_abs())
            });
            shifts
        };
        let [features, endpoints, models] = &self.sums;
        (self.features, self.endpoints, self.models) =
            (list(features), list(endpoints), list(models));
        let list = |turns: &BTreeMap<(&'static str, &'static str), u64>| -> Vec<Turn> {
            let turns = turns.iter();
            turns
                .map(|((from, to), reports)| Turn {
                    from,
                    to,
                    reports: *reports,
                })
                .collect()
        };
        let [verdicts, prices] = &self.turns;
        (self.verdicts, self.prices) = (list(verdicts), list(prices));
    }
}
