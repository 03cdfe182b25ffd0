//! What explains what, and what is one cause: a table of stories.
//!
//! Knows no single alert. A newcomer may ask why steps are compared sorted: episodes of one minute have no order.

use super::cases::Script;
use super::{Office, settings};

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn one_cause_is_one_mail() {
    let cases: [(&str, Script<'_>, &[&str]); 16] = [
        (
            "many series of one rule at one moment",
            &[
                (1, &["calls b/x bad", "calls b/y bad $9", "calls b/z bad"]),
                (9, &[]),
            ],
            &["1: firing calls b/y of 3 -> all,x"],
        ),
        (
            "several rules of one endpoint",
            &[
                (1, &["errors -@e2 bad"]),
                (9, &["slow -@e2 bad"]),
                (30, &[]),
            ],
            &["1: firing errors e2 -> all"],
        ),
        (
            "another feature later is another cause",
            &[(1, &["calls b/x bad"]), (9, &["calls b/y bad"]), (30, &[])],
            &["1: firing calls b/x -> x", "9: firing calls b/y -> all"],
        ),
        (
            "where a call landed is a cause of its own",
            &[(1, &["calls b/x bad", "violated b/x bad !page"]), (30, &[])],
            &[
                "1: firing calls b/x -> x",
                "1: firing violated b/x -> oncall",
            ],
        ),
        (
            "an endpoint down explains the rest of it, in one mail",
            &[
                (
                    1,
                    &[
                        "down -@e1 bad !page",
                        "errors b/x@e1 bad",
                        "throttled b/x@e1 bad",
                    ],
                ),
                (50, &["silent b/x bad", "fallback b/x@e1 bad"]),
                (90, &[]),
            ],
            &[
                "1: firing down e1 -> oncall explains errors,throttled",
                "50: firing fallback b/x@e1 of 2 (explained by another)",
            ],
        ),
        (
            "what it explained and goes on is told half an hour after it",
            &[
                (1, &["down -@e1 bad !page"]),
                (40, &["silent b/x bad"]),
                (60, &["down -@e1 good"]),
                (120, &[]),
            ],
            &[
                "1: firing down e1 -> oncall",
                "40: firing silent b/x (explained by another)",
                "65: resolved down e1 -> oncall",
                "105: firing silent b/x -> x",
            ],
        ),
        (
            "what comes in its wake is not told",
            &[
                (1, &["down -@e1 bad !page"]),
                (60, &["down -@e1 good"]),
                (80, &["throttled -@e1 bad"]),
                (85, &["throttled -@e1 good"]),
                (120, &[]),
            ],
            &[
                "1: firing down e1 -> oncall",
                "65: resolved down e1 -> oncall",
                "80: firing throttled e1 (explained by another)",
                "90: resolved throttled e1 (not told)",
            ],
        ),
        (
            "what was explained and is well again is no news when the explanation ends",
            &[
                (1, &["down -@e1 bad !page"]),
                (50, &["errors b/x@e1 bad"]),
                (60, &["down -@e1 good"]),
                (104, &["errors b/x@e1 good"]),
                (140, &[]),
            ],
            &[
                "1: firing down e1 -> oncall",
                "50: firing errors b/x@e1 (explained by another)",
                "65: resolved down e1 -> oncall",
                "109: resolved errors b/x@e1 (not told)",
            ],
        ),
        (
            "what is down and asked by nobody is not told again each hour",
            &[
                (1, &["again b/x bad"]),
                (70, &["again b/x few"]),
                (300, &[]),
            ],
            &[
                "1: firing again b/x -> x",
                "61: still firing again b/x -> x",
            ],
        ),
        (
            "more calls explain what they cost and the conversation that makes them",
            &[
                (1, &["calls b/x bad =640 ~10"]),
                (50, &["spend b/x bad =60 ~1", "talk b/x bad =600"]),
                (55, &["calls b/x good =0 ~1"]),
                (60, &["spend b/x good"]),
                (90, &[]),
            ],
            &[
                "1: firing calls b/x -> x",
                "50: firing spend b/x of 2 (explained by another)",
                "60: resolved calls b/x -> x",
            ],
        ),
        (
            "neither is lost where both begin at once",
            &[
                (1, &["calls b/x bad =640 ~10", "talk b/x bad =600"]),
                (60, &[]),
            ],
            &["1: firing calls b/x -> x explains talk"],
        ),
        (
            "they do not explain that each costs more",
            &[
                (1, &["calls b/x bad =20 ~10"]),
                (50, &["spend b/x bad =60 ~10"]),
                (60, &[]),
            ],
            &["1: firing calls b/x -> x", "50: firing spend b/x -> x"],
        ),
        (
            "a conversation explains the calls that are its own",
            &[
                (1, &["talk b/x bad =300"]),
                (50, &["calls b/x bad =450 ~10"]),
                (60, &[]),
            ],
            &[
                "1: firing talk b/x -> x",
                "50: firing calls b/x (explained by another)",
            ],
        ),
        (
            "and no others",
            &[
                (1, &["talk b/x bad =300"]),
                (50, &["calls b/x bad =461 ~10"]),
                (60, &[]),
            ],
            &["1: firing talk b/x -> x", "50: firing calls b/x -> x"],
        ),
        (
            "nothing more urgent is explained away",
            &[
                (1, &["down -@e1 bad"]),
                (50, &["fallback b/x@e1 bad !page"]),
                (60, &[]),
            ],
            &[
                "1: firing down e1 -> all",
                "50: firing fallback b/x@e1 -> oncall",
            ],
        ),
        (
            "nor what has nothing to do with it",
            &[
                (1, &["down -@e3 bad !page"]),
                (40, &["silent b/x bad"]),
                (60, &[]),
            ],
            &["1: firing down e3 -> oncall", "40: firing silent b/x -> x"],
        ),
    ];
    for (name, script, steps) in cases {
        let mut sorted = Office::new(settings());
        for (minute, changes) in script {
            sorted.at(*minute, changes);
        }
        let mut steps: Vec<String> = steps.iter().map(|&step| step.to_owned()).collect();
        sorted.steps.sort();
        steps.sort();
        assert_eq!(sorted.steps, steps, "{name}");
    }
}
