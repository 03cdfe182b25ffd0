//! Judges what is complete, makes steps of what is found, and writes both with the mails in one
//! transaction.
//!
//! Knows no thread and no socket. A newcomer may ask why nothing is told of what a first start finds in
//! old records: it is learned from, and whoever starts asks for news.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use crate::app::follow::{Access, Books};
use crate::app::setup::Setup;
use crate::crash::site;
use crate::episode::{Desk, DeskState, EpisodeView, Order, Step};
use crate::ledger::{AlertApply, AlertCursor, Alerts, Fault, Span, Way};
use crate::units::{DAY_MS, HOUR_MS, MINUTE_MS, Text, UnixMillis};
use crate::watch::{Moment, Watch, WatchState};

use super::around::{audit_row, first_day, law, step_row, zone_of};
use super::compose::Composer;
use super::feedback::{carry_out, episode_row};
use super::judging::Judging;
use super::looked::{Evaluated, Looked, Told};
use super::past::Past;
use super::reading::{self, Reading};

/// Before the names of a watch's rows.
const WATCH: &str = "watch ";
/// The row that says up to where a first start learns.
const LEARN: &str = "learn";
/// How far back a first start learns.
const LEARN_MS: i64 = 35 * DAY_MS;
/// Minutes that are judged before what was found is written.
const CHUNK_MS: i64 = HOUR_MS;
/// Minutes behind what is complete that are looked at before they are complete.
const PARTIAL_MS: i64 = 2 * HOUR_MS;
/// Sources stall when nothing has been complete for so long.
const STALLED_MS: i64 = 15 * MINUTE_MS;
/// At least so long between two looks at minutes that are not complete.
const PEEK_MS: i64 = 5_000;

/// Alerts at work. After a fault it is made anew: what is in its memory may be ahead of the books.
pub struct Evaluator {
    judging: Judging,
    reading: Reading,
    past: Past,
    cursor: AlertCursor,
    /// Nothing that ended before is told.
    learn_to: UnixMillis,
    /// Subjects of open episodes.
    topics: BTreeMap<u64, String>,
    zone: Tz,
    /// When minutes that are not complete were last looked at.
    peeked: UnixMillis,
    /// Whether such minutes changed since.
    fresh: bool,
    /// An episode that is over, of which something was said just now.
    over: Option<EpisodeView>,
}

/// What a watch remembers, of all rows of state.
pub(super) fn watched(state: &BTreeMap<Text, Vec<u8>>) -> WatchState {
    let rows = state.iter().filter_map(|(name, body)| {
        let name = name.strip_prefix(WATCH)?;
        Some((Text::from(name), body.clone()))
    });
    WatchState(rows.collect())
}

/// Rows of a watch that changed, as rows of state.
pub(super) fn watch_rows(watch: &mut Watch) -> Vec<(Text, Option<Vec<u8>>)> {
    let changed = watch.state().into_iter();
    changed
        .map(|(name, body)| (Text::from(format!("{WATCH}{name}")), body))
        .collect()
}

