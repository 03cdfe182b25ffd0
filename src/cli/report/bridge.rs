//! `report bridge` for people: a sentence, the steps from one stretch to the other, the features.
//!
//! Knows no ledger. A newcomer may ask why the two ends stand in the table: whoever adds the steps to
//! the first must come to the last, to the cent.

use chrono::{Days, NaiveDate};

use super::{Books, empty, say};
use crate::app::Failure;
use crate::app::report::bridge::{Bridge, Change, Stretch, bridge};
use crate::app::report::gather;
use crate::cli::args::BridgeArgs;
use crate::cli::table::{Mark, Rows, marked, plain};
use crate::cli::{Terminal, ask, words};
use crate::ledger::{Ledger, Span, Zones};
use crate::money::NanoUsd;
use crate::units::UnixMillis;

/// Days of a stretch that is not named.
const DAYS: u64 = 7;

/// Smaller steps are shown only where they are a thousandth of the difference: half a cent.
const LEAST: i64 = 5_000_000;

/// Answers.
pub(super) fn run(args: &BridgeArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let setup = crate::app::setup::load(args.config.as_deref(), &terminal.clock)?;
    let ledger = ask::open(&args.ledger)?;
    let Some((from, against)) = stretches(&ledger, args)? else {
        let why = empty::why(&ledger, &args.ledger)?;
        if args.json {
            terminal.json(&bridge(
                &ledger,
                &setup.rules,
                (NOTHING, NOTHING),
                args.feature.as_deref(),
            )?)?;
        }
        say(&why, args.json, terminal)?;
        return Ok(0);
    };
    let books = Books {
        ledger,
        setup,
        span: from,
    };
    let only = args.feature.as_deref();
    let answer = bridge(&books.ledger, &books.setup.rules, (from, against), only)?;
    if args.json {
        terminal.json(&answer)?;
        return Ok(0);
    }
    let nothing = answer.from.requests_ok == 0 && answer.against.requests_ok == 0;
    match only {
        Some(wanted) if nothing => {
            say(
                &empty::no_feature(&books, &args.ledger, wanted)?,
                false,
                terminal,
            )?;
        }
        None if nothing => say(&empty::why(&books.ledger, &args.ledger)?, false, terminal)?,
        Some(_) | None => {
            let zones = books.ledger.zones();
            let named = (name(zones, from), name(zones, against));
            show(&answer, &named, only.is_none(), terminal)?;
        }
    }
    Ok(0)
}

/// No time at all.
const NOTHING: Span = Span {
    from: UnixMillis(0),
    to: UnixMillis(0),
};

/// Both stretches: as asked for, else the last seven days that the books hold, and as long before.
/// `None` for books that hold no day.
fn stretches(ledger: &dyn Ledger, args: &BridgeArgs) -> Result<Option<(Span, Span)>, Failure> {
    let zones = ledger.zones();
    let from = if let Some(told) = &args.from {
        stretch(zones, "--from", told)?
    } else {
        let gathered = gather(ledger, Span::ALL, args.feature.as_deref())?;
        let Some(last) = gathered.days.keys().next_back() else {
            return Ok(None);
        };
        let first = days_before(zones, *last, DAYS - 1);
        Span {
            from: first,
            to: zones.next_day(*last),
        }
    };
    let against = match &args.against {
        Some(told) => stretch(zones, "--against", told)?,
        None => before(zones, from),
    };
    Ok(Some((from, against)))
}

/// The same length before a stretch: whole days where it is of whole days.
fn before(zones: &Zones, span: Span) -> Span {
    let whole = zones.day_of(span.from) == span.from && zones.day_of(span.to) == span.to;
    let length = span.to.0.saturating_sub(span.from.0);
    let days = (zones.date_of(span.to) - zones.date_of(span.from)).num_days();
    let from = if whole {
        days_before(zones, span.from, u64::try_from(days).unwrap_or(0))
    } else {
        span.from.saturating_add(-length)
    };
    Span {
        from,
        to: span.from,
    }
}

/// Where the day begins that lies so many days before that of `at`.
fn days_before(zones: &Zones, at: UnixMillis, days: u64) -> UnixMillis {
    let date = zones.date_of(at);
    day(
        zones,
        date.checked_sub_days(Days::new(days)).unwrap_or(date),
    )
}

fn day(zones: &Zones, date: NaiveDate) -> UnixMillis {
    // Noon lies on its date in every zone whose day is asked for.
    let noon = date.and_hms_opt(12, 0, 0);
    zones.day_of(UnixMillis(
        noon.map_or(0, |noon| noon.and_utc().timestamp_millis()),
    ))
}

