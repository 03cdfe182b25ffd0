//! Books with an open alert behind a door, and somebody who asks by TCP.
//!
//! Knows no case. A newcomer may ask why requests are written by hand: what must be refused is what no
//! client library sends.

#![allow(clippy::format_push_string, reason = "a request is a few lines")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tollwatch::alert::{Amount, Dimension, Finding, Level, Loss, Measure, Series, Severity, Unit};
use tollwatch::app::alert as job;
use tollwatch::app::pages::{Pages, Readers};
use tollwatch::app::setup;
use tollwatch::clock::FixedClock;
use tollwatch::episode::{Desk, DeskState, Settings, Step};
use tollwatch::ledger::{
    AlertApply, AlertCursor, Alerts, AuditRow, EpisodeRow, SqliteLedger, StepRow,
};
use tollwatch::secret::password::PasswordHash;
use tollwatch::secret::seal::{SealKey, digest_hex};
use tollwatch::telemetry::{Figures, Health};
use tollwatch::units::{Text, UnixMillis};
use tollwatch::web::{self, Access, Board, Limits, Listener};

pub(crate) const NOW: UnixMillis = UnixMillis(1_795_166_071_500);
pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const TOKENS: [(&str, &str); 3] = [
    ("metrics", "token of a scraper"),
    ("viewer", "token of a script"),
    ("operator", "token of a robot"),
];

/// Books, door and clock.
pub(crate) struct Door {
    listener: Listener,
    pub(crate) books: Arc<Mutex<SqliteLedger>>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) key: SealKey,
    /// The steps of the open alert, number 1.
    pub(crate) steps: Vec<Step>,
    folder: tempfile::TempDir,
}

/// A door where everybody says who they are.
pub(crate) fn users() -> String {
    let hash = PasswordHash::make(PASSWORD, &[7; 16]).unwrap();
    let mut text = String::new();
    for (name, role) in [("anna", "operator"), ("ben", "viewer")] {
        let hash = hash.as_text();
        text += &format!("[[web.user]]\nname = \"{name}\"\nrole = \"{role}\"\nhash = \"{hash}\"\n");
    }
    for (role, token) in TOKENS {
        let digest = digest_hex(token);
        text += &format!(
            "[[web.token]]\nname = \"the {role}\"\nrole = \"{role}\"\nhash = \"sha256:{digest}\"\n"
        );
    }
    text
}

/// A first violated call.
fn finding() -> Finding {
    let values = [
        (Dimension::Feature, "itsm/summary"),
        (Dimension::Endpoint, "weu"),
    ];
    let values = values.map(|(dimension, value)| (dimension, Text::from(value)));
    Finding {
        rule: Text::from("first-violated"),
        series: Series::new(values.to_vec()),
        at: NOW,
        since: NOW,
        level: Level::Bad,
        severity: Severity::Page,
        measure: Measure {
            metric: None,
            value: Amount::new(Unit::Count, 1),
            window_minutes: 1,
            limit: None,
            expected: None,
            sample: 1,
        },
        loss: Loss::default(),
        chance: None,
        subject: Text::default(),
        late: false,
    }
}

impl Door {
    pub(crate) fn new(config: &str) -> Door {
        Door::with(config, Limits::USUAL)
    }

