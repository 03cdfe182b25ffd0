//! Brings messages out: one try of each that is due, and what becomes of it.
//!
//! Knows no thread. A newcomer may ask why nothing random makes the pauses uneven: a number that is made
//! of the message's own is as uneven, and a test can tell it.

use std::time::Duration;

use chrono_tz::Tz;

use crate::app::follow::Access;
use crate::crash::site;
use crate::ledger::{Alerts, Fault, OutboxRow, Posted, Way};
use crate::message::{self, Around, Templates};
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

/// Who hears of what others do not take.
#[derive(Clone, Copy, Debug)]
pub struct Fallback<'a> {
    /// The address.
    pub to: &'a str,
    /// The mailbox that mails come from.
    pub from: &'a str,
    /// The zone of times in what is written.
    pub zone: Tz,
}

/// A way out of the house.
pub struct Out<'a> {
    /// Which messages go by it.
    pub way: Way,
    /// What takes them.
    pub transport: &'a dyn Transport,
    /// Who hears of what it refuses; nobody where no mail can be sent.
    pub fallback: Option<Fallback<'a>>,
}

/// Tries every message of a way that is due, a handful at most. `moves` is called between two tries
/// and says whether to go on.
///
/// # Errors
/// What the ledger says.
pub fn post(
    books: &mut impl Access,
    out: &Out<'_>,
    (now, moves): (UnixMillis, &mut dyn FnMut() -> bool),
) -> Result<Tried, Fault> {
    let due = books.reader().outbox_due(out.way, now, BATCH)?;
    let mut tried = Tried::default();
    let mut in_a_row = 0;
    for row in due {
        if !moves() || in_a_row >= AGAIN_MAX {
            break;
        }
        site("before_posting");
        let answer = out.transport.send(&OutboxMail {
            message_id: &row.message_id,
            from: &row.from,
            to: &row.to,
            bytes: &row.bytes,
            stem: &row.stem,
        });
        site("after_posting");
        let (done, instead) = outcome(&row, answer.map(|sent| sent.said), out.fallback, now);
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
    fallback: Option<Fallback<'_>>,
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
    let refused = done.state == Posted::Refused;
    let instead = fallback.filter(|other| refused && other.to != row.to.as_str());
    let instead = instead.map(|other| OutboxRow {
        id: 0,
        to: Text::from(other.to),
        made: now,
        attempts: 0,
        next_try: now,
        state: Posted::Waiting,
        done: None,
        said: String::new(),
        ..match row.way {
            Way::Mail => OutboxRow {
                bytes: returned(row, &done.said),
                ..row.clone()
            },
            Way::Webhook => reported(row, &done.said, other, now),
        }
    });
    (done, instead)
}

/// The mail that says what a webhook did not take, under an identity made of the message's own.
fn reported(row: &OutboxRow, said: &str, fallback: Fallback<'_>, now: UnixMillis) -> OutboxRow {
    let templates = Templates::default();
    let around = Around {
        zone: fallback.zone,
        public_url: None,
        sign: &|_, _| None,
        templates: &templates,
        from: fallback.from,
        realm: "",
        route: "fallback",
        why: "",
        topic: None,
        prices_of: None,
        unsubscribe: None,
    };
    let mail = message::undelivered((&row.bytes, &row.message_id), said, now, &around);
    OutboxRow {
        way: Way::Mail,
        from: Text::from(fallback.from),
        bytes: mail.bytes(fallback.from, fallback.to),
        message_id: mail.message_id,
        subject: mail.subject,
        stem: format!("{}-webhook", row.stem),
        ..row.clone()
    }
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

    fn other(to: &'static str) -> Fallback<'static> {
        Fallback {
            to,
            from: "tollwatch@example.org",
            zone: Tz::UTC,
        }
    }

    /// What a webhook will not take is told the fallback as a mail: what it would have said, and why it was not
    /// taken, under an identity that is the same at every try.
    #[test]
    fn what_a_webhook_refuses_is_a_mail_to_the_fallback() {
        let body = r#"{"subject": "[FIRING page] Case: 14 ¢ a call (#3)", "headline": "Case costs 14 ¢ a call.",
            "do": "Look at <prompt>.", "thread": "<episode-3.0@example.org>"}"#;
        let hook = OutboxRow {
            way: Way::Webhook,
            to: Text::from("webhook"),
            from: Text::default(),
            bytes: body.as_bytes().to_vec(),
            ..row()
        };
        let never = Err(Refusal::Never {
            why: "http://127.0.0.1:9 answered 404 None".to_owned(),
        });
        let told = |now| {
            let fallback = Some(other("f@example.org"));
            outcome(&hook, never.clone(), fallback, UnixMillis(now))
                .1
                .unwrap()
        };
        let instead = told(5);
        assert_eq!(instead.message_id, told(9_000).message_id);
        assert_eq!(instead.message_id, "<webhook-episode-3.1@example.org>");
        assert_eq!(
            (instead.way, instead.to.as_str()),
            (Way::Mail, "f@example.org")
        );
        assert_eq!((instead.episode, instead.step), (3, 1));
        let text = String::from_utf8(instead.bytes).unwrap();
        for piece in [
            "To: f@example.org",
            "From: tollwatch@example.org",
            "In-Reply-To: <episode-3.0@example.org>",
            "answered 404",
            "&lt;prompt&gt;",
            "Look at <prompt>.",
        ] {
            assert!(text.contains(piece), "no {piece:?} in {text}");
        }
        // Nobody to tell, and something that may pass.
        let nobody = outcome(&hook, never.clone(), None, UnixMillis(0));
        assert_eq!((nobody.0.state, nobody.1), (Posted::Refused, None));
        let again = Err(Refusal::Again { why: "busy".into() });
        let fallback = Some(other("f@example.org"));
        assert_eq!(outcome(&hook, again, fallback, UnixMillis(0)).1, None);
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
            let fallback = fallback.map(other);
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
