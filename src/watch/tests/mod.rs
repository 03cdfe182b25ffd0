//! Tables of rules and traffic, and what is found: a kit that tells minutes and writes findings as lines.
//!
//! Knows no ledger. A newcomer may ask why lines are compared: a table of them is read as a story.

mod again;
mod beside;
mod gauges;
mod normal;
mod places;
mod restart;

use std::collections::BTreeMap;
use std::rc::Rc;

use chrono_tz::Tz;

use super::{Moment, Watch, WatchState};
use crate::alert::{
    Amount, Check, Declared, DeclaredEndpoint, DeclaredFeature, Dimension, Fact, Finding, Level,
    Limit, Metric, Rule, Scope, Series, Severity, Span, Unit,
};
use crate::cell::{Cell, Totals};
use crate::entry::CellKey;
use crate::hist::Layout;
use crate::residency::Verdict;
use crate::units::{MINUTE_MS, UnixMillis};

/// Friday, 20 November 2026, midnight UTC.
pub(super) const T0: i64 = 1_795_132_800_000;
/// A dollar.
pub(super) const USD: i64 = 1_000_000_000;

pub(super) fn at(minute: i64) -> UnixMillis {
    UnixMillis(T0 + minute * MINUTE_MS)
}

/// Traffic of a key in one minute.
#[derive(Clone, Debug)]
pub(super) struct Load {
    pub(super) key: CellKey,
    pub(super) cell: Cell,
}

/// Calls of a feature at an endpoint, by the minute.
pub(super) fn load(feature: &str, endpoint: &str) -> Load {
    Load {
        key: CellKey {
            feature: feature.into(),
            endpoint: endpoint.into(),
            provider: "azure".into(),
            model: "gpt-4o".into(),
            region: "azure:westeurope".into(),
            verdict: Some(Verdict::Held),
            grade: None,
        },
        cell: Cell::default(),
    }
}

impl Load {
    /// Answered calls and requests, and failed ones, of one cost each.
    pub(super) fn of(mut self, ok: i64, failed: i64, nanousd: i64) -> Load {
        let totals = &mut self.cell.totals;
        totals.calls_ok += ok;
        totals.calls_server_error += failed;
        totals.requests_ok += ok;
        totals.requests_server_error += failed;
        totals.cost_exact_nanousd += ok * nanousd;
        totals.tokens_input += ok * 1_000;
        totals.requests_exact += ok;
        self
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Totals)) -> Load {
        change(&mut self.cell.totals);
        self
    }

    pub(super) fn verdict(mut self, verdict: Option<Verdict>, region: &str) -> Load {
        self.key.verdict = verdict;
        self.key.region = region.into();
        self
    }

    pub(super) fn latency(mut self, ms: u64, times: i64) -> Load {
        let bucket = Layout::latency().bucket(ms);
        self.cell.latency.add_bucket(bucket, times);
        self
    }
}

/// Traffic by ranges of minutes.
pub(super) type Loads = Vec<(std::ops::Range<i64>, Load)>;

/// A rule with that check.
pub(super) fn rule(by: &[Dimension], check: Check) -> Rule {
    Rule {
        name: "r".into(),
        reason: "a test".into(),
        check,
        scope: Scope::default(),
        by: by.to_vec(),
        for_ms: 0,
        severity: Severity::Warning,
        severity_fail_closed: None,
        owner: None,
        runbook: None,
        action: None,
        repeat_ms: None,
        on: true,
    }
}

pub(super) fn above(metric: Metric, window: Span, n: i64, clear: Option<i64>, least: u64) -> Check {
    let fixed = |n| Limit::Fixed(Amount::new(metric.unit(), n));
    Check::Threshold {
        metric,
        window,
        above: Some(fixed(n)),
        below: None,
        clear: clear.map(fixed),
        min_sample: least,
    }
}

/// A registry of two features and three endpoints.
pub(super) fn declared() -> Declared {
    let feature = |name: &str, endpoints: &[&str]| DeclaredFeature {
        feature: name.into(),
        application: name.split('/').next().unwrap().into(),
        endpoints: endpoints.iter().map(|one| (*one).into()).collect(),
        ..DeclaredFeature::default()
    };
    let endpoint = |name: &str| DeclaredEndpoint {
        endpoint: name.into(),
        ..DeclaredEndpoint::default()
    };
    Declared {
        features: vec![
            DeclaredFeature {
                fail_closed: true,
                approved_nanousd: Some(40_000_000),
                approved_tokens: Some(1_000),
                approved_calls: Some(1_000),
                budget_nanousd: Some(3_000 * USD),
                ..feature("itsm/notes", &["eu"])
            },
            feature("csm/reply", &[]),
        ],
        endpoints: vec![
            DeclaredEndpoint {
                timeout_ms: Some(30_000),
                ..endpoint("eu")
            },
            endpoint("us"),
            endpoint("backup"),
        ],
        budget_nanousd: Some(12_000 * USD),
        ..Declared::default()
    }
}

