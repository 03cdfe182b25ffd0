//! What goes into a chunk comes out of it, and damage is an error.

use std::sync::Arc;

use super::*;
use crate::call::{Class, EvidenceKind, Operation, Provider, Scope, Tier, Untold, Usage};
use crate::entry::{Facts, Money, Shared};
use crate::money::NanoUsd;
use crate::residency::{Grade, Verdict};
use crate::units::Millis;

/// A report of which every field is set but what its entry shares.
fn told() -> Report {
    Report {
        format: Format::Otlp,
        teller: "openlit".into(),
        identity: Identity::new(IdentityKind::Response, "chatcmpl-1"),
        at: UnixMillis(1_793_577_600_123),
        sequence: "19a9f3c1a2b0000001".into(),
        destination: Destination::default(),
        transport: Some(Transport {
            status: Some(429),
            class: Some(Class::Throttled),
            latency: Some(Millis(0)),
            request_bytes: Some(18_344),
            response_bytes: Some(2_213),
            stated_retries: Some(2),
            spillover_from: "ptu".into(),
            ..Transport::default()
        }),
        usage: Some(UsageReport {
            model: "gpt-4o-2024-11-20".into(),
            requested_model: "gpt-4o".into(),
            usage: Some(Usage {
                input: 1,
                cache_read: 2,
                cache_write_5m: 3,
                cache_write_1h: 4,
                output: 500,
                reasoning: 6,
            }),
            untold: Untold {
                cache: true,
                geo: false,
                convention: true,
                ..Untold::default()
            },
            total_mismatch: true,
            audio: true,
            tier: Some(Tier::Flex),
            web_searches: 3,
            gateway_cache_hit: true,
            class: Some(Class::Ok),
            duration: Some(Millis(2_841)),
            external: Some(false),
        }),
        origin: Who {
            application: "itsm".into(),
            skill: "incident_summarization".into(),
            definition: "def".into(),
            scope: "sn_x".into(),
            source_table: "incident".into(),
            service: "svc".into(),
            caller: "key-alias".into(),
            tags: vec!["a".into(), "b".into()],
            credential: "kv/1".into(),
            ..Who::default()
        },
        evidence: Vec::new(),
    }
}

/// An entry of which every field is set.
#[expect(clippy::too_many_lines, reason = "one value for every field")]
fn full() -> Entry {
    let report = told();
    Entry {
        part: 0,
        alike: None,
        facts: Arc::new(Facts::of(&report)),
        identity: report.identity,
        at: report.at,
        sequence: report.sequence,
        offset: 77,
        transport_facts: 1,
        usage_facts: 2,
        shared: Arc::new(Shared {
            destination: Destination {
                provider: Some(Provider::Other("together".into())),
                host: "api.together.xyz".into(),
                port: Some(8443),
                path: "/v1/chat/completions".into(),
                deployment: "d".into(),
                model: "m".into(),
                scope: Some(Scope::DataZone),
                operation: Operation::Embed,
            },
            told: vec![Evidence {
                kind: EvidenceKind::GatewayRegion,
                told: "West Europe".into(),
            }],
            key: CellKey {
                feature: "itsm/incident_summarization".into(),
                endpoint: "weu".into(),
                provider: "together".into(),
                model: "gpt-4o".into(),
                region: "azure:westeurope".into(),
                verdict: Some(Verdict::Unproven),
                grade: Some(Grade::D),
            },
            rule: "eu".into(),
            evidence: "words".into(),
        }),
        call: Some(CallAdds {
            class: Class::Throttled,
            latency: Some(Millis(0)),
            request_bytes: 18_344,
            response_bytes: 2_213,
            stated_retries: 2,
            spillover: true,
            over_timeout: false,
            contradicted: true,
        }),
        request: Some(RequestAdds {
            class: Class::Ok,
            usage: Some(Usage {
                input: 1,
                cache_read: 2,
                cache_write_5m: 3,
                cache_write_1h: 4,
                output: 500,
                reasoning: 6,
            }),
            web_searches: 3,
            money: Money::Approximated(NanoUsd(14_227_500)),
            duration: Some(Millis(2_841)),
            total_mismatch: true,
            external: Some(false),
        }),
        price_row: "row".into(),
        credential: "kv/1".into(),
        credential_told: true,
        left_out: LeftOut {
            transport: false,
            usage: true,
        },
        user_group: "agents".into(),
        user: Some(Fingerprint(9)),
        conversation: Some(Fingerprint(10)),
        config: ConfigNumber(3),
    }
}

