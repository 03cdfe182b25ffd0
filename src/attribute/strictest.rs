//! The rule for calls that name no feature: the strictest among the features that may use their
//! endpoint.
//!
//! Knows no evidence. A newcomer may ask why not any one feature's rule: whoever made the call,
//! it kept their rule if it kept what all of them allow; where no rule lies inside all others,
//! that is their intersection, and the name says so (`a+b`).

use std::collections::{BTreeMap, BTreeSet};

use crate::residency::Rule;
use crate::units::Text;

use super::endpoint::EndpointId;
use super::feature::Feature;

/// A rule that stands in for several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strictest {
    /// The rule; one feature's own where it lies inside all others, else their intersection.
    pub rule: Rule,
    /// The features whose rules went into it, by key, in the order of the files.
    pub features: Vec<Text>,
}

/// The strictest rule of every endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct StrictestRules {
    named: BTreeMap<EndpointId, Strictest>,
    /// For endpoints that no feature names.
    elsewhere: Option<Strictest>,
}

impl StrictestRules {
    pub(super) fn new(features: &[Feature]) -> StrictestRules {
        let ids: BTreeSet<EndpointId> = features
            .iter()
            .flat_map(|feature| feature.endpoints.iter().copied())
            .collect();
        StrictestRules {
            named: ids
                .into_iter()
                .filter_map(|id| Some((id, fold(features.iter().filter(|f| f.may_use(id)))?)))
                .collect(),
            elsewhere: fold(features.iter().filter(|f| f.endpoints.is_empty())),
        }
    }

    pub(super) fn of(&self, endpoint: EndpointId) -> Option<&Strictest> {
        self.named.get(&endpoint).or(self.elsewhere.as_ref())
    }
}

fn fold<'a>(features: impl Iterator<Item = &'a Feature>) -> Option<Strictest> {
    let mut strictest: Option<Strictest> = None;
    for feature in features {
        let Some(rule) = &feature.rule else {
            continue;
        };
        match &mut strictest {
            Some(so_far) => {
                so_far.rule = so_far.rule.both(rule);
                so_far.features.push(feature.key.clone());
            }
            None => {
                strictest = Some(Strictest {
                    rule: rule.clone(),
                    features: vec![feature.key.clone()],
                });
            }
        }
    }
    strictest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::residency::Regions;

    #[test]
    fn takes_the_innermost_rule_or_the_intersection() {
        let regions = Regions::shipped();
        let feature = |key: &str, rule: &[&str], endpoints: &[usize]| Feature {
            key: key.into(),
            rule: (!rule.is_empty()).then(|| {
                Rule::parse(&regions, &rule.join(","), rule.iter().copied(), None).unwrap()
            }),
            endpoints: endpoints.iter().copied().map(EndpointId).collect(),
            ..Feature::default()
        };
        let rules = StrictestRules::new(&[
            feature("a/eu", &["eu"], &[0, 1]),
            feature("a/de", &["de"], &[1, 2]),
            feature("a/us", &["de", "us"], &[2]),
            feature("a/both", &["us", "fr"], &[2, 3]),
            feature("a/free", &[], &[0]),
            feature("a/any", &["eu", "us"], &[]),
        ]);
        let cases = [
            (0, "eu", "a/eu a/any"),
            (1, "de", "a/eu a/de a/any"),
            (3, "us,fr", "a/both a/any"),
            (9, "eu,us", "a/any"),
        ];
        for (id, rule, features) in cases {
            let found = rules.of(EndpointId(id)).unwrap();
            assert_eq!(
                (found.rule.name.as_str(), found.features.join(" ").as_str()),
                (rule, features)
            );
        }
        let nowhere = rules.of(EndpointId(2)).unwrap();
        assert!(nowhere.rule.name.contains('+'), "{}", nowhere.rule.name);
    }
}
