//! `discover` and CSV: what a sample tells, the starter configuration, bad input.
//!
//! Samples are written by `simulate`, turned into CSV here, or typed. A newcomer may ask why all runs
//! through the program: what is judged is what a person sees in the first hour.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]
#![allow(
    clippy::too_many_lines,
    clippy::format_collect,
    clippy::wildcard_enum_match_arm,
    reason = "samples are typed where they are read, and a walk is told in its order"
)]

mod common;

use chrono::{NaiveDateTime, TimeZone};
use common::{Desk, HUSH};
use serde_json::Value;

/// What `discover --json` says.
fn discover(desk: &Desk, arguments: &[&str]) -> Value {
    let all = [&["discover", "--json"], arguments].concat();
    desk.run(&all).ok().json()
}

/// All advice in one text.
fn advice(found: &Value) -> String {
    let words = found["advice"].as_array().unwrap().iter();
    words
        .map(|one| one.as_str().unwrap())
        .collect::<Vec<_>>()
        .join("\n")
}

/// A day of traffic, told in a format.
fn simulated(desk: &Desk, format: &str, folder: &str) {
    let mut arguments = vec!["simulate", "--seed", "5", "--days", "1", "--out", folder];
    if format != "servicenow" {
        arguments.extend(["--format", format]);
    }
    desk.run(&arguments).ok();
}

