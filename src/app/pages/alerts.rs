//! Open and past alerts, each with the chart and words of its mail, and who was told when.
//!
//! Knows no HTML. A newcomer may ask who takes what its forms say: `changes.rs` beside it, by the orders
//! that the command line gives.

mod forms;
mod one;

use std::collections::BTreeMap;

use crate::alert::{Explained, Notice, Severity, StepKind};
use crate::app::alert::episodes;
use crate::app::alert::explain::explain;
use crate::episode::EpisodeView;
use crate::figure::{count, dollars, duration, plural};
use crate::message::{self, Around, Mail, Templates};
use crate::money::NanoUsd;
use crate::units::Text;
use crate::web::Refused;
use crate::web::page::{Body, Card, Cell, Kind, Page, Table, Tone, Words, columns};

use super::Ask;
use super::parts::number;
use super::view::Fault;

pub(super) use forms::HOURS;

/// Episodes that are shown.
const EPISODES: usize = 200;
pub(super) fn page(ask: &Ask<'_>) -> Result<Page, Fault> {
    if let Some(episode) = ask.asked.get("episode") {
        let number: u64 = episode
            .parse()
            .map_err(|_| Fault::Refused(Refused::Unknown))?;
        return one::one(ask, number);
    }
    let list: Vec<EpisodeView> = episodes(ask.ledger, false, EPISODES)?;
    let counts = ask.ledger.outbox_counts()?;
    let mut lead = Words::of(
        "Rules are judged on every minute of the books; each alert says its rule, its figure and its yardstick. ",
    );
    if counts.waiting > 0 {
        let n = i64::try_from(counts.waiting).unwrap_or(i64::MAX);
        lead = lead.with(
            Tone::Warn,
            plural(n, "message waits to be sent", "messages wait to be sent"),
        );
    }
    Ok(Page {
        headline: headline(&list),
        lead,
        rows: vec![
            vec![list_card(ask, &list)],
            vec![forms::silent(ask)?],
            vec![rules_card(ask, &list)],
        ],
        ..Page::default()
    })
}

/// Alerts that are not over, with what each is about; the most urgent first.
pub(super) fn open(ask: &Ask<'_>) -> Result<Vec<(EpisodeView, String)>, Fault> {
    let mut list = episodes(ask.ledger, true, EPISODES)?;
    list.sort_by_key(|one| (std::cmp::Reverse(one.severity), one.since));
    Ok(list
        .into_iter()
        .map(|one| (topic(ask, &one), one))
        .map(|(topic, one)| (one, topic))
        .collect())
}

/// How urgent an alert looks.
pub(super) fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Page => Tone::Bad,
        Severity::Warning => Tone::Warn,
        Severity::Info => Tone::Dim,
    }
}

fn headline(list: &[EpisodeView]) -> Words {
    let open: Vec<&EpisodeView> = list.iter().filter(|one| one.resolved.is_none()).collect();
    let n = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    if list.is_empty() {
        return Words::of("No alert has fired yet.");
    }
    if open.is_empty() {
        return Words::of("No alert is open; ").say(plural(n(list.len()), "is over.", "are over."));
    }
    let alone = n(open.iter().filter(|one| one.acked.is_none()).count());
    let words = Words::new().bad(plural(n(open.len()), "alert is open", "alerts are open"));
    match (alone, open.len()) {
        (0, _) => words.say("; somebody takes care of each."),
        (_, 1) => words.say("; nobody has acknowledged it."),
        (alone, all) if alone == n(all) => words.say("; nobody has acknowledged any of them."),
        _ => words.say(format!(
            "; {} of them nobody has acknowledged.",
            count(alone)
        )),
    }
}

/// An episode as a person is told; `None` where its rule is gone.
fn notice(ask: &Ask<'_>, episode: &EpisodeView, explained: bool) -> Option<Notice> {
    let finding = &episode.worst;
    let rules = &ask.setup.ready.alerts.rules.rules;
    let rule = rules.iter().find(|rule| rule.name == finding.rule)?;
    let findings = std::slice::from_ref(finding);
    let explained = if explained {
        explain(ask.ledger, ask.rules, rule, findings, ask.now).ok()?
    } else {
        Explained::default()
    };
    let feature = finding.series.get(crate::alert::Dimension::Feature);
    let known = feature.and_then(|key| ask.rules.features.by_key(key));
    let known = known.and_then(|id| ask.rules.features.get(id));
    let over = episode.resolved.is_some();
    Some(Notice {
        id: episode.last,
        kind: if over {
            StepKind::Resolved
        } else {
            StepKind::Fired
        },
        severity: episode.severity,
        rule: rule.clone(),
        finding: finding.clone(),
        others: Vec::new(),
        others_rules: Vec::new(),
        others_count: usize::try_from(episode.series)
            .unwrap_or(0)
            .saturating_sub(1),
        explained,
        told: episode.resolved.unwrap_or(ask.now),
        since: episode.since,
        display_name: known.map_or_else(Text::default, |feature| feature.display_name.clone()),
        explains: Vec::new(),
    })
}

fn mail(ask: &Ask<'_>, notice: &Notice) -> Mail {
    let alerts = &ask.setup.ready.alerts;
    message::render(
        notice,
        &Around {
            zone: ask.view.zone,
            public_url: alerts.public_url.as_deref(),
            sign: &|_, _| None,
            templates: &Templates::default(),
            from: "pages@localhost",
            realm: "pages",
            route: "pages",
            why: "you look at its page",
            topic: None,
            prices_of: ask.setup.ready.declared.prices_of,
            unsubscribe: None,
        },
    )
}

