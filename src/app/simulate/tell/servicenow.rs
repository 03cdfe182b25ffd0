//! ServiceNow's two tables: outbound calls (transport facts) and generative AI log (usage facts).
//!
//! Knows no other format. Column names follow the sample rows that public code shows, as the
//! vendor documents labels only (ServiceNow docs, "Outbound HTTP logging" and "Generative AI
//! Controller tables"). The two tables share no key: not an id, not a user, not a conversation.

use crate::call::{Class, Usage};
use crate::units::UnixMillis;

use super::super::random::{Random, hex_id};
use super::super::scenario::Scenario;
use super::super::truth::Told;
use super::json::Object;
use super::{Address, Call, Row, date, split_url};

const OUTBOUND: &str = "sys_outbound_http_log";
const USAGE: &str = "sys_generative_ai_log";
const INSTANCE: &str = "https://contoso.service-now.com";

/// What the elevated level writes into the request headers. It looks like a secret so that a test
/// can look for it in all that a reader keeps.
pub(in super::super) const CANARY: &str = "simulated-credential-5e1fca9a";

/// What stands in one outbound row.
struct Outbound<'a> {
    number: u64,
    kind: &'static str,
    at: UnixMillis,
    address: Address<'a>,
    method: &'a str,
    status: Option<u16>,
    request_bytes: u64,
    response_bytes: u64,
    latency_ms: u64,
    scope: &'a str,
    level: &'static str,
}

/// The time as the database writes it: UTC without a mark.
fn stamp(at: UnixMillis) -> String {
    at.to_utc().format("%Y-%m-%d %H:%M:%S").to_string()
}

fn reference(table: &str, id: &str) -> Object {
    Object::new()
        .text("link", &format!("{INSTANCE}/api/now/table/{table}/{id}"))
        .text("value", id)
}

/// The columns of the basic level and the table's own.
fn columns(seed: u64, row: &Outbound<'_>) -> Object {
    let id = |kind: &str| {
        hex_id(
            seed,
            kind,
            row.number ^ u64::from(row.kind == "other") << 62,
        )
    };
    let user = hex_id(seed, "user", row.number % 97);
    let node = row.number % 4;
    let created = stamp(row.at);
    let status = row
        .status
        .map_or(String::new(), |status| status.to_string());
    Object::new()
        .text("sys_id", &id("outbound"))
        .text("sys_created_on", &created)
        .text(
            "sequence",
            &format!("{:x}{:07}", row.at.0, row.number % 10_000_000),
        )
        .text("http_method", row.method)
        .text("scheme", row.address.scheme)
        .text("protocol", "HTTP/1.1")
        .text("hostname", row.address.host)
        .text("path", row.address.path)
        .text(
            "url",
            &format!(
                "{}://{}{}",
                row.address.scheme, row.address.host, row.address.path
            ),
        )
        .text("response_status", &status)
        .digits("request_length", row.request_bytes)
        .digits("response_length", row.response_bytes)
        .digits("response_time", row.latency_ms)
        .text("log_level", row.level)
        .text(
            "system_id",
            &format!("app128{node:03}.fra201.service-now.com:contoso{node:03}"),
        )
        .text("source_table", "sys_hub_step_instance")
        .object(
            "source_record",
            reference(
                "sys_hub_step_instance",
                &hex_id(seed, "step", row.number % 61),
            ),
        )
        .text("scope", row.scope)
        .text("session", &id("session").to_uppercase())
        .text("transaction", &id("transaction"))
        .object("user", reference("sys_user", &user))
        .text("mid_server", "")
        .text("sys_created_by", "system")
        .text("sys_updated_on", &created)
        .text("sys_updated_by", "system")
        .text("sys_mod_count", "0")
        .text("sys_tags", "")
        .object(
            "sys_package",
            reference("sys_package", &hex_id(seed, row.scope, 2)),
        )
        .object("sys_domain", reference("sys_user_group", "global"))
        .text("sys_domain_path", "/")
}

