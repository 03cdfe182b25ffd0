//! Several spans of one call in one export get one identity, so that the call is counted once.
//!
//! Knows no attribute. A newcomer may ask why the response id is not enough: OpenInference tells
//! none, a failed request has none, and both lie around spans of an SDK that traces itself. Such
//! a pair is parent and child with the same outcome and the same counts. A pair that comes in two
//! exports cannot be seen here.

use std::collections::{BTreeMap, BTreeSet};

use crate::call::{Class, Report};
use crate::decode::Told;
use crate::ids::{Identity, IdentityKind};
use crate::provider::Gate;
use crate::units::Text;

use super::report;
use super::span::{Around, Span};

/// How many spans that are no calls may lie between two of one call.
const BETWEEN_MAX: usize = 4;

/// The SDK that traces itself, beside whatever instruments it.
const SELF_TRACING: &str = "com.anthropic.sdk";

/// How many failed spans of one export are compared with each other: the work grows with the
/// square. Exporters send 512 spans at once.
const FAILED_MAX: usize = 2_000;

/// A span's outcome and its place in the trace.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) told: Told,
    trace: Text,
    id: Text,
    parent: Text,
    /// Start and end in nanoseconds.
    times: (u64, u64),
}

impl Seen {
    /// A span, read.
    pub(super) fn of(span: &Span<'_>, around: &Around<'_>, gate: &Gate) -> Seen {
        let nanos = |stamp: super::span::Stamp| stamp.unwrap_or_default();
        Seen {
            told: report::tell(span, around, gate),
            trace: span.trace.clone(),
            id: span.id.clone(),
            parent: span.parent.clone(),
            times: (nanos(span.start), nanos(span.end)),
        }
    }

    /// An outcome without a place.
    pub(super) fn alone(told: Told) -> Seen {
        Seen {
            told,
            trace: Text::default(),
            id: Text::default(),
            parent: Text::default(),
            times: (0, 0),
        }
    }

    /// The report, where it is one.
    pub(super) fn report(&self) -> Option<&Report> {
        match &self.told {
            Told::Report(report) => Some(report),
            Told::Ignored(_) | Told::Rejected(_) => None,
        }
    }
}

/// The inner span of each outer one, by place; an outer span takes one inner at most, and an
/// inner one belongs to one outer.
type Pairs = BTreeMap<usize, usize>;

/// Gives spans that tell one call the best of their identities.
pub(super) fn join(seen: &mut [Seen]) {
    if seen.iter().filter(|seen| seen.report().is_some()).count() < 2 {
        return;
    }
    let mut pairs = nested(seen);
    add_failed(seen, &mut pairs);
    share(seen, &pairs);
}

/// Pairs of parent and child. Of several children the first by time and id is the parent's own:
/// the others are calls by themselves.
fn nested(seen: &[Seen]) -> Pairs {
    let places: BTreeMap<(&str, &str), usize> = seen
        .iter()
        .enumerate()
        .filter(|(_, seen)| !seen.id.is_empty())
        .map(|(at, seen)| ((seen.trace.as_str(), seen.id.as_str()), at))
        .collect();
    let mut pairs = Pairs::new();
    for (at, child) in seen.iter().enumerate() {
        let outer = caller(seen, &places, child);
        let fits = |outer: &usize| {
            *outer != at
                && seen
                    .get(*outer)
                    .is_some_and(|outer| same_call(outer, child))
        };
        let Some(outer) = outer.filter(fits) else {
            continue;
        };
        let order = |at: usize| seen.get(at).map(|seen| (seen.times, &seen.id));
        let taken = pairs.get(&outer).copied();
        if taken.is_none_or(|taken| order(at) < order(taken)) {
            pairs.insert(outer, at);
        }
    }
    pairs
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

/// Whether parent and child tell the same outcome and the same counts, and no two response ids.
fn same_call(parent: &Seen, child: &Seen) -> bool {
    let (Some(outer), Some(inner)) = (parent.report(), child.report()) else {
        return false;
    };
    let counts = |report: &Report| {
        let usage = report.usage.as_ref()?.usage?;
        Some((usage.total_input(), usage.output))
    };
    let apart = outer.identity.kind == IdentityKind::Response
        && inner.identity.kind == IdentityKind::Response
        && outer.identity != inner.identity;
    // The request of a stream has no usage; the SDK's own span of it lies inside.
    let equal = outer.usage.is_none()
        || (has_failed(outer) && has_failed(inner))
        || (counts(outer).is_some() && counts(outer) == counts(inner));
    equal && !apart
}

/// Whether the call failed before any tokens were counted.
fn has_failed(report: &Report) -> bool {
    let usage = report.usage.as_ref();
    usage.is_some_and(|usage| usage.usage.is_none() && usage.class != Some(Class::Ok))
}

/// Pairs a failed span of the SDK that traces itself with the failed span of an instrumentation
/// that lies around it in time, in another trace: nothing else ties them. Which of several such
/// calls at once is paired with which makes no difference, for they carry no tokens.
fn add_failed(seen: &[Seen], pairs: &mut Pairs) {
    let mut inner: BTreeSet<usize> = pairs.values().copied().collect();
    let failed: Vec<(usize, &Seen, &Report)> = seen
        .iter()
        .enumerate()
        .filter_map(|(at, span)| Some((at, span, span.report()?)))
        .filter(|(_, _, report)| has_failed(report))
        .take(FAILED_MAX)
        .collect();
    let traces_itself = |report: &Report| report.teller.starts_with(SELF_TRACING);
    for (at, span, report) in &failed {
        if !traces_itself(report) || inner.contains(at) {
            continue;
        }
        let around = failed.iter().filter(|(outer_at, outer, told)| {
            let encloses = outer.times.0 <= span.times.0 && span.times.1 <= outer.times.1;
            let free = !pairs.contains_key(outer_at) && !traces_itself(told);
            let same = told.origin.service == report.origin.service && model(told) == model(report);
            encloses && free && same && outer.trace != span.trace
        });
        let nearest = around.max_by_key(|(outer_at, outer, _)| (outer.times.0, *outer_at));
        if let Some((outer_at, _, _)) = nearest {
            pairs.insert(*outer_at, *at);
            inner.insert(*at);
        }
    }
}

fn model(report: &Report) -> Option<&Text> {
    report.usage.as_ref().map(|usage| &usage.model)
}

/// Walks each chain of outer and inner spans from its top and gives it one identity.
fn share(seen: &mut [Seen], pairs: &Pairs) {
    let inner: BTreeSet<usize> = pairs.values().copied().collect();
    for top in pairs.keys().filter(|at| !inner.contains(at)) {
        let chain: Vec<usize> = std::iter::successors(Some(*top), |at| pairs.get(at).copied())
            .take(pairs.len().saturating_add(1))
            .collect();
        let identities = chain.iter().filter_map(|at| seen.get(*at)?.report());
        let best: Option<Identity> = identities
            .map(|report| &report.identity)
            .min_by_key(|identity| identity.kind)
            .cloned();
        for at in chain {
            if let (Some(Told::Report(report)), Some(best)) =
                (seen.get_mut(at).map(|seen| &mut seen.told), &best)
            {
                report.identity = best.clone();
            }
        }
    }
}
