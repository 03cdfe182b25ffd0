//! Judges one report: which endpoint and feature, what it cost, where it landed.
//!
//! Knows no clock, file or ledger: a report and the configuration go in, an [`Entry`] comes out. A
//! newcomer may ask about the two caches: lookups by pattern are slow and a topic repeats the same
//! few models and hosts, so answers are kept by exactly what they were asked by.

mod facts;
mod residency_of;

use std::sync::Arc;

use crate::attribute::{
    Attributed, CostModel, Endpoint, EndpointId, Features, Found, Groups, Registry,
};
use crate::call::{Class, EvidenceKind, Provider, Report, Tier, Transport, UsageReport};
use crate::entry::{CallAdds, CellKey, Entry, Money, RequestAdds};
use crate::ids::ConfigNumber;
use crate::money::NanoUsd;
use crate::outcome::IgnoreReason;
use crate::price::{Billed, Lookup, PriceBook, PriceClass, Priced, Resolved};
use crate::residency::Regions;
use crate::secret::{FingerprintKey, looks_secret};
use crate::units::{Millis, Text};

pub use residency_of::Landing;
use residency_of::ResidencyCache;

/// The endpoint of usage that names no host, where more or less than one endpoint fits.
pub const UNASSIGNED: &str = "unassigned";
/// The price row of requests that a gateway answered from its own cache.
const GATEWAY_CACHE_ROW: &str = "gateway_cache";
/// Distinct questions that a cache keeps before it starts anew.
const CACHE_MAX: usize = 10_000;

/// All that a verdict hangs on.
#[derive(Clone, Debug, Default)]
pub struct Rulebook {
    /// The registered endpoints.
    pub registry: Registry,
    /// The registered features.
    pub features: Features,
    /// Users and their groups.
    pub groups: Groups,
    /// Price lists.
    pub prices: PriceBook,
    /// Regions, zones and sets.
    pub regions: Regions,
}

/// What a price was asked by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Question {
    endpoint: Option<EndpointId>,
    provider: Option<Provider>,
    model: Text,
    requested: Text,
    region: Text,
    scope: Option<crate::call::Scope>,
    geo: Text,
    tier: Tier,
}

#[expect(clippy::disallowed_types, reason = "looked up only, never walked")]
type PriceCache = std::collections::HashMap<Question, Resolved>;

/// Judges reports under one configuration.
pub struct Judge {
    rules: Arc<Rulebook>,
    key: FingerprintKey,
    config: ConfigNumber,
    prices: PriceCache,
    residency: ResidencyCache,
}

/// A judged report with what only explanations need.
#[derive(Clone, Debug)]
pub struct Judged {
    /// What goes into the books.
    pub entry: Entry,
    /// The price, where the report has usage facts that count and something was used.
    pub priced: Option<Priced>,
    /// The residency judgement, where the report has transport facts that count.
    pub residency: Option<Arc<Landing>>,
    /// How the feature was found.
    pub attributed: Attributed,
}

impl Judge {
    /// A judge under `rules`, numbered `config`, with the ledger's key of fingerprints.
    #[must_use]
    pub fn new(rules: Arc<Rulebook>, key: FingerprintKey, config: ConfigNumber) -> Judge {
        Judge {
            rules,
            key,
            config,
            prices: PriceCache::default(),
            residency: ResidencyCache::default(),
        }
    }

    /// The configuration it judges under.
    #[must_use]
    pub fn rules(&self) -> &Rulebook {
        &self.rules
    }

