//! From a bad call to a mail: the daemon reads, judges, writes and brings out.
//!
//! Reads files, so that no broker is needed. A newcomer may ask why mails go into a folder: it is the way
//! that the demo goes, and each file is what a server would have got.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]
#![allow(clippy::print_stderr, reason = "what was measured or skipped is told")]
#![allow(clippy::disallowed_methods, reason = "records are of now")]

mod common;
mod daemon_support;
#[path = "common/hooks.rs"]
mod hooks;
mod influx_support;

use std::io::Write as _;

use common::Desk;
use daemon_support::{Daemon, wait_for};
use hooks::Hooks;
use influx_support::fake::{Fake, Fault};
use tollwatch::config::InfluxVersion;
use tollwatch::ledger::{Alerts as _, SqliteLedger};
use tollwatch::units::UnixMillis;

const CONFIG: &str = r#"
[daemon]
listen = "127.0.0.1:0"

[[source.file]]
name = "export"
paths = ["log.jsonl"]

[endpoint.weu]
base_url = "https://contoso-weu.openai.azure.com"
provider = "azure"
credential_ref = "kv-weu"
model_name = "gpt-4o"
deployment = "gpt-4o-weu"
region = "westeurope"
deployment_scope = "regional"

[endpoint.eus]
base_url = "https://contoso-eus.openai.azure.com"
provider = "azure"
credential_ref = "kv-eus"
model_name = "gpt-4o"
deployment = "gpt-4o-eus"
region = "eastus"
deployment_scope = "regional"

[[feature]]
application = "itsm"
skill = "incident_summarization"
owner = "owner@example.com"
endpoints = ["weu"]
residency = "eu"

[alerts.mail]
folder = "mails"
from = "tollwatch@example.com"
fallback_to = "fallback@example.com"

[alerts]
public_url = "https://tollwatch.contoso.example"
"#;

fn now() -> UnixMillis {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    UnixMillis(i64::try_from(since.as_millis()).unwrap())
}

/// A record of so many seconds ago.
fn record(n: usize, ago: i64, to: &str) -> String {
    let at = now().saturating_add(-ago * 1_000).to_string();
    let record = common::good(n);
    let (before, rest) = record.split_once("\"at\": \"").unwrap();
    let (_, after) = rest.split_once('"').unwrap();
    let mut record = format!("{before}\"at\": \"{at}\"{after}");
    if !to.is_empty() {
        record = record
            .replace("contoso-weu.openai.azure.com", to)
            .replace("gpt-4o-weu", "gpt-4o-eus");
    }
    record + "\n"
}

fn append(desk: &Desk, text: &str) {
    let mut file = std::fs::File::options()
        .create(true)
        .append(true)
        .open(desk.path("log.jsonl"))
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn mails(desk: &Desk) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(desk.path("mails")) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "eml"))
        .collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| String::from_utf8(std::fs::read(path).unwrap()).unwrap();
    paths.iter().map(read).collect()
}

fn header<'a>(mail: &'a str, name: &str) -> &'a str {
    let found = mail.lines().find_map(|line| line.strip_prefix(name));
    found.unwrap_or_default().trim_start_matches(':').trim()
}

