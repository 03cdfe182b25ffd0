//! What a webhook hears of a step, as one more row of the outbox.
//!
//! Knows no address. A newcomer may ask why it hears that an episode is over also where no mail says so: what
//! wakes people keeps an incident open until somebody closes it.

use std::collections::BTreeMap;

use crate::alert::{Notice, Severity, StepKind};
use crate::app::follow::Books;
use crate::episode::{Quiet, Step};
use crate::ledger::{OutboxRow, Way};
use crate::message;

use super::compose::{Composer, row};

/// What the webhook is called in tables.
const NAME: &str = "webhook";
/// The place in a step of whoever is no reader of it: links that act are for people.
const NOBODY: usize = usize::MAX;

/// Whether it hears of a step: of what people are told at once, or would be if there were somebody, or had not had
/// their share of mails; and that what it heard of is over.
pub(super) fn hears(step: &Step, known: bool) -> bool {
    if step.digest.is_some() {
        return false;
    }
    if step.kind == StepKind::Resolved {
        return known;
    }
    match step.quiet {
        None => !step.to.is_empty(),
        Some(Quiet::Nobody) => true,
        Some(Quiet::Digest) => step.severity > Severity::Info,
        Some(
            Quiet::Silenced
            | Quiet::Maintenance
            | Quiet::Explained
            | Quiet::FirstDays
            | Quiet::Past
            | Quiet::Untold,
        ) => false,
    }
}

impl<B: Books> Composer<'_, B> {
    /// The message of a step for the webhook; `topics` keeps the subjects of episodes that somebody heard of.
    pub(super) fn hook(
        &mut self,
        step: &Step,
        notice: &Notice,
        topics: &mut BTreeMap<u64, String>,
    ) -> OutboxRow {
        let topic = topics.get(&step.id.episode).cloned();
        let (mail, body) = self.with((step, NOBODY), topic.as_deref(), None, |around| {
            let mail = message::render(notice, around);
            let body = message::hook(notice, &mail, around);
            (mail, body)
        });
        let row = row(step, &mail, (Way::Webhook, "", NAME), body.into_bytes());
        topics.entry(step.id.episode).or_insert(mail.topic);
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::EpisodeRef;
    use crate::episode::{Recipient, Why};
    use crate::units::{Text, UnixMillis};

    fn step(kind: StepKind, severity: Severity, to: usize, quiet: Option<Quiet>) -> Step {
        Step {
            id: EpisodeRef {
                episode: 1,
                step: 1,
            },
            kind,
            severity,
            findings: Vec::new(),
            series: 1,
            since: UnixMillis(0),
            wall: UnixMillis(0),
            to: vec![
                Recipient {
                    address: Text::const_new("a@example.org"),
                    why: Why::Owner,
                };
                to
            ],
            quiet,
            explains: Vec::new(),
            digest: None,
            items: Vec::new(),
            items_count: 0,
            waits: Vec::new(),
            from: UnixMillis(0),
        }
    }

    #[test]
    fn a_webhook_hears_what_would_wake_people_and_its_end() {
        use Severity::{Info, Page, Warning};
        use StepKind::{Changed, Fired, Resolved};
        // Step, whether its episode was heard of, whether it hears.
        let cases = [
            (step(Fired, Page, 1, None), false, true),
            (step(Fired, Page, 0, Some(Quiet::Nobody)), false, true),
            (step(Fired, Info, 0, Some(Quiet::Digest)), false, false),
            (step(Fired, Warning, 0, Some(Quiet::Digest)), false, true),
            (step(Fired, Page, 0, Some(Quiet::Silenced)), false, false),
            (step(Fired, Page, 0, Some(Quiet::Explained)), false, false),
            (step(Fired, Page, 0, Some(Quiet::Past)), false, false),
            (
                step(Changed, Page, 0, Some(Quiet::Maintenance)),
                true,
                false,
            ),
            (step(Resolved, Page, 1, None), true, true),
            (step(Resolved, Page, 0, Some(Quiet::Untold)), true, true),
            (step(Resolved, Page, 0, Some(Quiet::Untold)), false, false),
        ];
        for (step, known, wanted) in cases {
            let words = (step.kind, step.severity, step.quiet, known);
            assert_eq!(hears(&step, known), wanted, "{words:?}");
        }
        let mut digest = step(Fired, Page, 1, None);
        digest.digest = Some(crate::episode::Occasion::Daily);
        assert!(!hears(&digest, true));
    }
}
