//! Which column carries which fact: looks at records on their way through the decoder.
//!
//! Keeps names of keys, hosts and counts, never a value. A newcomer may ask why not every record is
//! looked at: the first thousands tell the columns, and of the rest one in sixteen; what a record
//! is, is counted of all of them.

use std::collections::BTreeMap;

use crate::call::Format;
use crate::decode::columns::{self, LogicalField, Look};
use crate::decode::json::Json;
use crate::decode::written_time::{self, Written};
use crate::decode::{Settings, Watcher};
use crate::provider::Gate;
use crate::units::{Text, UnixMillis};

use super::counts::{Names, Spread};

/// Keys of a format, or of an unknown shape, that are kept apart.
const KEYS_MAX: usize = 300;
/// Unknown shapes that are kept apart.
const SHAPES_MAX: usize = 50;

/// What the texts under one key look like.
#[derive(Clone, Debug, Default)]
pub(super) struct Key {
    pub(super) seen: u64,
    pub(super) filled: u64,
    pub(super) looks: BTreeMap<Look, u64>,
    /// Urls and hosts among them that are an LLM provider's.
    pub(super) llm: u64,
}

impl Key {
    fn add(&mut self, text: Option<&str>, gate: &Gate) {
        self.seen += 1;
        let look = columns::look(text.unwrap_or_default());
        if text.is_none() || look == Look::Blank {
            return;
        }
        self.filled += 1;
        *self.looks.entry(look).or_default() += 1;
        let url = text.filter(|_| matches!(look, Look::Url | Look::Host));
        if let Some((host, path)) = url.and_then(place_of)
            && gate.admit(&host, &path).is_some()
        {
            self.llm += 1;
        }
    }

    /// Whether nine in ten of its texts look so.
    pub(super) fn is(&self, wanted: &[Look]) -> bool {
        let fitting = self.looks.iter().filter(|(look, _)| wanted.contains(look));
        let fitting: u64 = fitting.map(|(_, count)| count).sum();
        self.filled > 0 && fitting * 10 >= self.filled * 9
    }
}

fn place_of(url: &str) -> Option<(Text, String)> {
    let parts = crate::provider::split_url(url)?;
    Some((parts.host, parts.path.to_string()))
}

/// Two columns of one field in one record.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rivals {
    pub(super) both: u64,
    pub(super) differ: u64,
}

/// What was seen of one logical field.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldSeen {
    /// How often each column was the one taken.
    pub(super) taken: BTreeMap<&'static str, u64>,
    /// The same for columns that the configuration names.
    pub(super) own: Names,
    pub(super) missing: u64,
    pub(super) rivals: BTreeMap<(Text, Text), Rivals>,
    pub(super) whole: Spread,
    pub(super) fractions: u64,
}

/// What was seen of one format.
#[derive(Clone, Debug, Default)]
pub(super) struct FormatSeen {
    pub(super) looked: u64,
    pub(super) fields: BTreeMap<&'static str, FieldSeen>,
    /// Keys that no field of the format reads.
    pub(super) others: BTreeMap<Text, Key>,
    /// Durations that fit the record's own two clocks as milliseconds, and as seconds.
    pub(super) as_millis: u64,
    pub(super) as_seconds: u64,
}

/// A shape that no format knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    pub(super) records: u64,
    pub(super) keys: BTreeMap<Text, Key>,
}

/// How the times of one stream are written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WrittenAs {
    /// With their zone, or as a number since 1970.
    pub(super) named: u64,
    /// Without.
    pub(super) unnamed: u64,
    /// Of them: as people write dates.
    pub(super) display: u64,
    /// Dates that can only be day first, or month first.
    pub(super) day_first: u64,
    pub(super) month_first: u64,
    /// Dates that can be both, and are not the same day.
    pub(super) either: u64,
}

/// Looks at records as the decoder unwraps them.
pub(super) struct Looker<'a> {
    pub(super) gate: &'a Gate,
    pub(super) settings: Settings,
    /// Whether the next records are looked at.
    pub(super) looking: bool,
    pub(super) written: WrittenAs,
    pub(super) formats: BTreeMap<Format, FormatSeen>,
    pub(super) shapes: BTreeMap<Vec<Text>, Shape>,
    pub(super) shapes_beyond: u64,
    pub(super) envelopes: BTreeMap<&'static str, u64>,
    /// Hosts of calls to others.
    pub(super) others: Names,
    layout: BTreeMap<Format, Vec<LogicalField>>,
}