/// The address behind `Acknowledge` leads to a page of this daemon, whose form takes care of it.
fn acknowledged_by_its_link(desk: &Desk, daemon: &Daemon<'_>, mail: &str) {
    let read = mail_parser::MessageParser::default().parse(mail).unwrap();
    let text = read.body_text(0).unwrap().into_owned();
    let base = "https://tollwatch.contoso.example";
    let mut words = text.split_whitespace();
    let link = words.find_map(|word| {
        word.strip_prefix(base)
            .filter(|path| path.contains("/ack?k="))
    });
    let link = link.unwrap_or_else(|| panic!("{text}"));
    let ask = |method: &str| {
        let mut stream = std::net::TcpStream::connect(daemon.address()).unwrap();
        let kind = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0";
        let host = base.trim_start_matches("https://");
        write!(
            stream,
            "{method} {link} HTTP/1.1\r\nHost: {host}\r\n{kind}\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
        answer
    };
    let done = || {
        let books = SqliteLedger::open_read_only(&desk.path("books.db")).unwrap();
        books.alert_audit(10).unwrap()
    };
    let page = ask("GET");
    assert!(page.contains("Acknowledge this alert?"), "{page}");
    assert_eq!(done(), []);
    let answer = ask("POST");
    assert!(answer.contains("It is done."), "{answer}");
    assert_eq!(done()[0].author, "owner@example.com");
}

#[test]
fn a_violated_call_is_a_mail_within_a_minute_and_no_second_one() {
    let desk = Desk::new();
    let database = Fake::start(InfluxVersion::V1, Box::new(|_| Fault::None));
    let told_to = format!(
        "{CONFIG}\n[[influxdb]]\nname = \"main\"\nversion = 1\ndatabase = \"llm\"\nurl = \"{}\"\n",
        database.url
    );
    desk.write("t.toml", told_to);
    let good: String = (0..200)
        .map(|n| record(n, 4_000 - 15 * i64::try_from(n).unwrap(), ""))
        .collect();
    append(&desk, &good);
    let daemon = Daemon::start(&desk);
    let told = || format!("{}\n{:?}", daemon.log(), mails(&desk));
    wait_for("judged", told, || {
        let books = SqliteLedger::open_read_only(&desk.path("books.db")).ok()?;
        (books.alert_cursor().ok()?.turn > 0).then_some(())
    });
    let began = std::time::Instant::now();
    append(&desk, &record(900, 2, "contoso-eus.openai.azure.com"));
    let found = wait_for("a mail", told, || {
        mails(&desk)
            .into_iter()
            .find(|mail| mail.contains("owner@example.com"))
    });
    eprintln!("a mail {:?} after the call was written", began.elapsed());
    assert_eq!(header(&found, "To"), "owner@example.com");
    let id = header(&found, "Message-ID").to_owned();
    assert!(!id.is_empty());
    acknowledged_by_its_link(&desk, &daemon, &found);
    let number = found.split("X-Tollwatch-Episode: ").nth(1).unwrap();
    let number = number.lines().next().unwrap().trim().to_owned();
    judged(
        &desk,
        &number,
        "planned",
        "nobody is told of the rest of it",
    );
    for (state, text) in [
        ("firing", "sent 1 call to azure:eastus"),
        ("feedback", "maria says that it was planned"),
    ] {
        noted(&database, state, text, &daemon);
    }
    daemon.stop();
    judged(&desk, &number, "real", "its limit stands in its rule");
    let before = mails(&desk).len();
    let daemon = Daemon::start(&desk);
    append(&desk, &record(901, 2, "contoso-eus.openai.azure.com"));
    std::thread::sleep(std::time::Duration::from_secs(12));
    let told = format!("{}\n{:#?}", daemon.log(), mails(&desk));
    assert_eq!(mails(&desk).len(), before, "{told}");
    daemon.stop();
}

/// A feature's calls are learned, and one of them lands elsewhere.
fn violate(desk: &Desk, daemon: &Daemon<'_>, hooks: &Hooks) {
    let told = || format!("{}\n{:?}", daemon.log(), hooks.heard(""));
    wait_for("judged", told, || {
        let books = SqliteLedger::open_read_only(&desk.path("books.db")).ok()?;
        (books.alert_cursor().ok()?.turn > 0).then_some(())
    });
    append(desk, &record(900, 2, "contoso-eus.openai.azure.com"));
}

fn history(desk: &Desk) {
    let good: String = (0..200)
        .map(|n| record(n, 4_000 - 15 * i64::try_from(n).unwrap(), ""))
        .collect();
    append(desk, &good);
}

/// A configuration whose webhook and heartbeat are addresses of that server.
fn hooked(hooks: &Hooks) -> String {
    let address = &hooks.address;
    format!(
        "{CONFIG}\n[alerts.webhook]\nurl = \"http://{address}/hook?key=topsecret\"\nheader = \"Authorization\"\n\
         secret = {{ file = \"token\" }}\n\n[alerts.heartbeat]\nurl = \"http://{address}/beat/topsecret\"\n"
    )
}

#[test]
fn a_webhook_is_told_again_under_one_key_and_the_heart_beats() {
    let desk = Desk::new();
    desk.write("token", "Bearer hunter2\n");
    // Busy at first.
    let posts = std::sync::atomic::AtomicUsize::new(0);
    let hooks = Hooks::start(Box::new(move |_, heard| {
        if heard.line.starts_with("GET") {
            return 200;
        }
        let n = posts.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        [503, 200][n.min(1)]
    }));
    desk.write("t.toml", hooked(&hooks));
    history(&desk);
    let daemon = Daemon::start(&desk);
    violate(&desk, &daemon, &hooks);
    let told = || format!("{}\n{:?}", daemon.log(), hooks.heard(""));
    let posts = wait_for("a second try", told, || {
        let posts = hooks.heard("POST /hook?key=topsecret ");
        (posts.len() >= 2).then_some(posts)
    });
    let body: serde_json::Value = serde_json::from_str(&posts[0].body).unwrap();
    assert_eq!(
        (&body["state"], &body["severity"]),
        (&"firing".into(), &"page".into())
    );
    let mail = wait_for("the mail", told, || {
        mails(&desk)
            .into_iter()
            .find(|mail| mail.contains("owner@example.com"))
    });
    for post in &posts {
        assert_eq!(post.header("authorization"), "Bearer hunter2");
        assert_eq!(post.header("content-type"), "application/json");
        assert_eq!(post.header("idempotency-key"), header(&mail, "Message-ID"));
        assert_eq!(post.body, posts[0].body, "the same at every try");
    }
    let beats = wait_for("a heartbeat", told, || {
        let beats = hooks.heard("GET /beat/topsecret ");
        (!beats.is_empty()).then_some(beats)
    });
    assert_eq!(beats.len(), 1, "one a minute");
    let shows = |name: &str, labels: &[&str], value: f64| {
        let told = || format!("{}\n{:?}", daemon.log(), daemon.figures());
        wait_for(name, told, || {
            let found = daemon.figure(name, labels);
            ((found - value).abs() < 0.5).then_some(())
        });
    };
    let tries = "tollwatch_outbox_tries_total";
    shows(tries, &["way=\"webhook\"", "result=\"again\""], 1.0);
    shows(tries, &["way=\"webhook\"", "result=\"sent\""], 1.0);
    shows("tollwatch_heartbeats_total", &["result=\"sent\""], 1.0);
    shows("tollwatch_outbox_waiting", &[], 0.0);
    let log = daemon.log();
    assert!(log.contains("answered 503"), "{log}");
    assert!(
        !log.contains("topsecret") && !log.contains("hunter2"),
        "{log}"
    );
    daemon.stop();
}

#[test]
fn what_a_webhook_refuses_goes_to_the_fallback_by_mail() {
    let desk = Desk::new();
    desk.write("token", "hunter2");
    let hooks = Hooks::start(Box::new(|_, _| 404));
    desk.write("t.toml", hooked(&hooks));
    history(&desk);
    let daemon = Daemon::start(&desk);
    violate(&desk, &daemon, &hooks);
    let told = || format!("{}\n{:?}", daemon.log(), hooks.heard(""));
    let mail = wait_for("a mail of what was refused", told, || {
        mails(&desk)
            .into_iter()
            .find(|mail| mail.contains("To: fallback@example.com"))
    });
    let posts = hooks.heard("POST ");
    assert_eq!(posts.len(), 1, "{posts:?}");
    assert!(
        header(&mail, "Subject").contains("[NOT DELIVERED]"),
        "{mail}"
    );
    let key = posts[0].header("idempotency-key");
    let id = header(&mail, "Message-ID");
    assert_eq!(id, key.replace('<', "<webhook-"));
    assert!(
        !mail.contains("topsecret") && !mail.contains("hunter2"),
        "{mail}"
    );
    daemon.stop();
}

/// Says what an episode was, beside a daemon or without one, and finds it in what is shown.
fn judged(desk: &Desk, number: &str, word: &str, effect: &str) {
    let books = ["--ledger", "books.db"];
    let asked = [
        "alerts", "feedback", number, word, "--author", "maria", "--config", "t.toml",
    ];
    let said = desk.run(&[&asked[..], &books].concat()).ok();
    assert!(said.out.contains(effect), "{said:?}");
    let shown = desk
        .run(&[&["alerts", "show", number][..], &books].concat())
        .ok();
    let line = format!("{word}, said maria at ");
    assert!(
        shown.out.contains(&line) && shown.out.contains(effect),
        "{shown:?}"
    );
}

/// A step as the database has it, with the words of an annotation.
fn noted(database: &Fake, state: &str, text: &str, daemon: &Daemon<'_>) {
    let told = || format!("{}\n{:#?}", daemon.log(), database.state().points);
    let wanted = ["rule=first-violated".to_owned(), format!("state={state}")];
    let line = wait_for(state, told, || {
        let points = &database.state().points;
        let mut found = points.iter().filter(|((series, _), _)| {
            let is_it = wanted.iter().all(|tag| series.contains(tag));
            series.starts_with("llm_alerts,") && is_it
        });
        found
            .next()
            .map(|((series, _), fields)| format!("{series} {fields:?}"))
    });
    let feature = "feature=itsm/incident_summarization";
    for piece in [feature, "severity=page", text] {
        assert!(line.contains(piece), "no {piece} in {line}");
    }
    eprintln!("{line}");
}
