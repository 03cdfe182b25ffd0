//! The places that are known, and finding one by whatever name somebody used.
//!
//! Knows no rule's grade and no evidence. A newcomer may ask why `eu-west-9` is not taken for the
//! European Union: names are matched whole; one that is new is unknown until the data has it.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::file;
use super::place::{Country, Place, Region, Zone};
use super::set::{RegionSet, UnknownSet};
use crate::call::Provider;
use crate::problem::Problem;
use crate::units::{Text, clean_name};

/// The places shipped with the program.
const SHIPPED: &str = include_str!("../../data/regions.toml");

/// Most names suggested for an unknown one.
const NEAREST_MAX: usize = 3;

/// Every known country, region, zone and set. Shared by its copies: each reload of the configuration
/// begins with the shipped ones.
#[derive(Clone, Debug, Default)]
pub struct Regions {
    pub(super) countries: Arc<BTreeMap<Country, Text>>,
    /// Regions by their names with cloud.
    pub(super) places: Arc<BTreeMap<Text, Region>>,
    pub(super) zones: Arc<BTreeMap<Text, Zone>>,
    /// Members of each named set, as written.
    pub(super) members: Arc<BTreeMap<Text, Vec<Text>>>,
    /// The named sets, resolved.
    pub(super) sets: Arc<BTreeMap<Text, RegionSet>>,
    /// Region names without cloud, and display names, lower case without blanks.
    pub(super) by_plain_name: Arc<BTreeMap<Text, Vec<Text>>>,
}

impl Regions {
    /// The places shipped with the program. (A test holds that the file has no fault; were there
    /// one, nothing would be known and nothing held.)
    #[must_use]
    pub fn shipped() -> Regions {
        static READ: LazyLock<Regions> = LazyLock::new(|| {
            Regions::default()
                .with_user_file("regions.toml", SHIPPED)
                .unwrap_or_default()
        });
        READ.clone()
    }

    /// These places with the rows of a user's file added; a row of a known name replaces it.
    ///
    /// # Errors
    /// Every fault of the file, with its place.
    pub fn with_user_file(self, file: &str, text: &str) -> Result<Regions, Vec<Problem>> {
        file::merge(self, file, text)
    }

    /// The set of a name: a named set (`eu`), a country (`de`), a region (`azure:westeurope`,
    /// `West Europe`), or a zone (`aws:zone:eu`).
    ///
    /// # Errors
    /// [`UnknownSet`] with the nearest names.
    pub fn resolve_set(&self, name: &str) -> Result<RegionSet, UnknownSet> {
        let plain = plain(name);
        if let Some(set) = self.sets.get(&plain) {
            return Ok(set.clone());
        }
        self.set_of_place(&self.parse_region(None, name))
            .ok_or_else(|| UnknownSet {
                name: name.to_owned(),
                nearest: self.nearest(&plain),
            })
    }

    /// The place as a set of its own; `None` for an unknown one.
    fn set_of_place(&self, place: &Place<'_>) -> Option<RegionSet> {
        let mut set = RegionSet::default();
        match place {
            Place::Country(country) => {
                set.countries.insert(*country);
            }
            Place::Region(region) => {
                set.regions.insert(region.name.clone(), region.country);
            }
            Place::Zone(zone) => {
                set.zones.insert(zone.name.clone());
                let own = self
                    .places
                    .values()
                    .filter(|region| region.cloud() == zone.cloud() && zone.holds(region));
                set.regions
                    .extend(own.map(|region| (region.name.clone(), region.country)));
            }
            Place::Unknown(_) => return None,
        }
        Some(set)
    }

