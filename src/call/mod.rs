//! What passes between the stages: one [`Report`] is what one source tells of one call.
//!
//! Knows no format's field names, no price and no rule. A newcomer may ask why a report is not a
//! call: ServiceNow tells each call in two halves that share no key, so a report carries
//! **transport** facts (where, status, time), **usage** facts (model, tokens), or both, and each
//! figure names the group it comes from. Absent is `None` or an empty [`Text`], never 0.

mod class;
mod provider;
mod words;

pub use class::Class;
pub use provider::Provider;
pub use words::{EvidenceKind, Format, Operation, Scope, Tier};

use crate::ids::Identity;
use crate::units::{Millis, Text, UnixMillis};

/// Where a call went, as the record tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Destination {
    /// Who runs the model, where host, path or the record says.
    pub provider: Option<Provider>,
    /// Host in lower case, without port; empty when the record has none.
    pub host: Text,
    /// Port where it is not the scheme's own.
    pub port: Option<u16>,
    /// Path as told, percent-encoding kept, without query; empty when the record has none.
    pub path: Text,
    /// The customer's deployment name (Azure), where the path or record has one.
    pub deployment: Text,
    /// The model named by path or record for the *request* (Bedrock model id, Vertex model).
    pub model: Text,
    /// The deployment scope that the name itself tells (`eu.` profile, `locations/global`).
    pub scope: Option<Scope>,
    /// What was asked for.
    pub operation: Operation,
}

/// The transport half of a report: what a call's host, status and clock told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Transport {
    /// HTTP status; `None` when there was no answer or the report does not tell (see `class`).
    pub status: Option<u16>,
    /// What became of the call.
    pub class: Option<Class>,
    /// From request to last byte.
    pub latency: Option<Millis>,
    /// Request size in bytes.
    pub request_bytes: Option<u64>,
    /// Response size in bytes.
    pub response_bytes: Option<u64>,
    /// Retries that the record itself states were made inside this one report.
    pub stated_retries: Option<u32>,
    /// The deployment that a spillover header says the call was moved from.
    pub spillover_from: Text,
    /// Requests left before the rate limit, where a header told.
    pub remaining_requests: Option<i64>,
    /// Tokens left before the rate limit, where a header told.
    pub remaining_tokens: Option<i64>,
    /// What a header told to wait before the next try.
    pub retry_after: Option<Millis>,
}

/// Tokens in disjoint buckets: the input buckets add up to the whole input; reasoning is a part
/// of output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usage {
    /// Fresh input tokens: neither read from nor written to a cache.
    pub input: u64,
    /// Input tokens read from a cache.
    pub cache_read: u64,
    /// Input tokens written to a cache for five minutes (or without a stated time).
    pub cache_write_5m: u64,
    /// Input tokens written to a cache for an hour.
    pub cache_write_1h: u64,
    /// Output tokens, reasoning included.
    pub output: u64,
    /// Of the output: reasoning ("thinking") tokens.
    pub reasoning: u64,
}

impl Usage {
    /// All input, caches included.
    #[must_use]
    pub fn total_input(&self) -> u64 {
        self.input
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write_5m)
            .saturating_add(self.cache_write_1h)
    }

    /// Input and output.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total_input().saturating_add(self.output)
    }
}

/// What a usage report cannot tell although a price may hang on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Untold {
    /// Which input tokens came from or went to a cache.
    pub cache: bool,
    /// Where inference ran or could have run, for providers that charge by it.
    pub geo: bool,
    /// Whether the counts follow the stated convention (input with or without cache): the format
    /// leaves it open and no total settles it.
    pub convention: bool,
    /// Which buckets no key of the record tells.
    pub buckets: Silent,
}

/// The buckets that a record does not tell. The books count them as nothing; an explanation shows
/// them as absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Silent([bool; 6]);

impl Silent {
    /// Every bucket is told.
    pub const NONE: Silent = Silent([false; 6]);

    /// Whether a bucket is not told, in the order of [`Usage`]'s fields.
    #[must_use]
    pub fn of(untold: [bool; 6]) -> Silent {
        Silent(untold)
    }

