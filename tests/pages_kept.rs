//! A page that is kept is the page that would be made now: figures are never of yesterday's books.
//!
//! Knows no socket. A newcomer may ask why pages are compared as texts and not by a figure: whatever a page says may
//! have changed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod ledger_support;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tollwatch::app::pages::{PLACES, Pages, Readers};
use tollwatch::app::setup::{self, Setup};
use tollwatch::clock::FixedClock;
use tollwatch::entry::Entry;
use tollwatch::episode::Order;
use tollwatch::ledger::{Ledger, Options, SqliteLedger};
use tollwatch::units::{Text, UnixMillis};
use tollwatch::web::page::{Reader, alone, full};
use tollwatch::web::{Answers, Asked};

use ledger_support::{DAY, START, batch, entry, shared, traffic};

const NOW: UnixMillis = UnixMillis(START + 20 * DAY);

fn pages(books: &SqliteLedger, setup: &Arc<Setup>, clock: &Arc<FixedClock>) -> Pages<Readers> {
    let setup = Arc::clone(setup);
    let readers = Readers::new(books.beside().unwrap(), move || Arc::clone(&setup));
    Pages::new(readers, clock.clone())
}

/// Books of a folder without anything in them, and a configuration that says nothing.
fn empty(folder: &tempfile::TempDir) -> (SqliteLedger, Arc<Setup>, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::at(NOW));
    let books = SqliteLedger::open(&folder.path().join("books.db"), Options::default()).unwrap();
    let config = folder.path().join("tollwatch.toml");
    std::fs::write(&config, "").unwrap();
    let setup = Arc::new(setup::load(Some(&config), clock.as_ref()).unwrap());
    (books, setup, clock)
}

fn text(pages: &Pages<Readers>, path: &str, query: &str) -> String {
    let asked = Asked::parse(query).unwrap();
    let page = pages.page(path, &asked, Instant::now()).unwrap();
    full(&page, pages.places(), path, &Reader::default())
}

fn queries() -> [&'static str; 4] {
    [
        "",
        "from=2026-11-02&to=2026-11-21",
        "from=2026-11-03&to=2026-11-05",
        "feature=hrsd/chat",
    ]
}

/// Every page as it is kept and as it is made anew.
fn same(kept: &Pages<Readers>, anew: &dyn Fn() -> Pages<Readers>, what: &str) {
    for (path, ..) in PLACES {
        for query in queries() {
            let once = text(kept, path, query);
            assert_eq!(once, text(&anew(), path, query), "{what}: {path}?{query}");
            assert_eq!(once, text(kept, path, query), "{what}: {path}?{query}");
        }
    }
}

#[test]
fn a_page_changes_with_the_books_the_configuration_and_the_time() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock::at(NOW));
    let config = folder.path().join("tollwatch.toml");
    let configured = |text: &str| -> Arc<Setup> {
        std::fs::write(&config, text).unwrap();
        Arc::new(setup::load(Some(&config), clock.as_ref()).unwrap())
    };
    let setup = configured("");
    let mut books =
        SqliteLedger::open(&folder.path().join("books.db"), Options::default()).unwrap();
    let of = Arc::new(Mutex::new(Arc::clone(&setup)));
    let in_force = Arc::clone(&of);
    let readers = Readers::new(books.beside().unwrap(), move || {
        Arc::clone(&in_force.lock().unwrap())
    });
    let kept = Pages::new(readers, clock.clone());
    same(&kept, &|| pages(&books, &setup, &clock), "empty books");

    let mut strange = entry(START + 3 * DAY, 1 << 40);
    shared(&mut strange).key.endpoint = "elsewhere.example".into();
    let changes: [(&str, Vec<Entry>); 4] = [
        ("a fortnight", traffic(1, 1_500, 14)),
        (
            "a call of the last day",
            vec![entry(START + 13 * DAY, 2 << 40)],
        ),
        ("an endpoint on an old day", vec![strange]),
        ("a day more", vec![entry(START + 19 * DAY, 3 << 40)]),
    ];
    for (what, entries) in changes {
        let before = text(&kept, "/spend", queries()[1]);
        books.apply(&batch(entries), NOW).unwrap();
        assert_ne!(text(&kept, "/spend", queries()[1]), before, "{what}");
        same(&kept, &|| pages(&books, &setup, &clock), what);
    }
    // No figure of a cell, and yet a page tells it.
    books.config_number("another = 1", NOW).unwrap();
    same(
        &kept,
        &|| pages(&books, &setup, &clock),
        "a commit without a cell",
    );
    clock.set(UnixMillis(NOW.0 + 3 * DAY));
    same(&kept, &|| pages(&books, &setup, &clock), "three days later");

    let before = text(&kept, "/endpoints", "");
    let named = "[endpoint.azure-weu]\nbase_url = \"https://contoso-weu.openai.azure.com\"\nregion = \"azure:westeurope\"\n";
    let other = configured(named);
    *of.lock().unwrap() = Arc::clone(&other);
    assert_ne!(
        text(&kept, "/endpoints", ""),
        before,
        "another configuration"
    );
    same(
        &kept,
        &|| pages(&books, &other, &clock),
        "another configuration",
    );
}

