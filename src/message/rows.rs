//! The table of a mail: so far, why, what it looks like, where, how sure.
//!
//! Knows no sentence of it. A newcomer may ask why rounded parts are made to add up: a reader who adds them in the
//! night must not begin to doubt the rest.

use crate::alert::{Change, Check, Driver, Limit, Notice, Share, StepKind};

use super::figure::{self, MINUS};
use super::{clean, metric, picture};

/// Shows nothing, and keeps what stands beside it on one line.
const JOINER: char = '\u{2060}';
/// Drivers that one mail lists; the rest is added up.
const DRIVERS_MAX: usize = 5;
/// Shares that one mail lists.
const SHARES_MAX: usize = 4;

/// A line of the table below the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub label: &'static str,
    /// The beginning that is shown bold, and the rest.
    pub strong: String,
    pub rest: String,
}

/// What a loss goes beyond.
pub(super) fn beyond(check: &Check) -> &'static str {
    match check {
        Check::Anomaly { .. } | Check::Silence { .. } => "expected",
        Check::Drift { .. }
        | Check::Threshold {
            above: Some(Limit::OfApproved(_)),
            ..
        } => "approved",
        Check::Budget(_) | Check::Burn(_) => "budgeted",
        Check::Threshold { .. }
        | Check::Residency(_)
        | Check::FirstSight(_)
        | Check::Calendar(_) => "usual",
    }
}

fn row(label: &'static str, strong: impl Into<String>, rest: impl Into<String>) -> Row {
    Row {
        label,
        strong: strong.into(),
        rest: rest.into(),
    }
}

fn so_far(notice: &Notice) -> Option<Row> {
    let loss = notice.finding.loss;
    let spent = notice.explained.today;
    let today = spent.map(|sum| format!("{} spent today", figure::amount(sum)));
    match loss.so_far_nanousd.filter(|sum| *sum > 0) {
        Some(_) if notice.kind == StepKind::Resolved => today.map(|today| row("So far", "", today)),
        Some(sum) => {
            let than = beyond(&notice.rule.check);
            let mut rest = format!(" more than {than}");
            if let Some(today) = today {
                rest.push_str(" · ");
                rest.push_str(&today);
            }
            Some(row("So far", figure::dollars(sum), rest))
        }
        None => today.map(|today| row("So far", "", today)),
    }
}

/// `+$17.40`, `−$0.22`.
fn change(nanousd: i64) -> String {
    let text = figure::dollars(nanousd);
    match text.strip_prefix(MINUS) {
        // A browser would break the line behind a minus.
        Some(rest) => format!("{MINUS}{JOINER}{rest}"),
        None if nanousd == 0 => text,
        None => format!("+{text}"),
    }
}

fn word(driver: Driver) -> &'static str {
    match driver.change {
        Change::Volume if driver.nanousd_per_hour < 0 => "fewer calls",
        Change::Volume
        | Change::Prompt
        | Change::Output
        | Change::Cache
        | Change::Retries
        | Change::Mix
        | Change::Price => driver.change.as_str(),
    }
}

