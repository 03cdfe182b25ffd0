//! Who and what makes up the event: conversations, credentials and answers from call lines, features,
//! endpoints and models from cells.
//!
//! Knows no pattern. A newcomer may ask why lines of the last hour alone are read: a day of them is
//! millions where it matters most, and a cause that is at work is at work in its last hour.

use std::collections::BTreeMap;

use crate::alert::{Dimension, Metric, Share};
use crate::call::Class;
use crate::cell::Totals;
use crate::ids::Fingerprint;
use crate::ledger::{Fault, FaultKind, Span};
use crate::line::Line;
use crate::units::{HOUR_MS, Text, UnixMillis};

use super::case::Case;
use super::figure::{Half, fails, half, ppm};
use super::words;

/// How much of the event's end is read as lines.
const LINES_MS: i64 = HOUR_MS;
/// Lines that are looked at before reading ends.
const LINES_MAX: usize = 400_000;
/// Conversations and credentials that are told apart; further ones are others.
const NAMES_MAX: usize = 20_000;
/// Sizes that are kept of a conversation.
const SIZES_MAX: usize = 256;
/// From this many millionths on a share is worth saying.
const SHARE_LEAST: i64 = 300_000;
/// Shares that are said.
const SHARES_MAX: usize = 4;

/// What one conversation did.
#[derive(Clone, Debug, Default)]
pub(super) struct Talk {
    pub(super) requests: i64,
    /// When, and input tokens or bytes; of the first that were read.
    pub(super) sizes: Vec<(UnixMillis, u64)>,
}

/// What was seen of an event.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// Of lines: what counts, and what tells a conversation, of the same half.
    pub(super) counted: i64,
    talking: i64,
    talks: BTreeMap<Fingerprint, Talk>,
    credentials: BTreeMap<Text, i64>,
    answers: BTreeMap<Text, i64>,
    /// Of cells: what counts, by dimension and name.
    by: BTreeMap<(Dimension, Text), i64>,
    all: i64,
}

/// Looks at the event.
pub(super) fn look(case: &Case<'_>) -> Result<Seen, Fault> {
    let mut seen = Seen::default();
    read_lines(case, &mut seen)?;
    let metric = case.metric();
    case.cells(case.event, &mut |row| {
        let n = weight(metric, &row.cell.totals);
        if n <= 0 {
            return;
        }
        seen.all = seen.all.saturating_add(n);
        let key = row.key;
        for (dimension, name) in [
            (Dimension::Feature, key.feature),
            (Dimension::Endpoint, key.endpoint),
            (Dimension::Model, key.model),
        ] {
            if !name.is_empty() {
                *seen.by.entry((dimension, name)).or_default() += n;
            }
        }
    })?;
    Ok(seen)
}

/// How much a cell counts for a figure: what fails for what is about failing, money for money.
fn weight(metric: Option<Metric>, totals: &Totals) -> i64 {
    let failed = totals.calls().saturating_sub(totals.calls_ok);
    match metric {
        Some(Metric::Spend | Metric::CostPerCall | Metric::RetrySpend) => totals.cost_nanousd(),
        Some(Metric::Tokens | Metric::TokensPerCall | Metric::PromptPerCall) => totals
            .tokens_input_total()
            .saturating_add(totals.tokens_output),
        Some(Metric::ThrottledShare) => totals.calls_throttled,
        Some(Metric::AuthShare) => totals.calls_auth,
        Some(Metric::ErrorShare) => failed.saturating_sub(totals.calls_throttled),
        Some(Metric::RequestErrorShare) => totals.requests().saturating_sub(totals.requests_ok),
        metric => match half(metric) {
            Half::Calls => totals.calls(),
            Half::Requests => totals.requests(),
        },
    }
}

/// Whether a line's class counts for a figure.
fn counts(metric: Option<Metric>, class: Class) -> bool {
    if !fails(metric) {
        return true;
    }
    match class {
        Class::Ok => false,
        Class::Throttled => metric == Some(Metric::ThrottledShare),
        Class::Auth => metric != Some(Metric::ThrottledShare),
        Class::ClientError
        | Class::ServerError
        | Class::Timeout
        | Class::NoAnswer
        | Class::Failed => {
            metric != Some(Metric::ThrottledShare) && metric != Some(Metric::AuthShare)
        }
    }
}

fn read_lines(case: &Case<'_>, seen: &mut Seen) -> Result<(), Fault> {
    let event = case.event;
    let span = Span {
        from: event.from.max(event.to.saturating_add(-LINES_MS)),
        to: event.to,
    };
    let feature = case.named(Dimension::Feature);
    let mut looked = 0_usize;
    let mut wanted = |glance: &crate::line::Glance<'_>| {
        looked += 1;
        looked > LINES_MAX || feature.is_none_or(|feature| feature == glance.feature)
    };
    let mut taken = 0_usize;
    let read = case.books.lines_where(span, &mut wanted, &mut |line| {
        taken += 1;
        if taken > LINES_MAX {
            return Err(Fault::new(FaultKind::Refused, ENOUGH));
        }
        if case.holds_line(&line) {
            seen.add_line(case.metric(), &line);
        }
        Ok(())
    });
    match read {
        Err(fault) if fault.kind == FaultKind::Refused && fault.detail == ENOUGH => Ok(()),
        read => read,
    }
}