fn chunk(entries: &[Entry]) -> Vec<u8> {
    let (source, topic) = ("hermes".into(), "calls".into());
    let kept: Vec<Kept<'_>> = entries
        .iter()
        .map(|entry| Kept {
            entry,
            id: entry.identity.key(),
            key: &entry.shared.key,
            source: &source,
            topic: &topic,
            partition: -3,
        })
        .collect();
    encode(&kept)
}

#[test]
fn everything_told_and_booked_comes_back() {
    let entry = full();
    let lines = decode(&chunk(std::slice::from_ref(&entry))).unwrap();
    let [line] = lines.as_slice() else {
        panic!("{lines:?}");
    };
    let mut report = told();
    report.destination = entry.shared.destination.clone();
    report.evidence = entry.shared.told.clone();
    assert_eq!(line.report(), report);
    assert_eq!(line.call, entry.call);
    assert_eq!(line.request, entry.request);
    assert_eq!(line.id, entry.identity.key());
    assert_eq!(
        (line.user, line.conversation),
        (entry.user, entry.conversation)
    );
    let about = &line.about;
    assert_eq!(about.key, entry.shared.key);
    assert_eq!(
        [
            &about.price_row,
            &about.rule,
            &about.evidence_words,
            &about.credential,
            &about.user_group
        ],
        [
            &entry.price_row,
            &entry.shared.rule,
            &entry.shared.evidence,
            &entry.credential,
            &entry.user_group
        ]
    );
    assert_eq!(about.config, entry.config);
    let origin = line.origin();
    assert_eq!((origin.partition, origin.offset), (-3, 77));
    assert_eq!(
        (origin.source.as_str(), origin.topic.as_str()),
        ("hermes", "calls")
    );
}

#[test]
fn halves_and_blanks_come_back() {
    let mut transport = full();
    transport.request = None;
    let mut usage = full();
    usage.call = None;
    Arc::make_mut(&mut usage.facts).transport = None;
    let mut blank = full();
    blank.sequence = Text::default();
    let shared = Arc::make_mut(&mut blank.shared);
    shared.destination = Destination::default();
    shared.told.clear();
    shared.key = CellKey::default();
    (blank.user, blank.conversation) = (None, None);
    for entry in [transport, usage, blank] {
        let lines = decode(&chunk(std::slice::from_ref(&entry))).unwrap();
        let line = lines.first().unwrap();
        assert_eq!((line.call, line.request), (entry.call, entry.request));
        assert_eq!(line.report().destination, entry.shared.destination);
        assert_eq!(line.report().evidence, entry.shared.told);
        assert_eq!(
            (line.user, line.conversation),
            (entry.user, entry.conversation)
        );
        assert_eq!(line.groups().transport, entry.call.is_some());
        assert_eq!(line.groups().usage, entry.request.is_some());
    }
}

#[test]
fn never_keeps_user_or_conversation() {
    let mut entry = full();
    let who = &mut Arc::make_mut(&mut entry.facts).origin;
    who.user = "beth.anglin".into();
    who.conversation = "c0ffee-conversation".into();
    let bytes = chunk(&[entry]);
    for secret in ["beth.anglin", "c0ffee-conversation"] {
        assert!(
            !bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes()),
            "{secret}"
        );
    }
}

#[test]
fn lines_come_out_in_order_and_go_in_again() {
    let entries: Vec<Entry> = (0..40_i64)
        .map(|i| {
            let mut entry = full();
            entry.at.0 += i * 7_919 % 40 * 1_000;
            entry.identity = Identity::new(IdentityKind::Row, format!("{i}"));
            entry.offset = u64::try_from(i).unwrap();
            entry
        })
        .collect();
    let chunk = chunk(&entries);
    let lines = decode(&chunk).unwrap();
    assert_eq!(lines.len(), 40);
    assert!(lines.is_sorted_by_key(|line| (line.at, line.id)));
    assert_eq!(encode_lines(&lines), chunk);
    let shared = lines
        .iter()
        .all(|line| Arc::ptr_eq(&line.about, &lines.first().unwrap().about));
    assert!(shared);
}

