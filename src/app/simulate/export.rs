//! What an export does to records: some come late, some twice, some broken; all in order of export.
//!
//! Knows no format beyond lines and frames. A newcomer may ask why a broken record stands in place
//! of a good one: that is how it is in life, and a reader's coverage must show the gap.

use std::collections::BTreeMap;
use std::io;

use crate::units::{HOUR_MS, UnixMillis};

use super::Sink;
use super::random::Random;
use super::scenario::Scenario;
use super::story::Story;
use super::tell::{Framing, Row, date};
use super::traffic::signed;
use super::truth::{self, Counts, Truth};

/// Records wait here until nothing earlier can come.
pub(super) struct Export<'a> {
    scenario: &'a Scenario,
    story: &'a Story,
    seed: u64,
    rows: u64,
    waiting: BTreeMap<(UnixMillis, u64), Waiting>,
}

#[derive(Clone)]
struct Waiting {
    table: &'static str,
    framing: Framing,
    bytes: Vec<u8>,
}

impl<'a> Export<'a> {
    pub(super) fn new(scenario: &'a Scenario, story: &'a Story, seed: u64) -> Export<'a> {
        Export {
            scenario,
            story,
            seed,
            rows: 0,
            waiting: BTreeMap::new(),
        }
    }

    /// Takes a record in and decides what becomes of it.
    pub(super) fn take(&mut self, row: Row, counts: &mut Counts, truth: &mut Truth) {
        let number = self.rows;
        self.rows += 1;
        let told = &self.scenario.export;
        let mut chance = Random::of_row(self.seed, "export", number);
        let mut waiting = Waiting {
            table: row.table,
            framing: row.framing,
            bytes: row.bytes,
        };
        let mut at = row.at;
        let is_broken = row.llm && chance.per_mille(told.broken_per_mille);
        if is_broken {
            waiting.bytes = broken(&waiting, &mut chance);
            counts.broken += 1;
        } else {
            for what in &row.told {
                truth::told(truth, what);
            }
        }
        if row.llm && chance.per_mille(told.late_per_mille) {
            let hours = told.late_hours.max(1) * HOUR_MS.unsigned_abs();
            at = at.saturating_add(signed(HOUR_MS.unsigned_abs() + chance.below(hours)));
            counts.late += 1;
        }
        if row.llm && chance.per_mille(told.repeated_per_mille) {
            let later = at.saturating_add(signed(1 + chance.below(HOUR_MS.unsigned_abs())));
            self.wait(later, waiting.clone(), counts);
            counts.repeated += 1;
        }
        for again in &self.story.re_exports {
            if (again.from..again.to).contains(&at) {
                self.wait(again.to, waiting.clone(), counts);
                counts.repeated += 1;
            }
        }
        self.wait(at, waiting, counts);
    }

    fn wait(&mut self, at: UnixMillis, row: Waiting, counts: &mut Counts) {
        counts.records += 1;
        counts.bytes += u64::try_from(row.bytes.len()).unwrap_or(0);
        // The counter keeps records of one millisecond apart and in their order.
        self.waiting.insert((at, counts.records), row);
    }

    /// Hands on all records exported before `until`, or all of them.
    pub(super) fn release(
        &mut self,
        until: Option<UnixMillis>,
        sink: &mut dyn Sink,
    ) -> io::Result<()> {
        while let Some(first) = self.waiting.first_entry() {
            let at = first.key().0;
            if until.is_some_and(|until| at >= until) {
                return Ok(());
            }
            let row = first.remove();
            sink.record(row.table, &date(at), row.framing, &row.bytes)?;
        }
        Ok(())
    }
}

/// The bytes of a record after an accident. Every kind ends in a reader's quarantine, whatever
/// the format; the host stays in the bytes, so that nobody can take it for another call.
fn broken(row: &Waiting, chance: &mut Random) -> Vec<u8> {
    let bytes = &row.bytes;
    let cut = bytes.len() - bytes.len() / 8 - 2;
    let body = bytes.get(..cut).unwrap_or_default();
    let inner = bytes.get(1..).unwrap_or_default();
    if row.framing == Framing::Length {
        return body.to_vec();
    }
    match chance.below(5) {
        // The connection broke off.
        0 => body.to_vec(),
        // A logger wrote one line instead of another.
        1 => [b"WARN could not serialize: ".as_slice(), inner].concat(),
        // Bytes of another encoding.
        2 => [body, b"\xff\xfe\"}".as_slice()].concat(),
        // A key twice.
        3 => [b"{\"sys_id\":\"0\",\"sys_id\":\"1\",".as_slice(), inner].concat(),
        // Not a number.
        _ => [b"{\"sys_mod_count_1\":NaN,".as_slice(), inner].concat(),
    }
}
