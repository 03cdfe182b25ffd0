//! Writes mails: one step of an episode, or many things at once, as subject, text, HTML, picture and headers.
//!
//! Knows no server, no clock and no books: a [`Notice`] says everything. A newcomer may ask why prose is code and
//! not templates: text and HTML, subject and page must say the same figures in the same words.

mod advice;
mod claim;
mod clean;
mod digest;
mod due;
mod example;
mod figure;
mod header;
mod hook;
mod landed;
mod link;
mod metric;
mod mime;
mod moment;
mod note;
mod picture;
pub mod read;
mod rows;
mod spark;
mod spending;
mod template;
mod undelivered;
mod view;
mod who;
mod wrap;

use chrono_tz::Tz;
use minijinja::value::Value;

use crate::alert::{Notice, Severity, StepKind};
use crate::units::UnixMillis;

use picture::Picture;
use view::View;

pub use digest::{Digest, DigestKind, Line, Section, digest};
pub use hook::hook;
pub use link::{Act, SILENCE_HOURS, Sign};
pub use note::{Note, note};
pub use picture::drawing;
pub use template::{TemplateFault, Templates};
pub use undelivered::undelivered;

/// Bytes of a mail at most, with its picture in letters.
pub const MAIL_BYTES: usize = 100_000;

/// Bytes of the headers of sender and recipient at most.
const HEADER_BYTES: usize = 5_000;

/// What a mail needs beside what happened.
pub struct Around<'a> {
    /// Where the reader lives.
    pub zone: Tz,
    /// Where pages are published: `https://tollwatch.example`; without it mails name commands.
    pub public_url: Option<&'a str>,
    /// Signs what a link does; a link without signature becomes a command.
    pub sign: &'a Sign<'a>,
    /// The templates in force.
    pub templates: &'a Templates,
    /// The mailbox that mails come from; its domain is that of their identities.
    pub from: &'a str,
    /// What tells this ledger's mails from another's: letters and digits.
    pub realm: &'a str,
    /// The route by which the reader is told, for `List-Id`.
    pub route: &'a str,
    /// Why the reader gets it: `you are on call for customer service features`.
    pub why: &'a str,
    /// [`Mail::topic`] of the episode's first mail; `None` for the first.
    pub topic: Option<&'a str>,
    /// The day of the newest price list.
    pub prices_of: Option<UnixMillis>,
    /// Where a digest is left by one click.
    pub unsubscribe: Option<&'a str>,
}

impl Around<'static> {
    /// Of nobody in particular, for trying templates out.
    fn example() -> Around<'static> {
        static TEMPLATES: std::sync::LazyLock<Templates> =
            std::sync::LazyLock::new(Templates::default);
        Around {
            zone: chrono_tz::UTC,
            public_url: None,
            sign: &|_, _| Some("example".into()),
            templates: &TEMPLATES,
            from: "tollwatch@example.org",
            realm: "example",
            route: "example",
            why: "this is an example",
            topic: None,
            prices_of: None,
            unsubscribe: None,
        }
    }
}

/// A mail, for whomever it goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// `<episode-214.1.7f3a@example.org>`: made from episode and step alone.
    pub message_id: String,
    /// What all mails of an episode refer to; `None` for a digest.
    pub thread_root: Option<String>,
    /// The subject without its state; to be kept with the episode, and handed in again.
    pub topic: String,
    /// The subject.
    pub subject: String,
    /// The text part, in lines of at most 72 columns where no word is longer.
    pub text: String,
    /// The HTML part; it shows the picture by its `cid`.
    pub html: String,
    /// The picture.
    pub png: Option<Vec<u8>>,
    /// The same for phones: clients that know no media queries never show it.
    pub png_narrow: Option<Vec<u8>>,
    /// The picture's identity; that for phones is `narrow-` and the same.
    cid: String,
    /// Headers beside those of sender, recipient, subject and form.
    pub headers: Vec<(String, String)>,
    /// The beginning of a file's name: time, episode and step.
    pub stem: String,
}

impl Mail {
    /// The whole mail as it travels (RFC 5322), from that mailbox to that one; the same bytes every time.
    #[must_use]
    pub fn bytes(&self, from: &str, to: &str) -> Vec<u8> {
        mime::bytes(self, from, to)
    }

    /// A header beside those of sender, recipient, subject and form.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The colours of a state on white; each 4.5 to 1 at least.
fn colour(tone: &str) -> &'static str {
    match tone {
        "page" => "#c6401a",
        "warning" => "#8a5a00",
        "good" => "#17753f",
        _ => "#4c545e",
    }
}

fn picture_value(picture: Option<&Picture>, cid: &str) -> Value {
    match picture {
        Some(picture) => Value::from_pairs([
            ("cid", Value::from(cid)),
            ("width", Value::from(picture.size.0)),
            ("height", Value::from(picture.size.1)),
            ("narrow_cid", Value::from(format!("narrow-{cid}"))),
            ("narrow_width", Value::from(picture.narrow_size.0)),
            ("narrow_height", Value::from(picture.narrow_size.1)),
        ]),
        None => Value::from(()),
    }
}

