//! What each conversation used of each feature on each day, in small sorted segments.
//!
//! Knows no user. A newcomer may ask why not one row each: a busy day has as many conversations as
//! calls, and a row would be read and written for each of them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::super::fault::Fault;
use super::super::rows::ConversationRow;
use super::{corrupt, count, counts, segments_of_level};
use crate::cell::{Cell, Totals};
use crate::ids::Fingerprint;
use crate::units::{Text, UnixMillis};
use crate::varint::{put, take};

/// Segments with fewer conversations than this are merged with others of their size.
const MERGED_BELOW: usize = 2_048;
/// The fingerprint of all beyond the limit.
const OTHERS: u64 = 0;

/// Totals by fingerprint and feature.
pub(super) type Conversations = BTreeMap<(u64, Text), Totals>;

/// What a conversation used of a feature, as it lies in a segment: most rows pass from one segment
/// into the next as they are.
struct Row<'a> {
    conversation: u64,
    feature: &'a str,
    body: Cow<'a, [u8]>,
}

impl Row<'_> {
    fn totals(&self) -> Option<Totals> {
        Some(Cell::decode(&self.body)?.totals)
    }

    fn add(&mut self, other: &Totals) -> Option<()> {
        let mut totals = self.totals()?;
        totals.add(other, 1);
        self.body = Cow::Owned(encoded(&totals));
        Some(())
    }
}

fn encoded(totals: &Totals) -> Vec<u8> {
    let mut bytes = Vec::new();
    totals.encode_into(&mut bytes);
    bytes
}

fn number(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// Writes a segment: its features, then its rows by conversation and feature.
struct Segment<'a> {
    features: Vec<&'a str>,
    bytes: Vec<u8>,
}

impl<'a> Segment<'a> {
    fn new(rows: usize, features: impl Iterator<Item = &'a str>) -> Segment<'a> {
        let features: BTreeSet<&str> = features.collect();
        let features: Vec<&str> = features.into_iter().collect();
        let mut bytes = Vec::with_capacity(rows * 40);
        put(&mut bytes, number(features.len()));
        for feature in &features {
            put(&mut bytes, number(feature.len()));
            bytes.extend_from_slice(feature.as_bytes());
        }
        Segment { features, bytes }
    }

    fn push(&mut self, conversation: u64, feature: &str, body: &[u8]) {
        self.bytes.extend_from_slice(&conversation.to_le_bytes());
        let at = self.features.binary_search(&feature).unwrap_or(0);
        put(&mut self.bytes, number(at));
        put(&mut self.bytes, number(body.len()));
        self.bytes.extend_from_slice(body);
    }
}

fn encode(conversations: &Conversations) -> Vec<u8> {
    let features = conversations.keys().map(|(_, feature)| feature.as_str());
    let mut segment = Segment::new(conversations.len(), features);
    let mut body = Vec::with_capacity(96);
    for ((conversation, feature), totals) in conversations {
        body.clear();
        totals.encode_into(&mut body);
        segment.push(*conversation, feature, &body);
    }
    segment.bytes
}

fn encode_rows(rows: &[Row<'_>]) -> Vec<u8> {
    let mut segment = Segment::new(rows.len(), rows.iter().map(|row| row.feature));
    for row in rows {
        segment.push(row.conversation, row.feature, &row.body);
    }
    segment.bytes
}

fn block<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(take(bytes)?).ok()?;
    let (block, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(block)
}

/// Adds a segment's rows to others.
fn decode_into<'a>(mut bytes: &'a [u8], all: &mut Vec<Row<'a>>) -> Option<()> {
    let bytes = &mut bytes;
    let mut features = Vec::new();
    for _ in 0..take(bytes)? {
        features.push(std::str::from_utf8(block(bytes)?).ok()?);
    }
    while let Some((conversation, rest)) = bytes.split_first_chunk::<8>() {
        *bytes = rest;
        all.push(Row {
            conversation: u64::from_le_bytes(*conversation),
            feature: features.get(usize::try_from(take(bytes)?).ok()?)?,
            body: Cow::Borrowed(block(bytes)?),
        });
    }
    bytes.is_empty().then_some(())
}

/// All rows of some segments, by conversation and feature; those that corrections took everything
/// from are forgotten.
fn merge(segments: &[Vec<u8>]) -> Option<Vec<Row<'_>>> {
    let mut all = Vec::new();
    for segment in segments {
        decode_into(segment, &mut all)?;
    }
    add_up(all)
}

