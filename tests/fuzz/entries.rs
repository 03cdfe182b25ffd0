//! Entries of the books with any value in any field.
//!
//! Knows no codec. A newcomer may ask why values agree with no rule: the codec must carry them all.

use std::sync::Arc;

use tollwatch::call::{
    Class, Destination, Evidence, EvidenceKind, Format, Operation, Origin, Provider, Report, Scope,
    Silent, Tier, Transport, Untold, Usage, UsageReport,
};
use tollwatch::entry::{CallAdds, CellKey, Entry, Facts, LeftOut, Money, RequestAdds, Shared};
use tollwatch::ids::{ConfigNumber, Fingerprint, Identity, IdentityKind};
use tollwatch::money::NanoUsd;
use tollwatch::residency::{Grade, Verdict};
use tollwatch::units::{Millis, Text, UnixMillis};

use super::bytes::TEXTS;
use super::rng::Rng;

/// Most entries of one chunk: from eight on it is compressed.
const ENTRIES_MAX: usize = 12;

const SCOPES: [Scope; 3] = [Scope::Regional, Scope::DataZone, Scope::Global];
const TIERS: [Tier; 6] = [
    Tier::Standard,
    Tier::Batch,
    Tier::Flex,
    Tier::Priority,
    Tier::Fast,
    Tier::Provisioned,
];
const OPERATIONS: [Operation; 4] = [
    Operation::Generate,
    Operation::Embed,
    Operation::Batch,
    Operation::Manage,
];
const IDENTITIES: [IdentityKind; 6] = [
    IdentityKind::Response,
    IdentityKind::Request,
    IdentityKind::Gateway,
    IdentityKind::Row,
    IdentityKind::Span,
    IdentityKind::Weak,
];
const EVIDENCE: [EvidenceKind; 12] = [
    EvidenceKind::InferenceRegion,
    EvidenceKind::InferenceGeo,
    EvidenceKind::HostRegion,
    EvidenceKind::PathRegion,
    EvidenceKind::ResourceRegion,
    EvidenceKind::Zone,
    EvidenceKind::Global,
    EvidenceKind::GatewayRegion,
    EvidenceKind::ClientRegion,
    EvidenceKind::FrontDoorAddress,
    EvidenceKind::Inventory,
    EvidenceKind::Registry,
];
const VERDICTS: [&str; 5] = ["held", "declared", "violated", "unproven", "no_rule"];

/// A few entries that share a little.
pub fn entries(rng: &mut Rng) -> Vec<Entry> {
    let shared: Vec<Arc<Shared>> = (0..3).map(|_| Arc::new(shared(rng))).collect();
    (0..rng.below(ENTRIES_MAX))
        .map(|_| {
            let shared = Arc::clone(rng.of(&shared));
            entry(rng, shared)
        })
        .collect()
}

fn text(rng: &mut Rng) -> Text {
    if rng.one_in(3) {
        return Text::default();
    }
    Text::from(rng.pick(&TEXTS))
}

/// Something or nothing.
fn maybe<T>(rng: &mut Rng, make: impl FnOnce(&mut Rng) -> T) -> Option<T> {
    rng.one_in(2).then(|| make(rng))
}

fn usage(rng: &mut Rng) -> Usage {
    Usage {
        input: rng.number(),
        cache_read: rng.number(),
        cache_write_5m: rng.number(),
        cache_write_1h: rng.number(),
        output: rng.number(),
        reasoning: rng.number(),
    }
}

fn class(rng: &mut Rng) -> Class {
    *rng.of(&Class::ALL)
}

fn millis(rng: &mut Rng) -> Option<Millis> {
    // An absent number is written as 0, a present one as one more.
    maybe(rng, |rng| Millis(rng.number().min(u64::MAX - 1)))
}

fn flag(rng: &mut Rng) -> bool {
    rng.one_in(2)
}

fn shared(rng: &mut Rng) -> Shared {
    let providers = [
        Provider::Azure,
        Provider::Bedrock,
        Provider::NowLlm,
        Provider::Other("together".into()),
    ];
    let told = (0..rng.below(4)).map(|_| Evidence {
        kind: *rng.of(&EVIDENCE),
        told: text(rng),
    });
    let told = told.collect();
    let verdict = maybe(rng, |rng| Verdict::parse(rng.pick(&VERDICTS))).flatten();
    Shared {
        destination: Destination {
            provider: maybe(rng, |rng| rng.of(&providers).clone()),
            host: text(rng),
            port: maybe(rng, |rng| u16::from(rng.byte()) << 8),
            path: text(rng),
            deployment: text(rng),
            model: text(rng),
            scope: maybe(rng, |rng| *rng.of(&SCOPES)),
            operation: *rng.of(&OPERATIONS),
        },
        told,
        key: CellKey {
            feature: text(rng),
            endpoint: text(rng),
            provider: text(rng),
            model: text(rng),
            region: text(rng),
            verdict,
            grade: maybe(rng, |rng| *rng.of(&Grade::ALL)),
        },
        rule: text(rng),
        evidence: text(rng),
    }
}

