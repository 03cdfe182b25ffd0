//! Finds the rows for a lookup: contract, user's rows, then the lists, closest place first.
//!
//! Knows no call and no time. A newcomer may ask why the answer holds several plans: a row may
//! start or end between two calls of one lookup, so every row that could count is kept in order
//! and [`Resolved::price`] takes the first in force.

use std::sync::Arc;

use crate::call::{Provider, Scope, Tier};
use crate::money::Factor;
use crate::price::book::PriceBook;
use crate::price::class::{Approximation, PriceGap};
use crate::price::names::{Form, forms};
use crate::price::place::{Wanted, wanted};
use crate::price::plans::{Use, plans};
use crate::price::quote::{Plan, Resolved};
use crate::price::row::Row;
use crate::units::Text;

/// What a price hangs on beside tokens and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lookup<'a> {
    /// The registered endpoint, for contract rows.
    pub endpoint: Option<&'a str>,
    /// Who runs the model.
    pub provider: &'a Provider,
    /// The model as answered; empty when not told.
    pub model: &'a str,
    /// The model as requested; empty when not told.
    pub requested_model: &'a str,
    /// Canonical region (`azure:westeurope`, `aws:eu-central-1`).
    pub region: Option<&'a str>,
    /// The deployment's scope, where told or registered.
    pub scope: Option<Scope>,
    /// The zone of inference (`us`, `eu`), or `global` where that is told.
    pub geo: Option<&'a str>,
    /// The price tier.
    pub tier: Tier,
    /// The endpoint is paid by the hour.
    pub fixed: bool,
}

impl PriceBook {
    /// Finds the rows. Slow (patterns over lists): keep the answer for every call that asks the
    /// same.
    #[must_use]
    pub fn resolve(&self, lookup: &Lookup<'_>) -> Resolved {
        let mut found: Vec<Plan> = Vec::new();
        let fixed = lookup.fixed || lookup.tier == Tier::Provisioned;
        if fixed {
            return answer(found, PriceGap::NoModel, true);
        }
        let mut names = [lookup.model, lookup.requested_model]
            .map(str::trim)
            .to_vec();
        names.retain(|name| !name.is_empty());
        names.dedup();
        for contract in [true, false] {
            self.users_plans(lookup, &names, contract, &mut found);
        }
        let gap = match lookup.provider {
            Provider::NowLlm => Some(PriceGap::PlatformLicence),
            Provider::Vllm | Provider::Ollama => Some(PriceGap::SelfHosted),
            Provider::Azure
            | Provider::Openai
            | Provider::Anthropic
            | Provider::Bedrock
            | Provider::Vertex
            | Provider::Gemini
            | Provider::Watsonx
            | Provider::AlephAlpha
            | Provider::Mistral => names.is_empty().then_some(PriceGap::NoModel),
            Provider::Other(_) if names.is_empty() => Some(PriceGap::NoModel),
            Provider::Other(name) if self.is_nobody(name) => Some(PriceGap::UnknownProvider),
            Provider::Other(_) => None,
        };
        if let Some(gap) = gap {
            return answer(found, gap, false);
        }
        for (i, name) in names.iter().enumerate() {
            let listed = self.listed_plans(lookup, name);
            if !listed.is_empty() {
                let requested = (i > 0).then_some(Approximation::RequestedModel);
                found.extend(listed.into_iter().map(|plan| ruled(plan, requested)));
                break;
            }
        }
        answer(found, PriceGap::UnknownModel, false)
    }

    /// Adds the plans of the user's rows: contracts of the endpoint, or rows of no endpoint.
    fn users_plans(
        &self,
        lookup: &Lookup<'_>,
        names: &[&str],
        contract: bool,
        found: &mut Vec<Plan>,
    ) {
        let ids = self.ids(lookup.provider).0;
        let mut rows: Vec<(&Row, Option<Approximation>)> = Vec::new();
        let names = if names.is_empty() { &[""][..] } else { names };
        for name in names {
            let wanted = wanted(self, lookup, name);
            let forms = wanted.forms(lookup.provider);
            rows.extend(self.user.iter().filter_map(|row| {
                let mine = if contract {
                    lookup.endpoint == Some(row.endpoint.as_str())
                        && !row.endpoint.is_empty()
                        && (row.provider.is_empty() || ids.contains(&row.provider))
                } else {
                    row.endpoint.is_empty() && ids.contains(&row.provider)
                };
                let form = forms
                    .iter()
                    .find(|form| form.rule.is_none() && row.models.matches(&form.text))?;
                (mine && wanted.holds(row)).then_some((row, form.rule))
            }));
        }
        rows.sort_by_key(|(row, _)| std::cmp::Reverse(row.place.closeness()));
        for (row, rule) in rows {
            found.extend(plans(row, &self.how(lookup, &[], rule)));
        }
    }

