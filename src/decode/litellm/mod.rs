//! `LiteLLM`'s `StandardLoggingPayload`: one object for each attempt, with both fact groups.
//!
//! Reads no message, response text or key hash. A newcomer may ask why the latency of a stream is
//! not `response_time`: there `LiteLLM` writes the time to the first token under that name. And why
//! no retries are read: its router writes every attempt as a record of its own, so a count of
//! attempts would count them twice.

mod failure;
mod headers;
mod names;

use crate::call::{
    Class, Evidence, EvidenceKind, Format, Operation, Origin, Provider, Report, Tier, Transport,
    UsageReport,
};
use crate::ids::{Identity, IdentityKind};
use crate::outcome::{IgnoreReason, QuarantineReason, Reject};
use crate::provider::Recognised;
use crate::units::{Millis, Text, UnixMillis, clean_name};

use super::json::Json;
use super::{Context, Told, fields, place, provider_usage};

use failure::Failure;

pub(super) fn recognises(record: &Json<'_>) -> bool {
    let has = |key: &str| record.get(key).is_some();
    has("call_type")
        && has("startTime")
        && [
            "litellm_call_id",
            "hidden_params",
            "custom_llm_provider",
            "model_group",
        ]
        .iter()
        .any(|key| has(key))
}

pub(super) fn decode(record: &Json<'_>, context: Context<'_>, out: &mut Vec<Told>) {
    out.push(read(record, context).unwrap_or_else(Told::Rejected));
}

/// One record's parts that several facts need.
struct Payload<'r> {
    record: &'r Json<'r>,
    call_type: &'r str,
    operation: Operation,
    provider: &'r str,
    model: names::Model<'r>,
    cache_hit: bool,
    failure: Option<Failure>,
}

fn read(record: &Json<'_>, context: Context<'_>) -> Result<Told, Reject> {
    let call_type = record.text_at(&["call_type"]);
    let Some(operation) = names::operation(call_type) else {
        return Ok(Told::Ignored(IgnoreReason::NotACall));
    };
    let provider = record.text_at(&["custom_llm_provider"]);
    let payload = Payload {
        record,
        call_type,
        operation,
        provider,
        model: names::model(record.text_at(&["model"]), provider),
        cache_hit: record.get("cache_hit").and_then(fields::flag) == Some(true),
        failure: (record.text_at(&["status"]) == "failure")
            .then(|| failure::read(record))
            .transpose()?,
    };
    let place = payload.place(context);
    if place.destination.host.is_empty() && place.destination.provider.is_none() {
        return match payload.failure {
            // Refused before a provider was chosen.
            Some(_) => Ok(Told::Ignored(IgnoreReason::NotACall)),
            None => Err(Reject::new(
                QuarantineReason::NoDestination,
                "neither `api_base` nor `custom_llm_provider`",
            )),
        };
    }
    payload
        .report(place)
        .map(|report| Told::Report(Box::new(report)))
}

