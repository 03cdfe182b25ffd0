//! Judges one report: which endpoint and feature, what it cost, where it landed.
//!
//! Knows no clock, file or ledger: a report and the configuration go in, an [`Entry`] comes out. A
//! newcomer may ask why an entry keeps so little of its report: a batch of them waits for the disk,
//! and what is not held needs no memory, no second look and no freeing by another thread.

mod asked;
mod facts;
mod reasons;
mod residency_of;
mod route;

use std::sync::Arc;

use crate::attribute::{Endpoint, Features, Groups, How, Registry};
use crate::call::{Class, Report, Transport, UsageReport};
use crate::entry::{CallAdds, Entry, Facts, LeftOut, Money, RequestAdds};
use crate::ids::{ConfigNumber, Fingerprint};
use crate::money::NanoUsd;
use crate::outcome::IgnoreReason;
use crate::price::{Billed, PriceBook, PriceClass, Priced, Resolved};
use crate::residency::Regions;
use crate::secret::{FingerprintKey, looks_secret};
use crate::units::{Millis, Text, UnixMillis};

pub use reasons::Reasons;
pub use residency_of::Landing;
pub use route::Counts;
use route::{Route, Routed, Routes};

/// The endpoint of usage that names no host, where more or less than one endpoint fits.
pub const UNASSIGNED: &str = "unassigned";
/// The price row of requests that a gateway answered from its own cache.
const GATEWAY_CACHE_ROW: &str = "gateway_cache";

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

/// Judges reports under one configuration.
pub struct Judge {
    rules: Arc<Rulebook>,
    key: FingerprintKey,
    config: ConfigNumber,
    routes: Routes,
}

/// Who made a call, as far as it may be known: people appear as keyed fingerprints and groups only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Reference of the credential: told, else the endpoint's registered one.
    pub credential: Text,
    /// Whether the report told it.
    pub credential_told: bool,
    /// Group of the user by the configuration; empty when none.
    pub user_group: Text,
    /// Keyed fingerprint of the user.
    pub user: Option<Fingerprint>,
    /// Keyed fingerprint of the conversation.
    pub conversation: Option<Fingerprint>,
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
    pub how: How,
    /// Which fact groups count at its endpoint.
    pub counts: Counts,
}

impl Judge {
    /// A judge under `rules`, numbered `config`, with the ledger's key of fingerprints.
    #[must_use]
    pub fn new(rules: Arc<Rulebook>, key: FingerprintKey, config: ConfigNumber) -> Judge {
        Judge {
            rules,
            key,
            config,
            routes: Routes::default(),
        }
    }

    /// The configuration it judges under.
    #[must_use]
    pub fn rules(&self) -> &Rulebook {
        &self.rules
    }

    /// The number of that configuration.
    #[must_use]
    pub fn config(&self) -> ConfigNumber {
        self.config
    }

    /// Judges a report that came from `source` at `offset`.
    ///
    /// # Errors
    /// [`IgnoreReason::OtherSourceCounts`] when the endpoint's `usage_from` and `transport_from`
    /// leave nothing of it.
    pub fn judge(
        &mut self,
        mut report: Box<Report>,
        source: &str,
        offset: u64,
    ) -> Result<Judged, IgnoreReason> {
        let route = self.routes.of(&self.rules, &mut report, source);
        let who = self.person(&mut report);
        self.decide(report, offset, who, route)
    }

    /// Judges a report again of which user, conversation and credential are only known as `who`
    /// says; where no credential was told, the registered one of this configuration takes its place.
    ///
    /// # Errors
    /// As [`Judge::judge`].
    pub fn judge_again(
        &mut self,
        mut report: Box<Report>,
        (source, offset): (&str, u64),
        who: Person,
    ) -> Result<Judged, IgnoreReason> {
        let route = self.routes.of(&self.rules, &mut report, source);
        self.decide(report, offset, who, route)
    }

