//! Notices of every kind of rule and step, as the lifecycle would hand them over.
//!
//! Knows no mail. A newcomer may ask why they are written out and not made by the watch: a mail must be right
//! whatever made its notice.

use tollwatch::alert::{
    Amount, Budget, Burn, Calendar, Chance, Change, Check, Dimension, Driver, Due, EpisodeRef,
    Explained, Finding, Graph, Level, Limit, Loss, Measure, Metric, Notice, Period, Promise,
    Residency, Rule, Sample, Scope, Series, Severity, Share, Sight, Span, StepKind, Unit,
};
use tollwatch::units::UnixMillis;

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
const USD: i64 = 1_000_000_000;
const CENT: i64 = 10_000_000;

/// 21 November 2026, 02:51 in Berlin.
pub(crate) const TOLD: UnixMillis = UnixMillis(1_795_225_860_000);

fn amount(unit: Unit, n: i64) -> Amount {
    Amount::new(unit, n)
}

pub(crate) fn count(n: i64) -> Amount {
    amount(Unit::Count, n)
}

fn usd(nano: i64) -> Amount {
    amount(Unit::NanoUsd, nano)
}

pub(crate) fn rule(name: &str, check: Check, severity: Severity) -> Rule {
    Rule {
        name: name.into(),
        reason: "".into(),
        check,
        scope: Scope::default(),
        by: vec![Dimension::Feature],
        for_ms: 0,
        severity,
        severity_fail_closed: None,
        owner: None,
        runbook: None,
        action: None,
        repeat_ms: None,
        on: true,
    }
}

fn feature(name: &str) -> Series {
    Series::new(vec![(Dimension::Feature, name.into())])
}

/// A notice with a rule, a value and a limit, and nothing else.
pub(crate) fn plain(episode: u64, rule: Rule, value: Amount, limit: Option<Amount>) -> Notice {
    let since = UnixMillis(TOLD.0 - 11 * MINUTE);
    let metric = match &rule.check {
        Check::Threshold { metric, .. }
        | Check::Anomaly { metric, .. }
        | Check::Drift { metric, .. } => Some(*metric),
        Check::Budget(_)
        | Check::Burn(_)
        | Check::Residency(_)
        | Check::FirstSight(_)
        | Check::Silence { .. }
        | Check::Calendar(_) => None,
    };
    Notice {
        id: EpisodeRef { episode, step: 1 },
        kind: StepKind::Fired,
        severity: rule.severity,
        finding: Finding {
            rule: rule.name.clone(),
            series: feature("csm/case_summarization"),
            at: TOLD,
            since,
            level: Level::Bad,
            severity: rule.severity,
            measure: Measure {
                metric,
                value,
                window_minutes: 60,
                limit,
                expected: None,
                sample: 0,
            },
            loss: Loss::default(),
            chance: None,
            subject: "".into(),
            late: false,
        },
        rule,
        others: Vec::new(),
        others_rules: Vec::new(),
        others_count: 0,
        explained: Explained::default(),
        told: TOLD,
        since,
        display_name: "Case summarization".into(),
        explains: Vec::new(),
    }
}

/// Calls in ten minutes over ten hours, with a step at 02:40.
fn calls_graph() -> Graph {
    let first = TOLD.floor(10 * MINUTE).0 - 60 * 10 * MINUTE;
    let at = |step: i64| UnixMillis(first + step * 10 * MINUTE);
    let usual = |step: i64| 125 + (step * 7 % 12) * 5 + if step % 24 > 18 { 40 } else { 0 };
    Graph {
        unit: Some(Unit::Count),
        width_ms: 10 * MINUTE,
        points: (0..=60)
            .map(|step| {
                let value = match step {
                    0..59 => usual(step),
                    59 => 690,
                    _ => 950,
                };
                (at(step), value)
            })
            .collect(),
        band: (0..=60)
            .map(|step| (at(step), 90 + step % 24, 180 + (step % 24) * 3))
            .collect(),
        plan: None,
        moment: Some(at(59)),
    }
}

/// Cost of a call by hour over two days, past its plan since noon.
fn cost_graph() -> Graph {
    let first = TOLD.floor(HOUR).0 - 48 * HOUR;
    Graph {
        unit: Some(Unit::NanoUsd),
        width_ms: HOUR,
        points: (0..48)
            .map(|step| {
                let cents = if step < 34 {
                    39 + step % 5
                } else {
                    138 + step % 7
                };
                (UnixMillis(first + step * HOUR), cents * CENT / 10)
            })
            .collect(),
        band: Vec::new(),
        plan: Some(4 * CENT),
        moment: Some(UnixMillis(first + 34 * HOUR)),
    }
}

