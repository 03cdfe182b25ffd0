//! The daemon's local socket, beside its ledger: corrections of the books while they are written, and
//! orders about alerts.
//!
//! Knows no terminal. A newcomer may ask why no password is asked for: the socket is a file that its
//! owner alone may open, and whoever may write the ledger needs no daemon to change it.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::ledger::{Fault, FaultKind, Ledger, RestatementRow, Span};
use crate::units::{UnixMillis, clean_name};

use super::super::Failure;
use super::super::restate::wire::{Ask, LINE_MAX, Say, VERSION, mark, socket};
use super::super::restate::{self, Watched};
use super::super::setup::Setup;
use super::shared::Shared;

/// Pause between two looks for somebody who asks.
const LOOK: Duration = Duration::from_millis(100);
/// How long whoever asks may take to say what, and to hear an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long sources may take to judge by a new configuration.
const TAKE_OVER: Duration = Duration::from_secs(20);
/// As good as no wait: whether somebody is still there is asked once an hour of lines.
const GLANCE: Duration = Duration::from_micros(1);

/// The socket; gone when this is dropped.
pub(super) struct Door {
    listener: UnixListener,
    path: PathBuf,
}

impl Door {
    /// The socket beside a ledger; the daemon does its work without it, too.
    pub(super) fn beside(ledger: &Path) -> Option<Door> {
        let opened = Door::open(ledger);
        if let Err(error) = &opened {
            tracing::warn!(
                ledger = %ledger.display(),
                hint = "`restate` needs the daemon stopped",
                "no local socket: {error}"
            );
        }
        opened.ok()
    }

    /// Opens the socket beside a ledger that this process writes, for its owner alone.
    ///
    /// # Errors
    /// What the system says; a path longer than sockets may have, a file in its place.
    fn open(ledger: &Path) -> io::Result<Door> {
        let path = socket(ledger);
        if let Ok(there) = fs::symlink_metadata(&path)
            && !there.file_type().is_socket()
        {
            let text = format!("{} is there and is no socket", path.display());
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
        }
        // Nobody may open it before its rights are set: it is made where nobody else can go. One
        // that is left of an earlier life gives way; the ledger has one writer.
        let mut closed = path.clone().into_os_string();
        closed.push(format!(".{}", std::process::id()));
        let closed = PathBuf::from(closed);
        fs::DirBuilder::new().mode(0o700).create(&closed)?;
        let inside = closed.join("s");
        let made = UnixListener::bind(&inside).and_then(|listener| {
            fs::set_permissions(&inside, fs::Permissions::from_mode(0o600))?;
            fs::rename(&inside, &path)?;
            listener.set_nonblocking(true)?;
            Ok(listener)
        });
        // Either is there or not; what counts is what was made.
        drop(fs::remove_file(&inside));
        drop(fs::remove_dir(&closed));
        made.map(|listener| Door { listener, path })
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        // Nobody answers there any more, with or without it.
        drop(fs::remove_file(&self.path));
    }
}

/// Answers until the end is told.
///
/// # Errors
/// None that ends the daemon: who asks hears what is wrong.
pub(super) fn run(shared: &Arc<Shared>, door: &Door) -> Result<(), Failure> {
    loop {
        match door.listener.accept() {
            Ok((stream, _)) => {
                if let Err(error) = answer(shared, stream) {
                    tracing::debug!("whoever asked by the socket is gone: {error}");
                }
            }
            Err(_) => {
                if !shared.nap(LOOK) {
                    return Ok(());
                }
            }
        }
    }
}

fn say(stream: &mut UnixStream, say: &Say) -> io::Result<()> {
    let mut line = serde_json::to_string(say)?;
    line.push('\n');
    stream.write_all(line.as_bytes())
}

