//! `tollwatch anomaly`: the detector on a series of one's own.
//!
//! Knows no score. A newcomer may ask why every point is shown and the alerts last: a terminal ends where the reader
//! looks first, and a pipe keeps all.

use serde::Serialize;

use super::args::{self, Values};
use super::table::{Mark, Rows, marked, plain};
use super::{Terminal, words};
use crate::anomaly::{Grown, Kind, Silence, WaitsFor};
use crate::app::Failure;
use crate::app::anomaly::{Alert, Asked, Point, Refused, Told, run};
use crate::units::UnixMillis;

#[derive(Serialize)]
struct ShownPoint {
    at: String,
    value: f64,
    expected: f64,
    low: f64,
    high: f64,
    p: Option<f64>,
    alert: Option<ShownAlert>,
}

#[derive(Serialize)]
struct ShownAlert {
    since: String,
    window_seconds: i64,
    value: f64,
    expected: f64,
    score: Option<f64>,
    threshold: Option<f64>,
    by_chance_once_in_weeks: Option<f64>,
}

#[derive(Serialize)]
struct ShownGrown {
    at: String,
    before: f64,
    now: f64,
}

#[derive(Serialize)]
struct Summary {
    kind: &'static str,
    budget: String,
    rows: usize,
    step_seconds: i64,
    bin_seconds: i64,
    points: usize,
    alerts: usize,
    grown: Vec<ShownGrown>,
    silent_bins: Option<u32>,
    learning: &'static str,
}

/// Judges a file's series.
pub(super) fn anomaly(args: &args::Anomaly, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let asked = Asked {
        kind: match args.kind {
            Values::Auto => None,
            Values::Count => Some(Kind::Count),
            Values::Positive => Some(Kind::Positive),
            Values::Share => Some(Kind::Share),
        },
        budget: args.budget,
    };
    let told = match run(&args.file, asked) {
        Ok(told) => told,
        Err(Refused::Io(error)) => return Err(Failure::Io(error)),
        Err(Refused::Faults(faults)) => {
            for fault in &faults {
                terminal.note(&format!("{fault}\n"))?;
            }
            let count = i64::try_from(faults.len()).unwrap_or(i64::MAX);
            let faults = words::plural(count, "fault", "faults");
            return Err(Failure::Usage(format!(
                "{faults} in `{}`; nothing was judged",
                args.file.display()
            )));
        }
    };
    if args.json {
        for point in &told.points {
            terminal.json(&shown(point))?;
        }
        terminal.json(&summary(&told, args))?;
        return Ok(0);
    }
    points(&told, terminal)?;
    alerts(&told, terminal)?;
    conclusion(&told, args, terminal)?;
    Ok(0)
}

fn shown(point: &Point) -> ShownPoint {
    ShownPoint {
        at: seconds(point.at),
        value: point.band.observed,
        expected: point.band.expected,
        low: point.band.low,
        high: point.band.high,
        p: point.p,
        alert: point.alert.map(|alert| ShownAlert {
            since: seconds(alert.since),
            window_seconds: alert.window_ms / 1000,
            value: alert.observed,
            expected: alert.expected,
            score: alert.score,
            threshold: alert.threshold,
            by_chance_once_in_weeks: alert.chance_weeks,
        }),
    }
}

fn summary(told: &Told, args: &args::Anomaly) -> Summary {
    Summary {
        kind: kind(told.kind),
        budget: args.budget.to_string(),
        rows: told.rows,
        step_seconds: told.step_ms / 1000,
        bin_seconds: told.bin_ms / 1000,
        points: told.points.len(),
        alerts: alerted(told).count(),
        grown: told
            .grown
            .iter()
            .map(|grown| ShownGrown {
                at: seconds(grown.at),
                before: grown.before,
                now: grown.now,
            })
            .collect(),
        silent_bins: told.silence.map(|silence| silence.bins),
        learning: told.learning.waits_for.as_str(),
    }
}

fn alerted(told: &Told) -> impl Iterator<Item = (&Point, Alert)> {
    let points = told.points.iter();
    points.filter_map(|point| Some((point, point.alert?)))
}

