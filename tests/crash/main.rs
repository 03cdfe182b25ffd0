//! Kills the daemon anywhere along its path, and compares its books with those of a run that nobody
//! disturbed.
//!
//! The clean run is itself compared with the independent recount of a dump of the topic. A newcomer
//! may ask how a failure is repeated: it prints one line that does.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]
#![allow(clippy::print_stderr, reason = "a test tells what it did")]

#[path = "../common/aloud.rs"]
mod aloud;
mod books;
mod cluster;
mod corpus;
mod daemon;
mod disk;
#[path = "../../examples/dump_topic/dump.rs"]
mod dump;
mod sweep;
mod visitor;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use cluster::Cluster;
use corpus::{Chance, Corpus};
use daemon::{Ended, How, World};
use sweep::{Blow, Case};
use tollwatch::app::setup;
use tollwatch::clock::SystemClock;
use tollwatch::crash::SITES;

/// Random cases of the short sweep.
const AT_RANDOM: usize = 40;
/// Sites that a run without a rebalance, on a ledger that is there, does not pass; those of a
/// correction are passed in `tests/restate.rs`.
const ELSEWHERE: [&str; 7] = [
    "before_migration",
    "mid_migration",
    "before_hand_back",
    "after_hand_back_booked",
    "after_hand_back",
    "restated_hour",
    "restated_all",
];

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable}={text} is no number")),
    )
}

fn seed() -> u64 {
    number("CRASH_SEED").unwrap_or(1)
}