/// What an episode is about: the subject of its mails without the state, and at its worst even where it is over.
pub(super) fn topic(ask: &Ask<'_>, episode: &EpisodeView) -> String {
    let told = notice(ask, episode, false).map(|notice| {
        let at_worst = Notice {
            kind: StepKind::Fired,
            ..notice
        };
        mail(ask, &at_worst).topic
    });
    told.unwrap_or_else(|| episode.worst.rule.to_string())
}

fn state(ask: &Ask<'_>, episode: &EpisodeView) -> (Words, String) {
    match episode.resolved {
        Some(at) => (
            Words::new().dim(format!("over {}", ask.view.time_text(at))),
            at.to_string(),
        ),
        None => (
            Words::new().with(tone(episode.severity), "open"),
            String::new(),
        ),
    }
}

fn list_card(ask: &Ask<'_>, list: &[EpisodeView]) -> Card {
    if list.is_empty() {
        let words = Words::of("The shipped rules are on by themselves; those that need an approved figure, a timeout or a budget begin when the registry has one. ")
            .code("tollwatch rules list")
            .say(" shows each with its reason.");
        return Card {
            title: "What fired?".to_owned(),
            body: vec![Body::Empty(words)],
            ..Card::default()
        };
    }
    let row = |one: &EpisodeView| {
        let link = ask.view.link(&format!("/alerts/{}", one.number));
        let topic = topic(ask, one);
        let (state, over) = state(ask, one);
        let mark = one.acked.as_ref().map_or("", |mark| mark.author.as_str());
        let severity = one.severity.as_str();
        let loss = one.worst.loss.so_far_nanousd;
        vec![
            Cell::new(Words::of(one.number.to_string()), one.number.to_string()),
            Cell::new(Words::new().with(tone(one.severity), severity), severity),
            Cell::new(Words::new().link(topic.as_str(), link, true), topic.clone()).hint(topic),
            Cell::new(
                Words::of(ask.view.time_text(one.since)),
                one.since.to_string(),
            ),
            Cell::new(state, over),
            loss.map_or_else(Cell::none, |nano| {
                Cell::new(Words::of(dollars(NanoUsd(nano))), NanoUsd(nano).to_string())
            }),
            number(i64::from(one.series)),
            Cell::new(
                Words::of(if one.told { "told" } else { "nobody told" }),
                one.told.to_string(),
            ),
            Cell::name(mark),
            Cell::name(one.feedback.as_deref().unwrap_or_default()),
        ]
    };
    Card {
        title: "What fired?".to_owned(),
        sub: Words::of("the latest first; times by the calls' own clock"),
        body: vec![Body::Table(Table {
            name: "episodes",
            about: "Open and past alerts",
            columns: columns(&[
                ("Alert", "episode", Kind::Number),
                ("", "severity", Kind::Text),
                ("What", "topic", Kind::Prose),
                ("Since", "since", Kind::Text),
                ("State", "resolved", Kind::Text),
                ("So far", "loss_usd", Kind::Number),
                ("Series", "series", Kind::Number),
                ("", "told", Kind::Text),
                ("Taken by", "acknowledged_by", Kind::Text),
                ("It was", "feedback", Kind::Text),
            ]),
            rows: list.iter().map(row).collect(),
            first: 50,
            ..Table::default()
        })],
        ..Card::default()
    }
}

/// Each rule that fired, with how it fared.
fn rules_card(ask: &Ask<'_>, list: &[EpisodeView]) -> Card {
    let mut rules: BTreeMap<&str, Vec<&EpisodeView>> = BTreeMap::new();
    for one in list {
        rules.entry(one.worst.rule.as_str()).or_default().push(one);
    }
    let on = &ask.setup.ready.alerts.rules.rules;
    let on = i64::try_from(on.iter().filter(|rule| rule.on).count()).unwrap_or(i64::MAX);
    let row = |(rule, list): (&&str, &Vec<&EpisodeView>)| {
        let n = i64::try_from(list.len()).unwrap_or(i64::MAX);
        let said = |word: &str| {
            list.iter()
                .filter(|one| one.feedback.as_deref() == Some(word))
                .count()
        };
        let acked: Vec<i64> = list
            .iter()
            .filter_map(|one| Some(one.acked.as_ref()?.at.0 - one.opened.0))
            .collect();
        let mean =
            crate::app::report::over(acked.iter().sum(), i64::try_from(acked.len()).unwrap_or(0));
        let mean = mean.and_then(|ms| u64::try_from(ms).ok());
        vec![
            Cell::name(rule),
            number(n),
            number(
                i64::try_from(list.iter().filter(|one| one.resolved.is_none()).count())
                    .unwrap_or(0),
            ),
            mean.map_or_else(Cell::none, |ms| {
                Cell::new(Words::of(duration(ms)), ms.to_string())
            }),
            super::parts::part(i64::try_from(said("noise")).unwrap_or(0), n),
        ]
    };
    Card {
        title: "Which rules?".to_owned(),
        sub: Words::of(format!(
            "of the {EPISODES} latest alerts; {} on",
            plural(on, "rule is", "rules are")
        )),
        body: vec![Body::Table(Table {
            name: "rules",
            about: "Rules that fired",
            columns: columns(&[
                ("Rule", "rule", Kind::Text),
                ("Alerts", "alerts", Kind::Number),
                ("open", "open", Kind::Number),
                ("Acknowledged after", "acknowledged_after_ms", Kind::Number),
                ("called noise", "noise", Kind::Number),
            ]),
            rows: rules.iter().map(row).collect(),
            ..Table::default()
        })],
        ..Card::default()
    }
}