/// The lines of all files below a folder that are one JSON object each.
fn records(desk: &Desk, folder: &str) -> Vec<Value> {
    let mut paths: Vec<_> = std::fs::read_dir(desk.path(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        found.extend(
            text.lines()
                .filter_map(|line| serde_json::from_str(line).ok()),
        );
    }
    found
}

/// Whether the starter configuration of these inputs passes `check`, and what a replay says.
fn begun(desk: &Desk, name: &str, inputs: &[&str]) -> (Value, Value) {
    let out = format!("conf-{name}");
    let found = discover(desk, &[&["--out", &out], inputs].concat());
    let config = format!("{out}/tollwatch.toml");
    desk.run(&["check", "--config", &config]).ok();
    let books = format!("{name}.db");
    let replay = ["replay", "--json", "--config", &config, "--ledger", &books];
    let replayed = desk.run(&[&replay, inputs].concat()).ok().json();
    desk.run(&["report", "daily", "--ledger", &books]).ok();
    (found, replayed)
}

#[test]
fn every_format_leads_to_a_configuration_and_books() {
    let formats: &[(&str, &[&str])] = &[
        ("servicenow", &["servicenow_outbound", "servicenow_genai"]),
        ("native", &["native"]),
        ("otlp", &["otlp"]),
        ("otlp_protobuf", &["otlp"]),
        ("litellm", &["litellm"]),
        ("bedrock_invocation", &["bedrock_invocation"]),
        ("azure_diagnostics", &["azure_diagnostics"]),
        ("apim_llm", &["apim_llm"]),
    ];
    for (format, kinds) in formats {
        let desk = Desk::new();
        simulated(&desk, format, "logs");
        let (found, replayed) = begun(&desk, "books", &["logs"]);
        let told: Vec<&str> = found["kinds"]
            .as_array()
            .unwrap()
            .iter()
            .map(|kind| kind["format"].as_str().unwrap())
            .collect();
        assert_eq!(told, *kinds, "{format}");
        // What was looked at is what the books have: none of it was lost on the way.
        let told = found["calls"]
            .as_u64()
            .unwrap()
            .max(found["requests"].as_u64().unwrap());
        assert!(told > 100, "{format}: {told}");
        let sum = |value: &Value| -> u64 {
            value
                .as_object()
                .unwrap()
                .values()
                .map(|n| n.as_u64().unwrap())
                .sum()
        };
        assert_eq!(
            sum(&found["quarantined"]),
            replayed["quarantined"],
            "{format}"
        );
        assert_eq!(sum(&found["ignored"]), replayed["ignored"], "{format}");
        let endpoints = desk
            .run(&[
                "report",
                "endpoints",
                "--json",
                "--ledger",
                "books.db",
                "--config",
                "conf-books/tollwatch.toml",
            ])
            .ok();
        for endpoint in endpoints.json()["endpoints"].as_array().unwrap() {
            let registered = endpoint["registered"] == true || endpoint["calls"] == 0;
            assert!(registered, "{format}: {endpoint}");
        }
        // Everything found is registered now: nothing is new.
        let again = desk
            .run(&[
                "discover",
                "--config",
                "conf-books/tollwatch.toml",
                "--diff",
                "--json",
                "logs",
            ])
            .ok()
            .json();
        assert_eq!(
            again["news"]["endpoints"].as_array().unwrap().len(),
            0,
            "{format}"
        );
        assert_eq!(
            again["news"]["features"].as_array().unwrap().len(),
            0,
            "{format}: {}",
            again["news"]["features"]
        );
    }
}

/// A cell as a spreadsheet writes it.
fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', ';']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn plain(value: &Value) -> String {
    let value = value.get("value").unwrap_or(value);
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `1234` as `1,234`.
fn grouped(text: &str) -> String {
    let mut out = String::new();
    for (i, digit) in text.chars().enumerate() {
        if i > 0 && (text.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A UTC time as somebody in Berlin sees it.
fn in_berlin(text: &str, form: &str) -> String {
    let utc = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap();
    chrono_tz::Europe::Berlin
        .from_utc_datetime(&utc)
        .format(form)
        .to_string()
}

/// Label, column, and what the list shows of it.
type Columns<'a> = &'a [(&'a str, &'a str, char)];

const GENAI: Columns<'_> = &[
    ("Sys ID", "sys_id", 't'),
    ("Started At", "started_at", 'd'),
    ("Completed At", "completed_at", 'd'),
    ("Status", "status", 't'),
    ("Error Code", "error_code", 't'),
    ("Error", "error", 't'),
    ("Source", "source", 't'),
    ("Derived Scope", "derived_scope", 't'),
    ("Model Name", "model_name", 't'),
    ("Model Version", "model_version", 't'),
    ("External", "external", 't'),
    ("Prompt Token Count", "prompt_token_count", 'n'),
    ("Response Token Count", "response_token_count", 'n'),
    ("Time Taken", "time_taken", 'n'),
    ("Conversation", "conversation", 't'),
    ("Caller", "caller", 't'),
];
const OUTBOUND: Columns<'_> = &[
    ("Created", "sys_created_on", 'd'),
    ("Sys ID", "sys_id", 't'),
    ("HTTP Method", "http_method", 't'),
    ("URL", "url", 't'),
    ("Hostname", "hostname", 't'),
    ("Path", "path", 't'),
    ("HTTP response status", "response_status", 't'),
    ("Total call time", "response_time", 'n'),
    ("Request length", "request_length", 'n'),
    ("Response length", "response_length", 'n'),
    ("Scope", "scope", 't'),
    ("Sequence", "sequence", 't'),
    ("Response headers", "response_headers", 't'),
];

/// Records as a list export by labels, of a Berlin user.
fn listed(records: &[Value], columns: Columns<'_>, form: &str, mark: &str) -> String {
    let heads: Vec<String> = columns.iter().map(|(label, ..)| cell(label)).collect();
    let mut text = format!("\u{feff}{}\r\n", heads.join(mark));
    for record in records {
        let cells: Vec<String> = columns
            .iter()
            .map(|(_, column, kind)| {
                let told = plain(&record[*column]);
                cell(&match kind {
                    'd' if !told.is_empty() => in_berlin(&told, form),
                    'n' => grouped(&told),
                    _ => told,
                })
            })
            .collect();
        text.push_str(&cells.join(mark));
        text.push_str("\r\n");
    }
    text
}

/// The cells of the books without what hangs on how a record was written.
fn booked(desk: &Desk, books: &str) -> Vec<String> {
    let cells = desk.run(&["export", "cells", "--ledger", books]).ok().out;
    cells.lines().map(str::to_owned).collect()
}

/// A text as UTF-16 with a byte order mark.
fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let marked = format!("\u{feff}{}", text.trim_start_matches('\u{feff}'));
    marked.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn a_growing_file_in_utf_16_is_read_on() {
    let desk = Desk::new();
    let lines = common::good_lines(0..30);
    let whole = utf16(&lines, u16::to_le_bytes);
    // In the middle of a line, and of a letter.
    for (end, metered) in [
        (whole.len() / 2 + 1, 15),
        (whole.len(), 15),
        (whole.len(), 0),
    ] {
        desk.write("log.jsonl", &whole[..end]);
        let replay = ["replay", "--json", "--ledger", "books.db", "log.jsonl"];
        let told = desk.run(&replay).json();
        assert_eq!(told["metered"], metered, "{told}");
    }
}

#[test]
fn a_list_by_labels_books_what_the_records_book() {
    let desk = Desk::new();
    simulated(&desk, "servicenow", "logs");
    let genai = records(&desk, "logs/sys_generative_ai_log");
    let outbound = records(&desk, "logs/sys_outbound_http_log");
    let write = |name: &str, lines: &[Value]| {
        let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
        desk.write(name, lines.join("\n"));
    };
    write("a/genai.jsonl", &genai);
    write("a/outbound.jsonl", &outbound);
    desk.run(&["replay", "--ledger", "json.db", "a"]).ok();
    let utf8: fn(&str) -> Vec<u8> = |text| text.as_bytes().to_vec();
    let forms = [
        ("iso", "%Y-%m-%d %H:%M:%S", ",", utf8),
        ("german", "%d.%m.%Y %H:%M:%S", ";", |text| {
            utf16(text, u16::to_be_bytes)
        }),
        // Excel's "Unicode text".
        ("slashes", "%d/%m/%Y %H:%M:%S", "\t", |text| {
            utf16(&text.replace('\n', "\r\n"), u16::to_le_bytes)
        }),
    ];
    for (name, form, mark, written) in forms {
        desk.write(
            &format!("{name}/genai.csv"),
            written(&listed(&genai, GENAI, form, mark)),
        );
        desk.write(
            &format!("{name}/outbound.csv"),
            written(&listed(&outbound, OUTBOUND, form, mark)),
        );
        // Stated, each zone is right; the order of dates is found.
        let conf = format!("conf-{name}");
        let found = discover(
            &desk,
            &[
                "--zone",
                "Europe/Berlin",
                "--date-order",
                "dmy",
                "--out",
                &conf,
                name,
            ],
        );
        assert!(found["calls"].as_u64().unwrap() > 100, "{name}");
        let (config, books) = (format!("{conf}/tollwatch.toml"), format!("{name}.db"));
        desk.run(&["check", "--config", &config]).ok();
        // The names of endpoints and features are the configuration's: only the sources are held.
        let main = std::fs::read_to_string(desk.path(&config)).unwrap();
        let only: String = main
            .lines()
            .filter(|line| !line.starts_with("endpoints") && !line.starts_with("features"))
            .map(|line| format!("{line}\n"))
            .collect();
        desk.write(&format!("{conf}/sources.toml"), only);
        desk.run(&[
            "replay",
            "--config",
            &format!("{conf}/sources.toml"),
            "--ledger",
            &books,
            name,
        ])
        .ok();
        assert_eq!(booked(&desk, &books), booked(&desk, "json.db"), "{name}");
    }
    // Without a word on the order, nobody guesses.
    let doubtful = discover(&desk, &["--zone", "Europe/Berlin", "slashes"]);
    assert_eq!(doubtful["requests"], 0);
    assert!(advice(&doubtful).contains("--date-order dmy"));
    // Beside records that are in UTC, the zone is found.
    desk.write("mixed/genai.csv", listed(&genai, GENAI, forms[0].1, ","));
    write("mixed/outbound.jsonl", &outbound);
    let found = discover(&desk, &["--out", "conf-mixed", "mixed"]);
    let zones: Vec<&Value> = found["streams"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["zone"])
        .collect();
    assert_eq!(
        (&zones[0]["by"], &zones[0]["minutes_ahead"]),
        (&"found".into(), &60.into()),
        "{zones:?}"
    );
    assert_eq!(zones[1]["by"], "utc");
    assert!(advice(&found).contains("mixed zones"), "{}", advice(&found));
    let main = std::fs::read_to_string(desk.path("conf-mixed/tollwatch.toml")).unwrap();
    assert!(main.contains("time_zone = [\"Etc/GMT-1\"]"), "{main}");
    desk.run(&["check", "--config", "conf-mixed/tollwatch.toml"])
        .ok();
    // Alone, nothing tells it, and that is said.
    let alone = discover(&desk, &["iso/genai.csv"]);
    assert!(
        advice(&alone).contains("zone of its times is not known"),
        "{}",
        advice(&alone)
    );
}

/// Nested objects as dotted names.
fn flat(prefix: &str, value: &Value, out: &mut Vec<(String, String)>) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                // A name with a dot of its own stays within its object's JSON.
                if key.contains('.') {
                    out.push((
                        prefix.trim_end_matches('.').to_owned(),
                        plain(&Value::Object(entries.clone())),
                    ));
                    return;
                }
                flat(&format!("{prefix}{key}."), value, out);
            }
        }
        other => out.push((prefix.trim_end_matches('.').to_owned(), plain(other))),
    }
}

