//! A record in, every decision out: decoded as, attributed to, priced by, judged by.
//!
//! Knows no terminal. A newcomer may ask why an explanation books into a ledger: whether a call is
//! a duplicate of another in the same file is a decision too, and the books make it.

use serde::Serialize;

use crate::call::{Usage, UsageReport};
use crate::decode::{self, Context, Settings, Told};
use crate::ids::IdentityKind;
use crate::judge::Judged;
use crate::ledger::{Batch, Ledger};
use crate::outcome::{IgnoreReason, Outcome, QuarantineReason, Reject};
use crate::source::file::Reading;
use crate::source::split::Piece;
use crate::units::{DAY_MS, Text, UnixMillis};

use super::Failure;
use super::pipeline::Means;

/// Everything that was decided about one call. Absent facts are `None`, never 0.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Explained {
    /// `metered`, `duplicate`, `ignored` or `quarantined`.
    pub outcome: &'static str,
    /// The reason, where the outcome has one.
    pub reason: Option<String>,
    /// The format it was read as.
    pub format: Option<&'static str>,
    /// The call.
    pub call: CallPart,
    /// Its tokens, in disjoint buckets.
    pub usage: UsagePart,
    /// Its cost.
    pub cost_nanousd: Option<i64>,
    /// The price behind the cost.
    pub price: PricePart,
    /// Where it landed.
    pub residency: ResidencyPart,
    /// What else is worth a person's look; not part of the JSON.
    #[serde(skip)]
    pub notes: Vec<String>,
}

/// What happened.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CallPart {
    /// The call's key, as told.
    pub id: Option<String>,
    /// When it began, RFC 3339 in UTC.
    pub at: Option<String>,
    /// `application/skill`.
    pub feature: Option<String>,
    /// Registered endpoint, else host.
    pub endpoint: Option<String>,
    /// Who runs the model.
    pub provider: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// HTTP status.
    pub status: Option<u16>,
    /// Class of the outcome.
    pub class: Option<&'static str>,
    /// From request to last byte, in milliseconds.
    pub latency_ms: Option<u64>,
}

/// Tokens.
#[derive(Clone, Debug, Default, Serialize)]
pub struct UsagePart {
    /// Fresh input.
    pub input: Option<u64>,
    /// Read from a cache.
    pub cache_read: Option<u64>,
    /// Written to a five-minute cache.
    pub cache_write_5m: Option<u64>,
    /// Written to a one-hour cache.
    pub cache_write_1h: Option<u64>,
    /// Output, reasoning included.
    pub output: Option<u64>,
    /// Of the output: reasoning.
    pub reasoning: Option<u64>,
}

/// The price used.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PricePart {
    /// `exact`, `approximated`, `fixed` or `unpriced`.
    pub class: Option<&'static str>,
    /// The row.
    pub row: Option<String>,
    /// The list it stands in.
    pub source: Option<String>,
}

/// Where the call landed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ResidencyPart {
    /// Name of the rule.
    pub rule: Option<String>,
    /// `held`, `declared`, `violated`, `unproven` or `no_rule`; `None` without transport facts.
    pub verdict: Option<&'static str>,
    /// Grade of the strongest evidence.
    pub grade: Option<&'static str>,
    /// Region or zone of the strongest evidence.
    pub region: Option<String>,
    /// The evidence in words.
    pub evidence: Option<String>,
}

/// Explains every record of `reading`; `ledger` should be a fresh one in memory.
///
/// # Errors
/// The reading breaks off, or the ledger refuses.
pub fn inspect(
    reading: &mut Reading,
    (means, now): (Means<'_>, UnixMillis),
    ledger: &mut dyn Ledger,
    show: &mut dyn FnMut(&Explained),
) -> Result<(), Failure> {
    let settings = means.settings;
    let mut inspector = Inspector { means, now, ledger };
    while let Some(piece) = reading.next_piece()? {
        match piece {
            Piece::Record { offset, bytes } => inspector.record(offset, bytes, show)?,
            Piece::TooLarge { length, .. } => {
                let detail = format!("{length} bytes, at most {}", decode::RECORD_MAX_BYTES);
                show(&rejected(
                    &Reject::new(QuarantineReason::TooLarge, detail),
                    settings,
                ));
            }
            Piece::Blank { .. } => show(&ignored(IgnoreReason::Blank)),
            Piece::BadRow { row, .. } => show(&rejected(&row.reject(), settings)),
        }
    }
    Ok(())
}

struct Inspector<'a> {
    means: Means<'a>,
    now: UnixMillis,
    ledger: &'a mut dyn Ledger,
}

