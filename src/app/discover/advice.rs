//! What to look at or decide, in words, the most pressing first.
//!
//! Knows only what was found. A newcomer may ask why no call at all is a whole page: whoever reads
//! that has the wrong export, or columns that nobody knows, and needs to see which.

use crate::units::Text;

use super::found::Found;

/// Keys of a shape and hosts that a sentence names.
const NAMED: usize = 12;

/// The sentences.
pub(super) fn advice(found: &Found) -> Vec<String> {
    let mut words = Vec::new();
    if found.calls == 0 && found.requests == 0 {
        nothing(found, &mut words);
    }
    zones(found, &mut words);
    for columns in &found.columns {
        for field in &columns.fields {
            if let Some(doubt) = &field.doubt {
                words.push(format!("{}, {}: {doubt}", columns.format, field.field));
            }
        }
        if let Some(unit) = columns.unit.as_ref().filter(|unit| unit.unit == "s") {
            words.push(format!(
                "{}: durations look like seconds ({}): `fields = {{ duration_unit = [\"s\"] }}`",
                columns.format, unit.why
            ));
        }
    }
    tellers(found, &mut words);
    coverage(found, &mut words);
    unread(found, &mut words);
    words
}

fn nothing(found: &Found, words: &mut Vec<String>) {
    if found.records == 0 {
        words.push("no record: the input is empty".to_owned());
        return;
    }
    words.push(format!(
        "{} and no LLM call among them",
        records(found.records)
    ));
    for shape in found.unknown_shapes.iter().take(3) {
        let keys: Vec<&str> = shape.keys.iter().take(NAMED).map(Text::as_str).collect();
        words.push(format!(
            "{} with the keys {}{}",
            records(shape.records),
            keys.join(", "),
            if shape.keys.len() > NAMED {
                ", …"
            } else {
                ""
            }
        ));
        if let Some(guess) = &shape.guess {
            words.push(format!(
                "they could be read as `{}` with columns of your own (`--out DIR` writes them down){}",
                guess.format,
                if guess.llm { "" } else { "; no LLM provider's host is among them" }
            ));
        }
    }
    if !found.other_hosts.is_empty() {
        let hosts = found.other_hosts.iter().take(NAMED);
        let hosts: Vec<&str> = hosts.map(|host| host.name.as_str()).collect();
        words.push(format!(
            "hosts seen: {}; if one of them serves a model, register it as an endpoint \
             (`base_url`), and its calls count",
            hosts.join(", ")
        ));
    }
    words.push(
        "tokens and models stand in `sys_generative_ai_log`, hosts and statuses in \
         `sys_outbound_http_log`; docs/FORMATS.md lists every format"
            .to_owned(),
    );
}

fn records(n: u64) -> String {
    if n == 1 {
        "1 record".to_owned()
    } else {
        format!("{n} records")
    }
}

fn zones(found: &Found, words: &mut Vec<String>) {
    let mut kinds: Vec<String> = Vec::new();
    for stream in &found.streams {
        if let Some(doubt) = stream.date_doubt {
            words.push(format!(
                "{}: {doubt}, and such rows are refused; say it by `--date-order dmy` or `mdy`, or \
                 by `date_order` in the source's `fields`",
                stream.name
            ));
        }
        let Some(zone) = &stream.zone else { continue };
        let kind = match (zone.by, zone.minutes_ahead) {
            ("found", Some(minutes)) => format!("{minutes} min ahead of UTC"),
            ("stated", _) => zone.why.clone(),
            ("unknown", _) => "an unknown zone".to_owned(),
            _ => "UTC".to_owned(),
        };
        match zone.by {
            "found" => words.push(format!(
                "{}: times are {kind}: {}; say it by `--zone`, or by `time_zone` in the source's \
                 `fields`",
                stream.name, zone.why
            )),
            "unknown" => words.push(format!(
                "{}: the zone of its times is not known, and they are read as UTC: {}; say it by \
                 `--zone`, or by `time_zone` in the source's `fields`",
                stream.name, zone.why
            )),
            _ => {}
        }
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    if kinds.len() > 1 {
        words.push(format!(
            "mixed zones in one sample: {}; give each its own source",
            kinds.join(", ")
        ));
    }
}

fn tellers(found: &Found, words: &mut Vec<String>) {
    for twice in &found.told_twice {
        let about = if twice.one_in > 1 {
            format!(" (of one key in {})", twice.one_in)
        } else {
            String::new()
        };
        if twice.one == twice.other {
            words.push(format!(
                "{} calls stand twice in `{}`{about}; each counts once",
                twice.calls, twice.one
            ));
        } else if twice.contradict > 0 {
            words.push(format!(
                "`{}` and `{}` tell {} calls both{about}, {} with other tokens: the first read \
                 stands; `ignore_scopes = [\"{}\"]` settles it",
                twice.one, twice.other, twice.calls, twice.contradict, twice.other
            ));
        } else {
            words.push(format!(
                "`{}` and `{}` tell {} calls both{about}, and agree; each counts once",
                twice.one, twice.other, twice.calls
            ));
        }
    }
    for endpoint in &found.endpoints {
        if let Some(format) = endpoint.transport_from {
            words.push(format!(
                "{}: two logs tell its calls without a common key, and each call would count \
                 twice: `transport_from = \"{format}\"`",
                endpoint.name
            ));
        }
        if let Some(format) = endpoint.usage_from {
            words.push(format!(
                "{}: `{format}` tells its requests, and sys_generative_ai_log may tell the same \
                 ones without a common key: `usage_from = \"{format}\"`",
                endpoint.name
            ));
        }
    }
}

fn coverage(found: &Found, words: &mut Vec<String>) {
    let there = &found.coverage;
    if found.calls > 0 && found.requests == 0 {
        words.push(
            "calls and no request: tokens and cost need a log that tells usage \
             (`sys_generative_ai_log`, a gateway, a provider's log)"
                .to_owned(),
        );
    } else if found.requests > 0 && found.calls == 0 {
        words.push(
            "requests and no call: host, status and region need a log that tells transport \
             (`sys_outbound_http_log`, a gateway, a provider's log)"
                .to_owned(),
        );
    } else if there.requests_there > there.calls_there.saturating_mul(11) / 10 {
        words.push(format!(
            "{} requests against {} calls in the same hours: some requests left by a door that \
             this sample does not tell",
            there.requests_there, there.calls_there
        ));
    } else if there.calls_there > there.requests_there.saturating_mul(3) / 2 {
        words.push(format!(
            "{} calls against {} requests in the same hours: retries, or calls whose usage \
             nobody tells",
            there.calls_there, there.requests_there
        ));
    }
}

fn unread(found: &Found, words: &mut Vec<String>) {
    let refused: u64 = found.quarantined.values().sum();
    if refused > 0 {
        let reasons: Vec<String> = found
            .quarantined
            .iter()
            .map(|(reason, n)| format!("{reason} {n}"))
            .collect();
        words.push(format!(
            "{refused} records cannot be read: {}; docs/FORMATS.md says what each means",
            reasons.join(", ")
        ));
    }
    if found.limited {
        words.push("the limit was reached: the rest of the input was not looked at".to_owned());
    }
}
