//! Runs the anomaly detector over a series of one's own.
//!
//! Knows no terminal. A newcomer may ask why the threshold is the shipped one: a single series is no fleet, so what it
//! earns itself only fades in beside what was measured elsewhere.

mod rank;
mod table;

use std::io::Read;
use std::path::Path;

use crate::anomaly::{
    BIN_MS, Band, Bin, Budget, Detector, Floor, Grown, Growth, Kind, Learning, Pool, Silence, Value,
};
use crate::problem::Problem;
use crate::source::file::plain_bytes;
use crate::units::{DAY_MS, HOUR_MS, UnixMillis};
use rank::Ranks;
use table::{Row, whole};

/// Bytes of a file read at most.
const BYTES_MAX: u64 = 128 << 20;
/// Bins judged at most: ten years of ten minutes.
const BINS_MAX: i64 = 530_000;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// What the values are; found out where not told.
    pub kind: Option<Kind>,
    /// What is promised.
    pub budget: Budget,
}

/// One bin of the series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Its start.
    pub at: UnixMillis,
    /// Seen and expected.
    pub band: Band,
    /// Share of this series' own earlier bins that were at least as far above the expected; none on the first day.
    pub p: Option<f64>,
    /// Whether an alert was raised in it.
    pub alert: Option<Alert>,
}

/// An alert.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alert {
    /// Start of the window that decided.
    pub since: UnixMillis,
    /// Its length.
    pub window_ms: i64,
    /// Seen and expected in it.
    pub observed: f64,
    /// What was expected.
    pub expected: f64,
    /// Its score and what it had to reach; none in the first three days.
    pub score: Option<f64>,
    /// The score that pages.
    pub threshold: Option<f64>,
    /// By chance about once in so many weeks.
    pub chance_weeks: Option<f64>,
}

/// What came of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// What its values are.
    pub kind: Kind,
    /// How far apart its rows are.
    pub step_ms: i64,
    /// The length of a bin: ten minutes, or the step where that is longer.
    pub bin_ms: i64,
    /// Rows read.
    pub rows: usize,
    /// Every bin.
    pub points: Vec<Point>,
    /// Values that grew and stayed: the slow channel.
    pub grown: Vec<Grown>,
    /// Whether it ends in silence.
    pub silence: Option<Silence>,
    /// How far it has learned.
    pub learning: Learning,
}

/// Why there is nothing to tell.
#[derive(Debug)]
pub enum Refused {
    /// The file cannot be read.
    Io(std::io::Error),
    /// Its rows have faults.
    Faults(Vec<Problem>),
}

/// Reads a file, unpacks it where it is packed, and judges its series bin by bin.
///
/// # Errors
/// A file that cannot be read; rows with faults, each with its place.
pub fn run(path: &Path, asked: Asked) -> Result<Told, Refused> {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    let reader = plain_bytes(path).map_err(Refused::Io)?;
    let read = reader.take(BYTES_MAX + 1).read_to_end(&mut bytes);
    let read = read.map_err(Refused::Io)?;
    let one = |problem| Refused::Faults(vec![problem]);
    if u64::try_from(read).unwrap_or(u64::MAX) > BYTES_MAX {
        let message = "more than 128 MB".to_owned();
        return Err(one(whole(
            &name,
            "too_long",
            message,
            "give a part of the time",
        )));
    }
    let text = String::from_utf8(bytes).map_err(|_| {
        let message = "not UTF-8 text".to_owned();
        one(whole(
            &name,
            "not_text",
            message,
            "a text of `timestamp,value` rows",
        ))
    })?;
    judge(&name, &text, asked).map_err(Refused::Faults)
}

/// Judges the series of a text.
///
/// # Errors
/// Rows with faults, each with its place.
pub fn judge(name: &str, text: &str, asked: Asked) -> Result<Told, Vec<Problem>> {
    let read = table::read(name, text, asked.kind)?;
    let kind = asked.kind.unwrap_or_else(|| kind_of(&read));
    // What was told holds for the rows that are read again as what they turned out to be.
    let read = match asked.kind {
        Some(_) => read,
        None => table::read(name, text, Some(kind))?,
    };
    let step_ms = step(&read.rows);
    let bin_ms = if step_ms <= BIN_MS { BIN_MS } else { step_ms };
    if bin_ms > HOUR_MS {
        let message = format!("rows are {} s apart", step_ms / 1000);
        let hint = "an hour at most: with fewer rows a series is too coarse to alert on";
        return Err(vec![whole(name, "too_coarse", message, hint)]);
    }
    let bins = binned(&read.rows, kind, bin_ms);
    if bins.is_none() {
        let message = "more than ten years of ten minutes".to_owned();
        let hint = "is one of the times wrong? give a part of the time";
        return Err(vec![whole(name, "too_long", message, hint)]);
    }
    let mut told = judged(&bins.unwrap_or_default(), kind, bin_ms, asked.budget);
    told.step_ms = step_ms;
    told.rows = read.rows.len();
    Ok(told)
}

