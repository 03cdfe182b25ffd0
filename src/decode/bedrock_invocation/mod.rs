//! Amazon Bedrock's model invocation log: usage facts always, transport facts as far as told.
//!
//! Reads no body text, only the usage, metrics and tier in it. A newcomer may ask why host and
//! path are made up from region and model id: they are what the client called, and the rules that
//! tell a regional model from a profile stand once, at the gate.

mod body;

use std::borrow::Cow;

use crate::call::{
    Class, Evidence, EvidenceKind, Format, Operation, Origin, Report, Tier, Transport, UsageReport,
};
use crate::ids::{Identity, IdentityKind};
use crate::outcome::{QuarantineReason, Reject};
use crate::units::{Text, UnixMillis, clean_name};

use super::json::{Entries, Json, Key};
use super::provider_usage::{self, ProviderUsage};
use super::{Context, Told, fields, place};

use body::Body;

pub(super) fn recognises(record: &Json<'_>) -> bool {
    record.text_at(&["schemaType"]) == "ModelInvocationLog"
}

pub(super) fn decode(record: &Json<'_>, context: Context<'_>, out: &mut Vec<Told>) {
    out.push(
        read(record, context).map_or_else(Told::Rejected, |report| Told::Report(Box::new(report))),
    );
}

fn read(record: &Json<'_>, context: Context<'_>) -> Result<Report, Reject> {
    let at = time(record)?;
    let region = record.text_at(&["region"]);
    let model = record.text_at(&["modelId"]);
    if region.is_empty() || model.is_empty() {
        return Err(Reject::new(
            QuarantineReason::NoDestination,
            "expected `region` and `modelId`",
        ));
    }
    let operation = record.text_at(&["operation"]);
    let mut place = place::bedrock(context.gate, region, model, path_word(operation));
    let to = &mut place.destination;
    if to.model.is_empty() {
        to.model = place::bedrock_name(model);
    }
    let body = body::read(record.at(&["output", "outputBodyJson"]))?;
    if model.contains("embed") {
        to.operation = Operation::Embed;
    }
    let mut evidence = place.evidence;
    for (kind, told) in [
        (
            EvidenceKind::InferenceRegion,
            record.text_at(&["inferenceRegion"]),
        ),
        (EvidenceKind::ClientRegion, region),
    ] {
        let fact = Evidence {
            kind,
            told: clean_name(told),
        };
        // The gate tells a profile's client region already.
        if !told.is_empty() && !evidence.contains(&fact) {
            evidence.push(fact);
        }
    }
    let (status, class) = outcome(record.text_at(&["errorCode"]));
    let (usage, geo) = usage(record, &body, model, class)?;
    if !geo.is_empty() {
        evidence.push(Evidence {
            kind: EvidenceKind::InferenceGeo,
            told: geo,
        });
    }
    Ok(Report {
        format: Format::BedrockInvocation,
        teller: Text::from("bedrock_invocation"),
        identity: identity(record, at, model),
        at,
        sequence: Text::default(),
        destination: place.destination,
        transport: Some(Transport {
            status,
            class: Some(class),
            latency: body.latency,
            ..Transport::default()
        }),
        usage: Some(usage),
        origin: origin(record),
        evidence,
    })
}

fn time(record: &Json<'_>) -> Result<UnixMillis, Reject> {
    match record.get("timestamp").filter(|value| !value.is_blank()) {
        Some(value) => fields::time("timestamp", value),
        None => Err(Reject::new(
            QuarantineReason::BadTime,
            "no `timestamp`, expected RFC 3339",
        )),
    }
}

/// The last word of the path that the operation's client calls.
fn path_word(operation: &str) -> &'static str {
    match operation {
        "Converse" => "converse",
        "ConverseStream" => "converse-stream",
        "InvokeModelWithResponseStream" => "invoke-with-response-stream",
        "InvokeModelWithBidirectionalStream" => "invoke-with-bidirectional-stream",
        _ => "invoke",
    }
}

/// Status and class: the log tells an error's name (Amazon Bedrock runtime API, "Errors"), and
/// none where the call was answered.
fn outcome(error: &str) -> (Option<u16>, Class) {
    let status = match error {
        "" => 200,
        "ThrottlingException" | "ModelNotReadyException" => 429,
        "AccessDeniedException" => 403,
        "ResourceNotFoundException" => 404,
        "ModelTimeoutException" => 408,
        "ModelErrorException" | "ModelStreamErrorException" => 424,
        "ValidationException" | "ServiceQuotaExceededException" | "ConflictException" => 400,
        "InternalServerException" => 500,
        "ServiceUnavailableException" => 503,
        other => return (None, Class::of_error(other).unwrap_or(Class::Failed)),
    };
    (Some(status), Class::of_status(Some(status)))
}

