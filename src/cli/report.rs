//! `tollwatch report`: a sentence with the answer, tables with yardsticks, what was not seen.

use super::args::{Asked, ReportCommand};
use super::table::{Mark, Rows, marked, plain};
use super::{Terminal, ask, words};
use crate::app::report::daily::{self, Daily};
use crate::app::report::endpoints::{self, Endpoint, Endpoints};
use crate::app::report::residency::{self, Residency};
use crate::app::report::{Figures, Unseen};
use crate::app::{Failure, setup};
use crate::ledger::{Ledger, Span, SqliteLedger};
use crate::money::NanoUsd;

/// What a report is made from.
struct Books {
    ledger: SqliteLedger,
    setup: setup::Setup,
    span: Span,
}

fn books(asked: &Asked, terminal: &Terminal<'_>) -> Result<Books, Failure> {
    let setup = setup::load(asked.config.as_deref(), &terminal.clock)?;
    let ledger = ask::open(&asked.ledger)?;
    let span = ask::span(ledger.zones(), asked.from.as_deref(), asked.to.as_deref())?;
    Ok(Books {
        ledger,
        setup,
        span,
    })
}

/// Answers a question to the books.
pub(super) fn report(command: &ReportCommand, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    match command {
        ReportCommand::Daily { asked, feature } => {
            let Books {
                ledger,
                setup,
                span,
            } = books(asked, terminal)?;
            let answer = daily::daily(&ledger, &setup.rules, span, feature.as_deref())?;
            if asked.json {
                terminal.json(&answer)?
            } else {
                show_daily(&answer, terminal)?
            }
        }
        ReportCommand::Residency { asked, evidence } => {
            let Books {
                ledger,
                setup,
                span,
            } = books(asked, terminal)?;
            let answer = residency::residency(&ledger, &setup.rules, span, *evidence)?;
            if asked.json {
                terminal.json(&answer)?
            } else {
                show_residency(&answer, terminal)?
            }
        }
        ReportCommand::Endpoints { asked } => {
            let Books {
                ledger,
                setup,
                span,
            } = books(asked, terminal)?;
            let answer = endpoints::endpoints(&ledger, &setup.rules, span)?;
            if asked.json {
                terminal.json(&answer)?
            } else {
                show_endpoints(&answer, terminal)?
            }
        }
    }
    Ok(0)
}

/// An amount per request, or a dash.
fn per_request(figures: &Figures) -> String {
    figures
        .cost_per_request()
        .map_or_else(|| "–".to_owned(), words::cents)
}

fn maybe_ms(ms: Option<u64>) -> String {
    ms.map_or_else(|| "–".to_owned(), words::duration)
}

/// The four verdicts as a cell: what is wrong or not proven is marked.
fn verdicts(figures: &Figures) -> (String, Mark) {
    let Figures {
        calls,
        held,
        declared,
        violated,
        unproven,
        no_rule,
        ..
    } = figures;
    if *violated > 0 {
        return marked(format!("{} violated", words::count(*violated)), Mark::Bad);
    }
    if *unproven > 0 {
        return marked(format!("{} unproven", words::count(*unproven)), Mark::Doubt);
    }
    plain(match (*calls, *held, *declared, *no_rule) {
        (0, ..) => "–".to_owned(),
        (_, 0, 0, _) => "no rule".to_owned(),
        (_, held, 0, _) => format!("{} held", words::count(held)),
        (_, 0, declared, _) => format!("{} declared", words::count(declared)),
        (_, held, declared, _) => format!(
            "{} held, {} declared",
            words::count(held),
            words::count(declared)
        ),
    })
}

fn times_mark(real: Option<NanoUsd>, plan: Option<i64>) -> (String, Mark) {
    let (Some(real), Some(plan)) = (real, plan) else {
        return plain("–");
    };
    let text = words::times(real, Some(NanoUsd(plan)));
    let mark = match real
        .0
        .saturating_mul(10)
        .checked_div(plan.max(1))
        .unwrap_or(0)
    {
        0..=11 => Mark::Plain,
        12..=19 => Mark::Doubt,
        _ => Mark::Bad,
    };
    marked(text, mark)
}

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
        text.push_str(&format!(
            ": {} answered requests at {} each",
            words::count(total.requests_ok),
            words::cents(cost)
        ));
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
        text.push_str(&format!(
            " {} costs {}, approved were {}.",
            feature.name,
            words::cents(cost),
            words::cents(NanoUsd(plan))
        ));
    }
    if total.violated > 0 {
        text.push_str(&format!(
            " {} its rule.",
            words::plural(total.violated, "call broke", "calls broke")
        ));
    }
    text
}

