//! Twenty people at the pages while the books are written at full speed: how long a page takes, and what the writer
//! loses.
//!
//! Knows no page. A newcomer may ask why the writer is alone before and after each stretch with people: it books into
//! one and the same day, whose cells grow and slow it down by themselves, to half of its speed in the first seconds; held
//! against the stretch before alone, people would be blamed for that.

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
/// Turns, each with people and then without; the median counts.
const TURNS: usize = 5;
/// Calls of a batch.
const BATCH: u64 = 500;

/// How long a page took, and its path.
type Took = (Duration, &'static str);

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

/// Looks at page after page until it is over: which, and how long each took.
fn person(address: SocketAddr, seed: u64, query: &str, over: &AtomicBool) -> Vec<Took> {
    let mut dice = Dice(seed);
    let mut took = Vec::new();
    std::thread::sleep(Duration::from_millis(dice.roll(1000)));
    while !over.load(Ordering::Relaxed) {
        let at = usize::try_from(dice.roll(8)).expect("small");
        let (path, ..) = *PLACES.get(at).expect("eight pages");
        took.push((ask(address, &format!("{path}{query}")), path));
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

/// The writer beside people: its speed, and what they saw.
fn beside(
    served: &mut Served,
    (query, seconds): (&str, u64),
    id: &mut u64,
    took: &mut Vec<Took>,
) -> f64 {
    let address = served.address();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let people: Vec<_> = (0..PEOPLE)
            .map(|seed| {
                let over = &over;
                scope.spawn(move || person(address, seed, query, over))
            })
            .collect();
        let speed = write_for(&mut served.books, seconds, id);
        over.store(true, Ordering::Relaxed);
        for person in people {
            took.extend(person.join().expect("a person"));
        }
        speed
    })
}

/// So many hundredths of them took no longer.
fn within(took: &[Took], share: usize) -> Duration {
    let at = took.get(took.len() * share / 100);
    at.map_or(Duration::ZERO, |(took, _)| *took)
}

/// The writer with and without people; how many limits were missed.
pub(crate) fn load(served: &mut Served, seconds: u64) -> u32 {
    let all = format!("?{}", served.all());
    let mut missed = 0;
    let mut id = 1;
    for (what, query, counts) in [("two weeks", "", true), ("all days", all.as_str(), false)] {
        println!("{PEOPLE} people at pages of {what}, beside a writer at full speed");
        let (mut kept, mut took) = (Vec::new(), Vec::new());
        // The day's first calls are booked twice as fast as those that follow.
        write_for(&mut served.books, seconds, &mut id);
        let mut before = write_for(&mut served.books, seconds, &mut id);
        for _ in 0..TURNS {
            let beside = beside(served, (query, seconds), &mut id, &mut took);
            let after = write_for(&mut served.books, seconds, &mut id);
            println!(
                "  {before:.0} calls booked a second alone, {beside:.0} beside {PEOPLE} people, {after:.0} alone"
            );
            kept.push(beside * 2.0 / (before + after));
            before = after;
        }
        took.sort_unstable();
        let (half, most, kept) = (within(&took, 50), within(&took, 95), median(kept));
        println!(
            "  {} pages: half within {half:.1?}, 95 of 100 within {most:.1?}",
            took.len()
        );
        for (path, ..) in PLACES {
            let of = took.iter().filter(|(_, one)| *one == path);
            let of: Vec<Took> = of.copied().collect();
            let (half, most) = (within(&of, 50), within(&of, 95));
            println!("    {path:<12} half within {half:.1?}, 95 of 100 within {most:.1?}");
        }
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
