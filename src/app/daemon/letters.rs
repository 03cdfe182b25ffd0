//! Dead letters of a batch: written when a record goes into quarantine, counted when delivered.
//!
//! Knows no broker's protocol. A newcomer may ask why a letter that cannot be sent stops nothing:
//! the quarantine has the record's place and reason, and the topic still has the record.

use serde_json::json;

use crate::config::KafkaSource;
use crate::ledger::Quarantined;
use crate::source::kafka::{self, Envelope, Record};
use crate::telemetry::{Delivery, Figures};
use crate::units::Text;

/// Writes the dead letters of one source.
pub(super) struct Letters {
    producer: kafka::Letters,
    source: Text,
    /// How many quarantined records of the batch have their letter.
    written: usize,
}

impl Letters {
    /// `None` where the source names no topic for them.
    pub(super) fn start(source: &KafkaSource) -> Result<Option<Letters>, kafka::Fault> {
        let producer = kafka::Letters::start(source)?;
        Ok(producer.map(|producer| Letters {
            producer,
            source: source.name.clone(),
            written: 0,
        }))
    }

    /// Writes letters for what became quarantined with this record; `all` is the batch's.
    pub(super) fn after(&mut self, record: &Record<'_>, all: &[Quarantined]) {
        for quarantined in all.get(self.written..).unwrap_or_default() {
            let reject = &quarantined.reject;
            let envelope = Envelope {
                source: &self.source,
                topic: record.topic(),
                partition: record.partition(),
                offset: record.offset(),
                reason: reject.reason.as_str(),
                detail: &reject.detail,
            };
            if self.producer.raw_bytes() {
                self.producer
                    .send(envelope, record.payload().unwrap_or_default());
            } else {
                let keys: serde_json::Map<String, serde_json::Value> = reject
                    .keys
                    .iter()
                    .map(|(key, length)| (key.to_string(), json!(length)))
                    .collect();
                let length = record.payload().map(<[u8]>::len);
                let body = json!({ "bytes": length, "value_lengths": keys });
                self.producer.send(envelope, body.to_string().as_bytes());
            }
        }
        self.written = all.len();
    }

    /// The batch is dropped; its records come again, and their letters with them.
    pub(super) fn forget(&mut self) {
        self.written = 0;
    }

    /// Waits for the letters of the batch, before it is booked.
    pub(super) fn deliver(&mut self, figures: &Figures) {
        if self.written == 0 {
            return;
        }
        self.written = 0;
        let (sent, failed) = self.producer.flush();
        for (result, n) in [(Delivery::Sent, sent), (Delivery::Failed, failed)] {
            if n > 0 {
                figures.dead_letters(&self.source, result, n);
            }
        }
        if failed > 0 {
            tracing::warn!(source = %self.source, failed, "dead letters could not be sent; the quarantine has their records");
        }
    }
}
