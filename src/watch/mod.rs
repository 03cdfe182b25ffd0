//! Judges rules by what the books tell: facts in, findings out.
//!
//! Knows no ledger, no clock and no mail. A newcomer may ask why every minute is judged, also when many are
//! told at once: what began and ended while nobody looked is found as it would have been.

mod breach;
mod days;
mod due;
mod field;
mod figure;
mod gauge;
mod habit;
mod judging;
mod kept;
mod keys;
mod mark;
mod memory;
mod money;
mod normal;
mod observed;
mod outage;
mod plan;
mod registry;
mod ring;
mod seat;
mod sight;
mod source;
mod state;
mod table;
mod take;
mod talk;
mod wanted;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono_tz::Tz;

use crate::alert::{Declared, Fact, Finding, Maintenance, Rule, Series};
use crate::anomaly;
use crate::cell::Cell;
use crate::units::{DAY_MS, MINUTE_MS, Text, UnixMillis};
use crate::varint::{put_signed, take_signed};

use days::{Days, Step};
use due::Dues;
use gauge::Now;
use keys::Keys;
use mark::Marks;
use memory::Memory;
use normal::Normal;
use observed::Observed;
use plan::Plan;
use registry::Registry;
use sight::Sights;
use source::Sources;
use state::Rows;
use talk::Talks;

pub use state::{Changed, WatchState};

/// Up to where everything was judged.
const CLOSED: &str = "c";
/// Beginning of the rows of rules that were in force.
const RULE: &str = "r\u{1f}";
/// Minutes without anything are judged one by one only so far: then every window is empty.
const GAP_MS: i64 = 63 * DAY_MS;

/// The moment of a judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// All minutes before are complete.
    pub closed_to: UnixMillis,
    /// The daemon's clock.
    pub wall: UnixMillis,
    /// A source stalls: what is told may not be all.
    pub stalled: bool,
}

/// Rules, and what they hold of the traffic so far.
///
/// After [`Watch::new`] it is warmed by what the books hold of the last days (days of 62 days, hours of 8
/// days, minutes of at least 26 hours up to where it had judged, the links and credentials of 9 days, the
/// conversations and groups of the day; before each cell its key's name, in order of time); then facts are
/// told by [`Watch::hear`], and judged by [`Watch::judge`].
#[derive(Clone, Debug)]
pub struct Watch {
    rules: Vec<Rule>,
    /// Rules that were not in force when it was judged last.
    fresh: Vec<bool>,
    registry: Registry,
    days: Days,
    keys: Keys,
    memory: Memory,
    plan: Plan,
    marks: Marks,
    rows: Rows,
    sights: Sights,
    talks: Talks,
    sources: Sources,
    dues: Dues,
    observed: Observed,
    normals: Vec<Normal>,
    maintenance: Vec<Maintenance>,
    /// Complete minutes that were not judged.
    pending: BTreeMap<UnixMillis, Vec<(usize, Cell)>>,
    partial: BTreeMap<UnixMillis, Vec<(usize, Cell)>>,
    /// Hours and days as they were told, until they are put in their place.
    told_whole: BTreeMap<(Step, UnixMillis), Vec<(usize, Cell)>>,
    /// All minutes before were judged.
    closed: Option<UnixMillis>,
    /// What was known before the start has been worked out again.
    is_settled: bool,
    /// The rows say which rules are in force.
    is_remembered: bool,
}

fn row_of(n: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_signed(&mut bytes, n);
    bytes
}

fn hash_of(rule: &Rule) -> Vec<u8> {
    let words = format!("{rule:?}");
    twox_hash::XxHash3_64::oneshot(words.as_bytes())
        .to_be_bytes()
        .to_vec()
}

fn is_fresh(rule: &Rule, rows: &Rows) -> bool {
    rows.get(&format!("{RULE}{}", rule.name)) != Some(&hash_of(rule))
}