impl Evaluator {
    /// Takes up where alerts stand in the books.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn begin(books: &mut impl Access, setup: &Setup, now: &Looked) -> Result<Evaluator, Fault> {
        let target = now.complete_to.unwrap_or(now.now).floor(MINUTE_MS);
        let reader = books.reader();
        let from = first_day(reader, target.saturating_add(-LEARN_MS), target)?;
        let mut evaluator = Evaluator::new(reader, setup, (from, target))?;
        let of_day = reading::of_day(reader, evaluator.cursor.closed_to)?;
        evaluator.judging.warm(of_day);
        Ok(evaluator)
    }

    /// Begins in books of the past as a daemon would have that began to read at `from`: what came after
    /// is news. To be followed by [`Evaluator::relive`].
    ///
    /// # Errors
    /// What the ledger says.
    pub fn begin_at(
        books: &mut impl Access,
        setup: &Setup,
        from: UnixMillis,
    ) -> Result<Evaluator, Fault> {
        let from = from.floor(MINUTE_MS);
        Evaluator::new(books.reader(), setup, (from, from))
    }

    /// Where it was never judged, it is learned from `from` on and told from `target` on.
    fn new(
        reader: &impl Books,
        setup: &Setup,
        (from, target): (UnixMillis, UnixMillis),
    ) -> Result<Evaluator, Fault> {
        let state = reader.alert_state()?;
        let zone = zone_of(reader);
        let mut cursor = reader.alert_cursor()?;
        let watched = watched(&state);
        let learn_to = state.get(LEARN).and_then(|body| {
            let bytes = body.as_slice().try_into().ok()?;
            Some(UnixMillis(i64::from_be_bytes(bytes)))
        });
        let topics = state.iter().filter_map(|(name, body)| {
            let episode = name.strip_prefix("topic ")?.parse().ok()?;
            Some((episode, String::from_utf8(body.clone()).ok()?))
        });
        let topics = topics.collect();
        let judging = Judging::new(law(setup, zone), watched, &DeskState(state));
        if cursor.closed_to.0 == i64::MIN {
            // What changed up to now is read as history, not as news.
            cursor.seq = reader.feed_end()?;
            cursor.closed_to = from;
        }
        let mut evaluator = Evaluator {
            judging,
            reading: Reading::new(cursor.seq),
            past: Past::default(),
            learn_to: learn_to.unwrap_or(target),
            cursor,
            topics,
            zone,
            peeked: UnixMillis(0),
            fresh: true,
            over: None,
        };
        let known = evaluator.reading.warm(reader, cursor.closed_to)?;
        evaluator.judging.warm(known);
        Ok(evaluator)
    }

    /// Goes by another configuration.
    pub fn configure(&mut self, setup: &Setup) {
        self.judging.configure(law(setup, self.zone));
        self.fresh = true;
    }

    /// The desk, for figures.
    #[must_use]
    pub fn desk(&self) -> &Desk {
        &self.judging.desk
    }

    /// Where it stands.
    #[must_use]
    pub fn cursor(&self) -> &AlertCursor {
        &self.cursor
    }

    /// One look: judges what is complete, at most an hour of it, or what is not where something changed.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn look(
        &mut self,
        books: &mut impl Access,
        setup: &Setup,
        looked: &Looked,
    ) -> Result<Evaluated, Fault> {
        let closed = self.cursor.closed_to;
        let mut facts = Vec::new();
        let news = self.reading.news(books.reader(), closed)?;
        for minute in &news.late {
            self.reading.late(books.reader(), *minute, &mut facts)?;
        }
        for hour in &news.links {
            let of = Span {
                from: *hour,
                to: hour.saturating_add(1),
            };
            facts.extend(reading::links(books.reader(), of)?);
        }
        self.fresh |= news.fresh;
        let complete = looked.complete_to.map(|to| to.floor(MINUTE_MS));
        let complete = complete.filter(|to| *to > closed);
        let since_peeked = looked.now.0.saturating_sub(self.peeked.0);
        // A clock that was put back keeps nothing waiting.
        let due = !(0..MINUTE_MS).contains(&since_peeked);
        let peek = due || (self.fresh && since_peeked >= PEEK_MS);
        if complete.is_none() && !peek && facts.is_empty() {
            return Ok(Evaluated {
                more: news.more,
                ..Evaluated::default()
            });
        }
        let to = complete.map_or(closed, |to| to.min(closed.saturating_add(CHUNK_MS)));
        self.gather(books.reader(), looked, (closed, to), &mut facts)?;
        site("before_judging");
        let moment = Moment {
            closed_to: to,
            wall: looked.now,
            stalled: looked.now.0.saturating_sub(to.0) > STALLED_MS && complete.is_none(),
        };
        let findings = self.judging.judge(facts, &moment);
        let end = complete.unwrap_or(to);
        let steps = if to < self.learn_to {
            Vec::new()
        } else {
            self.judging.tell(&findings, (to, end), looked.now)
        };
        site("after_judging");
        self.cursor.closed_to = to;
        self.cursor.judged = looked.now;
        let more = news.more || complete.is_some_and(|complete| complete > to);
        let told = self.write(books, setup, &steps, None)?;
        Ok(Evaluated { steps, told, more })
    }

    /// Judges what the books tell of an hour of the past, at most up to `to`, as it would have been judged
    /// then: minute by minute, with the mails of then.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn relive(
        &mut self,
        books: &mut impl Access,
        setup: &Setup,
        to: UnixMillis,
    ) -> Result<Evaluated, Fault> {
        let from = self.cursor.closed_to;
        let hour_ends = from.floor(HOUR_MS).saturating_add(HOUR_MS);
        let span = Span {
            from,
            to: hour_ends.min(to.floor(MINUTE_MS)),
        };
        let mut steps = Vec::new();
        let (judging, cursor) = (&mut self.judging, &mut self.cursor);
        let mut judge = |closed_to, facts| {
            let (more, wall) = judging.relive(facts, closed_to);
            steps.extend(more);
            (cursor.closed_to, cursor.judged) = (closed_to, wall);
            Ok(())
        };
        self.past
            .hour(books.reader(), &mut self.reading, span, &mut judge)?;
        let told = self.write(books, setup, &steps, None)?;
        Ok(Evaluated {
            steps,
            told,
            more: span.to < to.floor(MINUTE_MS),
        })
    }

    /// Reads what belongs to the minutes up to `to`, and those that are not complete.
    fn gather(
        &mut self,
        reader: &impl Books,
        looked: &Looked,
        (closed, to): (UnixMillis, UnixMillis),
        facts: &mut Vec<crate::alert::Fact>,
    ) -> Result<(), Fault> {
        let span = |from, to| Span { from, to };
        self.reading.minutes(reader, span(closed, to), facts)?;
        let day = reader.zones().day_of(closed);
        self.reading
            .days(reader, span(day, to.saturating_add(1)), facts)?;
        let hours = span(closed.floor(HOUR_MS).saturating_add(-HOUR_MS), to);
        facts.extend(reading::credentials(reader, hours)?);
        facts.extend(reading::of_day(reader, to)?);
        facts.push(reading::sources(reader, &looked.sources, looked.now)?);
        let near = looked.now.0.saturating_sub(to.0) < PARTIAL_MS;
        if near {
            let of = span(to, to.saturating_add(PARTIAL_MS));
            self.reading.partial(reader, of, facts)?;
        }
        (self.peeked, self.fresh) = (looked.now, false);
        Ok(())
    }

    /// Writes what changed, with the mails of `steps`, which it returns.
    fn write(
        &mut self,
        books: &mut impl Access,
        setup: &Setup,
        steps: &[Step],
        ordered: Option<(&Order, &str, UnixMillis)>,
    ) -> Result<Vec<Told>, Fault> {
        let mut composer = Composer::new(books.reader(), setup, self.zone);
        let mut events: Vec<_> = steps
            .iter()
            .filter_map(|step| composer.event(step))
            .collect();
        let mut audit = Vec::new();
        if let Some((order, done, now)) = ordered {
            let mut known = self.judging.desk.open_episodes();
            known.extend(self.over.clone());
            events.extend(composer.ordered(order, &known, now));
            audit.push(audit_row(order, done, now));
        }
        let (mut outbox, mut told) = (Vec::new(), Vec::new());
        let topics_before = self.topics.clone();
        for (place, step) in steps.iter().enumerate() {
            for (row, text) in composer.messages(step, &mut self.topics)? {
                if row.way == Way::Mail {
                    told.push(Told {
                        at: step.wall,
                        to: row.to.clone(),
                        subject: row.subject.clone(),
                        text,
                        step: place,
                    });
                }
                outbox.push(row);
            }
        }
        let mut apply = AlertApply {
            cursor: AlertCursor {
                seq: self.reading.seq,
                ..self.cursor
            },
            outbox,
            audit,
            events,
            steps: steps.iter().map(step_row).collect(),
            ..AlertApply::default()
        };
        apply.state = watch_rows(&mut self.judging.watch);
        apply.state.extend(self.judging.desk.state());
        for view in self.judging.desk.views() {
            if view.resolved.is_some() {
                self.topics.remove(&view.number);
            }
            apply.episodes.push(episode_row(&view));
        }
        for episode in topics_before.keys().chain(self.topics.keys()) {
            let (before, now) = (topics_before.get(episode), self.topics.get(episode));
            if before != now {
                let body = now.map(|topic| topic.clone().into_bytes());
                let name = Text::from(format!("topic {episode}"));
                if !apply.state.iter().any(|(known, _)| *known == name) {
                    apply.state.push((name, body));
                }
            }
        }
        let over = self.over.take();
        apply.episodes.extend(over.as_ref().map(episode_row));
        let learn = self.learn_to.0.to_be_bytes().to_vec();
        if self.cursor.turn == 0 {
            apply.state.push((Text::from(LEARN), Some(learn)));
        }
        self.cursor.turn = books.write(|ledger| ledger.alert_apply(&apply))?;
        self.cursor.seq = self.reading.seq;
        Ok(told)
    }

    /// Does what somebody orders; what was done, in words, or why it was not.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn order(
        &mut self,
        books: &mut impl Access,
        setup: &Setup,
        order: &Order,
        now: UnixMillis,
    ) -> Result<Result<String, String>, Fault> {
        let at = (&mut self.judging.desk, &mut self.judging.watch);
        let heard = match carry_out(books.reader(), at, order, now)? {
            Ok(heard) => heard,
            Err(why) => return Ok(Err(why)),
        };
        self.over = heard.over;
        self.write(books, setup, &[], Some((order, &heard.done, now)))?;
        Ok(Ok(heard.done))
    }
}