impl Payload<'_> {
    fn report(&self, place: Recognised) -> Result<Report, Reject> {
        let at = self.time("startTime")?.ok_or_else(|| {
            Reject::new(
                QuarantineReason::BadTime,
                "no `startTime`, expected epoch seconds",
            )
        })?;
        let latency = self.latency(at)?;
        let mut evidence = place.evidence;
        let (usage, geo) = self.usage(place.destination.host.is_empty(), latency)?;
        for (kind, told) in [
            (EvidenceKind::InferenceGeo, geo),
            (
                EvidenceKind::ResourceRegion,
                clean_name(headers::text(self.record, "x-ms-region")),
            ),
            (EvidenceKind::ClientRegion, clean_name(self.model.region)),
            (
                EvidenceKind::ClientRegion,
                clean_name(self.record.text_at(&["hidden_params", "region_name"])),
            ),
        ] {
            if !told.is_empty() {
                evidence.push(Evidence { kind, told });
            }
        }
        if !self.asked_provider() {
            evidence.clear();
        }
        Ok(Report {
            format: Format::Litellm,
            teller: Text::from("litellm"),
            identity: self.identity(at),
            at,
            sequence: Text::default(),
            destination: place.destination,
            transport: self.asked_provider().then(|| self.transport(latency)),
            usage: Some(usage),
            origin: self.origin(),
            evidence,
        })
    }

    /// Whether a provider was called at all: not by a cache hit, not when `LiteLLM` refused.
    fn asked_provider(&self) -> bool {
        !self.cache_hit && !self.failure.is_some_and(|failure| failure.by_gateway)
    }

    fn class(&self) -> Class {
        self.failure.map_or(Class::Ok, |failure| failure.class)
    }

    fn time(&self, key: &str) -> Result<Option<UnixMillis>, Reject> {
        self.record
            .get(key)
            .filter(|value| !value.is_blank())
            .map(|value| fields::time(key, value))
            .transpose()
    }

    fn latency(&self, began: UnixMillis) -> Result<Option<Millis>, Reject> {
        let stream = self.record.get("stream").and_then(fields::flag) == Some(true);
        if let Some(value) = self.record.get("response_time").filter(|_| !stream)
            && let Some(latency) = fields::millis("response_time", value, true)?
        {
            return Ok(Some(latency));
        }
        Ok(self
            .time("endTime")?
            .and_then(|end| u64::try_from(end.0.saturating_sub(began.0)).ok())
            .map(Millis))
    }

    /// Where `LiteLLM` sent the call: `api_base`, completed by the path that it adds itself.
    fn place(&self, context: Context<'_>) -> Recognised {
        let provider = Provider::parse(self.provider);
        let base = [&["api_base"][..], &["hidden_params", "api_base"][..]]
            .into_iter()
            .map(|path| self.record.text_at(path))
            .find(|base| !base.is_empty())
            .and_then(fields::split_url);
        let mut place = match base {
            Some(address) => {
                let path = self.path(address);
                place::of(context.gate, address.host, &path, provider)
            }
            None if !self.model.region.is_empty() => {
                place::bedrock(context.gate, self.model.region, self.model.name, "converse")
            }
            None => {
                let mut place = Recognised::default();
                place.destination.provider = provider;
                place
            }
        };
        let to = &mut place.destination;
        to.operation = self.operation;
        if to.model.is_empty() {
            to.model = self.requested_model();
        }
        if to.deployment.is_empty() && matches!(self.provider, "azure" | "azure_text") {
            to.deployment = clean_name(self.model.name);
        }
        place
    }

    fn path(&self, address: fields::Address<'_>) -> String {
        let base = address.path.trim_end_matches('/');
        let Some(suffix) = names::path_suffix(self.call_type) else {
            return base.to_owned();
        };
        let whole = base.ends_with(suffix) || base.contains("/model/") || base.contains(':');
        match self.provider {
            _ if whole => base.to_owned(),
            "azure" | "azure_text" if base.contains("/openai/") => format!("{base}{suffix}"),
            "azure" | "azure_text" if suffix == "/responses" => format!("{base}/openai{suffix}"),
            "azure" | "azure_text" => {
                format!("{base}/openai/deployments/{}{suffix}", self.model.name)
            }
            "openai" if base.is_empty() => format!("/v1{suffix}"),
            "openai" | "text-completion-openai" | "hosted_vllm" | "custom_openai" => {
                format!("{base}{suffix}")
            }
            _ => base.to_owned(),
        }
    }

    fn transport(&self, latency: Option<Millis>) -> Transport {
        let wait = |name: &str, factor: u64| {
            let told = headers::text(self.record, name).parse::<u64>().ok()?;
            Some(Millis(told.saturating_mul(factor)))
        };
        Transport {
            status: self.failure.map_or(Some(200), |failure| failure.status),
            class: Some(self.class()),
            latency,
            spillover_from: clean_name(headers::text(
                self.record,
                "x-ms-spillover-from-deployment",
            )),
            remaining_requests: headers::limit(self.record, "x_ratelimit_remaining_requests"),
            remaining_tokens: headers::limit(self.record, "x_ratelimit_remaining_tokens"),
            retry_after: wait("retry-after-ms", 1).or(wait("retry-after", 1000)),
            ..Transport::default()
        }
    }

    /// The usage half, and the geography that stood in it.
    fn usage(
        &self,
        host_untold: bool,
        latency: Option<Millis>,
    ) -> Result<(UsageReport, Text), Reject> {
        let mut report = UsageReport {
            model: self.answered_model(),
            requested_model: self.requested_model(),
            gateway_cache_hit: self.cache_hit,
            class: Some(self.class()),
            duration: latency,
            tier: self.tier(),
            ..UsageReport::default()
        };
        if report.model.is_empty() {
            report.model.clone_from(&report.requested_model);
        }
        let object = self.record.at(&["metadata", "usage_object"]);
        let stated = provider_usage::read(self.record, self.model.name)?;
        let told = match object.map(|object| provider_usage::read(object, self.model.name)) {
            Some(told) => told?,
            None => None,
        };
        let Some(mut told) = told
            .or(stated.clone())
            .filter(|told| told.usage.total() > 0)
        else {
            return Ok((report, Text::default()));
        };
        if let Some(stated) = stated.filter(|stated| stated.usage.total() > 0) {
            told.total_mismatch |= stated.usage.total_input() != told.usage.total_input()
                || stated.usage.output != told.usage.output;
        }
        told.untold.cache &= self.operation != Operation::Embed;
        // By these a price hangs on the host or path; by Anthropic on what the usage tells.
        let by_place = matches!(
            Provider::parse(self.provider),
            Some(Provider::Azure | Provider::Bedrock | Provider::Vertex | Provider::Openai)
        );
        told.untold.geo = host_untold && by_place;
        told.fill(&mut report);
        Ok((report, told.inference_geo))
    }

    /// The model as it was asked for. Bedrock's ids keep their profile and lose their ARN.
    fn requested_model(&self) -> Text {
        if Provider::parse(self.provider) == Some(Provider::Bedrock) {
            return place::bedrock_name(self.model.name);
        }
        clean_name(self.model.name)
    }

    /// The model as the answer named it. The router may write its own group name there; a body
    /// from Bedrock names no profile, which its price hangs on.
    fn answered_model(&self) -> Text {
        let requested = self.requested_model();
        if Provider::parse(self.provider) == Some(Provider::Bedrock) && !requested.contains('/') {
            return requested;
        }
        let group = self.record.text_at(&["model_group"]);
        let answered = self.record.text_at(&["response", "model"]);
        let model = names::model(answered, self.provider).name;
        if !model.is_empty() && model != group {
            return clean_name(model);
        }
        let key = self
            .record
            .text_at(&["model_map_information", "model_map_key"]);
        if self.failure.is_none() && self.provider == "azure" {
            return clean_name(names::priced_model(key));
        }
        Text::default()
    }

    fn tier(&self) -> Option<Tier> {
        if self.operation == Operation::Batch {
            return Some(Tier::Batch);
        }
        Some(self.record.text_at(&["response", "service_tier"]))
            .filter(|word| !word.is_empty())
            .and_then(Tier::parse)
    }

    /// The provider's response id, else its request id, else `LiteLLM`'s call id. Files, batches
    /// and cached answers keep the id of another call, so `LiteLLM`'s own stands for them.
    fn identity(&self, at: UnixMillis) -> Identity {
        let id = self.record.text_at(&["id"]);
        let call_id = self.record.text_at(&["litellm_call_id"]);
        let of_this_call = self.asked_provider()
            && matches!(self.operation, Operation::Generate | Operation::Embed);
        if let Some(response) = names::response_id(id, call_id).filter(|_| of_this_call) {
            return Identity::new(IdentityKind::Response, clean_name(&response));
        }
        let request = headers::request_id(self.record);
        if !request.is_empty() && self.asked_provider() {
            return Identity::new(IdentityKind::Request, clean_name(request));
        }
        match [call_id, id].into_iter().find(|id| !id.is_empty()) {
            Some(id) => Identity::new(IdentityKind::Gateway, clean_name(id)),
            None => Identity::weak(&[
                at.0.to_string().as_bytes(),
                self.call_type.as_bytes(),
                self.model.name.as_bytes(),
                self.record.text_at(&["trace_id"]).as_bytes(),
            ]),
        }
    }

    fn origin(&self) -> Origin {
        let metadata = |key: &str| clean_name(self.record.text_at(&["metadata", key]));
        let mut origin = Origin {
            application: metadata("user_api_key_team_alias"),
            service: clean_name(self.record.text_at(&["model_group"])),
            caller: metadata("user_api_key_alias"),
            credential: metadata("user_api_key_alias"),
            conversation: clean_name(self.record.text_at(&["session_id"])),
            ..Origin::default()
        };
        origin.user = [
            &["end_user"][..],
            &["metadata", "user_api_key_end_user_id"],
            &["model_parameters", "user"],
            &["metadata", "user_api_key_user_id"],
        ]
        .into_iter()
        .map(|path| clean_name(self.record.text_at(path)))
        .find(|user| !user.is_empty())
        .unwrap_or_default();
        let tags = self.record.get("request_tags").and_then(Json::array);
        for tag in tags.unwrap_or(&[]).iter().filter_map(Json::str) {
            place::tag(&mut origin, tag);
        }
        origin.tags.sort_unstable();
        origin.tags.dedup();
        origin
    }
}

#[cfg(test)]
mod tests;
