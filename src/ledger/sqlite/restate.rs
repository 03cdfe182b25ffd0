//! Books lines again under another configuration: one transaction, one chunk of lines at a time.
//!
//! Knows no rule: each line is handed to whoever judges. A newcomer may ask why the difference is
//! booked and not the sum: followers learn of each changed cell, and of no other.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::super::correction::{Again, Correction, Reach, Rejudge, Restated, RestatementRow};
use super::super::fault::Fault;
use super::super::types::{Batch, Part, Span};
use super::delta::{Adder, Booked, Delta, New};
use super::reach::{self, Plan};
use super::{
    SqliteLedger, apply, cells, configs, conversations, count, counts, evidence, hours, lines,
    restatements, seals,
};
use crate::crash::site;
use crate::entry::Entry;
use crate::ids::ConfigNumber;
use crate::line::{self, Kept, Line};
use crate::outcome::DuplicateKind;
use crate::units::{Text, UnixMillis};

/// A report as it is to be booked; `line` where it stays as it was.
struct Renewed {
    id: u64,
    entry: Entry,
    line: Option<Line>,
}

/// What a chunk holds of one source.
#[derive(Default)]
struct OfSource {
    batch: Batch,
    old: Vec<(u64, Entry)>,
    new: Vec<Renewed>,
    /// Reports that left, by the outcome that they have now.
    left: BTreeMap<Left, i64>,
}

impl OfSource {
    /// The number of the part that a line's record belongs to.
    fn part(&mut self, line: &Line) -> u16 {
        let about = &*line.about;
        let parts = &mut self.batch.parts;
        let known = parts
            .iter()
            .position(|part| part.topic == about.topic && part.partition == about.partition);
        let place = known.unwrap_or_else(|| {
            parts.push(Part {
                topic: about.topic.clone(),
                partition: about.partition,
                from: None,
                to: None,
            });
            parts.len() - 1
        });
        u16::try_from(place).unwrap_or(u16::MAX)
    }

    fn line_of(&self, renewed: Renewed, key: &crate::entry::CellKey) -> Line {
        let (topic, partition) = self.batch.place(renewed.entry.part);
        renewed.line.unwrap_or_else(|| {
            Line::of(&Kept {
                entry: &renewed.entry,
                id: renewed.id,
                key,
                source: &self.batch.source,
                topic,
                partition,
            })
        })
    }
}

/// What is remembered over the chunks of a correction.
#[derive(Default)]
struct Tally {
    done: Restated,
    from: BTreeSet<ConfigNumber>,
    days: BTreeSet<i64>,
}

/// Outcome and reason of a report that no longer counts.
type Left = (&'static str, &'static str);

/// Identities that evidence tells and old lines do not, by time and id.
type Identities = BTreeMap<(i64, i64), Text>;

impl SqliteLedger {
    pub(super) fn reach_of(&self, span: Span) -> Result<Reach, Fault> {
        let limit = self.options.names_per_day;
        Ok(reach::plan(&self.conn, &self.zones, limit, span)?.reach)
    }

    pub(super) fn correct(
        &mut self,
        correction: &Correction,
        judge: &mut Rejudge<'_>,
        now: UnixMillis,
    ) -> Result<RestatementRow, Fault> {
        let result = self.correct_in_transaction(correction, judge, now);
        if result.is_err() {
            self.forget();
        } else {
            self.names.trim();
        }
        result
    }

    fn correct_in_transaction(
        &mut self,
        correction: &Correction,
        judge: &mut Rejudge<'_>,
        now: UnixMillis,
    ) -> Result<RestatementRow, Fault> {
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let limit = self.options.names_per_day;
        let plan = reach::plan(&tx, &self.zones, limit, correction.span)?;
        for day in &plan.days_anew {
            conversations::drop_day(&tx, *day)?;
            counts::forget_overflow(&tx, "conversations", *day)?;
        }
        let mut run = Run {
            conn: &tx,
            zones: &self.zones,
            names: &mut self.names,
            options: &self.options,
            plan: &plan,
            tally: Tally::default(),
        };
        for hour in &plan.reach.hours {
            let grown = run.hour(hour.0, judge)?;
            let known = self.hours.all(&tx)?.entry(hour.0).or_default();
            known.lines += grown.0;
            known.bytes += grown.1;
            hours::write(&tx, hour.0, known)?;
            site("restated_hour");
        }
        let tally = run.tally;
        lines::link_again(&tx, &mut self.hours, &plan.reach)?;
        for day in &tally.days {
            seals::touch(&tx, *day)?;
        }
        let row = remember(&tx, correction, tally, now)?;
        site("restated_all");
        tx.commit()?;
        Ok(row)
    }
}

