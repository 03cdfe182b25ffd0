//! The tables of the embedded ledger, as a list of migrations from the first version on.
//!
//! Knows no figure. A newcomer may ask why figures are blobs: a cell has fifty totals and three
//! histograms, mostly empty, and is read and written whole; what is asked by stands in columns.

use rusqlite::{Connection, TransactionBehavior};

use super::super::fault::{Fault, FaultKind};
use crate::crash::site;

/// Marks the file as a ledger of tollwatch: `tolw`.
pub(super) const APPLICATION_ID: i64 = 0x746f_6c77;

/// Version n of the schema is what the first n migrations make. Never edit one that was released.
const MIGRATIONS: &[&str] = &["
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('fingerprint_key', randomblob(16));
CREATE TABLE feed (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL);
INSERT INTO feed VALUES (1, 0);
CREATE TABLE zone (start INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE config (number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE, first_used INTEGER NOT NULL);
CREATE TABLE position (
  source TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL,
  next INTEGER NOT NULL, state TEXT NOT NULL, complete_to INTEGER, last_at INTEGER,
  PRIMARY KEY (source, topic, partition)) WITHOUT ROWID;
CREATE TABLE hour (
  hour INTEGER PRIMARY KEY, written INTEGER NOT NULL, closed INTEGER NOT NULL,
  lines INTEGER NOT NULL, bytes INTEGER NOT NULL, lines_gone INTEGER NOT NULL,
  cells_gone INTEGER NOT NULL);
CREATE TABLE ids (id INTEGER PRIMARY KEY, n INTEGER NOT NULL, ids BLOB NOT NULL);
CREATE TABLE cell_key (
  id INTEGER PRIMARY KEY, feature TEXT NOT NULL, endpoint TEXT NOT NULL, provider TEXT NOT NULL,
  model TEXT NOT NULL, region TEXT NOT NULL, verdict TEXT NOT NULL, grade TEXT NOT NULL,
  UNIQUE (feature, endpoint, provider, model, region, verdict, grade));
CREATE TABLE cell (
  resolution INTEGER NOT NULL, start INTEGER NOT NULL, key INTEGER NOT NULL, seq INTEGER NOT NULL,
  body BLOB NOT NULL, PRIMARY KEY (resolution, start, key)) WITHOUT ROWID;
CREATE INDEX cell_seq ON cell (seq);
CREATE TABLE family (
  kind TEXT NOT NULL, start INTEGER NOT NULL, a TEXT NOT NULL, b TEXT NOT NULL,
  seq INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, start, a, b)) WITHOUT ROWID;
CREATE TABLE conversation (
  id INTEGER PRIMARY KEY, day INTEGER NOT NULL, n INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX conversation_day ON conversation (day);
CREATE TABLE day_name (
  day INTEGER NOT NULL, field INTEGER NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY (day, field, name)) WITHOUT ROWID;
CREATE TABLE line (id INTEGER PRIMARY KEY, n INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE link_due (hour INTEGER PRIMARY KEY);
CREATE TABLE link (
  hour INTEGER NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (hour, key)) WITHOUT ROWID;
CREATE TABLE evidence (
  hour INTEGER NOT NULL, verdict TEXT NOT NULL, at INTEGER NOT NULL, id INTEGER NOT NULL,
  identity TEXT NOT NULL, source TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL,
  offset INTEGER NOT NULL, key INTEGER NOT NULL, rule TEXT NOT NULL, evidence TEXT NOT NULL,
  config INTEGER NOT NULL, PRIMARY KEY (hour, verdict, at, id)) WITHOUT ROWID;
CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, topic TEXT NOT NULL,
  partition INTEGER NOT NULL, offset INTEGER NOT NULL, at INTEGER, format TEXT NOT NULL,
  reason TEXT NOT NULL, detail TEXT NOT NULL, keys TEXT NOT NULL, seen INTEGER NOT NULL,
  day INTEGER NOT NULL);
CREATE TABLE count (
  day INTEGER NOT NULL, source TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL,
  n INTEGER NOT NULL, PRIMARY KEY (day, source, outcome, reason)) WITHOUT ROWID;
CREATE TABLE overflow (
  kind TEXT NOT NULL, start INTEGER NOT NULL, n INTEGER NOT NULL,
  PRIMARY KEY (kind, start)) WITHOUT ROWID;
CREATE TABLE contradiction (
  first TEXT NOT NULL, second TEXT NOT NULL, n INTEGER NOT NULL, source TEXT NOT NULL,
  topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (first, second)) WITHOUT ROWID;
CREATE TABLE seal (
  number INTEGER PRIMARY KEY, day INTEGER NOT NULL, amendment INTEGER NOT NULL,
  content BLOB NOT NULL, hash BLOB NOT NULL, at INTEGER NOT NULL);
CREATE INDEX seal_day ON seal (day);
CREATE TABLE seal_due (day INTEGER PRIMARY KEY);
", "
ALTER TABLE position RENAME TO position_1;
CREATE TABLE position (
  source TEXT NOT NULL, cluster TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL,
  next INTEGER NOT NULL, state TEXT NOT NULL, complete_to INTEGER, last_at INTEGER,
  PRIMARY KEY (source, cluster, topic, partition)) WITHOUT ROWID;
INSERT INTO position
  SELECT source, '', topic, partition, next, state, complete_to, last_at FROM position_1;
DROP TABLE position_1;
CREATE TABLE loss (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, cluster TEXT NOT NULL, topic TEXT NOT NULL,
  partition INTEGER NOT NULL, kind TEXT NOT NULL, first INTEGER NOT NULL, next INTEGER NOT NULL,
  at INTEGER NOT NULL);
", "
CREATE TABLE day_config (
  day INTEGER NOT NULL, config INTEGER NOT NULL, n INTEGER NOT NULL,
  PRIMARY KEY (day, config)) WITHOUT ROWID;
CREATE TABLE restatement (
  number INTEGER PRIMARY KEY, at INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
  configs TEXT NOT NULL, config INTEGER NOT NULL, reason TEXT NOT NULL, lines INTEGER NOT NULL,
  changed INTEGER NOT NULL, removed INTEGER NOT NULL, as_booked INTEGER NOT NULL,
  before_nanousd INTEGER NOT NULL, after_nanousd INTEGER NOT NULL, moved_nanousd INTEGER NOT NULL);
", "
CREATE TABLE follower (
  number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, seq INTEGER NOT NULL, born INTEGER NOT NULL,
  kept INTEGER NOT NULL, again_from INTEGER NOT NULL, frozen INTEGER NOT NULL,
  written INTEGER NOT NULL, refused INTEGER NOT NULL, folded INTEGER NOT NULL,
  marked INTEGER NOT NULL, sourced INTEGER NOT NULL, declared INTEGER NOT NULL,
  declaration TEXT NOT NULL);
CREATE TABLE series (
  follower INTEGER NOT NULL, number INTEGER NOT NULL, measurement TEXT NOT NULL, tags TEXT NOT NULL,
  revs INTEGER NOT NULL, PRIMARY KEY (follower, number)) WITHOUT ROWID;
CREATE TABLE emitted (
  follower INTEGER NOT NULL, start INTEGER NOT NULL, told INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (follower, start, told)) WITHOUT ROWID;
CREATE TABLE frozen (
  id INTEGER PRIMARY KEY, follower INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  body BLOB NOT NULL);
CREATE UNIQUE INDEX frozen_last ON frozen (follower, last);
CREATE TABLE refused_line (
  follower INTEGER NOT NULL, id INTEGER NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL,
  line TEXT NOT NULL, PRIMARY KEY (follower, id)) WITHOUT ROWID;
CREATE TABLE link_seq (hour INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
CREATE INDEX link_seq_seq ON link_seq (seq);
UPDATE feed SET seq = seq + 1;
INSERT INTO link_seq SELECT DISTINCT hour, (SELECT seq FROM feed) FROM link;
", "
CREATE TABLE alert_cursor (
  one INTEGER PRIMARY KEY CHECK (one = 1), turn INTEGER NOT NULL, seq INTEGER NOT NULL,
  closed_to INTEGER NOT NULL, judged INTEGER NOT NULL);
INSERT INTO alert_cursor VALUES (1, 0, 0, -9223372036854775808, 0);
CREATE TABLE alert_state (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE episode (
  number INTEGER PRIMARY KEY, opened INTEGER NOT NULL, resolved INTEGER, body BLOB NOT NULL);
CREATE INDEX episode_open ON episode (number) WHERE resolved IS NULL;
CREATE TABLE episode_step (
  episode INTEGER NOT NULL, step INTEGER NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (episode, step)) WITHOUT ROWID;
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT, way INTEGER NOT NULL, episode INTEGER NOT NULL,
  step INTEGER NOT NULL, sender TEXT NOT NULL, recipient TEXT NOT NULL, message_id TEXT NOT NULL,
  stem TEXT NOT NULL, subject TEXT NOT NULL, made INTEGER NOT NULL, attempts INTEGER NOT NULL,
  next_try INTEGER NOT NULL, state INTEGER NOT NULL, done INTEGER, said TEXT NOT NULL,
  bytes BLOB NOT NULL);
CREATE INDEX outbox_due ON outbox (next_try) WHERE state = 0;
CREATE INDEX outbox_episode ON outbox (episode);
CREATE TABLE alert_audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, author TEXT NOT NULL,
  what TEXT NOT NULL);
", "
CREATE TABLE alert_event (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX alert_event_at ON alert_event (at);
ALTER TABLE follower ADD COLUMN alerted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE follower ADD COLUMN alerts_kept INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alert_audit ADD COLUMN episode INTEGER;
CREATE INDEX alert_audit_episode ON alert_audit (episode) WHERE episode IS NOT NULL;
"];

/// The version that this program writes.
pub(super) fn version() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Reads the version of an existing ledger; `None` for an empty file.
pub(super) fn version_of(conn: &Connection) -> Result<Option<i64>, Fault> {
    let found: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let application: i64 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 && application == 0 {
        return Ok(None);
    }
    if application != APPLICATION_ID {
        return Err(Fault::new(
            FaultKind::NotALedger,
            "is an SQLite file of another program",
        ));
    }
    if found > version() {
        return Err(Fault::new(
            FaultKind::Newer,
            format!(
                "has version {found}, and this tollwatch knows versions up to {}",
                version()
            ),
        ));
    }
    Ok(Some(found))
}

/// Brings an empty or older ledger to the present version, in one transaction.
pub(super) fn migrate(conn: &mut Connection, zone: &str) -> Result<(), Fault> {
    let found = version_of(conn)?;
    if found == Some(version()) {
        return Ok(());
    }
    site("before_migration");
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = usize::try_from(found.unwrap_or(0)).unwrap_or(0);
    for migration in MIGRATIONS.get(done..).unwrap_or_default() {
        tx.execute_batch(migration)?;
        site("mid_migration");
    }
    if found.is_none() {
        tx.execute("INSERT INTO zone VALUES (?1, ?2)", (i64::MIN, zone))?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    tx.pragma_update(None, "user_version", version())?;
    tx.commit()?;
    Ok(())
}
