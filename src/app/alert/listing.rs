//! What stands in the books of alerts, for tables and pages.
//!
//! Knows no terminal. A newcomer may ask why bodies are read here and not in the ledger: it keeps bytes, and
//! whoever wrote them reads them.

use crate::episode::{Desk, DeskState, EpisodeView, Settings, Silence, Step};
use crate::ledger::{Alerts, AuditRow, EpisodeRow, Fault, FaultKind, OutboxRow};

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

fn view(row: &EpisodeRow) -> Result<EpisodeView, Fault> {
    serde_json::from_slice(&row.body).map_err(|_| damaged("episode"))
}

/// At most `limit` episodes, latest first; `open`: only those that are not over.
///
/// # Errors
/// What the ledger says.
pub fn episodes(books: &impl Alerts, open: bool, limit: usize) -> Result<Vec<EpisodeView>, Fault> {
    books.episodes(open, limit)?.iter().map(view).collect()
}

/// An episode, or a digest; `None` where there is none of that number.
///
/// # Errors
/// What the ledger says.
pub fn told(books: &impl Alerts, number: u64) -> Result<Option<Told>, Fault> {
    let episode = books.episode(number)?.as_ref().map(view).transpose()?;
    let steps: Vec<Step> = books
        .episode_steps(number)?
        .iter()
        .map(|row| serde_json::from_slice(&row.body).map_err(|_| damaged("episode_step")))
        .collect::<Result<_, Fault>>()?;
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
