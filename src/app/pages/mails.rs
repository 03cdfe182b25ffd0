//! Mails that lie in a folder, as their readers would see them.
//!
//! Knows no HTML of its own. A newcomer may ask why there is such a page at all: where no server takes
//! mails (a demo, a first week), a folder does, and what was said to whom must be readable without one.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::app::setup::Setup;
use crate::config::MailWay;
use crate::figure::{count, plural};
use crate::message::read::{Letter, read};
use crate::web::Refused;
use crate::web::page::{Body, Card, Cell, Choice, Kind, Page, Table, Words, columns};

use super::Ask;
use super::tables::FIRST;
use super::view::Fault;

/// Mails that a page reads.
const SHOWN: usize = 100;
/// Bytes of a mail that are read.
const BYTES_MAX: u64 = 1 << 20;

/// The folder that mails go to, where they go to one.
pub(super) fn folder(setup: &Setup) -> Option<&Path> {
    match &setup.ready.alerts.mail.as_ref()?.way {
        MailWay::Folder(path) => Some(path),
        MailWay::Smtp(_) | MailWay::Sendmail(_) => None,
    }
}

/// Names of the mails in a folder, the latest first: names begin with the time.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names
        .filter_map(|name| name.strip_suffix(".eml").map(str::to_owned))
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort_unstable_by(|a, b| b.cmp(a));
    names
}

fn letter(folder: &Path, name: &str) -> Option<Letter> {
    let path: PathBuf = folder.join(format!("{name}.eml"));
    let file = std::fs::File::open(path).ok()?;
    let mut bytes = Vec::new();
    file.take(BYTES_MAX).read_to_end(&mut bytes).ok()?;
    Some(read(&bytes))
}

/// The HTML of a mail, for a frame that may do nothing.
pub(super) fn framed(setup: &Setup, name: &str) -> Result<String, Refused> {
    let folder = folder(setup).ok_or(Refused::Unknown)?;
    // Only what the folder itself lists is opened.
    let known = names(folder).into_iter().find(|known| known == name);
    let found = known.and_then(|name| letter(folder, &name));
    found.map(|letter| letter.html).ok_or(Refused::Unknown)
}

pub(super) fn page(ask: &Ask<'_>) -> Result<Page, Fault> {
    let folder = folder(ask.setup).ok_or(Fault::Refused(Refused::Unknown))?;
    let names = names(folder);
    if let Some(wanted) = ask.asked.get("mail") {
        let place = names.iter().position(|name| name == wanted);
        let found = place.and_then(|place| Some((place, letter(folder, names.get(place)?)?)));
        let (place, letter) = found.ok_or(Fault::Refused(Refused::Unknown))?;
        return Ok(one(ask, &names, place, &letter));
    }
    let n = i64::try_from(names.len()).unwrap_or(i64::MAX);
    if names.is_empty() {
        return Ok(Page {
            headline: Words::of("No mail has been written yet."),
            lead: Words::of("The first one comes with the first alert. Rules: ").link(
                "Alerts",
                ask.view.link("/alerts"),
                false,
            ),
            ..Page::default()
        });
    }
    Ok(Page {
        headline: Words::of(format!(
            "{} written to a folder.",
            plural(n, "mail was", "mails were")
        )),
        lead: Words::of(
            "Nobody outside was written to: mails of this configuration lie in a folder, as they would have been sent.",
        ),
        rows: vec![vec![list(ask, folder, &names)]],
        ..Page::default()
    })
}

fn link(ask: &Ask<'_>, name: &str) -> String {
    let chosen = crate::web::Asked::parse(ask.view.query.trim_start_matches('?'));
    let chosen = chosen.unwrap_or_default().with("mail", name);
    format!("/mails{}", chosen.query())
}

fn list(ask: &Ask<'_>, folder: &Path, names: &[String]) -> Card {
    let rows = names.iter().take(SHOWN).filter_map(|name| {
        let letter = letter(folder, name)?;
        let subject = letter.header("Subject");
        Some(vec![
            Cell::new(Words::of(letter.header("Date")), letter.header("Date")),
            Cell::name(letter.header("To")),
            Cell::new(Words::new().link(subject, link(ask, name), true), subject),
        ])
    });
    let left = names.len().saturating_sub(SHOWN);
    let foot = match i64::try_from(left).unwrap_or(i64::MAX) {
        0 => Words::new(),
        left => Words::of(format!("{} earlier ones lie in the folder.", count(left))),
    };
    Card {
        title: "Who was told what?".to_owned(),
        sub: Words::of("the latest first"),
        body: vec![Body::Table(Table {
            name: "mails",
            about: "Mails, the latest first",
            columns: columns(&[
                ("Sent", "sent", Kind::Text),
                ("To", "to", Kind::Text),
                ("Subject", "subject", Kind::Prose),
            ]),
            rows: rows.collect(),
            first: FIRST,
            ..Table::default()
        })],
        foot,
    }
}

fn one(ask: &Ask<'_>, names: &[String], place: usize, letter: &Letter) -> Page {
    let name = names.get(place).map_or("", String::as_str);
    let mut ways = Words::new().link("All mails", ask.view.link("/mails"), false);
    let later = place.checked_sub(1).and_then(|place| names.get(place));
    for (word, other) in [("Later", later), ("Earlier", names.get(place + 1))] {
        if let Some(other) = other {
            ways = ways.say(" · ").link(word, link(ask, other), false);
        }
    }
    let mut rows = Vec::new();
    if !letter.html.is_empty() {
        rows.push(vec![Card {
            title: "As most mail programs show it".to_owned(),
            sub: Words::of("in a frame that may run nothing, fetch nothing and lead nowhere"),
            body: vec![Body::Frame {
                address: format!("/mails/{name}.html"),
                about: "The mail's HTML part".to_owned(),
            }],
            ..Card::default()
        }]);
    }
    rows.push(vec![Card {
        title: "As plain text".to_owned(),
        body: vec![Body::Lines(letter.text.clone())],
        ..Card::default()
    }]);
    Page {
        headline: Words::new().name(letter.header("Subject")),
        lead: Words::of("To ")
            .name(letter.header("To"))
            .say(", ")
            .say(letter.header("Date"))
            .say(". ")
            .and(ways),
        rows,
        choice: Choice {
            hidden: vec![("mail".to_owned(), name.to_owned())],
            ..Choice::default()
        },
        ..Page::default()
    }
}
