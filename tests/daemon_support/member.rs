//! A plain member of a consumer group, as any other program would be one.
//!
//! Knows no daemon. A newcomer may ask why it has a thread: a member that is not polled holds up
//! every change of its group.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext, Rebalance};
use rdkafka::{ClientConfig, ClientContext};

/// Counts how often a member's partitions change.
#[derive(Clone, Default)]
struct Changes(Arc<AtomicUsize>);

impl ClientContext for Changes {}

impl ConsumerContext for Changes {
    fn post_rebalance(&self, _: &BaseConsumer<Self>, _: &Rebalance<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A plain member of a group that polls in a thread of its own and commits nothing, until dropped.
pub(crate) struct Member {
    changes: Changes,
    count: Arc<Mutex<usize>>,
    over: Arc<AtomicUsize>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Member {
    /// Joins; `more` are further properties.
    pub(crate) fn join(
        brokers: &str,
        group: &str,
        topic: &'static str,
        more: &[(&str, &str)],
    ) -> Member {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", brokers)
            .set("group.id", group)
            .set("enable.auto.commit", "false");
        // The broker's own, where the broker decides.
        if more.iter().all(|(name, _)| *name != "group.protocol") {
            config.set("session.timeout.ms", "6000");
        }
        for (name, value) in more {
            config.set(*name, *value);
        }
        let changes = Changes::default();
        let consumer: BaseConsumer<Changes> = config.create_with_context(changes.clone()).unwrap();
        let (count, over) = (Arc::new(Mutex::new(0)), Arc::new(AtomicUsize::new(0)));
        let (held, stop) = (Arc::clone(&count), Arc::clone(&over));
        let thread = std::thread::spawn(move || {
            consumer.subscribe(&[topic]).unwrap();
            while stop.load(Ordering::Relaxed) == 0 {
                if let Some(Err(error)) = consumer.poll(Duration::from_millis(100)) {
                    eprintln!("a plain member: {error}");
                }
                *held.lock().unwrap() = consumer.assignment().unwrap().count();
            }
        });
        Member {
            changes,
            count,
            over,
            thread: Some(thread),
        }
    }

    /// How many partitions it has.
    pub(crate) fn holds(&self) -> usize {
        *self.count.lock().unwrap()
    }

    /// How often they have changed.
    pub(crate) fn changes(&self) -> usize {
        self.changes.0.load(Ordering::Relaxed)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.over.store(1, Ordering::Relaxed);
        drop(self.thread.take().unwrap().join());
    }
}
