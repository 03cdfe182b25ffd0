//! The thread that brings messages out.
//!
//! Knows no mail. A newcomer may ask why it is a thread of its own: a server that takes a minute to answer
//! must not keep the next minute from being judged.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::config::Mail;
use crate::crash::pause;
use crate::ledger::{Alerts, Fault};
use crate::notify::{self, Transport};
use crate::telemetry::Try;

use super::super::Failure;
use super::super::alert::post;
use super::super::follow::Access;
use super::follow::Beside;
use super::shared::{Shared, may_pass};

/// Pause between two looks at the outbox.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Pause after a fault.
const AGAIN: Duration = Duration::from_secs(5);
/// Pause before a way that could not be opened is tried again.
const OPEN_AGAIN: Duration = Duration::from_mins(1);
/// The name in the log.
const SITE: &str = "outbox";

/// Brings messages out until the end is told.
///
/// # Errors
/// None that ends the daemon.
#[expect(
    clippy::unnecessary_wraps,
    reason = "threads of the daemon have one shape"
)]
pub(super) fn run(shared: &Arc<Shared>) -> Result<(), Failure> {
    while !shared.stopping() {
        match send(shared) {
            Ok(()) => {}
            Err(fault) if may_pass(fault.kind) => shared.ledger_waits(&fault),
            Err(fault) => shared.fault(SITE, &fault.to_string(), fault.hint()),
        }
        shared.nap(pause(AGAIN));
    }
    Ok(())
}

/// The way that mails go, opened by these settings.
type Open = Option<(Mail, Box<dyn Transport>)>;

fn send(shared: &Shared) -> Result<(), Fault> {
    let mut books = Beside::open(shared)?;
    let mut open: Open = None;
    let mut open_at = Instant::now();
    while !shared.stopping() {
        let counts = books.reader().outbox_counts()?;
        shared.figures.outbox_waiting(counts.waiting, counts.oldest);
        let (setup, _) = shared.setup();
        let mail = setup.ready.alerts.mail.as_ref();
        if open.as_ref().map(|(mail, _)| mail) != mail && Instant::now() >= open_at {
            open = mail.and_then(|mail| opened(shared, mail));
            if open.is_none() {
                open_at = Instant::now() + pause(OPEN_AGAIN);
            }
        }
        if let Some((mail, transport)) = open.as_ref().filter(|_| counts.waiting > 0) {
            once(shared, &mut books, mail, transport.as_ref())?;
        }
        if !shared.nap(pause(LOOK_EVERY)) {
            break;
        }
    }
    Ok(())
}

fn opened(shared: &Shared, mail: &Mail) -> Option<(Mail, Box<dyn Transport>)> {
    match notify::open(mail) {
        Ok(transport) => Some((mail.clone(), transport)),
        Err(why) => {
            let hint = "`tollwatch alerts test-mail` tells whether it works";
            shared.alarm(SITE, &format!("mails cannot be sent: {why}"), hint);
            None
        }
    }
}

/// One round of tries.
fn once(
    shared: &Shared,
    books: &mut Beside<'_>,
    mail: &Mail,
    transport: &dyn Transport,
) -> Result<(), Fault> {
    let mut moves = || {
        shared.moves();
        // A server may be silent for as long as it likes.
        shared.waits();
        !shared.stopping()
    };
    let now = shared.clock.now();
    let fallback = mail.fallback_to.as_deref();
    let tried = post(books, transport, fallback, (now, &mut moves))?;
    shared.moves();
    let figures = &shared.figures;
    figures.outbox_tried(Try::Sent, tried.sent);
    figures.outbox_tried(Try::Again, tried.again);
    figures.outbox_tried(Try::Refused, tried.refused);
    match tried.trouble {
        Some(trouble) => {
            let text = format!("{}: {trouble}", transport.about());
            shared.fault(SITE, &text, "");
        }
        None if tried.sent > 0 => shared.over(SITE),
        None => {}
    }
    Ok(())
}
