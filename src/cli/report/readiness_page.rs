//! `report readiness` as one page: no script, no outside address, readable on a telephone.
//!
//! Knows no figure that the terminal does not show. A newcomer may ask why each skill is a card on
//! narrow screens: a table of ten columns cannot be read there, and the first question is one skill.

use std::fmt::Write;

use super::cells::maybe_ms;
use super::readiness::{
    counted, each, elsewhere, errors, headline, month, not_told, sign, times, tokens,
};
use crate::app::report::readiness::{Readiness, Skill};
use crate::cli::words;
use crate::money::NanoUsd;

/// The style of the page; both themes, narrow screens and paper.
const STYLE: &str = include_str!("readiness.css");

/// The page of an answer; `unseen` are the lines of what was not seen.
pub(super) fn page(answer: &Readiness, unseen: &[String]) -> String {
    let mut out = String::from(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>LLM readiness · tollwatch</title><style>",
    );
    out.push_str(STYLE);
    out.push_str("</style></head><body><main>");
    put(
        &mut out,
        format_args!("<h1>{}</h1>", text(&headline(answer))),
    );
    if let (Some(from), Some(to)) = (&answer.from, &answer.to) {
        let day = |time: &str| text(time.get(..10).unwrap_or(time));
        put(
            &mut out,
            format_args!(
                "<p class=\"lead\">Seen from {} to {}, {}. A month is 30 times their mean; a call costs \
                 all spend over answered requests.</p>",
                day(from),
                day(to),
                words::plural(answer.days, "day", "days")
            ),
        );
        bars(answer, &mut out);
        cost_table(answer, &mut out);
        use_table(answer, &mut out);
    }
    lists(answer, unseen, &mut out);
    out.push_str("</main></body></html>\n");
    out
}

/// Text as content: nothing in it can begin a tag or end an attribute.
fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

fn put(out: &mut String, part: std::fmt::Arguments<'_>) {
    // Writing to a text cannot fail.
    let written = out.write_fmt(part);
    debug_assert!(written.is_ok());
}

/// What a month costs, today and at each candidate, as bars from zero.
fn bars(answer: &Readiness, out: &mut String) {
    let total = &answer.total;
    let mut rows = vec![("Today".to_owned(), total.today.month_nanousd)];
    let candidates = answer.candidates.iter().zip(&total.candidates).enumerate();
    rows.extend(candidates.map(|(n, (candidate, cost))| {
        (
            format!("{}: {}", sign(n), candidate.told),
            cost.month_nanousd,
        )
    }));
    let most = rows
        .iter()
        .filter_map(|(_, amount)| *amount)
        .max()
        .unwrap_or(0);
    if most <= 0 || rows.len() < 2 {
        return;
    }
    out.push_str("<section class=\"card\"><h2>What does a month cost?</h2><dl class=\"bars\">");
    for (n, (name, amount)) in rows.iter().enumerate() {
        let per_mille = amount.map_or(0, |amount| {
            i128::from(amount).saturating_mul(1000) / i128::from(most)
        });
        let (whole, rest) = (per_mille / 10, per_mille % 10);
        let shown = amount.map_or_else(
            || "not told".to_owned(),
            |amount| words::dollars(NanoUsd(amount)),
        );
        let kind = if n == 0 { "now" } else { "then" };
        put(
            out,
            format_args!(
                "<dt>{}</dt><dd><i class=\"{kind}\" style=\"width:{whole}.{rest}%\"></i><b>{}</b></dd>",
                text(name),
                text(&shown)
            ),
        );
    }
    out.push_str("</dl></section>");
}

/// A table row; on narrow screens each cell says its heading itself.
fn row(out: &mut String, headings: &[&str], cells: &[String], total: bool) {
    out.push_str(if total {
        "<tr class=\"total\">"
    } else {
        "<tr>"
    });
    for (n, (heading, cell)) in headings.iter().zip(cells).enumerate() {
        let (tag, class) = if n == 0 {
            ("th", "")
        } else {
            ("td", " class=\"n\"")
        };
        put(
            out,
            format_args!(
                "<{tag}{class} data-h=\"{}\">{}</{tag}>",
                text(heading),
                text(cell)
            ),
        );
    }
    out.push_str("</tr>");
}