impl Watch {
    /// A watch of these rules, in a zone, with the rows that it left behind.
    #[must_use]
    pub fn new(rules: &[Rule], declared: &Declared, zone: Tz, state: WatchState) -> Watch {
        let mut rows = Rows::new(state);
        let closed = rows
            .get(CLOSED)
            .and_then(|row| take_signed(&mut row.as_slice()));
        let mut watch = Watch {
            rules: Vec::new(),
            fresh: Vec::new(),
            registry: Registry::new(declared),
            days: Days::new(zone),
            keys: Keys::default(),
            memory: Memory::default(),
            plan: Plan::default(),
            marks: Marks::default(),
            sights: Sights::read(&rows),
            talks: Talks::default(),
            sources: Sources::read(&rows),
            dues: Dues::read(&rows),
            observed: Observed::default(),
            normals: Vec::new(),
            maintenance: Vec::new(),
            pending: BTreeMap::new(),
            partial: BTreeMap::new(),
            told_whole: BTreeMap::new(),
            closed: closed.map(UnixMillis),
            is_settled: false,
            is_remembered: false,
            rows: Rows::default(),
        };
        std::mem::swap(&mut watch.rows, &mut rows);
        watch.plan_rules(rules);
        watch
    }

    /// Goes on with other rules, another registry or zone. Windows that the new rules share are kept; new
    /// ones are filled by the minutes of the last day.
    pub fn configure(&mut self, rules: &[Rule], declared: &Declared, zone: Tz) {
        self.registry = Registry::new(declared);
        self.days.set(zone);
        self.sights.forget_keys();
        self.plan_rules(rules);
        self.refill();
        self.is_settled = false;
    }

    fn plan_rules(&mut self, rules: &[Rule]) {
        self.rules = rules.to_vec();
        self.is_remembered = false;
        self.fresh = rules
            .iter()
            .map(|rule| is_fresh(rule, &self.rows))
            .collect();
        self.marks = Marks::read(rules, &mut self.rows);
        self.observed = Observed::read(rules, &self.rows);
        self.write_pools();
        for normal in std::mem::take(&mut self.normals) {
            normal.habits.put_back(&mut self.rows);
        }
        let before = std::mem::take(&mut self.plan);
        let (dues, normals, rows) = (&mut self.dues, &mut self.normals, &self.rows);
        self.plan = Plan::new(rules, &self.registry, before, |plan| {
            dues.plan(rules, plan);
            *normals = Normal::plan(rules, plan, rows);
        });
    }

    /// Takes a fact from before the start: nothing is judged, nothing learned.
    pub fn warm(&mut self, fact: Fact) {
        self.take(fact, true);
    }

    /// Takes a new fact. A minute that is told again takes the place of what it was.
    pub fn hear(&mut self, fact: Fact) {
        self.take(fact, false);
    }

    /// Hours in which nothing is learned of what they match.
    pub fn excuse(&mut self, maintenance: Vec<Maintenance>) {
        self.maintenance = maintenance;
    }

    /// Takes in what somebody said of an anomaly; whether it is one that was learned of.
    pub fn feedback(&mut self, rule: &str, series: &Series, feedback: anomaly::Feedback) -> bool {
        let place = self.rules.iter().position(|one| one.name == rule);
        let normal = self
            .normals
            .iter_mut()
            .find(|normal| Some(normal.rule()) == place);
        match (normal, place.and_then(|place| self.rules.get(place))) {
            (Some(normal), Some(rule)) => normal.hear(rule, series, feedback, &mut self.rows),
            _ => false,
        }
    }

    /// When the first record of all was told.
    #[must_use]
    pub fn born(&self) -> Option<UnixMillis> {
        self.sights.born()
    }

    /// Up to where everything is judged.
    #[must_use]
    pub fn closed_to(&self) -> Option<UnixMillis> {
        self.closed
    }

