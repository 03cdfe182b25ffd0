//! From an export's records to figures, and what they cannot tell.

use crate::app::replay::{Asked, replay};
use crate::app::{Silent, setup};
use crate::clock::FixedClock;

use super::*;

/// Rows of `skill, status, input, output, milliseconds` of one day, as the genai log has them.
fn genai(rows: &[(&str, &str, u32, u32, u32)]) -> String {
    let row = |(n, (skill, status, input, output, ms)): (usize, &(&str, &str, u32, u32, u32))| {
        format!(
            r#"{{"sys_id":"r{n}","started_at":"2026-11-{:02} 09:00:00","status":"{status}","source":"{skill}","derived_scope":"sn_itsm_gen_ai","model_name":"gpt_large","model_version":"gpt-4o-2024-11-20","external":"true","prompt_token_count":"{input}","response_token_count":"{output}","time_taken":"{ms}"}}"#,
            10 + n % 2
        ) + "\n"
    };
    rows.iter().enumerate().map(row).collect()
}

const OUTBOUND: &str = r#"{"sys_id":"h1","sys_created_on":"2026-11-10 09:00:00","hostname":"a.openai.azure.com","path":"/openai/deployments/x/chat/completions","http_method":"POST","response_status":"429","response_time":"212"}
"#;

fn ask(text: &str, candidates: &[&str]) -> Readiness {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.jsonl");
    std::fs::write(&path, text).unwrap();
    let now = UnixMillis::parse("2026-11-21T00:00:00Z").unwrap();
    let clock = FixedClock::at(now);
    let setup = setup::load(None, &clock).unwrap();
    let mut ledger = setup.open_in_memory().unwrap();
    let mut judge = setup.judge(&mut ledger, &clock).unwrap();
    let asked = Asked {
        files: &[path],
        format: None,
    };
    replay(
        &setup,
        (&mut judge, &mut ledger),
        &clock,
        asked,
        &mut Silent,
    )
    .unwrap();
    let candidates: Vec<Candidate> = candidates
        .iter()
        .map(|told| Candidate::parse(&setup.rules.regions, told).unwrap())
        .collect();
    readiness(&ledger, &setup.rules, &candidates, now).unwrap()
}

fn kinds(answer: &Readiness) -> Vec<GapKind> {
    answer.gaps.iter().map(|gap| gap.kind).collect()
}

#[test]
fn tells_what_a_skill_uses_and_costs() {
    let answer = ask(
        &genai(&[
            ("Incident summarization", "Success", 1000, 100, 2000),
            ("Incident summarization", "Success", 3000, 100, 4000),
            ("Incident summarization", "Error", 0, 0, 100),
            ("Resolution notes generation", "Success", 500, 50, 900),
        ]),
        &[
            "azure/global/gpt-4o",
            "azure/eu/gpt-4o",
            "azure/eu/no-such-model",
        ],
    );
    let skill = &answer.skills[0];
    assert_eq!(skill.feature, "itsm/incident_summarization");
    assert_eq!((skill.requests, skill.requests_ok, skill.calls), (3, 2, 0));
    assert_eq!((skill.errors, skill.errors_of), (Some(1), 3));
    assert_eq!(
        (skill.tokens_input_mean, skill.tokens_output_mean),
        (Some(2000), Some(100))
    );
    assert!(
        skill
            .tokens_p50
            .is_some_and(|tokens| (1100..1110).contains(&tokens))
    );
    assert!(
        skill
            .tokens_p95
            .is_some_and(|tokens| (3100..3130).contains(&tokens))
    );
    assert_eq!(skill.latency_of, Some("requests"));
    assert_eq!(skill.models, ["gpt-4o-2024-11-20"]);
    // 4,000 tokens at $2.50 and 200 at $10 a million; 10 % more in the zone.
    let [global, zone, none] = skill.candidates.as_slice() else {
        panic!("three candidates");
    };
    assert_eq!(global.cost_nanousd, Some(12_000_000));
    assert_eq!(global.per_request_nanousd, Some(6_000_000));
    assert_eq!(answer.days, 2);
    assert_eq!(global.month_nanousd, Some(180_000_000));
    assert_eq!(zone.cost_nanousd, Some(13_200_000));
    assert_eq!((none.cost_nanousd, none.unpriced), (None, 2));
    let parts: i64 = answer
        .skills
        .iter()
        .filter_map(|one| one.candidates[1].cost_nanousd)
        .sum();
    assert_eq!(answer.total.candidates[1].cost_nanousd, Some(parts));
    assert_eq!(
        kinds(&answer),
        [
            GapKind::Transport,
            GapKind::Cache,
            GapKind::Days,
            GapKind::CandidatePrice,
            GapKind::Candidate
        ]
    );
}

#[test]
fn names_what_an_export_cannot_tell() {
    let usage = genai(&[("Triage", "Success", 10, 1, 5)]);
    let cases: [(&str, String, &[GapKind]); 3] = [
        (
            "nothing",
            "{\"some\":\"record\"}\n".to_owned(),
            &[GapKind::Nothing],
        ),
        (
            "calls",
            OUTBOUND.to_owned(),
            &[GapKind::Tokens, GapKind::Days],
        ),
        (
            "halves",
            format!("{OUTBOUND}{usage}"),
            &[GapKind::Halves, GapKind::Cache, GapKind::Days],
        ),
    ];
    for (what, text, expected) in cases {
        let answer = ask(&text, &[]);
        assert_eq!(kinds(&answer), expected, "{what}");
        if what == "calls" {
            let skill = &answer.skills[0];
            assert_eq!(skill.today, Cost::default());
            assert_eq!((skill.throttled, skill.errors_of), (Some(1), 1));
            assert_eq!((skill.tokens_p50, skill.latency_of), (None, Some("calls")));
        }
    }
}