/// A folder, a cluster in it, and what all starts share.
struct Stage {
    cluster: Cluster,
    world: World,
    /// What the books say when nobody disturbs.
    clean: String,
    /// How often each site is passed then.
    passed: Vec<(&'static str, u64)>,
    // Last: it goes when all others are gone.
    folder: tempfile::TempDir,
}

/// A cluster with the corpus' partitions as they are given, and a folder with what else a run needs.
fn world(corpus: &Corpus) -> (Cluster, World, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start();
    cluster.produce(&corpus.partitions);
    std::fs::write(folder.path().join("beside.jsonl"), &corpus.file).unwrap();
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recount/mixed.toml");
    let world = World {
        folder: folder.path().to_owned(),
        brokers: cluster.brokers.clone(),
        ends: cluster.ends(),
        file_end: u64::try_from(corpus.file.len()).unwrap(),
        rules: std::fs::read_to_string(rules).unwrap(),
        defect: None,
    };
    let config = world.config(&How::default());
    let setup = setup::load(Some(&config), &SystemClock).unwrap();
    drop(setup.open(&folder.path().join("blank.db")).unwrap());
    (cluster, world, folder)
}

fn stage() -> Stage {
    let (cluster, world, folder) = world(&corpus::corpus(seed()));
    let ledger = world.fresh("clean");
    let count = folder.path().join("count");
    let how = How::default().with("CRASH_COUNT", &count.display());
    assert_eq!(world.run(&ledger, &how), Ok(Ended::Idle));
    let clean = books::told(&ledger);
    let passed = passages(&count);
    Stage {
        cluster,
        world,
        clean,
        passed,
        folder,
    }
}

/// How often each site was passed.
fn passages(count: &Path) -> Vec<(&'static str, u64)> {
    let text = std::fs::read_to_string(count).unwrap_or_default();
    let times = |site: &str| text.lines().filter(|line| *line == site).count();
    let all = SITES
        .into_iter()
        .map(|site| (site, u64::try_from(times(site)).unwrap()));
    all.filter(|(_, times)| *times > 0).collect()
}

/// Whether Python is there, for the recount.
fn python() -> bool {
    let found = Command::new("python3").arg("--version").output().is_ok();
    if !found {
        aloud::skipped("the recount needs python3, which is not there");
    }
    found
}

#[test]
fn a_clean_run_equals_the_recount_of_a_dump() {
    let stage = stage();
    let missing: Vec<&str> = SITES
        .into_iter()
        .filter(|site| {
            !ELSEWHERE.contains(site) && !stage.passed.iter().any(|(name, _)| name == site)
        })
        .collect();
    assert!(
        missing.is_empty(),
        "sites that a run never passes: {missing:?}"
    );
    if !python() {
        return;
    }
    let path = |name: &str| stage.folder.path().join(name);
    let dump = path("calls.dump.jsonl");
    let file = std::fs::File::create(&dump).unwrap();
    dump::dump(&stage.cluster.brokers, cluster::TOPIC, &[], file).unwrap();
    let ledger = path("clean/books.db");
    std::fs::write(path("cells.jsonl"), section(&stage.clean, "cells by day")).unwrap();
    std::fs::write(path("counts.json"), outcomes(&ledger)).unwrap();
    let recount = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recount");
    for rest in [&[][..], &["--self-test"]] {
        let output = Command::new("python3")
            .arg(recount.join("recount.py"))
            .arg("--map")
            .arg(recount.join("mixed.json"))
            .arg("--compare")
            .arg(path("cells.jsonl"))
            .arg("--replay")
            .arg(path("counts.json"))
            .args(rest)
            .arg(&dump)
            .arg(path("beside.jsonl"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        eprintln!("{said}");
        assert!(output.status.success(), "{said}");
    }
}

/// A section of the books' text, without its name.
fn section<'a>(text: &'a str, name: &str) -> &'a str {
    let found = text.split("== ").find_map(|part| part.strip_prefix(name));
    found.unwrap().trim_start()
}

/// How many records ended how, as `replay --json` tells it.
fn outcomes(ledger: &Path) -> String {
    let ledger = tollwatch::ledger::SqliteLedger::open_read_only(ledger).unwrap();
    let mut sums = serde_json::Map::new();
    for (key, n) in books::counts(&ledger) {
        let outcome = key.split(' ').nth(1).unwrap().to_owned();
        let sum = sums.get(&outcome).and_then(serde_json::Value::as_u64);
        sums.insert(outcome, (sum.unwrap_or(0) + n).into());
    }
    serde_json::Value::Object(sums).to_string()
}

#[test]
fn sweep_over_every_site_and_at_random() {
    let began = Instant::now();
    let stage = stage();
    let mut cases = sweep::at_every_site(&stage.passed);
    let random = sweep::at_random(&mut Chance::new(seed()), &stage.passed, AT_RANDOM);
    cases.extend(random);
    let tally = sweep::run_all(&stage.world, &stage.clean, &cases);
    let what = format!("crash sweep, {} sites", stage.passed.len());
    sweep::judge(&what, seed(), began, &tally);
    assert!(tally.kills >= cases.len() * 3 / 4, "most blows hit");
}

/// `CRASH_N=1000`: as many random kills.
#[test]
#[ignore = "takes as long as asked for: make crash N=1000"]
fn as_many_kills_as_asked_for() {
    let wanted = usize::try_from(number("CRASH_N").unwrap_or(1_000)).unwrap();
    let began = Instant::now();
    let stage = stage();
    let mut chance = Chance::new(seed());
    let mut all = sweep::Tally::default();
    while all.kills < wanted {
        let n = ((wanted - all.kills) / 2).clamp(8, 60);
        let cases = sweep::at_random(&mut chance, &stage.passed, n);
        let tally = sweep::run_all(&stage.world, &stage.clean, &cases);
        all.cases += tally.cases;
        all.kills += tally.kills;
        all.missed += tally.missed;
        all.differences.extend(tally.differences);
        eprintln!(
            "{} kills, {} differences, {} s",
            all.kills,
            all.differences.len(),
            began.elapsed().as_secs()
        );
    }
    sweep::judge("long crash sweep", seed(), began, &all);
}

/// `CRASH_CASE=site:k+kill:ms`: that one.
#[test]
#[ignore = "repeats the case that CRASH_CASE names"]
fn one_case() {
    let case = std::env::var("CRASH_CASE").unwrap();
    let (case, stage) = (case.parse::<Case>().unwrap(), stage());
    match sweep::run(&stage.world, &stage.clean, &case, "one") {
        Ok((kills, missed)) => eprintln!("{case}: {kills} kills, {missed} blows missed, equal"),
        Err(difference) => panic!("{case}:\n{difference}"),
    }
}

#[test]
fn from_nothing() {
    let stage = stage();
    let count = stage.folder.path().join("count of the first start");
    let how = How::default().with("CRASH_COUNT", &count.display());
    for (name, blow) in [
        ("undisturbed", None),
        ("before", Some("before_migration:1")),
        ("mid", Some("mid_migration:1")),
        ("later", Some("mid_migration:2")),
    ] {
        let ledger = stage.world.fresh(name);
        std::fs::remove_file(&ledger).unwrap();
        if let Some(blow) = blow {
            let crash = How::default().with("CRASH_AT", &blow);
            assert_eq!(
                stage.world.run(&ledger, &crash),
                Ok(Ended::Crashed),
                "{blow}"
            );
        }
        assert_eq!(stage.world.run(&ledger, &how), Ok(Ended::Idle), "{name}");
        let difference = books::difference(&stage.clean, &books::told(&ledger));
        assert_eq!(difference, None, "{name}");
    }
    let passed = passages(&count);
    for site in ["before_migration", "mid_migration"] {
        assert!(
            passed.iter().any(|(name, _)| *name == site),
            "{site} is never passed"
        );
    }
}

/// What a daemon with a transaction in two halves does to the books.
#[test]
fn the_sweep_finds_a_transaction_in_two_halves() {
    let mut stage = stage();
    let sound = books::figures(&stage.folder.path().join("clean/books.db"));
    // Places between the halves, and where each defect must show.
    let defects = [
        ("positions_first", "transaction_sifted"),
        ("figures_first", "transaction_cells"),
    ];
    for (defect, site) in defects {
        stage.world.defect = Some(defect);
        let ledger = stage.world.fresh(defect);
        assert_eq!(stage.world.run(&ledger, &How::default()), Ok(Ended::Idle));
        let undisturbed = books::difference(&stage.clean, &books::told(&ledger));
        assert_eq!(undisturbed, None, "{defect} shows without a crash, too");
        let cases: Vec<Case> = [5, 9, 14].map(|k| Case(vec![Blow::Site(site, k)])).into();
        let tally = sweep::run_all(&stage.world, &stage.clean, &cases);
        let found: Vec<books::Sums> = (0..cases.len())
            .map(|n| books::figures(&stage.folder.path().join(format!("case-{n}/books.db"))))
            .collect();
        eprintln!(
            "{defect}: {} differences; {found:?}, soundly {sound:?}",
            tally.differences.len()
        );
        assert_eq!(
            tally.differences.len(),
            cases.len(),
            "{defect} is not found"
        );
        for one in found {
            match defect {
                "positions_first" => {
                    assert!(
                        one.received < sound.received && one.booked < sound.booked,
                        "lost"
                    );
                }
                _ => assert!(one.booked > sound.booked, "counted twice"),
            }
        }
        for n in 0..cases.len() {
            std::fs::remove_dir_all(stage.folder.path().join(format!("case-{n}"))).unwrap();
        }
    }
}
