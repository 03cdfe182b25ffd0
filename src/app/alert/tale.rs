//! The mails of a past: rules judged over history as over live traffic, each step explained and written.
//!
//! Knows no outbox and no server. A newcomer may ask why time is told by the calls: two weeks are told in
//! a minute here, and a mail must say what was known when it would have gone.

use crate::alert::{Notice, Rule};
use crate::app::Failure;
use crate::app::setup::Setup;
use crate::episode::{Desk, DeskState, Item, Occasion, Settings, Step};
use crate::ledger::{Fault, Ledger, Span};
use crate::message::{Around, Digest, DigestKind, Mail, Templates, digest, render};
use crate::units::{HOUR_MS, Text, UnixMillis};
use crate::watch::{Moment, Watch, WatchState};

use super::explain::explain;
use super::past::Past;

/// A mail as it would have gone.
#[derive(Clone, Debug)]
pub struct Told {
    /// When.
    pub at: UnixMillis,
    /// The step.
    pub step: Step,
    /// To whom.
    pub to: Vec<Text>,
    /// What they read.
    pub mail: Mail,
}

/// Tells the mails of the hours in `span`, in order.
///
/// # Errors
/// What the ledger says, and what `tell` returns.
pub fn tale(
    setup: &Setup,
    books: &dyn Ledger,
    span: Span,
    tell: &mut dyn FnMut(Told) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let ready = &setup.ready;
    let rules: Vec<Rule> = ready.alerts.rules.rules.clone();
    let settings = Settings::new(
        &rules,
        &ready.declared,
        &ready.alerts.settings,
        ready.timezone,
    );
    let teller = Teller {
        setup,
        books,
        rules: &rules,
        templates: Templates::default(),
    };
    let mut watch = Watch::new(
        &rules,
        &ready.declared,
        ready.timezone,
        WatchState::default(),
    );
    let mut desk = Desk::new(&settings, &DeskState::default());
    let mut past = Past::new(books);
    let mut topics: std::collections::BTreeMap<u64, String> = std::collections::BTreeMap::new();
    let mut hour = span.from.floor(HOUR_MS);
    while hour < span.to {
        let mut steps: Vec<Step> = Vec::new();
        past.hour(hour, &mut |closed_to, facts| {
            for fact in facts {
                watch.hear(fact);
            }
            let moment = Moment {
                closed_to,
                wall: closed_to,
                stalled: false,
            };
            let found = watch.judge(&moment);
            steps.extend(desk.hear(found, closed_to, false));
            Ok(())
        })?;
        for step in steps {
            if step.to.is_empty() {
                continue;
            }
            let topic = topics.get(&step.id.episode).map(String::as_str);
            if let Some(mail) = teller.mail(&step, topic)? {
                topics
                    .entry(step.id.episode)
                    .or_insert_with(|| mail.topic.clone());
                tell(Told {
                    at: step.wall,
                    to: step.to.iter().map(|one| one.address.clone()).collect(),
                    step,
                    mail,
                })?;
            }
        }
        hour = hour.saturating_add(HOUR_MS);
    }
    Ok(())
}

struct Teller<'a> {
    setup: &'a Setup,
    books: &'a dyn Ledger,
    rules: &'a [Rule],
    templates: Templates,
}

impl Teller<'_> {
    fn mail(&self, step: &Step, topic: Option<&str>) -> Result<Option<Mail>, Fault> {
        let alerts = &self.setup.ready.alerts;
        let from = alerts.mail.as_ref().map(|mail| mail.from.as_str());
        let around = Around {
            zone: self.setup.ready.timezone,
            public_url: None,
            sign: &|_, _| None,
            templates: &self.templates,
            from: from.unwrap_or("tollwatch@localhost"),
            realm: "demo",
            route: "alerts",
            why: "you own the feature",
            topic,
            prices_of: self.setup.ready.declared.prices_of,
            unsubscribe: None,
        };
        if let Some(occasion) = step.digest {
            return Ok(Some(digest(&self.digest(step, occasion), &around)));
        }
        let notice = self.notice(step)?;
        Ok(notice.map(|notice| render(&notice, &around)))
    }

    fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == name)
    }

    fn notice(&self, step: &Step) -> Result<Option<Notice>, Fault> {
        let Some(finding) = step.findings.first() else {
            return Ok(None);
        };
        let Some(rule) = self.rule(&finding.rule) else {
            return Ok(None);
        };
        let rules = &self.setup.rules;
        let explained = explain(self.books, rules, rule, &step.findings, step.wall)?;
        Ok(Some(Notice {
            id: step.id,
            kind: step.kind,
            severity: step.severity,
            rule: rule.clone(),
            finding: finding.clone(),
            others: step.findings.iter().skip(1).cloned().collect(),
            others_count: usize::try_from(step.series).unwrap_or(0).saturating_sub(1),
            explained,
            told: step.wall,
            since: step.since,
            display_name: self.display_name(finding),
            explains: step.explains.clone(),
        }))
    }

    fn display_name(&self, finding: &crate::alert::Finding) -> Text {
        let declared = &self.setup.ready.declared;
        let feature = finding.series.get(crate::alert::Dimension::Feature);
        let endpoint = finding.series.get(crate::alert::Dimension::Endpoint);
        let of_feature = feature.and_then(|key| {
            let known = declared.features.iter().find(|one| one.feature == *key);
            known.map(|one| one.display_name.clone())
        });
        let of_endpoint = endpoint.and_then(|name| {
            let known = declared.endpoints.iter().find(|one| one.endpoint == *name);
            known.map(|one| one.display_name.clone())
        });
        let told = of_feature.or(of_endpoint).filter(|name| !name.is_empty());
        told.or_else(|| feature.cloned())
            .or_else(|| endpoint.cloned())
            .unwrap_or_default()
    }

    fn digest(&self, step: &Step, occasion: Occasion) -> Digest {
        let items = step.items.iter().filter_map(|item| self.line(item));
        let notices: Vec<Notice> = items.collect();
        let all = usize::try_from(step.items_count).unwrap_or(0);
        Digest {
            kind: match occasion {
                Occasion::Daily => DigestKind::Held,
                Occasion::Finops => DigestKind::Spend,
                Occasion::Security => DigestKind::Residency,
                Occasion::Inventory => DigestKind::Inventory,
                Occasion::Past => DigestKind::CatchUp,
            },
            from: step.from,
            to: step.wall,
            told: step.wall,
            answer: String::new(),
            sections: Vec::new(),
            notices_left: all.saturating_sub(notices.len()),
            notices,
        }
    }

    fn line(&self, item: &Item) -> Option<Notice> {
        Some(Notice {
            id: item.id,
            kind: item.kind,
            severity: item.severity,
            rule: self.rule(&item.finding.rule)?.clone(),
            finding: item.finding.clone(),
            others: Vec::new(),
            others_count: usize::try_from(item.series).unwrap_or(0).saturating_sub(1),
            explained: crate::alert::Explained::default(),
            told: item.wall,
            since: item.since,
            display_name: self.display_name(&item.finding),
            explains: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests;
