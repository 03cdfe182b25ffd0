//! What to do, where neither the books nor the rule say it.
//!
//! Knows no series. A newcomer may ask why there is always something: a mail at night without a next step is
//! a mail that is answered by silencing it.

use crate::alert::{Check, Due, Metric, Notice, Residency, Sight, StepKind};

use super::clean;

/// What to do, in a sentence or two.
pub(super) fn advice(notice: &Notice) -> String {
    if notice.kind == StepKind::Resolved {
        return match notice.rule.severity {
            crate::alert::Severity::Page | crate::alert::Severity::Warning => {
                "nothing now. Say whether it was real, planned or noise: what follows depends on it."
                    .to_owned()
            }
            crate::alert::Severity::Info => "nothing.".to_owned(),
        };
    }
    let told = notice.explained.action.as_deref();
    let written = notice.rule.action.as_deref();
    match told.or(written).map(clean::sentence) {
        Some(text) if !text.is_empty() => text,
        Some(_) | None => past(notice)
            .unwrap_or_else(|| usual(&notice.rule.check))
            .to_owned(),
    }
}

/// What to do when a day has passed before which something was to be done.
fn past(notice: &Notice) -> Option<&'static str> {
    let Check::Calendar(calendar) = &notice.rule.check else {
        return None;
    };
    let late = notice.finding.measure.value.n < 0;
    match calendar.due {
        Due::Credential if late => {
            Some("make the new credential today; the old one may stop working at any time.")
        }
        Due::Retirement if late => {
            Some("move the endpoint to the successor now; calls to it will be refused.")
        }
        Due::Credential | Due::Retirement | Due::Pilot | Due::Exercise | Due::Prices => None,
    }
}

fn usual(check: &Check) -> &'static str {
    match check {
        Check::Threshold { metric, .. }
        | Check::Anomaly { metric, .. }
        | Check::Drift { metric, .. } => of_metric(*metric),
        Check::Budget(_) => {
            "lower what costs most, or have the budget raised before it is gone; `tollwatch report \
             daily` shows what it is."
        }
        Check::Burn(_) => {
            "if nobody started a large job, replace the credential that makes most of it: it may be \
             in other hands."
        }
        Check::Residency(residency) => of_residency(*residency),
        Check::FirstSight(sight) => match sight {
            Sight::Endpoint | Sight::Model => {
                "ask the feature's owner whether this was planned; declare it, or turn it off."
            }
            Sight::Credential => {
                "ask who made this credential; revoke it if nobody can say, else register it."
            }
            Sight::Host => {
                "find out who calls it; register the host with its region, or block it at the proxy."
            }
        },
        Check::Silence { .. } => {
            "check that the feature still works and that its log still comes: `tollwatch doctor`."
        }
        Check::Calendar(calendar) => match calendar.due {
            Due::Credential => {
                "make the new credential now, let both live until all callers have moved, then \
                 revoke the old one."
            }
            Due::Retirement => {
                "choose the successor, test it, and move the endpoint before that day."
            }
            Due::Pilot => {
                "decide: widen it, go on with it, or end it; then change its registration."
            }
            Due::Exercise => {
                "send some calls through it on a quiet day, and see that they are answered."
            }
            Due::Prices => {
                "update tollwatch or add a newer list to the price folder, then `tollwatch check`."
            }
        },
    }
}

fn of_metric(metric: Metric) -> &'static str {
    match metric {
        Metric::Calls | Metric::Requests | Metric::Tokens | Metric::Spend => {
            "find what makes most of it and stop or cap it; if it was planned, say so below."
        }
        Metric::CostPerCall => {
            "compare what a call sends and which model answers with what was approved; shorten the \
             prompt, move the model back, or have the new cost approved."
        }
        Metric::TokensPerCall | Metric::PromptPerCall => {
            "look for what the prompt gained: history, attachments, a new template."
        }
        Metric::RetryShare | Metric::Retries | Metric::RetrySpend => {
            "cap the retries of the caller, and look at why its first attempts fail."
        }
        Metric::ConversationRequests | Metric::ConversationTokens => {
            "stop the conversation, or cap its turns: it looks like a loop."
        }
        Metric::ThrottledShare => {
            "spread the calls, or raise the quota of the endpoint; retries make it worse."
        }
        Metric::ErrorShare | Metric::RequestErrorShare => {
            "look at the status codes and at the provider's status page; switch to the \
             fallback if it lasts."
        }
        Metric::AuthShare => "the credential is expired, revoked or wrong: replace it.",
        Metric::LatencyP50
        | Metric::LatencyP95
        | Metric::LatencyP95OfTimeout
        | Metric::OverTimeoutShare => {
            "look at the provider's status page and at prompt sizes; switch to the fallback if it lasts."
        }
        Metric::Violated | Metric::Contradicted | Metric::UnprovenShare | Metric::Fallbacks => {
            of_residency(Residency::Violated)
        }
        Metric::PlatformRequests => of_residency(Residency::PlatformDefault),
        Metric::UnpricedShare => {
            "add the missing price to `prices.toml`, then `tollwatch restate`."
        }
        Metric::Coverage => {
            "check both logs of the endpoint: one of them is late, or calls leave by another door."
        }
        Metric::QuarantineShare => {
            "`tollwatch quarantine list` shows the records and why they were refused."
        }
        Metric::LostRecords => {
            "raise the retention of the topic; figures of this time are too small and stay so."
        }
        Metric::Lag => "check the source and the daemon: `tollwatch doctor`.",
        Metric::ContextUse => "shorten the prompt before the model cuts it, or refuses it.",
    }
}

fn of_residency(residency: Residency) -> &'static str {
    match residency {
        Residency::Violated => {
            "stop the feature or point it back at its own endpoint, keep the evidence, tell the data \
             protection officer."
        }
        Residency::Contradicted => {
            "compare the registered region with what the provider states; one of them is wrong."
        }
        Residency::Fallback => {
            "find out why the own endpoint did not answer, and whether the fallback is allowed for \
             this data."
        }
        Residency::OtherDoor => {
            "find the route by which they left: the platform's own connection, another key, another \
             host."
        }
        Residency::PlatformDefault => {
            "choose the feature's own model in the platform's settings again; an upgrade may have \
             reset it."
        }
        Residency::OutsidePilot => {
            "take the others off it, or widen the pilot in its registration."
        }
        Residency::DownWithoutFallback => {
            "check the endpoint and its credential; name a fallback, or tell the users that it is \
             down."
        }
    }
}
