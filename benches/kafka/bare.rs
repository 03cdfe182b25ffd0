//! The bare loop: polls and decodes, and keeps nothing.
//!
//! Knows no books. A newcomer may ask why it is given its partitions: a group's first assignment
//! takes seconds that have nothing to do with reading. And why the loop that the daemon is held to
//! decodes records whole, where the daemon passes over what nobody needs: that is how a loop reads
//! that somebody writes without more ado, and a loop that skips as well would hide what skipping saves
//! and what it does not. What a loop costs that skips too is printed beside it.

use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};
use tollwatch::decode::{self, Context, Settings, Watcher};
use tollwatch::provider::Gate;

use super::broker::Broker;
use super::daemon::{Cost, cpu_ms, most_memory_kib};

/// The first argument of the process that is the loop.
pub(crate) const CHILD: &str = "--bare";

/// What is done with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loop {
    /// Nothing.
    Polls,
    /// Read as JSON, every value of it.
    Parses,
    /// Read by the daemon's own decoder, no column passed over.
    Decodes,
    /// The same without the columns that nobody needs, as the daemon does it.
    Skips,
}

/// Wants to see every record whole, and does nothing with it.
struct Whole;

impl Watcher for Whole {}

impl Loop {
    const ALL: [Loop; 4] = [Loop::Polls, Loop::Parses, Loop::Decodes, Loop::Skips];

    fn word(self) -> &'static str {
        match self {
            Loop::Polls => "polls",
            Loop::Parses => "parses",
            Loop::Decodes => "decodes",
            Loop::Skips => "skips",
        }
    }
}

/// The child: arguments are what it does, brokers, topic, partitions and records.
pub(crate) fn child(mut words: impl Iterator<Item = String>) {
    let mut word = || words.next().expect("five arguments");
    let does = word();
    let does = Loop::ALL.into_iter().find(|one| one.word() == does);
    let (brokers, topic) = (word(), word());
    let partitions: i32 = word().parse().expect("partitions");
    let records: usize = word().parse().expect("records");
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "bare")
        .set("enable.auto.commit", "false")
        .set("fetch.queue.backoff.ms", "5")
        .create()
        .expect("a consumer");
    let mut list = TopicPartitionList::new();
    for partition in 0..partitions {
        list.add_partition_offset(&topic, partition, Offset::Beginning)
            .expect("a partition");
    }
    consumer.assign(&list).expect("an assignment");
    let (settings, gate) = (Settings::default(), Gate::default());
    let context = Context {
        settings: &settings,
        gate: &gate,
    };
    let mut told = Vec::new();
    let id = std::process::id();
    let (begun, start_ms) = (Instant::now(), cpu_ms(id));
    let mut taken = 0;
    while taken < records {
        let Some(Ok(message)) = consumer.poll(Duration::from_secs(1)) else {
            continue;
        };
        let payload = message.payload().unwrap_or_default();
        match does.expect("a known loop") {
            Loop::Polls => drop(black_box(payload)),
            Loop::Parses => drop(black_box(serde_json::from_slice::<serde_json::Value>(
                payload,
            ))),
            Loop::Decodes => decode::watch(payload, context, &mut Whole, &mut told),
            Loop::Skips => decode::decode(payload, context, &mut told),
        }
        black_box(&told);
        told.clear();
        taken += 1;
    }
    let took = begun.elapsed();
    println!(
        "{} {} {}",
        took.as_millis(),
        cpu_ms(id) - start_ms,
        most_memory_kib(id)
    );
}

/// Runs the loop over a topic.
pub(crate) fn run(does: Loop, broker: &Broker, topic: &str, records: usize) -> Cost {
    let own = std::env::current_exe().expect("this bench");
    let output = Command::new(own)
        .args([CHILD, does.word(), broker.bootstrap(), topic])
        .args([broker.partitions().to_string(), records.to_string()])
        .stderr(Stdio::inherit())
        .output()
        .expect("the loop runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<u64> = said
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [took_ms, cpu_ms, memory_kib] = numbers[..] else {
        panic!("the loop said {said:?}");
    };
    Cost {
        records,
        took_ms,
        cpu_ms,
        memory_kib,
        ..Cost::default()
    }
}
