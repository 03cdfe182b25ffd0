//! What a position remembers of the records it has passed, and what it makes of the log it finds.
//!
//! Knows no client: whoever asks reads a record back when told to. A newcomer may ask why more than
//! the last record is remembered: a log that was cut is found by the newest mark that it still has,
//! and one that was made again by having none.

use twox_hash::XxHash3_64;

/// How many records a position remembers at most; the distance between them doubles.
const MARKS_MAX: usize = 40;

/// A record that was read: enough to know it again, and nothing of what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its offset.
    pub offset: u64,
    /// Its timestamp in Unix milliseconds; -1 when it has none.
    pub time: i64,
    /// Hash of its bytes.
    pub hash: u64,
}

impl Mark {
    /// The mark of a record.
    #[must_use]
    pub fn of(offset: u64, time: Option<i64>, payload: Option<&[u8]>) -> Mark {
        Mark {
            offset,
            time: time.unwrap_or(-1),
            hash: payload.map_or(0, XxHash3_64::oneshot),
        }
    }
}

/// The marks of a partition, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks(Vec<Mark>);

impl Marks {
    /// Reads what [`Marks::to_text`] wrote; anything else has no marks.
    #[must_use]
    pub fn parse(text: &str) -> Marks {
        let marks: Vec<(u64, i64, u64)> = serde_json::from_str(text).unwrap_or_default();
        let mark = |(offset, time, hash)| Mark { offset, time, hash };
        Marks(marks.into_iter().map(mark).collect())
    }

    /// The marks as a position keeps them.
    #[must_use]
    pub fn to_text(&self) -> String {
        let marks: Vec<(u64, i64, u64)> = self
            .0
            .iter()
            .map(|mark| (mark.offset, mark.time, mark.hash))
            .collect();
        serde_json::to_string(&marks).unwrap_or_default()
    }

    /// Adds a newer record and thins out the older ones.
    pub fn push(&mut self, mark: Mark) {
        let mut kept = vec![mark];
        let mut span = None;
        for old in self.0.drain(..) {
            // Of those between 2ⁿ and 2ⁿ⁺¹ offsets away, the oldest stays: it moves on first.
            let away = mark.offset.saturating_sub(old.offset).checked_ilog2();
            if away.is_none() {
                continue;
            }
            if span == away {
                kept.pop();
            }
            span = away;
            if kept.len() < MARKS_MAX {
                kept.push(old);
            }
        }
        self.0 = kept;
    }

    /// The oldest record that is remembered.
    #[must_use]
    pub fn oldest(&self) -> Option<Mark> {
        self.0.last().copied()
    }

    /// The newest record.
    #[must_use]
    pub fn newest(&self) -> Option<Mark> {
        self.0.first().copied()
    }
}

/// How a partition's log stands to what was read of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resume {
    /// The books have no position of it.
    First,
    /// It goes on where it was left.
    Continued,
    /// Retention or a deletion has taken records that were never read.
    Removed {
        /// The first of them.
        from: u64,
        /// The first record that is still there.
        to: u64,
    },
    /// The log lost its end after it was read: what is there from `from` on is read, and what the
    /// books have of it already adds nothing.
    Truncated {
        /// The first offset that no longer holds what was read.
        from: u64,
        /// Up to where it had been read.
        to: u64,
    },
    /// None of the records that were read is there: the topic was deleted and made again.
    Replaced {
        /// Up to where the earlier topic had been read; what it held beyond is not known.
        to: u64,
    },
}

impl Resume {
    /// The word for logs and figures.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Resume::First => "first",
            Resume::Continued => "continued",
            Resume::Removed { .. } => "removed",
            Resume::Truncated { .. } => "truncated",
            Resume::Replaced { .. } => "replaced",
        }
    }

    /// Records known to be lost.
    #[must_use]
    pub fn lost(&self) -> u64 {
        match self {
            Resume::Removed { from, to } => to.saturating_sub(*from),
            Resume::First
            | Resume::Continued
            | Resume::Truncated { .. }
            | Resume::Replaced { .. } => 0,
        }
    }
}

/// The offsets that a partition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermarks {
    /// The oldest record.
    pub low: u64,
    /// One past the newest.
    pub high: u64,
}