    /// The plans of the built-in and imported lists.
    fn listed_plans(&self, lookup: &Lookup<'_>, name: &str) -> Vec<Plan> {
        let sure = self.ids(lookup.provider).1;
        let found = self.listed_here(lookup, name);
        if !found.is_empty() {
            let unsure = (!sure).then_some(Approximation::OtherProvidersRow);
            return found.into_iter().map(|plan| ruled(plan, unsure)).collect();
        }
        let forms = forms(lookup.provider, name);
        self.elsewhere(lookup, name, &forms)
    }

    /// Rows that name the very place; for a single Azure region also those of its zone.
    fn closest(
        &self,
        lookup: &Lookup<'_>,
        ids: &[Text],
        wanted: &Wanted,
        form: &Form,
    ) -> Vec<Plan> {
        let mut tries = vec![(wanted.clone(), None)];
        if *lookup.provider == Provider::Azure && wanted.scope == Some(Scope::Regional) {
            let mut zone = wanted.clone();
            zone.scope = Some(Scope::DataZone);
            tries.push((zone, Some(Approximation::NearestScope)));
        }
        let mut found = Vec::new();
        for (place, rule) in tries {
            let mut rows: Vec<&Row> = [&self.import[..], &self.own, &self.catalogue]
                .into_iter()
                .flatten()
                .filter(|row| {
                    row.place.closeness() > 0
                        && ids.contains(&row.provider)
                        && row.models.matches(&form.text)
                        && place.holds(row)
                })
                .collect();
            rows.sort_by_key(|row| std::cmp::Reverse(row.place.closeness()));
            for row in rows {
                let rule = rule.or(form.rule);
                found.extend(plans(row, &self.how(lookup, &[&form.text], rule)));
            }
        }
        found
    }

    /// The first row that names no place: the provider's own, then those that it resells.
    fn widest(&self, lookup: &Lookup<'_>, ids: &[Text], wanted: &Wanted, form: &Form) -> Vec<Plan> {
        let find = |ids: &[Text]| {
            let layers = [&self.import[..], &self.own, &self.catalogue];
            let rows: Vec<&Row> = layers
                .into_iter()
                .filter_map(|rows| {
                    rows.iter().find(|row| {
                        row.place.closeness() == 0
                            && ids.contains(&row.provider)
                            && row.models.matches(&form.text)
                    })
                })
                .collect();
            rows
        };
        let mut rows = find(ids);
        let mut resold = false;
        if rows.is_empty() {
            resold = true;
            let fallbacks = ids.iter().filter_map(|id| self.info(id));
            rows = fallbacks
                .flat_map(|info| &info.fallbacks)
                .map(|id| find(std::slice::from_ref(id)))
                .find(|rows| !rows.is_empty())
                .unwrap_or_default();
        }
        let mut found = Vec::new();
        for row in rows {
            let place = self.place_rule(lookup, wanted, row, &form.text);
            // Azure publishes the same half price for batch deployments of the models it resells.
            let same_batch = *lookup.provider == Provider::Azure && lookup.tier == Tier::Batch;
            let rule = place.rule.into_iter().chain(form.rule).min();
            let how = Use {
                place: place.factor,
                foreign_tiers: resold && !same_batch,
                geo_matters: place.geo_matters,
                ..self.how(lookup, &[&form.text], rule)
            };
            found.extend(plans(row, &how));
        }
        found
    }

