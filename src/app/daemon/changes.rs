//! What a reader does between records: partitions come and go, positions are doubted, and the
//! configuration changes.
//!
//! Knows no record. A newcomer may ask why so much is given up and looked at again: reading twice
//! costs a moment, and the books know what they have.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::config::KafkaSource;
use crate::crash::site;
use crate::source::kafka::{self, Change, Place};
use crate::telemetry::Rebalance;

use super::super::Failure;
use super::reader::{CHECK_EVERY, Ended, HAND_BACK_MAX, LOOK_AGAIN, Reader, series};
use super::shared::{may_pass, part_of};
use super::tracks::Track;
use super::watch;

/// How long one round of checking may take: records wait for it.
const CHECK_MAX: Duration = Duration::from_secs(2);

/// How long a new configuration waits for the books before more is read under the one before.
const TAKE_OVER_MAX: Duration = Duration::from_secs(2);

/// Whether the clients of new and changed sources can be made, as far as can be told without their
/// brokers: what would end the daemon is better refused. If not, which source's cannot, and why.
pub(super) fn try_clients<'a>(
    old: &[KafkaSource],
    new: &'a [KafkaSource],
) -> Result<(), (&'a str, kafka::Fault)> {
    new.iter()
        .filter(|source| !old.contains(source))
        .try_for_each(|source| {
            kafka::Consumer::unsubscribed(source)
                .map(drop)
                .map_err(|fault| (source.name.as_str(), fault))
        })
}

impl Reader {
    /// Drops what was gathered and begins again from where the books stand.
    pub(super) fn rewind(&mut self) -> Result<(), Failure> {
        self.drop_gathered();
        let end = Instant::now() + HAND_BACK_MAX;
        while !self.writer.is_idle() && Instant::now() < end {
            // Whatever it is: what follows starts from the books.
            drop(self.writer.done(Duration::from_millis(50)));
        }
        self.writer.mend();
        self.take_up_again()
    }

    /// Gives all partitions up, to look where they go on.
    pub(super) fn take_up_again(&mut self) -> Result<(), Failure> {
        let places: Vec<Place> = std::mem::take(&mut self.tracks).into_keys().collect();
        if !places.is_empty() {
            self.consumer.give_up(&places)?;
        }
        self.waiting.extend(places);
        Ok(())
    }

    /// Takes all partitions up again when one of them is in doubt.
    pub(super) fn look_again(&mut self) -> Result<(), Failure> {
        if !self.in_doubt || Instant::now() < self.look_at {
            return Ok(());
        }
        self.in_doubt = false;
        if !self.hand_over_within(HAND_BACK_MAX)? || !self.await_writer(HAND_BACK_MAX)? {
            return self.rest();
        }
        self.take_up_again()
    }

    /// Looks now and then whether the topics that are read are still the same: one that is deleted
    /// and filled again quickly is read on by the client where the earlier one was left, without a
    /// word. What is then read from its beginning and was read before adds nothing.
    pub(super) fn check_topics(&mut self) {
        if Instant::now() < self.check_at {
            return;
        }
        let (mut aside, began) = (None, Instant::now());
        let mut tracks: Vec<(&Place, &mut Track)> = self.tracks.iter_mut().collect();
        tracks.sort_by_key(|(_, track)| track.checked_at);
        for (place, track) in tracks {
            let Some(mark) = track.to_check() else {
                continue;
            };
            if began.elapsed() > CHECK_MAX {
                break;
            }
            match self.consumer.is_still(place, mark, &mut aside) {
                Ok(true) => track.checked(began),
                Ok(false) => {
                    self.replaced.insert(place.clone());
                    self.in_doubt = true;
                }
                Err(fault) => {
                    tracing::debug!(source = %self.source.name, "a topic could not be checked: {fault}");
                    break;
                }
            }
        }
        self.check_at = Instant::now() + CHECK_EVERY.max(began.elapsed() * 20);
    }

    /// Answers changes of the assignment.
    pub(super) fn rebalance(&mut self) -> Result<(), Failure> {
        for change in self.consumer.changes() {
            match change {
                Change::Assigned(places) => {
                    self.shared
                        .figures
                        .rebalanced(&self.source.name, Rebalance::Assigned);
                    tracing::info!(source = %self.source.name, partitions = places.len(), "assigned");
                    self.waiting.extend(places);
                    // Accepted at once, so that the group goes on however long it takes to find
                    // where they are read on.
                    self.consumer.assign(&BTreeMap::new())?;
                    self.look_at = Instant::now();
                    if self.waiting.is_empty() && self.tracks.is_empty() {
                        let part = part_of(&self.source.name);
                        self.shared.health.ready(&part, Ok(()));
                    }
                }
                Change::Revoked(places) => self.hand_back(&places)?,
            }
        }
        Ok(())
    }

