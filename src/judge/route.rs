//! What reports of one kind share: endpoint, feature, landing, cell and price list.
//!
//! Knows no numbers of a report. A newcomer may ask about the caches: lookups by pattern are slow
//! and a topic repeats the same few destinations and callers, so answers are kept by exactly what
//! they were asked by. Prices and landings are kept once more, by less: paths may differ call by
//! call where models and regions do not.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::residency_of::{Landing, ResidencyCache};
use super::{Rulebook, UNASSIGNED, asked};
use crate::attribute::{CostModel, CountsFrom, Endpoint, EndpointId, Found, How, Registry};
use crate::call::{EvidenceKind, Provider, Report, Scope, Tier, UsageReport};
use crate::entry::{CellKey, Facts, LeftOut, Shared};
use crate::price::{Lookup, Resolved};
use crate::units::Text;

/// Distinct questions about prices that are kept before the cache starts anew.
const PRICES_MAX: usize = 10_000;
/// Distinct routes that are kept before the cache starts anew; each weighs about two kilobytes.
const ROUTES_MAX: usize = 4_096;
/// Distinct facts of a route that are kept before they are gathered anew.
const FACTS_MAX: usize = 8;

/// Which fact groups of a report count at its endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Host, status, latency, region.
    pub transport: bool,
    /// Tokens, model.
    pub usage: bool,
}

/// What reports that ask the same share.
pub(super) struct Route {
    /// Its number, never given twice by one judge.
    pub(super) number: u64,
    /// The registered endpoint.
    pub(super) endpoint: Option<EndpointId>,
    /// Which fact groups count.
    pub(super) counts: Counts,
    /// How the feature was found.
    pub(super) how: How,
    /// The residency judgement, where transport facts count.
    pub(super) landing: Option<Arc<Landing>>,
    /// The prices, where usage facts count.
    pub(super) price: Option<Resolved>,
    /// What their entries share.
    pub(super) shared: Arc<Shared>,
}

/// What a report's judgement begins with.
pub(super) struct Routed {
    /// What it shares with all that ask the same.
    pub(super) route: Arc<Route>,
    /// What it told, shared with all that told the same.
    pub(super) facts: Arc<Facts>,
    /// Which halves it told and were taken out of it.
    pub(super) left_out: LeftOut,
}

/// A route, and what reports on it told so far.
struct Known {
    asked: Box<[u8]>,
    route: Arc<Route>,
    facts: Vec<Arc<Facts>>,
}

impl Known {
    /// What a report told, from which the halves that do not count were taken.
    fn facts(&mut self, report: &Report) -> Arc<Facts> {
        if let Some(facts) = self.facts.iter().find(|facts| facts.halves_are_of(report)) {
            return Arc::clone(facts);
        }
        if self.facts.len() >= FACTS_MAX {
            self.facts.clear();
        }
        let facts = Arc::new(Facts::of(report));
        self.facts.push(Arc::clone(&facts));
        facts
    }
}

/// What a price was asked by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Question {
    endpoint: Option<EndpointId>,
    provider: Option<Provider>,
    model: Text,
    requested: Text,
    region: Text,
    scope: Option<Scope>,
    geo: Text,
    tier: Tier,
}

#[expect(clippy::disallowed_types, reason = "looked up only, never walked")]
type PriceCache = std::collections::HashMap<Question, Resolved>;

/// Routes by what they were asked by.
#[derive(Default)]
pub(super) struct Routes {
    /// By the hash of the question; of two questions of one hash the later stays.
    known: BTreeMap<u64, Known>,
    asked: Vec<u8>,
    last_number: u64,
    prices: PriceCache,
    residency: ResidencyCache,
}

impl Routes {
    /// The route of a report from `source`; halves that do not count there are taken out of it.
    pub(super) fn of(&mut self, rules: &Rulebook, report: &mut Report, source: &str) -> Routed {
        asked::write(&mut self.asked, report, source);
        let hash = twox_hash::XxHash3_64::oneshot(&self.asked);
        if let Some(known) = self.known.get_mut(&hash)
            && *known.asked == *self.asked
        {
            return routed(known, report);
        }
        if self.known.len() >= ROUTES_MAX {
            self.known.clear();
        }
        let mut known = Known {
            asked: self.asked.as_slice().into(),
            route: Arc::new(self.find(rules, report, source)),
            facts: Vec::new(),
        };
        let routed = routed(&mut known, report);
        self.known.insert(hash, known);
        routed
    }

