//! Which lines are sent next, and what follows from an answer: the whole course of delivering as
//! plain steps.
//!
//! Knows no clock, socket or ledger. A newcomer may ask why a batch that was taken in part is sent
//! again in pieces although most of it is in: an answer names one fault and counts the lines of one
//! shard, while others are still being written (`PointsWriter` of InfluxDB 2), so only a request that
//! was taken whole proves that its lines are in. The bytes are the same, so it changes no point.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::telemetry::FollowerError;

use super::answer::{Answer, Refusal, is_of_server};
use super::outbox::FrozenLine;

/// Lines of a request at most: InfluxDB's own advice.
pub(super) const LINES_MAX: usize = 5_000;
/// Bytes of a request at most, before packing; InfluxDB 3 takes 10 MiB.
pub(super) const BYTES_MAX: usize = 4 << 20;
/// So many bytes go at least, whatever the server takes.
const BYTES_MIN: usize = 16 << 10;
/// The first wait after a fault that may pass; each further one is twice as long.
const WAIT_MIN: Duration = Duration::from_millis(250);
/// The longest wait that we choose ourselves.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// Between two tries when somebody has to change something: so soon is a mended token noticed.
const WAIT_STOPPED: Duration = Duration::from_mins(1);
/// So often may a server fail on a piece before the piece itself is doubted.
const FAILURES_MAX: u32 = 6;
/// So often must others go through between its failures before a doubted line is refused: a server
/// that is ill now and then is no fault of a line.
const STRIKES_MAX: u32 = 5;
/// Lines that are doubted at once at most; with more it is the server that is ill.
const DOUBTED_MAX: usize = 16;
/// Longest reason that is kept with a refused line.
const REASON_MAX: usize = 300;

/// Lines that are sent as one request.
#[derive(Debug)]
struct Piece {
    /// No two pieces of a course have the same.
    number: u64,
    ids: Vec<u64>,
    /// How often the server failed on it.
    failures: u32,
    /// A single line that the server fails on; it waits behind all others.
    doubted: Option<Doubt>,
}

#[derive(Clone, Copy, Debug)]
struct Doubt {
    /// How many requests had been taken when it failed last.
    taken: u64,
    /// How often it failed after another had been taken.
    strikes: u32,
}

/// What has to be told to the outbox and to whoever watches, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// The server will never take this line.
    Refused { id: u64, reason: String },
    /// So many lines were taken.
    Written { lines: u64 },
    /// Everything up to and with this number is settled.
    Settled { up_to: u64 },
    /// Nothing is sent for a while.
    Trouble {
        kind: FollowerError,
        said: String,
        hint: &'static str,
        wait: Duration,
    },
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Take lines from the outbox: those behind this number, so many bytes of them.
    Load { after: u64, limit_bytes: usize },
    /// Send the first piece, whose number this is.
    Send { piece: u64 },
    /// Nothing, until the outbox has more.
    Rest,
}

/// The course of delivering.
#[derive(Debug)]
pub(super) struct Course {
    /// Lines taken from the outbox and not settled yet.
    held: BTreeMap<u64, Vec<u8>>,
    pieces: VecDeque<Piece>,
    /// Number of the last line taken.
    after: u64,
    /// Number that the outbox was last told.
    settled: u64,
    /// Requests that were taken whole.
    taken: u64,
    /// Faults since the last request that the server dealt with.
    faults: u32,
    /// The outbox had nothing more when it was last asked.
    dry: bool,
    /// How many bytes the server takes, as far as it is known.
    limit_bytes: usize,
    /// Pieces made so far.
    made: u64,
}

impl Default for Course {
    fn default() -> Course {
        Course {
            held: BTreeMap::new(),
            pieces: VecDeque::new(),
            after: 0,
            settled: 0,
            taken: 0,
            faults: 0,
            dry: false,
            limit_bytes: BYTES_MAX,
            made: 0,
        }
    }
}

impl Course {
    /// What to do now.
    pub(super) fn turn(&self) -> Turn {
        let doubted = self.pieces.iter().all(|piece| piece.doubted.is_some());
        if doubted && !self.dry && self.pieces.len() < DOUBTED_MAX {
            return Turn::Load {
                after: self.after,
                limit_bytes: self.limit_bytes,
            };
        }
        let first = self.pieces.front();
        first.map_or(Turn::Rest, |piece| Turn::Send {
            piece: piece.number,
        })
    }

