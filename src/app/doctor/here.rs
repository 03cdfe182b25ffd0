//! Looks at what is on this machine: the ledger and its disk, the listener, files.
//!
//! Knows no broker. A newcomer may ask why the ledger is not opened for writing: that would make
//! one, or bring an older one up to date, and a look must change nothing.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::ledger::{Fault, FaultKind, Ledger, Placed, SqliteLedger};
use crate::source::list;

use super::{Found, Looks};

/// Less room than this is doubtful.
const ROOM_MIN_BYTES: u64 = 1 << 30;
/// How long whoever listens may take to answer.
const ANSWER: Duration = Duration::from_secs(2);
/// What a daemon's page of metrics has and nobody else's.
const OURS: &str = "tollwatch_build_info";
/// So much of an answer is read at most.
const ANSWER_BYTES: u64 = 64 * 1024;

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}

/// Looks at the ledger; where its partitions stand.
pub(super) fn ledger(path: &Path, looks: &mut Looks<'_>) -> Vec<Placed> {
    let mut positions = Vec::new();
    looks.look(
        &path.display().to_string(),
        || match SqliteLedger::open_read_only(path) {
            Ok(books) => opened(path, &books, &mut positions),
            Err(fault) if fault.kind == FaultKind::Missing => missing(path),
            Err(fault) if fault.kind == FaultKind::Older => {
                Found::works(format!("{fault}; `run` brings it up to date"))
            }
            Err(fault) => fails(&fault),
        },
    );
    looks.look("room on its disk", || room(path));
    positions
}

fn fails(fault: &Fault) -> Found {
    Found::fails(fault.to_string(), fault.hint())
}

fn opened(path: &Path, books: &SqliteLedger, positions: &mut Vec<Placed>) -> Found {
    match books.positions() {
        Ok(found) => *positions = found,
        Err(fault) => return fails(&fault),
    }
    let size = |suffix: &str| fs::metadata(format!("{}{suffix}", path.display())).ok();
    let bytes = ["", "-wal"].into_iter().filter_map(size);
    let size = megabytes(bytes.map(|file| file.len()).sum());
    match SqliteLedger::is_in_use(path) {
        Ok(true) => Found::works(format!("{size}, in use by a running tollwatch")),
        Ok(false) if File::options().append(true).open(path).is_err() => Found::fails(
            format!("{size}, and this user cannot write it"),
            "run as the user that owns it, or change its owner",
        ),
        Ok(false) => Found::works(format!("{size}, free to be written")),
        Err(fault) => fails(&fault),
    }
}

/// The folder of a file.
fn folder(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|one| !one.as_os_str().is_empty());
    folder.unwrap_or(Path::new(".")).to_owned()
}

fn missing(path: &Path) -> Found {
    let folder = folder(path);
    let (shown, make) = (
        folder.display(),
        "make the folder, and let the daemon's user write there",
    );
    match fs::metadata(&folder) {
        Err(_) => Found::fails(format!("its folder {shown} is not there"), make),
        Ok(folder) if folder.permissions().readonly() => {
            Found::fails(format!("nobody may write in {shown}"), make)
        }
        Ok(_) => Found::works("not there yet; the first `run` makes it"),
    }
}

fn room(path: &Path) -> Found {
    let folder = folder(path);
    match rustix::fs::statvfs(&folder) {
        Err(error) => Found::doubtful(format!("{}: {error}", folder.display()), ""),
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let text = format!("{} free", megabytes(free));
            if free < ROOM_MIN_BYTES {
                Found::doubtful(
                    text,
                    "make room: a full disk stops the booking until there is some",
                )
            } else {
                Found::works(text)
            }
        }
    }
}

/// Whether the address is free, or served by a daemon.
pub(super) fn listener(address: SocketAddr) -> Found {
    if let Ok(socket) = TcpListener::bind(address) {
        drop(socket);
        return Found::works("free");
    }
    match metrics(address) {
        Ok(page) if page.contains(OURS) => Found::works("served by a running tollwatch"),
        Ok(_) | Err(_) => Found::fails(
            "another program listens there",
            "free it, or name another port as `listen` of `[daemon]`",
        ),
    }
}

fn metrics(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, ANSWER)?;
    stream.set_read_timeout(Some(ANSWER))?;
    stream.set_write_timeout(Some(ANSWER))?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut page = Vec::new();
    stream.take(ANSWER_BYTES).read_to_end(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// Whether files are there and can be read.
pub(super) fn files(path: &PathBuf) -> Found {
    let found = match list::list(std::slice::from_ref(path)) {
        Ok(found) => found,
        Err(error) => {
            return Found::fails(
                error.to_string(),
                "check `paths`; `run` looks again every round",
            );
        }
    };
    let mut bytes = 0_u64;
    for file in &found {
        let read = File::open(file).and_then(|mut open| {
            let mut first = [0];
            let _read: usize = open.read(&mut first)?;
            open.metadata()
        });
        match read {
            Ok(about) => bytes = bytes.saturating_add(about.len()),
            Err(error) => {
                let text = format!("{}: {error}", file.display());
                return Found::fails(text, "let the daemon's user read it");
            }
        }
    }
    match found.len() {
        0 => Found::doubtful("no file there", "check `paths`, or wait for the first file"),
        1 => Found::works(format!("1 file, {}", megabytes(bytes))),
        n => Found::works(format!("{n} files, {}", megabytes(bytes))),
    }
}