    /// Gives partitions up, after what was read of them is booked.
    fn hand_back(&mut self, places: &[Place]) -> Result<(), Failure> {
        site("before_hand_back");
        self.shared
            .figures
            .rebalanced(&self.source.name, Rebalance::Revoked);
        tracing::info!(source = %self.source.name, partitions = places.len(), "revoked");
        if !self.hand_over_within(HAND_BACK_MAX)? {
            self.rest()?;
        }
        if !self.await_writer(HAND_BACK_MAX)? {
            // It may still be booked: the books compare positions, so nothing is added twice.
            tracing::warn!(source = %self.source.name, "partitions are given up before the books have what was read of them");
        }
        site("after_hand_back_booked");
        self.follow_at_once();
        let held = |place: &&Place| self.tracks.contains_key(place);
        let held: Vec<Place> = places.iter().filter(held).cloned().collect();
        for place in places {
            self.tracks.remove(place);
            self.waiting.remove(place);
            self.to_commit.remove(place);
            self.stalled.remove(place);
            self.replaced.remove(place);
            self.shared
                .figures
                .released(series(&self.source.name, place));
        }
        self.consumer.give_up(&held)?;
        site("after_hand_back");
        Ok(())
    }

    /// Looks where waiting partitions go on, and begins to read them.
    pub(super) fn settle(&mut self) -> Result<(), Failure> {
        self.resting &= !self.writer.is_idle();
        if self.resting || self.waiting.is_empty() || Instant::now() < self.look_at {
            return Ok(());
        }
        let part = part_of(&self.source.name);
        let began = Instant::now();
        let settled = match self.settle_waiting() {
            Err(Failure::Ledger { fault, .. }) if may_pass(fault.kind) => {
                self.shared.ledger_waits(&fault);
                self.look_at = Instant::now() + LOOK_AGAIN;
                return Ok(());
            }
            settled => settled?,
        };
        match settled {
            None if self.waiting.is_empty() => {
                self.shared.health.ready(&part, Ok(()));
                self.shared.over(&self.source.name);
            }
            None => {}
            Some(fault) => {
                let text = format!("where to read on cannot be told: {fault}");
                self.shared.fault(&self.source.name, &text, fault.hint());
                let label = watch::label(fault.kind);
                self.shared.figures.source_error(&self.source.name, label);
                self.shared.health.ready(&part, Err(&text));
            }
        }
        // Those that are read get more of the time than those that cannot be.
        self.look_at = Instant::now() + LOOK_AGAIN.max(began.elapsed() * 2);
        Ok(())
    }

    /// Takes another configuration over between two batches.
    pub(super) fn reconfigure(&mut self) -> Result<Option<Ended>, Failure> {
        if self.shared.generation() == self.generation {
            return Ok(None);
        }
        // All that was judged before is booked before: a correction that follows finds it.
        if !self.hand_over_within(Duration::ZERO)? || !self.await_writer(TAKE_OVER_MAX)? {
            return Ok(None);
        }
        let (setup, generation) = self.shared.setup();
        let found = setup
            .ready
            .kafka
            .iter()
            .find(|source| source.name == self.source.name);
        let Some(found) = found.cloned() else {
            self.await_writer(HAND_BACK_MAX)?;
            self.follow_at_once();
            return Ok(Some(Ended::Done));
        };
        let same_client = KafkaSource {
            decode: self.source.decode.clone(),
            ignore_scopes: self.source.ignore_scopes.clone(),
            grace: self.source.grace,
            disorder: self.source.disorder,
            ..found.clone()
        } == self.source;
        if !same_client {
            self.await_writer(HAND_BACK_MAX)?;
            return Ok(Some(Ended::Again));
        }
        self.judge = match self.shared.judge(&setup) {
            Err(Failure::Ledger { fault, .. }) if may_pass(fault.kind) => {
                self.shared.ledger_waits(&fault);
                return Ok(None);
            }
            judge => judge?,
        };
        (self.setup, self.generation, self.source) = (setup, generation, found);
        self.shared
            .takes_over(&part_of(&self.source.name), generation);
        Ok(None)
    }
}
