//! From a survey to what it tells.
//!
//! Keeps nothing of its own. A newcomer may ask why a known configuration changes nothing but the
//! marks of what is registered: a survey looks at logs, and says the same of them twice.

use std::collections::BTreeMap;

use crate::attribute::{Features, Found as FoundEndpoint, Registry};
use crate::call::{Destination, EvidenceKind, Format, Origin};
use crate::decode::written_time::DateOrder;
use crate::decode::{DATE_ORDER, columns};
use crate::residency::{Place as Region, Regions};
use crate::units::Text;

use super::advice;
use super::columns::{FieldSeen, FormatSeen};
use super::found::{
    ColumnsFound, Coverage, EndpointFound, FeatureFound, FieldFound, Found, KindFound, ShapeFound,
    StreamFound, TwiceFound, counted, shown,
};
use super::judged;
use super::places::{Door, Place};
use super::survey::{Asker, Stream, Survey};

/// Shapes, hosts and endpoints that an answer lists.
const LISTED: usize = 100;

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
        let mut names = std::collections::BTreeSet::new();
        let mut endpoints: Vec<EndpointFound> = Vec::new();
        for (door, place) in &self.places.all {
            let mut found = endpoint(&self, door, place, known);
            found.name = unique(&found.name, &mut names);
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
        found.advice = advice::advice(&found);
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
    let seen = stream.written_as.named + stream.written_as.unnamed > 0;
    StreamFound {
        name: stream.about.name.clone(),
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
        Some(field_of(field.name, told, seen))
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

fn field_of(name: &'static str, told: &FieldSeen, seen: &FormatSeen) -> FieldFound {
    let mut columns: Vec<(Text, u64)> = told.own.ranked();
    columns.extend(told.taken.iter().map(|(name, n)| (Text::from(*name), *n)));
    columns.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    FieldFound {
        field: name,
        columns: counted(columns),
        missing: told.missing,
        doubt: judged::doubt(name, told, &seen.others),
    }
}

fn aliases(survey: &Survey<'_>) -> Vec<(Text, Text, u64)> {
    let pairs = survey.aliases.iter();
    pairs
        .map(|((alias, model), n)| (alias.clone(), model.clone(), *n))
        .collect()
}

/// Kinds of evidence that name the region of an endpoint, the strongest first.
const REGIONAL: [EvidenceKind; 5] = [
    EvidenceKind::HostRegion,
    EvidenceKind::PathRegion,
    EvidenceKind::ResourceRegion,
    EvidenceKind::InferenceRegion,
    EvidenceKind::ClientRegion,
];

fn endpoint(survey: &Survey<'_>, door: &Door, place: &Place, known: Known<'_>) -> EndpointFound {
    let provider = place.provider.as_ref();
    let mut regions: BTreeMap<Text, u64> = BTreeMap::new();
    for ((kind, told), n) in &place.evidence {
        if REGIONAL.contains(kind)
            && let Region::Region(region) = known.regions.parse_region(provider, told)
        {
            *regions.entry(region.name.clone()).or_default() += n;
        }
    }
    let one = |names: &BTreeMap<Text, u64>| {
        let mut names = names.keys();
        names.next().filter(|_| names.next().is_none()).cloned()
    };
    let scope = place.scopes.iter().max_by_key(|(_, n)| **n);
    let destination = Destination {
        provider: place.provider.clone(),
        host: door.host.clone(),
        port: door.port,
        path: door.path.clone(),
        deployment: door.deployment.clone(),
        ..Destination::default()
    };
    let evidence = place.evidence.iter();
    EndpointFound {
        name: name_of(door),
        host: door.host.clone(),
        port: door.port,
        path: door.path.clone(),
        deployment: door.deployment.clone(),
        provider: provider.map(|provider| provider.as_str().to_owned()),
        models: counted(place.models.ranked()),
        calls: place.calls,
        requests: place.requests,
        throttled: place.throttled,
        failed: place.failed,
        region: one(&regions),
        evidence: evidence
            .map(|((kind, told), n)| format!("{} `{told}` in {n} reports", kind.as_str()))
            .collect(),
        scope: scope.map(|(scope, _)| scope.as_str()),
        transport_from: counts_from(&place.transport, Format::ServicenowOutbound),
        usage_from: usage_from(survey, place),
        registered: known.registry.find(&destination) != FoundEndpoint::None,
    }
}

/// The format whose facts should count where the ServiceNow log tells the same without a key: the
/// one with more reports.
fn counts_from(formats: &BTreeMap<Format, u64>, keyless: Format) -> Option<&'static str> {
    let several = formats.len() > 1 && formats.contains_key(&keyless);
    let most = formats.iter().max_by_key(|(_, n)| **n);
    most.filter(|_| several).map(|(format, _)| format.as_str())
}

/// The genai log names no host: where it tells requests and another log tells this endpoint's, the
/// other counts.
fn usage_from(survey: &Survey<'_>, place: &Place) -> Option<&'static str> {
    survey.kinds.get(&Format::ServicenowGenai)?;
    let most = place.usage.iter().max_by_key(|(_, n)| **n);
    most.map(|(format, _)| format.as_str())
}

/// A name that a configuration can carry: the host's first label, and the deployment or model.
fn name_of(door: &Door) -> String {
    let host = door.host.split('.').next().unwrap_or_default();
    let tail = if door.deployment.is_empty() {
        door.path.rsplit('/').next().unwrap_or_default()
    } else {
        door.deployment.as_str()
    };
    let host = if matches!(host, "api" | "") || tail == host {
        door.host.as_str()
    } else {
        host
    };
    let joined = if tail.is_empty() {
        host.to_owned()
    } else {
        format!("{host}-{tail}")
    };
    let fit = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') {
            c
        } else {
            '-'
        }
    };
    let name: String = joined.chars().map(fit).take(90).collect();
    name.trim_matches(['-', '.']).to_owned()
}

fn unique(name: &str, taken: &mut std::collections::BTreeSet<String>) -> String {
    let base = if name.is_empty() { "endpoint" } else { name };
    let mut name = base.to_owned();
    let mut number = 1;
    while !taken.insert(name.clone()) {
        number += 1;
        name = format!("{base}-{number}");
    }
    name
}

fn features(survey: &Survey<'_>, known: Known<'_>) -> Vec<FeatureFound> {
    let plain = Features::default();
    let mut found: BTreeMap<Text, FeatureFound> = BTreeMap::new();
    for (asker, (calls, requests)) in &survey.askers {
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

/// What tells this asker from others: the skill, else the definition; and whose it is.
fn matcher(asker: &Asker) -> Vec<(&'static str, &Text)> {
    let what = [("skill", &asker.skill), ("definition", &asker.definition)];
    let whose = [
        ("application", &asker.application),
        ("scope", &asker.scope),
        ("service", &asker.service),
    ];
    let what = what.into_iter().find(|(_, value)| !value.is_empty());
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