/// Where to read on, given that `next` is the first offset not read. `read` reads one record back:
/// `None` when there is none at that offset (compacted away, or a marker of a transaction).
///
/// # Errors
/// What `read` says.
pub fn resume<E>(
    (next, marks): (u64, &Marks),
    log: Watermarks,
    mut read: impl FnMut(u64) -> Result<Option<Mark>, E>,
) -> Result<(u64, Resume), E> {
    let Some(newest) = marks.newest() else {
        return Ok(if next < log.low {
            let (from, to) = (next, log.low);
            (to, Resume::Removed { from, to })
        } else if next > log.high {
            (log.low, Resume::Replaced { to: next })
        } else {
            (next, Resume::Continued)
        });
    };
    if newest.offset < log.low {
        return Ok(if next < log.low {
            let (from, to) = (next, log.low);
            (to, Resume::Removed { from, to })
        } else {
            (next, Resume::Continued)
        });
    }
    let mut differs = false;
    for mark in marks.0.iter().filter(|mark| mark.offset >= log.low) {
        if mark.offset >= log.high {
            differs = true;
            continue;
        }
        match read(mark.offset)? {
            Some(found) if found == *mark && differs => {
                let from = mark.offset + 1;
                return Ok((from, Resume::Truncated { from, to: next }));
            }
            Some(found) if found == *mark => break,
            Some(_) => differs = true,
            // A gap tells nothing; an older record may.
            None => {}
        }
    }
    // A topic that was made anew while it was read has only what came last; the oldest tells.
    let oldest = marks.oldest().filter(|oldest| oldest.offset >= log.low);
    if !differs && let Some(oldest) = oldest.filter(|oldest| *oldest != newest) {
        differs = read(oldest.offset)?.is_some_and(|found| found != oldest);
    }
    Ok(if differs {
        (log.low, Resume::Replaced { to: next })
    } else {
        (next, Resume::Continued)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(offset: u64) -> Mark {
        Mark::of(offset, Some(1), Some(&offset.to_le_bytes()))
    }

    fn marks(read: impl IntoIterator<Item = u64>) -> Marks {
        let mut marks = Marks::default();
        read.into_iter().for_each(|offset| marks.push(mark(offset)));
        marks
    }

    #[test]
    fn marks_are_few_and_come_back() {
        let all = marks(0..100_000);
        assert!(all.0.len() <= MARKS_MAX, "{}", all.0.len());
        assert_eq!(all.newest(), Some(mark(99_999)));
        assert!(all.0.windows(2).all(|pair| pair[0].offset > pair[1].offset));
        let reach = 99_999 - all.0.last().unwrap().offset;
        assert!(reach > 30_000, "reaches back {reach}");
        assert_eq!(Marks::parse(&all.to_text()), all);
        assert_eq!(Marks::parse("a file's state"), Marks::default());
    }

    #[test]
    fn a_damaged_position_takes_a_further_record() {
        let mut all = Marks(vec![mark(0), mark(5)]);
        all.push(mark(u64::MAX));
        assert_eq!(all, Marks(vec![mark(u64::MAX), mark(5)]));
    }

    #[test]
    fn tells_what_became_of_a_log() {
        // What was read (its last record is `next - 1`), the log's ends, the offset from which the
        // log holds other records, and what to make of it.
        let removed = |from, to| (to, Resume::Removed { from, to });
        let truncated = |from, to| (from, Resume::Truncated { from, to });
        let replaced = |low, to| (low, Resume::Replaced { to });
        let never = u64::MAX;
        let cases = [
            (100, (0, 100), never, (100, Resume::Continued)),
            (100, (0, 500), never, (100, Resume::Continued)),
            (100, (99, 500), never, (100, Resume::Continued)),
            (100, (100, 500), never, (100, Resume::Continued)),
            (100, (140, 500), never, removed(100, 140)),
            (100, (0, 80), never, truncated(65, 100)),
            (100, (0, 500), 80, truncated(65, 100)),
            (100, (0, 500), 0, replaced(0, 100)),
            (100, (0, 5), 0, replaced(0, 100)),
            (100, (0, 0), 0, replaced(0, 100)),
            (100, (7, 60), 0, replaced(7, 100)),
        ];
        for (next, (low, high), other_from, expected) in cases {
            let log = Watermarks { low, high };
            let found = resume((next, &marks(0..next)), log, |offset| {
                assert!(low <= offset && offset < high, "asked for {offset}");
                let mut found = mark(offset);
                found.hash ^= u64::from(offset >= other_from);
                Ok::<_, ()>(Some(found))
            });
            assert_eq!(found, Ok(expected), "{next} {log:?} {other_from}");
        }
    }

    #[test]
    fn behind_a_gap_an_older_record_tells() {
        let log = Watermarks { low: 0, high: 20 };
        let read = marks([9, 14]);
        // What the log has at 9: that record, another one, nothing.
        let same = Some(mark(9));
        let other = Some(Mark::of(9, Some(2), Some(b"other")));
        let cases = [
            (same, (15, Resume::Continued)),
            (other, (0, Resume::Replaced { to: 15 })),
            (None, (15, Resume::Continued)),
        ];
        for (at_9, expected) in cases {
            let found = resume((15, &read), log, |offset| {
                Ok::<_, ()>(at_9.filter(|_| offset == 9))
            });
            assert_eq!(found, Ok(expected), "{at_9:?}");
        }
    }

    #[test]
    fn a_position_without_records_and_a_gap_are_no_loss() {
        let log = Watermarks { low: 10, high: 20 };
        let none = |_| Ok::<_, ()>(None);
        let cases = [
            (marks([]), 10, (10, Resume::Continued)),
            (marks([]), 20, (20, Resume::Continued)),
            (marks([]), 5, (10, Resume::Removed { from: 5, to: 10 })),
            (marks([]), 25, (10, Resume::Replaced { to: 25 })),
            (marks([14]), 15, (15, Resume::Continued)),
        ];
        for (marks, next, expected) in cases {
            assert_eq!(resume((next, &marks), log, none), Ok(expected), "{next}");
        }
    }
}
