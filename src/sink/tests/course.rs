//! Whole courses against a server in memory that refuses lines, takes parts, fails and loses answers.
//!
//! Knows no wait: troubles pass at once. A newcomer may ask what is compared: everything that the
//! server was ever told, with what it would take and never take.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::InfluxVersion;
use crate::sink::answer::{Answer, Refusal, Stopped};
use crate::sink::course::{Course, Effect, Turn};
use crate::sink::outbox::FrozenLine;
use crate::telemetry::FollowerError;

/// A small generator of numbers (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

/// What a server does with a line, told by the line's own text.
fn fate(line: &str) -> &'static str {
    ["conflict", "malformed", "poison", "huge"]
        .into_iter()
        .find(|word| line.contains(word))
        .unwrap_or("fine")
}

/// A server in memory.
struct Server {
    version: InfluxVersion,
    dice: Dice,
    /// Share of requests that end in a fault, of 100.
    faulty: u64,
    /// What was ever written, by series and time.
    points: BTreeMap<String, BTreeSet<String>>,
    requests: u64,
    /// Bytes of a request that it takes.
    largest: usize,
}

impl Server {
    fn write(&mut self, line: &str) {
        let (series, rest) = line.split_once(' ').unwrap();
        let (value, time) = rest.rsplit_once(' ').unwrap();
        let values = self.points.entry(format!("{series} {time}")).or_default();
        values.insert(value.to_owned());
    }

    fn answer(&mut self, body: &str) -> Answer {
        self.requests += 1;
        let server = |said: &str| Answer::Again {
            kind: FollowerError::Server,
            said: said.to_owned(),
        };
        let lost = Answer::Again {
            kind: FollowerError::Unreachable,
            said: "connection reset".to_owned(),
        };
        let faulty = self.dice.roll(100) < self.faulty;
        if faulty {
            match self.dice.roll(6) {
                0 => return lost,
                1 => {
                    return server(
                        ["answers 500", "no space left on device"]
                            [usize::try_from(self.dice.roll(2)).unwrap()],
                    );
                }
                2 => {
                    return Answer::Wait {
                        asked: None,
                        said: String::new(),
                    };
                }
                3 => {
                    return Answer::Stop(Stopped {
                        kind: FollowerError::Denied,
                        said: String::new(),
                        hint: "",
                    });
                }
                // The others: applied, in part at least, and the answer is lost.
                _ => {}
            }
        }
        let answer = self.apply(body);
        if faulty { lost } else { answer }
    }

    fn apply(&mut self, body: &str) -> Answer {
        let lines: Vec<&str> = body.lines().collect();
        if body.len() > self.largest || lines.iter().any(|line| fate(line) == "huge") {
            return Answer::TooLarge;
        }
        if lines.iter().any(|line| fate(line) == "poison") {
            return Answer::Again {
                kind: FollowerError::Server,
                said: "panic: runtime error".to_owned(),
            };
        }
        let bad: Vec<usize> = (0..lines.len())
            .filter(|at| fate(lines[*at]) != "fine")
            .collect();
        let malformed = bad.iter().any(|at| fate(lines[*at]) == "malformed");
        let refusal = |dropped, named, rest_written| {
            Answer::Refused(Refusal {
                reason: "partial write".to_owned(),
                dropped,
                named,
                rest_written,
            })
        };
        if self.version == InfluxVersion::V2 && malformed {
            return refusal(None, Vec::new(), false);
        }
        for (at, line) in lines.iter().enumerate() {
            // Version 2 may answer before the other shards are done.
            let done = self.version != InfluxVersion::V2 || bad.is_empty() || self.dice.roll(3) > 0;
            if !bad.contains(&at) && done {
                self.write(line);
            }
        }
        if bad.is_empty() {
            return Answer::Written;
        }
        if self.version == InfluxVersion::V3 {
            let named = bad.iter().map(|at| (*at, "bad".to_owned())).collect();
            return refusal(None, named, true);
        }
        // The count is of one shard: anything up to all of them.
        let shard = u64::try_from(bad.len()).unwrap();
        let dropped = 1 + usize::try_from(self.dice.roll(shard)).unwrap();
        refusal((!malformed).then_some(dropped), Vec::new(), false)
    }
}

/// Lines of three measurements, some of which no server would take.
fn lines(dice: &mut Dice) -> Vec<FrozenLine> {
    let mut id = 0;
    let n = 1 + dice.roll(300);
    let bad = dice.roll(20);
    (0..n)
        .map(|at| {
            id += 1 + dice.roll(3);
            let fate = match dice.roll(100) {
                roll if roll < bad => "conflict",
                97 => "malformed",
                98 if bad > 10 => "poison",
                99 if bad > 15 => "huge",
                _ => "fine",
            };
            let of =
                ["llm_calls", "llm_prompt", "llm_links"][usize::try_from(dice.roll(3)).unwrap()];
            let line = format!(
                "{of},at={at},fate={fate} calls={}i {}",
                id * 7,
                dice.roll(5)
            );
            FrozenLine {
                id,
                bytes: line.into_bytes(),
            }
        })
        .collect()
}

