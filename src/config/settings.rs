//! Sources, the ledger's settings, limits and the time zone, ready for use.
//!
//! Knows no endpoint and no feature. A newcomer may ask why paths are joined here: they are
//! relative to the file they stand in, and only here is that file known.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;

use crate::call::Format;
use crate::decode;
use crate::problem::Problem;
use crate::units::{Millis, Text};

use super::at::{At, AtText};
use super::hint;
use super::names;
use super::read::FileText;
use super::written;

/// How late records of a source may come when nothing else is said: the genai log's two minutes.
pub const GRACE_DEFAULT_SECONDS: u64 = 120;

/// Longest grace that can be asked for: a day.
pub(super) const GRACE_MAX_SECONDS: u64 = 86_400;

/// Most days that a retention can be set to: ten years.
const DAYS_MAX: u64 = 3_660;

/// A source of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSource {
    /// Its name in positions and figures.
    pub name: Text,
    /// Files, directories and patterns, joined to the configuration's directory.
    pub paths: Vec<PathBuf>,
    /// How its records are read.
    pub decode: decode::Settings,
    /// How late a record may come after its call.
    pub grace: Millis,
    /// Tellers whose reports are ignored.
    pub ignore_scopes: Vec<Text>,
}

/// Where the books are and how long what is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerSettings {
    /// The ledger's file, joined to the configuration's directory.
    pub path: PathBuf,
    /// How long what is kept.
    pub retention: Retention,
}

/// How long what is kept; days are kept for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Days that cells of an hour are kept.
    pub hours_days: u32,
    /// Days that call lines are kept.
    pub lines_days: u32,
    /// Bytes that call lines may fill.
    pub lines_bytes: u64,
    /// Days after its last change that an hour closes.
    pub horizon_days: u32,
}

impl Default for Retention {
    fn default() -> Retention {
        Retention {
            hours_days: 400,
            lines_days: 14,
            lines_bytes: 1 << 30,
            horizon_days: 45,
        }
    }
}

/// What is kept at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Distinct unknown names a day.
    pub unknown_names_per_day: u32,
    /// Rows of evidence for each hour and verdict.
    pub evidence_per_hour: u32,
    /// Quarantined records.
    pub quarantine_rows: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            unknown_names_per_day: 10_000,
            evidence_per_hour: 1_000,
            quarantine_rows: 100_000,
        }
    }
}

/// The file of a ledger when none is named.
pub const LEDGER_DEFAULT: &str = "tollwatch.db";

pub(super) fn timezone(file: &FileText, written: Option<&AtText>, faults: &mut Vec<Problem>) -> Tz {
    let Some(name) = written else {
        return Tz::UTC;
    };
    name.get().parse().unwrap_or_else(|_| {
        let all = chrono_tz::TZ_VARIANTS;
        let hint = hint::of_names(name.get(), all.iter().map(|zone| zone.name()));
        let message = format!("unknown time zone `{}`", name.get());
        faults.push(file.problem(name.span(), "unknown_timezone", message).hint(
            if hint.starts_with("one of") {
                "an IANA name such as `Europe/Berlin`".to_owned()
            } else {
                hint
            },
        ));
        Tz::UTC
    })
}

pub(super) fn ledger(
    file: &FileText,
    dir: &Path,
    written: &written::Ledger,
    faults: &mut Vec<Problem>,
) -> LedgerSettings {
    let path = written
        .path
        .as_ref()
        .map_or(LEDGER_DEFAULT, |path| path.get().as_str());
    LedgerSettings {
        path: dir.join(path),
        retention: retention(file, &written.retention, faults),
    }
}

fn retention(
    file: &FileText,
    written: &written::Retention,
    faults: &mut Vec<Problem>,
) -> Retention {
    let default = Retention::default();
    let mut days = |value: &Option<At<u64>>, default: u32| {
        bounded(file, value.as_ref(), 1..=DAYS_MAX, faults).unwrap_or(default)
    };
    let horizon_days = days(&written.horizon_days, default.horizon_days);
    let ready = Retention {
        hours_days: days(&written.hours_days, default.hours_days.max(horizon_days)),
        lines_days: days(&written.lines_days, default.lines_days.min(horizon_days)),
        lines_bytes: written
            .lines_bytes
            .as_ref()
            .map_or(default.lines_bytes, |bytes| *bytes.get()),
        horizon_days,
    };
    let horizon = format!("`horizon_days` is {horizon_days}");
    let mut refuse = |value: &Option<At<u64>>, wrong: bool, message: String| {
        if let (Some(value), true) = (value, wrong) {
            faults.push(
                file.problem(value.span(), "bad_retention", message)
                    .hint(horizon.clone()),
            );
        }
    };
    refuse(
        &written.lines_days,
        ready.lines_days > horizon_days,
        "call lines go when their hour closes, so they cannot be kept longer".to_owned(),
    );
    refuse(
        &written.hours_days,
        ready.hours_days < horizon_days,
        "hours are written until they close, so they must be kept as long".to_owned(),
    );
    ready
}

