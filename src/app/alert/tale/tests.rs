//! Mails of a simulated past: each incident told, and quiet days not at all.

use crate::app::alert::explain::tests::books;
use crate::ledger::{Ledger, Resolution};

use super::*;

/// State and beginning of the text of each mail.
fn told(from: &str, to: &str) -> Vec<(String, String)> {
    let at = |text: &str| UnixMillis::parse(text).unwrap();
    let span = Span {
        from: at(from),
        to: at(to),
    };
    let mut mails = Vec::new();
    tale(&books().setup, &books().open(), Some(span), &mut |told| {
        assert!(span.contains(told.at), "{}", told.at);
        let state = told.mail.subject.split(']').next().unwrap_or_default();
        let lines = told.text.lines().take_while(|line| !line.is_empty());
        let text = lines.collect::<Vec<_>>().join(" ");
        mails.push((state.trim_start_matches('[').to_owned(), text));
        Ok(())
    })
    .unwrap();
    mails
}

#[test]
fn incidents_are_told_in_order() {
    let mails = told("2026-11-13T12:00:00Z", "2026-11-15T06:00:00Z");
    let place = |state: &str, words: &str| {
        let found = mails
            .iter()
            .position(|(one, text)| one.starts_with(state) && text.contains(words));
        found.unwrap_or_else(|| panic!("no mail says {words}: {mails:#?}"))
    };
    let first = place("FIRING page", "(endpoint gpt4o-itsm-long) sent ");
    let dearer = place("FIRING warning", " a call, approved 4");
    let looped = place("FIRING", "Case summarization");
    assert!(first < looped && dearer < looped, "{mails:#?}");
    assert!(mails.len() < 20, "{mails:#?}");
}

#[test]
fn quiet_days_are_quiet() {
    // One feature is outside its rule from the first hour on; it is told once, and nothing else is.
    let mails = told("2026-11-09T00:00:00Z", "2026-11-10T12:00:00Z");
    let other: Vec<_> = mails
        .iter()
        .filter(|(state, text)| !text.starts_with("KB generation") && !state.contains("DIGEST"))
        .collect();
    assert!(other.is_empty(), "{other:#?}");
    assert!(mails.iter().any(|(state, _)| state == "FIRING page"));
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
