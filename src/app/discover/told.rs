//! From a survey to what it tells.
//!
//! Keeps nothing of its own. A newcomer may ask why a known configuration changes nothing but the
//! marks of what is registered: a survey looks at logs, and says the same of them twice.

mod endpoint;

use std::collections::{BTreeMap, BTreeSet};

use crate::attribute::{Features, Registry};
use crate::call::{Format, Origin};
use crate::decode::columns::LogicalField;
use crate::decode::written_time::DateOrder;
use crate::decode::{DATE_ORDER, columns};
use crate::residency::Regions;
use crate::units::Text;

use super::advice;
use super::columns::{FieldSeen, FormatSeen};
use super::found::{
    ColumnsFound, Coverage, EndpointFound, FeatureFound, FieldFound, Found, KindFound, ShapeFound,
    StreamFound, TwiceFound, counted, shown,
};
use super::judged;
use super::survey::{Asker, Stream, Survey};

/// Shapes, hosts and endpoints that an answer lists.
const LISTED: usize = 100;
/// More tags that stand alone than that name something else than skills.
const TAGS_MAX: usize = 100;

/// What the configuration has already; empty without one.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// Endpoints.
    pub registry: &'a Registry,
    /// Features.
    pub features: &'a Features,
    /// Regions by name.
    pub regions: &'a Regions,
}

impl Survey<'_> {
    /// What was found, beside what is known.
    #[must_use]
    pub fn found(mut self, known: Known<'_>) -> Found {
        self.settle();
        let mut names = BTreeSet::new();
        let mut endpoints: Vec<EndpointFound> = Vec::new();
        for (door, place) in &self.places.all {
            let mut found = endpoint::endpoint(&self, door, place, known);
            found.name = endpoint::unique(&found.name, &mut names);
            endpoints.push(found);
        }
        endpoints.sort_by_key(|one| std::cmp::Reverse(one.calls.max(one.requests)));
        let mut found = Found {
            records: self.records,
            limited: self.is_full(),
            calls: self.kinds.values().map(|kind| kind.calls).sum(),
            requests: self.kinds.values().map(|kind| kind.requests).sum(),
            kinds: kinds(&self),
            envelopes: self.looker.envelopes.clone(),
            streams: self.streams.iter().map(|one| stream(one, &self)).collect(),
            unknown_shapes: shapes(&self),
            unknown_shapes_beyond: self.looker.shapes_beyond,
            columns: formats(&self),
            endpoints,
            endpoints_beyond: self.places.beyond,
            providers: counted(self.providers.ranked()),
            models: counted(self.models.ranked()),
            aliases: aliases(&self),
            scopes: counted(self.scopes.ranked()),
            skills: counted(self.skills.ranked()),
            features: features(&self, known),
            tables: self.tables.count(),
            callers: self.callers.count(),
            users: self.users.count(),
            conversations: self.conversations.count(),
            ignored: self
                .ignored
                .iter()
                .map(|(why, n)| (why.as_str(), *n))
                .collect(),
            quarantined: self
                .rejected
                .iter()
                .map(|(why, n)| (why.as_str(), *n))
                .collect(),
            other_hosts: counted(self.looker.others.ranked()),
            told_twice: twice(&self),
            coverage: coverage(&self),
            advice: Vec::new(),
        };
        found.other_hosts.truncate(LISTED);
        found.advice = self.remarks;
        found.advice.extend(advice::advice(&found));
        found
    }
}

fn kinds(survey: &Survey<'_>) -> Vec<KindFound> {
    let kinds = survey.kinds.iter().map(|(format, kind)| KindFound {
        format: format.as_str(),
        calls: kind.calls,
        requests: kind.requests,
        from: shown(kind.minutes.oldest),
        to: shown(kind.minutes.newest),
    });
    kinds.collect()
}

fn stream(stream: &Stream, survey: &Survey<'_>) -> StreamFound {
    let stated = stream.about.settings.fields.get(DATE_ORDER);
    let stated = stated.and_then(|order| DateOrder::parse(order.first()?));
    let order = match stated {
        Some(order) => Ok(Some(order)),
        None => judged::date_order(stream.written_as),
    };
    let seen = stream.written_as.named + stream.written_as.unnamed > 0 || stream.about.zone_stated;
    StreamFound {
        name: stream.about.name.clone(),
        topic_of: stream.about.topic_of.clone(),
        records: stream.records,
        formats: stream
            .formats
            .keys()
            .map(|format| format.as_str())
            .collect(),
        table: stream.table,
        labelled: stream.labelled,
        from: shown(stream.minutes.oldest),
        to: shown(stream.minutes.newest),
        zone: seen.then(|| judged::zone(stream, survey)),
        date_order: order.ok().flatten().map(DateOrder::as_str),
        date_doubt: order.err(),
    }
}

fn shapes(survey: &Survey<'_>) -> Vec<ShapeFound> {
    let shapes = survey.looker.shapes.iter();
    let mut shapes: Vec<ShapeFound> = shapes
        .map(|(keys, shape)| ShapeFound {
            records: shape.records,
            keys: keys.clone(),
            guess: judged::guess(&shape.keys),
        })
        .collect();
    shapes.sort_by(|one, other| {
        other
            .records
            .cmp(&one.records)
            .then(one.keys.cmp(&other.keys))
    });
    shapes
}

fn formats(survey: &Survey<'_>) -> Vec<ColumnsFound> {
    let formats = survey.looker.formats.iter();
    formats
        .map(|(format, seen)| columns_of(*format, seen))
        .collect()
}