/// A watch with the names that it was told.
pub(super) struct World {
    pub(super) watch: Watch,
    pub(super) names: BTreeMap<String, i64>,
    levels: BTreeMap<(String, Series), Level>,
    pub(super) story: Vec<String>,
}

impl World {
    pub(super) fn new(rules: &[Rule], declared: &Declared) -> World {
        World {
            watch: Watch::new(rules, declared, Tz::UTC, WatchState::default()),
            names: BTreeMap::new(),
            levels: BTreeMap::new(),
            story: Vec::new(),
        }
    }

    /// The cells of loads, after their names were told.
    pub(super) fn cells(&mut self, loads: &[Load], is_warm: bool) -> Vec<(i64, Cell)> {
        let mut cells = Vec::new();
        for load in loads {
            let name = format!("{:?}", load.key);
            let next = i64::try_from(self.names.len()).unwrap() + 100;
            let number = *self.names.entry(name).or_insert(next);
            let fact = Fact::Key(number, Rc::new(load.key.clone()));
            if is_warm {
                self.watch.warm(fact);
            } else {
                self.watch.hear(fact);
            }
            cells.push((number, load.cell.clone()));
        }
        cells
    }

    pub(super) fn minute(&mut self, minute: i64, loads: &[Load]) {
        let cells = self.cells(loads, false);
        self.watch.hear(Fact::Minute(at(minute), cells));
    }

    pub(super) fn partial(&mut self, minute: i64, loads: &[Load]) {
        let cells = self.cells(loads, false);
        self.watch.hear(Fact::Partial(at(minute), cells));
    }

    pub(super) fn judge(&mut self, to: i64, stalled: bool) -> Vec<Finding> {
        let moment = Moment {
            closed_to: at(to),
            wall: at(to),
            stalled,
        };
        let found = self.watch.judge(&moment);
        for finding in &found {
            self.tell(finding);
        }
        found
    }

    /// Writes a line where the level of a rule and series changes.
    fn tell(&mut self, finding: &Finding) {
        let key = (finding.rule.to_string(), finding.series.clone());
        let before = self.levels.insert(key, finding.level);
        if before == Some(finding.level) {
            return;
        }
        let minute = (finding.at.0 - T0) / MINUTE_MS;
        let level = match finding.level {
            Level::Good => "good".to_owned(),
            Level::Between => "between".to_owned(),
            Level::Bad => format!("bad {}", written(finding)),
            Level::Unknown(why) => why.as_str().to_owned(),
        };
        let series: Vec<&str> = finding
            .series
            .values()
            .iter()
            .map(|(_, one)| one.as_str())
            .collect();
        let late = if finding.late { ", late" } else { "" };
        self.story
            .push(format!("{minute}: {} {level}{late}", series.join(" ")));
    }
}

fn written(finding: &Finding) -> String {
    let value = finding.measure.value;
    let scale = |n: i64| match value.unit {
        Unit::NanoUsd => format!("${}.{:03}", n / USD, n % USD / 1_000_000),
        Unit::Ppm => format!("{}%", n / 10_000),
        Unit::Count | Unit::Tokens | Unit::Millis | Unit::Days => n.to_string(),
    };
    let limit = finding
        .measure
        .limit
        .map_or_else(String::new, |limit| format!(">{}", scale(limit.n)));
    let subject = if finding.subject.is_empty() {
        String::new()
    } else {
        format!(" [{}]", finding.subject)
    };
    let severity = match finding.severity {
        Severity::Page => " page",
        Severity::Warning => "",
        Severity::Info => " info",
    };
    let since = (finding.since.0 - T0).div_euclid(MINUTE_MS);
    format!("{}{limit}{subject}{severity} since {since}", scale(value.n))
}

/// Tells loads by ranges of minutes, judges each minute, and gives the story.
pub(super) fn story(rule: &Rule, loads: &[(std::ops::Range<i64>, Load)], to: i64) -> Vec<String> {
    let mut world = World::new(std::slice::from_ref(rule), &declared());
    for minute in 0..to {
        let now = loads.iter().filter(|(range, _)| range.contains(&minute));
        let now: Vec<Load> = now.map(|(_, load)| load.clone()).collect();
        if !now.is_empty() {
            world.minute(minute, &now);
        }
        world.judge(minute + 1, false);
    }
    world.story
}
