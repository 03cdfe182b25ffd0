//! The books: every cell, position, identity and piece of evidence, on disk, added exactly once.
//!
//! Knows no source, no format and no clock (`now` is an argument). A newcomer may ask why one
//! trait has everything: whatever belongs to a batch goes into one transaction, and what a
//! transaction holds cannot be split over traits. It is shaped so that `PostgreSQL` can come later.

mod alerts;
mod correction;
mod fault;
mod follow;
mod rows;
mod sqlite;
mod sums;
mod types;
mod words;
mod zone;

use std::sync::Arc;

use chrono::NaiveDate;
use chrono_tz::Tz;

pub use alerts::{
    AlertApply, AlertCursor, Alerts, AuditRow, EpisodeRow, EventRow, OutboxCounts, OutboxRow,
    Posted, StepRow, Way,
};
pub use correction::{
    Again, Correction, DayConfigRow, Reach, Rejudge, Restated, RestatementRow, WhyFixed,
};
pub use fault::{Fault, FaultKind};
pub use follow::{Follow, FollowerRow, Freeze, RefusedRow, Told, VisitCells, Window};
pub use rows::{
    CellRow, ConfigRow, ContradictionRow, ConversationRow, CountRow, EvidenceRow, FamilyRow,
    LinkRow, LossRow, Maintained, OverflowRow, QuarantineRow, SealCheck, SealRow, ZoneRow,
};
pub use sqlite::{Options, SqliteLedger};
pub use sums::{DaySum, Holds, HourCalls, Hours, KeySum, Spend, Sums};
pub use types::{Applied, Batch, Loss, Part, Placed, Position, Quarantined, Span, is_evidence};
pub use words::{Family, LossKind, Resolution, Stage};
pub use zone::Zones;

use crate::entry::CellKey;
use crate::ids::ConfigNumber;
use crate::line::{Line, TakeBrief, Wanted};
use crate::residency::Verdict;
use crate::secret::FingerprintKey;
use crate::units::UnixMillis;

/// Called for each row of a reading; its error ends the reading.
pub type Visit<'a, T> = dyn FnMut(T) -> Result<(), Fault> + 'a;

/// The books.
///
/// Every method fails with a [`Fault`] when the ledger cannot be read or written; then nothing of
/// the request is in the books. What else can go wrong stands with each method.
pub trait Ledger {
    /// Books a batch in one transaction: duplicates are found, cells, families, lines, evidence,
    /// quarantine and counts added, the positions moved.
    ///
    /// # Errors
    /// [`FaultKind::Moved`] when the books do not stand at the `from` of a part; [`FaultKind::Unbalanced`]
    /// when `received` is not the sum of the batch's parts; [`FaultKind::Refused`] when a row of
    /// `retried` is not there or belongs to another partition.
    fn apply(&mut self, batch: &Batch, now: UnixMillis) -> Result<Applied, Fault>;

