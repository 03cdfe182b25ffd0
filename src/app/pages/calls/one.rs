//! One call with every decision: whose it is, what it cost, where it landed, each with its reason.
//!
//! Knows no rule. A newcomer may ask why a call is named by its key and its time: keys are looked up by
//! the hour, and an address that named the key alone would search the whole disk.

mod bill;
mod decisions;
mod landed;

use crate::app::report::call::{Explained, Told, explain};
use crate::figure::cents;
use crate::money::NanoUsd;
use crate::residency::Verdict;
use crate::units::UnixMillis;
use crate::web::Refused;
use crate::web::page::{Choice, Page, Tone, Words};

use super::super::Ask;
use super::super::view::Fault;

/// Where the page of a call is, beside what is chosen.
pub(in crate::app::pages) fn link(view: &super::View, call: u64, at: UnixMillis) -> String {
    link_of(view, &format!("{call:016x}"), &at.to_string())
}

/// The same by the words of a report.
pub(in crate::app::pages) fn link_of(view: &super::View, call: &str, at: &str) -> String {
    let chosen = crate::web::Asked::parse(view.query.trim_start_matches('?')).unwrap_or_default();
    format!("/calls{}", chosen.with("at", at).with("call", call).query())
}

/// The page of the call that the address names, where it names one.
pub(super) fn page(ask: &Ask<'_>) -> Result<Option<Page>, Fault> {
    let Some(call) = ask.asked.get("call") else {
        return Ok(None);
    };
    let wrong = |name: &str, right: &str| {
        Fault::Refused(Refused::Parameter(name.to_owned(), right.to_owned()))
    };
    let digits = (1..=16).contains(&call.len()) && call.bytes().all(|one| one.is_ascii_hexdigit());
    let key = u64::from_str_radix(call, 16).ok().filter(|_| digits);
    let key = key.ok_or_else(|| wrong("call", "at most 16 hexadecimal digits"))?;
    let at = ask.asked.get("at").and_then(UnixMillis::parse);
    let at = at.ok_or_else(|| wrong("at", "the call's time, such as `2026-11-20T09:14:31Z`"))?;
    let told = explain(ask.ledger, ask.setup, (key, at), ask.now)?;
    let choice = Choice {
        hidden: vec![
            ("call".to_owned(), call.to_owned()),
            ("at".to_owned(), at.to_string()),
        ],
        ..Choice::default()
    };
    if told.reports.is_empty() {
        return Ok(Some(Page {
            choice,
            ..gone(ask, key, at)?
        }));
    }
    let mut rows = vec![vec![decisions::card(&told)]];
    let mut last = Vec::new();
    last.extend(
        told.reports
            .iter()
            .find(|one| one.is_request)
            .map(bill::card),
    );
    last.extend(
        told.reports
            .iter()
            .find(|one| one.is_call)
            .map(landed::card),
    );
    if !last.is_empty() {
        rows.extend(last.into_iter().map(|card| vec![card]));
    }
    Ok(Some(Page {
        headline: headline(&told),
        lead: lead(ask, &told),
        banners: told.reports.iter().filter_map(banner).collect(),
        rows,
        choice,
        basis: Words::of("Figures and verdicts as booked; reasons by judging the kept line again."),
        ..Page::default()
    }))
}