    /// Lines from the outbox.
    pub(super) fn load(&mut self, lines: Vec<FrozenLine>) {
        self.dry = lines.is_empty();
        let ids: Vec<u64> = lines.iter().map(|line| line.id).collect();
        if let (Some(first), Some(last)) = (ids.first(), ids.last()) {
            if self.held.is_empty() {
                // What stands before was settled in an earlier life.
                self.settled = self.settled.max(first.saturating_sub(1));
            }
            self.after = *last;
            self.held
                .extend(lines.into_iter().map(|line| (line.id, line.bytes)));
            self.first(ids);
        }
    }

    /// The outbox may have more by now.
    pub(super) fn wake(&mut self) {
        self.dry = false;
    }

    /// The body of the first piece, a line each; the same bytes each time.
    pub(super) fn body(&self) -> Vec<u8> {
        let ids = self.pieces.front().map_or(&[][..], |piece| &piece.ids);
        let lines = ids.iter().filter_map(|id| self.held.get(id));
        let mut body = Vec::with_capacity(lines.clone().map(|line| line.len() + 1).sum());
        for line in lines {
            body.extend_from_slice(line);
            body.push(b'\n');
        }
        body
    }

    /// The server's answer to the first piece.
    pub(super) fn answered(&mut self, answer: Answer) -> Vec<Effect> {
        let mut effects = Vec::new();
        let Some(piece) = self.pieces.pop_front() else {
            return effects;
        };
        self.dry = false;
        match answer {
            Answer::Written => {
                self.taken = self.taken.saturating_add(1);
                self.write(&piece.ids, &mut effects);
            }
            Answer::Refused(refusal) => self.refused(piece.ids, &refusal, &mut effects),
            Answer::TooLarge if piece.ids.len() > 1 => {
                let lines = piece.ids.iter().filter_map(|id| self.held.get(id));
                let bytes: usize = lines.map(|line| line.len() + 1).sum();
                self.limit_bytes = self.limit_bytes.min(bytes.div_ceil(2)).max(BYTES_MIN);
                self.halve(piece.ids);
            }
            Answer::TooLarge => {
                self.refuse(&piece.ids, "too large for the server", &mut effects);
            }
            Answer::Wait { asked, said } => {
                let wait = self.backoff().max(asked.unwrap_or_default());
                effects.push(Effect::trouble(FollowerError::Busy, said, "", wait));
                self.pieces.push_front(piece);
                return effects;
            }
            Answer::Stop(stopped) => {
                let wait = WAIT_STOPPED;
                self.pieces.push_front(piece);
                effects.push(Effect::trouble(
                    stopped.kind,
                    stopped.said,
                    stopped.hint,
                    wait,
                ));
                return effects;
            }
            Answer::Again { kind, said } => {
                self.failed(piece, (kind, said), &mut effects);
                self.settle(&mut effects);
                return effects;
            }
        }
        self.faults = 0;
        self.settle(&mut effects);
        effects
    }

    /// A fault that may pass: the same again after a while. A piece on which the server fails again
    /// and again is cut; a single line waits behind the others, and is refused when they go through
    /// each time and it never does.
    fn failed(
        &mut self,
        mut piece: Piece,
        (kind, said): (FollowerError, String),
        effects: &mut Vec<Effect>,
    ) {
        let unclear = kind == FollowerError::Server && !is_of_server(&said);
        piece.failures = piece.failures.saturating_add(u32::from(unclear));
        if let Some(doubt) = &mut piece.doubted {
            if unclear && self.taken > doubt.taken {
                doubt.taken = self.taken;
                doubt.strikes = doubt.strikes.saturating_add(1);
            }
            if doubt.strikes >= STRIKES_MAX {
                self.refuse(&piece.ids, &said, effects);
                return;
            }
            self.pieces.push_back(piece);
        } else if piece.failures < FAILURES_MAX {
            self.pieces.push_front(piece);
        } else if piece.ids.len() > 1 {
            self.halve(piece.ids);
        } else {
            piece.doubted = Some(Doubt {
                taken: self.taken,
                strikes: 0,
            });
            self.pieces.push_back(piece);
        }
        let wait = self.backoff();
        effects.push(Effect::trouble(kind, said, "", wait));
    }

