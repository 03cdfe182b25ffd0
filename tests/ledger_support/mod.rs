//! Entries as a judge would hand them to the books, made from a number: same number, same entry.

#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "tests fail where they stand")]

use std::sync::Arc;

use tollwatch::call::{
    Class, Destination, Evidence, EvidenceKind, Format, Provider, Transport, Usage, UsageReport,
};
use tollwatch::entry::{CallAdds, CellKey, Entry, Facts, LeftOut, Money, RequestAdds, Shared};
use tollwatch::ids::{ConfigNumber, Fingerprint, Identity, IdentityKind};
use tollwatch::ledger::{
    Batch, CellRow, Family, Fault, Ledger, Options, Part, Position, Resolution, Span, SqliteLedger,
};
use tollwatch::money::NanoUsd;
use tollwatch::residency::{Grade, Verdict};
use tollwatch::units::{Millis, UnixMillis};

/// 2026-11-02T00:00:00Z.
pub(crate) const START: i64 = 1_793_577_600_000;
/// The daemon's clock in tests.
pub(crate) const NOW: UnixMillis = UnixMillis(START + 30 * 86_400_000);
/// A day.
pub(crate) const DAY: i64 = 86_400_000;
/// An hour.
pub(crate) const HOUR: i64 = 3_600_000;

/// Numbers that look random, the same every time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

const FEATURES: [&str; 6] = [
    "itsm/incident_summarization",
    "itsm/resolution_notes",
    "csm/case_summarization",
    "hrsd/chat",
    "unattributed",
    "platform/search",
];

