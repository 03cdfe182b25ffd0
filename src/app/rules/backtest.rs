//! Rules over the books of the past: what would have been mailed, when, to whom, and how late.
//!
//! Knows no terminal. A newcomer may ask why the daemon's clock goes beside the calls' time here, two
//! minutes behind: digests, budgets of mails and repetition hang on it, and history has none of its own.

use std::collections::{BTreeMap, BTreeSet};

use crate::alert::{Fact, Finding, Series, Severity, StepKind};
use crate::app::Progress;
use crate::app::alert::judging::{Judging, Law};
use crate::app::alert::past::Past;
use crate::app::alert::reading::Reading;
use crate::app::follow::Books;
use crate::episode::{DeskState, Step};
use crate::ledger::{Fault, Resolution, Span};
use crate::units::{DAY_MS, HOUR_MS, MINUTE_MS, Text, UnixMillis};
use crate::watch::WatchState;

/// A mail that would have been sent, or a digest.
#[derive(Clone, Debug)]
pub struct Mailed {
    /// When, by a clock two minutes behind what is complete.
    pub wall: UnixMillis,
    /// The episode.
    pub episode: u64,
    /// What happened; `None` for a digest.
    pub kind: Option<StepKind>,
    /// The rule, or what kind of digest.
    pub rule: Text,
    /// What it is about.
    pub series: Series,
    /// Further series of the same cause.
    pub others: u32,
    /// How urgent.
    pub severity: Severity,
    /// Who is told; empty: nobody is known.
    pub to: Vec<Text>,
    /// Why it is not mailed at once.
    pub quiet: Option<&'static str>,
    /// Since when it was so, by the calls' own time.
    pub since: UnixMillis,
    /// What it had cost beyond what was expected or approved, in nano-dollars.
    pub so_far_nanousd: Option<i64>,
}

/// What a backtest found.
#[derive(Clone, Debug, Default)]
pub struct Backtest {
    /// From when, and up to when the books hold minutes.
    pub from: UnixMillis,
    /// Up to when.
    pub to: UnixMillis,
    /// Every step of an episode and every digest, by time.
    pub steps: Vec<Mailed>,
    /// When each rule fired first for each series.
    pub fired: BTreeMap<(Text, Series), UnixMillis>,
}

/// The first and the end of the last minute that the books hold between two times.
///
/// # Errors
/// What the ledger says.
pub fn extent(books: &impl Books, within: Span) -> Result<Option<(UnixMillis, UnixMillis)>, Fault> {
    let mut days = BTreeSet::new();
    books.numbered_cells(Resolution::Day, within, &mut |day, _, _| {
        days.insert(day);
        Ok(())
    })?;
    let mut found: Option<(UnixMillis, UnixMillis)> = None;
    let minutes_of = |day: UnixMillis| -> Result<Option<(UnixMillis, UnixMillis)>, Fault> {
        let mut found: Option<(UnixMillis, UnixMillis)> = None;
        let to = day.saturating_add(DAY_MS + 2 * HOUR_MS);
        books.numbered_cells(
            Resolution::Minute,
            Span { from: day, to },
            &mut |at, _, _| {
                let (first, last) = found.unwrap_or((at, at));
                found = Some((first.min(at), last.max(at)));
                Ok(())
            },
        )?;
        Ok(found)
    };
    for day in &days {
        if let Some((first, _)) = minutes_of(*day)? {
            found = Some((first, first));
            break;
        }
    }
    let Some((first, _)) = found else {
        return Ok(None);
    };
    for day in days.iter().rev() {
        if let Some((_, last)) = minutes_of(*day)? {
            let first = first.max(within.from).floor(MINUTE_MS);
            let end = last.saturating_add(MINUTE_MS).min(within.to);
            return Ok((first < end).then_some((first, end)));
        }
    }
    Ok(None)
}

/// Goes through the books, minute by minute.
///
/// # Errors
/// What the ledger says.
pub fn backtest(
    books: &impl Books,
    law: Law<'_>,
    (from, to): (UnixMillis, UnixMillis),
    progress: &mut dyn Progress,
) -> Result<Backtest, Fault> {
    let mut judging = Judging::new(law, WatchState::default(), &DeskState::default());
    let (mut reading, mut past) = (Reading::new(0), Past::default());
    judging.warm(reading.warm(books, from)?);
    let mut done = Backtest {
        from,
        to,
        ..Backtest::default()
    };
    let hours = (to.0.saturating_sub(from.0)) / HOUR_MS;
    progress.begin("judging", u64::try_from(hours).unwrap_or(0));
    let mut at = from;
    while at < to {
        let span = Span {
            from: at,
            to: at.floor(HOUR_MS).saturating_add(HOUR_MS).min(to),
        };
        past.hour(books, &mut reading, span, &mut |closed_to, facts| {
            step(&mut judging, facts, closed_to, &mut done);
            Ok(())
        })?;
        at = span.to;
        let gone = (at.0.saturating_sub(from.0)) / HOUR_MS;
        progress.at(u64::try_from(gone).unwrap_or(0), 0);
    }
    progress.end();
    Ok(done)
}

