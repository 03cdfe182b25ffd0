//! Looks at registered endpoints and at sources for what will go wrong in production.
//!
//! Knows no record. A newcomer may ask why most findings are warnings: the configuration is what
//! was ordered, and the books must be kept even where the order is doubtful. An error is only what
//! nobody can have meant: a feature sent to a region that its own rule forbids.

mod host;
mod kafka;
mod model;
mod place;
mod rest;
mod spoken;
mod tellers;

use crate::attribute::{Endpoint, EndpointId, Feature, Features, Registry};
use crate::call::Format;
use crate::price::PriceBook;
use crate::problem::Problem;
use crate::residency::Regions;
use crate::units::{Text, UnixMillis};

use super::endpoints::Placed;
use super::features;

/// One endpoint, ready and as written.
#[derive(Clone, Copy)]
struct Entry<'a> {
    id: EndpointId,
    endpoint: &'a Endpoint,
    placed: Placed<'a>,
}

/// Everything that is looked at.
pub(super) struct Subject<'a> {
    pub(super) endpoints: &'a [Placed<'a>],
    pub(super) registry: &'a Registry,
    pub(super) placed_features: &'a [features::Placed<'a>],
    pub(super) features: &'a Features,
    pub(super) sources: &'a [(Text, Option<Format>)],
    pub(super) kafka: &'a [super::kafka::Placed<'a>],
    pub(super) regions: &'a Regions,
    pub(super) prices: &'a PriceBook,
    pub(super) now: UnixMillis,
}

impl<'a> Subject<'a> {
    /// Every endpoint.
    fn entries(&self) -> impl Iterator<Item = Entry<'a>> {
        let placed = self.endpoints.iter().copied();
        let both = self.registry.iter().zip(placed);
        both.map(|((id, endpoint), placed)| Entry {
            id,
            endpoint,
            placed,
        })
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
    for entry in subject.entries() {
        if entry.endpoint.base_url.host.is_empty() {
            continue;
        }
        host::lint(subject, entry, faults);
        spoken::lint(subject, entry, faults);
        place::lint(subject, entry, faults);
        model::lint(subject, entry, faults);
        tellers::lint(subject, entry, faults);
        rest::fallback(subject, entry, faults);
        rest::capability(subject, entry, faults);
    }
    rest::credentials(subject, faults);
    kafka::lint(subject.kafka, faults);
}
