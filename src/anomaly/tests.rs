//! The detectors as whoever uses them sees them: bins in, judgements out, state as bytes.

use crate::units::UnixMillis;

use super::num::real;
use super::*;

const BUDGET: &str = "1/3w";
/// Monday, 2 June 2025, midnight.
const START: i64 = 1_748_822_400_000;
const DAY: u32 = 144;

fn budget() -> Budget {
    BUDGET.parse().unwrap()
}

fn bin(number: u32, value: Value) -> Bin {
    Bin {
        at: UnixMillis(START + BIN_MS * i64::from(number)),
        value,
        hour_of_week: u16::try_from(number / 6 % 168).unwrap(),
        excluded: false,
    }
}

/// A series as a pure function of the bin: noise from a hash, a rise by day.
fn noise(number: u32) -> u64 {
    let mut z = u64::from(number).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % 41
}

fn by_day(number: u32) -> u64 {
    let working = (8..18).contains(&(number / 6 % 24));
    if working {
        200 + noise(number)
    } else {
        20 + noise(number) / 4
    }
}

/// What a kind's series looks like, this many times the usual.
fn value(kind: Kind, number: u32, times: u64) -> Value {
    match kind {
        Kind::Count => Value::Count(by_day(number) * times),
        Kind::Positive => Value::Positive {
            milli: (900_000 + noise(number) * 5_000) * times,
            n: by_day(number),
        },
        Kind::Share => Value::Share {
            hits: (noise(number) / 20 * times).min(by_day(number)),
            of: by_day(number),
        },
    }
}

const KINDS: [Kind; 3] = [Kind::Count, Kind::Positive, Kind::Share];

/// A detector that has seen so many bins of usual traffic, with its pool.
fn grown(kind: Kind, bins: u32) -> (Detector, Pool) {
    let mut detector = Detector::new(kind, Floor::usual(kind));
    let mut pool = Pool::shipped();
    for number in 0..bins {
        feed(&mut detector, &mut pool, number, value(kind, number, 1));
    }
    (detector, pool)
}

fn feed(detector: &mut Detector, pool: &mut Pool, number: u32, value: Value) -> Judged {
    let bin = bin(number, value);
    pool.renew(bin.at);
    let judged = detector.feed(&bin, pool, budget());
    pool.learn(&judged);
    judged
}

#[test]
fn usual_traffic_is_quiet_and_ten_times_as_much_pages_at_once() {
    for kind in KINDS {
        let (mut detector, mut pool) = grown(kind, 0);
        for number in 0..21 * DAY {
            let judged = feed(&mut detector, &mut pool, number, value(kind, number, 1));
            assert_eq!(judged.page, None, "{kind:?} {number}");
        }
        // Saturday morning, in the night, and a working hour.
        for start in [21 * DAY + 20, 23 * DAY + 70] {
            let (mut detector, mut pool) = grown(kind, start);
            let pages: Vec<u32> = (0..18)
                .filter(|ago| {
                    let number = start + ago;
                    let judged = feed(&mut detector, &mut pool, number, value(kind, number, 10));
                    if judged.page.is_some() {
                        assert!(judged.observed > judged.high, "{judged:?}");
                        assert!(judged.score > judged.threshold, "{judged:?}");
                        assert!(judged.chance_weeks > Some(3.0), "{judged:?}");
                    }
                    judged.page.is_some()
                })
                .collect();
            assert_eq!(pages.len(), 1, "{kind:?} {pages:?}: one page an episode");
            assert!(pages[0] <= 6, "{kind:?} {pages:?}");
        }
    }
}

#[test]
fn state_comes_back_as_it_was_and_stays_small() {
    for kind in KINDS {
        for bins in [0, 1, 143, 500, 1500] {
            let (mut detector, mut pool) = grown(kind, bins);
            let bytes = detector.encode();
            assert!(bytes.len() <= 4096, "{kind:?}: {} bytes", bytes.len());
            let mut again = Detector::decode(&bytes).unwrap();
            let mut pool_again = Pool::decode(&pool.encode()).unwrap();
            assert_eq!(again, detector);
            assert_eq!(pool_again, pool);
            for number in bins..bins + 80 {
                let times = if number > bins + 30 { 9 } else { 1 };
                let value = value(kind, number, times);
                let one = feed(&mut detector, &mut pool, number, value);
                let other = feed(&mut again, &mut pool_again, number, value);
                assert_eq!(one, other, "{kind:?} {number}");
            }
            assert_eq!(again.encode(), detector.encode());
            assert_eq!(pool_again.encode(), pool.encode());
        }
    }
}