#[test]
fn damage_is_an_error() {
    let entry = full();
    let chunk = chunk(std::slice::from_ref(&entry));
    for length in 0..chunk.len() {
        assert_eq!(
            decode(chunk.split_at(length).0),
            Err(BadChunk),
            "cut at {length}"
        );
    }
    for place in 0..chunk.len() {
        let mut bytes = chunk.clone();
        bytes[place] ^= 0xff;
        // Some damage only changes a number; none may panic.
        drop(decode(&bytes));
    }
}

/// What briefs tell of the lines that are wanted, all texts owned.
fn told_briefly(
    chunk: &[u8],
    wanted: &mut Wanted<'_>,
) -> Result<Vec<(UnixMillis, String, u64, String)>, BadChunk> {
    let mut told = Vec::new();
    briefs(chunk, wanted, &mut |brief| {
        let glance = &brief.glance;
        assert_eq!(glance.feature, &brief.key.feature);
        let rest = format!(
            "{:?} {:?} {:?} {:?} {} {:?} {:?}",
            brief.key,
            glance.call,
            glance.request,
            brief.conversation,
            brief.request_bytes,
            brief.usage,
            brief.cost
        );
        told.push((glance.at, brief.sequence.to_owned(), brief.id, rest));
        Ok::<(), BadChunk>(())
    })?;
    Ok(told)
}

/// The same of whole lines.
fn briefly(line: &Line) -> (UnixMillis, String, u64, String) {
    let rest = format!(
        "{:?} {:?} {:?} {:?} {} {:?} {:?}",
        line.about.key,
        line.call.map(|call| call.class),
        line.request.map(|request| request.class),
        line.conversation,
        line.call.map_or(0, |call| call.request_bytes),
        line.request.and_then(|request| request.usage),
        line.request.and_then(|request| request.money.amount()),
    );
    (line.at, line.sequence.to_string(), line.id, rest)
}

/// Entries with both halves, with one, priced in every way, with and without a conversation.
fn of_all_kinds() -> Vec<Entry> {
    let kinds = (0..60_i64).map(|i| {
        let mut entry = full();
        entry.at.0 += i * 7_919 % 60 * 250;
        entry.sequence = format!("{:04}", i * 31 % 60).into();
        entry.identity = Identity::new(IdentityKind::Row, format!("{i}"));
        Arc::make_mut(&mut entry.shared).key.feature = format!("feature {}", i % 4).into();
        let amount = NanoUsd(i * 1_000_003 - 20_000_000);
        let request = entry.request.as_mut().unwrap();
        request.money = match i % 5 {
            0 => Money::Nothing,
            1 => Money::Exact(amount),
            2 => Money::Approximated(amount),
            3 => Money::Fixed,
            _ => Money::Unpriced,
        };
        request.usage = request.usage.filter(|_| i % 7 != 0);
        entry.call = entry.call.filter(|_| i % 3 != 1);
        entry.request = entry.request.filter(|_| i % 3 != 2);
        entry.conversation = entry.conversation.filter(|_| i % 2 == 0);
        entry
    });
    kinds.collect()
}

#[test]
fn briefs_tell_what_lines_tell() {
    let chunk = chunk(&of_all_kinds());
    let lines = decode(&chunk).unwrap();
    assert_eq!(lines.len(), 60);
    let all: Vec<_> = lines.iter().map(briefly).collect();
    assert_eq!(told_briefly(&chunk, &mut |_| true), Ok(all));
    let mut failed = |glance: &Glance<'_>| glance.call == Some(Class::Throttled);
    let some: Vec<_> = lines
        .iter()
        .filter(|line| line.call.is_some())
        .map(briefly)
        .collect();
    assert!(!some.is_empty() && some.len() < 60, "{}", some.len());
    assert_eq!(told_briefly(&chunk, &mut failed), Ok(some));
    assert_eq!(told_briefly(&chunk, &mut |_| false), Ok(Vec::new()));
    let mut visits = 0;
    let stopped = briefs(&chunk, &mut |_| true, &mut |_| {
        visits += 1;
        Err(BadChunk)
    });
    assert_eq!((stopped, visits), (Err(BadChunk), 1));
}

