//! Thresholds, drift, budgets and burns as tables.

use super::*;
use crate::alert::{Budget, Burn, Period};

const FEATURE: &[Dimension] = &[Dimension::Feature];

/// What is tested, a rule, traffic, and the story.
type Case = (&'static str, Rule, Loads, &'static [&'static str]);
/// Whether the end is forecast, traffic, and the story.
type Steps = (bool, Loads, &'static [&'static str]);

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn thresholds_tell_when_they_are_crossed_and_when_they_are_clear() {
    let notes = || load("itsm/notes", "eu");
    let reply = || load("csm/reply", "us");
    let error = |least| {
        above(
            Metric::ErrorShare,
            Span::Minutes(5),
            200_000,
            Some(100_000),
            least,
        )
    };
    let below = Check::Threshold {
        metric: Metric::Coverage,
        window: Span::Minutes(10),
        above: None,
        below: Some(Limit::Fixed(Amount::new(Unit::Ppm, 500_000))),
        clear: None,
        min_sample: 5,
    };
    let p95 = Check::Threshold {
        metric: Metric::LatencyP95,
        window: Span::Minutes(5),
        above: Some(Limit::OfDeclared(800_000)),
        below: None,
        clear: None,
        min_sample: 10,
    };
    let rows: Vec<Case> = vec![
        (
            "crossed, between, clear; the other feature is not touched",
            rule(FEATURE, error(10)),
            vec![
                (0..30, notes().of(9, 0, 1)),
                (0..30, reply().of(20, 0, 1)),
                (10..13, notes().of(0, 10, 1)),
            ],
            &[
                "12: itsm/notes bad 30%>20% since 11",
                "17: itsm/notes between",
                "18: itsm/notes good",
            ],
        ),
        (
            "summed over all features it is too small",
            rule(&[], error(10)),
            vec![
                (0..30, notes().of(9, 0, 1)),
                (0..30, reply().of(200, 0, 1)),
                (10..13, notes().of(0, 10, 1)),
            ],
            &[],
        ),
        (
            "too few calls",
            rule(FEATURE, error(40)),
            vec![(0..20, notes().of(1, 1, 1))],
            &[],
        ),
        (
            "bad, then too few, then nothing: good",
            rule(FEATURE, error(10)),
            vec![(0..5, notes().of(1, 9, 1))],
            &["1: itsm/notes bad 90%>20% since 0", "10: itsm/notes good"],
        ),
        (
            "spend of an hour",
            rule(
                FEATURE,
                above(Metric::Spend, Span::Minutes(60), 10 * USD, None, 0),
            ),
            vec![(0..30, notes().of(1, 0, USD))],
            &[
                "11: itsm/notes bad $11.000>$10.000 since 10",
                "80: itsm/notes good",
            ],
        ),
        (
            "spend of a day ends with the day",
            rule(
                &[],
                above(Metric::Spend, Span::Period(Period::Day), 10 * USD, None, 0),
            ),
            vec![(1_420..1_445, notes().of(1, 0, USD))],
            &["1431:  bad $11.000>$10.000 since 1430", "1441:  good"],
        ),
        (
            "less than half of the calls have a request",
            rule(&[Dimension::Endpoint], below),
            vec![
                (0..10, notes().of(1, 0, 1)),
                (10..20, notes().with(|totals| totals.calls_ok = 4)),
            ],
            &[
                "13: eu bad 36%>50% since 12",
                "29: eu too few calls",
                "30: eu good",
            ],
        ),
        (
            "latency against the timeout of the endpoint; the other endpoint has none",
            rule(&[Dimension::Endpoint], p95),
            vec![
                (0..10, notes().of(10, 0, 1).latency(2_000, 10)),
                (0..10, reply().of(10, 0, 1).latency(90_000, 10)),
                (5..6, notes().of(5, 0, 1).latency(25_000, 5)),
            ],
            &[
                "1: us nothing to hold it against",
                "6: eu bad 25087>24000 since 5",
                "11: eu good",
            ],
        ),
    ];
    for (name, rule, loads, expected) in rows {
        let to = if matches!(
            rule.check,
            Check::Threshold {
                window: Span::Period(_),
                ..
            }
        ) {
            1_450
        } else {
            90
        };
        let story = story(&rule, &loads, to);
        let story: Vec<&str> = story.iter().map(String::as_str).collect();
        assert_eq!(story, expected, "{name}");
    }
}

#[test]
fn drift_is_told_against_what_was_approved_with_what_it_costs() {
    let check = Check::Drift {
        metric: Metric::CostPerCall,
        window: Span::Minutes(60),
        above: 1_500_000,
        min_sample: 20,
    };
    let rule = rule(FEATURE, check);
    let mut world = World::new(std::slice::from_ref(&rule), &declared());
    let mut last = None;
    for minute in 0..120 {
        let cost = if minute < 60 { 40_000_000 } else { 140_000_000 };
        world.minute(
            minute,
            &[
                load("itsm/notes", "eu").of(1, 0, cost),
                load("csm/reply", "us").of(1, 0, cost),
            ],
        );
        let found = world.judge(minute + 1, false);
        last = found
            .into_iter()
            .find(|one| one.level == Level::Bad)
            .or(last);
    }
    assert_eq!(
        world.story,
        [
            "1: csm/reply nothing to hold it against",
            "73: itsm/notes bad $0.061>$0.060 since 72",
        ]
    );
    let loss = last.unwrap().loss;
    // 60 calls an hour, ten cents beyond the approved four each.
    assert_eq!(loss.per_hour_nanousd, Some(6 * USD));
    assert_eq!(loss.so_far_nanousd, Some(6 * USD));
}

#[test]
fn budgets_are_told_by_steps_and_by_where_the_line_ends() {
    let check = |forecast| {
        Check::Budget(Budget {
            period: Period::Day,
            nanousd: Some(100 * USD),
            percent: vec![50, 80, 100],
            forecast,
        })
    };
    let even = |usd_an_hour: i64| load("itsm/notes", "eu").of(1, 0, usd_an_hour * USD / 60);
    let rows: [Steps; 3] = [
        (
            false,
            vec![(0..1_440, even(4))],
            &[
                "751: $50.066>$100.000 [50 %] info since 750",
                "1201: $80.066>$100.000 [80 %] info since 750",
                "1441: good",
            ],
        ),
        (
            false,
            vec![(600..720, even(60))],
            &[
                "650: $50.000>$100.000 [50 %] info since 649",
                "680: $80.000>$100.000 [80 %] info since 649",
                "700: $100.000>$100.000 [100 %] since 649",
                "1441: good",
            ],
        ),
        (
            true,
            vec![(0..1_440, even(5))],
            &[
                "288: $23.999>$100.000 [forecast] info since 287",
                "1201: $100.083>$100.000 [100 %] since 287",
                "1441: good",
            ],
        ),
    ];
    for (forecast, loads, expected) in rows {
        let rule = rule(&[], check(forecast));
        let mut world = World::new(std::slice::from_ref(&rule), &declared());
        let mut lines: Vec<String> = Vec::new();
        let mut subject = String::new();
        for minute in 0..1_445 {
            let now = loads.iter().filter(|(range, _)| range.contains(&minute));
            let now: Vec<Load> = now.map(|(_, load)| load.clone()).collect();
            world.minute(minute, &now);
            for found in world.judge(minute + 1, false) {
                // A further step is news of the same episode.
                if found.subject == subject {
                    continue;
                }
                subject = found.subject.to_string();
                let is_good = found.level == Level::Good;
                let what = if is_good {
                    "good".to_owned()
                } else {
                    written(&found)
                };
                lines.push(format!("{}: {what}", minute + 1));
            }
        }
        assert_eq!(lines, expected);
    }
}

#[test]
fn burns_need_both_windows() {
    let check = Check::Burn(Burn {
        nanousd: Some(720 * USD),
        minutes: (5, 60),
        times: 14_400_000,
    });
    // A dollar an hour is even; 14.4 of them are too fast: 24 cents a minute.
    let rule = rule(FEATURE, check);
    let rows: [(&str, i64, std::ops::Range<i64>, &[&str]); 3] = [
        ("a blip", 300, 100..103, &[]),
        (
            "a leak",
            500,
            100..200,
            &[
                "129: itsm/notes bad $30.000>$1.000 since 128",
                "203: itsm/notes good",
            ],
        ),
        ("a trickle", 200, 100..200, &[]),
    ];
    for (name, milli_usd, range, expected) in rows {
        let loads = vec![(
            range,
            load("itsm/notes", "eu").of(1, 0, milli_usd * USD / 1_000),
        )];
        let story = story(&rule, &loads, 300);
        assert_eq!(story, expected, "{name}");
    }
}
