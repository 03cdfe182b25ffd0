//! Delivering to a database that is faulty on purpose: nothing is missing, no point has two values,
//! and only what it would never take is refused.
//!
//! Knows a ledger for steps of alerts alone. A newcomer may ask why waits are skipped: how long they are is told, and whether
//! they are kept is a test of its own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod common;
mod influx_support;

use std::time::{Duration, Instant};

use influx_support::fake::{Dice, Fake, Fault};
use influx_support::{Memory, hurry, run, settings};
use tollwatch::app::follow::{Alone, Follower, Mailbag, Moment};
use tollwatch::attribute::{Features, Groups, Registry};
use tollwatch::clock::{Clock, SystemClock};
use tollwatch::config::{InfluxLogin, InfluxVersion, SecretRef};
use tollwatch::judge::Rulebook;
use tollwatch::ledger::{AlertApply, Alerts, EventRow, Follow, Options, SqliteLedger};
use tollwatch::price::PriceBook;
use tollwatch::residency::Regions;
use tollwatch::series::AlertPoint;
use tollwatch::sink::{Deliverer, Ended, Influx, Next, StopSign, Told, deliver};
use tollwatch::telemetry::FollowerError;
use tollwatch::units::UnixMillis;

const VERSIONS: [InfluxVersion; 3] = [InfluxVersion::V1, InfluxVersion::V2, InfluxVersion::V3];

/// Lines of two measurements; `percent` of a hundred are refused by the fake.
fn lines(dice: &mut Dice, n: u64, percent: u64) -> Vec<String> {
    let line = |at: u64| {
        let fate = if dice.roll(100) < percent {
            "refused"
        } else {
            "fine"
        };
        let of = ["llm_calls", "llm_links"][usize::from(dice.roll(4) == 0)];
        format!(
            "{of},at={at},fate={fate},rev=0 calls={}i,cost_usd=0.{at} {}",
            at * 3,
            dice.roll(9)
        )
    };
    (0..n).map(line).collect()
}

/// Every sound line is there once, with one value; exactly the others are refused.
fn check(name: &str, fake: &Fake, outbox: &Memory) {
    assert!(outbox.is_done(), "{name}: stands at {}", outbox.settled);
    let state = fake.state();
    for (point, values) in &state.points {
        assert_eq!(values.len(), 1, "{name}: {point:?} has {values:?}");
    }
    let bad = |line: &&str| state.refuses.iter().any(|word| line.contains(word));
    let all: Vec<&str> = outbox
        .lines
        .iter()
        .map(|line| std::str::from_utf8(&line.bytes).unwrap())
        .collect();
    let wanted: Vec<&str> = all.iter().copied().filter(bad).collect();
    assert_eq!(outbox.refused_lines(), wanted, "{name}");
    for line in all.iter().filter(|line| !bad(line)) {
        let (series, rest) = line.split_once(' ').unwrap();
        let (value, time) = rest.rsplit_once(' ').unwrap();
        let key = (series.to_owned(), time.parse().unwrap());
        assert!(state.points[&key].contains(value), "{name}: {line}");
    }
    assert_eq!(state.points.len(), all.len() - wanted.len(), "{name}");
}

#[test]
fn nothing_is_missing_and_no_point_has_two_values() {
    for seed in 0..30 {
        for version in VERSIONS {
            let mut dice = Dice(seed);
            let percent = [0, 20, 60, 90][usize::try_from(seed % 4).unwrap()];
            let mut faults = Dice(seed ^ 0xbeef);
            let fake = Fake::start(version, Box::new(move |_| faults.fault(percent)));
            fake.state().largest = [usize::MAX, 3_000][usize::from(dice.roll(3) == 0)];
            let n = 1 + dice.roll(400);
            let bad = [0, 3, 40][usize::try_from(dice.roll(3)).unwrap()];
            let mut outbox = Memory::of(lines(&mut dice, n, bad));
            let mut settings = settings(version, &fake.url);
            settings.gzip = dice.roll(2) == 0;
            let influx = Influx::new(&settings).unwrap();
            // Two short lives and a long one; what was not settled is sent by the next.
            for requests in [7, 30, 100_000] {
                hurry(&mut outbox, &influx, requests);
            }
            check(&format!("seed {seed} {version:?}"), &fake, &outbox);
        }
    }
}

