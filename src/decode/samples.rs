//! For tests: decodes sample records and writes what they told as one line each.
//!
//! Knows every field of a report, so that a line leaves out only what is absent. A newcomer may
//! ask why lines and not structs: a table of lines is read at a glance, forty structs are not.

use std::fmt::Write as _;

use crate::call::{Class, Format, Provider, Report, Tier, Transport, UsageReport};
use crate::provider::Gate;

use super::{Context, Settings, Told, decode};

/// What a record tells with these settings and a gate of known providers only.
pub(super) fn told(bytes: &[u8], settings: &Settings) -> Vec<Told> {
    let gate = Gate::default();
    let context = Context {
        settings,
        gate: &gate,
    };
    let mut out = Vec::new();
    decode(bytes, context, &mut out);
    out
}

/// What each line of a sample tells, one line for each call.
pub(super) fn lines(sample: &str) -> Vec<String> {
    lines_with(sample, &Settings::default())
}

/// The same with settings.
pub(super) fn lines_with(sample: &str, settings: &Settings) -> Vec<String> {
    sample
        .lines()
        .flat_map(|line| told(line.as_bytes(), settings))
        .map(|told| line(&told))
        .collect()
}

/// Settings with a fixed format and column names.
pub(super) fn settings(format: Option<Format>, fields: &[(&str, &str)]) -> Settings {
    Settings {
        format,
        fields: fields
            .iter()
            .map(|(column, name)| ((*column).to_owned(), vec![(*name).to_owned()]))
            .collect(),
    }
}

fn line(told: &Told) -> String {
    match told {
        Told::Ignored(reason) => format!("ignored {}", reason.as_str()),
        Told::Rejected(reject) => format!("rejected {}: {}", reject.reason, reject.detail),
        Told::Report(report) => report_line(report),
    }
}

/// Writes ` name=value` unless the value is empty.
fn put(line: &mut String, name: &str, value: &str) {
    if !value.is_empty() {
        write!(line, " {name}={value}").unwrap();
    }
}

fn opt(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn report_line(report: &Report) -> String {
    let mut line = format!("{}", report.at);
    put(
        &mut line,
        report.identity.kind.as_str(),
        &report.identity.value,
    );
    put(&mut line, "seq", &report.sequence);
    let to = &report.destination;
    line.push_str(" TO");
    put(
        &mut line,
        "provider",
        &opt(to.provider.as_ref().map(Provider::as_str)),
    );
    put(&mut line, "host", &to.host);
    put(&mut line, "port", &opt(to.port));
    put(&mut line, "path", &to.path);
    put(&mut line, "deployment", &to.deployment);
    put(&mut line, "model", &to.model);
    if let Some(transport) = &report.transport {
        transport_line(&mut line, transport);
    }
    if let Some(usage) = &report.usage {
        usage_line(&mut line, usage);
    }
    let by = &report.origin;
    line.push_str(" BY");
    for (name, value) in [
        ("application", &by.application),
        ("skill", &by.skill),
        ("definition", &by.definition),
        ("scope", &by.scope),
        ("table", &by.source_table),
        ("service", &by.service),
        ("caller", &by.caller),
        ("user", &by.user),
        ("conversation", &by.conversation),
        ("credential", &by.credential),
    ] {
        put(&mut line, name, value);
    }
    put(&mut line, "tags", &by.tags.join(","));
    for fact in &report.evidence {
        put(&mut line, fact.kind.as_str(), &fact.told);
    }
    line
}

fn transport_line(line: &mut String, transport: &Transport) {
    line.push_str(" CALL");
    put(line, "status", &opt(transport.status));
    put(line, "class", &opt(transport.class.map(Class::as_str)));
    put(line, "ms", &opt(transport.latency.map(|ms| ms.0)));
    put(line, "sent", &opt(transport.request_bytes));
    put(line, "got", &opt(transport.response_bytes));
    put(line, "retries", &opt(transport.stated_retries));
    put(line, "spilled_from", &transport.spillover_from);
    put(line, "requests_left", &opt(transport.remaining_requests));
    put(line, "tokens_left", &opt(transport.remaining_tokens));
    put(line, "wait", &opt(transport.retry_after.map(|ms| ms.0)));
}

fn usage_line(line: &mut String, usage: &UsageReport) {
    line.push_str(" USED");
    put(line, "model", &usage.model);
    put(line, "requested", &usage.requested_model);
    if let Some(tokens) = usage.usage {
        let buckets = [
            tokens.input,
            tokens.cache_read,
            tokens.cache_write_5m,
            tokens.cache_write_1h,
            tokens.output,
            tokens.reasoning,
        ];
        put(
            line,
            "tokens",
            &buckets.map(|count| count.to_string()).join("/"),
        );
    }
    for (told, word) in [
        (usage.untold.cache, " untold-cache"),
        (usage.untold.geo, " untold-geo"),
        (usage.untold.convention, " untold-convention"),
        (usage.total_mismatch, " total-mismatch"),
        (usage.audio, " audio"),
        (usage.gateway_cache_hit, " gateway-cache"),
    ] {
        if told {
            line.push_str(word);
        }
    }
    put(line, "tier", &opt(usage.tier.map(Tier::as_str)));
    put(
        line,
        "searches",
        &opt((usage.web_searches > 0).then_some(usage.web_searches)),
    );
    put(line, "class", &opt(usage.class.map(Class::as_str)));
    put(line, "ms", &opt(usage.duration.map(|ms| ms.0)));
    put(line, "external", &opt(usage.external));
}

/// A sample of `tests/data/`.
pub(super) fn sample(format: Format, name: &str) -> String {
    let path = folder(format).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Holds every sample of a format against its row of `expected`, and the folder against the
/// table, so that no sample goes unread. `short` names parts that many lines share.
pub(super) fn check(format: Format, short: &[(&str, &str)], expected: &[(&str, &[&str])]) {
    let mut names: Vec<String> = std::fs::read_dir(folder(format))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let rows: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names, rows,
        "files of tests/data and rows of the table, in order"
    );
    for (name, expected) in expected {
        let told: Vec<String> = lines(&sample(format, name))
            .into_iter()
            .map(|line| {
                short
                    .iter()
                    .fold(line, |line, (word, part)| line.replace(part, word))
            })
            .collect();
        assert_eq!(&told, expected, "{name}");
    }
}

/// Holds that no text of a sample that must not leave the decoder is in anything it told.
pub(super) fn check_nothing_secret(format: Format, secrets: &[&str]) {
    let mut seen = 0;
    for entry in std::fs::read_dir(folder(format)).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        seen += secrets
            .iter()
            .filter(|secret| text.contains(**secret))
            .count();
        for line in text.lines() {
            let shown = format!("{:?}", told(line.as_bytes(), &Settings::default()));
            for secret in secrets {
                assert!(!shown.contains(secret), "{secret} in {shown}");
            }
        }
    }
    assert!(
        seen >= secrets.len(),
        "the samples hold the texts that are looked for"
    );
}

fn folder(format: Format) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(format.as_str())
}