fn show_daily(answer: &Daily, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    writeln!(terminal.out, "{}\n", headline(answer))?;
    let mut rows = Rows::new(
        &[
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
        ],
        1,
        terminal,
    );
    for feature in &answer.features {
        let figures = &feature.figures;
        rows.row(vec![
            plain(feature.name.as_str()),
            plain(words::count(figures.requests)),
            plain(words::dollars(figures.cost())),
            plain(per_request(figures)),
            plain(
                feature
                    .approved_per_request_nanousd
                    .map_or_else(|| "–".to_owned(), |plan| words::cents(NanoUsd(plan))),
            ),
            times_mark(
                figures.cost_per_request(),
                feature.approved_per_request_nanousd,
            ),
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
    writeln!(terminal.out)?;
    let mut rows = Rows::new(
        &[
            "day",
            "requests",
            "spend",
            "a request",
            "calls",
            "429",
            "p50",
            "p95",
            "residency",
        ],
        1,
        terminal,
    );
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
    rows.show(terminal)?;
    writeln!(
        terminal.out,
        "\nSpend and requests come from usage reports; calls, 429, p50, p95 and residency from transport reports.\nA request costs all spend over answered requests."
    )?;
    show_unseen(&answer.unseen, terminal)?;
    writeln!(
        terminal.out,
        "\nNext: tollwatch report residency, tollwatch report endpoints"
    )?;
    Ok(())
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

/// What was not seen or could not be told, one line each.
pub(super) fn show_unseen(unseen: &Unseen, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let mut lines = Vec::new();
    for one in &unseen.coverage {
        let what = match (one.calls, one.requests) {
            (_, 0) => "no usage report tells their tokens".to_owned(),
            (0, _) => {
                "no transport report tells where they went: another door, or another log".to_owned()
            }
            _ => format!(
                "usage covers {} of the answered calls",
                words::share(one.requests_ok, one.calls_ok)
            ),
        };
        lines.push(format!(
            "{}: {} calls, {} requests; {what}",
            one.endpoint,
            words::count(one.calls),
            words::count(one.requests)
        ));
    }
    for (reason, n) in &unseen.unpriced {
        lines.push(format!(
            "{} without a price: {reason}",
            words::plural(*n, "request", "requests")
        ));
    }
    if unseen.approximated > 0 {
        lines.push(format!(
            "{} priced by approximation, counted apart",
            words::plural(unseen.approximated, "request", "requests")
        ));
    }
    if unseen.unattributed_nanousd > 0 {
        lines.push(format!(
            "{} of spend belongs to no feature",
            words::dollars(NanoUsd(unseen.unattributed_nanousd))
        ));
    }
    for (reason, n) in &unseen.quarantined {
        lines.push(format!(
            "{} in quarantine: {reason}",
            words::plural(i64::try_from(*n).unwrap_or(i64::MAX), "record", "records")
        ));
    }
    if unseen.contradictions > 0 {
        lines.push(format!(
            "{} another report of the same call",
            words::plural(
                i64::try_from(unseen.contradictions).unwrap_or(i64::MAX),
                "report contradicts",
                "reports contradict"
            )
        ));
    }
    if unseen.weak > 0 {
        lines.push(format!(
            "{} known only by a hash of the content",
            words::plural(unseen.weak, "report is", "reports are")
        ));
    }
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(terminal.out, "\nNot seen, or not sure:")?;
    for line in lines {
        writeln!(terminal.out, "  {line}")?;
    }
    Ok(())
}

fn residency_headline(answer: &Residency) -> String {
    let total = &answer.total;
    if total.calls == 0 {
        return "The books hold no call with transport facts here: nothing tells where calls landed.".to_owned();
    }
    let ruled = total.calls.saturating_sub(total.no_rule);
    let first = answer
        .evidence
        .iter()
        .find(|proof| proof.verdict == "violated");
    match first {
        Some(first) => format!(
            "{} of {} calls under a rule broke it; the first at {} in {} ({}).",
            words::count(total.violated),
            words::count(ruled),
            first.at,
            first.region,
            first.evidence
        ),
        None if ruled == 0 => format!(
            "None of {} stands under a residency rule. Rules are set per feature in the configuration.",
            words::plural(total.calls, "call", "calls")
        ),
        None if total.unproven > 0 => format!(
            "No call is proven outside its rule; {} of {} are unproven.",
            words::count(total.unproven),
            words::count(ruled)
        ),
        None => format!(
            "All {} calls under a rule stayed inside it: {} held by evidence, {} only declared.",
            words::count(ruled),
            words::count(total.held),
            words::count(total.declared)
        ),
    }
}

fn show_residency(answer: &Residency, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    writeln!(terminal.out, "{}\n", residency_headline(answer))?;
    let mut rows = Rows::new(
        &[
            "feature",
            "rule",
            "landed in",
            "weakest",
            "calls",
            "held",
            "declared",
            "violated",
            "unproven",
            "no rule",
        ],
        4,
        terminal,
    );
    let mark = |n: i64, mark: Mark| marked(words::count(n), if n > 0 { mark } else { Mark::Plain });
    for feature in &answer.features {
        let figures = &feature.figures;
        rows.row(vec![
            plain(feature.name.as_str()),
            plain(feature.rule.as_deref().unwrap_or("–")),
            plain(if feature.regions.is_empty() {
                "nothing tells".to_owned()
            } else {
                feature.regions.join(", ")
            }),
            plain(feature.weakest_grade.unwrap_or("none")),
            plain(words::count(figures.calls)),
            plain(words::count(figures.held)),
            plain(words::count(figures.declared)),
            mark(figures.violated, Mark::Bad),
            mark(figures.unproven, Mark::Doubt),
            plain(words::count(figures.no_rule)),
        ]);
    }
    rows.show(terminal)?;
    writeln!(terminal.out, "\nWhere calls landed:")?;
    let mut rows = Rows::new(
        &["region", "endpoint", "verdict", "grade", "calls"],
        4,
        terminal,
    );
    for landed in &answer.landed {
        let verdict_mark = match landed.verdict {
            "violated" => Mark::Bad,
            "unproven" => Mark::Doubt,
            _ => Mark::Plain,
        };
        let region = if landed.region.is_empty() {
            "nothing tells"
        } else {
            &landed.region
        };
        rows.row(vec![
            plain(region),
            plain(landed.endpoint.as_str()),
            marked(landed.verdict, verdict_mark),
            plain(landed.grade.unwrap_or("none")),
            plain(words::count(landed.calls)),
        ]);
    }
    rows.show(terminal)?;
    if !answer.unregistered.is_empty() {
        writeln!(terminal.out, "\nLLM hosts that nobody registered:")?;
        for (host, calls) in &answer.unregistered {
            writeln!(
                terminal.out,
                "  {host}: {}",
                words::plural(*calls, "call", "calls")
            )?;
        }
    }
    if !answer.evidence.is_empty() {
        writeln!(terminal.out, "\nEvidence, oldest first:")?;
        for proof in &answer.evidence {
            let grade = proof
                .grade
                .map_or(String::new(), |grade| format!(", grade {grade}"));
            writeln!(
                terminal.out,
                "  {} {} {} at {} by {}{grade}, rule {}",
                proof.at,
                proof.verdict,
                proof.feature,
                proof.endpoint,
                if proof.evidence.is_empty() {
                    "nothing"
                } else {
                    &proof.evidence
                },
                proof.rule
            )?;
            writeln!(terminal.out, "    {} at {}", proof.id, proof.position)?;
        }
    }
    writeln!(
        terminal.out,
        "\nGrades: A the provider says where it ran, B the name excludes other regions, C the resource's region of a regional\ndeployment, D a zone, E the front door, F the registry alone. Usage reports have no verdict."
    )?;
    Ok(())
}

fn show_endpoints(answer: &Endpoints, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let unregistered = answer
        .endpoints
        .iter()
        .filter(|endpoint| !endpoint.registered)
        .count();
    let wrong = answer
        .endpoints
        .iter()
        .filter(|endpoint| elsewhere(endpoint))
        .count();
    let n = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let total = n(answer.endpoints.len());
    writeln!(
        terminal.out,
        "{}: {} not registered, {} answering from a region other than declared.\n",
        words::plural(total, "endpoint", "endpoints"),
        words::count(n(unregistered)),
        words::count(n(wrong)),
    )?;
    let mut rows = Rows::new(
        &[
            "endpoint",
            "declared",
            "seen",
            "models",
            "last hour",
            "calls",
            "429",
            "p95",
            "timeout",
            "over it",
            "requests",
            "spend",
        ],
        5,
        terminal,
    );
    for endpoint in &answer.endpoints {
        let figures = &endpoint.figures;
        let seen: Vec<&str> = endpoint.seen_regions.keys().map(String::as_str).collect();
        let name = if endpoint.registered {
            plain(endpoint.endpoint.as_str())
        } else {
            marked(
                format!("{} (not registered)", endpoint.endpoint),
                Mark::Doubt,
            )
        };
        let seen_mark = if elsewhere(endpoint) {
            Mark::Bad
        } else {
            Mark::Plain
        };
        rows.row(vec![
            name,
            plain(endpoint.declared_region.as_deref().unwrap_or("–")),
            marked(
                if seen.is_empty() {
                    "nothing tells".to_owned()
                } else {
                    seen.join(", ")
                },
                seen_mark,
            ),
            plain(endpoint.models.join(", ")),
            plain(endpoint.last_hour.as_deref().unwrap_or("never")),
            plain(words::count(figures.calls)),
            plain(words::share(figures.calls_throttled, figures.calls)),
            plain(maybe_ms(figures.latency_ms_p95)),
            plain(maybe_ms(endpoint.timeout_ms)),
            plain(words::share(figures.calls_over_timeout, figures.calls)),
            plain(words::count(figures.requests)),
            plain(words::dollars(figures.cost())),
        ]);
    }
    rows.show(terminal)
}

/// Whether a region was seen that the registry does not state.
fn elsewhere(endpoint: &Endpoint) -> bool {
    let declared = endpoint.declared_region.as_deref();
    declared.is_some_and(|declared| {
        endpoint
            .seen_regions
            .keys()
            .any(|seen| seen != declared && !seen.contains(":zone:"))
    })
}
