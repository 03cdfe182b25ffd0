//! Files and directories as sources: plain, gzip and zstd, read on from where they ended.
//!
//! Knows no ledger: it takes the words of a stored position and gives new ones. A newcomer may ask
//! why a position carries hashes: a file of the same name may have grown, may have been cut, or may
//! be another file, and only its bytes can tell.

mod stream;
mod utf16;

use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::units::UnixMillis;

use self::stream::{Counting, decompressed, open_stream, read_up_to, skip_keeping_tail};
use super::csv_rows::{self, Heading};
use super::split::{Before, LOOK, PROBE, Piece, Shape, Splitter};

/// What is remembered of a file beside the offset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// Shape of its records.
    pub shape: String,
    /// Where the last record began.
    pub last_start: u64,
    /// Hash of its first `min(4096, offset)` bytes, hexadecimal.
    pub head: String,
    /// Hash of the `min(4096, offset)` bytes before the offset.
    pub tail: String,
}

/// How a file stands to what was read of it before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resume {
    /// Never read.
    New,
    /// Read on from where it ended (nothing may be left).
    Continued,
    /// Its bytes are others than those that were read: read from the start.
    Replaced,
    /// It is shorter than what was read: read from the start.
    Cut,
}

impl Resume {
    /// The word for tables and messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Resume::New => "new",
            Resume::Continued => "continued",
            Resume::Replaced => "replaced",
            Resume::Cut => "cut",
        }
    }
}

/// What changes when a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Its length in bytes.
    pub bytes: u64,
    /// When it was last written.
    pub modified: UnixMillis,
}

impl State {
    /// The state of a file.
    ///
    /// # Errors
    /// What the system says, with the path.
    pub fn of(path: &Path) -> io::Result<State> {
        let about = std::fs::metadata(path).map_err(|error| named(&error, path))?;
        let modified = about.modified()?.duration_since(std::time::UNIX_EPOCH);
        let millis = modified.map_or(0, |since| since.as_millis());
        Ok(State {
            bytes: about.len(),
            modified: UnixMillis(i64::try_from(millis).unwrap_or(i64::MAX)),
        })
    }
}

/// An input being read.
pub struct Reading {
    splitter: Splitter<Box<dyn Read + Send>>,
    path: Option<PathBuf>,
    /// How it stands to the position it was opened with.
    pub resume: Resume,
    raw_bytes: Arc<AtomicU64>,
}

