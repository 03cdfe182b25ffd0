//! Tells requests and their calls as records of a format, as its real producer would.
//!
//! Knows no file and no fault: what the export does to records comes later. A newcomer may ask
//! where a new format goes: one file here, one arm in [`Teller::tell`].

mod aws;
mod azure;
mod gateway;
mod json;
mod otlp;
mod protobuf;
mod servicenow;

pub(super) use servicenow::other_call;

use crate::call::{Class, Format, Usage};
use crate::units::UnixMillis;

use super::scenario::{Endpoint, Scenario, Skill};
use super::traffic::{Attempt, Request};
use super::truth::Told;

/// Who tells of the calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// ServiceNow's two tables, which share no key: the default.
    Servicenow,
    /// One format.
    Only(Format),
    /// OpenTelemetry as the Kafka exporter writes it by default: protobuf instead of JSON.
    OtlpProtobuf,
}

impl Telling {
    /// The names that [`Telling::parse`] knows.
    pub const NAMES: [&'static str; 10] = [
        "servicenow",
        "servicenow_outbound",
        "servicenow_genai",
        "native",
        "otlp",
        "otlp_protobuf",
        "litellm",
        "bedrock_invocation",
        "azure_diagnostics",
        "apim_llm",
    ];

    /// The telling of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Telling> {
        match name {
            "servicenow" => Some(Telling::Servicenow),
            "otlp_protobuf" => Some(Telling::OtlpProtobuf),
            other => Format::parse(other).map(Telling::Only),
        }
    }
}

/// How records follow each other in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Framing {
    /// One JSON object a line.
    Lines,
    /// Four bytes of length, the highest first, then as many bytes: as the OpenTelemetry
    /// collector's file exporter writes protobuf.
    Length,
}

/// One record on its way into an export.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// When it is exported.
    pub(super) at: UnixMillis,
    /// The table or stream it belongs to, which names the directory.
    pub(super) table: &'static str,
    pub(super) framing: Framing,
    pub(super) bytes: Vec<u8>,
    /// Whether it tells of LLM calls.
    pub(super) llm: bool,
    pub(super) told: Vec<Told>,
}

impl Row {
    fn line(at: UnixMillis, table: &'static str, text: String, told: Vec<Told>) -> Row {
        Row {
            at,
            table,
            framing: Framing::Lines,
            bytes: text.into_bytes(),
            llm: true,
            told,
        }
    }
}

/// One call of a request with all that belongs to it.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) request: &'a Request,
    pub(super) attempt: &'a Attempt,
    pub(super) skill: &'a Skill,
    pub(super) endpoint: &'a Endpoint,
}

impl Call<'_> {
    fn feature(&self) -> String {
        self.skill.feature()
    }

    fn answered(&self) -> bool {
        self.attempt.class() == Class::Ok
    }

    /// What a format that tells both halves of each try says.
    fn told_whole(&self, usage: Usage) -> Told {
        let usage = if self.answered() {
            usage
        } else {
            Usage::default()
        };
        let class = self.attempt.class();
        Told {
            date: date(self.attempt.at),
            feature: self.feature(),
            call: Some(class),
            request: Some((class, usage)),
        }
    }

    fn address(&self) -> Address<'_> {
        split_url(self.endpoint.url.get_ref()).unwrap_or_default()
    }

    fn requested_model(&self) -> &str {
        match self.endpoint.requested_model.as_str() {
            "" => &self.endpoint.model,
            model => model,
        }
    }

    /// The region as clouds write it in codes: `West Europe` is `westeurope`.
    fn region_code(&self) -> String {
        let region = self.endpoint.region.to_lowercase();
        region.replace(' ', "")
    }
}

/// Scheme, host and path of a URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Address<'a> {
    pub(super) scheme: &'a str,
    pub(super) host: &'a str,
    pub(super) path: &'a str,
}

/// Takes a URL apart; `None` without a scheme, host and path.
pub(super) fn split_url(url: &str) -> Option<Address<'_>> {
    let (scheme, rest) = url.split_once("://")?;
    let (host, path) = rest.split_at_checked(rest.find('/')?)?;
    (!scheme.is_empty() && !host.is_empty()).then_some(Address { scheme, host, path })
}