    /// Judges everything up to a moment, minute by minute. Told are: what is bad, and what was bad and is not
    /// yet good, each time (anomalies and silence: every ten minutes); that nothing can be said, and why, once; good, once, after either.
    pub fn judge(&mut self, moment: &Moment) -> Vec<Finding> {
        let mut out = Vec::new();
        self.settle(moment);
        let first = self.pending.keys().next().copied();
        let mut closed = *self
            .closed
            .get_or_insert_with(|| first.unwrap_or(moment.closed_to));
        let mut stepped = false;
        while closed < moment.closed_to {
            let is_idle = self
                .pending
                .keys()
                .next()
                .is_none_or(|next| *next >= moment.closed_to);
            let gap = moment.closed_to.0.saturating_sub(closed.0);
            let from = if is_idle && gap > GAP_MS {
                moment.closed_to.saturating_add(-MINUTE_MS)
            } else {
                closed
            };
            closed = from.floor(MINUTE_MS).saturating_add(MINUTE_MS);
            self.step(closed, &mut out);
            stepped = true;
        }
        if !stepped {
            let now = Now {
                at: closed,
                silent: false,
                partial: false,
                stalled: moment.stalled,
            };
            self.plan.advance(closed, &mut self.days);
            self.evaluate(now, &mut out);
        }
        let seen = self.judge_partial(moment, &mut out);
        self.judge_beside(seen, moment, &mut out);
        for table in &mut self.plan.tables {
            table.forget_late();
        }
        self.remember();
        out
    }

    /// The rows that changed since this was last asked; to be written with what was found.
    pub fn state(&mut self) -> Changed {
        self.write_pools();
        let rows = self.rows.changed();
        let normals = self.normals.iter_mut();
        let kept = normals.flat_map(|normal| normal.habits.changed());
        rows.into_iter().chain(kept).collect()
    }

    /// All rows.
    #[must_use]
    pub fn whole_state(&self) -> WatchState {
        let rows = self.rows.all();
        let normals = self.normals.iter();
        let kept = normals.flat_map(|normal| normal.habits.rows().chain([normal.pool_row()]));
        WatchState(rows.0.into_iter().chain(kept).collect())
    }

    /// Each bin changes a pool, as it does habits; a row is made of it when somebody writes it.
    fn write_pools(&mut self) {
        for (row, pool) in self.normals.iter().map(Normal::pool_row) {
            self.rows.set(row, pool);
        }
    }

    /// Works out what was known before the start, once everything has been told.
    fn settle(&mut self, moment: &Moment) {
        self.put_whole();
        if self.is_settled {
            return;
        }
        self.is_settled = true;
        let Some(closed) = self.closed else { return };
        self.plan.advance(closed, &mut self.days);
        let now = Now {
            at: closed,
            silent: true,
            partial: false,
            stalled: moment.stalled,
        };
        self.evaluate(now, &mut Vec::new());
        self.fresh.fill(false);
    }

    fn step(&mut self, to: UnixMillis, out: &mut Vec<Finding>) {
        let minute = to.saturating_add(-MINUTE_MS);
        while let Some(next) = self
            .pending
            .first_entry()
            .filter(|next| *next.key() <= minute)
        {
            let (at, cells) = next.remove_entry();
            self.add_minute(at, &cells, true);
            self.memory.keep(at, &cells);
            self.partial.remove(&at);
        }
        self.plan.advance(to, &mut self.days);
        self.closed = Some(to);
        let now = Now {
            at: to,
            silent: false,
            partial: false,
            stalled: false,
        };
        self.evaluate(now, out);
        if to.floor(days::BIN_MS) == to {
            self.feed(to.saturating_add(-days::BIN_MS), out);
        }
    }

    fn remember(&mut self) {
        if let Some(closed) = self.closed {
            self.rows.set(Text::from(CLOSED), row_of(closed.0));
        }
        if std::mem::replace(&mut self.is_remembered, true) {
            return;
        }
        for rule in &self.rules {
            let key = Text::from(format!("{RULE}{}", rule.name));
            self.rows.set(key, hash_of(rule));
        }
    }
}
