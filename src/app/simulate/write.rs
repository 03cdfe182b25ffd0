//! Where simulated records go: a directory laid out like an export, or memory.
//!
//! The only file of the simulator that touches the file system. Records come in order of export,
//! so that one file per table is open at a time.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use super::tell::Framing;

/// Takes simulated records in order of their export.
pub trait Sink {
    /// One record of a table (`sys_outbound_http_log`), exported on a date (`2026-11-07`).
    ///
    /// # Errors
    /// When it cannot be written.
    fn record(&mut self, table: &str, date: &str, framing: Framing, bytes: &[u8])
    -> io::Result<()>;

    /// A day of traffic begins; days are counted from 0. For progress.
    fn day(&mut self, _number: u32) {}

    /// All records were handed over.
    ///
    /// # Errors
    /// When what was held back cannot be written.
    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The file's name within an export: `sys_outbound_http_log/2026-11-07.jsonl`.
fn file_name(table: &str, date: &str, framing: Framing) -> String {
    let extension = match framing {
        Framing::Lines => "jsonl",
        Framing::Length => "pb",
    };
    format!("{table}/{date}.{extension}")
}

fn write_framed(out: &mut dyn Write, framing: Framing, bytes: &[u8]) -> io::Result<()> {
    match framing {
        Framing::Lines => {
            out.write_all(bytes)?;
            out.write_all(b"\n")
        }
        Framing::Length => {
            let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
            out.write_all(&length.to_be_bytes())?;
            out.write_all(bytes)
        }
    }
}

/// Files below a directory, by table and date.
pub struct Directory {
    root: PathBuf,
    open: BTreeMap<String, (String, BufWriter<File>)>,
}

impl Directory {
    /// Writes below `root`, which is made when it is not there. Files of the same name are
    /// written anew.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Directory {
        Directory {
            root: root.into(),
            open: BTreeMap::new(),
        }
    }

    fn create(&mut self, table: &str, name: &str) -> io::Result<()> {
        if let Some((_, mut before)) = self.open.remove(table) {
            before.flush()?;
        }
        fs::create_dir_all(self.root.join(table))?;
        let file = BufWriter::with_capacity(1 << 16, File::create(self.root.join(name))?);
        self.open.insert(table.to_owned(), (name.to_owned(), file));
        Ok(())
    }
}

impl Sink for Directory {
    fn record(
        &mut self,
        table: &str,
        date: &str,
        framing: Framing,
        bytes: &[u8],
    ) -> io::Result<()> {
        let name = file_name(table, date, framing);
        if self.open.get(table).is_none_or(|(open, _)| *open != name) {
            self.create(table, &name)?;
        }
        match self.open.get_mut(table) {
            Some((_, file)) => write_framed(file, framing, bytes),
            None => Err(io::Error::other("the file was just opened")),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        for (_, mut file) in std::mem::take(&mut self.open).into_values() {
            file.flush()?;
        }
        Ok(())
    }
}

/// Files in memory by name, for tests and benchmarks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Contents by file name.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Sink for Memory {
    fn record(
        &mut self,
        table: &str,
        date: &str,
        framing: Framing,
        bytes: &[u8],
    ) -> io::Result<()> {
        let name = file_name(table, date, framing);
        write_framed(self.files.entry(name).or_default(), framing, bytes)
    }
}