    /// Judges a report that came from `source` at `offset`.
    ///
    /// # Errors
    /// [`IgnoreReason::OtherSourceCounts`] when the endpoint's `usage_from` and `transport_from`
    /// leave nothing of it.
    pub fn judge(
        &mut self,
        mut report: Report,
        source: &str,
        offset: u64,
    ) -> Result<Judged, IgnoreReason> {
        let rules = Arc::clone(&self.rules);
        let found = find_endpoint(&rules.registry, &report);
        let endpoint = found.one().and_then(|id| rules.registry.get(id));
        if let Some(endpoint) = endpoint {
            drop_uncounted(endpoint, &mut report, source);
        }
        if report.transport.is_none() && report.usage.is_none() {
            return Err(IgnoreReason::OtherSourceCounts);
        }
        let attributed = rules.features.attribute(&report.origin, found.one());
        let residency = report.transport.is_some().then(|| {
            self.residency
                .judge(&rules, &report, found.one(), attributed.id)
        });
        let model = model_of(endpoint, &report);
        let provider = provider_of(endpoint, &report);
        let priced = report.usage.as_ref().and_then(|usage| {
            self.price(
                &report,
                usage,
                &Asked {
                    id: found.one(),
                    endpoint,
                    provider: &provider,
                    model: &model,
                    residency: residency.as_deref(),
                },
            )
        });
        let call = report
            .transport
            .as_ref()
            .map(|transport| call_adds(transport, endpoint, residency.as_deref()));
        let request = report
            .usage
            .as_ref()
            .map(|usage| request_adds(usage, call.as_ref(), priced.as_ref()));
        let key = CellKey {
            feature: attributed.feature.clone(),
            endpoint: endpoint_name(endpoint, &report),
            provider: provider.map_or_else(Text::default, |provider| Text::from(provider.as_str())),
            model,
            region: residency
                .as_ref()
                .map_or_else(Text::default, |told| told.judgement.region.clone()),
            verdict: residency.as_ref().map(|told| told.judgement.verdict),
            grade: residency.as_ref().and_then(|told| told.judgement.grade),
        };
        let entry = self.entry(
            report,
            offset,
            key,
            Adds {
                call,
                request,
                priced: priced.as_ref(),
                residency: residency.as_deref(),
                endpoint,
            },
        );
        Ok(Judged {
            entry,
            priced,
            residency,
            attributed,
        })
    }

    fn entry(&self, mut report: Report, offset: u64, key: CellKey, adds: Adds<'_>) -> Entry {
        let (transport_facts, usage_facts) =
            facts::hashes(&report, adds.call.as_ref(), adds.request.as_ref());
        let user = std::mem::take(&mut report.origin.user);
        let conversation = std::mem::take(&mut report.origin.conversation);
        let registered = adds
            .endpoint
            .map(|endpoint| endpoint.credential_ref.clone());
        let told = std::mem::take(&mut report.origin.credential);
        let credential = match self.key.fingerprint("credential", &told) {
            None => registered.unwrap_or_default(),
            // A writer of logs may take the key itself for its name.
            Some(fingerprint) if looks_secret(&told) => Text::from(format!("key-{fingerprint}")),
            Some(_) => told,
        };
        Entry {
            offset,
            transport_facts,
            usage_facts,
            key,
            call: adds.call,
            price_row: adds.request.map_or_else(Text::default, |request| {
                price_row(request.money, adds.priced)
            }),
            request: adds.request,
            rule: adds
                .residency
                .map_or_else(Text::default, |told| told.rule.clone()),
            evidence: adds
                .residency
                .map_or_else(Text::default, |told| told.judgement.evidence.clone()),
            credential,
            user_group: self.rules.groups.of(&user).cloned().unwrap_or_default(),
            user: self.key.fingerprint("user", &user),
            conversation: self.key.fingerprint("conversation", &conversation),
            config: self.config,
            report,
        }
    }

    fn price(&mut self, report: &Report, usage: &UsageReport, asked: &Asked<'_>) -> Option<Priced> {
        if usage.gateway_cache_hit {
            return None;
        }
        let failed = usage.class.is_some_and(|class| class != Class::Ok);
        if usage.usage.is_none() && usage.web_searches == 0 && failed {
            return None;
        }
        let question = question(report, usage, asked);
        if self.prices.len() >= CACHE_MAX {
            self.prices.clear();
        }
        let resolved = match self.prices.get(&question) {
            Some(resolved) => resolved,
            None => {
                let resolved = resolve(&self.rules, asked.endpoint, &question);
                self.prices.entry(question).or_insert(resolved)
            }
        };
        Some(resolved.price(&Billed {
            at: report.at,
            usage: usage.usage.as_ref(),
            web_searches: usage.web_searches,
            untold: usage.untold,
            audio: usage.audio,
        }))
    }
}

/// What an entry is put together from.
struct Adds<'a> {
    call: Option<CallAdds>,
    request: Option<RequestAdds>,
    priced: Option<&'a Priced>,
    residency: Option<&'a Landing>,
    endpoint: Option<&'a Endpoint>,
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