fn transport(rng: &mut Rng) -> Transport {
    Transport {
        status: maybe(rng, |rng| u16::from(rng.byte()) * 4),
        class: maybe(rng, class),
        latency: millis(rng),
        request_bytes: maybe(rng, Rng::number),
        response_bytes: maybe(rng, Rng::number),
        stated_retries: maybe(rng, |rng| u32::from(rng.byte())),
        spillover_from: text(rng),
        remaining_requests: maybe(rng, |rng| rng.word().cast_signed()),
        remaining_tokens: maybe(rng, |rng| rng.word().cast_signed()),
        retry_after: millis(rng),
    }
}

fn usage_report(rng: &mut Rng) -> UsageReport {
    UsageReport {
        model: text(rng),
        requested_model: text(rng),
        usage: maybe(rng, usage),
        untold: Untold {
            cache: flag(rng),
            geo: flag(rng),
            convention: flag(rng),
            buckets: Silent::of([
                flag(rng),
                flag(rng),
                flag(rng),
                flag(rng),
                flag(rng),
                flag(rng),
            ]),
        },
        total_mismatch: flag(rng),
        audio: flag(rng),
        tier: maybe(rng, |rng| *rng.of(&TIERS)),
        web_searches: rng.number(),
        gateway_cache_hit: flag(rng),
        class: maybe(rng, class),
        duration: millis(rng),
        external: maybe(rng, flag),
    }
}

fn report(rng: &mut Rng) -> Report {
    let tags = (0..rng.below(3)).map(|_| text(rng)).collect();
    Report {
        format: *rng.of(&Format::ALL),
        teller: text(rng),
        identity: Identity::new(*rng.of(&IDENTITIES), text(rng)),
        at: UnixMillis(rng.number().cast_signed()),
        sequence: text(rng),
        destination: Destination::default(),
        transport: maybe(rng, transport),
        usage: maybe(rng, usage_report),
        origin: Origin {
            application: text(rng),
            skill: text(rng),
            definition: text(rng),
            scope: text(rng),
            source_table: text(rng),
            service: text(rng),
            caller: text(rng),
            tags,
            ..Origin::default()
        },
        evidence: Vec::new(),
    }
}

fn money(rng: &mut Rng) -> Money {
    let amount = NanoUsd(rng.number().cast_signed());
    match rng.below(5) {
        0 => Money::Nothing,
        1 => Money::Exact(amount),
        2 => Money::Approximated(amount),
        3 => Money::Fixed,
        _ => Money::Unpriced,
    }
}

fn call_adds(rng: &mut Rng) -> CallAdds {
    CallAdds {
        class: class(rng),
        latency: millis(rng),
        request_bytes: rng.number(),
        response_bytes: rng.number(),
        stated_retries: u32::from(rng.byte()),
        spillover: flag(rng),
        over_timeout: flag(rng),
        contradicted: flag(rng),
    }
}

fn request_adds(rng: &mut Rng) -> RequestAdds {
    RequestAdds {
        class: class(rng),
        usage: maybe(rng, usage),
        web_searches: rng.number(),
        money: money(rng),
        duration: millis(rng),
        total_mismatch: flag(rng),
        external: maybe(rng, flag),
    }
}

fn entry(rng: &mut Rng, shared: Arc<Shared>) -> Entry {
    let report = report(rng);
    Entry {
        facts: Arc::new(Facts::of(&report)),
        identity: report.identity,
        at: report.at,
        sequence: report.sequence,
        shared,
        part: u16::from(rng.byte()),
        offset: rng.number(),
        transport_facts: u16::from(rng.byte()),
        usage_facts: u16::from(rng.byte()),
        call: maybe(rng, call_adds),
        request: maybe(rng, request_adds),
        price_row: text(rng),
        credential: text(rng),
        credential_told: flag(rng),
        left_out: LeftOut {
            transport: flag(rng),
            usage: flag(rng),
        },
        user_group: text(rng),
        user: maybe(rng, |rng| Fingerprint(rng.word())),
        conversation: maybe(rng, |rng| Fingerprint(rng.word())),
        config: ConfigNumber(u32::from(rng.byte())),
        alike: None,
    }
}
