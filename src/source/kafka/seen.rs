//! What a client's statistics tell of its partitions.
//!
//! Knows no position of the books. A newcomer may ask why a broker's silence matters: the end of a
//! partition that nobody refreshed is no end.

use std::collections::BTreeMap;

use rdkafka::statistics::{Partition, Statistics};

use crate::units::Text;

use super::context::Place;

/// A broker that has sent nothing for so long does not refresh what is known of its partitions.
const QUIET_MAX_MICROS: i64 = 5_000_000;

/// What the client knows of a partition whose broker answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It is fetched.
    Fetched {
        /// One past the newest record that can be read (the last stable offset, where transactions
        /// are open).
        end: u64,
        /// The next offset to fetch, where nothing that was fetched waits to be taken.
        fetched: Option<u64>,
    },
    /// It is assigned, and nobody fetches it.
    Left,
}

/// What the statistics tell of every assigned partition whose broker answers.
pub(super) fn seen(statistics: &Statistics) -> BTreeMap<Place, Seen> {
    let answers = |partition: &Partition| {
        statistics.brokers.values().any(|broker| {
            broker.nodeid == partition.leader
                && broker.state == "UP"
                && (0..QUIET_MAX_MICROS).contains(&broker.rxidle)
        })
    };
    let mut all = BTreeMap::new();
    for (name, topic) in &statistics.topics {
        for (number, partition) in &topic.partitions {
            if *number < 0 || !partition.desired || !answers(partition) {
                continue;
            }
            let place = Place {
                topic: Text::from(name.as_str()),
                partition: *number,
            };
            all.insert(place, of(partition));
        }
    }
    all
}

fn of(partition: &Partition) -> Seen {
    let end = if partition.ls_offset >= 0 {
        partition.ls_offset
    } else {
        partition.hi_offset
    };
    match u64::try_from(end) {
        Ok(end) if partition.fetch_state == "active" => Seen::Fetched {
            end,
            fetched: u64::try_from(partition.next_offset)
                .ok()
                .filter(|_| partition.fetchq_cnt == 0),
        },
        Ok(_) | Err(_) => Seen::Left,
    }
}
