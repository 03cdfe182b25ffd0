//! What librdkafka tells between records: new partitions, lost ones, statistics, log lines.
//!
//! Knows no position. A newcomer may ask why a rebalance is only noted here: it is answered between
//! two polls, where what was read of a partition can be booked before the partition is given up.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::OAuthToken;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::statistics::Statistics;
use rdkafka::topic_partition_list::TopicPartitionListElem;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Offset, TopicPartitionList};

use crate::clock::{Clock, SystemClock};
use crate::units::Text;

use super::fault::{FaultKind, advice};
use super::token::{Token, Tokens};

/// How the client begins when it was given no token (`rdkafka_sasl_oauthbearer.c`).
const NO_TOKEN: &str = "Failed to acquire SASL OAUTHBEARER token";
/// Lines kept until somebody asks for them.
const LINES_MAX: usize = 64;

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The topic.
    pub topic: Text,
    /// Its partition.
    pub partition: i32,
}

/// What a rebalance changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// These partitions are ours from now on, once they are assigned.
    Assigned(Vec<Place>),
    /// These partitions go to somebody else, once they are given up.
    Revoked(Vec<Place>),
}

/// A line that librdkafka would log, or why there is no token to show to the brokers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Whether it is an error or a warning; the rest is for debugging.
    pub loud: bool,
    /// librdkafka's own words; they hold no secret.
    pub text: String,
    /// Kind and hint, where they are not to be found out from the words.
    known: Option<(FaultKind, &'static str)>,
}

impl Said {
    /// Whether it speaks of being refused, of a position that is not there, or of nobody answering.
    #[must_use]
    pub fn kind(&self) -> FaultKind {
        let refused = ["SASL", "SSL", "uthentication", "uthorization"];
        if let Some((kind, _)) = self.known {
            kind
        } else if self.text.contains("AutoOffsetReset") {
            FaultKind::OutOfRange
        } else if refused.iter().any(|word| self.text.contains(word)) {
            FaultKind::Denied
        } else {
            FaultKind::Unreachable
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        let known = self.known.map(|(_, hint)| hint);
        let known = known.or_else(|| advice(&self.text));
        known.unwrap_or(self.kind().hint())
    }

    /// Whether it says more than that something does not work.
    #[must_use]
    pub fn is_telling(&self) -> bool {
        self.known.is_some() || advice(&self.text).is_some()
    }

    /// Its words without the numbers that differ each time it is said: two of them are one fault.
    #[must_use]
    pub fn plain(&self) -> String {
        // "(after 12ms in state CONNECT, 4 identical error(s) suppressed)"
        let text = self.text.split(" (after").next();
        text.unwrap_or_default().to_owned()
    }
}

/// Gathers what librdkafka tells.
pub(super) struct Context {
    /// Set while the client closes: then nobody is left to answer a rebalance.
    pub(super) closing: AtomicBool,
    /// Before the client was made, which tells the age of its statistics from then on.
    made: Instant,
    changes: Mutex<Vec<Change>>,
    statistics: Mutex<Option<Statistics>>,
    uncommitted: Mutex<Vec<(Place, i64)>>,
    said: Mutex<Vec<Said>>,
    tokens: Option<Arc<Tokens>>,
    /// The client was last given no token.
    without_token: AtomicBool,
    /// An error that the client reports next was said before, in better words.
    said_before: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whoever panicked while holding it left a list that is still a list.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Context {
    /// A context; `tokens` are there where one is needed.
    pub(super) fn new(tokens: Option<Arc<Tokens>>) -> Context {
        Context {
            closing: AtomicBool::new(false),
            made: Instant::now(),
            uncommitted: Mutex::default(),
            changes: Mutex::default(),
            statistics: Mutex::default(),
            said: Mutex::default(),
            tokens,
            without_token: AtomicBool::new(false),
            said_before: AtomicBool::new(false),
        }
    }

    /// Whether the error that the client reports now was said before.
    pub(super) fn is_said_before(&self) -> bool {
        self.said_before.swap(false, Ordering::AcqRel)
    }

    /// Changes of the assignment that wait for an answer, in their order.
    pub(super) fn take_changes(&self) -> Vec<Change> {
        std::mem::take(&mut *lock(&self.changes))
    }

    /// The latest statistics, once, and when they held: they may have waited for whoever polls.
    pub(super) fn take_statistics(&self) -> Option<(Instant, Statistics)> {
        let statistics = lock(&self.statistics).take()?;
        let age = Duration::from_micros(u64::try_from(statistics.age).unwrap_or(0));
        Some((self.made + age, statistics))
    }

    /// Offsets that could not be committed since the last question.
    pub(super) fn take_uncommitted(&self) -> Vec<(Place, i64)> {
        std::mem::take(&mut *lock(&self.uncommitted))
    }

    /// Log lines since the last question.
    pub(super) fn take_said(&self) -> Vec<Said> {
        std::mem::take(&mut *lock(&self.said))
    }

    fn say(&self, loud: bool, text: String) {
        let known = None;
        self.push(Said { loud, text, known });
    }

    fn push(&self, line: Said) {
        let mut said = lock(&self.said);
        if said.len() < LINES_MAX && said.last().is_none_or(|last| last.text != line.text) {
            said.push(line);
        }
    }
}

impl ClientContext for Context {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        let loud = match level {
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error
            | RDKafkaLogLevel::Warning => true,
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => false,
        };
        self.say(loud, format!("{facility} {message}"));
    }

