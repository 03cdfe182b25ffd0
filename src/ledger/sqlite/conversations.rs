//! What each conversation used of each feature on each day, in small sorted segments.
//!
//! Knows no user. A newcomer may ask why not one row each: a busy day has as many conversations as
//! calls, and a row would be read and written for each of them.

use std::collections::BTreeMap;

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

fn encode(conversations: &Conversations) -> Vec<u8> {
    let mut features: Vec<&Text> = conversations.keys().map(|(_, feature)| feature).collect();
    features.sort_unstable();
    features.dedup();
    let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let mut bytes = Vec::with_capacity(conversations.len() * 40);
    put(&mut bytes, number(features.len()));
    for feature in &features {
        put(&mut bytes, number(feature.len()));
        bytes.extend_from_slice(feature.as_bytes());
    }
    for ((conversation, feature), totals) in conversations {
        bytes.extend_from_slice(&conversation.to_le_bytes());
        let at = features.binary_search(&feature).unwrap_or(0);
        put(&mut bytes, number(at));
        let body = Cell {
            totals: *totals,
            ..Cell::default()
        };
        let body = body.encode();
        put(&mut bytes, number(body.len()));
        bytes.extend_from_slice(&body);
    }
    bytes
}

fn block<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(take(bytes)?).ok()?;
    let (block, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(block)
}

/// Adds a segment's conversations to others.
fn decode_into(mut bytes: &[u8], all: &mut Conversations) -> Option<()> {
    let bytes = &mut bytes;
    let mut features = Vec::new();
    for _ in 0..take(bytes)? {
        features.push(Text::from(std::str::from_utf8(block(bytes)?).ok()?));
    }
    while let Some((conversation, rest)) = bytes.split_first_chunk::<8>() {
        *bytes = rest;
        let feature = features.get(usize::try_from(take(bytes)?).ok()?)?;
        let cell = Cell::decode(block(bytes)?)?;
        all.entry((u64::from_le_bytes(*conversation), feature.clone()))
            .or_default()
            .add(&cell.totals, 1);
    }
    bytes.is_empty().then_some(())
}

/// Keeps the `limit` conversations with most calls and requests; the rest of each feature is added
/// up. Returns how many were.
fn fold(all: &mut Conversations, limit: usize) -> usize {
    let mut sizes: Vec<(i64, i64, u64, Text)> = all
        .iter()
        .filter(|((conversation, _), _)| *conversation != OTHERS)
        .map(|((conversation, feature), totals)| {
            let tokens = totals.tokens_input_total() + totals.tokens_output;
            let reports = totals.calls() + totals.requests();
            (-reports, -tokens, *conversation, feature.clone())
        })
        .collect();
    sizes.sort_unstable();
    let surplus = sizes.split_off(limit.min(sizes.len()));
    for (_, _, conversation, feature) in &surplus {
        if let Some(totals) = all.remove(&(*conversation, feature.clone())) {
            all.entry((OTHERS, feature.clone()))
                .or_default()
                .add(&totals, 1);
        }
    }
    surplus.len()
}

/// Adds a batch's conversations of a day.
pub(super) fn add(
    conn: &Connection,
    day: i64,
    conversations: &Conversations,
    limit: usize,
) -> Result<(), Fault> {
    insert(conn, day, conversations)?;
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
        let mut all = Conversations::new();
        for (id, _) in places.iter().filter_map(|place| segments.get(*place)) {
            load(conn, *id, &mut all)?;
            conn.prepare_cached("DELETE FROM conversation WHERE id = ?1")?
                .execute([id])?;
        }
        without_empty(&mut all);
        if too_many {
            counts::overflow(conn, "conversations", day, fold(&mut all, limit))?;
        }
        insert(conn, day, &all)?;
        if too_many {
            return Ok(());
        }
    }
}

/// Forgets conversations that corrections took everything from.
fn without_empty(all: &mut Conversations) {
    all.retain(|_, totals| *totals != Totals::default());
}

fn insert(conn: &Connection, day: i64, conversations: &Conversations) -> Result<(), Fault> {
    conn.prepare_cached("INSERT INTO conversation (day, n, body) VALUES (?1, ?2, ?3)")?
        .execute((day, count(conversations.len()), encode(conversations)))?;
    Ok(())
}

fn segments(conn: &Connection, day: i64) -> Result<Vec<(i64, usize)>, Fault> {
    let mut rows =
        conn.prepare_cached("SELECT id, n FROM conversation WHERE day = ?1 ORDER BY id")?;
    let rows = rows.query_map([day], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn load(conn: &Connection, id: i64, all: &mut Conversations) -> Result<(), Fault> {
    let mut row = conn.prepare_cached("SELECT body FROM conversation WHERE id = ?1")?;
    let mut row = row.query([id])?;
    let row = row.next()?.ok_or_else(|| corrupt("conversation"))?;
    decode_into(row.get_ref(0)?.as_blob()?, all).ok_or_else(|| corrupt("conversation"))
}

/// The conversations of a day.
pub(super) fn of_day(
    conn: &Connection,
    day: UnixMillis,
    limit: usize,
) -> Result<Vec<ConversationRow>, Fault> {
    let mut all = Conversations::new();
    for (id, _) in segments(conn, day.0)? {
        load(conn, id, &mut all)?;
    }
    without_empty(&mut all);
    fold(&mut all, limit);
    let rows = all
        .into_iter()
        .map(|((conversation, feature), totals)| ConversationRow {
            day,
            conversation: (conversation != OTHERS).then_some(Fingerprint(conversation)),
            feature,
            totals,
        });
    Ok(rows.collect())
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

    #[test]
    fn bytes_come_back_and_add_up() {
        let one: Conversations =
            [((7, "a/b".into()), totals(2)), ((9, "c".into()), totals(1))].into();
        let bytes = encode(&one);
        let mut all = Conversations::new();
        assert_eq!(decode_into(&bytes, &mut all), Some(()));
        assert_eq!(all, one);
        assert_eq!(decode_into(&bytes, &mut all), Some(()));
        assert_eq!(all.get(&(7, "a/b".into())), Some(&totals(4)));
        assert_eq!(decode_into(bytes.split_last().unwrap().1, &mut all), None);
    }

    #[test]
    fn the_largest_stay_apart() {
        let mut all: Conversations = (1..=9)
            .map(|i| ((i, "f".into()), totals(i64::try_from(i).unwrap())))
            .collect();
        assert_eq!(fold(&mut all, 2), 7);
        let left: Vec<(u64, i64)> = all.iter().map(|((c, _), t)| (*c, t.requests_ok)).collect();
        assert_eq!(left, [(0, 28), (8, 8), (9, 9)]);
    }
}
