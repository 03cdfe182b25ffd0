//! What is told beside cells: links, credentials, conversations and sources.

use super::*;
use crate::alert::{Promise, SourceFact};
use crate::ids::Fingerprint;
use crate::link::{Group, Kind, LinkKey, LinkTotals};

#[test]
fn links_are_judged_by_the_hour_and_can_be_told_again() {
    let check = above(Metric::RetryShare, Span::Minutes(60), 200_000, None, 10);
    let rule = rule(&[Dimension::Feature], check);
    let mut world = World::new(&[rule], &declared());
    let retries = |links| {
        let key = LinkKey {
            group: Group::Call,
            kind: Kind::Retry,
            feature: "itsm/notes".into(),
            from: "eu".into(),
            to: "eu".into(),
        };
        let totals = LinkTotals {
            links,
            lost_nanousd: links * USD,
            ..LinkTotals::default()
        };
        vec![(key, totals)]
    };
    let mut cost = None;
    for minute in 0..240 {
        world.minute(minute, &[load("itsm/notes", "eu").of(1, 0, 1)]);
        match minute {
            62 => world.watch.hear(Fact::Links(at(0), retries(6))),
            90 => world.watch.hear(Fact::Links(at(0), retries(30))),
            _ => {}
        }
        let found = world.judge(minute + 1, false);
        let bad = found.iter().find(|one| one.level == Level::Bad);
        cost = bad.and_then(|one| one.loss.per_hour_nanousd).or(cost);
    }
    assert_eq!(
        world.story,
        [
            "91: itsm/notes bad 32%>20% since 90",
            "120: itsm/notes good"
        ]
    );
    // Thirty dollars in 119 minutes.
    assert_eq!(cost, Some(30 * USD * 60 / 119));
}

#[test]
fn credentials_have_their_own_figures() {
    let check = above(Metric::Spend, Span::Minutes(120), 10 * USD, None, 0);
    let spend = rule(&[Dimension::Credential], check);
    let blind = Rule {
        name: "blind".into(),
        ..rule(
            &[Dimension::UserGroup],
            above(Metric::Spend, Span::Minutes(60), 1, None, 0),
        )
    };
    let mut world = World::new(&[spend, blind], &declared());
    for minute in 0..300 {
        world.minute(minute, &[load("itsm/notes", "eu").of(1, 0, 1)]);
        if minute == 70 {
            let totals = Totals {
                cost_exact_nanousd: 11 * USD,
                requests_ok: 5,
                ..Totals::default()
            };
            world.watch.hear(Fact::Credentials(
                at(60),
                vec![("eu-key".into(), "eu".into(), totals)],
            ));
        }
        world.judge(minute + 1, false);
    }
    assert_eq!(
        world.story,
        [
            "60:  not observable",
            "60:  not observable",
            "71: eu-key bad $11.000>$10.000 since 70",
            "71:  good",
            "240: eu-key good",
        ]
    );
}

#[test]
fn the_greatest_conversation_speaks_for_its_feature() {
    let check = above(
        Metric::ConversationRequests,
        Span::Minutes(1_440),
        50,
        None,
        0,
    );
    let mut world = World::new(&[rule(&[Dimension::Feature], check)], &declared());
    let day = |requests: [i64; 2]| {
        let rows = requests.into_iter().zip([7, 8]).map(|(requests_ok, name)| {
            let totals = Totals {
                requests_ok,
                ..Totals::default()
            };
            (Fingerprint(name), "itsm/notes".into(), totals)
        });
        rows.collect::<Vec<_>>()
    };
    for minute in 0..2_000 {
        match minute {
            10 => world.watch.hear(Fact::Conversations(at(0), day([50, 3]))),
            20 => world.watch.hear(Fact::Conversations(at(0), day([50, 51]))),
            1_450 => world
                .watch
                .hear(Fact::Conversations(at(1_440), day([2, 0]))),
            _ => {}
        }
        world.judge(minute + 1, false);
    }
    assert_eq!(
        world.story,
        [
            "21: itsm/notes bad 51>50 [0000000000000008] since 20",
            "81: itsm/notes good",
        ]
    );
}

#[test]
fn sources_are_judged_by_the_daemons_clock() {
    let lag = above(Metric::Lag, Span::Minutes(1), 600_000, Some(60_000), 0);
    let lost = above(Metric::LostRecords, Span::Minutes(60), 0, None, 0);
    let rules = [
        rule(&[Dimension::Source], lag),
        Rule {
            name: "lost".into(),
            ..rule(&[Dimension::Source], lost)
        },
        Rule {
            name: "silent".into(),
            ..rule(
                &[Dimension::Source],
                Check::Silence {
                    promise: Promise { hours: 504 },
                },
            )
        },
    ];
    let mut world = World::new(&rules, &declared());
    let fact = |minute: i64, lag_ms, lost| SourceFact {
        source: "kafka".into(),
        lag_ms: Some(lag_ms),
        last_at: Some(at(minute)),
        received: 100,
        lost,
        ..SourceFact::default()
    };
    for minute in 0..9 * 1_440 {
        let fact = match minute {
            100..110 => fact(minute, 700_000, 0),
            110..120 => fact(minute, 70_000, 0),
            // Its longest pause.
            300..340 => fact(299, 0, 0),
            _ => fact(minute, 0, if minute < 500 { 0 } else { 12 }),
        };
        world.watch.hear(Fact::Sources(vec![fact]));
        world.judge(minute, false);
    }
    let end = 9 * 1_440 - 1;
    for minute in end..end + 120 {
        world.watch.hear(Fact::Sources(vec![fact(end, 0, 12)]));
        world.judge(minute, false);
    }
    assert_eq!(
        world.story,
        [
            "100: kafka bad 700000>600000 since 99".to_owned(),
            "110: kafka between".to_owned(),
            "120: kafka good".to_owned(),
            "500: kafka bad 12>0 since 499".to_owned(),
            "560: kafka good".to_owned(),
            format!(
                "{}: kafka bad 2460000>2423352 [kafka] since {end}",
                end + 41
            ),
        ]
    );
}
