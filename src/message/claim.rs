//! What an alert says, in a sentence: what, how big, and what it is held against.
//!
//! Knows no layout. A newcomer may ask why the sentence is made from the finding and nothing else: it uses the
//! figures that the decision used.

use chrono_tz::Tz;

use crate::alert::{
    Amount, Check, Finding, Level, Limit, Measure, Metric, Notice, Rule, Sight, StepKind, Unit,
};

use super::figure::{self, THIN};
use super::{clean, due, landed, metric, moment, spending, who};

/// What an alert says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    /// A sentence, with its full stop.
    pub sentence: String,
    /// The same for a subject line: `950 calls in 10 min, expected 120 to 180`.
    pub topic: String,
}

impl Claim {
    pub(super) fn new(sentence: impl Into<String>, topic: impl Into<String>) -> Claim {
        Claim {
            sentence: sentence.into(),
            topic: topic.into(),
        }
    }
}

/// What a claim is made from.
pub(super) struct Case<'a> {
    pub rule: &'a Rule,
    pub finding: &'a Finding,
    /// The name for people; empty without one.
    pub display: &'a str,
    pub over: bool,
    pub zone: Tz,
}

impl<'a> Case<'a> {
    pub(super) fn of(notice: &'a Notice, zone: Tz) -> Case<'a> {
        Case {
            rule: &notice.rule,
            finding: &notice.finding,
            display: &notice.display_name,
            over: notice.kind == StepKind::Resolved,
            zone,
        }
    }

    pub(super) fn measure(&self) -> &Measure {
        &self.finding.measure
    }

    pub(super) fn who(&self) -> String {
        who::who(&self.finding.series, self.display)
    }

    pub(super) fn starting(&self) -> String {
        who::at_start(&self.finding.series, self.display)
    }

    pub(super) fn subject(&self) -> String {
        clean::name(&self.finding.subject)
    }

    pub(super) fn counted(&self, one: &str, many: &str) -> String {
        figure::plural(self.measure().value.n.max(1), one, many)
    }
}

/// What a finding says.
pub(super) fn claim(case: &Case<'_>) -> Claim {
    if case.over && matches!(case.finding.level, Level::Unknown(_)) {
        return unheard(case);
    }
    match &case.rule.check {
        Check::Threshold {
            metric: Metric::ConversationRequests | Metric::ConversationTokens,
            ..
        } if case.over => Claim::new(
            format!(
                "{}: no conversation over its limit goes on.",
                case.starting()
            ),
            "no conversation over its limit goes on",
        ),
        Check::Threshold { metric, .. }
        | Check::Drift { metric, .. }
        | Check::Anomaly { metric, .. } => figures(case, *metric),
        Check::Budget(budget) => spending::spent(case, budget.period),
        Check::Burn(burn) => spending::burns(case, burn),
        Check::Residency(residency) if case.over => landed::no_more(case, *residency),
        Check::Residency(residency) => landed::landed(case, *residency),
        Check::FirstSight(sight) => seen(case, *sight),
        Check::Silence { .. } => quiet(case),
        Check::Calendar(calendar) => due::claim(case, calendar.due),
    }
}

/// The end of what nobody saw end.
fn unheard(case: &Case<'_>) -> Claim {
    let last = moment::day_hour(case.finding.at, case.zone);
    Claim::new(
        format!(
            "Nothing that could be judged was heard of {} since {last}: closed, and nobody knows whether it is over.",
            case.who()
        ),
        format!("closed, nothing heard since {last}"),
    )
}

/// What the figure is held against: `approved 4 ¢`, `limit 5 %`, `expected 120 to 180`.
pub(super) fn yardstick(rule: &Rule, measure: &Measure) -> Option<String> {
    let say = |amount: Amount| metric::bare(measure.metric, amount);
    if let Some((least, _, most)) = measure.expected {
        return Some(format!("expected {}", figure::range(least, most, say)));
    }
    let limit = measure.limit?;
    let whole = |ppm: i64| Amount::new(limit.unit, part_of(limit.n, ppm));
    let approved = |ppm: i64| {
        let plan = format!("approved {}", say(whole(ppm)));
        if ppm == 1_000_000 {
            plan
        } else {
            format!("{plan}, limit {}", say(limit))
        }
    };
    Some(match &rule.check {
        Check::Drift { above, .. } => approved(*above),
        Check::Threshold {
            above,
            below,
            metric,
            ..
        } => match above.or(*below) {
            Some(Limit::OfApproved(ppm)) => approved(ppm),
            Some(Limit::OfDeclared(_)) => format!("{} {}", declared(*metric), say(limit)),
            Some(Limit::Fixed(_)) if above.is_none() => format!("at least {}", say(limit)),
            Some(Limit::Fixed(_)) | None => format!("limit {}", say(limit)),
        },
        Check::Budget(_)
        | Check::Burn(_)
        | Check::Anomaly { .. }
        | Check::Residency(_)
        | Check::FirstSight(_)
        | Check::Silence { .. }
        | Check::Calendar(_) => format!("limit {}", say(limit)),
    })
}

/// The whole of which `n` is so many millionths.
fn part_of(n: i64, ppm: i64) -> i64 {
    let whole = i128::from(n)
        .saturating_mul(1_000_000)
        .checked_div(i128::from(ppm))
        .unwrap_or(i128::from(n));
    i64::try_from(whole).unwrap_or(n)
}

/// What the registry's figure is called that a limit is a part of.
fn declared(metric: Metric) -> &'static str {
    match metric {
        Metric::Spend => "budget",
        Metric::ConversationTokens | Metric::ConversationRequests => "allowed",
        Metric::Calls
        | Metric::Requests
        | Metric::Tokens
        | Metric::CostPerCall
        | Metric::TokensPerCall
        | Metric::PromptPerCall
        | Metric::RetryShare
        | Metric::Retries
        | Metric::RetrySpend
        | Metric::ThrottledShare
        | Metric::ErrorShare
        | Metric::AuthShare
        | Metric::RequestErrorShare
        | Metric::LatencyP50
        | Metric::LatencyP95
        | Metric::LatencyP95OfTimeout
        | Metric::OverTimeoutShare
        | Metric::Violated
        | Metric::UnprovenShare
        | Metric::Contradicted
        | Metric::Fallbacks
        | Metric::PlatformRequests
        | Metric::UnpricedShare
        | Metric::Coverage
        | Metric::QuarantineShare
        | Metric::LostRecords
        | Metric::Lag
        | Metric::ContextUse => "limit",
    }
}

