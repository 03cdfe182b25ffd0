//! Says which feature a call belongs to.
//!
//! Knows no price and no record format. A newcomer may ask why a report without a skill is not
//! given to the only feature that uses its endpoint: that is a guess, and whoever wants it says so
//! with `match = { endpoint = [...] }`.

use std::collections::BTreeMap;

use crate::call::Origin;
use crate::money::NanoUsd;
use crate::residency::Rule;
use crate::units::Text;

use super::endpoint::{EndpointId, FallbackPolicy};
use super::matcher::{Matcher, Told};
use super::named::{key_of, told_names};
use super::skills::plain;
use super::strictest::{Strictest, StrictestRules};
use super::worded::Names;

/// The feature of a call that tells nothing to attribute it by.
pub const UNATTRIBUTED: &str = "unattributed";

/// The place of a feature in its [`Features`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeatureId(usize);

/// What was assumed when a feature was approved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Approved {
    /// Cost of an answered request.
    pub cost_per_call: Option<NanoUsd>,
    /// Tokens of an answered request, input and output.
    pub tokens_per_call: Option<u64>,
    /// Calls per day.
    pub calls_per_day: Option<u64>,
    /// Retries in a hundred calls.
    pub retry_share_percent: Option<u8>,
}

/// What a feature needs of a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// It calls tools.
    pub tools: bool,
    /// It sends pictures.
    pub vision: bool,
    /// Longest prompt and answer together, in tokens.
    pub context_tokens: Option<u64>,
}

/// What the company uses an LLM for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feature {
    /// `application/skill`.
    pub key: Text,
    /// The application.
    pub application: Text,
    /// The skill within it.
    pub skill: Text,
    /// The name that people read.
    pub display_name: Text,
    /// Who answers for it; empty when not given.
    pub owner: Text,
    /// The endpoints it may use; empty means all.
    pub endpoints: Vec<EndpointId>,
    /// Where its calls must stay.
    pub rule: Option<Rule>,
    /// What happens when its endpoint fails; `None` leaves it to the endpoint.
    pub fallback_policy: Option<FallbackPolicy>,
    /// Tokens that one conversation may use.
    pub conversation_token_budget: Option<u64>,
    /// The user groups it is meant for; empty means all.
    pub user_groups: Vec<Text>,
    /// What it needs of a model.
    pub needs: Needs,
    /// What was assumed when it was approved.
    pub approved: Approved,
    /// Which calls are its own; an empty one leaves those that name its application and skill.
    pub matcher: Matcher,
}

impl Feature {
    /// Whether it may use that endpoint.
    #[must_use]
    pub fn may_use(&self, endpoint: EndpointId) -> bool {
        self.endpoints.is_empty() || self.endpoints.contains(&endpoint)
    }
}

/// How a call came to its feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// A registered feature's matcher claims it.
    Matched,
    /// It names the application and skill of a registered feature.
    Named,
    /// No registered feature: by what it tells itself.
    Default,
    /// It tells nothing to go by.
    Unattributed,
}

impl How {
    /// The word for tables and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            How::Matched => "matched",
            How::Named => "named",
            How::Default => "default",
            How::Unattributed => "unattributed",
        }
    }
}

/// The feature of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attributed {
    /// `application/skill`, or [`UNATTRIBUTED`].
    pub feature: Text,
    /// The registered feature, where it is one.
    pub id: Option<FeatureId>,
    /// How it was found.
    pub how: How,
}

/// The registered features, in the order of the files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    all: Vec<Feature>,
    /// Features with a matcher, the most particular first.
    ranked: Vec<usize>,
    /// Features by plain spelling of application and skill.
    by_key: BTreeMap<(Text, Text), usize>,
    strictest: StrictestRules,
    names: Names,
}

