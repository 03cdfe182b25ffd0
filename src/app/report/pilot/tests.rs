//! Pilots that pass, fail and stay open, each by one cause.

use std::fmt::Write;

use crate::app::replay::{Asked as Read, replay};
use crate::app::{Silent, setup};
use crate::clock::FixedClock;

use super::*;

const CONFIG: &str = r#"
[endpoint.weu]
base_url = "https://westeurope.api.cognitive.microsoft.com"
provider = "azure"
model_name = "gpt-4o"
region = "westeurope"
deployment_scope = "regional"
fallback_policy = "fail_closed"
timeout_ms = 5000
[group.pilot]
users = ["u1"]
[[feature]]
application = "itsm"
skill = "triage"
endpoints = ["weu"]
residency = "eu"
approved = { cents_per_call = "1" }
"#;

/// What differs from a pilot in which all is well.
struct Case {
    what: &'static str,
    days: u32,
    calls: u32,
    /// Of the first hundred calls of each day: refused with 429, failed with 500.
    throttled: u32,
    failed: u32,
    latency: u32,
    input: u32,
    config: String,
    group: Option<&'static str>,
    verdict: Outcome,
    /// The criteria that are not passed.
    open: &'static [Kind],
}

fn fine() -> Case {
    Case {
        what: "all is well",
        days: 30,
        calls: 20,
        throttled: 0,
        failed: 0,
        latency: 900,
        input: 1000,
        config: CONFIG.to_owned(),
        group: None,
        verdict: Outcome::Passed,
        open: &[],
    }
}

fn failed(what: &'static str, open: &'static [Kind]) -> Case {
    Case {
        what,
        open,
        verdict: Outcome::Failed,
        ..fine()
    }
}

fn open(what: &'static str, open: &'static [Kind]) -> Case {
    Case {
        verdict: Outcome::NotYet,
        ..failed(what, open)
    }
}

/// Too few to tell a share by.
const SHARES: [Kind; 6] = [
    Kind::Sample,
    Kind::Stability,
    Kind::WorstDay,
    Kind::Latency,
    Kind::Throttled,
    Kind::Cost,
];

/// Pilots that differ by their calls.
fn of_calls() -> Vec<Case> {
    vec![
        fine(),
        Case {
            days: 12,
            ..open("too short", &[Kind::Days])
        },
        Case {
            calls: 2,
            ..open("too few", &SHARES)
        },
        Case {
            throttled: 1,
            ..failed("refused", &[Kind::Throttled])
        },
        Case {
            failed: 2,
            ..failed("failing", &[Kind::Stability, Kind::WorstDay])
        },
        Case {
            latency: 8000,
            ..failed("slow", &[Kind::Latency])
        },
        Case {
            input: 9000,
            ..failed("dear", &[Kind::Cost])
        },
        Case {
            group: Some("pilot"),
            ..fine()
        },
        Case {
            group: Some("nobody"),
            ..open("an empty group", &[Kind::Cost])
        },
    ]
}

/// Pilots that differ by what is configured.
fn of_configuration() -> Vec<Case> {
    let with = |from: &str, to: &str| CONFIG.replace(from, to);
    vec![
        Case {
            config: with("residency = \"eu\"", "residency = \"de\""),
            ..failed("outside", &[Kind::Residency])
        },
        Case {
            config: with("scope = \"regional\"", "scope = \"global\""),
            ..open("unproven", &[Kind::Residency])
        },
        Case {
            config: with("approved = { cents_per_call = \"1\" }", ""),
            ..open("nothing approved", &[Kind::Cost])
        },
        Case {
            config: with("timeout_ms = 5000", ""),
            ..open("no limit", &[Kind::Latency])
        },
    ]
}

fn records(case: &Case) -> String {
    let mut out = String::new();
    for day in 0..case.days {
        for call in 0..case.calls {
            let status = if call < case.throttled {
                429
            } else if call < case.throttled + case.failed {
                500
            } else {
                200
            };
            let usage = if status == 200 {
                format!(r#","usage":{{"input":{},"output":100}}"#, case.input)
            } else {
                String::new()
            };
            writeln!(
                out,
                r#"{{"tollwatch":1,"id":"c{day}-{call}","at":"2026-10-{:02}T09:{:02}:00Z","url":"https://westeurope.api.cognitive.microsoft.com/openai/deployments/x/chat/completions","status":{status},"latency_ms":{},"model":"gpt-4o","application":"itsm","skill":"triage","user":"u1"{usage}}}"#,
                day + 1,
                call,
                case.latency
            )
            .unwrap();
        }
    }
    out
}

#[test]
fn one_verdict_with_its_reasons() {
    for case in of_calls().into_iter().chain(of_configuration()) {
        let folder = tempfile::tempdir().unwrap();
        let (config, log) = (
            folder.path().join("t.toml"),
            folder.path().join("log.jsonl"),
        );
        std::fs::write(&config, &case.config).unwrap();
        std::fs::write(&log, records(&case)).unwrap();
        let clock = FixedClock::at(UnixMillis::parse("2026-11-21T00:00:00Z").unwrap());
        let setup = setup::load(Some(&config), &clock)
            .unwrap_or_else(|fault| panic!("{}: {fault}", case.what));
        let mut ledger = setup.open_in_memory().unwrap();
        let mut judge = setup.judge(&mut ledger, &clock).unwrap();
        let read = Read {
            files: &[log],
            format: None,
        };
        let read = replay(&setup, (&mut judge, &mut ledger), &clock, read, &mut Silent).unwrap();
        assert_eq!(read.applied.quarantined.len(), 0, "{:?}", read.applied);
        let asked = Asked {
            endpoint: "weu",
            feature: "itsm/triage",
            group: case.group,
            p95_ms: None,
            throttled_percent: 1,
            failed_percent: 1,
        };
        let answer = pilot(&ledger, &setup.rules, Span::ALL, asked).unwrap();
        let open = answer
            .criteria
            .iter()
            .filter(|one| one.outcome != Outcome::Passed);
        let open: Vec<Kind> = open.map(|one| one.kind).collect();
        assert_eq!(
            (answer.verdict, open.as_slice()),
            (case.verdict, case.open),
            "{}: {answer:?}",
            case.what
        );
        let unknown = pilot(
            &ledger,
            &setup.rules,
            Span::ALL,
            Asked {
                endpoint: "eus",
                ..asked
            },
        );
        assert!(
            unknown
                .unwrap_err()
                .to_string()
                .contains("registered are weu")
        );
    }
}
