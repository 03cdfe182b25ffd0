//! Matchers of routes and of excused hours: lists of what is meant.
//!
//! Knows no alert. A newcomer may ask why a rule's name is looked up and a feature's is not: rules
//! are all known here, features come with the records.

use crate::alert::{Dimension, Kind, Matcher, Scope};
use crate::problem::Problem;
use crate::units::Text;

use super::super::Rules;
use super::super::at::AtText;
use super::super::names;
use super::super::read::FileText;
use super::super::rules::severity_of;
use super::written;

/// The lists that matchers are written as.
pub(super) struct Lists<'a> {
    pub(super) rule: &'a [AtText],
    pub(super) kind: &'a [super::super::rules::written::Kind],
    pub(super) severity: &'a [super::super::rules::written::Severity],
    pub(super) series: [(Dimension, &'a [AtText]); 4],
}

/// The lists of a route.
pub(super) fn of_route(route: &written::Route) -> Lists<'_> {
    Lists {
        rule: &route.rule,
        kind: &route.kind,
        severity: &route.severity,
        series: [
            (Dimension::Feature, &route.feature),
            (Dimension::Application, &route.application),
            (Dimension::Endpoint, &route.endpoint),
            (Dimension::Source, &route.source),
        ],
    }
}

/// The lists of excused hours.
pub(super) fn of_maintenance(hours: &written::Maintenance) -> Lists<'_> {
    Lists {
        rule: &hours.rule,
        kind: &hours.kind,
        severity: &hours.severity,
        series: [
            (Dimension::Feature, &hours.feature),
            (Dimension::Application, &hours.application),
            (Dimension::Endpoint, &hours.endpoint),
            (Dimension::Source, &hours.source),
        ],
    }
}

/// The matcher; a rule's name that none has is reported.
pub(super) fn matcher(
    file: &FileText,
    lists: &Lists<'_>,
    rules: &Rules,
    faults: &mut Vec<Problem>,
) -> Matcher {
    for name in lists.rule {
        let wanted = name.get().as_str();
        let known = rules.rules.iter().map(|rule| rule.name.as_str());
        let fits = match wanted.strip_suffix('*') {
            Some(beginning) => known.clone().any(|known| known.starts_with(beginning)),
            None => known.clone().any(|known| known == wanted),
        };
        if !fits {
            faults.push(names::unknown(
                file,
                name,
                "alert rule",
                "unknown_alert_rule",
                known,
            ));
        }
    }
    let mut scope = Vec::new();
    for (dimension, values) in &lists.series {
        for value in values.iter().filter(|value| value.get().trim().is_empty()) {
            faults.push(file.problem(value.span(), "bad_name", "an empty name fits nothing"));
        }
        if !values.is_empty() {
            scope.push((*dimension, texts(values)));
        }
    }
    Matcher {
        rules: texts(lists.rule),
        kinds: lists.kind.iter().map(|kind| Kind::from(*kind)).collect(),
        severities: lists.severity.iter().map(|one| severity_of(*one)).collect(),
        scope: Scope(scope),
    }
}

fn texts(values: &[AtText]) -> Vec<Text> {
    values
        .iter()
        .map(|value| Text::from(value.get().as_str()))
        .collect()
}
