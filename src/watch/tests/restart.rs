//! A watch that is started again at any moment finds what one finds that never stopped.

use super::*;
use crate::alert::{Budget, Period, Promise, Residency, Sight};
use crate::anomaly::Feedback;
use crate::watch::Changed;

const DAY: i64 = 1_440;
const FEEDBACK: [Feedback; 3] = [Feedback::Real, Feedback::Noise, Feedback::Planned];

/// A small source of numbers that is the same at every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, most: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap() % most.max(1)
    }
}

#[expect(clippy::too_many_lines, reason = "a table of rules")]
fn rules() -> Vec<Rule> {
    let by = |dimension| vec![dimension];
    let named = |name: &str, by: Vec<Dimension>, check| Rule {
        name: name.into(),
        ..rule(&by, check)
    };
    let promise = Promise { hours: 168 };
    let anomaly = |metric| Check::Anomaly {
        metric,
        promise,
        floor_nanousd: 0,
    };
    let budget = Budget {
        period: Period::Week,
        nanousd: Some(400 * USD),
        percent: vec![50, 100],
        forecast: true,
    };
    let feature = || by(Dimension::Feature);
    vec![
        named(
            "errors",
            feature(),
            above(
                Metric::ErrorShare,
                Span::Minutes(15),
                150_000,
                Some(50_000),
                20,
            ),
        ),
        named(
            "p95",
            by(Dimension::Endpoint),
            above(
                Metric::LatencyP95,
                Span::Minutes(30),
                3_000,
                Some(2_000),
                20,
            ),
        ),
        named(
            "day",
            feature(),
            above(Metric::Spend, Span::Period(Period::Day), 40 * USD, None, 0),
        ),
        named(
            "long",
            feature(),
            above(Metric::Spend, Span::Minutes(360), 15 * USD, None, 0),
        ),
        named(
            "longer",
            vec![],
            above(Metric::Spend, Span::Minutes(2 * 1_440), 130 * USD, None, 0),
        ),
        named(
            "declared",
            feature(),
            Check::Drift {
                metric: Metric::CostPerCall,
                window: Span::Minutes(60),
                above: 1_500_000,
                min_sample: 10,
            },
        ),
        named("budget", vec![], Check::Budget(budget)),
        named("violated", feature(), Check::Residency(Residency::Violated)),
        named(
            "down",
            by(Dimension::Endpoint),
            Check::Residency(Residency::DownWithoutFallback),
        ),
        named("models", vec![], Check::FirstSight(Sight::Model)),
        named(
            "blind",
            by(Dimension::UserGroup),
            above(Metric::Spend, Span::Period(Period::Day), 1, None, 0),
        ),
        named("calls", feature(), anomaly(Metric::Calls)),
        named("tokens", feature(), anomaly(Metric::TokensPerCall)),
        named(
            "refused",
            by(Dimension::Endpoint),
            anomaly(Metric::ThrottledShare),
        ),
        named("silent", feature(), Check::Silence { promise }),
    ]
}

/// A minute of traffic with incidents of all kinds.
fn traffic(minute: i64, dice: &mut Dice) -> Vec<Load> {
    let hour = minute / 60 % 24;
    let base = if (7..19).contains(&hour) { 6 } else { 1 };
    let mut loads = Vec::new();
    for (feature, endpoint, phase) in [("itsm/notes", "eu", 0), ("csm/reply", "us", 3)] {
        let spell = (minute / 180 + phase) % 41;
        let failing = spell == 7;
        let looping = spell == 13;
        if spell == 23 {
            continue;
        }
        let calls = dice.roll(base * 2) + if looping { 60 } else { 0 };
        let failed = if failing { calls } else { dice.roll(20) / 19 };
        let cost = if spell == 29 { USD / 5 } else { USD / 50 };
        let ms = if spell == 17 { 8_000 } else { 900 };
        let ok = if failing && spell % 2 == 1 { 0 } else { calls };
        let mut one = load(feature, endpoint)
            .of(ok, failed, cost)
            .latency(ms, calls);
        if spell == 31 {
            one = one.with(|totals| totals.calls_throttled = calls);
        }
        if spell == 37 {
            one = one.with(|totals| totals.tokens_input *= 5);
        }
        if minute % 20_011 == 0 {
            one = one.verdict(Some(Verdict::Violated), "azure:eastus");
        }
        if minute % 9_000 < 500 {
            one.key.model = format!("model-{}", minute / 9_000).as_str().into();
        }
        loads.push(one);
    }
    loads
}

/// The world as a ledger keeps it: minutes, hours, days, and the rows that the watch left.
#[derive(Default)]
struct Kept {
    minutes: BTreeMap<i64, Vec<Load>>,
    hours: BTreeMap<i64, Vec<Load>>,
    days: BTreeMap<i64, Vec<Load>>,
    rows: BTreeMap<crate::units::Text, Vec<u8>>,
}

fn add(sums: &mut Vec<Load>, loads: &[Load]) {
    for load in loads {
        match sums.iter_mut().find(|sum| sum.key == load.key) {
            Some(sum) => sum.cell.merge(&load.cell, 1),
            None => sums.push(load.clone()),
        }
    }
}

impl Kept {
    fn write(&mut self, changed: Changed) {
        for (key, row) in changed {
            match row {
                Some(row) => self.rows.insert(key, row),
                None => self.rows.remove(&key),
            };
        }
    }

    fn keep(&mut self, minute: i64, loads: Vec<Load>) {
        add(self.hours.entry(minute / 60).or_default(), &loads);
        add(self.days.entry(minute / DAY).or_default(), &loads);
        self.minutes.insert(minute, loads);
    }

