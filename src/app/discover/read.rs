//! Feeds files and topics to a survey: all there is, or what comes within a time.
//!
//! Knows no format. A newcomer may ask why the head of each file is read twice: how its dates are
//! written must be known before its first row can be read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono_tz::Tz;

use crate::app::setup::Setup;
use crate::app::{Failure, Progress, Silent};
use crate::call::Format;
use crate::clock::Clock;
use crate::config::{KafkaSource, Start};
use crate::decode::written_time::DateOrder;
use crate::decode::{self, Context, DATE_ORDER, Settings, TIME_ZONE};
use crate::outcome::{QuarantineReason, Reject};
use crate::provider::Gate;
use crate::source::file::{Marks, Reading, State};
use crate::source::split::Piece;
use crate::units::UnixMillis;

use super::columns::{Looker, WrittenAs};
use super::judged;
use super::survey::{About, StreamId, Survey};
use super::topics::Topics;

/// Records of a table's head that tell how its dates are written.
const HEAD: usize = 2_000;
/// The same for records that are no table's: their producer writes all alike.
const HEAD_OF_RECORDS: usize = 20;
/// Records between two words of progress.
const PACE: u64 = 4_096;
/// How long to wait before looking at growing files again.
const PAUSE: Duration = Duration::from_millis(500);

/// What is to be read, and how.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Files; `-` for standard input.
    pub files: &'a [PathBuf],
    /// Sources of topics.
    pub kafka: &'a [KafkaSource],
    /// Where topics are read from; as each source says, where not given.
    pub from: Option<Start>,
    /// Reads every record as this format.
    pub format: Option<Format>,
    /// The zone of times that name none.
    pub zone: Option<Tz>,
    /// Which number of a date is the day, where both could be.
    pub dates: Option<DateOrder>,
    /// Reads on as files grow and records come, until then.
    pub until: Option<UnixMillis>,
    /// Set when somebody has seen enough.
    pub enough: &'a AtomicBool,
}

/// Where a file was left.
type Left = BTreeMap<PathBuf, (StreamId, u64, Option<Marks>)>;

/// Reads files and topics into a survey, until their end, its limit, the time given, or until
/// somebody has seen enough. Returns why some could not be read, or broke off.
///
/// # Errors
/// Nothing stops it but standard input that cannot be read.
pub fn read(
    setup: &Setup,
    survey: &mut Survey<'_>,
    clock: &dyn Clock,
    asked: Asked<'_>,
    progress: &mut dyn Progress,
) -> Result<Vec<String>, Failure> {
    let over = |survey: &Survey<'_>| {
        survey.is_full()
            || asked.enough.load(Ordering::Acquire)
            || asked.until.is_some_and(|until| clock.now() >= until)
    };
    let began = clock.now();
    let (mut left, mut faults) = (Left::new(), Vec::new());
    let files = Files {
        setup,
        asked,
        over: &over,
    };
    files.all(survey, (&mut left, &mut faults), progress);
    let mut topics = Topics::open(asked, survey, &setup.gate);
    let time = asked.until.map(|until| until.0.saturating_sub(began.0));
    match time {
        Some(time) => progress.begin("listening", u64::try_from(time).unwrap_or(0)),
        None => progress.begin("receiving", topics.ahead()),
    }
    let mut look_at = Instant::now() + PAUSE;
    while !over(survey) {
        if time.is_none() && topics.are_through() {
            break;
        }
        if topics.is_empty() {
            std::thread::sleep(PAUSE);
        }
        topics.turn(survey, time.is_some());
        if time.is_some() && Instant::now() >= look_at {
            look_at = Instant::now() + PAUSE;
            again(survey, &mut left, &over);
        }
        let done = match time {
            Some(_) => u64::try_from(clock.now().0.saturating_sub(began.0)).unwrap_or(0),
            None => topics.taken(),
        };
        progress.at(done, survey.records());
    }
    progress.end();
    faults.extend(topics.finish(survey, time.is_some()));
    if asked.enough.load(Ordering::Acquire) {
        survey.remark("stopped before the end: the rest was not looked at".to_owned());
    }
    Ok(faults)
}

/// The files, and how they are to be read.
struct Files<'a> {
    setup: &'a Setup,
    asked: Asked<'a>,
    over: &'a dyn Fn(&Survey<'_>) -> bool,
}

impl Files<'_> {
    /// Reads each to its end.
    fn all(
        &self,
        survey: &mut Survey<'_>,
        (left, faults): (&mut Left, &mut Vec<String>),
        progress: &mut dyn Progress,
    ) {
        let sizes = self.asked.files.iter();
        let sizes = sizes.filter_map(|path| State::of(path).ok());
        progress.begin("reading", sizes.map(|state| state.bytes).sum());
        let mut done = 0;
        for (read_as, path) in self.setup.read_as(self.asked.files) {
            if (self.over)(survey) {
                break;
            }
            let settings = read_as.settings.clone();
            let (about, labelled) = about(path, settings, self.asked, &self.setup.gate);
            let stream = survey.stream(about);
            if let Some(labelled) = labelled {
                survey.is_table(stream, labelled);
            }
            let mut one = One {
                survey: &mut *survey,
                stream,
                progress: &mut *progress,
                done,
                over: self.over,
            };
            match one.all(path, None) {
                Ok((offset, marks)) => drop(left.insert(path.to_owned(), (stream, offset, marks))),
                Err(fault) => faults.push(fault),
            }
            done += State::of(path).map_or(0, |state| state.bytes);
        }
        progress.end();
    }
}