impl Inspector<'_> {
    fn record(
        &mut self,
        offset: u64,
        bytes: &[u8],
        show: &mut dyn FnMut(&Explained),
    ) -> Result<(), Failure> {
        let mut told = Vec::new();
        decode::decode(
            bytes,
            Context {
                settings: self.means.settings,
                gate: self.means.gate,
            },
            &mut told,
        );
        for one in told {
            let explained = match one {
                Told::Ignored(reason) => ignored(reason),
                Told::Rejected(reject) => rejected(&reject, self.means.settings),
                Told::Report(report) if report.at > self.now.saturating_add(DAY_MS) => {
                    let detail = format!("the call is at {}, more than a day from now", report.at);
                    rejected(
                        &Reject::new(QuarantineReason::TimeOutOfRange, detail),
                        self.means.settings,
                    )
                }
                Told::Report(report) => match self.means.judge.judge(report, "inspect", offset) {
                    Err(reason) => ignored(reason),
                    Ok(judged) => {
                        let outcome = self.book(&judged)?;
                        explain(&judged, outcome)
                    }
                },
            };
            show(&explained);
        }
        Ok(())
    }

    fn book(&mut self, judged: &Judged) -> Result<Outcome, Failure> {
        let batch = Batch {
            source: Text::const_new("inspect"),
            received: 1,
            entries: vec![judged.entry.clone()],
            ..Batch::default()
        };
        let applied = self.ledger.apply(&batch, self.now)?;
        Ok(applied
            .outcomes
            .first()
            .copied()
            .unwrap_or(Outcome::Metered))
    }
}

fn ignored(reason: IgnoreReason) -> Explained {
    Explained {
        outcome: "ignored",
        reason: Some(reason.as_str().to_owned()),
        ..Explained::default()
    }
}

fn rejected(reject: &Reject, settings: &Settings) -> Explained {
    Explained {
        outcome: "quarantined",
        reason: Some(reject.reason.as_str().to_owned()),
        format: settings.format.map(crate::call::Format::as_str),
        notes: vec![reject.detail.clone()],
        ..Explained::default()
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn explain(judged: &Judged, outcome: Outcome) -> Explained {
    let entry = &judged.entry;
    let facts = &*entry.facts;
    let usage = entry.request.and_then(|request| request.usage);
    let class = entry
        .call
        .map(|call| call.class)
        .or(entry.request.map(|request| request.class));
    Explained {
        outcome: outcome.as_str(),
        reason: outcome.reason().map(str::to_owned),
        format: Some(facts.format.as_str()),
        call: CallPart {
            id: some(plain_id(&entry.identity)),
            at: Some(entry.at.to_string()),
            feature: some(&entry.shared.key.feature),
            endpoint: some(&entry.shared.key.endpoint),
            provider: some(&entry.shared.key.provider),
            model: some(&entry.shared.key.model),
            status: facts
                .transport
                .as_ref()
                .and_then(|transport| transport.status),
            class: class.map(crate::call::Class::as_str),
            latency_ms: entry
                .call
                .and_then(|call| call.latency)
                .map(|latency| latency.0),
        },
        usage: usage_part(facts.usage.as_ref(), usage),
        cost_nanousd: entry
            .request
            .and_then(|request| request.money.amount())
            .map(|amount| amount.0),
        price: price_part(judged),
        residency: residency_part(judged),
        notes: notes(judged),
    }
}

/// The key as the producer wrote it: row ids without the table that stands in front.
fn plain_id(identity: &crate::ids::Identity) -> &str {
    let value = identity.value.as_str();
    match (identity.kind, value.split_once(':')) {
        (IdentityKind::Row, Some((_, id))) => id,
        _ => value,
    }
}

/// A bucket that no key of the record tells is absent, not 0.
fn usage_part(told: Option<&UsageReport>, counted: Option<Usage>) -> UsagePart {
    let (Some(told), Some(usage)) = (told, counted) else {
        return UsagePart::default();
    };
    let [input, read, minutes, hour, output, reasoning] = told.untold.buckets.shown(&usage);
    UsagePart {
        input,
        cache_read: read,
        cache_write_5m: minutes,
        cache_write_1h: hour,
        output,
        reasoning,
    }
}

fn price_part(judged: &Judged) -> PricePart {
    match &judged.priced {
        Some(priced) => PricePart {
            class: Some(priced.class.as_str()),
            row: some(priced.row()),
            source: some(priced.source()),
        },
        None if !judged.entry.price_row.is_empty() => PricePart {
            class: Some("exact"),
            row: some(&judged.entry.price_row),
            source: None,
        },
        None => PricePart::default(),
    }
}

fn residency_part(judged: &Judged) -> ResidencyPart {
    judged
        .residency
        .as_ref()
        .map_or_else(ResidencyPart::default, |told| ResidencyPart {
            rule: some(&told.rule),
            verdict: Some(told.judgement.verdict.as_str()),
            grade: told.judgement.grade.map(crate::residency::Grade::as_str),
            region: some(&told.judgement.region),
            evidence: some(&told.judgement.evidence),
        })
}

fn notes(judged: &Judged) -> Vec<String> {
    let mut notes = vec![format!("the feature is {}", judged.how.as_str())];
    if judged.entry.identity.kind == IdentityKind::Weak {
        notes.push("known only by a hash of its content".to_owned());
    }
    if let Some(priced) = &judged.priced {
        notes.extend(
            priced
                .rule
                .map(|rule| format!("approximated: {}", rule.as_str())),
        );
        notes.extend(priced.gap.map(|gap| format!("unpriced: {}", gap.as_str())));
    }
    if judged
        .entry
        .request
        .is_some_and(|request| request.total_mismatch)
    {
        notes.push("the stated total disagrees with the buckets".to_owned());
    }
    if judged.entry.call.is_some_and(|call| call.contradicted) {
        notes.push("two pieces of evidence exclude each other".to_owned());
    }
    notes
}
