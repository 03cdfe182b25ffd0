//! Facts for the bench: features that call evenly, and a small company in which everything goes wrong once.
//!
//! Knows no rule. A newcomer may ask why the company's figures come from products of the minute: they must be
//! the same in every build that is compared with another.

use std::rc::Rc;

use tollwatch::alert::{Declared, DeclaredEndpoint, DeclaredFeature, Fact, SourceFact};
use tollwatch::cell::{Cell, Totals};
use tollwatch::entry::CellKey;
use tollwatch::hist::Layout;
use tollwatch::ids::Fingerprint;
use tollwatch::link::{Group, Kind, LinkKey, LinkTotals};
use tollwatch::residency::Verdict;
use tollwatch::units::{Text, UnixMillis};

/// Monday, 2 November 2026.
const FROM: i64 = 1_793_577_600_000;
/// Features of the company.
const COMPANY: i64 = 24;

pub(crate) fn at(minute: i64) -> UnixMillis {
    UnixMillis(FROM + minute * 60_000)
}

/// The name of a feature: what features of the same remainder by 200 do is alike.
pub(crate) fn feature(n: i64) -> Text {
    Text::from(format!("app{}/skill{n}", n % 20))
}

fn key(n: i64) -> CellKey {
    CellKey {
        feature: feature(n),
        endpoint: format!("endpoint{}", n % 50).as_str().into(),
        provider: "azure".into(),
        model: "gpt-4o".into(),
        region: "azure:westeurope".into(),
        verdict: Some(Verdict::Held),
        grade: None,
    }
}

pub(crate) fn keys(features: i64) -> Vec<Fact> {
    let keys = (0..features).map(|n| Fact::Key(n, Rc::new(key(n))));
    keys.collect()
}

fn cell(calls: i64, latency_ms: u64) -> Cell {
    let totals = Totals {
        calls_ok: calls,
        requests_ok: calls,
        requests_exact: calls,
        tokens_input: calls * 900,
        tokens_output: calls * 200,
        cost_exact_nanousd: calls * 4_000_000,
        latency_ms_sum: calls * 800,
        ..Totals::default()
    };
    let mut cell = Cell {
        totals,
        ..Cell::default()
    };
    let (latency, prompt) = (Layout::latency(), Layout::prompt());
    cell.latency.add_bucket(latency.bucket(latency_ms), calls);
    cell.prompt.add_bucket(prompt.bucket(900), calls);
    cell
}

/// A minute of so many features, each of which calls.
pub(crate) fn even(features: i64, minute: i64) -> Vec<Fact> {
    let cells = (0..features).map(|n| (n, cell(1 + (n * 7 + minute * 13) % 5, 800)));
    vec![Fact::Minute(at(minute), cells.collect())]
}

/// What the company approved: of every second feature.
pub(crate) fn declared() -> Declared {
    let features = (0..COMPANY).step_by(2).map(|n| DeclaredFeature {
        feature: feature(n),
        endpoints: vec![key(n).endpoint],
        fail_closed: n % 4 == 0,
        approved_nanousd: Some(4_500_000),
        approved_tokens: Some(1_000),
        approved_calls: Some(4_000),
        approved_retries_ppm: Some(20_000),
        conversation_tokens: Some(60_000),
        budget_nanousd: Some(300_000_000_000),
        user_groups: vec!["agents".into()],
        pilot_since: (n == 6).then(|| at(-20 * 1_440)),
        ..DeclaredFeature::default()
    });
    let endpoints = (0..COMPANY).step_by(2).map(|n| DeclaredEndpoint {
        endpoint: key(n).endpoint,
        timeout_ms: Some(3_000),
        context_tokens: Some(8_000),
        fallback: (n == 8).then(|| key(10).endpoint),
        credential_due: (n == 2).then(|| at(20 * 1_440)),
        retires: (n == 4).then(|| at(60 * 1_440)),
        ..DeclaredEndpoint::default()
    });
    Declared {
        features: features.collect(),
        endpoints: endpoints.collect(),
        budget_nanousd: Some(6_000_000_000_000),
        prices_of: Some(at(-50 * 1_440)),
    }
}

/// A number below `most` that hangs on feature and minute.
fn roll(n: i64, minute: i64, most: i64) -> i64 {
    let mixed = (n * 7_919 + minute).wrapping_mul(2_654_435_761);
    (mixed >> 11).rem_euclid(most)
}