/// Runs one course to its end, or to a crash after which a new one begins; gives requests made.
fn run(seed: u64) -> u64 {
    let mut dice = Dice(seed);
    let mut all = lines(&mut dice);
    let version = [InfluxVersion::V1, InfluxVersion::V2, InfluxVersion::V3]
        [usize::try_from(dice.roll(3)).unwrap()];
    let mut server = Server {
        version,
        faulty: dice.roll(60),
        points: BTreeMap::new(),
        requests: 0,
        largest: [500, 4_000, 1 << 20][usize::try_from(dice.roll(3)).unwrap()],
        dice: Dice(seed ^ 0xfeed),
    };
    let mut refused = BTreeSet::new();
    let mut settled = 0;
    let last = all.last().unwrap().id;
    let mut arrived = 1 + usize::try_from(dice.roll(300)).unwrap().min(all.len() - 1);
    let mut course = Course::default();
    while settled < last {
        assert!(
            server.requests < 100_000,
            "seed {seed} stands at {settled} of {last}"
        );
        if let Turn::Load { after, .. } = course.turn() {
            let from = after.max(settled);
            let some = all[..arrived].iter().filter(|line| line.id > from);
            course.load(
                some.take(1 + usize::try_from(dice.roll(80)).unwrap())
                    .cloned()
                    .collect(),
            );
        }
        if arrived == all.len() && dice.roll(10) == 0 {
            // There is always a next minute.
            let id = all.last().unwrap().id + 1;
            let bytes = format!("llm_calls,at={id} calls=1i 9").into_bytes();
            all.push(FrozenLine { id, bytes });
        }
        arrived = (arrived + 1).min(all.len());
        let Turn::Send { .. } = course.turn() else {
            course.wake();
            continue;
        };
        let body = String::from_utf8(course.body()).unwrap();
        let answer = server.answer(&body);
        for effect in course.answered(answer) {
            match effect {
                Effect::Refused { id, .. } => {
                    refused.insert(id);
                }
                Effect::Settled { up_to } => settled = settled.max(up_to),
                Effect::Written { .. } | Effect::Trouble { .. } => {}
            }
        }
        // Early on often, then so seldom that a doubted line can be judged in one life.
        if dice.roll(if server.requests < 500 { 100 } else { 3_000 }) == 0 {
            // The process ends; what was not settled comes out of the outbox again.
            course = Course::default();
        }
    }
    all.retain(|line| line.id <= last);
    check(seed, &all, (&server, &refused));
    server.requests
}

fn check(seed: u64, all: &[FrozenLine], (server, refused): (&Server, &BTreeSet<u64>)) {
    for (point, values) in &server.points {
        assert_eq!(values.len(), 1, "seed {seed}: {point} has {values:?}");
    }
    for line in all {
        let text = std::str::from_utf8(&line.bytes).unwrap();
        let (series, rest) = text.split_once(' ').unwrap();
        let key = format!("{series} {}", rest.rsplit_once(' ').unwrap().1);
        let there = server.points.contains_key(&key);
        let fine = fate(text) == "fine";
        assert_eq!(there, fine, "seed {seed}: {text}");
        assert_eq!(refused.contains(&line.id), !fine, "seed {seed}: {text}");
    }
}

#[test]
fn nothing_is_missing_and_nothing_sound_is_refused() {
    let requests: u64 = (0..700).map(run).sum();
    assert!(requests > 10_000, "{requests}");
}

/// How many requests one bad batch costs: a conflict is of a measurement, retention of a time.
#[test]
fn a_bad_batch_costs_few_requests() {
    let line = |id: u64, text: String| FrozenLine {
        id,
        bytes: text.into_bytes(),
    };
    let sent = |lines: Vec<FrozenLine>, bad: &dyn Fn(&str) -> bool| {
        let mut course = Course::default();
        course.load(lines);
        let (mut requests, mut refused) = (0, 0);
        while let Turn::Send { .. } = course.turn() {
            let body = String::from_utf8(course.body()).unwrap();
            let dropped = body.lines().filter(|line| bad(line)).count();
            let answer = if dropped == 0 {
                Answer::Written
            } else {
                Answer::Refused(Refusal {
                    reason: String::new(),
                    dropped: Some(dropped),
                    named: Vec::new(),
                    rest_written: false,
                })
            };
            requests += 1;
            let effects = course.answered(answer);
            let of_line = |effect: &&Effect| matches!(effect, Effect::Refused { .. });
            refused += effects.iter().filter(of_line).count();
        }
        (requests, refused)
    };
    let names = ["llm_calls", "llm_links"];
    let mixed: Vec<FrozenLine> = (0..5_000)
        .map(|n: u64| {
            line(
                n + 1,
                format!("{},a={n} x=1i {n}", names[usize::from(n % 2 == 0)]),
            )
        })
        .collect();
    let conflict = |line: &str| line.starts_with("llm_links");
    assert_eq!(sent(mixed.clone(), &conflict), (3, 2_500));
    let old = |line: &str| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap() < 1_234;
    let (requests, refused) = sent(mixed.clone(), &old);
    assert_eq!(refused, 1_234);
    assert!(requests < 60, "{requests}");
    let one = |line: &str| line.contains("a=4321 ");
    let (requests, refused) = sent(mixed, &one);
    assert_eq!(refused, 1);
    assert!(requests < 30, "{requests}");
}
