//! How long calls take, how many are refused or fail, and what their repeating cost.
//!
//! Knows no HTML. A newcomer may ask why quantiles are exact for any span: histograms add up, and
//! the quantile is taken of the sum.

mod room;
mod tables;

use crate::app::report::daily::{Daily, daily_of};
use crate::app::report::endpoints::{Endpoint, endpoints};
use crate::app::report::fallback::fallbacks;
use crate::app::report::{Figures, Gathered, gather};
use crate::chart::{Bar, Bars, Daily as Line, Heat, Ink, Look, Unit, Width, real};
use crate::figure::{count, duration, plural, share};
use crate::web::page::{Body, Card, Choice, Page, Tile, Tone, Words};

use super::overview::nothing;
use super::parts::in_percent;
use super::steps::{Stepped, by, marks, stepped};
use super::tables::names;
use super::view::{Fault, View};
use super::{Ask, outages, seen};

/// Upper bounds of the heat map's rows, in milliseconds.
const BOUNDS: [u64; 8] = [500, 1000, 2000, 4000, 8000, 15_000, 30_000, 60_000];
/// Most columns of a heat map; more days share one.
const COLUMNS: usize = 46;

pub(super) fn page(ask: &Ask<'_>) -> Result<Page, Fault> {
    let (ledger, rules, view) = (ask.ledger, ask.rules, ask.view);
    let only = view.feature.as_deref();
    let gathered = gather(ledger, view.span, only)?;
    let daily = daily_of(ledger, rules, view.span, &gathered)?;
    if daily.days.is_empty() {
        return Ok(nothing(ask));
    }
    let answer = endpoints(ledger, rules, view.span)?;
    let followed = fallbacks(ledger, rules, &ask.setup.ready.declared, (view.span, only))?;
    let timeout = usual_timeout(&answer.endpoints);
    let list = stepped(ledger.zones(), &gathered);
    let rows = vec![
        vec![heat_card(ask, &gathered, timeout), wrong_card(&daily.total)],
        vec![
            line_card(view, &list, &Curve::THROTTLED, Width::Wide),
            line_card(view, &list, &Curve::SLOW, Width::Half),
        ],
        vec![tables::features_card(view, &daily)],
        vec![tables::endpoints_card(&answer.endpoints)],
        vec![room::room_card(ask)?],
        vec![room::retries_card(ask)?],
        vec![outages::outages_card(view, &followed)],
    ];
    Ok(Page {
        headline: headline(&daily.total),
        lead: lead(&daily),
        tiles: tiles(&daily),
        rows,
        seen: seen(&daily.total),
        choice: Choice {
            features: names(&daily.features),
            ..Choice::default()
        },
        ..Page::default()
    })
}

fn headline(total: &Figures) -> Words {
    let p95 = total.latency_ms_p95.or(total.duration_ms_p95);
    let mut words = match p95 {
        Some(p95) => Words::of("95 of 100 calls are answered within ").strong(duration(p95)),
        None => Words::of("No call tells how long it took"),
    };
    if total.calls > 0 {
        let tone = |bad: bool| if bad { Tone::Bad } else { Tone::Plain };
        words = words
            .say("; ")
            .with(
                tone(total.calls_throttled.saturating_mul(50) > total.calls),
                share(total.calls_throttled, total.calls),
            )
            .say(" are throttled, ")
            .with(
                tone(total.calls_over_timeout.saturating_mul(100) > total.calls),
                share(total.calls_over_timeout, total.calls),
            )
            .say(" run over their timeout");
    }
    words.say(".")
}

fn lead(daily: &Daily) -> Words {
    let retries: i64 = daily.features.iter().map(|one| one.retries).sum();
    let lost: i64 = daily.features.iter().map(|one| one.lost_ms).sum();
    let fallbacks: i64 = daily.features.iter().map(|one| one.fallbacks).sum();
    let waited = duration(u64::try_from(lost).unwrap_or(0));
    Words::of(format!(
        "{}, {waited} were lost waiting; {} to another endpoint.",
        plural(
            retries,
            "call repeats a failed one",
            "calls repeat a failed one"
        ),
        plural(fallbacks, "call went", "calls went")
    ))
}

