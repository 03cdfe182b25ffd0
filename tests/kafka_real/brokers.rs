//! Real brokers, what is done to their topics, and what writes to them beside the daemon.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};
use rdkafka::{Offset, TopicPartitionList};

use crate::common::good;
use crate::daemon_support::PATIENCE;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/kafka");

/// A cluster of its own, which ends with this process at the latest.
pub(crate) struct Kafka {
    folder: tempfile::TempDir,
    admin: AdminClient<DefaultClientContext>,
    producer: ThreadedProducer<DefaultProducerContext>,
}

impl Kafka {
    /// Starts one; `None`, and a line that says why, where the machine cannot have it.
    pub(crate) fn start(options: &[&str]) -> Option<Kafka> {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("kafka");
        let me = std::process::id().to_string();
        let started = Command::new(SCRIPT)
            .arg("start")
            .arg(&dir)
            .args(options)
            .args(["--with", &me])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&started.stderr);
        if started.status.code() == Some(77) {
            crate::aloud::skipped(format!("all cases with a real Kafka: {}", said.trim_end()));
            return None;
        }
        assert!(started.status.success(), "{said}");
        let brokers = std::fs::read_to_string(dir.join("bootstrap")).unwrap();
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", brokers.trim())
            .set("linger.ms", "1")
            .set("topic.metadata.refresh.interval.ms", "500");
        Some(Kafka {
            folder,
            admin: config.create().unwrap(),
            producer: config.create().unwrap(),
        })
    }

    /// A file or folder of the cluster.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("kafka").join(name)
    }

    /// The brokers of a listener: `bootstrap`, `bootstrap.ssl` and so on.
    pub(crate) fn brokers(&self, listener: &str) -> String {
        std::fs::read_to_string(self.path(listener))
            .unwrap()
            .trim()
            .to_owned()
    }

    /// The script, with this verb and the cluster's folder; it must succeed. Its output.
    pub(crate) fn script(&self, verb: &str, arguments: &[&str], input: &str) -> String {
        use std::io::Write as _;
        let mut child = Command::new(SCRIPT)
            .arg(verb)
            .arg(self.path(""))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{verb} {arguments:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Makes a topic, on as many brokers as there are.
    pub(crate) fn create(&self, topic: &str, partitions: i32, replicas: i32) {
        let begun = Instant::now();
        loop {
            let new = NewTopic::new(topic, partitions, TopicReplication::Fixed(replicas));
            let made = wait(self.admin.create_topics(&[new], &AdminOptions::new())).unwrap();
            match &made[0] {
                Ok(_) => return,
                // One of that name is still being deleted.
                Err(fault) => assert!(begun.elapsed() < PATIENCE, "{fault:?}"),
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Makes a topic of settings of its own, each partition on these brokers, whose first leads it.
    pub(crate) fn create_with(
        &self,
        topic: &str,
        partitions: &[&[i32]],
        settings: &[(&str, &str)],
    ) {
        let mut new = NewTopic::new(
            topic,
            i32::try_from(partitions.len()).unwrap(),
            TopicReplication::Variable(partitions),
        );
        for (name, value) in settings {
            new = new.set(name, value);
        }
        let made = wait(self.admin.create_topics(&[new], &AdminOptions::new())).unwrap();
        assert!(made[0].is_ok(), "{made:?}");
    }

    /// Deletes a topic.
    pub(crate) fn delete(&self, topic: &str) {
        let gone = wait(self.admin.delete_topics(&[topic], &AdminOptions::new())).unwrap();
        assert!(gone[0].is_ok(), "{gone:?}");
    }

    /// Gives a topic more partitions.
    pub(crate) fn grow(&self, topic: &str, partitions: usize) {
        let new = NewPartitions::new(topic, partitions);
        let grown = wait(self.admin.create_partitions(&[new], &AdminOptions::new())).unwrap();
        assert!(grown[0].is_ok(), "{grown:?}");
    }

    /// Removes the records of a partition before an offset, as retention does.
    pub(crate) fn remove(&self, topic: &str, partition: i32, before: i64) {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(before))
            .unwrap();
        wait(self.admin.delete_records(&list, &AdminOptions::new())).unwrap();
    }

    /// Sends good records to a partition, by number, with a time of their own where one is given.
    pub(crate) fn send(
        &self,
        topic: &str,
        partition: i32,
        numbers: std::ops::Range<usize>,
        at: Option<i64>,
    ) {
        for n in numbers {
            let text = good(n);
            let mut record = BaseRecord::<str, str>::to(topic)
                .partition(partition)
                .payload(&text);
            if let Some(at) = at {
                record = record.timestamp(at);
            }
            let begun = Instant::now();
            while let Err((error, back)) = self.producer.send(record) {
                // A partition that was just added is not known to the producer yet.
                assert!(begun.elapsed() < PATIENCE, "{error}");
                record = back;
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }

    /// Waits until all is delivered.
    pub(crate) fn flush(&self) {
        self.producer.flush(PATIENCE).unwrap();
    }

    /// [`Kafka::send`] and [`Kafka::flush`].
    pub(crate) fn sent(&self, topic: &str, partition: i32, numbers: std::ops::Range<usize>) {
        self.send(topic, partition, numbers, None);
        self.flush();
    }
}

impl Drop for Kafka {
    fn drop(&mut self) {
        // It ends with this process anyway.
        drop(Command::new(SCRIPT).arg("stop").arg(self.path("")).status());
    }
}

fn wait<T>(what: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let mut runtime = runtime;
    runtime.build().unwrap().block_on(what)
}
