//! What a rule waits for before it can fire at all.
//!
//! Knows no books. A newcomer may ask why this is told of the registry alone: a rule that nobody gave a
//! figure to is silent for ever, and that must not look like good news.

use crate::alert::{
    Budget, Burn, Calendar, Check, Declared, DeclaredEndpoint, DeclaredFeature, Dimension, Due,
    Limit, Metric, Residency, Rule, Sight,
};

/// What a rule waits for, in words; empty where it can fire today.
#[must_use]
pub fn waits(rule: &Rule, declared: &Declared) -> Vec<String> {
    let mut waits = of_check(&rule.check, rule, declared);
    for (dimension, what) in [
        (Dimension::Credential, "a source that tells credentials"),
        (
            Dimension::UserGroup,
            "user groups, and a source that tells users",
        ),
        (Dimension::Conversation, "a source that tells conversations"),
    ] {
        if rule.by.contains(&dimension) {
            waits.push(what.to_owned());
        }
    }
    waits
}

fn of_check(check: &Check, rule: &Rule, declared: &Declared) -> Vec<String> {
    match check {
        Check::Threshold {
            metric,
            above,
            below,
            ..
        } => {
            let limits = [above, below].into_iter().flatten();
            let mut waits: Vec<String> = limits
                .filter_map(|limit| of_limit(*limit, *metric, rule, declared))
                .collect();
            if *metric == Metric::LatencyP95OfTimeout {
                waits.extend(endpoints(declared, "`timeout_ms`", |one| {
                    one.timeout_ms.is_some()
                }));
            }
            if *metric == Metric::ContextUse {
                waits.extend(endpoints(declared, "`max_context_tokens`", |one| {
                    one.context_tokens.is_some()
                }));
            }
            waits
        }
        Check::Drift { metric, .. } => approved(*metric, declared).into_iter().collect(),
        Check::Budget(Budget { nanousd, .. }) | Check::Burn(Burn { nanousd, .. }) => {
            match nanousd {
                Some(_) => Vec::new(),
                None => of_budget(rule, declared),
            }
        }
        Check::Anomaly { .. } => vec!["a history of its own".to_owned()],
        Check::Silence { .. } => vec!["8 days of traffic".to_owned()],
        Check::Residency(event) => of_event(*event, declared),
        Check::FirstSight(Sight::Credential) => vec!["a source that tells credentials".to_owned()],
        Check::FirstSight(Sight::Endpoint | Sight::Model | Sight::Host) => Vec::new(),
        Check::Calendar(calendar) => of_date(calendar, declared),
    }
}

fn of_limit(limit: Limit, metric: Metric, rule: &Rule, declared: &Declared) -> Option<String> {
    match limit {
        Limit::Fixed(_) => None,
        Limit::OfApproved(_) => approved(metric, declared),
        Limit::OfDeclared(_) if metric == Metric::Spend => of_budget(rule, declared).pop(),
        Limit::OfDeclared(_) if metric == Metric::ConversationTokens => {
            features(declared, "`conversation_token_budget`", |one| {
                one.conversation_tokens.is_some()
            })
        }
        Limit::OfDeclared(_) if metric == Metric::PromptPerCall => {
            endpoints(declared, "`max_context_tokens`", |one| {
                one.context_tokens.is_some()
            })
        }
        Limit::OfDeclared(_) => endpoints(declared, "`timeout_ms`", |one| one.timeout_ms.is_some()),
    }
}

/// Whether a feature has what a rule needs of it.
type Has = fn(&DeclaredFeature) -> bool;

/// What has to be approved for a figure; calls a day for those that are not here.
const APPROVED: [(Metric, &str, Has); 5] = [
    (Metric::CostPerCall, "`cents_per_call`", |one| {
        one.approved_nanousd.is_some()
    }),
    (Metric::TokensPerCall, "`tokens_per_call`", |one| {
        one.approved_tokens.is_some()
    }),
    (Metric::RetryShare, "`retry_share_percent`", |one| {
        one.approved_retries_ppm.is_some()
    }),
    (
        Metric::Spend,
        "`cents_per_call` and `calls_per_day`",
        |one| one.approved_nanousd.is_some() && one.approved_calls.is_some(),
    ),
    (
        Metric::Tokens,
        "`tokens_per_call` and `calls_per_day`",
        |one| one.approved_tokens.is_some() && one.approved_calls.is_some(),
    ),
];

/// What was not approved.
fn approved(metric: Metric, declared: &Declared) -> Option<String> {
    let found = APPROVED.iter().find(|(one, _, _)| *one == metric);
    let calls: Has = |one| one.approved_calls.is_some();
    let (what, has) = found.map_or(("`calls_per_day`", calls), |(_, what, has)| (*what, *has));
    features(declared, what, has)
}

fn of_budget(rule: &Rule, declared: &Declared) -> Vec<String> {
    let by_feature =
        rule.by.contains(&Dimension::Feature) || rule.by.contains(&Dimension::Application);
    let lacking = if by_feature {
        features(declared, "`budget_usd_per_month`", |one| {
            one.budget_nanousd.is_some()
        })
    } else {
        let none = declared.budget_nanousd.is_none();
        none.then(|| "`budget_usd_per_month` of `[alerts]`".to_owned())
    };
    lacking.into_iter().collect()
}

fn of_event(event: Residency, declared: &Declared) -> Vec<String> {
    let lacking = match event {
        Residency::OtherDoor | Residency::PlatformDefault => {
            features(declared, "`endpoints`", |one| !one.endpoints.is_empty())
        }
        Residency::OutsidePilot => features(declared, "`pilot_since` or `user_groups`", |one| {
            one.pilot_since.is_some() || !one.user_groups.is_empty()
        }),
        Residency::Violated
        | Residency::Contradicted
        | Residency::Fallback
        | Residency::DownWithoutFallback => None,
    };
    lacking.into_iter().collect()
}

fn of_date(calendar: &Calendar, declared: &Declared) -> Vec<String> {
    let lacking = match calendar.due {
        Due::Credential => endpoints(
            declared,
            "`credential_rotated` or `credential_due`",
            |one| one.credential_due.is_some(),
        ),
        Due::Retirement => endpoints(declared, "`retires`", |one| one.retires.is_some()),
        Due::Exercise => endpoints(declared, "`fallback_endpoint_ref`", |one| {
            one.fallback.is_some()
        }),
        Due::Pilot => features(declared, "`pilot_since`", |one| one.pilot_since.is_some()),
        Due::Prices => None,
    };
    lacking.into_iter().collect()
}

/// What some or all features lack; `None` where none does.
fn features(
    declared: &Declared,
    what: &str,
    has: impl Fn(&DeclaredFeature) -> bool,
) -> Option<String> {
    let lacking = declared.features.iter().filter(|one| !has(one)).count();
    share(what, (lacking, declared.features.len()), "feature")
}

fn endpoints(
    declared: &Declared,
    what: &str,
    has: impl Fn(&DeclaredEndpoint) -> bool,
) -> Option<String> {
    let lacking = declared.endpoints.iter().filter(|one| !has(one)).count();
    share(what, (lacking, declared.endpoints.len()), "endpoint")
}

fn share(what: &str, (lacking, all): (usize, usize), of: &str) -> Option<String> {
    match (lacking, all) {
        (_, 0) => Some(format!("a registered {of} with {what}")),
        (0, _) => None,
        (lacking, all) if lacking == all => Some(format!("{what} of any {of}")),
        (lacking, all) => Some(format!("{what} of {lacking} of {all} {of}s")),
    }
}
