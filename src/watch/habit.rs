//! What one series has earned as normal for one rule: its detector, and where its episode stands.
//!
//! Knows no rule's words. A newcomer may ask why an episode outlives its page: a detector says once that
//! something began; that it is over must be told too.

use crate::alert::{Amount, Metric, Rule, Series, Unit};
use crate::anomaly::{Bin, Budget, Detector, Feedback, Floor, Growth, Judged, Kind, Pool, Value};
use crate::units::{Text, UnixMillis};
use crate::varint::{put, put_signed, take, take_signed};

use super::figure::Figure;
use super::registry::WHOLE;

/// Bins in which a page that cost too little may still become an alert.
const CANDIDATE_BINS: u8 = 36;
/// Bins without anything after which an episode is over.
const CALM_BINS: u8 = 3;
/// Part of the threshold at which an episode goes on.
const GOES_ON: f64 = 0.75;
/// Bins for which growth is told.
const GROWTH_BINS: u8 = 144;
const VERSION: u8 = 2;
/// About the bytes of a row, a little more.
const ROW_BYTES: usize = 2_024;

/// Beginning of the rows of habits.
pub(super) const PREFIX: &str = "d";

/// What the values of a metric are, for a detector; `None` where none fits.
pub(super) fn kind_of(metric: Metric) -> Option<Kind> {
    let is_per_call = [
        Metric::CostPerCall,
        Metric::TokensPerCall,
        Metric::PromptPerCall,
    ];
    let is_latency = [Metric::LatencyP50, Metric::LatencyP95];
    let of_hours = [
        Metric::RetryShare,
        Metric::Retries,
        Metric::RetrySpend,
        Metric::Fallbacks,
    ];
    if of_hours.contains(&metric) || !super::plan::is_of_cells(metric) {
        return None;
    }
    match metric.unit() {
        Unit::Ppm => Some(Kind::Share),
        _ if is_per_call.contains(&metric) || is_latency.contains(&metric) => Some(Kind::Positive),
        Unit::Count | Unit::Tokens | Unit::NanoUsd => Some(Kind::Count),
        Unit::Millis | Unit::Days => None,
    }
}

/// Whether a metric creeps, and has the slow channel too.
fn creeps(metric: Metric) -> bool {
    [
        Metric::CostPerCall,
        Metric::TokensPerCall,
        Metric::PromptPerCall,
    ]
    .contains(&metric)
}

/// The factor from a metric's unit to a detector's, of counts.
pub(super) fn divisor(metric: Metric) -> i64 {
    if metric == Metric::Spend { 1_000 } else { 1 }
}

/// A bin's figure as a detector takes it.
pub(super) fn value_of(kind: Kind, metric: Metric, figure: Option<Figure>) -> Value {
    let whole = |n: i64| u64::try_from(n).unwrap_or(0);
    let figure = figure.unwrap_or(Figure {
        value: 0,
        sample: 0,
    });
    match kind {
        Kind::Count => Value::Count(whole(figure.value / divisor(metric))),
        Kind::Positive => Value::Positive {
            milli: whole(figure.value.saturating_mul(1_000)),
            n: whole(figure.sample),
        },
        Kind::Share => {
            let hits = i128::from(figure.value) * i128::from(figure.sample);
            let hits = (hits + i128::from(WHOLE / 2)) / i128::from(WHOLE);
            Value::Share {
                hits: u64::try_from(hits).unwrap_or(0),
                of: whole(figure.sample),
            }
        }
    }
}

/// A detector's number as an amount.
pub(super) fn amount(kind: Kind, metric: Metric, number: f64) -> Amount {
    let factor = match kind {
        Kind::Count => divisor(metric),
        Kind::Positive => 1,
        Kind::Share => WHOLE,
    };
    let factor = i32::try_from(factor).map_or(1.0, f64::from);
    Amount::new(metric.unit(), rounded(number * factor))
}

/// The nearest whole number.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "rounding and saturating is what this function is for"
)]
pub(super) fn rounded(number: f64) -> i64 {
    number.round() as i64
}

/// What a habit says of a bin.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    /// Nothing, and nothing was.
    Nothing,
    /// It goes on, or began.
    On,
    /// It is neither far out nor calm for long enough.
    Fading,
    /// It is over.
    Over,
}

/// What a series has earned as normal.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Habit {
    pub(super) detector: Detector,
    growth: Option<Growth>,
    /// An alert is open.
    open: bool,
    /// Bins since it was far out.
    calm: u8,
    /// Bins in which a page may still become an alert.
    candidate: u8,
    /// Bins for which growth is still told.
    pub(super) grown: u8,
    /// Of figures that come by the day: its start, and what it had added up to.
    day: (UnixMillis, i64, i64),
    /// What the figures of the last bins have cost, in nano-dollars, and what they were; older bins fade.
    worth: (i64, i64),
}

impl Habit {
    pub(super) fn new(kind: Kind, metric: Metric, floor: Floor) -> Habit {
        Habit {
            detector: Detector::new(kind, floor),
            growth: creeps(metric).then(Growth::default),
            open: false,
            calm: 0,
            candidate: 0,
            grown: 0,
            day: (UnixMillis(0), 0, 0),
            worth: (0, 0),
        }
    }