pub(super) fn limits(
    file: &FileText,
    written: &written::Limits,
    faults: &mut Vec<Problem>,
) -> Limits {
    let default = Limits::default();
    let mut rows = |value: &Option<At<u64>>, default: u32| {
        bounded(file, value.as_ref(), 1..=10_000_000, faults).unwrap_or(default)
    };
    Limits {
        unknown_names_per_day: rows(
            &written.unknown_names_per_day,
            default.unknown_names_per_day,
        ),
        evidence_per_hour: rows(&written.evidence_per_hour, default.evidence_per_hour),
        quarantine_rows: rows(&written.quarantine_rows, default.quarantine_rows),
    }
}

/// The number, where it is given and lies within `bounds`.
pub(super) fn bounded<N: TryFrom<u64>>(
    file: &FileText,
    value: Option<&At<u64>>,
    bounds: std::ops::RangeInclusive<u64>,
    faults: &mut Vec<Problem>,
) -> Option<N> {
    let value = value?;
    let number = *value.get();
    if bounds.contains(&number)
        && let Ok(number) = N::try_from(number)
    {
        return Some(number);
    }
    let (least, most) = (bounds.start(), bounds.end());
    faults.push(file.problem(
        value.span(),
        "out_of_range",
        format!("`{number}` is not between {least} and {most}"),
    ));
    None
}

/// The sources; formats are known, and names unique among all that `seen` has seen.
pub(super) fn sources(
    file: &FileText,
    dir: &Path,
    written: &[At<written::FileSource>],
    seen: &mut names::Seen,
    faults: &mut Vec<Problem>,
) -> Vec<FileSource> {
    let mut ready = Vec::new();
    for source in written {
        let Some(name) = &source.get().name else {
            names::missing(file, source.span(), "name", faults);
            continue;
        };
        seen.note(file, name, faults);
        if source.get().paths.is_empty() {
            names::missing(file, source.span(), "paths", faults);
        }
        ready.push(one_source(file, dir, name, source.get(), faults));
    }
    ready
}

fn one_source(
    file: &FileText,
    dir: &Path,
    name: &AtText,
    written: &written::FileSource,
    faults: &mut Vec<Problem>,
) -> FileSource {
    let format = written
        .format
        .as_ref()
        .filter(|format| format.get() != "auto")
        .and_then(|format| format_of(file, format, faults));
    let fields = fields_of(file, &written.fields, faults);
    let grace = bounded(
        file,
        written.grace_seconds.as_ref(),
        0..=GRACE_MAX_SECONDS,
        faults,
    )
    .unwrap_or(GRACE_DEFAULT_SECONDS);
    FileSource {
        name: Text::from(name.get().as_str()),
        paths: written
            .paths
            .iter()
            .map(|path| dir.join(path.get()))
            .collect(),
        decode: decode::Settings { format, fields },
        grace: Millis(grace.saturating_mul(1000)),
        ignore_scopes: written
            .ignore_scopes
            .iter()
            .map(|scope| Text::from(scope.get().as_str()))
            .collect(),
    }
}

pub(super) fn fields_of(
    file: &FileText,
    written: &BTreeMap<AtText, Vec<AtText>>,
    faults: &mut Vec<Problem>,
) -> BTreeMap<String, Vec<String>> {
    let known = decode::field_names();
    let mut fields = BTreeMap::new();
    for (field, columns) in written {
        if !known.contains(&field.get().as_str()) {
            let known = known.iter().copied();
            faults.push(names::unknown(file, field, "field", "unknown_field", known));
        }
        for column in columns {
            if let Some(hint) = decode::wrong_word(field.get(), column.get()) {
                let message = format!("`{}` is no `{}`", column.get(), field.get());
                faults.push(
                    file.problem(column.span(), "unknown_value", message)
                        .hint(hint),
                );
            }
        }
        let columns = columns.iter().map(|column| column.get().clone()).collect();
        fields.insert(field.get().clone(), columns);
    }
    fields
}

pub(super) fn format_of(
    file: &FileText,
    name: &AtText,
    faults: &mut Vec<Problem>,
) -> Option<Format> {
    let format = Format::parse(name.get());
    if format.is_none() {
        let known = Format::ALL.into_iter().map(Format::as_str);
        faults.push(
            file.problem(
                name.span(),
                "unknown_format",
                format!("unknown format `{}`", name.get()),
            )
            .hint(hint::of_names(name.get(), known.chain(["auto"]))),
        );
    }
    format
}
