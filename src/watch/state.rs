//! The rows that a watch leaves in the ledger, and what has changed of them.
//!
//! Knows no row's meaning. A newcomer may ask why rows stay in memory: they are small, and a row that is
//! written as it stood need not be written. What changes with every bin is made a row only when it is written.

use std::collections::BTreeMap;

use crate::units::Text;

/// All rows of a watch as they were persisted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchState(pub BTreeMap<Text, Vec<u8>>);

/// Rows that changed since they were last asked for; `None`: gone.
pub type Changed = BTreeMap<Text, Option<Vec<u8>>>;

/// Rows, and which of them changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    rows: BTreeMap<Text, Vec<u8>>,
    changed: BTreeMap<Text, bool>,
}

impl Rows {
    pub(super) fn new(state: WatchState) -> Rows {
        Rows {
            rows: state.0,
            changed: BTreeMap::new(),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Vec<u8>> {
        self.rows.get(key)
    }

    /// The rows whose keys begin so.
    pub(super) fn with_prefix<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a Text, &'a Vec<u8>)> {
        let from = self.rows.range(Text::from(prefix)..);
        from.take_while(move |(key, _)| key.starts_with(prefix))
    }

    pub(super) fn set(&mut self, key: Text, bytes: Vec<u8>) {
        if self.rows.get(&key) != Some(&bytes) {
            self.changed.insert(key.clone(), true);
            self.rows.insert(key, bytes);
        }
    }

    /// Takes a row out that somebody else keeps from now on; for the ledger it stands as it stood.
    pub(super) fn take(&mut self, key: &str) -> Option<Vec<u8>> {
        self.rows.remove(key)
    }

    /// Puts a row back that was taken; whether it changed meanwhile.
    pub(super) fn put_back(&mut self, key: Text, bytes: Vec<u8>, has_changed: bool) {
        if has_changed {
            self.changed.insert(key.clone(), true);
        }
        self.rows.insert(key, bytes);
    }

    pub(super) fn remove(&mut self, key: &Text) {
        if self.rows.remove(key).is_some() {
            self.changed.insert(key.clone(), false);
        }
    }

    /// What changed since this was last asked.
    pub(super) fn changed(&mut self) -> Changed {
        let changed = std::mem::take(&mut self.changed);
        let rows = &self.rows;
        changed
            .into_keys()
            .map(|key| (rows.get(&key).cloned(), key))
            .map(|(row, key)| (key, row))
            .collect()
    }

    /// All rows.
    pub(super) fn all(&self) -> WatchState {
        WatchState(self.rows.clone())
    }
}