    fn find(&mut self, rules: &Rulebook, report: &Report, source: &str) -> Route {
        let id = find_endpoint(&rules.registry, report).one();
        let endpoint = id.and_then(|id| rules.registry.get(id));
        let counts = counts(endpoint, report, source);
        let usage = report.usage.as_ref().filter(|_| counts.usage);
        let attributed = rules.features.attribute(&report.origin, id);
        let landing = (report.transport.is_some() && counts.transport)
            .then(|| self.residency.judge(rules, report, id, attributed.id));
        let model = model_of(endpoint, report, usage);
        let provider = provider_of(endpoint, report, usage);
        let price = usage.map(|usage| {
            let asked = Asked {
                id,
                endpoint,
                provider: &provider,
                model: &model,
                residency: landing.as_deref(),
            };
            self.price(rules, endpoint, question(report, usage, &asked))
        });
        let key = CellKey {
            feature: attributed.feature,
            endpoint: endpoint_name(endpoint, report, usage),
            provider: provider.map_or_else(Text::default, |provider| Text::from(provider.as_str())),
            model,
            region: landing
                .as_ref()
                .map_or_else(Text::default, |told| told.judgement.region.clone()),
            verdict: landing.as_ref().map(|told| told.judgement.verdict),
            grade: landing.as_ref().and_then(|told| told.judgement.grade),
        };
        let told = landing.as_deref();
        self.last_number = self.last_number.saturating_add(1);
        Route {
            number: self.last_number,
            endpoint: id,
            counts,
            how: attributed.how,
            price,
            shared: Arc::new(Shared {
                destination: report.destination.clone(),
                told: report.evidence.clone(),
                key,
                rule: told.map_or_else(Text::default, |told| told.rule.clone()),
                evidence: told.map_or_else(Text::default, |told| told.judgement.evidence.clone()),
            }),
            landing,
        }
    }

    fn price(
        &mut self,
        rules: &Rulebook,
        endpoint: Option<&Endpoint>,
        question: Question,
    ) -> Resolved {
        if let Some(resolved) = self.prices.get(&question) {
            return resolved.clone();
        }
        if self.prices.len() >= PRICES_MAX {
            self.prices.clear();
        }
        let resolved = resolve(rules, endpoint, &question);
        self.prices.insert(question, resolved.clone());
        resolved
    }
}

fn routed(known: &mut Known, report: &mut Report) -> Routed {
    let counts = known.route.counts;
    let left_out = LeftOut {
        transport: report.transport.is_some() && !counts.transport,
        usage: report.usage.is_some() && !counts.usage,
    };
    if left_out.usage {
        report.usage = None;
    }
    if left_out.transport {
        report.transport = None;
    }
    Routed {
        route: Arc::clone(&known.route),
        facts: known.facts(report),
        left_out,
    }
}

/// What a price is asked by, beside the report itself.
struct Asked<'a> {
    id: Option<EndpointId>,
    endpoint: Option<&'a Endpoint>,
    provider: &'a Option<Provider>,
    model: &'a Text,
    residency: Option<&'a Landing>,
}

/// By host and path; without a host by the deployment's or model's name, which is certain only when
/// exactly one endpoint serves it.
fn find_endpoint(registry: &Registry, report: &Report) -> Found {
    if !report.destination.host.is_empty() {
        return registry.find(&report.destination);
    }
    let external = report.usage.as_ref().and_then(|usage| usage.external);
    let usage = report.usage.as_ref();
    let names = [
        Some(&report.destination.deployment),
        usage.map(|usage| &usage.requested_model),
        usage.map(|usage| &usage.model),
        Some(&report.destination.model),
    ];
    let mut found = Found::None;
    for name in names.into_iter().flatten().filter(|name| !name.is_empty()) {
        match registry.by_alias(name, external) {
            one @ Found::One(_) => return one,
            Found::Several => found = Found::Several,
            Found::None => {}
        }
    }
    found
}

