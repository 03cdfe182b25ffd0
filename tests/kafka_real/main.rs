//! The daemon against a real Apache Kafka, started by `tests/servers/kafka`; a machine without Java
//! skips all of it, and says so.
//!
//! Knows nothing of what mock brokers can show as well. A newcomer may ask why many cases share one
//! test: starting brokers takes longer than what is done with them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]
#![allow(clippy::print_stderr, reason = "what was measured or skipped is told")]
#![allow(clippy::disallowed_methods, reason = "records and tokens are of now")]
#![allow(clippy::similar_names, reason = "what is sent, and what sends it")]

#[path = "../common/aloud.rs"]
mod aloud;
#[path = "../common/mod.rs"]
mod common;
#[path = "../daemon_support/mod.rs"]
mod daemon_support;
#[path = "../token_server/mod.rs"]
mod token_server;

mod brokers;
mod doctor;
mod losses;
mod members;
mod records;
mod restarts;
mod security;

use std::panic::AssertUnwindSafe;

use brokers::Kafka;

/// What a case is called, and what it does.
type Case = (&'static str, fn(&Kafka));

/// Runs cases side by side, two at a time, and says which failed; those alone whose name holds what
/// the variable `CASE` says, where it is set.
fn run(kafka: &Kafka, cases: &[Case]) {
    let wanted = std::env::var("CASE").unwrap_or_default();
    let mut cases = cases.to_vec();
    cases.retain(|(name, _)| name.contains(&wanted));
    let next = std::sync::atomic::AtomicUsize::new(0);
    let failed = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((name, case)) =
                    cases.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                {
                    let begun = std::time::Instant::now();
                    let ended = std::panic::catch_unwind(AssertUnwindSafe(|| case(kafka)));
                    eprintln!(
                        "{name}: {:?}, {}",
                        begun.elapsed(),
                        if ended.is_ok() { "ok" } else { "FAILED" }
                    );
                    if ended.is_err() {
                        failed.lock().unwrap().push(*name);
                    }
                }
            });
        }
    });
    assert_eq!(failed.into_inner().unwrap(), [""; 0]);
}

#[test]
fn one_broker() {
    // A connection ends with its token.
    let ends = "listener.name.sasl_plaintext.oauthbearer.connections.max.reauth.ms=3600000";
    let Some(kafka) = Kafka::start(&["--mtls", "--scram", "--set", ends]) else {
        return;
    };
    let cases: [Case; 19] = [
        ("every way in", security::every_way_in),
        ("tokens are renewed", security::tokens_are_renewed),
        ("refused", security::refused_without_a_secret_said),
        ("doctor, every way in", doctor::every_way_in),
        ("doctor, shut", doctor::what_is_shut_says_what_to_do),
        ("doctor, patterns", doctor::patterns),
        ("removed while stopped", losses::removed_while_stopped),
        ("retention passes", losses::retention_passes),
        (
            "removed while the ledger is locked",
            losses::removed_while_locked,
        ),
        ("made again while stopped", losses::made_again_while_stopped),
        ("made again while running", losses::made_again_while_running),
        ("transactions", records::transactions),
        ("from a time", records::from_a_time),
        ("other producers", records::other_producers),
        (
            "new partitions and topics",
            records::new_partitions_and_topics,
        ),
        ("consumer protocol", members::consumer_protocol),
        (
            "more members than partitions",
            members::more_members_than_partitions,
        ),
        ("static membership", members::static_membership),
        ("two of one name", members::two_of_one_name),
    ];
    run(&kafka, &cases);
    if std::env::var_os("CASE").is_none() {
        members::no_group_lags(&kafka);
    }
}

#[test]
fn three_brokers() {
    let Some(kafka) = Kafka::start(&["--brokers", "3"]) else {
        return;
    };
    // One after the other: they end the same brokers.
    run(&kafka, &[("rolling restart", restarts::rolling)]);
    run(&kafka, &[("killed brokers", restarts::killed)]);
    run(&kafka, &[("unclean election", losses::unclean_election)]);
}