    fn refused(&mut self, ids: Vec<u64>, refusal: &Refusal, effects: &mut Vec<Effect>) {
        let named: BTreeMap<u64, &str> = refusal
            .named
            .iter()
            .filter_map(|(place, reason)| Some((*ids.get(*place)?, reason.as_str())))
            .collect();
        if !named.is_empty() {
            for (id, reason) in &named {
                self.refuse(&[*id], reason, effects);
            }
            let rest: Vec<u64> = ids
                .into_iter()
                .filter(|id| !named.contains_key(id))
                .collect();
            if refusal.rest_written {
                self.write(&rest, effects);
            } else {
                self.first(rest);
            }
        } else if ids.len() == 1 || refusal.dropped.is_some_and(|n| n >= ids.len()) {
            self.refuse(&ids, &refusal.reason, effects);
        } else {
            self.part(ids);
        }
    }

    /// Cuts a piece of which some lines were refused: by measurement first, because that is what a
    /// type belongs to; then in halves of time, because that is what retention belongs to.
    fn part(&mut self, ids: Vec<u64>) {
        let mut parts: BTreeMap<Vec<u8>, Vec<u64>> = BTreeMap::new();
        for id in &ids {
            let line = self.held.get(id).map_or(&[][..], Vec::as_slice);
            let name = measurement(line).to_vec();
            parts.entry(name).or_default().push(*id);
        }
        if parts.len() > 1 {
            parts.into_values().rev().for_each(|part| self.first(part));
            return;
        }
        let mut ids = ids;
        ids.sort_by_key(|id| (self.held.get(id).map(|line| time(line)), *id));
        self.halve(ids);
    }

    fn halve(&mut self, mut ids: Vec<u64>) {
        let second = ids.split_off(ids.len().div_ceil(2));
        self.first(second);
        self.first(ids);
    }

    /// These lines are sent next.
    fn first(&mut self, ids: Vec<u64>) {
        if !ids.is_empty() {
            self.made = self.made.saturating_add(1);
            self.pieces.push_front(Piece {
                number: self.made,
                ids,
                failures: 0,
                doubted: None,
            });
        }
    }

    fn write(&mut self, ids: &[u64], effects: &mut Vec<Effect>) {
        for id in ids {
            self.held.remove(id);
        }
        let lines = count(ids.len());
        effects.push(Effect::Written { lines });
    }

    fn refuse(&mut self, ids: &[u64], reason: &str, effects: &mut Vec<Effect>) {
        let reason = reason.get(..reason.floor_char_boundary(REASON_MAX));
        for id in ids {
            self.held.remove(id);
            effects.push(Effect::Refused {
                id: *id,
                reason: reason.unwrap_or_default().to_owned(),
            });
        }
    }

    /// What stands before the first line that is still held is settled.
    fn settle(&mut self, effects: &mut Vec<Effect>) {
        let first = self.held.keys().next();
        let up_to = first.map_or(self.after, |id| id.saturating_sub(1).min(self.after));
        if up_to > self.settled {
            self.settled = up_to;
            effects.push(Effect::Settled { up_to });
        }
    }

    /// How long to wait after one more fault. No dice: one follower is alone with its server.
    fn backoff(&mut self) -> Duration {
        let factor = 1_u32 << self.faults.min(16);
        self.faults = self.faults.saturating_add(1);
        WAIT_MIN.saturating_mul(factor).min(WAIT_MAX)
    }
}

impl Effect {
    fn trouble(kind: FollowerError, said: String, hint: &'static str, wait: Duration) -> Effect {
        Effect::Trouble {
            kind,
            said,
            hint,
            wait,
        }
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// The name at the start of a line, as it is written.
fn measurement(line: &[u8]) -> &[u8] {
    let mut escaped = false;
    let end = line.iter().position(|byte| {
        let ends = !escaped && matches!(byte, b',' | b' ');
        escaped = !escaped && *byte == b'\\';
        ends
    });
    end.and_then(|end| line.get(..end)).unwrap_or(line)
}

/// The time at the end of a line.
fn time(line: &[u8]) -> Option<i64> {
    let last = line.rsplit(|byte| *byte == b' ').next()?;
    std::str::from_utf8(last).ok()?.parse().ok()
}
