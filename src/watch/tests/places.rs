//! Residency, first sights and dates as tables.

use super::*;
use crate::alert::{Calendar, Due, Residency, Sight};

/// What is tested, a rule, what tells series apart, traffic, and the story.
type Row<'a> = (&'a str, Check, &'a [Dimension], Loads, &'a [&'a str]);

fn stories(rows: Vec<Row<'_>>) {
    for (name, check, by, loads, expected) in rows {
        let closed = Rule {
            severity_fail_closed: Some(Severity::Page),
            ..rule(by, check)
        };
        let story = story(&closed, &loads, 200);
        let story: Vec<&str> = story.iter().map(String::as_str).collect();
        assert_eq!(story, expected, "{name}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn calls_that_should_not_have_been_are_told_at_once() {
    let by = &[Dimension::Feature, Dimension::Endpoint];
    let out = || load("itsm/notes", "eu").verdict(Some(Verdict::Violated), "azure:eastus");
    let one = |change: fn(&mut Totals)| load("itsm/notes", "eu").of(1, 0, 1).with(change);
    let request = |feature: &str, endpoint: &str| {
        load(feature, endpoint).with(|totals| totals.requests_ok = 3)
    };
    stories(vec![
        (
            "the first violated call",
            Check::Residency(Residency::Violated),
            by,
            vec![
                (0..50, load("itsm/notes", "eu").of(5, 0, 1)),
                (12..13, out().of(1, 0, 1)),
            ],
            &["13: itsm/notes eu bad 1>0 [azure:eastus] page since 12"],
        ),
        (
            "evidence against evidence",
            Check::Residency(Residency::Contradicted),
            &[Dimension::Endpoint],
            vec![(7..8, one(|totals| totals.calls_contradicted = 1))],
            &["8: eu bad 1>0 since 7"],
        ),
        (
            "moved by the provider",
            Check::Residency(Residency::Fallback),
            &[Dimension::Feature],
            vec![(7..8, one(|totals| totals.calls_spilled = 1))],
            &["8: itsm/notes bad 1>0 [azure:westeurope] page since 7"],
        ),
        (
            "the platform's own model; a feature without endpoints of its own may",
            Check::Residency(Residency::PlatformDefault),
            &[Dimension::Feature],
            vec![
                (
                    7..8,
                    request("itsm/notes", "unassigned").with(|totals| totals.requests_platform = 2),
                ),
                (
                    7..8,
                    request("csm/reply", "unassigned").with(|totals| totals.requests_platform = 2),
                ),
            ],
            &["8: itsm/notes bad 2>0 page since 7"],
        ),
        (
            "requests without calls, while other calls are told",
            Check::Residency(Residency::OtherDoor),
            &[Dimension::Feature],
            vec![
                (0..9, load("csm/reply", "us").of(1, 0, 1)),
                (0..9, request("itsm/notes", "unassigned")),
                (100..101, load("itsm/notes", "eu").of(1, 0, 1)),
            ],
            &[
                "4: itsm/notes bad 12 [eu] page since 3",
                "66: itsm/notes too few calls",
                "101: itsm/notes good",
            ],
        ),
        (
            "down, and nothing took over",
            Check::Residency(Residency::DownWithoutFallback),
            &[Dimension::Endpoint],
            vec![
                (0..50, load("itsm/notes", "eu").of(2, 0, 1)),
                (50..70, load("itsm/notes", "eu").of(0, 2, 1)),
                (70..90, load("itsm/notes", "eu").of(2, 0, 1)),
            ],
            &["55: eu bad 10 [eu] since 50", "71: eu good"],
        ),
    ]);
}

#[test]
fn pilots_are_left_by_nobody() {
    let mut declared = declared();
    declared.features[0].pilot_since = Some(at(-40 * 1_440));
    declared.features[0].user_groups = vec!["it".into()];
    let outside = rule(
        &[Dimension::Endpoint],
        Check::Residency(Residency::OutsidePilot),
    );
    let groups = Rule {
        name: "groups".into(),
        ..rule(
            &[Dimension::Feature, Dimension::UserGroup],
            Check::Residency(Residency::OutsidePilot),
        )
    };
    let mut world = World::new(&[outside, groups], &declared);
    world.minute(
        0,
        &[
            load("itsm/notes", "eu").of(5, 0, 1),
            load("unattributed", "eu").of(5, 0, 1),
        ],
    );
    world.judge(1, false);
    world.minute(1, &[load("csm/reply", "eu").of(2, 0, 1)]);
    let totals = Totals {
        requests_ok: 4,
        ..Totals::default()
    };
    let groups = vec![
        ("it".into(), "itsm/notes".into(), totals),
        ("hr".into(), "itsm/notes".into(), totals),
    ];
    world.watch.hear(Fact::Groups(at(0), groups));
    world.judge(2, false);
    world.story.sort();
    assert_eq!(
        world.story,
        [
            "2: csm/reply eu bad 2>0 since 1",
            "2: itsm/notes hr bad 4>0 since 1",
        ]
    );
}

#[test]
fn what_was_never_seen_is_news_for_a_day() {
    let endpoints = rule(&[], Check::FirstSight(Sight::Endpoint));
    let hosts = Rule {
        name: "hosts".into(),
        ..rule(&[], Check::FirstSight(Sight::Host))
    };
    let models = Rule {
        name: "models".into(),
        ..rule(&[], Check::FirstSight(Sight::Model))
    };
    let mut world = World::new(&[endpoints, hosts, models], &declared());
    world.minute(0, &[load("itsm/notes", "eu").of(5, 0, 1)]);
    world.judge(1, false);
    let shadow = load("itsm/notes", "api.shadow.example").of(3, 0, 1);
    world.partial(30, std::slice::from_ref(&shadow));
    world.judge(30, true);
    world.minute(30, &[shadow]);
    for minute in 31..1_600 {
        world.judge(minute, false);
    }
    assert_eq!(
        world.story,
        [
            "1: eu bad 5 [eu] since 0",
            "1: gpt-4o bad 5 [gpt-4o] since 0",
            "31: api.shadow.example bad 0 [api.shadow.example] since 30",
            "1440: eu good",
            "1440: gpt-4o good",
            "1470: api.shadow.example good",
        ]
    );
    assert_eq!(world.watch.born(), Some(at(0)));
}

#[test]
fn dates_come_whether_or_not_a_record_does() {
    let mut declared = declared();
    let day = 1_440;
    declared.endpoints[0].credential = "eu-key".into();
    declared.endpoints[0].credential_due = Some(at(31 * day));
    declared.endpoints[0].fallback = Some("backup".into());
    declared.endpoints[1].retires = Some(at(5 * day));
    declared.features[0].pilot_since = Some(at(-20 * day));
    declared.prices_of = Some(at(-50 * day));
    let due = |name: &str, due, days: &[u32]| Rule {
        name: name.into(),
        ..rule(
            &[],
            Check::Calendar(Calendar {
                due,
                days: days.to_vec(),
            }),
        )
    };
    let rules = [
        due("keys", Due::Credential, &[30, 7, 0]),
        due("models", Due::Retirement, &[90, 30, 7]),
        due("pilots", Due::Pilot, &[0]),
        due("tries", Due::Exercise, &[90]),
        due("prices", Due::Prices, &[60]),
    ];
    let mut world = World::new(&rules, &declared);
    world.minute(0, &[load("itsm/notes", "eu").of(5, 0, 30_000_000)]);
    for hour in 0..24 * 95 {
        world.judge(hour * 60 + 1, false);
    }
    assert_eq!(
        world.story,
        [
            "1: us bad 5>7 [us] since -2880",
            "1441: eu bad 30>30 [eu-key] since 1440",
            "14401: itsm/notes bad 0 [passed] info since 14400",
            "15841:  bad 61>60 [price lists] since 15840",
            "24481: itsm/notes good",
            "129601: backup bad 90>90 [backup] since 129600",
        ]
    );
}
