//! The mails of the demo's two weeks: as files in a folder, and their first lines on the terminal.
//!
//! Knows no rule. A newcomer may ask why they are written at once and not sent bit by bit: the demo has
//! a minute for two weeks, and each mail says what was known when it would have gone.

use std::path::Path;

use chrono_tz::Tz;
use serde::Serialize;

use crate::app::Failure;
use crate::app::alert::tale::{Told, tale};
use crate::app::setup::Setup;
use crate::cli::{Terminal, words};
use crate::ledger::SqliteLedger;
use crate::notify::{OutboxMail, open};

/// A mail that would have gone.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Sent {
    /// When, RFC 3339 in UTC.
    at: String,
    /// To whom.
    to: String,
    /// Its subject.
    subject: String,
}

/// Writes the mails, and shows the first lines of each.
pub(super) fn write(
    setup: &Setup,
    ledger: &SqliteLedger,
    dir: &Path,
    quiet: bool,
    terminal: &mut Terminal<'_>,
) -> Result<Vec<Sent>, Failure> {
    let Some(mail) = &setup.ready.alerts.mail else {
        return Ok(Vec::new());
    };
    let transport = open(mail).map_err(Failure::Usage)?;
    let zone = setup.ready.timezone;
    let mut sent: Vec<Sent> = Vec::new();
    tale(setup, ledger, None, &mut |told| {
        if !quiet {
            if sent.is_empty() {
                writeln!(
                    terminal.out,
                    "\nThese mails would have gone, while it happened (they lie in {}):",
                    dir.join("outbox").display()
                )?;
            }
            writeln!(terminal.out, "{}", lines(&told, zone))?;
        }
        let row = &told.mail;
        let mail = OutboxMail {
            message_id: &row.message_id,
            from: &row.from,
            to: &row.to,
            bytes: &row.bytes,
            stem: &row.stem,
        };
        transport
            .send(&mail)
            .map_err(|refusal| Failure::Usage(refusal.to_string()))?;
        sent.push(Sent {
            at: told.at.to_string(),
            to: row.to.to_string(),
            subject: row.subject.clone(),
        });
        Ok(())
    })?;
    if !quiet {
        let n = i64::try_from(sent.len()).unwrap_or(i64::MAX);
        writeln!(
            terminal.out,
            "\n{} in two weeks.",
            words::plural(n, "mail", "mails")
        )?;
    }
    Ok(sent)
}

/// When and in which state, and the first paragraph.
fn lines(told: &Told, zone: Tz) -> String {
    let when = told.at.to_utc().with_timezone(&zone);
    let subject = &told.mail.subject;
    let state = subject.split(']').next().unwrap_or_default();
    let mut text = format!(
        "\n  {}  {}]  to {}",
        when.format("%a %-d %b %H:%M"),
        state,
        told.mail.to
    );
    for line in told.text.lines().take_while(|line| !line.is_empty()) {
        text.push_str("\n    ");
        text.push_str(line);
    }
    text
}
