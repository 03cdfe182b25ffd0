//! The simulator's own promises: repeatable, shaped like real traffic, accidents as asked.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::*;
use crate::call::Format;

fn shipped(name: &str) -> Scenario {
    let (_, text) = SHIPPED.iter().find(|(known, _)| *known == name).unwrap();
    Scenario::parse(name, text).unwrap()
}

fn run(scenario: &Scenario, seed: u64, days: u32, telling: Option<Telling>) -> (Memory, Simulated) {
    let order = Order {
        seed,
        days,
        telling,
        start: scenario.start(),
    };
    let mut memory = Memory::default();
    let done = simulate(scenario, order, &mut memory).unwrap();
    (memory, done)
}

/// The hash of two days of the mixed scenario with seed 7. Written down once; when it must change,
/// every figure of the demo changes with it.
const MIXED_7: u64 = 15_369_973_054_658_991_878;

fn hash(memory: &Memory) -> u64 {
    let mut hash = Sha256::new();
    for (name, bytes) in &memory.files {
        hash.update(name.as_bytes());
        hash.update(bytes);
    }
    u64::from_be_bytes(*hash.finalize().first_chunk().unwrap())
}

fn rows<'a>(memory: &'a Memory, table: &str) -> Vec<serde_json::Value> {
    let files = memory.files.iter();
    files
        .filter(|(name, _)| name.starts_with(table))
        .flat_map(|(_, bytes): (_, &'a Vec<u8>)| bytes.split(|byte| *byte == b'\n'))
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect()
}

fn field<'a>(row: &'a serde_json::Value, key: &str) -> &'a str {
    row.get(key)
        .and_then(|value| value.as_str())
        .unwrap_or_default()
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let scenario = shipped("mixed");
    let (first, done) = run(&scenario, 7, 2, None);
    let (again, same) = run(&scenario, 7, 2, None);
    assert_eq!(first, again);
    assert_eq!(done, same);
    assert_ne!(hash(&first), hash(&run(&scenario, 8, 2, None).0));
    assert_eq!(hash(&first), MIXED_7);
}

#[test]
fn everybody_tells_the_same_calls() {
    let scenario = shipped("mixed");
    let (_, whole) = run(&scenario, 3, 1, None);
    for name in Telling::NAMES {
        let (memory, done) = run(&scenario, 3, 1, Telling::parse(name));
        let happened = |done: &Simulated| -> Vec<Tally> {
            done.truth
                .values()
                .map(|day| day.happened.clone())
                .collect()
        };
        assert_eq!(happened(&done), happened(&whole), "{name}");
        assert!(memory.files.len() >= 2, "{name}: {:?}", memory.files.keys());
    }
    assert!(Telling::parse("carrier_pigeon").is_none());
    let named: BTreeSet<&str> = Telling::NAMES.into_iter().collect();
    assert!(
        Format::ALL
            .iter()
            .all(|format| named.contains(format.as_str()))
    );
}

#[test]
fn the_two_halves_share_no_key() {
    let scenario = shipped("mixed");
    let (memory, done) = run(&scenario, 5, 1, Some(Telling::Servicenow));
    let values = |table: &str| -> BTreeSet<String> {
        // Ids, conversations, users, sessions: any text long enough to join by, apart from times
        // and names that thousands of rows share.
        let ids = [
            "sys_id",
            "session",
            "transaction",
            "conversation",
            "caller",
            "sequence",
        ];
        let nested = ["user", "source_record", "definition"];
        let mut all = BTreeSet::new();
        for row in rows(&memory, table) {
            for key in ids {
                all.insert(field(&row, key).to_owned());
            }
            for key in nested {
                all.extend(row.get(key).map(|inner| field(inner, "value").to_owned()));
            }
        }
        all.remove("");
        all
    };
    let (calls, usage) = (
        values("sys_outbound_http_log"),
        values("sys_generative_ai_log"),
    );
    assert!(calls.len() > 1000 && usage.len() > 500);
    assert_eq!(calls.intersection(&usage).count(), 0);
    assert!(done.counts.restricted > 0);
    for row in rows(&memory, "sys_generative_ai_log") {
        assert!(row.get("hostname").is_none() && row.get("response_status").is_none());
    }
}

