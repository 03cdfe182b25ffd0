//! Records of one partition that come one after the other, while a reader takes them.
//!
//! Knows no batch. A newcomer may ask why a run is worth a word: looking up the partition and hashing
//! the record are done once for hundreds of them.

use crate::source::kafka::{Place, Record};
use crate::units::Text;

use super::tracks::{Track, Tracks};

/// Records of one partition, one after the other.
pub(super) struct Run<'r> {
    pub(super) place: Place,
    pub(super) track: &'r mut Track,
    /// Marked when the run ends: only the last record of a batch is ever asked for.
    last: Option<Record<'r>>,
}

impl<'r> Run<'r> {
    /// A run that begins with this record; `None` where its partition is not ours.
    pub(super) fn begin(tracks: &'r mut Tracks, record: &Record<'_>) -> Option<Run<'r>> {
        let place = Place {
            topic: Text::from(record.topic()),
            partition: record.partition(),
        };
        let track = tracks.get_mut(&place)?;
        Some(Run {
            place,
            track,
            last: None,
        })
    }

    /// Whether the record is of the same partition.
    pub(super) fn goes_on_with(&self, record: &Record<'_>) -> bool {
        self.place.partition == record.partition() && self.place.topic == record.topic()
    }

    /// Takes note of a record.
    pub(super) fn take(&mut self, record: Record<'r>) {
        self.track.next = record.offset() + 1;
        self.last = Some(record);
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        if let Some(record) = self.last.take() {
            self.track.took(record.mark());
        }
    }
}
