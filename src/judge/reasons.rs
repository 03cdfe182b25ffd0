//! A report judged with everything that led to the answer: parts of the price, weight of evidence.
//!
//! Knows no page. A newcomer may ask why this is not what [`Judge::judge`] gives: a reader of a
//! topic judges a hundred thousand reports a second, and reasons are asked for one by one.

use crate::attribute::{EndpointId, FeatureId};
use crate::call::{Report, Scope};
use crate::outcome::IgnoreReason;
use crate::price::{Bill, Billed};
use crate::residency::Weighed;

use super::residency_of::weighed;
use super::{Judge, Judged, Person};

/// A judged report and why.
#[derive(Clone, Debug)]
pub struct Reasons {
    /// The judgement.
    pub judged: Judged,
    /// The registered endpoint.
    pub endpoint: Option<EndpointId>,
    /// The registered feature.
    pub feature: Option<FeatureId>,
    /// The parts of its cost, where it has one by tokens.
    pub bill: Option<Bill>,
    /// All evidence, the strongest first; empty without transport facts that count.
    pub evidence: Vec<Weighed>,
    /// How far processing may wander, as told or registered.
    pub scope: Option<Scope>,
}

impl Judge {
    /// As [`Judge::judge_again`], with the reasons.
    ///
    /// # Errors
    /// As [`Judge::judge`].
    pub fn reasons(
        &mut self,
        mut report: Box<Report>,
        (source, offset): (&str, u64),
        who: Person,
    ) -> Result<Reasons, IgnoreReason> {
        let routed = self.routes.of(&self.rules, &mut report, source);
        let endpoint = routed.route.endpoint;
        let feature = self.rules.features.by_key(&routed.route.shared.key.feature);
        let bill = report.usage.as_ref().and_then(|usage| {
            routed.route.price.as_ref()?.bill(&Billed {
                at: report.at,
                usage: usage.usage.as_ref(),
                web_searches: usage.web_searches,
                untold: usage.untold,
                audio: usage.audio,
            })
        });
        let (evidence, scope) = if routed.route.landing.is_some() {
            weighed(&self.rules, &report, endpoint, feature)
        } else {
            (Vec::new(), report.destination.scope)
        };
        let judged = self.decide(report, offset, who, routed)?;
        let priced = judged.priced.as_ref();
        let by_tokens =
            priced.is_some_and(|priced| priced.cost.is_some() && priced.label.is_some());
        Ok(Reasons {
            bill: bill.filter(|_| by_tokens),
            judged,
            endpoint,
            feature,
            evidence,
            scope,
        })
    }
}