#[test]
fn one_look_at_the_books_serves_all_for_a_moment_and_nobody_who_changes_something() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock::at(NOW));
    let books = SqliteLedger::open(&folder.path().join("books.db"), Options::default()).unwrap();
    let config = folder.path().join("tollwatch.toml");
    std::fs::write(&config, "").unwrap();
    let configured = || Arc::new(setup::load(Some(&config), clock.as_ref()).unwrap());
    let in_force = Arc::new(Mutex::new(configured()));
    let of = Arc::clone(&in_force);
    let reader = books.beside().unwrap();
    let books = Arc::new(Mutex::new(books));
    let by = Arc::clone(&books);
    let book = move |id: u64| {
        let call = batch(vec![entry(START + 2 * DAY, id)]);
        by.lock().unwrap().apply(&call, NOW).unwrap();
    };
    let done = book.clone();
    let readers =
        Readers::new(reader, move || Arc::clone(&of.lock().unwrap())).obeyed_by(move |order| {
            match order {
                Order::Silence { .. } => {
                    done(50);
                    Ok("silenced".to_owned())
                }
                other @ (Order::Ack { .. } | Order::Unsilence { .. } | Order::Feedback { .. }) => {
                    Err(format!("{other:?}"))
                }
            }
        });
    let pages = Pages::new(readers, clock.clone()).fresh_for(Duration::from_hours(1));
    let page = || {
        let page = pages.page("/", &Asked::default(), Instant::now());
        page.unwrap()
    };
    book(1);
    let first = page();
    let told = pages.version();
    assert_eq!(first.version, told);

    book(2);
    assert!(Arc::ptr_eq(&first, &page()), "a moment ago");
    assert_eq!(pages.version(), told, "nobody is told what no page has");
    let other = pages.page("/spend", &Asked::default(), Instant::now());
    let other = other.unwrap().version;
    assert!(other > told, "a page that is made knows all that there is");

    *in_force.lock().unwrap() = configured();
    let second = page();
    assert!(!Arc::ptr_eq(&first, &second), "another configuration");
    assert!(second.version > first.version);
    assert_eq!(pages.version(), second.version);

    let form = Asked::parse("what=kind%3Dresidency&hours=4&reason=x").unwrap();
    let author = Text::const_new("anna");
    pages.change("/alerts/silences", &form, &author).unwrap();
    let third = page();
    assert!(third.version > second.version, "what somebody did is there");

    book(60);
    let refused = Asked::parse("what=kind%3Dresidency").unwrap();
    let refused = pages.change("/alerts/silences/9/end", &refused, &author);
    refused.unwrap_err();
    assert!(page().version > third.version, "and so is what was refused");
    pages.forget();
    assert_eq!(page().version, pages.version());
}

#[test]
fn no_page_is_older_than_what_was_told() {
    let folder = tempfile::tempdir().unwrap();
    let (mut books, setup, clock) = empty(&folder);
    // So short that it runs out now and then.
    for fresh in [0, 1, 20].map(Duration::from_millis) {
        let pages = pages(&books, &setup, &clock).fresh_for(fresh);
        for id in 0..40 {
            let call = entry(
                START + 2 * DAY,
                (u64::from(fresh.subsec_millis()) << 20) | id,
            );
            books.apply(&batch(vec![call]), NOW).unwrap();
            let told = pages.version().unwrap();
            let page = pages.page("/health", &Asked::default(), Instant::now());
            let page = page.unwrap();
            assert!(page.version.unwrap() >= told, "{fresh:?} {id}");
            let html = full(&page, &[], "/health", &Reader::default());
            let said = format!("<body data-books=\"{}\">", page.version.unwrap());
            assert!(html.contains(&said), "{fresh:?} {id}");
            assert!(!alone(&page).contains("data-books"));
        }
    }
}

#[test]
fn whoever_asks_together_shares_a_page_and_whoever_asks_later_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let (mut books, setup, clock) = empty(&folder);
    books.apply(&batch(traffic(1, 100, 3)), NOW).unwrap();
    let pages = pages(&books, &setup, &clock);
    let asked = Asked::default();
    let arrived = Instant::now();
    let first = pages.page("/", &asked, arrived).unwrap();
    books
        .apply(&batch(vec![entry(START + 2 * DAY, 1 << 40)]), NOW)
        .unwrap();
    // It arrived before the first was begun, and only waited.
    let second = pages.page("/", &asked, arrived).unwrap();
    assert!(Arc::ptr_eq(&first, &second), "one page for both");
    let third = pages.page("/", &asked, Instant::now()).unwrap();
    assert!(!Arc::ptr_eq(&first, &third), "the books have changed");
    let fourth = pages.page("/", &asked, Instant::now()).unwrap();
    assert!(Arc::ptr_eq(&third, &fourth), "nothing has changed");
    pages.forget();
    let fifth = pages.page("/", &asked, Instant::now()).unwrap();
    assert!(!Arc::ptr_eq(&third, &fifth), "nothing is kept");
}
