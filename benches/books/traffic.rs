//! The records that are measured: the simulator's traffic of a mid-sized company.
//!
//! Knows no clock. Forty features call ten deployments, all day long with the day's shape, faults
//! and retries. A newcomer may ask why records are padded: in the field they are 1.4 KB on average
//! because of columns, headers and attributes that nobody reads, and reading past them costs.

use std::fmt::Write;
use std::path::Path;

use tollwatch::app::simulate::{Directory, Memory, Order, Scenario, Telling, simulate};
use tollwatch::units::DAY_MS;

/// Bytes of a padded record.
pub(crate) const RECORD_BYTES: usize = 1_400;
/// Features of a mid-sized company.
pub(crate) const FEATURES: usize = 40;
/// Its deployments.
const ENDPOINTS: usize = 10;
/// Tries make more calls of these requests.
const TRIES_PERCENT: u64 = 103;

/// Short name, region as headers tell it, and as the registry has it: the last was copied, not
/// looked up.
const REGIONS: [(&str, &str, &str); 5] = [
    ("weu", "West Europe", "azure:westeurope"),
    ("swc", "Sweden Central", "azure:swedencentral"),
    ("frc", "France Central", "azure:francecentral"),
    ("gwc", "Germany West Central", "azure:germanywestcentral"),
    ("eus", "East US", "azure:westeurope"),
];
const APPLICATIONS: [&str; 5] = ["itsm", "csm", "hrsd", "portal", "legal"];
const SKILLS: [&str; 8] = [
    "incident_summarization",
    "resolution_notes",
    "case_summary",
    "chat_reply",
    "kb_article",
    "search_answer",
    "email_draft",
    "sentiment",
];

fn region(endpoint: usize) -> (&'static str, &'static str, &'static str) {
    *REGIONS.get(endpoint % REGIONS.len()).unwrap_or(&REGIONS[0])
}

fn names(feature: usize) -> (&'static str, String) {
    let skill = SKILLS[feature % SKILLS.len()];
    let round = feature / (SKILLS.len() * APPLICATIONS.len());
    let skill = match round {
        0 => skill.to_owned(),
        round => format!("{skill}_{round}"),
    };
    (
        APPLICATIONS[feature / SKILLS.len() % APPLICATIONS.len()],
        skill,
    )
}

fn deployment(endpoint: usize) -> String {
    let (short, _, _) = region(endpoint);
    let model = if endpoint.is_multiple_of(2) {
        "4o"
    } else {
        "4o-mini"
    };
    format!("gpt-{model}-{short}-{endpoint}")
}

fn model(endpoint: usize) -> &'static str {
    if endpoint.is_multiple_of(2) {
        "gpt-4o-2024-11-20"
    } else {
        "gpt-4o-mini-2024-07-18"
    }
}

/// The company's traffic, so many requests a day, and so many other calls for a hundred.
pub(crate) fn scenario(features: usize, requests_per_day: u64, others: u64) -> Scenario {
    let mut text = format!(
        "name = \"bench\"\nstart = \"2026-11-02\"\n[other]\nper_hundred_calls = {others}\n\
         [shape]\nweek = [100, 100, 100, 100, 100, 100, 100]\ndaily_spread = 0\n"
    );
    for endpoint in 0..ENDPOINTS {
        let (short, region, _) = region(endpoint);
        let deployment = deployment(endpoint);
        write!(
            text,
            "[[endpoint]]\nname = \"{deployment}\"\n\
             url = \"https://contoso-{short}.openai.azure.com/openai/deployments/{deployment}/chat/completions\"\n\
             provider = \"azure.ai.openai\"\ndeployment = \"{deployment}\"\nmodel = \"{}\"\n\
             requested_model = \"gpt-4o\"\nalias = \"alias_{endpoint}\"\nregion = \"{region}\"\n\
             throttled_per_mille = 15\nfailed_per_mille = 5\ncached_per_mille = 300\n",
            model(endpoint)
        )
        .expect("a text takes what is written");
    }
    let each = requests_per_day / u64::try_from(features).expect("small");
    for feature in 0..features {
        let (application, skill) = names(feature);
        write!(
            text,
            "[[skill]]\napplication = \"{application}\"\nskill = \"{skill}\"\nsource = \"{skill}\"\n\
             scope = \"sn_{application}\"\nendpoint = \"{}\"\nrequests_per_day = {each}\n\
             prompt_tokens = {}\noutput_tokens = 400\nturns = 3\nusers = 400\n",
            deployment(feature % ENDPOINTS),
            2_000 + 300 * feature
        )
        .expect("a text takes what is written");
    }
    Scenario::parse("bench.toml", &text).expect("the scenario is sound")
}

