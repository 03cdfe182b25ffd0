//! What one judged report adds to the books, as booked.
//!
//! Knows no totals and no ledger. A newcomer may ask why all that was told travels along: the call
//! line keeps what the report was judged by, so that an old call can be explained, and judged
//! again under another configuration. Most of it is the same for many, and is held once for them.

use std::sync::Arc;

use crate::call::{
    Class, Destination, Evidence, Format, Origin as Who, Report, Transport, Usage, UsageReport,
};
use crate::ids::{ConfigNumber, Fingerprint, Identity};
use crate::money::NanoUsd;
use crate::residency::{Grade, Verdict};
use crate::units::{Millis, Text, UnixMillis};

/// The key of a cell: everything a figure can be asked by.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellKey {
    /// `application/skill`, or `unattributed`.
    pub feature: Text,
    /// Registered name, else the host, else `unassigned`.
    pub endpoint: Text,
    /// Provider; empty when nothing tells.
    pub provider: Text,
    /// Resolved model; empty when nothing tells.
    pub model: Text,
    /// Canonical region or zone of the strongest evidence; empty when none, and for reports
    /// without transport facts.
    pub region: Text,
    /// `None` for reports without transport facts: a usage report has no verdict.
    pub verdict: Option<Verdict>,
    /// Grade of the strongest evidence.
    pub grade: Option<Grade>,
}

/// What a call (transport facts) adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallAdds {
    /// What became of it.
    pub class: Class,
    /// From request to last byte, where told.
    pub latency: Option<Millis>,
    /// Request bytes; 0 when not told.
    pub request_bytes: u64,
    /// Response bytes; 0 when not told.
    pub response_bytes: u64,
    /// Retries that the record itself states.
    pub stated_retries: u32,
    /// A header says that the call was moved to another deployment.
    pub spillover: bool,
    /// Took longer than the endpoint's registered timeout.
    pub over_timeout: bool,
    /// Two pieces of evidence exclude each other.
    pub contradicted: bool,
}

/// What a request (usage facts) costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Money {
    /// Nothing was used: an error without tokens.
    Nothing,
    /// Priced by an exact row.
    Exact(NanoUsd),
    /// Priced by a named rule of approximation.
    Approximated(NanoUsd),
    /// The endpoint is paid by the hour.
    Fixed,
    /// Tokens were used and nobody knows the price.
    Unpriced,
}

impl Money {
    /// The amount, where one is known.
    #[must_use]
    pub fn amount(self) -> Option<NanoUsd> {
        match self {
            Money::Exact(amount) | Money::Approximated(amount) => Some(amount),
            Money::Nothing | Money::Fixed | Money::Unpriced => None,
        }
    }
}

/// What a request (usage facts) adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestAdds {
    /// What became of it.
    pub class: Class,
    /// Its tokens; `None` when the report tells none.
    pub usage: Option<Usage>,
    /// Server-side web searches.
    pub web_searches: u64,
    /// Its cost.
    pub money: Money,
    /// How long it took by the teller's clock.
    pub duration: Option<Millis>,
    /// The provider's total disagrees with the buckets.
    pub total_mismatch: bool,
    /// `ServiceNow`'s `external`: the company's own endpoint (`true`) or the platform's default.
    pub external: Option<bool>,
}

/// Fact groups that a report told and that were left out, because its endpoint takes them from
/// another source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LeftOut {
    /// Host, status, latency, region.
    pub transport: bool,
    /// Tokens, model.
    pub usage: bool,
}

/// Where the record of a report stands in its source.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The source's name in the configuration.
    pub source: Text,
    /// Topic, or path of the file.
    pub topic: Text,
    /// Partition; 0 for files.
    pub partition: i32,
    /// Offset, or the byte at which the record begins.
    pub offset: u64,
}

/// What many judged reports have in common: kept once, however many they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// Where the call went.
    pub destination: Destination,
    /// Facts on where it landed, as told.
    pub told: Vec<Evidence>,
    /// Its cell.
    pub key: CellKey,
    /// Name of the residency rule; empty without one.
    pub rule: Text,
    /// The words of the strongest evidence; empty when none.
    pub evidence: Text,
}

