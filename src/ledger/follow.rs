//! What a follower of the books asks and keeps: which windows changed, what its points say of them,
//! and the lines that are frozen.
//!
//! Knows no server and no line's meaning. A newcomer may ask why lines are kept at all: a line that
//! may have been sent must be sent again as it was, and only what is on the disk stays as it was.

use crate::cell::Cell;
use crate::entry::CellKey;
use crate::series::{Emitted, SeriesRow};
use crate::units::{Text, UnixMillis};

use super::fault::Fault;
use super::types::Span;
use super::words::{Resolution, Stage};

/// A window of the books that can become points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    /// The cells of a minute, an hour or a day.
    Cells(Resolution, UnixMillis),
    /// The links of an hour.
    Links(UnixMillis),
}

impl Window {
    /// Where it begins.
    #[must_use]
    pub fn start(self) -> UnixMillis {
        match self {
            Window::Cells(_, start) | Window::Links(start) => start,
        }
    }
}

/// Whose sums a row of [`Follow::emitted`] holds. Points of one series and time share their `rev`s,
/// whichever family they come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Told {
    /// Cells of the minute, or of the hour, that begins there.
    Cells,
    /// What only the cells of the day that begins there tell, because its hours are gone.
    Rest,
    /// Links of the hour that begins there.
    Links,
    /// Records by outcome of the day that begins there.
    Records,
    /// Steps of alerts in the second that begins there.
    Alerts,
}

impl Told {
    /// All of them, in order.
    pub const ALL: [Told; 5] = [
        Told::Cells,
        Told::Rest,
        Told::Links,
        Told::Records,
        Told::Alerts,
    ];
}

/// Where a follower stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FollowerRow {
    /// Its number in the books.
    pub number: i64,
    /// Its name.
    pub name: Text,
    /// All changes up to this number of the feed are frozen.
    pub seq: u64,
    /// The feed's number when it began, or began again: days whose hours are gone are told by their
    /// day cells up to there.
    pub born: u64,
    /// Changes up to this number count only in windows that begin at `again_from` or later.
    pub kept: u64,
    /// See `kept`.
    pub again_from: UnixMillis,
    /// The number of the last line frozen.
    pub frozen: u64,
    /// Lines up to this number are settled.
    pub written: u64,
    /// Lines that the server will never take.
    pub refused: u64,
    /// Differences that went to `other`.
    pub folded: u64,
    /// When it was last told by a point of its own.
    pub marked: UnixMillis,
    /// When sources were last told.
    pub sourced: UnixMillis,
    /// When the registry was last told.
    pub declared: UnixMillis,
    /// What was told of the registry then.
    pub declaration: Text,
    /// Events of alerts up to this number are frozen.
    pub alerted: u64,
    /// Events up to this number count only where they happened at `again_from` or later.
    pub alerts_kept: u64,
}

/// What is written in one transaction: the sums as they are once these lines are sent.
#[derive(Clone, Debug, Default)]
pub struct Freeze {
    /// The follower as it stands afterwards; `frozen` counts the lines of this freezing.
    pub follower: FollowerRow,
    /// Series that are new or have more values of `rev`.
    pub series: Vec<SeriesRow>,
    /// The sums of windows that have new points.
    pub emitted: Vec<(Told, UnixMillis, Emitted)>,
    /// The lines, each ended by a line feed.
    pub lines: Vec<u8>,
    /// How many lines they are.
    pub count: u64,
}

/// A line that a server will never take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRow {
    /// Its number.
    pub id: u64,
    /// When it was refused.
    pub at: UnixMillis,
    /// The server's words.
    pub reason: String,
    /// The line.
    pub line: String,
}

/// Called with start, number of the key and totals of each cell.
pub type VisitCells<'a> = dyn FnMut(UnixMillis, i64, Cell) -> Result<(), Fault> + 'a;

