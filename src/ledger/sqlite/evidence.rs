//! Violated and unproven calls, one by one, up to a limit for each hour and verdict.
//!
//! Knows no rule. A newcomer may ask why the first by time and id are kept and not the first to
//! come: the same calls must leave the same rows in whatever order they are read.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, Row};

use super::super::fault::Fault;
use super::super::rows::EvidenceRow;
use super::super::types::{Batch, Span, is_evidence};
use super::delta::{Booked, Delta};
use super::names::{dictionary, key_of};
use super::{count, counts};
use crate::entry::{CellKey, Entry, Origin};
use crate::ids::ConfigNumber;
use crate::residency::Verdict;
use crate::units::{HOUR_MS, Text, UnixMillis, clean_name};

/// A row about to be written: time and id first, because they order.
struct Candidate<'a> {
    at: i64,
    id: i64,
    key: i64,
    entry: &'a Entry,
}

/// Adds a batch's evidence.
pub(super) fn add(
    conn: &Connection,
    batch: &Batch,
    (booked, delta): (&[Booked<'_>], &Delta),
    limit: usize,
) -> Result<(), Fault> {
    let mut windows: BTreeMap<(i64, &str), Vec<Candidate<'_>>> = BTreeMap::new();
    for (place, one) in booked.iter().enumerate() {
        let entry: &Entry = &one.entry;
        if entry.call.is_none() || !is_evidence(entry.shared.key.verdict) {
            continue;
        }
        let hour = entry.at.floor(HOUR_MS).0;
        let verdict = entry
            .shared
            .key
            .verdict
            .map_or("", |verdict| verdict.as_str());
        windows.entry((hour, verdict)).or_default().push(Candidate {
            at: entry.at.0,
            id: one.id.cast_signed(),
            key: delta.key(place).map_or(0, |resolved| resolved.number),
            entry,
        });
    }
    for ((hour, verdict), candidates) in windows {
        add_window(conn, batch, (hour, verdict), candidates, limit)?;
    }
    Ok(())
}

fn add_window(
    conn: &Connection,
    batch: &Batch,
    (hour, verdict): (i64, &str),
    mut candidates: Vec<Candidate<'_>>,
    limit: usize,
) -> Result<(), Fault> {
    let kept: usize = conn
        .prepare_cached("SELECT count(*) FROM evidence WHERE hour = ?1 AND verdict = ?2")?
        .query_row((hour, verdict), |row| row.get(0))?;
    let all = kept + candidates.len();
    candidates.sort_by_key(|candidate| (candidate.at, candidate.id));
    candidates.truncate(limit);
    if kept >= limit {
        // The window is full: what comes after its last row would go at once.
        let (at, id): (i64, i64) = conn
            .prepare_cached(
                "SELECT at, id FROM evidence WHERE hour = ?1 AND verdict = ?2
                 ORDER BY at DESC, id DESC LIMIT 1",
            )?
            .query_row((hour, verdict), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?
            .unwrap_or((i64::MIN, i64::MIN));
        candidates.retain(|candidate| (candidate.at, candidate.id) < (at, id));
    }
    let mut insert = conn.prepare_cached(
        "INSERT OR IGNORE INTO evidence VALUES
           (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?;
    for candidate in &candidates {
        let entry = candidate.entry;
        let identity = &entry.identity;
        let (topic, partition) = batch.place(entry.part);
        insert.execute(rusqlite::params![
            hour,
            verdict,
            candidate.at,
            candidate.id,
            clean_name(&format!("{}:{}", identity.kind.as_str(), identity.value)).as_str(),
            batch.source.as_str(),
            topic.as_str(),
            partition,
            entry.offset,
            candidate.key,
            entry.shared.rule.as_str(),
            entry.shared.evidence.as_str(),
            entry.config.0,
        ])?;
    }
    let surplus = (kept + candidates.len()).saturating_sub(limit);
    if surplus > 0 {
        conn.prepare_cached(
            "DELETE FROM evidence WHERE hour = ?1 AND verdict = ?2 AND (at, id) IN
               (SELECT at, id FROM evidence WHERE hour = ?1 AND verdict = ?2
                ORDER BY at DESC, id DESC LIMIT ?3)",
        )?
        .execute((hour, verdict, count(surplus)))?;
    }
    counts::overflow(conn, "evidence", hour, all.saturating_sub(limit.max(kept)))
}

/// Takes an hour's rows out, to be added again; the identities that they tell, without the words
/// for their kinds.
pub(super) fn take_hour(conn: &Connection, hour: i64) -> Result<BTreeMap<(i64, i64), Text>, Fault> {
    let mut rows =
        conn.prepare_cached("DELETE FROM evidence WHERE hour = ?1 RETURNING at, id, identity")?;
    let rows = rows.query_map([hour], |row| {
        let identity = row.get_ref(2)?.as_str()?;
        let value = identity
            .split_once(':')
            .map_or(identity, |(_, value)| value);
        Ok(((row.get(0)?, row.get(1)?), Text::from(value)))
    })?;
    let known = rows.collect::<Result<_, _>>()?;
    counts::forget_overflow(conn, "evidence", hour)?;
    Ok(known)
}

/// Rows by time and id.
pub(super) fn rows(conn: &Connection, span: Span, limit: usize) -> Result<Vec<EvidenceRow>, Fault> {
    let first_hour = span.from.floor(HOUR_MS).0;
    let mut rows = conn.prepare_cached(
        "SELECT feature, endpoint, provider, model, region, cell_key.verdict, grade,
                at, evidence.id, identity, source, topic, partition, offset, rule, evidence, config
         FROM evidence JOIN cell_key ON cell_key.id = evidence.key
         WHERE hour >= ?1 AND hour < ?3 AND at >= ?2 AND at < ?3
         ORDER BY at, evidence.id LIMIT ?4",
    )?;
    let mut rows = rows.query((first_hour, span.from.0, span.to.0, count(limit)))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(row_of(row)?);
    }
    Ok(found)
}

fn row_of(row: &Row<'_>) -> Result<EvidenceRow, Fault> {
    let text = |i: usize| -> Result<Text, Fault> { Ok(Text::from(row.get_ref(i)?.as_str()?)) };
    Ok(EvidenceRow {
        at: UnixMillis(row.get(7)?),
        id: row.get::<_, i64>(8)?.cast_unsigned(),
        identity: text(9)?,
        origin: Origin {
            source: text(10)?,
            topic: text(11)?,
            partition: row.get(12)?,
            offset: row.get(13)?,
        },
        key: key_of(row)?,
        rule: text(14)?,
        evidence: text(15)?,
        config: ConfigNumber(row.get(16)?),
    })
}

/// What rows have in common of which one is an example.
type Alike = (Text, Text, Text);

/// At most `limit` rows of a verdict and the wanted keys by time and id, the first of each feature, endpoint and words
/// before the others. Rows are large: only those that are answered are read whole.
pub(super) fn examples(
    conn: &Connection,
    (span, verdict): (Span, Verdict),
    wanted: &mut dyn FnMut(&CellKey) -> bool,
    limit: usize,
) -> Result<Vec<EvidenceRow>, Fault> {
    // Hours, and what is in them, lie in the order of time. Where the planner knows that there is one verdict alone, it
    // does not see that, and sorts.
    let mut rows = conn.prepare_cached(
        "SELECT hour, at, id, key, evidence FROM evidence
         WHERE hour >= ?1 AND hour < ?3 AND +verdict = ?4 AND at >= ?2 AND at < ?3
         ORDER BY hour, verdict, at, id",
    )?;
    let hour = span.from.floor(HOUR_MS).0;
    let mut rows = rows.query((hour, span.from.0, span.to.0, verdict.as_str()))?;
    let mut keys = dictionary(conn)?;
    keys.retain(|_, key| wanted(key));
    let mut known: BTreeMap<i64, BTreeSet<Text>> = BTreeMap::new();
    let mut seen: BTreeSet<Alike> = BTreeSet::new();
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()?.filter(|_| first.len() < limit) {
        let place: (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (number, words): (i64, &str) = (row.get(3)?, row.get_ref(4)?.as_str()?);
        let Some(key) = keys.get(&number) else {
            continue;
        };
        let of_key = known.entry(number).or_default();
        let is_first = !of_key.contains(words) && {
            let words = Text::from(words);
            of_key.insert(words.clone());
            seen.insert((key.feature.clone(), key.endpoint.clone(), words))
        };
        if is_first {
            first.push(place);
        } else if rest.len() < limit {
            rest.push(place);
        }
    }
    let chosen = first.into_iter().chain(rest).take(limit);
    let mut whole = conn.prepare_cached(
        "SELECT feature, endpoint, provider, model, region, cell_key.verdict, grade,
                at, evidence.id, identity, source, topic, partition, offset, rule, evidence, config
         FROM evidence JOIN cell_key ON cell_key.id = evidence.key
         WHERE hour = ?1 AND at = ?2 AND evidence.id = ?3 AND evidence.verdict = ?4",
    )?;
    chosen
        .map(|(hour, at, id)| {
            let place = (hour, at, id, verdict.as_str());
            whole.query_row(place, |row| Ok(row_of(row)))?
        })
        .collect()
}
