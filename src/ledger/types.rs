//! What goes into the books, as plain data.
//!
//! Knows no SQL and no file. A newcomer may ask why a batch carries counts of ignored records and
//! no records: most records of a topic are other calls, and all that is kept of them is how many.

use std::collections::BTreeMap;

use crate::call::Format;
use crate::entry::Entry;
use crate::outcome::{DuplicateKind, IgnoreReason, Outcome, QuarantineReason, Reject};
use crate::residency::{Grade, Verdict};
use crate::units::{Text, UnixMillis};

use super::words::LossKind;

/// Times from `from` (with it) to `to` (without it).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First time inside.
    pub from: UnixMillis,
    /// First time after.
    pub to: UnixMillis,
}

impl Span {
    /// All times.
    pub const ALL: Span = Span {
        from: UnixMillis(i64::MIN),
        to: UnixMillis(i64::MAX),
    };

    /// Whether `at` lies inside.
    #[must_use]
    pub fn contains(&self, at: UnixMillis) -> bool {
        self.from <= at && at < self.to
    }
}

/// Up to where a source has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The next offset, or the byte to read on from.
    pub offset: u64,
    /// The source's own words on it (sizes, hashes of head and tail); opaque here.
    pub state: String,
    /// Every record before this time has been read; `None` where nothing more is to come, so that
    /// a finished file stalls nobody.
    pub complete_to: Option<UnixMillis>,
    /// Time of the last record read.
    pub last_at: Option<UnixMillis>,
}

/// A position and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Name of the source.
    pub source: Text,
    /// Id of the Kafka cluster: offsets of one say nothing of another. Empty for files.
    pub cluster: Text,
    /// Topic, or path of the file.
    pub topic: Text,
    /// Partition; 0 for files.
    pub partition: i32,
    /// Up to where.
    pub position: Position,
}

/// A record that could not be metered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// Which of the batch's parts it belongs to.
    pub part: u16,
    /// Where it stands.
    pub offset: u64,
    /// Its time, where it could be read.
    pub at: Option<UnixMillis>,
    /// Why.
    pub reject: Reject,
    /// Its format, where it was recognised.
    pub format: Option<Format>,
}

/// What a batch has of one partition: where the books must stand, and where they stand afterwards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Topic, or path of the file.
    pub topic: Text,
    /// Partition; 0 for files.
    pub partition: i32,
    /// Where the books must stand (offset and state) for the batch to be booked; `None` for the
    /// first batch of a partition, and for what has no position.
    pub from: Option<Position>,
    /// Where they stand afterwards; `None` for what has no position (standard input, retries).
    pub to: Option<Position>,
}

/// A break in what a partition could be read of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Which of the batch's parts it belongs to.
    pub part: u16,
    /// What happened.
    pub kind: LossKind,
    /// The first offset that it concerns.
    pub from: u64,
    /// The first offset after.
    pub to: u64,
}

/// Records of one source, decoded and judged, to be booked in one transaction.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Name of the source.
    pub source: Text,
    /// Id of the Kafka cluster; empty for files.
    pub cluster: Text,
    /// The partitions it has records of; entries and quarantined records name theirs by its place
    /// in this list.
    pub parts: Vec<Part>,
    /// Records read; one that holds n calls counts n.
    pub received: u64,
    /// Judged reports, in the order of the source.
    pub entries: Vec<Entry>,
    /// How many were no LLM calls.
    pub ignored: BTreeMap<IgnoreReason, u64>,
    /// What could not be read.
    pub quarantined: Vec<Quarantined>,
    /// What was found broken on the way from the parts' `from` to where they were read on.
    pub lost: Vec<Loss>,
    /// Rows of the quarantine that this batch read again: they go, and their counts with them.
    pub retried: Vec<i64>,
}

impl Batch {
    /// Topic and partition of a part; blank where the batch has none.
    #[must_use]
    pub fn place(&self, part: u16) -> (&Text, i32) {
        static NOWHERE: Text = Text::const_new("");
        self.parts
            .get(usize::from(part))
            .map_or((&NOWHERE, 0), |part| (&part.topic, part.partition))
    }
}

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Reports that added to the books.
    pub metered: u64,
    /// Reports that the books had.
    pub duplicates: BTreeMap<DuplicateKind, u64>,
    /// Records that are no LLM calls.
    pub ignored: BTreeMap<IgnoreReason, u64>,
    /// Records kept aside, those of closed hours among them.
    pub quarantined: BTreeMap<QuarantineReason, u64>,
    /// Of the metered: known only by a hash of their content.
    pub weak: u64,
    /// What became of each entry, in the entries' order.
    pub outcomes: Vec<Outcome>,
}

impl Applied {
    /// All that the batch held: `metered + duplicate + ignored + quarantined`.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.metered
            + self.duplicates.values().sum::<u64>()
            + self.ignored.values().sum::<u64>()
            + self.quarantined.values().sum::<u64>()
    }
}

/// Whether a call with this verdict leaves a row of evidence.
#[must_use]
pub fn is_evidence(verdict: Option<Verdict>) -> bool {
    match verdict {
        Some(Verdict::Violated | Verdict::Unproven) => true,
        Some(Verdict::Held | Verdict::Declared | Verdict::NoRule) | None => false,
    }
}

/// The verdict of that word.
pub(super) fn verdict_of(word: &str) -> Option<Verdict> {
    Verdict::ALL.into_iter().find(|v| v.as_str() == word)
}

/// The grade of that letter.
pub(super) fn grade_of(word: &str) -> Option<Grade> {
    Grade::ALL.into_iter().find(|g| g.as_str() == word)
}
