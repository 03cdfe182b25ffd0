//! `tollwatch alerts`: what fires, who was told, and orders about it.
//!
//! Knows no rule. A newcomer may ask why an order names its author: what was silenced by nobody is
//! never unsilenced.

mod shape;

use serde_json::json;

use super::args::{self, AlertsBooks, AlertsCommand};
use super::table::{Mark, Rows, plain};
use super::{Terminal, ask};
use crate::alert::{Finding, Severity};
use crate::app::alert as job;
use crate::app::{Failure, setup};
use crate::clock::Clock;
use crate::episode::{EpisodeView, Feedback, Order, Step, matcher_of};
use crate::ledger::{Alerts, AuditRow, SqliteLedger};
use crate::notify::{self, OutboxMail};
use crate::units::{HOUR_MS, Text, UnixMillis, clean_name};

/// Episodes that are shown.
const EPISODES: usize = 200;

/// Does what the command says.
pub(super) fn alerts(command: &AlertsCommand, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    match command {
        AlertsCommand::List(args) => list(args, terminal),
        AlertsCommand::Show(args) => show(args, terminal),
        AlertsCommand::Ack(args) => {
            let order = Order::Ack {
                episode: args.episode,
                author: author(&args.books)?,
                reason: clean_name(&args.reason),
            };
            obey(&args.books, &order, terminal)
        }
        AlertsCommand::Silence(args) => {
            let hours = i64::from(args.hours);
            let episode = match args.matchers.as_slice() {
                [only] => only.parse::<u64>().ok(),
                _ => None,
            };
            let matcher = if let Some(number) = episode {
                job::matcher_of_episode(&ask::open(&args.books.ledger)?, number)?
                    .ok_or_else(|| Failure::Usage(format!("there is no episode {number}")))?
            } else {
                let matchers = args.matchers.iter().map(String::as_str);
                matcher_of(matchers).map_err(Failure::Usage)?
            };
            let order = Order::Silence {
                matcher,
                episode,
                until: terminal
                    .clock
                    .now()
                    .saturating_add(hours.saturating_mul(HOUR_MS)),
                author: author(&args.books)?,
                reason: clean_name(&args.reason),
            };
            obey(&args.books, &order, terminal)
        }
        AlertsCommand::Unsilence(args) => {
            let order = Order::Unsilence {
                silence: args.silence,
                author: author(&args.books)?,
            };
            obey(&args.books, &order, terminal)
        }
        AlertsCommand::Feedback(args) => {
            let known = Feedback::ALL
                .into_iter()
                .find(|one| one.as_str() == args.was);
            let order = Order::Feedback {
                episode: args.episode,
                feedback: known.ok_or_else(|| {
                    let text = format!(
                        "`{}` is no feedback; `real`, `noise` or `planned`",
                        args.was
                    );
                    Failure::Usage(text)
                })?,
                author: author(&args.books)?,
            };
            obey(&args.books, &order, terminal)
        }
        AlertsCommand::TestMail(args) => test_mail(args, terminal),
    }
}

fn author(books: &AlertsBooks) -> Result<Text, Failure> {
    let author = clean_name(&books.author);
    if author.is_empty() {
        return Err(Failure::Usage(
            "`--author` is empty; say who you are".to_owned(),
        ));
    }
    Ok(author)
}

fn obey(books: &AlertsBooks, order: &Order, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    // A wrong path makes no new ledger.
    drop(ask::open(&books.ledger)?);
    let setup = setup::load(books.config.as_deref(), &terminal.clock)?;
    let done = job::order(&books.ledger, &setup, order, terminal.clock.now())?;
    if books.json {
        terminal.json(&json!({ "done": done }))?;
    } else {
        writeln!(terminal.out, "{done}")?;
    }
    Ok(0)
}

/// A time without its fractions.
fn time(at: UnixMillis) -> String {
    at.to_utc().format("%Y-%m-%d %H:%M").to_string()
}

/// What a finding is about, in a word or two.
fn about(finding: &Finding) -> String {
    let values = finding.series.values().iter();
    let mut words: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
    if !finding.subject.is_empty() {
        words.push(&finding.subject);
    }
    if words.is_empty() {
        "everything".to_owned()
    } else {
        words.join(" ")
    }
}

fn mark(severity: Severity) -> Mark {
    match severity {
        Severity::Page => Mark::Bad,
        Severity::Warning => Mark::Doubt,
        Severity::Info => Mark::Plain,
    }
}

fn list(args: &args::AlertsList, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let books = ask::open(&args.ledger)?;
    let episodes = job::episodes(&books, !args.all, EPISODES)?;
    if args.json {
        for episode in &episodes {
            terminal.json(&shape::episode(episode))?;
        }
        return Ok(0);
    }
    if episodes.is_empty() {
        let what = if args.all {
            "no episodes"
        } else {
            "nothing fires"
        };
        writeln!(terminal.out, "{what}")?;
    } else {
        let headings = [
            "episode",
            "since (UTC)",
            "severity",
            "rule",
            "about",
            "state",
        ];
        let mut rows = Rows::new(&headings, 6, terminal);
        for one in &episodes {
            rows.row(row(one));
        }
        rows.show(terminal)?;
    }
    beside(&books, terminal)?;
    Ok(0)
}

