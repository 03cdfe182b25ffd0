//! Who is logged in: digests of sessions' names, in memory and in a file beside the ledger.
//!
//! Knows no cookie. A newcomer may ask why a file and no table: whoever looks must never wait for the
//! lock of the books, and a session is no figure.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::secret::seal::write_owners_file;
use crate::units::{HOUR_MS, Text, UnixMillis};

/// A session ends so long after it began.
pub(super) const WHOLE_MS: i64 = 12 * HOUR_MS;
/// And so long after somebody last looked.
pub(super) const IDLE_MS: i64 = 2 * HOUR_MS;
/// The file hears of a look so long after the last one that it heard of.
const WRITTEN_MS: i64 = 10 * 60_000;
/// Sessions at once; the longest unseen give way.
pub(super) const KEPT: usize = 1_000;

/// A session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Session {
    pub(super) user: Text,
    /// Tells the password that it began with.
    pub(super) mark: String,
    began: UnixMillis,
    seen: UnixMillis,
}

impl Session {
    fn lasts(&self, now: UnixMillis) -> bool {
        now.0 < self.began.0.saturating_add(WHOLE_MS) && now.0 < self.seen.0.saturating_add(IDLE_MS)
    }
}

/// Sessions by the digests of their names.
#[derive(Debug)]
pub(super) struct Sessions {
    file: Option<PathBuf>,
    known: BTreeMap<String, Session>,
    written: UnixMillis,
}

impl Sessions {
    /// Those in the file that are not over. A file that cannot be read holds none: people log in again.
    pub(super) fn new(file: Option<PathBuf>, now: UnixMillis) -> Sessions {
        let bytes = file.as_ref().and_then(|path| std::fs::read(path).ok());
        let known = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let mut known: BTreeMap<String, Session> = known.unwrap_or_default();
        known.retain(|_, session| session.lasts(now));
        Sessions {
            file,
            known,
            written: now,
        }
    }

    /// Begins one.
    pub(super) fn begin(&mut self, digest: String, (user, mark): (Text, String), now: UnixMillis) {
        self.known.retain(|_, session| session.lasts(now));
        while self.known.len() >= KEPT {
            let unseen = self.known.iter().min_by_key(|(_, session)| session.seen);
            let Some(unseen) = unseen.map(|(digest, _)| digest.clone()) else {
                break;
            };
            self.known.remove(&unseen);
        }
        let session = Session {
            user,
            mark,
            began: now,
            seen: now,
        };
        self.known.insert(digest, session);
        self.write(now);
    }

    /// The session, where it is not over; a visit makes it last.
    pub(super) fn seen(
        &mut self,
        digest: &str,
        now: UnixMillis,
        is_visit: bool,
    ) -> Option<Session> {
        let session = self.known.get_mut(digest)?;
        if !session.lasts(now) {
            self.known.remove(digest);
            return None;
        }
        if is_visit {
            session.seen = now;
        }
        let session = session.clone();
        if is_visit && now.0 >= self.written.0.saturating_add(WRITTEN_MS) {
            self.write(now);
        }
        Some(session)
    }

    /// Ends one.
    pub(super) fn end(&mut self, digest: &str) {
        if self.known.remove(digest).is_some() {
            self.write(self.written);
        }
    }

    fn write(&mut self, now: UnixMillis) {
        self.written = now;
        let Some(path) = &self.file else {
            return;
        };
        let bytes = serde_json::to_vec(&self.known).unwrap_or_default();
        if let Err(error) = write_owners_file(path, &bytes) {
            tracing::warn!(
                file = %path.display(),
                "who is logged in is not kept, and has to log in again after a restart: {error}"
            );
        }
    }
}
