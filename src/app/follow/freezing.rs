//! Freezes windows that are due: compares, writes lines, and puts both into the books at once.
//!
//! Knows no server. A newcomer may ask why a freezing ends after two thousand lines: whoever books
//! records waits for it, and a few milliseconds are not felt.

use crate::crash::{defect, site};
use crate::ledger::{Fault, Follow, FollowerRow, Freeze, Window};
use crate::series::{Line, Measurement, Point, SeriesKey, differences};
use crate::units::{Text, UnixMillis};

use super::windows::Ahead;
use super::{Access, Books, Follower, Frozen, Moment, WAITING_LINES_MAX};

/// Windows that are compared at once.
const WINDOWS_MAX: usize = 256;
/// Lines after which a freezing takes no further window.
const LINES_MAX: u64 = 2_000;

/// Lines on their way into the books, and what they tell.
pub(super) struct Sheaf {
    /// The follower as it stands afterwards.
    pub(super) row: FollowerRow,
    pub(super) ahead: Ahead,
    lines: Vec<u8>,
    count: u64,
}

impl Sheaf {
    pub(super) fn new(row: FollowerRow) -> Sheaf {
        Sheaf {
            row,
            ahead: Ahead::new(),
            lines: Vec::new(),
            count: 0,
        }
    }

    /// Appends the line of a point.
    pub(super) fn point(&mut self, point: &Point, at: UnixMillis) {
        if point.write(&mut self.lines, at) {
            self.ended();
        }
    }

    /// Appends a line with fields that are no sums.
    pub(super) fn line(
        &mut self,
        key: &SeriesKey,
        at: UnixMillis,
        fields: &dyn Fn(&mut Line<'_>),
    ) -> bool {
        self.further(key, 0, at, fields)
    }

    /// The same with another number among the points of this series and time.
    pub(super) fn further(
        &mut self,
        key: &SeriesKey,
        rev: u32,
        at: UnixMillis,
        fields: &dyn Fn(&mut Line<'_>),
    ) -> bool {
        let mut line = Line::begin(&mut self.lines, key, rev);
        fields(&mut line);
        let written = line.end(at);
        if written {
            self.ended();
        }
        written
    }

    fn ended(&mut self) {
        self.lines.push(b'\n');
        self.count += 1;
        self.row.frozen += 1;
    }
}

impl Follower {
    /// Freezes windows that are due, and what is told by the clock, as far as there is room among
    /// the lines that wait. Call it again while there is more.
    ///
    /// # Errors
    /// What the ledger says; then the follower has to begin anew.
    pub fn freeze(&mut self, books: &mut impl Access, moment: &Moment) -> Result<Frozen, Fault> {
        let written = books.reader().follower(&self.row.name)?;
        self.row.written = written.map_or(0, |row| row.written);
        let mut sheaf = Sheaf::new(self.row.clone());
        let room = WAITING_LINES_MAX.saturating_sub(self.row.frozen - self.row.written);
        if room == 0 {
            return Ok(self.result(0, false));
        }
        let due = self.due(books.reader(), moment)?;
        let mut done = Vec::new();
        for window in &due {
            if sheaf.count >= LINES_MAX.min(room) {
                break;
            }
            if self.tell(books.reader(), *window, &mut sheaf)? {
                done.push(*window);
            }
        }
        let more_alerts = self.tell_alerts(books.reader(), &mut sheaf)?;
        self.tell_by_clock(books.reader(), moment, &mut sheaf)?;
        self.mark(books.reader(), moment.now, &mut sheaf);
        for window in &done {
            self.waiting.done(*window);
        }
        let more = !done.is_empty() && (due.len() == WINDOWS_MAX || done.len() < due.len());
        let more = more || more_alerts;
        let lines = sheaf.count;
        sheaf.row.seq = self
            .waiting
            .seq_before()
            .unwrap_or(self.read)
            .min(self.read);
        if lines == 0 {
            // The cursor goes into the books with the next line.
            return Ok(self.result(0, more));
        }
        self.put(books, sheaf)?;
        Ok(self.result(lines, more))
    }

    fn result(&self, lines: u64, more: bool) -> Frozen {
        Frozen {
            lines,
            waiting: self.waiting.len(),
            more,
        }
    }

    fn due(&mut self, reader: &impl Books, moment: &Moment) -> Result<Vec<Window>, Fault> {
        let mut waiting = std::mem::take(&mut self.waiting);
        let mut told = |window| self.has_points(reader, window);
        let due = waiting.due(moment.now, moment.complete_to, WINDOWS_MAX, &mut told);
        self.waiting = waiting;
        due
    }

    /// Adds the points that a window lacks; whether it could be told.
    fn tell(
        &mut self,
        reader: &impl Books,
        window: Window,
        sheaf: &mut Sheaf,
    ) -> Result<bool, Fault> {
        let Some(mut standing) = self.standing(reader, window, &sheaf.ahead)? else {
            return Ok(false);
        };
        let done = differences(
            standing.target,
            &mut standing.emitted,
            &standing.beside,
            &mut self.admitted,
        );
        for point in &done.points {
            sheaf.point(point, standing.place.0);
        }
        sheaf.row.folded += done.folded;
        if !done.points.is_empty() {
            sheaf.ahead.insert(standing.place, standing.emitted);
        }
        Ok(true)
    }

    /// Tells which line is the last, at most once a second: a copy of the books that is put back is
    /// found out by it.
    fn mark(&mut self, reader: &impl Books, now: UnixMillis, sheaf: &mut Sheaf) {
        let second = now.floor(1_000);
        if sheaf.count == 0 || second <= sheaf.row.marked {
            return;
        }
        let zone = reader.zones().rows().pop();
        let zone = zone.map_or_else(Text::default, |zone| zone.name);
        let key = SeriesKey::new(Measurement::Follower, &[&self.row.name, &zone]);
        let last = i64::try_from(sheaf.row.frozen + 1).unwrap_or(i64::MAX);
        sheaf.line(&key, second, &|line| line.int("frozen_id", last));
        sheaf.row.marked = second;
    }

    fn put(&mut self, books: &mut impl Access, sheaf: Sheaf) -> Result<(), Fault> {
        let mut freeze = Freeze {
            follower: sheaf.row,
            series: self.admitted.take_changed(),
            emitted: Vec::with_capacity(sheaf.ahead.len()),
            lines: sheaf.lines,
            count: sheaf.count,
        };
        for ((start, told), emitted) in sheaf.ahead {
            freeze.emitted.push((told, start, emitted));
        }
        if defect("lines_without_sums") {
            freeze.emitted.clear();
        }
        site("before_freeze");
        books.write(|ledger| ledger.freeze(&freeze))?;
        site("after_freeze");
        self.row = freeze.follower;
        Ok(())
    }
}
