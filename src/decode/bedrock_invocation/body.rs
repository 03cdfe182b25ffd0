//! Usage, latency and tier from the logged body of an answer.
//!
//! Reads no text of it. A newcomer may ask why a body can be a list: of a stream Bedrock logs the
//! events, and what they tell of usage is spread over several of them.

use crate::call::Tier;
use crate::outcome::Reject;
use crate::units::Millis;

use super::super::fields;
use super::super::json::{Json, Key};

/// What a body told.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Body<'a> {
    /// The usage object; of a stream, the events' objects laid over each other.
    pub(super) usage: Option<Json<'a>>,
    /// Bedrock's own measure of the call.
    pub(super) latency: Option<Millis>,
    /// The service tier.
    pub(super) tier: Option<Tier>,
    /// The model that the answer names; Claude's does.
    pub(super) model: String,
}

/// Bedrock's key for the metrics in the last event of an invoke stream.
const METRICS: &str = "amazon-bedrock-invocationMetrics";

/// Reads a body: an answer, or a list of a stream's events.
///
/// # Errors
/// `bad_number` for a latency that is no number.
pub(super) fn read<'a>(body: Option<&Json<'a>>) -> Result<Body<'a>, Reject> {
    let mut told = Body::default();
    let Some(body) = body else { return Ok(told) };
    match body.array() {
        Some(events) => {
            for event in events {
                take(event, &mut told)?;
            }
        }
        None => take(body, &mut told)?,
    }
    Ok(told)
}

fn take<'a>(part: &Json<'a>, told: &mut Body<'a>) -> Result<(), Reject> {
    // Converse streams wrap the last event, Claude's streams the first.
    for inner in ["metadata", "message"]
        .iter()
        .filter_map(|key| part.get(key))
    {
        take_plain(inner, told)?;
    }
    take_plain(part, told)
}

fn take_plain<'a>(part: &Json<'a>, told: &mut Body<'a>) -> Result<(), Reject> {
    for key in ["usage", "usageMetadata", METRICS] {
        let Some(usage) = part.get(key).and_then(Json::object) else {
            continue;
        };
        if key != METRICS || told.usage.is_none() {
            lay_over(&mut told.usage, usage);
        }
    }
    for path in [
        &["metrics", "latencyMs"][..],
        &[METRICS, "invocationLatency"],
    ] {
        if let Some(value) = part.at(path) {
            told.latency = fields::millis(&path.join("."), value, false)?.or(told.latency);
        }
    }
    let tier = part.at(&["serviceTier", "type"]).and_then(Json::str);
    told.tier = tier.and_then(Tier::parse).or(told.tier);
    if let Some(model) = part.get("model").and_then(Json::str) {
        model.clone_into(&mut told.model);
    }
    Ok(())
}

/// Later events tell cumulative counts: each key's last value stands.
fn lay_over<'a>(usage: &mut Option<Json<'a>>, later: &[(Key<'a>, Json<'a>)]) {
    let Json::Object(entries) = usage.get_or_insert_with(|| Json::Object(Box::default())) else {
        return;
    };
    for (key, value) in later.iter().filter(|(_, value)| !value.is_blank()) {
        entries.set(key.clone(), value.clone());
    }
}
