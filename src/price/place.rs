//! Where a call's price is to hold, by provider, and what a row without a place means there.
//!
//! Knows no token and no time. A newcomer may ask why this is code and not data: the providers
//! differ in *how* place enters a price (a profile's prefix, a deployment's scope, a field of the
//! answer), and only the figures are data (`prices/own.toml`).

use crate::call::{Provider, Scope};
use crate::money::Factor;
use crate::price::book::PriceBook;
use crate::price::class::Approximation;
use crate::price::names::{BedrockId, Form, forms};
use crate::price::resolve::Lookup;
use crate::price::row::{Row, Uplift};
use crate::units::Text;

/// The place and name that a lookup asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The names to try before the usual forms.
    names: Vec<String>,
    /// The deployment's scope; `None` when not told.
    pub(super) scope: Option<Scope>,
    /// The zone; `None` when not told or outside every zone.
    pub(super) zone: Option<Text>,
    /// The canonical region.
    pub(super) region: Option<Text>,
}

impl Wanted {
    /// Whether a row holds at the place.
    pub(super) fn holds(&self, row: &Row) -> bool {
        row.place
            .holds(self.scope, self.zone.as_deref(), self.region.as_deref())
    }

    fn within(&self, uplift: &Uplift) -> bool {
        uplift
            .place
            .holds(self.scope, self.zone.as_deref(), self.region.as_deref())
    }

    /// The forms of the name, most literal first.
    pub(super) fn forms(&self, provider: &Provider) -> Vec<Form> {
        let mut all: Vec<Form> = self
            .names
            .iter()
            .flat_map(|name| forms(provider, name))
            .collect();
        all.sort_by_key(|form| form.rule.is_some());
        all
    }
}

/// What the lookup asks for, with the place that the provider's own naming tells.
pub(super) fn wanted(book: &PriceBook, lookup: &Lookup<'_>, model: &str) -> Wanted {
    let global = lookup.geo == Some("global");
    let geo = lookup.geo.filter(|geo| !geo.is_empty() && *geo != "global");
    let mut wanted = Wanted {
        names: vec![model.to_owned()],
        scope: lookup.scope.or(global.then_some(Scope::Global)),
        zone: geo.map(Text::from),
        region: lookup.region.map(Text::from),
    };
    match lookup.provider {
        Provider::Azure => azure(book, lookup, model, &mut wanted),
        Provider::Bedrock => bedrock(model, &mut wanted),
        Provider::Vertex => {
            let told = lookup.region.or(geo).map(vertex_scope);
            wanted.scope = wanted.scope.or(told);
        }
        Provider::Openai => {
            let named = lookup
                .region
                .and_then(|region| region.strip_prefix("openai:"));
            wanted.zone = wanted
                .zone
                .or(named.filter(|n| *n != "global").map(Text::from));
            let zone = wanted.zone.is_some().then_some(Scope::DataZone);
            wanted.scope = wanted.scope.or(zone);
        }
        Provider::Anthropic
        | Provider::Gemini
        | Provider::Watsonx
        | Provider::AlephAlpha
        | Provider::Mistral
        | Provider::Vllm
        | Provider::Ollama
        | Provider::NowLlm
        | Provider::Other(_) => {}
    }
    wanted
}

/// The region names the zone, but not the scope; a zone of inference tells both, and so do the
/// keys of a list (`azure/eu/gpt-4o`).
fn azure(book: &PriceBook, lookup: &Lookup<'_>, model: &str, wanted: &mut Wanted) {
    let name = model.trim().to_lowercase();
    let name = name.strip_prefix("azure/").unwrap_or(&name);
    let keyed = name.split_once('/').and_then(|(place, model)| {
        let scope = match place {
            "eu" | "us" => Scope::DataZone,
            "global" | "global-standard" => Scope::Global,
            _ => return None,
        };
        Some((place, scope, model))
    });
    if let Some((place, scope, model)) = keyed {
        wanted.names = vec![model.to_owned()];
        wanted.scope = wanted.scope.or(Some(scope));
        if scope == Scope::DataZone {
            wanted.zone = wanted.zone.take().or_else(|| Some(Text::from(place)));
        }
    }
    if wanted.zone.is_some() {
        wanted.scope = wanted.scope.or(Some(Scope::DataZone));
    }
    let by_region = || lookup.region.and_then(|region| book.zone_of(region));
    wanted.zone = wanted.zone.take().or_else(by_region);
}

/// Vertex locations: `global`, the multi-regions `eu` and `us`, else one region.
fn vertex_scope(region: &str) -> Scope {
    match region.split_once(':').map_or(region, |(_, name)| name) {
        "global" => Scope::Global,
        "eu" | "us" => Scope::DataZone,
        _ => Scope::Regional,
    }
}

