//! What comes out of the books, row by row, as plain data.
//!
//! Knows no SQL and no file. A newcomer may ask why rows name their keys in full: whoever reads them
//! has no dictionary.

use crate::call::Format;
use crate::cell::{Cell, Totals};
use crate::entry::{CellKey, Origin};
use crate::ids::{ConfigNumber, Fingerprint};
use crate::outcome::QuarantineReason;
use crate::units::{Text, UnixMillis};

use super::words::{Family, LossKind, Resolution};

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
