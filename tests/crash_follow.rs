//! Kills the daemon anywhere on a line's way to a database that drops connections: no series and time
//! is told with two values, nothing is missing, and the sums are the books'.
//!
//! Knows no Kafka. A newcomer may ask why the records come in two halves of every minute: the second
//! makes each minute late, so that there are points with a `rev`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]
#![allow(clippy::print_stderr, reason = "a test tells what it did")]

mod influx_support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use influx_support::fake::{Dice, Fake, Fault};
use influxdb_line_protocol::{FieldValue, parse_lines};
use tollwatch::config::InfluxVersion;
use tollwatch::crash::LINE_SITES;
use tollwatch::ledger::{Follow, Ledger, Resolution, Span, SqliteLedger};
use tollwatch::series::{Body, Measurement, additive_fields};

/// Pauses are so much shorter.
const HURRY: &str = "20";
/// Records of each half.
const RECORDS: usize = 700;
/// How long a daemon may take to come to its end.
const PATIENCE: Duration = Duration::from_mins(2);
/// The same where something is wrong, so that it never will.
const IMPATIENCE: Duration = Duration::from_secs(12);
/// How long a struck daemon is left alone.
const LIFE: Duration = Duration::from_secs(6);

/// Two halves of the same minutes.
fn records(folder: &Path) -> [String; 2] {
    let status = Command::new(env!("CARGO_BIN_EXE_tollwatch"))
        .args(["simulate", "--days", "1", "--seed", "5", "--out"])
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .flat_map(|table| std::fs::read_dir(table.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let mut halves = [String::new(), String::new()];
    for file in files {
        let bytes = std::fs::read(file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for (place, line) in text.lines().take(RECORDS).enumerate() {
            halves[place % 2].push_str(line);
            halves[place % 2].push('\n');
        }
    }
    halves
}

struct Case<'a> {
    folder: PathBuf,
    halves: &'a [String; 2],
    fake: Fake,
    /// What is wrong with the program on purpose.
    defect: Option<&'static str>,
}

impl Case<'_> {
    fn start(&self, crash: Option<&str>) -> Child {
        let config = format!(
            "[ledger]\npath = \"books.db\"\n\n[daemon]\nlisten = \"\"\n\n\
             [[source.file]]\nname = \"export\"\npaths = [\"in\"]\n\n\
             [[influxdb]]\nname = \"main\"\nurl = \"{}\"\nversion = 1\ndatabase = \"llm\"\n",
            self.fake.url
        );
        std::fs::write(self.folder.join("tollwatch.toml"), config).unwrap();
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.join("log"))
            .unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tollwatch"));
        command
            .args(["run", "--config", "tollwatch.toml", "--every", "1"])
            .current_dir(&self.folder)
            .env("CRASH_HURRY", HURRY)
            .stdout(Stdio::null())
            .stderr(log);
        if let Some(crash) = crash {
            command.env("CRASH_AT", crash);
        }
        if let Some(defect) = self.defect {
            command.env("DEFECT", defect);
        }
        command.spawn().unwrap()
    }

    fn put(&self, half: usize) {
        let folder = self.folder.join("in");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{half}.jsonl")), &self.halves[half]).unwrap();
    }

    /// Lets a daemon run into its crash; kills it where it does not come to it. Whether it crashed.
    fn strike(&self, crash: &str) -> bool {
        let mut daemon = self.start(Some(crash));
        let end = Instant::now() + LIFE;
        while Instant::now() < end {
            if daemon.try_wait().unwrap().is_some() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        daemon.kill().unwrap();
        daemon.wait().unwrap();
        false
    }

    /// What the database adds up to by measurement and field, where no point has two values.
    fn told(&self) -> Result<BTreeMap<(String, String), i64>, String> {
        let mut sums = BTreeMap::new();
        for ((series, at), values) in &self.fake.state().points {
            if values.len() != 1 {
                return Err(format!("{series} at {at} has {values:?}"));
            }
            let line = format!("{series} {} {at}", values.first().unwrap());
            let parsed = parse_lines(&line).next().unwrap().unwrap();
            let measurement = parsed.series.measurement.to_string();
            for (name, value) in &parsed.field_set {
                if let FieldValue::I64(value) = value {
                    let key = (measurement.clone(), name.to_string());
                    *sums.entry(key).or_insert(0) += value;
                }
            }
        }
        Ok(sums)
    }

    /// What the books add up to.
    fn books(&self) -> BTreeMap<(String, String), i64> {
        let mut sums = BTreeMap::new();
        let ledger = SqliteLedger::open_read_only(&self.folder.join("books.db")).unwrap();
        let mut add = |row: tollwatch::ledger::CellRow| {
            for measurement in [
                Measurement::Calls,
                Measurement::Prompt,
                Measurement::Residency,
            ] {
                let body = Body::of_cell(measurement, &row.cell);
                for (name, value) in additive_fields(measurement, &body) {
                    let key = (measurement.as_str().to_owned(), name.to_owned());
                    *sums.entry(key).or_insert(0) += value;
                }
            }
            Ok(())
        };
        ledger.cells(Resolution::Day, Span::ALL, &mut add).unwrap();
        sums
    }

    /// What differs between the database and the books.
    fn differs(&self) -> Option<String> {
        let (told, books) = match self.told() {
            Ok(told) => (told, self.books()),
            Err(fault) => return Some(fault),
        };
        let requests = books.get(&("llm_calls".to_owned(), "requests".to_owned()));
        if requests.is_none_or(|n| *n == 0) {
            return Some("the books are empty".to_owned());
        }
        let value = |key| told.get(key).copied().unwrap_or(0);
        let (key, own) = books.iter().find(|(key, own)| value(key) != **own)?;
        Some(format!("{key:?}: books {own}, database {}", value(key)))
    }

    /// Runs undisturbed until all of so many files is told.
    fn finish(&self, files: usize) -> Result<(), String> {
        let mut daemon = self.start(None);
        let patience = self.defect.map_or(PATIENCE, |_| IMPATIENCE);
        let end = Instant::now() + patience;
        let read = || {
            let ledger = SqliteLedger::open_read_only(&self.folder.join("books.db")).ok()?;
            Some(ledger.positions().ok()?.len() == files)
        };
        let mut differs = Some("nothing is read".to_owned());
        while differs.is_some() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(250));
            if daemon.try_wait().unwrap().is_some() {
                return Err("the undisturbed daemon ended".to_owned());
            }
            if read() == Some(true) {
                differs = self.differs();
            }
        }
        daemon.kill().unwrap();
        daemon.wait().unwrap();
        differs.map_or(Ok(()), Err)
    }
}

