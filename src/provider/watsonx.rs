//! IBM watsonx.ai on IBM Cloud and on AWS.
//!
//! Knows no space, project or model. A newcomer may ask why the model gateway has no scope: it
//! passes calls on to whatever provider is configured behind it.
//!
//! Source: IBM/watsonx-ai-node-sdk `src/config/endpoints.ts`.

use super::host::before;
use super::path::{self, Path};
use super::{Recognised, refine};
use crate::call::{EvidenceKind, Operation, Scope};

/// The region in `{region}.ml.cloud.ibm.com` or `{region}.aws.wxai.ibm.com`, public or private.
fn region(host: &str) -> Option<&str> {
    let front = before(host, "ml.cloud.ibm.com").or_else(|| before(host, "aws.wxai.ibm.com"))?;
    let region = front.strip_prefix("private.").unwrap_or(front);
    (!region.is_empty() && !region.contains('.')).then_some(region)
}

/// Whether the host is watsonx.ai's.
pub(super) fn hosts(host: &str) -> bool {
    region(host).is_some()
}

/// Whether the path is an LLM's: `/ml/v4/` serves classical models.
pub(super) fn admits(path: &Path<'_>) -> bool {
    matches!(path.after("ml"), Some("v1" | "v1-beta" | "gateway")) || path.is_empty()
}

/// Reads deployment, operation and region.
pub(super) fn fill(call: &mut Recognised, host: &str, path: &Path<'_>) {
    if let Some(deployment) = path.after("deployments") {
        call.destination.deployment = path::name(deployment);
    }
    if path.has("foundation_model_specs") {
        refine(call, Operation::Manage);
    }
    if let Some(region) = region(host) {
        call.tell(EvidenceKind::HostRegion, region);
        if path.after("ml") != Some("gateway") {
            call.destination.scope = Some(Scope::Regional);
        }
    }
}