fn driver(change: Change, cents: i64) -> Driver {
    Driver {
        change,
        nanousd_per_hour: cents * CENT,
    }
}

fn share(of: &str, name: &str, ppm: i64) -> Share {
    Share {
        of: of.into(),
        name: name.into(),
        ppm,
    }
}

/// A retry loop at night: the mail that the whole look was made for.
pub(crate) fn retry_loop() -> Notice {
    let check = Check::Anomaly {
        metric: Metric::Calls,
        promise: Promise { hours: 504 },
        floor_nanousd: USD,
    };
    let mut notice = plain(
        214,
        rule("calls-anomaly", check, Severity::Page),
        count(950),
        None,
    );
    notice.rule.reason =
        "A loop of retries is seen in its calls before it is seen in the bill.".into();
    notice.rule.runbook = Some("https://tollwatch.example/runbook/retry-loop".into());
    notice.finding.measure.window_minutes = 10;
    notice.finding.measure.expected = Some((count(120), count(150), count(180)));
    notice.finding.loss = Loss {
        so_far_nanousd: Some(332 * CENT),
        per_hour_nanousd: Some(1810 * CENT),
    };
    notice.finding.chance = Some(Chance {
        once_in_hours: 11 * 168,
        learned_hours: 3 * 168,
    });
    notice.explained = Explained {
        graph: Some(calls_graph()),
        drivers: vec![
            driver(Change::Volume, 1740),
            driver(Change::Retries, 92),
            driver(Change::Prompt, -22),
        ],
        shares: vec![
            share("credential", "byo-weu-2", 962_000),
            share("conversation", "7c1e90aa01020304", 921_000),
        ],
        action: Some(
            "One conversation (fingerprint 7c1e…) makes 92 % of them with the same prompt size: stop \
             its playbook, or cap its retries."
                .into(),
        ),
        pattern: Some("a retry loop"),
        coverage_ppm: Some(991_000),
        landed: Some(("West Europe".into(), "held")),
        ..Explained::default()
    };
    notice
}

pub(crate) fn later(mut notice: Notice, kind: StepKind, step: u32, minutes: i64) -> Notice {
    notice.kind = kind;
    notice.id.step = step;
    notice.told = UnixMillis(notice.told.0 + minutes * MINUTE);
    notice.finding.at = notice.told;
    notice
}

fn cost_drift() -> Notice {
    let check = Check::Drift {
        metric: Metric::CostPerCall,
        window: Span::Minutes(1440),
        above: 1_500_000,
        min_sample: 200,
    };
    let rule = rule("cost-per-call", check, Severity::Warning);
    let mut notice = plain(31, rule, usd(142 * CENT / 10), Some(usd(6 * CENT)));
    notice.rule.reason = "Four cents were planned and fourteen paid for weeks.".into();
    notice.finding.series = feature("itsm/incident_summarization");
    notice.display_name = "Incident summarization".into();
    notice.finding.measure.window_minutes = 1440;
    notice.finding.measure.sample = 4_210;
    notice.finding.loss = Loss {
        so_far_nanousd: Some(429 * USD),
        per_hour_nanousd: Some(1789 * CENT),
    };
    notice.since = UnixMillis(TOLD.0 - 14 * HOUR);
    notice.explained = Explained {
        graph: Some(cost_graph()),
        drivers: vec![
            driver(Change::Mix, 204),
            driver(Change::Prompt, 1420),
            driver(Change::Output, 165),
        ],
        shares: vec![share("model", "gpt-4o-2024-11-20", 1_000_000)],
        coverage_ppm: Some(998_000),
        today: Some(usd(58 * USD)),
        ..Explained::default()
    };
    notice
}

fn violated() -> Notice {
    let rule = rule(
        "first-violation",
        Check::Residency(Residency::Violated),
        Severity::Page,
    );
    let mut notice = plain(7, rule, count(1), None);
    notice.rule.reason = "One call outside is a breach, and is told at once.".into();
    notice.since = UnixMillis(TOLD.0 - 40_000);
    notice.finding.subject = "eastus".into();
    notice.explained = Explained {
        samples: vec![Sample {
            at: UnixMillis(TOLD.0 - 40_000),
            identity: "chatcmpl-9fQx2".into(),
            place: "calls/3@99120".into(),
            region: "eastus".into(),
            evidence: "header x-ms-region, grade C".into(),
        }],
        landed: Some(("eastus".into(), "violated")),
        coverage_ppm: Some(1_000_000),
        ..Explained::default()
    };
    notice
}

