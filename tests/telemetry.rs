//! The listener of the daemon's own pages, asked over TCP as a scraper and a probe ask it.
//!
//! Knows no source and no ledger: the figures are filled by hand. A newcomer may ask why the client
//! is written by hand: it sends what no client library would, and adds no crate.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "common/aloud.rs"]
mod aloud;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tollwatch::clock::FixedClock;
use tollwatch::outcome::{DuplicateKind, IgnoreReason, QuarantineReason};
use tollwatch::telemetry::{
    Booked, Coverage, Delivery, Figures, FollowerError, Health, Judged, Kind, Metric, Partition,
    Rebalance, Reload, SourceError,
};
use tollwatch::units::{Text, UnixMillis};
use tollwatch::web::{self, Board, Listener, StartError};

const NOW: UnixMillis = UnixMillis(1_795_166_071_500);

/// A loopback address with any free port.
fn anywhere() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

/// Figures with a value in every metric.
fn filled() -> Figures {
    let figures = Figures::new("1.2.3", NOW);
    for source in ["main", "odd \"name\"\\"] {
        figures.declare(source);
    }
    figures.booked(&Booked {
        source: "main",
        received: 1_000,
        bytes: 1_400_000,
        entries: 60,
        metered: 40,
        weak: 2,
        requests: 20,
        unpriced: 1,
        duplicates: &BTreeMap::from([(DuplicateKind::Equal, 15), (DuplicateKind::Remeasured, 5)]),
        ignored: &BTreeMap::from([(IgnoreReason::OtherCall, 930)]),
        quarantined: &BTreeMap::from([(QuarantineReason::BrokenJson, 10)]),
        commit: Duration::from_millis(12),
        at: NOW,
    });
    let partition = Partition {
        source: "main",
        topic: "llm.calls",
        number: 3,
    };
    figures.position(partition, 1_000, Some(NOW), Some(NOW));
    figures.high_watermark(partition, 1_500);
    figures.lost(partition, 2);
    figures.stall_recovered("main");
    figures.rebalanced("main", Rebalance::Assigned);
    figures.source_error("main", SourceError::Connection);
    figures.dead_letters("main", Delivery::Sent, 10);
    figures.commit_failed();
    figures.ledger(4_096, 40);
    figures.hours(2, 1);
    figures.configuration(1);
    figures.reloaded(Reload::Taken);
    let coverage = Coverage {
        calls: 20,
        requests: 19,
    };
    figures.coverage([(Text::from("eu-chat"), coverage)]);
    figures.follower("grafana");
    figures.follower_wrote("grafana", 5_000, Duration::from_millis(80), NOW);
    figures.follower_refused("grafana", 2);
    figures.follower_waiting("grafana", 7, Some(NOW));
    figures.follower_failed("grafana", FollowerError::Busy);
    figures.alerts_judged(&Judged {
        to: NOW,
        at: NOW,
        took: Duration::from_millis(3),
        counts: (1, 2),
        steps: (3, 4),
    });
    figures
}

struct Desk {
    figures: Arc<Figures>,
    health: Arc<Health>,
    listener: Listener,
}

/// A door that asks nobody.
fn open() -> Arc<web::Access> {
    Arc::new(web::Access::open(Arc::new(FixedClock::at(NOW))).unwrap())
}

fn desk() -> Desk {
    let figures = Arc::new(filled());
    let health = Arc::new(Health::new(Instant::now(), Duration::from_hours(1)));
    let board = Board {
        figures: Arc::clone(&figures),
        health: Arc::clone(&health),
        clock: Arc::new(FixedClock::at(NOW.saturating_add(90_000))),
        pages: None,
        access: open(),
        limits: web::Limits::USUAL,
    };
    Desk {
        listener: web::start(anywhere(), board).unwrap(),
        figures,
        health,
    }
}

/// Status, head and body of an answer.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

fn ask(address: SocketAddr, method: &str, path: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer {
        status,
        head: head.to_lowercase(),
        body: body.to_owned(),
    }
}

/// The sum of all samples that begin like this.
fn sum(page: &str, sample: &str) -> i64 {
    page.lines()
        .filter(|line| line.starts_with(sample))
        .map(|line| line.rsplit_once(' ').unwrap().1.parse::<i64>().unwrap())
        .sum()
}

