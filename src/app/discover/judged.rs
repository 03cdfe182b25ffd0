//! Guesses with their reasons: units, zones, columns that nobody reads yet.
//!
//! Decides nothing for good: each guess says what it rests on, and a configuration can say otherwise.
//! A newcomer may ask why a guess may also be "unknown": a wrong hour moves a day's costs to another
//! day, and nobody would see it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::call::Format;
use crate::decode::columns::Look;
use crate::decode::{TIME_ZONE, written_time::DateOrder};
use crate::units::Text;

use super::clocks::{self, Minutes};
use super::columns::{FieldSeen, FormatSeen, Key, WrittenAs};
use super::survey::{Stream, Survey};

/// How far a file's time may lie behind its newest record without telling anything.
const SLACK_MS: i64 = 120_000;

/// What is known of the zone of a stream's times.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Zone {
    /// `named`, `stated`, `utc` (by the vendor's documentation), `found` or `unknown`.
    pub by: &'static str,
    /// Minutes ahead of UTC, where found.
    pub minutes_ahead: Option<i64>,
    /// What it rests on.
    pub why: String,
}

/// The zone of a stream's times.
pub(super) fn zone(stream: &Stream, survey: &Survey<'_>) -> Zone {
    let written = stream.written_as;
    let told = |by, minutes_ahead, why: String| Zone {
        by,
        minutes_ahead,
        why,
    };
    if stream.about.zone_stated {
        let zone = stream.about.settings.fields.get(TIME_ZONE);
        let zone = zone.and_then(|zone| zone.first()).cloned();
        return told("stated", None, zone.unwrap_or_default());
    }
    if written.unnamed == 0 {
        return told("named", None, "each time names its zone".to_owned());
    }
    let named = |other: &Stream| other.written_as.unnamed == 0 && other.written_as.named > 0;
    let doubtful = stream.labelled || written.display > 0;
    let found = (doubtful || survey.streams.iter().any(named))
        .then(|| clocks::ahead(&stream.minutes, &sure(stream, survey)))
        .flatten();
    if let Some(ahead) = found.filter(|ahead| stream.labelled || ahead.minutes != 0) {
        let why = format!(
            "moved by {} min, {} of {} reports lie within a minute of one in the other logs; \
             unmoved {}",
            -ahead.minutes, ahead.near_moved, ahead.of, ahead.near_unmoved
        );
        return told("found", Some(ahead.minutes), why);
    }
    if !stream.labelled && written.display == 0 {
        let agree = found.map_or("", |_| ", and the other logs agree");
        return told(
            "utc",
            None,
            format!("no zone mark: UTC by the vendor's documentation{agree}"),
        );
    }
    let newest = stream.minutes.newest.zip(stream.about.written);
    if let Some((newest, file)) = newest
        && newest.0 > file.0.saturating_add(SLACK_MS)
    {
        let late = newest.0.saturating_sub(file.0).div_euclid(60_000).max(1);
        let least = (late + 14) / 15 * 15;
        let why = format!(
            "the newest record would lie {late} min after the file was written: \
             at least {least} min ahead of UTC"
        );
        return told("unknown", None, why);
    }
    told(
        "unknown",
        None,
        "display values are in the exporting user's zone, and nothing in the sample tells it"
            .into(),
    )
}

/// The minutes of all streams whose clock can be trusted: first those that name their zone.
fn sure(stream: &Stream, survey: &Survey<'_>) -> Minutes {
    let mut minutes = Minutes::default();
    let others = || {
        let all = survey.streams.iter();
        all.filter(|other| !std::ptr::eq(*other, stream) && !other.labelled)
    };
    let named = |other: &&Stream| other.written_as.unnamed == 0 || other.about.zone_stated;
    let some = others().any(|other| named(&other) && other.minutes.newest.is_some());
    // Rows of the same table are written by the same habit, and prove nothing.
    let alike = |other: &&Stream| !stream.labelled && other.formats == stream.formats;
    for other in others().filter(|other| !alike(other) && (!some || named(other))) {
        minutes.merge(&other.minutes);
    }
    minutes
}

/// The order of a stream's dates, where they need one and some settle it; `Err` where they need
/// one and nothing does.
pub(super) fn date_order(written: WrittenAs) -> Result<Option<DateOrder>, &'static str> {
    match (written.day_first, written.month_first) {
        _ if written.display == 0 => Ok(None),
        (0, 0) if written.either > 0 => Err("each date could be day first or month first"),
        (0, 0) => Ok(None),
        (_, 0) => Ok(Some(DateOrder::DayFirst)),
        (0, _) => Ok(Some(DateOrder::MonthFirst)),
        (_, _) => Err("some dates can only be day first, others only month first"),
    }
}

/// The unit of a format's durations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unit {
    /// `ms` or `s`.
    pub unit: &'static str,
    /// What it rests on.
    pub why: String,
}

/// The unit of durations; `None` for formats that state it, and without numbers.
pub(super) fn unit(format: Format, seen: &FormatSeen) -> Option<Unit> {
    if !matches!(format, Format::ServicenowOutbound | Format::ServicenowGenai) {
        return None;
    }
    let field = seen.fields.get("duration")?;
    let (whole, fractions) = (field.whole.count(), field.fractions);
    let told = |unit, why| Some(Unit { unit, why });
    let votes = seen.as_millis.max(seen.as_seconds);
    if votes > 0 && seen.as_millis != seen.as_seconds {
        let unit = if seen.as_millis > seen.as_seconds {
            "ms"
        } else {
            "s"
        };
        return told(
            unit,
            format!("{votes} requests last as long by their own start and end"),
        );
    }
    if fractions > whole {
        return told(
            "s",
            format!("{fractions} of {} have a fraction", whole + fractions),
        );
    }
    let middle = field.whole.middle()?;
    let why = format!("half of them are below {middle}");
    if middle >= 128 {
        told("ms", why)
    } else {
        told("s", why)
    }
}

