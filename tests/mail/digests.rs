//! Digests of every kind: text, size, how they are left.
//!
//! Knows no step of an episode.

use tollwatch::alert::{Amount, Metric, StepKind, Unit};
use tollwatch::message::{
    Around, Digest, DigestKind, Line, MAIL_BYTES, Section, Templates, digest,
};
use tollwatch::units::UnixMillis;

use super::table::{self, HOUR, TOLD};
use super::{around, bytes, hold, lay_out, numbers, parsed, read};

const USD: i64 = 1_000_000_000;

fn usd(nano: i64) -> Amount {
    Amount::new(Unit::NanoUsd, nano)
}

fn line(what: &str, now: Amount, should: Option<(&'static str, Amount)>, note: &str) -> Line {
    Line {
        what: what.into(),
        metric: None,
        now,
        should,
        note: note.into(),
    }
}

fn empty(kind: DigestKind, hours: i64) -> Digest {
    Digest {
        kind,
        from: UnixMillis(TOLD.0 - hours * HOUR),
        to: TOLD,
        told: TOLD,
        answer: String::new(),
        sections: Vec::new(),
        notices: Vec::new(),
        notices_left: 0,
    }
}

fn spend() -> Digest {
    let per_call = Line {
        metric: Some(Metric::CostPerCall),
        ..line(
            "Incident summarization",
            usd(142_000_000),
            Some(("approved", usd(40_000_000))),
            "4,210 requests; prompts grew",
        )
    };
    let mut over = table::later(table::retry_loop(), StepKind::Resolved, 2, -120);
    over.finding.measure.value = table::count(140);
    Digest {
        answer: "Yesterday cost $312.40, $189 more than approved; November ends at $11,570, \
                 past its budget of $10,000."
            .into(),
        sections: vec![
            Section {
                title: "What did it cost?".into(),
                lines: vec![
                    line(
                        "Yesterday",
                        usd(312_400_000_000),
                        Some(("approved", usd(123 * USD))),
                        "",
                    ),
                    line(
                        "November so far",
                        usd(8_100 * USD),
                        Some(("budget", usd(10_000 * USD))),
                        "",
                    ),
                ],
                left: 0,
            },
            Section {
                title: "What does a call cost?".into(),
                lines: vec![per_call],
                left: 11,
            },
        ],
        notices: vec![over],
        ..empty(DigestKind::Spend, 24)
    }
}

fn residency() -> Digest {
    let share = |ppm| Amount::new(Unit::Ppm, ppm);
    Digest {
        answer: "All but 3 of 68,120 calls stayed where they must; 41 could not be proven.".into(),
        sections: vec![Section {
            title: "Did every call stay where it must?".into(),
            lines: vec![
                line("Held, proven by the provider", share(971_000), None, ""),
                line("Declared by the registry alone", share(28_300), None, ""),
                line(
                    "Violated",
                    table::count(3),
                    None,
                    "Case summarization to eastus, Wed 18 Nov",
                ),
                line(
                    "Unproven",
                    table::count(41),
                    None,
                    "no evidence: global deployment",
                ),
            ],
            left: 0,
        }],
        ..empty(DigestKind::Residency, 168)
    }
}

/// Every kind, by the name of its golden file.
fn all() -> Vec<(&'static str, Digest)> {
    let notices = |names: &[&str]| {
        let table = table::all();
        let found = table.into_iter().filter(|(name, _)| names.contains(name));
        found.map(|(_, notice)| notice).collect::<Vec<_>>()
    };
    vec![
        ("digest-spend", spend()),
        ("digest-residency", residency()),
        (
            "digest-inventory",
            Digest {
                notices: notices(&["first-sight-host", "first-sight-model"]),
                ..empty(DigestKind::Inventory, 168)
            },
        ),
        (
            "digest-catch-up",
            Digest {
                notices: notices(&["anomaly-4-resolved", "silence-2-resolved"]),
                ..empty(DigestKind::CatchUp, 9)
            },
        ),
        (
            "digest-held",
            Digest {
                notices: notices(&["threshold", "credential", "drift"]),
                notices_left: 14,
                ..empty(DigestKind::Held, 24)
            },
        ),
        ("digest-nothing", empty(DigestKind::Held, 24)),
    ]
}

#[test]
fn texts_are_as_a_person_approved_them() {
    let templates = Templates::default();
    let mut faults = Vec::new();
    for (name, one) in all() {
        let mail = digest(&one, &around(&templates));
        lay_out(name, &mail);
        let text = format!("Subject: {}\n\n{}", mail.subject, mail.text);
        for line in mail.text.lines() {
            assert!(line.chars().count() <= 72, "{name}: {line}");
        }
        faults.extend(hold(&format!("{name}.txt"), &text));
        // A template that fails leaves nothing, and nobody would see it in the text.
        let shown = |line: &str| line.split("https://").next().unwrap_or_default().to_owned();
        let lines: Vec<String> = text.lines().map(shown).collect();
        let (text, html) = (numbers(&lines.join("\n")), numbers(&read(&mail.html)));
        assert_eq!(text, html, "{name}: both parts say the same figures");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_digest_can_be_left_and_is_no_thread() {
    let templates = Templates::default();
    let clicked = Around {
        unsubscribe: Some("https://tollwatch.example/leave?k=1"),
        ..around(&templates)
    };
    let written = bytes(&digest(&spend(), &clicked));
    let message = parsed(&written);
    assert!(message.references().as_text().is_none());
    let raw = |name: &str| message.header_raw(name).map(|text| text.trim().to_owned());
    assert_eq!(
        raw("List-Unsubscribe").unwrap(),
        "<https://tollwatch.example/leave?k=1>"
    );
    assert_eq!(
        raw("List-Unsubscribe-Post").unwrap(),
        "List-Unsubscribe=One-Click"
    );
    assert_eq!(raw("X-Tollwatch-Digest").unwrap(), "spend");
    let written = bytes(&digest(&spend(), &around(&templates)));
    let message = parsed(&written);
    let raw = |name: &str| message.header_raw(name).map(|text| text.trim().to_owned());
    assert_eq!(
        raw("List-Unsubscribe").unwrap(),
        "<mailto:tollwatch@example.org?subject=unsubscribe>"
    );
    assert_eq!(raw("List-Unsubscribe-Post"), None);
}

#[test]
fn a_digest_of_hundreds_stays_small() {
    let templates = Templates::default();
    let many = Digest {
        notices: vec![table::many(); 500],
        sections: vec![
            Section {
                title: "x".into(),
                lines: vec![line(&"name ".repeat(50), usd(1), None, &"note ".repeat(50)); 500],
                left: 3,
            };
            2
        ],
        ..empty(DigestKind::Held, 24)
    };
    let mail = digest(&many, &around(&templates));
    assert!(bytes(&mail).len() <= MAIL_BYTES, "{}", bytes(&mail).len());
    let words: Vec<&str> = mail.text.split_whitespace().collect();
    let shown = words.join(" ").matches("/alerts/300").count();
    assert!((10..=60).contains(&shown), "{shown}");
    let left = format!("and {} more", 500 - shown);
    assert!(mail.text.contains(&left), "{left}: {}", mail.text);
}
