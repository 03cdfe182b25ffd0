//! The endpoints of a starter configuration, each with what was seen and what must be asked.
//!
//! Knows no source and no feature. A newcomer may ask why aliases stand at the top: a request that
//! names no host does not say which of the endpoints answered it.

use crate::attribute::BaseUrl;
use crate::units::Text;

use super::super::found::{Counted, EndpointFound, Found};
use super::{MOST, QUESTION, line, list, put, quoted};

pub(super) fn endpoints_file(found: &Found) -> String {
    let mut text = String::new();
    put!(
        &mut text,
        "# The endpoints that calls went to, the busiest first."
    );
    if !found.aliases.is_empty() {
        put!(
            &mut text,
            "# Requests that name no host name their model by an alias:"
        );
    }
    for (alias, model, n) in found.aliases.iter().take(20) {
        let (alias, model) = (quoted(alias), quoted(model));
        put!(
            &mut text,
            "# {n} requests: model_name = {model}, model_aliases = {{ {alias} = {model} }}"
        );
    }
    for endpoint in found.endpoints.iter().take(MOST) {
        text.push('\n');
        one_endpoint(found, endpoint, &mut text);
    }
    text
}

fn one_endpoint(found: &Found, endpoint: &EndpointFound, text: &mut String) {
    let port = endpoint
        .port
        .map_or(String::new(), |port| format!(":{port}"));
    let url = format!("https://{}{port}", endpoint.host);
    put!(
        text,
        "# {} calls ({} throttled, {} failed in any way), {} requests.",
        endpoint.calls,
        endpoint.throttled,
        endpoint.failed,
        endpoint.requests
    );
    if BaseUrl::parse(&url).is_err() {
        put!(
            text,
            "# Its host is none that can be registered: {}",
            endpoint.host
        );
        return;
    }
    put!(text, "[endpoint.{}]", quoted(&endpoint.name));
    put!(text, "base_url = {}", quoted(&url));
    if !endpoint.path.is_empty() {
        put!(text, "resource_paths = {}", list(&[&endpoint.path]));
    }
    let named = endpoint.provider.as_deref();
    if let Some(provider) = named.filter(|name| *name != endpoint.host) {
        put!(text, "provider = {}", quoted(provider));
    }
    if !endpoint.deployment.is_empty() {
        put!(text, "deployment = {}", quoted(&endpoint.deployment));
    }
    model(found, endpoint, text);
    for evidence in endpoint.evidence.iter().take(8) {
        put!(text, "# seen: {evidence}");
    }
    place(endpoint, text);
    if let Some(format) = endpoint.transport_from {
        put!(
            text,
            "# Two logs tell its calls without a common key; this one counts."
        );
        put!(text, "transport_from = {}", quoted(format));
    }
    if let Some(format) = endpoint.usage_from {
        put!(
            text,
            "# sys_generative_ai_log may tell the same requests; this one counts."
        );
        put!(text, "usage_from = {}", quoted(format));
    }
}

/// Where it is, as far as the sample tells, and what it does not.
fn place(endpoint: &EndpointFound, text: &mut String) {
    if let Some(region) = &endpoint.region {
        put!(text, "region = {}", quoted(region));
    } else {
        put!(
            text,
            "{QUESTION} which region was ordered? The sample does not tell one."
        );
        put!(text, "# region = \"azure:westeurope\"");
    }
    let told = endpoint.scope.map_or(String::new(), |scope| {
        format!(" The name of host or model says {scope}.")
    });
    put!(
        text,
        "{QUESTION} how far may processing wander: regional, data_zone, global?{told}"
    );
    put!(
        text,
        "# deployment_scope = {}",
        quoted(endpoint.scope.unwrap_or("regional"))
    );
    put!(
        text,
        "{QUESTION} where must its calls stay? A rule, a region set or a region."
    );
    put!(text, "# residency = \"eu\"");
}

fn model(found: &Found, endpoint: &EndpointFound, text: &mut String) {
    match endpoint.models.as_slice() {
        [only] => put!(text, "model_name = {}", quoted(&only.name)),
        [] => {
            put!(
                text,
                "{QUESTION} which model answers here? Its own records name none."
            );
            if found.aliases.is_empty() {
                put!(text, "# model_name = \"gpt-4o\"");
            } else {
                put!(text, "# (One of those above.)");
            }
        }
        several if dated_variants(several) => {
            let names: Vec<&Text> = several.iter().map(|model| &model.name).collect();
            let shortest = names.iter().min_by_key(|name| name.len());
            put!(
                text,
                "model_name = {}",
                quoted(shortest.map_or("", |name| name.as_str()))
            );
        }
        several => {
            let names: Vec<&str> = several.iter().map(|model| model.name.as_str()).collect();
            put!(text, "# Models seen here: {}", names.join(", "));
        }
    }
}

/// Whether all names are one model's: the shortest, and the same with a date behind.
fn dated_variants(models: &[Counted]) -> bool {
    let names = || models.iter().map(|model| model.name.as_str());
    let shortest = names().min_by_key(|name| name.len()).unwrap_or_default();
    names().all(|name| {
        let rest = name.strip_prefix(shortest);
        rest.is_some_and(|rest| {
            let mut digits = rest.bytes().filter(u8::is_ascii_digit);
            rest.is_empty() || (rest.starts_with('-') && digits.nth(3).is_some())
        })
    })
}
