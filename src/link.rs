//! Which calls belong together: retries and fallbacks, as pairs, and what they cost.
//!
//! Knows no ledger and no clock: a pure function of a set of attempts, so late records only mean
//! that an hour is computed again. A newcomer may ask why calls and requests are never paired with
//! each other: the two halves of a `ServiceNow` call share no key, and guesswork is not evidence.

mod open;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::ids::Fingerprint;
use crate::units::{Text, UnixMillis};

use crate::varint::{put_signed, take_signed};
use open::Open;

/// How long after a failed call a call with the same key counts as its retry.
pub const RETRY_MS: i64 = 60_000;
/// How long after a failed call a call of the feature at another endpoint counts as its fallback.
pub const FALLBACK_MS: i64 = 30_000;

/// Which half of the facts an attempt stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Transport facts: a call.
    Call,
    /// Usage facts: a request.
    Request,
}

impl Group {
    /// The word for tables and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Group::Call => "call",
            Group::Request => "request",
        }
    }
}

/// How two attempts belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The same feature asked the same endpoint again.
    Retry,
    /// The feature went to another endpoint after a failure.
    Fallback,
}

impl Kind {
    /// The word for tables and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Retry => "retry",
            Kind::Fallback => "fallback",
        }
    }
}

/// One call or request, as far as linking asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Which half.
    pub group: Group,
    /// Feature.
    pub feature: Text,
    /// Endpoint.
    pub endpoint: Text,
    /// Conversation, where known.
    pub conversation: Option<Fingerprint>,
    /// Size of the content: request bytes of a call, input tokens of a request; 0 unknown.
    pub size: u64,
    /// When it began.
    pub at: UnixMillis,
    /// The producer's numbering within a millisecond.
    pub sequence: Text,
    /// Whether it failed.
    pub failed: bool,
    /// Identity key.
    pub id: u64,
    /// Tokens it used.
    pub tokens: i64,
    /// What it cost, in nano-dollars, where priced.
    pub cost_nanousd: i64,
}

/// Key of a link cell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkKey {
    /// Which half of the facts.
    pub group: Group,
    /// Retry or fallback.
    pub kind: Kind,
    /// Feature.
    pub feature: Text,
    /// Endpoint of the failed attempt.
    pub from: Text,
    /// Endpoint of the attempt that followed.
    pub to: Text,
}

/// What the links of one key add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkTotals {
    /// Pairs.
    pub links: i64,
    /// Of them: the following attempt was answered.
    pub answered: i64,
    /// Tokens that the failed attempts used.
    pub lost_tokens: i64,
    /// Milliseconds from the start of the failed attempt to the start of the next.
    pub lost_ms: i64,
    /// Nano-dollars that the failed attempts cost.
    pub lost_nanousd: i64,
    /// Tokens that the following attempts used.
    pub spent_tokens: i64,
    /// Nano-dollars that the following attempts cost.
    pub spent_nanousd: i64,
}

impl LinkTotals {
    /// Names, in the order of [`LinkTotals::values`].
    pub const NAMES: [&'static str; 7] = [
        "links",
        "answered",
        "lost_tokens",
        "lost_ms",
        "lost_nanousd",
        "spent_tokens",
        "spent_nanousd",
    ];

    /// Every total, in the order of [`LinkTotals::NAMES`].
    #[must_use]
    pub fn values(&self) -> [i64; 7] {
        [
            self.links,
            self.answered,
            self.lost_tokens,
            self.lost_ms,
            self.lost_nanousd,
            self.spent_tokens,
            self.spent_nanousd,
        ]
    }

