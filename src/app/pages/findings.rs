//! What needs somebody, as the books tell it: broken rules, prices, outages, what nobody registered.
//!
//! Knows no alert: an alert has a beginning, an end and a recipient, and this list has what is so
//! in the chosen days. A newcomer may ask what comes first: what cannot be made good again.

use crate::episode::EpisodeView;
use crate::figure::{cents, count, dollars, plural, share, times};
use crate::money::NanoUsd;
use crate::units::UnixMillis;
use crate::web::page::{Body, Card, Finding, Tone, Words};

use super::overview::{Told, above, signed};

/// Findings of each kind that are shown.
const EACH: usize = 5;

/// The card.
pub(super) fn card(told: &Told<'_>) -> Card {
    let mut list = alerts(told);
    list.extend(residency(told));
    list.extend(cost(told));
    list.extend(outage(told));
    list.extend(unregistered(told));
    list.extend(unpriced(told));
    let body = if list.is_empty() {
        let calls = told.daily.total.calls.max(told.daily.total.requests);
        Body::Empty(Words::of(format!(
            "Nothing in these days: {} stayed inside their rules and approved costs.",
            plural(calls, "call", "calls")
        )))
    } else {
        Body::Findings(list)
    };
    Card {
        title: "What needs somebody?".to_owned(),
        sub: Words::of(told.ask.view.span_text()),
        body: vec![body],
        ..Card::default()
    }
}

/// Alerts that are not over.
fn alerts(told: &Told<'_>) -> Vec<Finding> {
    let open = super::alerts::open(told.ask).unwrap_or_default();
    let finding = |(episode, topic): &(EpisodeView, String)| {
        let acked = episode.acked.as_ref();
        let who = acked.map_or_else(
            || "nobody has acknowledged it".to_owned(),
            |mark| format!("{} takes care of it", mark.author),
        );
        Finding {
            word: episode.severity.as_str().to_owned(),
            tone: super::alerts::tone(episode.severity),
            title: Words::new().name(topic.as_str()),
            detail: Words::of(format!("alert {} · rule ", episode.number))
                .name(episode.worst.rule.as_str())
                .say(format!(" · {who}")),
            cost: format!("since {}", told.ask.view.time_text(episode.since)),
            link: told.ask.view.link(&format!("/alerts/{}", episode.number)),
        }
    };
    open.iter().take(EACH).map(finding).collect()
}

fn residency(told: &Told<'_>) -> Vec<Finding> {
    let view = told.ask.view;
    let wanted = |feature: &str| view.feature.as_deref().is_none_or(|only| only == feature);
    let broken = told.residency.features.iter();
    let broken = broken.filter(|one| one.figures.violated > 0 && wanted(&one.feature));
    let finding = |one: &crate::app::report::residency::Feature| {
        let of = |proof: &&crate::app::report::residency::Proof| {
            proof.verdict == "violated" && proof.feature == one.feature
        };
        let first = told
            .residency
            .evidence
            .iter()
            .filter(of)
            .min_by(|a, b| a.at.cmp(&b.at));
        let rule = one
            .rule
            .clone()
            .unwrap_or_else(|| one.endpoint_rules.join(", "));
        let mut detail = Words::of(format!(
            "{} of {} calls",
            count(one.figures.violated),
            count(one.figures.calls)
        ));
        if let Some(first) = first {
            let at = UnixMillis::parse(&first.at).map_or_else(String::new, |at| view.time_text(at));
            detail = detail.say(format!(
                ", the first {at} · evidence {}, ",
                first.grade.unwrap_or("–")
            ));
            detail = detail
                .name(first.evidence.as_str())
                .say(" · endpoint ")
                .code(first.endpoint.as_str());
        }
        let landed = told
            .residency
            .landed
            .iter()
            .filter(|row| row.verdict == "violated");
        let landed = landed.filter(|row| first.is_none_or(|first| first.endpoint == row.endpoint));
        let region = landed
            .map(|row| row.region.as_str())
            .next()
            .unwrap_or("another region");
        Finding {
            word: "residency".to_owned(),
            tone: Tone::Bad,
            title: Words::new()
                .name(one.name.as_str())
                .say(" lands in ")
                .name(region)
                .say(", allowed is ")
                .name(rule),
            detail,
            cost: share(one.figures.violated, one.figures.calls),
            link: view.feature_link("/residency", &one.feature),
        }
    };
    broken.take(EACH).map(finding).collect()
}

