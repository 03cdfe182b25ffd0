//! Opens a file as a stream of plain bytes: decompressed, and UTF-16 as UTF-8, where its first bytes
//! say so.
//!
//! Knows no position and no record. A newcomer may ask why names play no part: a rotated log is
//! renamed, and a `.gz` may have been unpacked on the way.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::utf16::{Order, Utf16};

/// Opens a file for reading from its start; the second is the same file when its bytes are handed out
/// as they are.
pub(super) fn open_stream(
    path: &Path,
    raw_bytes: &Arc<AtomicU64>,
) -> io::Result<(Box<dyn Read + Send>, Option<File>)> {
    let mut file = File::open(path)?;
    let mut magic = [0_u8; 4];
    let read = read_up_to(&mut file, 4)?;
    magic
        .iter_mut()
        .zip(&read)
        .for_each(|(to, from)| *to = *from);
    file.seek(SeekFrom::Start(0))?;
    let changed = is_gzip(magic) || is_zstd(magic) || Order::of(&magic).is_some();
    let plain = if changed {
        None
    } else {
        Some(File::open(path)?)
    };
    let counted: Box<dyn Read + Send> = Box::new(Counting(file, Arc::clone(raw_bytes)));
    Ok((decompressed(counted)?, plain))
}

fn is_gzip(magic: [u8; 4]) -> bool {
    magic.starts_with(&[0x1f, 0x8b])
}

fn is_zstd(magic: [u8; 4]) -> bool {
    magic == [0x28, 0xb5, 0x2f, 0xfd]
}

/// The stream, decompressed and as UTF-8 where its first bytes say that it is something else.
pub(super) fn decompressed(reader: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let mut reader = unpacked(reader)?;
    let first = read_up_to(&mut reader, 2)?;
    let order = Order::of(&first);
    let whole = io::Cursor::new(first).chain(reader);
    Ok(match order {
        Some(order) => Box::new(Utf16::new(whole, order)),
        None => Box::new(whole),
    })
}

fn unpacked(mut reader: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let first = read_up_to(&mut reader, 4)?;
    let mut magic = [0_u8; 4];
    magic
        .iter_mut()
        .zip(&first)
        .for_each(|(to, from)| *to = *from);
    let whole = io::Cursor::new(first).chain(reader);
    Ok(if is_gzip(magic) {
        Box::new(flate2::bufread::MultiGzDecoder::new(
            BufReader::with_capacity(1 << 16, whole),
        ))
    } else if is_zstd(magic) {
        Box::new(zstd::Decoder::new(whole)?)
    } else {
        Box::new(whole)
    })
}

/// The next `bytes` bytes, or all that are left.
pub(super) fn read_up_to(reader: &mut dyn Read, bytes: usize) -> io::Result<Vec<u8>> {
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    let mut read = Vec::new();
    reader.take(bytes).read_to_end(&mut read)?;
    Ok(read)
}

/// Reads on to `offset` after `head` was read, and returns the last `keep` bytes before it; nothing
/// when the stream ends sooner.
pub(super) fn skip_keeping_tail(
    reader: &mut dyn Read,
    head: Vec<u8>,
    offset: u64,
    keep: usize,
) -> io::Result<Vec<u8>> {
    let mut left = offset.saturating_sub(u64::try_from(head.len()).unwrap_or(u64::MAX));
    let mut tail = head;
    while left > 0 {
        let part = read_up_to(
            reader,
            usize::try_from(left.min(1 << 16)).unwrap_or(usize::MAX),
        )?;
        if part.is_empty() {
            return Ok(Vec::new());
        }
        left = left.saturating_sub(u64::try_from(part.len()).unwrap_or(u64::MAX));
        tail.extend_from_slice(&part);
        let surplus = tail.len().saturating_sub(keep);
        tail.drain(..surplus);
    }
    Ok(tail)
}

/// Counts the bytes that pass.
pub(super) struct Counting<R>(pub(super) R, pub(super) Arc<AtomicU64>);

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1
            .fetch_add(u64::try_from(read).unwrap_or(0), Ordering::Relaxed);
        Ok(read)
    }
}
