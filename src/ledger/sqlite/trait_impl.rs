//! The embedded ledger as a [`Ledger`]: each request handed to the file that knows it.
//!
//! Knows nothing itself. A newcomer may ask why each answer is wrapped: a fault must name the
//! ledger it belongs to, and the files below do not know its path.

use std::sync::Arc;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::super::{
    Applied, Batch, CellRow, ConfigRow, ContradictionRow, ConversationRow, Correction, CountRow,
    DayConfigRow, EvidenceRow, Family, FamilyRow, Fault, Hours, Ledger, LinkRow, LossRow,
    Maintained, OverflowRow, Placed, Position, QuarantineRow, Reach, Rejudge, Resolution,
    RestatementRow, SealCheck, SealRow, Span, Sums, Visit, Zones,
};
use super::{
    SqliteLedger, cells, configs, conversations, counts, evidence, lines, positions, quarantine,
    restatements, seals, sums, zones,
};
use crate::entry::CellKey;
use crate::ids::ConfigNumber;
use crate::line::{Line, TakeBrief, Wanted};
use crate::residency::Verdict;
use crate::secret::FingerprintKey;
use crate::units::UnixMillis;

impl Ledger for SqliteLedger {
    fn apply(&mut self, batch: &Batch, now: UnixMillis) -> Result<Applied, Fault> {
        let result = self.book(batch, now);
        self.named(result)
    }

    fn position(
        &self,
        source: &str,
        cluster: &str,
        topic: &str,
        partition: i32,
    ) -> Result<Option<Position>, Fault> {
        self.named(positions::get(
            &self.conn,
            (source, cluster, topic, partition),
        ))
    }

    fn positions(&self) -> Result<Vec<Placed>, Fault> {
        self.named(positions::all(&self.conn))
    }

    fn cells_where(
        &self,
        (resolution, span): (Resolution, Span),
        wanted: &mut dyn FnMut(&CellKey) -> bool,
        visit: &mut Visit<'_, CellRow>,
    ) -> Result<(), Fault> {
        self.named(cells::visit(&self.conn, (resolution, span), wanted, visit))
    }

    fn sums(&self, span: Span, only: Option<&str>) -> Result<Arc<Sums>, Fault> {
        self.steady(|| sums::of_days(&self.conn, self.kept.as_deref(), (span, only)))
    }

    fn hour_calls(&self, span: Span) -> Result<Arc<Hours>, Fault> {
        self.steady(|| sums::of_hours(&self.conn, self.kept.as_deref(), span))
    }

    fn changed_since(&self, seq: u64, limit: usize) -> Result<Vec<CellRow>, Fault> {
        self.named(cells::changed_since(&self.conn, seq, limit))
    }

    fn feed_end(&self) -> Result<u64, Fault> {
        self.named(cells::feed_end(&self.conn))
    }

    fn families(&self, family: Family, span: Span) -> Result<Vec<FamilyRow>, Fault> {
        self.named(cells::families(&self.conn, family, span))
    }

    fn conversations(&self, at: UnixMillis) -> Result<Vec<ConversationRow>, Fault> {
        let day = self.zones.day_of(at);
        let limit = self.options.conversations_per_day;
        self.named(conversations::of_day(&self.conn, day, limit))
    }

    fn lines(&self, span: Span, visit: &mut Visit<'_, Line>) -> Result<(), Fault> {
        self.named(lines::visit(&self.conn, span, visit))
    }

    fn lines_where(
        &self,
        span: Span,
        wanted: &mut Wanted<'_>,
        visit: &mut Visit<'_, Line>,
    ) -> Result<(), Fault> {
        self.named(lines::visit_where(&self.conn, span, wanted, visit))
    }

    fn briefs(
        &self,
        span: Span,
        wanted: &mut Wanted<'_>,
        visit: &mut TakeBrief<'_, Fault>,
    ) -> Result<(), Fault> {
        self.named(lines::visit_briefs(&self.conn, span, wanted, visit))
    }

    fn hours_to_link(&self, complete_to: UnixMillis) -> Result<Vec<UnixMillis>, Fault> {
        self.named(lines::hours_to_link(&self.conn, complete_to))
    }

    fn put_links(&mut self, hour: UnixMillis, links: &[LinkRow]) -> Result<(), Fault> {
        let result = lines::put_links(&mut self.conn, hour, links);
        self.named(result)
    }

    fn links(&self, span: Span) -> Result<Vec<LinkRow>, Fault> {
        self.named(lines::links(&self.conn, span))
    }

    fn evidence(&self, span: Span, limit: usize) -> Result<Vec<EvidenceRow>, Fault> {
        self.named(evidence::rows(&self.conn, span, limit))
    }

    fn examples(
        &self,
        of: (Span, Verdict),
        wanted: &mut dyn FnMut(&CellKey) -> bool,
        limit: usize,
    ) -> Result<Vec<EvidenceRow>, Fault> {
        self.named(evidence::examples(&self.conn, of, wanted, limit))
    }

    fn quarantine(&self, limit: usize) -> Result<Vec<QuarantineRow>, Fault> {
        self.named(quarantine::rows(&self.conn, limit))
    }

    fn counts(&self) -> Result<Vec<CountRow>, Fault> {
        self.named(counts::all(&self.conn))
    }

    fn losses(&self) -> Result<Vec<LossRow>, Fault> {
        self.named(positions::losses(&self.conn))
    }

    fn contradictions(&self) -> Result<Vec<ContradictionRow>, Fault> {
        self.named(counts::contradictions(&self.conn))
    }

    fn overflows(&self) -> Result<Vec<OverflowRow>, Fault> {
        self.named(counts::overflows(&self.conn))
    }

    fn config_number(&mut self, text: &str, now: UnixMillis) -> Result<ConfigNumber, Fault> {
        let result = configs::number(&mut self.conn, text, now);
        self.named(result)
    }

    fn configs(&self) -> Result<Vec<ConfigRow>, Fault> {
        self.named(configs::all(&self.conn))
    }

    fn day_configs(&self, span: Span) -> Result<Vec<DayConfigRow>, Fault> {
        self.named(configs::of_days(&self.conn, span))
    }

    fn reach(&self, span: Span) -> Result<Reach, Fault> {
        self.named(self.reach_of(span))
    }

    fn restate(
        &mut self,
        correction: &Correction,
        judge: &mut Rejudge<'_>,
        now: UnixMillis,
    ) -> Result<RestatementRow, Fault> {
        let result = self.correct(correction, judge, now);
        self.named(result)
    }

    fn restatements(&self) -> Result<Vec<RestatementRow>, Fault> {
        self.named(restatements::all(&self.conn))
    }

    fn fingerprint_key(&self) -> FingerprintKey {
        self.key
    }

    fn zones(&self) -> &Zones {
        &self.zones
    }

    fn change_zone(&mut self, zone: Tz, date: NaiveDate) -> Result<(), Fault> {
        let result = zones::change(&mut self.conn, &self.zones, zone, date);
        self.zones = self.named(result)?;
        Ok(())
    }

    fn maintain(&mut self, now: UnixMillis) -> Result<Maintained, Fault> {
        let result = self.keep_up(now);
        self.named(result)
    }

    fn seals(&self) -> Result<Vec<SealRow>, Fault> {
        self.named(seals::all(&self.conn))
    }

    fn verify_seals(&self) -> Result<SealCheck, Fault> {
        self.named(seals::verify(&self.conn, &self.zones))
    }
}