/// The line is gone: what the kept evidence still says.
fn gone(ask: &Ask<'_>, key: u64, at: UnixMillis) -> Result<Page, Fault> {
    let near = crate::ledger::Span {
        from: at,
        to: at.saturating_add(1),
    };
    let kept = ask.ledger.evidence(near, usize::MAX)?;
    let Some(row) = kept.into_iter().find(|row| row.id == key) else {
        return Ok(Page {
            headline: Words::of("No call of that key began at that time."),
            lead: Words::of("Its line may be gone: lines are kept for some days only. ").link(
                "All calls",
                ask.view.link("/calls"),
                false,
            ),
            ..Page::default()
        });
    };
    let verdict = row.key.verdict.map_or("", Verdict::as_str);
    Ok(Page {
        headline: Words::of("This call was ")
            .bad(verdict)
            .say("; its line is gone, the evidence is kept."),
        lead: Words::of(ask.view.time_text_seconds(row.at))
            .say(": ")
            .name(row.key.feature.as_str())
            .say(" at ")
            .code(row.key.endpoint.as_str())
            .say(", landed in ")
            .code(row.key.region.as_str())
            .say(", rule ")
            .name(row.rule.as_str())
            .say(", evidence ")
            .say(row.key.grade.map_or("–", crate::residency::Grade::as_str))
            .say(": ")
            .name(row.evidence.as_str())
            .say("; the record stands at ")
            .code(format!(
                "{}:{}:{}",
                row.origin.topic, row.origin.partition, row.origin.offset
            ))
            .say(format!("; judged under configuration {}.", row.config.0)),
        ..Page::default()
    })
}

fn headline(told: &Explained) -> Words {
    let request = told.reports.iter().find(|one| one.is_request);
    let call = told.reports.iter().find(|one| one.is_call);
    let cost = request.map(|one| match (one.price.class, one.price.cost_nanousd) {
        (_, Some(cost)) => Words::of("cost ").strong(cents(NanoUsd(cost))),
        ("unpriced", None) => Words::new().with(Tone::Warn, "has no known price"),
        ("fixed", None) => Words::of("is paid by the hour"),
        _ => Words::of("used nothing that is paid"),
    });
    let words = Words::of("This call ");
    match (cost, call.map(landing)) {
        (Some(cost), Some(landed)) => words.and(cost).say(" and ").and(landed).say("."),
        (Some(cost), None) => words
            .and(cost)
            .say("; its report does not say where it landed."),
        (None, Some(landed)) => words
            .and(landed)
            .say("; its report tells no tokens, so no cost."),
        (None, None) => words.say("added nothing to the books."),
    }
}

/// Where the call landed: `landed in azure:eastus, outside eu`.
fn landing(told: &Told) -> Words {
    let landed = &told.residency;
    let place = |words: Words| {
        if landed.region.is_empty() {
            words.say("nobody knows where")
        } else {
            words.name(landed.region.as_str())
        }
    };
    match landed.verdict {
        Some("violated") => place(Words::of("landed in "))
            .say(", ")
            .bad("outside ")
            .name(landed.rule.as_str()),
        Some("held") => place(Words::of("landed in "))
            .say(", inside ")
            .name(landed.rule.as_str()),
        Some("declared") => place(Words::of("is declared to have landed in ")),
        Some("unproven") => {
            Words::of("landed nobody can prove where, allowed is ").name(landed.rule.as_str())
        }
        Some(_) | None => place(Words::of("landed in ")).say(", where no rule applies"),
    }
}

fn lead(ask: &Ask<'_>, told: &Explained) -> Words {
    let Some(first) = told.reports.first() else {
        return Words::new();
    };
    let at = UnixMillis::parse(&first.at)
        .map_or_else(|| first.at.clone(), |at| ask.view.time_text_seconds(at));
    let config = &first.config;
    let since = config.first_used.as_deref().and_then(UnixMillis::parse);
    let since = since.map_or_else(String::new, |since| {
        format!(", first used {}", ask.view.time_text(since))
    });
    let which = if config.present {
        ", the present one"
    } else {
        ", which is no longer the present one"
    };
    Words::of(at)
        .say(", ")
        .name(first.attribution.feature.as_str())
        .say(" at ")
        .code(first.attribution.endpoint.as_str())
        .say(format!(
            ". Decided under configuration {}{which}{since}. ",
            config.number
        ))
        .link("All calls", ask.view.link("/calls"), false)
}

fn banner(told: &Told) -> Option<Words> {
    let (first, rest) = told.differs.split_first()?;
    let mut words = Words::new()
        .with(Tone::Warn, "What was booked stands. ")
        .say("Judging it again under the configuration of its time does not give the same: ")
        .name(first.as_str());
    for one in rest {
        words = words.say("; ").name(one.as_str());
    }
    Some(words.say(". Price lists ship with the program, and a changed one prices anew."))
}
