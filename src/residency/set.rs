//! Sets of places that a rule allows, and how a place lies to one.
//!
//! Knows no evidence. A newcomer may ask why a set keeps countries and single regions apart
//! instead of listing all regions: a cloud opens a region every few weeks, and one that opens in
//! Germany is in `de` without anybody's edit.

use std::collections::{BTreeMap, BTreeSet};

use super::place::{Country, Place, Region, Zone};
use super::{Grade, Regions};
use crate::units::{Text, clean_name};

/// Places allowed by a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegionSet {
    /// Whole countries.
    pub(super) countries: BTreeSet<Country>,
    /// Single regions, with their countries.
    pub(super) regions: BTreeMap<Text, Country>,
    /// Zones allowed as a whole, by name.
    pub(super) zones: BTreeSet<Text>,
}

/// How a place lies to a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Every spot of it is in the set.
    Inside,
    /// No spot of it is.
    Outside,
    /// Some may be and some may not.
    Partly,
    /// Nobody knows where it is.
    Unknown,
}

/// A set name that nobody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSet {
    /// The name as written.
    pub name: String,
    /// Names that are near it, nearest first; may be empty.
    pub nearest: Vec<String>,
}

impl std::fmt::Display for UnknownSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "unknown region or set `{}`", self.name)
    }
}

impl RegionSet {
    /// Adds everything that is in `other`.
    pub fn add(&mut self, other: &RegionSet) {
        self.countries.extend(&other.countries);
        self.regions
            .extend(other.regions.iter().map(|(name, c)| (name.clone(), *c)));
        self.zones.extend(other.zones.iter().cloned());
    }

    /// How a place lies to this set.
    #[must_use]
    pub fn fit(&self, place: &Place<'_>) -> Fit {
        match place {
            Place::Region(region) if self.has(region) => Fit::Inside,
            Place::Region(_) => Fit::Outside,
            Place::Zone(zone) => self.fit_zone(zone),
            Place::Country(country) => self.fit_countries(std::iter::once(country)),
            Place::Unknown(_) => Fit::Unknown,
        }
    }

    fn has(&self, region: &Region) -> bool {
        self.countries.contains(&region.country) || self.regions.contains_key(&region.name)
    }

    fn fit_zone(&self, zone: &Zone) -> Fit {
        if self.zones.contains(&zone.name) {
            return Fit::Inside;
        }
        if zone.members.is_empty() {
            return self.fit_countries(zone.countries.iter());
        }
        let inside = zone
            .members
            .iter()
            .filter(|(name, country)| {
                self.countries.contains(country) || self.regions.contains_key(*name)
            })
            .count();
        match inside {
            0 => Fit::Outside,
            all if all == zone.members.len() => Fit::Inside,
            _ => Fit::Partly,
        }
    }

    fn fit_countries<'c>(&self, countries: impl Iterator<Item = &'c Country>) -> Fit {
        let (mut inside, mut outside) = (false, false);
        for country in countries {
            if self.countries.contains(country) {
                inside = true;
            } else {
                // A single region of that country is allowed: the country is not wholly outside.
                inside |= self.regions.values().any(|c| c == country);
                outside = true;
            }
        }
        match (inside, outside) {
            (true, false) => Fit::Inside,
            (true, true) => Fit::Partly,
            (false, true) => Fit::Outside,
            (false, false) => Fit::Unknown,
        }
    }

    /// What is in both.
    #[must_use]
    pub fn and(&self, other: &RegionSet) -> RegionSet {
        let mut regions = BTreeMap::new();
        for (one, two) in [(self, other), (other, self)] {
            for (name, country) in &one.regions {
                if two.regions.contains_key(name) || two.countries.contains(country) {
                    regions.insert(name.clone(), *country);
                }
            }
        }
        RegionSet {
            countries: &self.countries & &other.countries,
            regions,
            zones: &self.zones & &other.zones,
        }
    }
}

/// A residency rule, ready to judge by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The rule's name in configuration, cells and reports.
    pub name: Text,
    /// Where calls may go.
    pub allowed: RegionSet,
    /// The weakest grade that still counts; weaker evidence leaves a call unproven.
    pub min_grade: Option<Grade>,
}

impl Rule {
    /// A rule from the names that somebody wrote: sets (`eu`), countries (`de`), regions
    /// (`azure:westeurope`) and zones (`aws:zone:eu`).
    ///
    /// # Errors
    /// Every name that nobody knows, in the order written.
    pub fn parse<'n>(
        regions: &Regions,
        name: &str,
        allowed: impl IntoIterator<Item = &'n str>,
        min_grade: Option<Grade>,
    ) -> Result<Rule, Vec<UnknownSet>> {
        let (mut set, mut unknown) = (RegionSet::default(), Vec::new());
        for member in allowed {
            match regions.resolve_set(member) {
                Ok(found) => set.add(&found),
                Err(error) => unknown.push(error),
            }
        }
        if unknown.is_empty() {
            Ok(Rule {
                name: clean_name(name),
                allowed: set,
                min_grade,
            })
        } else {
            Err(unknown)
        }
    }

    /// The rule that a call keeps when it keeps both: for calls that may belong to either feature.
    /// Where one is the stricter in every respect, that one with its name; else `a+b`.
    #[must_use]
    pub fn both(&self, other: &Rule) -> Rule {
        let allowed = self.allowed.and(&other.allowed);
        let min_grade = match (self.min_grade, other.min_grade) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        let same = |rule: &Rule| rule.allowed == allowed && rule.min_grade == min_grade;
        let name = if same(self) {
            self.name.clone()
        } else if same(other) {
            other.name.clone()
        } else {
            clean_name(&format!("{}+{}", self.name, other.name))
        };
        Rule {
            name,
            allowed,
            min_grade,
        }
    }
}
