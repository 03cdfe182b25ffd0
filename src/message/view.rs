//! What a mail shows of a notice, as texts that a template places.
//!
//! Knows no template. A newcomer may ask why no figure is left to the template: text and HTML must say the same
//! numbers, whoever wrote the template.

use crate::alert::{Check, Due, Finding, Notice, Sample, Severity, StepKind};

use super::claim::{Case, claim};
use super::link::{Act, Link, links};
use super::rows::{self, Row, beyond};
use super::{Around, advice, clean, figure, moment, picture, spark, who};

/// Further series that one mail lists.
const OTHERS_MAX: usize = 20;
/// Calls that one mail shows as evidence.
const SAMPLES_MAX: usize = 3;

/// A further series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Other {
    pub who: String,
    pub what: String,
}

/// What a mail shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct View {
    /// `FIRING`.
    pub state: String,
    pub severity: &'static str,
    /// Which look the state has: `page`, `warning`, `info`, `good`.
    pub tone: &'static str,
    /// `since 02:40 (11 min)`.
    pub when: String,
    pub headline: String,
    /// The headline as the text part begins: with the state where it is news, and with when.
    pub lead: String,
    pub act: String,
    pub runbook: Option<String>,
    pub spark: Option<String>,
    pub caption: Option<String>,
    pub rows: Vec<Row>,
    pub samples: Vec<String>,
    pub others: Vec<Other>,
    pub others_left: usize,
    pub links: Vec<Link>,
    pub foot: Vec<String>,
    /// The subject without its state.
    pub topic: String,
}

/// The words of a state for subject and first line.
pub(super) fn state_of(words: &str) -> String {
    words.to_uppercase()
}

/// `since 02:40 (11 min)`, or how long it lasted; nothing for a date, which says it itself.
fn when(notice: &Notice, around: &Around<'_>) -> String {
    let zone = around.zone;
    if let Check::Calendar(_) = notice.rule.check {
        return String::new();
    }
    let from = moment::near(notice.since, notice.told, zone);
    if notice.kind == StepKind::Resolved {
        let end = notice.finding.at.max(notice.since);
        let to = moment::near(end, notice.told, zone);
        let lasted = figure::span(end.0 - notice.since.0);
        return format!("lasted {lasted} ({from} to {to})");
    }
    let age = figure::span(notice.told.0.saturating_sub(notice.since.0));
    format!("since {from} ({age})")
}

/// What it costs, as a sentence with a blank before it.
fn cost(notice: &Notice) -> String {
    let loss = notice.finding.loss;
    let than = beyond(&notice.rule.check);
    if notice.kind == StepKind::Resolved {
        return match loss.so_far_nanousd {
            Some(sum) if sum > 0 => {
                format!(" It cost {} more than {than}.", figure::dollars(sum))
            }
            Some(_) | None => String::new(),
        };
    }
    match loss.per_hour_nanousd {
        Some(rate) if rate > 0 => format!(" It costs {} more every hour.", figure::dollars(rate)),
        Some(_) | None => String::new(),
    }
}

/// What comes with it: further series of the same rule do as it does, other rules say their own.
fn more(notice: &Notice) -> String {
    let all = i64::try_from(notice.others_count).unwrap_or(i64::MAX);
    let is_over = notice.kind == StepKind::Resolved;
    let is_mixed = !notice.others_rules.is_empty();
    match (all, is_over) {
        (0, _) => String::new(),
        (_, false) if is_mixed => {
            let come = if all == 1 { "comes" } else { "come" };
            format!(
                " {} {come} with it.",
                figure::plural(all, "more alert", "more alerts")
            )
        }
        (_, true) if is_mixed => " So is what came with it.".to_owned(),
        (1, false) => " So does one other series.".to_owned(),
        (_, false) => format!(" So do {} other series.", figure::count(all)),
        (1, true) => " So is one other series.".to_owned(),
        (_, true) => format!(" So are {} other series.", figure::count(all)),
    }
}

/// The subject without its state: the same in every mail of the episode.
fn topic(notice: &Notice, what: &str) -> String {
    let who = who::at_start(&notice.finding.series, &notice.display_name);
    let alone = matches!(
        &notice.rule.check,
        Check::Calendar(calendar) if calendar.due == Due::Prices
    );
    let mut topic = if alone || what.contains(&who) {
        who::capital(what)
    } else {
        format!("{who}: {what}")
    };
    match notice.finding.loss.per_hour_nanousd {
        Some(rate) if rate > 0 && notice.kind != StepKind::Resolved => {
            topic.extend([", +", &figure::dollars(rate), " an hour"]);
        }
        Some(_) | None => {}
    }
    if notice.others_count > 0 {
        let count = i64::try_from(notice.others_count).unwrap_or(i64::MAX);
        topic.extend([", and ", &figure::count(count), " more"]);
    }
    topic.extend([" (#", &notice.id.episode.to_string(), ")"]);
    topic
}

/// `02:40:12 in eastus: header x-ms-region (C) · call chatcmpl-9f, topic/3@991`.
fn sampled(sample: &Sample, around: &Around<'_>) -> String {
    let at = moment::second(sample.at, around.zone);
    let mut parts = Vec::new();
    let evidence = clean::name(&sample.evidence);
    let region = clean::name(&sample.region);
    parts.push(match (region.is_empty(), evidence.is_empty()) {
        (false, false) => format!("{at} landed in {region}: {evidence}"),
        (false, true) => format!("{at} landed in {region}"),
        (true, false) => format!("{at} {evidence}"),
        (true, true) => at,
    });
    let identity = clean::name(&sample.identity);
    if !identity.is_empty() {
        parts.push(format!("call {identity}"));
    }
    let place = clean::name(&sample.place);
    if !place.is_empty() {
        parts.push(format!("record {place}"));
    }
    parts.join(" · ")
}

