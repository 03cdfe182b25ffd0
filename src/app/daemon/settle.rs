//! Finds where partitions go on, and books what their logs have lost since.
//!
//! Knows no record's content. A newcomer may ask why the first position is booked before the first
//! record: from then on, retention cannot take anything without its being noticed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::config::Start;
use crate::crash::site;
use crate::ledger::{Batch, Ledger, Loss, LossKind, Part, Position};
use crate::source::kafka::{self, Aside, FaultKind, Known, Marks, Place, Resume};
use crate::units::{Text, UnixMillis};

use super::super::Failure;
use super::reader::{Reader, series};
use super::tracks::Track;

/// The partition number under which the books keep when a source was first read.
const WHOLE_SOURCE: i32 = -1;

/// How long one round of looking may take: records of other partitions wait for it.
const ROUND_MAX: Duration = Duration::from_secs(5);

/// A partition that was looked at.
struct Found {
    place: Place,
    known: Option<Position>,
    to: Position,
    how: Resume,
}

impl Reader {
    /// Looks at waiting partitions, books where they go on, and begins to read them. Those that
    /// cannot be looked at now stay where they are and hold nobody up; why is answered.
    pub(super) fn settle_waiting(&mut self) -> Result<Option<kafka::Fault>, Failure> {
        let begun = self.begun()?;
        let (mut found, mut fault, mut aside) = (Vec::new(), None, None);
        let start = Instant::now();
        let after = match &self.look_from {
            Some(from) => self.waiting.range(from..),
            None => self.waiting.range::<Place, _>(..),
        };
        let before = self.waiting.iter();
        let mut look_from = None;
        for place in after.chain(before).take(self.waiting.len()) {
            if start.elapsed() > ROUND_MAX {
                look_from = Some(place.clone());
                break;
            }
            self.shared.moves();
            match self.look(place, begun, &mut aside) {
                Ok(one) => found.push(one),
                Err(Failure::Kafka(one)) if one.kind != FaultKind::Fatal => fault = Some(one),
                Err(failure) => return Err(failure),
            }
            site("while_resuming");
        }
        self.look_from = look_from;
        self.book_found(&found)?;
        let from: BTreeMap<Place, u64> = found
            .iter()
            .map(|found| (found.place.clone(), found.to.offset))
            .collect();
        if !from.is_empty() {
            self.consumer.assign(&from)?;
            site("after_assign");
        }
        let now = Instant::now();
        for found in found {
            self.waiting.remove(&found.place);
            self.replaced.remove(&found.place);
            self.shared
                .figures
                .assigned(series(&self.source.name, &found.place));
            self.tracks.insert(found.place, Track::new(found.to, now));
        }
        Ok(fault)
    }

    /// The reader is done: what it read is told of no longer.
    pub(super) fn release(&self) {
        for place in self.tracks.keys() {
            self.shared
                .figures
                .released(series(&self.source.name, place));
        }
    }

    /// When the source was first read, and where it begins: kept, so that a partition that comes
    /// later begins where it would have.
    fn begun(&self) -> Result<(UnixMillis, bool), Failure> {
        let (name, cluster) = (self.source.name.as_str(), self.cluster.as_str());
        let known = self
            .shared
            .books()
            .position(name, cluster, "", WHOLE_SOURCE)?;
        if let Some(begun) = known {
            return Ok((begun.last_at.unwrap_or(UnixMillis(0)), false));
        }
        let now = self.shared.clock.now();
        let part = Part {
            topic: Text::default(),
            partition: WHOLE_SOURCE,
            from: None,
            to: Some(Position {
                last_at: Some(now),
                ..Position::default()
            }),
        };
        let batch = self.batch(vec![part], Vec::new());
        site("before_begun");
        self.shared.books().apply(&batch, now)?;
        site("after_begun");
        Ok((now, true))
    }

    fn batch(&self, parts: Vec<Part>, lost: Vec<Loss>) -> Batch {
        Batch {
            source: self.source.name.clone(),
            cluster: self.cluster.clone(),
            parts,
            lost,
            ..Batch::default()
        }
    }

