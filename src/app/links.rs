//! Computes the links of every hour whose lines changed.
//!
//! Knows no source. A newcomer may ask why whole hours are computed again for one late line: links
//! are a pure function of the lines, and a pure function of all of them cannot drift.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::attribute::Registry;
use crate::call::Class;
use crate::ledger::{Fault, FaultKind, Ledger, LinkRow, Span};
use crate::line::pool::PlainMap;
use crate::line::{Brief, Glance};
use crate::link::{self, Attempt, Group, Kind, LinkKey, LinkTotals, RETRY_MS};
use crate::units::{HOUR_MS, Text, UnixMillis};

use super::{Failure, Progress};

/// Computes the links of all hours that are complete and changed since; how many they were.
///
/// # Errors
/// What the ledger says.
pub fn bring_up_to_date(
    ledger: &mut dyn Ledger,
    registry: &Registry,
    complete_to: UnixMillis,
    progress: &mut dyn Progress,
) -> Result<usize, Failure> {
    let hours = ledger.hours_to_link(complete_to)?;
    let mut linker = Linker::new(registry);
    progress.begin("linking", u64::try_from(hours.len()).unwrap_or(u64::MAX));
    for (done, hour) in hours.iter().enumerate() {
        linker.link(ledger, *hour)?;
        progress.at(u64::try_from(done).unwrap_or(u64::MAX), 0);
    }
    progress.end();
    Ok(hours.len())
}

/// Links hours one by one; those that follow each other read less.
pub struct Linker {
    fallbacks: BTreeMap<Text, Text>,
    before: Option<Tail>,
}

impl Linker {
    /// A linker that knows the registered fallbacks.
    #[must_use]
    pub fn new(registry: &Registry) -> Linker {
        Linker {
            fallbacks: fallbacks(registry),
            before: None,
        }
    }

    /// Computes the links of an hour anew.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn link(&mut self, ledger: &mut dyn Ledger, hour: UnixMillis) -> Result<(), Failure> {
        let rows = links_of(ledger, hour, &self.fallbacks, &mut self.before)?;
        Ok(ledger.put_links(hour, &rows)?)
    }
}

/// The registered fallback of each endpoint, by name.
fn fallbacks(registry: &Registry) -> BTreeMap<Text, Text> {
    registry
        .iter()
        .filter_map(|(_, endpoint)| {
            let fallback = registry.get(endpoint.fallback?)?;
            Some((endpoint.name.clone(), fallback.name.clone()))
        })
        .collect()
}

/// The call and the request that a line tells, as far as linking asks.
fn attempts_of(line: &Brief<'_>) -> impl Iterator<Item = Attempt> {
    let attempt = |group: Group, size: u64, class: Class| Attempt {
        group,
        feature: line.key.feature.clone(),
        endpoint: line.key.endpoint.clone(),
        conversation: line.conversation,
        size,
        at: line.glance.at,
        sequence: Text::from(line.sequence),
        failed: class != Class::Ok,
        id: line.id,
        tokens: line
            .usage
            .map_or(0, |usage| i64::try_from(usage.total()).unwrap_or(i64::MAX)),
        cost_nanousd: line.cost.map_or(0, |cost| cost.0),
    };
    classes(&line.glance).map(move |(group, class)| {
        let size = match group {
            Group::Call => line.request_bytes,
            Group::Request => line.usage.map_or(0, |usage| usage.total_input()),
        };
        attempt(group, size, class)
    })
}

/// The attempts of an hour's last minute, which the next hour's may follow.
struct Tail {
    /// Where the next hour begins.
    end: UnixMillis,
    attempts: Vec<Attempt>,
}

/// When attempts failed, in order.
#[derive(Default)]
struct Failed {
    at: Vec<UnixMillis>,
    /// How many of them are at or before the time that was asked for last: lines come mostly by time,
    /// so the next answer is near.
    reached: Cell<usize>,
}

impl Failed {
    /// The last at or before a time.
    fn before(&self, at: UnixMillis) -> Option<UnixMillis> {
        let (head, tail) = self.at.split_at_checked(self.reached.get())?;
        let reached = if head.last().is_some_and(|last| *last > at) {
            head.partition_point(|failed| *failed <= at)
        } else {
            head.len() + tail.iter().take_while(|failed| **failed <= at).count()
        };
        self.reached.set(reached);
        self.at.get(reached.checked_sub(1)?).copied()
    }
}

/// When attempts of a feature failed, by their group.
#[derive(Default)]
struct Failures(PlainMap<Text, BTreeMap<Group, Failed>>);

impl Failures {
    fn add(&mut self, feature: &Text, group: Group, at: UnixMillis) {
        let groups = self.0.entry(feature.clone()).or_default();
        groups.entry(group).or_default().at.push(at);
    }

    fn sort(&mut self) {
        let lists = self.0.values_mut().flat_map(BTreeMap::values_mut);
        lists.for_each(|list| list.at.sort_unstable());
    }