fn other(notice: &Notice, finding: &Finding, around: &Around<'_>) -> Other {
    let mut rules = notice.others_rules.iter();
    let case = Case {
        rule: rules
            .find(|rule| rule.name == finding.rule)
            .unwrap_or(&notice.rule),
        finding,
        display: "",
        over: notice.kind == StepKind::Resolved,
        zone: around.zone,
    };
    let mut what = claim(&case).topic;
    if let Some(rate) = finding.loss.per_hour_nanousd.filter(|rate| *rate > 0)
        && notice.kind != StepKind::Resolved
    {
        what.extend([", +", &figure::dollars(rate), " an hour"]);
    }
    Other {
        who: case.starting(),
        what,
    }
}

fn ordinal(step: u32) -> String {
    match step {
        0 | 1 => "first".to_owned(),
        2 => "second".to_owned(),
        3 => "third".to_owned(),
        _ => format!("{step}th"),
    }
}

fn foot(notice: &Notice, around: &Around<'_>) -> Vec<String> {
    let why = clean::sentence(around.why);
    let rule = clean::name(&notice.rule.name);
    let mut foot = vec![format!(
        "You get this because {why} (rule {rule}, {} mail of episode {}).",
        ordinal(notice.id.step),
        notice.id.episode
    )];
    let reason = clean::sentence(&notice.rule.reason);
    if !reason.is_empty() {
        foot.push(format!(
            "Why the rule is there: {}.",
            reason.trim_end_matches('.')
        ));
    }
    let mut facts = Vec::new();
    if let Some(day) = around.prices_of {
        facts.push(format!("Price list {}.", moment::date(day, chrono_tz::UTC)));
    }
    let zone = moment::zone_name(notice.told, around.zone);
    facts.push(format!("Times are {zone}."));
    foot.push(facts.join(" "));
    foot
}

pub(super) fn tone(notice: &Notice) -> &'static str {
    match (notice.kind, notice.severity) {
        (StepKind::Resolved, _) => "good",
        (StepKind::Fired | StepKind::Changed | StepKind::Reminded, Severity::Page) => "page",
        (StepKind::Fired | StepKind::Changed | StepKind::Reminded, Severity::Warning) => "warning",
        (StepKind::Fired | StepKind::Changed | StepKind::Reminded, Severity::Info) => "info",
    }
}

/// What the text part begins with: a first mail needs no word before its sentence.
fn lead(notice: &Notice, headline: &str, when: &str) -> String {
    let when = match notice.kind {
        _ if when.is_empty() => String::new(),
        StepKind::Fired | StepKind::Changed | StepKind::Reminded => {
            format!(" {}.", who::capital(when))
        }
        StepKind::Resolved => format!(" It {when}."),
    };
    let before = match notice.kind {
        StepKind::Fired => "",
        StepKind::Changed => "It has grown. ",
        StepKind::Reminded => "Still so. ",
        StepKind::Resolved => "Resolved. ",
    };
    format!("{before}{headline}{when}")
}

/// What can be done about a mail of that kind.
fn acts(kind: StepKind) -> &'static [Act] {
    match kind {
        StepKind::Fired | StepKind::Changed | StepKind::Reminded => {
            &[Act::Ack, Act::Silence, Act::Planned, Act::Noise]
        }
        StepKind::Resolved => &[Act::Real, Act::Planned, Act::Noise],
    }
}

/// What a mail shows of a notice.
pub(super) fn view(notice: &Notice, around: &Around<'_>) -> View {
    let said = claim(&Case::of(notice, around.zone));
    let headline = format!("{}{}{}", said.sentence, cost(notice), more(notice));
    let when = when(notice, around);
    let graph = notice.explained.graph.as_ref();
    let spark = graph.and_then(|graph| spark::spark(graph, notice.told, around.zone));
    let caption = graph
        .filter(|_| spark.is_some())
        .map(|graph| picture::caption(notice, graph));
    let others: Vec<Other> = notice
        .others
        .iter()
        .take(OTHERS_MAX)
        .map(|finding| other(notice, finding, around))
        .collect();
    View {
        state: state_of(notice.kind.as_str()),
        severity: notice.severity.as_str(),
        tone: tone(notice),
        lead: lead(notice, &headline, &when),
        when,
        headline,
        act: who::capital(&advice::advice(notice)),
        runbook: notice
            .rule
            .runbook
            .as_deref()
            .filter(|_| notice.kind != StepKind::Resolved)
            .and_then(clean::address),
        spark,
        caption,
        rows: rows::rows(notice),
        samples: notice
            .explained
            .samples
            .iter()
            .take(SAMPLES_MAX)
            .map(|one| sampled(one, around))
            .collect(),
        others_left: notice.others_count.saturating_sub(others.len()),
        others,
        links: match notice.id.episode {
            // Nothing can be done about a test.
            0 => Vec::new(),
            episode => links(episode, acts(notice.kind), around.public_url, around.sign),
        },
        foot: foot(notice, around),
        topic: topic(notice, &said.topic),
    }
}
