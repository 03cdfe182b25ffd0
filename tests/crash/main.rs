//! Kills the daemon anywhere along its path, and compares its books with those of a run that nobody
//! disturbed.
//!
//! The clean run is itself compared with the independent recount of a dump of the topic. A newcomer
//! may ask how a failure is repeated: it prints one line that does.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]
#![allow(clippy::print_stderr, reason = "a test tells what it did")]

mod books;
mod cluster;
mod corpus;
mod daemon;

use std::time::Instant;

use cluster::Cluster;
use daemon::{Ended, How, World};
use tollwatch::app::setup;
use tollwatch::clock::SystemClock;

/// The rules of the corpus' scenario, without the source of files.
fn rules() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recount/mixed.toml");
    std::fs::read_to_string(path).unwrap()
}

fn seed() -> u64 {
    std::env::var("CRASH_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(1)
}

struct Stage {
    folder: tempfile::TempDir,
    cluster: Cluster,
    world: World,
}

fn stage() -> Stage {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start();
    let corpus = corpus::corpus(seed());
    cluster.produce(&corpus.partitions);
    std::fs::write(folder.path().join("beside.jsonl"), &corpus.file).unwrap();
    let world = World {
        folder: folder.path().to_owned(),
        brokers: cluster.brokers.clone(),
        ends: cluster.ends(),
        file_end: u64::try_from(corpus.file.len()).unwrap(),
        rules: rules(),
    };
    let config = world.config(&How::default());
    let setup = setup::load(Some(&config), &SystemClock).unwrap();
    drop(setup.open(&folder.path().join("blank.db")).unwrap());
    Stage {
        folder,
        cluster,
        world,
    }
}

#[test]
fn clean() {
    let began = Instant::now();
    let stage = stage();
    eprintln!("staged {:?} {:?}", began.elapsed(), stage.world.ends);
    let mut texts = Vec::new();
    for n in 0..3 {
        let began = Instant::now();
        let ledger = stage.world.fresh(&format!("clean-{n}"));
        let count = stage.folder.path().join("count");
        let ended = stage.world.run(
            &ledger,
            &How::default().with("CRASH_COUNT", count.display()),
        );
        eprintln!("{ended:?} {:?}", began.elapsed());
        texts.push(books::told(&ledger));
        eprintln!("{:?}", began.elapsed());
        if n == 0 {
            let log = std::fs::read_to_string(ledger.with_extension("log")).unwrap();
            eprintln!("{log}");
            let text = std::fs::read_to_string(&count).unwrap();
            for site in tollwatch::crash::SITES {
                eprintln!(
                    "{site} {}",
                    text.lines().filter(|line| *line == site).count()
                );
            }
        }
    }
    eprintln!("{:?}", books::difference(&texts[0], &texts[1]));
    let lines: Vec<&str> = texts[0]
        .lines()
        .filter(|l| l.starts_with("calls ") || l.starts_with("beside "))
        .collect();
    eprintln!("{lines:#?}");
    assert_eq!(Ended::Idle, Ended::Idle);
}