/// After a fault that leaves it open whether lines were written, the very same bytes come again.
#[test]
fn what_may_have_been_written_is_sent_again_byte_for_byte() {
    let faults = [
        Fault::DropBefore,
        Fault::DropAfter,
        Fault::DropHalf,
        Fault::BreakOff,
        Fault::Status(500, 0),
        Fault::Status(503, 0),
        Fault::Status(429, 1),
        Fault::Status(401, 0),
    ];
    for fault in faults {
        for gzip in [true, false] {
            let fake = Fake::start(
                InfluxVersion::V2,
                Box::new(move |n| if n < 3 { fault } else { Fault::None }),
            );
            let mut settings = settings(InfluxVersion::V2, &fake.url);
            settings.gzip = gzip;
            let mut outbox = Memory::of(lines(&mut Dice(1), 300, 0));
            hurry(&mut outbox, &Influx::new(&settings).unwrap(), 10);
            check(&format!("{fault:?}"), &fake, &outbox);
            let state = fake.state();
            assert_eq!(state.bodies.len(), 4, "{fault:?}");
            assert!(
                state.bodies.windows(2).all(|two| two[0] == two[1]),
                "{fault:?}"
            );
            let packed = state.bodies[0].starts_with(&[0x1f, 0x8b]);
            assert_eq!(packed, gzip);
        }
    }
}

fn first_trouble(told: &[Told]) -> (FollowerError, Duration) {
    told.iter()
        .find_map(|told| match told {
            Told::Trouble { kind, wait, .. } => Some((*kind, *wait)),
            Told::Written { .. } | Told::Refused { .. } | Told::Works => None,
        })
        .unwrap()
}

#[test]
fn waits_are_as_told() {
    let rows = [
        (Fault::Status(429, 7), FollowerError::Busy, 7_000),
        (Fault::Status(503, 100_000), FollowerError::Busy, 600_000),
        (Fault::Status(503, 0), FollowerError::Busy, 250),
        (Fault::Status(500, 0), FollowerError::Server, 250),
        (Fault::Status(404, 0), FollowerError::Missing, 60_000),
        (Fault::Status(418, 0), FollowerError::Unexpected, 60_000),
        (Fault::DropAfter, FollowerError::Unreachable, 250),
    ];
    for (fault, kind, ms) in rows {
        let fake = Fake::start(
            InfluxVersion::V2,
            Box::new(move |n| if n == 0 { fault } else { Fault::None }),
        );
        let influx = Influx::new(&settings(InfluxVersion::V2, &fake.url)).unwrap();
        let mut outbox = Memory::of(lines(&mut Dice(2), 3, 0));
        let told = hurry(&mut outbox, &influx, 5);
        assert_eq!(
            first_trouble(&told),
            (kind, Duration::from_millis(ms)),
            "{fault:?}"
        );
        assert!(told.contains(&Told::Works), "{fault:?}: {told:?}");
        check(&format!("{fault:?}"), &fake, &outbox);
    }
}

/// A wait that grows: 250 ms, twice as long each time, 30 s at most.
#[test]
fn waits_grow_to_half_a_minute() {
    let fake = Fake::start(InfluxVersion::V2, Box::new(|_| Fault::DropBefore));
    let influx = Influx::new(&settings(InfluxVersion::V2, &fake.url)).unwrap();
    let told = hurry(&mut Memory::of(lines(&mut Dice(2), 3, 0)), &influx, 9);
    let waits: Vec<u128> = told
        .iter()
        .filter_map(|told| match told {
            Told::Trouble { wait, .. } => Some(wait.as_millis()),
            Told::Written { .. } | Told::Refused { .. } | Told::Works => None,
        })
        .collect();
    let wanted = [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
    assert_eq!(waits, wanted);
}

/// Requests stay small once the server, or something before it, has shown how small.
#[test]
fn after_a_413_requests_are_smaller() {
    let fake = Fake::start(InfluxVersion::V2, Box::new(|_| Fault::None));
    fake.state().largest = 40_000;
    let influx = Influx::new(&settings(InfluxVersion::V2, &fake.url)).unwrap();
    let mut outbox = Memory::of(lines(&mut Dice(3), 20_000, 0));
    hurry(&mut outbox, &influx, 5_000);
    check("413", &fake, &outbox);
    let requests = fake.state().bodies.len();
    assert!(requests < 80, "{requests}");
}

/// A token that is replaced in its file is found without a restart.
#[test]
fn a_new_token_in_its_file_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "old\n").unwrap();
    let fake = Fake::start(InfluxVersion::V2, Box::new(|_| Fault::None));
    "Token new\r".clone_into(&mut fake.state().wants);
    let mut settings = settings(InfluxVersion::V2, &fake.url);
    settings.login = InfluxLogin::Token(SecretRef::File(file.clone()));
    let influx = Influx::new(&settings).unwrap();
    let mut outbox = Memory::of(lines(&mut Dice(4), 10, 0));
    let told = hurry(&mut outbox, &influx, 3);
    assert_eq!(first_trouble(&told).0, FollowerError::Denied);
    assert_eq!(outbox.settled, 0);
    std::fs::write(&file, "new\n").unwrap();
    hurry(&mut outbox, &influx, 3);
    check("token", &fake, &outbox);
    let missing = InfluxLogin::Token(SecretRef::Env("TOLLWATCH_NO_SUCH".to_owned()));
    settings.login = missing;
    let fault = Influx::new(&settings).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "the environment variable `TOLLWATCH_NO_SUCH` is not set"
    );
}