fn step(judging: &mut Judging, facts: Vec<Fact>, closed_to: UnixMillis, done: &mut Backtest) {
    let (steps, wall) = judging.relive(facts, closed_to);
    done.steps.extend(steps.iter().map(mailed));
    for (rule, finding, _) in judging.desk.firing() {
        let key = (rule.clone(), finding.series.clone());
        done.fired.entry(key).or_insert(wall);
    }
}

fn mailed(step: &Step) -> Mailed {
    let worst: Option<&Finding> = step.findings.first();
    let digest = step.digest.map(|occasion| Text::from(occasion.as_str()));
    let rule = worst.map(|finding| finding.rule.clone());
    let is_digest = digest.is_some();
    Mailed {
        wall: step.wall,
        episode: step.id.episode,
        kind: (!is_digest).then_some(step.kind),
        rule: digest.or(rule).unwrap_or_default(),
        series: worst
            .map(|finding| finding.series.clone())
            .unwrap_or_default(),
        others: step.series.saturating_sub(1),
        severity: step.severity,
        to: step.to.iter().map(|one| one.address.clone()).collect(),
        quiet: step.quiet.map(crate::episode::Quiet::as_str),
        since: step.since,
        so_far_nanousd: worst.and_then(|finding| finding.loss.so_far_nanousd),
    }
}

/// What a rule came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfRule {
    /// Episodes that began.
    pub episodes: u32,
    /// Mails, digests not counted.
    pub mails: u32,
    /// Milliseconds from the first bad moment to the first word of it, of each episode, ascending.
    pub noticed_ms: Vec<i64>,
    /// What they had cost by then, in nano-dollars.
    pub before_nanousd: i64,
}

impl OfRule {
    /// The time to notice that half of the episodes had at most.
    #[must_use]
    pub fn median_ms(&self) -> Option<i64> {
        self.noticed_ms.get(self.noticed_ms.len() / 2).copied()
    }
}

impl Backtest {
    /// By rule.
    #[must_use]
    pub fn rules(&self) -> BTreeMap<Text, OfRule> {
        let mut rules: BTreeMap<Text, OfRule> = BTreeMap::new();
        for one in self.steps.iter().filter(|one| one.kind.is_some()) {
            let rule = rules.entry(one.rule.clone()).or_default();
            rule.mails += u32::from(!one.to.is_empty());
            if one.kind == Some(StepKind::Fired) {
                rule.episodes += 1;
                rule.noticed_ms
                    .push(one.wall.0.saturating_sub(one.since.0).max(0));
                let before = one.so_far_nanousd.unwrap_or(0);
                rule.before_nanousd = rule.before_nanousd.saturating_add(before);
            }
        }
        for rule in rules.values_mut() {
            rule.noticed_ms.sort_unstable();
        }
        rules
    }

    /// Mails by person: at once, and in digests.
    #[must_use]
    pub fn people(&self) -> BTreeMap<Text, (u32, u32)> {
        let mut people: BTreeMap<Text, (u32, u32)> = BTreeMap::new();
        for one in &self.steps {
            for person in &one.to {
                let (mails, digests) = people.entry(person.clone()).or_default();
                if one.kind.is_some() {
                    *mails += 1;
                } else {
                    *digests += 1;
                }
            }
        }
        people
    }

    /// So many in this time as hundredths a week.
    #[must_use]
    pub fn weekly(&self, n: u32) -> i64 {
        let ms = (self.to.0.saturating_sub(self.from.0)).max(1);
        let weekly = i128::from(n) * 100 * 7 * i128::from(DAY_MS) / i128::from(ms);
        i64::try_from(weekly).unwrap_or(i64::MAX)
    }

    /// Rule and series that fire in one of both alone, or more than a minute apart: when here, and when
    /// there.
    #[must_use]
    pub fn differences(
        &self,
        other: &Backtest,
    ) -> Vec<(Text, Series, Option<UnixMillis>, Option<UnixMillis>)> {
        let keys: BTreeSet<_> = self.fired.keys().chain(other.fired.keys()).collect();
        let rows = keys.into_iter().map(|key| {
            let (here, there) = (self.fired.get(key), other.fired.get(key));
            (key.0.clone(), key.1.clone(), here.copied(), there.copied())
        });
        rows.filter(|(_, _, here, there)| match (here, there) {
            (Some(here), Some(there)) => here.0.abs_diff(there.0) > 60_000,
            (Some(_) | None, _) => true,
        })
        .collect()
    }
}
