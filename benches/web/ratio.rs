//! What each page weighs, and what it takes against the queries that its figures need.
//!
//! Knows no network. A newcomer may ask why the queries stand here and are not listened for: each figure needs its
//! rows once, and a page that asks twice must not look better for it. Held is the page of which nothing is kept.

use std::hint::black_box;
use std::time::{Duration, Instant};

use tollwatch::app::pages::PLACES;
use tollwatch::ledger::{Alerts, Family, Ledger, Resolution, Span, SqliteLedger};
use tollwatch::residency::Verdict;
use tollwatch::units::{HOUR_MS, UnixMillis};
use tollwatch::web::page::{Reader, full};
use tollwatch::web::{Answers, Asked};

use super::ledger_support::{DAY, START};
use super::measure::{median, timed, verdict};
use super::served::Served;

/// Heaviest page, in bytes.
const WEIGHT: usize = 150_000;
/// A page takes at most so many times its queries,
const TIMES: u32 = 3;
/// or so long: where queries take next to nothing, writing the page takes longer.
const LITTLE: Duration = Duration::from_millis(5);
/// Rounds; the median counts.
const ROUNDS: usize = 7;

fn page(served: &Served, path: &str, query: &str) -> String {
    let asked = Asked::parse(query).expect("a query");
    let page = served
        .pages
        .page(path, &asked, Instant::now())
        .expect("a page");
    full(&page, served.pages.places(), path, &Reader::default())
}

/// Weighs each page, of two weeks and of all days; how many limits were missed.
pub(crate) fn weight(served: &Served) -> u32 {
    println!("bytes of a page, two weeks and all days");
    let mut missed = 0;
    for (path, ..) in PLACES {
        let weights = [String::new(), served.all()].map(|query| {
            let page = page(served, path, &query);
            // One script, put off until the page is there.
            assert_eq!(page.matches("<script").count(), 1, "{path}");
            assert!(page.contains("<script src=\"/script.js\" defer>"), "{path}");
            page.len()
        });
        let most = weights.into_iter().max().unwrap_or(0);
        println!("  {path:<12} {:>8} {:>8}", weights[0], weights[1]);
        missed += verdict(most <= WEIGHT, &format!("{path} at most {WEIGHT}"));
    }
    missed
}

/// All cells of days.
fn days(books: &SqliteLedger, span: Span) {
    let done = books.cells(Resolution::Day, span, &mut |row| {
        black_box(&row);
        Ok(())
    });
    done.expect("cells");
}

/// Calls by the hour: outages, and how much room there is before calls are throttled, are told by nothing coarser.
fn hours(books: &SqliteLedger, span: Span) {
    black_box(books.hour_calls(span).expect("hours"));
}

/// As much evidence as a page shows.
fn evidence(books: &SqliteLedger, span: Span) {
    for verdict in [Verdict::Violated, Verdict::Unproven] {
        let rows = books.examples((span, verdict), &mut |_| true, 40);
        black_box(rows.expect("evidence"));
    }
}

/// What tells how much was not seen.
fn seen(books: &SqliteLedger, span: Span) {
    black_box(books.counts().expect("counts"));
    black_box(books.families(Family::PriceRow, span).expect("price rows"));
    black_box(books.overflows().expect("overflows"));
    black_box(books.losses().expect("losses"));
}

/// Asks what a page's figures need, and does nothing with it.
fn queries(books: &SqliteLedger, path: &str, span: Span) {
    let cells = |span: Span| days(books, span);
    let seen = || seen(books, span);
    let before = Span {
        from: UnixMillis(span.from.0 - (span.to.0 - span.from.0)),
        to: span.from,
    };
    black_box(books.day_configs(Span::ALL).expect("configurations"));
    match path {
        "/" => {
            cells(Span {
                from: before
                    .from
                    .max(UnixMillis(span.to.0 - 37 * DAY))
                    .min(span.from),
                to: span.to,
            });
            seen();
            black_box(books.links(span).expect("links"));
            evidence(books, span);
            black_box(books.episodes(true, 200).expect("episodes"));
        }
        "/spend" => {
            cells(Span {
                from: before.from,
                to: span.to,
            });
            seen();
            black_box(books.links(span).expect("links"));
            black_box(books.families(Family::UserGroup, span).expect("groups"));
        }
        "/residency" => {
            cells(span);
            hours(books, span);
            black_box(books.links(span).expect("links"));
            evidence(books, span);
        }
        "/latency" => {
            cells(span);
            hours(books, span);
            seen();
            black_box(books.links(span).expect("links"));
        }
        "/endpoints" => {
            cells(span);
            seen();
            black_box(books.links(span).expect("links"));
        }
        "/alerts" => {
            black_box(books.episodes(false, 200).expect("episodes"));
            black_box(books.outbox_counts().expect("messages"));
        }
        "/calls" => {
            let hours = Span {
                from: UnixMillis(span.to.0 - 8 * HOUR_MS),
                to: span.to,
            };
            let done = books.lines(hours, &mut |line| {
                black_box(&line);
                Ok(())
            });
            done.expect("lines");
        }
        _ => {
            cells(span);
            seen();
            black_box(books.positions().expect("positions"));
            black_box(books.quarantine(100).expect("quarantine"));
        }
    }
}

/// Times each page and its bare queries in turns; how many limits were missed.
pub(crate) fn against_queries(served: &mut Served) -> u32 {
    println!(
        "a page against its bare queries, medians of {ROUNDS} rounds: anew, after a change of"
    );
    println!("the books' last day, and once more without one; anew is held");
    let mut missed = 0;
    let spans = [
        ("two weeks", String::new(), 14),
        ("all days", served.all(), served.days),
    ];
    for (what, query, days) in spans {
        let span = Span {
            from: UnixMillis(START - (days - 1) * DAY),
            to: UnixMillis(START + DAY),
        };
        for (path, ..) in PLACES {
            let (mut bare, mut anew) = (Vec::new(), Vec::new());
            let (mut changed, mut again) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                bare.push(timed(|| queries(&served.books, path, span)));
                let made = || timed(|| _ = black_box(page(served, path, &query)));
                served.pages.forget();
                anew.push(made());
                served.change();
                let made = || timed(|| _ = black_box(page(served, path, &query)));
                changed.push(made());
                again.push(made());
            }
            let (bare, anew) = (median(bare), median(anew));
            let (changed, again) = (median(changed), median(again));
            println!(
                "  {path:<12} {what}: {anew:.1?}, {changed:.1?}, {again:.1?} against {bare:.1?}"
            );
            let held = anew <= (bare * TIMES).max(LITTLE);
            missed += verdict(
                held,
                &format!(
                    "{path} {:.1} times; at most {TIMES}, or {LITTLE:?}",
                    anew.as_secs_f64() / bare.as_secs_f64()
                ),
            );
        }
    }
    missed
}
