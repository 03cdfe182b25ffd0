//! Twenty people at the pages while the books are written at full speed: how long a page takes, and what the writer
//! loses.
//!
//! Knows no page. A newcomer may ask why the writer's speed is taken in turns, with people and without: a machine
//! that slows down in between then slows both.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tollwatch::app::pages::PLACES;
use tollwatch::ledger::{Ledger, SqliteLedger};
use tollwatch::units::{Text, UnixMillis};

use super::ledger_support::{DAY, Dice, START, batch, entry, shared};
use super::measure::{median, rate, verdict};
use super::served::Served;

/// People at once.
const PEOPLE: u64 = 20;
/// How long each looks at a page.
const LOOK: Duration = Duration::from_secs(1);
/// 95 of 100 pages are there after so long.
const PATIENCE: Duration = Duration::from_millis(150);
/// The writer keeps so many hundredths of its speed.
const KEPT: f64 = 0.95;
/// Turns, each without people and with them.
const TURNS: usize = 3;
/// Calls of a batch.
const BATCH: u64 = 500;

/// How long one page takes, from the connection to its last byte; as long as can be where it was refused.
fn ask(address: SocketAddr, path: &str) -> Duration {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(address).expect("a connection");
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").expect("a request");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    if answer.starts_with(b"HTTP/1.1 200") {
        begun.elapsed()
    } else {
        Duration::MAX
    }
}

/// Looks at page after page until it is over.
fn person(address: SocketAddr, seed: u64, query: &str, over: &AtomicBool) -> Vec<Duration> {
    let mut dice = Dice(seed);
    let mut took = Vec::new();
    std::thread::sleep(Duration::from_millis(dice.roll(1000)));
    while !over.load(Ordering::Relaxed) {
        let at = usize::try_from(dice.roll(8)).expect("small");
        let (path, ..) = PLACES.get(at).expect("eight pages");
        took.push(ask(address, &format!("{path}{query}")));
        std::thread::sleep(LOOK);
    }
    took
}

/// Books calls for so long; how many a second.
fn write_for(books: &mut SqliteLedger, seconds: u64, id: &mut u64) -> f64 {
    let mut dice = Dice(*id);
    let now = UnixMillis(START + DAY);
    let (mut booked, mut took) = (0_u64, Duration::ZERO);
    let until = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < until {
        let mut entries = Vec::new();
        for _ in 0..BATCH {
            let at = i64::try_from(dice.roll(86_400_000)).expect("small");
            let mut one = entry(START + at, (7 << 40) + *id);
            let feature = dice.roll(200);
            shared(&mut one).key.feature = Text::from(format!("app{}/skill{feature}", feature % 5));
            entries.push(one);
            *id += 1;
        }
        let batch = batch(entries);
        let begun = Instant::now();
        books.apply(&batch, now).expect("the books take it");
        took += begun.elapsed();
        booked += BATCH;
    }
    rate(usize::try_from(booked).expect("small"), took)
}

/// The writer with and without people; how many limits were missed.
pub(crate) fn load(served: &mut Served, seconds: u64) -> u32 {
    let address = served.address();
    let all = format!("?{}", served.all());
    let mut missed = 0;
    let mut id = 1;
    for (what, query, counts) in [("two weeks", "", true), ("all days", all.as_str(), false)] {
        println!("{PEOPLE} people at pages of {what}, beside a writer at full speed");
        let (mut kept, mut took) = (Vec::new(), Vec::new());
        for _ in 0..TURNS {
            let alone = write_for(&mut served.books, seconds, &mut id);
            let over = AtomicBool::new(false);
            let beside = std::thread::scope(|scope| {
                let people: Vec<_> = (0..PEOPLE)
                    .map(|seed| {
                        scope.spawn({
                            let over = &over;
                            move || person(address, seed, query, over)
                        })
                    })
                    .collect();
                let beside = write_for(&mut served.books, seconds, &mut id);
                over.store(true, Ordering::Relaxed);
                for person in people {
                    took.extend(person.join().expect("a person"));
                }
                beside
            });
            println!(
                "  {alone:.0} calls booked a second alone, {beside:.0} beside {PEOPLE} people"
            );
            kept.push(beside / alone);
        }
        took.sort_unstable();
        let at = |share: usize| {
            took.get(took.len() * share / 100)
                .copied()
                .unwrap_or_default()
        };
        let (half, most, kept) = (at(50), at(95), median(kept));
        println!(
            "  {} pages: half within {half:.1?}, 95 of 100 within {most:.1?}",
            took.len()
        );
        let one = verdict(most <= PATIENCE, &format!("95 of 100 within {PATIENCE:?}"));
        let other = verdict(
            kept >= KEPT,
            &format!("the writer keeps {:.1} %", kept * 100.0),
        );
        if counts {
            missed += one + other;
        } else {
            println!("    (told, not held: nobody looks at a year a second)");
        }
    }
    missed
}
