//! `report daily` for people: a sentence, the features, the days.
//!
//! Knows no ledger. A newcomer may ask why features come before days: what is too dear is a
//! question of whose it is first.

use super::cells::{maybe_ms, per_request, times_mark, verdicts};
use super::unseen;
use crate::app::Failure;
use crate::app::report::daily::Daily;
use crate::cli::table::{Mark, Rows, marked, plain};
use crate::cli::{Terminal, words};
use crate::money::NanoUsd;

fn headline(answer: &Daily) -> String {
    let total = &answer.total;
    if total.calls == 0 && total.requests == 0 {
        return "The books hold no LLM call here. Read some with `tollwatch replay`.".to_owned();
    }
    let days = i64::try_from(answer.days.len()).unwrap_or(i64::MAX);
    let mut text = format!(
        "{} cost {}",
        words::plural(days, "day", "days"),
        words::dollars(total.cost())
    );
    if let Some(cost) = total.cost_per_request() {
        text += &format!(
            ": {} answered requests at {} each",
            words::count(total.requests_ok),
            words::cents(cost)
        );
    }
    text.push('.');
    let worst = answer.features.iter().filter_map(|feature| {
        let (cost, plan) = (
            feature.figures.cost_per_request()?,
            feature.approved_per_request_nanousd?,
        );
        (cost.0 > plan.saturating_mul(12) / 10).then_some((feature, cost, plan))
    });
    let worst = worst.max_by_key(|(_, cost, plan)| {
        (
            i128::from(cost.0) * 1000 / i128::from((*plan).max(1)),
            *plan,
        )
    });
    if let Some((feature, cost, plan)) = worst {
        text += &format!(
            " {} costs {}, approved were {}.",
            feature.name,
            words::cents(cost),
            words::cents(NanoUsd(plan))
        );
    }
    if total.violated > 0 {
        text += &format!(
            " {}.",
            words::plural(
                total.violated,
                "call broke its residency rule",
                "calls broke their residency rule"
            )
        );
    }
    text
}

/// Shows the answer.
pub(super) fn show(answer: &Daily, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    writeln!(terminal.out, "{}\n", headline(answer))?;
    features(answer, terminal)?;
    writeln!(terminal.out)?;
    days(answer, terminal)?;
    writeln!(
        terminal.out,
        "\nSpend and requests come from usage reports; calls, 429, p50, p95 and residency from transport\n\
         reports. A request costs all spend over answered requests."
    )?;
    unseen::show(&answer.unseen, terminal)?;
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
    rows.show(terminal)
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
