//! What a digest says beside its alerts: yesterday's spend, the week's verdicts, what rules wait for.
//!
//! Knows no words of mails. A newcomer may ask why figures are those of whole days: a digest goes out
//! in the morning, and half a day compares with nothing.

use std::collections::BTreeMap;

use crate::alert::{Amount, Metric, Unit};
use crate::app::follow::Books;
use crate::cell::Totals;
use crate::episode::{Occasion, Step};
use crate::ledger::{Fault, Resolution, Span};
use crate::message::{Digest, DigestKind, Line, Section};
use crate::residency::Verdict;
use crate::units::{Text, UnixMillis};

use super::compose::Composer;

/// Lines of a section.
const LINES_MAX: usize = 40;

/// The digest of a step.
///
/// # Errors
/// What the ledger says.
pub(super) fn digest<B: Books>(
    composer: &Composer<'_, B>,
    step: &Step,
    occasion: Occasion,
) -> Result<Digest, Fault> {
    let books = composer.books();
    let (kind, sections) = match occasion {
        Occasion::Daily => (DigestKind::Held, Vec::new()),
        Occasion::Past => (DigestKind::CatchUp, Vec::new()),
        Occasion::Finops => (DigestKind::Spend, vec![spend(composer, step.wall)?]),
        Occasion::Security => {
            let days = Span {
                from: books.zones().day_of(step.from),
                to: books.zones().day_of(step.wall),
            };
            (DigestKind::Residency, vec![verdicts(books, days)?])
        }
        Occasion::Inventory => (DigestKind::Inventory, waits(step)),
    };
    let count = usize::try_from(step.items_count).unwrap_or(usize::MAX);
    let mut notices: Vec<_> = step
        .items
        .iter()
        .filter_map(|item| composer.item(item))
        .collect();
    notices.sort_by_key(|notice| std::cmp::Reverse(notice.severity));
    Ok(Digest {
        kind,
        from: step.from,
        to: step.wall,
        told: step.wall,
        answer: String::new(),
        sections,
        notices,
        notices_left: count.saturating_sub(step.items.len()),
    })
}

/// Totals of days by feature.
fn by_feature(books: &impl Books, days: Span) -> Result<BTreeMap<Text, Totals>, Fault> {
    let mut features: BTreeMap<Text, Totals> = BTreeMap::new();
    books.cells(Resolution::Day, days, &mut |row| {
        let totals = features.entry(row.key.feature).or_default();
        totals.add(&row.cell.totals, 1);
        Ok(())
    })?;
    Ok(features)
}

/// Spend of the last whole day by feature, with what was approved.
fn spend<B: Books>(composer: &Composer<'_, B>, now: UnixMillis) -> Result<Section, Fault> {
    let books = composer.books();
    let today = books.zones().day_of(now);
    let days = Span {
        from: books.zones().day_of(today.saturating_add(-1)),
        to: today,
    };
    let declared = &composer.setup().ready.declared;
    let mut lines = Vec::new();
    for (feature, totals) in by_feature(books, days)? {
        let cost = totals.cost_nanousd();
        if cost == 0 {
            continue;
        }
        let known = declared.features.iter().find(|one| one.feature == feature);
        let approved = known.and_then(|one| one.approved_nanousd?.checked_mul(one.approved_calls?));
        lines.push(Line {
            what: feature.to_string(),
            metric: Some(Metric::Spend),
            now: Amount::new(Unit::NanoUsd, cost),
            should: approved.map(|n| ("approved", Amount::new(Unit::NanoUsd, n))),
            note: String::new(),
        });
    }
    Ok(section("What did yesterday cost?", lines))
}

/// Calls of days that left their region or cannot prove that they did not, by feature.
fn verdicts(books: &impl Books, days: Span) -> Result<Section, Fault> {
    let mut calls: BTreeMap<(Text, Verdict), i64> = BTreeMap::new();
    books.cells(Resolution::Day, days, &mut |row| {
        if let Some(verdict @ (Verdict::Violated | Verdict::Unproven)) = row.key.verdict {
            let n = calls.entry((row.key.feature, verdict)).or_default();
            *n = n.saturating_add(row.cell.totals.calls());
        }
        Ok(())
    })?;
    let line = |((feature, verdict), n): ((Text, Verdict), i64)| Line {
        what: feature.to_string(),
        metric: None,
        now: Amount::new(Unit::Count, n),
        should: None,
        note: verdict.as_str().to_owned(),
    };
    let lines = calls
        .into_iter()
        .filter(|(_, n)| *n > 0)
        .map(line)
        .collect();
    Ok(section(
        "Which calls did not stay where they belong?",
        lines,
    ))
}

/// What rules wait for.
fn waits(step: &Step) -> Vec<Section> {
    let line = |(rule, why, n): &(Text, crate::alert::Unknown, u32)| Line {
        what: rule.to_string(),
        metric: None,
        now: Amount::new(Unit::Count, i64::from(*n)),
        should: None,
        note: why.as_str().to_owned(),
    };
    if step.waits.is_empty() {
        return Vec::new();
    }
    let lines = step.waits.iter().map(line).collect();
    vec![section(
        "What do rules wait for, of how many series?",
        lines,
    )]
}

fn section(title: &str, mut lines: Vec<Line>) -> Section {
    lines.sort_by_key(|line| std::cmp::Reverse(line.now.n));
    let left = lines.len().saturating_sub(LINES_MAX);
    lines.truncate(LINES_MAX);
    Section {
        title: title.to_owned(),
        lines,
        left,
    }
}
