//! Books served as the daemon serves them, and one who asks.

#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

pub(crate) mod browser;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tollwatch::app::pages::{Pages, Readers};
use tollwatch::app::setup::{self, Setup};
use tollwatch::clock::{Clock, FixedClock};
use tollwatch::entry::Entry;
use tollwatch::ledger::{AlertApply, Alerts, EpisodeRow, Ledger, Span, SqliteLedger, StepRow};
use tollwatch::telemetry::{Figures, Health};
use tollwatch::units::UnixMillis;
use tollwatch::web::{self, Access, Board, Limits, Listener};

use super::ledger_support::{batch, entry, shared};

/// Names as somebody would write them who means ill, or never looked.
pub(crate) const HOSTILE: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "=cmd|' /C calc'!A0",
    "\u{202e}gnol ,tfel ot thgir\u{2066}",
    "a&b;c='d'",
    "</title></style><b>",
    "one line\nand\r\nmore\u{2028}of\tthem",
    "name-without-any-place-where-it-could-be-broken-into-lines-by-whoever-has-to-show-it-0123456789-0123456789",
];

/// Calls of so many features over so many days, all of them with such names.
pub(crate) fn hostile(features: usize, days: i64) -> Vec<Entry> {
    const START: i64 = 1_795_132_800_000;
    let mut entries = Vec::new();
    for i in 0..features {
        for day in 0..days {
            let n = i64::try_from(i).unwrap();
            let id = u64::try_from(n * days + day + 1).unwrap();
            let mut one = entry(START + day * super::ledger_support::DAY + n * 1000, id);
            let about = shared(&mut one);
            let hostile = HOSTILE[i % HOSTILE.len()];
            about.key.feature = format!("app/{hostile} {i:03}").into();
            about.key.endpoint = format!("end {hostile}").into();
            about.key.model = hostile.into();
            about.key.region = format!("azure:{hostile}").into();
            about.evidence = hostile.into();
            entries.push(one);
        }
    }
    entries
}

/// Books in a folder, served.
pub(crate) struct Served {
    listener: Listener,
    books: SqliteLedger,
    folder: tempfile::TempDir,
}

impl Served {
    /// Books with these entries under a configuration.
    pub(crate) fn new(entries: Vec<Entry>, config: &str) -> Served {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tollwatch.toml");
        std::fs::write(&path, config).unwrap();
        let newest = entries.iter().map(|entry| entry.at).max();
        let now = newest.unwrap_or(UnixMillis(1_795_166_071_500));
        let clock = Arc::new(FixedClock::at(now.saturating_add(60_000)));
        let setup: Arc<Setup> = Arc::new(setup::load(Some(&path), clock.as_ref()).unwrap());
        let mut books = setup.open(&folder.path().join("books.db")).unwrap();
        if !entries.is_empty() {
            books.apply(&batch(entries), now).unwrap();
        }
        Served::of(folder, setup, books, clock)
    }

    /// The books of the demo.
    pub(crate) fn demo(mut program: Command) -> Served {
        let folder = tempfile::tempdir().unwrap();
        let demo = folder.path().join("demo");
        let run = program.args(["demo", "--once", "--dir"]).arg(&demo);
        let output = run.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let (from, to) = (demo.join("tollwatch.db"), folder.path().join("books.db"));
        let path = demo.join("tollwatch.toml");
        let first = FixedClock::at(UnixMillis(0));
        let setup: Arc<Setup> = Arc::new(setup::load(Some(&path), &first).unwrap());
        drop(setup.open(&from).unwrap());
        std::fs::rename(&from, &to).unwrap();
        for file in ["endpoints.toml", "features.toml", "tollwatch.toml"] {
            std::fs::rename(demo.join(file), folder.path().join(file)).unwrap();
        }
        let books = setup.open(&to).unwrap();
        let last = books.day_configs(Span::ALL).unwrap();
        let last = last.iter().map(|row| row.day).max().unwrap();
        // Late on the last of its days.
        let clock = Arc::new(FixedClock::at(last.saturating_add(86_000_000)));
        Served::of(folder, setup, books, clock)
    }

