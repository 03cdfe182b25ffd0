//! The past of books, told as a daemon would have told it: every minute judged, every mail out.
//!
//! Knows no terminal. A newcomer may ask why mails of the past go out at all: whoever looks at a demo
//! wants to read what would have reached people, and nothing but the outbox knows.

use crate::app::Failure;
use crate::app::follow::Alone;
use crate::app::rules::extent;
use crate::app::setup::Setup;
use crate::episode::Step;
use crate::ledger::{Span, SqliteLedger, Way};
use crate::notify;

use super::evaluate::{Evaluator, Told};
use super::post::{Fallback, Out, post};

/// Takes a mail as it goes, with the step that it tells.
pub(super) type Tell<'a> = dyn FnMut(&Told, &Step) -> Result<(), Failure> + 'a;

/// Judges all that the books know by minutes, as if it happened now; its episodes, steps and mails stand in
/// the books afterwards, and a daemon goes on from there.
///
/// # Errors
/// What the ledger says, a way of mails that cannot be opened, and what `tell` returns.
pub fn relive(
    setup: &Setup,
    ledger: &mut SqliteLedger,
    tell: &mut Tell<'_>,
) -> Result<(), Failure> {
    let Some((from, to)) = extent(ledger, Span::ALL)? else {
        return Ok(());
    };
    let mail = setup.ready.alerts.mail.as_ref();
    let transport = mail.map(notify::open).transpose().map_err(Failure::Usage)?;
    let out = mail.zip(transport.as_deref()).map(|(mail, transport)| Out {
        way: Way::Mail,
        transport,
        fallback: mail.fallback_to.as_deref().map(|to| Fallback {
            to,
            from: &mail.from,
            zone: setup.ready.timezone,
        }),
    });
    let mut books = Alone(ledger);
    let mut evaluator = Evaluator::begin_at(&mut books, setup, from)?;
    loop {
        let done = evaluator.relive(&mut books, setup, to)?;
        for told in &done.told {
            if let Some(step) = done.steps.get(told.step) {
                tell(told, step)?;
            }
        }
        let now = evaluator.cursor().judged;
        if let Some(out) = out.as_ref().filter(|_| !done.told.is_empty()) {
            while post(&mut books, out, (now, &mut || true))?.any() {}
        }
        if !done.more {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests;