fn answer(shared: &Shared, mut stream: UnixStream) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    let read = BufReader::new(&stream).take(LINE_MAX).read_line(&mut line);
    read?;
    let told = match serde_json::from_str(&line) {
        Ok(Ask::Hello { .. }) => Say::Hello {
            version: VERSION,
            config: mark(&shared.setup().0.ready.canonical),
        },
        Ok(Ask::Restate { version, .. } | Ask::Alert { version, .. }) if version != VERSION => {
            Say::Refused {
                why: "the daemon is of another version".to_owned(),
            }
        }
        Ok(Ask::Restate {
            config,
            from,
            to,
            reason,
            ..
        }) => {
            let span = Span {
                from: UnixMillis(from),
                to: UnixMillis(to),
            };
            stream.set_read_timeout(Some(GLANCE))?;
            correct(shared, &mut stream, (&config, span, &reason))
        }
        Ok(Ask::Alert { order, .. }) => match shared.order(order, TAKE_OVER) {
            Ok(done) => {
                tracing::info!("alerts: {done}");
                Say::Ordered { done }
            }
            Err(why) => Say::Refused { why },
        },
        Err(error) => Say::Refused {
            why: format!("not understood: {error}"),
        },
    };
    say(&mut stream, &told)
}

/// Restates, where what was shown to a person is what would be booked.
fn correct(
    shared: &Shared,
    stream: &mut UnixStream,
    (config, span, reason): (&str, Span, &str),
) -> Say {
    match try_to_correct(shared, stream, (config, span, reason)) {
        Ok(row) => {
            tracing::info!(
                number = row.number,
                from = %span.from,
                lines = row.done.lines,
                reason = %row.reason,
                "restated"
            );
            Say::Done {
                number: row.number,
                lines: row.done.lines,
            }
        }
        Err(fault) => {
            let why = fault.to_string();
            tracing::warn!(from = %span.from, "not restated, and nothing was changed: {why}");
            Say::Refused { why }
        }
    }
}

fn refused(why: &str) -> Fault {
    Fault::new(FaultKind::Refused, why)
}

fn try_to_correct(
    shared: &Shared,
    stream: &mut UnixStream,
    (config, span, reason): (&str, Span, &str),
) -> Result<RestatementRow, Fault> {
    let reason = clean_name(reason);
    if reason.is_empty() || span.from >= span.to {
        return Err(refused(
            "a correction has a reason, and a span that ends after it begins",
        ));
    }
    let (setup, generation) = shared.setup();
    let same = |setup: &Setup| mark(&setup.ready.canonical) == config;
    if !same(&setup) {
        return Err(refused("the daemon's configuration is another one by now"));
    }
    taken_over(shared, generation)?;
    let mut books = shared.books();
    // What was judged before and is booked after would be of the configuration before.
    if shared.generation() != generation {
        return Err(refused("the daemon's configuration changed at this moment"));
    }
    let of = u64::try_from(books.reach(span)?.hours.len()).unwrap_or(u64::MAX);
    tracing::info!(from = %span.from, hours = of, "restating; what comes meanwhile waits");
    let mut watch = |hours: u64, lines: u64| {
        shared.moves();
        if shared.stopping() {
            return Err(refused("the daemon ends"));
        }
        shared.moves();
        if is_gone(stream) || say(stream, &Say::Restating { hours, of, lines }).is_err() {
            return Err(refused("whoever asked is gone"));
        }
        Ok(())
    };
    let mut watched = Watched {
        clock: &shared.clock,
        watch: &mut watch,
    };
    let row = restate::book(&mut *books, &setup, (span, &reason), &mut watched)?;
    // Told while the books are still held: nobody links with lines as they were.
    shared.corrected();
    Ok(row)
}

/// Waits until all that will be booked is judged by the configuration.
fn taken_over(shared: &Shared, generation: u64) -> Result<(), Fault> {
    let until = Instant::now() + TAKE_OVER;
    while let Some(name) = shared.behind(generation) {
        if Instant::now() >= until || !shared.nap(LOOK) {
            return Err(refused(&format!(
                "{name} has not taken the configuration over yet; try again in a moment"
            )));
        }
    }
    Ok(())
}

/// Whether whoever asked has hung up.
fn is_gone(stream: &mut UnixStream) -> bool {
    match stream.read(&mut [0]) {
        Ok(0) => true,
        Ok(_) => false,
        Err(error) => !matches!(
            error.kind(),
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
        ),
    }
}