/// Why a reading ended early.
const ENOUGH: &str = "enough lines were read";

impl Seen {
    fn add_line(&mut self, metric: Option<Metric>, line: &Line) {
        let class = match half(metric) {
            Half::Calls => line.call.map(|call| call.class),
            Half::Requests => line.request.map(|request| request.class),
        };
        self.add_talk(metric, line);
        let Some(class) = class.filter(|class| counts(metric, *class)) else {
            return;
        };
        self.counted += 1;
        bump(&mut self.credentials, &line.about.credential);
        if fails(metric) {
            let status = line.about.transport.as_ref().and_then(|told| told.status);
            let answer = match status.filter(|status| *status > 0) {
                Some(status) => Text::from(status.to_string()),
                None => Text::from(class.as_str().replace('_', " ")),
            };
            bump(&mut self.answers, &answer);
        }
    }

    /// Conversations are told by requests in most logs, so they are counted by those where both
    /// halves are in question.
    fn add_talk(&mut self, metric: Option<Metric>, line: &Line) {
        let (class, size) = match (&line.request, &line.call) {
            (Some(request), _) => {
                let size = request.usage.map_or(0, |usage| usage.total_input());
                (request.class, size)
            }
            (None, Some(call)) => (call.class, call.request_bytes),
            (None, None) => return,
        };
        let Some(print) = line.conversation.filter(|_| counts(metric, class)) else {
            return;
        };
        self.talking += 1;
        if self.talks.len() >= NAMES_MAX && !self.talks.contains_key(&print) {
            return;
        }
        let talk = self.talks.entry(print).or_default();
        talk.requests += 1;
        if talk.sizes.len() < SIZES_MAX {
            talk.sizes.push((line.at, size));
        }
    }

    /// The conversation with the most, and its share in millionths.
    pub(super) fn talk(&self) -> Option<(Fingerprint, &Talk, i64)> {
        let most = self.talks.iter().max_by_key(|(_, talk)| talk.requests)?;
        Some((*most.0, most.1, ppm(most.1.requests, self.talking)?))
    }

    /// The credential with the most, and its share in millionths.
    pub(super) fn credential(&self) -> Option<(&Text, i64)> {
        most(&self.credentials, self.counted)
    }

    /// The answer that failed calls got most, and its share in millionths.
    pub(super) fn answer(&self) -> Option<(&Text, i64)> {
        most(&self.answers, self.counted)
    }

    /// The name of a dimension with the most, and its share in millionths.
    pub(super) fn top(&self, dimension: Dimension) -> Option<(&Text, i64)> {
        let own = self.by.iter().filter(|((one, _), _)| *one == dimension);
        let ((_, name), n) = own.max_by_key(|(_, n)| **n)?;
        Some((name, ppm(*n, self.all)?))
    }

    /// How many names of a dimension there are.
    pub(super) fn names(&self, dimension: Dimension) -> usize {
        self.by.keys().filter(|(one, _)| *one == dimension).count()
    }

    /// Who or what makes up most of it, greatest first. What the series says itself is not said
    /// again, nor that all calls have the one credential or model there is.
    pub(super) fn shares(&self, case: &Case<'_>) -> Vec<Share> {
        let mut shares = Vec::new();
        let mut say = |of: &'static str, name: Text, share: i64| {
            if share >= SHARE_LEAST && !name.is_empty() {
                shares.push(Share {
                    of: Text::const_new(of),
                    name,
                    ppm: share,
                });
            }
        };
        if let Some((print, talk, share)) = self.talk()
            && talk.requests > 1
        {
            say("conversation", words::beginning(print), share);
        }
        if let Some((name, share)) = self.credential()
            && case.named(Dimension::Credential).is_none()
        {
            say("credential", name.clone(), share);
        }
        if let Some((name, share)) = self.answer() {
            say("status", name.clone(), share);
        }
        for dimension in [Dimension::Feature, Dimension::Endpoint, Dimension::Model] {
            if case.named(dimension).is_some()
                || (dimension == Dimension::Model && self.names(dimension) < 2)
            {
                continue;
            }
            if let Some((name, share)) = self.top(dimension) {
                say(dimension.as_str(), name.clone(), share);
            }
        }
        shares.sort_by_key(|share| std::cmp::Reverse(share.ppm));
        shares.truncate(SHARES_MAX);
        shares
    }
}

fn bump(map: &mut BTreeMap<Text, i64>, name: &Text) {
    if name.is_empty() {
        return;
    }
    if let Some(n) = map.get_mut(name) {
        *n += 1;
    } else if map.len() < NAMES_MAX {
        map.insert(name.clone(), 1);
    }
}

fn most(map: &BTreeMap<Text, i64>, all: i64) -> Option<(&Text, i64)> {
    let (name, n) = map.iter().max_by_key(|(_, n)| **n)?;
    Some((name, ppm(*n, all)?))
}
