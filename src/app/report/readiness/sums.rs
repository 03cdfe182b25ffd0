//! Adds up call lines by feature, and prices each at the candidates.
//!
//! Knows no table. A newcomer may ask why candidates are priced as of now and not as of the call:
//! the question is what the same use would cost from today on.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::call::{Class, Usage};
use crate::cell::Cell;
use crate::entry::RequestAdds;
use crate::hist::{Hist, Layout};
use crate::judge::Rulebook;
use crate::ledger::{Ledger, Span};
use crate::line::Line;
use crate::price::{Billed, PriceClass, PriceGap, Priced, Resolved};
use crate::units::{Text, UnixMillis};

use super::CandidateAnswer;
use super::candidate::Candidate;
use crate::app::Failure;
use crate::call::Scope;

/// Models that a skill is shown with.
const MODELS_MAX: usize = 3;

/// What requests cost at a candidate.
#[derive(Clone, Debug, Default)]
pub(super) struct At {
    pub(super) nanousd: i64,
    pub(super) priced: i64,
    pub(super) approximated: i64,
    pub(super) unpriced: i64,
}

/// The sums of one feature.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    pub(super) cell: Cell,
    /// Answered requests that tell their tokens.
    pub(super) counted: i64,
    pub(super) input: i64,
    pub(super) output: i64,
    pub(super) candidates: Vec<At>,
    /// Requests that do not tell which tokens a cache held.
    pub(super) cache_untold: i64,
    tokens: Hist,
    models: BTreeMap<Text, i64>,
}

/// Everything that was added up.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) features: BTreeMap<Text, Sums>,
    pub(super) all: Sums,
    pub(super) first: Option<UnixMillis>,
    pub(super) last: Option<UnixMillis>,
    /// The first price found at each candidate, and the first gap.
    priced: Vec<Option<Priced>>,
    gaps: Vec<Option<PriceGap>>,
}

/// A percentile of durations.
pub(super) fn millis(hist: &Hist, per_mille: u32) -> Option<u64> {
    hist.per_mille(Layout::latency(), per_mille)
}

impl Sums {
    fn of(candidates: usize) -> Sums {
        Sums {
            candidates: vec![At::default(); candidates],
            ..Sums::default()
        }
    }

    /// Latencies of calls, else durations of requests; `None` when neither tells one.
    pub(super) fn latency(&self) -> Option<(&Hist, &'static str)> {
        if self.cell.latency.count() > 0 {
            Some((&self.cell.latency, "calls"))
        } else if self.cell.duration.count() > 0 {
            Some((&self.cell.duration, "requests"))
        } else {
            None
        }
    }

    pub(super) fn tokens(&self, per_mille: u32) -> Option<u64> {
        self.tokens.per_mille(Layout::prompt(), per_mille)
    }

    pub(super) fn models(&self) -> Vec<String> {
        let mut models: Vec<(&Text, &i64)> = self.models.iter().collect();
        models.sort_by_key(|(_, requests)| Reverse(**requests));
        let first = models.into_iter().take(MODELS_MAX);
        first.map(|(model, _)| model.to_string()).collect()
    }

    fn add(&mut self, line: &Line, priced: &[Option<Priced>]) {
        if let Some(call) = &line.call {
            self.cell.totals.count_call(call);
            if let Some(latency) = call.latency {
                self.cell.latency.record(Layout::latency(), latency.0);
            }
        }
        let Some(request) = &line.request else {
            return;
        };
        self.cell.totals.count_request(request);
        if let Some(duration) = request.duration {
            self.cell.duration.record(Layout::latency(), duration.0);
        }
        if let Some(usage) = request.usage.filter(|_| request.class == Class::Ok) {
            self.count(&usage);
        }
        if !line.about.key.model.is_empty() {
            *self.models.entry(line.about.key.model.clone()).or_default() += 1;
        }
        let untold = line.about.usage.as_ref().map(|usage| usage.untold);
        self.cache_untold += i64::from(untold.is_some_and(|untold| untold.cache));
        for (at, priced) in self.candidates.iter_mut().zip(priced) {
            match priced.as_ref().map(|priced| (priced.class, priced.cost)) {
                None => {}
                Some((class, Some(cost))) => {
                    at.nanousd = at.nanousd.saturating_add(cost.0);
                    at.priced += 1;
                    at.approximated += i64::from(class == PriceClass::Approximated);
                }
                Some((_, None)) => at.unpriced += 1,
            }
        }
    }

