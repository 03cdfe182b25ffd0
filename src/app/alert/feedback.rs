//! What somebody says of an episode, on its way to what was learned of its series.
//!
//! Knows no detector's inside. A newcomer may ask why an episode that is over is heard of too: whoever finds out
//! what it was finds out in the morning.

use std::collections::BTreeSet;

use crate::alert::Series;
use crate::anomaly;
use crate::app::follow::Books;
use crate::episode::{Desk, EpisodeView, Feedback, Mark, Order};
use crate::ledger::{EpisodeRow, Fault};
use crate::units::{Text, UnixMillis};
use crate::watch::Watch;

use super::listing;

/// What was done.
pub(super) struct Heard {
    /// In words.
    pub(super) done: String,
    /// The episode, where it is over and the desk has it no more.
    pub(super) over: Option<EpisodeView>,
}

fn detectors(feedback: Feedback) -> anomaly::Feedback {
    match feedback {
        Feedback::Real => anomaly::Feedback::Real,
        Feedback::Noise => anomaly::Feedback::Noise,
        Feedback::Planned => anomaly::Feedback::Planned,
    }
}

/// What changes by it, in words: of so many series, so many had learned something.
fn effect(feedback: Feedback, (learned, of): (usize, usize)) -> String {
    let series = match (learned, of) {
        (1, 1) => "its series".to_owned(),
        (learned, of) if learned == of => format!("all {of} series"),
        (learned, of) => format!("{learned} of {of} series"),
    };
    match (feedback, learned) {
        (Feedback::Real | Feedback::Noise, 0) => {
            "nothing was learned of it that could change: its limit stands in its rule".to_owned()
        }
        (Feedback::Planned, 0) => {
            "nobody is told of the rest of it; its limit stands in its rule".to_owned()
        }
        (Feedback::Real, _) => {
            format!("the peak of {series} is left out of what is held to be chance")
        }
        (Feedback::Noise, _) => format!(
            "{series} alerts again only by what is three times as far out; that fades, by half in a week"
        ),
        (Feedback::Planned, _) => format!(
            "what was seen in the last hour is the usual of {series} from now on, and nobody is told of the rest"
        ),
    }
}

/// The rules and series of an episode: those that are in it, and those that its steps named.
fn members(
    books: &impl Books,
    desk: &Desk,
    number: u64,
) -> Result<BTreeSet<(Text, Series)>, Fault> {
    let told = super::told(books, number)?;
    let steps = told.into_iter().flat_map(|told| told.steps);
    let named = steps.flat_map(|step| step.findings);
    let all = named.chain(desk.members(number));
    Ok(all.map(|one| (one.rule, one.series)).collect())
}

/// Does what somebody orders: what was done, or in words why it was not. What is said of an episode changes what
/// was learned, too.
///
/// # Errors
/// What the ledger says.
pub(super) fn carry_out(
    books: &impl Books,
    (desk, watch): (&mut Desk, &mut Watch),
    order: &Order,
    now: UnixMillis,
) -> Result<Result<Heard, String>, Fault> {
    let Order::Feedback {
        episode: number,
        feedback,
        author,
    } = order
    else {
        return Ok(desk
            .order(order, now)
            .map(|done| Heard { done, over: None }));
    };
    let is_open = desk.open_episodes().iter().any(|one| one.number == *number);
    let mut over = None;
    if !is_open {
        over = listing::episode(books, *number)?;
        if over.is_none() {
            return Ok(Err(format!("there is no episode {number}")));
        }
    }
    let members = members(books, desk, *number)?;
    let learned = members
        .iter()
        .filter(|(rule, series)| watch.feedback(rule, series, detectors(*feedback)))
        .count();
    let effect = effect(*feedback, (learned, members.len()));
    let mark = Mark {
        author: author.clone(),
        reason: Text::from(effect.as_str()),
        at: now,
    };
    match &mut over {
        None => {
            if let Err(why) = desk.order(order, now) {
                return Ok(Err(why));
            }
            desk.judged(*number, mark);
        }
        Some(view) => {
            view.feedback = Some(Text::const_new(feedback.as_str()));
            view.judged = Some(mark);
        }
    }
    let word = feedback.as_str();
    let done = format!("episode {number} was {word}: {effect}");
    Ok(Ok(Heard { done, over }))
}

