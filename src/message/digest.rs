//! Mails that tell of many things at once: spend of a day, residency of a week, what was new, what was missed.
//!
//! Knows no books: whoever asks for one brings the figures. A newcomer may ask why they have no chart: they are
//! read at a desk, one link away from the pages that have all of them.

use minijinja::value::Value;

use crate::alert::{Amount, Metric, Notice, StepKind};
use crate::units::UnixMillis;

use super::claim::{Case, claim};
use super::{Around, HEADER_BYTES, MAIL_BYTES, Mail, clean, figure, header, metric, moment, view};

/// How much one mail lists; the rest is counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Most {
    /// Lines of one section.
    lines: usize,
    notices: usize,
}

impl Default for Most {
    fn default() -> Most {
        Most {
            lines: 40,
            notices: 60,
        }
    }
}

/// What a digest is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DigestKind {
    /// The day's spend.
    Spend,
    /// The week's residency.
    Residency,
    /// What was seen for the first time in a ledger's first days.
    Inventory,
    /// What began and ended while nobody watched.
    CatchUp,
    /// What was not urgent, and what a person's daily mails had no room for.
    Held,
}

impl DigestKind {
    /// All of them, in order.
    pub const ALL: [DigestKind; 5] = [
        DigestKind::Spend,
        DigestKind::Residency,
        DigestKind::Inventory,
        DigestKind::CatchUp,
        DigestKind::Held,
    ];

    /// The word for identities, labels and file names.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DigestKind::Spend => "spend",
            DigestKind::Residency => "residency",
            DigestKind::Inventory => "inventory",
            DigestKind::CatchUp => "catch-up",
            DigestKind::Held => "held",
        }
    }

    fn title(self) -> &'static str {
        match self {
            DigestKind::Spend => "Spend",
            DigestKind::Residency => "Residency",
            DigestKind::Inventory => "First sights",
            DigestKind::CatchUp => "While tollwatch was away",
            DigestKind::Held => "Alerts",
        }
    }

    fn of_notices(self) -> &'static str {
        match self {
            DigestKind::Spend | DigestKind::Residency => "Alerts",
            DigestKind::Inventory => "Seen for the first time",
            DigestKind::CatchUp => "Began and ended",
            DigestKind::Held => "Not urgent, or beyond the day's mails",
        }
    }
}

/// A line of figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Of what: a name.
    pub what: String,
    /// Which figure, where it has its own way of being said.
    pub metric: Option<Metric>,
    /// What it is.
    pub now: Amount,
    /// What it should be, with the word before it: `approved`, `budget`.
    pub should: Option<(&'static str, Amount)>,
    /// What else is to be said; may be empty.
    pub note: String,
}

/// Lines under a heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// The heading: a reader's question.
    pub title: String,
    /// Its lines, worst first; at most forty are shown.
    pub lines: Vec<Line>,
    /// Further lines that are not here.
    pub left: usize,
}

/// A mail about many things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// What it is for.
    pub kind: DigestKind,
    /// From when.
    pub from: UnixMillis,
    /// Up to when, not included.
    pub to: UnixMillis,
    /// When it is told.
    pub told: UnixMillis,
    /// The answer in a sentence; where it is empty, how many alerts there were.
    pub answer: String,
    /// Figures.
    pub sections: Vec<Section>,
    /// Alerts, the most urgent first; at most sixty are shown.
    pub notices: Vec<Notice>,
    /// Further alerts that are not here.
    pub notices_left: usize,
}

/// `Fri 20 Nov`, or both ends.
fn span(digest: &Digest, around: &Around<'_>) -> String {
    let last = digest.to.saturating_add(-1).max(digest.from);
    let (from, to) = (
        moment::day(digest.from, around.zone),
        moment::day(last, around.zone),
    );
    if digest.kind == DigestKind::CatchUp {
        let from = moment::near(digest.from, digest.told, around.zone);
        let to = moment::near(digest.to, digest.told, around.zone);
        return format!("{from} to {to}");
    }
    if from == to {
        from
    } else {
        format!("{from} to {to}")
    }
}

