//! Mock brokers, and what writes to them and reads from them beside the daemon.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

/// How long a producer may take to deliver.
const DELIVERY: Duration = Duration::from_mins(1);

/// Mock brokers.
pub(crate) struct Mock(pub(crate) MockCluster<'static, DefaultProducerContext>);

impl Mock {
    /// So many brokers, with one topic.
    pub(crate) fn new(brokers: i32, topic: &str, partitions: i32) -> Mock {
        let cluster = MockCluster::new(brokers).unwrap();
        cluster
            .create_topic(topic, partitions, brokers.min(3))
            .unwrap();
        Mock(cluster)
    }

    /// Where they are.
    pub(crate) fn brokers(&self) -> String {
        self.0.bootstrap_servers()
    }

    /// A producer with these properties besides.
    pub(crate) fn producer(&self, more: &[(&str, &str)]) -> Producer {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", self.brokers())
            .set("linger.ms", "0")
            .set("message.max.bytes", "4000000")
            .set("queue.buffering.max.kbytes", "1000000");
        for (name, value) in more {
            config.set(*name, *value);
        }
        Producer(config.create().unwrap())
    }

    /// Answers the next requests of a kind with these errors.
    pub(crate) fn fails(&self, kind: RDKafkaApiKey, errors: &[RDKafkaRespErr]) {
        self.0.request_errors(kind, errors);
    }

    /// Up to where a group's offsets have followed, in each partition.
    pub(crate) fn committed(&self, group: &str, topic: &str, partitions: i32) -> Vec<i64> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", self.brokers())
            .set("group.id", group)
            .create()
            .unwrap();
        let mut list = TopicPartitionList::new();
        list.add_partition_range(topic, 0, partitions - 1);
        let committed = consumer
            .committed_offsets(list, Duration::from_secs(10))
            .unwrap();
        let raw = |offset| match offset {
            Offset::Offset(offset) => offset,
            Offset::Beginning
            | Offset::End
            | Offset::Stored
            | Offset::Invalid
            | Offset::OffsetTail(_) => -1,
        };
        committed
            .elements()
            .iter()
            .map(|one| raw(one.offset()))
            .collect()
    }
}

/// A producer that fails a test when a record is not delivered.
pub(crate) struct Producer(ThreadedProducer<DefaultProducerContext>);

impl Producer {
    /// Sends a record to a partition; `None` is a null payload.
    pub(crate) fn send(&self, topic: &str, partition: i32, payload: Option<&str>) {
        let headers = OwnedHeaders::new().insert(Header {
            key: "traceparent",
            value: Some("hush-header"),
        });
        let mut record = BaseRecord::<str, str>::to(topic)
            .partition(partition)
            .headers(headers);
        if let Some(payload) = payload {
            record = record.payload(payload).key("hush-key");
        }
        self.0.send(record).map_err(|(error, _)| error).unwrap();
    }

    /// Waits until all are delivered.
    pub(crate) fn flush(&self) {
        self.0.flush(DELIVERY).unwrap();
    }
}