#[test]
fn a_scrape_shows_every_metric_and_adds_up() {
    let desk = desk();
    let answer = ask(desk.listener.address(), "GET", "/metrics");
    assert_eq!(answer.status, 200);
    let kind = "content-type: text/plain; version=0.0.4; charset=utf-8";
    assert!(answer.head.contains(kind), "{}", answer.head);

    let page = &answer.body;
    for metric in Metric::ALL {
        let told = metric.described();
        let head = format!(
            "# HELP {0} {1}.\n# TYPE {0} {2}\n",
            told.name,
            told.help,
            told.kind.as_str()
        );
        assert_eq!(page.matches(&head).count(), 1, "{head}");
    }
    let received = sum(page, "tollwatch_records_received_total{source=\"main\"");
    let outcomes = sum(page, "tollwatch_records_total{source=\"main\"");
    assert_eq!((received, outcomes), (1_000, 1_000));
    assert_eq!(sum(page, "tollwatch_records_unaccounted{"), 0);
    assert_eq!(desk.figures.unaccounted(), 0);
    let lag =
        "tollwatch_partition_lag_seconds{source=\"main\",topic=\"llm.calls\",partition=\"3\"} 90\n";
    assert!(page.contains(lag), "lag grows with the clock");
    assert!(page.contains("tollwatch_records_received_total{source=\"odd \\\"name\\\"\\\\\"} 0\n"));
}

#[test]
fn each_path_and_method_has_its_answer() {
    let desk = desk();
    let address = desk.listener.address();
    let list = "not found; there are:\n/metrics  the daemon's own metrics, for Prometheus\n\
        /healthz  200 while every thread moves, else 503 with those that stand still\n\
        /readyz  200 when ready, else 503 with a reason a line\n";
    let only = "only GET and HEAD are answered\n";
    let cases = [
        ("GET", "/healthz", 200, "ok\n"),
        ("GET", "/readyz", 200, "ready\n"),
        ("HEAD", "/healthz", 200, ""),
        ("HEAD", "/metrics", 200, ""),
        ("GET", "/", 404, list),
        ("GET", "/metrics/", 404, list),
        ("POST", "/metrics", 405, only),
        ("DELETE", "/readyz", 405, only),
    ];
    for (method, path, status, body) in cases {
        let answer = ask(address, method, path);
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (status, body),
            "{method} {path}"
        );
        assert!(
            answer.head.contains("content-type: text/plain"),
            "{method} {path}"
        );
        assert!(answer.head.contains("connection: close"), "{method} {path}");
        if status == 405 {
            assert!(answer.head.contains("allow: get,head"), "{}", answer.head);
        }
    }
}

#[test]
fn readiness_follows_the_parts() {
    let desk = desk();
    let ready = || {
        let answer = ask(desk.listener.address(), "GET", "/readyz");
        (answer.status, answer.body)
    };
    desk.health
        .ready("source main", Err("waiting for partitions"));
    desk.health.ready("ledger", Err("the disk is full"));
    let both = "ledger: the disk is full\nsource main: waiting for partitions\n";
    assert_eq!(ready(), (503, both.to_owned()));
    desk.health.ready("ledger", Ok(()));
    desk.health.ready("source main", Ok(()));
    assert_eq!(ready(), (200, "ready\n".to_owned()));
    desk.health.stopping();
    assert_eq!(ready(), (503, "stopping\n".to_owned()));
    let alive = ask(desk.listener.address(), "GET", "/healthz");
    assert_eq!(alive.status, 200, "a process that ends is still alive");
}

#[test]
fn a_loop_that_stands_still_shows() {
    let health = Health::new(Instant::now(), Duration::ZERO);
    let board = Board {
        figures: Arc::new(filled()),
        health: Arc::new(health),
        clock: Arc::new(FixedClock::at(NOW)),
        pages: None,
        access: open(),
        limits: web::Limits::USUAL,
    };
    let listener = web::start(anywhere(), board).unwrap();
    let reason = "main loop: no beat for 0 s, allowed are 0 s\n";
    for path in ["/healthz", "/readyz"] {
        let answer = ask(listener.address(), "GET", path);
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (503, reason),
            "{path}"
        );
    }
    let page = ask(listener.address(), "GET", "/metrics").body;
    assert!(page.contains("\ntollwatch_up 0\n"));
}

