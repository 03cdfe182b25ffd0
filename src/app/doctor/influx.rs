//! Looks at an InfluxDB: does it answer, may it be written, how long does it keep points.
//!
//! Knows no series. A newcomer may ask how writing is tried without a point: a comment is sent, and
//! the server looks at credential and bucket before it looks for lines.

use crate::config::{InfluxDb, InfluxVersion};
use crate::sink::Worker;
use crate::sink::influx::{Fault, Influx};
use crate::units::Millis;

use super::{Found, Looks};

fn fails(fault: &Fault) -> Found {
    Found::fails(fault.message.clone(), fault.hint)
}

/// Looks at one database.
pub(super) fn database(settings: &InfluxDb, looks: &mut Looks<'_>) {
    let mut ready = None;
    let answers = looks.look(&settings.url, || {
        let worker = match Worker::new() {
            Ok(worker) => worker,
            Err(error) => return Found::fails(error.to_string(), ""),
        };
        match Influx::new(settings) {
            Err(fault) => fails(&fault),
            Ok(influx) => {
                let found = answered(&worker, &influx);
                ready = Some((worker, influx));
                found
            }
        }
    });
    let Some((worker, influx)) = ready.filter(|_| answers) else {
        return;
    };
    let word = match settings.version {
        InfluxVersion::V2 => "bucket",
        InfluxVersion::V1 | InfluxVersion::V3 => "database",
    };
    let what = format!("{word} {}", settings.bucket);
    looks.look(&what, || match worker.run(influx.may_write()) {
        Ok(()) => kept(&worker, &influx),
        Err(fault) => fails(&fault),
    });
}

fn answered(worker: &Worker, influx: &Influx) -> Found {
    let configured = match influx.settings().version {
        InfluxVersion::V1 => "1",
        InfluxVersion::V2 => "2",
        InfluxVersion::V3 => "3",
    };
    match worker.run(influx.ping()) {
        Err(fault) => fails(&fault),
        Ok(alive) if alive.version.is_empty() => {
            Found::doubtful("answers, and does not say its version", "check `url`")
        }
        Ok(alive) => {
            let number = alive.version.trim_start_matches('v');
            let major = number.split('.').next().unwrap_or_default();
            let text = format!("InfluxDB {number}");
            // A version of a developer's own is no number; then the configuration is believed.
            let told = major.bytes().all(|byte| byte.is_ascii_digit()) && !major.is_empty();
            if told && major != configured {
                let hint = format!("`version = {configured}` does not fit it");
                return Found::fails(text, hint);
            }
            Found::works(text)
        }
    }
}

/// May be written; how long points stay there.
fn kept(worker: &Worker, influx: &Influx) -> Found {
    let wanted = influx.settings().retention;
    match worker.run(influx.keeps()) {
        // A token that may write and no more cannot see it, and need not.
        Err(_) | Ok(None) => Found::works("may be written"),
        Ok(Some(made)) => {
            let text = format!("may be written, keeps points {}", time(made.keeps));
            if wanted.is_some() && wanted != made.keeps {
                let hint = format!(
                    "`retention` says {}; change it there, or the configuration",
                    time(wanted)
                );
                return Found::doubtful(text, hint);
            }
            Found::works(text)
        }
    }
}

/// A retention in words.
pub(crate) fn time(keeps: Option<Millis>) -> String {
    let hours = keeps.map(|time| time.0 / 3_600_000);
    match hours {
        None => "for ever".to_owned(),
        Some(hours) if hours % 24 == 0 => format!("for {} d", hours / 24),
        Some(hours) => format!("for {hours} h"),
    }
}
