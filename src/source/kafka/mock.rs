//! A broker inside the process, with topics that last as long as it does: for the demo and for tests.
//!
//! Knows no format. A newcomer may ask what it is good for: librdkafka brings it along, so that the
//! whole way from a topic into the books can be shown on a machine that has no Kafka. It keeps at
//! most 5 MiB and 100,000 records of a partition, in memory.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};

use super::fault::Fault;

/// How long the broker may take to have what was produced.
const FLUSH: Duration = Duration::from_secs(5);

/// A broker in this process, and a producer to it.
pub struct Mock {
    // Before the broker, so that it closes first.
    producer: ThreadedProducer<DefaultProducerContext>,
    cluster: MockCluster<'static, DefaultProducerContext>,
}

impl Mock {
    /// Starts it on a free port of the loopback, with these topics.
    ///
    /// # Errors
    /// What librdkafka says.
    pub fn start(topics: &[&str], partitions: i32) -> Result<Mock, Fault> {
        let cluster = MockCluster::new(1)?;
        for topic in topics {
            cluster.create_topic(topic, partitions, 1)?;
        }
        let producer = ClientConfig::new()
            .set("bootstrap.servers", cluster.bootstrap_servers())
            .set("linger.ms", "5")
            .create()?;
        Ok(Mock { producer, cluster })
    }

    /// Its address, `host:port`.
    #[must_use]
    pub fn brokers(&self) -> String {
        self.cluster.bootstrap_servers()
    }

    /// Produces one record to a partition; `None` is a null payload.
    ///
    /// # Errors
    /// What librdkafka says at once.
    pub fn produce(
        &self,
        topic: &str,
        partition: i32,
        payload: Option<&[u8]>,
    ) -> Result<(), Fault> {
        let record = BaseRecord::<(), [u8]>::to(topic).partition(partition);
        let record = match payload {
            Some(bytes) => record.payload(bytes),
            None => record,
        };
        let sent = self.producer.send(record);
        Ok(sent.map_err(|(error, _)| error)?)
    }

    /// Waits until the broker has what was produced.
    ///
    /// # Errors
    /// When it takes too long.
    pub fn flush(&self) -> Result<(), Fault> {
        Ok(self.producer.flush(FLUSH)?)
    }
}