/// Whoever waits for a server stops when told to, at once; nothing is lost by it.
#[test]
fn a_stop_ends_a_wait() {
    let fake = Fake::start(
        InfluxVersion::V2,
        Box::new(|n| {
            if n == 0 {
                Fault::Status(503, 500)
            } else {
                Fault::None
            }
        }),
    );
    let influx = Influx::new(&settings(InfluxVersion::V2, &fake.url)).unwrap();
    let mut outbox = Memory::of(lines(&mut Dice(5), 10, 0));
    let stop = StopSign::default();
    let mut deliverer = Deliverer::default();
    let begun = Instant::now();
    let sign = stop.clone();
    let mut tell = |told: Told| {
        if let Told::Trouble { .. } = told {
            sign.stop();
        }
    };
    let clock: &dyn Clock = &SystemClock;
    let around = (&influx, clock);
    let ended = run(deliver(
        &mut deliverer,
        &mut outbox,
        around,
        &stop,
        &mut tell,
    ));
    assert_eq!(ended, Ok(Ended::Stopped));
    assert!(begun.elapsed() < Duration::from_mins(1));
    assert_eq!(outbox.settled, 0);
    let again = StopSign::default();
    let ended = run(deliver(
        &mut deliverer,
        &mut outbox,
        around,
        &again,
        &mut |_| {},
    ));
    assert_eq!(ended, Ok(Ended::Drained));
    check("stop", &fake, &outbox);
}

/// What is asked of each version, and how it is signed.
#[test]
fn each_version_is_asked_in_its_own_way() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "s3cret").unwrap();
    let secret = SecretRef::File(file);
    let user = InfluxLogin::User {
        name: "me".to_owned(),
        password: secret.clone(),
    };
    let rows = [
        (
            InfluxVersion::V1,
            user,
            "POST /write?db=llm&precision=s ",
            "authorization: Basic bWU6czNjcmV0",
        ),
        (
            InfluxVersion::V2,
            InfluxLogin::Token(secret.clone()),
            "POST /api/v2/write?org=tollwatch&bucket=llm&precision=s ",
            "authorization: Token s3cret",
        ),
        (
            InfluxVersion::V3,
            InfluxLogin::Token(secret),
            "POST /api/v2/write?bucket=llm&precision=s ",
            "authorization: Token s3cret",
        ),
    ];
    for (version, login, line, header) in rows {
        let fake = Fake::start(version, Box::new(|_| Fault::None));
        let mut settings = settings(version, &fake.url);
        settings.login = login;
        let influx = Influx::new(&settings).unwrap();
        hurry(&mut Memory::of(lines(&mut Dice(6), 1, 0)), &influx, 2);
        let head = fake.state().heads[0].clone();
        assert!(head.starts_with(line) && head.contains(header), "{head}");
        assert!(!format!("{influx:?}").contains("s3cret"));
    }
}