fn figures(case: &Case<'_>, metric: Metric) -> Claim {
    let measure = case.measure();
    let (value, minutes) = (measure.value, measure.window_minutes);
    let check = &case.rule.check;
    let figure = metric::figure_of(check, metric, value, minutes);
    let yard = yardstick(case.rule, measure);
    let topic = match &yard {
        Some(yard) => format!("{figure}, {yard}"),
        None => figure.clone(),
    };
    let who = case.starting();
    let sentence = match (case.over, &yard, measure.expected) {
        (true, Some(yard), _) => format!("{who} is back to normal: {figure}, {yard}."),
        (true, None, _) => format!("{who} is back to normal: {figure}."),
        (false, Some(yard), Some(_)) => {
            let does = metric::does(check, metric, value, minutes);
            let range = yard.strip_prefix("expected ").unwrap_or(yard);
            format!("{who} {does}; expected at this hour: {range}.")
        }
        (false, Some(yard), None) => {
            let does = metric::does(check, metric, value, minutes);
            format!("{who} {does}, {yard}.")
        }
        (false, None, _) => format!("{who} {}.", metric::does(check, metric, value, minutes)),
    };
    Claim::new(sentence, topic)
}

fn seen(case: &Case<'_>, sight: Sight) -> Claim {
    let subject = match case.subject() {
        text if text.is_empty() => case.who(),
        text => text,
    };
    let by = if case.finding.series.values().is_empty() || case.who().contains(&subject) {
        String::new()
    } else {
        format!(" by {}", case.who())
    };
    let calls = case.counted("call", "calls");
    let (what, topic) = match sight {
        Sight::Endpoint => ("Endpoint", "first call to endpoint"),
        Sight::Model => ("Model", "first call to model"),
        Sight::Credential => ("Credential", "first call with credential"),
        Sight::Host => ("Host", "calls to an unregistered LLM host:"),
    };
    let sentence = match (case.over, sight) {
        (true, _) => format!("{what} {subject} is no longer new, or is registered now."),
        (false, Sight::Host) => {
            format!("LLM calls go to {subject}, a host that nobody registered: {calls}{by}.")
        }
        (false, Sight::Endpoint | Sight::Model | Sight::Credential) => {
            format!("{what} {subject} is used for the first time: {calls}{by}.")
        }
    };
    Claim::new(sentence, format!("{topic} {subject}"))
}

fn quiet(case: &Case<'_>) -> Claim {
    let measure = case.measure();
    let who = case.starting();
    let quiet = match measure.value.unit {
        Unit::Millis => figure::span(measure.value.n),
        Unit::Count | Unit::Tokens | Unit::NanoUsd | Unit::Ppm | Unit::Days => {
            format!("{}{THIN}min", measure.window_minutes)
        }
    };
    let most = measure
        .limit
        .filter(|limit| limit.unit == Unit::Millis)
        .map(|limit| {
            format!(
                "; at this hour {} without a call are too many",
                figure::span(limit.n)
            )
        })
        .unwrap_or_default();
    let expected = measure
        .expected
        .filter(|(_, middle, _)| middle.unit == Unit::Count)
        .map(|(least, _, most)| {
            format!(
                "; expected are {} calls",
                figure::range(least, most, figure::amount)
            )
        });
    if case.over {
        return Claim::new(
            format!("{who} is heard again after {quiet}."),
            format!("heard again after {quiet}"),
        );
    }
    let yard = expected.unwrap_or(most);
    Claim::new(
        format!("{who} has been silent for {quiet}{yard}."),
        format!("silent for {quiet}"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;
    use crate::alert::Unknown;
    use crate::units::UnixMillis;

    #[test]
    fn an_end_that_nobody_saw_is_not_called_one() {
        let told = UnixMillis(1_795_225_860_000);
        let mut notice = example::notice(told, StepKind::Resolved);
        let case = |notice: &Notice| claim(&Case::of(notice, Tz::UTC)).topic;
        notice.finding.level = Level::Good;
        assert_eq!(
            case(&notice),
            "950 calls in 10\u{a0}min, expected 120 to 180"
        );
        notice.finding.level = Level::Unknown(Unknown::TooFew);
        assert_eq!(
            case(&notice),
            "closed, nothing heard since Sat 21 Nov 01:51"
        );
    }
}