    /// A watch started at that minute.
    fn start(&self, rules: &[Rule], to: i64) -> World {
        let mut world = World::new(rules, &declared());
        world.watch = Watch::new(rules, &declared(), Tz::UTC, WatchState(self.rows.clone()));
        for (day, loads) in self.days.range(to / DAY - 62..) {
            let cells = world.cells(loads, true);
            world.watch.warm(Fact::Day(at(day * DAY), cells));
        }
        for (hour, loads) in self.hours.range(to / 60 - 8 * 24..) {
            let cells = world.cells(loads, true);
            world.watch.warm(Fact::Hour(at(hour * 60), cells));
        }
        for (minute, loads) in self.minutes.range((to - 26 * 60).max(0)..to) {
            let cells = world.cells(loads, true);
            world.watch.warm(Fact::Minute(at(*minute), cells));
        }
        world
    }
}

/// What people say of alerts, hours later, is a part of what is remembered; how often each word was heard.
fn hear(world: &mut World, all: &[Vec<Finding>], minute: i64, heard: &mut [u32; FEEDBACK.len()]) {
    let Ok(place) = usize::try_from(minute - 200) else {
        return;
    };
    let turn = place % FEEDBACK.len();
    for finding in all.get(place).into_iter().flatten() {
        if minute > 11 * DAY
            && finding.level == Level::Bad
            && world
                .watch
                .feedback(&finding.rule, &finding.series, FEEDBACK[turn])
        {
            heard[turn] += 1;
        }
    }
}

#[test]
fn a_name_that_the_books_have_and_nobody_judged_is_news_after_a_start() {
    let hosts = Rule {
        name: "hosts".into(),
        ..rule(&[], Check::FirstSight(Sight::Host))
    };
    let rules = [hosts];
    let mut kept = Kept::default();
    let mut world = World::new(&rules, &declared());
    let host = |name| vec![load("itsm/notes", name).of(3, 0, 1)];
    kept.keep(DAY + 10, host("known.example"));
    world.minute(DAY + 10, &host("known.example"));
    world.judge(DAY + 20, false);
    kept.write(world.watch.state());
    // Records went on into the books, and alerts did not.
    kept.keep(DAY + 30, host("shadow.example"));
    let mut world = kept.start(&rules, DAY + 20);
    world.minute(DAY + 30, &host("shadow.example"));
    world.judge(DAY + 40, false);
    // The one was news before, and goes on being so.
    assert_eq!(
        world.story,
        [
            "1480: known.example bad 3 [known.example] since 1450",
            "1480: shadow.example bad 3 [shadow.example] since 1470",
        ]
    );
}

#[test]
fn started_again_at_any_moment_it_finds_the_same() {
    let rules = rules();
    let days = 26;
    let run = |restarts: bool| {
        let (mut dice, mut moments) = (Dice(7), Dice(11));
        let mut kept = Kept::default();
        let mut world = World::new(&rules, &declared());
        let mut all: Vec<Vec<Finding>> = Vec::new();
        let mut next = 700;
        let mut most = 0;
        let mut heard = [0; FEEDBACK.len()];
        for minute in 0..days * DAY {
            let loads = traffic(minute, &mut dice);
            world.minute(minute, &loads);
            kept.keep(minute, loads);
            all.push(world.judge(minute + 1, false));
            hear(&mut world, &all, minute, &mut heard);
            let changed = world.watch.state();
            most = changed
                .values()
                .flatten()
                .map(Vec::len)
                .max()
                .unwrap_or(0)
                .max(most);
            kept.write(changed);
            if restarts && minute >= next {
                next = minute + 1 + moments.roll(3 * DAY);
                world = kept.start(&rules, minute + 1);
            }
        }
        assert_eq!(kept.rows, world.watch.whole_state().0);
        assert!(heard.iter().all(|times| *times > 0), "{heard:?}");
        (all, kept.rows, most)
    };
    let (without, rows, most) = run(false);
    let (with, rows_with, _) = run(true);
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for (minute, (without, with)) in without.iter().zip(&with).enumerate() {
        assert_eq!(with, without, "minute {minute}");
        for finding in without {
            *found.entry(finding.rule.to_string()).or_default() += 1;
        }
    }
    assert!(rows == rows_with, "the same rows");
    // Every kind of rule had something to say, or the comparison says nothing.
    for rule in &rules {
        assert!(
            found.contains_key(rule.name.as_str()),
            "`{}` found nothing: {found:?}",
            rule.name
        );
    }
    assert!(most < 12_000, "{most} bytes in a row");
    let largest = rows
        .iter()
        .filter(|(key, _)| key.starts_with('d'))
        .map(|(_, row)| row.len())
        .max();
    assert!(
        largest.is_some_and(|largest| largest <= 4_096),
        "{largest:?}"
    );
}

#[test]
fn the_same_rules_again_change_nothing() {
    let rules = rules();
    let run = |again: bool| {
        let mut dice = Dice(7);
        let mut kept = Kept::default();
        let mut world = World::new(&rules, &declared());
        let mut all: Vec<Vec<Finding>> = Vec::new();
        for minute in 0..3 * DAY {
            world.minute(minute, &traffic(minute, &mut dice));
            all.push(world.judge(minute + 1, false));
            if again && minute % 997 == 996 {
                world.watch.configure(&rules, &declared(), Tz::UTC);
            }
            kept.write(world.watch.state());
        }
        assert_eq!(kept.rows, world.watch.whole_state().0);
        (all, kept.rows)
    };
    let (all, rows) = run(false);
    let learned = rows.keys().filter(|key| key.starts_with('d')).count();
    assert!(learned >= 6, "{learned} habits");
    let (all_again, rows_again) = run(true);
    for (minute, (again, once)) in all_again.iter().zip(&all).enumerate() {
        assert_eq!(again, once, "minute {minute}");
    }
    assert!(rows_again == rows, "the same rows");
}
