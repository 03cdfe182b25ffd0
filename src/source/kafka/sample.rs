//! Reads what topics hold, for whoever only looks: joins no group, commits nothing, changes nothing.
//!
//! Knows no books and no format. A newcomer may ask why statistics tell the end of a partition, and
//! not its last record: behind that may lie a transaction's mark, which nobody is handed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::config::{KafkaSource, Start};
use crate::units::Text;

use super::client;
use super::consumer::{Consumer, Record};
use super::context::{Place, Said};
use super::fault::{Fault, FaultKind};
use super::pattern::Pattern;
use super::seen::Seen;

/// How long the client's words are waited for, after nobody answered.
const WORDS: Duration = Duration::from_millis(100);

/// A topic that is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sampled {
    /// Its name.
    pub topic: Text,
    /// Offsets from where reading begins to its end when it began: its records, or a few more.
    pub ahead: u64,
    /// Offsets that it holds before that place.
    pub before: u64,
}

/// A client that reads topics as they are.
pub struct Sample {
    consumer: Consumer,
    topics: Vec<Sampled>,
    faults: Vec<String>,
    /// One past what each partition held when reading began, where that is not reached yet.
    left: BTreeMap<Place, u64>,
}

impl Sample {
    /// Begins to read the topics of a source at `start`.
    ///
    /// # Errors
    /// What the configuration lacks, or why no broker answers. A topic that cannot be read is one of
    /// [`Sample::faults`].
    pub fn open(source: &KafkaSource, start: Start) -> Result<Sample, Fault> {
        let mut config = client::consumer(source, true)?;
        // What retention takes while it is looked at is missing to nobody.
        config.set("auto.offset.reset", "earliest");
        let mut sample = Sample {
            consumer: Consumer::with(&config, source)?,
            topics: Vec::new(),
            faults: Vec::new(),
            left: BTreeMap::new(),
        };
        sample.consumer.knock();
        if let Some(fault) = sample.consumer.lacks_token() {
            return Err(fault);
        }
        let mut from = BTreeMap::new();
        let mut names = BTreeSet::new();
        for written in &source.topics {
            for topic in sample.meant(written)? {
                if !names.insert(topic.clone()) {
                    continue;
                }
                match sample.partitions(&topic, start) {
                    Ok(found) => from.extend(found),
                    Err(fault) => sample.faults.push(format!("topic `{topic}`: {fault}")),
                }
            }
        }
        sample.consumer.assign(&from)?;
        Ok(sample)
    }

    /// The topics that an entry of the configuration means.
    fn meant(&mut self, written: &str) -> Result<Vec<Text>, Fault> {
        if !written.starts_with('^') {
            return Ok(vec![Text::from(written)]);
        }
        let all = self
            .consumer
            .topics(None)
            .map_err(|fault| self.why(fault))?;
        let Some(pattern) = Pattern::parse(written) else {
            let fault =
                format!("pattern `{written}` goes beyond what a look understands: name its topics");
            self.faults.push(fault);
            return Ok(Vec::new());
        };
        let meant: Vec<Text> = all
            .into_iter()
            .map(|topic| Text::from(topic.name))
            .filter(|name| pattern.matches(name))
            .collect();
        if meant.is_empty() {
            let fault = format!("no topic matches `{written}`");
            self.faults.push(fault);
        }
        Ok(meant)
    }

    /// Where each partition of a topic is read from; notes where it ends.
    fn partitions(&mut self, topic: &Text, start: Start) -> Result<BTreeMap<Place, u64>, Fault> {
        let told = self.consumer.topics(Some(topic));
        let told = told.map_err(|fault| self.why(fault))?;
        let mut sampled = Sampled {
            topic: topic.clone(),
            ahead: 0,
            before: 0,
        };
        let mut from = BTreeMap::new();
        for partition in told.into_iter().map(|topic| topic.partitions) {
            for partition in partition? {
                let place = Place {
                    topic: topic.clone(),
                    partition,
                };
                let log = self.consumer.watermarks(&place)?;
                let first = self.consumer.first(&place, start)?;
                let ahead = log.high.saturating_sub(first);
                sampled.ahead = sampled.ahead.saturating_add(ahead);
                sampled.before = sampled.before.saturating_add(first.saturating_sub(log.low));
                if ahead > 0 {
                    self.left.insert(place.clone(), log.high);
                }
                from.insert(place, first);
            }
        }
        if from.is_empty() {
            return Err(Fault::new(FaultKind::TopicGone, "there is no such topic"));
        }
        self.topics.push(sampled);
        Ok(from)
    }

    /// A fault in the client's own words, where it has some: a refused password looks like silence.
    fn why(&self, fault: Fault) -> Fault {
        if fault.kind != FaultKind::Unreachable {
            return fault;
        }
        drop(self.consumer.poll(WORDS));
        let said = self.consumer.said();
        let loud = said.iter().filter(|said| said.loud);
        match loud.max_by_key(|said| said.kind()) {
            Some(worst) => Fault::new(Said::kind(worst), worst.plain()).advised(worst.hint()),
            None => fault,
        }
    }

    /// The topics that are read.
    #[must_use]
    pub fn topics(&self) -> &[Sampled] {
        &self.topics
    }

    /// What cannot be read, and why.
    #[must_use]
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// The next record, waiting at most `wait`.
    ///
    /// # Errors
    /// What librdkafka reports of a partition or of the whole client.
    pub fn poll(&mut self, wait: Duration) -> Result<Option<Record<'_>>, Fault> {
        let record = self.consumer.poll(wait)?;
        if let Some(record) = &record
            && !self.left.is_empty()
        {
            let place = Place {
                topic: Text::from(record.topic()),
                partition: record.partition(),
            };
            let next = record.offset().saturating_add(1);
            if self.left.get(&place).is_some_and(|end| next >= *end) {
                self.left.remove(&place);
            }
        }
        Ok(record)
    }

    /// Whether all has been read that was there when it began.
    pub fn is_through(&mut self) -> bool {
        if !self.left.is_empty()
            && let Some(view) = self.consumer.seen()
        {
            self.left.retain(|place, to| match view.places.get(place) {
                Some(Seen::Fetched {
                    end,
                    fetched: Some(next),
                }) => next < to && next < end,
                Some(Seen::Fetched { fetched: None, .. } | Seen::Left) | None => true,
            });
        }
        self.left.is_empty()
    }
}
