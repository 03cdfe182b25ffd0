//! What a server's answer to a write means, by status, text and version.
//!
//! Knows no socket. A newcomer may ask why texts are read and not the status alone: the same 400 is
//! one bad line of thousands for one version and a request that nobody could read for another; and
//! what is no fault of a line must never cost one.

use std::time::Duration;

use serde::Deserialize;

use crate::config::InfluxVersion;
use crate::telemetry::FollowerError;
use crate::units::clean_name;

/// Longest wait that a server may ask for.
pub(super) const ASKED_MAX: Duration = Duration::from_mins(10);

/// What became of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Every line is in, durably by the server's own word.
    Written,
    /// Lines of it will never be taken.
    Refused(Refusal),
    /// The request is too large for the server or something before it.
    TooLarge,
    /// The server is busy and may have said for how long.
    Wait {
        /// What the server asked for, at most ten minutes.
        asked: Option<Duration>,
        /// What it said.
        said: String,
    },
    /// Somebody has to change something; the lines are sound.
    Stop(Stopped),
    /// Nobody knows whether it was written, or it may pass: the same bytes again.
    Again {
        /// What kind of fault it was.
        kind: FollowerError,
        /// What was seen or said.
        said: String,
    },
}

/// Which lines a server refused, as far as it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The server's words.
    pub reason: String,
    /// How many lines it says it dropped.
    pub dropped: Option<usize>,
    /// Lines that it names, by place in the body from 0, each with its reason.
    pub named: Vec<(usize, String)>,
    /// Whether it says that all lines it does not name are written.
    pub rest_written: bool,
}

/// Why nothing more is written until somebody changes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// What kind of fault it is.
    pub kind: FollowerError,
    /// The server's words.
    pub said: String,
    /// What to do.
    pub hint: &'static str,
}

/// An answer as it came over the wire.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard<'a> {
    pub(super) version: InfluxVersion,
    pub(super) status: u16,
    /// The header `Retry-After`, as a time to wait.
    pub(super) retry_after: Option<Duration>,
    pub(super) body: &'a str,
}

/// The JSON that the three versions answer with; each has some of the keys.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    message: Option<String>,
    error: Option<String>,
    data: Option<Vec<BadLine>>,
}

/// A line that InfluxDB 3 names.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BadLine {
    line_number: usize,
    error_message: String,
}

/// Words of an answer that blames lines. InfluxDB 1 and 2: `tsdb.PartialWriteError` and
/// `models.ParsePoints`; InfluxDB 3: its partial writes.
const OF_LINES: [&str; 5] = [
    "partial write",
    "unable to parse",
    "field type conflict",
    "points beyond retention policy",
    "parsing failed for write_lp",
];

/// Words of a server that is ill, whatever it is sent: a shard of InfluxDB 2 that could not be opened on
/// a full disk stays closed until a restart, while others go on taking lines.
const OF_SERVER: [&str; 7] = [
    "no space left",
    "shard",
    "timeout",
    "closed",
    "too many open files",
    "cannot allocate memory",
    "input/output error",
];

/// Whether a fault says of itself that no line is to blame.
pub(super) fn is_of_server(said: &str) -> bool {
    OF_SERVER.iter().any(|words| said.contains(words))
}

/// What it means.
pub(super) fn classify(heard: Heard<'_>) -> Answer {
    let body: Body = serde_json::from_str(heard.body).unwrap_or_default();
    let said = said(&body, heard.body);
    match heard.status {
        204 => Answer::Written,
        413 => Answer::TooLarge,
        429 | 503 => Answer::Wait {
            asked: heard.retry_after.map(|time| time.min(ASKED_MAX)),
            said: worded(heard.status, &said),
        },
        // Old 2.x answers 500 to what later ones answer with 422: influxdb #19779.
        400 | 422 | 500 if OF_LINES.iter().any(|words| said.contains(words)) => {
            Answer::Refused(refusal(body, said))
        }
        408 | 425 => again(FollowerError::Busy, heard.status, &said),
        500.. => again(FollowerError::Server, heard.status, &said),
        status => {
            let (kind, hint) = stopped(heard.version, status, &said);
            let said = worded(status, &said);
            Answer::Stop(Stopped { kind, said, hint })
        }
    }
}

fn again(kind: FollowerError, status: u16, said: &str) -> Answer {
    let said = worded(status, said);
    Answer::Again { kind, said }
}

/// The server's words, fit for a log line: one line, of bounded length.
fn said(body: &Body, raw: &str) -> String {
    let text = body.message.as_deref().or(body.error.as_deref());
    let text = text.unwrap_or(raw);
    let cut = text.get(..text.floor_char_boundary(SAID_MAX));
    let words = cut.unwrap_or_default();
    let words = words.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Longest text of a server that is kept.
const SAID_MAX: usize = 500;

fn worded(status: u16, said: &str) -> String {
    if said.is_empty() {
        format!("answers {status}")
    } else {
        format!("answers {status}: {said}")
    }
}

fn refusal(body: Body, reason: String) -> Refusal {
    let lines = body.data.unwrap_or_default();
    let named = lines.into_iter().filter_map(|line| {
        let place = line.line_number.checked_sub(1)?;
        Some((place, clean_name(&line.error_message).to_string()))
    });
    let named: Vec<(usize, String)> = named.collect();
    Refusal {
        dropped: dropped(&reason),
        rest_written: !named.is_empty() && reason.contains("partial write"),
        named,
        reason,
    }
}

/// The number behind `dropped=`; none where the text quotes a line, which may hold the word as well.
fn dropped(said: &str) -> Option<usize> {
    if said.contains("unable to parse") {
        return None;
    }
    let (_, rest) = said.rsplit_once("dropped=")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// What to do about an answer that only a person can change.
fn stopped(version: InfluxVersion, status: u16, said: &str) -> (FollowerError, &'static str) {
    let credential = match version {
        InfluxVersion::V1 => "check `username` and `password`, and that the user may write there",
        InfluxVersion::V2 => "check `token`, and that it may write to the bucket",
        InfluxVersion::V3 => "check `token`, and that it may write to the database",
    };
    let absent = match version {
        InfluxVersion::V1 | InfluxVersion::V3 => {
            "make the database with `tollwatch influx setup`, or check `database`"
        }
        InfluxVersion::V2 => {
            "make the bucket with `tollwatch influx setup`, or check `org` and `bucket`"
        }
    };
    match status {
        401 | 403 => (FollowerError::Denied, credential),
        404 if said.contains("page not found") || said.is_empty() => {
            let hint = "check `url` and `version`: nothing there takes this kind of write";
            (FollowerError::Missing, hint)
        }
        404 => (FollowerError::Missing, absent),
        422 if version == InfluxVersion::V3 => {
            let hint = "a limit of the server is reached: databases, tables or columns";
            (FollowerError::Unexpected, hint)
        }
        _ => {
            let hint = "check `url` and `version`, and whatever stands between here and the server";
            (FollowerError::Unexpected, hint)
        }
    }
}