    /// Learns what a bin's figure has cost.
    pub(super) fn pay(&mut self, spend: i64, figure: i64) {
        let (before, of) = self.worth;
        if spend > 0 && figure > 0 {
            self.worth = (
                (before / 2).saturating_add(spend),
                (of / 2).saturating_add(figure),
            );
        }
    }

    /// What a unit of the figure costs lately, as a ratio of nano-dollars; `None` where no cost was ever known.
    pub(super) fn worth(&self) -> Option<(i64, i64)> {
        (self.worth.0 > 0).then_some(self.worth)
    }

    /// What a figure that adds up over a day has gained since the last bin.
    pub(super) fn gained(&mut self, day: UnixMillis, figure: Figure) -> Figure {
        let (before, value, sample) = self.day;
        let same = before == day;
        self.day = (day, figure.value, figure.sample);
        let gain = |now: i64, before: i64| if same { (now - before).max(0) } else { now };
        Figure {
            value: gain(figure.value, value),
            sample: gain(figure.sample, sample),
        }
    }

    /// Feeds a bin. `is_material`: whether what was judged costs enough to be told.
    pub(super) fn feed(
        &mut self,
        bin: &Bin,
        pool: &mut Pool,
        budget: Budget,
        is_material: impl FnOnce(&Judged) -> bool,
    ) -> (Judged, Said) {
        let judged = self.detector.feed(bin, pool, budget);
        pool.learn(&judged);
        let grown = self.growth.as_mut().and_then(|growth| growth.feed(bin));
        self.grown = if grown.is_some() {
            GROWTH_BINS
        } else {
            self.grown.saturating_sub(1)
        };
        self.candidate = if judged.page.is_some() {
            CANDIDATE_BINS
        } else {
            self.candidate.saturating_sub(1)
        };
        // What has begun goes on a little below the line at which it begins.
        let share = if self.open { GOES_ON } else { 1.0 };
        let over = judged
            .score
            .zip(judged.threshold)
            .is_some_and(|(score, line)| score >= share * line);
        // Six hours hold what is long over: that it passed is told when it did, and what passed is no news.
        let is_out = (judged.page.is_some() || over) && !judged.ebbs;
        if !self.open {
            if self.candidate > 0 && is_out && is_material(&judged) {
                self.open = true;
                self.calm = 0;
                self.candidate = 0;
                return (judged, Said::On);
            }
            return (judged, Said::Nothing);
        }
        if is_out {
            self.calm = 0;
            return (judged, Said::On);
        }
        self.calm = self.calm.saturating_add(1);
        if self.calm >= CALM_BINS {
            self.open = false;
            // The detector rests, but what comes back meanwhile is news.
            self.candidate = CANDIDATE_BINS;
            return (judged, Said::Over);
        }
        (judged, Said::Fading)
    }

    /// Takes in what somebody said of the last alert.
    pub(super) fn hear(&mut self, feedback: Feedback, pool: &mut Pool) {
        self.detector.hear(feedback, pool);
        if feedback == Feedback::Planned {
            self.grown = 0;
            if let Some(growth) = &mut self.growth {
                growth.rebase();
            }
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(ROW_BYTES);
        bytes.extend_from_slice(&[
            VERSION,
            u8::from(self.open),
            self.calm,
            self.candidate,
            self.grown,
        ]);
        put_signed(&mut bytes, self.day.0.0);
        put_signed(&mut bytes, self.day.1);
        put_signed(&mut bytes, self.day.2);
        put_signed(&mut bytes, self.worth.0);
        put_signed(&mut bytes, self.worth.1);
        let growth = self.growth.as_ref().map_or_else(Vec::new, Growth::encode);
        put(&mut bytes, u64::try_from(growth.len()).unwrap_or(0));
        bytes.extend_from_slice(&growth);
        self.detector.encode_onto(bytes)
    }

    pub(super) fn decode(bytes: &[u8], metric: Metric) -> Option<Habit> {
        let (head, mut rest) = bytes.split_at_checked(5)?;
        let [VERSION, open, calm, candidate, grown] = *head else {
            return None;
        };
        let day = UnixMillis(take_signed(&mut rest)?);
        let (value, sample) = (take_signed(&mut rest)?, take_signed(&mut rest)?);
        let worth = (take_signed(&mut rest)?, take_signed(&mut rest)?);
        let length = usize::try_from(take(&mut rest)?).ok()?;
        let (growth, detector) = rest.split_at_checked(length)?;
        let growth = match (creeps(metric), growth) {
            (false, _) => None,
            (true, growth) => Some(Growth::decode(growth)?),
        };
        Some(Habit {
            detector: Detector::decode(detector)?,
            growth,
            open: open == 1,
            calm,
            candidate,
            grown,
            day: (day, value, sample),
            worth,
        })
    }
}

/// The key of a habit's row.
pub(super) fn key_of(rule: &Rule, series: &Series) -> Text {
    super::mark::row_key(PREFIX, rule, series)
}
