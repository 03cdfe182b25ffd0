//! The thread that brings messages out.
//!
//! Knows no mail. A newcomer may ask why it is a thread of its own: a server that takes a minute to answer
//! must not keep the next minute from being judged.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::config::{Mail, Webhook};
use crate::crash::pause;
use crate::ledger::{Alerts, Fault, Way};
use crate::notify::{self, OutboxMail, Refusal, Sent, Transport, Unready};
use crate::telemetry::{By, Try};

use super::super::Failure;
use super::super::alert::{Fallback, Out, post};
use super::super::follow::Access;
use super::follow::Beside;
use super::shared::{Shared, may_pass};

/// Pause between two looks at the outbox.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Pause after a fault.
const AGAIN: Duration = Duration::from_secs(5);
/// Pause before a way that could not be opened is tried again.
const OPEN_AGAIN: Duration = Duration::from_mins(1);

impl By {
    /// The name in the log.
    fn site(self) -> &'static str {
        match self {
            By::Mail => "outbox",
            By::Webhook => "webhook",
        }
    }
}

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
            Err(fault) => shared.fault(By::Mail.site(), &fault.to_string(), fault.hint()),
        }
        shared.nap(pause(AGAIN));
    }
    Ok(())
}

/// What opens a way by its settings.
type Opener<S> = fn(&S) -> Result<Box<dyn Transport>, String>;

/// A way out as it was opened, and by which settings.
struct Opened<S> {
    open: Option<(S, Box<dyn Transport>)>,
    /// When it is tried again where it could not be opened.
    again: Instant,
}

impl<S: Clone + PartialEq> Opened<S> {
    fn new() -> Opened<S> {
        Opened {
            open: None,
            again: Instant::now(),
        }
    }

    /// The way by these settings; opened anew where they changed.
    fn by(
        &mut self,
        shared: &Shared,
        wanted: Option<&S>,
        (site, open): (&str, Opener<S>),
    ) -> Option<&dyn Transport> {
        if self.open.as_ref().map(|(known, _)| known) != wanted && Instant::now() >= self.again {
            self.open = wanted.and_then(|settings| match open(settings) {
                Ok(transport) => Some((settings.clone(), transport)),
                Err(why) => {
                    let hint = "`tollwatch doctor` tells whether it works";
                    shared.alarm(site, &format!("messages cannot be sent: {why}"), hint);
                    None
                }
            });
            if self.open.is_none() {
                self.again = Instant::now() + pause(OPEN_AGAIN);
            }
        }
        let open = self.open.as_ref();
        open.map(|(_, transport)| transport.as_ref())
    }
}

/// What takes messages to a webhook that is no longer configured: nothing.
struct Gone;

impl Transport for Gone {
    fn send(&self, _: &OutboxMail<'_>) -> Result<Sent, Refusal> {
        Err(Refusal::Never {
            why: "no webhook is configured any more".to_owned(),
        })
    }

    fn about(&self) -> String {
        "webhook".to_owned()
    }

    fn probe(&self) -> Result<String, Unready> {
        Err(Unready {
            why: "no webhook is configured any more".to_owned(),
            hint: "",
        })
    }
}

fn webhook(written: &Webhook) -> Result<Box<dyn Transport>, String> {
    Ok(Box::new(notify::webhook(written)?))
}

fn send(shared: &Shared) -> Result<(), Fault> {
    let mut books = Beside::open(shared)?;
    let (mut mails, mut hooks) = (Opened::<Mail>::new(), Opened::<Webhook>::new());
    while !shared.stopping() {
        let counts = books.reader().outbox_counts()?;
        shared.figures.outbox_waiting(counts.waiting, counts.oldest);
        let (setup, _) = shared.setup();
        let alerts = &setup.ready.alerts;
        let mail = alerts.mail.as_ref();
        let to_mail = mails.by(shared, mail, (By::Mail.site(), notify::open));
        let hook = alerts.webhook.as_ref();
        let gone: &dyn Transport = &Gone;
        let to_hook = match hook {
            Some(_) => hooks.by(shared, hook, (By::Webhook.site(), webhook)),
            None => Some(gone),
        };
        let fallback = mail.and_then(|mail| {
            Some(Fallback {
                to: mail.fallback_to.as_deref()?,
                from: &mail.from,
                zone: setup.ready.timezone,
            })
        });
        let mut troubled = Vec::new();
        for (by, way, transport) in [
            (By::Mail, Way::Mail, to_mail),
            (By::Webhook, Way::Webhook, to_hook),
        ] {
            if let Some(transport) = transport.filter(|_| counts.waiting > 0) {
                let out = Out {
                    way,
                    transport,
                    fallback,
                };
                if once(shared, &mut books, by, &out)? {
                    troubled.push(by);
                }
            }
        }
        // A password or an address that was changed where it lies is found by opening anew.
        for by in troubled {
            match by {
                By::Mail => mails.open = None,
                By::Webhook => hooks.open = None,
            }
        }
        if !shared.nap(pause(LOOK_EVERY)) {
            break;
        }
    }
    Ok(())
}

/// One round of tries; whether something was not taken.
fn once(shared: &Shared, books: &mut Beside<'_>, by: By, out: &Out<'_>) -> Result<bool, Fault> {
    let mut moves = || {
        shared.moves();
        // A server may be silent for as long as it likes.
        shared.waits();
        !shared.stopping()
    };
    let now = shared.clock.now();
    let tried = post(books, out, (now, &mut moves))?;
    shared.moves();
    let figures = &shared.figures;
    figures.outbox_tried(by, Try::Sent, tried.sent);
    figures.outbox_tried(by, Try::Again, tried.again);
    figures.outbox_tried(by, Try::Refused, tried.refused);
    match &tried.trouble {
        Some(trouble) => {
            let text = format!("{}: {trouble}", out.transport.about());
            shared.fault(by.site(), &text, "");
        }
        None if tried.sent > 0 => shared.over(by.site()),
        None => {}
    }
    Ok(tried.trouble.is_some())
}