#[test]
fn accidents_come_as_often_as_asked() {
    let scenario = shipped("mixed");
    let (memory, done) = run(&scenario, 11, 3, None);
    let counts = done.counts;
    assert_eq!(counts.loop_requests, 300);
    assert!(counts.outage_failed > 5 && counts.fallback >= counts.outage_failed / 2);
    let llm = counts.records - counts.other;
    let near =
        |count: u64, per_mille: u64| (count * 1000 / llm).abs_diff(per_mille) <= per_mille / 2;
    assert!(
        near(counts.broken, scenario.export.broken_per_mille),
        "{counts:?}"
    );
    assert!(
        near(counts.late, scenario.export.late_per_mille),
        "{counts:?}"
    );
    assert!(
        counts.repeated * 1000 / llm > scenario.export.repeated_per_mille,
        "{counts:?}"
    );
    assert_eq!(
        counts.other,
        counts.calls * scenario.other.per_hundred_calls / 100
    );
    // All that was counted was written.
    let (mut lines, mut framed) = (0, 0);
    for (name, bytes) in &memory.files {
        if name.starts_with("otlp_protobuf/") {
            framed += frames(bytes);
        } else {
            lines += bytes.split(|byte| *byte == b'\n').count() - 1;
        }
    }
    assert!(framed > 10);
    assert_eq!(u64::try_from(lines + framed).unwrap(), counts.records);
}

/// How many frames stand in a file; panics when they do not fill it.
fn frames(mut bytes: &[u8]) -> usize {
    let mut count = 0;
    while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap();
        bytes = rest.split_at_checked(length).unwrap().1;
        count += 1;
    }
    assert!(bytes.is_empty());
    count
}

#[test]
fn what_is_told_is_what_happened_but_for_the_silence() {
    let mut scenario = shipped("wrong-region");
    scenario.export.broken_per_mille = 0;
    let (_, done) = run(&scenario, 2, 3, None);
    for ((date, feature), day) in &done.truth {
        assert_eq!(day.happened.calls, day.told.calls, "{date} {feature}");
        if feature == "hrsd/kb_article_generation" {
            assert!(day.told.requests.values().sum::<i64>() < day.happened.requests.values().sum());
        } else {
            assert_eq!(day.happened.requests, day.told.requests, "{date} {feature}");
            assert_eq!(day.happened.usage, day.told.usage, "{date} {feature}");
        }
    }
}

#[test]
fn the_story_is_told() {
    let mut scenario = shipped("wrong-region");
    scenario.other.per_hundred_calls = 0;
    let (memory, done) = run(&scenario, 1, 14, None);
    assert!(
        (60_000..120_000).contains(&done.counts.calls),
        "{:?}",
        done.counts
    );
    // Tokens of an answered request before and after the change, at list prices of a regional
    // deployment: 2.75 and 11 dollars a million.
    let cents = |from: &str, to: &str| {
        let mut nano_usd = 0;
        let mut answered = 0;
        for ((date, feature), day) in &done.truth {
            let counts = feature == "itsm/incident_summarization";
            if counts && date.as_str() >= from && date.as_str() <= to {
                nano_usd += day.told.usage.input * 2750 + day.told.usage.output * 11_000;
                answered += day
                    .told
                    .requests
                    .get(&Class::Ok)
                    .copied()
                    .unwrap_or(0)
                    .unsigned_abs();
            }
        }
        nano_usd / answered / 100_000
    };
    let (before, after) = (
        cents("2026-11-07", "2026-11-12"),
        cents("2026-11-14", "2026-11-20"),
    );
    assert!(
        (395..=405).contains(&before),
        "{before} hundredths of a cent"
    );
    assert!(
        (1390..=1410).contains(&after),
        "{after} hundredths of a cent"
    );
    let outbound = rows(&memory, "sys_outbound_http_log");
    let east: Vec<_> = outbound
        .iter()
        .filter(|row| field(row, "hostname") == "contoso-eus.openai.azure.com")
        .collect();
    let change = "2026-11-13 15:40:00";
    assert!(
        east.iter()
            .all(|row| field(row, "sys_created_on") >= change)
    );
    let telling = east
        .iter()
        .filter(|row| field(row, "response_headers").contains("x-ms-region: East US"));
    let share = telling.count() * 1000 / east.len();
    assert!((30..70).contains(&share), "{share} per mille prove it");
    // Out for two hours, and no call went anywhere else.
    let out = |row: &&&serde_json::Value| {
        let at = field(row, "sys_created_on");
        ("2026-11-17 09:20:00".."2026-11-17 11:20:00").contains(&at)
    };
    assert!(
        east.iter()
            .filter(out)
            .all(|row| matches!(field(row, "response_status"), "" | "503"))
    );
    assert!(done.counts.outage_failed > 300 && done.counts.fallback == 0);
}

