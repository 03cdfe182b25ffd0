//! Another member of the daemon's group comes and goes: partitions are taken away and given back.
//!
//! Knows no broker but the mock one. A newcomer may ask what the visitor does with records: nothing,
//! so whatever it was given the daemon must read when it has the partition again.

use std::ops::Range;
use std::time::Duration;

use super::cluster;
use super::corpus::{self, Corpus, Partitions};
use super::daemon::{Ended, How};
use super::{books, passages, seed, world};

/// How long a visitor of the group stays: longer than a mock broker takes to share out again.
const VISIT: Duration = Duration::from_secs(5);

/// Parts that the corpus is cut into.
const PARTS: usize = 30;

/// Some of the parts of each partition.
fn part(partitions: &Partitions, parts: Range<usize>) -> Partitions {
    let cut =
        |all: &Vec<_>| all[all.len() * parts.start / PARTS..all.len() * parts.end / PARTS].to_vec();
    partitions.iter().map(cut).collect()
}

/// How the visitor is a member.
fn properties(protocol: &str) -> &'static [(&'static str, &'static str)] {
    match protocol {
        "classic" => &[
            ("partition.assignment.strategy", "cooperative-sticky"),
            ("session.timeout.ms", "4000"),
            ("heartbeat.interval.ms", "200"),
        ],
        _ => &[("group.protocol", "consumer")],
    }
}

/// One run with another member that comes and goes while records arrive; the sites passed.
fn with_a_visitor(protocol: &'static str, crash: Option<&str>) -> Vec<(&'static str, u64)> {
    let whole = corpus::corpus(seed());
    let (cluster, mut world, folder) = world(&Corpus {
        partitions: part(&whole.partitions, 0..10),
        file: whole.file,
    });
    let ledger = world.fresh("visited");
    let count = folder.path().join("count");
    let mut how = How::default().with("CRASH_COUNT", &count.display());
    how.group = Some(("shared".to_owned(), protocol));
    if let Some(crash) = crash {
        how = how.with("CRASH_AT", &crash);
    }
    let mut daemon = world.start(&ledger, &how);
    let ended = daemon.until_idle(&world).unwrap();
    assert_eq!(ended, None, "it crashed before anybody came");
    let brokers = cluster.brokers.as_str();
    std::thread::scope(|scope| {
        scope.spawn(|| cluster::visit(brokers, "shared", properties(protocol), VISIT));
        // A few records at a time, before, while and after partitions change hands.
        for step in 10..PARTS {
            cluster.produce(&part(&whole.partitions, step..step + 1));
            std::thread::sleep(Duration::from_millis(150));
        }
    });
    world.ends = cluster.ends();
    if crash.is_none() {
        assert_eq!(daemon.until_idle(&world).unwrap(), None);
        assert!(
            daemon.says("revoked"),
            "{protocol}: nothing changed hands\n{}",
            daemon.words()
        );
        assert!(daemon.stop().unwrap().success());
    } else {
        assert!(
            daemon.wait(Duration::from_secs(20)).is_ok(),
            "{crash:?} did not happen\n{}",
            daemon.words()
        );
        assert_eq!(world.run(&ledger, &How::default()), Ok(Ended::Idle));
    }
    let told = books::told(&ledger);
    let whole = world.fresh("whole");
    assert_eq!(world.run(&whole, &How::default()), Ok(Ended::Idle));
    let difference = books::difference(&books::told(&whole), &told);
    assert_eq!(difference, None, "{protocol} {crash:?}");
    passages(&count)
}

#[test]
fn partitions_change_hands() {
    let sites = [
        "before_hand_back",
        "after_hand_back_booked",
        "after_hand_back",
    ];
    let cases = ["classic", "consumer"].into_iter().flat_map(|protocol| {
        let crashes = sites.into_iter().map(Some).chain([None]);
        crashes.map(move |site| (protocol, site))
    });
    std::thread::scope(|scope| {
        for (protocol, site) in cases {
            scope.spawn(move || {
                let crash = site.map(|site| format!("{site}:1"));
                let passed = with_a_visitor(protocol, crash.as_deref());
                if site.is_none() {
                    for site in sites {
                        assert!(
                            passed.iter().any(|(name, _)| *name == site),
                            "{site} is never passed"
                        );
                    }
                }
            });
        }
    });
}
