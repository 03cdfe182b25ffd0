//! Reads files into the books, each record once, and says what became of them.
//!
//! Knows no terminal. A newcomer may ask why positions are booked with the figures: a replay that
//! is killed and started again must end with the same books as one that was not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::call::Format;
use crate::clock::Clock;
use crate::judge::Judge;
use crate::ledger::{Applied, Ledger, Position};
use crate::source::file::{Marks, Reading, Resume, State};
use crate::source::list;
use crate::source::split::Piece;
use crate::units::{Text, UnixMillis};

use super::pipeline::{Books, Means, Partition, Pipeline};
use super::setup::{ReadAs, Setup};
use super::{Failure, Progress, links};

/// What one file gave.
#[derive(Clone, Debug)]
pub struct FileRead {
    /// The file.
    pub path: PathBuf,
    /// How it stood to what was read of it before.
    pub resume: Resume,
    /// Records read now.
    pub received: u64,
    /// Why the reading ended early, where it did; what came before is in the books.
    pub fault: Option<String>,
}

impl FileRead {
    fn nothing(path: &Path, fault: Option<String>) -> FileRead {
        FileRead {
            path: path.to_owned(),
            resume: Resume::Continued,
            received: 0,
            fault,
        }
    }
}

/// What a replay did.
#[derive(Clone, Debug, Default)]
pub struct Replayed {
    /// Each file, in the order of reading.
    pub files: Vec<FileRead>,
    /// What became of all records.
    pub applied: Applied,
}

/// Files of a running program that are read to their end and have not been written since.
#[derive(Debug, Default)]
pub struct Settled(BTreeMap<PathBuf, State>);

/// A file that has not been written for so long is complete, also without a last line end.
const SETTLED_MS: i64 = 30_000;

/// What a replay works with.
pub struct Replay<'a, B: ?Sized> {
    /// How records are read and judged.
    pub means: Means<'a>,
    /// The time.
    pub clock: &'a dyn Clock,
    /// The books.
    pub books: &'a mut B,
    /// Name of the source that the files belong to.
    pub source: &'a str,
    /// For files that may still be written: what is known to be read. Then a last record without
    /// its end is left until it has one, or the file has settled.
    pub growing: Option<&'a mut Settled>,
}

/// What is to be read, and as what.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The files, as [`list::list`] found them; `-` for standard input.
    pub files: &'a [PathBuf],
    /// Reads every record as this format, whatever the configuration says.
    pub format: Option<Format>,
}

