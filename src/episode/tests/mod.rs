//! Findings over time, and the steps that a desk makes of them.
//!
//! Knows no watch. A newcomer may ask why what is bad is told again every minute: so does a watch.

mod cases;
mod causes;
mod year;

use std::collections::BTreeMap;

use crate::alert::{
    self, Amount, Budget, Check, Dimension, Finding, Level, Limit, Loss, Measure, Metric, Period,
    Promise, Residency, Route, Rule, Scope, Series, Severity, Sight, Span, Unit, Unknown,
};
use crate::units::{MINUTE_MS, Text, UnixMillis};

use super::{Changed, Desk, DeskState, Order, Owned, Settings, Step, matcher_of};

/// A Friday, 09:00 UTC.
pub(super) const START: UnixMillis = UnixMillis(1_795_165_200_000);

fn threshold(metric: Metric) -> Check {
    Check::Threshold {
        metric,
        window: Span::Minutes(10),
        above: Some(Limit::Fixed(Amount::new(metric.unit(), 1))),
        below: None,
        clear: None,
        min_sample: 0,
    }
}

fn anomaly(metric: Metric) -> Check {
    Check::Anomaly {
        metric,
        promise: Promise { hours: 504 },
        floor_nanousd: 0,
    }
}

/// A rule of each sort; `slow` holds for five minutes, `again` is told again after an hour.
pub(super) fn rules() -> BTreeMap<Text, Rule> {
    let budget = Check::Budget(Budget {
        period: Period::Month,
        nanousd: None,
        percent: vec![50, 80, 100],
        forecast: false,
    });
    let checks: [(&str, Check, i64, Option<i64>); 13] = [
        ("calls", anomaly(Metric::Calls), 0, None),
        ("spend", anomaly(Metric::Spend), 0, None),
        ("talk", threshold(Metric::ConversationRequests), 0, None),
        ("errors", threshold(Metric::ErrorShare), 0, None),
        ("throttled", threshold(Metric::ThrottledShare), 0, None),
        ("slow", threshold(Metric::LatencyP95), 5 * MINUTE_MS, None),
        (
            "again",
            threshold(Metric::UnpricedShare),
            0,
            Some(60 * MINUTE_MS),
        ),
        (
            "down",
            Check::Residency(Residency::DownWithoutFallback),
            0,
            None,
        ),
        ("fallback", Check::Residency(Residency::Fallback), 0, None),
        ("violated", Check::Residency(Residency::Violated), 0, None),
        (
            "silent",
            Check::Silence {
                promise: Promise { hours: 504 },
            },
            0,
            None,
        ),
        ("host", Check::FirstSight(Sight::Host), 0, None),
        ("budget", budget, 0, None),
    ];
    let rule = |(name, check, for_ms, repeat_ms): (&str, Check, i64, Option<i64>)| {
        let rule = Rule {
            name: Text::from(name),
            reason: Text::default(),
            check,
            scope: Scope::default(),
            by: Vec::new(),
            for_ms,
            severity: Severity::Warning,
            severity_fail_closed: None,
            owner: None,
            runbook: None,
            action: None,
            repeat_ms,
            on: true,
        };
        (rule.name.clone(), rule)
    };
    checks.into_iter().map(rule).collect()
}

/// Who is told: pages go to `oncall@`, features of the application `shop` to `shop@`, `b/x` to its owner, the
/// rest to `all@`.
pub(super) fn settings() -> Settings {
    let route = |matcher: &str, to: &str| Route {
        matcher: matcher_of([matcher]).unwrap(),
        to: vec![Text::from(to)],
    };
    let owned = |owner: &str, endpoints: &[&str]| Owned {
        owner: Text::from(owner),
        endpoints: endpoints.iter().copied().map(Text::from).collect(),
    };
    Settings {
        rules: rules(),
        features: [
            (Text::from("shop/a"), owned("", &["e1"])),
            (Text::from("b/x"), owned("x@example.com", &["e1", "e2"])),
        ]
        .into(),
        told: alert::Settings {
            routes: vec![
                route("severity=page", "oncall@example.com"),
                route("application=shop", "shop@example.com"),
            ],
            fallback_to: Some(Text::from("all@example.com")),
            quiet_first_days: 0,
            ..alert::Settings::default()
        },
        zone: chrono_tz::Tz::UTC,
    }
}