pub(super) fn named(error: &io::Error, path: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// A whole file, or standard input for `-`, as plain bytes: decompressed, and UTF-16 as UTF-8.
///
/// # Errors
/// What the system says, with the path.
pub fn plain_bytes(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    let raw_bytes = Arc::new(AtomicU64::new(0));
    if path == Path::new("-") {
        return decompressed(Box::new(Counting(io::stdin(), raw_bytes)));
    }
    let (reader, _) = open_stream(path, &raw_bytes).map_err(|error| named(&error, path))?;
    Ok(reader)
}

impl Reading {
    /// Standard input: no position, read once.
    #[must_use]
    pub fn standard_input() -> Reading {
        let raw_bytes = Arc::new(AtomicU64::new(0));
        let reader: Box<dyn Read + Send> = Box::new(Counting(io::stdin(), Arc::clone(&raw_bytes)));
        let reader = decompressed(reader).unwrap_or_else(|_| Box::new(io::empty()));
        Reading {
            splitter: Splitter::new(reader, Before::default()),
            path: None,
            resume: Resume::New,
            raw_bytes,
        }
    }

    /// Opens a file where an earlier reading ended (`offset` in decompressed bytes and its marks).
    ///
    /// # Errors
    /// What the system says, with the path.
    pub fn open(path: &Path, earlier: Option<(u64, &Marks)>) -> io::Result<Reading> {
        Self::open_inner(path, earlier).map_err(|error| named(&error, path))
    }

    fn open_inner(path: &Path, earlier: Option<(u64, &Marks)>) -> io::Result<Reading> {
        let Some((offset, marks)) = earlier else {
            return Self::from_start(path, Resume::New);
        };
        let raw_bytes = Arc::new(AtomicU64::new(0));
        let (mut reader, plain) = open_stream(path, &raw_bytes)?;
        let probe = usize::try_from(offset).unwrap_or(usize::MAX).min(PROBE);
        let head = read_up_to(&mut reader, probe)?;
        if head.len() < probe {
            return Self::from_start(path, Resume::Cut);
        }
        if hash(&head) != marks.head {
            return Self::from_start(path, Resume::Replaced);
        }
        let tail = if let Some(mut file) = plain {
            let back = u64::try_from(probe).unwrap_or(u64::MAX);
            file.seek(SeekFrom::Start(offset.saturating_sub(back)))?;
            let tail = read_up_to(&mut file, probe)?;
            raw_bytes.store(offset, Ordering::Relaxed);
            reader = Box::new(Counting(file, Arc::clone(&raw_bytes)));
            tail
        } else {
            skip_keeping_tail(&mut reader, head.clone(), offset, probe)?
        };
        if tail.len() < probe {
            return Self::from_start(path, Resume::Cut);
        }
        if hash(&tail) != marks.tail {
            return Self::from_start(path, Resume::Replaced);
        }
        let shape = Shape::parse(&marks.shape);
        let heading = heading(path, shape)?;
        let by_line = matches!(shape, Some(Shape::Lines | Shape::Rows));
        let unended = by_line && !tail.is_empty() && !tail.ends_with(b"\n");
        let mut chained = Vec::new();
        if unended {
            // The last line had no end when it was read. If it went on since, it is read again.
            chained = read_up_to(&mut reader, 1)?;
            if !matches!(chained.as_slice(), [] | [b'\n' | b'\r']) {
                return Self::from_byte(path, marks.last_start, shape);
            }
        }
        let reader: Box<dyn Read + Send> = Box::new(io::Cursor::new(chained).chain(reader));
        let mut splitter = Splitter::new(
            reader,
            Before {
                offset,
                shape,
                head,
                tail,
                heading,
            },
        );
        if unended {
            // The rest of that line is its line break alone: passed over, not a blank line.
            splitter.next_piece()?;
        }
        Ok(Reading {
            splitter,
            path: Some(path.to_owned()),
            resume: Resume::Continued,
            raw_bytes,
        })
    }

    /// Opens a file at a byte where a record begins, to read that record again; `last` is the shape
    /// of its records where it was last read.
    ///
    /// # Errors
    /// What the system says, or that no record begins there.
    pub fn at(path: &Path, offset: u64, last: Option<Shape>) -> io::Result<Reading> {
        let mut start = Self::from_start(path, Resume::New)?;
        let shape = match start.splitter.first_shape()? {
            // Behind an array may stand something else: only what stands before tells the two apart.
            Some(Shape::Elements) if last != Some(Shape::Elements) => start.shape_at(offset)?,
            first => first,
        };
        Self::from_byte(path, offset, shape)
    }

    /// The shape of the record that begins at a byte, found by reading up to there.
    fn shape_at(&mut self, wanted: u64) -> io::Result<Option<Shape>> {
        while let Some(piece) = self.splitter.next_piece()? {
            if piece.offset() >= wanted {
                if piece.offset() == wanted {
                    return Ok(self.splitter.resume_shape());
                }
                break;
            }
        }
        let text = format!("no record begins at byte {wanted}");
        Err(io::Error::new(io::ErrorKind::NotFound, text))
    }

    /// Opens a file at a byte where a record begins.
    fn from_byte(path: &Path, offset: u64, shape: Option<Shape>) -> io::Result<Reading> {
        let raw_bytes = Arc::new(AtomicU64::new(0));
        let (mut reader, plain) = open_stream(path, &raw_bytes)?;
        let probe = usize::try_from(offset).unwrap_or(usize::MAX).min(PROBE);
        let tail = if let Some(mut file) = plain {
            let back = u64::try_from(probe).unwrap_or(u64::MAX);
            file.seek(SeekFrom::Start(offset.saturating_sub(back)))?;
            let tail = read_up_to(&mut file, probe)?;
            raw_bytes.store(offset, Ordering::Relaxed);
            reader = Box::new(Counting(file, Arc::clone(&raw_bytes)));
            tail
        } else {
            let head = read_up_to(&mut reader, probe)?;
            skip_keeping_tail(&mut reader, head, offset, probe)?
        };
        let (mut head_reader, _) = open_stream(path, &Arc::default())?;
        let head = read_up_to(&mut head_reader, PROBE)?;
        let heading = if offset > 0 {
            heading(path, shape)?
        } else {
            None
        };
        let shape = shape.or(heading.as_ref().map(|_| Shape::Rows));
        let splitter = Splitter::new(
            reader,
            Before {
                offset,
                shape,
                head,
                tail,
                heading,
            },
        );
        Ok(Reading {
            splitter,
            path: Some(path.to_owned()),
            resume: Resume::Continued,
            raw_bytes,
        })
    }

    fn from_start(path: &Path, resume: Resume) -> io::Result<Reading> {
        let raw_bytes = Arc::new(AtomicU64::new(0));
        let (reader, _) = open_stream(path, &raw_bytes)?;
        Ok(Reading {
            splitter: Splitter::new(reader, Before::default()),
            path: Some(path.to_owned()),
            resume,
            raw_bytes,
        })
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// What the system or the decompressor says; what was handed out before stays right.
    pub fn next_piece(&mut self) -> io::Result<Option<Piece<'_>>> {
        self.splitter.next_piece()
    }

    /// The heading, where the input is a table and was looked at.
    #[must_use]
    pub fn heading(&self) -> Option<&Heading> {
        self.splitter.heading()
    }

    /// Leaves a last record without its end for a later reading.
    pub fn hold_open_end(&mut self) {
        self.splitter.hold_open_end();
    }

    /// Whether a last record was left.
    #[must_use]
    pub fn held(&self) -> bool {
        self.splitter.held()
    }

    /// Bytes of the file itself (compressed where it is) that were read, for progress.
    #[must_use]
    pub fn raw_bytes(&self) -> u64 {
        self.raw_bytes.load(Ordering::Relaxed)
    }

    /// Where the next record begins, in decompressed bytes.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.splitter.resume_at()
    }

    /// What must be stored beside [`Reading::offset`] to go on there; `None` for standard input.
    #[must_use]
    pub fn marks(&self) -> Option<Marks> {
        self.path.as_ref()?;
        Some(Marks {
            shape: self
                .splitter
                .resume_shape()
                .map_or(String::new(), |shape| shape.as_str().to_owned()),
            last_start: self.splitter.last_start(),
            head: hash(self.splitter.head()),
            tail: hash(self.splitter.tail()),
        })
    }
}

/// The heading of a table, read again from the start of the file; `None` when `shape` says that it
/// is none.
fn heading(path: &Path, shape: Option<Shape>) -> io::Result<Option<Heading>> {
    if shape.is_some_and(|shape| shape != Shape::Rows) {
        return Ok(None);
    }
    let (mut reader, _) = open_stream(path, &Arc::default())?;
    let start = read_up_to(&mut reader, LOOK)?;
    let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&start);
    Ok(csv_rows::heading(start, start.len() < LOOK).map(|(heading, _)| heading))
}

fn hash(bytes: &[u8]) -> String {
    format!("{:016x}", twox_hash::XxHash3_64::oneshot(bytes))
}

#[cfg(test)]
mod tests;
