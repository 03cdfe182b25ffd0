//! Books a batch: one transaction from the first question to the moved position.
//!
//! Knows no source. A newcomer may ask why the memory of identities, names and hours is thrown
//! away when a transaction fails: it is cheaper to read it again than to prove what it would be.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, TransactionBehavior};

use super::super::fault::Fault;
use super::super::types::{Applied, Batch};
use super::counts::Contradictions;
use super::delta::{Adder, Delta};
use super::sift::{Sieve, Sifted, teller};
use super::{
    SqliteLedger, cells, configs, conversations, counts, evidence, hours, lines, positions,
    quarantine, seals,
};
use crate::crash::{defect, site};
use crate::outcome::DuplicateKind;
use crate::units::{HOUR_MS, UnixMillis};

impl SqliteLedger {
    pub(super) fn book(&mut self, batch: &Batch, now: UnixMillis) -> Result<Applied, Fault> {
        counts::balanced(batch)?;
        let result = self.book_in_transaction(batch, now);
        if result.is_err() {
            self.forget();
        } else {
            self.ids.trim();
            self.names.trim();
            self.bound_log();
        }
        result
    }

    fn book_in_transaction(&mut self, batch: &Batch, now: UnixMillis) -> Result<Applied, Fault> {
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        if !defect("figures_first") {
            positions::advance(&tx, batch)?;
        }
        if defect("positions_first") {
            in_halves(&tx)?;
        }
        positions::note_losses(&tx, batch, now)?;
        site("transaction_positions");
        quarantine::take_out(&tx, batch)?;
        let mut sifted = Sieve {
            conn: &tx,
            hours: &mut self.hours,
            ids: &mut self.ids,
        }
        .sift(batch)?;
        site("transaction_sifted");
        let again = leave_out(batch, &mut sifted);
        let delta = Adder {
            conn: &tx,
            zones: &self.zones,
            names: &mut self.names,
            source: &batch.source,
            as_booked: false,
        }
        .add_up(&sifted.booked)?;
        cells::add(&tx, &delta)?;
        configs::count_days(&tx, &delta.configs, 1)?;
        if defect("figures_first") {
            in_halves(&tx)?;
        }
        site("transaction_cells");
        if defect("figures_first") {
            positions::advance(&tx, batch)?;
        }
        let ids = std::mem::take(&mut sifted.ids);
        // Before this batch's own lines are there: they are not the first to tell.
        let contradictions = pairs(&tx, batch, &sifted)?;
        lines::add(&tx, &mut self.hours, batch, (&sifted.booked, &delta))?;
        site("transaction_lines");
        for (hour, ids) in ids {
            self.ids.append(&tx, hour, ids)?;
            let known = self.hours.wrote(&tx, hour, now)?;
            hours::write(&tx, hour, known)?;
        }
        site("transaction_ids");
        let booked = (sifted.booked.as_slice(), &delta);
        evidence::add(&tx, batch, booked, self.options.evidence_per_hour)?;
        for (day, conversations) in &delta.conversations {
            let limit = self.options.conversations_per_day;
            conversations::add(&tx, *day, conversations, limit)?;
        }
        for day in delta.days() {
            seals::touch(&tx, day)?;
        }
        let day = self.zones.day_of(now).0;
        contradictions.write(&tx, batch, day)?;
        let kept = batch.quarantined.len() - again;
        if keep_aside(&tx, kept, batch, &mut sifted, (day, now))? {
            quarantine::limit(&tx, self.options.quarantine_rows, day)?;
        }
        note_folded(&tx, &delta)?;
        counts::add_batch(&tx, day, &batch.source, &sifted.applied)?;
        site("transaction_counts");
        tx.commit()?;
        Ok(sifted.applied)
    }
}

/// The defect that the crash tests must find: the transaction ends here, and another one goes on.
fn in_halves(conn: &Connection) -> Result<(), Fault> {
    Ok(conn.execute_batch("COMMIT; BEGIN IMMEDIATE")?)
}

/// Who contradicts whom in a batch.
fn pairs(conn: &Connection, batch: &Batch, sifted: &Sifted<'_>) -> Result<Contradictions, Fault> {
    let mut unknown: BTreeMap<i64, BTreeSet<u64>> = BTreeMap::new();
    for one in &sifted.contradictions {
        if let (None, Some(second)) = (&one.first, batch.entries.get(one.second)) {
            let hour = second.at.floor(HOUR_MS).0;
            unknown.entry(hour).or_default().insert(one.id);
        }
    }
    let tellers = lines::tellers(conn, &unknown)?;
    let mut pairs = Contradictions::default();
    for one in &sifted.contradictions {
        if let Some(second) = batch.entries.get(one.second) {
            let first = one.first.clone().or_else(|| tellers.get(&one.id).cloned());
            let facts = &second.facts;
            pairs.add(
                first.unwrap_or_default(),
                teller(facts.format, &facts.teller),
                (second.part, second.offset),
                second.at,
            );
        }
    }
    Ok(pairs)
}

/// Counts what is ignored, and leaves the calls out of the counts that share a record with what is
/// retried and were counted when it was first read: they come again as duplicates, as ignored, or,
/// where their hour has closed since, as late. How many records in quarantine are left out, too.
fn leave_out(batch: &Batch, sifted: &mut Sifted<'_>) -> usize {
    let applied = &mut sifted.applied;
    for (reason, n) in &batch.ignored {
        *applied.ignored.entry(*reason).or_default() += n;
    }
    if batch.retried.is_empty() {
        return 0;
    }
    let retried = u64::try_from(batch.retried.len()).unwrap_or(u64::MAX);
    let mut others = batch.received.saturating_sub(retried);
    let mut take = |n: &mut u64| {
        let less = others.min(*n);
        *n -= less;
        others -= less;
        usize::try_from(less).unwrap_or(0)
    };
    for kind in DuplicateKind::ALL {
        let less = applied.duplicates.get_mut(&kind).map_or(0, &mut take);
        if kind == DuplicateKind::Contradiction {
            let left = sifted.contradictions.len().saturating_sub(less);
            sifted.contradictions.truncate(left);
        }
    }
    for n in applied.ignored.values_mut() {
        take(n);
    }
    let mut late = u64::try_from(sifted.late.len()).unwrap_or(0);
    take(&mut late);
    sifted.late.truncate(usize::try_from(late).unwrap_or(0));
    let mut quarantined = u64::try_from(batch.quarantined.len()).unwrap_or(0);
    take(&mut quarantined)
}

/// Puts what could not be metered into quarantine and counts it: `kept` of the batch's own, and what
/// came too late. Whether there was any.
fn keep_aside(
    conn: &Connection,
    kept: usize,
    batch: &Batch,
    sifted: &mut Sifted<'_>,
    day: (i64, UnixMillis),
) -> Result<bool, Fault> {
    for row in batch.quarantined.iter().take(kept).chain(&sifted.late) {
        quarantine::put(conn, batch, row, day)?;
        *sifted
            .applied
            .quarantined
            .entry(row.reject.reason)
            .or_default() += 1;
    }
    Ok(kept > 0 || !sifted.late.is_empty())
}

/// Counts keys of which a name was beyond its day's limit.
pub(super) fn note_folded(conn: &Connection, delta: &Delta) -> Result<(), Fault> {
    for (day, n) in &delta.folded {
        counts::overflow(conn, "names", *day, usize::try_from(*n).unwrap_or(0))?;
    }
    Ok(())
}
