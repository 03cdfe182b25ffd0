//! Incidents of a simulated company, each explained from its books; and books that tell nothing.

use std::fmt::Write;
use std::sync::OnceLock;

use crate::alert::{
    Amount, Change, Check, Dimension, Explained, Finding, Graph, Level, Limit, Loss, Measure,
    Metric, Promise, Residency, Rule, Scope, Series, Severity, Sight, Span as Window, Unit,
};
use crate::app::replay::{Asked as Read, replay};
use crate::app::setup::Setup;
use crate::app::simulate::{Directory, Order, SHIPPED, Scenario, simulate};
use crate::app::{Silent, links, setup};
use crate::clock::FixedClock;
use crate::ledger::SqliteLedger;
use crate::source::list;
use crate::units::{Text, UnixMillis};

use super::explain;

const CONFIG: [(&str, &str); 3] = [
    (
        "tollwatch.toml",
        include_str!("../../../../deploy/demo/tollwatch.toml"),
    ),
    (
        "endpoints.toml",
        include_str!("../../../../deploy/demo/endpoints.toml"),
    ),
    (
        "features.toml",
        include_str!("../../../../deploy/demo/features.toml"),
    ),
];

/// What happens beside the story of the demo.
const INCIDENTS: &str = r#"
[[agent_loop]]
at = { day = 9, time = "02:40" }
minutes = 20
feature = "csm/case_summarization"
requests = 400
growth_tokens = 0

[[agent_loop]]
at = { day = 9, time = "04:10" }
minutes = 20
feature = "csm/case_summarization"
requests = 200
growth_tokens = 60

[[storm]]
at = { day = 10, time = "14:00" }
minutes = 60
endpoint = "gpt4o-csm"
throttled_per_mille = 700
"#;

/// Outages of all endpoints at once.
fn provider_outage() -> String {
    let endpoints = [
        "gpt4o-itsm",
        "gpt4o-itsm-long",
        "gpt4o-csm",
        "gpt4o-mini",
        "gpt4o-hr",
    ];
    let outage = |name: &str| {
        format!(
            "[[outage]]\nat = {{ day = 10, time = \"11:00\" }}\nminutes = 60\nendpoint = \"{name}\"\nno_answer_per_mille = 300\n"
        )
    };
    endpoints.map(outage).concat()
}

pub(in crate::app::alert) struct Books {
    folder: tempfile::TempDir,
    pub(in crate::app::alert) setup: Setup,
}

impl Books {
    /// The same books for one alone, to be written.
    pub(in crate::app::alert) fn copy(&self, folder: &tempfile::TempDir) -> SqliteLedger {
        let path = folder.path().join("books.db");
        std::fs::copy(self.folder.path().join("books.db"), &path).unwrap();
        self.setup.open(&path).unwrap()
    }

    pub(in crate::app::alert) fn open(&self) -> SqliteLedger {
        setup::open_read_only(&self.folder.path().join("books.db")).unwrap()
    }
}

/// Eleven days of the demo's company at a third of its traffic, with further incidents.
pub(in crate::app::alert) fn books() -> &'static Books {
    static BOOKS: OnceLock<Books> = OnceLock::new();
    BOOKS.get_or_init(|| {
        let (_, text) = SHIPPED
            .iter()
            .find(|(name, _)| *name == "wrong-region")
            .unwrap();
        let mut text = text
            .replace("per_hundred_calls = 100", "per_hundred_calls = 0")
            .replace("broken_per_mille = 1\n", "broken_per_mille = 0\n");
        for (whole, third) in [
            ("= 1800", "= 600"),
            ("= 1100", "= 400"),
            ("= 1500", "= 300"),
            ("= 900\n", "= 200\n"),
        ] {
            text = text.replace(
                &format!("requests_per_day {whole}"),
                &format!("requests_per_day {third}"),
            );
        }
        text.push_str(INCIDENTS);
        text.push_str(&provider_outage());
        let scenario = Scenario::parse("incidents", &text).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let order = Order {
            seed: 1,
            days: 11,
            telling: None,
            start: scenario.start(),
        };
        let mut records = Directory::new(folder.path().join("records"));
        simulate(&scenario, order, &mut records).unwrap();
        let setup = of_config(&folder);
        let mut ledger = setup.open(&folder.path().join("books.db")).unwrap();
        let clock = clock();
        let mut judge = setup.judge(&mut ledger, &clock).unwrap();
        let files = list::list(&[folder.path().join("records")]).unwrap();
        let read = Read {
            files: &files,
            format: None,
        };
        replay(&setup, (&mut judge, &mut ledger), &clock, read, &mut Silent).unwrap();
        let end = at("2026-11-18T00:00:00Z");
        links::bring_up_to_date(&mut ledger, &setup.rules.registry, end, &mut Silent).unwrap();
        Books { folder, setup }
    })
}

