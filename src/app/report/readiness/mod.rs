//! What each skill uses today, what it costs, and what it would cost elsewhere.
//!
//! Knows no terminal and no page. A newcomer may ask why it asks the lines and not the cells: a
//! candidate's price hangs on each call's own size, and the tokens of input and output together
//! are no total of a cell.

mod candidate;
mod gaps;
mod sums;

use serde::Serialize;

use crate::judge::Rulebook;
use crate::ledger::{Ledger, Span};
use crate::units::UnixMillis;

use super::{Unseen, display, gather, over, unseen};
use crate::app::Failure;

pub use candidate::Candidate;
pub use gaps::{Gap, GapKind};
use sums::{Sums, add_up};

/// The days that a month has here: a round month compares better than the present one.
pub const MONTH_DAYS: i64 = 30;

/// The answer of `report readiness`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Readiness {
    /// Time of the first call or request, RFC 3339 in UTC.
    pub from: Option<String>,
    /// Time of the last.
    pub to: Option<String>,
    /// Calendar days from the first to the last, both with it; a month is 30 times their mean.
    pub days: i64,
    /// What the calls were priced at besides.
    pub candidates: Vec<CandidateAnswer>,
    /// One row a skill, most requests first.
    pub skills: Vec<Skill>,
    /// All together.
    pub total: Skill,
    /// What the export cannot tell.
    pub gaps: Vec<Gap>,
    /// What was not seen or is not sure.
    pub unseen: Unseen,
}

/// A candidate, with the price that it was found at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CandidateAnswer {
    /// As it was asked for.
    pub told: String,
    /// How far processing could wander.
    pub scope: Option<&'static str>,
    /// The price row used; `None` when no list has one.
    pub row: Option<String>,
    /// The list that it stands in.
    pub source: Option<String>,
    /// The rule, where the price is approximated.
    pub rule: Option<&'static str>,
    /// Why there is no price.
    pub gap: Option<&'static str>,
}

/// One skill.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Skill {
    /// `application/skill`.
    pub feature: String,
    /// The name that people read.
    pub name: String,
    /// The models that answered, most requests first.
    pub models: Vec<String>,
    /// Requests (usage facts).
    pub requests: i64,
    /// Of them answered.
    pub requests_ok: i64,
    /// Calls (transport facts).
    pub calls: i64,
    /// Requests (calls, where no usage report tells) that failed; `None` where nothing tells.
    pub errors: Option<i64>,
    /// Of them refused with 429.
    pub throttled: Option<i64>,
    /// What errors are counted of: requests, or calls.
    pub errors_of: i64,
    /// Median of input and output tokens of an answered request.
    pub tokens_p50: Option<u64>,
    /// 95 of 100 answered requests had no more.
    pub tokens_p95: Option<u64>,
    /// Mean input tokens of an answered request, caches included.
    pub tokens_input_mean: Option<i64>,
    /// Mean output tokens of an answered request.
    pub tokens_output_mean: Option<i64>,
    /// Median latency in milliseconds.
    pub latency_ms_p50: Option<u64>,
    /// 95 of 100 were no slower.
    pub latency_ms_p95: Option<u64>,
    /// Whose clock the latency is by: `calls` or `requests`; `None` when nothing tells one.
    pub latency_of: Option<&'static str>,
    /// Today's cost.
    pub today: Cost,
    /// The same requests at each candidate, in their order.
    pub candidates: Vec<Cost>,
}

/// What requests cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// In all; `None` when no request has a price.
    pub cost_nanousd: Option<i64>,
    /// All cost over answered requests.
    pub per_request_nanousd: Option<i64>,
    /// In 30 days at the use of the days seen.
    pub month_nanousd: Option<i64>,
    /// Requests with a price by a rule of approximation.
    pub approximated: i64,
    /// Requests with tokens or an answer, and no price: they are in no figure.
    pub unpriced: i64,
    /// Requests paid by the hour: they are in no figure either.
    pub fixed: i64,
}