    /// The place of a region's name as a provider, a log or a person writes it: `East US 2`,
    /// `eu-central-1`, `azure:westeurope`, `country:de`, `de`. The provider's own cloud comes
    /// first, its zones next, then a name that only one cloud has, then a country.
    #[must_use]
    pub fn parse_region(&self, provider: Option<&Provider>, told: &str) -> Place<'_> {
        let plain = plain(told);
        if plain.contains(':') {
            return self.by_full_name(&plain, told);
        }
        let clouds = clouds(provider);
        let region = |cloud: &&str| self.places.get(&joined(&[cloud, ":", &plain]));
        if let Some(region) = clouds.iter().find_map(region) {
            return Place::Region(region);
        }
        if let Some(zone) = self.zone(clouds, &plain) {
            return Place::Zone(zone);
        }
        let named = self.by_plain_name.get(&plain).map(Vec::as_slice);
        if let Some(Some(region)) = named.and_then(<[Text]>::first).map(|n| self.places.get(n))
            && named.is_some_and(|names| names.len() == 1)
        {
            return Place::Region(region);
        }
        self.country(&plain)
            .map_or_else(|| Place::Unknown(clean_name(told)), Place::Country)
    }

    /// The place of a zone's name at a provider: `eu` of an inference profile or a host. Never a
    /// country: `ca.` profiles, say, leave Canada.
    #[must_use]
    pub fn parse_zone(&self, provider: Option<&Provider>, told: &str) -> Place<'_> {
        let plain = plain(told);
        if plain.contains(':') {
            return self.by_full_name(&plain, told);
        }
        self.zone(clouds(provider), &plain)
            .map_or_else(|| Place::Unknown(clean_name(told)), Place::Zone)
    }

    /// The one zone of its own cloud that holds the region and keeps processing inside; `None`
    /// where there is none, or several.
    #[must_use]
    pub fn zone_of(&self, region: &Region) -> Option<&Zone> {
        let mut zones = self
            .zones
            .values()
            .filter(|zone| zone.processing && zone.cloud() == region.cloud() && zone.holds(region));
        let zone = zones.next()?;
        zones.next().is_none().then_some(zone)
    }

    /// Every region, by name.
    pub fn regions(&self) -> impl Iterator<Item = &Region> {
        self.places.values()
    }

    /// Every zone, by name.
    pub fn zones(&self) -> impl Iterator<Item = &Zone> {
        self.zones.values()
    }

    fn by_full_name(&self, plain: &Text, told: &str) -> Place<'_> {
        if let Some(region) = self.places.get(plain) {
            return Place::Region(region);
        }
        if let Some(zone) = self.zones.get(plain) {
            return Place::Zone(zone);
        }
        plain
            .strip_prefix("country:")
            .and_then(|code| self.country(code))
            .map_or_else(|| Place::Unknown(clean_name(told)), Place::Country)
    }

    fn zone(&self, clouds: &[&str], plain: &str) -> Option<&Zone> {
        clouds
            .iter()
            .find_map(|cloud| self.zones.get(&joined(&[cloud, ":zone:", plain])))
    }

    fn country(&self, code: &str) -> Option<Country> {
        Country::parse(code).filter(|country| self.countries.contains_key(country))
    }

    /// Names of sets, countries, regions and zones near an unknown one.
    fn nearest(&self, plain: &str) -> Vec<String> {
        let limit = (plain.chars().count() / 3).max(1);
        let sets = self.sets.keys().map(Text::as_str);
        let countries = self.countries.keys().map(Country::as_str);
        let places = self.places.keys().chain(self.zones.keys());
        let mut near: Vec<(usize, &str)> = sets
            .chain(countries)
            .chain(places.map(Text::as_str))
            .filter_map(|name| {
                let bare = name.split_once(':').map_or(name, |(_, bare)| bare);
                let away = within(plain, name, limit).into_iter();
                let away = away.chain(within(plain, bare, limit)).min()?;
                Some((away, name))
            })
            .collect();
        near.sort_unstable();
        let best = near.first().map_or(0, |(away, _)| *away);
        near.into_iter()
            .take_while(|(away, _)| *away <= best.saturating_add(1))
            .take(NEAREST_MAX)
            .map(|(_, name)| name.to_owned())
            .collect()
    }
}

/// Single-letter edits between two names, where they are at most so many.
fn within(one: &str, two: &str, most: usize) -> Option<usize> {
    // Each letter more is an edit: most names need no comparing.
    let letters = |name: &str| name.chars().count();
    let far = letters(one).abs_diff(letters(two)) > most;
    let away = (!far).then(|| strsim::levenshtein(one, two));
    away.filter(|away| *away <= most)
}

/// Lower case without blanks: Azure's display names become its region names.
pub(super) fn plain(told: &str) -> Text {
    let as_is = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b':';
    if told.bytes().all(as_is) {
        return Text::from(told);
    }
    told.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// The pieces in a row, without the cost of formatting: this runs for each call.
pub(super) fn joined(pieces: &[&str]) -> Text {
    let mut text = Text::default();
    for piece in pieces {
        text.push_str(piece);
    }
    text
}

/// The clouds whose names a provider uses, likeliest first.
fn clouds(provider: Option<&Provider>) -> &'static [&'static str] {
    match provider {
        Some(Provider::Azure) => &["azure"],
        Some(Provider::Bedrock) => &["aws"],
        Some(Provider::Vertex | Provider::Gemini) => &["gcp"],
        Some(Provider::Watsonx) => &["ibm", "aws"],
        Some(Provider::Anthropic) => &["anthropic", "aws"],
        Some(Provider::Openai) => &["openai"],
        Some(
            Provider::AlephAlpha
            | Provider::Mistral
            | Provider::Vllm
            | Provider::Ollama
            | Provider::NowLlm
            | Provider::Other(_),
        )
        | None => &[],
    }
}