/// The usage half, and the geography that a Claude body may name.
fn usage(
    record: &Json<'_>,
    body: &Body<'_>,
    model: &str,
    class: Class,
) -> Result<(UsageReport, Text), Reject> {
    let name = place::bedrock_name(model);
    let hidden = name.contains('/') && !body.model.is_empty();
    let mut report = UsageReport {
        model: if hidden {
            clean_name(&body.model)
        } else {
            name.clone()
        },
        requested_model: name,
        class: Some(class),
        duration: body.latency,
        tier: body.tier.or(tier_of_arn(model)),
        ..UsageReport::default()
    };
    let counted = counts(record, model)?;
    let stated = match &body.usage {
        Some(object) => provider_usage::read(object, model)?,
        None => None,
    };
    let told = match (stated, counted) {
        (Some(stated), Some(counted)) => {
            if agree(&stated, &counted) {
                let mut told = stated;
                told.untold.cache = false;
                told.untold.buckets = told.untold.buckets.and(counted.untold.buckets);
                told
            } else {
                // What Bedrock counted is what it bills; the body is the model's own word.
                ProviderUsage {
                    total_mismatch: true,
                    ..counted
                }
            }
        }
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => return Ok((report, Text::default())),
    };
    told.fill(&mut report);
    Ok((report, told.inference_geo))
}

/// The log's own counts. A call that a guardrail stopped has none.
fn counts(record: &Json<'_>, model: &str) -> Result<Option<ProviderUsage>, Reject> {
    let mut entries = Box::new(Entries::default());
    for (half, key) in [
        ("input", "inputTokenCount"),
        ("input", "cacheReadInputTokenCount"),
        ("input", "cacheWriteInputTokenCount"),
        ("output", "outputTokenCount"),
    ] {
        if let Some(value) = record.at(&[half, key]).filter(|value| !value.is_blank()) {
            entries.set(Key::from(Cow::Borrowed(key)), value.clone());
        }
    }
    provider_usage::read(&Json::Object(entries), model)
}

/// Whether body and counts tell the same output, and the same input: as a whole, or where the
/// log has no counts of caches, as a whole or as its fresh part.
fn agree(stated: &ProviderUsage, counted: &ProviderUsage) -> bool {
    let (body, log) = (&stated.usage, &counted.usage);
    let without_caches = log.total_input() == log.input;
    body.output == log.output
        && (body.total_input() == log.total_input() || (without_caches && body.input == log.input))
}

/// Provisioned throughput shows in the model's ARN.
fn tier_of_arn(model: &str) -> Option<Tier> {
    model
        .contains(":provisioned-model/")
        .then_some(Tier::Provisioned)
}

fn identity(record: &Json<'_>, at: UnixMillis, model: &str) -> Identity {
    match record.text_at(&["requestId"]) {
        "" => Identity::weak(&[
            at.0.to_string().as_bytes(),
            model.as_bytes(),
            record.text_at(&["identity", "arn"]).as_bytes(),
            record.text_at(&["operation"]).as_bytes(),
        ]),
        id => Identity::new(IdentityKind::Request, clean_name(id)),
    }
}

/// Who called. A session's name can be a person's and is not read; an IAM user is one.
fn origin(record: &Json<'_>) -> Origin {
    let mut origin = Origin::default();
    let arn = record.text_at(&["identity", "arn"]);
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    let mut words = resource.split('/');
    match (words.next(), words.next(), words.next_back()) {
        (Some("assumed-role"), Some(role), _) => origin.caller = clean_name(role),
        (Some("role"), first, last) => {
            origin.caller = clean_name(last.or(first).unwrap_or_default());
        }
        (Some("user"), first, last) => {
            let name = clean_name(last.or(first).unwrap_or_default());
            if name.starts_with("BedrockAPIKey-") {
                origin.caller = name;
            } else {
                origin.user = name;
            }
        }
        _ => {}
    }
    origin.credential.clone_from(&origin.caller);
    let metadata = record.get("requestMetadata").and_then(Json::object);
    for (key, value) in metadata.unwrap_or(&[]) {
        if let Some(value) = value.str() {
            place::tag(&mut origin, &format!("{key}:{value}"));
        }
    }
    origin.tags.sort_unstable();
    origin.tags.dedup();
    origin
}

#[cfg(test)]
mod tests;