fn clock() -> FixedClock {
    FixedClock::at(at("2026-11-21T00:00:00Z"))
}

fn of_config(folder: &tempfile::TempDir) -> Setup {
    for (name, text) in CONFIG {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    setup::load(Some(&folder.path().join("tollwatch.toml")), &clock()).unwrap()
}

fn at(text: &str) -> UnixMillis {
    UnixMillis::parse(text).unwrap()
}

fn rule(check: Check) -> Rule {
    Rule {
        name: "test".into(),
        reason: Text::default(),
        check,
        scope: Scope::default(),
        by: vec![Dimension::Feature],
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

fn threshold(metric: Metric) -> Check {
    Check::Threshold {
        metric,
        window: Window::Minutes(10),
        above: Some(Limit::Fixed(Amount::new(metric.unit(), 1))),
        below: None,
        clear: None,
        min_sample: 1,
    }
}

fn anomaly(metric: Metric) -> Check {
    Check::Anomaly {
        metric,
        promise: Promise { hours: 504 },
        floor_nanousd: 0,
    }
}

fn finding(
    series: &[(Dimension, &str)],
    (since, to): (&str, &str),
    metric: Option<Metric>,
    window_minutes: u32,
) -> Finding {
    let unit = metric.map_or(Unit::Count, Metric::unit);
    Finding {
        rule: "test".into(),
        series: Series::new(
            series
                .iter()
                .map(|(dimension, value)| (*dimension, Text::from(*value)))
                .collect(),
        ),
        at: at(to),
        since: at(since),
        level: Level::Bad,
        severity: Severity::Warning,
        measure: Measure {
            metric,
            value: Amount::new(unit, 1),
            window_minutes,
            limit: None,
            expected: None,
            sample: 100,
        },
        loss: Loss::default(),
        chance: None,
        subject: Text::default(),
        late: false,
    }
}

fn explained(check: Check, finding: Finding) -> Explained {
    let books = books();
    let now = at("2026-11-18T00:00:00Z");
    explain(
        &books.open(),
        &books.setup.rules,
        &rule(check),
        &[finding],
        now,
    )
    .unwrap()
}

fn feature(name: &str) -> Vec<(Dimension, &str)> {
    vec![(Dimension::Feature, name)]
}

fn said(explained: &Explained) -> (Option<&'static str>, String) {
    let action = explained.action.clone().unwrap_or_default();
    (explained.pattern, action)
}

fn share<'a>(explained: &'a Explained, of: &str) -> (&'a str, i64) {
    let found = explained.shares.iter().find(|share| share.of == of);
    found.map_or(("", 0), |share| (share.name.as_str(), share.ppm))
}

fn sum(explained: &Explained) -> i64 {
    let drivers = explained.drivers.iter();
    drivers.map(|driver| driver.nanousd_per_hour).sum()
}

fn driver(explained: &Explained, change: Change) -> i64 {
    let found = explained
        .drivers
        .iter()
        .find(|driver| driver.change == change);
    found.map_or(0, |driver| driver.nanousd_per_hour)
}

/// The mean of the points before and from a moment on.
fn means(graph: &Graph, moment: UnixMillis) -> (i64, i64) {
    let mean = |after: bool| {
        let points = graph
            .points
            .iter()
            .filter(|(at, _)| (*at >= moment) == after);
        let values: Vec<i64> = points.map(|(_, value)| *value).collect();
        values.iter().sum::<i64>() / i64::try_from(values.len()).unwrap().max(1)
    };
    (mean(false), mean(true))
}

#[test]
fn fourteen_cents_against_four() {
    let check = Check::Drift {
        metric: Metric::CostPerCall,
        window: Window::Minutes(60),
        above: 1_500_000,
        min_sample: 20,
    };
    let mut found = finding(
        &feature("itsm/incident_summarization"),
        ("2026-11-13T15:41:00Z", "2026-11-13T17:41:00Z"),
        Some(Metric::CostPerCall),
        60,
    );
    found.loss.per_hour_nanousd = Some(5_000_000_000);
    let told = explained(check, found);
    assert_eq!(sum(&told), 5_000_000_000, "{:?}", told.drivers);
    // Calls are not what it is about: nine tenths and more are prompts.
    assert_eq!(driver(&told, Change::Volume), 0);
    assert!(
        driver(&told, Change::Prompt) > 4_500_000_000,
        "{:?}",
        told.drivers
    );
    let (pattern, action) = said(&told);
    assert_eq!(pattern, Some("a prompt that grew"));
    assert!(action.contains("gpt4o-itsm-long in the place of gpt4o-itsm"));
    assert!(action.starts_with("Prompts are 4."), "{action}");
    let graph = told.graph.unwrap();
    assert_eq!(graph.plan, Some(40_000_000));
    let (before, after) = means(&graph, at("2026-11-13T15:41:00Z"));
    assert!(
        before > 30_000_000 && before < 50_000_000,
        "{before}: {graph:?}"
    );
    assert!(after > 120_000_000, "{after}");
    assert_eq!(graph.moment, Some(at("2026-11-13T15:41:00Z")));
    assert!(told.coverage_ppm.unwrap() > 950_000);
    assert!(told.today.unwrap().n > 10_000_000_000);
}

#[test]
fn the_first_violated_call() {
    let check = Check::Residency(Residency::Violated);
    let found = finding(
        &feature("itsm/incident_summarization"),
        ("2026-11-13T15:40:00Z", "2026-11-13T18:40:00Z"),
        None,
        0,
    );
    let told = explained(check, found);
    let (_, action) = said(&told);
    assert_eq!(
        action,
        "Endpoint gpt4o-itsm-long is registered in azure:westeurope, and its calls land in \
         azure:eastus: take the feature off it, then correct the registry."
    );
    assert_eq!(told.landed, Some(("azure:eastus".into(), "violated")));
    assert!(!told.samples.is_empty() && told.samples.len() <= 3);
    let first = told.samples.first().unwrap();
    assert!(
        told.samples
            .iter()
            .all(|one| one.at >= first.at && one.region == "azure:eastus")
    );
    assert!(first.at >= at("2026-11-13T15:40:00Z"));
    assert!(first.evidence.contains("grade "), "{}", first.evidence);
    assert!(first.place.contains("sys_outbound_http_log") && first.place.contains(":0:"));
    assert!(!first.identity.is_empty());
    assert_eq!(told.drivers, []);
    // The books hold no violated call of the feature before it.
    let graph = told.graph.unwrap();
    let early = graph
        .points
        .iter()
        .filter(|(at, _)| at.saturating_add(graph.width_ms) <= first.at);
    assert!(early.clone().count() > 10 && early.clone().all(|(_, n)| *n == 0));
}

#[test]
fn an_endpoint_without_a_fallback() {
    let check = Check::Residency(Residency::DownWithoutFallback);
    let found = finding(
        &feature("itsm/incident_summarization"),
        ("2026-11-17T09:20:00Z", "2026-11-17T10:20:00Z"),
        None,
        0,
    );
    let told = explained(check, found);
    let (pattern, action) = said(&told);
    assert_eq!(pattern, Some("an endpoint that is down"));
    assert!(
        action.starts_with("Endpoint gpt4o-itsm-long fails all of its calls, and no fallback"),
        "{action}"
    );
    let (before, after) = means(&told.graph.unwrap(), at("2026-11-17T09:20:00Z"));
    assert!(before < 50_000 && after > 900_000, "{before} {after}");
}

#[test]
fn an_outage_of_all_is_the_providers() {
    let found = finding(
        &feature("itsm/incident_summarization"),
        ("2026-11-16T10:00:00Z", "2026-11-16T10:30:00Z"),
        Some(Metric::ErrorShare),
        10,
    );
    let told = explained(threshold(Metric::ErrorShare), found);
    let (pattern, action) = said(&told);
    assert_eq!(pattern, Some("an outage at the provider"), "{action}");
    assert!(action.contains("features that use azure fail"), "{action}");
    assert_eq!(share(&told, "status").0, "503");
}

#[test]
fn a_storm_of_429() {
    let found = finding(
        &[(Dimension::Endpoint, "gpt4o-csm")],
        ("2026-11-16T13:00:00Z", "2026-11-16T13:40:00Z"),
        Some(Metric::ThrottledShare),
        10,
    );
    let told = explained(threshold(Metric::ThrottledShare), found);
    let (pattern, action) = said(&told);
    assert_eq!(pattern, Some("a rate limit that is used up"));
    assert!(action.starts_with("Endpoint gpt4o-csm refuses calls with 429"));
    assert_eq!(share(&told, "status"), ("429", 1_000_000));
    assert_eq!(
        share(&told, "feature"),
        ("csm/case_summarization", 1_000_000)
    );
}

#[test]
fn one_conversation() {
    let cases = [
        (
            ("2026-11-15T01:40:00Z", "2026-11-15T01:52:00Z"),
            "a retry loop",
            "with the same prompt size: stop its playbook, or cap its retries.",
        ),
        (
            ("2026-11-15T03:10:00Z", "2026-11-15T03:25:00Z"),
            "a prompt that grows",
            "each prompt longer than the one before: end it, or cap its turns.",
        ),
    ];
    for (times, pattern, end) in cases {
        let mut found = finding(
            &feature("csm/case_summarization"),
            times,
            Some(Metric::Requests),
            10,
        );
        found.measure.expected = Some((
            Amount::new(Unit::Count, 0),
            Amount::new(Unit::Count, 2),
            Amount::new(Unit::Count, 5),
        ));
        let told = explained(anomaly(Metric::Requests), found);
        let (found, action) = said(&told);
        assert_eq!(found, Some(pattern), "{action}");
        assert!(
            action.starts_with("One conversation (fingerprint "),
            "{action}"
        );
        assert!(action.ends_with(end), "{action}");
        let (name, ppm) = share(&told, "conversation");
        assert!(
            name.len() == 7 && action.contains(name) && ppm > 900_000,
            "{name} {ppm}"
        );
        // Nearly all of it is calls, and their length; the week before tells what is usual.
        let found = driver(&told, Change::Volume) + driver(&told, Change::Prompt);
        assert!(found * 10 > sum(&told) * 9, "{:?}", told.drivers);
        assert!(sum(&told) > 0, "{:?}", told.drivers);
        let graph = told.graph.unwrap();
        assert_eq!((graph.unit, graph.width_ms), (Some(Unit::Count), 600_000));
        assert_eq!(
            graph.band.last().map(|(_, least, most)| (*least, *most)),
            Some((0, 5))
        );
        assert!(graph.points.last().unwrap().1 > 90, "{graph:?}");
    }
}

#[test]
fn quiet_times_have_no_pattern() {
    for (metric, window) in [(Metric::Requests, 10), (Metric::Spend, 60)] {
        let found = finding(
            &feature("itsm/incident_summarization"),
            ("2026-11-12T09:00:00Z", "2026-11-12T10:00:00Z"),
            Some(metric),
            window,
        );
        let told = explained(anomaly(metric), found);
        assert_eq!(told.pattern, None, "{metric:?} {:?}", told.action);
    }
}

#[test]
fn books_that_tell_nothing_explain_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let setup = of_config(&folder);
    let ledger = setup.open_in_memory().unwrap();
    let checks = [
        anomaly(Metric::Spend),
        threshold(Metric::ErrorShare),
        Check::Residency(Residency::Violated),
        Check::Residency(Residency::DownWithoutFallback),
        Check::FirstSight(Sight::Credential),
        Check::Silence {
            promise: Promise { hours: 1 },
        },
    ];
    for check in checks {
        let found = finding(
            &feature("itsm/incident_summarization"),
            ("2026-11-12T09:00:00Z", "2026-11-12T10:00:00Z"),
            None,
            10,
        );
        let rule = rule(check);
        let told = explain(
            &ledger,
            &setup.rules,
            &rule,
            &[found],
            at("2026-11-20T00:00:00Z"),
        );
        assert_eq!(told.unwrap(), Explained::default(), "{rule:?}");
    }
    let rule = rule(anomaly(Metric::Spend));
    let told = explain(&ledger, &setup.rules, &rule, &[], UnixMillis(0));
    assert_eq!(told.unwrap(), Explained::default());
}

#[test]
fn a_credential_of_the_night() {
    let folder = tempfile::tempdir().unwrap();
    let setup = of_config(&folder);
    let mut ledger = setup.open_in_memory().unwrap();
    let mut log = String::new();
    let mut call = |at: String, credential: &str, n: usize| {
        writeln!(
            log,
            r#"{{"tollwatch":1,"id":"{at}-{n}","at":"{at}","url":"https://contoso-weu.openai.azure.com/openai/deployments/gpt-4o-csm/chat/completions","status":200,"latency_ms":900,"model":"gpt-4o","credential":"{credential}","usage":{{"input":{},"output":100}}}}"#,
            1000 + n * 7 % 500
        )
        .unwrap();
    };
    // Days of work, nights of nothing, and then one night.
    for day in 3..10 {
        for hour in 8..18 {
            for n in 0..6 {
                call(
                    format!("2026-11-{day:02}T{hour:02}:{:02}:00Z", n * 9),
                    "team-key",
                    n,
                );
            }
        }
    }
    for n in 0..120 {
        call(
            format!("2026-11-10T02:{:02}:{:02}Z", n / 6, n % 6 * 9),
            "odd-key",
            n,
        );
    }
    let path = folder.path().join("log.jsonl");
    std::fs::write(&path, log).unwrap();
    let clock = clock();
    let mut judge = setup.judge(&mut ledger, &clock).unwrap();
    let read = Read {
        files: &[path],
        format: None,
    };
    let read = replay(&setup, (&mut judge, &mut ledger), &clock, read, &mut Silent).unwrap();
    assert_eq!(read.applied.metered, 540);
    let cases = [
        (
            ("2026-11-10T02:00:00Z", "2026-11-10T02:15:00Z"),
            Some("a leaked credential"),
        ),
        // The same by day is a busy colleague.
        (("2026-11-09T10:00:00Z", "2026-11-09T10:15:00Z"), None),
    ];
    for (times, pattern) in cases {
        let found = finding(&[], times, Some(Metric::Spend), 10);
        let rule = rule(anomaly(Metric::Spend));
        let now = at("2026-11-10T03:00:00Z");
        let told = explain(&ledger, &setup.rules, &rule, &[found], now).unwrap();
        assert_eq!(told.pattern, pattern, "{:?}", told.action);
        if pattern.is_some() {
            assert!(
                said(&told)
                    .1
                    .starts_with("Credential odd-key was never seen before")
            );
            assert_eq!(share(&told, "credential"), ("odd-key", 1_000_000));
        }
    }
}
