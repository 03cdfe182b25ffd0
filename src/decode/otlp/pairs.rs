//! Two spans of one call in one export get one identity, so that the call is counted once.
//!
//! Knows no attribute. A newcomer may ask why the response id is not enough: OpenInference tells
//! none, and lies around spans of an SDK that traces itself. Such a pair is parent and child with
//! the same outcome and the same counts. A pair that comes in two exports cannot be seen here; it
//! is counted twice, unless one of the two scopes is left out in the configuration.

use std::collections::BTreeMap;

use crate::call::{Class, Report};
use crate::ids::{Identity, IdentityKind};
use crate::provider::Gate;
use crate::units::Text;

use super::report;
use super::span::{Around, Span};
use crate::decode::Told;

/// How many spans that are no calls may lie between two of one call.
const BETWEEN_MAX: usize = 4;

/// A span's outcome and its place in the trace.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) told: Told,
    trace: Text,
    id: Text,
    parent: Text,
}

impl Seen {
    /// A span, read.
    pub(super) fn of(span: &Span<'_>, around: &Around<'_>, gate: &Gate) -> Seen {
        Seen {
            told: report::tell(span, around, gate),
            trace: span.trace.clone(),
            id: span.id.clone(),
            parent: span.parent.clone(),
        }
    }

    /// An outcome without a place.
    pub(super) fn alone(told: Told) -> Seen {
        Seen {
            told,
            trace: Text::default(),
            id: Text::default(),
            parent: Text::default(),
        }
    }

    fn report(&self) -> Option<&Report> {
        match &self.told {
            Told::Report(report) => Some(report),
            Told::Ignored(_) | Told::Rejected(_) => None,
        }
    }
}

/// Gives each pair of parent and child that tell one call the better of their identities.
///
/// A parent takes at most one child, the first by time and id: the others are calls of their own.
pub(super) fn join(seen: &mut [Seen]) {
    if seen.iter().filter(|seen| seen.report().is_some()).count() < 2 {
        return;
    }
    let places: BTreeMap<(&str, &str), usize> = seen
        .iter()
        .enumerate()
        .filter(|(_, seen)| !seen.id.is_empty())
        .map(|(at, seen)| ((seen.trace.as_str(), seen.id.as_str()), at))
        .collect();
    // The child of each parent, by the parent's place.
    let mut children: BTreeMap<usize, usize> = BTreeMap::new();
    for (at, child) in seen.iter().enumerate() {
        let Some(parent) = caller(seen, &places, child) else {
            continue;
        };
        if parent == at || !seen.get(parent).is_some_and(|parent| same_call(parent, child)) {
            continue;
        }
        let order = |at: usize| seen.get(at).map(|seen| (seen.report().map(|r| r.at), &seen.id));
        let taken = children.get(&parent).copied();
        if taken.is_none_or(|taken| order(at) < order(taken)) {
            children.insert(parent, at);
        }
    }
    share(seen, &children);
}

/// The nearest span above that is a call.
fn caller(seen: &[Seen], places: &BTreeMap<(&str, &str), usize>, child: &Seen) -> Option<usize> {
    child.report()?;
    let mut above = child.parent.as_str();
    for _ in 0..=BETWEEN_MAX {
        let at = *places.get(&(child.trace.as_str(), above))?;
        let span = seen.get(at)?;
        if span.report().is_some() {
            return Some(at);
        }
        above = &span.parent;
    }
    None
}

/// Whether two spans tell the same outcome and the same counts, and no two response ids.
fn same_call(parent: &Seen, child: &Seen) -> bool {
    let (Some(parent), Some(child)) = (parent.report(), child.report()) else {
        return false;
    };
    let counts = |report: &Report| {
        let usage = report.usage.as_ref()?.usage?;
        Some((usage.total_input(), usage.output))
    };
    let failed = |report: &Report| {
        let class = report.usage.as_ref()?.class?;
        (class != Class::Ok).then_some(())
    };
    let apart = parent.identity.kind == IdentityKind::Response
        && child.identity.kind == IdentityKind::Response
        && parent.identity != child.identity;
    let equal = match (counts(parent), counts(child)) {
        (Some(parent), Some(child)) => parent == child,
        (None, None) => failed(parent).is_some() && failed(child).is_some(),
        (Some(_), None) | (None, Some(_)) => false,
    };
    equal && !apart
}

/// Walks each chain of parents and children from its top and gives it one identity.
fn share(seen: &mut [Seen], children: &BTreeMap<usize, usize>) {
    let is_child = |at: &usize| children.values().any(|child| child == at);
    for top in children.keys().filter(|at| !is_child(at)) {
        let chain: Vec<usize> = std::iter::successors(Some(*top), |at| children.get(at).copied())
            .take(children.len().saturating_add(1))
            .collect();
        let best: Option<Identity> = chain
            .iter()
            .filter_map(|at| Some(seen.get(*at)?.report()?.identity.clone()))
            .min_by_key(|identity| identity.kind);
        for at in chain {
            if let (Some(Told::Report(report)), Some(best)) =
                (seen.get_mut(at).map(|seen| &mut seen.told), &best)
            {
                report.identity = best.clone();
            }
        }
    }
}
