//! A Kafka cluster inside the test: librdkafka's mock broker, filled once and read by many.
//!
//! Knows no daemon. A newcomer may ask why no real broker: this one starts in milliseconds, and what
//! is tested here is what the reader does, not what the broker does.

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer as _};

use super::corpus::{PARTITIONS, Partitions};

/// The topic that is read.
pub(crate) const TOPIC: &str = "calls";
/// How long the broker may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A cluster, and up to where its topic goes.
pub(crate) struct Cluster {
    pub(crate) brokers: String,
    // Ends the brokers when it is dropped.
    _mock: MockCluster<'static, DefaultProducerContext>,
}

impl Cluster {
    /// Starts it with an empty topic.
    pub(crate) fn start() -> Cluster {
        let mock = MockCluster::new(1).unwrap();
        mock.create_topic(TOPIC, PARTITIONS, 1).unwrap();
        Cluster {
            brokers: mock.bootstrap_servers(),
            _mock: mock,
        }
    }

    /// Adds records.
    pub(crate) fn produce(&self, partitions: &Partitions) {
        let producer: BaseProducer = ClientConfig::new()
            .set("bootstrap.servers", &self.brokers)
            .set("linger.ms", "1")
            .set("max.in.flight", "1")
            .create()
            .unwrap();
        for (partition, records) in partitions.iter().enumerate() {
            for value in records {
                let mut record = BaseRecord::<(), [u8]>::to(TOPIC);
                record = record.partition(i32::try_from(partition).unwrap());
                if let Some(value) = value {
                    record = record.payload(value);
                }
                producer.send(record).unwrap();
            }
        }
        producer.flush(PATIENCE).unwrap();
    }

    /// The end of each partition.
    pub(crate) fn ends(&self) -> Vec<u64> {
        let reader = self.reader();
        let end = |partition| {
            let marks = reader.fetch_watermarks(TOPIC, partition, PATIENCE);
            u64::try_from(marks.unwrap().1).unwrap()
        };
        (0..PARTITIONS).map(end).collect()
    }

    fn reader(&self) -> BaseConsumer {
        ClientConfig::new()
            .set("bootstrap.servers", &self.brokers)
            .set("group.id", "aside")
            .create()
            .unwrap()
    }
}

/// Joins a group with the topic as a plain consumer does, reads for a while, and leaves.
pub(crate) fn visit(
    brokers: &str,
    group: &str,
    properties: &[(&str, &str)],
    stay: Duration,
) -> u64 {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", brokers)
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest");
    for (name, value) in properties {
        config.set(*name, *value);
    }
    let visitor: BaseConsumer = config.create().unwrap();
    visitor.subscribe(&[TOPIC]).unwrap();
    let end = Instant::now() + stay;
    let mut read = 0;
    while Instant::now() < end {
        if let Some(Ok(_)) = visitor.poll(Duration::from_millis(20)) {
            read += 1;
        }
    }
    visitor.unsubscribe();
    read
}