    /// The totals as bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(24);
        for value in self.values() {
            put_signed(&mut bytes, value);
        }
        bytes
    }

    /// Reads [`LinkTotals::encode`]; `None` when the bytes are not such totals.
    #[must_use]
    pub fn decode(mut bytes: &[u8]) -> Option<LinkTotals> {
        let bytes = &mut bytes;
        let totals = LinkTotals {
            links: take_signed(bytes)?,
            answered: take_signed(bytes)?,
            lost_tokens: take_signed(bytes)?,
            lost_ms: take_signed(bytes)?,
            lost_nanousd: take_signed(bytes)?,
            spent_tokens: take_signed(bytes)?,
            spent_nanousd: take_signed(bytes)?,
        };
        bytes.is_empty().then_some(totals)
    }

    /// Adds another's totals.
    pub fn add(&mut self, other: &LinkTotals) {
        self.links += other.links;
        self.answered += other.answered;
        self.lost_tokens += other.lost_tokens;
        self.lost_ms += other.lost_ms;
        self.lost_nanousd += other.lost_nanousd;
        self.spent_tokens += other.spent_tokens;
        self.spent_nanousd += other.spent_nanousd;
    }

    fn count(&mut self, failed: &Attempt, next: &Attempt) {
        self.add(&LinkTotals {
            links: 1,
            answered: i64::from(!next.failed),
            lost_tokens: failed.tokens,
            lost_ms: next.at.0.saturating_sub(failed.at.0),
            lost_nanousd: failed.cost_nanousd,
            spent_tokens: next.tokens,
            spent_nanousd: next.cost_nanousd,
        });
    }
}