impl Features {
    /// The features of a configuration.
    #[must_use]
    pub fn new(features: Vec<Feature>) -> Features {
        let mut ranked: Vec<usize> = (0..features.len())
            .filter(|index| {
                features
                    .get(*index)
                    .is_some_and(|feature| !feature.matcher.is_empty())
            })
            .collect();
        ranked.sort_by_key(|index| {
            std::cmp::Reverse(features.get(*index).map(|feature| feature.matcher.rank()))
        });
        let by_key = features
            .iter()
            .enumerate()
            .map(|(index, feature)| ((plain(&feature.application), plain(&feature.skill)), index))
            .collect();
        let strictest = StrictestRules::new(&features);
        Features {
            all: features,
            ranked,
            by_key,
            strictest,
            names: Names::default(),
        }
    }

    /// The same features, which also know the words for a platform's row ids.
    #[must_use]
    pub fn with_names(self, names: Names) -> Features {
        Features { names, ..self }
    }

    /// The feature of that id; `None` when the id is another configuration's.
    #[must_use]
    pub fn get(&self, id: FeatureId) -> Option<&Feature> {
        self.all.get(id.0)
    }

    /// Every feature with its id, in the order of the files.
    pub fn iter(&self) -> impl Iterator<Item = (FeatureId, &Feature)> {
        self.all
            .iter()
            .enumerate()
            .map(|(index, feature)| (FeatureId(index), feature))
    }

    /// The feature with that key (`application/skill`), however it is spelt.
    #[must_use]
    pub fn by_key(&self, key: &str) -> Option<FeatureId> {
        let (application, skill) = key.split_once('/')?;
        self.by_key
            .get(&(plain(application), plain(skill)))
            .map(|index| FeatureId(*index))
    }

    /// The strictest rule among the features that may use the endpoint, for a call that names no
    /// feature.
    #[must_use]
    pub fn strictest(&self, endpoint: EndpointId) -> Option<&Strictest> {
        self.strictest.of(endpoint)
    }

    /// The feature of a call, by what its origin tells and the endpoint it went to.
    ///
    /// The most particular matcher wins: more kinds first, then the more telling kinds in the
    /// order of [`super::Kind`], then the order of the files (the check refuses two that share a value
    /// of every kind). Without a matching one, the application and skill that the call tells.
    #[must_use]
    pub fn attribute(&self, origin: &Origin, endpoint: Option<EndpointId>) -> Attributed {
        let worded = self.names.worded(origin);
        if !self.ranked.is_empty() {
            let told = Told::new(origin, worded.as_ref());
            let claiming = self.ranked.iter().find(|index| {
                self.all
                    .get(**index)
                    .is_some_and(|feature| feature.matcher.claims(&told, endpoint))
            });
            if let Some(index) = claiming {
                return self.registered(FeatureId(*index), How::Matched);
            }
        }
        let Some((application, skill)) = told_names(worded.as_ref().unwrap_or(origin)) else {
            return Attributed {
                feature: Text::const_new(UNATTRIBUTED),
                id: None,
                how: How::Unattributed,
            };
        };
        if !self.by_key.is_empty()
            && let Some(index) = self.by_key.get(&(plain(&application), plain(&skill)))
        {
            return self.registered(FeatureId(*index), How::Named);
        }
        Attributed {
            feature: key_of(&application, &skill),
            id: None,
            how: How::Default,
        }
    }