/// An episode as it lies in the books.
pub(super) fn episode_row(view: &EpisodeView) -> EpisodeRow {
    EpisodeRow {
        number: view.number,
        opened: view.opened,
        resolved: view.resolved,
        body: serde_json::to_vec(view).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use chrono_tz::Tz;

    use super::super::evaluate::{watch_rows, watched};
    use super::*;
    use crate::alert::{
        Check, Declared, Dimension, Fact, Finding, Level, Metric, Promise, Rule, Scope, Settings,
        Severity,
    };
    use crate::cell::Cell;
    use crate::entry::CellKey;
    use crate::episode::{self, DeskState};
    use crate::ledger::{AlertApply, Alerts, Options, SqliteLedger};
    use crate::units::MINUTE_MS;
    use crate::watch::Moment;

    const DAY: i64 = 1_440;
    /// When the calls become six times as many.
    const FROM: i64 = 11 * DAY + 12 * 60;

    fn rules() -> Vec<Rule> {
        let rule = |name: &str, check| Rule {
            name: name.into(),
            reason: "a test".into(),
            check,
            scope: Scope::default(),
            by: vec![Dimension::Feature],
            for_ms: 0,
            severity: Severity::Warning,
            severity_fail_closed: None,
            owner: Some("maria@example.org".into()),
            runbook: None,
            action: None,
            repeat_ms: None,
            on: true,
        };
        let metric = Metric::Calls;
        let promise = Promise { hours: 504 };
        vec![rule(
            "calls",
            Check::Anomaly {
                metric,
                promise,
                floor_nanousd: 0,
            },
        )]
    }

    /// Watch and desk, up to a minute.
    struct World {
        watch: Watch,
        desk: Desk,
        minute: i64,
    }

    fn at(minute: i64) -> UnixMillis {
        UnixMillis(1_795_132_800_000 + minute * MINUTE_MS)
    }

    impl World {
        fn of(state: &crate::watch::WatchState, desk: &DeskState, minute: i64) -> World {
            let rules = rules();
            let declared = Declared::default();
            let settings = episode::Settings::new(&rules, &declared, &Settings::default(), Tz::UTC);
            World {
                watch: Watch::new(&rules, &declared, Tz::UTC, state.clone()),
                desk: Desk::new(&settings, desk),
                minute,
            }
        }

        fn minute(&mut self, warm: bool) -> Vec<Finding> {
            let minute = self.minute;
            let noise = (minute.wrapping_mul(2_654_435_761) >> 7).rem_euclid(5);
            let many = if minute >= FROM { 120 } else { 20 } + noise;
            let mut cell = Cell::default();
            cell.totals.calls_ok = many;
            let key = CellKey {
                feature: "itsm/notes".into(),
                ..CellKey::default()
            };
            let facts = [
                Fact::Key(1, Rc::new(key)),
                Fact::Minute(at(minute), vec![(1, cell)]),
            ];
            self.minute += 1;
            for fact in facts {
                if warm {
                    self.watch.warm(fact);
                } else {
                    self.watch.hear(fact);
                }
            }
            if warm {
                return Vec::new();
            }
            let found = self.watch.judge(&Moment {
                closed_to: at(self.minute),
                wall: at(self.minute),
                stalled: false,
            });
            self.desk.hear(found.clone(), at(self.minute), false);
            found
        }

        /// Runs on for so many minutes; the minutes in which it was bad.
        fn on(&mut self, minutes: i64) -> Vec<i64> {
            let mut bad = Vec::new();
            for _ in 0..minutes {
                let found = self.minute(false);
                if found.iter().any(|one| one.level == Level::Bad) {
                    bad.push(self.minute - FROM);
                }
            }
            bad
        }
    }

    fn order(feedback: Feedback) -> Order {
        Order::Feedback {
            episode: 1,
            feedback,
            author: "maria".into(),
        }
    }

    #[test]
    fn what_is_said_changes_what_follows_and_outlives_a_restart() {
        let mut books = SqliteLedger::open_in_memory(Options::default()).unwrap();
        let none = (crate::watch::WatchState::default(), DeskState::default());
        let mut world = World::of(&none.0, &none.1, 0);
        assert_eq!(world.on(FROM), [0_i64; 0]);
        assert!(!world.on(70).is_empty(), "it is found");
        assert_eq!(world.desk.open_episodes().len(), 1);
        let apply = |state, cursor| AlertApply {
            cursor,
            state,
            ..AlertApply::default()
        };
        let mut state = watch_rows(&mut world.watch);
        state.extend(world.desk.state());
        books
            .alert_apply(&apply(state, books.alert_cursor().unwrap()))
            .unwrap();
        // Whoever begins here has the rows alone, and what the books tell anew.
        let begun = |rows: &std::collections::BTreeMap<Text, Vec<u8>>| {
            let desk = DeskState(rows.clone());
            let mut world = World::of(&watched(rows), &desk, FROM + 70 - 1_600);
            while world.minute < FROM + 70 {
                world.minute(true);
            }
            world
        };
        let rows = books.alert_state().unwrap();
        let mut unheard = begun(&rows);
        assert!(!unheard.on(2 * 60).is_empty(), "without a word it goes on");
        for (said, word) in [
            (Feedback::Real, "the peak of its series is left out"),
            (Feedback::Noise, "three times as far out"),
            (Feedback::Planned, "is the usual of its series"),
        ] {
            let mut heard = begun(&rows);
            let now = at(heard.minute);
            let both = (&mut heard.desk, &mut heard.watch);
            let done = carry_out(&books, both, &order(said), now).unwrap().unwrap();
            assert!(
                done.done.contains(word) && done.over.is_none(),
                "{}",
                done.done
            );
            let open = heard.desk.open_episodes().remove(0);
            assert_eq!(open.feedback.as_deref(), Some(said.as_str()));
            assert!(open.judged.unwrap().reason.contains(word));
            let changed = watch_rows(&mut heard.watch);
            assert!(!changed.is_empty(), "{said:?} changes what is kept");
            // The same rows, written and read again.
            let mut again = rows.clone();
            let all = changed.into_iter().chain(heard.desk.state());
            for (name, body) in all {
                match body {
                    Some(body) => again.insert(name, body),
                    None => again.remove(&name),
                };
            }
            let mut restarted = begun(&again);
            let (one, other) = (heard.on(600), restarted.on(600));
            assert_eq!(one, other, "{said:?}");
            if said == Feedback::Planned {
                assert!(one.iter().all(|minute| *minute < 70 + 40), "{one:?}");
            }
        }
    }

    #[test]
    fn what_has_no_detector_says_so_and_what_is_not_there_too() {
        let books = SqliteLedger::open_in_memory(Options::default()).unwrap();
        let none = (crate::watch::WatchState::default(), DeskState::default());
        let mut world = World::of(&none.0, &none.1, 0);
        let both = (&mut world.desk, &mut world.watch);
        let said = carry_out(&books, both, &order(Feedback::Real), at(0));
        let why = said.unwrap().err();
        assert_eq!(why.as_deref(), Some("there is no episode 1"));
        let cases = [
            (
                Feedback::Noise,
                (0, 1),
                "nothing was learned of it that could change: its limit stands in its rule",
            ),
            (
                Feedback::Planned,
                (0, 2),
                "nobody is told of the rest of it; its limit stands in its rule",
            ),
            (
                Feedback::Real,
                (2, 3),
                "the peak of 2 of 3 series is left out of what is held to be chance",
            ),
            (
                Feedback::Real,
                (3, 3),
                "the peak of all 3 series is left out of what is held to be chance",
            ),
        ];
        for (said, counts, wanted) in cases {
            assert_eq!(effect(said, counts), wanted);
        }
    }
}
