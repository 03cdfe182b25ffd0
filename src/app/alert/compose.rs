//! Makes messages of steps: explained by the books, written for each reader, ready for the outbox.
//!
//! Knows no server. A newcomer may ask why a mail is written when the step is decided and not when it is
//! sent: what it says must be what was so, and a second try must say the same.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use crate::alert::{Dimension, Explained, Finding, Notice, Rule, Series};
use crate::app::follow::Books;
use crate::app::setup::Setup;
use crate::episode::{Item, Step, Why};
use crate::ledger::{Fault, OutboxRow, Posted, Way};
use crate::message::{self, Around, Mail, Templates};
use crate::units::{Text, UnixMillis};

use super::explain::explain;
use super::{digest, hook, links};

/// Further series that a notice names.
const OTHERS_MAX: usize = 20;

/// Writes messages.
pub(super) struct Composer<'a, B> {
    books: &'a B,
    setup: &'a Setup,
    zone: Tz,
    templates: Option<Templates>,
}

/// What tells this ledger's mails from another's.
fn realm(books: &impl Books) -> String {
    let print = books.fingerprint_key().fingerprint("mail", "realm");
    let text = print.map_or_else(String::new, |print| format!("{print}"));
    text.chars()
        .filter(char::is_ascii_alphanumeric)
        .take(8)
        .collect()
}

impl<'a, B: Books> Composer<'a, B> {
    pub(super) fn new(books: &'a B, setup: &'a Setup, zone: Tz) -> Self {
        Composer {
            books,
            setup,
            zone,
            templates: None,
        }
    }

    /// The messages of a step, each mail with its text part; `topics` keeps the subjects of open episodes.
    ///
    /// # Errors
    /// What the ledger says.
    pub(super) fn messages(
        &mut self,
        step: &Step,
        topics: &mut BTreeMap<u64, String>,
    ) -> Result<Vec<(OutboxRow, String)>, Fault> {
        let alerts = &self.setup.ready.alerts;
        let is_mailed = alerts.mail.is_some() && !step.to.is_empty();
        let is_hooked =
            alerts.webhook.is_some() && hook::hears(step, topics.contains_key(&step.id.episode));
        if !is_mailed && !is_hooked {
            return Ok(Vec::new());
        }
        let notice = match step.digest {
            None => self.notice(step)?,
            Some(_) => None,
        };
        let mut rows = self.mails(step, notice.as_ref(), topics)?;
        if let Some(notice) = notice.filter(|_| is_hooked) {
            rows.push((self.hook(step, &notice, topics), String::new()));
        }
        Ok(rows)
    }

    fn mails(
        &mut self,
        step: &Step,
        notice: Option<&Notice>,
        topics: &mut BTreeMap<u64, String>,
    ) -> Result<Vec<(OutboxRow, String)>, Fault> {
        let setup = self.setup;
        let Some(mail) = &setup.ready.alerts.mail else {
            return Ok(Vec::new());
        };
        // A mail is one for all who are told for one reason, unless its links say for whom they are.
        let mut written: Vec<(Why, Option<usize>, Mail)> = Vec::new();
        let digest = match step.digest {
            Some(occasion) => Some(digest::digest(self, step, occasion)?),
            None => None,
        };
        let mut rows = Vec::new();
        for (at, to) in step.to.iter().enumerate() {
            let signed = setup.links.as_ref().map(|_| at);
            let known = written
                .iter()
                .position(|(why, of, _)| *why == to.why && *of == signed);
            let place = if let Some(place) = known {
                place
            } else {
                let topic = topics.get(&step.id.episode).cloned();
                let topic = topic.as_deref();
                let made = match (notice, &digest) {
                    (Some(notice), _) => self.with((step, at), topic, None, |around| {
                        message::render(notice, around)
                    }),
                    (None, Some(digest)) => {
                        let number = Some(step.id.episode);
                        self.with((step, at), None, number, |around| {
                            message::digest(digest, around)
                        })
                    }
                    (None, None) => return Ok(Vec::new()),
                };
                if notice.is_some() {
                    topics.entry(step.id.episode).or_insert(made.topic.clone());
                }
                written.push((to.why, signed, made));
                written.len() - 1
            };
            if let Some((.., made)) = written.get(place) {
                let bytes = made.bytes(&mail.from, &to.address);
                let row = row(step, made, (Way::Mail, &mail.from, &to.address), bytes);
                rows.push((row, made.text.clone()));
            }
        }
        Ok(rows)
    }