/// A finding of `rule feature@endpoint level[!severity][$per_hour][^limit][#subject][=value][~expected]`.
pub(super) fn finding(text: &str, at: UnixMillis) -> Finding {
    let mut words = text.split_whitespace();
    let (rule, series) = (words.next().unwrap(), words.next().unwrap());
    let (feature, endpoint) = series.split_once('@').unwrap_or((series, ""));
    let values = [
        (Dimension::Feature, feature),
        (Dimension::Endpoint, endpoint),
    ];
    let named = values
        .into_iter()
        .filter(|(_, value)| !["", "-"].contains(value));
    let metric = if rule == "talk" {
        Metric::ConversationRequests
    } else {
        Metric::Calls
    };
    let count = |text: &str| Amount::new(Unit::Count, text.parse().unwrap());
    let mut finding = Finding {
        rule: Text::from(rule),
        series: Series::new(named.map(|(of, value)| (of, Text::from(value))).collect()),
        at,
        since: at,
        level: Level::Bad,
        severity: Severity::Warning,
        measure: Measure {
            metric: Some(metric),
            value: Amount::new(Unit::Count, 9),
            window_minutes: if rule == "talk" { 0 } else { 10 },
            limit: None,
            expected: None,
            sample: 9,
        },
        loss: Loss::default(),
        chance: None,
        subject: Text::default(),
        late: false,
    };
    for word in words {
        match (word.get(..1).unwrap(), word.get(1..).unwrap()) {
            ("!", severity) => finding.severity = Severity::parse(severity).unwrap(),
            ("$", dollars) => {
                let dollars: i64 = dollars.parse().unwrap();
                finding.loss.per_hour_nanousd = Some(dollars * 1_000_000_000);
            }
            ("^", limit) => {
                let limit = limit.parse().unwrap();
                finding.measure.limit = Some(Amount::new(Unit::NanoUsd, limit));
            }
            ("=", value) => finding.measure.value = count(value),
            ("~", expected) => {
                let expected = count(expected);
                finding.measure.expected = Some((expected, expected, expected));
            }
            ("#", subject) => finding.subject = Text::from(subject),
            _ => {
                finding.level = match word {
                    "bad" => Level::Bad,
                    "good" => Level::Good,
                    "between" => Level::Between,
                    "unknown" => Level::Unknown(Unknown::Learning),
                    "few" => Level::Unknown(Unknown::TooFew),
                    _ => panic!("{word}"),
                }
            }
        }
    }
    finding
}

/// A desk whose rows are kept like in a ledger.
pub(super) struct Office {
    pub(super) settings: Settings,
    pub(super) desk: Desk,
    pub(super) state: DeskState,
    /// What a watch tells again every minute.
    pub(super) standing: BTreeMap<String, Finding>,
    pub(super) steps: Vec<String>,
    pub(super) minute: i64,
}

impl Office {
    pub(super) fn new(settings: Settings) -> Office {
        Office {
            desk: Desk::new(&settings, &DeskState::default()),
            settings,
            state: DeskState::default(),
            standing: BTreeMap::new(),
            steps: Vec::new(),
            minute: 0,
        }
    }

    pub(super) fn keep(&mut self) {
        let changed: Changed = self.desk.state();
        for (name, body) in changed {
            match body {
                Some(body) => drop(self.state.0.insert(name, body)),
                None => drop(self.state.0.remove(&name)),
            }
        }
    }

    pub(super) fn restart(&mut self) {
        self.keep();
        self.desk = Desk::new(&self.settings, &self.state);
    }

    pub(super) fn wall(&self) -> UnixMillis {
        START.saturating_add(self.minute * MINUTE_MS)
    }

    /// Lets time pass up to a minute, then hears of changes. In minutes alike nothing is found anew.
    pub(super) fn at(&mut self, minute: i64, changes: &[&str]) {
        while self.minute < minute {
            self.minute += 1;
            let changes = if self.minute == minute { changes } else { &[] };
            self.look(changes, false);
        }
    }

    pub(super) fn look(&mut self, changes: &[&str], catching_up: bool) {
        let wall = self.wall();
        let mut good = Vec::new();
        for change in changes {
            let mut words = change.split_whitespace();
            let key = format!("{} {}", words.next().unwrap(), words.next().unwrap());
            let key = match change.split_once('#') {
                Some((_, subject)) => format!("{key} #{subject}"),
                None => key,
            };
            if change.contains("good") {
                self.standing.remove(&key);
                good.push(finding(change, wall));
            } else {
                self.standing.insert(key, finding(change, wall));
            }
        }
        let told = self.standing.values_mut().map(|standing| {
            standing.at = wall;
            standing.clone()
        });
        let findings = told.chain(good).collect();
        let steps = self.desk.hear(findings, wall, catching_up);
        for step in steps {
            self.steps.push(line(self.minute, &step));
        }
    }

    pub(super) fn order(&mut self, order: &Order) -> Result<String, String> {
        let wall = self.wall();
        self.desk.order(order, wall)
    }
}

/// A step in a line: minute, episode, kind, head, how many series, to whom, why nobody.
pub(super) fn line(minute: i64, step: &Step) -> String {
    let to: Vec<&str> = step
        .to
        .iter()
        .map(|one| one.address.split('@').next().unwrap())
        .collect();
    let what = if let Some(occasion) = step.digest {
        format!("{} of {}", occasion.as_str(), step.items_count)
    } else {
        let head = &step.findings[0];
        let series = head.series.values().iter().map(|(_, value)| value.as_str());
        let series: Vec<&str> = series.collect();
        format!(
            "{} {} {}{}",
            step.kind.as_str(),
            head.rule,
            series.join("@"),
            if step.series > 1 {
                format!(" of {}", step.series)
            } else {
                String::new()
            }
        )
    };
    let quiet = step
        .quiet
        .map_or_else(String::new, |quiet| format!(" ({})", quiet.as_str()));
    let explains = if step.explains.is_empty() {
        String::new()
    } else {
        format!(" explains {}", step.explains.join(","))
    };
    let to = if to.is_empty() {
        String::new()
    } else {
        format!(" -> {}", to.join(","))
    };
    format!("{minute}: {what}{to}{quiet}{explains}")
}
