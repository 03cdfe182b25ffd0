//! The sources of a starter configuration: which files, and how their records are read.
//!
//! Knows no endpoint. A newcomer may ask why files that differ in zone or columns become sources of
//! their own: a source's settings hold for all of its records.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::decode::{DATE_ORDER, DURATION_UNIT, TIME_ZONE};

use super::super::found::{Found, StreamFound};
use super::{QUESTION, line, list, put, quoted};

/// Files that one source names one by one.
const FILES_MAX: usize = 50;

/// What a source's records need said.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Needs {
    format: Option<&'static str>,
    fields: BTreeMap<&'static str, Vec<String>>,
    /// What only a person knows: the zone, the order of dates.
    questions: Vec<String>,
}

pub(super) fn sources(found: &Found, inputs: &[PathBuf], text: &mut String) {
    let mut groups: BTreeMap<Needs, Vec<&StreamFound>> = BTreeMap::new();
    for stream in &found.streams {
        match &stream.topic_of {
            Some(source) => topic(source, stream, &needs(found, stream), text),
            None => groups.entry(needs(found, stream)).or_default().push(stream),
        }
    }
    let alone = groups.len() < 2;
    let mut names: Vec<String> = Vec::new();
    for (needs, streams) in groups {
        let mut name = name_of(&streams);
        while names.contains(&name) {
            name.push_str("-more");
        }
        names.push(name.clone());
        text.push('\n');
        put!(text, "[[source.file]]");
        put!(text, "name = {}", quoted(&name));
        let paths = if alone {
            inputs.iter().map(|input| absolute(input)).collect()
        } else {
            paths_of(&streams)
        };
        if paths.iter().any(|path| path == "-") {
            put!(
                text,
                "{QUESTION} where do these records lie? They came by standard input."
            );
        }
        put!(text, "paths = {}", list(&paths));
        if let Some(format) = needs.format {
            put!(text, "format = {}", quoted(format));
        }
        for question in &needs.questions {
            put!(text, "{QUESTION} {question}");
        }
        if let Some(fields) = needs.fields() {
            put!(text, "{fields}");
        }
        for twice in &found.told_twice {
            if twice.contradict > 0 && twice.one != twice.other {
                put!(
                    text,
                    "{QUESTION} {} and {} contradict each other; which counts?",
                    twice.one,
                    twice.other
                );
                put!(text, "# ignore_scopes = {}", list(&[&twice.other]));
            }
        }
    }
}

impl Needs {
    /// The line of a source that says which columns are read.
    fn fields(&self) -> Option<String> {
        let fields: Vec<String> = self
            .fields
            .iter()
            .map(|(field, columns)| format!("{field} = {}", list(columns)))
            .collect();
        (!fields.is_empty()).then(|| format!("fields = {{ {} }}", fields.join(", ")))
    }
}

/// A topic: its brokers and credentials stand where they are configured, and nowhere twice.
fn topic(source: &str, stream: &StreamFound, needs: &Needs, text: &mut String) {
    text.push('\n');
    put!(
        text,
        "# Read from topic {}: {} records.",
        stream.name,
        stream.records
    );
    put!(
        text,
        "{QUESTION} where is `{source}` configured? Its `[[source.kafka]]` belongs here."
    );
    if let Some(format) = needs.format {
        put!(text, "# format = {}", quoted(format));
    }
    for question in &needs.questions {
        put!(text, "{QUESTION} {question}");
    }
    if let Some(fields) = needs.fields() {
        put!(text, "# {fields}");
    }
}

