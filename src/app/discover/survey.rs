//! Takes records of any source, one after the other, and keeps what is worth telling of them.
//!
//! Knows no file and no broker: whoever feeds it names the stream that a record belongs to. A
//! newcomer may ask why nothing here grows with the sample: each list has a limit, and what lies
//! beyond is counted.

use std::collections::BTreeMap;

use crate::call::{Format, Report};
use crate::decode::{self, Context, Settings, Told};
use crate::outcome::{IgnoreReason, QuarantineReason, Reject};
use crate::provider::Gate;
use crate::units::{Text, UnixMillis};

use super::clocks::Minutes;
use super::columns::{Looker, WrittenAs};
use super::counts::{Distinct, Names};
use super::places::Places;
use super::tellers::Tellers;

/// Records of a stream that are all looked at; of the rest, one in [`ONE_IN`].
const ALL_OF: u64 = 5_000;
/// See [`ALL_OF`].
const ONE_IN: u64 = 16;
/// Combinations of skill, scope and service that are kept apart.
const ORIGINS_MAX: usize = 5_000;

/// A stream of records that are written alike: a file, or a topic.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Its name for people: a path, a topic.
    pub name: String,
    /// How its records are read.
    pub settings: Settings,
    /// Whether the zone of its times was stated by somebody.
    pub zone_stated: bool,
    /// When it was last written, for files.
    pub written: Option<UnixMillis>,
    /// The source that it is a topic of; `None` for files.
    pub topic_of: Option<Text>,
}

/// The place of a stream in its survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StreamId(usize);

/// A stream and what was seen of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Stream {
    pub(super) about: About,
    pub(super) records: u64,
    pub(super) formats: BTreeMap<Format, u64>,
    /// Whether its column names are labels, and its times in somebody's zone.
    pub(super) labelled: bool,
    pub(super) table: bool,
    pub(super) written_as: WrittenAs,
    pub(super) minutes: Minutes,
}

/// What one record kind gave.
#[derive(Clone, Debug, Default)]
pub(super) struct Kind {
    pub(super) calls: u64,
    pub(super) requests: u64,
    pub(super) minutes: Minutes,
}

/// Who asked, as far as names of skills and scopes tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Asker {
    pub(super) application: Text,
    pub(super) skill: Text,
    pub(super) definition: Text,
    pub(super) scope: Text,
    pub(super) service: Text,
    pub(super) tags: Vec<Text>,
}

/// A survey of a sample.
pub struct Survey<'a> {
    gate: &'a Gate,
    pub(super) limit: u64,
    pub(super) records: u64,
    pub(super) outcomes: u64,
    pub(super) streams: Vec<Stream>,
    current: Option<StreamId>,
    pub(super) looker: Looker<'a>,
    pub(super) ignored: BTreeMap<IgnoreReason, u64>,
    pub(super) rejected: BTreeMap<QuarantineReason, u64>,
    pub(super) kinds: BTreeMap<Format, Kind>,
    pub(super) calls: Minutes,
    pub(super) requests: Minutes,
    pub(super) places: Places,
    pub(super) providers: Names,
    pub(super) models: Names,
    /// Model aliases of usage reports with the model behind them.
    pub(super) aliases: BTreeMap<(Text, Text), u64>,
    pub(super) skills: Names,
    pub(super) scopes: Names,
    pub(super) askers: BTreeMap<Asker, (u64, u64)>,
    pub(super) askers_beyond: u64,
    pub(super) tables: Distinct,
    pub(super) callers: Distinct,
    pub(super) users: Distinct,
    pub(super) conversations: Distinct,
    pub(super) tellers: Tellers,
    /// What is to be said besides, first of all.
    pub(super) remarks: Vec<String>,
    told: Vec<Told>,
}

impl<'a> Survey<'a> {
    /// A survey of at most `limit` records.
    #[must_use]
    pub fn new(gate: &'a Gate, limit: Option<u64>) -> Survey<'a> {
        Survey {
            gate,
            limit: limit.unwrap_or(u64::MAX),
            records: 0,
            outcomes: 0,
            streams: Vec::new(),
            current: None,
            looker: Looker::new(gate),
            ignored: BTreeMap::new(),
            rejected: BTreeMap::new(),
            kinds: BTreeMap::new(),
            calls: Minutes::default(),
            requests: Minutes::default(),
            places: Places::default(),
            providers: Names::default(),
            models: Names::default(),
            aliases: BTreeMap::new(),
            skills: Names::default(),
            scopes: Names::default(),
            askers: BTreeMap::new(),
            askers_beyond: 0,
            tables: Distinct::default(),
            callers: Distinct::default(),
            users: Distinct::default(),
            conversations: Distinct::default(),
            tellers: Tellers::default(),
            remarks: Vec::new(),
            told: Vec::new(),
        }
    }

    /// Adds a stream.
    pub fn stream(&mut self, about: About) -> StreamId {
        self.streams.push(Stream {
            about,
            ..Stream::default()
        });
        StreamId(self.streams.len() - 1)
    }

    /// Says that a stream is a table, and whether its headings are labels.
    pub fn is_table(&mut self, stream: StreamId, labelled: bool) {
        if let Some(stream) = self.streams.get_mut(stream.0) {
            stream.table = true;
            stream.labelled = labelled;
            let fields = &mut stream.about.settings.fields;
            if labelled && !fields.contains_key(decode::TIME_ZONE) {
                // Only to compare it with other clocks.
                fields.insert(decode::TIME_ZONE.to_owned(), vec!["UTC".to_owned()]);
            }
        }
    }

    /// Says how the records of a stream are read, before its first.
    pub(super) fn read_as(&mut self, stream: StreamId, settings: Settings) {
        if let Some(stream) = self.streams.get_mut(stream.0) {
            stream.about.settings = settings;
        }
    }

    /// Takes note of what is to be said of the reading itself.
    pub(super) fn remark(&mut self, text: String) {
        self.remarks.push(text);
    }

    /// Whether enough was taken.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.records >= self.limit
    }

