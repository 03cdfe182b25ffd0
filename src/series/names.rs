//! Names of measurements, tags and bounds: what dashboards ask by, and so never changes.
//!
//! Knows no figure. A newcomer may ask why bounds carry their field's name: a name put together
//! from a number for each of a million lines is work for nothing.

/// A kind of series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measurement {
    /// Calls and requests of a minute: every total of the books.
    Calls,
    /// Input tokens of requests of a minute, as a histogram.
    Prompt,
    /// Calls of a minute by verdict and grade of evidence.
    Residency,
    /// Retries and fallbacks of an hour.
    Links,
    /// Records by outcome, and how far each source is.
    Source,
    /// What the registry declares.
    Registry,
    /// Which line was frozen last.
    Follower,
    /// Steps of alerts, for annotations.
    Alerts,
}

impl Measurement {
    /// All of them, in order.
    pub const ALL: [Measurement; 8] = [
        Measurement::Calls,
        Measurement::Prompt,
        Measurement::Residency,
        Measurement::Links,
        Measurement::Source,
        Measurement::Registry,
        Measurement::Follower,
        Measurement::Alerts,
    ];

    /// Its name on the server.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Measurement::Calls => "llm_calls",
            Measurement::Prompt => "llm_prompt",
            Measurement::Residency => "llm_residency",
            Measurement::Links => "llm_links",
            Measurement::Source => "llm_source",
            Measurement::Registry => "llm_registry",
            Measurement::Follower => "llm_follower",
            Measurement::Alerts => "llm_alerts",
        }
    }

    /// The measurement of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Measurement> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }

    /// Its tags, sorted, without `rev`.
    #[must_use]
    pub fn tags(self) -> &'static [&'static str] {
        match self {
            Measurement::Calls => &[
                "application",
                "endpoint",
                "feature",
                "model",
                "provider",
                "region",
                "residency",
            ],
            Measurement::Prompt => &["application", "endpoint", "feature", "model", "provider"],
            Measurement::Residency => &[
                "application",
                "endpoint",
                "feature",
                "grade",
                "region",
                "residency",
            ],
            Measurement::Links => &[
                "application",
                "endpoint",
                "feature",
                "kind",
                "next_endpoint",
            ],
            Measurement::Source => &["outcome", "reason", "source"],
            Measurement::Registry => &["application", "endpoint", "feature"],
            Measurement::Follower => &["follower", "timezone"],
            Measurement::Alerts => &[
                "application",
                "endpoint",
                "feature",
                "kind",
                "rule",
                "severity",
                "state",
            ],
        }
    }

    /// Whether its series fold past the limit: the others are as few as the configuration has rows.
    #[must_use]
    pub fn folds(self) -> bool {
        match self {
            Measurement::Calls
            | Measurement::Prompt
            | Measurement::Residency
            | Measurement::Links
            | Measurement::Alerts => true,
            Measurement::Source | Measurement::Registry | Measurement::Follower => false,
        }
    }
}

/// Tags of closed lists, which stay as they are where a series folds.
pub(super) const CLOSED_TAGS: [&str; 5] = ["grade", "kind", "residency", "severity", "state"];

/// Upper bounds of latencies in milliseconds, and their fields.
pub const LATENCY_BOUNDS: [(u64, &str); 14] = [
    (50, "le_50"),
    (100, "le_100"),
    (250, "le_250"),
    (500, "le_500"),
    (1_000, "le_1000"),
    (2_500, "le_2500"),
    (5_000, "le_5000"),
    (10_000, "le_10000"),
    (20_000, "le_20000"),
    (30_000, "le_30000"),
    (60_000, "le_60000"),
    (120_000, "le_120000"),
    (300_000, "le_300000"),
    (u64::MAX, "le_inf"),
];

/// The same for durations of requests.
pub const DURATION_BOUNDS: [(u64, &str); 14] = [
    (50, "duration_le_50"),
    (100, "duration_le_100"),
    (250, "duration_le_250"),
    (500, "duration_le_500"),
    (1_000, "duration_le_1000"),
    (2_500, "duration_le_2500"),
    (5_000, "duration_le_5000"),
    (10_000, "duration_le_10000"),
    (20_000, "duration_le_20000"),
    (30_000, "duration_le_30000"),
    (60_000, "duration_le_60000"),
    (120_000, "duration_le_120000"),
    (300_000, "duration_le_300000"),
    (u64::MAX, "duration_le_inf"),
];

/// Upper bounds of input tokens, and their fields.
pub const PROMPT_BOUNDS: [(u64, &str); 13] = [
    (100, "le_100"),
    (250, "le_250"),
    (500, "le_500"),
    (1_000, "le_1000"),
    (2_500, "le_2500"),
    (5_000, "le_5000"),
    (10_000, "le_10000"),
    (25_000, "le_25000"),
    (50_000, "le_50000"),
    (100_000, "le_100000"),
    (250_000, "le_250000"),
    (1_000_000, "le_1000000"),
    (u64::MAX, "le_inf"),
];
