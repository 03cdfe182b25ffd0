//! Parts that pages share: verdicts, yardsticks, cells of tables, what was not seen.
//!
//! Knows no ledger. A newcomer may ask why a figure without a yardstick has a dash beside it: a
//! number that nothing is expected of should look like one.

use chrono::NaiveDate;

use crate::app::report::basis::Basis;
use crate::app::report::daily::Day;
use crate::app::report::{Figures, Unseen};
use crate::chart::{Part, real, shares};
use crate::figure::{cents, count, dollars, duration, plural, share, times};
use crate::money::NanoUsd;
use crate::web::page::{Cell, Tone, Words};

use super::view::View;

/// Nano-dollars as dollars, for a picture.
pub(super) fn in_dollars(nano: i64) -> f64 {
    real(nano) / 1e9
}

/// Nano-dollars as cents, for a picture.
pub(super) fn in_cents(nano: i64) -> f64 {
    real(nano) / 1e7
}

/// `part` of `whole` in hundredths, for a picture.
pub(super) fn in_percent(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| real(part) * 100.0 / real(whole))
}

/// Calls under a rule.
pub(super) fn ruled(figures: &Figures) -> i64 {
    figures.held + figures.declared + figures.violated + figures.unproven
}

/// The four verdicts.
pub(super) fn verdicts(figures: &Figures) -> [(Part, i64); 4] {
    [
        (Part::Held, figures.held),
        (Part::Declared, figures.declared),
        (Part::Violated, figures.violated),
        (Part::Unproven, figures.unproven),
    ]
}

/// The four verdicts in words.
pub(super) fn verdict_text(figures: &Figures) -> String {
    let all = ruled(figures);
    let parts = [
        ("held", figures.held),
        ("declared", figures.declared),
        ("violated", figures.violated),
        ("unproven", figures.unproven),
    ];
    let said: Vec<String> = parts
        .iter()
        .filter(|(_, n)| *n > 0)
        .map(|(word, n)| format!("{word} {} ({})", share(*n, all), count(*n)))
        .collect();
    said.join(", ")
}

/// Shares of the verdicts as a small picture for a row.
pub(super) fn verdict_cell(figures: &Figures) -> Cell {
    if ruled(figures) == 0 {
        return Cell::none();
    }
    let text = verdict_text(figures);
    let picture = shares(&verdicts(figures), "mini", &text);
    let mut cell = Cell::picture(picture).hint(text);
    if figures.violated > 0 {
        cell.said = Words::new().bad(format!(" {}", count(figures.violated)));
    }
    cell
}

/// How a real figure stands to its plan: bad from a half above, a warning from a fifth above.
pub(super) fn tone(real: i64, plan: i64) -> Tone {
    let (real, plan) = (i128::from(real), i128::from(plan.max(1)));
    if real * 2 >= plan * 3 {
        Tone::Bad
    } else if real * 5 >= plan * 6 {
        Tone::Warn
    } else {
        Tone::Good
    }
}

/// `×3.5`, in the tone that fits.
pub(super) fn times_words(real: i64, plan: Option<i64>) -> Words {
    match plan.filter(|plan| *plan > 0) {
        Some(plan) => {
            let text = times(NanoUsd(real), Some(NanoUsd(plan)));
            Words::new().with(tone(real, plan), text)
        }
        None => Words::new(),
    }
}

/// Dollars, and nano-exact dollars for a spreadsheet.
pub(super) fn money(nano: i64) -> Cell {
    Cell::new(Words::of(dollars(NanoUsd(nano))), NanoUsd(nano).to_string())
}

/// A price of one request in cents.
pub(super) fn price(nano: Option<i64>) -> Cell {
    nano.map_or_else(Cell::none, |nano| {
        Cell::new(Words::of(cents(NanoUsd(nano))), NanoUsd(nano).to_string())
    })
}

/// The approved price of one request.
pub(super) fn approved(nano: Option<i64>) -> Cell {
    nano.map_or_else(Cell::none, |nano| {
        Cell::new(
            Words::new().dim(cents(NanoUsd(nano))),
            NanoUsd(nano).to_string(),
        )
    })
}

/// A count.
pub(super) fn number(n: i64) -> Cell {
    Cell::new(Words::of(count(n)), n.to_string())
}

/// A share; in a spreadsheet the part alone.
pub(super) fn part(n: i64, whole: i64) -> Cell {
    if whole <= 0 {
        return Cell::none();
    }
    Cell::new(Words::of(share(n, whole)), n.to_string()).hint(format!(
        "{} of {}",
        count(n),
        count(whole)
    ))
}

