//! Brings messages out: one try of each that is due, and what becomes of it.
//!
//! Knows no thread. A newcomer may ask why nothing random makes the pauses uneven: a number that is made
//! of the message's own is as uneven, and a test can tell it.

use std::time::Duration;

use crate::app::follow::Access;
use crate::crash::site;
use crate::ledger::{Alerts, Fault, OutboxRow, Posted};
use crate::notify::{OutboxMail, Refusal, Transport};
use crate::units::{DAY_MS, Text, UnixMillis};

/// Messages that are tried at once.
const BATCH: usize = 20;
/// So many in a row that have to wait, and the rest waits too: the server is away.
const AGAIN_MAX: usize = 3;
/// The first pause.
const PAUSE: Duration = Duration::from_secs(15);
/// The longest.
const PAUSE_MAX: Duration = Duration::from_mins(30);
/// After so long a message is given up.
const GIVE_UP_MS: i64 = 4 * DAY_MS;

/// What a round of tries did.
#[derive(Clone, Debug, Default)]
pub struct Tried {
    /// Messages that were taken.
    pub sent: u64,
    /// Messages that wait for another try.
    pub again: u64,
    /// Messages that will never be taken.
    pub refused: u64,
    /// What was said last of one that was not taken.
    pub trouble: Option<String>,
}

impl Tried {
    /// Whether anything was tried.
    #[must_use]
    pub fn any(&self) -> bool {
        self.sent + self.again + self.refused > 0
    }
}

/// Tries every message that is due, a handful at most. `fallback` hears of what others refuse;
/// `moves` is called between two tries and says whether to go on.
///
/// # Errors
/// What the ledger says.
pub fn post(
    books: &mut impl Access,
    transport: &dyn Transport,
    fallback: Option<&str>,
    (now, moves): (UnixMillis, &mut dyn FnMut() -> bool),
) -> Result<Tried, Fault> {
    let due = books.reader().outbox_due(now, BATCH)?;
    let mut tried = Tried::default();
    let mut in_a_row = 0;
    for row in due {
        if !moves() || in_a_row >= AGAIN_MAX {
            break;
        }
        site("before_posting");
        let answer = transport.send(&OutboxMail {
            message_id: &row.message_id,
            from: &row.from,
            to: &row.to,
            bytes: &row.bytes,
            stem: &row.stem,
        });
        site("after_posting");
        let (done, instead) = outcome(&row, answer.map(|sent| sent.said), fallback, now);
        match done.state {
            Posted::Sent => {
                tried.sent += 1;
                in_a_row = 0;
            }
            Posted::Waiting => {
                tried.again += 1;
                in_a_row += 1;
                tried.trouble = Some(done.said.clone());
            }
            Posted::Refused => {
                tried.refused += 1;
                tried.trouble = Some(done.said.clone());
            }
        }
        books.write(|ledger| ledger.outbox_tried(&done, instead.as_ref()))?;
    }
    Ok(tried)
}

/// What becomes of a message, and what goes to the fallback in its place.
fn outcome(
    row: &OutboxRow,
    answer: Result<String, Refusal>,
    fallback: Option<&str>,
    now: UnixMillis,
) -> (OutboxRow, Option<OutboxRow>) {
    let mut done = OutboxRow {
        attempts: row.attempts.saturating_add(1),
        bytes: Vec::new(),
        ..row.clone()
    };
    let old = now.0.saturating_sub(row.made.0) > GIVE_UP_MS;
    let (state, said) = match answer {
        Ok(said) => (Posted::Sent, said),
        Err(Refusal::Again { why }) if !old => (Posted::Waiting, why),
        Err(Refusal::Again { why }) => (Posted::Refused, format!("given up: {why}")),
        Err(Refusal::Never { why }) => (Posted::Refused, why),
    };
    (done.state, done.said) = (state, said);
    if done.state == Posted::Waiting {
        done.next_try = now.saturating_add(pause_ms(row.id, row.attempts));
        return (done, None);
    }
    done.done = Some(now);
    let instead = fallback.filter(|to| done.state == Posted::Refused && *to != row.to.as_str());
    let instead = instead.map(|to| OutboxRow {
        id: 0,
        to: Text::from(to),
        made: now,
        attempts: 0,
        next_try: now,
        state: Posted::Waiting,
        done: None,
        said: String::new(),
        bytes: returned(row, &done.said),
        ..row.clone()
    });
    (done, instead)
}