/// What a report told beside identity, time, place and numbers: many tell the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The format it came in.
    pub format: Format,
    /// Who told within the format.
    pub teller: Text,
    /// Transport facts that count, without their numbers and what headers told of rate limits.
    pub transport: Option<Transport>,
    /// Usage facts that count, without their numbers.
    pub usage: Option<UsageReport>,
    /// Who made the call; user, conversation and credential are blank.
    pub origin: Who,
}

impl Facts {
    /// What `report` told.
    #[must_use]
    pub fn of(report: &Report) -> Facts {
        let transport = report.transport.as_ref().map(|told| Transport {
            status: told.status,
            class: told.class,
            spillover_from: told.spillover_from.clone(),
            ..Transport::default()
        });
        let usage = report.usage.as_ref().map(|told| UsageReport {
            usage: None,
            web_searches: 0,
            duration: None,
            ..told.clone()
        });
        Facts {
            format: report.format,
            teller: report.teller.clone(),
            transport,
            usage,
            origin: Who {
                user: Text::default(),
                conversation: Text::default(),
                credential: Text::default(),
                ..report.origin.clone()
            },
        }
    }

    /// Whether transport and usage are what `report` told; the rest is not looked at.
    #[must_use]
    pub fn halves_are_of(&self, report: &Report) -> bool {
        let transport = match (&self.transport, &report.transport) {
            (None, None) => true,
            (Some(own), Some(told)) => {
                (own.status, own.class) == (told.status, told.class)
                    && own.spillover_from == told.spillover_from
            }
            (Some(_), None) | (None, Some(_)) => false,
        };
        transport
            && match (&self.usage, &report.usage) {
                (None, None) => true,
                (Some(own), Some(told)) => used_alike(own, told),
                (Some(_), None) | (None, Some(_)) => false,
            }
    }
}

/// Whether two usage reports differ in nothing but numbers.
fn used_alike(one: &UsageReport, other: &UsageReport) -> bool {
    let UsageReport {
        model,
        requested_model,
        usage: _,
        untold,
        total_mismatch,
        audio,
        tier,
        web_searches: _,
        gateway_cache_hit,
        class,
        duration: _,
        external,
    } = one;
    (*untold, *total_mismatch, *audio) == (other.untold, other.total_mismatch, other.audio)
        && (*tier, *gateway_cache_hit) == (other.tier, other.gateway_cache_hit)
        && (*class, *external) == (other.class, other.external)
        && *model == other.model
        && *requested_model == other.requested_model
}

/// One judged report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The call's key.
    pub identity: Identity,
    /// When the call began.
    pub at: UnixMillis,
    /// Order among calls of one millisecond, where the producer numbers them.
    pub sequence: Text,
    /// What it told.
    pub facts: Arc<Facts>,
    /// What it shares with others.
    pub shared: Arc<Shared>,
    /// Which part (topic and partition) of its batch its record belongs to.
    pub part: u16,
    /// Offset of its record within that part.
    pub offset: u64,
    /// Hash of the material facts of each group, 16 bits each, for telling duplicates from
    /// contradictions: class (ten bits) with time, latency and sizes (six bits) for transport;
    /// class and tokens for usage.
    pub transport_facts: u16,
    /// See `transport_facts`.
    pub usage_facts: u16,
    /// What the call adds, where the report has transport facts that count.
    pub call: Option<CallAdds>,
    /// What the request adds, where the report has usage facts that count.
    pub request: Option<RequestAdds>,
    /// Name of the price row used, or of the reason why there is none; empty without a request.
    pub price_row: Text,
    /// Reference of the credential: told, else the endpoint's registered one.
    pub credential: Text,
    /// Whether the report told that credential itself.
    pub credential_told: bool,
    /// What the report told and did not count.
    pub left_out: LeftOut,
    /// Group of the user by the configuration; empty when none.
    pub user_group: Text,
    /// Keyed fingerprint of the user.
    pub user: Option<Fingerprint>,
    /// Keyed fingerprint of the conversation.
    pub conversation: Option<Fingerprint>,
    /// Configuration it was judged under.
    pub config: ConfigNumber,
    /// Entries of one part of a batch with the same number agree in `facts` but for transport and
    /// usage, and in all of `shared`; `None` promises nothing. Spares whoever files them from
    /// comparing ten texts of each.
    pub alike: Option<u64>,
}
