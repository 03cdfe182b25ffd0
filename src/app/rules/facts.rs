//! Turns a case's lines into what the books would tell, minute by minute.
//!
//! Knows no rule. A newcomer may ask why figures that vary are drawn from a hash and not at random: a
//! case must fail today as it failed yesterday.

use std::collections::BTreeMap;
use std::rc::Rc;

use chrono::{Datelike, Timelike};

use crate::alert::{Fact, SourceFact};
use crate::attribute::UNATTRIBUTED;
use crate::call::{Class, Usage};
use crate::cell::{Cell, Totals};
use crate::config::{Calls, Case, Source, Told, Traffic};
use crate::entry::{CallAdds, CellKey, Money, RequestAdds};
use crate::hist::Layout;
use crate::ids::Fingerprint;
use crate::link::{Group, Kind, LinkKey, LinkTotals};
use crate::money::NanoUsd;
use crate::units::{DAY_MS, HOUR_MS, MINUTE_MS, Millis, Text, UnixMillis};

/// What the books would tell of a case.
pub(super) struct Feeder<'a> {
    case: &'a Case,
    keys: BTreeMap<CellKey, i64>,
    /// The links of the hour.
    links: BTreeMap<LinkKey, LinkTotals>,
    credentials: BTreeMap<(Text, Text), Totals>,
    groups: BTreeMap<(Text, Text), Totals>,
    conversations: BTreeMap<(u64, Text), Totals>,
    sources: BTreeMap<Text, SourceFact>,
}