/// One cell of the company, with the trouble that its feature has just then.
fn troubled(n: i64, minute: i64) -> Option<(i64, Cell)> {
    let busy = if (7..19).contains(&(minute / 60 % 24)) {
        6
    } else {
        1
    };
    let spell = (minute / 170 + n * 5) % 67;
    let mut calls = roll(n, minute, busy * 2);
    let mut number = n;
    let mut latency_ms = 800;
    match spell {
        3 => calls += 60,
        7 => return None,
        11 => latency_ms = 2_900,
        13 if minute % 170 < 3 => number += COMPANY,
        _ => {}
    }
    if calls == 0 {
        return None;
    }
    let mut cell = cell(calls, latency_ms);
    let totals = &mut cell.totals;
    match spell {
        17 => (totals.calls_ok, totals.calls_throttled) = (0, calls),
        19 => (totals.calls_ok, totals.calls_server_error) = (0, calls),
        23 => (totals.calls_ok, totals.calls_auth) = (0, calls),
        29 => totals.cost_exact_nanousd *= 4,
        31 => totals.tokens_input *= 3,
        37 => (totals.cost_exact_nanousd, totals.requests_unpriced) = (0, calls),
        41 => totals.stated_retries = calls,
        43 => totals.calls_spilled = 1,
        47 => totals.calls_contradicted = calls,
        53 => totals.requests_platform = calls,
        59 => (totals.calls_ok, totals.latency_ms_sum) = (0, 0),
        61 => cell.prompt.add_bucket(Layout::prompt().bucket(7_900), 1),
        _ => {}
    }
    Some((number, cell))
}

/// Names of the company's cells, those of calls outside their rule too.
pub(crate) fn company_keys() -> Vec<Fact> {
    let outside = (0..COMPANY).map(|n| {
        let key = CellKey {
            region: "azure:eastus".into(),
            verdict: Some(Verdict::Violated),
            ..key(n)
        };
        Fact::Key(n + COMPANY, Rc::new(key))
    });
    keys(COMPANY).into_iter().chain(outside).collect()
}

/// What the company's books tell of a minute.
pub(crate) fn company(minute: i64) -> Vec<Fact> {
    let cells: Vec<(i64, Cell)> = (0..COMPANY).filter_map(|n| troubled(n, minute)).collect();
    let mut facts = Vec::new();
    if minute % 60 == 2 {
        facts.extend(beside(minute - 2));
    }
    if minute % 97 == 5 && minute > 97 {
        // Late records: a minute is told again.
        let mut late: Vec<(i64, Cell)> = (0..COMPANY)
            .filter_map(|n| troubled(n, minute - 90))
            .collect();
        late.iter_mut().step_by(3).for_each(|(_, cell)| {
            cell.totals.calls_ok += 2;
        });
        facts.push(Fact::Minute(at(minute - 90), late));
    }
    if minute % 11 == 0 {
        facts.push(Fact::Partial(at(minute + 1), cells.clone()));
    }
    facts.push(Fact::Minute(at(minute), cells));
    facts
}

/// What is told beside cells, by the hour.
fn beside(minute: i64) -> Vec<Fact> {
    let hour = at(minute - 60);
    let day = at(minute / 1_440 * 1_440);
    let gone = minute % 1_440 / 60 + 1;
    let links = (0..COMPANY).map(|n| {
        let kind = if n % 5 == 1 {
            Kind::Fallback
        } else {
            Kind::Retry
        };
        let key = LinkKey {
            group: Group::Call,
            kind,
            feature: feature(n),
            from: key(n).endpoint,
            to: key(n + 1).endpoint,
        };
        let links = roll(n, minute, 9) - 3 + if gone == 9 { 40 } else { 0 };
        let totals = LinkTotals {
            links: links.max(0),
            answered: links.max(0) / 2,
            lost_nanousd: links.max(0) * 4_000_000,
            ..LinkTotals::default()
        };
        (key, totals)
    });
    let totals = |n: i64| cell(gone * (20 + roll(n, minute, 30)), 800).totals;
    let names = |n: i64| Text::from(format!("key{n}"));
    let credentials = (0..6).map(|n| (names(n), key(n).endpoint, cell(roll(n, minute, 400), 800)));
    let credentials = credentials.map(|(name, endpoint, cell)| (name, endpoint, cell.totals));
    let groups = [("agents", 0), ("agents", 1), ("guests", minute / 5_000 % 4)];
    let groups = groups.map(|(group, n)| (Text::from(group), feature(n), totals(n)));
    let talks = (0..8).map(|n| {
        let loops = roll(n, minute / 1_440, 9) == 0;
        let requests = gone * if loops { 30 } else { 4 };
        let name = Fingerprint((minute / 1_440 * 8 + n).cast_unsigned());
        (name, feature(n), cell(requests, 800).totals)
    });
    let source = SourceFact {
        source: "kafka".into(),
        lag_ms: Some(if gone == 15 { 1_800_000 } else { 2_000 }),
        last_at: Some(at(minute)),
        received: gone * 1_000,
        quarantined: if gone == 20 { 2_000 } else { 3 },
        lost: minute / 9_000,
        ..SourceFact::default()
    };
    vec![
        Fact::Links(hour, links.collect()),
        Fact::Credentials(hour, credentials.collect()),
        Fact::Groups(day, groups.into()),
        Fact::Conversations(day, talks.collect()),
        Fact::Sources(vec![source]),
    ]
}