/// Pairs the attempts whose later half lies in `window`.
///
/// `attempts` must hold all of the window and of the [`RETRY_MS`] before it, in any order.
/// `fallbacks` names the registered fallback of an endpoint, which goes before any other. A failed
/// attempt is followed by at most one, and an attempt follows at most one: the latest.
#[must_use]
pub fn link(
    mut attempts: Vec<Attempt>,
    window: Range<UnixMillis>,
    fallbacks: &BTreeMap<Text, Text>,
) -> BTreeMap<LinkKey, LinkTotals> {
    attempts.sort_by(|a, b| {
        (a.at, &a.sequence, !a.failed, a.id, a.group).cmp(&(
            b.at,
            &b.sequence,
            !b.failed,
            b.id,
            b.group,
        ))
    });
    let mut fallback_of: BTreeMap<&Text, Vec<&Text>> = BTreeMap::new();
    for (from, to) in fallbacks.iter().filter(|(from, to)| from != to) {
        fallback_of.entry(to).or_default().push(from);
    }
    let mut cells: BTreeMap<LinkKey, LinkTotals> = BTreeMap::new();
    let mut open: BTreeMap<(Group, &Text), Open<'_>> = BTreeMap::new();
    for (place, next) in attempts.iter().enumerate() {
        let failures = open.entry((next.group, &next.feature)).or_default();
        let registered = fallback_of
            .get(&next.endpoint)
            .map_or(&[][..], Vec::as_slice);
        if let Some((failed, kind)) = failures.take_followed(next, registered)
            && window.contains(&next.at)
        {
            let key = LinkKey {
                group: next.group,
                kind,
                feature: next.feature.clone(),
                from: failed.endpoint.clone(),
                to: next.endpoint.clone(),
            };
            cells.entry(key).or_default().count(failed, next);
        }
        if next.failed {
            failures.add(place, next);
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `second endpoint ok|failed size conversation`, one attempt a line.
    fn attempts(lines: &[&str]) -> Vec<Attempt> {
        let parse = |(id, line): (usize, &&str)| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [second, endpoint, state, size, conversation] = words.as_slice() else {
                panic!("five words expected: {line}");
            };
            let conversation: u64 = conversation.parse().unwrap();
            Attempt {
                group: Group::Call,
                feature: "itsm/incident".into(),
                endpoint: (*endpoint).into(),
                conversation: (conversation > 0).then_some(Fingerprint(conversation)),
                size: size.parse().unwrap(),
                at: UnixMillis(second.parse::<i64>().unwrap() * 1000),
                sequence: Text::default(),
                failed: *state == "failed",
                id: u64::try_from(id).unwrap(),
                tokens: 10,
                cost_nanousd: 7,
            }
        };
        lines.iter().enumerate().map(parse).collect()
    }

    fn links(lines: &[&str], window: Range<i64>) -> Vec<String> {
        let window = UnixMillis(window.start * 1000)..UnixMillis(window.end * 1000);
        let fallbacks = BTreeMap::from([(Text::from("weu"), Text::from("fra"))]);
        let forward = link(attempts(lines), window.clone(), &fallbacks);
        let mut reversed = attempts(lines);
        reversed.reverse();
        assert_eq!(
            link(reversed, window, &fallbacks),
            forward,
            "order must not matter"
        );
        forward
            .iter()
            .map(|(key, totals)| {
                format!(
                    "{} {}>{} {} {}ms",
                    key.kind.as_str(),
                    key.from,
                    key.to,
                    totals.links,
                    totals.lost_ms
                )
            })
            .collect()
    }

    #[test]
    fn pairs() {
        let whole = 0..3600;
        let cases: &[(&[&str], &[&str])] = &[
            (&["1 weu ok 500 0", "2 weu ok 500 0"], &[]),
            (
                &["1 weu failed 500 0", "3 weu ok 500 0"],
                &["retry weu>weu 1 2000ms"],
            ),
            (
                &["1 weu failed 500 0", "3 weu failed 500 0", "7 weu ok 500 0"],
                &["retry weu>weu 2 6000ms"],
            ),
            (&["1 weu failed 500 0", "3 weu ok 501 0"], &[]),
            (&["1 weu failed 0 0", "3 weu ok 0 0"], &[]),
            (&["1 weu failed 500 0", "62 weu ok 500 0"], &[]),
            (
                &["1 weu failed 500 4", "3 weu ok 900 4"],
                &["retry weu>weu 1 2000ms"],
            ),
            (&["1 weu failed 500 4", "3 weu ok 500 5"], &[]),
            (
                &["1 weu failed 500 0", "3 weu ok 500 0", "4 weu ok 500 0"],
                &["retry weu>weu 1 2000ms"],
            ),
            (
                &["1 weu failed 500 0", "4 fra ok 480 0"],
                &["fallback weu>fra 1 3000ms"],
            ),
            (
                &["1 eus failed 500 0", "2 weu failed 500 0", "4 fra ok 480 0"],
                &["fallback eus>weu 1 1000ms", "fallback weu>fra 1 2000ms"],
            ),
            (&["1 weu failed 500 0", "33 fra ok 480 0"], &[]),
            (&["1 weu failed 500 4", "4 fra ok 480 5"], &[]),
        ];
        for (lines, expected) in cases {
            assert_eq!(links(lines, whole.clone()), *expected, "{lines:?}");
        }
    }

    /// The same by looking at every open failure: what [`link`] must equal.
    fn link_by_looking(
        mut attempts: Vec<Attempt>,
        window: Range<UnixMillis>,
        fallbacks: &BTreeMap<Text, Text>,
    ) -> BTreeMap<LinkKey, LinkTotals> {
        attempts.sort_by(|a, b| {
            (a.at, &a.sequence, !a.failed, a.id, a.group).cmp(&(
                b.at,
                &b.sequence,
                !b.failed,
                b.id,
                b.group,
            ))
        });
        let mut cells: BTreeMap<LinkKey, LinkTotals> = BTreeMap::new();
        let mut open: BTreeMap<(Group, &Text), Vec<&Attempt>> = BTreeMap::new();
        for next in &attempts {
            let failures = open.entry((next.group, &next.feature)).or_default();
            failures.retain(|failed| next.at.0.saturating_sub(failed.at.0) <= RETRY_MS);
            let found = followed(failures, next, fallbacks);
            if let Some((index, kind)) = found {
                let failed = failures.remove(index);
                if window.contains(&next.at) {
                    let key = LinkKey {
                        group: next.group,
                        kind,
                        feature: next.feature.clone(),
                        from: failed.endpoint.clone(),
                        to: next.endpoint.clone(),
                    };
                    cells.entry(key).or_default().count(failed, next);
                }
            }
            if next.failed {
                failures.push(next);
            }
        }
        cells
    }

    /// The failed attempt that `next` follows: a retry before a fallback, the registered fallback
    /// before any other, the latest of equals.
    fn followed(
        failures: &[&Attempt],
        next: &Attempt,
        fallbacks: &BTreeMap<Text, Text>,
    ) -> Option<(usize, Kind)> {
        let latest =
            |fits: &dyn Fn(&Attempt) -> bool| failures.iter().rposition(|failed| fits(failed));
        let retry =
            latest(&|failed| failed.endpoint == next.endpoint && same_content(failed, next));
        if let Some(index) = retry {
            return Some((index, Kind::Retry));
        }
        let soon = |failed: &Attempt| {
            failed.endpoint != next.endpoint
                && next.at.0.saturating_sub(failed.at.0) <= FALLBACK_MS
                && !other_conversation(failed, next)
        };
        latest(&|failed| soon(failed) && fallbacks.get(&failed.endpoint) == Some(&next.endpoint))
            .or_else(|| latest(&soon))
            .map(|index| (index, Kind::Fallback))
    }

    /// The same conversation where both tell one; else the same size, where both tell it.
    fn same_content(failed: &Attempt, next: &Attempt) -> bool {
        match (failed.conversation, next.conversation) {
            (Some(one), Some(other)) => one == other,
            (None, None) => failed.size > 0 && failed.size == next.size,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    fn other_conversation(failed: &Attempt, next: &Attempt) -> bool {
        matches!((failed.conversation, next.conversation), (Some(one), Some(other)) if one != other)
    }

    proptest! {
        /// Few names, sizes and seconds, so that much collides.
        #[test]
        fn finds_the_same_as_looking_at_all(
            drawn in proptest::collection::vec(
                (0_usize..3, 0_u64..4, 0_u64..3, 0_i64..150, any::<bool>(), any::<bool>()),
                0..80,
            ),
        ) {
            let endpoint = |place: usize| Text::from(["weu", "fra", "eus"][place]);
            let attempt = |(id, (place, conversation, size, second, failed, call))| Attempt {
                group: if call { Group::Call } else { Group::Request },
                feature: "itsm/incident".into(),
                endpoint: endpoint(place),
                conversation: (conversation > 1).then_some(Fingerprint(conversation)),
                size,
                at: UnixMillis(second * 1000),
                sequence: Text::default(),
                failed,
                id,
                tokens: i64::try_from(id).unwrap(),
                cost_nanousd: 7,
            };
            let attempts: Vec<Attempt> = (0..).zip(drawn).map(attempt).collect();
            let window = UnixMillis(40_000)..UnixMillis(120_000);
            let fallbacks = BTreeMap::from([
                (endpoint(0), endpoint(1)),
                (endpoint(2), endpoint(1)),
                (endpoint(1), endpoint(1)),
            ]);
            prop_assert_eq!(
                link(attempts.clone(), window.clone(), &fallbacks),
                link_by_looking(attempts, window, &fallbacks)
            );
        }
    }

    #[test]
    fn counts_in_the_window_of_the_later_attempt() {
        let lines = ["3590 weu failed 500 0", "3605 weu ok 500 0"];
        assert_eq!(links(&lines, 0..3600), [""; 0]);
        assert_eq!(links(&lines, 3600..7200), ["retry weu>weu 1 15000ms"]);
    }

    #[test]
    fn bytes_come_back() {
        let totals = LinkTotals {
            links: 3,
            lost_ms: 70_000,
            lost_nanousd: -1,
            ..LinkTotals::default()
        };
        assert_eq!(LinkTotals::decode(&totals.encode()), Some(totals));
        assert_eq!(LinkTotals::decode(&[]), None);
    }
}