    fn look(
        &self,
        place: &Place,
        (begun, for_the_first_time): (UnixMillis, bool),
        aside: &mut Option<Aside>,
    ) -> Result<Found, Failure> {
        let (name, cluster) = (self.source.name.as_str(), self.cluster.as_str());
        let known = self
            .shared
            .books()
            .position(name, cluster, &place.topic, place.partition)?;
        let (to, how) = match &known {
            None => {
                let start = match self.source.start {
                    // A partition that came after the source was first read has only what is new.
                    Start::End if !for_the_first_time => Start::At(begun),
                    start @ (Start::Beginning | Start::End | Start::At(_)) => start,
                };
                let offset = self.consumer.first(place, start)?;
                let to = Position {
                    offset,
                    ..Position::default()
                };
                (to, Resume::First)
            }
            Some(known) => {
                let before = Known {
                    next: known.offset,
                    marks: Marks::parse(&known.state),
                };
                let (offset, how) = self.consumer.resume(place, &before, aside)?;
                let (offset, how) = match how {
                    // What is read now agrees; what was read before did not.
                    Resume::Continued if self.replaced.contains(place) => {
                        let low = self.consumer.watermarks(place)?.low;
                        (low, Resume::Replaced { to: known.offset })
                    }
                    Resume::First
                    | Resume::Continued
                    | Resume::Removed { .. }
                    | Resume::Truncated { .. }
                    | Resume::Replaced { .. } => (offset, how),
                };
                (gone_on(known, offset, how), how)
            }
        };
        Ok(Found {
            place: place.clone(),
            known,
            to,
            how,
        })
    }

    /// Books first positions and what was found broken, all in one transaction, and says so.
    fn book_found(&self, all: &[Found]) -> Result<(), Failure> {
        let mut parts = Vec::new();
        let mut lost = Vec::new();
        for found in all
            .iter()
            .filter(|found| found.known.as_ref() != Some(&found.to))
        {
            let part = u16::try_from(parts.len()).unwrap_or(u16::MAX);
            lost.extend(loss(part, found));
            parts.push(Part {
                topic: found.place.topic.clone(),
                partition: found.place.partition,
                from: found.known.clone(),
                to: Some(found.to.clone()),
            });
        }
        if parts.is_empty() {
            return Ok(());
        }
        let now = self.shared.clock.now();
        let batch = self.batch(parts, lost);
        site("before_first_positions");
        self.shared.books().apply(&batch, now)?;
        site("after_first_positions");
        for found in all {
            self.say(found);
        }
        Ok(())
    }

    fn say(&self, found: &Found) {
        let (source, topic) = (self.source.name.as_str(), found.place.topic.as_str());
        let partition = found.place.partition;
        let series = series(source, &found.place);
        match found.how {
            Resume::First => {
                let offset = found.to.offset;
                tracing::info!(source, topic, partition, offset, "read for the first time");
            }
            Resume::Continued => {}
            Resume::Removed { from, to } => {
                self.shared.figures.lost(series, to.saturating_sub(from));
                tracing::error!(
                    source,
                    topic,
                    partition,
                    from,
                    to,
                    records = to.saturating_sub(from),
                    "records were removed before they were read: retention is shorter than the time that nobody read"
                );
            }
            Resume::Truncated { from, to } => tracing::error!(
                source,
                topic,
                partition,
                from,
                to,
                "the log lost its end after it was read: what is there now is read, and what the books have already adds nothing"
            ),
            Resume::Replaced { to } => tracing::error!(
                source,
                topic,
                partition,
                read_up_to = to,
                "the topic was deleted and made again: it is read from its beginning; what the earlier one held beyond is not known"
            ),
        }
    }
}

/// The position from which a partition goes on.
fn gone_on(known: &Position, offset: u64, how: Resume) -> Position {
    match how {
        Resume::First | Resume::Continued => Position {
            offset,
            ..known.clone()
        },
        // What was remembered of the log no longer describes it.
        Resume::Removed { .. } | Resume::Truncated { .. } | Resume::Replaced { .. } => Position {
            offset,
            state: String::new(),
            ..known.clone()
        },
    }
}

fn loss(part: u16, found: &Found) -> Option<Loss> {
    let (kind, from, to) = match found.how {
        Resume::First | Resume::Continued => return None,
        Resume::Removed { from, to } => (LossKind::Removed, from, to),
        Resume::Truncated { from, to } => (LossKind::Truncated, from, to),
        Resume::Replaced { to } => (LossKind::Replaced, found.to.offset, to),
    };
    Some(Loss {
        part,
        kind,
        from,
        to,
    })
}