#[test]
fn other_formats_as_csv_are_read_as_their_records() {
    for format in [
        "native",
        "litellm",
        "bedrock_invocation",
        "azure_diagnostics",
        "apim_llm",
    ] {
        let desk = Desk::new();
        simulated(&desk, format, "logs");
        let mut folders = std::fs::read_dir(desk.path("logs"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let folder = folders
            .find(|name| name != "sys_outbound_http_log")
            .unwrap();
        let folder = format!("logs/{folder}");
        let rows: Vec<Vec<(String, String)>> = records(&desk, &folder)
            .iter()
            .flat_map(
                |record| match record.get("records").and_then(Value::as_array) {
                    Some(inner) => inner.clone(),
                    None => vec![record.clone()],
                },
            )
            .map(|record| {
                let mut row = Vec::new();
                flat("", &record, &mut row);
                row
            })
            .collect();
        let mut names: Vec<String> = Vec::new();
        for (name, _) in rows.iter().flatten() {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        let mut text = names.join(",") + "\n";
        for row in &rows {
            let value = |name: &String| {
                row.iter()
                    .find(|(own, _)| own == name)
                    .map_or("", |(_, value)| value)
            };
            let cells: Vec<String> = names.iter().map(|name| cell(value(name))).collect();
            text += &(cells.join(",") + "\n");
        }
        desk.write("export.csv", text);
        let found = discover(&desk, &["export.csv"]);
        assert_eq!(found["kinds"][0]["format"], format, "{found}");
        assert_eq!(
            found["quarantined"].as_object().unwrap().len(),
            0,
            "{format}: {}",
            found["quarantined"]
        );
        let told = found["calls"].as_u64().unwrap() + found["requests"].as_u64().unwrap();
        let json = discover(&desk, &[&folder]);
        let same = json["calls"].as_u64().unwrap() + json["requests"].as_u64().unwrap();
        assert!(
            told > 100 && told.abs_diff(same) * 50 < same,
            "{format}: {told} of {same}"
        );
    }
}

const CALL: &str = r#""sys_created_on":"2026-11-20 09:14:31","http_method":"POST","hostname":"contoso.openai.azure.com","path":"/openai/deployments/gpt-4o/chat/completions""#;

#[test]
fn bad_input_is_answered_loudly() {
    let garbage = "no log at all\n\u{1}\u{2}\nnothing, really\n";
    let other = r#"{"sys_id":"1","sys_created_on":"2026-11-20 09:14:31","http_method":"GET","hostname":"llm.corp.example","path":"/v2/ask","response_status":"200"}"#;
    let unknown = format!(
        r#"{{"stamp":"2026-11-20T09:14:31Z","target_url":"https://api.openai.com/v1/chat/completions","http_code":"200","took_ms":"1200","note":"{HUSH}x"}}"#
    );
    let strange = r#"{"colour":"red","weight":3}"#;
    let two =
        format!(r#"{{{CALL},"response_status":"200","http_status":"429","response_time":"900"}}"#);
    let own = format!(r#"{{{CALL},"u_http_code":"200","u_elapsed_time":"900"}}"#);
    let one = format!(r#"{{{CALL},"response_status":"200","response_time":"900"}}"#);
    let cases: &[(&str, &str, &[&str])] = &[
        ("empty", "", &["the input is empty"]),
        (
            "garbage",
            garbage,
            &["3 records and no LLM call among them", "plain_text 3"],
        ),
        (
            "other hosts",
            other,
            &[
                "1 record and no LLM call among them",
                "llm.corp.example",
                "register it",
            ],
        ),
        (
            "a shape nobody knows",
            strange,
            &["no LLM call", "colour, weight"],
        ),
        (
            "a shape that could be read",
            &unknown,
            &[
                "http_code, note, stamp, target_url, took_ms",
                "could be read as `servicenow_outbound`",
            ],
        ),
        (
            "two columns for the status",
            &two,
            &[
                "`response_status` and `http_status` both tell it in 1 records (1 differ)",
                "`response_status` is taken",
                "fields = { status = [\"http_status\"] }",
            ],
        ),
        (
            "a column of one's own",
            &own,
            &[
                "no column is known; `u_http_code` could tell it",
                "u_elapsed_time",
            ],
        ),
        ("one record", &one, &["calls and no request"]),
    ];
    for (name, input, expected) in cases {
        let desk = Desk::new();
        desk.write("in.jsonl", input);
        let found = discover(&desk, &["in.jsonl"]);
        let words = advice(&found);
        for part in *expected {
            assert!(words.contains(part), "{name}: no {part:?} in {words}");
        }
        // The same for people, and nothing of a value.
        let told = desk.run(&["discover", "--out", "conf", "in.jsonl"]).ok();
        assert!(
            !told.out.contains(HUSH) && !told.err.contains(HUSH),
            "{name}"
        );
        desk.run(&["check", "--config", "conf/tollwatch.toml"]).ok();
    }
}

#[test]
fn columns_of_ones_own_are_written_down_and_work() {
    let rows: String = (10..50)
        .map(|n| format!(r#"{{"stamp":"2026-11-20T09:14:{n}Z","target_url":"https://contoso.openai.azure.com/openai/deployments/gpt-4o/chat/completions","http_code":"200","took_time":"1{n}0","note":"{HUSH}x"}}{}"#, "\n"))
        .collect();
    let desk = Desk::new();
    desk.write("in.jsonl", rows);
    let plain = desk
        .run(&["replay", "--json", "--ledger", "plain.db", "in.jsonl"])
        .ok()
        .json();
    assert_eq!(plain["quarantined"], 40);
    desk.run(&["discover", "--out", "conf", "in.jsonl"]).ok();
    let main = std::fs::read_to_string(desk.path("conf/tollwatch.toml")).unwrap();
    assert!(
        main.contains("status = [\"http_code\"]") && !main.contains(HUSH),
        "{main}"
    );
    desk.run(&["check", "--config", "conf/tollwatch.toml"]).ok();
    let read = [
        "replay",
        "--json",
        "--config",
        "conf/tollwatch.toml",
        "--ledger",
        "own.db",
        "in.jsonl",
    ];
    assert_eq!(desk.run(&read).ok().json()["metered"], 40);
}

#[test]
fn nothing_is_overwritten_and_limits_hold() {
    let desk = Desk::new();
    simulated(&desk, "native", "logs");
    desk.write("conf/features.toml", "# mine\n");
    let refused = desk.run(&["discover", "--out", "conf", "logs"]).code(2);
    assert!(
        refused.err.contains("features.toml is there already"),
        "{}",
        refused.err
    );
    assert!(!desk.path("conf/tollwatch.toml").exists());
    let found = discover(&desk, &["--limit", "10", "logs"]);
    assert_eq!(
        (&found["records"], &found["limited"]),
        (&10.into(), &true.into())
    );
    let rows = records(&desk, "logs/native");
    let line = rows[0].to_string();
    let told = desk
        .run_with_input(&["discover", "--json", "-"], line.as_bytes())
        .ok()
        .json();
    assert_eq!(told["records"], 1);
    for wrong in [
        ["discover", "--zone", "Berlin", "logs"],
        ["discover", "--for", "10", "logs"],
        ["discover", "--format", "csv", "logs"],
        ["discover", "--json", "--diff", "logs"],
    ] {
        desk.run(&wrong).code(2);
    }
    desk.run(&["discover", "nowhere"]).code(1);
}

#[test]
fn reads_the_configured_sources_for_a_time() {
    let desk = Desk::new();
    simulated(&desk, "native", "logs");
    desk.run(&["discover", "--out", "conf", "logs"]).ok();
    let found = discover(&desk, &["--config", "conf/tollwatch.toml", "--for", "1s"]);
    assert!(found["requests"].as_u64().unwrap() > 100, "{found}");
    assert_eq!(found["endpoints"][0]["registered"], true);
}

#[test]
fn what_is_new_since_is_shown() {
    let desk = Desk::new();
    let row = |skill: &str, host: &str, model: &str| {
        format!(
            r#"{{"tollwatch":1,"at":"2026-11-20T09:14:31Z","id":"{skill}","url":"https://{host}/v1/chat/completions","model":"{model}","application":"shop","skill":"{skill}","status":200,"usage":{{"input":10,"output":5}},"user":"{HUSH}u","caller":"{HUSH}c","conversation":"{HUSH}v"}}{}"#,
            "\n"
        )
    };
    desk.write("one.jsonl", row("search", "api.openai.com", "gpt-4o"));
    desk.run(&["discover", "--out", "conf", "one.jsonl"]).ok();
    let both =
        row("search", "api.openai.com", "gpt-4o") + &row("chat", "llm.example.com", "own-model");
    desk.write("two.jsonl", both);
    let arguments = [
        "discover",
        "--config",
        "conf/tollwatch.toml",
        "--diff",
        "two.jsonl",
    ];
    let told = desk.run(&arguments).ok();
    for part in ["llm.example.com", "own-model", "shop/chat"] {
        assert!(told.out.contains(part), "{part} in {}", told.out);
    }
    assert!(
        !told.out.contains("shop/search") && !told.out.contains(HUSH),
        "{}",
        told.out
    );
    let json = discover(
        &desk,
        &["--config", "conf/tollwatch.toml", "--diff", "two.jsonl"],
    );
    assert_eq!(json["news"]["endpoints"][0]["host"], "llm.example.com");
    assert_eq!(
        (&json["users"], &json["callers"], &json["conversations"]),
        (&1.into(), &1.into(), &1.into())
    );
    assert_eq!(
        json["news"]["endpoints_unseen"].as_array().unwrap().len(),
        0
    );
}

#[test]
fn two_tellers_of_one_call_are_named() {
    let desk = Desk::new();
    let outbound: String = (10..40)
        .map(|n| {
            format!(
                r#"{{{CALL},"sys_id":"a{n}","response_status":"200","response_time":"900"}}{}"#,
                "\n"
            )
        })
        .collect();
    let azure: String = (10..40).map(|n| format!(r#"{{"time":"2026-11-20T09:14:{n}Z","resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.COGNITIVESERVICES/ACCOUNTS/CONTOSO","category":"RequestResponse","operationName":"ChatCompletions_Create","durationMs":900,"resultSignature":"200","correlationId":"c{n}","location":"westeurope","properties":{{"apiName":"Azure OpenAI API","modelDeploymentName":"gpt-4o","modelName":"gpt-4o"}}}}{}"#, "\n")).collect();
    desk.write("logs/outbound.jsonl", outbound);
    desk.write("logs/azure.jsonl", azure);
    let found = discover(&desk, &["--out", "conf", "logs"]);
    assert!(
        advice(&found).contains("each call would count twice: `transport_from"),
        "{}",
        advice(&found)
    );
    desk.run(&["check", "--config", "conf/tollwatch.toml"]).ok();
    let endpoints = std::fs::read_to_string(desk.path("conf/endpoints.toml")).unwrap();
    assert!(
        endpoints.contains("transport_from = ")
            && endpoints.contains("region = \"azure:westeurope\""),
        "{endpoints}"
    );
}

#[test]
fn a_bad_row_is_quarantined_by_its_line() {
    let desk = Desk::new();
    let rows = "Created,HTTP Method,Hostname,Path,HTTP response status,Total call time\n\
        2026-11-20 09:14:31,POST,api.openai.com,/v1/chat/completions,200,\"1,234\"\n\
        2026-11-20 09:14:31,POST,api.openai.com\n\
        2026-11-20 09:14:32,POST,api.openai.com,/v1/chat/completions,\"429\",12\n";
    desk.write("list.csv", rows);
    let told = desk.run(&["inspect", "--json", "list.csv"]).ok().lines();
    let told: Vec<(&Value, &Value, &Value)> = told
        .iter()
        .map(|line| {
            (
                &line["outcome"],
                &line["reason"],
                &line["call"]["latency_ms"],
            )
        })
        .collect();
    let word = |word: &str| Value::from(word);
    assert_eq!(
        told,
        [
            (&word("metered"), &Value::Null, &1234.into()),
            (&word("quarantined"), &word("bad_row"), &Value::Null),
            (&word("metered"), &Value::Null, &12.into()),
        ]
    );
    desk.run(&["replay", "--ledger", "books.db", "list.csv"])
        .ok();
    let listed = desk
        .run(&["quarantine", "list", "--json", "--ledger", "books.db"])
        .ok();
    assert!(
        listed.out.contains("line 3 has 3 cells, the heading has 6"),
        "{}",
        listed.out
    );
    // The row is mended; a second look reads it from where it stands.
    desk.write(
        "list.csv",
        rows.replace("api.openai.com\n", "api.openai.com,/v1/responses,200,55\n"),
    );
    let again = desk
        .run(&["quarantine", "retry", "--json", "--ledger", "books.db"])
        .ok()
        .json();
    assert_eq!(again["outcomes"]["metered"], 1, "{again}");
}

#[test]
fn a_table_of_ones_own_leads_to_calls_without_further_doubts() {
    let desk = Desk::new();
    let row = |n: usize| {
        format!(
            "{:02}.11.2026 08:00:{:02};itsm;https://contoso-weu.openai.azure.com/openai/deployments/gpt-4o/chat/completions;1.64;200;req-{n}\n",
            13 + n / 60,
            n % 60
        )
    };
    let rows: String = (0..120).map(row).collect();
    desk.write(
        "own.csv",
        format!("Timestamp;Team;Target URL;Duration (s);HTTP code;Request ID\n{rows}"),
    );
    discover(&desk, &["--out", "conf", "own.csv"]);
    let main = std::fs::read_to_string(desk.path("conf/tollwatch.toml")).unwrap();
    assert!(main.contains(r#"duration_unit = ["s"]"#), "{main}");
    let found = discover(
        &desk,
        &["--config", "conf/tollwatch.toml", "--zone", "Europe/Berlin"],
    );
    assert_eq!(found["calls"], 120, "{found}");
    assert!(
        !advice(&found).contains("no column is known"),
        "{}",
        advice(&found)
    );
    let ledger = ["--ledger", "books.db"];
    let replay = ["replay", "--config", "conf/tollwatch.toml", "own.csv"];
    desk.run(&[&replay[..], &ledger].concat()).ok();
    let daily = desk
        .run(&[&["report", "daily", "--json"], &ledger[..]].concat())
        .ok()
        .json();
    assert_eq!(
        daily["total"]["latency_ms_p50"].as_u64().map(|ms| ms / 100),
        Some(16),
        "{daily}"
    );
}
