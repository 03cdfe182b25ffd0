//! Notices made up for one purpose: to try out templates, and to test whether mails arrive.
//!
//! Knows no books. A newcomer may ask why they are not test code: `check` places them in the user's templates,
//! and `test-mail` sends one.

use minijinja::value::Value;

use crate::alert::{
    Amount, Chance, Check, Driver, EpisodeRef, Explained, Finding, Graph, Level, Loss, Measure,
    Metric, Notice, Promise, Rule, Sample, Scope, Series, Severity, Share, StepKind, Unit,
};
use crate::alert::{Change, Dimension};
use crate::units::UnixMillis;

use super::digest::Most;
use super::{Around, Digest, DigestKind, Line, Section, digest, values_of};

const MINUTE: i64 = 60_000;

/// Calls in ten minutes, a day's wave with a step at its end.
fn graph(told: UnixMillis) -> Graph {
    let start = told.floor(10 * MINUTE).0 - 72 * 10 * MINUTE;
    let at = |step: i64| UnixMillis(start + step * 10 * MINUTE);
    let usual = |step: i64| 120 + (step % 12) * 6;
    Graph {
        unit: Some(Unit::Count),
        width_ms: 10 * MINUTE,
        points: (0..72)
            .map(|step| (at(step), if step > 66 { 950 } else { usual(step) }))
            .collect(),
        band: (0..72)
            .map(|step| (at(step), usual(step) - 40, usual(step) + 60))
            .collect(),
        plan: None,
        moment: Some(at(66)),
    }
}

fn finding(told: UnixMillis, since: UnixMillis) -> Finding {
    let amount = |n| Amount::new(Unit::Count, n);
    Finding {
        rule: "test".into(),
        series: Series::new(vec![(Dimension::Feature, "test/test".into())]),
        at: told,
        since,
        level: Level::Bad,
        severity: Severity::Info,
        measure: Measure {
            metric: Some(Metric::Calls),
            value: amount(950),
            window_minutes: 10,
            limit: None,
            expected: Some((amount(120), amount(150), amount(180))),
            sample: 950,
        },
        loss: Loss {
            so_far_nanousd: Some(3_320_000_000),
            per_hour_nanousd: Some(18_100_000_000),
        },
        chance: Some(Chance {
            once_in_hours: 1848,
            learned_hours: 504,
        }),
        subject: "".into(),
        late: false,
    }
}

/// A notice that says of itself that nothing happened.
pub(super) fn notice(told: UnixMillis, kind: StepKind) -> Notice {
    let since = told.saturating_add(-11 * MINUTE);
    Notice {
        id: EpisodeRef {
            episode: 0,
            step: 1,
        },
        kind,
        severity: Severity::Info,
        rule: Rule {
            name: "test".into(),
            reason: "it shows whether mails arrive and how they look".into(),
            check: Check::Anomaly {
                metric: Metric::Calls,
                promise: Promise { hours: 504 },
                floor_nanousd: 0,
            },
            scope: Scope::default(),
            by: vec![Dimension::Feature],
            for_ms: 0,
            severity: Severity::Info,
            severity_fail_closed: None,
            owner: None,
            runbook: None,
            action: Some("nothing: this is a test, all figures are made up.".into()),
            repeat_ms: None,
            on: true,
        },
        finding: finding(told, since),
        others: Vec::new(),
        others_rules: Vec::new(),
        others_count: 0,
        explained: Explained {
            graph: Some(graph(told)),
            drivers: vec![
                Driver {
                    change: Change::Volume,
                    nanousd_per_hour: 17_400_000_000,
                },
                Driver {
                    change: Change::Retries,
                    nanousd_per_hour: 700_000_000,
                },
            ],
            shares: vec![Share {
                of: "conversation".into(),
                name: "7c1e0000".into(),
                ppm: 920_000,
            }],
            ..Explained::default()
        },
        told,
        since,
        display_name: "Test feature".into(),
        explains: Vec::new(),
    }
}

/// One that has something in every place of a template.
fn full(told: UnixMillis) -> Notice {
    let mut notice = notice(told, StepKind::Fired);
    notice.id.episode = 1;
    notice.others = vec![notice.finding.clone()];
    notice.others_count = 2;
    notice.rule.runbook = Some("https://tollwatch.example/runbook".into());
    notice.explained.samples = vec![Sample {
        at: told,
        identity: "test".into(),
        place: "test".into(),
        region: "test".into(),
        evidence: "test".into(),
    }];
    notice
}

/// The texts that a template of that name is given, for examples of every kind.
pub(super) fn values(name: &str) -> Vec<Value> {
    let told = UnixMillis(1_795_225_860_000);
    let mut bare = notice(told, StepKind::Resolved);
    bare.explained = Explained::default();
    bare.finding.chance = None;
    let around = Around::example();
    let published = Around {
        public_url: Some("https://tollwatch.example"),
        ..Around::example()
    };
    if name.starts_with("notice") {
        return vec![
            values_of(&full(told), &around).0,
            values_of(&full(told), &published).0,
            values_of(&bare, &around).0,
        ];
    }
    DigestKind::ALL
        .into_iter()
        .map(|kind| {
            let digest = Digest {
                kind,
                from: told.saturating_add(-1440 * MINUTE),
                to: told,
                told,
                answer: String::new(),
                sections: vec![Section {
                    title: "What does it cost?".into(),
                    lines: vec![Line {
                        what: "test".into(),
                        metric: None,
                        now: Amount::new(Unit::NanoUsd, 1),
                        should: None,
                        note: "test".into(),
                    }],
                    left: 2,
                }],
                notices: vec![full(told)],
                notices_left: 2,
            };
            digest::values(&digest, &published, Most::default()).0
        })
        .collect()
}
