//! `report daily` for people: a sentence, the features, the days.
//!
//! Knows no ledger. A newcomer may ask why features come before days: what is too dear is a
//! question of whose it is first.

use super::cells::{maybe_ms, per_request, times_mark, verdicts};
use super::{basis, unseen};
use crate::app::Failure;
use crate::app::report::daily::{Daily, Feature};
use crate::cli::table::{Mark, Rows, marked, plain};
use crate::cli::{Terminal, words};
use crate::money::NanoUsd;

fn headline(answer: &Daily) -> String {
    let total = &answer.total;
    let days = i64::try_from(answer.days.len()).unwrap_or(i64::MAX);
    let (days, cost) = (
        words::plural(days, "day", "days"),
        words::dollars(total.cost()),
    );
    let each = total.cost_per_request().map_or_else(String::new, |cost| {
        let answered = words::count(total.requests_ok);
        format!(
            ": {answered} answered requests at {} each",
            words::cents(cost)
        )
    });
    let mut sentences = vec![format!("{days} cost {cost}{each}.")];
    if let Some((name, cost, plan)) = dearest(answer) {
        let (cost, plan) = (words::cents(cost), words::cents(plan));
        sentences.push(format!("{name} costs {cost}, approved were {plan}."));
    }
    if total.violated > 0 {
        let calls = words::plural(total.violated, "call", "calls");
        sentences.push(format!("{calls} broke a residency rule."));
    }
    sentences.join(" ")
}

/// The feature that costs the most times its approved figure, from a fifth above it on.
fn dearest(answer: &Daily) -> Option<(&str, NanoUsd, NanoUsd)> {
    let above = answer.features.iter().filter_map(|feature| {
        let (cost, plan) = (
            feature.figures.cost_per_request()?,
            feature.approved_per_request_nanousd?,
        );
        let times = i128::from(cost.0).saturating_mul(10) / i128::from(plan.max(1));
        (times >= 12).then_some((times, feature.name.as_str(), cost, NanoUsd(plan)))
    });
    above
        .max_by_key(|(times, ..)| *times)
        .map(|(_, name, cost, plan)| (name, cost, plan))
}

/// Shows the answer.
pub(super) fn show(answer: &Daily, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    writeln!(terminal.out, "{}\n", headline(answer))?;
    features(answer, terminal)?;
    writeln!(terminal.out)?;
    days(answer, terminal)?;
    writeln!(
        terminal.out,
        "\nSpend and requests come from usage reports; calls, 429, p50, p95 and residency\n\
         from transport reports. A request costs all spend over answered requests."
    )?;
    unseen::show(&answer.unseen, terminal)?;
    basis::show(&answer.basis, terminal)?;
    writeln!(
        terminal.out,
        "\nNext: tollwatch report residency, tollwatch report endpoints"
    )?;
    Ok(())
}

fn features(answer: &Daily, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let headings = [
        "feature",
        "requests",
        "spend",
        "a request",
        "approved",
        "",
        "calls",
        "429",
        "p50",
        "p95",
        "retries",
        "residency",
    ];
    let mut rows = Rows::new(&headings, 1, terminal);
    for feature in &answer.features {
        let figures = &feature.figures;
        let approved = feature.approved_per_request_nanousd;
        rows.row(vec![
            plain(feature.name.as_str()),
            plain(words::count(figures.requests)),
            plain(words::dollars(figures.cost())),
            plain(per_request(figures)),
            plain(approved.map_or_else(|| "–".to_owned(), |plan| words::cents(NanoUsd(plan)))),
            times_mark(figures.cost_per_request(), approved),
            plain(words::count(figures.calls)),
            plain(words::share(figures.calls_throttled, figures.calls)),
            plain(maybe_ms(figures.latency_ms_p50)),
            plain(maybe_ms(figures.latency_ms_p95)),
            plain(words::count(feature.retries)),
            verdicts(figures),
        ]);
    }
    rows.row(total_row(answer));
    rows.show(terminal)?;
    let sum = |of: fn(&Feature) -> i64| answer.features.iter().map(of).sum::<i64>();
    let retries = sum(|feature| feature.retries);
    if retries > 0 {
        let waited = u64::try_from(sum(|feature| feature.lost_ms)).unwrap_or(0);
        let tokens = sum(|feature| feature.lost_tokens);
        let spent = words::dollars(NanoUsd(sum(|feature| feature.lost_nanousd)));
        // The transport half of a ServiceNow call tells no tokens: that is not 0 tokens.
        let lost = if tokens > 0 {
            format!(
                "{} tokens and {spent} spent on what failed",
                words::count(tokens)
            )
        } else {
            "what failed tells no tokens".to_owned()
        };
        writeln!(
            terminal.out,
            "\n{} a failed one: {} lost waiting, {lost}; {}.",
            words::plural(retries, "call repeats", "calls repeat"),
            words::duration(waited),
            words::plural(
                sum(|feature| feature.fallbacks),
                "call went elsewhere",
                "calls went elsewhere"
            ),
        )?;
    }
    Ok(())
}

fn days(answer: &Daily, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let headings = [
        "day",
        "requests",
        "spend",
        "a request",
        "calls",
        "429",
        "p50",
        "p95",
        "residency",
    ];
    let mut rows = Rows::new(&headings, 1, terminal);
    for day in &answer.days {
        let figures = &day.figures;
        rows.row(vec![
            plain(day.date.as_str()),
            plain(words::count(figures.requests)),
            plain(words::dollars(figures.cost())),
            plain(per_request(figures)),
            plain(words::count(figures.calls)),
            plain(words::share(figures.calls_throttled, figures.calls)),
            plain(maybe_ms(figures.latency_ms_p50)),
            plain(maybe_ms(figures.latency_ms_p95)),
            verdicts(figures),
        ]);
    }
    rows.show(terminal)
}

fn total_row(answer: &Daily) -> Vec<(String, Mark)> {
    let total = &answer.total;
    let retries = answer.features.iter().map(|feature| feature.retries).sum();
    let n = i64::try_from(answer.features.len()).unwrap_or(i64::MAX);
    [
        format!("all {}", words::plural(n, "feature", "features")),
        words::count(total.requests),
        words::dollars(total.cost()),
        per_request(total),
        String::new(),
        String::new(),
        words::count(total.calls),
        words::share(total.calls_throttled, total.calls),
        maybe_ms(total.latency_ms_p50),
        maybe_ms(total.latency_ms_p95),
        words::count(retries),
        verdicts(total).0,
    ]
    .into_iter()
    .map(|text| marked(text, Mark::Strong))
    .collect()
}