fn points(told: &Told, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let headings = ["time (UTC)", "", "value", "expected", "low", "high", "p"];
    let mut rows = Rows::new(&headings, 2, terminal);
    for point in &told.points {
        let (word, mark) = match point.alert {
            Some(_) => ("ALERT", Mark::Bad),
            None => ("", Mark::Plain),
        };
        let band = point.band;
        let own = |value: f64| figure(value, told.kind);
        rows.row(vec![
            marked(minutes(point.at), mark),
            marked(word, mark),
            marked(own(band.observed), mark),
            plain(own(band.expected)),
            plain(own(band.low)),
            plain(own(band.high)),
            plain(point.p.map_or("-".to_owned(), rank)),
        ]);
    }
    rows.show(terminal)
}

fn alerts(told: &Told, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    if alerted(told).next().is_none() {
        return Ok(());
    }
    writeln!(terminal.out)?;
    let headings = ["alert", "window", "value", "expected", "score", "by chance"];
    let mut rows = Rows::new(&headings, 2, terminal);
    for (point, alert) in alerted(told) {
        let score = match (alert.score, alert.threshold) {
            (Some(score), Some(threshold)) => format!("{score:.1} of {threshold:.1}"),
            (_, _) => "first days".to_owned(),
        };
        let chance = alert.chance_weeks.map_or("-".to_owned(), |weeks| {
            let over = if weeks >= 999.5 { "over " } else { "" };
            format!("1 in {over}{} weeks", rounded(weeks))
        });
        rows.row(vec![
            marked(minutes(point.at), Mark::Bad),
            plain(length(alert.window_ms)),
            plain(figure(alert.observed, told.kind)),
            plain(figure(alert.expected, told.kind)),
            plain(score),
            plain(chance),
        ]);
    }
    rows.show(terminal)
}

fn conclusion(
    told: &Told,
    args: &args::Anomaly,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let count = |n: usize, one: &str, many: &str| {
        words::plural(i64::try_from(n).unwrap_or(i64::MAX), one, many)
    };
    writeln!(terminal.out)?;
    for Grown {
        at, before, now, ..
    } in &told.grown
    {
        let percent = (now / before - 1.0) * 100.0;
        writeln!(
            terminal.out,
            "grown by {percent:.0} % up to {}: {} -> {}",
            minutes(*at),
            figure(*before, told.kind),
            figure(*now, told.kind)
        )?;
    }
    if let Some(Silence { bins, expected, .. }) = told.silence {
        let long = length(i64::from(bins) * told.bin_ms);
        let missed = figure(expected, told.kind);
        writeln!(
            terminal.out,
            "silent for {long} at the end, where {missed} were expected"
        )?;
    }
    let resampled = if told.bin_ms == told.step_ms {
        String::new()
    } else {
        format!(", added up to {}", length(told.bin_ms))
    };
    let waits = match told.learning.waits_for {
        WaitsFor::Nothing => String::new(),
        other @ (WaitsFor::FirstDay | WaitsFor::OwnScale | WaitsFor::HoursOfWeek) => {
            format!("; it still waits for {}", other.as_str())
        }
    };
    writeln!(
        terminal.out,
        "{} as {}, {} apart{resampled}",
        count(told.rows, "row", "rows"),
        kind(told.kind),
        length(told.step_ms),
    )?;
    writeln!(
        terminal.out,
        "{} for a budget of {}{waits}",
        count(alerted(told).count(), "alert", "alerts"),
        args.budget,
    )?;
    Ok(())
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Count => "count",
        Kind::Positive => "positive",
        Kind::Share => "share",
    }
}

fn seconds(at: UnixMillis) -> String {
    at.to_utc().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn minutes(at: UnixMillis) -> String {
    at.to_utc().format("%Y-%m-%d %H:%M").to_string()
}

fn length(ms: i64) -> String {
    let minutes = ms / 60_000;
    match minutes {
        0 => format!("{} s", ms / 1000),
        _ if minutes % 60 == 0 => format!("{} h", minutes / 60),
        _ => format!("{minutes} min"),
    }
}

/// A value for people: shares in percent, whole counts whole, others to three figures and more.
fn figure(value: f64, kind: Kind) -> String {
    match kind {
        Kind::Share => format!("{:.2} %", value * 100.0),
        Kind::Count | Kind::Positive if value >= 100.0 => rounded(value),
        Kind::Count => format!("{value:.1}"),
        Kind::Positive => format!("{value:.3}"),
    }
}

fn rank(p: f64) -> String {
    if p < 0.1 {
        format!("{p:.4}")
    } else {
        format!("{p:.2}")
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "a cast of a float saturates, and past 2^63 nobody reads the figures"
)]
fn rounded(value: f64) -> String {
    words::count(value.round() as i64)
}
