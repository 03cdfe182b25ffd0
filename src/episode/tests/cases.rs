//! Tables: findings over time, and the steps.
//!
//! Knows no ledger. A newcomer may ask why steps that nobody is told of stand in them: that is how
//! a mail that did not come is explained.

use super::*;
use crate::alert::{Maintenance, Matcher};
use crate::episode::Feedback;
use crate::units::DAY_MS;

pub(super) type Script<'a> = &'a [(i64, &'a [&'a str])];

fn check(name: &str, settings: Settings, script: Script<'_>, steps: &[&str]) {
    let mut office = Office::new(settings);
    for (minute, changes) in script {
        office.at(*minute, changes);
    }
    assert_eq!(office.steps, steps, "{name}");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn an_alert_fires_once_and_is_over_once() {
    let cases: [(&str, Script<'_>, &[&str]); 12] = [
        (
            "one mail however long, one at the end, five minutes good",
            &[
                (1, &["calls b/x bad"]),
                (600, &["calls b/x good"]),
                (700, &[]),
            ],
            &["1: firing calls b/x -> x", "605: resolved calls b/x -> x"],
        ),
        (
            "what must hold for five minutes holds for five",
            &[(1, &["slow b/x bad"]), (10, &["slow b/x good"]), (20, &[])],
            &["6: firing slow b/x -> x", "15: resolved slow b/x -> x"],
        ),
        (
            "and is nothing where it does not",
            &[
                (1, &["slow b/x bad"]),
                (4, &["slow b/x between"]),
                (5, &["slow b/x bad"]),
                (9, &["slow b/x good"]),
                (30, &[]),
            ],
            &[],
        ),
        (
            "between good and bad nothing ends",
            &[
                (1, &["calls b/x bad"]),
                (5, &["calls b/x between"]),
                (300, &[]),
            ],
            &["1: firing calls b/x -> x"],
        ),
        (
            "what cannot be told ends nothing",
            &[
                (1, &["calls b/x bad"]),
                (5, &["calls b/x unknown"]),
                (8_000, &[]),
            ],
            &["1: firing calls b/x -> x"],
        ),
        (
            "what nobody asks any more is closed after a long weekend",
            &[
                (1, &["calls b/x bad"]),
                (5, &["calls b/x few"]),
                (8_000, &[]),
            ],
            &["1: firing calls b/x -> x", "5764: resolved calls b/x -> x"],
        ),
        (
            "and waiting for somebody who asks begins nothing",
            &[
                (1, &["slow b/x bad"]),
                (3, &["slow b/x few"]),
                (60, &["slow b/x bad"]),
                (63, &["slow b/x good"]),
                (90, &[]),
            ],
            &[],
        ),
        (
            "a relapse within the hold is no news, and the hold doubles",
            &[
                (1, &["calls b/x bad"]),
                (10, &["calls b/x good"]),
                (12, &["calls b/x bad"]),
                (20, &["calls b/x good"]),
                (60, &[]),
            ],
            &["1: firing calls b/x -> x", "30: resolved calls b/x -> x"],
        ),
        (
            "flapping is damped",
            &[
                (1, &["calls b/x bad"]),
                (10, &["calls b/x good"]),
                (20, &["calls b/x bad"]),
                (30, &["calls b/x good"]),
                (35, &["calls b/x bad"]),
                (40, &["calls b/x good"]),
                (45, &["calls b/x bad"]),
                (50, &["calls b/x good"]),
                (60, &["calls b/x bad"]),
                (70, &["calls b/x good"]),
                (400, &[]),
            ],
            &[
                "1: firing calls b/x -> x",
                "15: resolved calls b/x -> x",
                "20: firing calls b/x -> x",
                "150: resolved calls b/x -> x",
            ],
        ),
        (
            "told again each hour where the rule says so",
            &[
                (1, &["again b/x bad"]),
                (150, &["again b/x good"]),
                (200, &[]),
            ],
            &[
                "1: firing again b/x -> x",
                "61: still firing again b/x -> x",
                "121: still firing again b/x -> x",
                "155: resolved again b/x -> x",
            ],
        ),
        (
            "a first sight does not end",
            &[
                (1, &["host - bad #h1"]),
                (3, &["host - good #h1"]),
                (30, &[]),
            ],
            &["1: firing host  -> all", "8: resolved host  (not told)"],
        ),
        (
            "nobody hears of an alert of which nothing is heard",
            &[
                (1, &["calls b/x bad"]),
                (9, &["no-rule b/x bad"]),
                (30, &[]),
            ],
            &["1: firing calls b/x -> x"],
        ),
    ];
    for (name, script, steps) in cases {
        check(name, settings(), script, steps);
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn only_what_grows_is_told_again() {
    let cases: [(&str, Script<'_>, &[&str]); 6] = [
        (
            "a loss that doubles, half an hour later at the earliest",
            &[
                (1, &["calls b/x bad $10"]),
                (5, &["calls b/x bad $25"]),
                (200, &["calls b/x bad $49"]),
                (300, &["calls b/x bad $50"]),
                (400, &[]),
            ],
            &[
                "1: firing calls b/x -> x",
                "31: changed calls b/x -> x",
                "300: changed calls b/x -> x",
            ],
        ),
        (
            "not where it is cents",
            &[
                (1, &["calls b/x bad $0"]),
                (50, &["calls b/x bad $1"]),
                (100, &["calls b/x bad $1"]),
            ],
            &["1: firing calls b/x -> x", "50: changed calls b/x -> x"],
        ),
        (
            "a severity that rises, at once and to more people; not one that falls",
            &[
                (1, &["calls b/x bad"]),
                (3, &["calls b/x bad !page"]),
                (9, &["calls b/x bad"]),
                (50, &["calls b/x bad !page"]),
                (99, &[]),
            ],
            &[
                "1: firing calls b/x -> x",
                "3: changed calls b/x -> x,oncall",
            ],
        ),
        (
            "the next share of a budget, each once",
            &[
                (1, &["budget b/x bad ^50"]),
                (9, &["budget b/x bad ^80"]),
                (12, &["budget b/x bad ^50"]),
                (20, &["budget b/x bad ^80"]),
                (90, &["budget b/x bad ^100"]),
            ],
            &[
                "1: firing budget b/x -> x",
                "9: changed budget b/x -> x",
                "90: changed budget b/x -> x",
            ],
        ),
        (
            "further series do not make it greater",
            &[
                (1, &["calls b/x bad $10"]),
                (2, &["calls b/x@e1 bad $2"]),
                (300, &[]),
            ],
            &["1: firing calls b/x -> x"],
        ),
        (
            "but whoever owns them hears of it",
            &[
                (1, &["calls b/x bad"]),
                (2, &["calls shop/a bad"]),
                (9, &["calls b/x good"]),
                (19, &["calls shop/a good"]),
                (90, &[]),
            ],
            &[
                "1: firing calls b/x -> x",
                "2: firing calls shop/a of 2 -> shop",
                "24: resolved calls b/x of 2 -> x,shop",
            ],
        ),
    ];
    for (name, script, steps) in cases {
        check(name, settings(), script, steps);
    }
}

#[test]
fn silences_and_maintenance_keep_people_from_it() {
    let mark = || (Text::from("me"), Text::from("because"));
    let (author, reason) = mark();
    let mut office = Office::new(settings());
    let silence = Order::Silence {
        episode: None,
        matcher: matcher_of(["feature=b/*"]).unwrap(),
        until: START.saturating_add(60 * MINUTE_MS),
        author: author.clone(),
        reason: reason.clone(),
    };
    assert!(
        office
            .order(&silence)
            .unwrap()
            .starts_with("silence 1 until")
    );
    office.at(5, &["calls b/x bad", "calls b/y bad", "calls c/z bad"]);
    office.at(50, &["calls b/y good"]);
    office.at(80, &[]);
    assert_eq!(
        office.steps,
        [
            "5: firing calls c/z -> all",
            "60: firing calls b/x of 2 -> x",
        ],
        "grouped with what is loud, then told when the silence is over"
    );

    let mut settings = settings();
    settings.told.maintenance = vec![Maintenance {
        from: START,
        to: START.saturating_add(30 * MINUTE_MS),
        matcher: matcher_of(["endpoint=e1"]).unwrap(),
        author,
        reason,
    }];
    check(
        "maintenance",
        settings,
        &[
            (5, &["errors -@e1 bad"]),
            (20, &["errors -@e1 good"]),
            (40, &["errors -@e1 bad"]),
            (60, &[]),
        ],
        &[
            "5: firing errors e1 (maintenance)",
            "25: resolved errors e1 (not told)",
            "40: firing errors e1 -> all",
        ],
    );
}

#[test]
fn orders_are_obeyed_or_refused() {
    let (author, reason) = (Text::from("me"), Text::from("because"));
    let ack = |episode| Order::Ack {
        episode,
        author: author.clone(),
        reason: reason.clone(),
    };
    let feedback = |episode| Order::Feedback {
        episode,
        feedback: Feedback::Planned,
        author: author.clone(),
    };
    for order in [ack(1), feedback(1)] {
        let mut office = Office::new(settings());
        assert_eq!(
            office.order(&order),
            Err("episode 1 is not open".to_owned())
        );
        office.at(1, &["again b/x bad"]);
        office.at(30, &[]);
        office.order(&order).unwrap();
        office.at(600, &["again b/x good"]);
        office.at(700, &[]);
        assert_eq!(
            office.steps,
            ["1: firing again b/x -> x", "605: resolved again b/x -> x"]
        );
    }
    let mut office = Office::new(settings());
    let unsilence = Order::Unsilence {
        silence: 7,
        author: author.clone(),
    };
    assert_eq!(
        office.order(&unsilence),
        Err("there is no silence 7".to_owned())
    );
    let all = Order::Silence {
        episode: None,
        matcher: Matcher::default(),
        until: UnixMillis(i64::MAX),
        author: author.clone(),
        reason: reason.clone(),
    };
    assert!(office.order(&all).is_err());
    for text in ["feature", "colour=red", "rule="] {
        assert!(matcher_of([text]).is_err(), "{text}");
    }
}

#[test]
fn of_many_people_each_is_told_once() {
    let mut many = settings();
    for n in 0..120 {
        let owned = Owned {
            owner: Text::from(format!("owner{n}@example.com").as_str()),
            endpoints: Vec::new(),
        };
        many.features
            .insert(Text::from(format!("m/s{n}").as_str()), owned);
    }
    let mut office = Office::new(many);
    let bad = |n: usize| format!("violated m/s{n} bad");
    let all: Vec<String> = (0..120).map(bad).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    office.at(1, &all);
    office.at(20, &[]);
    let people = |step: &String| step.split(" -> ").nth(1).unwrap_or_default().to_owned();
    let told: Vec<String> = office.steps.iter().map(people).collect();
    let sizes: Vec<usize> = told.iter().map(|to| to.split(',').count()).collect();
    assert_eq!(sizes, [50, 50, 20], "{told:?}");
    let mut all: Vec<&str> = told.iter().flat_map(|to| to.split(',')).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 120);
    for step in &office.steps {
        // Everybody reads of a feature of those who hear of it for the first time.
        let head = step.split_whitespace().find(|word| word.starts_with("m/s"));
        let owner = head.unwrap().replace("m/s", "owner");
        assert!(people(step).split(',').any(|one| one == owner), "{step}");
    }
}

#[test]
fn a_day_has_so_many_mails_and_a_digest() {
    let mut few = settings();
    few.told.mails_per_person_per_day = 2;
    let script: Script<'_> = &[
        (1, &["calls b/x bad"]),
        (30, &["errors b/x bad"]),
        (60, &["again b/x bad !info"]),
        (90, &["violated b/x bad"]),
        (120, &["calls b/x good"]),
        (1_400, &[]),
    ];
    check(
        "the rest comes at half past seven",
        few.clone(),
        script,
        &[
            "1: firing calls b/x -> x",
            "30: firing errors b/x -> x",
            "60: firing again b/x (in the next digest)",
            "90: firing violated b/x (in the next digest)",
            "125: resolved calls b/x (in the next digest)",
            "1350: daily digest of 3 -> x",
        ],
    );
    few.told.digests.finops = vec![Text::from("fin@example.com")];
    few.told.digests.security = vec![Text::from("sec@example.com")];
    check(
        "costs each day, residency on Mondays",
        few,
        &[
            (1, &["calls b/x bad"]),
            (30, &["violated b/x bad"]),
            (4_300, &[]),
        ],
        &[
            "1: firing calls b/x -> x",
            "30: firing violated b/x -> x",
            "1350: finops digest of 1 -> fin",
            "2790: finops digest of 0 -> fin",
            "4230: finops digest of 0 -> fin",
            "4230: security digest of 1 -> sec",
        ],
    );
}

#[test]
fn first_sights_of_the_first_days_come_together() {
    let mut early = settings();
    early.told.quiet_first_days = 7;
    let day = DAY_MS / MINUTE_MS;
    let mut office = Office::new(early);
    office.at(
        1,
        &["host - bad #h1", "host -@e1 bad #h2", "calls b/x unknown"],
    );
    office.at(day, &["host - bad #h3", "host - good #h1"]);
    office.at(8 * day, &["host - bad #h4"]);
    office.at(8 * day + 5, &[]);
    assert_eq!(
        office.steps,
        [
            "1: firing host  of 2 (in the inventory)",
            "1440: firing host  (in the inventory)",
            "10081: inventory of 2 -> all",
            "11520: firing host  -> all",
        ]
    );
}

#[test]
fn what_began_and_ended_in_the_past_is_one_summary() {
    let mut office = Office::new(settings());
    office.at(1, &["errors -@e1 bad"]);
    office.minute = 100;
    office.look(
        &["calls b/x bad", "spend b/y bad", "errors -@e1 good"],
        true,
    );
    office.minute = 101;
    office.look(&["calls b/x good", "slow b/x bad"], true);
    office.minute = 102;
    office.look(&[], true);
    office.at(103, &[]);
    assert_eq!(
        office.steps,
        [
            "1: firing errors e1 -> all",
            "100: resolved errors e1 -> all",
            "100: firing calls b/x (in the summary)",
            "100: firing spend b/y (in the summary)",
            "101: resolved calls b/x (in the summary)",
            "103: firing spend b/y -> all",
            "103: summary of the past of 1 -> x",
        ]
    );
}