/// A profile's prefix tells the scope; a bare id runs in the host's region. Where the name hides
/// the profile, the registered scope or a zone of inference stands in.
fn bedrock(model: &str, wanted: &mut Wanted) {
    let id = BedrockId::parse(model);
    if wanted.region.is_none() && !id.region.is_empty() {
        wanted.region = Some(Text::from(format!("aws:{}", id.region)));
    }
    let told = wanted.zone.take();
    let by_zone = told.is_some().then_some(Scope::DataZone);
    let scope = wanted.scope.or(by_zone);
    let prefix = match (id.prefix.as_str(), scope) {
        ("", Some(Scope::Global)) => "global",
        ("", Some(Scope::DataZone)) => told.as_deref().unwrap_or_default(),
        (prefix, _) => prefix,
    };
    wanted.scope = Some(match prefix {
        "global" => Scope::Global,
        "" if scope == Some(Scope::DataZone) => Scope::DataZone,
        "" => Scope::Regional,
        _ => Scope::DataZone,
    });
    wanted.names = vec![id.bare.clone()];
    if !prefix.is_empty() {
        wanted.names.insert(0, format!("{prefix}.{}", id.bare));
    }
    if wanted.scope == Some(Scope::DataZone) {
        wanted.zone = Some(Text::from(prefix)).filter(|zone| !zone.is_empty());
    }
    wanted
        .names
        .retain(|name| !name.is_empty() && !name.ends_with('.'));
}

/// What a row without a place means at the wanted place.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlaceRule {
    pub(super) factor: Factor,
    pub(super) rule: Option<Approximation>,
    pub(super) geo_matters: bool,
}

const AS_LISTED: PlaceRule = PlaceRule {
    factor: Factor::ONE,
    rule: None,
    geo_matters: false,
};

const NEAREST: PlaceRule = PlaceRule {
    rule: Some(Approximation::NearestScope),
    ..AS_LISTED
};

impl PriceBook {
    /// How a row that names no place is to be read at the wanted place.
    pub(super) fn place_rule(
        &self,
        lookup: &Lookup<'_>,
        wanted: &Wanted,
        row: &Row,
        name: &str,
    ) -> PlaceRule {
        match lookup.provider {
            Provider::Azure => match wanted.scope {
                Some(Scope::Global) => AS_LISTED,
                None => NEAREST,
                Some(Scope::Regional | Scope::DataZone) => {
                    self.uplifted(lookup, wanted, name).unwrap_or(NEAREST)
                }
            },
            Provider::Bedrock => bedrock_rule(wanted, row),
            Provider::Vertex => match wanted.scope {
                None if self.place_matters(lookup, name) => NEAREST,
                _ => self.uplifted(lookup, wanted, name).unwrap_or(AS_LISTED),
            },
            Provider::Openai | Provider::Anthropic => {
                // OpenAI's host tells the place; Anthropic's one host serves every geography.
                let by_host = *lookup.provider == Provider::Openai && wanted.scope.is_some();
                let told = by_host || lookup.geo.is_some_and(|geo| !geo.is_empty());
                let found = self.uplifted(lookup, wanted, name).unwrap_or(AS_LISTED);
                PlaceRule {
                    geo_matters: !told && self.place_matters(lookup, name),
                    ..found
                }
            }
            Provider::Gemini
            | Provider::Watsonx
            | Provider::AlephAlpha
            | Provider::Mistral
            | Provider::Vllm
            | Provider::Ollama
            | Provider::NowLlm
            | Provider::Other(_) => AS_LISTED,
        }
    }

    /// The published multipliers by place of a provider's model, in order.
    fn by_place<'a>(
        &'a self,
        lookup: &'a Lookup<'_>,
        name: &'a str,
    ) -> impl Iterator<Item = &'a Uplift> + 'a {
        let provider = lookup.provider.as_str();
        self.uplifts.iter().filter(move |uplift| {
            uplift.tier.is_none() && uplift.provider == provider && uplift.models.matches(name)
        })
    }

    fn uplifted(&self, lookup: &Lookup<'_>, wanted: &Wanted, name: &str) -> Option<PlaceRule> {
        self.by_place(lookup, name)
            .find(|uplift| wanted.within(uplift))
            .map(|uplift| PlaceRule {
                factor: uplift.factor,
                rule: uplift.general.then_some(Approximation::RegionalUplift),
                geo_matters: false,
            })
    }

    /// Whether the model's price would differ somewhere.
    fn place_matters(&self, lookup: &Lookup<'_>, name: &str) -> bool {
        self.by_place(lookup, name)
            .next()
            .is_some_and(|uplift| uplift.factor != Factor::ONE)
    }
}

/// The catalogue's ids begin with `global.` or `regional.` (in-region and geographic profiles
/// alike) where AWS prices them apart; its other rows are the list prices of the United States.
fn bedrock_rule(wanted: &Wanted, row: &Row) -> PlaceRule {
    let other_region = PlaceRule {
        rule: Some(Approximation::OtherRegion),
        ..AS_LISTED
    };
    let region = wanted.region.as_deref().unwrap_or_default();
    let apart = ["aws:eusc-", "aws:cn-", "aws:us-gov-"];
    if apart.iter().any(|prefix| region.starts_with(prefix)) {
        return other_region;
    }
    let global = wanted.scope == Some(Scope::Global);
    if row.name.starts_with("regional.") || row.name.starts_with("global.") {
        return if global == row.name.starts_with("global.") {
            AS_LISTED
        } else {
            NEAREST
        };
    }
    if global {
        return NEAREST;
    }
    let american = match wanted.scope {
        Some(Scope::DataZone) => wanted.zone.as_deref() == Some("us"),
        Some(Scope::Regional | Scope::Global) | None => region.starts_with("aws:us-"),
    };
    if american { AS_LISTED } else { other_region }
}