fn table(out: &mut String, question: &str, headings: &[&str], rows: &[(Vec<String>, bool)]) {
    put(
        out,
        format_args!(
            "<section class=\"card\"><h2>{}</h2><div class=\"scroll\"><table><thead><tr>",
            text(question)
        ),
    );
    for (n, heading) in headings.iter().enumerate() {
        let class = if n == 0 { "" } else { " class=\"n\"" };
        put(out, format_args!("<th{class}>{}</th>", text(heading)));
    }
    out.push_str("</tr></thead><tbody>");
    for (cells, total) in rows {
        row(out, headings, cells, *total);
    }
    out.push_str("</tbody></table></div></section>");
}

fn with_total(answer: &Readiness) -> impl Iterator<Item = (&Skill, bool)> {
    let skills = answer.skills.iter().map(|skill| (skill, false));
    skills.chain([(&answer.total, true)])
}

fn cost_table(answer: &Readiness, out: &mut String) {
    if answer.total.requests == 0 {
        return;
    }
    let mut names: Vec<String> = ["skill", "requests", "a call", "a month"]
        .map(str::to_owned)
        .to_vec();
    for n in 0..answer.candidates.len() {
        let sign = sign(n);
        names.extend(["a call", "a month", "times today"].map(|what| format!("{sign}: {what}")));
    }
    let headings: Vec<&str> = names.iter().map(String::as_str).collect();
    let used = with_total(answer).filter(|(skill, total)| *total || skill.requests > 0);
    let rows: Vec<(Vec<String>, bool)> = used
        .map(|(skill, total)| {
            let mut cells = vec![
                skill.name.clone(),
                counted(skill.requests),
                each(&skill.today),
                month(&skill.today),
            ];
            for cost in &skill.candidates {
                cells.extend([each(cost), month(cost), times(&skill.today, cost)]);
            }
            (cells, total)
        })
        .collect();
    table(out, "What does each skill cost?", &headings, &rows);
}

fn use_table(answer: &Readiness, out: &mut String) {
    let headings = [
        "skill",
        "requests",
        "calls",
        "tokens, median",
        "tokens, p95",
        "latency, median",
        "latency, p95",
        "errors",
        "model",
    ];
    let rows: Vec<(Vec<String>, bool)> = with_total(answer)
        .map(|(skill, total)| {
            let cells = vec![
                skill.name.clone(),
                counted(skill.requests),
                counted(skill.calls),
                tokens(skill.tokens_p50),
                tokens(skill.tokens_p95),
                maybe_ms(skill.latency_ms_p50),
                maybe_ms(skill.latency_ms_p95),
                errors(skill),
                if total {
                    String::new()
                } else {
                    skill.models.join(", ")
                },
            ];
            (cells, total)
        })
        .collect();
    table(
        out,
        "What does each skill use, and does it work?",
        &headings,
        &rows,
    );
}

/// Where prices come from, what is not told, what was not seen.
fn lists(answer: &Readiness, unseen: &[String], out: &mut String) {
    let prices = elsewhere(answer);
    let gaps: Vec<String> = answer.gaps.iter().map(not_told).collect();
    let parts = [
        ("What the export cannot tell", gaps.as_slice()),
        ("Not seen, or not sure", unseen),
        (
            "What each candidate would cost, and whose prices these are",
            prices.as_slice(),
        ),
    ];
    for (heading, lines) in parts.iter().filter(|(_, lines)| !lines.is_empty()) {
        put(
            out,
            format_args!("<section class=\"card\"><h2>{heading}</h2><ul>"),
        );
        for line in *lines {
            put(out, format_args!("<li>{}</li>", text(line)));
        }
        out.push_str("</ul></section>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::report::readiness::{CandidateAnswer, Cost};

    #[test]
    fn nothing_told_becomes_markup() {
        let evil = "<script>alert('1')</script>\"&";
        let cost = Cost {
            cost_nanousd: Some(1),
            per_request_nanousd: Some(1),
            month_nanousd: Some(30),
            ..Cost::default()
        };
        let skill = Skill {
            name: evil.to_owned(),
            models: vec![evil.to_owned()],
            requests: 1,
            today: cost.clone(),
            candidates: vec![cost],
            ..Skill::default()
        };
        let answer = Readiness {
            from: Some("2026-11-20T00:00:00Z".to_owned()),
            to: Some("2026-11-20T00:00:00Z".to_owned()),
            candidates: vec![CandidateAnswer {
                told: evil.to_owned(),
                ..CandidateAnswer::default()
            }],
            total: skill.clone(),
            skills: vec![skill],
            ..Readiness::default()
        };
        let page = page(&answer, &[evil.to_owned()]);
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;"));
        for outside in ["http://", "https://", "src=", "url(", "@import"] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