/// Whether every link is an address.
fn published(view: &View) -> bool {
    view.links.iter().all(|link| !link.is_command)
}

fn lists(view: &View) -> [(&'static str, Value); 4] {
    let rows: Vec<Value> = view
        .rows
        .iter()
        .map(|row| {
            Value::from_pairs([
                ("label", row.label.to_owned()),
                ("strong", row.strong.clone()),
                ("rest", row.rest.clone()),
                ("text", format!("{}{}", row.strong, row.rest)),
            ])
        })
        .collect();
    let others: Vec<Value> = view
        .others
        .iter()
        .map(|other| Value::from_pairs([("who", other.who.clone()), ("what", other.what.clone())]))
        .collect();
    let links: Vec<Value> = view
        .links
        .iter()
        .map(|link| Value::from_pairs([("label", link.label.to_owned()), ("to", link.to.clone())]))
        .collect();
    [
        ("rows", Value::from(rows)),
        ("samples", Value::from(view.samples.clone())),
        ("others", Value::from(others)),
        ("links", Value::from(links)),
    ]
}

/// The texts that the template of notices is given.
fn values(view: &View, picture: Option<&Picture>, cid: &str) -> Value {
    let left = i64::try_from(view.others_left).unwrap_or(i64::MAX);
    let left = if left == 0 {
        String::new()
    } else {
        figure::count(left)
    };
    let texts = [
        ("state", Value::from(view.state.clone())),
        ("severity", Value::from(view.severity)),
        ("tone", Value::from(view.tone)),
        ("colour", Value::from(colour(view.tone))),
        ("when", Value::from(view.when.clone())),
        ("headline", Value::from(view.headline.clone())),
        ("lead", Value::from(view.lead.clone())),
        ("topic", Value::from(view.topic.clone())),
        ("act", Value::from(view.act.clone())),
        ("runbook", Value::from(view.runbook.clone())),
        ("spark", Value::from(view.spark.clone())),
        ("caption", Value::from(view.caption.clone())),
        ("chart", picture_value(picture, cid)),
        ("others_left", Value::from(left)),
        ("published", Value::from(published(view))),
        ("foot", Value::from(view.foot.clone())),
    ];
    Value::from_pairs(texts.into_iter().chain(lists(view)))
}

/// The texts of a notice without its picture, for trying templates out.
fn values_of(notice: &Notice, around: &Around<'_>) -> (Value, View) {
    let view = view::view(notice, around);
    (values(&view, None, ""), view)
}

/// One step of an episode as a mail.
#[must_use]
pub fn render(notice: &Notice, around: &Around<'_>) -> Mail {
    let (episode, step) = (notice.id.episode, notice.id.step);
    let id = format!("episode-{episode}.{step}");
    let message_id = header::identity(&id, around);
    let root = header::identity(&format!("episode-{episode}.0"), around);
    let cid = header::content(&format!("chart-{episode}.{step}"), around);
    let mut view = view::view(notice, around);
    if let Some(topic) = around.topic {
        topic.clone_into(&mut view.topic);
    }
    let state = match (notice.kind, notice.severity) {
        (StepKind::Resolved, _) | (_, Severity::Info) => format!("[{}]", view.state),
        (_, severity) => format!("[{} {}]", view.state, severity.as_str()),
    };
    let picture = picture::picture(notice, around.zone);
    let mut mail = placed(&view, picture, &cid, around);
    mail.subject = header::subject(&state, &view.topic);
    mail.headers = header::of_notice(notice, (&message_id, &root, &view.topic), around);
    mail.topic = view.topic;
    mail.stem = format!("{}-{episode:06}-{step:02}", moment::stamp(notice.told));
    mail.message_id = message_id;
    mail.thread_root = Some(root);
    mail
}

/// Both parts, with the picture where there is room for it.
fn placed(view: &View, picture: Option<Picture>, cid: &str, around: &Around<'_>) -> Mail {
    let with = |picture: Option<Picture>| {
        let values = values(view, picture.as_ref(), cid);
        let (png, png_narrow) = picture.map(|one| (one.png, one.narrow)).unzip();
        Mail {
            message_id: String::new(),
            thread_root: None,
            topic: String::new(),
            subject: String::new(),
            text: around.templates.place("notice.txt", &values),
            html: around.templates.place("notice.html", &values),
            png,
            png_narrow,
            cid: cid.to_owned(),
            headers: Vec::new(),
            stem: String::new(),
        }
    };
    let mail = with(picture);
    if mail.png.is_some() && mail.bytes("", "").len() > MAIL_BYTES - HEADER_BYTES {
        return with(None);
    }
    mail
}

/// A mail that says of itself that it is a test.
#[must_use]
pub fn test_mail(told: UnixMillis, around: &Around<'_>) -> Mail {
    let mut mail = render(&example::notice(told, StepKind::Fired), around);
    mail.message_id = header::identity(&format!("test-{}", moment::stamp(told)), around);
    mail.subject = header::subject(
        "[TEST]",
        "tollwatch can send mails; all figures are made up",
    );
    mail.stem = format!("{}-test", moment::stamp(told));
    mail.headers = header::common(told, &mail.message_id, around);
    mail
}