#[test]
fn foreign_bytes_are_refused() {
    let (detector, pool) = grown(Kind::Count, 600);
    let (of_detector, of_pool) = (detector.encode(), pool.encode());
    let of_growth = Growth::default().encode();
    for cut in 0..of_detector.len() {
        assert_eq!(Detector::decode(&of_detector[..cut]), None, "{cut}");
    }
    for cut in 0..of_pool.len() {
        assert_eq!(Pool::decode(&of_pool[..cut]), None, "{cut}");
    }
    for cut in 0..of_growth.len() {
        assert_eq!(Growth::decode(&of_growth[..cut]), None, "{cut}");
    }
    for bytes in [of_detector, of_pool, of_growth] {
        let mut newer = bytes.clone();
        newer[0] += 1;
        let longer = [bytes.as_slice(), &[0]].concat();
        for bytes in [newer, longer] {
            assert_eq!(Detector::decode(&bytes), None);
            assert_eq!(Pool::decode(&bytes), None);
            assert_eq!(Growth::decode(&bytes), None);
        }
    }
}

#[test]
fn a_bin_counts_once_and_an_excluded_one_not_at_all() {
    let (mut detector, mut pool) = grown(Kind::Count, 1500);
    let before = detector.clone();
    let judged = feed(&mut detector, &mut pool, 1499, Value::Count(9_999));
    assert_eq!(detector, before, "an earlier bin changes nothing");
    assert_eq!((judged.page, judged.watched), (None, false));

    let usual = detector.learning().bins;
    let mut left = Vec::new();
    for count in [50_000, 3] {
        let mut detector = detector.clone();
        for number in 1500..1550 {
            let planned = Bin {
                excluded: true,
                ..bin(number, Value::Count(count))
            };
            let judged = detector.feed(&planned, &pool, budget());
            assert_eq!((judged.page, judged.watched), (None, false), "{number}");
        }
        assert_eq!(detector.learning().bins, usual);
        left.push(detector.encode());
    }
    assert_eq!(left[0], left[1], "what was planned leaves nothing");
}

#[test]
fn the_first_days_say_what_they_wait_for() {
    let rows = [
        (0, WaitsFor::FirstDay),
        (143, WaitsFor::FirstDay),
        (144, WaitsFor::OwnScale),
        (431, WaitsFor::OwnScale),
        (432, WaitsFor::HoursOfWeek),
        (1007, WaitsFor::HoursOfWeek),
        (1008, WaitsFor::Nothing),
    ];
    for (bins, expected) in rows {
        let (mut detector, mut pool) = grown(Kind::Count, bins);
        assert_eq!(detector.learning().waits_for, expected, "{bins}");
        // Twenty times the expected pages from the second day on; and nothing does on the first.
        let judged = feed(&mut detector, &mut pool, bins, Value::Count(50_000));
        let found = judged.page.is_some();
        assert_eq!(found, expected != WaitsFor::FirstDay, "{bins} {judged:?}");
    }
}

/// Pages in two hours of so many times the usual.
fn pages(detector: &mut Detector, pool: &mut Pool, from: u32, times: u64) -> usize {
    let paged = (from..from + 12).filter(|number| {
        let value = value(Kind::Count, *number, times);
        feed(detector, pool, *number, value).page.is_some()
    });
    paged.count()
}

#[test]
fn what_people_say_changes_what_follows() {
    let mut pools = Vec::new();
    for (feedback, expected) in [
        (None, 1),
        (Some(Feedback::Real), 1),
        (Some(Feedback::Noise), 0),
    ] {
        let start = 15 * DAY + 60;
        let (mut detector, mut pool) = grown(Kind::Count, start);
        assert_eq!(pages(&mut detector, &mut pool, start, 8), 1);
        for number in start + 12..start + DAY {
            feed(
                &mut detector,
                &mut pool,
                number,
                value(Kind::Count, number, 1),
            );
        }
        if let Some(feedback) = feedback {
            detector.hear(feedback, &mut pool);
        }
        pools.push(pool.clone());
        // What came once is in the series' own scale: only something far larger is news.
        let again = detector.clone();
        assert_eq!(
            pages(&mut again.clone(), &mut pool.clone(), start + DAY, 8),
            0
        );
        let larger = pages(&mut again.clone(), &mut pool, start + DAY, 200);
        assert_eq!(larger, expected, "{feedback:?}");
    }
    let threshold = |pool: &Pool| pool.threshold(true, Budget::weeks(8)).unwrap();
    let [unheard, real, noise] = pools.as_slice() else {
        panic!("three of them")
    };
    assert!(
        threshold(real) < threshold(unheard),
        "a real one leaves the pool"
    );
    assert_eq!(noise, unheard, "noise stays in it");
}

