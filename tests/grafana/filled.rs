//! What Grafana puts in the place of its macros and variables.
//!
//! Knows no server. A newcomer may ask where the rules are from: Grafana's documentation, "InfluxDB
//! template variables" and "Global variables", and its own code for what is escaped.

use std::collections::BTreeMap;

use chrono::DateTime;

/// The variables that a person chooses values of.
pub(crate) const CHOSEN: [&str; 4] = ["application", "feature", "endpoint", "model"];

/// The state of a dashboard when it asks.
pub(crate) struct State {
    /// Where the range begins, in milliseconds.
    pub(crate) from: i64,
    /// Where it ends.
    pub(crate) to: i64,
    /// Milliseconds of an interval.
    pub(crate) interval: i64,
    /// The values chosen of a variable; all where it is not among them.
    pub(crate) values: BTreeMap<&'static str, Vec<String>>,
    /// The time zone's value.
    pub(crate) timezone: &'static str,
}

/// A value as it stands in a regular expression: `escapeRegex` of `@grafana/data`.
fn escaped(value: &str) -> String {
    let mut out = String::new();
    for c in value.chars() {
        if "\\^$*+?.()|[]{}/".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A variable that takes several values: `.*` for all of them.
fn several(values: Option<&Vec<String>>) -> String {
    match values.map(Vec::as_slice) {
        None => ".*".to_owned(),
        Some([one]) => escaped(one),
        Some(more) => {
            let parts: Vec<String> = more.iter().map(|value| escaped(value)).collect();
            format!("({})", parts.join("|"))
        }
    }
}

/// A time in the format of moment.js, as far as the queries ask.
fn dated(ms: i64, format: &str) -> String {
    let format = match format {
        "YYYY-MM" => "%Y-%m",
        "YYYY" => "%Y",
        "M" => "%-m",
        "D" => "%-d",
        "H" => "%-H",
        "m" => "%-M",
        other => panic!("no such date format: {other}"),
    };
    let at = DateTime::from_timestamp_millis(ms).unwrap();
    at.format(format).to_string()
}

impl State {
    /// The query as the data source gets it.
    pub(crate) fn fill(&self, sql: &str) -> String {
        let (from, to) = (self.from, self.to);
        let mut text = sql
            .replace(
                "$timeFilter",
                &format!("time >= {from}ms and time <= {to}ms"),
            )
            .replace("$__interval_ms", &self.interval.to_string())
            .replace("$__interval", &format!("{}s", self.interval / 1000))
            .replace("${__from}", &from.to_string())
            .replace("${__to}", &to.to_string())
            .replace("${timezone:raw}", self.timezone);
        while let Some((before, rest)) = text.split_once("${__to:date:") {
            let (format, after) = rest.split_once('}').unwrap();
            text = format!("{before}{}{after}", dated(to, format));
        }
        for name in CHOSEN {
            text = text.replace(&format!("${name}"), &several(self.values.get(name)));
        }
        text
    }
}

#[test]
fn variables_become_what_grafana_makes_of_them() {
    let mut state = State {
        from: 1_000,
        to: 1_795_279_639_000,
        interval: 60_000,
        values: BTreeMap::new(),
        timezone: "Europe/Berlin",
    };
    let cases = [
        ("/^$feature$/", "/^.*$/"),
        ("$timeFilter", "time >= 1000ms and time <= 1795279639000ms"),
        ("time($__interval) $__interval_ms", "time(60s) 60000"),
        (
            "'${__to:date:YYYY-MM}-01' ${__to:date:H}",
            "'2026-11-01' 16",
        ),
        ("tz('${timezone:raw}')", "tz('Europe/Berlin')"),
    ];
    for (sql, wanted) in cases {
        assert_eq!(state.fill(sql), wanted);
    }
    state.values.insert("feature", vec!["a/b.c".to_owned()]);
    assert_eq!(state.fill("/^$feature$/"), r"/^a\/b\.c$/");
    state
        .values
        .insert("feature", vec!["a/b".to_owned(), "c".to_owned()]);
    assert_eq!(state.fill("/^$feature$/"), r"/^(a\/b|c)$/");
}