/// What values are: a share where the third column says so, counts where all are whole, else positive.
fn kind_of(read: &table::Rows) -> Kind {
    let shares = read
        .rows
        .iter()
        .all(|row| row.of.is_some_and(|of| row.value <= of));
    let whole = read.rows.iter().all(|row| row.value.fract() == 0.0);
    if shares && whole && read.names_share {
        Kind::Share
    } else if whole && read.rows.iter().all(|row| row.of.is_none()) {
        Kind::Count
    } else {
        Kind::Positive
    }
}

/// The usual distance between rows.
fn step(rows: &[Row]) -> i64 {
    let mut steps: Vec<i64> = rows
        .windows(2)
        .filter_map(|pair| match pair {
            [one, next] => Some(next.at.0 - one.at.0),
            _ => None,
        })
        .collect();
    steps.sort_unstable();
    steps.get(steps.len() / 2).copied().unwrap_or(BIN_MS)
}

/// Sums of a bin's rows.
#[derive(Clone, Copy, Default)]
struct Sum {
    value: f64,
    weighted: f64,
    of: f64,
}

impl Sum {
    fn add(&mut self, row: &Row) {
        // Without a third column a value stands for as many calls as a bin needs to be believed.
        let of = row.of.unwrap_or(BELIEVED);
        self.value += row.value;
        self.weighted += row.value * of;
        self.of += of;
    }

    fn value(self, kind: Kind) -> Value {
        match kind {
            Kind::Count => Value::Count(rounded(self.value)),
            Kind::Positive => Value::Positive {
                milli: rounded(self.weighted / self.of.max(1e-9) * 1000.0),
                n: rounded(self.of),
            },
            Kind::Share => Value::Share {
                hits: rounded(self.value),
                of: rounded(self.of),
            },
        }
    }
}

/// Calls that a value without a count stands for.
const BELIEVED: f64 = 100.0;

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sums of values from 0 to 1e15, and a cast of a float saturates"
)]
fn rounded(x: f64) -> u64 {
    x.round() as u64
}

/// Every bin from the first row's to the last one's; a bin without rows has no calls. None for too many.
fn binned(rows: &[Row], kind: Kind, bin_ms: i64) -> Option<Vec<(UnixMillis, Value)>> {
    let (first, last) = (rows.first()?.at.floor(bin_ms), rows.last()?.at);
    let count = (last.0 - first.0) / bin_ms + 1;
    if count > BINS_MAX {
        return None;
    }
    let mut sums = vec![Sum::default(); usize::try_from(count).ok()?];
    for row in rows {
        let place = usize::try_from((row.at.0 - first.0) / bin_ms).ok()?;
        sums.get_mut(place)?.add(row);
    }
    let starts = (0..count).map(|number| first.saturating_add(number * bin_ms));
    Some(
        starts
            .zip(sums)
            .map(|(at, sum)| (at, sum.value(kind)))
            .collect(),
    )
}

/// The hour of the week in UTC, Monday midnight first. The first of January 1970 was a Thursday.
fn hour_of_week(at: UnixMillis) -> u16 {
    let hours = (at.0 + 3 * DAY_MS).div_euclid(HOUR_MS).rem_euclid(168);
    u16::try_from(hours).unwrap_or(0)
}

fn judged(bins: &[(UnixMillis, Value)], kind: Kind, bin_ms: i64, budget: Budget) -> Told {
    let budget = budget.stretched(bin_ms);
    let mut detector = Detector::new(kind, Floor::usual(kind));
    let mut pool = Pool::shipped();
    let mut growth = Growth::default();
    let mut ranks = Ranks::new();
    let mut points = Vec::with_capacity(bins.len());
    let mut grown = Vec::new();
    for (at, value) in bins {
        let bin = Bin {
            at: *at,
            value: *value,
            hour_of_week: hour_of_week(*at),
            excluded: false,
        };
        pool.renew(bin.at);
        let judged = detector.feed(&bin, &pool, budget);
        pool.learn(&judged);
        if kind == Kind::Positive {
            grown.extend(growth.feed(&bin));
        }
        let window_ms = i64::from(judged.window_bins) * bin_ms;
        let alert = judged.page.map(|page| Alert {
            since: at.saturating_add(bin_ms - window_ms),
            window_ms,
            observed: judged.observed,
            expected: judged.expected,
            score: page.score,
            threshold: judged.threshold.filter(|_| page.score.is_some()),
            chance_weeks: judged.chance_weeks.map(|weeks| weeks * real_ratio(bin_ms)),
        });
        points.push(Point {
            at: *at,
            band: judged.point,
            p: ranks.rank(judged.point.decibels),
            alert,
        });
    }
    Told {
        kind,
        step_ms: bin_ms,
        bin_ms,
        rows: 0,
        points,
        grown,
        silence: detector.silence(budget).filter(|silence| silence.is_silent),
        learning: detector.learning(),
    }
}

/// How much longer than ten minutes a bin is.
fn real_ratio(bin_ms: i64) -> f64 {
    let longer = u32::try_from(bin_ms / BIN_MS).unwrap_or(1).max(1);
    f64::from(longer)
}

#[cfg(test)]
mod tests;