impl<'a> Looker<'a> {
    pub(super) fn new(gate: &'a Gate) -> Looker<'a> {
        let layout = Format::ALL.map(|format| (format, columns::fields_of(format)));
        Looker {
            gate,
            settings: Settings::default(),
            looking: true,
            written: WrittenAs::default(),
            formats: BTreeMap::new(),
            shapes: BTreeMap::new(),
            shapes_beyond: 0,
            envelopes: BTreeMap::new(),
            others: Names::of(5_000),
            layout: BTreeMap::from(layout),
        }
    }

    fn known(&mut self, record: &Json<'_>, format: Format) {
        let Some(fields) = self.layout.get(&format) else {
            return;
        };
        let seen = self.formats.entry(format).or_default();
        seen.looked += 1;
        for field in fields {
            look_at(
                record,
                &self.settings,
                *field,
                seen.fields.entry(field.name).or_default(),
            );
        }
        if let Some(time) = fields.iter().find(|field| field.name == "time") {
            let found = columns::filled(record, &self.settings, *time);
            if let Some(first) = found.first() {
                self.written.add(&first.text);
            }
        }
        let renamable = fields.iter().any(|field| field.renamable);
        if !renamable {
            return;
        }
        for (key, text) in columns::top(record) {
            let read = fields
                .iter()
                .any(|field| field.columns.contains(&key.as_str()));
            if !read && (seen.others.len() < KEYS_MAX || seen.others.contains_key(&key)) {
                let key = seen.others.entry(key).or_default();
                key.add(text.as_deref(), self.gate);
            }
        }
        if format == Format::ServicenowGenai {
            clocks(record, seen);
        }
    }

    fn unknown(&mut self, record: &Json<'_>) {
        let mut names: Vec<Text> = columns::top(record).map(|(key, _)| key).collect();
        names.sort();
        names.truncate(KEYS_MAX);
        if self.shapes.len() >= SHAPES_MAX && !self.shapes.contains_key(&names) {
            self.shapes_beyond += 1;
            return;
        }
        let shape = self.shapes.entry(names).or_default();
        shape.records += 1;
        if !self.looking {
            return;
        }
        for (name, text) in columns::top(record).take(KEYS_MAX) {
            let key = shape.keys.entry(name).or_default();
            key.add(text.as_deref(), self.gate);
            let url = text.filter(|text| matches!(columns::look(text), Look::Url | Look::Host));
            if let Some((host, _)) = url.and_then(|text| place_of(&text)) {
                self.others.add(&host);
            }
        }
    }
}

impl Watcher for Looker<'_> {
    fn skimmed(&mut self, host: &str, _path: &str) {
        self.others
            .add(&crate::units::clean_name(&host.to_ascii_lowercase()));
    }

    fn envelope(&mut self, kind: &'static str) {
        *self.envelopes.entry(kind).or_default() += 1;
    }

    fn record(&mut self, record: &Json<'_>, format: Option<Format>) {
        match format {
            Some(format) if self.looking => self.known(record, format),
            Some(_) => {}
            None => self.unknown(record),
        }
    }

    fn reads_calls(&self) -> bool {
        self.looking
    }
}

fn look_at(record: &Json<'_>, settings: &Settings, field: LogicalField, seen: &mut FieldSeen) {
    let found = columns::filled(record, settings, field);
    let Some(first) = found.first() else {
        seen.missing += 1;
        return;
    };
    match field.columns.iter().find(|name| **name == first.column) {
        Some(name) => *seen.taken.entry(name).or_default() += 1,
        None => seen.own.add(first.column),
    }
    match (columns::look(&first.text), first.text.parse::<u64>()) {
        (_, Ok(number)) => seen.whole.add(number),
        (Look::Fraction, Err(_)) => seen.fractions += 1,
        (_, Err(_)) => {}
    }
    for other in found.iter().skip(1) {
        let pair = (Text::from(first.column), Text::from(other.column));
        let rivals = seen.rivals.entry(pair).or_default();
        rivals.both += 1;
        rivals.differ += u64::from(other.text != first.text);
    }
}

/// Holds a request's own duration against its two clocks.
fn clocks(record: &Json<'_>, seen: &mut FormatSeen) {
    let text = |name: &str| {
        let mut entries = columns::top(record);
        entries
            .find(|(key, _)| key == name)
            .and_then(|(_, text)| text)
    };
    let at = |name: &str| UnixMillis::parse(&text(name)?);
    let taken = text("time_taken").and_then(|text| text.parse::<i64>().ok());
    let (Some(began), Some(ended), Some(taken)) = (at("started_at"), at("completed_at"), taken)
    else {
        return;
    };
    let between = ended.0.saturating_sub(began.0);
    // The clocks show whole seconds.
    let near = |millis: i64| millis.saturating_sub(between).abs() <= 1_000;
    if between < 2_000 {
        return;
    }
    seen.as_millis += u64::from(near(taken));
    seen.as_seconds += u64::from(near(taken.saturating_mul(1_000)));
}

impl WrittenAs {
    /// Takes a time as it is written.
    pub(super) fn add(&mut self, text: &str) {
        if columns::names_its_zone(text) {
            self.named += 1;
            return;
        }
        self.unnamed += 1;
        if UnixMillis::parse(text).is_some() {
            return;
        }
        self.display += 1;
        let day = written_time::read(text, Some(written_time::DateOrder::DayFirst));
        let month = written_time::read(text, Some(written_time::DateOrder::MonthFirst));
        match (day, month) {
            // The same either way: settled by a number above 12.
            (Written::At(one), Written::At(other)) if one == other && !text.contains('.') => {
                let first = text.split(['/', '-']).next().unwrap_or_default();
                let number: u32 = first.parse().unwrap_or_default();
                let same = one.format("%d").to_string() == one.format("%m").to_string();
                self.day_first += u64::from(number > 12 && number <= 31);
                self.month_first += u64::from(number <= 12 && !same);
            }
            (Written::At(one), Written::At(other)) if one != other => self.either += 1,
            _ => {}
        }
    }
}