/// What a digest of what was held back tells first: the most urgent of it.
fn held(digest: &Digest, around: &Around<'_>, count: i64) -> String {
    let Some(first) = digest.notices.first() else {
        return format!(
            "{} told here alone.",
            figure::plural(count, "alert is", "alerts are")
        );
    };
    let case = Case::of(first, around.zone);
    let (who, what) = (case.starting(), claim(&case).topic);
    let said = if what.contains(&who) {
        what
    } else {
        format!("{who}: {what}")
    };
    match count - 1 {
        0 => format!("{said}."),
        more => format!("{said}; and {} more.", figure::count(more)),
    }
}

fn answer(digest: &Digest, around: &Around<'_>) -> String {
    let given = clean::sentence(&digest.answer);
    if !given.is_empty() {
        return given;
    }
    let all = digest.notices.len() + digest.notices_left;
    let count = i64::try_from(all).unwrap_or(i64::MAX);
    let alerts = figure::plural(count, "alert", "alerts");
    match digest.kind {
        DigestKind::Spend | DigestKind::Residency | DigestKind::Held if all == 0 => {
            "No alert fired.".to_owned()
        }
        DigestKind::Spend | DigestKind::Residency => format!("{alerts} fired."),
        DigestKind::Held => held(digest, around, count),
        DigestKind::Inventory => {
            let things = figure::plural(count, "thing was", "things were");
            format!("{things} seen for the first time: register them, or ask who uses them.")
        }
        DigestKind::CatchUp => format!("{alerts} began and ended before tollwatch had caught up."),
    }
}

/// The texts that a line has; those that are not given are empty.
const TEXTS: [&str; 10] = [
    "what", "figure", "strong", "rest", "note", "state", "after", "see", "tone", "colour",
];

/// A line of a digest with all its texts.
pub(super) fn entry(texts: &[(&str, &str)]) -> Value {
    let text = |name: &&'static str| {
        let given = texts.iter().find(|(own, _)| own == name);
        (*name, Value::from(given.map_or("", |(_, text)| *text)))
    };
    Value::from_pairs(TEXTS.iter().map(text))
}

fn line(line: &Line) -> Value {
    let now = metric::bare(line.metric, line.now);
    let rest = match line.should {
        Some((word, should)) => {
            let should = metric::bare(line.metric, should);
            format!(", {} {should}", clean::name(word))
        }
        None => String::new(),
    };
    entry(&[
        ("what", &clean::name(&line.what)),
        ("figure", &format!("{now}{rest}")),
        ("strong", &now),
        ("rest", &rest),
        ("note", &clean::sentence(&line.note)),
    ])
}

/// An alert as a line; `is_listed`: one of many of a kind, of which the whole says what to do.
fn noticed(notice: &Notice, around: &Around<'_>, is_listed: bool) -> Value {
    let case = Case::of(notice, around.zone);
    let mut said = claim(&case).topic;
    if let Some(rate) = notice
        .finding
        .loss
        .per_hour_nanousd
        .filter(|rate| *rate > 0)
        && notice.kind != StepKind::Resolved
    {
        said.extend([", +", &figure::dollars(rate), " an hour"]);
    }
    let near = |at| moment::near(at, notice.told, around.zone);
    let is_over = notice.kind == StepKind::Resolved;
    let when = if is_over {
        format!("{} to {}", near(notice.since), near(notice.finding.at))
    } else {
        format!("since {}", near(notice.since))
    };
    let state = notice.kind.as_str();
    let rule = clean::name(&notice.rule.name);
    let cost = match notice.finding.loss.so_far_nanousd.filter(|sum| *sum > 0) {
        Some(sum) if is_over => format!("; cost {}", figure::dollars(sum)),
        Some(sum) => format!("; {} so far", figure::dollars(sum)),
        None => String::new(),
    };
    let number = notice.id.episode;
    let act = clean::sentence(notice.rule.action.as_deref().unwrap_or_default());
    let act = if is_over || is_listed || act.is_empty() {
        String::new()
    } else {
        format!(" {act}")
    };
    let see = match around.public_url.and_then(clean::address) {
        Some(base) => format!("{}/alerts/{number}", base.trim_end_matches('/')),
        None => format!("tollwatch alerts show {number}"),
    };
    let state = format!("{state}, {}", notice.severity.as_str());
    let after = format!("{when}{cost}; rule {rule}.{act}");
    let tone = view::tone(notice);
    entry(&[
        ("what", &case.starting()),
        ("figure", &said),
        ("note", &format!("{state}, {after} {see}")),
        ("state", &state),
        ("after", &after),
        ("see", &see),
        ("tone", tone),
        ("colour", super::colour(tone)),
    ])
}