fn cost(told: &Told<'_>) -> Vec<Finding> {
    let view = told.ask.view;
    let mut list: Vec<_> = above(&told.daily.features).collect();
    let more = |(feature, each, plan): &(&crate::app::report::daily::Feature, i64, i64)| {
        (each - plan).saturating_mul(feature.figures.requests_ok)
    };
    list.sort_by_key(|one| std::cmp::Reverse(more(one)));
    let finding = |(feature, each, plan): (&crate::app::report::daily::Feature, i64, i64)| {
        let requests = plural(
            feature.figures.requests_ok,
            "answered request",
            "answered requests",
        );
        let mut detail = Words::of(format!(
            "{} over {requests}",
            times(NanoUsd(each), Some(NanoUsd(plan)))
        ));
        if let Some(tokens) = feature.figures.tokens_per_request {
            detail = detail.say(format!(" · {} tokens in a request", count(tokens)));
        }
        if let Some(story) = told
            .story
            .as_ref()
            .filter(|story| story.feature == feature.feature)
            && let Some(at) = story.since_at
        {
            detail = detail.say(format!(" · since {}", view.time_text(at)));
        }
        Finding {
            word: "cost".to_owned(),
            tone: super::parts::tone(each, plan),
            title: Words::new().name(feature.name.as_str()).say(format!(
                " costs {} a request, approved {}",
                cents(NanoUsd(each)),
                cents(NanoUsd(plan))
            )),
            detail,
            cost: signed(more(&(feature, each, plan))),
            link: view.feature_link("/spend", &feature.feature),
        }
    };
    list.into_iter().take(EACH).map(finding).collect()
}

fn outage(told: &Told<'_>) -> Option<Finding> {
    let view = told.ask.view;
    let outage = told.story.as_ref()?.outage.as_ref()?;
    let fallback = match (&outage.registered_fallback, outage.fallbacks) {
        (None, _) => Words::of("no fallback is registered, and none took over"),
        (Some(to), 0) => Words::of("the fallback ")
            .code(to.as_str())
            .say(" did not take over"),
        (Some(to), n) => {
            Words::of(format!("{} went to ", plural(n, "call", "calls"))).code(to.as_str())
        }
    };
    let (from, to) = outage.span;
    Some(Finding {
        word: "outage".to_owned(),
        tone: if outage.fallbacks == 0 {
            Tone::Bad
        } else {
            Tone::Warn
        },
        title: Words::new().name(outage.endpoint.as_str()).say(format!(
            " was down {} to {}",
            view.time_text(from),
            view.time_text(to)
        )),
        detail: Words::of(format!(
            "{} of {} calls failed; ",
            count(outage.failed),
            count(outage.calls)
        ))
        .and(fallback),
        cost: crate::figure::duration(u64::try_from(to.0 - from.0).unwrap_or(0)),
        link: view.link("/latency"),
    })
}

fn unregistered(told: &Told<'_>) -> Vec<Finding> {
    let view = told.ask.view;
    let hosts = told.residency.unregistered.iter().take(EACH);
    let finding = |(host, calls): &(String, i64)| Finding {
        word: "unknown".to_owned(),
        tone: Tone::Warn,
        title: Words::of("Calls to ")
            .name(host.as_str())
            .say(", which nobody registered"),
        detail: Words::of("add it to the endpoints, or find out who calls it"),
        cost: plural(*calls, "call", "calls"),
        link: view.link("/endpoints"),
    };
    hosts.map(finding).collect()
}

fn unpriced(told: &Told<'_>) -> Option<Finding> {
    let total = &told.daily.total;
    let reasons: Vec<String> = told
        .daily
        .unseen
        .unpriced
        .iter()
        .map(|(why, n)| format!("{why} {}", count(*n)))
        .collect();
    (total.requests_unpriced > 0).then(|| Finding {
        word: "unpriced".to_owned(),
        tone: Tone::Warn,
        title: Words::of(format!(
            "{} have no known price",
            plural(total.requests_unpriced, "request", "requests")
        )),
        detail: Words::of(format!("spend is at least {}; ", dollars(total.cost())))
            .name(reasons.join(", ")),
        cost: share(total.requests_unpriced, total.requests),
        link: told.ask.view.link("/spend"),
    })
}
