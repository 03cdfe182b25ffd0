//! What follows the books, what alerts keep, and how large the books are.
//!
//! Knows no HTML. A newcomer may ask why lag is told in changes: a follower that is one change behind
//! may be an hour behind or a second, and its last mark says which.

use crate::figure::{bytes, count, duration, plural};
use crate::ledger::{FollowerRow, OutboxRow, Posted, Way};
use crate::web::page::{Body, Card, Cell, Kind, Table, Tone, Words, columns};

use super::super::Ask;
use super::super::parts::number;
use super::super::tables::FIRST;
use super::super::view::Fault;

/// Messages of the outbox that are counted by state.
const POSTED: usize = 1000;

fn wide(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

pub(super) fn followers_card(ask: &Ask<'_>) -> Result<Card, Fault> {
    let end = ask.ledger.feed_end()?;
    let followers = ask.ledger.followers()?;
    let cursor = ask.ledger.alert_cursor()?;
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for one in &followers {
        rows.push(row(ask, one, end)?);
    }
    if cursor.turn > 0 {
        rows.push(vec![
            Cell::new(Words::of("alerts"), "alerts"),
            number(wide(cursor.seq)),
            behind(end.saturating_sub(cursor.seq)),
            Cell::none(),
            Cell::none(),
            Cell::none(),
            Cell::new(
                Words::of(ask.view.time_text_seconds(cursor.judged)),
                cursor.judged.to_string(),
            ),
        ]);
    }
    let body = if rows.is_empty() {
        Body::Empty(
            Words::of("Nothing follows these books. ")
                .code("[[influxdb]]")
                .say(" and ")
                .code("[alerts]")
                .say(" of the configuration name what should."),
        )
    } else {
        Body::Table(Table {
            name: "followers",
            about: "Followers of the books",
            columns: columns(&[
                ("Follower", "follower", Kind::Text),
                ("Heard to", "seq", Kind::Number),
                ("Behind", "changes_behind", Kind::Number),
                ("Lines waiting", "lines_waiting", Kind::Number),
                ("refused", "lines_refused", Kind::Number),
                ("The server's words", "refusal", Kind::Text),
                ("Last moved", "moved", Kind::Text),
            ]),
            rows,
            first: FIRST,
            ..Table::default()
        })
    };
    Ok(Card {
        title: "Who follows the books?".to_owned(),
        sub: Words::of(format!(
            "each with its own cursor; the books stand at change {}",
            count(wide(end))
        )),
        body: vec![body],
        ..Card::default()
    })
}

fn behind(changes: u64) -> Cell {
    let words = if changes == 0 {
        Words::new().with(Tone::Good, "level")
    } else {
        Words::of(plural(wide(changes), "change", "changes"))
    };
    Cell::new(words, changes.to_string())
}

fn row(ask: &Ask<'_>, one: &FollowerRow, end: u64) -> Result<Vec<Cell>, Fault> {
    let waiting = one.frozen.saturating_sub(one.written);
    let refused = if one.refused == 0 {
        number(0)
    } else {
        let said = count(wide(one.refused));
        Cell::new(Words::new().bad(said), one.refused.to_string())
    };
    let why = ask.ledger.refused(one.number, 1)?;
    let why = why
        .first()
        .map_or_else(Cell::none, |row| Cell::name(&row.reason));
    Ok(vec![
        Cell::name(&one.name),
        number(wide(one.seq)),
        behind(end.saturating_sub(one.seq)),
        number(wide(waiting)),
        refused,
        why,
        if one.marked.0 > 0 {
            Cell::new(
                Words::of(ask.view.time_text_seconds(one.marked)),
                one.marked.to_string(),
            )
        } else {
            Cell::none()
        },
    ])
}

/// Messages that went one way; `None` where none did.
fn by_way(way: Way, posted: &[OutboxRow]) -> Option<Words> {
    let of = |state: Posted| {
        let list = posted
            .iter()
            .filter(|row| row.way == way && row.state == state);
        wide(u64::try_from(list.count()).unwrap_or(u64::MAX))
    };
    let [waiting, sent, refused] = Posted::ALL.map(of);
    if waiting + sent + refused == 0 {
        return None;
    }
    let tone = |n: i64, tone: Tone| if n > 0 { tone } else { Tone::Plain };
    Some(
        Words::of(format!("By {}: {} sent, ", way.as_str(), count(sent)))
            .with(
                tone(waiting, Tone::Warn),
                format!("{} waiting", count(waiting)),
            )
            .say(", ")
            .with(
                tone(refused, Tone::Bad),
                format!("{} refused", count(refused)),
            )
            .say("."),
    )
}

/// Open and past alerts, and messages on their way.
pub(super) fn outbox_card(ask: &Ask<'_>) -> Result<Card, Fault> {
    let counts = ask.ledger.outbox_counts()?;
    let open = ask.ledger.episodes(true, POSTED)?.len();
    let posted = ask.ledger.outbox(None, POSTED)?;
    let mut lines = vec![
        Words::new()
            .link(
                plural(
                    wide(u64::try_from(open).unwrap_or(0)),
                    "alert is open",
                    "alerts are open",
                ),
                ask.view.link("/alerts"),
                false,
            )
            .say("."),
    ];
    lines.extend(Way::ALL.into_iter().filter_map(|way| by_way(way, &posted)));
    if super::super::mails::folder(ask.setup).is_some() {
        let mails = Words::of("They lie in a folder and can be read: ");
        lines.push(mails.link("Mails", ask.view.link("/mails"), false));
    }
    if let Some(oldest) = counts.oldest {
        let age = u64::try_from(ask.now.0.saturating_sub(oldest.0)).unwrap_or(0);
        lines.push(Words::new().with(
            Tone::Warn,
            format!(
                "The oldest waiting message was written {} ago.",
                duration(age)
            ),
        ));
    }
    let last = posted
        .iter()
        .filter(|row| row.state != Posted::Sent && !row.said.is_empty())
        .max_by_key(|row| row.made);
    if let Some(row) = last {
        lines.push(
            Words::of("The other side said last: ")
                .name(row.said.as_str())
                .say(format!(" ({} tries).", row.attempts)),
        );
    }
    Ok(Card {
        title: "Do messages arrive?".to_owned(),
        sub: Words::of(format!("the last {POSTED} messages that are kept")),
        body: vec![Body::Words(lines)],
        ..Card::default()
    })
}

/// How large the books are on disk, and what they keep.
pub(super) fn size_card(ask: &Ask<'_>) -> Result<Card, Fault> {
    let seals = ask.ledger.seals()?;
    let overflows = ask.ledger.overflows()?;
    let size = Words::of("The books' file has ")
        .strong(bytes(ask.ledger.bytes()))
        .say(".");
    let sealed =
        wide(u64::try_from(seals.iter().filter(|row| !row.amendment).count()).unwrap_or(0));
    let amended =
        wide(u64::try_from(seals.iter().filter(|row| row.amendment).count()).unwrap_or(0));
    let retention = &ask.setup.ready.ledger.retention;
    let mut lines = vec![
        size,
        Words::of(format!(
            "Lines of single calls are kept {}, hours {}; days for ever.",
            plural(i64::from(retention.lines_days), "day", "days"),
            plural(i64::from(retention.hours_days), "day", "days"),
        )),
        Words::of(format!(
            "{} sealed, {}. To check the seals: ",
            plural(sealed, "day is", "days are"),
            plural(amended, "amendment", "amendments")
        ))
        .code("tollwatch verify"),
    ];
    let mut sums: std::collections::BTreeMap<&str, u64> = std::collections::BTreeMap::new();
    for row in &overflows {
        *sums.entry(row.kind.as_str()).or_default() += row.n;
    }
    for (kind, n) in sums {
        lines.push(Words::new().with(
            Tone::Warn,
            format!("{} {kind} past a limit", count(wide(n))),
        ));
    }
    Ok(Card {
        title: "How large are the books?".to_owned(),
        body: vec![Body::Words(lines)],
        ..Card::default()
    })
}