/// The UTC date.
pub(super) fn date(at: UnixMillis) -> String {
    at.to_utc().format("%Y-%m-%d").to_string()
}

/// Turns requests into records.
pub(super) struct Teller<'a> {
    scenario: &'a Scenario,
    seed: u64,
    /// One teller for all, instead of each endpoint's own.
    only: Option<Telling>,
    spans: otlp::Batches,
}

impl<'a> Teller<'a> {
    pub(super) fn new(scenario: &'a Scenario, seed: u64, only: Option<Telling>) -> Teller<'a> {
        Teller {
            scenario,
            seed,
            only,
            spans: otlp::Batches::default(),
        }
    }

    fn calls(&self, request: &'a Request) -> Vec<Call<'a>> {
        let call = |attempt: &'a Attempt| {
            Some(Call {
                request,
                attempt,
                skill: self.scenario.skill.get(request.skill)?,
                endpoint: self.scenario.endpoint.get(attempt.endpoint)?,
            })
        };
        request.attempts.iter().filter_map(call).collect()
    }

    /// The records of one request.
    pub(super) fn tell(&mut self, request: &'a Request, out: &mut Vec<Row>) {
        let calls = self.calls(request);
        for call in &calls {
            match self.telling(*call) {
                Telling::Servicenow | Telling::Only(Format::ServicenowOutbound) => {
                    out.push(servicenow::outbound(self.scenario, self.seed, *call));
                }
                Telling::Only(Format::ServicenowGenai) => {}
                Telling::Only(Format::Native) => out.push(gateway::native(self.seed, *call)),
                Telling::Only(Format::Litellm) => out.push(gateway::litellm(self.seed, *call)),
                Telling::Only(Format::BedrockInvocation) => {
                    out.push(aws::invocation(self.seed, *call));
                }
                Telling::Only(Format::AzureDiagnostics) => {
                    out.push(azure::diagnostics(self.seed, *call));
                }
                Telling::Only(Format::ApimLlm) => azure::gateway(self.seed, *call, out),
                Telling::Only(Format::Otlp) => self.spans.add(self.seed, *call, false),
                Telling::OtlpProtobuf => self.spans.add(self.seed, *call, true),
            }
        }
        if let Some(last) = calls.last()
            && tells_usage(self.telling(*last))
            && !self.is_restricted(*last)
        {
            let delay = self.scenario.export.usage_delay_seconds;
            out.push(servicenow::usage(delay, self.seed, *last));
        }
    }

    /// Records that hold several calls and are written when a step is over.
    pub(super) fn flush(&mut self, at: UnixMillis, out: &mut Vec<Row>) {
        self.spans.flush(at, out);
    }

    fn telling(&self, call: Call<'_>) -> Telling {
        let own = || Telling::parse(call.endpoint.told_by.get_ref());
        self.only.or_else(own).unwrap_or(Telling::Servicenow)
    }

    fn is_restricted(&self, call: Call<'_>) -> bool {
        let share = call.skill.restricted_per_mille;
        super::random::Random::of_row(self.seed, "restricted", call.request.number).per_mille(share)
    }

    /// Whether the request's usage row is never written, because its readers are restricted.
    pub(super) fn hides(&self, request: &'a Request) -> bool {
        let last = self.calls(request).pop();
        last.is_some_and(|call| tells_usage(self.telling(call)) && self.is_restricted(call))
    }

    /// How many of the request's outbound rows are logged at the elevated level.
    pub(super) fn elevated(&self, request: &'a Request) -> u64 {
        let calls = self.calls(request);
        let rows = calls.iter().filter(|call| {
            let telling = self.telling(**call);
            let outbound = Telling::Only(Format::ServicenowOutbound);
            (telling == Telling::Servicenow || telling == outbound)
                && servicenow::is_elevated(self.scenario, self.seed, **call)
        });
        u64::try_from(rows.count()).unwrap_or(0)
    }
}

/// Whether requests are told by ServiceNow's usage table.
fn tells_usage(telling: Telling) -> bool {
    telling == Telling::Servicenow || telling == Telling::Only(Format::ServicenowGenai)
}
