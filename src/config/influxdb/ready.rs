//! Turns written databases into ready ones.
//!
//! Knows no server. A newcomer may ask why a key of another version is an error and not ignored: who
//! writes `database` for version 2 would find the series in a bucket that was never meant.

use crate::attribute::BaseUrl;
use crate::problem::Problem;
use crate::units::{Millis, Text};

use super::super::at::{At, AtText};
use super::super::kafka::Around;
use super::super::names;
use super::super::read::FileText;
use super::super::settings::bounded;
use super::{InfluxDb, InfluxLogin, InfluxVersion, SERIES_DEFAULT, written};

/// The shortest retention that InfluxDB takes.
const RETENTION_MIN_SECONDS: u64 = 3_600;
/// The longest that the client can tell InfluxDB 2: what an `i32` of seconds holds.
const RETENTION_MAX_SECONDS: u64 = 2_147_483_647;

/// The databases; no two of one name, and no two names of one place.
pub(in crate::config) fn databases(
    around: Around<'_>,
    written: &[At<written::InfluxDb>],
    faults: &mut Vec<Problem>,
) -> Vec<InfluxDb> {
    let file = around.file;
    let mut seen = names::Seen::new("influxdb");
    let mut places = names::Seen::new("place");
    let mut ready = Vec::new();
    for database in written {
        let Some(name) = &database.get().name else {
            names::missing(file, database.span(), "name", faults);
            continue;
        };
        seen.note(file, name, faults);
        if let Some(one) = one(around, name, database, faults) {
            let place = [one.url.as_str(), &one.org, &one.bucket]
                .join(" ")
                .replace("  ", " ");
            places.note_key(file, name.span(), place, faults);
            ready.push(one);
        }
    }
    ready
}

fn one(
    around: Around<'_>,
    name: &AtText,
    at: &At<written::InfluxDb>,
    faults: &mut Vec<Problem>,
) -> Option<InfluxDb> {
    let file = around.file;
    let written = at.get();
    let url = url(file, at, faults);
    if written.version.is_none() {
        names::missing(file, at.span(), "version", faults);
    }
    let number = bounded::<u64>(file, written.version.as_ref(), 1..=3, faults)?;
    let version = match number {
        1 => InfluxVersion::V1,
        2 => InfluxVersion::V2,
        _ => InfluxVersion::V3,
    };
    fitting(file, (version, number), at, faults);
    let (org, place) = match version {
        InfluxVersion::V2 => (&written.org, &written.bucket),
        InfluxVersion::V1 | InfluxVersion::V3 => (&None, &written.database),
    };
    let ready = InfluxDb {
        name: Text::from(name.get().as_str()),
        version,
        org: word(file, "org", org.as_ref(), faults),
        bucket: word(file, "bucket", place.as_ref(), faults),
        login: login(around, version, at, faults),
        ca: around.authorities(written.ca.as_ref(), faults),
        retention: written
            .retention
            .as_ref()
            .and_then(|text| retention(file, text, faults)),
        max_series: bounded(file, written.max_series.as_ref(), 1..=10_000_000, faults)
            .unwrap_or(SERIES_DEFAULT),
        gzip: written.gzip.unwrap_or(true),
        url: url?,
    };
    Some(ready)
}

/// Reports keys that the version needs and has not, and keys that it does not know.
fn fitting(
    file: &FileText,
    (version, number): (InfluxVersion, u64),
    at: &At<written::InfluxDb>,
    faults: &mut Vec<Problem>,
) {
    use InfluxVersion::{V1, V2, V3};
    let written = at.get();
    let text = |value: &Option<AtText>| value.as_ref().map(At::span);
    let keys = [
        ("org", text(&written.org), &[V2][..], true),
        ("bucket", text(&written.bucket), &[V2], true),
        ("database", text(&written.database), &[V1, V3], true),
        (
            "token",
            written.token.as_ref().map(At::span),
            &[V2, V3],
            version == V2,
        ),
        ("username", text(&written.username), &[V1], false),
        (
            "password",
            written.password.as_ref().map(At::span),
            &[V1],
            false,
        ),
    ];
    for (key, span, versions, needed) in keys {
        match (span, versions.contains(&version)) {
            (None, true) if needed => names::missing(file, at.span(), key, faults),
            (Some(span), false) => {
                let message = format!("InfluxDB {number} has no `{key}`");
                let problem = file.problem(span.clone(), "bad_influxdb", message);
                let hint = match version {
                    V1 => "version 1 has `database`, `username` and `password`",
                    V2 => "version 2 has `org`, `bucket` and `token`",
                    V3 => "version 3 has `database` and `token`",
                };
                faults.push(file.hide(problem.hint(hint), span));
            }
            (None, _) | (Some(_), true) => {}
        }
    }
}