/// The mail as it was, with a line that says for whom it was and why it comes to somebody else.
fn returned(row: &OutboxRow, said: &str) -> Vec<u8> {
    let plain: String = said
        .chars()
        .map(|letter| {
            if letter.is_ascii_graphic() {
                letter
            } else {
                ' '
            }
        })
        .take(200)
        .collect();
    let mut bytes = format!("X-Tollwatch-Refused: for {} ({plain})\r\n", row.to).into_bytes();
    bytes.extend_from_slice(&row.bytes);
    bytes
}

/// How long a message waits: twice as long after each try, a quarter more or less.
fn pause_ms(id: u64, attempts: u32) -> i64 {
    let ms = |long: Duration| u64::try_from(crate::crash::pause(long).as_millis()).unwrap_or(0);
    let usual = ms(PAUSE)
        .checked_shl(attempts.min(16))
        .unwrap_or(u64::MAX)
        .min(ms(PAUSE_MAX));
    let mut seed = id.to_be_bytes().to_vec();
    seed.extend(attempts.to_be_bytes());
    let uneven = twox_hash::XxHash3_64::oneshot(&seed) % (usual / 2).max(1);
    i64::try_from(usual - usual / 4 + uneven).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Way;

    fn row() -> OutboxRow {
        OutboxRow {
            id: 7,
            way: Way::Mail,
            episode: 3,
            step: 1,
            from: Text::from("tollwatch@example.org"),
            to: Text::from("a@example.org"),
            message_id: "<episode-3.1@example.org>".to_owned(),
            stem: "x".to_owned(),
            subject: "s".to_owned(),
            made: UnixMillis(0),
            attempts: 0,
            next_try: UnixMillis(0),
            state: Posted::Waiting,
            done: None,
            said: String::new(),
            bytes: b"Subject: s\r\n\r\nb".to_vec(),
        }
    }

    /// Answer, fallback, now; state and whether the fallback hears of it.
    type Case = (
        Result<String, Refusal>,
        Option<&'static str>,
        i64,
        Posted,
        bool,
    );

    #[test]
    fn a_refusal_goes_to_the_fallback_once() {
        let again = || Err(Refusal::Again { why: "busy".into() });
        let never = || {
            Err(Refusal::Never {
                why: "no such\r\nuser".into(),
            })
        };
        let cases: [Case; 6] = [
            (
                Ok("ok".into()),
                Some("f@example.org"),
                0,
                Posted::Sent,
                false,
            ),
            (again(), Some("f@example.org"), 0, Posted::Waiting, false),
            (
                again(),
                Some("f@example.org"),
                GIVE_UP_MS + 1,
                Posted::Refused,
                true,
            ),
            (never(), Some("f@example.org"), 0, Posted::Refused, true),
            (never(), Some("a@example.org"), 0, Posted::Refused, false),
            (never(), None, 0, Posted::Refused, false),
        ];
        for (answer, fallback, now, state, told) in cases {
            let (done, instead) = outcome(&row(), answer.clone(), fallback, UnixMillis(now));
            assert_eq!((done.state, done.attempts), (state, 1), "{answer:?}");
            assert_eq!(instead.is_some(), told, "{answer:?}");
            if let Some(instead) = instead {
                assert_eq!(instead.message_id, row().message_id);
                let text = String::from_utf8(instead.bytes).unwrap();
                let first = text.lines().next().unwrap();
                assert!(
                    first.starts_with("X-Tollwatch-Refused: for a@example.org ("),
                    "{text}"
                );
                assert_eq!(text.lines().nth(1), Some("Subject: s"));
            }
        }
    }

    #[test]
    fn pauses_double_up_to_half_an_hour() {
        let cases = [
            (0, 15_000),
            (1, 30_000),
            (5, 480_000),
            (9, 1_800_000),
            (60, 1_800_000),
        ];
        for (attempts, usual) in cases {
            for id in 0..50 {
                let pause = pause_ms(id, attempts);
                let band = usual - usual / 4..=usual + usual / 4;
                assert!(band.contains(&pause), "{attempts}: {pause}");
            }
        }
    }
}
