//! What a desk says: steps of episodes and digests, to whom, and why nobody where nobody is told.
//!
//! Knows no mail. A newcomer may ask why steps that nobody is told of exist: whoever looks for the
//! mail that did not come finds here why.

use serde::{Deserialize, Serialize};

use crate::alert::{EpisodeRef, Finding, Severity, StepKind, Unknown};
use crate::units::{Text, UnixMillis};

use super::rows::{Alert, Episode};

/// Findings that a step names; further series are counted.
pub const FINDINGS_MAX: usize = 21;
/// Items that a digest names; further ones are counted.
pub const ITEMS_MAX: usize = 200;

/// Why somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The rule names them.
    Rule,
    /// A route names them; its place from 1.
    Route(u32),
    /// They own the feature.
    Owner,
    /// They get what nobody else gets.
    Fallback,
    /// They get this digest.
    Digest,
    /// They asked for a test.
    Test,
}

/// Somebody who is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Recipient {
    /// Their address.
    pub address: Text,
    /// Why they.
    pub why: Why,
}

/// Why nobody is told of a step now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quiet {
    /// A silence fits.
    Silenced,
    /// It is a time of maintenance.
    Maintenance,
    /// Another alert explains it.
    Explained,
    /// It is not urgent, or the day's mails are used up: it stands in the next digest.
    Digest,
    /// First sights of the first days come together.
    FirstDays,
    /// It lies in the past: a summary follows.
    Past,
    /// Nobody was told that it began, or nobody has to be told that it is over.
    Untold,
    /// No address is known.
    Nobody,
}

impl Quiet {
    /// The word for tables and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Quiet::Silenced => "silenced",
            Quiet::Maintenance => "maintenance",
            Quiet::Explained => "explained by another",
            Quiet::Digest => "in the next digest",
            Quiet::FirstDays => "in the inventory",
            Quiet::Past => "in the summary",
            Quiet::Untold => "not told",
            Quiet::Nobody => "nobody to tell",
        }
    }
}

/// Why a digest is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// What a person was not told at once.
    Daily,
    /// Costs of the day.
    Finops,
    /// Residency of the week.
    Security,
    /// First sights of the first days.
    Inventory,
    /// What began and ended while nobody looked.
    Past,
}

impl Occasion {
    /// The word for tables and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Occasion::Daily => "daily digest",
            Occasion::Finops => "finops digest",
            Occasion::Security => "security digest",
            Occasion::Inventory => "inventory",
            Occasion::Past => "summary of the past",
        }
    }
}

/// A line of a digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Which episode and step.
    pub id: EpisodeRef,
    /// What happened.
    pub kind: StepKind,
    /// How urgent.
    pub severity: Severity,
    /// The worst finding.
    pub finding: Finding,
    /// How many series.
    pub series: u32,
    /// Since when, by the calls' own time.
    pub since: UnixMillis,
    /// When, by the daemon's clock.
    pub wall: UnixMillis,
    /// Whether it was over when it was told.
    pub over: bool,
}

/// A step of an episode, or a digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Which episode and step; a digest has a number like an episode, and is one step.
    pub id: EpisodeRef,
    /// What happened; of no meaning for a digest.
    pub kind: StepKind,
    /// How urgent: the worst of all series.
    pub severity: Severity,
    /// Worst first, at most [`FINDINGS_MAX`].
    pub findings: Vec<Finding>,
    /// How many series in all.
    pub series: u32,
    /// The first bad moment of the episode, by the calls' own time.
    pub since: UnixMillis,
    /// When it is told, by the daemon's clock.
    pub wall: UnixMillis,
    /// Who is told now.
    pub to: Vec<Recipient>,
    /// Why nobody is told now.
    pub quiet: Option<Quiet>,
    /// Rules whose alerts this one explains.
    pub explains: Vec<Text>,
    /// A digest, and why; `None` for a step of an episode.
    pub digest: Option<Occasion>,
    /// The lines of a digest, in order; at most [`ITEMS_MAX`].
    pub items: Vec<Item>,
    /// How many lines there would be.
    pub items_count: u32,
    /// Of an inventory: what rules wait for, and of how many series.
    pub waits: Vec<(Text, Unknown, u32)>,
    /// Of a digest: the time it speaks of begins there.
    pub from: UnixMillis,
}

/// A step of these alerts, in their order, without an address.
pub(super) fn unaddressed(
    episode: &Episode,
    kind: StepKind,
    alerts: &[&Alert],
    wall: UnixMillis,
) -> Step {
    let findings = alerts.iter().map(|alert| &alert.last);
    let severity = findings.clone().map(|finding| finding.severity).max();
    Step {
        id: EpisodeRef {
            episode: 0,
            step: episode.steps.saturating_add(1),
        },
        kind,
        severity: severity.unwrap_or(episode.severity),
        series: u32::try_from(findings.len()).unwrap_or(u32::MAX),
        findings: findings.take(FINDINGS_MAX).cloned().collect(),
        since: episode.since,
        wall,
        to: Vec::new(),
        quiet: None,
        explains: Vec::new(),
        digest: None,
        items: Vec::new(),
        items_count: 0,
        waits: Vec::new(),
        from: episode.opened,
    }
}
