//! Books served as the daemon serves them, and one who asks.

#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

pub(crate) mod browser;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tollwatch::app::pages::{Pages, Readers};
use tollwatch::app::setup::{self, Setup};
use tollwatch::clock::FixedClock;
use tollwatch::entry::Entry;
use tollwatch::ledger::{AlertApply, Alerts, EpisodeRow, Ledger, Span, SqliteLedger, StepRow};
use tollwatch::telemetry::{Figures, Health};
use tollwatch::units::UnixMillis;
use tollwatch::web::{self, Board, Limits, Listener};

use super::ledger_support::batch;

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
        let store = Readers::new(books.beside().unwrap(), move || Arc::clone(&setup));
        let board = Board {
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