    fn decide(
        &self,
        report: Box<Report>,
        offset: u64,
        who: Person,
        Routed {
            route,
            facts,
            left_out,
        }: Routed,
    ) -> Result<Judged, IgnoreReason> {
        if report.transport.is_none() && report.usage.is_none() {
            return Err(IgnoreReason::OtherSourceCounts);
        }
        let endpoint = route.endpoint.and_then(|id| self.rules.registry.get(id));
        let priced = report
            .usage
            .as_ref()
            .and_then(|usage| price(report.at, usage, route.price.as_ref()?));
        let call = report
            .transport
            .as_ref()
            .map(|transport| call_adds(transport, endpoint, route.landing.as_deref()));
        let request = report
            .usage
            .as_ref()
            .map(|usage| request_adds(usage, call.as_ref(), priced.as_ref()));
        let adds = Adds {
            call,
            request,
            priced: priced.as_ref(),
            endpoint,
            left_out,
        };
        let entry = self.entry(report, offset, (&route, facts, who), &adds);
        Ok(Judged {
            entry,
            priced,
            residency: route.landing.clone(),
            how: route.how,
            counts: route.counts,
        })
    }

    /// Takes user, conversation and credential out of a report.
    fn person(&self, report: &mut Report) -> Person {
        let user = std::mem::take(&mut report.origin.user);
        let conversation = std::mem::take(&mut report.origin.conversation);
        let told = std::mem::take(&mut report.origin.credential);
        let credential = match self.key.fingerprint("credential", &told) {
            // A writer of logs may take the key itself for its name.
            Some(fingerprint) if looks_secret(&told) => Text::from(format!("key-{fingerprint}")),
            Some(_) | None => told,
        };
        Person {
            credential_told: !credential.is_empty(),
            credential,
            user_group: self.rules.groups.of(&user).cloned().unwrap_or_default(),
            user: self.key.fingerprint("user", &user),
            conversation: self.key.fingerprint("conversation", &conversation),
        }
    }

    fn entry(
        &self,
        report: Box<Report>,
        offset: u64,
        (route, facts, who): (&Route, Arc<Facts>, Person),
        adds: &Adds<'_>,
    ) -> Entry {
        let (transport_facts, usage_facts) =
            facts::hashes(&report, adds.call.as_ref(), adds.request.as_ref());
        let registered = adds.endpoint.map(|endpoint| &endpoint.credential_ref);
        // The rest goes back to the allocator while it is warm.
        let Report {
            identity,
            at,
            sequence,
            ..
        } = *report;
        Entry {
            identity,
            at,
            sequence,
            facts,
            part: 0,
            offset,
            transport_facts,
            usage_facts,
            shared: Arc::clone(&route.shared),
            call: adds.call,
            price_row: adds.request.map_or_else(Text::default, |request| {
                price_row(request.money, adds.priced)
            }),
            request: adds.request,
            credential: if who.credential_told {
                who.credential
            } else {
                registered.cloned().unwrap_or_default()
            },
            credential_told: who.credential_told,
            left_out: adds.left_out,
            user_group: who.user_group,
            user: who.user,
            conversation: who.conversation,
            config: self.config,
            alike: Some(route.number),
        }
    }
}

/// What the usage costs; `None` when nobody was asked, or nothing was used.
fn price(at: UnixMillis, usage: &UsageReport, resolved: &Resolved) -> Option<Priced> {
    if usage.gateway_cache_hit {
        return None;
    }
    let failed = usage.class.is_some_and(|class| class != Class::Ok);
    if usage.usage.is_none() && usage.web_searches == 0 && failed {
        return None;
    }
    Some(resolved.price(&Billed {
        at,
        usage: usage.usage.as_ref(),
        web_searches: usage.web_searches,
        untold: usage.untold,
        audio: usage.audio,
    }))
}

/// What an entry is put together from.
struct Adds<'a> {
    call: Option<CallAdds>,
    request: Option<RequestAdds>,
    priced: Option<&'a Priced>,
    endpoint: Option<&'a Endpoint>,
    left_out: LeftOut,
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