/// Adds up the call lines of the books, and prices them at each candidate as of `now`.
///
/// # Errors
/// What the ledger says.
pub fn readiness(
    ledger: &dyn Ledger,
    rules: &Rulebook,
    candidates: &[Candidate],
    now: UnixMillis,
) -> Result<Readiness, Failure> {
    let seen = add_up(ledger, rules, candidates, now)?;
    let gathered = gather(ledger, Span::ALL, None)?;
    let days = seen.first.zip(seen.last).map_or(0, |(first, last)| {
        let date = |at| ledger.zones().date_of(at);
        date(last).signed_duration_since(date(first)).num_days() + 1
    });
    let mut skills: Vec<Skill> = seen
        .features
        .iter()
        .map(|(key, sums)| {
            let registered = rules
                .features
                .by_key(key)
                .and_then(|id| rules.features.get(id));
            let name = display(key, registered.map(|feature| &feature.display_name)).to_owned();
            skill(key, name, sums, days)
        })
        .collect();
    skills
        .sort_by(|a, b| (b.requests, b.calls, &a.feature).cmp(&(a.requests, a.calls, &b.feature)));
    let total = skill("", "all".to_owned(), &seen.all, days);
    let candidates = seen.candidates(candidates);
    Ok(Readiness {
        from: seen.first.map(|at| at.to_string()),
        to: seen.last.map(|at| at.to_string()),
        gaps: gaps::gaps(&seen, &skills, &candidates, &gathered, days),
        unseen: unseen(ledger, Span::ALL, &gathered)?,
        days,
        candidates,
        skills,
        total,
    })
}

fn skill(key: &str, name: String, sums: &Sums, days: i64) -> Skill {
    let totals = &sums.cell.totals;
    let (requests, calls) = (totals.requests(), totals.calls());
    let (errors, throttled, errors_of) = if requests > 0 {
        let errors = requests - totals.requests_ok;
        (Some(errors), Some(totals.requests_throttled), requests)
    } else if calls > 0 {
        let errors = calls - totals.calls_ok;
        (Some(errors), Some(totals.calls_throttled), calls)
    } else {
        (None, None, 0)
    };
    let latency = sums.latency();
    let counted = (sums.counted > 0).then_some(sums.counted);
    let mean = |tokens: i64| over(tokens, counted?);
    Skill {
        feature: key.to_owned(),
        name,
        models: sums.models(),
        requests,
        requests_ok: totals.requests_ok,
        calls,
        errors,
        throttled,
        errors_of,
        tokens_p50: sums.tokens(500),
        tokens_p95: sums.tokens(950),
        tokens_input_mean: mean(sums.input),
        tokens_output_mean: mean(sums.output),
        latency_ms_p50: latency.and_then(|(hist, _)| sums::millis(hist, 500)),
        latency_ms_p95: latency.and_then(|(hist, _)| sums::millis(hist, 950)),
        latency_of: latency.map(|(_, whose)| whose),
        today: Cost {
            approximated: totals.requests_approximated,
            unpriced: totals.requests_unpriced,
            fixed: totals.requests_fixed,
            ..cost(
                totals.requests_exact + totals.requests_approximated,
                totals.cost_nanousd(),
                totals.requests_ok,
                days,
            )
        },
        candidates: sums
            .candidates
            .iter()
            .map(|one| Cost {
                approximated: one.approximated,
                unpriced: one.unpriced,
                fixed: 0,
                ..cost(one.priced, one.nanousd, totals.requests_ok, days)
            })
            .collect(),
    }
}

/// The figures of a cost that `priced` requests have; none without such a request.
fn cost(priced: i64, nanousd: i64, answered: i64, days: i64) -> Cost {
    if priced == 0 {
        return Cost::default();
    }
    Cost {
        cost_nanousd: Some(nanousd),
        per_request_nanousd: over(nanousd, answered),
        month_nanousd: over(nanousd.saturating_mul(MONTH_DAYS), days),
        ..Cost::default()
    }
}

#[cfg(test)]
mod tests;