    fn registered(&self, id: FeatureId, how: How) -> Attributed {
        Attributed {
            feature: self
                .get(id)
                .map_or_else(Text::default, |feature| feature.key.clone()),
            id: Some(id),
            how,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::matcher::Kind;
    use super::*;

    fn feature(key: &str, matcher: &[(Kind, &str)]) -> Feature {
        let (application, skill) = key.split_once('/').unwrap();
        let mut ready = Feature {
            key: key.into(),
            application: application.into(),
            skill: skill.into(),
            ..Feature::default()
        };
        for (kind, value) in matcher {
            ready.matcher.add(*kind, value);
        }
        ready
    }

    /// `kind=value` pairs, separated by `;`.
    fn origin(told: &str) -> Origin {
        let mut origin = Origin::default();
        for pair in told.split(';').filter(|pair| !pair.is_empty()) {
            let (kind, value) = pair.split_once('=').unwrap();
            let value = Text::from(value);
            match kind {
                "skill" => origin.skill = value,
                "definition" => origin.definition = value,
                "tag" => origin.tags.push(value),
                "source_table" => origin.source_table = value,
                "scope" => origin.scope = value,
                "service" => origin.service = value,
                "caller" => origin.caller = value,
                "application" => origin.application = value,
                other => panic!("{other}"),
            }
        }
        origin
    }

    #[test]
    fn attributes_without_any_configuration() {
        let cases = [
            ("", "unattributed", How::Unattributed),
            ("caller=bob", "unattributed", How::Unattributed),
            ("scope=x_acme;skill=triage", "x_acme/triage", How::Default),
            (
                "scope=sn_itsm_gen_ai;skill=Incident summarization",
                "itsm/incident_summarization",
                How::Default,
            ),
            ("skill=ChatSummary", "-/chat_summarization", How::Default),
            (
                "scope=sn_csm_gen_ai;skill=ChatSummary",
                "csm/chat_summarization",
                How::Default,
            ),
            (
                "skill=5f1c2d3e4a5b6c7d8e9f0a1b2c3d4e5f;tag=source:ChatSummary",
                "-/chat_summarization",
                How::Default,
            ),
            (
                "skill=5f1c2d3e4a5b6c7d8e9f0a1b2c3d4e5f",
                "-/5f1c2d3e4a5b6c7d8e9f0a1b2c3d4e5f",
                How::Default,
            ),
            (
                "skill=IncidentSummarization",
                "itsm/incident_summarization",
                How::Default,
            ),
            ("scope=sn_azure_openai", "sn_azure_openai/-", How::Default),
            (
                "service=assist-proxy;tag=summary",
                "assist-proxy/summary",
                How::Default,
            ),
            (
                "service=assist-proxy;tag=a;tag=b",
                "assist-proxy/-",
                How::Default,
            ),
            ("application=a/b;skill=c/d", "a_b/c_d", How::Default),
            (
                "application=itsm;definition=0b1c",
                "itsm/0b1c",
                How::Default,
            ),
        ];
        let features = Features::default();
        for (told, key, how) in cases {
            let found = features.attribute(&origin(told), None);
            assert_eq!((found.feature.as_str(), found.how), (key, how), "{told}");
        }
    }

    #[test]
    fn the_most_particular_matcher_wins() {
        let features = Features::new(vec![
            feature("a/scope", &[(Kind::Scope, "s1")]),
            feature("a/skill", &[(Kind::Skill, "9f3b"), (Kind::Skill, "Triage")]),
            feature("a/both", &[(Kind::Scope, "s1"), (Kind::Caller, "bob")]),
            feature("a/tags", &[(Kind::Tag, "t1"), (Kind::Tag, "t2")]),
            feature("itsm/incident_summarization", &[]),
        ]);
        let cases = [
            ("scope=s1", "a/scope", How::Matched),
            ("scope=s1;caller=bob", "a/both", How::Matched),
            ("scope=s1;skill=TRIAGE", "a/skill", How::Matched),
            ("tag=t0;tag=t2", "a/tags", How::Matched),
            ("scope=s2;caller=bob", "s2/-", How::Default),
            (
                "skill=Incident summarization",
                "itsm/incident_summarization",
                How::Named,
            ),
            (
                "application=ITSM;skill=incident-summarization",
                "itsm/incident_summarization",
                How::Named,
            ),
        ];
        for (told, key, how) in cases {
            let found = features.attribute(&origin(told), None);
            assert_eq!((found.feature.as_str(), found.how), (key, how), "{told}");
            assert_eq!(found.id.is_some(), how != How::Default, "{told}");
        }
    }

    #[test]
    fn an_endpoint_can_be_a_features_own() {
        let mut own = feature("a/own", &[]);
        own.matcher.add_endpoint(EndpointId(1));
        let features = Features::new(vec![own]);
        let at = |id: Option<usize>| {
            features
                .attribute(&origin("scope=s"), id.map(EndpointId))
                .feature
                .to_string()
        };
        assert_eq!(
            (at(Some(1)), at(Some(0)), at(None)),
            ("a/own".into(), "s/-".into(), "s/-".into())
        );
    }
}
