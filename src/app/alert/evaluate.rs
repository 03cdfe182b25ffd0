//! Judges what is complete, makes steps of what is found, and writes both with the mails in one
//! transaction.
//!
//! Knows no thread and no socket. A newcomer may ask why nothing is told of what a first start finds in
//! old records: it is learned from, and whoever starts asks for news.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use crate::alert::{Finding, SourceFact};
use crate::app::follow::{Access, Books};
use crate::app::setup::Setup;
use crate::crash::site;
use crate::episode::{Desk, DeskState, EpisodeView, Order, Step};
use crate::ledger::{AlertApply, AlertCursor, Alerts, Fault, Ledger};
use crate::units::{DAY_MS, HOUR_MS, MINUTE_MS, Text, UnixMillis};
use crate::watch::{Moment, Watch, WatchState};

use super::around::{audit_row, first_day, settings, step_row, zone_of};
use super::compose::Composer;
use super::feedback::{episode_row, feedback};
use super::reading::{self, Reading};

/// Before the names of a watch's rows.
const WATCH: &str = "watch ";
/// The row that says up to where a first start learns.
const LEARN: &str = "learn";
/// How far back a first start learns.
const LEARN_MS: i64 = 35 * DAY_MS;
/// Minutes that are judged before what was found is written.
const CHUNK_MS: i64 = HOUR_MS;
/// What is found so long after it happened lies in the past.
const PAST_MS: i64 = 30 * MINUTE_MS;
/// Minutes behind what is complete that are looked at before they are complete.
const PARTIAL_MS: i64 = 2 * HOUR_MS;
/// Sources stall when nothing has been complete for so long.
const STALLED_MS: i64 = 15 * MINUTE_MS;

/// What holds when the books are looked at.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    /// The time.
    pub now: UnixMillis,
    /// Up to when all sources have been read; `None` while one cannot tell.
    pub complete_to: Option<UnixMillis>,
    /// Sources that are being read, as far as their readers know.
    pub sources: Vec<SourceFact>,
}

/// What a look did.
#[derive(Clone, Debug, Default)]
pub struct Evaluated {
    /// Steps that people are told of, or not.
    pub steps: Vec<Step>,
    /// Messages written.
    pub messages: usize,
    /// There is more to judge now.
    pub more: bool,
}

