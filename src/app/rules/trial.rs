//! Runs a case: its traffic through watch and desk, and what fired against what was expected.
//!
//! Knows no file. A newcomer may ask why the daemon's clock runs two minutes behind the calls: that is
//! how late a source's records may come, and a case should notice as late as the daemon would.

use std::collections::BTreeMap;

use crate::alert::{Explained, Finding, Matcher, Notice, Rule, Series, Severity, StepKind};
use crate::app::alert::judging::{GRACE_MS, Judging, Law};
use crate::config::{Case, Expected, Rules};
use crate::episode::{DeskState, Step};
use crate::message::{self, Around, Templates};
use crate::units::{MINUTE_MS, Text, UnixMillis};
use crate::watch::WatchState;

use super::facts::Feeder;

/// Who gets the mails of a case.
const READER: &str = "on-call@example.org";

/// Something that fired.
#[derive(Clone, Debug)]
pub struct Fired {
    /// When it was told, in milliseconds from the case's beginning.
    pub at_ms: i64,
    /// The rule.
    pub rule: Text,
    /// What it is about.
    pub series: Series,
    /// How urgent.
    pub severity: Severity,
    /// The mail that would be written: subject and text.
    pub mail: String,
}

/// What became of a case.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Everything that fired, by time.
    pub fired: Vec<Fired>,
    /// What is not as expected; empty: the case holds.
    pub wrong: Vec<Wrong>,
}

/// Something that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It was to fire, and did not in its time.
    Missing {
        /// The rule.
        rule: Text,
        /// When it fired instead, in milliseconds from the case's beginning.
        instead_ms: Vec<i64>,
    },
    /// It fired, and nobody expected it.
    Unexpected {
        /// The rule.
        rule: Text,
        /// Its series, in words.
        series: String,
        /// When, in milliseconds from the case's beginning.
        at_ms: i64,
    },
    /// Its mail does not say what it must.
    Unsaid {
        /// The rule.
        rule: Text,
        /// What is missing.
        says: String,
        /// The mail.
        mail: String,
    },
}

/// Runs a case under these rules, of which it names those in force.
#[must_use]
pub fn run(case: &Case, rules: &Rules) -> Ran {
    let in_force: Vec<Rule> = (rules.rules.iter())
        .filter(|rule| case.rules.contains(&rule.name))
        .map(|rule| Rule {
            on: true,
            ..rule.clone()
        })
        .collect();
    let fired = watched(case, &in_force);
    let wrong = compare(case, &fired);
    Ran { fired, wrong }
}

fn watched(case: &Case, rules: &[Rule]) -> Vec<Fired> {
    let ready = &case.ready;
    let zone = ready.timezone;
    let mut told = ready.alerts.settings.clone();
    told.quiet_first_days = 0;
    told.routes.push(crate::alert::Route {
        matcher: Matcher::default(),
        to: vec![READER.into()],
    });
    let law = Law {
        rules,
        declared: &ready.declared,
        told: &told,
        zone,
    };
    let mut judging = Judging::new(law, WatchState::default(), &DeskState::default());
    let mut feeder = Feeder::new(case);
    let mut found: BTreeMap<(Text, Series), Fired> = BTreeMap::new();
    let mut offset = 0;
    while offset < case.until_ms {
        let at = case.start.saturating_add(offset);
        let facts = feeder.minute(at);
        offset += MINUTE_MS;
        let (steps, wall) = judging.relive(facts, case.start.saturating_add(offset));
        let firing: Vec<(Text, Finding, Severity)> = (judging.desk.firing())
            .map(|(rule, finding, severity)| (rule.clone(), finding.clone(), severity))
            .collect();
        for (name, finding, severity) in firing {
            let key = (name, finding.series.clone());
            if let Some(rule) = rules.iter().find(|rule| rule.name == key.0)
                && !found.contains_key(&key)
            {
                let fired = Fired {
                    at_ms: offset + GRACE_MS,
                    rule: key.0.clone(),
                    series: key.1.clone(),
                    severity,
                    mail: mail(case, rule, finding, &steps, wall),
                };
                found.insert(key, fired);
            }
        }
    }
    let mut fired: Vec<Fired> = found.into_values().collect();
    fired.sort_by_key(|one| one.at_ms);
    fired
}

/// The mail of a rule that fired, as it would be if it came alone: a case tells of one rule at a time.
fn mail(case: &Case, rule: &Rule, finding: Finding, steps: &[Step], wall: UnixMillis) -> String {
    let step = steps.iter().find(|step| {
        let own = step.findings.iter().any(|one| one.rule == rule.name);
        own && step.digest.is_none()
    });
    let id = step.map_or(
        crate::alert::EpisodeRef {
            episode: 1,
            step: 1,
        },
        |step| step.id,
    );
    let display_name = (case.ready.declared.features.iter())
        .find(|one| finding.series.value(crate::alert::Dimension::Feature) == Some(&one.feature))
        .map(|one| one.display_name.clone());
    let notice = Notice {
        id,
        kind: StepKind::Fired,
        severity: finding.severity,
        rule: rule.clone(),
        since: finding.since,
        others: Vec::new(),
        others_rules: Vec::new(),
        others_count: 0,
        explained: Explained::default(),
        told: wall,
        display_name: display_name.unwrap_or_default(),
        explains: Vec::new(),
        finding,
    };
    let templates = Templates::default();
    let around = Around {
        zone: case.ready.timezone,
        public_url: None,
        sign: &|_, _| None,
        templates: &templates,
        from: "tollwatch@example.org",
        realm: "case",
        route: "case",
        why: "this is a case",
        topic: None,
        prices_of: None,
        unsubscribe: None,
    };
    let mail = message::render(&notice, &around);
    format!("{}\n\n{}", mail.subject, mail.text)
}

/// Series in words: `feature a/b, endpoint c`.
#[must_use]
pub fn shown(series: &Series) -> String {
    let words = series.values().iter();
    let words: Vec<String> = words
        .map(|(dimension, value)| format!("{} {value}", dimension.as_str()))
        .collect();
    if words.is_empty() {
        "everything".to_owned()
    } else {
        words.join(", ")
    }
}

fn fits(expected: &Expected, fired: &Fired) -> bool {
    let series = expected.series.iter();
    let mut series =
        series.map(|(dimension, value)| fired.series.value(*dimension) == Some(value.as_str()));
    expected.rule == fired.rule
        && (expected.after_ms..=expected.by_ms).contains(&fired.at_ms)
        && expected
            .severity
            .is_none_or(|severity| severity == fired.severity)
        && series.all(|same| same)
}

fn compare(case: &Case, fired: &[Fired]) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    for expected in &case.fires {
        let Some(found) = fired.iter().find(|one| fits(expected, one)) else {
            let others = fired.iter().filter(|one| one.rule == expected.rule);
            wrong.push(Wrong::Missing {
                rule: expected.rule.clone(),
                instead_ms: others.map(|one| one.at_ms).collect(),
            });
            continue;
        };
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mail = plain(&found.mail);
        for says in expected
            .says
            .iter()
            .filter(|says| !mail.contains(&plain(says)))
        {
            wrong.push(Wrong::Unsaid {
                rule: expected.rule.clone(),
                says: says.clone(),
                mail: found.mail.clone(),
            });
        }
    }
    for one in fired {
        if !case.fires.iter().any(|expected| fits(expected, one)) {
            wrong.push(Wrong::Unexpected {
                rule: one.rule.clone(),
                series: shown(&one.series),
                at_ms: one.at_ms,
            });
        }
    }
    wrong
}