fn tiles(daily: &Daily) -> Vec<Tile> {
    let total = &daily.total;
    let tile = |title: &str, n: i64, what: &str| Tile {
        title: title.to_owned(),
        big: Words::new().strong(share(n, total.calls)),
        sub: Words::of(format!(
            "{} of {} calls {what}",
            count(n),
            count(total.calls)
        )),
        ..Tile::default()
    };
    let median = total.latency_ms_p50.or(total.duration_ms_p50);
    let most = total.latency_ms_p95.or(total.duration_ms_p95);
    let said = |ms: Option<u64>| ms.map_or_else(|| "–".to_owned(), duration);
    vec![
        Tile {
            title: "p95 latency".to_owned(),
            big: Words::new().strong(said(most)),
            sub: Words::of(format!("half take {}", said(median))),
            ..Tile::default()
        },
        tile("Throttled", total.calls_throttled, "got 429"),
        tile(
            "Failed",
            total.calls_server_error + total.calls_timeout_or_no_answer,
            "got 5xx, timed out or got no answer",
        ),
        tile("Refused", total.calls_auth, "got 401 or 403"),
        tile(
            "Over their timeout",
            total.calls_over_timeout,
            "took longer than the registry's timeout",
        ),
    ]
}

/// The timeout of most endpoints.
fn usual_timeout(list: &[Endpoint]) -> Option<u64> {
    let mut counts: Vec<(u64, i64)> = Vec::new();
    for one in list {
        let Some(timeout) = one.timeout_ms else {
            continue;
        };
        match counts.iter_mut().find(|(ms, _)| *ms == timeout) {
            Some(found) => found.1 += one.figures.calls,
            None => counts.push((timeout, one.figures.calls)),
        }
    }
    counts
        .into_iter()
        .max_by_key(|(_, calls)| *calls)
        .map(|(ms, _)| ms)
}

fn heat_card(ask: &Ask<'_>, gathered: &Gathered, timeout: Option<u64>) -> Card {
    let zones = ask.ledger.zones();
    let each = gathered.days.len().div_ceil(COLUMNS).max(1);
    let days: Vec<_> = gathered.days.iter().collect();
    let rows = BOUNDS.len() + 1;
    let groups = days.chunks(each);
    let names: Vec<String> = groups
        .clone()
        .filter_map(|group| group.first())
        .map(|(start, _)| ask.view.day_text(zones.date_of(**start)))
        .collect();
    let mut fields = vec![vec![0_i64; names.len()]; rows];
    for (j, group) in groups.enumerate() {
        for (_, group) in group {
            let cell = &group.cell;
            let hist = if cell.latency.count() > 0 {
                &cell.latency
            } else {
                &cell.duration
            };
            for (bucket, n) in hist.buckets() {
                let below = BOUNDS
                    .iter()
                    .filter(|bound| u64::from(*bucket) >= **bound)
                    .count();
                // The highest row stands first.
                let field = fields
                    .get_mut(rows - 1 - below)
                    .and_then(|row| row.get_mut(j));
                if let Some(field) = field {
                    *field += n;
                }
            }
        }
    }
    let last = BOUNDS.last().copied().unwrap_or(0);
    let mut labels = vec![format!("over {}", whole(last))];
    labels.extend(
        BOUNDS
            .iter()
            .rev()
            .map(|bound| format!("to {}", whole(*bound))),
    );
    let limit = timeout.and_then(|ms| {
        let above = BOUNDS.iter().filter(|bound| **bound >= ms).count();
        let text = format!("{} timeout", whole(ms));
        (above > 0).then(|| (real(i64::try_from(above).unwrap_or(0)), text))
    });
    let span = match each {
        1 => "that day".to_owned(),
        _ => format!("those {each} days"),
    };
    let chart = Heat {
        about: &format!("How long calls take, the more calls of {span} the darker"),
        columns: &names,
        rows: &labels,
        fields: &fields,
        limit: limit.as_ref().map(|(rows, text)| (*rows, text.as_str())),
    };
    Card {
        title: "How long do calls take?".to_owned(),
        sub: Words::of(format!("the darker, the more calls of {span} took so long")),
        body: vec![Body::picture(
            &chart.draw(Width::Wide),
            &chart.draw(Width::Narrow),
        )],
        ..Card::default()
    }
}