/// Alerts at work. After a fault it is made anew: what is in its memory may be ahead of the books.
pub struct Evaluator {
    watch: Watch,
    desk: Desk,
    reading: Reading,
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
        let reader = books.reader();
        let state = reader.alert_state()?;
        let zone = zone_of(reader);
        let mut cursor = reader.alert_cursor()?;
        let watched = watched(&state);
        let rules = &setup.ready.alerts.rules.rules;
        let watch = Watch::new(rules, &setup.ready.declared, zone, watched);
        let learn_to = state.get(LEARN).and_then(|body| {
            let bytes = body.as_slice().try_into().ok()?;
            Some(UnixMillis(i64::from_be_bytes(bytes)))
        });
        let topics = state.iter().filter_map(|(name, body)| {
            let episode = name.strip_prefix("topic ")?.parse().ok()?;
            Some((episode, String::from_utf8(body.clone()).ok()?))
        });
        let topics = topics.collect();
        let desk = Desk::new(&settings(setup, zone), &DeskState(state));
        let first = cursor.closed_to.0 == i64::MIN;
        let target = now.complete_to.unwrap_or(now.now).floor(MINUTE_MS);
        if first {
            // What changed up to now is read as history, not as news.
            cursor.seq = reader.feed_end()?;
            let from = target.saturating_add(-LEARN_MS);
            cursor.closed_to = first_day(reader, from, target)?;
        }
        let mut evaluator = Evaluator {
            watch,
            desk,
            reading: Reading::new(cursor.seq),
            learn_to: learn_to.unwrap_or(target),
            cursor,
            topics,
            zone,
            peeked: UnixMillis(0),
            fresh: true,
            over: None,
        };
        for fact in evaluator.reading.warm(reader, cursor.closed_to)? {
            evaluator.watch.warm(fact);
        }
        Ok(evaluator)
    }

    /// Goes by another configuration.
    pub fn configure(&mut self, setup: &Setup) {
        let rules = &setup.ready.alerts.rules.rules;
        self.watch
            .configure(rules, &setup.ready.declared, self.zone);
        self.desk.configure(&settings(setup, self.zone));
        self.fresh = true;
    }

    /// The desk, for figures.
    #[must_use]
    pub fn desk(&self) -> &Desk {
        &self.desk
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
            let of = crate::ledger::Span {
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
        for fact in facts {
            self.watch.hear(fact);
        }
        site("before_judging");
        let moment = Moment {
            closed_to: to,
            wall: looked.now,
            stalled: looked.now.0.saturating_sub(to.0) > STALLED_MS && complete.is_none(),
        };
        let findings = self.watch.judge(&moment);
        let end = complete.unwrap_or(to);
        let steps = self.tell(&findings, (to, end), looked.now);
        site("after_judging");
        self.cursor.closed_to = to;
        self.cursor.judged = looked.now;
        let more = news.more || complete.is_some_and(|complete| complete > to);
        let messages = self.write(books, (setup, looked.now), &steps, None)?;
        Ok(Evaluated {
            steps,
            messages,
            more,
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
        let span = |from, to| crate::ledger::Span { from, to };
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

    /// Makes steps of findings, those of one moment at a time; `end` is up to where there is something
    /// to judge.
    fn tell(
        &mut self,
        findings: &[Finding],
        (to, end): (UnixMillis, UnixMillis),
        now: UnixMillis,
    ) -> Vec<Step> {
        let mut steps = Vec::new();
        if to < self.learn_to {
            return steps;
        }
        let is_past = |one: &Finding| !one.late && end.0.saturating_sub(one.at.0) > PAST_MS;
        let mut current = false;
        for group in findings.chunk_by(|one, next| one.at == next.at) {
            let past = group.first().is_some_and(is_past);
            steps.extend(self.desk.hear(group.to_vec(), now, past));
            current = !past;
        }
        if !current && to == end {
            steps.extend(self.desk.hear(Vec::new(), now, false));
        }
        steps
    }

    /// Writes what changed, with the mails of `steps`; how many.
    fn write(
        &mut self,
        books: &mut impl Access,
        (setup, now): (&Setup, UnixMillis),
        steps: &[Step],
        ordered: Option<(&Order, &str)>,
    ) -> Result<usize, Fault> {
        let mut composer = Composer::new(books.reader(), setup, self.zone, now);
        let mut events: Vec<_> = steps
            .iter()
            .filter_map(|step| composer.event(step))
            .collect();
        let mut audit = Vec::new();
        if let Some((order, done)) = ordered {
            let mut known = self.desk.open_episodes();
            known.extend(self.over.clone());
            events.extend(composer.ordered(order, &known, now));
            audit.push(audit_row(order, done, now));
        }
        let mut outbox = Vec::new();
        let topics_before = self.topics.clone();
        for step in steps {
            outbox.extend(composer.messages(step, &mut self.topics)?);
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
        apply.state = watch_rows(&mut self.watch);
        apply.state.extend(self.desk.state());
        for view in self.desk.views() {
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
        let messages = apply.outbox.len();
        self.cursor.turn = books.write(|ledger| ledger.alert_apply(&apply))?;
        self.cursor.seq = self.reading.seq;
        Ok(messages)
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
        let at = (&mut self.desk, &mut self.watch);
        let heard = feedback(books.reader(), at, order, now)?;
        let done = match heard {
            None => self.desk.order(order, now),
            Some(Ok(heard)) => {
                self.over = heard.over;
                Ok(heard.done)
            }
            Some(Err(why)) => Err(why),
        };
        let done = match done {
            Ok(done) => done,
            Err(why) => return Ok(Err(why)),
        };
        self.write(books, (setup, now), &[], Some((order, &done)))?;
        Ok(Ok(done))
    }
}

/// At least so long between two looks at minutes that are not complete.
const PEEK_MS: i64 = 5_000;
