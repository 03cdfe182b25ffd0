//! OpenAI's own API and its regional hosts.
//!
//! Knows no model and no project setting. A newcomer may ask why a regional host is a zone and not
//! a region: `eu` means the EEA and Switzerland, and several others (`jp`, `au`, …) only store
//! there; `data/regions.toml` says which.
//!
//! Source: OpenAI platform docs, "Data residency".

use super::Recognised;
use super::host::before;
use super::path::Path;
use crate::call::{EvidenceKind, Scope};

/// The API's host; the regional ones stand in front of it (`eu.`).
const HOST: &str = "api.openai.com";

/// Whether the host is OpenAI's API.
pub(super) fn hosts(host: &str) -> bool {
    before(host, HOST).is_some()
}

/// Reads the zone.
pub(super) fn fill(call: &mut Recognised, host: &str, path: &Path<'_>) {
    match before(host, HOST) {
        Some("ae") if !processed_in_ae(path) => global(call),
        Some(zone) if !zone.is_empty() => {
            call.tell(EvidenceKind::Zone, zone);
            call.destination.scope = Some(Scope::DataZone);
        }
        Some(_) => global(call),
        None => {}
    }
}

/// In the United Arab Emirates only these three run in the zone; all else may run anywhere.
fn processed_in_ae(path: &Path<'_>) -> bool {
    matches!(path.last(), "completions" | "embeddings" | "responses" | "")
}

fn global(call: &mut Recognised) {
    call.tell(EvidenceKind::Global, "global");
    call.destination.scope = Some(Scope::Global);
}
