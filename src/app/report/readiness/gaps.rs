//! What an export cannot tell, in words: a figure that is missing is named, and never 0.
//!
//! Knows no figure beyond the sums. A newcomer may ask why a candidate always brings gaps along:
//! no export tells how fast another provider answers, and a comparison that hid that would be
//! believed.

use serde::Serialize;

use super::sums::Seen;
use super::{CandidateAnswer, Skill};
use crate::app::report::Gathered;

/// What is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GapKind {
    /// No LLM call at all.
    Nothing,
    /// No tokens, so no cost.
    Tokens,
    /// No host, status and region.
    Transport,
    /// Latency of calls and skills of requests stand in different records.
    Halves,
    /// How long anything took.
    Latency,
    /// Which tokens a cache held.
    Cache,
    /// The price of some requests.
    Price,
    /// What an hour costs that is paid by the hour.
    Fixed,
    /// Days enough for a month.
    Days,
    /// Lines were dropped.
    Lines,
    /// The candidate's price.
    CandidatePrice,
    /// The candidate's latency, limits and its count of tokens.
    Candidate,
}

/// One thing that the export cannot tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// What.
    pub kind: GapKind,
    /// Of how many requests, where it is not all the same.
    pub requests: Option<i64>,
    /// In words, with what would tell it.
    pub said: String,
}

/// Days below which a month is a bold guess: a week has a weekend in it.
const DAYS_MIN: i64 = 7;

/// Takes a gap: what, of how many requests, in words.
type Say<'a> = dyn FnMut(GapKind, Option<i64>, String) + 'a;

/// Everything that the figures do not tell.
pub(super) fn gaps(
    seen: &Seen,
    skills: &[Skill],
    candidates: &[CandidateAnswer],
    gathered: &Gathered,
    days: i64,
) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut say = |kind: GapKind, requests: Option<i64>, said: String| {
        gaps.push(Gap {
            kind,
            requests,
            said,
        });
    };
    let totals = &seen.all.cell.totals;
    let (requests, calls) = (totals.requests(), totals.calls());
    if requests == 0 && calls == 0 {
        say(
            GapKind::Nothing,
            None,
            "no LLM call was found: `tollwatch discover` shows which records there are".to_owned(),
        );
        return gaps;
    }
    if seen.all.counted == 0 {
        say(
            GapKind::Tokens,
            None,
            "no record tells tokens, so cost is unknown: they stand in `sys_generative_ai_log`, a \
             gateway's log or the provider's own"
                .to_owned(),
        );
    }
    if calls == 0 {
        say(
            GapKind::Transport,
            None,
            "no record tells host, HTTP status or region: they stand in `sys_outbound_http_log`, a \
             gateway's log or the provider's own"
                .to_owned(),
        );
    }
    let both = |skill: &Skill| skill.requests > 0 && skill.calls > 0;
    if requests > 0 && calls > 0 && !skills.iter().any(both) {
        say(
            GapKind::Halves,
            None,
            "the records of calls name no skill: their latency and errors stand in rows of their \
             own, and nobody can tell which skill a call served"
                .to_owned(),
        );
    }
    if seen.all.latency().is_none() {
        say(
            GapKind::Latency,
            None,
            "no record tells how long a call took".to_owned(),
        );
    }
    of_cost(seen, days, &mut say);
    let booked: i64 = gathered
        .days
        .values()
        .map(|day| day.cell.totals.requests())
        .sum();
    if booked > requests {
        say(
            GapKind::Lines,
            Some(booked - requests),
            "requests that are in the books and no more as lines: read the export anew".to_owned(),
        );
    }
    of_candidates(candidates, &mut say);
    gaps
}

fn of_cost(seen: &Seen, days: i64, say: &mut Say<'_>) {
    let totals = &seen.all.cell.totals;
    let untold = seen.all.cache_untold;
    if untold > 0 && seen.all.counted > 0 {
        say(
            GapKind::Cache,
            Some(untold),
            "which input came from a cache: all of it is priced as fresh, so the cost is the most it \
             can be"
                .to_owned(),
        );
    }
    if totals.requests_unpriced > 0 {
        say(
            GapKind::Price,
            Some(totals.requests_unpriced),
            "the price of requests whose model or tokens are not known; they are in no amount, and \
             `prices` in a configuration names rates of your own"
                .to_owned(),
        );
    }
    if totals.requests_fixed > 0 {
        say(
            GapKind::Fixed,
            Some(totals.requests_fixed),
            "what endpoints cost that are paid by the hour: the hours are on the bill, not in a log"
                .to_owned(),
        );
    }
    if days < DAYS_MIN {
        let seen = if days == 1 { "day" } else { "days" };
        say(
            GapKind::Days,
            None,
            format!(
                "a true month: it is 30 times the mean of {days} {seen}, the first and last counted \
                 whole; two weeks, with weekends in them, tell more"
            ),
        );
    }
}

fn of_candidates(candidates: &[CandidateAnswer], say: &mut Say<'_>) {
    for candidate in candidates {
        if let Some(gap) = candidate.gap {
            say(
                GapKind::CandidatePrice,
                None,
                format!("no price for {}: {gap}", candidate.told),
            );
        }
    }
    if !candidates.is_empty() {
        say(
            GapKind::Candidate,
            None,
            "how fast a candidate answers, what its limits are and how it counts the same text: its \
             cost is that of today's tokens at its list price of today; a pilot tells the rest \
             (`tollwatch report pilot`)"
                .to_owned(),
        );
    }
}