    fn of(
        folder: tempfile::TempDir,
        setup: Arc<Setup>,
        books: SqliteLedger,
        clock: Arc<FixedClock>,
    ) -> Served {
        let now = clock.now();
        let store = Readers::new(books.beside().unwrap(), move || Arc::clone(&setup));
        let board = Board {
            access: Arc::new(Access::open(clock.clone()).unwrap()),
            figures: Arc::new(Figures::new("1", now)),
            health: Arc::new(Health::new(Instant::now(), Duration::from_hours(1))),
            pages: Some(Arc::new(Pages::new(store, clock.clone()))),
            clock,
            limits: Limits::USUAL,
        };
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        Served {
            listener: web::start(anywhere, board).unwrap(),
            books,
            folder,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        self.folder.path().join("books.db")
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("tollwatch.toml")
    }

    pub(crate) fn book(&mut self, entries: Vec<Entry>) {
        let newest = entries.iter().map(|entry| entry.at).max().unwrap();
        self.books.apply(&batch(entries), newest).unwrap();
    }

    /// Writes alerts with these numbers, each with one step and one message; even ones are over.
    pub(crate) fn alert(&mut self, numbers: std::ops::RangeInclusive<u64>) {
        let at = UnixMillis(1_795_132_800_000);
        let cursor = self.books.alert_cursor().unwrap();
        let mut apply = AlertApply {
            cursor,
            ..AlertApply::default()
        };
        for number in numbers {
            let resolved = number.is_multiple_of(2).then_some(at);
            let json = |value: &Value| serde_json::to_vec(value).unwrap();
            let measure = json!({
                "metric": null, "value": { "unit": "NanoUsd", "n": 7_000_000_000_i64 }, "window_minutes": 60,
                "limit": { "unit": "NanoUsd", "n": 1 }, "expected": null, "sample": 9
            });
            let finding = json!({
                "rule": "a-rule", "series": [["Feature", "itsm/<b>\u{202e}"]], "at": at, "since": at, "level": "Bad",
                "severity": "Page", "measure": measure,
                "loss": { "so_far_nanousd": 5, "per_hour_nanousd": null }, "chance": null, "subject": "", "late": false
            });
            let id = json!({ "episode": number, "step": 1 });
            let view = json!({
                "number": number, "family": "Money", "severity": "Page", "worst": finding, "series": 1, "firing": 1,
                "opened": at, "since": at, "resolved": resolved, "last": id, "told": true, "acked": null,
                "feedback": null
            });
            let step = json!({
                "id": id, "kind": "Fired", "severity": "Page", "findings": [finding], "series": 1, "since": at,
                "wall": at, "to": [{ "address": "a@example.org", "why": "rule" }], "quiet": null, "explains": [],
                "digest": null, "items": [], "items_count": 0, "waits": [], "from": at
            });
            apply.episodes.push(EpisodeRow {
                number,
                opened: at,
                resolved,
                body: json(&view),
            });
            apply.steps.push(StepRow {
                episode: number,
                step: 1,
                at,
                body: json(&step),
            });
        }
        self.books.alert_apply(&apply).unwrap();
    }

    /// The same; nothing while the books are empty.
    pub(crate) fn whole_or_nothing(&self) -> String {
        let booked = self.books.day_configs(Span::ALL).unwrap();
        if booked.is_empty() {
            String::new()
        } else {
            self.whole()
        }
    }

    /// The query that chooses all days of the books.
    pub(crate) fn whole(&self) -> String {
        let days = self.books.day_configs(Span::ALL).unwrap();
        let zones = self.books.zones();
        let dates = days.iter().map(|row| zones.date_of(row.day));
        let (first, last) = (dates.clone().min().unwrap(), dates.max().unwrap());
        format!("?from={first}&to={last}")
    }
}

/// Status, head in small letters and body of an answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) fn ask(served: &Served, path: &str) -> Answer {
    ask_with(served, "GET", path, &[("Host", "localhost")])
}

pub(crate) fn ask_with(
    served: &Served,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let mut stream = TcpStream::connect(served.address()).unwrap();
    let patience = Some(Duration::from_mins(1));
    stream.set_read_timeout(patience).unwrap();
    let mut lines = String::new();
    for (name, value) in headers {
        lines.extend([*name, ": ", *value, "\r\n"]);
    }
    let headers = lines;
    // Without the header of a name an HTTP/1.1 request is no request.
    let named = headers.contains("Host: ");
    let host = if named { "" } else { "Host: localhost\r\n" };
    let request = format!("{method} {path} HTTP/1.1\r\n{host}{headers}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_lowercase(),
        body: body.to_owned(),
    }
}