/// Reads what was written since.
fn again(survey: &mut Survey<'_>, left: &mut Left, over: &dyn Fn(&Survey<'_>) -> bool) {
    for (path, (stream, offset, marks)) in left.iter_mut() {
        let Some(before) = marks.clone() else {
            continue;
        };
        let mut one = One {
            survey: &mut *survey,
            stream: *stream,
            progress: &mut Silent,
            done: 0,
            over,
        };
        // A file that is gone for a moment is read when it is back.
        if let Ok((now, marks_now)) = one.all(path, Some((*offset, &before))) {
            (*offset, *marks) = (now, marks_now);
        }
    }
}

/// What was stated of a stream, and whether its zone was.
pub(super) fn stated(mut settings: Settings, asked: Asked<'_>) -> (Settings, bool) {
    settings.format = asked.format.or(settings.format);
    if let Some(order) = asked.dates {
        let order = vec![order.as_str().to_owned()];
        settings.fields.insert(DATE_ORDER.to_owned(), order);
    }
    if let Some(zone) = asked.zone {
        let name = vec![zone.name().to_owned()];
        settings.fields.insert(TIME_ZONE.to_owned(), name);
    }
    let zone_stated = settings.fields.contains_key(TIME_ZONE);
    (settings, zone_stated)
}

/// What the head of a stream tells beyond what was stated.
pub(super) fn guessed(settings: &mut Settings, written: WrittenAs, zone_stated: bool) {
    let order = judged::date_order(written).ok().flatten();
    if let Some(order) = order.filter(|_| !settings.fields.contains_key(DATE_ORDER)) {
        let order = vec![order.as_str().to_owned()];
        settings.fields.insert(DATE_ORDER.to_owned(), order);
    }
    if written.display > 0 && !zone_stated {
        // Only to compare it with other clocks.
        let utc = vec![Tz::UTC.name().to_owned()];
        settings.fields.insert(TIME_ZONE.to_owned(), utc);
    }
}

/// How a file is to be read, and whether it is a table with labels or names.
fn about(path: &Path, settings: Settings, asked: Asked<'_>, gate: &Gate) -> (About, Option<bool>) {
    let (mut settings, zone_stated) = stated(settings, asked);
    let mut table = None;
    if path.as_os_str() != "-" {
        let (written, labelled) = head(path, &settings, gate).unwrap_or_default();
        table = labelled;
        guessed(&mut settings, written, zone_stated);
    }
    let about = About {
        name: path.display().to_string(),
        settings,
        zone_stated,
        written: State::of(path).ok().map(|state| state.modified),
        topic_of: None,
    };
    (about, table)
}

/// How the times at the head of a file are written, and what its heading is.
fn head(path: &Path, settings: &Settings, gate: &Gate) -> Option<(WrittenAs, Option<bool>)> {
    let mut reading = Reading::open(path, None).ok()?;
    let mut looker = Looker::new(gate);
    looker.settings = settings.clone();
    let mut told = Vec::new();
    for n in 0..HEAD {
        if n >= HEAD_OF_RECORDS && reading.heading().is_none() {
            break;
        }
        let Ok(Some(piece)) = reading.next_piece() else {
            break;
        };
        if let Piece::Record { bytes, .. } = piece {
            decode::watch(bytes, Context { settings, gate }, &mut looker, &mut told);
            told.clear();
        }
    }
    let labelled = reading
        .heading()
        .map(crate::source::csv_rows::Heading::labelled);
    Some((looker.written, labelled))
}

/// One file on its way into the survey.
struct One<'o, 's> {
    survey: &'o mut Survey<'s>,
    stream: StreamId,
    progress: &'o mut dyn Progress,
    done: u64,
    over: &'o dyn Fn(&Survey<'_>) -> bool,
}

impl One<'_, '_> {
    /// Reads a file to its end; where it ended, or why it could not be read.
    fn all(
        &mut self,
        path: &Path,
        before: Option<(u64, &Marks)>,
    ) -> Result<(u64, Option<Marks>), String> {
        let mut reading = if path.as_os_str() == "-" {
            Reading::standard_input()
        } else {
            Reading::open(path, before).map_err(|error| error.to_string())?
        };
        let mut taken = 0_u64;
        loop {
            let piece = reading.next_piece();
            match piece.map_err(|error| format!("{}: {error}", path.display()))? {
                None => break,
                Some(Piece::Record { bytes, .. }) => self.survey.record(self.stream, bytes),
                Some(Piece::Blank { .. }) => {}
                Some(Piece::BadRow { row, .. }) => {
                    self.survey.refused(self.stream, &row.reject());
                }
                Some(Piece::TooLarge { length, .. }) => {
                    let detail = format!("{length} bytes");
                    let reject = Reject::new(QuarantineReason::TooLarge, detail);
                    self.survey.refused(self.stream, &reject);
                }
            }
            if taken == 0
                && let Some(heading) = reading.heading()
            {
                self.survey.is_table(self.stream, heading.labelled());
            }
            taken += 1;
            if self.survey.is_full() {
                break;
            }
            if taken.is_multiple_of(PACE) {
                let done = self.done + reading.raw_bytes();
                self.progress.at(done, self.survey.records());
                if (self.over)(self.survey) {
                    break;
                }
            }
        }
        self.progress
            .at(self.done + reading.raw_bytes(), self.survey.records());
        Ok((reading.offset(), reading.marks()))
    }
}
