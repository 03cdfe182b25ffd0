//! One line judged again: as the pipeline would judge its record, from what the line keeps.
//!
//! Knows no totals. A newcomer may ask why users are looked up by their fingerprints: the plain id
//! is not kept, so a group by whole ids can be told again, and one by the beginning of an id cannot.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::call::{Destination, Format, Report};
use crate::ids::{ConfigNumber, Fingerprint};
use crate::judge::{Judge, Person, Reasons};
use crate::ledger::{Again, Fault, Ledger};
use crate::line::Line;
use crate::outcome::IgnoreReason;
use crate::units::Text;

use crate::app::setup::Setup;

/// Judges lines under a configuration.
pub(in crate::app) struct Rejudge<'a> {
    setup: &'a Setup,
    judge: Judge,
    /// Groups of users by whole id.
    users: BTreeMap<Fingerprint, Text>,
    /// Configurations that group users as this one does.
    same_groups: BTreeSet<ConfigNumber>,
    /// Halves that would count now and were left out when their record was read.
    pub(super) not_back: u64,
    /// Reports whose group stays, because only the plain user could tell another.
    pub(super) groups_kept: u64,
}

impl<'a> Rejudge<'a> {
    pub(in crate::app) fn new(
        ledger: &dyn Ledger,
        setup: &'a Setup,
        config: ConfigNumber,
    ) -> Result<Rejudge<'a>, Fault> {
        let key = ledger.fingerprint_key();
        let users = setup.rules.groups.users();
        let users =
            users.filter_map(|(user, group)| Some((key.fingerprint("user", user)?, group.clone())));
        let own = groups_of(&setup.ready.canonical);
        let configs = ledger.configs()?.into_iter();
        Ok(Rejudge {
            users: users.collect(),
            same_groups: configs
                .filter(|row| groups_of(&row.text) == own)
                .map(|row| row.number)
                .collect(),
            judge: Judge::new(Arc::clone(&setup.rules), key, config),
            setup,
            not_back: 0,
            groups_kept: 0,
        })
    }

    /// What the line becomes.
    pub(super) fn line(&mut self, line: &Line) -> Again {
        let about = &*line.about;
        let (report, who) = match self.asked(line) {
            Ok(Some(asked)) => asked,
            Ok(None) => return Again::AsBooked,
            Err(reason) => return Again::Ignored(reason),
        };
        let place = (about.source.as_str(), line.offset);
        match self.judge.judge_again(report, place, who) {
            Ok(judged) => {
                let (before, now) = (about.left_out, judged.counts);
                let back = before.transport && now.transport || before.usage && now.usage;
                self.not_back = self.not_back.saturating_add(u64::from(back));
                Again::Judged(Box::new(judged.entry))
            }
            Err(reason) => Again::Ignored(reason),
        }
    }

    /// Why the line is judged as it is; `None` for lines that keep too little to tell.
    pub(in crate::app) fn reasons(&mut self, line: &Line) -> Result<Option<Reasons>, IgnoreReason> {
        let Some((report, who)) = self.asked(line)? else {
            return Ok(None);
        };
        let place = (line.about.source.as_str(), line.offset);
        self.judge.reasons(report, place, who).map(Some)
    }

    /// The report and its caller as they are judged again; `None` for lines of the first version.
    fn asked(&mut self, line: &Line) -> Result<Option<(Box<Report>, Person)>, IgnoreReason> {
        let about = &*line.about;
        let Some(credential_told) = about.credential_told else {
            return Ok(None);
        };
        if self
            .setup
            .ignore_scopes(&about.source)
            .contains(&about.teller)
        {
            return Err(IgnoreReason::OtherSourceCounts);
        }
        let mut report = line.report();
        report.origin.credential = Text::default();
        if !self.recognise(&mut report) {
            return Err(IgnoreReason::OtherCall);
        }
        let who = Person {
            credential: if credential_told {
                about.credential.clone()
            } else {
                Text::default()
            },
            credential_told,
            user_group: self.group_of(line),
            user: line.user,
            conversation: line.conversation,
        };
        Ok(Some((Box::new(report), who)))
    }

    /// Reads host and path again: the registry says which unknown hosts are LLM endpoints, and whose.
    /// `false` when the record would be no LLM call.
    fn recognise(&self, report: &mut Report) -> bool {
        let told = &mut report.destination;
        if told.host.is_empty() {
            return true;
        }
        let outbound = report.format == Format::ServicenowOutbound;
        let host = match told.port {
            Some(port) => Text::from(format!("{}:{port}", told.host)),
            None => told.host.clone(),
        };
        let Some(recognised) = self.setup.gate.admit(&host, &told.path) else {
            // Every other format says itself that it tells an LLM call.
            return !outbound;
        };
        let Destination {
            provider,
            deployment,
            model,
            scope,
            operation,
            ..
        } = recognised.destination;
        if outbound {
            (told.provider, told.scope, told.operation) = (provider, scope, operation);
        } else {
            told.provider = told.provider.take().or(provider);
            told.scope = told.scope.or(scope);
        }
        for (told, named) in [(&mut told.deployment, deployment), (&mut told.model, model)] {
            if !named.is_empty() && (outbound || told.is_empty()) {
                *told = named;
            }
        }
        true
    }

    fn group_of(&mut self, line: &Line) -> Text {
        let about = &*line.about;
        let Some(user) = line.user else {
            return Text::default();
        };
        if self.same_groups.contains(&about.config) {
            return about.user_group.clone();
        }
        if let Some(group) = self.users.get(&user) {
            return group.clone();
        }
        if !self.setup.rules.groups.has_prefixes() {
            return Text::default();
        }
        self.groups_kept = self.groups_kept.saturating_add(1);
        about.user_group.clone()
    }
}

/// The lines of a configuration's text that group users: groups, and imported names.
fn groups_of(text: &str) -> Vec<&str> {
    let groups = |line: &&str| line.starts_with("\"group\"") || line.starts_with("\"names\"");
    text.lines().filter(groups).collect()
}
