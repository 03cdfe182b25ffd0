//! Anomalies, silence and what people say of them.

use super::*;
use crate::alert::{Chance, Maintenance, Matcher, Promise, Unknown};
use crate::anomaly::Feedback;

const FEATURE: &[Dimension] = &[Dimension::Feature];
const DAY: i64 = 1_440;

fn promise() -> Promise {
    Promise { hours: 504 }
}

fn more(metric: Metric, floor_usd: i64) -> Check {
    Check::Anomaly {
        metric,
        promise: promise(),
        floor_nanousd: floor_usd * USD,
    }
}

/// Calls of a minute: a day's swing, and a little noise that is the same at every run.
fn usual(minute: i64) -> i64 {
    let hour = minute / 60 % 24;
    let noise = (minute.wrapping_mul(2_654_435_761) >> 7).rem_euclid(5);
    if (6..20).contains(&hour) {
        20 + noise
    } else {
        4 + noise % 3
    }
}

/// Days of usual traffic, changed; judged minute by minute. The findings that were not told before.
fn run(rules: &[Rule], days: i64, change: impl Fn(i64, Load) -> Option<Load>) -> World {
    let mut world = World::new(rules, &declared());
    for minute in 0..days * DAY {
        let load = load("itsm/notes", "eu").of(usual(minute), 0, USD / 100);
        if let Some(load) = change(minute, load) {
            world.minute(minute, &[load]);
        }
        world.judge(minute + 1, false);
    }
    world
}

#[test]
fn a_loop_is_found_once_and_is_over() {
    let rules = [
        rule(FEATURE, more(Metric::Calls, 1)),
        Rule {
            name: "spend".into(),
            ..rule(FEATURE, more(Metric::Spend, 5))
        },
        Rule {
            name: "dear".into(),
            ..rule(FEATURE, more(Metric::Calls, 1_000_000))
        },
    ];
    let from = 10 * DAY + 12 * 60;
    let world = run(&rules, 11, |minute, load| {
        let more = if (from..from + 180).contains(&minute) {
            200
        } else {
            0
        };
        Some(load.of(more, 0, USD / 100))
    });
    let lines: Vec<&str> = world.story.iter().map(String::as_str).collect();
    let told: Vec<&&str> = lines.iter().filter(|line| line.contains("bad")).collect();
    assert_eq!(told.len(), 2, "{lines:#?}");
    assert!(
        told.iter()
            .all(|line| line.starts_with(&format!("{}:", from + 10))),
        "{told:?}"
    );
    let good = lines
        .iter()
        .filter(|line| line.contains("notes good"))
        .count();
    assert_eq!(good, 2, "{lines:#?}");
    assert!(lines.contains(&"10:  learning"), "{lines:#?}");
}

#[test]
fn what_it_has_cost_is_added_up_to_its_end() {
    let from = 10 * DAY + 2 * 60;
    let mut world = run(&[rule(FEATURE, more(Metric::Calls, 1))], 10, |_, load| {
        Some(load)
    });
    let mut found = Vec::new();
    for minute in 10 * DAY..from + 300 {
        let loops = (from..from + 22).contains(&minute);
        let many = usual(minute) + if loops { 30 } else { 0 };
        world.minute(minute, &[load("itsm/notes", "eu").of(many, 0, USD / 20)]);
        found.extend(world.judge(minute + 1, false));
    }
    let good = found.iter().find(|one| one.level == Level::Good).unwrap();
    // Six hundred and sixty calls of five cents.
    let cents = good.loss.so_far_nanousd.unwrap() / (USD / 100);
    assert!((2_800..=3_400).contains(&cents), "{cents} {found:#?}");
    assert!(good.at < at(from + 75), "{good:#?}");
}

