//! Where a call went, for records that say themselves that they are LLM calls.
//!
//! Knows no format. A newcomer may ask why a host that the gate does not admit is no reason to
//! ignore such a record: a gateway's log vouches for the call, whatever its host is called.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::call::{Destination, Origin, Provider};
use crate::provider::{Gate, Recognised, bedrock_model};
use crate::units::{Text, clean_name};

use super::fields;

/// What AWS clients encode in a path segment: all but RFC 3986's unreserved letters.
const PATH_SEGMENT: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What host and path tell; for a host that the gate does not know, host and path alone.
pub(super) fn of(gate: &Gate, host: &str, path: &str, provider: Option<Provider>) -> Recognised {
    let mut place = gate.admit(host, path).unwrap_or_else(|| {
        let (name, port) = fields::split_port(host);
        Recognised {
            destination: Destination {
                host: name,
                port,
                path: clean_name(path),
                ..Destination::default()
            },
            evidence: Vec::new(),
        }
    });
    // Of a host that nobody knows the gate can only say its name; the record knows better.
    let nameless = match &place.destination.provider {
        None => true,
        Some(Provider::Other(name)) => *name == place.destination.host,
        Some(_) => false,
    };
    if nameless && provider.is_some() {
        place.destination.provider = provider;
    }
    place
}

/// Where a call to Amazon Bedrock goes: the runtime host of `region`, the path of `model` (an id,
/// a profile or an ARN) and the last word of the operation's path.
pub(super) fn bedrock(gate: &Gate, region: &str, model: &str, operation: &str) -> Recognised {
    let domain = if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else if region.starts_with("eusc-") {
        "amazonaws.eu"
    } else {
        "amazonaws.com"
    };
    let host = format!("bedrock-runtime.{region}.{domain}");
    let encoded = utf8_percent_encode(model, &PATH_SEGMENT);
    let path = format!("/model/{encoded}/{operation}");
    of(gate, &host, &path, Some(Provider::Bedrock))
}

/// A model id without the ARN around it. Application profiles and provisioned models hide their
/// model; they keep the name of their own (`application-inference-profile/…`).
pub(super) fn bedrock_name(model: &str) -> Text {
    let told = bedrock_model(model).model;
    if told.is_empty() {
        clean_name(model.splitn(6, ':').last().unwrap_or(model))
    } else {
        told
    }
}

/// Adds a tag; `skill:…` and `application:…` also name skill and application. Tags that tell the
/// client's software are left out.
pub(super) fn tag(origin: &mut Origin, tag: &str) {
    if let Some(skill) = tag.strip_prefix("skill:") {
        origin.skill = clean_name(skill);
    } else if let Some(application) = tag.strip_prefix("application:") {
        origin.application = clean_name(application);
    }
    let tag = clean_name(tag);
    if !tag.is_empty() && !tag.starts_with("User-Agent:") {
        origin.tags.push(tag);
    }
}