/// The books, as a follower asks them. Every method fails with a [`Fault`] when the ledger cannot be
/// read or written; then nothing of the request is in it.
pub trait Follow {
    /// Where the follower of that name stands; `None` when it never began.
    ///
    /// # Errors
    /// See [`Follow`].
    fn follower(&self, name: &str) -> Result<Option<FollowerRow>, Fault>;

    /// Every follower, by name.
    ///
    /// # Errors
    /// See [`Follow`].
    fn followers(&self) -> Result<Vec<FollowerRow>, Fault>;

    /// Where the follower of that name stands; it begins where it never did.
    ///
    /// # Errors
    /// See [`Follow`].
    fn follow(&mut self, name: &str) -> Result<FollowerRow, Fault>;

    /// Forgets what was told of windows that begin at `from` or later, and all lines that are not
    /// written yet: they are frozen anew. Numbers of lines go on.
    ///
    /// # Errors
    /// See [`Follow`].
    fn follow_again(&mut self, name: &str, from: UnixMillis) -> Result<FollowerRow, Fault>;

    /// Windows changed after `seq`, each with its number, in the order of the numbers: those of
    /// `limit` changed rows. The last number is that of the last row, or `seq`.
    ///
    /// # Errors
    /// See [`Follow`].
    fn windows_since(&self, seq: u64, limit: usize) -> Result<(Vec<(Window, u64)>, u64), Fault>;

    /// How much the books still know of an hour.
    ///
    /// # Errors
    /// See [`Follow`].
    fn stage(&self, hour: UnixMillis) -> Result<Stage, Fault>;

    /// Visits the cells whose window begins inside `span`, in no order, those that add up to nothing
    /// among them.
    ///
    /// # Errors
    /// See [`Follow`]; and what `visit` returns.
    fn numbered_cells(
        &self,
        resolution: Resolution,
        span: Span,
        visit: &mut VisitCells<'_>,
    ) -> Result<(), Fault>;

    /// The key of a number.
    ///
    /// # Errors
    /// See [`Follow`].
    fn cell_key(&self, number: i64) -> Result<CellKey, Fault>;

    /// The series of a follower.
    ///
    /// # Errors
    /// See [`Follow`].
    fn series(&self, follower: i64) -> Result<Vec<SeriesRow>, Fault>;

    /// What points tell of the windows that begin inside `span`, by start.
    ///
    /// # Errors
    /// See [`Follow`].
    fn emitted(&self, follower: i64, span: Span)
    -> Result<Vec<(Told, UnixMillis, Emitted)>, Fault>;

    /// Freezes lines and what they tell, in one transaction.
    ///
    /// # Errors
    /// See [`Follow`]; [`super::FaultKind::Moved`] when the follower has frozen other lines since.
    fn freeze(&mut self, freeze: &Freeze) -> Result<(), Fault>;

    /// Frozen lines with a number above `after` that are not settled, in order: at most `lines` and
    /// `bytes` of them, but one at least where there is one.
    ///
    /// # Errors
    /// See [`Follow`].
    fn frozen(
        &self,
        follower: i64,
        after: u64,
        limit: (usize, usize),
    ) -> Result<Vec<(u64, Vec<u8>)>, Fault>;

    /// Lines up to `up_to` are settled: their bytes go.
    ///
    /// # Errors
    /// See [`Follow`].
    fn settle(&mut self, follower: i64, up_to: u64) -> Result<(), Fault>;

    /// Keeps a line apart that the server will never take; the same one counts once.
    ///
    /// # Errors
    /// See [`Follow`].
    fn refuse(&mut self, follower: i64, id: u64, reason: &str, at: UnixMillis)
    -> Result<(), Fault>;

    /// At most `limit` refused lines, latest first.
    ///
    /// # Errors
    /// See [`Follow`].
    fn refused(&self, follower: i64, limit: usize) -> Result<Vec<RefusedRow>, Fault>;
}
