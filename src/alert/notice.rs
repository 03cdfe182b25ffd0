//! What a person is told: one step of an episode with everything that a mail, a page and a webhook say.
//!
//! Knows no mail and no page. A newcomer may ask why nothing in here is prose: text, HTML and page
//! say the same figures, each in its own form.

use serde::{Deserialize, Serialize};

use crate::units::{Text, UnixMillis};

use super::amount::{Amount, Unit};
use super::finding::Finding;
use super::rule::Rule;
use super::words::Severity;

/// What happened to an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum StepKind {
    /// It began.
    Fired,
    /// It grew: the loss doubled, the severity rose, or more series joined.
    Changed,
    /// Nobody has acknowledged it.
    Reminded,
    /// It is over.
    Resolved,
}

impl StepKind {
    /// The word for mails, tables and labels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            StepKind::Fired => "firing",
            StepKind::Changed => "changed",
            StepKind::Reminded => "still firing",
            StepKind::Resolved => "resolved",
        }
    }
}

/// Which episode and step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EpisodeRef {
    /// Number of the episode.
    pub episode: u64,
    /// Step of it, from 1.
    pub step: u32,
}

/// A point of the expected band: when, least, most.
pub type Band = (UnixMillis, i64, i64);

/// A series as a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// What the points count.
    pub unit: Option<Unit>,
    /// Milliseconds of each point's window.
    pub width_ms: i64,
    /// The points, by time.
    pub points: Vec<(UnixMillis, i64)>,
    /// What was expected.
    pub band: Vec<Band>,
    /// The plan, where there is one.
    pub plan: Option<i64>,
    /// The moment it began.
    pub moment: Option<UnixMillis>,
}

/// What a part of a change comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// More or fewer answered requests.
    Volume,
    /// Input tokens of a request.
    Prompt,
    /// Output tokens of a request.
    Output,
    /// Tokens read from caches.
    Cache,
    /// Retries.
    Retries,
    /// Which models and endpoints are asked.
    Mix,
    /// Prices.
    Price,
}

impl Change {
    /// All of them, in order.
    pub const ALL: [Change; 7] = [
        Change::Volume,
        Change::Prompt,
        Change::Output,
        Change::Cache,
        Change::Retries,
        Change::Mix,
        Change::Price,
    ];

    /// The words for mails, pages and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Change::Volume => "more calls",
            Change::Prompt => "prompt tokens per call",
            Change::Output => "output tokens per call",
            Change::Cache => "cache",
            Change::Retries => "retries",
            Change::Mix => "model mix",
            Change::Price => "price",
        }
    }
}

/// A part of a change. All parts sum to the difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Driver {
    /// What it comes from.
    pub change: Change,
    /// Nano-dollars an hour; may be negative.
    pub nanousd_per_hour: i64,
}

/// Who or what makes up most of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Of what: `conversation`, `credential`, `endpoint`, `model`, `status`.
    pub of: Text,
    /// Which: a registered name, or the beginning of a fingerprint.
    pub name: Text,
    /// Millionths of the whole.
    pub ppm: i64,
}

/// One call as evidence; never more of it than the books hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When.
    pub at: UnixMillis,
    /// Its identity as told, cut.
    pub identity: Text,
    /// Where its record stands: source, topic, partition, offset.
    pub place: Text,
    /// Where it landed.
    pub region: Text,
    /// Words of the strongest evidence, and its grade.
    pub evidence: Text,
}

/// What the books add to a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explained {
    /// The picture.
    pub graph: Option<Graph>,
    /// The parts of the change; they sum to [`super::Loss::per_hour_nanousd`] where that is known.
    pub drivers: Vec<Driver>,
    /// Who or what makes up most of it, greatest first.
    pub shares: Vec<Share>,
    /// At most three calls.
    pub samples: Vec<Sample>,
    /// What to do, where the books tell more than the rule's own words.
    pub action: Option<String>,
    /// What it looks like: "a retry loop".
    pub pattern: Option<&'static str>,
    /// Millionths of calls that both halves tell.
    pub coverage_ppm: Option<i64>,
    /// The region where calls landed, and the verdict of most.
    pub landed: Option<(Text, &'static str)>,
    /// Spend of the series today, in nano-dollars.
    pub today: Option<Amount>,
}

/// One step of an episode, as a person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Which episode and step.
    pub id: EpisodeRef,
    /// What happened.
    pub kind: StepKind,
    /// How urgent.
    pub severity: Severity,
    /// The rule.
    pub rule: Rule,
    /// The finding that it is about: the worst of all series.
    pub finding: Finding,
    /// Further series of the same cause, worst first; at most twenty stand here.
    pub others: Vec<Finding>,
    /// How many further series there are.
    pub others_count: usize,
    /// The rules of further series, where they are others.
    pub others_rules: Vec<Rule>,
    /// What the books add.
    pub explained: Explained,
    /// When it is told, by the daemon's clock.
    pub told: UnixMillis,
    /// The first bad moment of the episode, by the calls' own time.
    pub since: UnixMillis,
    /// The name for people of the feature or endpoint.
    pub display_name: Text,
    /// Alerts that this one explains: their rules' names.
    pub explains: Vec<Text>,
}