/// Which fact groups count: those that the endpoint does not take from another source.
fn counts(endpoint: Option<&Endpoint>, report: &Report, source: &str) -> Counts {
    let own = |from: Option<&CountsFrom>| from.is_none_or(|from| from.is(report.format, source));
    Counts {
        transport: own(endpoint.and_then(|endpoint| endpoint.transport_from.as_ref())),
        usage: own(endpoint.and_then(|endpoint| endpoint.usage_from.as_ref())),
    }
}

fn endpoint_name(
    endpoint: Option<&Endpoint>,
    report: &Report,
    usage: Option<&UsageReport>,
) -> Text {
    let platform = usage.and_then(|usage| usage.external) == Some(false);
    match endpoint {
        Some(endpoint) => endpoint.name.clone(),
        None if !report.destination.host.is_empty() => report.destination.host.clone(),
        None if platform => Text::from(Provider::NowLlm.as_str()),
        None => Text::const_new(UNASSIGNED),
    }
}

fn provider_of(
    endpoint: Option<&Endpoint>,
    report: &Report,
    usage: Option<&UsageReport>,
) -> Option<Provider> {
    let platform = usage.and_then(|usage| usage.external) == Some(false);
    endpoint
        .and_then(|endpoint| endpoint.provider.clone())
        .or_else(|| report.destination.provider.clone())
        .or_else(|| platform.then_some(Provider::NowLlm))
}

/// The model that answered: the answer's word, else the request's, else the path's, each through
/// the endpoint's aliases; last the registered model.
fn model_of(endpoint: Option<&Endpoint>, report: &Report, usage: Option<&UsageReport>) -> Text {
    let told = usage
        .map(|usage| &usage.model)
        .filter(|name| !name.is_empty())
        .or_else(|| usage.map(|usage| &usage.requested_model))
        .filter(|name| !name.is_empty())
        .or(Some(&report.destination.model))
        .filter(|name| !name.is_empty())
        .or_else(|| endpoint.map(|_| &report.destination.deployment))
        .cloned()
        .unwrap_or_default();
    endpoint.map_or_else(
        || told.clone(),
        |endpoint| Text::from(endpoint.resolve_model(&told)),
    )
}

fn question(report: &Report, usage: &UsageReport, asked: &Asked<'_>) -> Question {
    let landed = asked
        .residency
        .map(|told| &told.judgement.region)
        .filter(|region| !region.contains(":zone:"));
    let registered = asked.endpoint.map(Endpoint::known_region);
    let geo = report
        .evidence
        .iter()
        .find(|evidence| evidence.kind == EvidenceKind::InferenceGeo);
    let fixed = asked
        .endpoint
        .is_some_and(|endpoint| endpoint.cost_model == CostModel::Fixed);
    Question {
        endpoint: asked.id,
        provider: asked.provider.clone(),
        model: asked.model.clone(),
        requested: usage.requested_model.clone(),
        region: landed
            .filter(|region| !region.is_empty())
            .cloned()
            .or(registered.map(Text::from))
            .unwrap_or_default(),
        scope: report
            .destination
            .scope
            .or(asked.endpoint.and_then(|endpoint| endpoint.scope)),
        geo: geo.map_or_else(Text::default, |evidence| evidence.told.clone()),
        tier: if fixed {
            Tier::Provisioned
        } else {
            usage.tier.unwrap_or_default()
        },
    }
}

fn resolve(rules: &Rulebook, endpoint: Option<&Endpoint>, question: &Question) -> Resolved {
    let unknown = Provider::Other(Text::default());
    let some = |text: &'_ Text| (!text.is_empty()).then(|| text.to_string());
    let (region, geo) = (some(&question.region), some(&question.geo));
    rules.prices.resolve(&Lookup {
        endpoint: endpoint.map(|endpoint| endpoint.name.as_str()),
        provider: question.provider.as_ref().unwrap_or(&unknown),
        model: &question.model,
        requested_model: &question.requested,
        region: region.as_deref(),
        scope: question.scope,
        geo: geo.as_deref(),
        tier: question.tier,
        fixed: question.tier == Tier::Provisioned,
    })
}
