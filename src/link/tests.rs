//! Pairs by table, and the indexed search against the plain one.

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
    let latest = |fits: &dyn Fn(&Attempt) -> bool| failures.iter().rposition(|failed| fits(failed));
    let retry = latest(&|failed| failed.endpoint == next.endpoint && same_content(failed, next));
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