#[test]
fn addresses_that_cannot_be_are_refused() {
    let board = || Board {
        figures: Arc::new(filled()),
        health: Arc::new(Health::new(Instant::now(), Duration::from_secs(1))),
        clock: Arc::new(FixedClock::at(NOW)),
        pages: None,
        access: open(),
        limits: web::Limits::USUAL,
    };
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:9464"] {
        let refused = web::start(address.parse().unwrap(), board()).unwrap_err();
        assert!(matches!(refused, StartError::Exposed(_)), "{address}");
        let wanted = format!(
            "`{address}` can be reached from elsewhere; that needs users or a proxy, and TLS, below `[web]`"
        );
        assert_eq!(refused.to_string(), wanted);
    }
    let taken = TcpListener::bind(anywhere()).unwrap();
    let address = taken.local_addr().unwrap();
    let refused = web::start(address, board()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!("`{address}` is in use by another process; free it, or listen at another port")
    );
}

#[test]
fn silent_connections_neither_keep_it_from_answering_nor_from_ending() {
    let desk = desk();
    let address = desk.listener.address();
    let silent: Vec<_> = (0..20)
        .map(|_| {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(b"GET /metrics HTTP/1.1\r\nHost:").unwrap();
            stream
        })
        .collect();
    assert_eq!(ask(address, "GET", "/healthz").status, 200);
    let asked = Instant::now();
    desk.listener.stop();
    assert!(
        asked.elapsed() < Duration::from_secs(4),
        "{:?}",
        asked.elapsed()
    );
    drop(silent);
    assert!(
        TcpStream::connect(address).is_err(),
        "the port is free again"
    );
}

/// Whether Prometheus' own tool is content with `input`, and its words; `None` where there is none.
fn promtool(words: &[&str], input: &str) -> Option<(bool, String)> {
    const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/prometheus");
    let mut started = Command::new(SCRIPT)
        .arg("promtool")
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Where there is none, nobody reads it.
    drop(started.stdin.take().unwrap().write_all(input.as_bytes()));
    let out = started.wait_with_output().unwrap();
    let said = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
    if out.status.code() == Some(77) {
        aloud::skipped(said.trim_end());
        return None;
    }
    Some((out.status.success(), said))
}

#[test]
fn promtool_finds_nothing_to_object_to() {
    let desk = desk();
    let page = ask(desk.listener.address(), "GET", "/metrics").body;
    if let Some(answer) = promtool(&["check", "metrics"], &page) {
        assert_eq!(answer, (true, String::new()));
    }
}

#[test]
fn the_unit_is_sound_and_has_few_rights() {
    let unit = include_str!("../deploy/systemd/tollwatch.service");
    // The program need not be installed for the unit to be sound.
    let unit = unit.replace("/usr/bin/tollwatch", "/bin/true");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tollwatch.service");
    fs::write(&path, unit).unwrap();
    let analyze = |words: &[&str]| {
        let out = Command::new("systemd-analyze")
            .args(words)
            .arg(&path)
            .output();
        let out = out.ok()?;
        let said = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
        Some((out.status.success(), said))
    };
    let Some((sound, said)) = analyze(&["verify"]) else {
        aloud::skipped("no systemd-analyze here; it is in Debian's package systemd");
        return;
    };
    assert_eq!((sound, said.as_str()), (true, ""));
    // Exposure in tenths: 0 is none, 100 is all rights there are.
    let (safe, said) = analyze(&["security", "--offline=true", "--threshold=15"]).unwrap();
    assert!(safe, "{said}");
}

#[test]
fn a_level_that_is_none_is_refused_before_anything_starts() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("t.toml");
    let text =
        "[ledger]\npath = \"books.db\"\n\n[[source.file]]\nname = \"logs\"\npaths = [\"logs\"]\n";
    fs::write(&config, text).unwrap();
    let run = |option: &[&str], environment: &str| {
        let out = Command::new(env!("CARGO_BIN_EXE_tollwatch"))
            .current_dir(&dir)
            .args(["run", "--config", "t.toml"])
            .args(option)
            .env("TOLLWATCH_LOG", environment)
            .output()
            .unwrap();
        (out.status.code(), String::from_utf8(out.stderr).unwrap())
    };
    let cases = [
        (
            &["--log-level", "loud"][..],
            "info",
            "`loud` of `--log-level`",
        ),
        (&[], "loud", "`loud` of `TOLLWATCH_LOG`"),
    ];
    for (option, environment, place) in cases {
        let words = "`error`, `warn`, `info`, `debug`, `trace`";
        let wanted = format!("error: {place} is no level; there are {words}\n");
        assert_eq!(run(option, environment), (Some(2), wanted));
        assert!(!dir.path().join("books.db").exists(), "nothing was started");
    }
}

