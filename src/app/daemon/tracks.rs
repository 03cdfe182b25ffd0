//! Where each partition of a reader stands: in the books, on its way there, and at its broker.
//!
//! Knows no client and no ledger. A newcomer may ask why a partition that is at its end still
//! moves: that nothing came is news, and windows close by it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::ledger::Position;
use crate::source::kafka::{Mark, Marks, Place};
use crate::units::{Millis, UnixMillis};

/// What the broker's figures may be behind the present.
const STATISTICS_AGE_MS: i64 = 2_000;
/// How much further a partition must be complete before an idle one is written again.
const WORTH_WRITING_MS: i64 = 5_000;

/// For how long the client must tell the same before records are believed not to be there.
const CERTAIN: Duration = Duration::from_secs(3);

/// Where a partition stands.
#[derive(Debug)]
pub(super) struct Track {
    /// Where the books stand once all that was handed over is booked.
    pub(super) from: Option<Position>,
    /// The first offset that was not taken.
    pub(super) next: u64,
    /// The first offset that is not in the books.
    pub(super) booked: u64,
    /// What was taken.
    marks: Marks,
    /// The last record that was read of this topic for certain.
    anchor: Option<Mark>,
    /// When that was last looked at.
    pub(super) checked_at: Instant,
    /// The first record that is not among `marks` yet, and the latest.
    new: Option<(Mark, Mark)>,
    /// Its number in the batch that is being gathered.
    pub(super) part: Option<u16>,
    /// The partition's end, as the broker last told.
    pub(super) high: Option<u64>,
    complete_to: Option<UnixMillis>,
    /// Up to where the client has fetched although no record came, and since when that is known.
    beyond: Option<(u64, Instant)>,
    /// When it was taken up: what the client told before says nothing of it.
    since: Instant,
    /// When the last record came, or the partition was last seen at its end.
    pub(super) moved: Instant,
    /// When the last records were handed over.
    came: Instant,
    /// The partition's end, as its leader told when it was asked.
    asked: Option<u64>,
    /// When it was last asked.
    pub(super) asked_at: Instant,
}

impl Track {
    /// A partition of which the books stand at `from`, read on from `next`.
    pub(super) fn new(from: Position, now: Instant) -> Track {
        let marks = Marks::parse(&from.state);
        Track {
            next: from.offset,
            booked: from.offset,
            anchor: marks.newest(),
            checked_at: now,
            marks,
            new: None,
            part: None,
            high: None,
            complete_to: from.complete_to,
            beyond: None,
            since: now,
            moved: now,
            came: now,
            asked: None,
            asked_at: now,
            from: Some(from),
        }
    }

    /// Takes note of a record.
    pub(super) fn took(&mut self, mark: Mark) {
        self.next = mark.offset + 1;
        let first = self.new.map_or(mark, |(first, _)| first);
        self.new = Some((first, mark));
    }