#[test]
fn briefs_of_damage_are_an_error() {
    let plain = chunk(&of_all_kinds().split_off(54));
    for length in 0..plain.len() {
        let cut = plain.split_at(length).0;
        for wanted in [true, false] {
            assert_eq!(
                told_briefly(cut, &mut |_| wanted),
                Err(BadChunk),
                "cut at {length}"
            );
        }
    }
    for place in 0..plain.len() {
        let mut bytes = plain.clone();
        bytes[place] ^= 0xff;
        // What is read whole is read briefly, and tells the same.
        if let Ok(lines) = decode(&bytes) {
            let all = lines.iter().map(briefly).collect();
            assert_eq!(told_briefly(&bytes, &mut |_| true), Ok(all), "{place}");
        }
    }
}

/// A chunk of the first version: one report of both halves.
const FIRST: &str = "\
    01000180022f2f6f70656e61692f6465706c6f796d656e74732f6770742d346f2d7765752f636861742f636f6d706c65\
    74696f6e730566696c6573146578706f72742f323032352f7265632e6a736f6e066e617469766509746f6c6c77617463\
    6803726f7705617a7572651c636f6e746f736f2d7765752e6f70656e61692e617a7572652e636f6d0a6770742d346f2d\
    776575000867656e6572617465046974736d16696e636964656e745f73756d6d6172697a6174696f6e0470726f64026f\
    6b116770742d346f2d323032342d31312d32301b6974736d2f696e636964656e745f73756d6d6172697a6174696f6e07\
    6e6f5f72756c650d6f70656e61692f6770742d346f070102000304050109000707000809000a000c0b0c090909090909\
    0909010d0a03c9010f090f0900000f07030e00000e02010a1007060f0912001209091013b979bfacdcb1f26009b6d8ee\
    9a89d8010001000100010001000100010006d089f4fde56502000008208513587bdb825e010001010102049a169a1604\
    a88f01000a9f18800800008703000004d8c0ac0c";

#[test]
fn the_first_version_is_still_read() {
    let digits: Vec<char> = FIRST.chars().collect();
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap())
        .collect();
    assert_eq!(bytes.first(), Some(&1));
    let lines = decode(&bytes).unwrap();
    let [line] = lines.as_slice() else {
        panic!("{lines:?}");
    };
    assert_eq!(line.about.key.feature, "itsm/incident_summarization");
    assert_eq!(line.call.unwrap().latency, Some(Millis(2_841)));
    assert_eq!(line.request.unwrap().usage.unwrap().output, 391);
    assert_eq!(line.about.credential_told, None);
    assert_eq!(line.identity, "");
    let brief = lines.iter().map(briefly).collect();
    assert_eq!(told_briefly(&bytes, &mut |_| true), Ok(brief));
    // Merged with later ones it stays what it is.
    assert_eq!(decode(&encode_lines(&lines)).unwrap(), lines);
    for length in 0..bytes.len() {
        assert_eq!(decode(bytes.split_at(length).0), Err(BadChunk));
    }
}

#[test]
fn what_a_line_added_becomes_the_same_line() {
    let entry = full();
    let lines = decode(&chunk(std::slice::from_ref(&entry))).unwrap();
    let line = lines.first().unwrap();
    let again = line.entry(0);
    assert_eq!(
        (again.call, again.request, &again.price_row, &again.shared),
        (entry.call, entry.request, &entry.price_row, &entry.shared)
    );
    let about = &line.about;
    let kept = Kept {
        entry: &again,
        id: line.id,
        key: &about.key,
        source: &about.source,
        topic: &about.topic,
        partition: about.partition,
    };
    // What the entry adds stands once more in its report, and is written once.
    let written = encode_lines(&[Line::of(&kept)]);
    assert_eq!(decode(&written).unwrap(), lines);
}