/// Whether a key that nobody reads could carry a field.
pub(super) fn fits(field: &str, name: &str, key: &Key) -> bool {
    use Look::{Fraction, Host, Status, Text as Words, Time, Url, Whole};
    let name = name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let number = || key.is(&[Whole, Fraction, Status]);
    match field {
        "status" => key.is(&[Status]) && has(&["status", "code", "http"]),
        "duration" => number() && has(&["time", "durat", "elapsed", "latency", "took", "_ms"]),
        "time" => key.is(&[Time]) || (key.is(&[Whole]) && has(&["timestamp", "epoch"])),
        "url" => key.is(&[Url]),
        "host" => key.is(&[Host]) && has(&["host", "domain", "server", "endpoint", "target"]),
        "method" => key.is(&[Words]) && has(&["method", "verb"]),
        "request_bytes" => {
            number() && has(&["request", "sent"]) && has(&["length", "size", "byte"])
        }
        "response_bytes" => {
            number() && has(&["response", "received"]) && has(&["length", "size", "byte"])
        }
        "input" => number() && has(&["token"]) && has(&["prompt", "input"]),
        "output" => number() && has(&["token"]) && has(&["completion", "response", "output"]),
        "model" => key.is(&[Words]) && has(&["model"]),
        "skill" => key.is(&[Words]) && has(&["skill", "feature", "use_case"]),
        "scope" => key.is(&[Words]) && has(&["scope"]),
        _ => false,
    }
}

/// Which of `fields` the keys could carry: each with its candidates, in the order of their names.
pub(super) fn candidates<'k>(
    fields: &[&'static str],
    keys: &'k BTreeMap<Text, Key>,
) -> BTreeMap<&'static str, Vec<&'k Text>> {
    let mut found: BTreeMap<&'static str, Vec<&'k Text>> = BTreeMap::new();
    for field in fields {
        let fitting = keys.iter().filter(|(name, key)| fits(field, name, key));
        let names: Vec<&Text> = fitting.map(|(name, _)| name).collect();
        if !names.is_empty() {
            found.insert(field, names);
        }
    }
    found
}

/// How records of a shape that nobody knows could be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Guess {
    /// The format whose fields they seem to have.
    pub format: &'static str,
    /// Columns by field, as `fields` of a source takes them.
    pub fields: BTreeMap<&'static str, Vec<Text>>,
    /// Whether an LLM provider's host is among the values.
    pub llm: bool,
}

const OUTBOUND: [&str; 7] = [
    "url",
    "host",
    "time",
    "status",
    "duration",
    "request_bytes",
    "response_bytes",
];
const GENAI: [&str; 6] = ["time", "model", "input", "output", "duration", "skill"];

/// How records with these keys could be read; `None` where too little fits.
pub(super) fn guess(keys: &BTreeMap<Text, Key>) -> Option<Guess> {
    let owned = |found: BTreeMap<&'static str, Vec<&Text>>| {
        let fields = found.into_iter();
        fields
            .map(|(field, names)| (field, names.into_iter().cloned().collect()))
            .collect::<BTreeMap<_, Vec<Text>>>()
    };
    let usage = candidates(&GENAI, keys);
    let has = |field: &str| usage.contains_key(field);
    if has("time") && has("input") && has("output") {
        return Some(Guess {
            format: Format::ServicenowGenai.as_str(),
            fields: owned(usage),
            llm: true,
        });
    }
    let transport = candidates(&OUTBOUND, keys);
    let has = |field: &str| transport.contains_key(field);
    if !(has("time") && (has("url") || has("host"))) {
        return None;
    }
    Some(Guess {
        format: Format::ServicenowOutbound.as_str(),
        fields: owned(transport),
        llm: keys.values().any(|key| key.llm > 0),
    })
}

/// The fields whose columns are worth a word when two of them hold something.
const CHOSEN: [&str; 9] = [
    "status",
    "duration",
    "time",
    "model",
    "input",
    "output",
    "request_bytes",
    "response_bytes",
    "host",
];

/// What is worth saying of one field's columns; `None` where all is plain.
pub(super) fn doubt(name: &str, seen: &FieldSeen, others: &BTreeMap<Text, Key>) -> Option<String> {
    if !CHOSEN.contains(&name) {
        return None;
    }
    let mut words = Vec::new();
    for ((taken, other), rivals) in &seen.rivals {
        words.push(format!(
            "`{taken}` and `{other}` both tell it in {} records ({} differ); `{taken}` is taken, \
             `fields = {{ {name} = [\"{other}\"] }}` takes the other",
            rivals.both, rivals.differ
        ));
    }
    // Columns that the configuration names are taken as much as the built-in ones.
    let own = seen.own.ranked();
    let is_own = |key: &Text| own.iter().any(|(name, _)| name == key);
    let fitting = others
        .iter()
        .filter(|(key, seen)| fits(name, key, seen) && !is_own(key));
    for (key, _) in fitting {
        let named = own.first().map(|(name, _)| name.as_str());
        let taken = seen.taken.keys().next().copied().or(named);
        // A row has several times, and hosts in many a column.
        if taken.is_some() && matches!(name, "time" | "host") {
            continue;
        }
        words.push(match taken {
            Some(taken) => format!(
                "`{key}` could tell it, too; `{taken}` is taken, \
                 `fields = {{ {name} = [\"{key}\"] }}` takes the other"
            ),
            None => format!(
                "no column is known; `{key}` could tell it: `fields = {{ {name} = [\"{key}\"] }}`"
            ),
        });
    }
    (!words.is_empty()).then(|| words.join("; "))
}