#[test]
fn an_anomaly_says_what_was_expected_and_what_it_costs() {
    let from = 10 * DAY + 12 * 60;
    let mut world = run(&[rule(FEATURE, more(Metric::Calls, 1))], 10, |_, load| {
        Some(load)
    });
    let mut found = Vec::new();
    for minute in 10 * DAY..from + 10 {
        let many = if minute >= from { 220 } else { usual(minute) };
        world.minute(minute, &[load("itsm/notes", "eu").of(many, 0, USD / 100)]);
        found.extend(world.judge(minute + 1, false));
    }
    let bad = found
        .into_iter()
        .find(|one| one.level == Level::Bad)
        .unwrap();
    let (least, expected, most) = bad.measure.expected.unwrap();
    assert_eq!(bad.measure.value, Amount::new(Unit::Count, 2_200));
    assert_eq!(bad.since, at(from));
    assert!((150..=300).contains(&expected.n), "{expected:?}");
    assert!(
        least.n < expected.n && expected.n < most.n && most.n < 2_200,
        "{least:?} {most:?}"
    );
    // Some 2,000 calls of a cent beyond the expected in ten minutes, six times an hour.
    let per_hour = bad.loss.per_hour_nanousd.unwrap() / USD;
    assert!((110..=125).contains(&per_hour), "{per_hour}");
    let Some(Chance { learned_hours, .. }) = bad.chance else {
        panic!("no chance")
    };
    assert_eq!(learned_hours, 10 * 24 + 12);
    let series = bad.series;
    assert!(world.watch.feedback("r", &series, Feedback::Planned));
    assert!(
        !world
            .watch
            .feedback("r", &Series::default(), Feedback::Planned)
    );
    assert!(!world.watch.feedback("other", &series, Feedback::Planned));
}

#[test]
fn excused_hours_teach_nothing() {
    let from = 10 * DAY + 12 * 60;
    let mut world = run(&[rule(FEATURE, more(Metric::Calls, 1))], 10, |_, load| {
        Some(load)
    });
    world.watch.excuse(vec![Maintenance {
        from: at(from),
        to: at(from + 60),
        matcher: Matcher::default(),
        author: "a".into(),
        reason: "a test".into(),
    }]);
    for minute in 10 * DAY..from + 60 {
        let many = if minute >= from { 220 } else { usual(minute) };
        world.minute(minute, &[load("itsm/notes", "eu").of(many, 0, USD / 100)]);
        world.judge(minute + 1, false);
    }
    assert!(
        world.story.iter().all(|line| !line.contains("bad")),
        "{:#?}",
        world.story
    );
}

#[test]
fn silence_is_told_when_enough_is_missing() {
    let silent = rule(FEATURE, Check::Silence { promise: promise() });
    let rows = [
        // Twenty calls a minute by day, four by night: ten minutes of either are enough.
        (9 * DAY + 12 * 60, 10..=10),
        (9 * DAY + 2 * 60, 10..=10),
    ];
    for (from, expected) in rows {
        let world = run(std::slice::from_ref(&silent), 10, |minute, load| {
            (!(from..from + 240).contains(&minute)).then_some(load)
        });
        let bad: Vec<&String> = world
            .story
            .iter()
            .filter(|line| line.contains("bad"))
            .collect();
        let [line] = bad.as_slice() else {
            panic!("{:#?}", world.story)
        };
        let minute: i64 = line.split(':').next().unwrap().parse().unwrap();
        assert!(expected.contains(&(minute - from)), "{line}");
        assert!(line.ends_with(&format!("since {from}")), "{line}");
        let last = world.story.last().unwrap();
        assert_eq!(
            *last,
            format!("{}: itsm/notes good", from + 250),
            "{:#?}",
            world.story
        );
    }
}

#[test]
fn sparse_series_are_not_called_silent_early() {
    let silent = rule(FEATURE, Check::Silence { promise: promise() });
    // One call in two hours: a night without one says nothing.
    let world = run(&[silent], 15, |minute, _| {
        (minute % 120 == 7 && minute < 13 * DAY).then(|| load("itsm/notes", "eu").of(1, 0, 1))
    });
    let bad: Vec<&String> = world
        .story
        .iter()
        .filter(|line| line.contains("bad"))
        .collect();
    assert_eq!(bad.len(), 1, "{:#?}", world.story);
    let minute: i64 = bad[0].split(':').next().unwrap().parse().unwrap();
    assert!(minute - 13 * DAY > 12 * 60, "{bad:?}");
    let learning = Unknown::Learning.as_str();
    assert!(
        world.story.iter().any(|line| line.contains(learning)),
        "{:#?}",
        world.story
    );
}