/// Whether the call's row is logged at the elevated level.
pub(super) fn is_elevated(scenario: &Scenario, seed: u64, call: Call<'_>) -> bool {
    let share = scenario.export.elevated_per_mille;
    Random::of_row(seed, "elevated", call.attempt.number).per_mille(share)
}

/// The outbound row of a call.
pub(super) fn outbound(scenario: &Scenario, seed: u64, call: Call<'_>) -> Row {
    let attempt = call.attempt;
    let elevated = is_elevated(scenario, seed, call);
    let row = columns(
        seed,
        &Outbound {
            number: attempt.number,
            kind: "llm",
            at: attempt.at,
            address: call.address(),
            method: "POST",
            status: attempt.status,
            request_bytes: attempt.request_bytes,
            response_bytes: attempt.response_bytes,
            latency_ms: attempt.latency_ms,
            scope: &call.endpoint.spoke,
            level: if elevated { "elevated" } else { "basic" },
        },
    );
    let row = if elevated {
        with_headers(seed, call, row)
    } else {
        row
    };
    let told = Told {
        date: date(attempt.at),
        feature: call.feature(),
        call: Some(attempt.class()),
        request: None,
    };
    Row::line(
        attempt.end().saturating_add(2000),
        OUTBOUND,
        row.done(),
        vec![told],
    )
}

fn with_headers(seed: u64, call: Call<'_>, row: Object) -> Object {
    let attempt = call.attempt;
    let request_headers = format!(
        "Content-Type: application/json\nAccept: application/json\napi-key: {CANARY}\nUser-Agent: ServiceNow/1.0"
    );
    let mut lines = vec!["Content-Type: application/json".to_owned()];
    let id = hex_id(seed, "provider-request", attempt.number);
    if attempt.status.is_none() {
        return row
            .text("request_headers", &request_headers)
            .text("response_headers", "");
    }
    match call.endpoint.provider.as_str() {
        "azure.ai.openai" => {
            lines.push(format!("x-ms-region: {}", call.endpoint.region));
            lines.push(format!("apim-request-id: {id}"));
            lines.push(format!(
                "x-ratelimit-remaining-requests: {}",
                40 + attempt.number % 200
            ));
        }
        "aws.bedrock" => lines.push(format!("x-amzn-RequestId: {id}")),
        "anthropic" => lines.push(format!("request-id: req_{id}")),
        _ => lines.push(format!("x-request-id: {id}")),
    }
    if let Some(wait) = attempt.retry_after_ms {
        lines.push(format!("retry-after-ms: {wait}"));
    }
    row.text("request_headers", &request_headers)
        .text("response_headers", &lines.join("\n"))
}

/// The usage row of a request, some time after its last call's end.
pub(super) fn usage(delay_seconds: u64, seed: u64, last: Call<'_>) -> Row {
    let request = last.request;
    let began = request
        .attempts
        .first()
        .map_or(last.attempt.at, |first| first.at);
    let end = last.attempt.end();
    let mut chance = Random::of_row(seed, "usage-row", request.number);
    let delay = delay_seconds * 800 + chance.below(delay_seconds * 400 + 1);
    let created = end.saturating_add(super::super::traffic::signed(delay));
    let class = last.attempt.class();
    let answered = class == Class::Ok;
    let count = |tokens: u64| if answered { tokens } else { 0 };
    let user = format!("user.{:04}", request.user);
    let row = Object::new()
        .text("sys_id", &hex_id(seed, "usage", request.number))
        .text("sys_created_on", &stamp(created))
        .text("started_at", &stamp(began))
        .text("completed_at", &stamp(end))
        .text("status", if answered { "Success" } else { "Error" })
        .text("error_code", "")
        .text("error", &error_text(last))
        .text("source", &last.skill.source)
        .object(
            "definition",
            reference(
                "sys_one_extend_capability_definition",
                &hex_id(seed, &last.skill.source, 1),
            ),
        )
        .text("skill_config_id", "")
        .text("derived_scope", &last.skill.scope)
        .text("model_name", &last.endpoint.alias)
        .text("model_version", &last.endpoint.model)
        .text("external", "true")
        .digits("prompt_token_count", count(request.prompt))
        .digits("response_token_count", count(request.output))
        .digits("time_taken", end.0 - began.0)
        .text(
            "conversation",
            &hex_id(seed, "conversation", request.conversation),
        )
        .text("caller", &user)
        .text("sys_created_by", &user)
        .text("target_language", "en");
    let usage = if answered {
        request.plain_usage()
    } else {
        Usage::default()
    };
    let told = Told {
        date: date(began),
        feature: last.feature(),
        call: None,
        request: Some((class, usage)),
    };
    Row::line(created, USAGE, row.done(), vec![told])
}

