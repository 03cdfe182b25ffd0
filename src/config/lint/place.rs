//! The registered region and scope against the rules of all who may use the endpoint.
//!
//! Knows no host name. A newcomer may ask why a feature without a list of endpoints gets a warning
//! where one with a list gets an error: nobody wrote that it uses this very endpoint.

use crate::attribute::Endpoint;
use crate::call::Scope;
use crate::problem::Problem;
use crate::residency::{Fit, Place, Rule};
use crate::units::Text;

use super::super::at::At;
use super::super::features;
use super::{Entry, Subject};

/// How the registered place lies to a rule.
enum Finding {
    /// Wholly outside.
    Violates(Text),
    /// A zone that reaches beyond it.
    Beyond(Text),
    /// Anywhere: no call can prove to be inside.
    Anywhere,
}

impl Finding {
    fn code(&self) -> &'static str {
        match self {
            Finding::Violates(_) => "region_violates_rule",
            Finding::Beyond(_) => "zone_beyond_rule",
            Finding::Anywhere => "global_under_rule",
        }
    }

    fn words(&self, rule: &Rule) -> String {
        let rule = &rule.name;
        match self {
            Finding::Violates(place) => format!("in `{place}`, outside rule `{rule}`"),
            Finding::Beyond(zone) => {
                format!("in zone `{zone}`, which reaches beyond rule `{rule}`")
            }
            Finding::Anywhere => {
                format!("a global deployment, which can never be held to rule `{rule}`")
            }
        }
    }
}

pub(super) fn lint(subject: &Subject<'_>, entry: Entry<'_>, faults: &mut Vec<Problem>) {
    let Entry {
        id,
        endpoint,
        placed,
    } = entry;
    if let Some(rule) = &endpoint.rule
        && let Some(finding) = judge(subject, endpoint, rule)
    {
        let message = format!("the endpoint is {}", finding.words(rule));
        let problem = placed.problem(placed.written.residency.as_ref(), finding.code(), message);
        faults.push(graded(problem, &finding, true));
    }
    for (feature, user) in subject.users(id) {
        let Some(rule) = &feature.rule else {
            continue;
        };
        let Some(finding) = judge(subject, endpoint, rule) else {
            continue;
        };
        let entry = listed(&user, &endpoint.name);
        let span = entry
            .or(user.written.get().residency.as_ref())
            .map_or_else(|| user.written.span(), At::span);
        let message = format!("endpoint `{}` is {}", endpoint.name, finding.words(rule));
        let problem = user.file.problem(span, finding.code(), message);
        faults.push(graded(problem, &finding, entry.is_some()));
    }
}

/// An error only where somebody wrote it down and it lies wholly outside.
fn graded(problem: Problem, finding: &Finding, written: bool) -> Problem {
    match finding {
        Finding::Violates(_) if written => problem.hint("move it, or change the rule"),
        Finding::Violates(_) => problem
            .hint("list the endpoints that the feature may use under `endpoints`")
            .warning(),
        Finding::Beyond(_) => problem
            .hint("deploy it in one region, or let the rule name the whole zone")
            .warning(),
        Finding::Anywhere => problem
            .hint("deploy it in a region or zone of the rule, or let the feature use another endpoint")
            .warning(),
    }
}

/// The feature's own entry for an endpoint.
fn listed<'a>(user: &features::Placed<'a>, name: &str) -> Option<&'a At<String>> {
    user.written
        .get()
        .endpoints
        .iter()
        .find(|entry| entry.get() == name)
}

fn judge(subject: &Subject<'_>, endpoint: &Endpoint, rule: &Rule) -> Option<Finding> {
    let regions = subject.regions;
    let place = regions.parse_region(endpoint.provider.as_ref(), &endpoint.region);
    let zone = match &place {
        Place::Region(region) if endpoint.scope == Some(Scope::DataZone) => regions.zone_of(region),
        Place::Region(_) | Place::Zone(_) | Place::Country(_) | Place::Unknown(_) => None,
    };
    let place = zone.map_or(place, Place::Zone);
    match rule.allowed.fit(&place) {
        Fit::Outside => Some(Finding::Violates(place.name())),
        _ if endpoint.scope == Some(Scope::Global) => Some(Finding::Anywhere),
        Fit::Partly => Some(Finding::Beyond(place.name())),
        Fit::Inside | Fit::Unknown => None,
    }
}