/// Reads files as the configuration says, and links what belongs together. A file that cannot be
/// opened, or that breaks off in the middle, is no error: it is told in [`FileRead::fault`].
///
/// # Errors
/// A fault of the ledger.
pub fn replay(
    setup: &Setup,
    (judge, ledger): (&mut Judge, &mut dyn Ledger),
    clock: &dyn Clock,
    asked: Asked<'_>,
    progress: &mut dyn Progress,
) -> Result<Replayed, Failure> {
    let mut groups: Vec<(ReadAs<'_>, Vec<PathBuf>)> = Vec::new();
    for (read_as, path) in setup.read_as(asked.files) {
        match groups.last_mut() {
            Some((last, paths)) if last.source == read_as.source => paths.push(path.to_owned()),
            Some(_) | None => groups.push((read_as, vec![path.to_owned()])),
        }
    }
    let mut all = Replayed::default();
    for (read_as, paths) in groups {
        let mut settings = read_as.settings.clone();
        settings.format = asked.format.or(settings.format);
        let replayed = Replay {
            means: Means {
                judge: &mut *judge,
                gate: &setup.gate,
                settings: &settings,
                ignore_scopes: read_as.ignore_scopes,
            },
            clock,
            books: &mut *ledger,
            source: read_as.source,
            growing: None,
        }
        .read_files(&paths, progress)?;
        add(&mut all.applied, &replayed.applied);
        all.files.extend(replayed.files);
    }
    let registry = &judge.rules().registry;
    links::bring_up_to_date(ledger, registry, UnixMillis(i64::MAX), progress)?;
    Ok(all)
}

impl<B: Books + ?Sized> Replay<'_, B> {
    /// Reads all `inputs` and leaves the linking to the caller. A file that cannot be opened, or
    /// that breaks off in the middle, is no error: it is told in [`FileRead::fault`].
    ///
    /// # Errors
    /// An input that is not there, before anything is read; a fault of the ledger.
    pub fn read(
        &mut self,
        inputs: &[PathBuf],
        progress: &mut dyn Progress,
    ) -> Result<Replayed, Failure> {
        self.read_files(&list::list(inputs)?, progress)
    }

    fn read_files(
        &mut self,
        files: &[PathBuf],
        progress: &mut dyn Progress,
    ) -> Result<Replayed, Failure> {
        let total = files
            .iter()
            .filter_map(|path| std::fs::metadata(path).ok())
            .map(|about| about.len())
            .sum();
        progress.begin("reading", total);
        let mut replayed = Replayed::default();
        let mut done = 0;
        for path in files {
            let read = self.file(path, done, &mut replayed.applied, progress)?;
            done += std::fs::metadata(path).map_or(0, |about| about.len());
            replayed.files.push(read);
        }
        progress.end();
        Ok(replayed)
    }

    /// Reads one file from where the books stand.
    fn file(
        &mut self,
        path: &Path,
        done: u64,
        applied: &mut Applied,
        progress: &mut dyn Progress,
    ) -> Result<FileRead, Failure> {
        let standard_input = path.as_os_str() == "-";
        let (topic, from) = if standard_input {
            (Text::from("-"), None)
        } else {
            let topic = topic_of(path);
            let from = self.books.position(self.source, "", &topic, 0)?;
            (topic, from)
        };
        let marks: Option<Marks> = from
            .as_ref()
            .and_then(|from| serde_json::from_str(&from.state).ok());
        let earlier = from
            .as_ref()
            .zip(marks.as_ref())
            .map(|(from, marks)| (from.offset, marks));
        let state = self.growing.as_ref().and_then(|_| State::of(path).ok());
        let is_read =
            |settled: &&mut Settled| state.is_some() && settled.0.get(path) == state.as_ref();
        if self.growing.as_ref().is_some_and(is_read) {
            return Ok(FileRead::nothing(path, None));
        }
        let opened = if standard_input {
            Ok(Reading::standard_input())
        } else {
            Reading::open(path, earlier)
        };
        let mut reading = match opened {
            Ok(reading) => reading,
            Err(error) => return Ok(FileRead::nothing(path, Some(error.to_string()))),
        };
        let is_settled = state
            .as_ref()
            .is_some_and(|state| self.clock.now() > state.modified.saturating_add(SETTLED_MS));
        if self.growing.is_some() && !is_settled {
            reading.hold_open_end();
        }
        let resume = reading.resume;
        let partition = Partition {
            topic,
            partition: 0,
            from,
        };
        let source = Text::from(self.source);
        let mut pipeline = Pipeline::of_one(source, partition, self.clock.now());
        let mut received = 0;
        let fault = loop {
            match take(&mut reading, (&mut self.means, &mut pipeline), path) {
                Ok(true) => {}
                Ok(false) => break None,
                Err(fault) => break Some(fault),
            }
            if pipeline.is_full() {
                received += book(&mut pipeline, self.books, &reading, applied)?;
                progress.at(done + reading.raw_bytes(), applied.received());
            }
        };
        if !pipeline.is_empty() || resume != Resume::Continued {
            received += book(&mut pipeline, self.books, &reading, applied)?;
        }
        progress.at(done + reading.raw_bytes(), applied.received());
        if let (Some(settled), Some(state), true) = (&mut self.growing, state, is_settled) {
            settled.0.insert(path.to_owned(), state);
        }
        Ok(FileRead {
            path: path.to_owned(),
            resume,
            received,
            fault,
        })
    }
}

/// Takes the next piece of a file; `false` at its end, else why the reading breaks off.
fn take(
    reading: &mut Reading,
    (means, pipeline): (&mut Means<'_>, &mut Pipeline),
    path: &Path,
) -> Result<bool, String> {
    match reading.next_piece() {
        Ok(Some(Piece::Record { offset, bytes })) => pipeline.record(means, (0, offset), bytes),
        Ok(Some(Piece::TooLarge { offset, length })) => pipeline.too_large((0, offset), length),
        Ok(Some(Piece::Blank { .. })) => pipeline.blank(),
        Ok(Some(Piece::BadRow { offset, row })) => pipeline.reject((0, offset), row.reject()),
        Ok(None) => return Ok(false),
        Err(error) => {
            let offset = reading.offset();
            return Err(format!("{}: {error}, after byte {offset}", path.display()));
        }
    }
    Ok(true)
}

/// A file's name in the books: its absolute path, links resolved.
#[must_use]
pub fn topic_of(path: &Path) -> Text {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    Text::from(path.to_string_lossy())
}

/// Books a batch with the reading's position; how many records it held.
fn book<B: Books + ?Sized>(
    pipeline: &mut Pipeline,
    books: &mut B,
    reading: &Reading,
    total: &mut Applied,
) -> Result<u64, Failure> {
    let to = reading.marks().map(|marks| Position {
        offset: reading.offset(),
        state: serde_json::to_string(&marks).unwrap_or_default(),
        complete_to: None,
        last_at: pipeline.last_at(0),
    });
    pipeline.moves_to(0, to);
    let applied = pipeline.book(books)?;
    let received = applied.received();
    add(total, &applied);
    Ok(received)
}

/// Adds up what became of batches; the single outcomes are left out.
pub(super) fn add(total: &mut Applied, applied: &Applied) {
    fn merge<K: Copy + Ord>(into: &mut BTreeMap<K, u64>, from: &BTreeMap<K, u64>) {
        for (key, n) in from {
            *into.entry(*key).or_default() += n;
        }
    }
    total.metered += applied.metered;
    total.weak += applied.weak;
    merge(&mut total.duplicates, &applied.duplicates);
    merge(&mut total.ignored, &applied.ignored);
    merge(&mut total.quarantined, &applied.quarantined);
}