/// What the platform writes into the row when a call fails.
fn error_text(last: Call<'_>) -> String {
    let path = last.address().path;
    match last.attempt.status {
        Some(200..=299) => String::new(),
        Some(status) => format!("Method failed: ({path}) with code: {status}"),
        None => "Connection refused: no answer from the provider".to_owned(),
    }
}

/// Hosts that an instance calls besides LLM providers, with the scope and the path of the call.
const OTHER: [(&str, &str, &str); 14] = [
    (
        "https://graph.microsoft.com/v1.0/users/{id}/memberOf",
        "sn_ms_graph",
        "GET",
    ),
    (
        "https://login.microsoftonline.com/{id}/oauth2/v2.0/token",
        "sn_ms_graph",
        "POST",
    ),
    (
        "https://contoso.okta.com/api/v1/users/{id}/groups",
        "sn_okta_spoke",
        "GET",
    ),
    (
        "https://slack.com/api/chat.postMessage",
        "sn_slack_ah_v2",
        "POST",
    ),
    (
        "https://api.pagerduty.com/incidents/{id}/notes",
        "x_pd_integration",
        "POST",
    ),
    (
        "https://contoso.atlassian.net/rest/api/3/issue/{id}/comment",
        "sn_jira_spoke",
        "PUT",
    ),
    (
        "https://contoso-mirror.s3.eu-central-1.amazonaws.com/attachments/{id}/{id}",
        "sn_aws_s3",
        "PUT",
    ),
    (
        "https://dev.azure.com/contoso/_apis/wit/workitems/{id}",
        "sn_azure_devops",
        "PATCH",
    ),
    (
        "https://contoso.my.salesforce.com/services/data/v61.0/sobjects/Case/{id}",
        "sn_salesforce",
        "GET",
    ),
    (
        "https://api.github.com/repos/contoso/platform/issues/{id}",
        "sn_github_spoke",
        "GET",
    ),
    (
        "https://contoso.workday.com/ccx/service/contoso/Human_Resources/v42.0",
        "sn_hr_workday",
        "POST",
    ),
    (
        "https://events.eu.newrelic.com/v1/accounts/{id}/events",
        "x_nr_events",
        "POST",
    ),
    (
        "https://outlook.office365.com/EWS/Exchange.asmx",
        "sn_exchange",
        "POST",
    ),
    (
        "https://appstore.service-now.com/api/now/licensing/{id}",
        "global",
        "GET",
    ),
];

/// The row of an outbound call that has nothing to do with LLMs.
pub(in super::super) fn other_call(seed: u64, number: u64, at: UnixMillis) -> Row {
    let mut chance = Random::of_row(seed, "other", number);
    let place = usize::try_from(chance.below(14)).unwrap_or(0);
    let (url, scope, method) = OTHER.get(place).copied().unwrap_or_default();
    let url = url.replace("{id}", &hex_id(seed, "other-object", number));
    let failed = chance.per_mille(12);
    let row = columns(
        seed,
        &Outbound {
            number,
            kind: "other",
            at,
            address: split_url(&url).unwrap_or_default(),
            method,
            status: Some(if failed { 404 } else { 200 }),
            request_bytes: chance.log_normal(900, 80),
            response_bytes: chance.log_normal(5000, 110),
            latency_ms: chance.log_normal(240, 70),
            scope,
            level: "basic",
        },
    );
    Row {
        llm: false,
        ..Row::line(at.saturating_add(2000), OUTBOUND, row.done(), Vec::new())
    }
}