fn columns_of(format: Format, seen: &FormatSeen) -> ColumnsFound {
    let logical = columns::fields_of(format);
    let fields = logical.iter().filter_map(|field| {
        let told = seen.fields.get(field.name)?;
        Some(field_of(*field, told, seen))
    });
    let lacking: Vec<&'static str> = logical
        .iter()
        .filter(|field| field.renamable)
        .filter(|field| {
            let told = seen.fields.get(field.name);
            told.is_some_and(|told| told.taken.is_empty() && told.own.is_empty())
        })
        .map(|field| field.name)
        .collect();
    let proposed = judged::candidates(&lacking, &seen.others);
    ColumnsFound {
        format: format.as_str(),
        looked: seen.looked,
        fields: fields.collect(),
        unit: judged::unit(format, seen),
        proposed: proposed
            .into_iter()
            // A row that has its host needs no URL as well.
            .filter(|(field, _)| !matches!(*field, "url" | "host" | "time"))
            .map(|(field, names)| (field, names.into_iter().cloned().collect()))
            .collect(),
    }
}

fn field_of(field: LogicalField, told: &FieldSeen, seen: &FormatSeen) -> FieldFound {
    let mut columns: Vec<(Text, u64)> = told.own.ranked();
    columns.extend(told.taken.iter().map(|(name, n)| (Text::from(*name), *n)));
    columns.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    FieldFound {
        field: field.name,
        columns: counted(columns),
        missing: told.missing,
        // Nobody can choose among the columns of a vendor's own schema.
        doubt: field
            .renamable
            .then(|| judged::doubt(field.name, told, &seen.others))
            .flatten(),
    }
}

fn aliases(survey: &Survey<'_>) -> Vec<(Text, Text, u64)> {
    let pairs = survey.aliases.iter();
    pairs
        .map(|((alias, model), n)| (alias.clone(), model.clone(), *n))
        .collect()
}

fn features(survey: &Survey<'_>, known: Known<'_>) -> Vec<FeatureFound> {
    let plain = Features::default();
    let mut found: BTreeMap<Text, FeatureFound> = BTreeMap::new();
    let tags: BTreeSet<&Text> = survey.askers.keys().filter_map(sole_tag).collect();
    for (asker, (calls, requests)) in &survey.askers {
        let mut asker = asker.clone();
        if tags.len() > TAGS_MAX && sole_tag(&asker).is_some() {
            asker.tags.clear();
        }
        let asker = &asker;
        let origin = origin(asker);
        let told = plain.attribute(&origin, None);
        let registered = known.features.attribute(&origin, None).id.is_some();
        let feature = found.entry(told.feature.clone()).or_insert(FeatureFound {
            feature: told.feature,
            registered: true,
            ..FeatureFound::default()
        });
        feature.calls += calls;
        feature.requests += requests;
        feature.registered &= registered;
        for (kind, value) in matcher(asker) {
            let values = feature.matcher.entry(kind).or_default();
            if !values.contains(value) {
                values.push(value.clone());
            }
        }
    }
    let mut found: Vec<FeatureFound> = found.into_values().collect();
    found.sort_by_key(|one| std::cmp::Reverse((one.requests, one.calls)));
    found
}

fn origin(asker: &Asker) -> Origin {
    Origin {
        application: asker.application.clone(),
        skill: asker.skill.clone(),
        definition: asker.definition.clone(),
        scope: asker.scope.clone(),
        service: asker.service.clone(),
        tags: asker.tags.clone(),
        ..Origin::default()
    }
}

/// The tag that stands for an asker's skill.
fn sole_tag(asker: &Asker) -> Option<&Text> {
    let tag = asker.tags.first().filter(|_| asker.skill.is_empty());
    tag.filter(|tag| !tag.starts_with("source:"))
}

/// What tells this asker from others: the skill, its only tag, or the definition; and whose it is.
fn matcher(asker: &Asker) -> Vec<(&'static str, &Text)> {
    let what = [
        ("skill", Some(&asker.skill)),
        ("tag", sole_tag(asker)),
        ("definition", Some(&asker.definition)),
    ];
    let whose = [
        ("application", &asker.application),
        ("scope", &asker.scope),
        ("service", &asker.service),
    ];
    let what = what.into_iter().find_map(|(kind, value)| {
        let told = value.filter(|value| !value.is_empty());
        Some((kind, told?))
    });
    let whose = whose.into_iter().find(|(_, value)| !value.is_empty());
    what.into_iter().chain(whose).collect()
}

fn twice(survey: &Survey<'_>) -> Vec<TwiceFound> {
    let pairs = survey.tellers.pairs().into_iter();
    pairs
        .map(|((one, other), both)| TwiceFound {
            one,
            other,
            calls: both.calls,
            contradict: both.contradict,
            one_in: survey.tellers.one_in(),
        })
        .collect()
}

fn coverage(survey: &Survey<'_>) -> Coverage {
    let (calls, requests) = (survey.calls.hours(), survey.requests.hours());
    let mut coverage = Coverage::default();
    for (hour, n) in &calls {
        match requests.get(hour) {
            Some(requests) => {
                coverage.hours_both += 1;
                coverage.calls_there += n;
                coverage.requests_there += requests;
            }
            None => coverage.hours_calls_alone += 1,
        }
    }
    let alone = requests.keys().filter(|hour| !calls.contains_key(hour));
    coverage.hours_requests_alone = u64::try_from(alone.count()).unwrap_or(u64::MAX);
    coverage
}
