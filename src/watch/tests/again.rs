//! What is told late, in part, or again after a start.

use super::*;
use crate::alert::Residency;

#[test]
fn late_records_raise_and_resolve() {
    let check = above(Metric::Spend, Span::Minutes(60), 10 * USD, None, 0);
    let mut world = World::new(&[rule(&[Dimension::Feature], check)], &declared());
    let notes = |usd: i64| [load("itsm/notes", "eu").of(1, 0, usd * USD)];
    for minute in 0..20 {
        world.minute(minute, &notes(0));
        world.judge(minute + 1, false);
    }
    world.minute(5, &notes(11));
    world.judge(20, false);
    world.minute(5, &notes(9));
    world.judge(20, false);
    world.minute(6, &notes(2));
    world.judge(21, false);
    assert_eq!(
        world.story,
        [
            "20: itsm/notes bad $11.000>$10.000 since 19, late",
            "20: itsm/notes good, late",
            "21: itsm/notes bad $11.000>$10.000 since 20, late",
        ]
    );
}

#[test]
fn while_a_source_stalls_only_what_rises_is_told() {
    let spend = rule(
        &[],
        above(Metric::Spend, Span::Minutes(60), 10 * USD, None, 0),
    );
    let errors = Rule {
        name: "errors".into(),
        ..rule(
            &[],
            above(Metric::ErrorShare, Span::Minutes(5), 100_000, None, 1),
        )
    };
    let violated = Rule {
        name: "violated".into(),
        ..rule(&[], Check::Residency(Residency::Violated))
    };
    let mut world = World::new(&[spend, errors, violated], &declared());
    world.minute(0, &[load("itsm/notes", "eu").of(8, 2, USD)]);
    world.judge(1, false);
    let out = load("itsm/notes", "eu").verdict(Some(Verdict::Violated), "azure:eastus");
    let more = [load("itsm/notes", "eu").of(0, 9, USD), out.of(4, 0, USD)];
    world.partial(1, &more);
    // Not stalled, only not complete: a breach does not wait.
    world.judge(1, false);
    world.judge(1, true);
    world.judge(1, true);
    world.minute(1, &more);
    world.judge(2, false);
    assert_eq!(
        world.story,
        [
            "1:  bad 20%>10% since 0",
            "2:  bad 4>0 [azure:eastus] since 1",
            "1:  waits for a source",
            "2:  bad $12.000>$10.000 since 1",
            "2:  bad 47%>10% since 0",
        ]
    );
}

#[test]
fn minutes_told_at_once_are_judged_one_by_one() {
    let check = above(Metric::ErrorShare, Span::Minutes(5), 100_000, None, 1);
    let mut world = World::new(&[rule(&[], check)], &declared());
    for minute in 0..60 {
        let failed = if minute == 20 { 9 } else { 0 };
        world.minute(minute, &[load("itsm/notes", "eu").of(5, failed, USD)]);
    }
    world.judge(60, false);
    assert_eq!(world.story, ["21:  bad 26%>10% since 20", "26:  good"]);
}
