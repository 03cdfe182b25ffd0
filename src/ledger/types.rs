//! What goes into the books and what comes out of them, as plain data.
//!
//! Knows no SQL and no file. A newcomer may ask why a batch carries counts of ignored records and
//! no records: most records of a topic are other calls, and all that is kept of them is how many.

use std::collections::BTreeMap;

use crate::call::Format;
use crate::cell::{Cell, Totals};
use crate::entry::{CellKey, Entry, Origin};
use crate::ids::{ConfigNumber, Fingerprint};
use crate::outcome::{DuplicateKind, IgnoreReason, Outcome, QuarantineReason, Reject};
use crate::residency::{Grade, Verdict};
use crate::units::{Text, UnixMillis};

use super::words::{Family, LossKind, Resolution};

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

/// A cell of the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellRow {
    /// How wide its window is.
    pub resolution: Resolution,
    /// Where its window begins.
    pub start: UnixMillis,
    /// Its key.
    pub key: CellKey,
    /// Number of its last change in the feed.
    pub seq: u64,
    /// Its totals.
    pub cell: Cell,
}

/// Totals of a small family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FamilyRow {
    /// Which family.
    pub family: Family,
    /// Where its window begins.
    pub start: UnixMillis,
    /// First part of the key.
    pub a: Text,
    /// Second part of the key.
    pub b: Text,
    /// Number of its last change in the feed.
    pub seq: u64,
    /// Its totals.
    pub totals: Totals,
}

/// What one conversation used of one feature on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationRow {
    /// Where its day begins.
    pub day: UnixMillis,
    /// Who; `None` for all beyond the day's limit.
    pub conversation: Option<Fingerprint>,
    /// Of which feature.
    pub feature: Text,
    /// Its totals.
    pub totals: Totals,
}

/// A violated or unproven call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceRow {
    /// When.
    pub at: UnixMillis,
    /// Its key in the books.
    pub id: u64,
    /// Its identity as told, cut to a name's length, behind the word for its kind.
    pub identity: Text,
    /// Where its record stands.
    pub origin: Origin,
    /// Feature, endpoint, provider, model, region, verdict and grade.
    pub key: CellKey,
    /// Name of the rule.
    pub rule: Text,
    /// Words of the strongest evidence.
    pub evidence: Text,
    /// Configuration it was judged under.
    pub config: ConfigNumber,
}

/// A record in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineRow {
    /// Its number.
    pub id: i64,
    /// Where it stands.
    pub origin: Origin,
    /// Its time, where it could be read.
    pub at: Option<UnixMillis>,
    /// Its format, where it was recognised.
    pub format: Option<Format>,
    /// Why.
    pub reason: QuarantineReason,
    /// What would be right.
    pub detail: String,
    /// Its keys and the lengths of their values.
    pub keys: Vec<(Text, u32)>,
    /// When it was first seen, by the daemon's clock.
    pub seen: UnixMillis,
}

/// How many records of a source ended how, on a day of the daemon's clock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CountRow {
    /// Where the day begins.
    pub day: UnixMillis,
    /// Name of the source.
    pub source: Text,
    /// `received`, `metered`, `duplicate`, `ignored` or `quarantined`.
    pub outcome: Text,
    /// The reason's word; empty for `received` and `metered`.
    pub reason: Text,
    /// How many.
    pub n: u64,
}

/// A break in what a partition could be read of, as the books keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LossRow {
    /// Name of the source.
    pub source: Text,
    /// Id of the Kafka cluster.
    pub cluster: Text,
    /// Topic.
    pub topic: Text,
    /// Partition.
    pub partition: i32,
    /// What happened.
    pub kind: LossKind,
    /// The first offset that it concerns.
    pub from: u64,
    /// The first offset after.
    pub to: u64,
    /// When it was found, by the daemon's clock.
    pub at: UnixMillis,
}

impl LossRow {
    /// How many records are known to be lost.
    #[must_use]
    pub fn records(&self) -> u64 {
        match self.kind {
            LossKind::Removed => self.to.saturating_sub(self.from),
            LossKind::Truncated | LossKind::Replaced => 0,
        }
    }
}

/// Two tellers that contradict each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContradictionRow {
    /// Who told first and stands; empty when that line is gone.
    pub first: Text,
    /// Who told otherwise.
    pub second: Text,
    /// How often.
    pub n: u64,
    /// Where the latest example's second record stands.
    pub example: Origin,
    /// When its call was.
    pub at: UnixMillis,
}

/// What a limit cut off in a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverflowRow {
    /// What: keys of `names`, `conversations`, rows of `evidence`, of `quarantine`,
    /// `contradictions`, lines that stay `unlinked`.
    pub kind: Text,
    /// Where the window begins: an hour for evidence and unlinked lines, else a day.
    pub start: UnixMillis,
    /// How many.
    pub n: u64,
}

/// A link cell as the books keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRow {
    /// The hour of the later call.
    pub hour: UnixMillis,
    /// The parts of its key, in order.
    pub key: Vec<Text>,
    /// Its totals, encoded by whoever computed them.
    pub body: Vec<u8>,
}

/// A configuration the ledger has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigRow {
    /// Its number.
    pub number: ConfigNumber,
    /// Its canonical text, without secrets.
    pub text: String,
    /// When it was first used.
    pub first_used: UnixMillis,
}

/// One link of the chain of seals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealRow {
    /// Its number in the chain, from 1.
    pub number: u64,
    /// The day it seals.
    pub day: UnixMillis,
    /// Whether the day had been sealed before.
    pub amendment: bool,
    /// Hash of the day's cells and evidence, hexadecimal.
    pub content: String,
    /// Hash over the one before and this one, hexadecimal.
    pub hash: String,
    /// When, by the daemon's clock.
    pub at: UnixMillis,
}

/// What checking the seals found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealCheck {
    /// Days whose content agrees with their last seal.
    pub intact: u64,
    /// Days changed by late records or corrections and not yet amended.
    pub pending: Vec<UnixMillis>,
    /// Days whose content disagrees with their last seal.
    pub changed: Vec<UnixMillis>,
    /// Numbers of seals that do not follow from the one before.
    pub broken: Vec<u64>,
}

/// What one round of upkeep did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maintained {
    /// Hours closed.
    pub hours_closed: u64,
    /// Hours whose call lines went.
    pub lines_dropped: u64,
    /// Hours whose hour cells went.
    pub hours_forgotten: u64,
    /// Days sealed or amended.
    pub days_sealed: u64,
    /// There is more to do: call again.
    pub more: bool,
}

/// Which time zone days have, from when on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneRow {
    /// The first instant it holds for.
    pub start: UnixMillis,
    /// Its IANA name.
    pub name: Text,
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