fn sections(digest: &Digest, around: &Around<'_>, most: Most) -> Vec<Value> {
    let mut sections = Vec::new();
    let mut add = |title: String, lines: Vec<Value>, left: usize| {
        if !lines.is_empty() {
            let left = i64::try_from(left).unwrap_or(i64::MAX);
            sections.push(Value::from_pairs([
                ("title", Value::from(title)),
                ("lines", Value::from(lines)),
                (
                    "left",
                    Value::from(if left == 0 {
                        String::new()
                    } else {
                        figure::count(left)
                    }),
                ),
            ]));
        }
    };
    for section in &digest.sections {
        let lines: Vec<Value> = section.lines.iter().take(most.lines).map(line).collect();
        let left = section.left + section.lines.len().saturating_sub(lines.len());
        add(clean::name(&section.title), lines, left);
    }
    let lines: Vec<Value> = digest
        .notices
        .iter()
        .take(most.notices)
        .map(|notice| noticed(notice, around, digest.kind == DigestKind::Inventory))
        .collect();
    let left = digest.notices_left + digest.notices.len().saturating_sub(lines.len());
    add(digest.kind.of_notices().to_owned(), lines, left);
    sections
}

fn foot(digest: &Digest, around: &Around<'_>) -> Vec<String> {
    let mut foot = vec![format!(
        "You get this because {}.",
        clean::sentence(around.why)
    )];
    let mut facts = Vec::new();
    if let Some(day) = around.prices_of {
        facts.push(format!("Price list {}.", moment::date(day, chrono_tz::UTC)));
    }
    let zone = moment::zone_name(digest.told, around.zone);
    facts.push(format!("Times are {zone}."));
    foot.push(facts.join(" "));
    foot
}

/// The texts that the template of digests is given, and the subject without its state.
pub(super) fn values(digest: &Digest, around: &Around<'_>, most: Most) -> (Value, String) {
    let when = span(digest, around);
    let headline = answer(digest, around);
    let topic = format!(
        "{}, {when}: {}",
        digest.kind.title(),
        headline.trim_end_matches('.')
    );
    let base = around.public_url.and_then(clean::address);
    let link = match &base {
        Some(base) => format!("{}/alerts", base.trim_end_matches('/')),
        None => "tollwatch alerts list".to_owned(),
    };
    let values = Value::from_pairs([
        ("kind", Value::from(digest.kind.title())),
        ("when", Value::from(when)),
        ("headline", Value::from(headline)),
        ("topic", Value::from(topic.clone())),
        ("sections", Value::from(sections(digest, around, most))),
        ("link", Value::from(link)),
        ("published", Value::from(base.is_some())),
        ("foot", Value::from(foot(digest, around))),
    ]);
    (values, topic)
}

/// A digest as a mail; one that would be too large lists less and counts more.
#[must_use]
pub fn digest(digest: &Digest, around: &Around<'_>) -> Mail {
    let mut most = Most::default();
    loop {
        let mail = listed(digest, around, most);
        let room = MAIL_BYTES - HEADER_BYTES;
        if mail.bytes("", "").len() <= room || most.notices <= 1 {
            return mail;
        }
        most.lines /= 2;
        most.notices /= 2;
    }
}

fn listed(digest: &Digest, around: &Around<'_>, most: Most) -> Mail {
    let (values, topic) = values(digest, around, most);
    let id = format!(
        "digest-{}-{}",
        digest.kind.as_str(),
        moment::stamp(digest.to)
    );
    let message_id = header::identity(&id, around);
    let mut headers = header::common(digest.told, &message_id, around);
    headers.push((
        "X-Tollwatch-Digest".to_owned(),
        digest.kind.as_str().to_owned(),
    ));
    headers.extend(header::unsubscribe(around));
    Mail {
        text: around.templates.place("digest.txt", &values),
        html: around.templates.place("digest.html", &values),
        subject: header::subject("[DIGEST]", &topic),
        topic,
        png: None,
        png_narrow: None,
        cid: String::new(),
        thread_root: None,
        headers,
        stem: format!("{}-{id}", moment::stamp(digest.told)),
        message_id,
    }
}
