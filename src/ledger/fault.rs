//! What can go wrong between the daemon and its books, and whether to try again.
//!
//! Knows no SQL. A newcomer may ask why a fault names its kind and not only a text: a full disk is
//! waited for, a newer ledger never gets older by waiting.

use std::fmt;

/// What kind of fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// Another process writes this ledger.
    InUse,
    /// Somebody holds a lock for a moment.
    Busy,
    /// No such file.
    Missing,
    /// The file or its folder cannot be read or written.
    NoRight,
    /// The file is no ledger.
    NotALedger,
    /// The ledger was written by a newer version.
    Newer,
    /// The ledger was written by an older version and is open for reading only.
    Older,
    /// The file is damaged.
    Corrupt,
    /// No room left on the disk, or the ledger's own limit is reached.
    Full,
    /// The machine could not read or write the file.
    Io,
    /// The books stand at another position than the batch starts from.
    Moved,
    /// The batch's figures do not add up: a fault of this program.
    Unbalanced,
    /// The request makes no sense for these books.
    Refused,
}

impl FaultKind {
    /// All of them, in order.
    pub const ALL: [FaultKind; 13] = [
        FaultKind::InUse,
        FaultKind::Busy,
        FaultKind::Missing,
        FaultKind::NoRight,
        FaultKind::NotALedger,
        FaultKind::Newer,
        FaultKind::Older,
        FaultKind::Corrupt,
        FaultKind::Full,
        FaultKind::Io,
        FaultKind::Moved,
        FaultKind::Unbalanced,
        FaultKind::Refused,
    ];

    /// The word for logs and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FaultKind::InUse => "in_use",
            FaultKind::Busy => "busy",
            FaultKind::Missing => "missing",
            FaultKind::NoRight => "no_right",
            FaultKind::NotALedger => "not_a_ledger",
            FaultKind::Newer => "newer",
            FaultKind::Older => "older",
            FaultKind::Corrupt => "corrupt",
            FaultKind::Full => "full",
            FaultKind::Io => "io",
            FaultKind::Moved => "moved",
            FaultKind::Unbalanced => "unbalanced",
            FaultKind::Refused => "refused",
        }
    }

    /// Whether the same request may succeed later without anybody changing anything here.
    #[must_use]
    pub fn retry(self) -> bool {
        match self {
            FaultKind::Busy | FaultKind::Full | FaultKind::Io => true,
            FaultKind::InUse
            | FaultKind::Missing
            | FaultKind::NoRight
            | FaultKind::NotALedger
            | FaultKind::Newer
            | FaultKind::Older
            | FaultKind::Corrupt
            | FaultKind::Moved
            | FaultKind::Unbalanced
            | FaultKind::Refused => false,
        }
    }

    /// What a person can do about it; empty when nothing general can be said.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            FaultKind::InUse => "stop the other tollwatch, or name another ledger",
            FaultKind::Busy => "try again",
            FaultKind::Missing => "check the path; `replay` and `run` make a new ledger",
            FaultKind::NoRight => {
                "give this user the right to read and write the file and its folder"
            }
            FaultKind::NotALedger => "name another file; this one is left as it is",
            FaultKind::Newer => "use the version of tollwatch that wrote it, or a later one",
            FaultKind::Older => {
                "open it once for writing (`run` or `replay`) to bring it up to date"
            }
            FaultKind::Corrupt => {
                "restore the ledger from a copy, or read the records into a new one"
            }
            FaultKind::Full => "make room; nothing of the refused batch is in the books",
            FaultKind::Io => "check the disk; nothing of the refused batch is in the books",
            FaultKind::Moved | FaultKind::Unbalanced | FaultKind::Refused => "",
        }
    }
}

/// A fault of the ledger. Nothing of the refused request is in the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What kind.
    pub kind: FaultKind,
    /// The ledger as the caller named it; empty for one in memory.
    pub ledger: String,
    /// What happened, with the values that show it.
    pub detail: String,
}

impl Fault {
    /// A fault that does not know its ledger yet.
    #[must_use]
    pub fn new(kind: FaultKind, detail: impl Into<String>) -> Fault {
        Fault {
            kind,
            ledger: String::new(),
            detail: detail.into(),
        }
    }

    /// The same fault of that ledger.
    #[must_use]
    pub(super) fn of(mut self, ledger: &str) -> Fault {
        if self.ledger.is_empty() {
            ledger.clone_into(&mut self.ledger);
        }
        self
    }

    /// Whether to try again.
    #[must_use]
    pub fn retry(&self) -> bool {
        self.kind.retry()
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        self.kind.hint()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ledger.is_empty() {
            f.write_str(&self.detail)
        } else {
            write!(f, "ledger `{}`: {}", self.ledger, self.detail)
        }
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_apart_and_the_ledger_is_named() {
        let mut words: Vec<_> = FaultKind::ALL.iter().map(|kind| kind.as_str()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), FaultKind::ALL.len());
        let fault = Fault::new(FaultKind::Full, "no room left on the disk").of("b.db");
        assert_eq!(fault.to_string(), "ledger `b.db`: no room left on the disk");
        assert!(fault.retry());
    }
}
