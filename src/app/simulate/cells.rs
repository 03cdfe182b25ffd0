//! The calls of a scenario as facts by minute, as books that lost and guessed nothing would tell them.
//!
//! Knows no record and no ledger: for tests of months and years, which no log of them would fit. A newcomer may
//! ask why a minute waits for an hour of further steps: clusters and retries run on beyond the step that
//! they began in.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::alert::Fact;
use crate::call::Class;
use crate::cell::{Cell, Totals};
use crate::entry::{CallAdds, CellKey, Money, RequestAdds};
use crate::hist::Layout;
use crate::ids::Fingerprint;
use crate::link::{Group, Kind, LinkKey, LinkTotals};
use crate::money::NanoUsd;
use crate::residency::Verdict;
use crate::units::{DAY_MS, HOUR_MS, MINUTE_MS, Millis, Text, UnixMillis};

use super::scenario::Scenario;
use super::story::Story;
use super::traffic::{Attempt, Request, STEP_MS, Traffic};

/// What a million tokens cost, in nano-dollars a token.
const INPUT: u64 = 2_500;
const OUTPUT: u64 = 10_000;
/// How far steps are made ahead of a minute.
const AHEAD_MS: i64 = HOUR_MS;

type Window<K, V> = BTreeMap<UnixMillis, BTreeMap<K, V>>;

/// The minutes of a scenario, one after the other.
pub(in crate::app) struct Minutes<'a> {
    scenario: &'a Scenario,
    traffic: Traffic<'a>,
    /// Up to where steps were made.
    made: UnixMillis,
    at: UnixMillis,
    cells: Window<CellKey, Cell>,
    links: Window<LinkKey, LinkTotals>,
    /// What conversations ask, by minute, and what they have asked so far, by day.
    asked: Window<(Fingerprint, Text), Totals>,
    talks: Window<(Fingerprint, Text), Totals>,
    numbers: BTreeMap<CellKey, i64>,
}

/// Tells the facts of so many days of a scenario, minute by minute.
pub(in crate::app) fn tell(
    scenario: &Scenario,
    (seed, days): (u64, i64),
    take: &mut dyn FnMut(UnixMillis, Vec<Fact>),
) {
    let start = scenario.start();
    let story = Story::new(scenario, start);
    let mut minutes = Minutes {
        scenario,
        traffic: Traffic::new(scenario, &story, seed),
        made: start,
        at: start,
        cells: BTreeMap::new(),
        links: BTreeMap::new(),
        asked: BTreeMap::new(),
        talks: BTreeMap::new(),
        numbers: BTreeMap::new(),
    };
    let end = start.saturating_add(days * DAY_MS);
    while minutes.at < end {
        let facts = minutes.next();
        take(minutes.at, facts);
    }
}

