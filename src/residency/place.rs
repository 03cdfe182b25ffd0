//! Countries, regions and zones, and whether two of them can be one place.
//!
//! Knows no rule and no evidence. A newcomer may ask why a zone may be countries instead of
//! regions: some providers promise a jurisdiction and do not list where in it they run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::units::Text;

/// A country by its ISO 3166 alpha-2 code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// The code in either case; `None` when it is not two letters. Whether the country exists is
    /// for [`crate::residency::Regions`] to say.
    #[must_use]
    pub fn parse(code: &str) -> Option<Country> {
        let [first, second] = code.as_bytes() else {
            return None;
        };
        let letters = [first.to_ascii_lowercase(), second.to_ascii_lowercase()];
        letters
            .iter()
            .all(u8::is_ascii_lowercase)
            .then_some(Country(letters))
    }

    /// The code in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a row of the data comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Document or file; empty when the user's file does not say.
    pub source: Text,
    /// The day it was read, `YYYY-MM-DD`.
    pub read: Text,
    /// Whether it was looked up there; `false` is general knowledge.
    pub verified: bool,
}

/// A region of a cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// `azure:westeurope`.
    pub name: Text,
    /// The cloud's display name (`West Europe`); may be empty.
    pub display: Text,
    /// The country it lies in.
    pub country: Country,
    /// Where the row comes from.
    pub provenance: Provenance,
}

impl Region {
    /// The cloud in front of the colon.
    #[must_use]
    pub fn cloud(&self) -> &str {
        self.name.split_once(':').map_or("", |(cloud, _)| cloud)
    }
}

/// A named zone of regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// `aws:zone:eu`.
    pub name: Text,
    /// Member regions by name, with their countries; empty when the zone is countries.
    pub members: BTreeMap<Text, Country>,
    /// Whole countries; empty when the zone is regions.
    pub countries: BTreeSet<Country>,
    /// Whether inference stays in the zone; `false` when it only stores there.
    pub processing: bool,
    /// Where the row comes from.
    pub provenance: Provenance,
}

impl Zone {
    /// The cloud in front of the first colon.
    #[must_use]
    pub fn cloud(&self) -> &str {
        self.name.split_once(':').map_or("", |(cloud, _)| cloud)
    }

    /// Whether the region may be one of the zone's.
    #[must_use]
    pub fn holds(&self, region: &Region) -> bool {
        self.members.contains_key(&region.name) || self.countries.contains(&region.country)
    }
}

/// A place as some evidence names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// One region.
    Region(&'a Region),
    /// A zone of regions.
    Zone(&'a Zone),
    /// Somewhere in a country.
    Country(Country),
    /// A name that no data knows, as told: in no set, and never proven to be outside one.
    Unknown(Text),
}

impl Place<'_> {
    /// `azure:westeurope`, `aws:zone:eu`, `country:de`, or the unknown name as told.
    #[must_use]
    pub fn name(&self) -> Text {
        match self {
            Place::Region(region) => region.name.clone(),
            Place::Zone(zone) => zone.name.clone(),
            Place::Country(country) => Text::from(format!("country:{}", country.as_str())),
            Place::Unknown(told) => told.clone(),
        }
    }

    /// Whether the data knows it.
    #[must_use]
    pub fn is_known(&self) -> bool {
        !matches!(self, Place::Unknown(_))
    }

    /// Whether no spot lies in both. An unknown place excludes nothing.
    #[must_use]
    pub fn excludes(&self, other: &Place<'_>) -> bool {
        match (self, other) {
            (Place::Unknown(_), _) | (_, Place::Unknown(_)) => false,
            (Place::Region(one), Place::Region(two)) => one.name != two.name,
            (Place::Region(region), Place::Zone(zone))
            | (Place::Zone(zone), Place::Region(region)) => !zone.holds(region),
            (Place::Region(region), Place::Country(country))
            | (Place::Country(country), Place::Region(region)) => region.country != *country,
            (Place::Country(one), Place::Country(two)) => one != two,
            (Place::Country(country), Place::Zone(zone))
            | (Place::Zone(zone), Place::Country(country)) => {
                !zone.countries.contains(country) && !zone.members.values().any(|c| c == country)
            }
            (Place::Zone(one), Place::Zone(two)) => !overlap(one, two),
        }
    }
}

/// Whether two zones have a region, or a country that either means, in common.
fn overlap(one: &Zone, two: &Zone) -> bool {
    let within = |a: &Zone, b: &Zone| {
        a.members
            .iter()
            .any(|(name, country)| b.members.contains_key(name) || b.countries.contains(country))
    };
    within(one, two)
        || within(two, one)
        || one
            .countries
            .iter()
            .any(|country| two.countries.contains(country))
}