/// Adds up rows of one conversation and feature.
fn add_up(mut rows: Vec<Row<'_>>) -> Option<Vec<Row<'_>>> {
    // Runs that are sorted already, which this sort is quick to see.
    rows.sort_by_key(|row| (row.conversation, row.feature));
    let mut sums: Vec<Row<'_>> = Vec::with_capacity(rows.len());
    for row in rows {
        match sums.last_mut() {
            Some(last) if (last.conversation, last.feature) == (row.conversation, row.feature) => {
                last.add(&row.totals()?)?;
            }
            Some(_) | None => sums.push(row),
        }
    }
    let nothing = encoded(&Totals::default());
    sums.retain(|row| *row.body != *nothing);
    Some(sums)
}

/// Keeps the `limit` conversations with most calls and requests; the rest of each feature is added
/// up. Returns how many were.
fn fold(mut rows: Vec<Row<'_>>, limit: usize) -> Option<(Vec<Row<'_>>, usize)> {
    let mut sizes = Vec::with_capacity(rows.len());
    for (place, row) in rows.iter().enumerate() {
        if row.conversation != OTHERS {
            let totals = row.totals()?;
            let tokens = totals
                .tokens_input_total()
                .saturating_add(totals.tokens_output);
            let reports = totals.calls().saturating_add(totals.requests());
            let size = (reports.saturating_neg(), tokens.saturating_neg());
            sizes.push((size, row.conversation, row.feature, place));
        }
    }
    if sizes.len() <= limit {
        return Some((rows, 0));
    }
    sizes.select_nth_unstable(limit);
    let surplus = sizes.split_off(limit);
    let mut others: BTreeMap<&str, Totals> = BTreeMap::new();
    for (_, _, feature, place) in &surplus {
        if let Some(row) = rows.get_mut(*place) {
            others.entry(feature).or_default().add(&row.totals()?, 1);
            row.body = Cow::Borrowed(&[]);
        }
    }
    rows.retain(|row| !row.body.is_empty());
    rows.extend(others.into_iter().map(|(feature, totals)| Row {
        conversation: OTHERS,
        feature,
        body: Cow::Owned(encoded(&totals)),
    }));
    Some((add_up(rows)?, surplus.len()))
}

/// Adds a batch's conversations of a day.
pub(super) fn add(
    conn: &Connection,
    day: i64,
    conversations: &Conversations,
    limit: usize,
) -> Result<(), Fault> {
    insert(conn, day, conversations.len(), &encode(conversations))?;
    loop {
        let segments = segments(conn, day)?;
        let sizes = || segments.iter().map(|(_, n)| *n);
        let too_many = sizes().sum::<usize>() > limit.saturating_mul(2);
        let places = if too_many {
            (0..segments.len()).collect()
        } else if let Some(places) = segments_of_level(sizes(), MERGED_BELOW) {
            places
        } else {
            return Ok(());
        };
        let mut bodies = Vec::with_capacity(places.len());
        for (id, _) in places.iter().filter_map(|place| segments.get(*place)) {
            bodies.push(load(conn, *id)?);
            conn.prepare_cached("DELETE FROM conversation WHERE id = ?1")?
                .execute([id])?;
        }
        let mut rows = merge(&bodies).ok_or_else(|| corrupt("conversation"))?;
        if too_many {
            let folded = fold(rows, limit).ok_or_else(|| corrupt("conversation"))?;
            counts::overflow(conn, "conversations", day, folded.1)?;
            rows = folded.0;
        }
        insert(conn, day, rows.len(), &encode_rows(&rows))?;
        if too_many {
            return Ok(());
        }
    }
}

fn insert(conn: &Connection, day: i64, n: usize, body: &[u8]) -> Result<(), Fault> {
    conn.prepare_cached("INSERT INTO conversation (day, n, body) VALUES (?1, ?2, ?3)")?
        .execute((day, count(n), body))?;
    Ok(())
}

fn segments(conn: &Connection, day: i64) -> Result<Vec<(i64, usize)>, Fault> {
    let mut rows =
        conn.prepare_cached("SELECT id, n FROM conversation WHERE day = ?1 ORDER BY id")?;
    let rows = rows.query_map([day], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn load(conn: &Connection, id: i64) -> Result<Vec<u8>, Fault> {
    Ok(conn
        .prepare_cached("SELECT body FROM conversation WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?)
}

/// The conversations of a day.
pub(super) fn of_day(
    conn: &Connection,
    day: UnixMillis,
    limit: usize,
) -> Result<Vec<ConversationRow>, Fault> {
    let mut bodies = Vec::new();
    for (id, _) in segments(conn, day.0)? {
        bodies.push(load(conn, id)?);
    }
    let rows = merge(&bodies).and_then(|rows| fold(rows, limit));
    let (rows, _) = rows.ok_or_else(|| corrupt("conversation"))?;
    let found = rows.iter().map(|row| {
        Some(ConversationRow {
            day,
            conversation: (row.conversation != OTHERS).then_some(Fingerprint(row.conversation)),
            feature: Text::from(row.feature),
            totals: row.totals()?,
        })
    });
    found
        .collect::<Option<_>>()
        .ok_or_else(|| corrupt("conversation"))
}

/// Drops the conversations of a day.
pub(super) fn drop_day(conn: &Connection, day: i64) -> Result<(), Fault> {
    conn.prepare_cached("DELETE FROM conversation WHERE day = ?1")?
        .execute([day])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(requests: i64) -> Totals {
        Totals {
            requests_ok: requests,
            ..Totals::default()
        }
    }

    fn told(rows: &[Row<'_>]) -> Vec<(u64, String, i64)> {
        let requests = |row: &Row<'_>| row.totals().unwrap().requests_ok;
        rows.iter()
            .map(|row| (row.conversation, row.feature.to_owned(), requests(row)))
            .collect()
    }

    #[test]
    fn bytes_come_back_and_add_up() {
        let one: Conversations =
            [((7, "a/b".into()), totals(2)), ((9, "c".into()), totals(1))].into();
        let other: Conversations =
            [((8, "b".into()), totals(5)), ((9, "c".into()), totals(-1))].into();
        let segments = [encode(&one), encode(&other)];
        let rows = merge(&segments).unwrap();
        let expected = [(7, "a/b".to_owned(), 2), (8, "b".to_owned(), 5)];
        assert_eq!(told(&rows), expected);
        assert_eq!(told(&merge(&[encode_rows(&rows)]).unwrap()), expected);
        let broken = segments[0].split_last().unwrap().1.to_vec();
        assert!(merge(&[broken]).is_none());
    }

    #[test]
    fn the_largest_stay_apart() {
        let all: Conversations = (0..=9)
            .map(|i| ((i, "f".into()), totals(i64::try_from(i + 1).unwrap())))
            .collect();
        let segments = [encode(&all)];
        let (rows, folded) = fold(merge(&segments).unwrap(), 2).unwrap();
        assert_eq!(folded, 7);
        let left: Vec<(u64, i64)> = told(&rows).iter().map(|row| (row.0, row.2)).collect();
        assert_eq!(left, [(0, 36), (8, 9), (9, 10)]);
    }
}