fn url(file: &FileText, at: &At<written::InfluxDb>, faults: &mut Vec<Problem>) -> Option<String> {
    let Some(text) = &at.get().url else {
        names::missing(file, at.span(), "url", faults);
        return None;
    };
    let fault = match BaseUrl::parse(text.get()) {
        Ok(url) if url.path.is_empty() => {
            let port = url.port.map(|port| format!(":{port}")).unwrap_or_default();
            return Some(format!("{}://{}{port}", url.scheme, url.host));
        }
        Ok(_) => "has a path: an InfluxDB is looked for at the root of its host",
        Err(fault) => fault,
    };
    let problem = file.problem(text.span(), "bad_url", format!("`url` {fault}"));
    let problem = problem.hint("like `http://127.0.0.1:8086`");
    // A password may stand in it.
    let hidden = text.get().contains('@');
    faults.push(if hidden {
        file.hide(problem, text.span())
    } else {
        problem
    });
    None
}

/// A name of the server's; one that is empty or has control characters is reported.
fn word(file: &FileText, key: &str, written: Option<&AtText>, faults: &mut Vec<Problem>) -> String {
    let Some(text) = written else {
        return String::new();
    };
    if text.get().trim().is_empty() || text.get().contains(char::is_control) {
        let message = format!("`{key}` is empty or has a control character");
        faults.push(file.problem(text.span(), "bad_name", message));
    }
    text.get().clone()
}

fn login(
    around: Around<'_>,
    version: InfluxVersion,
    at: &At<written::InfluxDb>,
    faults: &mut Vec<Problem>,
) -> InfluxLogin {
    let written = at.get();
    if version != InfluxVersion::V1 {
        let token = around.secret("token", written.token.as_ref(), faults);
        return token.map_or(InfluxLogin::None, InfluxLogin::Token);
    }
    let password = around.secret("password", written.password.as_ref(), faults);
    match (&written.username, &written.password) {
        (Some(name), Some(_)) => password.map_or(InfluxLogin::None, |password| InfluxLogin::User {
            name: name.get().clone(),
            password,
        }),
        (Some(name), None) => {
            names::missing(around.file, name.span(), "password", faults);
            InfluxLogin::None
        }
        (None, Some(password)) => {
            names::missing(around.file, password.span(), "username", faults);
            InfluxLogin::None
        }
        (None, None) => InfluxLogin::None,
    }
}

/// A whole number of hours, days or weeks.
fn retention(file: &FileText, text: &AtText, faults: &mut Vec<Problem>) -> Option<Millis> {
    let written = text.get().trim();
    let split = written.len().saturating_sub(1);
    let unit = match written.get(split..) {
        Some("h") => 3_600,
        Some("d") => 86_400,
        Some("w") => 604_800,
        Some(_) | None => 0,
    };
    let number = written
        .get(..split)
        .and_then(|digits| digits.parse::<u64>().ok());
    let seconds = number.map(|number| number.saturating_mul(unit));
    if let Some(seconds) = seconds
        && (RETENTION_MIN_SECONDS..=RETENTION_MAX_SECONDS).contains(&seconds)
    {
        return Some(Millis(seconds.saturating_mul(1_000)));
    }
    let message = format!("`{written}` is no time that points can be kept for");
    let problem = file.problem(text.span(), "bad_retention", message);
    faults.push(problem.hint("hours, days or weeks, like `400d`; without the key, for ever"));
    None
}