/// Steps of alerts on their whole way, by a follower whose database drops connections: each is there once, under
/// one value, and what may have been written comes again as it was.
#[test]
fn steps_of_alerts_are_there_once_whatever_a_database_does() {
    for seed in 0..8 {
        let mut dice = Dice(seed);
        let mut faults = Dice(seed ^ 0xfade);
        let fake = Fake::start(InfluxVersion::V2, Box::new(move |_| faults.fault(60)));
        let influx = Influx::new(&settings(InfluxVersion::V2, &fake.url)).unwrap();
        let mut ledger = SqliteLedger::open_in_memory(Options::default()).unwrap();
        let (mut at, mut wanted) = (1_795_000_000_000, 0);
        for _ in 0..40 {
            let events: Vec<EventRow> = (0..=dice.roll(3))
                .map(|place| EventRow {
                    at: UnixMillis(at),
                    body: serde_json::to_vec(&AlertPoint {
                        rule: "spend".into(),
                        state: ["firing", "resolved"][usize::from(dice.roll(2) == 0)].into(),
                        title: format!("{at} {place}"),
                        ..AlertPoint::default()
                    })
                    .unwrap(),
                    ..EventRow::default()
                })
                .collect();
            wanted += events.len();
            let cursor = ledger.alert_cursor().unwrap();
            let apply = AlertApply {
                cursor,
                events,
                ..AlertApply::default()
            };
            ledger.alert_apply(&apply).unwrap();
            at += i64::try_from(dice.roll(1_500)).unwrap();
            follow(&mut ledger, at);
            // Some lives are short: what was not settled is sent by the next.
            deliver_some(&mut ledger, &influx, usize::try_from(dice.roll(4)).unwrap());
        }
        deliver_some(&mut ledger, &influx, 100_000);
        let state = fake.state();
        let of_alerts = state
            .points
            .iter()
            .filter(|((series, _), _)| series.starts_with("llm_alerts"));
        let mut found = 0;
        for (point, values) in of_alerts {
            assert_eq!(values.len(), 1, "seed {seed}: {point:?} has {values:?}");
            found += 1;
        }
        assert_eq!(found, wanted, "seed {seed}");
    }
}

/// One look at the books by a follower that begins anew.
fn follow(ledger: &mut SqliteLedger, now: i64) {
    let rules = Rulebook {
        registry: Registry::default(),
        features: Features::new(Vec::new()),
        groups: Groups::default(),
        prices: PriceBook::shipped(),
        regions: Regions::shipped(),
    };
    let mut books = Alone(ledger);
    let mut follower = Follower::begin(&mut books, "test", 100, &rules).unwrap();
    let moment = Moment {
        now: UnixMillis(now),
        ..Moment::default()
    };
    while follower.freeze(&mut books, &moment).unwrap().more {}
}

/// So many requests of a life that then ends.
fn deliver_some(ledger: &mut SqliteLedger, influx: &Influx, requests: usize) {
    let number = ledger.follower("test").unwrap().unwrap().number;
    let mut bag = Mailbag::new(Alone(ledger), number);
    let mut deliverer = Deliverer::default();
    for _ in 0..requests {
        let mut tell = |_| {};
        let step = deliverer.step(&mut bag, influx, &SystemClock, &mut tell);
        match run(step).unwrap() {
            Next::Idle => break,
            Next::Step | Next::Wait(_) => {}
        }
    }
}

/// The commands, where there is no database to be reached or none configured.
#[test]
fn commands_say_what_is_wrong() {
    let desk = common::Desk::new();
    desk.write("none.toml", "");
    let said = desk
        .run(&["influx", "setup", "--config", "none.toml"])
        .code(2);
    assert!(said.err.contains("names no `[[influxdb]]`"), "{}", said.err);
    let text = "[daemon]\nlisten = \"\"\n[[influxdb]]\nname = \"a\"\nurl = \"http://127.0.0.1:9\"\nversion = 1\ndatabase = \"llm\"\n";
    desk.write("t.toml", text);
    let said = desk
        .run(&["influx", "setup", "--config", "t.toml", "--name", "b"])
        .code(2);
    assert!(said.err.contains("known are a"), "{}", said.err);
    let told = desk
        .run(&["influx", "setup", "--json", "--config", "t.toml"])
        .code(1)
        .json();
    assert_eq!(told["state"], "failed");
    assert_eq!(told["hint"], "check `url`, and that the server runs");
    let told = desk
        .run(&["doctor", "--json", "--config", "t.toml"])
        .code(1)
        .lines();
    let row = told.iter().find(|row| row["part"] == "a").unwrap();
    assert_eq!(
        (&row["what"], &row["state"]),
        (&"http://127.0.0.1:9".into(), &"fails".into())
    );
    let secret = text.replace(
        "version = 1",
        "version = 3\ntoken = { env = \"TOLLWATCH_NO_SUCH\" }",
    );
    desk.write("t.toml", secret);
    let told = desk
        .run(&["influx", "setup", "--json", "--config", "t.toml"])
        .code(1)
        .json();
    assert_eq!(
        told["fault"],
        "the environment variable `TOLLWATCH_NO_SUCH` is not set"
    );
}