    pub(crate) fn with(config: &str, limits: Limits) -> Door {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tollwatch.toml");
        let alerts = "[alerts]\npublic_url = \"https://tollwatch.contoso.example\"\n[alerts.mail]\nfolder = \"out\"\nfrom = \"tollwatch@contoso.example\"\nfallback_to = \"oncall@contoso.example\"\n";
        std::fs::write(&path, format!("{alerts}{config}")).unwrap();
        let clock = Arc::new(FixedClock::at(NOW));
        let mut setup = setup::load(Some(&path), clock.as_ref())
            .unwrap_or_else(|failure| panic!("{failure:?}"));
        let key = SealKey::of_text(&"k".repeat(40)).unwrap();
        setup.links = Some(key.clone());
        let setup = Arc::new(setup);
        let mut books = setup.open(&folder.path().join("books.db")).unwrap();
        let steps = open_alert(&mut books, &setup);
        let reader = books.beside().unwrap();
        let books = Arc::new(Mutex::new(books));
        let (by, with, at) = (Arc::clone(&books), Arc::clone(&setup), Arc::clone(&clock));
        let of = Arc::clone(&setup);
        let store = Readers::new(reader, move || Arc::clone(&of)).obeyed_by(move |order| {
            use tollwatch::clock::Clock;
            let mut books = by.lock().unwrap();
            job::obey(&mut books, &with, &order, at.now()).unwrap()
        });
        let public = setup.ready.alerts.public_url.as_deref();
        let kept = Some(folder.path().join("sessions"));
        let access = Access::new((&setup.ready.web, public), kept, clock.clone()).unwrap();
        let board = Board {
            figures: Arc::new(Figures::new("1", NOW)),
            health: Arc::new(Health::new(Instant::now(), Duration::from_hours(1))),
            // Far longer than the daemon's, so that nothing is seen by waiting: what is changed is shown at once.
            pages: Some(Arc::new(
                Pages::new(store, clock.clone()).fresh_for(Duration::from_hours(1)),
            )),
            access: Arc::new(access),
            clock: clock.clone(),
            limits,
        };
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        Door {
            listener: web::start(anywhere, board).unwrap(),
            books,
            clock,
            key,
            steps,
            folder,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        self.folder().join("books.db")
    }

    /// What people did about the alert.
    pub(crate) fn done(&self) -> Vec<AuditRow> {
        self.books.lock().unwrap().alert_audit(100).unwrap()
    }

    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        ask(self.address(), "GET", (path, headers), None)
    }

    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], form: &str) -> Answer {
        ask(self.address(), "POST", (path, headers), Some(form))
    }

    /// Logs in; the cookie.
    pub(crate) fn log_in(&self, user: &str) -> String {
        let form = format!("user={user}&password={}", PASSWORD.replace(' ', "+"));
        let answer = self.post("/login", &[], &form);
        assert_eq!(answer.status, 303, "{answer:?}");
        let cookie = answer.header("set-cookie").unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// The token of the forms that somebody sees on the alert's page.
    pub(crate) fn token(&self, headers: &[(&str, &str)]) -> String {
        let page = self.get("/alerts/1", headers).body;
        token_of(&page).unwrap_or_else(|| panic!("no form: {page}"))
    }
}

/// The token of the first form of `main`.
pub(crate) fn token_of(page: &str) -> Option<String> {
    let main = page.split("<main").nth(1)?;
    let field = main.split("name=\"token\" value=\"").nth(1)?;
    Some(field.split('"').next()?.to_owned())
}

/// Opens alert 1.
fn open_alert(books: &mut SqliteLedger, setup: &setup::Setup) -> Vec<Step> {
    let ready = &setup.ready;
    let settings = Settings::new(
        &ready.alerts.rules.rules,
        &ready.declared,
        &ready.alerts.settings,
        chrono_tz::Tz::UTC,
    );
    let mut desk = Desk::new(&settings, &DeskState::default());
    let steps = desk.hear(vec![finding()], NOW, false);
    let rows = steps.iter().map(|step| StepRow {
        episode: step.id.episode,
        step: step.id.step,
        at: step.wall,
        body: serde_json::to_vec(step).unwrap(),
    });
    let episodes = desk.views().into_iter().map(|view| EpisodeRow {
        number: view.number,
        opened: view.opened,
        resolved: view.resolved,
        body: serde_json::to_vec(&view).unwrap(),
    });
    let apply = AlertApply {
        cursor: AlertCursor {
            closed_to: NOW,
            ..books.alert_cursor().unwrap()
        },
        steps: rows.collect(),
        episodes: episodes.collect(),
        state: desk.state(),
        ..AlertApply::default()
    };
    books.alert_apply(&apply).unwrap();
    assert_eq!(steps.len(), 1, "one alert fires");
    assert_eq!(steps[0].to[0].address, "oncall@contoso.example");
    steps
}

/// Status, head in small letters and body of an answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// A header's value, as it was sent.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.to_owned())
    }
}

pub(crate) fn ask(
    address: SocketAddr,
    method: &str,
    (path, headers): (&str, &[(&str, &str)]),
    form: Option<&str>,
) -> Answer {
    let mut text = format!("{method} {path} HTTP/1.1\r\n");
    if !headers.iter().any(|(name, _)| *name == "Host") {
        text += "Host: localhost\r\n";
    }
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    if let Some(form) = form {
        text += "Content-Type: application/x-www-form-urlencoded\r\n";
        text += &format!("Content-Length: {}\r\n", form.len());
    }
    text += "\r\n";
    text += form.unwrap_or_default();
    let mut stream = connect(address);
    stream.write_all(text.as_bytes()).unwrap();
    answer(stream)
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    let patience = Some(Duration::from_mins(1));
    stream.set_read_timeout(patience).unwrap();
    stream
}

/// What comes back; nothing at all has status 0.
pub(crate) fn answer(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    // Whoever is cut off has read what there was.
    drop(stream.read_to_end(&mut bytes));
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    Answer {
        status: head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or(0),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}