    fn stats(&self, statistics: Statistics) {
        *lock(&self.statistics) = Some(statistics);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let code = error
            .rdkafka_error_code()
            .map(|code| code.to_string())
            .unwrap_or_default();
        // The client repeats what it was given instead of a token, and only when that is new.
        if reason.starts_with(NO_TOKEN) && self.without_token.load(Ordering::Acquire) {
            self.said_before.store(true, Ordering::Release);
            return;
        }
        self.say(true, format!("{code}: {reason}"));
    }

    fn generate_oauth_token(&self, _config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        let tokens = self.tokens.as_ref();
        let tokens = tokens.ok_or("no token is configured for OAUTHBEARER")?;
        let told = tokens.token(SystemClock.now());
        self.without_token.store(told.is_err(), Ordering::Release);
        match told {
            Ok(token) => Ok(shown(&token)),
            Err(fault) => {
                self.push(Said {
                    loud: true,
                    text: fault.to_string(),
                    known: Some((fault.kind, fault.hint())),
                });
                Err(Box::new(fault))
            }
        }
    }
}

/// A token as the client takes it.
pub(super) fn shown(token: &Token) -> OAuthToken {
    OAuthToken {
        token: token.text.open().to_owned(),
        principal_name: "tollwatch".to_owned(),
        lifetime_ms: token.end.0,
    }
}

fn place(one: &TopicPartitionListElem<'_>) -> Place {
    Place {
        topic: Text::from(one.topic()),
        partition: one.partition(),
    }
}

impl ConsumerContext for Context {
    fn commit_callback(&self, result: KafkaResult<()>, offsets: &TopicPartitionList) {
        let failed = |one: &TopicPartitionListElem<'_>| match one.offset() {
            Offset::Offset(offset) if result.is_err() || one.error().is_err() => {
                Some((place(one), offset))
            }
            Offset::Offset(_)
            | Offset::Beginning
            | Offset::End
            | Offset::Stored
            | Offset::Invalid
            | Offset::OffsetTail(_) => None,
        };
        lock(&self.uncommitted).extend(offsets.elements().iter().filter_map(failed));
    }

    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        event: RDKafkaRespErr,
        list: &mut TopicPartitionList,
    ) {
        let assigned = event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        if !self.closing.load(Ordering::Acquire) {
            let places = list.elements().iter().map(place).collect();
            lock(&self.changes).push(if assigned {
                Change::Assigned(places)
            } else {
                Change::Revoked(places)
            });
            return;
        }
        if assigned {
            return;
        }
        let given_up = match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_unassign(list),
            RebalanceProtocol::Eager | RebalanceProtocol::None => consumer.unassign(),
        };
        if let Err(error) = given_up {
            self.say(true, format!("partitions could not be given up: {error}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_words_read_alike() {
        let said = |text: &str| Said {
            loud: true,
            text: text.to_owned(),
            known: None,
        };
        let refused = "FAIL [thrd:127.0.0.1:1/bootstrap]: 127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT, 5 identical error(s) suppressed)";
        let rows = [
            (refused, FaultKind::Unreachable, "Connection refused"),
            (
                "AutoOffsetReset (Local: No offset to automatically reset to): Partition log truncation detected",
                FaultKind::OutOfRange,
                "detected",
            ),
            (
                "FAIL a: SASL authentication error",
                FaultKind::Denied,
                "error",
            ),
        ];
        for (text, kind, end) in rows {
            let said = said(text);
            assert_eq!(said.kind(), kind, "{text}");
            assert!(said.plain().ends_with(end), "{text}");
        }
    }
}
