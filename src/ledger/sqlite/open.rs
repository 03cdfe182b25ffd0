//! Opening a ledger: one writer, readers beside it, and a clear word for every file that is none.
//!
//! Knows no figure. A newcomer may ask why a reader may treat the file as unchanging: without a
//! writer's files beside it, and without the right to make them, that is the only way to read it.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::super::fault::{Fault, FaultKind};
use super::super::rows::ZoneRow;
use super::super::zone::Zones;
use super::{Options, SqliteLedger, corrupt, hours, ids, names, schema};
use crate::crash;
use crate::secret::FingerprintKey;
use crate::units::{Text, UnixMillis};

/// Page size of new ledgers: blobs of a few kilobytes are the rule.
const PAGE_BYTES: u64 = 8_192;
/// Page cache in KiB (negative by SQLite's convention).
const CACHE_KIB: i64 = -16_384;
/// The same for a reader beside the writer, which reads windows one after the other.
const BESIDE_CACHE_KIB: i64 = -2_048;
/// File bytes that the writer maps into memory at most; they count as memory of the process, and more
/// of them made it no faster.
const MMAP_BYTES: i64 = 8 << 20;
/// The same for a reader, which reads windows of many days.
const READ_MMAP_BYTES: i64 = 32 << 20;
/// Pages in that log before they are written back: under load a page is changed by many commits,
/// and need not be written back after each few.
const WAL_PAGES: u64 = 4_000;
/// How long to wait for another process' lock.
pub(super) const BUSY: Duration = Duration::from_secs(5);
/// Statements kept prepared.
const STATEMENTS: usize = 96;

impl SqliteLedger {
    /// Opens the ledger for writing; makes it where there is none.
    ///
    /// # Errors
    /// A [`Fault`] that names the ledger: in use by another process, no right, not a ledger,
    /// newer than this program, damaged, disk full.
    pub fn open(path: &Path, options: Options) -> Result<SqliteLedger, Fault> {
        let name = path.display().to_string();
        open_file(path, options).map_err(|fault| fault.of(&name))
    }

    /// Opens an existing ledger for reading, also while another process writes it.
    ///
    /// # Errors
    /// As [`SqliteLedger::open`], and [`FaultKind::Missing`], [`FaultKind::Older`].
    pub fn open_read_only(path: &Path) -> Result<SqliteLedger, Fault> {
        let name = path.display().to_string();
        open_reader(path).map_err(|fault| fault.of(&name))
    }

    /// The same ledger once more, for reading beside this one: what is committed, and nothing of
    /// what is being written. A reader opens further ones in the same way.
    ///
    /// # Errors
    /// As [`SqliteLedger::open_read_only`]; a ledger in memory has no second door.
    pub fn beside(&self) -> Result<SqliteLedger, Fault> {
        let Some(path) = &self.file else {
            return Err(Fault::new(FaultKind::Refused, "is in memory alone"));
        };
        let mut reader = SqliteLedger::open_read_only(path)?;
        reader.file = Some(path.clone());
        // One that stands beside the writer begins anew; those beside it share what they keep.
        reader.kept = Some(self.kept.clone().unwrap_or_default());
        let small = reader
            .conn
            .pragma_update(None, "cache_size", BESIDE_CACHE_KIB);
        reader.named(small.map_err(Fault::from))?;
        Ok(reader)
    }

    /// Whether another process writes it now; asks the lock file and leaves everything as it is.
    ///
    /// # Errors
    /// When the lock file cannot be asked.
    pub fn is_in_use(path: &Path) -> Result<bool, Fault> {
        let fault = |error: std::io::Error| {
            let text = format!("cannot ask the lock file ({error})");
            Fault::new(FaultKind::Io, text).of(&path.display().to_string())
        };
        let file = match File::open(lock_file(path)) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(fault(error)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(fault(error)),
        }
    }

    /// A ledger that vanishes with the process, for tests and for looking into single records.
    ///
    /// # Errors
    /// A [`Fault`] when memory is short.
    pub fn open_in_memory(options: Options) -> Result<SqliteLedger, Fault> {
        let conn = Connection::open_in_memory()?;
        prepare(conn, String::new(), options)
    }

    /// A ledger that vanishes with the process and takes room on the disk for temporary files, not
    /// in memory, however much is booked.
    ///
    /// # Errors
    /// A [`Fault`] when there is no such room.
    pub fn open_temporary(options: Options) -> Result<SqliteLedger, Fault> {
        // A file without a name: nobody else can open it, and it is gone when it is closed.
        let ledger = prepare(Connection::open("")?, String::new(), options)?;
        // What a crash leaves of it, nobody looks for.
        ledger
            .conn
            .query_row("PRAGMA journal_mode = MEMORY", [], |_| Ok(()))?;
        ledger.conn.pragma_update(None, "synchronous", "OFF")?;
        Ok(ledger)
    }

    /// Reads every page and index of the file, for whoever doubts it. Takes time with its size.
    ///
    /// # Errors
    /// [`FaultKind::Corrupt`] with the first finding.
    pub fn check(&self) -> Result<(), Fault> {
        let found: Result<String, Fault> = self
            .conn
            .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
            .map_err(Fault::from);
        let found = self.named(found)?;
        let sound = found == "ok";
        self.named(
            sound
                .then_some(())
                .ok_or_else(|| Fault::new(FaultKind::Corrupt, format!("is damaged ({found})"))),
        )
    }
}