/// An entry with both halves.
#[allow(clippy::too_many_lines, reason = "one value for every field")]
pub(crate) fn entry(at: i64, id: u64) -> Entry {
    let mut dice = Dice(id.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    for _ in 0..3 {
        dice.roll(2);
    }
    let feature = FEATURES[usize::try_from(dice.roll(6)).unwrap()];
    let ok = dice.roll(20) > 0;
    let class = if ok { Class::Ok } else { Class::Throttled };
    let status = if ok { 200 } else { 429 };
    let latency = 300 + dice.roll(9_000);
    let usage = ok.then(|| Usage {
        input: 200 + dice.roll(4_000),
        cache_read: dice.roll(2) * 1_024,
        output: 50 + dice.roll(900),
        ..Usage::default()
    });
    let east = dice.roll(10) == 0;
    let region = if east {
        "azure:eastus"
    } else {
        "azure:westeurope"
    };
    let verdict = if east {
        Verdict::Violated
    } else {
        Verdict::Held
    };
    let cost = usage.map_or(0, |usage| i64::try_from(usage.total() * 2_500).unwrap());
    Entry {
        part: 0,
        identity: Identity::new(IdentityKind::Row, format!("sys:{id:032x}")),
        at: UnixMillis(at),
        sequence: format!("19a9f3c1{:010x}", at + i64::try_from(id % 1000).unwrap()).into(),
        facts: Arc::new(Facts {
            format: Format::Native,
            teller: "".into(),
            transport: Some(Transport {
                status: Some(status),
                class: Some(class),
                ..Transport::default()
            }),
            usage: Some(UsageReport {
                model: "gpt-4o-2024-11-20".into(),
                class: Some(class),
                ..UsageReport::default()
            }),
            origin: tollwatch::call::Origin {
                application: "itsm".into(),
                skill: feature.into(),
                scope: "sn_azure_openai".into(),
                ..tollwatch::call::Origin::default()
            },
        }),
        offset: id * 1_400,
        transport_facts: u16::try_from(dice.roll(1 << 16)).unwrap(),
        usage_facts: u16::try_from(dice.roll(1 << 16)).unwrap(),
        shared: Arc::new(Shared {
            destination: Destination {
                provider: Some(Provider::Azure),
                host: "contoso-weu.openai.azure.com".into(),
                path: "/openai/deployments/gpt-4o-weu/chat/completions".into(),
                deployment: "gpt-4o-weu".into(),
                ..Destination::default()
            },
            told: vec![Evidence {
                kind: EvidenceKind::ResourceRegion,
                told: "West Europe".into(),
            }],
            key: CellKey {
                feature: feature.into(),
                endpoint: "azure-weu".into(),
                provider: "azure".into(),
                model: "gpt-4o".into(),
                region: region.into(),
                verdict: Some(verdict),
                grade: Some(Grade::C),
            },
            rule: "eu".into(),
            evidence: "x-ms-region: West Europe".into(),
        }),
        call: Some(CallAdds {
            class,
            latency: Some(Millis(latency)),
            request_bytes: 4_000 + dice.roll(20_000),
            response_bytes: 1_000 + dice.roll(3_000),
            stated_retries: 0,
            spillover: false,
            over_timeout: false,
            contradicted: false,
        }),
        request: Some(RequestAdds {
            class,
            usage,
            web_searches: 0,
            money: if ok {
                Money::Exact(NanoUsd(cost))
            } else {
                Money::Nothing
            },
            duration: Some(Millis(latency)),
            total_mismatch: false,
            external: None,
        }),
        price_row: if ok {
            "azure/gpt-4o/2024-11-20".into()
        } else {
            "".into()
        },
        credential_told: false,
        left_out: LeftOut::default(),
        credential: "kv/azure-weu".into(),
        user_group: if dice.roll(2) == 0 {
            "agents".into()
        } else {
            "".into()
        },
        user: Some(Fingerprint(1 + dice.roll(300))),
        conversation: (dice.roll(3) == 0).then(|| Fingerprint(7_000 + dice.roll(900))),
        config: ConfigNumber(1),
        alike: None,
    }
}

/// What an entry told, to be changed for it alone.
pub(crate) fn facts(entry: &mut Entry) -> &mut Facts {
    Arc::make_mut(&mut entry.facts)
}

/// What an entry shares, to be changed for it alone.
pub(crate) fn shared(entry: &mut Entry) -> &mut Shared {
    Arc::make_mut(&mut entry.shared)
}

/// The transport half of a call, as the outbound log tells it.
pub(crate) fn transport_half(at: i64, id: u64) -> Entry {
    let mut half = entry(at, id);
    facts(&mut half).format = Format::ServicenowOutbound;
    facts(&mut half).usage = None;
    half.request = None;
    half.price_row = "".into();
    half.conversation = None;
    half.user = None;
    half
}

/// The usage half of a call, as the generative AI log tells it.
pub(crate) fn usage_half(at: i64, id: u64) -> Entry {
    let mut half = entry(at, id);
    facts(&mut half).format = Format::ServicenowGenai;
    facts(&mut half).transport = None;
    shared(&mut half).told.clear();
    half.sequence = "".into();
    half.call = None;
    shared(&mut half).key.verdict = None;
    shared(&mut half).key.grade = None;
    shared(&mut half).key.region = "".into();
    shared(&mut half).rule = "".into();
    shared(&mut half).evidence = "".into();
    half
}

/// `n` entries of all three kinds over `days` days, in the order of time.
pub(crate) fn traffic(seed: u64, n: u64, days: u64) -> Vec<Entry> {
    let mut dice = Dice(seed);
    let span = days * 86_400_000;
    let mut times: Vec<i64> = (0..n)
        .map(|_| START + i64::try_from(dice.roll(span / 1000) * 1000 + dice.roll(1000)).unwrap())
        .collect();
    times.sort_unstable();
    let kinds = [entry, transport_half, usage_half];
    times
        .into_iter()
        .zip(0..n)
        .map(|(at, i)| {
            let kind = kinds[usize::try_from(dice.roll(3)).unwrap()];
            kind(at, seed << 32 | i)
        })
        .collect()
}

/// A batch without a position.
pub(crate) fn batch(entries: Vec<Entry>) -> Batch {
    Batch {
        source: "export".into(),
        parts: vec![part(0, None, None)],
        received: u64::try_from(entries.len()).unwrap(),
        entries,
        ..Batch::default()
    }
}

/// A part of the export.
pub(crate) fn part(partition: i32, from: Option<Position>, to: Option<Position>) -> Part {
    Part {
        topic: "calls.jsonl".into(),
        partition,
        from,
        to,
    }
}

/// A position.
pub(crate) fn position(offset: u64) -> Position {
    Position {
        offset,
        ..Position::default()
    }
}

/// A ledger in memory that keeps everything.
pub(crate) fn memory() -> SqliteLedger {
    SqliteLedger::open_in_memory(Options::default()).unwrap()
}

/// All cells of a resolution.
pub(crate) fn cells(ledger: &dyn Ledger, resolution: Resolution) -> Vec<CellRow> {
    let mut all = Vec::new();
    ledger
        .cells(resolution, Span::ALL, &mut |mut row| -> Result<(), Fault> {
            row.seq = 0;
            all.push(row);
            Ok(())
        })
        .unwrap();
    all
}

/// Everything that must not depend on the order, as text.
pub(crate) fn books(ledger: &dyn Ledger) -> Vec<String> {
    let mut text = Vec::new();
    for resolution in Resolution::ALL {
        for row in cells(ledger, resolution) {
            text.push(format!("{row:?}"));
        }
    }
    for family in Family::ALL {
        for row in ledger.families(family, Span::ALL).unwrap() {
            text.push(format!(
                "{family:?} {} {} {} {:?}",
                row.start, row.a, row.b, row.totals
            ));
        }
    }
    for day in cells(ledger, Resolution::Day).iter().map(|row| row.start) {
        for row in ledger.conversations(day).unwrap() {
            text.push(format!("{row:?}"));
        }
    }
    for row in ledger.evidence(Span::ALL, 1_000_000).unwrap() {
        text.push(format!("{row:?}"));
    }
    ledger
        .lines(Span::ALL, &mut |line| {
            text.push(format!("{line:?}"));
            Ok(())
        })
        .unwrap();
    text
}