fn row(one: &EpisodeView) -> Vec<(String, Mark)> {
    let more = one.series.saturating_sub(1);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let state = match (&one.resolved, &one.acked) {
        (Some(_), _) => "over".to_owned(),
        (None, Some(mark)) => format!("taken care of by {}", mark.author),
        (None, None) if one.told => "firing".to_owned(),
        (None, None) => "firing, not told".to_owned(),
    };
    vec![
        plain(one.number.to_string()),
        plain(time(one.since)),
        (one.severity.as_str().to_owned(), mark(one.severity)),
        plain(one.worst.rule.to_string()),
        plain(format!("{}{more}", about(&one.worst))),
        plain(state),
    ]
}

/// Silences and messages.
fn beside(books: &SqliteLedger, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    for (number, silence) in job::silences(books)? {
        writeln!(
            terminal.out,
            "silence {number} until {} UTC: {} ({}: {})",
            time(silence.until),
            silence.matcher,
            silence.mark.author,
            silence.mark.reason
        )?;
    }
    let counts = books.outbox_counts()?;
    if counts.waiting > 0 {
        let oldest = counts.oldest.map_or_else(String::new, time);
        writeln!(
            terminal.out,
            "{} mails wait, the oldest since {oldest} UTC",
            counts.waiting
        )?;
    }
    if counts.refused > 0 {
        writeln!(terminal.out, "{} mails were refused", counts.refused)?;
    }
    Ok(())
}

fn show(args: &args::AlertsShow, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let books = ask::open(&args.ledger)?;
    let Some(told) = job::told(&books, args.episode)? else {
        return Err(Failure::Usage(format!(
            "there is no episode {}",
            args.episode
        )));
    };
    if args.json {
        let messages: Vec<_> = told.messages.iter().map(shape::message).collect();
        let steps: Vec<_> = told.steps.iter().map(shape::step).collect();
        let episode = told.episode.as_ref().map(shape::episode);
        let done: Vec<_> = told.done.iter().map(shape::done).collect();
        let all = json!({ "episode": episode, "steps": steps, "messages": messages, "done": done });
        return terminal.json(&all).map(|()| 0);
    }
    if let Some(episode) = &told.episode {
        writeln!(
            terminal.out,
            "episode {}: {} of {}, since {} UTC",
            episode.number,
            episode.worst.rule,
            about(&episode.worst),
            time(episode.since)
        )?;
        if let Some(mark) = &episode.acked {
            let at = time(mark.at);
            writeln!(
                terminal.out,
                "taken care of by {} at {at} UTC: {}",
                mark.author, mark.reason
            )?;
        }
        if let (Some(word), Some(mark)) = (&episode.feedback, &episode.judged) {
            let at = time(mark.at);
            writeln!(
                terminal.out,
                "{word}, said {} at {at} UTC: {}",
                mark.author, mark.reason
            )?;
        }
    }
    let mut rows = Rows::new(&["step", "at (UTC)", "what", "series", "told"], 5, terminal);
    for step in &told.steps {
        rows.row(step_row(step));
    }
    rows.show(terminal)?;
    done(&told.done, terminal)?;
    if !told.messages.is_empty() {
        writeln!(terminal.out)?;
        let mut rows = Rows::new(&["mail", "to", "state", "tries", "said"], 5, terminal);
        for one in &told.messages {
            rows.row(vec![
                plain(one.step.to_string()),
                plain(one.to.to_string()),
                plain(one.state.as_str().to_owned()),
                plain(one.attempts.to_string()),
                plain(one.said.clone()),
            ]);
        }
        rows.show(terminal)?;
    }
    Ok(0)
}

/// What people did about it.
fn done(list: &[AuditRow], terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    if list.is_empty() {
        return Ok(());
    }
    writeln!(terminal.out)?;
    let mut rows = Rows::new(&["at (UTC)", "who", "did"], 3, terminal);
    for one in list {
        rows.row(vec![
            plain(time(one.at)),
            plain(one.author.to_string()),
            plain(one.what.clone()),
        ]);
    }
    rows.show(terminal)
}

fn step_row(step: &Step) -> Vec<(String, Mark)> {
    let to: Vec<&str> = step.to.iter().map(|one| one.address.as_str()).collect();
    let told = match step.quiet {
        Some(quiet) => quiet.as_str().to_owned(),
        None => to.join(", "),
    };
    let what = step
        .digest
        .map_or(step.kind.as_str(), |occasion| occasion.as_str());
    vec![
        plain(step.id.step.to_string()),
        plain(time(step.wall)),
        (what.to_owned(), mark(step.severity)),
        plain(step.series.to_string()),
        plain(told),
    ]
}

fn test_mail(args: &args::AlertsTestMail, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let setup = setup::load(args.config.as_deref(), &terminal.clock)?;
    let (zone, now) = (setup.ready.timezone, terminal.clock.now());
    let made = job::test_mail(&setup, &args.to, zone, now);
    let (Some(mail), Some(row)) = (&setup.ready.alerts.mail, made) else {
        return Err(Failure::Usage(
            "the configuration has no `[alerts.mail]`; name a server, a program or a folder"
                .to_owned(),
        ));
    };
    let transport = notify::open(mail).map_err(Failure::Usage)?;
    let sent = transport.send(&OutboxMail {
        message_id: &row.message_id,
        from: &row.from,
        to: &row.to,
        bytes: &row.bytes,
        stem: &row.stem,
    });
    let (taken, said) = match sent {
        Ok(sent) => (true, sent.said),
        Err(refusal) => (false, refusal.to_string()),
    };
    let about = transport.about();
    if args.json {
        terminal.json(&json!({ "by": about, "to": args.to, "taken": taken, "said": said }))?;
    } else {
        let word = if taken { "took it" } else { "did not take it" };
        writeln!(terminal.out, "{about} {word}: {said}")?;
    }
    Ok(u8::from(!taken))
}
