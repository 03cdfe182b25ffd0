//! The one counted outcome of each record, and the closed lists of reasons.
//!
//! Knows no format. A newcomer may ask why a duplicate has three kinds: two sources that measured
//! one call differently are worth a number, two that contradict each other are worth a look.

use std::fmt;

use crate::units::Text;

/// What a record that is no LLM call was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IgnoreReason {
    /// An outbound call to a host and path that is no LLM provider's and not registered.
    OtherCall,
    /// A record of a known shape that tells no call: a span that is no LLM request, a metric, a
    /// `CloudWatch` control message.
    NotACall,
    /// A blank line between records.
    Blank,
    /// The endpoint's `usage_from` or `transport_from` names another source for all it tells.
    OtherSourceCounts,
}

impl IgnoreReason {
    /// All of them, in order.
    pub const ALL: [IgnoreReason; 4] = [
        IgnoreReason::OtherCall,
        IgnoreReason::NotACall,
        IgnoreReason::Blank,
        IgnoreReason::OtherSourceCounts,
    ];

    /// The word for logs, tables and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            IgnoreReason::OtherCall => "other_call",
            IgnoreReason::NotACall => "not_a_call",
            IgnoreReason::Blank => "blank",
            IgnoreReason::OtherSourceCounts => "other_source_counts",
        }
    }
}

/// Why a record could not be metered and waits in quarantine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QuarantineReason {
    /// No bytes at all (a null payload).
    Empty,
    /// More bytes than [`crate::decode::RECORD_MAX_BYTES`].
    TooLarge,
    /// Not UTF-8.
    NotUtf8,
    /// Does not begin like JSON or a known binary format: plain text.
    PlainText,
    /// JSON that breaks off or breaks the grammar (`NaN` is such a break).
    BrokenJson,
    /// Nested deeper than the decoder goes.
    TooDeep,
    /// One object names a key twice.
    DuplicateKey,
    /// Protobuf that cannot be read.
    BrokenProtobuf,
    /// A row of a table with more or fewer cells than its heading.
    BadRow,
    /// JSON of a shape that no format knows.
    UnknownShape,
    /// A call without a host or URL to tell where it went.
    NoDestination,
    /// No time, or one that cannot be read.
    BadTime,
    /// A time before 2015, after 2100, or more than a day in the future.
    TimeOutOfRange,
    /// A status that is no HTTP status.
    BadStatus,
    /// A number where it must be whole and is not, or past 2⁵³, or of the wrong type.
    BadNumber,
    /// A token count below zero.
    NegativeTokens,
    /// More cached tokens than input tokens.
    CachedAboveInput,
    /// The hour it belongs to is closed.
    PastHorizon,
}

impl QuarantineReason {
    /// All of them, in order.
    pub const ALL: [QuarantineReason; 18] = [
        QuarantineReason::Empty,
        QuarantineReason::TooLarge,
        QuarantineReason::NotUtf8,
        QuarantineReason::PlainText,
        QuarantineReason::BrokenJson,
        QuarantineReason::TooDeep,
        QuarantineReason::DuplicateKey,
        QuarantineReason::BrokenProtobuf,
        QuarantineReason::BadRow,
        QuarantineReason::UnknownShape,
        QuarantineReason::NoDestination,
        QuarantineReason::BadTime,
        QuarantineReason::TimeOutOfRange,
        QuarantineReason::BadStatus,
        QuarantineReason::BadNumber,
        QuarantineReason::NegativeTokens,
        QuarantineReason::CachedAboveInput,
        QuarantineReason::PastHorizon,
    ];

    /// The word for logs, tables and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            QuarantineReason::Empty => "empty",
            QuarantineReason::TooLarge => "too_large",
            QuarantineReason::NotUtf8 => "not_utf8",
            QuarantineReason::PlainText => "plain_text",
            QuarantineReason::BrokenJson => "broken_json",
            QuarantineReason::TooDeep => "too_deep",
            QuarantineReason::DuplicateKey => "duplicate_key",
            QuarantineReason::BrokenProtobuf => "broken_protobuf",
            QuarantineReason::BadRow => "bad_row",
            QuarantineReason::UnknownShape => "unknown_shape",
            QuarantineReason::NoDestination => "no_destination",
            QuarantineReason::BadTime => "bad_time",
            QuarantineReason::TimeOutOfRange => "time_out_of_range",
            QuarantineReason::BadStatus => "bad_status",
            QuarantineReason::BadNumber => "bad_number",
            QuarantineReason::NegativeTokens => "negative_tokens",
            QuarantineReason::CachedAboveInput => "cached_above_input",
            QuarantineReason::PastHorizon => "past_horizon",
        }
    }

    /// The reason of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<QuarantineReason> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

impl fmt::Display for QuarantineReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A record that could not be read: why, and what may be kept of it.
#[must_use = "a rejected record must be counted and kept"]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Why.
    pub reason: QuarantineReason,
    /// What would be right, naming keys and numbers but never a text value of the record.
    pub detail: String,
    /// The record's keys (dotted for nested ones) and the length of each value in bytes, at most
    /// [`Reject::MAX_KEYS`]; never the values.
    pub keys: Vec<(Text, u32)>,
}

impl Reject {
    /// How many keys of a record the quarantine keeps.
    pub const MAX_KEYS: usize = 64;

    /// A rejection without keys.
    pub fn new(reason: QuarantineReason, detail: impl Into<String>) -> Reject {
        Reject {
            reason,
            detail: detail.into(),
            keys: Vec::new(),
        }
    }
}

/// Why a report added nothing that was not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DuplicateKind {
    /// It tells the same facts.
    Equal,
    /// It tells the same tokens and class, but measured time, latency or size otherwise: two
    /// observers of one call.
    Remeasured,
    /// It tells other tokens or another class under the same key.
    Contradiction,
}

impl DuplicateKind {
    /// All of them, in order.
    pub const ALL: [DuplicateKind; 3] = [
        DuplicateKind::Equal,
        DuplicateKind::Remeasured,
        DuplicateKind::Contradiction,
    ];

    /// The word for logs, tables and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DuplicateKind::Equal => "equal",
            DuplicateKind::Remeasured => "remeasured",
            DuplicateKind::Contradiction => "contradiction",
        }
    }
}

/// What became of a record, or of one call of a record that holds several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It added to the books.
    Metered,
    /// The books had it.
    Duplicate(DuplicateKind),
    /// It is no LLM call.
    Ignored(IgnoreReason),
    /// It could not be read and is kept aside.
    Quarantined(QuarantineReason),
}

impl Outcome {
    /// The word for the four outcomes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Metered => "metered",
            Outcome::Duplicate(_) => "duplicate",
            Outcome::Ignored(_) => "ignored",
            Outcome::Quarantined(_) => "quarantined",
        }
    }

    /// The word for the reason, where the outcome has one.
    #[must_use]
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Outcome::Metered => None,
            Outcome::Duplicate(kind) => Some(kind.as_str()),
            Outcome::Ignored(reason) => Some(reason.as_str()),
            Outcome::Quarantined(reason) => Some(reason.as_str()),
        }
    }
}
