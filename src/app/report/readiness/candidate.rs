//! A provider, region and model that today's calls are priced at, as `azure/westeurope/gpt-4o`.
//!
//! Knows no call. A newcomer may ask why a named region means a regional deployment: whoever names
//! one wants to stay in it, and a global deployment has its own word.

use crate::call::{Provider, Scope, Tier};
use crate::price::{Lookup, PriceBook, Resolved};
use crate::residency::{Place, Regions};

use crate::app::Failure;

/// Where and on what the calls could run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// As it was asked for.
    pub told: String,
    /// Who would run the model.
    pub provider: Provider,
    /// The region in canonical form, where one was named.
    pub region: Option<String>,
    /// The zone of inference, or `global`, where one was named instead.
    pub geo: Option<String>,
    /// How far processing could wander.
    pub scope: Option<Scope>,
    /// The model.
    pub model: String,
}

impl Candidate {
    /// Reads `provider/place/model`; the place is a region, `eu`, `us` or another zone of the
    /// provider, `global`, or `-` for a provider without a choice.
    ///
    /// # Errors
    /// [`Failure::Usage`] with what is wrong and what would be right.
    pub fn parse(regions: &Regions, told: &str) -> Result<Candidate, Failure> {
        let wrong = |what: String| {
            Failure::Usage(format!(
                "`--as {told}` {what}; write provider, region and model, as `azure/westeurope/gpt-4o`"
            ))
        };
        let mut parts = told.trim().splitn(3, '/').map(str::trim);
        let (Some(provider), Some(place), Some(model)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong("has fewer than three parts".to_owned()));
        };
        if model.is_empty() {
            return Err(wrong("names no model".to_owned()));
        }
        let google = provider.eq_ignore_ascii_case("google");
        let provider = if google && place != "-" {
            Provider::Vertex
        } else {
            Provider::parse(provider).ok_or_else(|| wrong("names no provider".to_owned()))?
        };
        let mut candidate = Candidate {
            told: told.trim().to_owned(),
            region: None,
            geo: None,
            scope: None,
            model: model.to_owned(),
            provider,
        };
        if place.eq_ignore_ascii_case("global") {
            candidate.geo = Some("global".to_owned());
            candidate.scope = Some(Scope::Global);
        } else if place != "-" {
            candidate.placed(regions, place).map_err(wrong)?;
        }
        Ok(candidate)
    }

    fn placed(&mut self, regions: &Regions, place: &str) -> Result<(), String> {
        let place = place.to_ascii_lowercase();
        if let Place::Zone(zone) = regions.parse_zone(Some(&self.provider), &place) {
            self.geo = zone.name.rsplit(':').next().map(str::to_owned);
            self.scope = Some(Scope::DataZone);
            return Ok(());
        }
        match regions.parse_region(Some(&self.provider), &place) {
            Place::Region(region) => {
                self.region = Some(region.name.to_string());
                self.scope = Some(Scope::Regional);
                Ok(())
            }
            Place::Zone(_) | Place::Country(_) | Place::Unknown(_) => {
                Err(format!("names `{place}`, which is no known region of it"))
            }
        }
    }

    /// Its price.
    #[must_use]
    pub fn resolve(&self, prices: &PriceBook) -> Resolved {
        prices.resolve(&Lookup {
            endpoint: None,
            provider: &self.provider,
            model: &self.model,
            requested_model: "",
            region: self.region.as_deref(),
            scope: self.scope,
            geo: self.geo.as_deref(),
            tier: Tier::Standard,
            fixed: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        let regions = Regions::shipped();
        let cases = [
            (
                "azure/westeurope/gpt-4o",
                "azure:westeurope - regional gpt-4o",
            ),
            ("Azure/global/gpt-4o", "- global global gpt-4o"),
            ("azure/eu/gpt-4o", "- eu data_zone gpt-4o"),
            (
                "google/europe-west4/gemini-2.5-pro",
                "gcp:europe-west4 - regional gemini-2.5-pro",
            ),
            ("vllm/-/meta/llama-4", "- - – meta/llama-4"),
            ("azure/gpt-4o", "has fewer than three parts"),
            ("azure/westeurope/", "names no model"),
            ("azure/atlantis/gpt-4o", "no known region"),
            ("/eu/gpt-4o", "names no provider"),
        ];
        for (told, expected) in cases {
            let shown = match Candidate::parse(&regions, told) {
                Ok(read) => format!(
                    "{} {} {} {}",
                    read.region.as_deref().unwrap_or("-"),
                    read.geo.as_deref().unwrap_or("-"),
                    read.scope.map_or("–", Scope::as_str),
                    read.model
                ),
                Err(fault) => fault.to_string(),
            };
            assert!(shown.contains(expected), "{told}: {shown}");
        }
    }
}
