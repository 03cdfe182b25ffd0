//! One step of an episode as JSON, for a webhook.
//!
//! Knows no address. A newcomer may ask why sentences go along with figures: most receivers show one line and
//! page somebody with it.

use serde_json::{Map, Value, json};

use crate::alert::{Amount, Finding, Notice};
use crate::units::UnixMillis;

use super::{Around, Mail, clean, header, view};

/// The version of the shape; it grows when a field changes its meaning.
const VERSION: u32 = 1;

fn amount(amount: Amount) -> Value {
    json!({ "n": amount.n, "unit": amount.unit.as_str() })
}

fn time(at: UnixMillis) -> String {
    at.to_string()
}

fn series(finding: &Finding) -> Value {
    let values = finding.series.values().iter();
    let pairs = values.map(|(dimension, value)| {
        let value = Value::String(clean::name(value));
        (dimension.as_str().to_owned(), value)
    });
    Value::Object(pairs.collect::<Map<_, _>>())
}

/// The body of a webhook's request for that mail. Docs: MAIL.md, "Webhook".
#[must_use]
pub fn hook(notice: &Notice, mail: &Mail, around: &Around<'_>) -> String {
    let view = view::view(notice, around);
    let measure = &notice.finding.measure;
    let expected = measure.expected.map(|(least, middle, most)| {
        json!({ "least": amount(least), "middle": amount(middle), "most": amount(most) })
    });
    let links: Map<String, Value> = view
        .links
        .iter()
        .map(|link| (link.label.to_lowercase(), Value::String(link.to.clone())))
        .collect();
    let body = json!({
        "version": VERSION,
        "id": mail.message_id,
        "thread": mail.thread_root,
        "episode": notice.id.episode,
        "step": notice.id.step,
        "state": notice.kind.as_str(),
        "severity": notice.severity.as_str(),
        "kind": notice.rule.check.kind().as_str(),
        "rule": clean::name(&notice.rule.name),
        "fingerprint": header::fingerprint(notice),
        "series": series(&notice.finding),
        "others": notice.others_count,
        "subject": super::wrap::plain(&mail.subject),
        "headline": super::wrap::plain(&view.headline),
        "do": super::wrap::plain(&view.act),
        "runbook": view.runbook,
        "since": time(notice.since),
        "at": time(notice.finding.at),
        "told": time(notice.told),
        "value": amount(measure.value),
        "limit": measure.limit.map(amount),
        "expected": expected,
        "loss_nanousd": notice.finding.loss.so_far_nanousd,
        "loss_per_hour_nanousd": notice.finding.loss.per_hour_nanousd,
        "links": links,
    });
    body.to_string()
}
