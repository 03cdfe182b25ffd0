//! What happens in a scenario and when: changes, outages, storms, loops, second exports.
//!
//! Knows no call. A newcomer may ask why events are told by day and local time instead of dates:
//! the same story can then begin on any date.

use serde::Deserialize;
use toml::Spanned;

use crate::units::{DAY_MS, HOUR_MS, MINUTE_MS, UnixMillis};

/// A moment: the day from 1 and the local time `HH:MM`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// Day of the scenario, from 1.
    pub day: u32,
    /// Local time, `HH:MM`.
    pub time: Spanned<String>,
}

/// A skill moves to another endpoint.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// When.
    pub at: Moment,
    /// Which skill, `application/skill`.
    pub feature: Spanned<String>,
    /// Where to.
    pub endpoint: Spanned<String>,
}

/// A skill's prompts grow at once.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptStep {
    /// When.
    pub at: Moment,
    /// Which skill, `application/skill`.
    pub feature: Spanned<String>,
    /// To what percentage of the size before.
    pub percent: u64,
}

/// An endpoint is out: every call fails.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// From when.
    pub at: Moment,
    /// For how long.
    pub minutes: u32,
    /// Which endpoint.
    pub endpoint: Spanned<String>,
    /// Of the failures: without any answer instead of a 503.
    #[serde(default)]
    pub no_answer_per_mille: u64,
}

/// An endpoint refuses a share of its calls with 429.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storm {
    /// From when.
    pub at: Moment,
    /// For how long.
    pub minutes: u32,
    /// Which endpoint.
    pub endpoint: Spanned<String>,
    /// The share refused.
    pub throttled_per_mille: u64,
}

/// One conversation calls and calls, each prompt a little longer than the one before.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentLoop {
    /// From when.
    pub at: Moment,
    /// For how long.
    pub minutes: u32,
    /// Which skill, `application/skill`.
    pub feature: Spanned<String>,
    /// How many requests.
    pub requests: u64,
    /// How many tokens longer each prompt is than the one before, the first being of the mean size;
    /// 40, on top of sizes that differ as they do everywhere, when not told.
    #[serde(default)]
    pub growth_tokens: Option<u64>,
}

/// A piece of history is exported again: every record of it comes a second time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReExport {
    /// When the second export is written.
    pub at: Moment,
    /// How many hours before that it reaches back.
    pub hours: u32,
}

impl Moment {
    /// Milliseconds since the scenario's start; `None` when the time is no `HH:MM`.
    pub(super) fn offset(&self, utc_offset_hours: i8) -> Option<i64> {
        let (hour, minute) = self.time.get_ref().split_once(':')?;
        let (hour, minute) = (hour.parse::<i64>().ok()?, minute.parse::<i64>().ok()?);
        let valid = (0..24).contains(&hour) && (0..60).contains(&minute) && self.day > 0;
        valid.then_some(
            (i64::from(self.day) - 1) * DAY_MS
                + (hour - i64::from(utc_offset_hours)) * HOUR_MS
                + minute * MINUTE_MS,
        )
    }

    /// When it is, in a run that starts at `start`.
    pub(super) fn on(&self, utc_offset_hours: i8, start: UnixMillis) -> UnixMillis {
        let offset = self.offset(utc_offset_hours).unwrap_or(0);
        start.saturating_add(offset)
    }
}
