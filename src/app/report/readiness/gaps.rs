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
    /// In words, with what would tell it.
    pub said: String,
}

/// Days below which a month is a bold guess: a week has a weekend in it.
const DAYS_MIN: i64 = 7;

/// Everything that the figures do not tell.
pub(super) fn gaps(
    seen: &Seen,
    skills: &[Skill],
    candidates: &[CandidateAnswer],
    gathered: &Gathered,
    days: i64,
) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut say = |kind: GapKind, said: String| gaps.push(Gap { kind, said });
    let totals = &seen.all.cell.totals;
    let (requests, calls) = (totals.requests(), totals.calls());
    if requests == 0 && calls == 0 {
        say(
            GapKind::Nothing,
            "no LLM call was found: `tollwatch discover` shows which records there are".to_owned(),
        );
        return gaps;
    }
    if seen.all.counted == 0 {
        say(
            GapKind::Tokens,
            "no record tells tokens, so cost is unknown: they stand in `sys_generative_ai_log`, a \
             gateway's log or the provider's own"
                .to_owned(),
        );
    }
    if calls == 0 {
        say(
            GapKind::Transport,
            "no record tells host, HTTP status or region: they stand in `sys_outbound_http_log`, a \
             gateway's log or the provider's own"
                .to_owned(),
        );
    }
    let both = |skill: &Skill| skill.requests > 0 && skill.calls > 0;
    if requests > 0 && calls > 0 && !skills.iter().any(both) {
        say(
            GapKind::Halves,
            "the records of calls name no skill: their latency and errors stand in rows of their \
             own, and nobody can tell which skill a call served"
                .to_owned(),
        );
    }
    if seen.all.latency().is_none() {
        say(
            GapKind::Latency,
            "no record tells how long a call took".to_owned(),
        );
    }
    of_cost(seen, days, &mut say);
    let cells: i64 = gathered
        .days
        .values()
        .map(|day| day.cell.totals.requests())
        .sum();
    if cells > requests {
        let lost = cells - requests;
        say(
            GapKind::Lines,
            format!("{lost} requests are in the books and no more as lines: read the export anew"),
        );
    }
    of_candidates(candidates, &mut say);
    gaps
}

fn of_cost(seen: &Seen, days: i64, say: &mut dyn FnMut(GapKind, String)) {
    let totals = &seen.all.cell.totals;
    let untold = seen.all.cache_untold;
    if untold > 0 && seen.all.counted > 0 {
        say(
            GapKind::Cache,
            format!(
                "{untold} requests do not tell which input came from a cache: it is priced as fresh \
                 input, so their cost is the most it can be"
            ),
        );
    }
    if totals.requests_unpriced > 0 {
        let n = totals.requests_unpriced;
        say(
            GapKind::Price,
            format!(
                "{n} requests have no price and are in no amount: their model, or their tokens, are \
                 not known; `prices` in a configuration names rates of your own"
            ),
        );
    }
    if totals.requests_fixed > 0 {
        let n = totals.requests_fixed;
        say(
            GapKind::Fixed,
            format!(
                "{n} requests went to endpoints paid by the hour: the hours are on the bill, not in a log"
            ),
        );
    }
    if days < DAYS_MIN {
        let seen = if days == 1 { "day" } else { "days" };
        say(
            GapKind::Days,
            format!(
                "a month is 30 times the mean of {days} {seen}, the first and last counted whole: \
                 with weekends in it, two weeks tell more"
            ),
        );
    }
}

fn of_candidates(candidates: &[CandidateAnswer], say: &mut dyn FnMut(GapKind, String)) {
    for candidate in candidates {
        if let Some(gap) = candidate.gap {
            say(
                GapKind::CandidatePrice,
                format!("no price for {}: {gap}", candidate.told),
            );
        }
    }
    if !candidates.is_empty() {
        say(
            GapKind::Candidate,
            "how fast a candidate answers, what its limits are and how it counts the same text: its \
             cost is that of today's tokens at its list price of today; a pilot tells the rest \
             (`tollwatch report pilot`)"
                .to_owned(),
        );
    }
}