#[test]
fn traffic_is_shaped_like_real_traffic() {
    let mut scenario = shipped("wrong-region");
    scenario.other.per_hundred_calls = 0;
    let (memory, _) = run(
        &scenario,
        4,
        14,
        Some(Telling::parse("servicenow_genai").unwrap()),
    );
    let mut by_step: BTreeMap<i64, i64> = BTreeMap::new();
    let mut by_weekday = [0_i64; 7];
    for row in rows(&memory, "sys_generative_ai_log") {
        let at = UnixMillis::parse(field(&row, "started_at")).unwrap();
        *by_step.entry(at.0.div_euclid(STEP_MS)).or_default() += 1;
        let weekday = usize::try_from((at.0.div_euclid(DAY_MS) + 3).rem_euclid(7)).unwrap();
        by_weekday[weekday] += 1;
    }
    let [monday, _, _, _, friday, saturday, sunday] = by_weekday;
    assert!(
        saturday * 2 < friday && sunday * 2 < monday,
        "{by_weekday:?}"
    );
    let (first, last) = (
        *by_step.keys().next().unwrap(),
        *by_step.keys().last().unwrap(),
    );
    let counts: Vec<i64> = (first..=last)
        .map(|step| by_step.get(&step).copied().unwrap_or(0))
        .collect();
    // Half the mean square of successive differences is the variance without the daily shape.
    let squares: i64 = counts
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).pow(2))
        .sum();
    let mean_tenths = counts.iter().sum::<i64>() * 10 / i64::try_from(counts.len()).unwrap();
    let ratio = squares * 10 / 2 / i64::try_from(counts.len() - 1).unwrap() / mean_tenths;
    assert!(
        (12..=30).contains(&ratio),
        "variance is {ratio} times the mean"
    );
    let doubled = counts.windows(2).filter(|pair| {
        pair[0].max(pair[1]) >= 20 && pair[0].max(pair[1]) >= 2 * pair[0].min(pair[1])
    });
    assert!(
        doubled.count() * 50 > counts.len(),
        "some steps double or halve"
    );
}

#[test]
fn scenario_faults_are_named() {
    let text = SHIPPED[0].1;
    let cases = [
        ("days = 14", "dais = 14", "unknown field `dais`"),
        ("\"2026-11-07\"", "\"7.11.2026\"", "`7.11.2026` is no date"),
        (
            "time = \"10:20\"",
            "time = \"25:20\"",
            "day 11 `25:20` is no moment",
        ),
        (
            "endpoint = \"gpt4o-hr\"",
            "endpoint = \"gpt4o-hrx\"",
            "no endpoint `gpt4o-hrx`",
        ),
        (
            "feature = \"itsm/incident_summarization\"",
            "feature = \"itsm/x\"",
            "no skill `itsm/x`",
        ),
        ("https://eastus.api", "eastus.api", "is no URL"),
        (
            "alias = \"gpt_large_hr\"",
            "alias = \"a\"\ntold_by = \"fax\"",
            "nobody tells as `fax`",
        ),
    ];
    for (good, bad, expected) in cases {
        assert!(text.contains(good), "{good}");
        let problems = Scenario::parse("s.toml", &text.replacen(good, bad, 1)).unwrap_err();
        let shown = problems.first().unwrap().to_string();
        assert!(
            shown.contains(expected) && shown.contains("s.toml:"),
            "{shown}"
        );
    }
}

#[test]
fn files_and_memory_hold_the_same() {
    let scenario = shipped("mixed");
    let (memory, _) = run(&scenario, 9, 1, None);
    let directory = tempfile::tempdir().unwrap();
    let order = Order {
        seed: 9,
        days: 1,
        telling: None,
        start: scenario.start(),
    };
    simulate(&scenario, order, &mut Directory::new(directory.path())).unwrap();
    for (name, bytes) in &memory.files {
        assert_eq!(
            &std::fs::read(directory.path().join(name)).unwrap(),
            bytes,
            "{name}"
        );
    }
}