    fn count(&mut self, usage: &Usage) {
        let whole = |tokens: u64| i64::try_from(tokens).unwrap_or(i64::MAX);
        self.counted += 1;
        self.tokens.record(Layout::prompt(), usage.total());
        self.input = self.input.saturating_add(whole(usage.total_input()));
        self.output = self.output.saturating_add(whole(usage.output));
    }
}

impl Seen {
    fn add(&mut self, line: &Line, resolved: &[Resolved], now: UnixMillis) {
        let priced: Vec<Option<Priced>> = resolved
            .iter()
            .map(|resolved| price(line, resolved, now))
            .collect();
        for (n, priced) in priced.iter().enumerate() {
            let Some(priced) = priced else { continue };
            if priced.cost.is_some() {
                note(&mut self.priced, n, priced.clone());
            } else if let Some(gap) = priced.gap {
                note(&mut self.gaps, n, gap);
            }
        }
        self.first = Some(self.first.map_or(line.at, |first| first.min(line.at)));
        self.last = self.last.max(Some(line.at));
        let feature = line.about.key.feature.clone();
        let of_feature = self
            .features
            .entry(feature)
            .or_insert_with(|| Sums::of(resolved.len()));
        of_feature.add(line, &priced);
        self.all.add(line, &priced);
    }

    /// What was found of each candidate.
    pub(super) fn candidates(&self, asked: &[Candidate]) -> Vec<CandidateAnswer> {
        let answer = |(n, candidate): (usize, &Candidate)| {
            let priced = self.priced.get(n).and_then(Option::as_ref);
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            CandidateAnswer {
                told: candidate.told.clone(),
                scope: candidate.scope.map(Scope::as_str),
                row: priced.and_then(|priced| some(priced.row())),
                source: priced.and_then(|priced| some(priced.source())),
                rule: priced
                    .and_then(|priced| priced.rule)
                    .map(crate::price::Approximation::as_str),
                gap: match self.gaps.get(n) {
                    Some(Some(gap)) if priced.is_none() => Some(gap.as_str()),
                    Some(_) | None => None,
                },
            }
        };
        asked.iter().enumerate().map(answer).collect()
    }
}

/// Keeps the first of each place.
fn note<T>(into: &mut [Option<T>], place: usize, value: T) {
    if let Some(slot) = into.get_mut(place) {
        slot.get_or_insert(value);
    }
}

/// What a line's request would cost; `None` where nobody would be asked to pay: no tokens told of
/// a failed request, or an answer from a gateway's own cache.
fn price(line: &Line, resolved: &Resolved, now: UnixMillis) -> Option<Priced> {
    let request: &RequestAdds = line.request.as_ref()?;
    let told = line.about.usage.as_ref()?;
    let nothing = request.usage.is_none() && request.class != Class::Ok;
    if nothing || told.gateway_cache_hit {
        return None;
    }
    Some(resolved.price(&Billed {
        at: now,
        usage: request.usage.as_ref(),
        web_searches: request.web_searches,
        untold: told.untold,
        audio: told.audio,
    }))
}

/// Adds up every line of the books.
pub(super) fn add_up(
    ledger: &dyn Ledger,
    rules: &Rulebook,
    candidates: &[Candidate],
    now: UnixMillis,
) -> Result<Seen, Failure> {
    let resolved: Vec<Resolved> = candidates
        .iter()
        .map(|candidate| candidate.resolve(&rules.prices))
        .collect();
    let mut seen = Seen {
        all: Sums::of(candidates.len()),
        priced: vec![None; candidates.len()],
        gaps: vec![None; candidates.len()],
        ..Seen::default()
    };
    ledger.lines_unsorted(Span::ALL, &mut |line| {
        seen.add(&line, &resolved, now);
        Ok(())
    })?;
    Ok(seen)
}
