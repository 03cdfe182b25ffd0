//! Minutes of faults on the whole way from growing files to a real InfluxDB 2: afterwards the database
//! adds up to the books, and the books are those of one undisturbed reading.
//!
//! Knows no single fault's place; `tests/crash_follow.rs` has those. A newcomer may ask why a minute's
//! records come in pieces: what comes late goes out as a further point, and that is what blows meet.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use tollwatch::config::InfluxVersion;
use tollwatch::sink::Influx;
use tollwatch::sink::influx::Series;

use crate::common::Desk;
use crate::daemon_support::Daemon;
use crate::influx_support::fake::Dice;
use crate::launched::Server;
use crate::server::ask;

/// Pieces that a day's files are fed in.
const PIECES: usize = 12;
/// How long the last lines may take: windows wait for a minute to be quiet.
const PATIENCE: Duration = Duration::from_mins(10);

/// What is appended at once: a file below `records`, and lines.
type Piece = Vec<(String, Vec<u8>)>;

fn number(name: &str, default: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.map_or(default, |text| text.parse().expect("a number"))
}

/// The demo's configuration, and its records in pieces, day by day.
fn demo(desk: &Desk) -> Vec<Piece> {
    desk.run(&["demo", "--once", "--dir", "demo"]).ok();
    let mut days: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for table in std::fs::read_dir(desk.path("demo/records")).unwrap() {
        let table = table.unwrap();
        for file in std::fs::read_dir(table.path()).unwrap() {
            let day = file.unwrap().file_name().into_string().unwrap();
            let table = table.file_name().into_string().unwrap();
            days.entry(day).or_default().push(table);
        }
    }
    let mut pieces = Vec::new();
    for (day, tables) in days {
        let mut of_day = vec![Piece::new(); PIECES];
        for table in tables {
            let name = format!("{table}/{day}");
            let bytes = std::fs::read(desk.path("demo/records").join(&name)).unwrap();
            let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
            let some = lines.chunks(lines.len().div_ceil(PIECES).max(1));
            for (piece, lines) in of_day.iter_mut().zip(some) {
                piece.push((name.clone(), lines.concat()));
            }
        }
        pieces.extend(of_day);
    }
    std::fs::rename(desk.path("demo/records"), desk.path("told")).unwrap();
    pieces
}

fn append(folder: &Path, piece: &Piece) {
    for (name, bytes) in piece {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = std::fs::File::options();
        let mut file = file.create(true).append(true).open(path).unwrap();
        file.write_all(bytes).unwrap();
    }
}

/// Strikes daemon and server in turn.
struct Blows<'a> {
    desk: &'a Desk,
    server: &'a Server,
    dice: Dice,
    daemon: Option<Daemon<'a>>,
    /// Kills of the daemon, and of the server.
    kills: (u64, u64),
}