/// A round duration without decimals.
fn whole(ms: u64) -> String {
    if ms < 1000 {
        format!("{ms}\u{202f}ms")
    } else {
        format!("{}\u{202f}s", ms / 1000)
    }
}

fn wrong_card(total: &Figures) -> Card {
    let list = [
        (
            "429, throttled",
            total.calls_throttled,
            Look::Hatch(Ink::Unproven),
        ),
        ("5xx", total.calls_server_error, Look::Solid(Ink::Bad)),
        (
            "no answer",
            total.calls_timeout_or_no_answer,
            Look::Solid(Ink::Bad),
        ),
        ("401, 403", total.calls_auth, Look::Solid(Ink::Bad)),
        (
            "over the timeout",
            total.calls_over_timeout,
            Look::Frame(Ink::Bad),
        ),
    ];
    let bars: Vec<Bar> = list
        .into_iter()
        .map(|(label, n, look)| Bar {
            label: label.to_owned(),
            value: real(n),
            said: format!("{} · {}", count(n), share(n, total.calls)),
            plan: None,
            look,
        })
        .collect();
    let chart = Bars {
        about: "Calls that went wrong, by what went wrong",
        bars: &bars,
    };
    Card {
        title: "What goes wrong?".to_owned(),
        sub: Words::of(format!("of {}", plural(total.calls, "call", "calls"))),
        body: vec![Body::picture(
            &chart.draw(Width::Half),
            &chart.draw(Width::Narrow),
        )],
        ..Card::default()
    }
}

/// A figure by day.
struct Curve {
    title: &'static str,
    sub: &'static str,
    unit: Unit,
    value: fn(&Figures) -> Option<f64>,
    says: fn(&Figures) -> String,
}

impl Curve {
    const THROTTLED: Curve = Curve {
        title: "How many are throttled?",
        sub: "share of calls that got 429",
        unit: Unit::Percent,
        value: |figures| in_percent(figures.calls_throttled, figures.calls),
        says: |figures| share(figures.calls_throttled, figures.calls),
    };
    const SLOW: Curve = Curve {
        title: "How slow are the slowest?",
        sub: "95 of 100 calls are faster",
        unit: Unit::Millis,
        value: |figures| {
            let ms = figures.latency_ms_p95.or(figures.duration_ms_p95)?;
            Some(real(i64::try_from(ms).ok()?))
        },
        says: |figures| {
            let ms = figures.latency_ms_p95.or(figures.duration_ms_p95);
            ms.map_or_else(|| "–".to_owned(), duration)
        },
    };
}

fn line_card(view: &View, list: &[Stepped], curve: &Curve, width: Width) -> Card {
    let marks = marks(view, list, curve.value, curve.says);
    let days: Vec<_> = list.iter().flat_map(Stepped::ends).collect();
    let sub = format!("{}, {}", curve.sub, by(&days));
    let end = list
        .last()
        .map_or_else(String::new, |one| (curve.says)(&one.figures));
    let line = Line {
        about: &format!("{sub}, {end} at the end"),
        days: &marks,
        plan: None,
        end: &end,
        unit: curve.unit,
        mark: None,
    };
    Card {
        title: curve.title.to_owned(),
        sub: Words::of(sub),
        body: vec![Body::picture(&line.draw(width), &line.draw(Width::Narrow))],
        ..Card::default()
    }
}
