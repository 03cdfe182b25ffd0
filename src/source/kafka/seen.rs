//! What a client's statistics tell of its partitions and its group.
//!
//! Knows no position of the books. A newcomer may ask why a broker's silence matters: the end of a
//! partition that nobody refreshed is no end.

use std::collections::BTreeMap;
use std::time::Instant;

use rdkafka::statistics::{Broker, Partition, Statistics};

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

/// How a client stands to its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is a member, with partitions or without.
    Member,
    /// It asks for nothing. It may wait for its topics to be there.
    Idle,
    /// It is on its way in, or gives partitions up.
    Between,
}

/// What a client's latest statistics tell.
pub struct View {
    /// When that held.
    pub at: Instant,
    /// Every assigned partition whose broker answers.
    pub places: BTreeMap<Place, Seen>,
    /// How it stands to its group; `None` while no broker answers.
    pub standing: Option<Standing>,
}

impl View {
    pub(super) fn of(statistics: &Statistics, at: Instant) -> View {
        let group = statistics.cgrp.as_ref();
        let group = group.filter(|_| statistics.brokers.values().any(answers));
        View {
            at,
            places: seen(statistics),
            // `rd_kafka_cgrp_join_state_names` of `rdkafka_cgrp.c`.
            standing: group.map(|group| match group.join_state.as_str() {
                "steady" => Standing::Member,
                "init" => Standing::Idle,
                _ => Standing::Between,
            }),
        }
    }
}

fn answers(broker: &Broker) -> bool {
    broker.state == "UP" && (0..QUIET_MAX_MICROS).contains(&broker.rxidle)
}

fn seen(statistics: &Statistics) -> BTreeMap<Place, Seen> {
    let answers = |partition: &Partition| {
        let from = fetched_from(partition);
        let mut brokers = statistics.brokers.values();
        brokers.any(|broker| Some(broker.nodeid) == from && answers(broker))
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

/// The broker that a partition is fetched from, which `client.rack` can make another than its leader;
/// `None` where it has neither.
fn fetched_from(partition: &Partition) -> Option<i32> {
    let known = |id: &i32| *id >= 0;
    let mut both = [partition.broker, partition.leader].into_iter();
    both.find(known)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A partition between two brokers: where it is fetched, who leads it, the state of the brokers 1
    /// and 2, for how long the first has been quiet, and whether one answers for it.
    type Row = (i32, i32, [&'static str; 2], i64, bool);

    #[test]
    fn a_partition_is_seen_where_it_is_fetched() {
        let rows: [Row; 7] = [
            (1, 1, ["UP", "DOWN"], 0, true),
            (2, 2, ["UP", "DOWN"], 0, false),
            (1, 1, ["UP", "UP"], QUIET_MAX_MICROS, false),
            (2, 1, ["UP", "UP"], QUIET_MAX_MICROS, true),
            (1, 2, ["UP", "UP"], QUIET_MAX_MICROS, false),
            (-1, 1, ["UP", "DOWN"], 0, true),
            (-1, -1, ["UP", "UP"], 0, false),
        ];
        for (from, leader, [first, second], rxidle, answered) in rows {
            let broker = |nodeid: i32, state: &str, rxidle: i64| Broker {
                nodeid,
                state: state.to_owned(),
                rxidle,
                ..Broker::default()
            };
            let partition = Partition {
                broker: from,
                leader,
                desired: true,
                ..Partition::default()
            };
            let mut topic = rdkafka::statistics::Topic::default();
            topic.partitions.insert(3, partition);
            let mut statistics = Statistics::default();
            statistics.topics.insert("calls".to_owned(), topic);
            // A client asks the brokers of its configuration, whose numbers it does not know yet.
            for one in [
                broker(-1, "UP", 0),
                broker(1, first, rxidle),
                broker(2, second, 0),
            ] {
                statistics.brokers.insert(one.nodeid.to_string(), one);
            }
            let place = Place {
                topic: Text::from("calls"),
                partition: 3,
            };
            let seen = View::of(&statistics, Instant::now()).places;
            assert_eq!(seen.contains_key(&place), answered, "{from} {leader}");
        }
    }
}