/// The drivers, greatest first, rounded so that they add up to the sum that stands with them.
fn why(drivers: &[Driver]) -> Option<Row> {
    let mut ranked: Vec<Driver> = drivers
        .iter()
        .copied()
        .filter(|driver| driver.nanousd_per_hour != 0)
        .collect();
    if ranked.is_empty() {
        return None;
    }
    ranked.sort_by_key(|driver| {
        let size = driver.nanousd_per_hour.saturating_abs();
        (std::cmp::Reverse(size), driver.change)
    });
    let exact: Vec<i64> = ranked.iter().map(|one| one.nanousd_per_hour).collect();
    let cents = figure::in_cents(&exact);
    let total: i64 = cents.iter().fold(0, |sum, one| sum.saturating_add(*one));
    let shown: Vec<(&'static str, i64)> = ranked
        .iter()
        .zip(&cents)
        .map(|(driver, cents)| (word(*driver), *cents))
        .collect();
    let (first, rest) = shown.split_at(shown.len().min(DRIVERS_MAX));
    let mut parts: Vec<String> = first
        .iter()
        .filter(|(_, sum)| *sum != 0)
        .map(|(word, sum)| format!("{word} {}", change(*sum)))
        .collect();
    let left: i64 = rest.iter().map(|(_, sum)| *sum).sum();
    if left != 0 {
        parts.push(format!("all else {}", change(left)));
    }
    if parts.is_empty() {
        return None;
    }
    let sum = format!("{} an hour", change(total));
    Some(row("Why", sum, format!(" = {}", parts.join(" · "))))
}

fn share(share: &Share) -> String {
    let of = clean::name(&share.of);
    let name = clean::name(&share.name);
    let part = figure::share(share.ppm);
    match (of.as_str(), name.is_empty()) {
        ("conversation", false) => {
            let short: String = name.chars().take(4).collect();
            format!("{part} one conversation ({short}…)")
        }
        (_, true) => format!("{part} one {of}"),
        ("status", false) if !name.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("{part} {name}")
        }
        ("status" | "model" | "endpoint", false) => format!("{part} {of} {name}"),
        (_, false) => format!("{part} {of} “{name}”"),
    }
}

fn place(notice: &Notice) -> Option<Row> {
    let mut parts: Vec<String> = notice
        .explained
        .shares
        .iter()
        .take(SHARES_MAX)
        .map(share)
        .collect();
    if let Some((region, verdict)) = &notice.explained.landed {
        let region = clean::name(region);
        if !region.is_empty() {
            parts.push(format!("landed in {region}, residency {verdict}"));
        }
    }
    (!parts.is_empty()).then(|| row("Where", "", parts.join(" · ")))
}

fn sure(notice: &Notice) -> Option<Row> {
    let mut parts = Vec::new();
    if let Some(chance) = notice.finding.chance {
        // Of a silence, and of what no pool can judge yet, it is not known.
        if chance.once_in_hours > 0 {
            parts.push(format!(
                "by chance about once in {} for this series",
                figure::rough(chance.once_in_hours)
            ));
        }
        parts.push(format!("{} learned", figure::rough(chance.learned_hours)));
    } else if matches!(
        notice.rule.check,
        Check::Anomaly { .. } | Check::Silence { .. }
    ) {
        parts.push("still learning this series".to_owned());
    }
    if let Some(sample) = sample(notice) {
        parts.push(sample);
    }
    if let Some(ppm) = notice.explained.coverage_ppm {
        parts.push(format!("usage known of {} of calls", figure::share(ppm)));
    }
    if notice.finding.late {
        parts.push("told by records that came late".to_owned());
    }
    (!parts.is_empty()).then(|| row("How sure", "", parts.join("; ")))
}

/// `812 calls looked at`, where the rule looks at calls one by one.
fn sample(notice: &Notice) -> Option<String> {
    let sample = notice.finding.measure.sample;
    let metric = picture::metric_of(notice)?;
    let shares = !metric.rises();
    (sample > 0 && shares).then(|| {
        let (one, many) = metric::sampled(metric);
        format!("{} looked at", figure::plural(sample, one, many))
    })
}

fn also(notice: &Notice) -> Option<Row> {
    let names: Vec<String> = notice
        .explains
        .iter()
        .take(6)
        .map(|name| clean::name(name))
        .collect();
    (!names.is_empty()).then(|| {
        row(
            "Explains",
            "",
            format!("{}: not mailed apart", names.join(", ")),
        )
    })
}

fn pattern(notice: &Notice) -> Option<Row> {
    let pattern = notice.explained.pattern?;
    Some(row("Looks like", "", clean::sentence(pattern)))
}

/// The rows that have something to say, in order.
pub(super) fn rows(notice: &Notice) -> Vec<Row> {
    let rows = [
        so_far(notice),
        why(&notice.explained.drivers),
        pattern(notice),
        place(notice),
        sure(notice),
        also(notice),
    ];
    rows.into_iter().flatten().collect()
}
