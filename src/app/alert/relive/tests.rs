//! A simulated past, relived: told in order, in the books as it was told, and not told again.

use std::collections::BTreeSet;

use crate::app::Silent;
use crate::app::alert::around::{law, zone_of};
use crate::app::alert::explain::tests::books;
use crate::app::alert::listing;
use crate::app::alert::{Evaluator, Looked};
use crate::app::rules::backtest;
use crate::ledger::{Alerts, Ledger, Posted, Resolution};
use crate::units::UnixMillis;

use super::*;

/// State and beginning of the text of a mail.
fn beginning(told: &Told) -> String {
    let state = told.subject.split(']').next().unwrap_or_default();
    let lines = told.text.lines().take_while(|line| !line.is_empty());
    let text = lines.collect::<Vec<_>>().join(" ");
    format!("{}: {text}", state.trim_start_matches('['))
}

fn check_order(told: &[(Told, Step)]) {
    let mails: Vec<String> = told.iter().map(|(told, _)| beginning(told)).collect();
    let place = |state: &str, words: &str| {
        let found = mails
            .iter()
            .position(|mail| mail.starts_with(state) && mail.contains(words));
        found.unwrap_or_else(|| panic!("no mail says {words}: {mails:#?}"))
    };
    let places = [
        place("FIRING page", "KB generation (endpoint gpt4o-hr) sent "),
        place("FIRING warning", " a call, approved 4"),
        place("FIRING page", "(endpoint gpt4o-itsm-long) sent "),
        place("FIRING warning", "makes 300 requests in one conversation"),
        place("FIRING page", " is down and nothing took over"),
    ];
    assert!(places.is_sorted(), "{places:?} {mails:#?}");
    assert!(mails.len() < 40, "{mails:#?}");
    // The first days are quiet but for the feature that is outside its rule from the first hour on.
    let quiet = UnixMillis::parse("2026-11-13T15:00:00Z").unwrap();
    let early = told.iter().filter(|(told, step)| {
        told.at < quiet && step.digest.is_none() && !beginning(told).contains("KB generation")
    });
    assert_eq!(early.count(), 0, "{mails:#?}");
    let digests = told.iter().filter(|(_, step)| step.digest.is_some());
    assert!(digests.count() <= 4, "{mails:#?}");
}

/// Books, outbox and folder say what was told.
fn check_books(ledger: &SqliteLedger, told: &[(Told, Step)]) {
    let rows = ledger.outbox(None, 1_000).unwrap();
    assert_eq!(rows.len(), told.len());
    let mut subjects: Vec<&String> = rows.iter().map(|row| &row.subject).collect();
    let mut ours: Vec<&String> = told.iter().map(|(told, _)| &told.subject).collect();
    subjects.sort();
    ours.sort();
    assert_eq!(subjects, ours);
    assert!(
        rows.iter().all(|row| row.state == Posted::Sent),
        "{rows:#?}"
    );
    for (_, step) in told {
        let found = listing::told(ledger, step.id.episode).unwrap().unwrap();
        assert!(found.steps.contains(step), "{step:#?}");
        assert_eq!(found.episode.is_none(), step.digest.is_some());
    }
    let episodes = listing::episodes(ledger, false, 1_000).unwrap();
    let told: BTreeSet<u64> = told.iter().map(|(_, step)| step.id.episode).collect();
    let mailed = episodes
        .iter()
        .filter(|episode| told.contains(&episode.number));
    assert!(mailed.count() >= 5, "{episodes:#?}");
}

#[test]
fn the_past_stands_in_the_books_as_it_was_told() {
    let (books, folder) = (books(), tempfile::tempdir().unwrap());
    let mut ledger = books.copy(&folder);
    let mut told: Vec<(Told, Step)> = Vec::new();
    relive(&books.setup, &mut ledger, &mut |one, step| {
        told.push((one.clone(), step.clone()));
        Ok(())
    })
    .unwrap();
    check_order(&told);
    check_books(&ledger, &told);
    // A backtest comes to the same steps, mailed or not.
    let extent = extent(&ledger, Span::ALL).unwrap().unwrap();
    let law = law(&books.setup, zone_of(&ledger));
    let found = backtest(&ledger, law, extent, &mut Silent).unwrap();
    let mailed: Vec<_> = (found.steps.iter())
        .filter(|step| !step.to.is_empty())
        .flat_map(|step| {
            step.to
                .iter()
                .map(move |to| (step.wall, step.episode, to.clone()))
        })
        .collect();
    let ours: Vec<_> = (told.iter())
        .map(|(told, step)| (told.at, step.id.episode, told.to.clone()))
        .collect();
    assert_eq!(mailed, ours);
    // And a daemon that goes on there has nothing to add.
    let now = extent.1.saturating_add(2 * crate::units::MINUTE_MS);
    let looked = Looked {
        now,
        complete_to: Some(extent.1),
        sources: Vec::new(),
    };
    let mut access = Alone(&mut ledger);
    let mut evaluator = Evaluator::begin(&mut access, &books.setup, &looked).unwrap();
    for _ in 0..3 {
        let done = evaluator.look(&mut access, &books.setup, &looked).unwrap();
        assert_eq!(done.told, Vec::new());
    }
    assert_eq!(evaluator.cursor().closed_to, extent.1);
}

#[test]
fn few_keys_are_read_as_all_are() {
    let books = books().open();
    let feature = "csm/case_summarization";
    let spans = [
        ("2026-11-14T22:59:30Z", "2026-11-15T04:00:00Z"),
        ("2026-11-10T00:00:00Z", "2026-11-17T00:00:00Z"),
    ];
    for resolution in Resolution::ALL {
        for (from, to) in spans {
            let span = Span {
                from: UnixMillis::parse(from).unwrap(),
                to: UnixMillis::parse(to).unwrap(),
            };
            let (mut all, mut few) = (Vec::new(), Vec::new());
            books
                .cells(resolution, span, &mut |row| {
                    all.extend((row.key.feature == feature).then_some(row));
                    Ok(())
                })
                .unwrap();
            books
                .cells_where(
                    (resolution, span),
                    &mut |key| key.feature == feature,
                    &mut |row| {
                        few.push(row);
                        Ok(())
                    },
                )
                .unwrap();
            assert_eq!(all, few, "{resolution:?} {from}");
            assert!(
                resolution == Resolution::Day || all.len() > 4,
                "{resolution:?} {from}"
            );
        }
    }
}
