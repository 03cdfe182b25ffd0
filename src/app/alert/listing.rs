//! What stands in the books of alerts, for tables and pages.
//!
//! Knows no terminal. A newcomer may ask why bodies are read here and not in the ledger: it keeps bytes, and
//! whoever wrote them reads them.

use crate::episode::{Desk, DeskState, EpisodeView, Settings, Silence, Step};
use crate::ledger::{Alerts, AuditRow, EpisodeRow, Fault, FaultKind, OutboxRow, StepRow};

/// An episode with all that is known of it.
#[derive(Clone, Debug)]
pub struct Told {
    /// The episode; `None` for a digest.
    pub episode: Option<EpisodeView>,
    /// Its steps, in order.
    pub steps: Vec<Step>,
    /// Its messages, in order.
    pub messages: Vec<OutboxRow>,
    /// What people did about it, in order.
    pub done: Vec<AuditRow>,
}

/// Lines of what people did about an episode that are shown.
const DONE: usize = 100;

fn damaged(what: &str) -> Fault {
    let text = format!("is damaged: a row of `{what}` cannot be read");
    Fault::new(FaultKind::Corrupt, text)
}

/// The episode of a row.
///
/// # Errors
/// A damaged row.
pub fn view(row: &EpisodeRow) -> Result<EpisodeView, Fault> {
    serde_json::from_slice(&row.body).map_err(|_| damaged("episode"))
}

/// At most `limit` episodes, latest first; `open`: only those that are not over.
///
/// # Errors
/// What the ledger says.
pub fn episodes(
    books: &(impl Alerts + ?Sized),
    open: bool,
    limit: usize,
) -> Result<Vec<EpisodeView>, Fault> {
    books.episodes(open, limit)?.iter().map(view).collect()
}

/// An episode; `None` where there is none of that number.
///
/// # Errors
/// What the ledger says.
pub fn episode(books: &(impl Alerts + ?Sized), number: u64) -> Result<Option<EpisodeView>, Fault> {
    books.episode(number)?.as_ref().map(view).transpose()
}

/// The steps of an episode, in order.
///
/// # Errors
/// What the ledger says.
pub fn steps(books: &(impl Alerts + ?Sized), number: u64) -> Result<Vec<Step>, Fault> {
    let rows = books.episode_steps(number)?.into_iter();
    let step =
        |row: StepRow| serde_json::from_slice(&row.body).map_err(|_| damaged("episode_step"));
    rows.map(step).collect()
}

/// An episode, or a digest; `None` where there is none of that number.
///
/// # Errors
/// What the ledger says.
pub fn told(books: &impl Alerts, number: u64) -> Result<Option<Told>, Fault> {
    let (episode, steps) = (episode(books, number)?, steps(books, number)?);
    if episode.is_none() && steps.is_empty() {
        return Ok(None);
    }
    let mut messages = books.outbox(Some(number), 1_000)?;
    messages.reverse();
    let mut done = books.alert_audit_of(number, DONE)?;
    done.reverse();
    Ok(Some(Told {
        episode,
        steps,
        messages,
        done,
    }))
}

/// Silences that are not over, by number.
///
/// # Errors
/// What the ledger says.
pub fn silences(books: &(impl Alerts + ?Sized)) -> Result<Vec<(u64, Silence)>, Fault> {
    // What a desk goes by does not change what it keeps.
    let settings = Settings::new(
        &[],
        &crate::alert::Declared::default(),
        &crate::alert::Settings::default(),
        chrono_tz::Tz::UTC,
    );
    let desk = Desk::new(&settings, &DeskState(books.alert_state()?));
    Ok(desk.silences())
}