impl Minutes<'_> {
    fn next(&mut self) -> Vec<Fact> {
        let at = self.at;
        while self.made < at.saturating_add(AHEAD_MS) {
            let mut requests = Vec::new();
            self.traffic.step(self.made, &mut requests);
            for request in &requests {
                self.count(request);
            }
            self.made = self.made.saturating_add(STEP_MS);
        }
        let end = at.saturating_add(MINUTE_MS);
        self.at = end;
        let mut facts = Vec::new();
        let cells = self.cells.remove(&at).unwrap_or_default();
        let mut told = Vec::new();
        for (key, cell) in cells {
            let next = i64::try_from(self.numbers.len()).unwrap();
            let number = *self.numbers.entry(key.clone()).or_insert_with(|| {
                facts.push(Fact::Key(next, Rc::new(key)));
                next
            });
            told.push((number, cell));
        }
        facts.push(Fact::Minute(at, told));
        if end.floor(HOUR_MS) == end {
            let hour = end.saturating_add(-HOUR_MS);
            let links = self.links.remove(&hour).unwrap_or_default();
            facts.push(Fact::Links(hour, links.into_iter().collect()));
        }
        let day = at.floor(DAY_MS);
        if let Some(asked) = self.asked.remove(&at) {
            let talks = self.talks.entry(day).or_default();
            for (talk, totals) in asked {
                talks.entry(talk).or_default().add(&totals, 1);
            }
            let rows = talks.iter();
            let rows = rows.map(|((print, feature), totals)| (*print, feature.clone(), *totals));
            facts.push(Fact::Conversations(day, rows.collect()));
        }
        self.talks.retain(|start, _| *start >= day);
        facts
    }

    fn key(&self, request: &Request, endpoint: usize, is_call: bool) -> CellKey {
        let endpoint = &self.scenario.endpoint[endpoint];
        CellKey {
            feature: self.scenario.skill[request.skill].feature().into(),
            endpoint: endpoint.name.as_str().into(),
            provider: "azure".into(),
            model: endpoint.requested_model.as_str().into(),
            region: if is_call {
                "azure:westeurope".into()
            } else {
                Text::default()
            },
            verdict: is_call.then_some(Verdict::Held),
            grade: None,
        }
    }

    fn cell(&mut self, at: UnixMillis, key: CellKey) -> &mut Cell {
        let minute = at.floor(MINUTE_MS);
        self.cells
            .entry(minute)
            .or_default()
            .entry(key)
            .or_default()
    }

    fn count(&mut self, request: &Request) {
        let mut before: Option<&Attempt> = None;
        for attempt in &request.attempts {
            let key = self.key(request, attempt.endpoint, true);
            let latency = Layout::latency().bucket(attempt.latency_ms);
            let cell = self.cell(attempt.at, key.clone());
            cell.totals.count_call(&CallAdds {
                class: attempt.class(),
                latency: Some(Millis(attempt.latency_ms)),
                request_bytes: attempt.request_bytes,
                response_bytes: attempt.response_bytes,
                stated_retries: 0,
                spillover: false,
                over_timeout: false,
                contradicted: false,
            });
            cell.latency.add_bucket(latency, 1);
            if let Some(before) = before {
                let link = LinkKey {
                    group: Group::Call,
                    kind: if attempt.fallback {
                        Kind::Fallback
                    } else {
                        Kind::Retry
                    },
                    feature: key.feature,
                    from: self.scenario.endpoint[before.endpoint].name.as_str().into(),
                    to: key.endpoint,
                };
                let hour = attempt.at.floor(HOUR_MS);
                let totals = self.links.entry(hour).or_default().entry(link).or_default();
                totals.links += 1;
                totals.answered += i64::from(attempt.class() == Class::Ok);
            }
            before = Some(attempt);
        }
        if let Some(last) = request.attempts.last() {
            self.count_usage(request, last);
        }
    }

    fn count_usage(&mut self, request: &Request, last: &Attempt) {
        let is_answered = last.class() == Class::Ok;
        let usage = request.plain_usage();
        let cost = usage.input * INPUT + usage.output * OUTPUT;
        let adds = RequestAdds {
            class: last.class(),
            usage: is_answered.then_some(usage),
            web_searches: 0,
            money: if is_answered {
                Money::Exact(NanoUsd(i64::try_from(cost).unwrap()))
            } else {
                Money::Nothing
            },
            duration: None,
            total_mismatch: false,
            external: None,
        };
        let prompt = Layout::prompt().bucket(request.prompt);
        let key = self.key(request, last.endpoint, false);
        let talk = (Fingerprint(request.conversation), key.feature.clone());
        let cell = self.cell(last.at, key);
        cell.totals.count_request(&adds);
        if is_answered {
            cell.prompt.add_bucket(prompt, 1);
        }
        // Only loops are long.
        if request.in_loop {
            let minute = last.at.floor(MINUTE_MS);
            let asked = self.asked.entry(minute).or_default();
            asked.entry(talk).or_default().count_request(&adds);
        }
    }
}
