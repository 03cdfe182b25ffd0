//! `report residency` for people: a sentence, the features, where calls landed, the proof.
//!
//! Knows no ledger. A newcomer may ask why the grades are explained below: the reader of this
//! report is an auditor, and reads it once a year.

use super::basis;
use crate::app::Failure;
use crate::app::report::residency::{Feature, Proof, Residency};
use crate::cli::table::{Mark, Rows, marked, plain};
use crate::cli::{Terminal, words};

fn headline(answer: &Residency) -> String {
    let total = &answer.total;
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

/// Shows the answer.
pub(super) fn show(answer: &Residency, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    writeln!(terminal.out, "{}\n", headline(answer))?;
    features(answer, terminal)?;
    writeln!(terminal.out, "\nWhere calls landed:")?;
    landed(answer, terminal)?;
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
        writeln!(
            terminal.out,
            "\nEvidence, the first of each endpoint first:"
        )?;
        for proof in &answer.evidence {
            evidence(proof, terminal)?;
        }
    }
    writeln!(
        terminal.out,
        "\nGrades: A the provider says where it ran, B the name excludes other regions,\n\
         C the resource's region of a regional deployment, D a zone, E the front door,\n\
         F the registry alone. Usage reports have no verdict."
    )?;
    basis::show(&answer.basis, terminal)
}

fn features(answer: &Residency, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let headings = [
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
    ];
    let mut rows = Rows::new(&headings, 4, terminal);
    let mark = |n: i64, mark: Mark| marked(words::count(n), if n > 0 { mark } else { Mark::Plain });
    for feature in &answer.features {
        let figures = &feature.figures;
        rows.row(vec![
            plain(feature.name.as_str()),
            plain(rule(feature)),
            plain(places(feature)),
            plain(feature.weakest_grade.unwrap_or("none")),
            plain(words::count(figures.calls)),
            plain(words::count(figures.held)),
            plain(words::count(figures.declared)),
            mark(figures.violated, Mark::Bad),
            mark(figures.unproven, Mark::Doubt),
            plain(words::count(figures.no_rule)),
        ]);
    }
    rows.show(terminal)
}

/// The feature's own rule, else those of the endpoints that its calls went to.
fn rule(feature: &Feature) -> String {
    match (&feature.rule, feature.endpoint_rules.as_slice()) {
        (Some(rule), _) => rule.clone(),
        (None, []) => "–".to_owned(),
        (None, rules) => format!("{} (the endpoint's)", rules.join(", ")),
    }
}

/// Where calls landed, and how many landed nobody knows where.
fn places(feature: &Feature) -> String {
    let mut places = feature.regions.clone();
    if feature.calls_nowhere > 0 {
        places.push(if places.is_empty() {
            "nothing tells".to_owned()
        } else {
            format!("nothing tells for {}", words::count(feature.calls_nowhere))
        });
    }
    places.join(", ")
}

fn landed(answer: &Residency, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let mut rows = Rows::new(
        &["region", "endpoint", "verdict", "grade", "calls"],
        4,
        terminal,
    );
    for landed in &answer.landed {
        let mark = match landed.verdict {
            "violated" => Mark::Bad,
            "unproven" => Mark::Doubt,
            _ => Mark::Plain,
        };
        rows.row(vec![
            plain(if landed.region.is_empty() {
                "nothing tells"
            } else {
                &landed.region
            }),
            plain(landed.endpoint.as_str()),
            marked(landed.verdict, mark),
            plain(landed.grade.unwrap_or("none")),
            plain(words::count(landed.calls)),
        ]);
    }
    rows.show(terminal)
}

fn evidence(proof: &Proof, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let Proof {
        at,
        verdict,
        feature,
        endpoint,
        rule,
        ..
    } = proof;
    let words = if proof.evidence.is_empty() {
        "nothing"
    } else {
        &proof.evidence
    };
    let grade = proof
        .grade
        .map_or(String::new(), |grade| format!(", grade {grade}"));
    writeln!(
        terminal.out,
        "  {at} {verdict} {feature} at {endpoint} by {words}{grade}, rule {rule}"
    )?;
    writeln!(terminal.out, "    {} at {}", proof.id, proof.position)?;
    Ok(())
}
