//! The brokers that are measured on: a real Kafka from the project's script, and the mock in this
//! process.
//!
//! Knows no daemon. A newcomer may ask why the mock has more partitions than the real Kafka: it keeps
//! five megabytes of each, as they were packed, and forgets what was there before.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};

/// Bytes that the mock keeps of a partition.
const MOCK_KEEPS: usize = 5_000_000;

enum Kind {
    Real(tempfile::TempDir),
    Mock(MockCluster<'static, DefaultProducerContext>),
}

/// A Kafka to measure on.
pub(crate) struct Broker {
    kind: Kind,
    bootstrap: String,
    topics: AtomicU32,
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/kafka")
}

impl Broker {
    /// A real one; the reason when this machine cannot have it.
    pub(crate) fn real() -> Result<Broker, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let dir = folder.path().join("kafka");
        let started = Command::new(script())
            .arg("start")
            .arg(&dir)
            .output()
            .map_err(|error| error.to_string())?;
        if !started.status.success() {
            return Err(String::from_utf8_lossy(&started.stderr).trim().to_owned());
        }
        let bootstrap = std::fs::read_to_string(dir.join("bootstrap"))
            .map_err(|error| error.to_string())?
            .trim()
            .to_owned();
        Ok(Broker {
            kind: Kind::Real(folder),
            bootstrap,
            topics: AtomicU32::new(0),
        })
    }

    /// librdkafka's mock broker.
    pub(crate) fn mock() -> Broker {
        let cluster = MockCluster::new(1).expect("a mock cluster");
        Broker {
            bootstrap: cluster.bootstrap_servers(),
            kind: Kind::Mock(cluster),
            topics: AtomicU32::new(0),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self.kind {
            Kind::Real(_) => "real",
            Kind::Mock(_) => "mock",
        }
    }

    pub(crate) fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    pub(crate) fn partitions(&self) -> i32 {
        match self.kind {
            Kind::Real(_) => 4,
            Kind::Mock(_) => 20,
        }
    }

    /// How many records of that size, as they are packed, a topic can hold.
    pub(crate) fn records_max(&self, bytes: usize) -> usize {
        match self.kind {
            Kind::Real(_) => usize::MAX,
            // Whether they did fit is looked at.
            Kind::Mock(_) => MOCK_KEEPS / bytes * usize::try_from(self.partitions()).unwrap_or(1),
        }
    }

    /// Makes a topic.
    pub(crate) fn topic(&self) -> String {
        let topic = format!("calls-{}", self.topics.fetch_add(1, Ordering::Relaxed));
        match &self.kind {
            Kind::Mock(cluster) => cluster
                .create_topic(&topic, self.partitions(), 1)
                .expect("a topic of the mock"),
            Kind::Real(folder) => {
                let made = Command::new(script())
                    .arg("topic")
                    .arg(folder.path().join("kafka"))
                    .args(["create", &topic, "--partitions", "4"])
                    .status();
                assert!(made.is_ok_and(|status| status.success()), "a topic");
            }
        }
        topic
    }

    /// Produces records, to one partition after the other; how many.
    pub(crate) fn fill(&self, topic: &str, sample: &[Vec<u8>]) -> usize {
        let producer: ThreadedProducer<DefaultProducerContext> = self.producer();
        for (place, record) in sample.iter().enumerate() {
            let partition = i32::try_from(place % usize::try_from(self.partitions()).unwrap_or(1));
            let mut message = BaseRecord::<(), [u8]>::to(topic)
                .payload(record)
                .partition(partition.unwrap_or(0));
            loop {
                match producer.send(message) {
                    Ok(()) => break,
                    Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), again)) => {
                        message = again;
                        std::thread::sleep(Duration::from_millis(5));
                    }
                    Err((error, _)) => panic!("producing: {error}"),
                }
            }
        }
        producer
            .flush(Duration::from_mins(2))
            .expect("everything is produced");
        self.has_forgotten_nothing(topic);
        sample.len()
    }

    /// Holds the mock to its first records: whoever waited for one that is gone would wait for ever.
    fn has_forgotten_nothing(&self, topic: &str) {
        let Kind::Mock(_) = self.kind else {
            return;
        };
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &self.bootstrap)
            .create()
            .expect("a consumer");
        for partition in 0..self.partitions() {
            let (low, high) = consumer
                .fetch_watermarks(topic, partition, Duration::from_secs(10))
                .expect("a partition's first and last record");
            assert_eq!(low, 0, "the mock forgot records of {high} in {partition}");
        }
    }

    /// A producer as an application would have it.
    pub(crate) fn producer(&self) -> ThreadedProducer<DefaultProducerContext> {
        ClientConfig::new()
            .set("bootstrap.servers", &self.bootstrap)
            .set("compression.type", "lz4")
            .set("linger.ms", "20")
            .set("batch.num.messages", "2000")
            .create()
            .expect("a producer")
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Kind::Real(folder) = &self.kind {
            let stopped = Command::new(script())
                .arg("stop")
                .arg(folder.path().join("kafka"))
                .status();
            if stopped.is_err() {
                eprintln!("the Kafka in {} is still running", folder.path().display());
            }
        }
    }
}
