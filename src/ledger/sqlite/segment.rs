//! A sorted run of identities: what the books have seen of one hour, or a part of it.
//!
//! Knows no table. A newcomer may ask why keys and facts lie apart: a search touches keys alone.

use crate::entry::Entry;

/// Bits of the fact groups in the low bits of a key.
pub(super) const TRANSPORT: u64 = 1;
/// See [`TRANSPORT`].
pub(super) const USAGE: u64 = 2;
/// Both.
pub(super) const GROUPS: u64 = 3;
/// Bytes of an id on disk.
pub(super) const ID_BYTES: usize = 12;

/// One identity: key and groups, and the facts of each group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id {
    /// Key with the groups in its two low bits.
    pub(super) word: u64,
    /// Transport facts in the high half, usage facts in the low one.
    pub(super) facts: u32,
}

impl Id {
    /// The identity of an entry, with the groups that it adds.
    pub(super) fn of(entry: &Entry, groups: u64) -> Id {
        Id {
            word: entry.identity.key() | groups,
            facts: u32::from(entry.transport_facts) << 16 | u32::from(entry.usage_facts),
        }
    }

    /// The key without groups.
    pub(super) fn key(self) -> u64 {
        self.word & !GROUPS
    }

    /// The same with other groups.
    pub(super) fn with_groups(self, groups: u64) -> Id {
        Id {
            word: self.key() | groups,
            ..self
        }
    }

    /// The groups it knows.
    pub(super) fn groups(self) -> u64 {
        self.word & GROUPS
    }

    /// Takes over the groups that only `other` knows.
    pub(super) fn join(&mut self, other: Id) {
        let new = other.groups() & !self.groups();
        if new & TRANSPORT != 0 {
            self.facts = (self.facts & 0xffff) | (other.facts & 0xffff_0000);
        }
        if new & USAGE != 0 {
            self.facts = (self.facts & 0xffff_0000) | (other.facts & 0xffff);
        }
        self.word |= new;
    }
}

/// Sorts ids by key and joins those of one key.
pub(super) fn sorted(mut ids: Vec<Id>) -> Vec<Id> {
    // Stable: of two ids of one key the earlier stands.
    ids.sort_by_key(|id| id.key());
    ids.dedup_by(|next, first| {
        let same = next.key() == first.key();
        if same {
            first.join(*next);
        }
        same
    });
    ids
}

/// The bytes of sorted ids: all keys, then all facts, little-endian.
pub(super) fn encode(ids: &[Id]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(ids.len() * ID_BYTES);
    for id in ids {
        bytes.extend_from_slice(&id.word.to_le_bytes());
    }
    for id in ids {
        bytes.extend_from_slice(&id.facts.to_le_bytes());
    }
    bytes
}

/// The `i`th id of such bytes.
fn get(bytes: &[u8], n: usize, i: usize) -> Option<Id> {
    let word = bytes.get(i * 8..)?.first_chunk::<8>()?;
    let facts = bytes.get(n * 8 + i * 4..)?.first_chunk::<4>()?;
    Some(Id {
        word: u64::from_le_bytes(*word),
        facts: u32::from_le_bytes(*facts),
    })
}

/// All ids of such bytes; `None` when they are no such bytes.
pub(super) fn decode(bytes: &[u8]) -> Option<Vec<Id>> {
    if !bytes.len().is_multiple_of(ID_BYTES) {
        return None;
    }
    let n = bytes.len() / ID_BYTES;
    (0..n).map(|i| get(bytes, n, i)).collect()
}

/// The id of that key among such bytes.
pub(super) fn find(bytes: &[u8], key: u64) -> Option<Id> {
    let n = bytes.len() / ID_BYTES;
    let keys = bytes.get(..n * 8)?.as_chunks::<8>().0;
    let at = keys.partition_point(|word| u64::from_le_bytes(*word) & !GROUPS < key);
    get(bytes, n, at).filter(|id| at < n && id.key() == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_put_in_and_joins_groups() {
        let id = |key: u64, groups: u64, facts: u32| Id {
            word: key << 2 | groups,
            facts,
        };
        let ids = sorted(vec![
            id(9, TRANSPORT, 0x1111_0000),
            id(2, GROUPS, 0x2222_3333),
            id(9, USAGE, 0x0000_4444),
            id(9, GROUPS, 0x5555_5555),
        ]);
        assert_eq!(
            ids,
            [id(2, GROUPS, 0x2222_3333), id(9, GROUPS, 0x1111_4444)]
        );
        let bytes = encode(&ids);
        assert_eq!(bytes.len(), 2 * ID_BYTES);
        assert_eq!(decode(&bytes), Some(ids.clone()));
        for (key, found) in [
            (2, ids.first()),
            (9, ids.last()),
            (1, None),
            (5, None),
            (10, None),
        ] {
            assert_eq!(find(&bytes, key << 2).as_ref(), found, "{key}");
        }
        assert_eq!(find(&[], 4), None);
        assert_eq!(decode(&[1, 2, 3]), None);
    }
}
