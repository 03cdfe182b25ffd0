//! Looks at registered endpoints for what will go wrong in production.
//!
//! Knows no record. A newcomer may ask why most findings are warnings: the configuration is what
//! was ordered, and the books must be kept even where the order is doubtful. An error is only what
//! nobody can have meant: a feature sent to a region that its own rule forbids.

mod host;
mod model;
mod place;
mod rest;
mod spoken;

use crate::attribute::{Endpoint, EndpointId, Feature, Features, Registry};
use crate::price::PriceBook;
use crate::problem::Problem;
use crate::residency::Regions;
use crate::units::UnixMillis;

use super::endpoints::Placed;
use super::features;

/// Everything that is looked at.
pub(super) struct Subject<'a> {
    pub(super) endpoints: &'a [Placed<'a>],
    pub(super) registry: &'a Registry,
    pub(super) placed_features: &'a [features::Placed<'a>],
    pub(super) features: &'a Features,
    pub(super) regions: &'a Regions,
    pub(super) prices: &'a PriceBook,
    pub(super) now: UnixMillis,
}

impl<'a> Subject<'a> {
    /// Every endpoint with its id and place.
    fn endpoints(&self) -> impl Iterator<Item = (EndpointId, &'a Endpoint, Placed<'a>)> {
        let placed = self.endpoints.iter().copied();
        self.registry
            .iter()
            .zip(placed)
            .map(|((id, endpoint), placed)| (id, endpoint, placed))
    }

    /// The features that may use an endpoint, with their places.
    fn users(
        &self,
        endpoint: EndpointId,
    ) -> impl Iterator<Item = (&'a Feature, features::Placed<'a>)> {
        let placed = self.placed_features.iter().copied();
        self.features
            .iter()
            .zip(placed)
            .map(|((_, feature), placed)| (feature, placed))
            .filter(move |(feature, _)| feature.may_use(endpoint))
    }
}

/// Adds every finding.
pub(super) fn lint(subject: &Subject<'_>, faults: &mut Vec<Problem>) {
    for (id, endpoint, placed) in subject.endpoints() {
        if endpoint.base_url.host.is_empty() {
            continue;
        }
        host::lint(subject, id, endpoint, placed, faults);
        spoken::lint(subject, endpoint, placed, faults);
        place::lint(subject, id, endpoint, placed, faults);
        model::lint(subject, endpoint, placed, faults);
        rest::fallback(subject, id, endpoint, placed, faults);
        rest::capability(subject, id, endpoint, faults);
    }
    rest::credentials(subject, faults);
}
