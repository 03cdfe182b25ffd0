//! The closed lists of the ledger: widths of windows, small families.
//!
//! Knows no row. A newcomer may ask why these stand apart from the rows: arguments and tables name
//! them by word, and a word must never change.

/// How wide the windows of cells are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resolution {
    /// Minutes, kept until their hour closes.
    Minute,
    /// Hours of UTC.
    Hour,
    /// Days of the ledger's time zone, kept for ever.
    Day,
}

impl Resolution {
    /// All of them, in order.
    pub const ALL: [Resolution; 3] = [Resolution::Minute, Resolution::Hour, Resolution::Day];

    /// The word for arguments, tables and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Resolution::Minute => "minute",
            Resolution::Hour => "hour",
            Resolution::Day => "day",
        }
    }

    /// The resolution of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Resolution> {
        Self::ALL.into_iter().find(|r| r.as_str() == word)
    }
}

/// How much the books still know of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Minutes, and records may still be added.
    Open,
    /// The hour as a whole; it never changes again.
    Closed,
    /// Only what its day adds up to.
    Gone,
}

/// Small families of totals besides the cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Credential (a) by endpoint (b), hours.
    Credential,
    /// User group (a) by feature (b), days.
    UserGroup,
    /// Price row, or the reason why there is none (a), by model (b), days.
    PriceRow,
    /// Source (a) by format (b), days.
    Source,
    /// Kind of identity (a) by format (b), days.
    Identity,
}

impl Family {
    /// All of them, in order.
    pub const ALL: [Family; 5] = [
        Family::Credential,
        Family::UserGroup,
        Family::PriceRow,
        Family::Source,
        Family::Identity,
    ];

    /// The word for tables and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Family::Credential => "credential",
            Family::UserGroup => "user_group",
            Family::PriceRow => "price_row",
            Family::Source => "source",
            Family::Identity => "identity",
        }
    }
}

/// How a partition's log broke off from what was read of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LossKind {
    /// Retention or a deletion took records before they were read: all of the range are lost.
    Removed,
    /// The log lost its end after that had been read and booked.
    Truncated,
    /// The topic was deleted and made again; what the earlier one held beyond the range is not
    /// known.
    Replaced,
}

impl LossKind {
    /// All of them.
    pub const ALL: [LossKind; 3] = [LossKind::Removed, LossKind::Truncated, LossKind::Replaced];

    /// The word for tables, logs and figures.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            LossKind::Removed => "removed",
            LossKind::Truncated => "truncated",
            LossKind::Replaced => "replaced",
        }
    }
}