    /// Whether the books would say something new of this partition although no record came.
    pub(super) fn is_worth_writing(&self) -> bool {
        if self
            .from
            .as_ref()
            .is_none_or(|from| from.offset < self.next)
        {
            return true;
        }
        let written = self.from.as_ref().and_then(|from| from.complete_to);
        match (self.complete_to, written) {
            (Some(now), Some(then)) => now.0 - then.0 >= WORTH_WRITING_MS,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }

    /// Where the books shall stand after the batch that is being gathered; they stand there from
    /// then on, as far as this reader is concerned.
    pub(super) fn hand_over(&mut self, late: Millis) -> Position {
        let last_at = match self.new.take() {
            None => self.from.as_ref().and_then(|from| from.last_at),
            Some((first, mark)) => {
                // Of a log that was cut inside of one large batch the first is still there.
                self.marks.push(first);
                self.marks.push(mark);
                self.moved = Instant::now();
                self.came = self.moved;
                Some(UnixMillis(mark.time)).filter(|at| at.0 >= 0)
            }
        };
        if let Some(at) = last_at {
            // As far as the records themselves tell.
            let by_records = at.saturating_add(-ms(late));
            self.complete_to = self.complete_to.max(Some(by_records));
        }
        let to = Position {
            offset: self.next,
            state: self.marks.to_text(),
            complete_to: self.complete_to,
            last_at,
        };
        self.part = None;
        self.from = Some(to.clone());
        to
    }

    /// Takes note of what the broker told at `then`: `high` is the partition's end, `fetched` the
    /// next offset to fetch where nothing waits between client and reader.
    pub(super) fn heard(
        &mut self,
        high: u64,
        fetched: Option<u64>,
        then: (UnixMillis, Instant),
        grace: Millis,
    ) {
        if then.1 < self.since {
            return;
        }
        // A client that no longer fetches a partition tells its end for ever as it was.
        let high = self.asked.map_or(high, |asked| asked.max(high));
        self.high = Some(high);
        // The end may lie behind markers of transactions, which are no records.
        let fetched = fetched.filter(|fetched| *fetched >= high);
        if self.next >= high || fetched.is_some() {
            let to = then.0.saturating_add(-STATISTICS_AGE_MS - ms(grace));
            self.complete_to = self.complete_to.max(Some(to));
            self.moved = then.1;
        }
        self.pass_markers(fetched, then.1);
    }

    /// Whether no record came for so long.
    pub(super) fn is_quiet(&self, now: Instant, long: Duration) -> bool {
        now.saturating_duration_since(self.came) > long
    }

    /// Takes note of the partition's end, as its leader told.
    pub(super) fn ends_at(&mut self, end: u64) {
        self.asked = self.asked.max(Some(end));
    }

    /// What lies between the last record and the end that was fetched is no record: it is passed,
    /// so that it leaves no lag. Told once is not enough, because the client's figures are up to a
    /// second older than their time, and may still speak of another position.
    fn pass_markers(&mut self, fetched: Option<u64>, then: Instant) {
        let Some(fetched) = fetched.filter(|fetched| *fetched > self.next) else {
            self.beyond = None;
            return;
        };
        match self.beyond {
            Some((known, since)) if known == fetched => {
                if then.saturating_duration_since(since) >= CERTAIN {
                    self.next = fetched;
                    self.beyond = None;
                }
            }
            Some(_) | None => self.beyond = Some((fetched, then)),
        }
    }

    /// A record by which to know the topic again, where records came since the last time.
    pub(super) fn to_check(&self) -> Option<Mark> {
        self.anchor
            .or(self.marks.oldest())
            .filter(|anchor| self.marks.newest() != Some(*anchor))
    }

    /// That record is still there: all that was read since is of the same topic.
    pub(super) fn checked(&mut self, now: Instant) {
        self.checked_at = now;
        self.anchor = self.marks.newest();
    }

    /// Up to when it has been read.
    pub(super) fn complete_to(&self) -> Option<UnixMillis> {
        self.complete_to
    }
}

fn ms(span: Millis) -> i64 {
    i64::try_from(span.0).unwrap_or(i64::MAX)
}

/// The partitions of a reader.
pub(super) type Tracks = BTreeMap<Place, Track>;

/// Up to when all of them have been read: the least of what is known. `None` while one cannot tell,
/// or there is none.
pub(super) fn complete_to(tracks: &Tracks) -> Option<UnixMillis> {
    let all: Option<Vec<UnixMillis>> = tracks.values().map(Track::complete_to).collect();
    all?.into_iter().min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(complete_to: Option<i64>) -> Track {
        let from = Position {
            offset: 10,
            complete_to: complete_to.map(UnixMillis),
            ..Position::default()
        };
        Track::new(from, Instant::now())
    }

    #[test]
    fn complete_by_its_end_or_by_its_records() {
        let grace = Millis(120_000);
        let now = UnixMillis(1_000_000_000);
        let at_end = Some(now.0 - 2_000 - 120_000);
        // High watermark, what the client has fetched, and what follows.
        let cases = [
            (10, None, at_end),
            (10, Some(10), at_end),
            (12, Some(12), at_end),
            (12, None, None),
            (12, Some(11), None),
        ];
        for (high, fetched, expected) in cases {
            let mut track = track(None);
            track.heard(high, fetched, (now, Instant::now()), grace);
            assert_eq!(
                track.complete_to().map(|at| at.0),
                expected,
                "{high} {fetched:?}"
            );
        }
        let mut track = track(None);
        track.took(Mark::of(10, Some(now.0), Some(b"x")));
        let to = track.hand_over(Millis(180_000));
        assert_eq!(to.offset, 11);
        assert_eq!(to.complete_to, Some(UnixMillis(now.0 - 180_000)));
        track.heard(50, None, (now, Instant::now()), grace);
        assert_eq!(track.hand_over(Millis(180_000)).complete_to, to.complete_to);
    }

    #[test]
    fn a_batch_leaves_its_first_record_and_its_last() {
        let mark = |offset| Mark::of(offset, Some(1), Some(b"x"));
        let mut track = track(None);
        let known = |track: &mut Track, offsets: std::ops::Range<u64>| {
            offsets.for_each(|offset| track.took(mark(offset)));
            let state = track.hand_over(Millis(0)).state;
            let marks = Marks::parse(&state);
            (marks.oldest(), marks.newest())
        };
        assert_eq!(known(&mut track, 10..50), (Some(mark(10)), Some(mark(49))));
        assert_eq!(known(&mut track, 50..51), (Some(mark(10)), Some(mark(50))));
        assert_eq!(known(&mut track, 51..51), (Some(mark(10)), Some(mark(50))));
    }

    #[test]
    fn markers_are_passed_once_they_are_certain() {
        let begin = Instant::now();
        let second = Duration::from_secs(1);
        // What the client has fetched at each second of a partition that was read to 10 and ends
        // at 12, and where it then stands.
        let cases: [(&[Option<u64>], u64); 6] = [
            (&[Some(12), Some(12), Some(12)], 10),
            (&[Some(12), Some(12), Some(12), Some(12)], 12),
            (&[Some(12), Some(12), None, Some(12), Some(12)], 10),
            (&[Some(12), Some(12), Some(13), Some(13), Some(13)], 10),
            (&[Some(11); 6], 10),
            (&[None; 6], 10),
        ];
        for (told, expected) in cases {
            let from = Position {
                offset: 10,
                ..Position::default()
            };
            let mut track = Track::new(from, begin + second);
            // What was told of an earlier assignment says nothing.
            track.heard(90, Some(90), (UnixMillis(0), begin), Millis(0));
            assert_eq!(track.complete_to(), None);
            for (n, fetched) in told.iter().enumerate() {
                let then = begin + second * u32::try_from(n + 1).unwrap();
                track.heard(12, *fetched, (UnixMillis(0), then), Millis(0));
            }
            assert_eq!(track.next, expected, "{told:?}");
        }
    }

    #[test]
    fn never_less_complete_than_before() {
        let mut track = track(Some(500_000));
        track.took(Mark::of(10, Some(1_000), Some(b"late")));
        let to = track.hand_over(Millis(0));
        assert_eq!(to.complete_to, Some(UnixMillis(500_000)));
        assert!(!track.is_worth_writing());
    }

    #[test]
    fn all_must_tell() {
        let place = |partition| Place {
            topic: "calls".into(),
            partition,
        };
        let mut tracks = Tracks::new();
        assert_eq!(complete_to(&tracks), None);
        tracks.insert(place(0), track(Some(70)));
        tracks.insert(place(1), track(Some(50)));
        assert_eq!(complete_to(&tracks), Some(UnixMillis(50)));
        tracks.insert(place(2), track(None));
        assert_eq!(complete_to(&tracks), None);
    }
}