    /// Writes something for the reader at a place of a step; `digest` is the number of what belongs to no episode.
    pub(super) fn with<T>(
        &mut self,
        (step, place): (&Step, usize),
        topic: Option<&str>,
        digest: Option<u64>,
        write: impl FnOnce(&Around<'_>) -> T,
    ) -> T {
        let alerts = &self.setup.ready.alerts;
        let templates = self.templates.get_or_insert_with(|| templates(self.setup));
        let realm = match digest {
            None => realm(self.books),
            Some(number) => format!("{}d{number}", realm(self.books)),
        };
        let (why, route) = reason(step.to.get(place).map_or(Why::Rule, |to| to.why));
        let key = self.setup.links.as_ref();
        let from = alerts.mail.as_ref().map_or("", |mail| mail.from.as_str());
        write(&Around {
            zone: self.zone,
            public_url: alerts.public_url.as_deref(),
            sign: &|episode, act| links::sign(key?, (step, place), (episode, act)),
            templates,
            from,
            realm: &realm,
            route: &route,
            why: &why,
            topic,
            prices_of: self.setup.ready.declared.prices_of,
            unsubscribe: None,
        })
    }

    /// A step as a person is told; `None` where its rule is gone.
    pub(super) fn notice(&self, step: &Step) -> Result<Option<Notice>, Fault> {
        let Some(finding) = step.findings.first() else {
            return Ok(None);
        };
        let rules = &self.setup.ready.alerts.rules.rules;
        let Some(rule) = rules.iter().find(|rule| rule.name == finding.rule) else {
            return Ok(None);
        };
        let explained = explain(
            self.books,
            &self.setup.rules,
            rule,
            &step.findings,
            step.wall,
        )?;
        let others: Vec<Finding> = step
            .findings
            .iter()
            .skip(1)
            .take(OTHERS_MAX)
            .cloned()
            .collect();
        let series = usize::try_from(step.series).unwrap_or(usize::MAX);
        let is_other = |one: &&Rule| {
            one.name != rule.name && others.iter().any(|other| other.rule == one.name)
        };
        let others_rules = rules.iter().filter(is_other).cloned().collect();
        Ok(Some(Notice {
            others_rules,
            id: step.id,
            kind: step.kind,
            severity: step.severity,
            rule: rule.clone(),
            finding: finding.clone(),
            others,
            others_count: series.saturating_sub(1),
            explained,
            told: step.wall,
            since: step.since,
            display_name: self.display_name(&finding.series),
            explains: step.explains.clone(),
        }))
    }

    /// A line of a digest as a notice; `None` where its rule is gone.
    pub(super) fn item(&self, item: &Item) -> Option<Notice> {
        let rules = &self.setup.ready.alerts.rules.rules;
        let rule = rules.iter().find(|rule| rule.name == item.finding.rule)?;
        let series = usize::try_from(item.series).unwrap_or(usize::MAX);
        Some(Notice {
            id: item.id,
            kind: if item.over {
                crate::alert::StepKind::Resolved
            } else {
                item.kind
            },
            severity: item.severity,
            rule: rule.clone(),
            finding: item.finding.clone(),
            others: Vec::new(),
            others_rules: Vec::new(),
            others_count: series.saturating_sub(1),
            explained: Explained::default(),
            told: item.wall,
            since: item.since,
            display_name: self.display_name(&item.finding.series),
            explains: Vec::new(),
        })
    }

    /// The name for people of the feature or endpoint of a series.
    fn display_name(&self, series: &Series) -> Text {
        let declared = &self.setup.ready.declared;
        if let Some(feature) = series.get(Dimension::Feature) {
            let known = declared.features.iter().find(|one| one.feature == *feature);
            return known.map_or_else(Text::default, |one| one.display_name.clone());
        }
        let endpoint = series.get(Dimension::Endpoint);
        let known = endpoint.and_then(|endpoint| {
            declared
                .endpoints
                .iter()
                .find(|one| one.endpoint == *endpoint)
        });
        known.map_or_else(Text::default, |one| one.display_name.clone())
    }

    pub(super) fn zone(&self) -> Tz {
        self.zone
    }

    pub(super) fn books(&self) -> &'a B {
        self.books
    }

