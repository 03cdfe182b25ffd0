//! What a sample has that a configuration does not, and the other way round: the monthly review.
//!
//! Judges nothing. A newcomer may ask why the other way, too: an endpoint that nobody uses any more
//! is a credential that nobody misses.

use serde::Serialize;

use crate::units::Text;

use super::found::{EndpointFound, FeatureFound, Found};
use super::told::Known;

/// The differences.
#[derive(Clone, Debug, Default, Serialize)]
pub struct News {
    /// Endpoints that are not registered.
    pub endpoints: Vec<EndpointFound>,
    /// Models that no registered endpoint serves by that name.
    pub models: Vec<Text>,
    /// Features that are not registered.
    pub features: Vec<FeatureFound>,
    /// Registered endpoints that the sample does not show.
    pub endpoints_unseen: Vec<Text>,
    /// Registered features that the sample does not show.
    pub features_unseen: Vec<Text>,
}

impl News {
    /// Whether the sample has nothing that the configuration does not.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.endpoints.is_empty() && self.models.is_empty() && self.features.is_empty()
    }
}

/// Holds what was found against what is known.
#[must_use]
pub fn news(found: &Found, known: Known<'_>) -> News {
    let new = |endpoint: &&EndpointFound| !endpoint.registered;
    let served = |model: &str| {
        let mut endpoints = known.registry.iter();
        endpoints.any(|(_, endpoint)| endpoint.serves(model))
    };
    let seen = |endpoint: &crate::attribute::Endpoint| {
        let mut found = found.endpoints.iter().filter(|one| one.registered);
        found.any(|one| {
            one.host == endpoint.base_url.host
                && (endpoint.deployment.is_empty() || endpoint.deployment == one.deployment)
        })
    };
    let named = |feature: &crate::attribute::Feature| {
        found.features.iter().any(|one| one.feature == feature.key)
    };
    News {
        endpoints: found.endpoints.iter().filter(new).cloned().collect(),
        models: found
            .models
            .iter()
            .map(|model| model.name.clone())
            .filter(|model| !served(model))
            .collect(),
        features: found
            .features
            .iter()
            .filter(|feature| !feature.registered && feature.is_worth_registering())
            .cloned()
            .collect(),
        endpoints_unseen: known
            .registry
            .iter()
            .filter(|(_, endpoint)| !seen(endpoint))
            .map(|(_, endpoint)| endpoint.name.clone())
            .collect(),
        features_unseen: known
            .features
            .iter()
            .filter(|(_, feature)| !named(feature))
            .map(|(_, feature)| feature.key.clone())
            .collect(),
    }
}