/// Waits for a message to the service manager that begins like this.
fn told(manager: &UnixDatagram, wanted: &str) {
    let mut buffer = [0; 1_000];
    loop {
        let length = manager.recv(&mut buffer);
        let length = length.unwrap_or_else(|error| panic!("{wanted} never came: {error}"));
        let message = String::from_utf8_lossy(&buffer[..length]);
        if message.starts_with(wanted) {
            return;
        }
    }
}

#[test]
fn the_service_manager_hears_of_start_reload_life_and_end() {
    let dir = tempfile::tempdir().unwrap();
    let text = "[ledger]\npath = \"books.db\"\n[daemon]\nlisten = \"\"\n[[source.file]]\nname = \"logs\"\npaths = [\"logs\"]\n";
    fs::write(dir.path().join("t.toml"), text).unwrap();
    let socket = dir.path().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let mut daemon = Command::new(env!("CARGO_BIN_EXE_tollwatch"))
        .current_dir(&dir)
        .args(["run", "--config", "t.toml"])
        .env("NOTIFY_SOCKET", &socket)
        .env("WATCHDOG_USEC", "600000")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let signal = |name: &str| {
        let id = daemon.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status().unwrap();
        assert!(sent.success());
    };
    told(&manager, "READY=1");
    told(&manager, "WATCHDOG=1");
    told(&manager, "WATCHDOG=1");
    told(&manager, "STATUS=0 records booked");
    signal("-HUP");
    told(&manager, "RELOADING=1\nMONOTONIC_USEC=");
    told(&manager, "READY=1");
    signal("-TERM");
    told(&manager, "STOPPING=1");
    assert!(daemon.wait().unwrap().success());
}

/// The table of metrics as the manual shows it.
fn table() -> String {
    let mut rows = String::new();
    for metric in Metric::ALL {
        let told = metric.described();
        let labels: Vec<String> = told.labels.iter().map(|name| format!("`{name}`")).collect();
        let kind = match told.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        writeln!(
            rows,
            "| `{}` | {kind} | {} | {} |",
            told.name,
            labels.join(" "),
            told.help
        )
        .unwrap();
    }
    rows
}

#[test]
fn the_manual_lists_the_metrics_as_they_are() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/DAEMON.md");
    let manual = fs::read_to_string(path).unwrap();
    let head = "| metric | kind | labels | tells |\n|---|---|---|---|\n";
    let (before, rest) = manual.split_once(head).unwrap();
    let (rows, after) = rest.split_once("\n\n").unwrap();
    let wanted = table();
    if std::env::var_os("UPDATE_MANUAL").is_some() {
        fs::write(path, format!("{before}{head}{wanted}\n{after}")).unwrap();
        return;
    }
    let hint = "write it anew: UPDATE_MANUAL=1 cargo test --test telemetry manual";
    assert_eq!(format!("{rows}\n"), wanted, "{hint}");
    for (path, _) in web::PATHS {
        assert!(manual.contains(&format!("`{path}`")), "{path}");
    }
    let kinds = SourceError::ALL.iter().map(|kind| kind.as_str());
    let rebalances = Rebalance::ALL.iter().map(|kind| kind.as_str());
    let faults = FollowerError::ALL.iter().map(|kind| kind.as_str());
    for word in kinds.chain(rebalances).chain(faults) {
        assert!(manual.contains(&format!("`{word}`")), "{word}");
    }
}

#[test]
fn prometheus_takes_the_rules_that_watch_the_watcher() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rules = root.join("deploy/prometheus/rules.yml");
    let text = fs::read_to_string(&rules).unwrap();
    let known = fs::read_to_string(root.join("docs/DAEMON.md")).unwrap();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let named: BTreeSet<&str> = words
        .filter(|word| word.starts_with("tollwatch_"))
        .collect();
    assert!(named.len() > 8, "{named:?}");
    for name in named {
        assert!(known.contains(&format!("`{name}`")), "{name} is no metric");
    }
    let dir = tempfile::tempdir().unwrap();
    let cases = fs::read_to_string(root.join("tests/data/prometheus/rules_test.yml")).unwrap();
    let cases = cases.replace("RULES", &rules.display().to_string());
    fs::write(dir.path().join("cases.yml"), cases).unwrap();
    let cases = dir.path().join("cases.yml");
    for (word, file) in [("check", &rules), ("test", &cases)] {
        let file = file.to_str().unwrap();
        if let Some((sound, said)) = promtool(&[word, "rules", file], "") {
            assert!(sound && said.contains("SUCCESS"), "{said}");
        }
    }
}