    pub(super) fn setup(&self) -> &'a Setup {
        self.setup
    }
}

/// The templates in force; those that have faults give way to the shipped ones, and `check` tells.
fn templates(setup: &Setup) -> Templates {
    let files: Vec<(String, String)> = setup
        .ready
        .alerts
        .templates
        .iter()
        .map(|one| (one.name.clone(), one.text.clone()))
        .collect();
    Templates::new(&files).unwrap_or_default()
}

/// Why somebody is told, in words, and by which route.
fn reason(why: Why) -> (String, String) {
    match why {
        Why::Rule => ("the rule names you".to_owned(), "rule".to_owned()),
        Why::Route(place) => (
            format!("route {place} of the configuration names you"),
            format!("route-{place}"),
        ),
        Why::Owner => ("you own the feature".to_owned(), "owner".to_owned()),
        Why::Fallback => (
            "nobody else is named for it".to_owned(),
            "fallback".to_owned(),
        ),
        Why::Digest => (
            "the configuration names you for this digest".to_owned(),
            "digest".to_owned(),
        ),
        Why::Test => ("you asked for a test".to_owned(), "test".to_owned()),
    }
}

/// What waits to go out of a step, under the identity of its mail.
pub(super) fn row(
    step: &Step,
    mail: &Mail,
    (way, from, to): (Way, &str, &str),
    bytes: Vec<u8>,
) -> OutboxRow {
    OutboxRow {
        id: 0,
        way,
        episode: step.id.episode,
        step: step.id.step,
        from: Text::from(from),
        to: Text::from(to),
        message_id: mail.message_id.clone(),
        stem: mail.stem.clone(),
        subject: mail.subject.clone(),
        made: step.wall,
        attempts: 0,
        next_try: step.wall,
        state: Posted::Waiting,
        done: None,
        said: String::new(),
        bytes,
    }
}

/// A test mail for somebody, by the configuration alone.
#[must_use]
pub fn test_mail(setup: &Setup, to: &str, zone: Tz, now: UnixMillis) -> Option<OutboxRow> {
    let mail = setup.ready.alerts.mail.as_ref()?;
    let (why, route) = reason(Why::Test);
    let templates = templates(setup);
    let made = message::test_mail(
        now,
        &Around {
            zone,
            public_url: setup.ready.alerts.public_url.as_deref(),
            sign: &|_, _| None,
            templates: &templates,
            from: &mail.from,
            realm: "test",
            route: &route,
            why: &why,
            topic: None,
            prices_of: setup.ready.declared.prices_of,
            unsubscribe: None,
        },
    );
    Some(OutboxRow {
        id: 0,
        way: Way::Mail,
        episode: 0,
        step: 0,
        from: Text::from(mail.from.as_str()),
        to: Text::from(to),
        bytes: made.bytes(&mail.from, to),
        message_id: made.message_id,
        stem: made.stem,
        subject: made.subject,
        made: now,
        attempts: 0,
        next_try: now,
        state: Posted::Waiting,
        done: None,
        said: String::new(),
    })
}