fn outage() -> Notice {
    let rule = rule(
        "down-without-fallback",
        Check::Residency(Residency::DownWithoutFallback),
        Severity::Page,
    );
    let mut notice = plain(12, rule, count(37), None);
    notice.finding.series = Series::new(vec![(Dimension::Endpoint, "byo-weu".into())]);
    notice.display_name = "BYO GPT-4o, West Europe".into();
    notice.finding.measure.metric = Some(Metric::ErrorShare);
    notice.explains = vec!["throttled-share".into(), "feature-silent".into()];
    notice.explained = Explained {
        shares: vec![
            share("status", "503", 890_000),
            share("status", "no answer", 110_000),
        ],
        ..Explained::default()
    };
    notice
}

fn throttled() -> Notice {
    let check = Check::Threshold {
        metric: Metric::ThrottledShare,
        window: Span::Minutes(10),
        above: Some(Limit::Fixed(amount(Unit::Ppm, 50_000))),
        below: None,
        clear: None,
        min_sample: 50,
    };
    let rule = rule("throttled-share", check, Severity::Warning);
    let mut notice = plain(
        19,
        rule,
        amount(Unit::Ppm, 124_000),
        Some(amount(Unit::Ppm, 50_000)),
    );
    notice.finding.series = Series::new(vec![(Dimension::Endpoint, "byo-weu".into())]);
    notice.display_name = "".into();
    notice.finding.measure.window_minutes = 10;
    notice.finding.measure.sample = 812;
    notice
}

fn budget(value: i64, forecast: Option<i64>) -> Notice {
    let check = Check::Budget(Budget {
        period: Period::Month,
        nanousd: None,
        percent: vec![50, 80, 100],
        forecast: true,
    });
    let rule = rule("budget-month", check, Severity::Warning);
    let mut notice = plain(40, rule, usd(value * USD), Some(usd(10_000 * USD)));
    notice.finding.measure.expected =
        forecast.map(|end| (usd(end * USD), usd(end * USD), usd(end * USD)));
    notice.finding.measure.window_minutes = 0;
    if value < 5_000 {
        notice.finding.subject = "forecast".into();
    }
    notice
}

fn burn() -> Notice {
    let check = Check::Burn(Burn {
        nanousd: None,
        minutes: (60, 360),
        times: 10_000_000,
    });
    let rule = rule("burn", check, Severity::Page);
    let mut notice = plain(41, rule, usd(310 * USD), Some(usd(4 * USD)));
    notice.finding.series = Series::new(vec![(Dimension::Credential, "byo-weu-2".into())]);
    notice.display_name = "".into();
    notice.finding.loss.per_hour_nanousd = Some(306 * USD);
    notice.finding.loss.so_far_nanousd = Some(250 * USD);
    notice
}

fn sight(sight: Sight, subject: &str) -> Notice {
    let rule = rule(
        "unregistered-host",
        Check::FirstSight(sight),
        Severity::Warning,
    );
    let mut notice = plain(50, rule, count(3), None);
    notice.finding.subject = subject.into();
    notice.since = UnixMillis(TOLD.0 - 2 * MINUTE);
    notice
}

fn silence() -> Notice {
    let check = Check::Silence {
        promise: Promise { hours: 504 },
    };
    let rule = rule("feature-silent", check, Severity::Warning);
    let mut notice = plain(
        61,
        rule,
        amount(Unit::Millis, 47 * MINUTE),
        Some(amount(Unit::Millis, 20 * MINUTE)),
    );
    notice.since = UnixMillis(TOLD.0 - 47 * MINUTE);
    notice.finding.chance = Some(Chance {
        once_in_hours: 504,
        learned_hours: 400,
    });
    notice
}

fn calendar(due: Due, days: i64, subject: &str) -> Notice {
    let check = Check::Calendar(Calendar {
        due,
        days: vec![30, 7, 0],
    });
    let rule = rule("calendar", check, Severity::Warning);
    let mut notice = plain(70, rule, amount(Unit::Days, days), None);
    notice.finding.series = Series::new(vec![(Dimension::Endpoint, "byo-weu".into())]);
    notice.display_name = "BYO GPT-4o, West Europe".into();
    notice.finding.subject = subject.into();
    notice
}

fn lag() -> Notice {
    let check = Check::Threshold {
        metric: Metric::Lag,
        window: Span::Minutes(5),
        above: Some(Limit::Fixed(amount(Unit::Millis, 5 * MINUTE))),
        below: None,
        clear: None,
        min_sample: 0,
    };
    let rule = rule("source-lag", check, Severity::Warning);
    let mut notice = plain(
        80,
        rule,
        amount(Unit::Millis, 14 * MINUTE),
        Some(amount(Unit::Millis, 5 * MINUTE)),
    );
    notice.finding.series = Series::new(vec![(Dimension::Source, "main".into())]);
    notice.display_name = "".into();
    notice.finding.measure.window_minutes = 5;
    notice
}