/// A duration.
pub(super) fn millis(ms: Option<u64>) -> Cell {
    ms.map_or_else(Cell::none, |ms| {
        Cell::new(Words::of(duration(ms)), ms.to_string())
    })
}

/// A feature, leading to `path` for it alone.
pub(super) fn feature_cell(view: &View, path: &str, (key, name): (&str, &str)) -> Cell {
    let mut said = Words::new().link(name, view.feature_link(path, key), true);
    if let Some((application, _)) = key.split_once('/').filter(|_| name != key) {
        said = said.dim(format!(" {application}"));
    }
    Cell::new(said, key).hint(key)
}

/// The date of a day of a report.
pub(super) fn date_of(day: &Day) -> NaiveDate {
    day.date.parse().unwrap_or(NaiveDate::MIN)
}

/// How many calls were seen against how many should have been, in words.
pub(super) fn unseen_words(unseen: &Unseen, total: &Figures) -> Words {
    let mut said = Vec::new();
    let exact = total.cost_nanousd - total.cost_approximated_nanousd;
    if total.cost_approximated_nanousd != 0 {
        let (exact, near) = (NanoUsd(exact), NanoUsd(total.cost_approximated_nanousd));
        let near = dollars(near);
        said.push(format!(
            "exact rows {} · approximated {near}",
            dollars(exact)
        ));
    }
    if total.requests_unpriced > 0 {
        said.push(plural(
            total.requests_unpriced,
            "request unpriced",
            "requests unpriced",
        ));
    }
    if total.requests_fixed > 0 {
        let fixed = plural(total.requests_fixed, "request", "requests");
        said.push(format!("{fixed} on endpoints paid by the hour"));
    }
    if unseen.unattributed_nanousd > 0 {
        let spend = dollars(NanoUsd(unseen.unattributed_nanousd));
        said.push(format!("{spend} without a feature"));
    }
    for one in &unseen.coverage {
        let seen = share(
            one.requests_ok.min(one.calls_ok),
            one.requests_ok.max(one.calls_ok),
        );
        let (half, other) = if one.requests_ok < one.calls_ok {
            ("usage", "answered calls")
        } else {
            ("transport", "answered requests")
        };
        said.push(format!(
            "{}: {half} reports cover {seen} of the {other}",
            one.endpoint
        ));
    }
    let quarantined: u64 = unseen.quarantined.values().sum();
    if quarantined > 0 {
        let n = i64::try_from(quarantined).unwrap_or(i64::MAX);
        said.push(plural(n, "record in quarantine", "records in quarantine"));
    }
    if unseen.contradictions > 0 {
        let n = i64::try_from(unseen.contradictions).unwrap_or(i64::MAX);
        said.push(plural(
            n,
            "report contradicts another",
            "reports contradict another",
        ));
    }
    for (kind, n) in &unseen.overflows {
        said.push(format!("{n} {kind} past a limit"));
    }
    for lost in &unseen.losses {
        said.push(format!("{} records of {} lost", lost.records, lost.topic));
    }
    Words::of(said.join(" · "))
}

/// The least share of either half that the other half confirms, of all calls: what is seen.
pub(super) fn seen_share(total: &Figures) -> Option<(i64, i64)> {
    let (calls, requests) = (total.calls_ok, total.requests_ok);
    (calls > 0 && requests > 0).then(|| (calls.min(requests), calls.max(requests)))
}

/// Under which configurations the figures stand.
pub(super) fn basis_words(basis: &Basis) -> Words {
    let list: Vec<String> = basis
        .configurations
        .iter()
        .map(|one| {
            let reports = count(i64::try_from(one.reports).unwrap_or(i64::MAX));
            if one.first_day == one.last_day {
                format!("{} ({}, {reports} reports)", one.config, one.first_day)
            } else {
                format!(
                    "{} ({} to {}, {reports} reports)",
                    one.config, one.first_day, one.last_day
                )
            }
        })
        .collect();
    let mut said = match list.as_slice() {
        [] => Words::new(),
        [one] => Words::of(format!("Judged under configuration {one}.")),
        _ => Words::of(format!(
            "These days mix configurations: {}.",
            list.join(", ")
        )),
    };
    for one in &basis.restatements {
        said = said.say(format!(
            " Restatement {} of {}: {} lines changed, {} moved.",
            one.number,
            one.at,
            count(i64::try_from(one.changed).unwrap_or(i64::MAX)),
            dollars(NanoUsd(one.moved_nanousd))
        ));
    }
    said
}