/// Takes the half away that another source counts for this endpoint.
fn drop_uncounted(endpoint: &Endpoint, report: &mut Report, source: &str) {
    if endpoint
        .usage_from
        .as_ref()
        .is_some_and(|from| !from.is(report.format, source))
    {
        report.usage = None;
    }
    if endpoint
        .transport_from
        .as_ref()
        .is_some_and(|from| !from.is(report.format, source))
    {
        report.transport = None;
    }
}

fn endpoint_name(endpoint: Option<&Endpoint>, report: &Report) -> Text {
    let platform = report.usage.as_ref().and_then(|usage| usage.external) == Some(false);
    match endpoint {
        Some(endpoint) => endpoint.name.clone(),
        None if !report.destination.host.is_empty() => report.destination.host.clone(),
        None if platform => Text::from(Provider::NowLlm.as_str()),
        None => Text::const_new(UNASSIGNED),
    }
}

fn provider_of(endpoint: Option<&Endpoint>, report: &Report) -> Option<Provider> {
    let platform = report.usage.as_ref().and_then(|usage| usage.external) == Some(false);
    endpoint
        .and_then(|endpoint| endpoint.provider.clone())
        .or_else(|| report.destination.provider.clone())
        .or_else(|| platform.then_some(Provider::NowLlm))
}

/// The model that answered: the answer's word, else the request's, else the path's, each through
/// the endpoint's aliases; last the registered model.
fn model_of(endpoint: Option<&Endpoint>, report: &Report) -> Text {
    let usage = report.usage.as_ref();
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
    let registered = asked.endpoint.map(|endpoint| &endpoint.region);
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
            .or(registered)
            .cloned()
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

fn call_adds(
    transport: &Transport,
    endpoint: Option<&Endpoint>,
    residency: Option<&Landing>,
) -> CallAdds {
    let timeout = endpoint.and_then(|endpoint| endpoint.timeout);
    let over = |latency: Millis| timeout.is_some_and(|timeout| latency > timeout);
    CallAdds {
        class: transport
            .class
            .unwrap_or_else(|| Class::of_status(transport.status)),
        latency: transport.latency,
        request_bytes: transport.request_bytes.unwrap_or(0),
        response_bytes: transport.response_bytes.unwrap_or(0),
        stated_retries: transport.stated_retries.unwrap_or(0),
        spillover: !transport.spillover_from.is_empty(),
        over_timeout: transport.latency.is_some_and(over),
        contradicted: residency.is_some_and(|told| told.judgement.contradiction),
    }
}

fn request_adds(
    usage: &UsageReport,
    call: Option<&CallAdds>,
    priced: Option<&Priced>,
) -> RequestAdds {
    let money = match priced {
        None if usage.gateway_cache_hit => Money::Exact(NanoUsd::ZERO),
        None => Money::Nothing,
        Some(priced) => match (priced.class, priced.cost) {
            (PriceClass::Exact, Some(cost)) => Money::Exact(cost),
            (PriceClass::Approximated, Some(cost)) => Money::Approximated(cost),
            (PriceClass::Fixed, _) => Money::Fixed,
            (PriceClass::Unpriced | PriceClass::Exact | PriceClass::Approximated, _) => {
                Money::Unpriced
            }
        },
    };
    RequestAdds {
        class: usage
            .class
            .or_else(|| call.map(|call| call.class))
            .unwrap_or(Class::Ok),
        usage: usage.usage,
        web_searches: usage.web_searches,
        money,
        duration: usage.duration,
        total_mismatch: usage.total_mismatch,
        external: usage.external,
    }
}

fn price_row(money: Money, priced: Option<&Priced>) -> Text {
    match (money, priced) {
        (Money::Nothing, _) | (_, None) => {
            if money == Money::Nothing {
                Text::default()
            } else {
                Text::const_new(GATEWAY_CACHE_ROW)
            }
        }
        (Money::Fixed, Some(_)) => Text::const_new("fixed"),
        (_, Some(priced)) => match priced.gap {
            Some(gap) => Text::from(format!("unpriced:{}", gap.as_str())),
            None => Text::from(priced.row()),
        },
    }
}
