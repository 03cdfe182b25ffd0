//! Answers of the API, by name.
//!
//! Knows no HTTP. A newcomer may ask why many answers are those of `report --json`: whoever reads one
//! can read the other.

mod alerts;
mod calls;
mod describe;
mod figures;
mod health;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::app::{Failure, report};
use crate::web::{Asked, Refused};

use super::view::Fault;
use super::{Ask, EVIDENCE};

pub(super) use describe::{openapi, page};

/// Rows of a part where nobody says how many.
const LIMIT: usize = 100;
/// Most rows of a part.
const LIMIT_MAX: usize = 500;

/// An answer: its name, what it says, which parameters it takes.
struct Answer {
    name: &'static str,
    about: &'static str,
    takes: &'static [&'static str],
    /// The schema of what is answered.
    schema: fn(&mut SchemaGenerator) -> Schema,
}

const SPAN: &[&str] = &["from", "to"];
const FEATURE: &[&str] = &["from", "to", "feature"];

/// All of them, in the order of the pages.
const ALL: [Answer; 14] = [
    Answer {
        name: "spend",
        about: "`report daily`: days, features, total, what was not seen",
        takes: FEATURE,
        schema: of::<report::daily::Daily>,
    },
    Answer {
        name: "plan",
        about: "spend against approval by day; by model and application",
        takes: FEATURE,
        schema: of::<report::plan::Plan>,
    },
    Answer {
        name: "why",
        about: "why spend is not what was approved; the parts add up",
        takes: FEATURE,
        schema: of::<report::plan::Why>,
    },
    Answer {
        name: "bridge",
        about: "`report bridge`: why an hour costs more than in as many days before; the parts add up",
        takes: FEATURE,
        schema: of::<report::bridge::Bridge>,
    },
    Answer {
        name: "month",
        about: "spend of the month so far, and where it ends",
        takes: FEATURE,
        schema: of::<figures::Month>,
    },
    Answer {
        name: "breakdown",
        about: "spend by price row and by user group",
        takes: SPAN,
        schema: of::<figures::Breakdown>,
    },
    Answer {
        name: "residency",
        about: "`report residency`: verdicts, where calls landed, kept evidence",
        takes: SPAN,
        schema: of::<report::residency::Residency>,
    },
    Answer {
        name: "latency",
        about: "how long calls took, by day, exact for any span",
        takes: FEATURE,
        schema: of::<figures::Latency>,
    },
    Answer {
        name: "alerts",
        about: "what fired, the latest first",
        takes: &["state", "limit", "cursor"],
        schema: of::<alerts::List>,
    },
    Answer {
        name: "alerts/{number}",
        about: "one alert: its figures, its steps, who was told, whether it arrived",
        takes: &[],
        schema: of::<alerts::One>,
    },
    Answer {
        name: "endpoints",
        about: "`report endpoints`: the registry beside what was seen",
        takes: SPAN,
        schema: of::<report::endpoints::Endpoints>,
    },
    Answer {
        name: "calls",
        about: "single reports, the newest first, with price row, rule and evidence of each",
        takes: &["from", "to", "feature", "q", "outcome", "limit", "cursor"],
        schema: of::<calls::Calls>,
    },
    Answer {
        name: "health",
        about: "what became of records, how far sources are read, quarantine",
        takes: SPAN,
        schema: of::<health::Health>,
    },
    Answer {
        name: "story",
        about: "the feature that left its approval the furthest; `null` where none did",
        takes: SPAN,
        schema: of::<Option<report::story::Story>>,
    },
];

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

fn json<T: Serialize>(answer: &T) -> Result<String, Fault> {
    let text = serde_json::to_string(answer).map_err(std::io::Error::from);
    Ok(text.map_err(Failure::from)? + "\n")
}

/// The answer of that name, as JSON.
pub(super) fn answer(ask: &Ask<'_>, name: &str) -> Result<String, Fault> {
    let (ledger, rules, span) = (ask.ledger, ask.rules, ask.view.span);
    let only = ask.view.feature.as_deref();
    let (name, rest) = match name.split_once('/') {
        Some(("alerts", number)) => ("alerts/{number}", number),
        Some(_) | None => (name, ""),
    };
    let known = ALL.iter().find(|answer| answer.name == name);
    taken(ask.asked, known.ok_or(Fault::Refused(Refused::Unknown))?)?;
    match name {
        "spend" => json(&report::daily::daily(ledger, rules, span, only)?),
        "plan" => json(&report::plan::plan(ledger, rules, span, only)?),
        "why" => {
            let daily = report::daily::daily(ledger, rules, span, only)?;
            json(&report::plan::why(&daily.features, rules))
        }
        "bridge" => {
            let (before, ..) = ask.view.before(ledger.zones());
            json(&report::bridge::bridge(
                ledger,
                rules,
                (span, before),
                only,
            )?)
        }
        "month" => json(&figures::month(ask)?),
        "breakdown" => json(&figures::breakdown(ask)?),
        "residency" => json(&report::residency::residency(
            ledger, rules, span, EVIDENCE,
        )?),
        "latency" => json(&figures::latency(ask)?),
        "alerts" => json(&alerts::list(ask)?),
        "alerts/{number}" => json(&alerts::one(ask, rest)?),
        "endpoints" => json(&report::endpoints::endpoints(ledger, rules, span)?),
        "calls" => json(&calls::calls(ask)?),
        "health" => json(&health::health(ask)?),
        "story" => json(&report::story::story(ledger, rules, span)?),
        _ => Err(Fault::Refused(Refused::Unknown)),
    }
}

/// Refuses a parameter that the answer does not take: a misspelt one would choose nothing, silently.
fn taken(asked: &Asked, answer: &Answer) -> Result<(), Fault> {
    let stranger = asked.iter().find(|(name, _)| !answer.takes.contains(name));
    let Some((name, _)) = stranger else {
        return Ok(());
    };
    let right = if answer.takes.is_empty() {
        "left out: this answer takes no parameter".to_owned()
    } else {
        let known: Vec<String> = answer
            .takes
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        format!("left out: this answer takes {}", known.join(", "))
    };
    let name = crate::units::clean_name(name);
    Err(Fault::Refused(Refused::Parameter(name.to_string(), right)))
}

/// How many rows a part may have.
fn limit(asked: &Asked) -> Result<usize, Fault> {
    let Some(text) = asked.get("limit") else {
        return Ok(LIMIT);
    };
    let limit = text.parse().ok();
    let limit = limit.filter(|limit| (1..=LIMIT_MAX).contains(limit));
    limit.ok_or_else(|| {
        let right = format!("a whole number from 1 to {LIMIT_MAX}");
        Fault::Refused(Refused::Parameter("limit".to_owned(), right))
    })
}

/// The address of the next part. It names its days: those of the books move on.
fn next(ask: &Ask<'_>, name: &str, cursor: &str) -> String {
    let mut asked = ask.asked.with("cursor", cursor);
    if name == "calls" {
        asked = asked
            .with("from", &ask.view.from.to_string())
            .with("to", &ask.view.to.to_string());
    }
    format!("/api/v1/{name}{}", asked.query())
}
