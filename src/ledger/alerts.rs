//! What alerts ask and keep: up to where the feed was judged, what judging remembers, what people were
//! told, and the mails on their way.
//!
//! Knows no rule and no mail: bodies are bytes. A newcomer may ask why a mail lies here whole: what
//! may have been sent must be sent again as it was, under the same identity.

use std::collections::BTreeMap;

use crate::units::{Text, UnixMillis};

use super::fault::Fault;
use super::types::Span;

/// Up to where alerts have judged the books.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlertCursor {
    /// How often something was written; a writer that knows another number has been overtaken.
    pub turn: u64,
    /// All changes up to this number of the feed were heard.
    pub seq: u64,
    /// All minutes before were judged; the beginning of time where none was.
    pub closed_to: UnixMillis,
    /// When it was last judged, by the daemon's clock.
    pub judged: UnixMillis,
}

/// An episode, for pages and tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EpisodeRow {
    /// Its number.
    pub number: u64,
    /// When it was opened, by the daemon's clock.
    pub opened: UnixMillis,
    /// When it was over; `None` while it is not.
    pub resolved: Option<UnixMillis>,
    /// All of it, as whoever made it wrote it.
    pub body: Vec<u8>,
}

/// A step of an episode, or a digest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepRow {
    /// The episode's or digest's number.
    pub episode: u64,
    /// The step's, from 1.
    pub step: u32,
    /// When, by the daemon's clock.
    pub at: UnixMillis,
    /// All of it, as whoever made it wrote it.
    pub body: Vec<u8>,
}

/// By which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// As a mail.
    Mail,
    /// To the webhook.
    Webhook,
}

impl Way {
    /// All of them, in order.
    pub const ALL: [Way; 2] = [Way::Mail, Way::Webhook];

    /// The word for tables and labels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Way::Mail => "mail",
            Way::Webhook => "webhook",
        }
    }
}

/// What became of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Posted {
    /// It waits.
    #[default]
    Waiting,
    /// It was taken.
    Sent,
    /// It will never be taken.
    Refused,
}

impl Posted {
    /// All of them, in order.
    pub const ALL: [Posted; 3] = [Posted::Waiting, Posted::Sent, Posted::Refused];

    /// The word for tables and labels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Posted::Waiting => "waiting",
            Posted::Sent => "sent",
            Posted::Refused => "refused",
        }
    }
}

/// A message for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its number; 0 for one that is new.
    pub id: u64,
    /// By which way.
    pub way: Way,
    /// The episode's or digest's number; 0 for what belongs to none.
    pub episode: u64,
    /// The step's.
    pub step: u32,
    /// The sender's address.
    pub from: Text,
    /// The recipient's address; for a webhook its name.
    pub to: Text,
    /// Its identity, the same at every try.
    pub message_id: String,
    /// What a file of it is called.
    pub stem: String,
    /// The subject, for tables.
    pub subject: String,
    /// When it was written, by the daemon's clock.
    pub made: UnixMillis,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub next_try: UnixMillis,
    /// What became of it.
    pub state: Posted,
    /// When that was.
    pub done: Option<UnixMillis>,
    /// What the other side said last.
    pub said: String,
    /// The message itself; empty once it is on its way for good, and in tables.
    pub bytes: Vec<u8>,
}

/// How messages stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxCounts {
    /// Messages that wait.
    pub waiting: u64,
    /// When the oldest of them was written.
    pub oldest: Option<UnixMillis>,
    /// Messages that were refused for good, as far as they are kept.
    pub refused: u64,
}

/// What somebody did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditRow {
    /// When, by the daemon's clock.
    pub at: UnixMillis,
    /// Who.
    pub author: Text,
    /// What.
    pub what: String,
    /// The episode that it was about, where it was about one.
    pub episode: Option<u64>,
}

/// Something that happened to an episode, as series tell it: written once, never changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventRow {
    /// Its number; 0 for one that is new.
    pub id: u64,
    /// When, by the daemon's clock.
    pub at: UnixMillis,
    /// All of it, as whoever made it wrote it.
    pub body: Vec<u8>,
}

