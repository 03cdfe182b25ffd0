//! Google Vertex AI and the Gemini API (AI Studio).
//!
//! Knows not which models keep their processing in a region. A newcomer may ask why host and path
//! are both told although one would do: `locations/global` on a regional host is possible, and the
//! two must agree before either proves anything.
//!
//! Sources: googleapis/python-genai (hosts and paths); Google Cloud docs, "Deployments and
//! endpoints" and "Data residency".

use super::host::before;
use super::path::{self, Path};
use super::{Family, Recognised, refine};
use crate::call::{EvidenceKind, Operation, Scope};

/// Names of multi-regions, in hosts and as `locations/{name}`.
const MULTI_REGIONS: [&str; 2] = ["eu", "us"];

/// Where a Vertex host or path points.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Location<'a> {
    Region(&'a str),
    Zone(&'a str),
    Global,
}

impl<'a> Location<'a> {
    fn of(name: &'a str) -> Location<'a> {
        if name == "global" {
            Location::Global
        } else if MULTI_REGIONS.contains(&name) {
            Location::Zone(name)
        } else {
            Location::Region(name)
        }
    }
}

/// The location in a Vertex host: `{region}-aiplatform.googleapis.com`,
/// `aiplatform.{eu|us}.rep.googleapis.com`, or the global `aiplatform.googleapis.com`.
fn host_location(host: &str) -> Option<Location<'_>> {
    let front = before(host, "googleapis.com")?;
    if front == "aiplatform" {
        return Some(Location::Global);
    }
    front
        .strip_suffix("-aiplatform")
        .or_else(|| front.strip_prefix("aiplatform.")?.strip_suffix(".rep"))
        .filter(|name| !name.is_empty() && !name.contains('.'))
        .map(Location::of)
}

/// Whose host it is, among Google's.
pub(super) fn family(host: &str) -> Option<Family> {
    if host == "generativelanguage.googleapis.com" {
        Some(Family::Gemini)
    } else {
        host_location(host).map(|_| Family::Vertex)
    }
}

/// Whether a Vertex path is an LLM's: the same hosts serve training, datasets and pipelines.
pub(super) fn admits(path: &Path<'_>) -> bool {
    let words = [
        "publishers",
        "endpoints",
        "batchPredictionJobs",
        "cachedContents",
        "reasoningEngines",
    ];
    words.iter().any(|word| path.has(word)) || path.is_empty()
}

/// Reads model, scope, operation and region of a Vertex call.
pub(super) fn fill_vertex(call: &mut Recognised, host: &str, path: &Path<'_>) {
    let by_host = host_location(host);
    let by_path = path.after("locations").map(Location::of);
    tell(call, by_host, EvidenceKind::HostRegion);
    tell(call, by_path, EvidenceKind::PathRegion);
    call.destination.scope = match (by_host, by_path) {
        (Some(one), Some(other)) if one == other => Some(scope(one)),
        // Region and zone say most when both name them; the global host with no path at all, or
        // `locations/global` on somebody's gateway, is global all the same.
        (Some(Location::Global), None) | (None, Some(Location::Global)) => Some(Scope::Global),
        (Some(Location::Zone(_)), None) | (None, Some(Location::Zone(_))) => Some(Scope::DataZone),
        _ => None,
    };
    if let Some(endpoint) = path.after("endpoints") {
        let (id, _) = endpoint.split_once(':').unwrap_or((endpoint, ""));
        if id != "openapi" {
            call.destination.deployment = path::name(id);
        }
    }
    fill_model(call, path);
    if path.has("batchPredictionJobs") {
        call.destination.operation = Operation::Batch;
    } else if path.has("cachedContents") {
        call.destination.operation = Operation::Manage;
    }
}

/// Reads model, scope and operation of a call to the Gemini API, which has no region control.
pub(super) fn fill_gemini(call: &mut Recognised, path: &Path<'_>) {
    call.tell(EvidenceKind::Global, "global");
    call.destination.scope = Some(Scope::Global);
    fill_model(call, path);
    if path.has("cachedContents") || path.has("operations") {
        call.destination.operation = Operation::Manage;
    }
}

/// The model of `…/models/{model}:{method}`.
fn fill_model(call: &mut Recognised, path: &Path<'_>) {
    let Some(segment) = path.after("models") else {
        return;
    };
    let segment = path::decoded(segment);
    let (model, method) = segment.split_once(':').unwrap_or((segment.as_ref(), ""));
    call.destination.model = path::name(model);
    if method.to_ascii_lowercase().ends_with("predict") && model.contains("embedding") {
        refine(call, Operation::Embed);
    }
}

fn scope(location: Location<'_>) -> Scope {
    match location {
        Location::Region(_) => Scope::Regional,
        Location::Zone(_) => Scope::DataZone,
        Location::Global => Scope::Global,
    }
}

fn tell(call: &mut Recognised, location: Option<Location<'_>>, kind: EvidenceKind) {
    match location {
        Some(Location::Region(name)) => call.tell(kind, name),
        Some(Location::Zone(name)) => call.tell(EvidenceKind::Zone, name),
        Some(Location::Global) => call.tell(EvidenceKind::Global, "global"),
        None => {}
    }
}
