//! Brokers that end, cleanly or not, while records are written and read.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::brokers::Kafka;
use crate::common::Desk;
use crate::daemon_support::{Daemon, config, losses, wait_long};

/// Writes and reads while something is done to the brokers; afterwards all is there, once.
fn under_load(kafka: &Kafka, topic: &str, disturb: impl FnOnce()) {
    let desk = Desk::new();
    kafka.create(topic, 6, 3);
    let more = format!("group = \"{topic}\"");
    desk.write(
        "t.toml",
        config(&[("kafka", &kafka.brokers("bootstrap"), topic, &more)]),
    );
    let daemon = Daemon::start(&desk);
    let over = AtomicBool::new(false);
    let sent = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut sent = 0;
            while !over.load(Ordering::Relaxed) {
                let partition = i32::try_from(sent / 20 % 6).unwrap();
                kafka.send(topic, partition, sent..sent + 20, None);
                sent += 20;
                std::thread::sleep(Duration::from_millis(50));
            }
            sent
        });
        disturb();
        over.store(true, Ordering::Relaxed);
        writer.join().unwrap()
    });
    kafka.flush();
    daemon.requests_within(Duration::from_mins(2), u64::try_from(sent).unwrap());
    wait_long(
        Duration::from_mins(2),
        "no lag",
        || daemon.log(),
        || (daemon.figure("tollwatch_partition_lag_records", &[]).abs() < 0.5).then_some(()),
    );
    daemon.stop();
    assert_eq!(losses(&desk, "books.db"), []);
    desk.verify("books.db");
}

pub(crate) fn rolling(kafka: &Kafka) {
    under_load(kafka, "rolling", || {
        kafka.script("roll", &[], "");
    });
}

pub(crate) fn killed(kafka: &Kafka) {
    under_load(kafka, "killed", || {
        for broker in ["2", "1"] {
            std::thread::sleep(Duration::from_secs(2));
            kafka.script("kill", &[broker], "");
            std::thread::sleep(Duration::from_secs(8));
            kafka.script("restart", &[broker], "");
        }
    });
}
