//! What the figures do not cover, said below them.
//!
//! Knows no ledger. A newcomer may ask why this is part of every answer: a figure whose cover is
//! unknown is a guess.

use crate::app::Failure;
use crate::app::report::{Lost, Unseen};
use crate::cli::{Terminal, words};
use crate::ledger::LossKind;
use crate::money::NanoUsd;

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Shows what was not seen or could not be told, one line each.
pub(in crate::cli) fn show(unseen: &Unseen, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let lines = lines(unseen);
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(terminal.out, "\nNot seen, or not sure:")?;
    for line in lines {
        writeln!(terminal.out, "  {line}")?;
    }
    Ok(())
}

/// Answered calls beside answered requests, where both are told.
fn covered(calls: i64, requests: i64) -> String {
    if requests <= calls {
        let share = words::share(requests, calls);
        return format!("usage covers {share} of the answered calls");
    }
    let more = requests.saturating_sub(calls);
    let (of, share) = (words::count(requests), words::share(more, requests));
    format!(
        "{} without a call seen here, {share} of the {of} answered: they left by another door, or in another log",
        words::plural(more, "answered request is", "answered requests are"),
    )
}

/// What a limit cut off, in words; the figures stay whole.
pub(in crate::cli) fn overflow(kind: &str, number: u64) -> String {
    let number = whole(number);
    let (one, many, what) = match kind {
        "names" => (
            "name",
            "names",
            "beyond the day's limit, counted under `other`",
        ),
        "conversations" => (
            "conversation",
            "conversations",
            "beyond the day's limit, added up in one",
        ),
        "evidence" => (
            "violated or unproven call",
            "violated or unproven calls",
            "beyond the hour's limit of evidence, counted but not kept one by one",
        ),
        "quarantine" => (
            "record",
            "records",
            "beyond the limit of the quarantine, counted but not kept",
        ),
        "contradictions" => (
            "contradiction",
            "contradictions",
            "beyond the limit of pairs of tellers, counted but in no pair",
        ),
        "unlinked" => (
            "late call",
            "late calls",
            "in no retry or fallback: the lines of their hour are gone",
        ),
        other => (other, other, "beyond a limit"),
    };
    format!("{} {what}", words::plural(number, one, many))
}

/// A break in what a partition could be read of, in words.
pub(in crate::cli) fn loss(lost: &Lost) -> String {
    let records = words::plural(whole(lost.records), "record", "records");
    let (from, to) = (lost.from, lost.to);
    let what = match lost.kind {
        LossKind::Removed => format!(
            "{records} removed before anybody read them, offsets {from} to {}",
            to.saturating_sub(1)
        ),
        LossKind::Truncated => format!(
            "the log was cut at offset {from} after it had been read up to {to}; what stands there now was read"
        ),
        LossKind::Replaced => format!(
            "the topic was deleted and made again after it had been read up to {to}; what it held beyond is not known"
        ),
    };
    format!(
        "{}: {} partition {}: {what}; found {}",
        lost.source, lost.topic, lost.partition, lost.at
    )
}

/// The lines of what was not seen or could not be told.
pub(super) fn lines(unseen: &Unseen) -> Vec<String> {
    let lost = unseen.losses.iter().map(loss);
    lost.chain(rest(unseen)).collect()
}

fn rest(unseen: &Unseen) -> Vec<String> {
    let mut lines: Vec<String> = unseen
        .coverage
        .iter()
        .map(|one| {
            let what = match (one.calls, one.requests) {
                (_, 0) => "no usage report tells their tokens".to_owned(),
                (0, _) => "no transport report tells where they went: another door, or another log"
                    .to_owned(),
                _ => covered(one.calls_ok, one.requests_ok),
            };
            let (calls, requests) = (words::count(one.calls), words::count(one.requests));
            format!(
                "{}: {calls} calls, {requests} requests; {what}",
                one.endpoint
            )
        })
        .collect();
    for (kind, n) in &unseen.overflows {
        lines.push(overflow(kind, *n));
    }
    for (reason, n) in &unseen.unpriced {
        lines.push(format!(
            "{} without a price: {reason}",
            words::plural(*n, "request", "requests")
        ));
    }
    if unseen.approximated > 0 {
        let requests = words::plural(unseen.approximated, "request", "requests");
        lines.push(format!(
            "{requests} priced by approximation, counted apart; `tollwatch inspect` names the rule"
        ));
    }
    if unseen.unattributed_nanousd > 0 {
        let amount = words::dollars(NanoUsd(unseen.unattributed_nanousd));
        lines.push(format!("{amount} of spend belongs to no feature"));
    }
    for (reason, n) in &unseen.quarantined {
        let records = words::plural(whole(*n), "record", "records");
        lines.push(format!("{records} in quarantine: {reason}"));
    }
    if unseen.contradictions > 0 {
        let reports = words::plural(
            whole(unseen.contradictions),
            "report contradicts",
            "reports contradict",
        );
        lines.push(format!("{reports} another report of the same call"));
    }
    if unseen.weak > 0 {
        let reports = words::plural(unseen.weak, "report is", "reports are");
        lines.push(format!("{reports} known only by a hash of the content"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_say_what_is_missing() {
        let cases = [
            (
                LossKind::Removed,
                "3 records removed before anybody read them, offsets 7 to 9; found then",
            ),
            (
                LossKind::Truncated,
                "the log was cut at offset 7 after it had been read up to 10; what stands there now was read; found then",
            ),
            (
                LossKind::Replaced,
                "the topic was deleted and made again after it had been read up to 10; what it held beyond is not known; found then",
            ),
        ];
        for (kind, text) in cases {
            let lost = Lost {
                source: "now".to_owned(),
                cluster: "c".to_owned(),
                topic: "calls".to_owned(),
                partition: 2,
                kind,
                from: 7,
                to: 10,
                records: 3,
                at: "then".to_owned(),
            };
            assert_eq!(loss(&lost), format!("now: calls partition 2: {text}"));
        }
    }

    #[test]
    fn coverage_never_passes_the_whole() {
        let cases = [
            (100, 32, "usage covers 32.0 % of the answered calls"),
            (
                100,
                152,
                "52 answered requests are without a call seen here, 34.2 % of the 152 answered: they left by another door, or in another log",
            ),
        ];
        for (calls, requests, text) in cases {
            assert_eq!(covered(calls, requests).replace('\u{202f}', " "), text);
        }
    }
}
