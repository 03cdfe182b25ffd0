//! Questions to the brokers for whoever looks before anything runs.
//!
//! Knows no books. A newcomer may ask why the group is asked for its offsets, which nobody needs:
//! it is the one question that tells whether the group may be used, without joining it.

use rdkafka::consumer::Consumer as _;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::MetadataPartition;
use rdkafka::{Offset, TopicPartitionList};

use super::consumer::{ASK, Consumer};
use super::context::Place;
use super::fault::Fault;

/// A topic as the brokers tell it.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// Its partitions, or why it cannot be told.
    pub partitions: Result<Vec<i32>, Fault>,
}

impl Consumer {
    /// The topic of that name, or all that this client may see.
    ///
    /// # Errors
    /// What the brokers say, or that they do not answer.
    pub fn topics(&self, name: Option<&str>) -> Result<Vec<Topic>, Fault> {
        let metadata = self.client.fetch_metadata(name, ASK)?;
        let topics = metadata.topics().iter().map(|topic| {
            let partitions = || topic.partitions().iter();
            Topic {
                name: topic.name().to_owned(),
                partitions: match topic.error() {
                    None => Ok(partitions().map(MetadataPartition::id).collect()),
                    Some(error) => {
                        let code = RDKafkaErrorCode::from(error);
                        Err(Fault::from(KafkaError::MetadataFetch(code)))
                    }
                },
            }
        });
        Ok(topics.collect())
    }

    /// How many of these partitions the group has an offset of; no member is needed to ask.
    ///
    /// # Errors
    /// What the group's coordinator says, or that it does not answer.
    pub fn group_offsets(&self, places: &[Place]) -> Result<usize, Fault> {
        let mut list = TopicPartitionList::new();
        for place in places {
            list.add_partition(&place.topic, place.partition);
        }
        let found = self.client.committed_offsets(list, ASK)?;
        let mut known = 0;
        for one in found.elements() {
            one.error()?;
            known += usize::from(matches!(one.offset(), Offset::Offset(_)));
        }
        Ok(known)
    }
}