/// Five hundred series with one cause.
pub(crate) fn many() -> Notice {
    let mut notice = retry_loop();
    notice.id.episode = 300;
    notice.finding.series = Series::new(vec![
        (Dimension::Feature, "csm/case_summarization".into()),
        (Dimension::Endpoint, "byo-weu".into()),
    ]);
    notice.others = (1..=20)
        .map(|number| {
            let mut finding = notice.finding.clone();
            finding.series = feature(&format!("app{number}/{}", "long_skill_name_".repeat(10)));
            finding.measure.value = count(900 - number * 10);
            finding.loss.per_hour_nanousd = Some((1800 - number * 20) * CENT);
            finding
        })
        .collect();
    notice.others_count = 499;
    notice
}

/// A notice whose every text is hostile.
pub(crate) fn hostile() -> Notice {
    let evil = "</p><script>alert(1)</script>\"'\r\nBcc: all@evil.example\r\n\r\nHELO \u{202E}txt.exe \u{0}";
    let long = format!("{evil}{}", "A".repeat(200));
    let mut notice = violated();
    notice.id.episode = 666;
    notice.rule.name = evil.into();
    notice.rule.reason = long.as_str().into();
    notice.rule.action = Some(evil.into());
    notice.rule.runbook = Some("javascript:alert(1)".into());
    notice.finding.series = Series::new(vec![
        (Dimension::Feature, long.as_str().into()),
        (Dimension::Endpoint, evil.into()),
    ]);
    notice.finding.subject = "sk-live-0123456789abcdef0123456789".into();
    notice.display_name = evil.into();
    notice.explains = vec![evil.into()];
    notice.explained.landed = Some((evil.into(), "violated"));
    notice.explained.shares = vec![share("credential", "sk-live-0123456789abcdef", 1_000_000)];
    notice.explained.samples[0].place = "https://u:p@h.example/x?token=secret".into();
    notice.explained.samples[0].evidence = long.as_str().into();
    notice
}

/// All of them by the name of their golden file.
pub(crate) fn all() -> Vec<(&'static str, Notice)> {
    let mut grown = later(retry_loop(), StepKind::Changed, 2, 30);
    grown.finding.measure.value = count(1900);
    grown.finding.loss = Loss {
        so_far_nanousd: Some(1240 * CENT),
        per_hour_nanousd: Some(3620 * CENT),
    };
    grown.explained.drivers = vec![driver(Change::Volume, 3620)];
    let mut over = later(retry_loop(), StepKind::Resolved, 4, 130);
    over.finding.measure.value = count(140);
    over.finding.loss.so_far_nanousd = Some(4120 * CENT);
    over.explained.drivers.clear();
    over.explained.shares.clear();
    over.explained.action = None;
    let mut no_more = later(violated(), StepKind::Resolved, 2, 60);
    no_more.finding.measure.value = count(3);
    let mut prices = calendar(Due::Prices, 64, "");
    prices.finding.series = Series::default();
    prices.display_name = "".into();
    vec![
        ("anomaly-1-firing", retry_loop()),
        ("anomaly-2-changed", grown),
        (
            "anomaly-3-still-firing",
            later(retry_loop(), StepKind::Reminded, 3, 60),
        ),
        ("anomaly-4-resolved", over),
        ("drift", cost_drift()),
        ("violated-1-firing", violated()),
        ("violated-2-resolved", no_more),
        ("down-without-fallback", outage()),
        ("threshold", throttled()),
        ("budget", budget(8_100, Some(11_570))),
        ("budget-forecast", budget(4_100, Some(11_570))),
        ("budget-spent", budget(10_400, None)),
        ("burn", burn()),
        ("first-sight-host", sight(Sight::Host, "api.openai.com")),
        ("first-sight-model", sight(Sight::Model, "gpt-5-mini")),
        ("silence-1-firing", silence()),
        (
            "silence-2-resolved",
            later(silence(), StepKind::Resolved, 2, 5),
        ),
        (
            "credential",
            calendar(Due::Credential, 7, "kv/contoso/openai"),
        ),
        (
            "retirement",
            calendar(Due::Retirement, -3, "gpt-4o-2024-05-13"),
        ),
        (
            "pilot",
            calendar(Due::Pilot, 0, "passed: 1,204 calls, 3.1 ¢ each, all held"),
        ),
        ("exercise", calendar(Due::Exercise, 94, "byo-neu")),
        ("prices", prices),
        ("lag", lag()),
        ("many-series", many()),
        ("hostile", hostile()),
    ]
}
