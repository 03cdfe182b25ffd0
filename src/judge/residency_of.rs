//! Which residency rule a call stands under, and the verdict, remembered by what it was asked by.
//!
//! Knows no price. A newcomer may ask why a call without a feature is not left unjudged: somebody
//! may use that endpoint, and the strictest of their rules is the one that must hold.

use std::sync::Arc;

use crate::attribute::{EndpointId, FeatureId};
use crate::call::{Evidence, EvidenceKind, Provider, Report, Scope};
use crate::residency::{Facts, Judgement, Rule, Weighed};

use crate::units::Text;

use super::Rulebook;

/// Distinct questions that are kept before the cache starts anew.
const CACHE_MAX: usize = 10_000;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Question {
    endpoint: Option<EndpointId>,
    feature: Option<FeatureId>,
    provider: Option<Provider>,
    scope: Option<Scope>,
    evidence: Vec<Evidence>,
}

/// A judgement and the rule that it was made under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landing {
    /// Name of the rule; empty without one.
    pub rule: Text,
    /// Where the call landed and what that proves.
    pub judgement: Judgement,
}

/// Judgements by question.
#[derive(Default)]
pub(super) struct ResidencyCache {
    #[expect(clippy::disallowed_types, reason = "looked up only, never walked")]
    answers: std::collections::HashMap<Question, Arc<Landing>>,
}

impl ResidencyCache {
    /// The judgement of a report's evidence under the rule that it stands under.
    pub(super) fn judge(
        &mut self,
        rules: &Rulebook,
        report: &Report,
        endpoint: Option<EndpointId>,
        feature: Option<FeatureId>,
    ) -> Arc<Landing> {
        let question = question(report, endpoint, feature);
        if let Some(answer) = self.answers.get(&question) {
            return Arc::clone(answer);
        }
        if self.answers.len() >= CACHE_MAX {
            self.answers.clear();
        }
        let answer = Arc::new(answer(rules, &question));
        self.answers.insert(question, Arc::clone(&answer));
        answer
    }
}

fn answer(rules: &Rulebook, question: &Question) -> Landing {
    asked(rules, question, |facts| Landing {
        rule: facts
            .rule
            .map_or_else(Text::default, |rule| rule.name.clone()),
        judgement: crate::residency::judge(&rules.regions, facts),
    })
}

/// Hands over what a question is judged by: what the call told, and what the registry and the
/// inventory say of its endpoint.
fn asked<T>(rules: &Rulebook, question: &Question, answer: impl FnOnce(&Facts<'_>) -> T) -> T {
    let endpoint = question.endpoint.and_then(|id| rules.registry.get(id));
    let mut evidence = question.evidence.clone();
    if let Some(endpoint) = endpoint.filter(|endpoint| !endpoint.region.is_empty()) {
        evidence.push(Evidence {
            kind: EvidenceKind::Registry,
            told: endpoint.region.clone(),
        });
    }
    if let Some(stated) = endpoint.map(|endpoint| &endpoint.stated.place)
        && !stated.is_empty()
    {
        evidence.push(Evidence {
            kind: EvidenceKind::Inventory,
            told: stated.clone(),
        });
    }
    let rule = rules.rule_of(question.endpoint, question.feature);
    answer(&Facts {
        provider: endpoint
            .and_then(|endpoint| endpoint.provider.as_ref())
            .or(question.provider.as_ref()),
        scope: question
            .scope
            .or(endpoint.and_then(|endpoint| endpoint.scope)),
        rule: rule.as_ref(),
        evidence: &evidence,
    })
}

/// All evidence of a report as it is weighed, and how far its deployment may wander.
pub(super) fn weighed(
    rules: &Rulebook,
    report: &Report,
    endpoint: Option<EndpointId>,
    feature: Option<FeatureId>,
) -> (Vec<Weighed>, Option<Scope>) {
    asked(rules, &question(report, endpoint, feature), |facts| {
        let all = crate::residency::weighed(&rules.regions, facts);
        (all, facts.scope)
    })
}

fn question(report: &Report, endpoint: Option<EndpointId>, feature: Option<FeatureId>) -> Question {
    Question {
        endpoint,
        feature,
        provider: report.destination.provider.clone(),
        scope: report.destination.scope,
        evidence: report.evidence.clone(),
    }
}

impl Rulebook {
    /// The rule that a call stands under: the feature's; without one the endpoint's; for a call of no
    /// registered feature else the strictest of those features that may use the endpoint.
    #[must_use]
    pub fn rule_of(
        &self,
        endpoint: Option<EndpointId>,
        feature: Option<FeatureId>,
    ) -> Option<Rule> {
        let feature = feature.and_then(|id| self.features.get(id));
        if let Some(feature) = feature
            && feature.rule.is_some()
        {
            return feature.rule.clone();
        }
        let own = endpoint
            .and_then(|id| self.registry.get(id))
            .and_then(|endpoint| endpoint.rule.clone());
        // A call that is known to be one feature's is none of another's.
        if own.is_some() || feature.is_some() {
            return own;
        }
        let strictest = self.features.strictest(endpoint?)?;
        Some(strictest.rule.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::units::UnixMillis;

    const CONFIG: &str = r#"
[endpoint.plain]
base_url = "https://one.openai.azure.com"
provider = "azure"
credential_ref = "kv"
model_name = "gpt-4o"

[endpoint.ruled]
base_url = "https://two.openai.azure.com"
provider = "azure"
credential_ref = "kv"
model_name = "gpt-4o"
residency = "ch"

[[feature]]
application = "a"
skill = "german"
residency = "de"

[[feature]]
application = "a"
skill = "european"
residency = "eu"

[[feature]]
application = "a"
skill = "free"
"#;

    #[test]
    fn each_call_has_its_rule() {
        let read = |_: &Path| Ok(CONFIG.to_owned());
        let mut ready =
            crate::config::load(Path::new("t.toml"), &read, UnixMillis(0)).expect("it is sound");
        let rules = Rulebook {
            registry: std::mem::take(&mut ready.registry),
            features: std::mem::take(&mut ready.features),
            groups: std::mem::take(&mut ready.groups),
            prices: std::mem::take(&mut ready.prices),
            regions: std::mem::take(&mut ready.regions),
        };
        // Endpoint, feature, rule.
        let rows = [
            ("plain", "a/german", Some("de")),
            ("ruled", "a/german", Some("de")),
            ("plain", "a/free", None),
            ("ruled", "a/free", Some("ch")),
            ("plain", "", Some("de")),
            ("ruled", "", Some("ch")),
            ("", "a/free", None),
            ("", "", None),
        ];
        for (endpoint, feature, expected) in rows {
            let rule = rules.rule_of(
                rules.registry.by_name(endpoint),
                rules.features.by_key(feature),
            );
            let name = rule.as_ref().map(|rule| rule.name.as_str());
            assert_eq!(name, expected, "{endpoint} {feature}");
        }
    }
}