/// Strikes while the first half is told, and again while the second is.
fn run(
    halves: &[String; 2],
    folder: &Path,
    (blow, seed): (&str, u64),
    defect: Option<&'static str>,
) -> Result<usize, String> {
    std::fs::create_dir_all(folder).unwrap();
    let mut dice = Dice(seed);
    let schedule = move |_: usize| match dice.roll(8) {
        0 => Fault::DropAfter,
        1 => Fault::DropHalf,
        _ => Fault::None,
    };
    let case = Case {
        folder: folder.to_owned(),
        halves,
        fake: Fake::start(InfluxVersion::V1, Box::new(schedule)),
        defect,
    };
    case.put(0);
    let mut hits = usize::from(case.strike(blow));
    case.finish(1)?;
    case.put(1);
    hits += usize::from(case.strike(blow));
    case.finish(2)?;
    let ledger = SqliteLedger::open_read_only(&folder.join("books.db")).unwrap();
    let row = ledger.follower("main").unwrap().unwrap();
    assert_eq!(row.refused, 0);
    let later = |(series, _): &&(String, i64)| series.contains("rev=1");
    let state = case.fake.state();
    assert!(
        state.points.keys().filter(later).count() > 10,
        "few points are late"
    );
    Ok(hits)
}

#[test]
fn killed_anywhere_on_a_lines_way() {
    let folder = tempfile::tempdir().unwrap();
    let halves = records(&folder.path().join("logs"));
    let blows: Vec<String> = LINE_SITES
        .iter()
        .flat_map(|site| [1, 2].map(|k| format!("{site}:{k}")))
        .collect();
    let (next, hits) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let faults = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(blow) = blows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let seed = u64::try_from(blow.len()).unwrap();
                    match run(&halves, &folder.path().join(blow), (blow, seed), None) {
                        Ok(hit) => drop(hits.fetch_add(hit, Ordering::Relaxed)),
                        Err(fault) => faults.lock().unwrap().push(format!("{blow}: {fault}")),
                    }
                }
            });
        }
    });
    let hits = hits.into_inner();
    eprintln!("{} cases, {hits} crashes", blows.len());
    assert_eq!(faults.into_inner().unwrap(), [""; 0]);
    assert!(hits >= blows.len() * 3 / 2, "most blows hit: {hits}");
}

/// What a follower does that freezes lines and forgets what they add up to.
#[test]
fn the_sweep_finds_lines_without_their_sums() {
    let folder = tempfile::tempdir().unwrap();
    let halves = records(&folder.path().join("logs"));
    let blow = ("after_freeze:2", 1);
    let found = run(
        &halves,
        &folder.path().join("case"),
        blow,
        Some("lines_without_sums"),
    );
    let fault = found.unwrap_err();
    eprintln!("{fault}");
    assert!(
        fault.contains(" has {") || fault.contains("database"),
        "{fault}"
    );
}