    /// Whether an attempt at that time may follow one: links reach no further.
    fn precede(&self, feature: &Text, group: Group, at: UnixMillis) -> bool {
        let known = self.0.get(feature).and_then(|groups| groups.get(&group));
        let before = known.and_then(|failed| failed.before(at));
        before.is_some_and(|failed| at.0.saturating_sub(failed.0) <= RETRY_MS)
    }
}

/// The class of each half of a line.
fn classes(line: &Glance<'_>) -> impl Iterator<Item = (Group, Class)> + use<> {
    let call = line.call.map(|class| (Group::Call, class));
    let request = line.request.map(|class| (Group::Request, class));
    call.into_iter().chain(request)
}

/// The attempts of a span that failed, and those that may follow one, `before` among both. Lines are
/// read twice, so that memory grows with failures and not with traffic.
fn attempts_in(
    ledger: &dyn Ledger,
    span: Span,
    before: Vec<Attempt>,
) -> Result<Vec<Attempt>, Failure> {
    let mut failures = Failures::default();
    for attempt in before.iter().filter(|attempt| attempt.failed) {
        failures.add(&attempt.feature, attempt.group, attempt.at);
    }
    let mut look = |line: &Glance<'_>| {
        for (group, class) in classes(line) {
            if class != Class::Ok {
                failures.add(line.feature, group, line.at);
            }
        }
        false
    };
    ledger.briefs(span, &mut look, &mut |_| Ok(()))?;
    if failures.0.is_empty() {
        return Ok(Vec::new());
    }
    failures.sort();
    let mut attempts = before;
    // A failure precedes itself.
    let mut near = |line: &Glance<'_>| {
        classes(line).any(|(group, _)| failures.precede(line.feature, group, line.at))
    };
    ledger.briefs(span, &mut near, &mut |line| {
        let glance = &line.glance;
        let wanted = |group| failures.precede(glance.feature, group, glance.at);
        attempts.extend(attempts_of(line).filter(|attempt| wanted(attempt.group)));
        Ok(())
    })?;
    Ok(attempts)
}

fn links_of(
    ledger: &dyn Ledger,
    hour: UnixMillis,
    fallbacks: &BTreeMap<Text, Text>,
    before: &mut Option<Tail>,
) -> Result<Vec<LinkRow>, Failure> {
    let window = hour..hour.saturating_add(HOUR_MS);
    let known = before.take().filter(|tail| tail.end == hour);
    let from = match known {
        Some(_) => hour,
        None => hour.saturating_add(-RETRY_MS),
    };
    let span = Span {
        from,
        to: window.end,
    };
    let known = known.map_or_else(Vec::new, |tail| tail.attempts);
    let attempts = attempts_in(ledger, span, known)?;
    let tail = window.end.saturating_add(-RETRY_MS);
    let last = attempts.iter().filter(|attempt| attempt.at >= tail);
    *before = Some(Tail {
        end: window.end,
        attempts: last.cloned().collect(),
    });
    let cells = link::link(attempts, window, fallbacks);
    let row = |(key, totals): (LinkKey, LinkTotals)| LinkRow {
        hour,
        key: vec![
            Text::const_new(key.group.as_str()),
            Text::const_new(key.kind.as_str()),
            key.feature,
            key.from,
            key.to,
        ],
        body: totals.encode(),
    };
    Ok(cells.into_iter().map(row).collect())
}

/// A link cell as the books keep it, read back.
///
/// # Errors
/// [`FaultKind::Corrupt`] for a row that nothing of this program wrote.
pub(in crate::app) fn read(row: &LinkRow) -> Result<(LinkKey, LinkTotals), Fault> {
    let read = || {
        let [group, kind, feature, from, to] = row.key.as_slice() else {
            return None;
        };
        let groups = [Group::Call, Group::Request];
        let kinds = [Kind::Retry, Kind::Fallback];
        let key = LinkKey {
            group: groups.into_iter().find(|one| group == one.as_str())?,
            kind: kinds.into_iter().find(|one| kind == one.as_str())?,
            feature: feature.clone(),
            from: from.clone(),
            to: to.clone(),
        };
        Some((key, LinkTotals::decode(&row.body)?))
    };
    read().ok_or_else(|| {
        let text = format!("is damaged: the links of {} cannot be read", row.hour);
        Fault::new(FaultKind::Corrupt, text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_failure_before_a_time_is_found_wherever_one_looked_before() {
        let failed = Failed {
            at: [3, 5, 5, 9, 20, 21].map(UnixMillis).to_vec(),
            reached: Cell::default(),
        };
        for step in [1, 2, 7, 11, 23] {
            for n in 0..100 {
                let at = UnixMillis(n * step % 25);
                let known = failed.at.iter().rev().find(|one| **one <= at);
                assert_eq!(failed.before(at), known.copied(), "{at} in steps of {step}");
            }
        }
        assert_eq!(Failed::default().before(UnixMillis(0)), None);
    }
}
