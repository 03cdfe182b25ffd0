//! Keeps the log of changes beside the file from growing for ever.
//!
//! Knows no figure. A newcomer may ask why readers are waited for: the log is begun anew at a moment when nobody reads in
//! it, and where one page is made after the other there is no such moment by itself.

use std::time::Duration;

use super::SqliteLedger;
use super::open::BUSY;

/// How long the writer waits at most; a page is made in less.
const PATIENCE: Duration = Duration::from_millis(250);

impl SqliteLedger {
    /// Writes all of the log back and begins it anew once it is twice as large as it should be; called between
    /// transactions. Where readers do not let it, they are left alone until it has grown as much again.
    pub(super) fn bound_log(&mut self) {
        let Some(file) = &self.file else { return };
        let mut log = file.as_os_str().to_owned();
        log.push("-wal");
        let bytes = std::fs::metadata(log).map_or(0, |log| log.len());
        if bytes <= self.log_bytes_next {
            return;
        }
        let begun = || -> rusqlite::Result<i64> {
            self.conn.busy_timeout(PATIENCE)?;
            let busy = self
                .conn
                .query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get(0));
            self.conn.busy_timeout(BUSY)?;
            busy
        };
        // Whatever hinders it, the next commit tells; the books are whole either way.
        let since = if begun() == Ok(0) {
            self.options.log_bytes
        } else {
            bytes
        };
        self.log_bytes_next = since.saturating_add(self.options.log_bytes);
    }
}
