//! Headers that tell mail programs what a mail is, which thread it belongs to, and that no person wrote it.
//!
//! Knows no server. A newcomer may ask why the root of a thread is a mail that nobody sent: so the first mail that
//! arrives starts the thread, whichever it is.

use crate::alert::{Dimension, Notice, Severity};
use crate::units::UnixMillis;

use super::{Around, clean, moment};

/// Letters of a subject.
const SUBJECT_LETTERS: usize = 160;

/// Letters, digits, `-` and `.` alone, as identities take them.
fn plain(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
        .take(100)
        .collect();
    plain.trim_matches('.').to_owned()
}

/// The domain of the address that mails come from.
fn domain(from: &str) -> String {
    let address = from.rsplit_once('<').map_or(from, |(_, rest)| rest);
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    match plain(domain) {
        text if text.is_empty() => "tollwatch.invalid".to_owned(),
        text => text,
    }
}

/// `<episode-214.1.7f3a@example.org>`: the same whenever it is made.
pub(super) fn identity(what: &str, around: &Around<'_>) -> String {
    let realm = plain(around.realm);
    let dot = if realm.is_empty() { "" } else { "." };
    format!("<{}{dot}{realm}@{}>", plain(what), domain(around.from))
}

/// The picture's identity, without brackets.
pub(super) fn content(what: &str, around: &Around<'_>) -> String {
    let id = identity(what, around);
    id.trim_matches(['<', '>']).to_owned()
}

/// `[FIRING page] Case summarization: …`; the part in brackets is what Gmail leaves aside when it compares subjects.
pub(super) fn subject(state: &str, topic: &str) -> String {
    let line: String = format!("{state} {topic}")
        .chars()
        .map(|c| match c {
            '\u{202F}' => '\u{A0}',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect();
    let line = super::wrap::plain(&line);
    if line.chars().count() <= SUBJECT_LETTERS {
        return line;
    }
    let tail = topic
        .rfind(" (#")
        .map_or("", |at| topic.get(at..).unwrap_or(""));
    let room = SUBJECT_LETTERS - tail.chars().count() - 3;
    let short: String = line.chars().take(room).collect();
    format!("{}...{tail}", short.trim_end())
}

type Headers = Vec<(String, String)>;

fn push(headers: &mut Headers, name: &str, value: impl Into<String>) {
    headers.push((name.to_owned(), value.into()));
}

/// What every mail has.
pub(super) fn common(told: UnixMillis, message_id: &str, around: &Around<'_>) -> Headers {
    let mut headers = Vec::new();
    push(&mut headers, "Date", moment::header(told, around.zone));
    push(&mut headers, "Message-ID", message_id);
    push(&mut headers, "Auto-Submitted", "auto-generated");
    push(&mut headers, "X-Auto-Response-Suppress", "All");
    let route = match plain(around.route) {
        text if text.is_empty() => "alerts".to_owned(),
        text => text,
    };
    let list = format!("<{route}.tollwatch.{}>", domain(around.from));
    push(&mut headers, "List-Id", list);
    headers
}

/// The headers of a step of an episode.
pub(super) fn of_notice(
    notice: &Notice,
    (message_id, root, topic): (&str, &str, &str),
    around: &Around<'_>,
) -> Headers {
    let mut headers = common(notice.told, message_id, around);
    push(&mut headers, "In-Reply-To", root);
    push(&mut headers, "References", root);
    push(&mut headers, "Thread-Topic", super::wrap::plain(topic));
    if notice.severity == Severity::Page {
        push(&mut headers, "Importance", "high");
        push(&mut headers, "X-Priority", "1");
    }
    push(
        &mut headers,
        "X-Tollwatch-Episode",
        notice.id.episode.to_string(),
    );
    push(&mut headers, "X-Tollwatch-Step", notice.id.step.to_string());
    push(&mut headers, "X-Tollwatch-State", notice.kind.as_str());
    push(
        &mut headers,
        "X-Tollwatch-Severity",
        notice.severity.as_str(),
    );
    push(
        &mut headers,
        "X-Tollwatch-Kind",
        notice.rule.check.kind().as_str(),
    );
    push(
        &mut headers,
        "X-Tollwatch-Rule",
        clean::name(&notice.rule.name),
    );
    let named = [
        ("X-Tollwatch-Feature", Dimension::Feature),
        ("X-Tollwatch-Endpoint", Dimension::Endpoint),
    ];
    for (name, dimension) in named {
        if let Some(value) = notice.finding.series.get(dimension) {
            push(&mut headers, name, clean::name(value));
        }
    }
    push(&mut headers, "X-Tollwatch-Fingerprint", fingerprint(notice));
    headers
}

/// Sixteen digits that are the same for a rule and series at all times.
pub(super) fn fingerprint(notice: &Notice) -> String {
    let mut key = notice.rule.name.to_string();
    for (dimension, value) in notice.finding.series.values() {
        key.push('\u{0}');
        key.push_str(dimension.as_str());
        key.push('\u{0}');
        key.push_str(value);
    }
    format!("{:016x}", twox_hash::XxHash3_64::oneshot(key.as_bytes()))
}

/// How a digest is left: by one click where a page is published, else by a mail to its sender.
pub(super) fn unsubscribe(around: &Around<'_>) -> Headers {
    let mut headers = Vec::new();
    if let Some(address) = around.unsubscribe.and_then(clean::address) {
        push(&mut headers, "List-Unsubscribe", format!("<{address}>"));
        let one_click = "List-Unsubscribe=One-Click";
        push(&mut headers, "List-Unsubscribe-Post", one_click);
        return headers;
    }
    let inner = around.from.rsplit_once('<').map(|(_, rest)| rest);
    let from: String = inner
        .unwrap_or(around.from)
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "@.-_+".contains(*c))
        .collect();
    let mail = format!("<mailto:{from}?subject=unsubscribe>");
    push(&mut headers, "List-Unsubscribe", mail);
    headers
}