/// The configuration that knows all of it, with a residency rule for every feature.
pub(crate) fn configure(dir: &Path, features: usize, sources: &str) {
    let mut text =
        format!("timezone = \"Europe/Berlin\"\n[ledger]\npath = \"books.db\"\n{sources}\n");
    for endpoint in 0..ENDPOINTS {
        let (short, _, region) = region(endpoint);
        let deployment = deployment(endpoint);
        write!(
            text,
            "[endpoint.{deployment}]\nbase_url = \"https://contoso-{short}.openai.azure.com\"\n\
             resource_paths = [\"/openai/deployments/{deployment}\"]\nprovider = \"azure\"\n\
             auth_type = \"api_key\"\ncredential_ref = \"kv-contoso-{short}\"\n\
             model_name = \"gpt-4o\"\ndeployment = \"{deployment}\"\n\
             model_aliases = {{ alias_{endpoint} = \"gpt-4o\" }}\nregion = \"{region}\"\n\
             deployment_scope = \"regional\"\ntimeout_ms = 30_000\n"
        )
        .expect("a text takes what is written");
    }
    for feature in 0..features {
        let (application, skill) = names(feature);
        write!(
            text,
            "[[feature]]\napplication = \"{application}\"\nskill = \"{skill}\"\n\
             endpoints = [\"{}\"]\nresidency = \"eu\"\n",
            deployment(feature % ENDPOINTS)
        )
        .expect("a text takes what is written");
    }
    std::fs::write(dir.join("tollwatch.toml"), text).expect("the folder can be written");
}

fn order(seed: u64, days: u32, telling: Option<Telling>, scenario: &Scenario) -> Order {
    Order {
        seed,
        days,
        telling,
        start: scenario.start(),
    }
}

/// About `n` records of one format from one day, in their order, each of at least so many bytes.
pub(crate) fn records(
    told: (&str, usize),
    n: usize,
    (features, others): (usize, u64),
) -> Vec<Vec<u8>> {
    records_of_day(told, n, (features, others), 0)
}

/// The same of a later day; no two days have a record in common.
pub(crate) fn records_of_day(
    (format, bytes): (&str, usize),
    n: usize,
    (features, others): (usize, u64),
    day: u32,
) -> Vec<Vec<u8>> {
    let requests = u64::try_from(n).expect("small") * 100 / TRIES_PERCENT;
    let scenario = scenario(features, requests, others);
    let telling = Telling::parse(format);
    let mut memory = Memory::default();
    let mut order = order(u64::from(day) + 1, 1, telling, &scenario);
    order.start = order.start.saturating_add(i64::from(day) * DAY_MS);
    simulate(&scenario, order, &mut memory).expect("memory is never full");
    let mut records = Vec::with_capacity(n + n / 8);
    for line in memory
        .files
        .into_iter()
        .filter(|(name, _)| name.starts_with(table(format)))
        .flat_map(|(_, bytes)| {
            bytes
                .split(|byte| *byte == b'\n')
                .map(<[u8]>::to_vec)
                .collect::<Vec<_>>()
        })
        .filter(|line| !line.is_empty())
    {
        if format == "otlp" {
            one_span_each(&line, &mut records);
        } else {
            records.push(padded(&line, bytes));
        }
    }
    records
}