fn needs(found: &Found, stream: &StreamFound) -> Needs {
    let mut needs = Needs::default();
    for columns in &found.columns {
        if !stream.formats.contains(&columns.format) {
            continue;
        }
        if columns.unit.as_ref().is_some_and(|unit| unit.unit == "s") {
            needs.fields.insert(DURATION_UNIT, vec!["s".to_owned()]);
        }
        for (field, names) in &columns.proposed {
            // Recognised by the built-in names, so no format need be fixed.
            let names = names.iter().map(ToString::to_string).collect();
            needs.fields.insert(field, names);
        }
    }
    if stream.formats.is_empty() {
        let mut shapes = found.unknown_shapes.iter();
        if let Some(guess) = shapes.find_map(|shape| shape.guess.as_ref()) {
            needs.format = Some(guess.format);
            for (field, names) in &guess.fields {
                let names: Vec<String> = names.iter().map(ToString::to_string).collect();
                if *field == "duration" && names.iter().any(|name| says_seconds(name)) {
                    needs.fields.insert(DURATION_UNIT, vec!["s".to_owned()]);
                }
                needs.fields.insert(field, names);
            }
            if stream.zone.is_none() {
                let question =
                    "in which zone are its times, where they name none? Read as UTC until then.";
                needs.questions.push(question.to_owned());
                needs.fields.insert(TIME_ZONE, vec!["UTC".to_owned()]);
            }
        }
    }
    if stream.date_doubt.is_some() {
        let question = "is 03/04 the third of April (dmy) or the fourth of March (mdy)?";
        needs.questions.push(question.to_owned());
        needs.fields.insert(DATE_ORDER, vec!["dmy".to_owned()]);
    }
    if let Some(order) = stream.date_order {
        needs.fields.insert(DATE_ORDER, vec![order.to_owned()]);
    }
    zone(stream, &mut needs);
    needs
}

/// Whether a column's name says that it holds seconds: `Duration (s)`, `latency_seconds`.
fn says_seconds(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let unit = name.rsplit([' ', '_', '(', '[']).next().unwrap_or_default();
    let unit = unit.trim_end_matches([')', ']']);
    matches!(unit, "s" | "sec" | "secs" | "second" | "seconds")
}

fn zone(stream: &StreamFound, needs: &mut Needs) {
    let Some(zone) = &stream.zone else { return };
    match (zone.by, zone.minutes_ahead) {
        ("stated", _) => {
            needs.fields.insert(TIME_ZONE, vec![zone.why.clone()]);
        }
        ("found", Some(minutes)) => {
            let name = fixed_zone(minutes);
            needs.questions.push(format!(
                "its times are {minutes} min ahead of UTC; which zone is that? `{name}` knows no \
                 summer time."
            ));
            needs.fields.insert(TIME_ZONE, vec![name.to_owned()]);
        }
        ("unknown", _) => {
            needs.questions.push(
                "in which zone are its times? Nothing in the sample tells; read as UTC until then."
                    .to_owned(),
            );
            needs.fields.insert(TIME_ZONE, vec!["UTC".to_owned()]);
        }
        (_, _) => {}
    }
}

/// A zone that is always so many minutes ahead; for broken hours a place that is so in January.
fn fixed_zone(minutes: i64) -> &'static str {
    use chrono::{Offset, TimeZone};
    let january =
        chrono::NaiveDate::from_ymd_opt(2026, 1, 15).and_then(|day| day.and_hms_opt(0, 0, 0));
    let Some(january) = january else { return "UTC" };
    let fits = |zone: &&chrono_tz::Tz| {
        let offset = zone
            .offset_from_utc_datetime(&january)
            .fix()
            .local_minus_utc();
        i64::from(offset) == minutes * 60
    };
    let zones = || chrono_tz::TZ_VARIANTS.iter().filter(fits);
    let fixed = zones().find(|zone| zone.name().starts_with("Etc/GMT"));
    fixed
        .or_else(|| zones().next())
        .map_or("UTC", |zone| zone.name())
}

fn name_of(streams: &[&StreamFound]) -> String {
    let mut formats: Vec<&str> = streams.iter().flat_map(|one| one.formats.clone()).collect();
    formats.sort_unstable();
    formats.dedup();
    match formats.as_slice() {
        [] => "records".to_owned(),
        [only] => (*only).to_owned(),
        many if many.iter().all(|name| name.starts_with("servicenow")) => "servicenow".to_owned(),
        _ => "logs".to_owned(),
    }
}

/// The files, or the folders that hold them when they are many.
fn paths_of(streams: &[&StreamFound]) -> Vec<String> {
    let mut paths: Vec<String> = streams
        .iter()
        .map(|one| absolute(Path::new(&one.name)))
        .collect();
    if paths.len() > FILES_MAX {
        let folder = |path: &String| {
            let folder = Path::new(path).parent();
            folder.map_or(String::new(), |folder| folder.display().to_string())
        };
        paths = paths.iter().map(folder).collect();
        paths.sort();
        paths.dedup();
    }
    paths
}

fn absolute(path: &Path) -> String {
    if path.as_os_str() == "-" {
        return "-".to_owned();
    }
    let found = std::fs::canonicalize(path).or_else(|_| std::path::absolute(path));
    found
        .unwrap_or_else(|_| path.to_owned())
        .display()
        .to_string()
}