    /// Up to where a partition has been booked; `cluster` is empty for files.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn position(
        &self,
        source: &str,
        cluster: &str,
        topic: &str,
        partition: i32,
    ) -> Result<Option<Position>, Fault>;

    /// All positions, by source, cluster, topic and partition.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn positions(&self) -> Result<Vec<Placed>, Fault>;

    /// The time before which every partition that still moves has been read: the least of their
    /// `complete_to`. `None` when no position has one.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn complete_to(&self) -> Result<Option<UnixMillis>, Fault> {
        let positions = self.positions()?;
        Ok(positions
            .iter()
            .filter_map(|p| p.position.complete_to)
            .min())
    }

    /// Visits the cells whose window begins inside `span`, by start and key, so that equal books are visited alike. Cells that add up to nothing are left out.
    ///
    /// # Errors
    /// See [`Ledger`]; and what `visit` returns.
    fn cells(
        &self,
        resolution: Resolution,
        span: Span,
        visit: &mut Visit<'_, CellRow>,
    ) -> Result<(), Fault> {
        self.cells_where((resolution, span), &mut |_| true, visit)
    }

    /// As [`Ledger::cells`], of the keys that are `wanted`; few keys of many take little time.
    ///
    /// # Errors
    /// As [`Ledger::cells`].
    fn cells_where(
        &self,
        windows: (Resolution, Span),
        wanted: &mut dyn FnMut(&CellKey) -> bool,
        visit: &mut Visit<'_, CellRow>,
    ) -> Result<(), Fault>;

    /// The day cells of a span added up, of one feature where `only` names it. One pass, however many questions are
    /// asked of it; a reader beside the writer reads again only what changed.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn sums(&self, span: Span, only: Option<&str>) -> Result<Arc<Sums>, Fault>;

    /// Calls of endpoints in the hours of a span whose cells are still kept, added up in the same way.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn hour_calls(&self, span: Span) -> Result<Arc<Hours>, Fault>;

    /// At most `limit` cells of all resolutions changed after `seq`, in the order of their change.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn changed_since(&self, seq: u64, limit: usize) -> Result<Vec<CellRow>, Fault>;

    /// The number of the latest change.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn feed_end(&self) -> Result<u64, Fault>;

    /// Rows of a small family whose window begins inside `span`, by start and key.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn families(&self, family: Family, span: Span) -> Result<Vec<FamilyRow>, Fault>;

    /// The conversations of the day that holds `at`, by fingerprint and feature.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn conversations(&self, at: UnixMillis) -> Result<Vec<ConversationRow>, Fault>;

    /// Visits the call lines of `span`, by time, sequence and id.
    ///
    /// # Errors
    /// See [`Ledger`]; and what `visit` returns.
    fn lines(&self, span: Span, visit: &mut Visit<'_, Line>) -> Result<(), Fault>;

    /// Visits the call lines of `span` in no order, in memory that does not grow with their number:
    /// for whoever adds up or sorts anyway.
    ///
    /// # Errors
    /// See [`Ledger`]; and what `visit` returns.
    fn lines_unsorted(&self, span: Span, visit: &mut Visit<'_, Line>) -> Result<(), Fault> {
        self.lines_where(span, &mut |_| true, visit)
    }

    /// As [`Ledger::lines_unsorted`], of the lines that are `wanted`.
    ///
    /// # Errors
    /// See [`Ledger`]; and what `visit` returns.
    fn lines_where(
        &self,
        span: Span,
        wanted: &mut Wanted<'_>,
        visit: &mut Visit<'_, Line>,
    ) -> Result<(), Fault>;

    /// As [`Ledger::lines_where`], of each line only what it adds up to: half of what is kept of a line
    /// is not read, and more of hours without a line that is wanted.
    ///
    /// # Errors
    /// See [`Ledger`]; and what `visit` returns.
    fn briefs(
        &self,
        span: Span,
        wanted: &mut Wanted<'_>,
        visit: &mut TakeBrief<'_, Fault>,
    ) -> Result<(), Fault>;

    /// Hours that ended by `complete_to`, whose lines are all there, and whose links have to be
    /// computed (again): lines were added to them, or near the end of the hour before.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn hours_to_link(&self, complete_to: UnixMillis) -> Result<Vec<UnixMillis>, Fault>;

    /// Replaces the link cells of an hour and takes it off [`Ledger::hours_to_link`].
    ///
    /// # Errors
    /// See [`Ledger`].
    fn put_links(&mut self, hour: UnixMillis, links: &[LinkRow]) -> Result<(), Fault>;

    /// Link cells of hours inside `span`, by hour and key.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn links(&self, span: Span) -> Result<Vec<LinkRow>, Fault>;

    /// At most `limit` rows of evidence inside `span`, by time and id.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn evidence(&self, span: Span, limit: usize) -> Result<Vec<EvidenceRow>, Fault>;

    /// At most `limit` rows of evidence of a verdict and the wanted keys inside a span, by time and id: the first of each
    /// feature, endpoint and words before the others.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn examples(
        &self,
        of: (Span, Verdict),
        wanted: &mut dyn FnMut(&CellKey) -> bool,
        limit: usize,
    ) -> Result<Vec<EvidenceRow>, Fault>;

    /// At most `limit` rows of the quarantine, oldest first.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn quarantine(&self, limit: usize) -> Result<Vec<QuarantineRow>, Fault>;

    /// How many records ended how, by day, source, outcome and reason.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn counts(&self) -> Result<Vec<CountRow>, Fault>;

    /// Breaks in what partitions could be read of, oldest first.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn losses(&self) -> Result<Vec<LossRow>, Fault>;

    /// Pairs of tellers that contradict each other, most frequent first.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn contradictions(&self) -> Result<Vec<ContradictionRow>, Fault>;

    /// What limits cut off.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn overflows(&self) -> Result<Vec<OverflowRow>, Fault>;

    /// The number of a configuration's canonical text (without secrets): its old one if the
    /// ledger has seen it, else the next.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn config_number(&mut self, text: &str, now: UnixMillis) -> Result<ConfigNumber, Fault>;

    /// Every configuration seen, by number.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn configs(&self) -> Result<Vec<ConfigRow>, Fault>;

    /// Under which configurations the reports of the days that begin inside `span` stand, by day and
    /// number. Days booked before the ledger kept this have none.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn day_configs(&self, span: Span) -> Result<Vec<DayConfigRow>, Fault>;

    /// Which hours that lie in or begin before the end of `span` can be restated.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn reach(&self, span: Span) -> Result<Reach, Fault>;

    /// Judges the lines of all hours within [`Ledger::reach`] again and books the differences, in one
    /// transaction: cells, families, conversations, evidence, lines and counts; marks the hours to
    /// be linked again and the sealed days to be amended. Identities stay, so that what left the
    /// books is not metered again. Memory does not grow with the span.
    ///
    /// # Errors
    /// See [`Ledger`]; and what `judge` returns.
    fn restate(
        &mut self,
        correction: &Correction,
        judge: &mut Rejudge<'_>,
        now: UnixMillis,
    ) -> Result<RestatementRow, Fault>;

    /// Every restatement, by number.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn restatements(&self) -> Result<Vec<RestatementRow>, Fault>;

    /// The key of fingerprints of people and conversations, made at the ledger's birth.
    fn fingerprint_key(&self) -> FingerprintKey;

    /// The time zones of days.
    fn zones(&self) -> &Zones;

    /// Gives days another time zone from the beginning of `date` (in that zone) on.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] when the books already have figures of that day or a later one, or
    /// the zone changes on that day or later.
    fn change_zone(&mut self, zone: Tz, date: NaiveDate) -> Result<(), Fault>;

    /// One bounded round of upkeep: closes hours, drops what is past its retention, seals days.
    /// Call it again while [`Maintained::more`] is set.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn maintain(&mut self, now: UnixMillis) -> Result<Maintained, Fault>;

    /// The chain of seals.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn seals(&self) -> Result<Vec<SealRow>, Fault>;

    /// Computes every seal again.
    ///
    /// # Errors
    /// See [`Ledger`].
    fn verify_seals(&self) -> Result<SealCheck, Fault>;
}
