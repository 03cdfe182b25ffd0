//! How often a password may be tried, by address and by name, in bounded memory.
//!
//! Knows no password. A newcomer may ask why names that nobody has are counted too: a limit that holds
//! for users alone would tell who is one.

use std::collections::BTreeMap;

use crate::units::UnixMillis;

/// How long tries count.
pub(super) const WINDOW_MS: i64 = 5 * 60_000;
/// Tries of one address in that time.
pub(super) const OF_ADDRESS: u32 = 10;
/// Tries of one name in that time, from wherever.
pub(super) const OF_NAME: u32 = 20;
/// Addresses and names that are counted; the oldest give way.
pub(super) const KEPT: usize = 4_096;
/// Letters of a name that count.
const LETTERS: usize = 64;

/// It was tried too often; seconds until it may be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) struct Late(pub(in crate::web) u64);

/// Tries that were not right.
#[derive(Debug, Default)]
pub(super) struct Tries(BTreeMap<String, (UnixMillis, u32)>);

impl Tries {
    /// Counts a try, unless there were too many.
    pub(super) fn begin(&mut self, address: &str, name: &str, now: UnixMillis) -> Result<(), Late> {
        let keys = keys(address, name);
        let limits = [OF_ADDRESS, OF_NAME];
        for (key, limit) in keys.iter().zip(limits) {
            if let Some((since, tries)) = self.0.get(key)
                && *tries >= limit
                && now.0 < since.0.saturating_add(WINDOW_MS)
            {
                let left = since.0.saturating_add(WINDOW_MS).saturating_sub(now.0);
                return Err(Late(u64::try_from(left / 1_000).unwrap_or(0) + 1));
            }
        }
        for key in keys {
            self.count(key, now);
        }
        Ok(())
    }

    /// It was right: what came before was a slip.
    pub(super) fn right(&mut self, address: &str, name: &str) {
        for key in keys(address, name) {
            self.0.remove(&key);
        }
    }

    fn count(&mut self, key: String, now: UnixMillis) {
        let over = |since: UnixMillis| now.0 >= since.0.saturating_add(WINDOW_MS);
        if !self.0.contains_key(&key) && self.0.len() >= KEPT {
            self.0.retain(|_, (since, _)| !over(*since));
            while self.0.len() >= KEPT {
                let oldest = self.0.iter().min_by_key(|(_, (since, _))| *since);
                let Some(oldest) = oldest.map(|(key, _)| key.clone()) else {
                    break;
                };
                self.0.remove(&oldest);
            }
        }
        let (since, tries) = self.0.entry(key).or_insert((now, 0));
        if over(*since) {
            (*since, *tries) = (now, 0);
        }
        *tries = tries.saturating_add(1);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

fn keys(address: &str, name: &str) -> [String; 2] {
    let name: String = name.chars().take(LETTERS).collect();
    [format!("address {address}"), format!("name {name}")]
}