    /// What neither of two reports of one call tells.
    #[must_use]
    pub fn and(self, other: Silent) -> Silent {
        let mut both = self.0;
        for (mine, theirs) in both.iter_mut().zip(other.0) {
            *mine &= theirs;
        }
        Silent(both)
    }

    /// The buckets in the order of [`Usage`]'s fields; `None` for one that is not told.
    #[must_use]
    pub fn shown(self, usage: &Usage) -> [Option<u64>; 6] {
        let mut counts = [
            usage.input,
            usage.cache_read,
            usage.cache_write_5m,
            usage.cache_write_1h,
            usage.output,
            usage.reasoning,
        ]
        .map(Some);
        for (count, untold) in counts.iter_mut().zip(self.0) {
            // A count that was worked out from others is told, whatever its key.
            *count = count.filter(|tokens| *tokens > 0 || !untold);
        }
        counts
    }
}

/// The usage half of a report: what model and tokens told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct UsageReport {
    /// The model as the answer named it, else as requested; as told, not resolved.
    pub model: Text,
    /// The model as requested, where it differs or is all there is (may be a platform's alias).
    pub requested_model: Text,
    /// Tokens; `None` when the report tells none (an error, a cut stream).
    pub usage: Option<Usage>,
    /// What the report cannot tell.
    pub untold: Untold,
    /// The provider's total disagrees with the sum of the buckets.
    pub total_mismatch: bool,
    /// Audio tokens among the counts: priced apart, so text rates would be wrong.
    pub audio: bool,
    /// The price tier, where told.
    pub tier: Option<Tier>,
    /// Server-side web searches, priced by the piece.
    pub web_searches: u64,
    /// A gateway answered from its own cache: the provider was not asked and costs nothing.
    pub gateway_cache_hit: bool,
    /// What became of the request.
    pub class: Option<Class>,
    /// How long the request took by this teller's clock, where told.
    pub duration: Option<Millis>,
    /// ServiceNow's `external`: whether the company's own endpoint was used.
    pub external: Option<bool>,
}

/// Who made the call, as told; plain values stay in memory only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Application, where the record names it.
    pub application: Text,
    /// Skill or feature, by name or id.
    pub skill: Text,
    /// `ServiceNow` capability definition.
    pub definition: Text,
    /// `ServiceNow` application scope.
    pub scope: Text,
    /// `ServiceNow` source table.
    pub source_table: Text,
    /// Service name (OpenTelemetry `service.name`, gateway route).
    pub service: Text,
    /// Caller: key alias, identity, consumer.
    pub caller: Text,
    /// Tags, sorted, without repeats.
    pub tags: Vec<Text>,
    /// User, plain; becomes a keyed fingerprint.
    pub user: Text,
    /// Conversation or session, plain; becomes a keyed fingerprint.
    pub conversation: Text,
    /// Reference of the credential used (a key's alias or id), never the credential.
    pub credential: Text,
}

/// A fact of the record that says where the call landed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Evidence {
    /// What kind of fact.
    pub kind: EvidenceKind,
    /// The region or zone as told (`East US`, `eu-central-1`, `eu`); `global` for
    /// [`EvidenceKind::Global`]. Not yet normalised.
    pub told: Text,
}

/// What one source tells of one call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Report {
    /// The format it came in.
    pub format: Format,
    /// Who tells within the format: an instrumentation's scope name, a table, a log category. Two
    /// tellers of one call are shown as a pair where they contradict.
    pub teller: Text,
    /// The call's key.
    pub identity: Identity,
    /// When the call began, as near as the report tells.
    pub at: UnixMillis,
    /// Order among calls of one millisecond, where the producer numbers them.
    pub sequence: Text,
    /// Where it went.
    pub destination: Destination,
    /// Transport facts, where the report has them.
    pub transport: Option<Transport>,
    /// Usage facts, where the report has them.
    pub usage: Option<UsageReport>,
    /// Who made it.
    pub origin: Origin,
    /// Facts on where it landed, from host, path and record.
    pub evidence: Vec<Evidence>,
}
