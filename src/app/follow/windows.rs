//! What a window should stand at by the books, and what is told of it already.
//!
//! Knows no line. A newcomer may ask why the books are asked for an hour's stage after its cells:
//! an hour that closes meanwhile takes its minutes with it, and an empty minute would be told.

use std::collections::BTreeMap;

use crate::ledger::{Fault, FaultKind, Follow, Ledger, Resolution, Span, Stage, Told, Window};
use crate::series::{Beside, Cells, Emitted, Target, add_link};
use crate::units::{HOUR_MS, MINUTE_MS, UnixMillis};

use super::super::links;
use super::{Books, Follower};

/// Sums that are not in the books yet, because their freezing is still being put together.
pub(super) type Ahead = BTreeMap<(UnixMillis, Told), Emitted>;

/// A window, what it should stand at, and what is told of it.
pub(super) struct Standing {
    /// Where its points go, and whose sums they join.
    pub(super) place: (UnixMillis, Told),
    pub(super) target: Target,
    pub(super) emitted: Emitted,
    pub(super) beside: Beside,
}

fn span(from: UnixMillis, ms: i64) -> Span {
    Span {
        from,
        to: from.saturating_add(ms),
    }
}

impl Follower {
    /// Reads the feed on; whether there is more of it.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn hear(&mut self, reader: &impl Books, now: UnixMillis) -> Result<bool, Fault> {
        if self.waiting.is_full() {
            return Ok(false);
        }
        let (changed, last) = reader.windows_since(self.read, super::FEED_ROWS)?;
        let mut known: BTreeMap<Window, bool> = BTreeMap::new();
        for (window, seq) in &changed {
            let again = *seq > self.row.kept || window.start() >= self.row.again_from;
            if !known.contains_key(window) {
                known.insert(*window, self.is_told(reader, *window, *seq)?);
            }
            let wanted = known.get(window).is_some_and(|wanted| *wanted);
            if again && wanted {
                self.waiting.note(*window, *seq, now);
            }
        }
        let more = last > self.read && !self.waiting.is_full();
        self.read = last;
        Ok(more)
    }

    /// Whether a window is told by points of its own: minutes always, an hour once its minutes are
    /// gone, a day where hours of it were gone before this follower began.
    fn is_told(&self, reader: &impl Books, window: Window, seq: u64) -> Result<bool, Fault> {
        // What was told before and changed since is no backlog.
        let backlog = seq <= self.row.born && window.start() >= self.row.again_from;
        match window {
            Window::Cells(Resolution::Minute, _) | Window::Links(_) => Ok(true),
            Window::Cells(Resolution::Hour, hour) => {
                let closed = reader.stage(hour)? == Stage::Closed;
                Ok(closed && !(backlog && is_parted(reader, hour)))
            }
            Window::Cells(Resolution::Day, day) => {
                Ok(backlog && hours_of(reader, day)?.iter().any(Part::is_lost))
            }
        }
    }

    /// What a window should stand at and what is told of it; `None` where the books cannot tell now.
    pub(super) fn standing<B: Books>(
        &mut self,
        reader: &B,
        window: Window,
        ahead: &Ahead,
    ) -> Result<Option<Standing>, Fault> {
        match window {
            Window::Cells(Resolution::Minute, minute) => {
                let standing = self.cells_of(reader, (Resolution::Minute, minute), ahead)?;
                let hour = minute.floor(HOUR_MS);
                match reader.stage(hour)? {
                    Stage::Open => Ok(Some(standing)),
                    // Its minutes are gone: the hour tells what is missing.
                    Stage::Closed | Stage::Gone => self.hour(reader, hour, ahead),
                }
            }
            Window::Cells(Resolution::Hour, hour) => self.hour(reader, hour, ahead),
            Window::Cells(Resolution::Day, day) => self.rest_of_day(reader, day, ahead),
            Window::Links(hour) => self.links(reader, hour, ahead).map(Some),
        }
    }

    fn hour<B: Books>(
        &mut self,
        reader: &B,
        hour: UnixMillis,
        ahead: &Ahead,
    ) -> Result<Option<Standing>, Fault> {
        let standing = self.cells_of(reader, (Resolution::Hour, hour), ahead)?;
        match reader.stage(hour)? {
            Stage::Closed => Ok(Some(standing)),
            Stage::Open => Ok(None),
            Stage::Gone => Err(Fault::new(
                FaultKind::Refused,
                format!(
                    "the follower `{}` has not told the hour {hour}, which is gone; \
                     `tollwatch influx rebuild` tells everything anew",
                    self.row.name
                ),
            )),
        }
    }

    /// The cells of a minute or hour.
    fn cells_of<B: Books>(
        &mut self,
        reader: &B,
        (resolution, start): (Resolution, UnixMillis),
        ahead: &Ahead,
    ) -> Result<Standing, Fault> {
        let width = match resolution {
            Resolution::Minute => MINUTE_MS,
            Resolution::Hour | Resolution::Day => HOUR_MS,
        };
        let mut cells = Cells::default();
        self.add_cells(reader, resolution, span(start, 1), (&mut cells, 1))?;
        let mut standing = Standing {
            place: (start, Told::Cells),
            target: cells.target(),
            emitted: Emitted::default(),
            beside: Beside::default(),
        };
        for ((at, told), emitted) in self.told(reader, span(start, width), ahead)? {
            match told {
                Told::Cells if at == start => standing.emitted = emitted,
                Told::Cells => emitted.sum_into(&mut standing.beside.elsewhere),
                Told::Rest if at == start => standing.beside.taken = emitted,
                Told::Rest | Told::Links | Told::Records | Told::Alerts => {}
            }
        }
        Ok(standing)
    }

    /// What only the cells of a day tell: all of it but what minutes and hours tell.
    fn rest_of_day<B: Books>(
        &mut self,
        reader: &B,
        day: UnixMillis,
        ahead: &Ahead,
    ) -> Result<Option<Standing>, Fault> {
        let parts = hours_of(reader, day)?;
        let end = reader.zones().next_day(day);
        let mut standing = Standing {
            place: (day, Told::Rest),
            target: Target::new(),
            emitted: Emitted::default(),
            beside: Beside::default(),
        };
        for ((_, told), emitted) in self.told(reader, span(day, 1), ahead)? {
            match told {
                // What is gone does not change: told once, it is told.
                Told::Rest => return Ok(Some(standing)),
                Told::Cells => standing.beside.taken = emitted,
                Told::Links | Told::Records | Told::Alerts => {}
            }
        }
        let mut cells = Cells::default();
        self.add_cells(reader, Resolution::Day, span(day, 1), (&mut cells, 1))?;
        for part in &parts {
            let inside = Span {
                from: part.hour.max(day),
                to: part.hour.saturating_add(HOUR_MS).min(end),
            };
            if part.is_lost() {
                // Its points, where it had some before it was lost.
                for ((_, told), emitted) in self.told(reader, inside, ahead)? {
                    if told == Told::Cells {
                        emitted.sum_into(&mut standing.beside.elsewhere);
                    }
                }
            } else if part.stage == Stage::Open {
                self.add_cells(reader, Resolution::Minute, inside, (&mut cells, -1))?;
            } else {
                self.add_cells(
                    reader,
                    Resolution::Hour,
                    span(part.hour, 1),
                    (&mut cells, -1),
                )?;
            }
        }
        standing.target = cells.target();
        let still = hours_of(reader, day)? == parts;
        Ok(still.then_some(standing))
    }

    fn links<B: Books>(
        &mut self,
        reader: &B,
        hour: UnixMillis,
        ahead: &Ahead,
    ) -> Result<Standing, Fault> {
        let mut target = Target::new();
        self.add_links(reader, span(hour, 1), &mut target)?;
        let told = self.told(reader, span(hour, 1), ahead)?;
        let emitted = told
            .into_iter()
            .find(|((_, told), _)| *told == Told::Links)
            .map(|(_, emitted)| emitted);
        Ok(Standing {
            place: (hour, Told::Links),
            target,
            emitted: emitted.unwrap_or_default(),
            beside: Beside::default(),
        })
    }

    /// Adds the links of the hours that begin inside a span.
    pub(super) fn add_links(
        &self,
        reader: &impl Books,
        hours: Span,
        target: &mut Target,
    ) -> Result<(), Fault> {
        for row in reader.links(hours)? {
            let (key, totals) = links::read(&row)?;
            let words = [key.kind.as_str(), &key.feature, &key.from, &key.to];
            add_link(target, key.group, words, &totals, &self.applications);
        }
        Ok(())
    }

    /// Adds the cells of a span, `sign` times.
    pub(super) fn add_cells<B: Books>(
        &mut self,
        reader: &B,
        resolution: Resolution,
        span: Span,
        (cells, sign): (&mut Cells, i64),
    ) -> Result<(), Fault> {
        let mut read = Vec::new();
        reader.numbered_cells(resolution, span, &mut |_, number, cell| {
            read.push((number, cell));
            Ok(())
        })?;
        for (number, cell) in read {
            let series = self.series_of(reader, number)?;
            cells.add(&series, &cell, sign);
        }
        Ok(())
    }

    /// What points tell of the windows of a span, those ahead of the books among them.
    pub(super) fn told(
        &self,
        reader: &impl Follow,
        span: Span,
        ahead: &Ahead,
    ) -> Result<Ahead, Fault> {
        let rows = reader.emitted(self.row.number, span)?;
        let mut told: Ahead = rows
            .into_iter()
            .map(|(told, start, emitted)| ((start, told), emitted))
            .collect();
        let newer = ahead.range((span.from, Told::Cells)..(span.to, Told::Cells));
        told.extend(newer.map(|(place, emitted)| (*place, emitted.clone())));
        Ok(told)
    }

    /// Whether a window has points.
    pub(super) fn has_points(&self, reader: &impl Follow, window: Window) -> Result<bool, Fault> {
        let rows = reader.emitted(self.row.number, span(window.start(), 1))?;
        let wanted = match window {
            Window::Cells(Resolution::Minute | Resolution::Hour, _) => Told::Cells,
            Window::Cells(Resolution::Day, _) => Told::Rest,
            Window::Links(_) => Told::Links,
        };
        Ok(rows.iter().any(|(told, _, _)| *told == wanted))
    }
}

/// An hour of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    hour: UnixMillis,
    stage: Stage,
    /// It lies in two days.
    parted: bool,
}

impl Part {
    /// Whether only the day tells what its part of the day adds up to.
    fn is_lost(&self) -> bool {
        match self.stage {
            Stage::Open => false,
            Stage::Closed => self.parted,
            Stage::Gone => true,
        }
    }
}

/// The hours that a day touches.
fn hours_of(reader: &impl Books, day: UnixMillis) -> Result<Vec<Part>, Fault> {
    let end = reader.zones().next_day(day);
    let mut parts = Vec::new();
    let mut hour = day.floor(HOUR_MS);
    while hour < end {
        parts.push(Part {
            hour,
            stage: reader.stage(hour)?,
            parted: is_parted(reader, hour),
        });
        hour = hour.saturating_add(HOUR_MS);
    }
    Ok(parts)
}

/// Whether an hour lies in two days.
fn is_parted(reader: &impl Ledger, hour: UnixMillis) -> bool {
    reader.zones().next_day(hour) < hour.saturating_add(HOUR_MS)
}
