//! The answer of the demo on a terminal, readable in ten seconds.
//!
//! Knows no scenario. A newcomer may ask why times show two zones' worth of words: the reader's
//! day is the ledger's, and the proof is in UTC as the record has it.

use chrono_tz::Tz;

use super::table::{Mark, Rows, marked, plain};
use super::{Terminal, words};
use crate::app::Failure;
use crate::app::report::Figures;
use crate::app::report::story::{Outage, Story};
use crate::money::NanoUsd;
use crate::units::UnixMillis;

/// `Fri 14 Nov 16:00`.
fn when(at: UnixMillis, zone: Tz) -> String {
    at.to_utc()
        .with_timezone(&zone)
        .format("%a %-d %b %H:%M")
        .to_string()
}

fn cents(nano: i64) -> String {
    words::cents(NanoUsd(nano))
}

/// Shows the story: sentence, table with yardsticks, outage, proof.
pub(super) fn show(story: &Story, zone: Tz, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let rule = story.rule.as_deref().unwrap_or("no rule");
    let real = story.after.cost_per_answered_request_nanousd.unwrap_or(0);
    let since = story
        .since_at
        .map_or_else(String::new, |at| format!(" since {}", when(at, zone)));
    writeln!(
        terminal.out,
        "{} was approved at {} a request, calls to stay in: {rule}.",
        story.name,
        cents(story.approved_nanousd)
    )?;
    writeln!(
        terminal.out,
        "It costs {}{since}: {} more than approved so far, {} a month at this pace.",
        cents(real),
        words::dollars(NanoUsd(story.extra_nanousd)),
        words::dollars(NanoUsd(story.extra_month_nanousd))
    )?;
    if story.violated > 0 {
        let own = story.before.violated.saturating_add(story.after.violated);
        let others = story.violated.saturating_sub(own);
        writeln!(
            terminal.out,
            "{} proven outside the rule, in {}, and {} of other features.",
            words::plural(own, "of its calls is", "of its calls are"),
            story.violated_regions.join(", "),
            words::count(others)
        )?;
    }
    if let Some(outage) = &story.outage {
        writeln!(terminal.out, "{}", outage_text(outage, zone))?;
    }
    writeln!(terminal.out, "Nobody was told.\n")?;
    table(story, terminal)?;
    if !story.proofs.is_empty() {
        writeln!(terminal.out, "\nWhich calls prove it:")?;
        for proof in &story.proofs {
            let file: Vec<&str> = proof.position.rsplitn(3, '/').collect();
            let place = file
                .iter()
                .take(2)
                .rev()
                .copied()
                .collect::<Vec<_>>()
                .join("/");
            writeln!(
                terminal.out,
                "  {} {} at {}: {}",
                proof.at, proof.feature, proof.endpoint, proof.evidence
            )?;
            writeln!(terminal.out, "    {} in {place}", proof.id)?;
        }
    }
    Ok(())
}

fn outage_text(outage: &Outage, zone: Tz) -> String {
    let took_over = match (outage.fallbacks, &outage.registered_fallback) {
        (0, None) => "no fallback is registered, and none took over".to_owned(),
        (0, Some(name)) => format!("the registered fallback {name} took over none"),
        (n, _) => format!("{} went elsewhere", words::plural(n, "call", "calls")),
    };
    let to = outage.span.1.to_utc().with_timezone(&zone).format("%H:%M");
    format!(
        "{} was down {} to {to}: {} of {} failed; {took_over}.",
        outage.endpoint,
        when(outage.span.0, zone),
        words::count(outage.failed),
        words::plural(outage.calls, "call", "calls"),
    )
}

fn table(story: &Story, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let mut rows = Rows::new(&["", "approved", "before", "since then"], 1, terminal);
    let maybe =
        |value: Option<i64>, form: fn(i64) -> String| value.map_or_else(|| "–".to_owned(), form);
    let (before, after) = (&story.before, &story.after);
    let more = |nano: Option<i64>| {
        nano.is_some_and(|nano| nano > story.approved_nanousd.saturating_mul(12) / 10)
    };
    let bad = |is: bool| if is { Mark::Bad } else { Mark::Plain };
    rows.row(vec![
        plain("a request costs"),
        plain(cents(story.approved_nanousd)),
        plain(maybe(before.cost_per_answered_request_nanousd, cents)),
        marked(
            maybe(after.cost_per_answered_request_nanousd, cents),
            bad(more(after.cost_per_answered_request_nanousd)),
        ),
    ]);
    rows.row(vec![
        plain("tokens in a request"),
        plain(story.approved_tokens.map_or_else(
            || "–".to_owned(),
            |n| words::count(i64::try_from(n).unwrap_or(i64::MAX)),
        )),
        plain(maybe(before.tokens_per_request, words::count)),
        plain(maybe(after.tokens_per_request, words::count)),
    ]);
    rows.row(vec![
        plain("endpoint"),
        plain(story.declared_regions.join(", ")),
        plain(story.endpoints_before.join(", ")),
        plain(story.endpoints_after.join(", ")),
    ]);
    rows.row(vec![
        plain("calls outside the rule"),
        plain("0"),
        plain(outside(before)),
        marked(outside(after), bad(after.violated > 0)),
    ]);
    rows.row(vec![
        plain("calls that got 429"),
        plain("–"),
        plain(words::share(before.calls_throttled, before.calls)),
        plain(words::share(after.calls_throttled, after.calls)),
    ]);
    let ms = |value: Option<u64>| value.map_or_else(|| "–".to_owned(), words::duration);
    rows.row(vec![
        plain("95 of 100 calls take"),
        plain("–"),
        plain(ms(before.latency_ms_p95)),
        plain(ms(after.latency_ms_p95)),
    ]);
    rows.show(terminal)
}

/// Proven outside, with what nothing proves beside it.
fn outside(figures: &Figures) -> String {
    let proven = figures
        .calls
        .saturating_sub(figures.unproven)
        .saturating_sub(figures.declared);
    format!(
        "{} of {} that tell",
        words::count(figures.violated),
        words::count(proven)
    )
}