fn open_file(path: &Path, options: Options) -> Result<SqliteLedger, Fault> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder
        && !folder.is_dir()
    {
        return Err(Fault::new(
            FaultKind::Missing,
            format!("the folder `{}` is not there", folder.display()),
        ));
    }
    if path.is_dir() {
        return Err(Fault::new(FaultKind::NotALedger, "is a folder"));
    }
    let lock = lock(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    if conn.is_readonly("main")? {
        return Err(Fault::new(FaultKind::NoRight, "the file cannot be written"));
    }
    let mut ledger = prepare(conn, path.display().to_string(), options)?;
    ledger.file = Some(path.to_owned());
    ledger.lock = Some(lock);
    Ok(ledger)
}

fn lock_file(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    PathBuf::from(beside)
}

/// Takes the writer's lock, a file beside the ledger. It is free again when the process ends,
/// however it ends; the file itself stays and means nothing.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the system's list of errors is open; the rest is trouble with the disk"
)]
fn lock(path: &Path) -> Result<File, Fault> {
    let beside = lock_file(path);
    let shown = beside.display().to_string();
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&beside)
        .map_err(|error| {
            let kind = match error.kind() {
                ErrorKind::StorageFull => FaultKind::Full,
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => FaultKind::NoRight,
                _ => FaultKind::Io,
            };
            Fault::new(
                kind,
                format!("cannot make the lock file `{shown}` ({error})"),
            )
        })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Fault::new(
            FaultKind::InUse,
            format!("another tollwatch writes it and holds the lock file `{shown}`"),
        )),
        Err(TryLockError::Error(error)) => Err(Fault::new(
            FaultKind::Io,
            format!("cannot lock the file `{shown}` ({error})"),
        )),
    }
}

/// Brings the file up to date and reads what every use needs.
fn prepare(mut conn: Connection, path: String, options: Options) -> Result<SqliteLedger, Fault> {
    conn.busy_timeout(BUSY)?;
    // Before anything is changed: another program's file stays as it is.
    let found = schema::version_of(&conn)?;
    if found.is_none() {
        conn.pragma_update(None, "page_size", PAGE_BYTES)?;
    }
    conn.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.query_row(
        &format!("PRAGMA wal_autocheckpoint = {WAL_PAGES}"),
        [],
        |_| Ok(()),
    )?;
    conn.query_row(
        &format!("PRAGMA journal_size_limit = {}", options.log_bytes),
        [],
        |_| Ok(()),
    )?;
    common(&conn, MMAP_BYTES)?;
    if let Some(bytes) = crash::ledger_bytes().or(options.file_bytes_max) {
        let pages = (bytes / PAGE_BYTES).max(1);
        conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
    }
    schema::migrate(&mut conn, options.time_zone.name())?;
    ready(conn, path, options)
}

fn common(conn: &Connection, mapped: i64) -> Result<(), Fault> {
    conn.pragma_update(None, "cache_size", CACHE_KIB)?;
    // A ledger in memory has no file to map, and answers nothing.
    conn.query_row(&format!("PRAGMA mmap_size = {mapped}"), [], |_| Ok(()))
        .optional()?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    // Else a statement with a bound `LIMIT` is prepared anew each time that it is run.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

fn ready(conn: Connection, path: String, options: Options) -> Result<SqliteLedger, Fault> {
    let key: Vec<u8> = conn.query_row(
        "SELECT value FROM meta WHERE name = 'fingerprint_key'",
        [],
        |row| row.get(0),
    )?;
    let key: [u8; 16] = key.try_into().map_err(|_| corrupt("meta"))?;
    let zones = zones_of(&conn)?;
    Ok(SqliteLedger {
        ids: ids::Ids::new(options.id_cache_bytes),
        names: names::Names::new(options.known.clone(), options.names_per_day),
        hours: hours::Hours::default(),
        key: FingerprintKey::from_bytes(key),
        conn,
        path,
        file: None,
        log_bytes_next: options.log_bytes.saturating_mul(2),
        options,
        zones,
        kept: None,
        lock: None,
    })
}

/// The time zones of a ledger.
pub(super) fn zones_of(conn: &Connection) -> Result<Zones, Fault> {
    let mut rows = conn.prepare("SELECT start, name FROM zone ORDER BY start")?;
    let rows = rows
        .query_map([], |row| {
            Ok(ZoneRow {
                start: UnixMillis(row.get(0)?),
                name: Text::from(row.get_ref(1)?.as_str()?),
            })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    Zones::of_rows(&rows).ok_or_else(|| corrupt("zone"))
}

fn open_reader(path: &Path) -> Result<SqliteLedger, Fault> {
    if !path.exists() {
        return Err(Fault::new(FaultKind::Missing, "there is no such file"));
    }
    if path.is_dir() {
        return Err(Fault::new(FaultKind::NotALedger, "is a folder"));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY)?;
    let (conn, found) = match schema::version_of(&conn) {
        Ok(found) => (conn, found),
        Err(fault) if fault.kind == FaultKind::NoRight => {
            let conn = Connection::open_with_flags(
                format!("file:{}?immutable=1", escaped(path)),
                flags | OpenFlags::SQLITE_OPEN_URI,
            )?;
            let found = schema::version_of(&conn)?;
            (conn, found)
        }
        Err(fault) => return Err(fault),
    };
    match found {
        None => Err(Fault::new(FaultKind::NotALedger, "is an empty file")),
        Some(version) if version < schema::version() => Err(Fault::new(
            FaultKind::Older,
            format!(
                "has version {version}, and this tollwatch reads version {}",
                schema::version()
            ),
        )),
        Some(_) => {
            common(&conn, READ_MMAP_BYTES)?;
            ready(conn, path.display().to_string(), Options::default())
        }
    }
}

/// A path as part of a URI.
fn escaped(path: &Path) -> String {
    let path = path.display().to_string();
    path.replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23")
}