/// What is written in one transaction.
#[derive(Clone, Debug, Default)]
pub struct AlertApply {
    /// Where the books stand afterwards; its turn is the one that they must stand at.
    pub cursor: AlertCursor,
    /// Rows of state, `None` for those that go.
    pub state: Vec<(Text, Option<Vec<u8>>)>,
    /// Episodes that changed.
    pub episodes: Vec<EpisodeRow>,
    /// Steps; one that is known is written over.
    pub steps: Vec<StepRow>,
    /// New messages.
    pub outbox: Vec<OutboxRow>,
    /// What somebody did.
    pub audit: Vec<AuditRow>,
    /// What series tell of it.
    pub events: Vec<EventRow>,
}

/// The books, as alerts ask them. Every method fails with a [`Fault`] when the ledger cannot be read
/// or written; then nothing of the request is in it.
pub trait Alerts {
    /// Up to where alerts have judged.
    ///
    /// # Errors
    /// See [`Alerts`].
    fn alert_cursor(&self) -> Result<AlertCursor, Fault>;

    /// All rows of state, by name.
    ///
    /// # Errors
    /// See [`Alerts`].
    fn alert_state(&self) -> Result<BTreeMap<Text, Vec<u8>>, Fault>;

    /// Writes all of it in one transaction; the cursor's next turn.
    ///
    /// # Errors
    /// See [`Alerts`]; [`super::FaultKind::Moved`] when somebody else has written since.
    fn alert_apply(&mut self, apply: &AlertApply) -> Result<u64, Fault>;

    /// At most `limit` episodes, latest first; `open`: only those that are not over.
    ///
    /// # Errors
    /// See [`Alerts`].
    fn episodes(&self, open: bool, limit: usize) -> Result<Vec<EpisodeRow>, Fault> {
        self.episodes_before(open, None, limit)
    }

    /// The same of those with a number below `before`.
    ///
    /// # Errors
    /// See [`Alerts`].
    fn episodes_before(
        &self,
        open: bool,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<EpisodeRow>, Fault>;

    /// The episode of that number.
    ///
    /// # Errors
    /// See [`Alerts`].
    fn episode(&self, number: u64) -> Result<Option<EpisodeRow>, Fault>;

    /// The steps of an episode, in order.
    ///
    /// # Errors
    /// See [`Alerts`].
    fn episode_steps(&self, number: u64) -> Result<Vec<StepRow>, Fault>;

    /// At most `limit` messages of a way that are due, in the order in which they were written.
    ///
    /// # Errors
    /// See [`Alerts`].
    fn outbox_due(&self, way: Way, now: UnixMillis, limit: usize) -> Result<Vec<OutboxRow>, Fault>;

    /// At most `limit` messages without their bytes, latest first; of one episode where one is named.
    ///
    /// # Errors
    /// See [`Alerts`].
    fn outbox(&self, episode: Option<u64>, limit: usize) -> Result<Vec<OutboxRow>, Fault>;

    /// How messages stand.
    ///
    /// # Errors
    /// See [`Alerts`].
    fn outbox_counts(&self) -> Result<OutboxCounts, Fault>;

    /// Notes what became of a try: number, attempts, when next, state, when, and what was said are
    /// those of `row`. One that is on its way for good lets its bytes go. `instead` is written with it.
    ///
    /// # Errors
    /// See [`Alerts`].
    fn outbox_tried(&mut self, row: &OutboxRow, instead: Option<&OutboxRow>) -> Result<(), Fault>;

    /// At most `limit` lines of what people did, latest first.
    ///
    /// # Errors
    /// See [`Alerts`].
    fn alert_audit(&self, limit: usize) -> Result<Vec<AuditRow>, Fault>;

    /// At most `limit` events with a number above `after`, in order.
    ///
    /// # Errors
    /// See [`Alerts`].
    fn events_after(&self, after: u64, limit: usize) -> Result<Vec<EventRow>, Fault>;

    /// The events inside `span`, by number; `None` where it may have had more than are kept.
    ///
    /// # Errors
    /// See [`Alerts`].
    fn events_of(&self, span: Span) -> Result<Option<Vec<EventRow>>, Fault>;

    /// At most `limit` lines of what people did about an episode, latest first.
    ///
    /// # Errors
    /// See [`Alerts`].
    fn alert_audit_of(&self, episode: u64, limit: usize) -> Result<Vec<AuditRow>, Fault>;
}