fn remember(
    tx: &Transaction<'_>,
    correction: &Correction,
    tally: Tally,
    now: UnixMillis,
) -> Result<RestatementRow, Fault> {
    let mut row = RestatementRow {
        number: 0,
        at: now,
        span: correction.span,
        from: tally.from.into_iter().collect(),
        to: correction.config,
        reason: correction.reason.clone(),
        done: tally.done,
    };
    row.number = restatements::put(tx, &row)?;
    Ok(row)
}

/// The work on one correction.
struct Run<'a> {
    conn: &'a Connection,
    zones: &'a super::super::zone::Zones,
    names: &'a mut super::names::Names,
    options: &'a super::Options,
    plan: &'a Plan,
    tally: Tally,
}

impl Run<'_> {
    /// Restates an hour; by how many lines and bytes of lines it grew.
    fn hour(&mut self, hour: i64, judge: &mut Rejudge<'_>) -> Result<(i64, i64), Fault> {
        let known = evidence::take_hour(self.conn, hour)?;
        let mut grown = (0, 0);
        for (id, n) in lines::chunks(self.conn, hour)? {
            let body: Vec<u8> = self
                .conn
                .prepare_cached("SELECT body FROM line WHERE id = ?1")?
                .query_row([id], |row| row.get(0))?;
            let read = line::decode(&body)?;
            let written = self.chunk(read, &known, judge)?;
            let bytes = lines::replace(self.conn, id, &written)?;
            grown.0 += count(written.len()) - count(n);
            grown.1 += bytes - count(body.len());
        }
        Ok(grown)
    }

    /// Restates a chunk's lines; what they are now.
    fn chunk(
        &mut self,
        read: Vec<Line>,
        known: &Identities,
        judge: &mut Rejudge<'_>,
    ) -> Result<Vec<Line>, Fault> {
        let mut sources: BTreeMap<Text, OfSource> = BTreeMap::new();
        for line in read {
            let of = sources.entry(line.about.source.clone()).or_insert_with(|| {
                let batch = Batch {
                    source: line.about.source.clone(),
                    ..Batch::default()
                };
                OfSource {
                    batch,
                    ..OfSource::default()
                }
            });
            self.take(of, line, known, judge)?;
        }
        let mut written = Vec::new();
        for of in sources.into_values() {
            self.book(of, &mut written)?;
        }
        Ok(written)
    }

    /// Judges one line.
    fn take(
        &mut self,
        of: &mut OfSource,
        line: Line,
        known: &Identities,
        judge: &mut Rejudge<'_>,
    ) -> Result<(), Fault> {
        let part = of.part(&line);
        let mut old = line.entry(part);
        let id = line.id;
        let told = known.get(&(line.at.0, id.cast_signed()));
        if let (true, Some(identity)) = (line.identity.is_empty(), told) {
            old.identity.value.clone_from(identity);
        }
        let again = judge(&line)?;
        let new = match again {
            Again::Judged(mut entry) => {
                entry.part = part;
                keep_halves(&line, &mut entry);
                entry.left_out.transport |= line.about.left_out.transport;
                entry.left_out.usage |= line.about.left_out.usage;
                let counts = entry.call.is_some() || entry.request.is_some();
                if counts {
                    Ok((*entry, None))
                } else {
                    // What is left of it is another report's.
                    Err(("duplicate", DuplicateKind::Equal.as_str()))
                }
            }
            Again::AsBooked => {
                self.tally.done.as_booked += 1;
                Ok((old.clone(), Some(line)))
            }
            Again::Ignored(reason) => Err(("ignored", reason.as_str())),
        };
        self.tally.from.insert(old.config);
        self.count(&old, new.as_ref().ok().map(|(entry, _)| entry));
        match new {
            Ok((entry, line)) => of.new.push(Renewed { id, entry, line }),
            Err(outcome) => *of.left.entry(outcome).or_default() += 1,
        }
        of.old.push((id, old));
        Ok(())
    }

    fn count(&mut self, old: &Entry, new: Option<&Entry>) {
        let cost = |entry: &Entry| {
            let amount = entry.request.and_then(|request| request.money.amount());
            amount.map_or(0, |amount| amount.0)
        };
        let place = |entry: &Entry| {
            let key = &entry.shared.key;
            (key.feature.clone(), key.endpoint.clone(), key.model.clone())
        };
        let done = &mut self.tally.done;
        done.lines += 1;
        done.removed += u64::from(new.is_none());
        done.changed += u64::from(!new.is_some_and(|new| booked_alike(old, new)));
        done.before_nanousd = done.before_nanousd.saturating_add(cost(old));
        done.after_nanousd = done.after_nanousd.saturating_add(new.map_or(0, cost));
        if new.map(place) != Some(place(old)) {
            done.moved_nanousd = done.moved_nanousd.saturating_add(cost(old));
        }
    }

    /// Books the difference of one source's lines of a chunk.
    fn book(&mut self, of: OfSource, written: &mut Vec<Line>) -> Result<(), Fault> {
        let (conn, zones) = (self.conn, self.zones);
        let mut adder = Adder {
            conn,
            zones,
            names: &mut *self.names,
            source: &of.batch.source,
            as_booked: true,
        };
        let booked = |(id, entry)| Booked {
            entry: New::All(entry),
            id,
        };
        let old: Vec<Booked<'_>> = of
            .old
            .iter()
            .map(|(id, entry)| booked((*id, entry)))
            .collect();
        let old = adder.add_up(&old)?;
        adder.as_booked = false;
        let new = of.new.iter().map(|new| booked((new.id, &new.entry)));
        let new: Vec<Booked<'_>> = new.collect();
        let mut delta = adder.add_up(&new)?;
        evidence::add(
            conn,
            &of.batch,
            (&new, &delta),
            self.options.evidence_per_hour,
        )?;
        self.tally.days.extend(old.days());
        configs::count_days(conn, &delta.configs, 1)?;
        configs::count_days(conn, &old.configs, -1)?;
        delta.take_away(old, &self.plan.days_anew);
        cells::add(conn, &delta)?;
        for (day, conversations) in &delta.conversations {
            let limit = self.options.conversations_per_day;
            conversations::add(conn, *day, conversations, limit)?;
        }
        apply::note_folded(conn, &delta)?;
        for (outcome, n) in &of.left {
            counts::no_longer_metered(conn, &of.batch.source, *outcome, *n)?;
        }
        drop(new);
        keep(of, &delta, written);
        Ok(())
    }
}

/// The lines of what was booked.
fn keep(mut of: OfSource, delta: &Delta, written: &mut Vec<Line>) {
    for (place, renewed) in std::mem::take(&mut of.new).into_iter().enumerate() {
        let own = std::sync::Arc::clone(&renewed.entry.shared);
        let key = delta.key(place).map_or(&own.key, |resolved| &*resolved.key);
        written.push(of.line_of(renewed, key));
    }
}

/// Leaves out halves that were another report's before.
fn keep_halves(line: &Line, entry: &mut Entry) {
    if line.call.is_none() {
        entry.call = None;
    }
    if line.request.is_none() {
        entry.request = None;
        entry.price_row = Text::default();
    }
}

/// Whether two bookings of a report differ in nothing but the configuration.
fn booked_alike(old: &Entry, new: &Entry) -> bool {
    old.shared.key == new.shared.key
        && (old.call, old.request) == (new.call, new.request)
        && (&old.price_row, &old.credential, &old.user_group)
            == (&new.price_row, &new.credential, &new.user_group)
        && (&old.shared.rule, &old.shared.evidence) == (&new.shared.rule, &new.shared.evidence)
}