    /// The row of whoever makes the model, for gateways and hosts that no list knows.
    fn elsewhere(&self, lookup: &Lookup<'_>, name: &str, forms: &[Form]) -> Vec<Plan> {
        if *lookup.provider == Provider::AlephAlpha {
            return Vec::new();
        }
        let (other, tail, rule) = match (lookup.provider, name.split_once('/')) {
            (Provider::Other(gateway), Some((prefix, tail))) if self.is_provider(prefix) => {
                // LiteLLM names the true provider before the model.
                let passes_on = gateway.starts_with("litellm");
                let rule = (!passes_on).then_some(Approximation::OtherProvidersRow);
                (Provider::parse(prefix), tail, rule)
            }
            _ => {
                let maker = forms.iter().find_map(|form| {
                    self.providers
                        .iter()
                        .find(|info| info.models.matches(&form.text))
                });
                let maker = maker.and_then(|info| Provider::parse(&info.id));
                (maker, name, Some(Approximation::OtherProvidersRow))
            }
        };
        match other {
            Some(provider) if provider != *lookup.provider => {
                let passed = Lookup {
                    provider: &provider,
                    ..*lookup
                };
                let found = self.listed_here(&passed, tail);
                found.into_iter().map(|plan| ruled(plan, rule)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The plans at this very provider: by literal names, else by loosened ones; rows of the very
    /// place before rows of none.
    fn listed_here(&self, lookup: &Lookup<'_>, name: &str) -> Vec<Plan> {
        let ids = self.ids(lookup.provider).0;
        let wanted = wanted(self, lookup, name);
        let forms = wanted.forms(lookup.provider);
        let (literal, loose): (Vec<&Form>, Vec<&Form>) =
            forms.iter().partition(|form| form.rule.is_none());
        [literal, loose]
            .into_iter()
            .map(|forms| {
                let near = forms
                    .iter()
                    .flat_map(|form| self.closest(lookup, &ids, &wanted, form));
                let wide = forms
                    .iter()
                    .map(|form| self.widest(lookup, &ids, &wanted, form))
                    .find(|found| !found.is_empty());
                near.chain(wide.unwrap_or_default()).collect::<Vec<_>>()
            })
            .find(|found| !found.is_empty())
            .unwrap_or_default()
    }

    /// Whether a name is that of no list's provider, no known gateway and no host, so that no row
    /// can be said to be its price.
    fn is_nobody(&self, name: &str) -> bool {
        let host_or_untold = name.is_empty() || name.contains('.');
        !host_or_untold
            && !name.starts_with("litellm")
            && !crate::provider::is_name(name)
            && self.ids(&Provider::Other(Text::from(name))).0.len() == 1
            && self.info(name).is_none()
            && !self.rows().any(|(_, row)| row.provider == name)
    }

    fn is_provider(&self, prefix: &str) -> bool {
        match Provider::parse(prefix) {
            None => false,
            Some(Provider::Other(name)) => self.info(&name).is_some(),
            Some(_) => true,
        }
    }

    /// How a row at its own place is used; the names serve to find a factor for the tier.
    fn how(&self, lookup: &Lookup<'_>, names: &[&str], rule: Option<Approximation>) -> Use {
        let names = if names.is_empty() {
            forms(lookup.provider, lookup.model)
                .into_iter()
                .map(|form| form.text)
                .collect()
        } else {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        let ids = self.ids(lookup.provider).0;
        let tier_factor = self
            .uplifts
            .iter()
            .find(|uplift| {
                uplift.tier == Some(lookup.tier)
                    && ids.contains(&uplift.provider)
                    && names.iter().any(|name| uplift.models.matches(name))
            })
            .map(|uplift| (uplift.factor, uplift.general));
        Use {
            tier: lookup.tier,
            place: Factor::ONE,
            tier_factor,
            rule,
            foreign_tiers: false,
            geo_matters: false,
        }
    }
}

fn answer(found: Vec<Plan>, gap: PriceGap, fixed: bool) -> Resolved {
    let gap = if found.is_empty() || gap != PriceGap::UnknownModel {
        gap
    } else {
        PriceGap::NotInForce
    };
    Resolved {
        plans: Arc::from(found),
        gap,
        fixed,
    }
}

fn ruled(mut plan: Plan, rule: Option<Approximation>) -> Plan {
    plan.rule = plan.rule.into_iter().chain(rule).min();
    plan
}
