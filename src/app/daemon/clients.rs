//! Reads a Kafka source with one client after the other.
//!
//! Knows no record. A newcomer may ask why a client is thrown away at all: one that lost a partition
//! without a word, or whose brokers are others now, does not come back by itself.

use std::sync::Arc;
use std::time::Duration;

use crate::config::KafkaSource;
use crate::source::kafka::{self, FaultKind};
use crate::units::Text;

use super::super::Failure;
use super::reader::{Ended, Reader};
use super::shared::{Shared, may_pass, part_of};

/// Pause before a reader that could not start is started again.
const START_AGAIN: Duration = Duration::from_secs(2);

/// Reads a source, with a new client whenever one is needed, until the end is told or the
/// configuration no longer names it.
///
/// # Errors
/// What a reader could not heal.
pub(super) fn run(shared: &Arc<Shared>, name: &Text) -> Result<(), Failure> {
    while !shared.stopping() {
        let (setup, generation) = shared.setup();
        // The reader before, if there was one, has ended with its writer.
        shared.takes_over(&part_of(name), generation);
        let named = |source: &&KafkaSource| source.name == *name;
        let Some(source) = setup.ready.kafka.iter().find(named) else {
            return Ok(());
        };
        shared.complete(name, None);
        let mut reader = match Reader::start(shared, source) {
            Ok(Some(reader)) => reader,
            Ok(None) => continue,
            Err(Failure::Kafka(fault)) if is_waited_for(&fault) => {
                shared.fault(name, &fault.to_string(), fault.hint());
                shared.health.ready(&part_of(name), Err(&fault.to_string()));
                shared.nap(START_AGAIN);
                continue;
            }
            Err(Failure::Ledger { fault, .. }) if may_pass(fault.kind) => {
                shared.ledger_waits(&fault);
                shared.nap(START_AGAIN);
                continue;
            }
            Err(failure) => return Err(failure),
        };
        let ended = reader.run()?;
        reader.release();
        match ended {
            Ended::Done => return Ok(()),
            Ended::Again => tracing::info!(source = %name, "the client is made anew"),
        }
    }
    Ok(())
}

/// Whether a client that could not start may start later without anybody's doing.
fn is_waited_for(fault: &kafka::Fault) -> bool {
    match fault.kind {
        FaultKind::Unreachable
        | FaultKind::TopicGone
        | FaultKind::OutOfRange
        | FaultKind::Other => true,
        FaultKind::Denied | FaultKind::Settings | FaultKind::Fatal => false,
    }
}
