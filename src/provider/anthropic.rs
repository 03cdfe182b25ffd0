//! Anthropic's own API, and Claude Platform on AWS.
//!
//! Knows no `inference_geo`: the answer tells it, host and path do not. A newcomer may ask why the
//! AWS host's region does not fix where inference runs: nothing published says that it does, so
//! the scope is left open and the region counts as the front door.
//!
//! Sources: Claude docs, "Data residency"; anthropic-sdk-python (hosts).

use super::Recognised;
use super::host::before;
use crate::call::{EvidenceKind, Scope};

/// Whether the host is Anthropic's.
pub(super) fn hosts(host: &str) -> bool {
    host == "api.anthropic.com" || aws_region(host).is_some()
}

/// The region in `aws-external-anthropic.{region}.api.aws`.
fn aws_region(host: &str) -> Option<&str> {
    before(host, "api.aws")?
        .strip_prefix("aws-external-anthropic.")
        .filter(|region| !region.contains('.'))
}

/// Reads the region.
pub(super) fn fill(call: &mut Recognised, host: &str) {
    if let Some(region) = aws_region(host) {
        call.tell(EvidenceKind::HostRegion, region);
    } else if host == "api.anthropic.com" {
        call.tell(EvidenceKind::Global, "global");
        call.destination.scope = Some(Scope::Global);
    }
}