impl<'a> Feeder<'a> {
    pub(super) fn new(case: &'a Case) -> Feeder<'a> {
        Feeder {
            case,
            keys: BTreeMap::new(),
            links: BTreeMap::new(),
            credentials: BTreeMap::new(),
            groups: BTreeMap::new(),
            conversations: BTreeMap::new(),
            sources: BTreeMap::new(),
        }
    }

    /// The facts of the minute that begins there.
    pub(super) fn minute(&mut self, at: UnixMillis) -> Vec<Fact> {
        let offset = at.0.saturating_sub(self.case.start.0);
        self.turn(at);
        let mut window: BTreeMap<CellKey, Cell> = BTreeMap::new();
        let mut facts = Vec::new();
        let case = self.case;
        for (place, line) in case.traffic.iter().enumerate() {
            let is_step = (offset.saturating_sub(line.from_ms)) % line.every_ms == 0;
            if !(line.from_ms..line.to_ms).contains(&offset) || !is_step {
                continue;
            }
            let scale = self.scale(line, place, at);
            match &line.of {
                Told::Calls(told) => self.calls(told, scale, &mut window),
                Told::Source(source) => self.source(source, scale, at),
            }
        }
        let mut numbered = Vec::new();
        for (key, cell) in window {
            let next = i64::try_from(self.keys.len()).unwrap_or(i64::MAX);
            let number = *self.keys.entry(key.clone()).or_insert_with(|| {
                facts.push(Fact::Key(next, Rc::new(key)));
                next
            });
            numbered.push((number, cell));
        }
        facts.push(Fact::Minute(at, numbered));
        self.beside(at, &mut facts);
        facts
    }

    /// Begins a new hour and day.
    fn turn(&mut self, at: UnixMillis) {
        if at.0 % HOUR_MS == 0 {
            self.links.clear();
            self.credentials.clear();
        }
        // Days of cases begin in UTC: only daily families hang on it.
        if at.0 % DAY_MS == 0 {
            self.groups.clear();
            self.conversations.clear();
            for source in self.sources.values_mut() {
                (source.received, source.quarantined) = (0, 0);
            }
        }
    }

    /// Thousandths of the line's figures that count in this step.
    fn scale(&self, line: &Traffic, place: usize, at: UnixMillis) -> u64 {
        let mut scale = 1_000;
        if line.office {
            let local = at.to_utc().with_timezone(&self.case.ready.timezone);
            let weekend = local.weekday().num_days_from_monday() > 4;
            if weekend || !(7..18).contains(&local.hour()) {
                scale = 100;
            }
        }
        if line.varies {
            scale = scale * (500 + chance(place, at, 0) % 1_001) / 1_000;
        }
        scale
    }

    fn calls(&mut self, told: &Calls, scale: u64, window: &mut BTreeMap<CellKey, Cell>) {
        let salt = u64::try_from(window.len()).unwrap_or(0);
        let calls = part(told.calls, scale, salt);
        let requests = part(told.requests, scale, salt);
        let key = CellKey {
            feature: if told.feature.is_empty() {
                Text::from(UNATTRIBUTED)
            } else {
                told.feature.clone()
            },
            endpoint: told.endpoint.clone(),
            provider: told.provider.clone(),
            model: told.model.clone(),
            region: Text::default(),
            verdict: None,
            grade: None,
        };
        let mut both = Totals::default();
        if calls > 0 {
            let own = CellKey {
                region: told.region.clone(),
                verdict: Some(told.verdict),
                ..key.clone()
            };
            let cell = window.entry(own).or_default();
            let adds = call(told);
            for _ in 0..calls {
                cell.totals.count_call(&adds);
                both.count_call(&adds);
                if let Some(latency) = adds.latency {
                    cell.latency.record(Layout::latency(), latency.0);
                }
            }
        }
        if requests > 0 {
            let cell = window.entry(key.clone()).or_default();
            let adds = request(told);
            for _ in 0..requests {
                cell.totals.count_request(&adds);
                both.count_request(&adds);
                if let Some(usage) = &adds.usage {
                    cell.prompt.record(Layout::prompt(), usage.total_input());
                }
            }
        }
        self.link(told, &key.feature, part(told.retries, scale, salt));
        let feature = key.feature;
        if !told.credential.is_empty() {
            let key = (told.credential.clone(), told.endpoint.clone());
            self.credentials.entry(key).or_default().add(&both, 1);
        }
        if !told.group.is_empty() {
            let key = (told.group.clone(), feature.clone());
            self.groups.entry(key).or_default().add(&both, 1);
        }
        if told.conversation > 0 {
            let key = (told.conversation, feature);
            self.conversations.entry(key).or_default().add(&both, 1);
        }
    }

    /// Calls that were made again, at the same endpoint or at another.
    fn link(&mut self, told: &Calls, feature: &Text, retries: u32) {
        let to = told.fallback.as_ref();
        let links = if to.is_some() { told.calls } else { retries };
        if links == 0 {
            return;
        }
        let key = LinkKey {
            group: Group::Call,
            kind: to.map_or(Kind::Retry, |_| Kind::Fallback),
            feature: feature.clone(),
            from: told.endpoint.clone(),
            to: to.unwrap_or(&told.endpoint).clone(),
        };
        let totals = self.links.entry(key).or_default();
        totals.add(&LinkTotals {
            links: i64::from(links),
            answered: i64::from(links),
            ..LinkTotals::default()
        });
    }

    fn source(&mut self, told: &Source, scale: u64, at: UnixMillis) {
        let part = |n: i64| {
            let scaled = u64::try_from(n).unwrap_or(0).saturating_mul(scale) / 1_000;
            i64::try_from(scaled).unwrap_or(i64::MAX)
        };
        let end = at.saturating_add(MINUTE_MS);
        let fact = self.sources.entry(told.name.clone()).or_default();
        fact.source.clone_from(&told.name);
        fact.lag_ms = told.lag_ms;
        fact.received += part(told.received);
        fact.quarantined += part(told.quarantined);
        fact.lost += told.lost;
        fact.complete_to = Some(end.saturating_add(-told.lag_ms.unwrap_or(0)));
        if told.received > 0 {
            fact.last_at = Some(end);
        }
    }

    /// What the books keep beside cells, as far as the hour and the day have come.
    fn beside(&self, at: UnixMillis, facts: &mut Vec<Fact>) {
        let (hour, day) = (at.floor(HOUR_MS), at.floor(DAY_MS));
        if !self.links.is_empty() {
            let links = self
                .links
                .iter()
                .map(|(key, totals)| (key.clone(), *totals));
            facts.push(Fact::Links(hour, links.collect()));
        }
        let rows = |of: &BTreeMap<(Text, Text), Totals>| {
            let rows = of.iter();
            rows.map(|((one, other), totals)| (one.clone(), other.clone(), *totals))
                .collect()
        };
        if !self.credentials.is_empty() {
            facts.push(Fact::Credentials(hour, rows(&self.credentials)));
        }
        if !self.groups.is_empty() {
            facts.push(Fact::Groups(day, rows(&self.groups)));
        }
        if !self.conversations.is_empty() {
            let rows = self.conversations.iter();
            let rows =
                rows.map(|((one, feature), totals)| (Fingerprint(*one), feature.clone(), *totals));
            facts.push(Fact::Conversations(day, rows.collect()));
        }
        if !self.sources.is_empty() {
            facts.push(Fact::Sources(self.sources.values().cloned().collect()));
        }
    }
}

/// A number that hangs on the line and the minute alone.
fn chance(place: usize, at: UnixMillis, salt: u64) -> u64 {
    let text = format!("{place} {} {salt}", at.0);
    twox_hash::XxHash3_64::oneshot(text.as_bytes())
}

/// So many thousandths of a number; what is left over counts as often as it is great.
fn part(n: u32, scale: u64, salt: u64) -> u32 {
    let whole = u64::from(n).saturating_mul(scale);
    let rest = (whole % 1_000) > (chance(0, UnixMillis(0), whole ^ salt) % 1_000);
    u32::try_from(whole / 1_000 + u64::from(rest)).unwrap_or(u32::MAX)
}

fn call(told: &Calls) -> CallAdds {
    CallAdds {
        class: told.class,
        latency: told.latency_ms.map(Millis),
        request_bytes: 0,
        response_bytes: 0,
        stated_retries: 0,
        spillover: told.spilled,
        over_timeout: told.over_timeout,
        contradicted: told.contradicted,
    }
}

fn request(told: &Calls) -> RequestAdds {
    let usage = (told.answered == Class::Ok).then(|| Usage {
        input: told.input,
        output: told.output,
        ..Usage::default()
    });
    RequestAdds {
        class: told.answered,
        usage,
        web_searches: 0,
        money: match (usage, told.cost_nanousd) {
            (None, _) => Money::Nothing,
            (Some(_), Some(nanos)) => Money::Exact(NanoUsd(nanos)),
            (Some(_), None) => Money::Unpriced,
        },
        duration: None,
        total_mismatch: false,
        external: told.external,
    }
}
