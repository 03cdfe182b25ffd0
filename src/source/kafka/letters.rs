//! Sends quarantined records to a topic of their own, with reason and origin as headers.
//!
//! Knows no decoder. A newcomer may ask why a letter may come twice: it is sent before its record is
//! booked, so that a crash loses none; its origin tells the second from the first.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::client::OAuthToken;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{
    BaseRecord, DeliveryResult, Producer as _, ProducerContext, ThreadedProducer,
};

use crate::clock::{Clock, SystemClock};
use crate::config::{DeadLetter, KafkaSource};

use super::client;
use super::context;
use super::fault::Fault;
use super::token::Tokens;

/// Letters that could not be sent for so long count as failed.
const DELIVERY_MAX_MS: &str = "10000";
/// How long a batch waits for its letters.
const FLUSH: Duration = Duration::from_secs(11);

/// What a letter tells besides its body.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// Name of the source.
    pub source: &'a str,
    /// The record's topic.
    pub topic: &'a str,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: u64,
    /// Why it is in quarantine.
    pub reason: &'a str,
    /// What would be right.
    pub detail: &'a str,
}

#[derive(Default)]
struct Counts {
    sent: AtomicU64,
    failed: AtomicU64,
    tokens: Option<Arc<Tokens>>,
}

impl ClientContext for Counts {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    // What goes wrong here goes wrong for the source's reader as well, which says it.
    fn generate_oauth_token(&self, _config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        let tokens = self.tokens.as_ref();
        let tokens = tokens.ok_or("no token is configured for OAUTHBEARER")?;
        Ok(context::shown(&tokens.token(SystemClock.now())?))
    }
}

impl ProducerContext for Counts {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let count = if result.is_ok() {
            &self.sent
        } else {
            &self.failed
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// A producer of dead letters.
pub struct Letters {
    producer: ThreadedProducer<Counts>,
    to: DeadLetter,
}

impl Letters {
    /// A producer to the source's brokers; `None` where the source names no topic for it.
    ///
    /// # Errors
    /// What the configuration lacks, or librdkafka refuses.
    pub fn start(source: &KafkaSource) -> Result<Option<Letters>, Fault> {
        let Some(to) = source.dead_letter.clone() else {
            return Ok(None);
        };
        let mut config = client::common(source)?;
        config
            .set("client.id", "tollwatch")
            .set("enable.idempotence", "true")
            .set("compression.type", "lz4")
            .set("message.timeout.ms", DELIVERY_MAX_MS);
        let counts = Counts {
            tokens: Tokens::of(source)?,
            ..Counts::default()
        };
        let producer = config.create_with_context(counts)?;
        Ok(Some(Letters { producer, to }))
    }

    /// Whether a letter's body is the record itself.
    #[must_use]
    pub fn raw_bytes(&self) -> bool {
        self.to.raw_bytes
    }

    /// Sends one letter; what becomes of it is counted.
    pub fn send(&self, envelope: Envelope<'_>, body: &[u8]) {
        let partition = envelope.partition.to_string();
        let offset = envelope.offset.to_string();
        let headers = [
            ("tollwatch-source", envelope.source),
            ("tollwatch-topic", envelope.topic),
            ("tollwatch-partition", partition.as_str()),
            ("tollwatch-offset", offset.as_str()),
            ("tollwatch-reason", envelope.reason),
            ("tollwatch-detail", envelope.detail),
        ];
        let headers = headers
            .into_iter()
            .fold(OwnedHeaders::new(), |headers, (key, value)| {
                headers.insert(Header {
                    key,
                    value: Some(value),
                })
            });
        let key = format!("{}/{partition}/{offset}", envelope.topic);
        let letter = BaseRecord::to(&self.to.topic)
            .key(&key)
            .payload(body)
            .headers(headers);
        if self.producer.send(letter).is_err() {
            self.producer
                .context()
                .failed
                .fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits for what was sent; how many letters arrived and how many did not since the last call.
    pub fn flush(&self) -> (u64, u64) {
        // What is still on its way then is counted by the next call.
        drop(self.producer.flush(FLUSH));
        let counts = self.producer.context();
        (
            counts.sent.swap(0, Ordering::Relaxed),
            counts.failed.swap(0, Ordering::Relaxed),
        )
    }
}