#[test]
fn planned_growth_is_the_new_normal() {
    let start = 15 * DAY + 60;
    let mut quiet = Vec::new();
    for planned in [false, true] {
        let (mut detector, mut pool) = grown(Kind::Count, start);
        for number in start..start + 6 {
            feed(
                &mut detector,
                &mut pool,
                number,
                value(Kind::Count, number, 6),
            );
        }
        if planned {
            detector.hear(Feedback::Planned, &mut pool);
        }
        let next = bin(start + 6, value(Kind::Count, start + 6, 6));
        let judged = detector.feed(&next, &pool, budget());
        quiet.push(judged.decibels < 1.0);
    }
    assert_eq!(quiet, [false, true]);
}

#[test]
fn silence_is_told_when_enough_calls_are_missing() {
    // A busy series by day, one call in an hour, and one that nobody uses on weekends.
    type Row = (&'static str, fn(u32) -> u64, u32, u32);
    let rows: [Row; 3] = [
        ("busy", |number| 20 + noise(number), 1, 2),
        (
            "one an hour",
            |number| u64::from(number.is_multiple_of(6)),
            48,
            80,
        ),
        (
            "working days",
            |number| {
                if number / DAY % 7 < 5 {
                    by_day(number)
                } else {
                    0
                }
            },
            1,
            3,
        ),
    ];
    for (name, count, least, most) in rows {
        let mut detector = Detector::new(Kind::Count, Floor::usual(Kind::Count));
        let pool = Pool::shipped();
        // Three weeks, and to noon of a Monday.
        let start = 21 * DAY + 72;
        for number in 0..start {
            let told = detector.silence(budget());
            assert!(
                !told.is_some_and(|silence| silence.is_silent),
                "{name} {number}"
            );
            detector.feed(&bin(number, Value::Count(count(number))), &pool, budget());
        }
        let smallest = detector.silence(budget()).unwrap().smallest_bins.unwrap();
        let silent = (1..200).find(|bins| {
            detector.feed(&bin(start + bins - 1, Value::Count(0)), &pool, budget());
            detector.silence(budget()).unwrap().is_silent
        });
        let silent = silent.unwrap();
        assert!((least..=most).contains(&silent), "{name}: {silent} bins");
        // What is told is an hour near; where silence takes half a day to tell, an eighth of that.
        assert!(
            silent.abs_diff(smallest) <= 6.max(smallest / 8),
            "{name}: {silent} bins, {smallest} told"
        );
    }
    assert_eq!(
        grown(Kind::Count, 1151).0.silence(budget()),
        None,
        "too young"
    );
}

#[test]
fn growth_that_stays_is_told_once() {
    let rows = [
        (100, None),
        (104, None),
        (120, Some(12)),
        (150, Some(4)),
        (300, Some(4)),
    ];
    for (percent, within) in rows {
        let mut growth = Growth::default();
        let mut found = Vec::new();
        let start = 10 * DAY;
        for number in 0..21 * DAY {
            let now = if number < start { 100 } else { percent };
            let value = Value::Positive {
                milli: (1_000_000 + noise(number) * 4_000) * now / 100,
                n: 20,
            };
            if let Some(grown) = growth.feed(&bin(number, value)) {
                assert!((grown.now / grown.before * 100.0 - real(percent)).abs() < 5.0);
                found.push((number - start) / 36);
            }
            let again = Growth::decode(&growth.encode());
            assert_eq!(again.as_ref(), Some(&growth), "{number}");
        }
        assert_eq!(
            found.len(),
            usize::from(within.is_some()),
            "{percent}: {found:?}"
        );
        assert!(found.first().copied() <= within, "{percent}: {found:?}");
    }
}

#[test]
fn spend_is_judged_as_calls_are_where_a_call_costs_its_thirtieth() {
    // Ten cents a call, and a floor of three dollars: 30 calls.
    let mut calls = Detector::new(Kind::Count, Floor::usual(Kind::Count));
    let floor = Floor {
        materiality: 3_000_000,
    };
    let mut spend = Detector::new(Kind::Count, floor);
    let pool = Pool::shipped();
    for number in 0..2_500 {
        let count = by_day(number) * if number == 2_400 { 7 } else { 1 };
        let one = calls.feed(&bin(number, Value::Count(count)), &pool, budget());
        let other = spend.feed(&bin(number, Value::Count(count * 100_000)), &pool, budget());
        assert_eq!(one.page.is_some(), other.page.is_some(), "{number}");
        assert_eq!(one.page.is_some(), number == 2_400, "{number}");
        assert!((one.decibels - other.decibels).abs() < 1e-3, "{number}");
    }
}