/// A day of both half-records, as files.
pub(crate) fn files(dir: &Path, requests: u64, days: u32) {
    let scenario = scenario(FEATURES, requests, 0);
    let order = order(2, days, None, &scenario);
    simulate(&scenario, order, &mut Directory::new(dir)).expect("the folder can be written");
}

fn table(format: &str) -> &str {
    match format {
        "servicenow_outbound" => "sys_outbound_http_log",
        other => other,
    }
}

/// Columns that installations have and nobody reads.
const COLUMNS: [(&str, &str); 6] = [
    ("user_agent", "ServiceNow/1.0 (Zurich; glide-http-client)"),
    (
        "correlation",
        "integration-hub:step:azure-openai:chat-completions",
    ),
    (
        "http_proxy_profile",
        "egress-proxy-frankfurt-01.corp.contoso.example:3128",
    ),
    (
        "flow_context",
        "Now Assist skill kit execution, synchronous, interactive transaction",
    ),
    (
        "request_headers_summary",
        "accept, content-type, user-agent, traceparent, api-key (masked)",
    ),
    (
        "comments",
        "logged by the outbound http logging framework; see system property glide.outbound_http ",
    ),
];

/// The record with further columns, up to so many bytes.
fn padded(line: &[u8], bytes: usize) -> Vec<u8> {
    let mut record = line.to_vec();
    record.pop();
    for (name, value) in COLUMNS {
        if record.len() + name.len() + value.len() + 7 <= bytes {
            record.extend_from_slice(format!(",\"{name}\":\"{value}\"").as_bytes());
        }
    }
    let rest = bytes.saturating_sub(record.len());
    if rest > 16 {
        record.extend_from_slice(b",\"notes\":\"");
        let filler = b"outbound call through the shared egress proxy ";
        record.extend(filler.iter().cycle().take(rest - 12));
        record.push(b'"');
    }
    record.push(b'}');
    record
}

/// Takes a message of spans apart into messages of one span, with the resource that spans of a
/// service in Kubernetes have.
fn one_span_each(line: &[u8], out: &mut Vec<Vec<u8>>) {
    let message: serde_json::Value =
        serde_json::from_slice(line).expect("the simulator writes JSON");
    for resource in message["resourceSpans"].as_array().into_iter().flatten() {
        for scope in resource["scopeSpans"].as_array().into_iter().flatten() {
            for span in scope["spans"].as_array().into_iter().flatten() {
                let mut one = resource.clone();
                let mut own = scope.clone();
                own["spans"] = serde_json::json!([span]);
                one["scopeSpans"] = serde_json::json!([own]);
                out.push(resourceful(&one));
            }
        }
    }
}

/// Resource attributes of a pod, as many as 1.4 KB hold.
const ATTRIBUTES: [(&str, &str); 8] = [
    ("telemetry.sdk.language", "python"),
    ("telemetry.sdk.name", "opentelemetry"),
    ("telemetry.sdk.version", "1.38.0"),
    ("deployment.environment.name", "production"),
    ("k8s.namespace.name", "assist-production"),
    ("k8s.pod.name", "assist-worker-6d9f8c7b54-x2x7k"),
    ("k8s.node.name", "aks-llmpool-31277342-vmss00000a"),
    (
        "host.name",
        "assist-worker-6d9f8c7b54-x2x7k.internal.contoso.example",
    ),
];

fn resourceful(resource: &serde_json::Value) -> Vec<u8> {
    let mut message = serde_json::json!({ "resourceSpans": [resource] });
    let bytes = serde_json::to_vec(&message).expect("plain data");
    let mut room = RECORD_BYTES.saturating_sub(bytes.len());
    let own = &mut message["resourceSpans"][0]["resource"]["attributes"];
    for (key, value) in ATTRIBUTES {
        let longer = key.len() + value.len() + r#",{"key":"","value":{"stringValue":""}}"#.len();
        room = room.saturating_sub(longer);
        if room == 0 {
            break;
        }
        if let Some(attributes) = own.as_array_mut() {
            attributes.push(serde_json::json!({"key": key, "value": {"stringValue": value}}));
        }
    }
    serde_json::to_vec(&message).expect("plain data")
}