impl<'a> Blows<'a> {
    fn start(desk: &'a Desk) -> Option<Daemon<'a>> {
        Some(Daemon::start_with(desk, "demo/t.toml", "books.db", &[]))
    }

    fn kill_daemon(&mut self) {
        if let Some(daemon) = self.daemon.take() {
            daemon.kill();
            self.kills.0 += 1;
        }
    }

    fn strike(&mut self) {
        let roll = self.dice.roll(20);
        if roll < 11 {
            self.kill_daemon();
        } else {
            self.server.kill();
            self.kills.1 += 1;
            if roll > 15 {
                self.kill_daemon();
            }
            std::thread::sleep(Duration::from_millis(self.dice.roll(5_000)));
            self.server.restart();
        }
        if self.daemon.is_none() {
            self.daemon = Blows::start(self.desk);
        }
    }

    /// Feeds all pieces over a time, and strikes every two to nine seconds.
    fn feed(&mut self, pieces: &[Piece], time: Duration) {
        let folder = self.desk.path("demo/records");
        let begun = Instant::now();
        let each = time / u32::try_from(pieces.len()).unwrap();
        let mut blow = begun;
        for (place, piece) in (1..).zip(pieces) {
            append(&folder, piece);
            while begun.elapsed() < each * place {
                std::thread::sleep(Duration::from_millis(100));
                let daemon = self.daemon.as_mut().expect("it is started again");
                assert!(daemon.is_running(), "it ended\n{}", daemon.log());
                if Instant::now() >= blow {
                    self.strike();
                    blow = Instant::now() + Duration::from_millis(2_000 + self.dice.roll(7_000));
                }
            }
        }
    }
}

/// Sums compared, and how many differ or are still to be told.
fn verified(desk: &Desk) -> (u64, u64) {
    let arguments = [
        "influx",
        "verify",
        "--json",
        "--config",
        "demo/t.toml",
        "--ledger",
        "books.db",
    ];
    let output = desk.command(&arguments).output().unwrap();
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let n = |name: &str| told[name].as_u64().unwrap();
    assert_eq!(n("refused"), 0, "{told}");
    (n("sums"), n("differing") + n("untold"))
}

/// How many values of `rev` the points of the database have.
fn revs(server: &Server) -> usize {
    let influx = Influx::new(&server.settings(InfluxVersion::V2, "llm")).unwrap();
    let rows = ask(&influx, "SELECT COUNT(calls) FROM llm_calls GROUP BY rev");
    let rev = |series: &Series| series.tags.get("rev").cloned();
    let revs: BTreeSet<String> = rows.series.iter().filter_map(rev).collect();
    revs.len()
}

#[test]
#[ignore = "minutes of faults: make influx-soak MINUTES=60"]
fn sums_hold_through_minutes_of_faults() {
    let Some(server) = Server::start("influxdb", &[]) else {
        return;
    };
    let (minutes, seed) = (number("SOAK_MINUTES", 10), number("SOAK_SEED", 1));
    let desk = Desk::new();
    let pieces = demo(&desk);
    let token = server.path("token");
    let config = std::fs::read_to_string(desk.path("demo/tollwatch.toml")).unwrap();
    let influx = format!(
        "[daemon]\nlisten = \"127.0.0.1:0\"\n[[influxdb]]\nname = \"main\"\nurl = \"{}\"\nversion = 2\norg = \"tollwatch\"\nbucket = \"llm\"\ntoken = {{ file = {token:?} }}\n",
        server.address(),
    );
    desk.write("demo/t.toml", format!("{config}\n{influx}"));
    std::fs::create_dir_all(desk.path("demo/records")).unwrap();
    let mut blows = Blows {
        desk: &desk,
        server: &server,
        dice: Dice(seed),
        daemon: Blows::start(&desk),
        kills: (0, 0),
    };
    eprintln!(
        "{minutes} minutes, {} pieces, SOAK_SEED={seed}",
        pieces.len()
    );
    blows.feed(&pieces, Duration::from_secs(minutes * 60));
    let (of_daemon, of_server) = blows.kills;
    eprintln!("killed {of_daemon} daemons and {of_server} servers");
    let begun = Instant::now();
    let (sums, differing) = loop {
        let (sums, differing) = verified(&desk);
        if sums > 0 && differing == 0 || begun.elapsed() > PATIENCE {
            break (sums, differing);
        }
        std::thread::sleep(Duration::from_secs(5));
    };
    let daemon = blows.daemon.take().expect("it runs");
    assert_eq!(differing, 0, "of {sums} sums\n{}", daemon.log());
    daemon.stop();
    assert_eq!(verified(&desk), (sums, 0));
    assert!(revs(&server) > 1, "nothing came late");
    let told = desk.path("told");
    let arguments = ["replay", "--config", "demo/t.toml", "--ledger", "fresh.db"];
    desk.run(&[&arguments[..], &[told.to_str().unwrap()]].concat())
        .ok();
    assert!(
        desk.exports("books.db") == desk.exports("fresh.db"),
        "the books are not those of one undisturbed reading"
    );
    eprintln!("{sums} sums, 0 differ; the books are those of one undisturbed reading");
}