    /// How many records were taken.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Takes one record of a stream.
    pub fn record(&mut self, id: StreamId, bytes: &[u8]) {
        self.turn_to(id);
        let Some(stream) = self.streams.get_mut(id.0) else {
            return;
        };
        self.records += 1;
        stream.records += 1;
        self.looker.looking = stream.records <= ALL_OF || stream.records.is_multiple_of(ONE_IN);
        let mut told = std::mem::take(&mut self.told);
        decode::watch(
            bytes,
            Context {
                settings: &stream.about.settings,
                gate: self.gate,
            },
            &mut self.looker,
            &mut told,
        );
        for one in told.drain(..) {
            self.outcomes += 1;
            match one {
                Told::Ignored(reason) => *self.ignored.entry(reason).or_default() += 1,
                Told::Rejected(reject) => self.reject(&reject),
                Told::Report(report) => self.report(id, &report),
            }
        }
        self.told = told;
    }

    /// Takes note of a record that its source could not read.
    pub fn refused(&mut self, id: StreamId, reject: &Reject) {
        if let Some(stream) = self.streams.get_mut(id.0) {
            stream.records += 1;
        }
        self.records += 1;
        self.outcomes += 1;
        self.reject(reject);
    }

    fn reject(&mut self, reject: &Reject) {
        *self.rejected.entry(reject.reason).or_default() += 1;
    }

    /// Changes to another stream: what the looker saw of times belongs to the one before.
    fn turn_to(&mut self, id: StreamId) {
        if self.current == Some(id) {
            return;
        }
        self.settle();
        if let Some(stream) = self.streams.get(id.0) {
            self.looker.settings = stream.about.settings.clone();
            self.looker.written = stream.written_as;
        }
        self.current = Some(id);
    }

    /// Gives the present stream what the looker saw of its times.
    pub(super) fn settle(&mut self) {
        if let Some(stream) = self.current.and_then(|id| self.streams.get_mut(id.0)) {
            stream.written_as = self.looker.written;
        }
    }

    fn report(&mut self, id: StreamId, report: &Report) {
        let kind = self.kinds.entry(report.format).or_default();
        kind.minutes.add(report.at);
        if let Some(stream) = self.streams.get_mut(id.0) {
            stream.minutes.add(report.at);
            *stream.formats.entry(report.format).or_default() += 1;
        }
        if report.transport.is_some() {
            kind.calls += 1;
            self.calls.add(report.at);
        }
        if report.usage.is_some() {
            kind.requests += 1;
            self.requests.add(report.at);
        }
        self.places.add(report);
        self.tellers.add(report);
        if let Some(provider) = &report.destination.provider {
            self.providers.add(provider.as_str());
        }
        match &report.usage {
            Some(usage) => {
                self.models.add(&usage.model);
                let aliased = report.destination.host.is_empty()
                    && !usage.requested_model.is_empty()
                    && self.aliases.len() < 1_000;
                if aliased {
                    let pair = (usage.requested_model.clone(), usage.model.clone());
                    *self.aliases.entry(pair).or_default() += 1;
                }
            }
            None => self.models.add(&report.destination.model),
        }
        self.asked(report);
    }

    fn asked(&mut self, report: &Report) {
        let origin = &report.origin;
        self.skills.add(&origin.skill);
        self.scopes.add(&origin.scope);
        self.tables.add(&origin.source_table);
        self.callers.add(&origin.caller);
        self.users.add(&origin.user);
        self.conversations.add(&origin.conversation);
        // A tag that stands alone is the skill where no other is told, as everywhere.
        let alone = origin.skill.is_empty() && origin.tags.len() == 1;
        let tags = origin.tags.iter();
        let tags = tags.filter(|tag| alone || tag.starts_with("source:"));
        let asker = Asker {
            application: origin.application.clone(),
            skill: origin.skill.clone(),
            definition: origin.definition.clone(),
            scope: origin.scope.clone(),
            service: origin.service.clone(),
            tags: tags.cloned().collect(),
        };
        if self.askers.len() >= ORIGINS_MAX && !self.askers.contains_key(&asker) {
            self.askers_beyond += 1;
            return;
        }
        let counts = self.askers.entry(asker).or_default();
        counts.0 += u64::from(report.transport.is_some());
        counts.1 += u64::from(report.usage.is_some());
    }
}