/// Reads `2026-11-14..2026-11-20`, `2026-11-14`, or times of RFC 3339.
fn stretch(zones: &Zones, option: &str, told: &str) -> Result<Span, Failure> {
    let (first, last) = told.split_once("..").unwrap_or((told, told));
    if first.is_empty() || last.is_empty() {
        return Err(Failure::Usage(format!(
            "`{option} {told}` names one end; write both, as `2026-11-14..2026-11-20`"
        )));
    }
    ask::span(zones, Some(first.trim()), Some(last.trim()))
        .map_err(|fault| Failure::Usage(format!("`{option} {told}`: {fault}")))
}

/// A stretch for people: days of the ledger, or times.
fn name(zones: &Zones, span: Span) -> String {
    let whole = zones.day_of(span.from) == span.from && zones.day_of(span.to) == span.to;
    if !whole {
        let minute = |at: UnixMillis| at.to_utc().format("%Y-%m-%dT%H:%MZ").to_string();
        return format!("{} to {}", minute(span.from), minute(span.to));
    }
    let (first, last) = (
        zones.date_of(span.from),
        zones.date_of(span.to.saturating_add(-1)),
    );
    if first == last {
        first.to_string()
    } else {
        format!("{first} to {last}")
    }
}

/// `+$3.70`.
fn more(nano: i64) -> String {
    let text = words::dollars(NanoUsd(nano));
    if nano > 0 { format!("+{text}") } else { text }
}

fn headline(answer: &Bridge, from: &str, against: &str) -> String {
    let hour = |nano: i64| words::dollars(NanoUsd(nano));
    let now = hour(answer.from.nanousd_per_hour);
    match answer.more_nanousd_per_hour {
        0 => format!("{from} cost {now} an hour, as much as {against}."),
        less @ i64::MIN..0 => {
            let less = hour(less.saturating_neg());
            format!("{from} cost {now} an hour, {less} less than {against}.")
        }
        one @ 1.. => {
            let one = hour(one);
            format!("{from} cost {now} an hour, {one} more than {against}.")
        }
    }
}

fn show(
    answer: &Bridge,
    (from, against): &(String, String),
    with_features: bool,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    writeln!(terminal.out, "{}\n", headline(answer, from, against))?;
    let mut rows = Rows::new(
        &["", "an hour", "of it", "requests", "a request"],
        1,
        terminal,
    );
    let end = |name: &str, one: &Stretch| {
        let each = one.cost_per_answered_request_nanousd;
        [
            name.to_owned(),
            words::dollars(NanoUsd(one.nanousd_per_hour)),
            String::new(),
            words::count(one.requests_ok),
            each.map_or_else(|| "–".to_owned(), |each| words::cents(NanoUsd(each))),
        ]
        .map(|text| marked(text, Mark::Strong))
        .to_vec()
    };
    rows.row(end(against, &answer.against));
    let whole = answer.more_nanousd_per_hour;
    let shown = |part: &&Change| {
        let amount = part.nanousd_per_hour.saturating_abs();
        amount >= LEAST || amount.saturating_mul(1000) >= whole.saturating_abs()
    };
    for part in answer.parts.iter().filter(shown) {
        let same = (part.nanousd_per_hour < 0) == (whole < 0);
        let share = if same {
            words::share(
                part.nanousd_per_hour.saturating_abs(),
                whole.saturating_abs(),
            )
        } else {
            String::new()
        };
        rows.row(
            [
                part.words.to_owned(),
                more(part.nanousd_per_hour),
                share,
                String::new(),
                String::new(),
            ]
            .map(plain)
            .to_vec(),
        );
    }
    rows.row(end(from, &answer.from));
    rows.show(terminal)?;
    if with_features && answer.features.len() > 1 {
        features(answer, terminal)?;
    }
    writeln!(
        terminal.out,
        "\nRequests are answered ones, by usage reports. The steps add up exactly; where two\n\
         causes work together, each gets its share of what they make in any order."
    )?;
    if !answer.parts.iter().all(|part| shown(&part)) {
        writeln!(
            terminal.out,
            "Steps of less than half a cent are left out; --json has them."
        )?;
    }
    if let Some(first) = answer.features.first().filter(|_| with_features) {
        let feature = &first.feature;
        writeln!(terminal.out, "\nNext: the same with --feature {feature}")?;
    }
    Ok(())
}

fn features(answer: &Bridge, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    writeln!(terminal.out)?;
    let mut rows = Rows::new(&["feature", "before", "now", "more an hour"], 1, terminal);
    for one in &answer.features {
        let amounts = [one.against_nanousd_per_hour, one.from_nanousd_per_hour];
        let [before, now] = amounts.map(|nano| words::dollars(NanoUsd(nano)));
        rows.row(
            [
                one.name.clone(),
                before,
                now,
                more(one.more_nanousd_per_hour),
            ]
            .map(plain)
            .to_vec(),
        );
    }
    rows.show(terminal)
}
