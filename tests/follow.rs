//! A model of following: whatever happens to the books and to the follower, no series and time is
//! ever told with two values, and the sums of all points are the books'.

#![allow(clippy::unwrap_used, reason = "tests fail where they stand")]

mod ledger_support;

use std::collections::BTreeMap;

use influxdb_line_protocol::{FieldValue, parse_lines};
use ledger_support::{DAY, Dice, HOUR, START, batch, entry, transport_half, usage_half};
use tollwatch::app::follow::{Access, Alone, Follower, Lag, Mailbag, Moment};
use tollwatch::attribute::{Feature, Features, Groups, Registry};
use tollwatch::entry::{Entry, Money};
use tollwatch::ids::ConfigNumber;
use tollwatch::judge::Rulebook;
use tollwatch::ledger::{
    Again, AlertApply, Alerts, Correction, EventRow, Fault, FaultKind, Follow, Ledger, LinkRow,
    Options, Resolution, Span, SqliteLedger,
};
use tollwatch::link::LinkTotals;
use tollwatch::money::NanoUsd;
use tollwatch::outcome::IgnoreReason;
use tollwatch::price::PriceBook;
use tollwatch::residency::Regions;
use tollwatch::series::{AlertPoint, Body, Measurement, additive_fields};
use tollwatch::sink::Outbox;
use tollwatch::units::UnixMillis;

const NAME: &str = "main";

/// What a database holds: the fields of each series and second.
#[derive(Default)]
struct Server(BTreeMap<(String, i64), String>);

/// Sums by day, measurement and field.
type Sums = BTreeMap<(i64, String, String), i128>;

impl Server {
    fn take(&mut self, line: &[u8]) {
        let line = std::str::from_utf8(line).unwrap();
        let parsed = parse_lines(line).next().unwrap().unwrap();
        let series = parsed.series.to_string();
        let at = parsed.timestamp.unwrap();
        let before = self.0.insert((series, at), line.to_owned());
        assert!(
            before.is_none_or(|before| before == line),
            "told twice: {line}"
        );
    }

    fn sums(&self, ledger: &SqliteLedger) -> Sums {
        let mut sums = Sums::new();
        for ((_, at), line) in &self.0 {
            let parsed = parse_lines(line).next().unwrap().unwrap();
            let tag = |name: &str| parsed.tag_value(name).map(ToString::to_string);
            let measurement = parsed.series.measurement.to_string();
            let state = tag("outcome").as_deref() == Some("state");
            if state || matches!(measurement.as_str(), "llm_follower" | "llm_registry") {
                continue;
            }
            let day = ledger.zones().day_of(UnixMillis(at * 1_000)).0;
            for (name, value) in &parsed.field_set {
                let FieldValue::I64(value) = value else {
                    continue;
                };
                if measurement == "llm_alerts" && name.as_str() != "steps" {
                    continue;
                }
                if name.as_str().contains("_ms_p") || name.as_str().ends_with("_max") {
                    continue;
                }
                if name.as_str().starts_with("prompt_tokens_p") {
                    continue;
                }
                let field = (day, measurement.clone(), name.to_string());
                *sums.entry(field).or_default() += i128::from(*value);
            }
        }
        sums.retain(|_, sum| *sum != 0);
        sums
    }
}

/// The sums that the books say.
fn books(ledger: &SqliteLedger) -> Sums {
    let mut sums = Sums::new();
    let mut add = |day: i64, measurement: Measurement, body: &Body| {
        for (name, value) in additive_fields(measurement, body) {
            let field = (day, measurement.as_str().to_owned(), name.to_owned());
            *sums.entry(field).or_default() += i128::from(value);
        }
    };
    for row in ledger_support::cells(ledger, Resolution::Day) {
        for measurement in Measurement::ALL {
            let body = Body::of_cell(measurement, &row.cell);
            add(row.start.0, measurement, &body);
        }
    }
    for row in ledger.links(Span::ALL).unwrap() {
        let totals = LinkTotals::decode(&row.body).unwrap().values();
        let first = if row.key[0] == "call" { 0 } else { 7 };
        let body = [vec![0; first], totals.to_vec()].concat();
        let day = ledger.zones().day_of(row.hour).0;
        add(day, Measurement::Links, &Body::new(body));
    }
    for row in ledger.counts().unwrap() {
        let body = Body::new(vec![i64::try_from(row.n).unwrap()]);
        add(row.day.0, Measurement::Source, &body);
    }
    for row in ledger.events_of(Span::ALL).unwrap().unwrap() {
        let day = ledger.zones().day_of(row.at).0;
        add(day, Measurement::Alerts, &Body::new(vec![1]));
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

/// The same sums over all days.
fn over_days(sums: Sums) -> Sums {
    let mut all = Sums::new();
    for ((_, measurement, field), sum) in sums {
        *all.entry((0, measurement, field)).or_default() += sum;
    }
    all.retain(|_, sum| *sum != 0);
    all
}

/// A way to the books on which a write can end before or after it was done.
struct Flaky<'a> {
    ledger: &'a mut SqliteLedger,
    fail: u64,
}

impl Access for Flaky<'_> {
    type Reader = SqliteLedger;

    fn reader(&self) -> &SqliteLedger {
        self.ledger
    }

    fn write<T>(
        &mut self,
        work: impl FnOnce(&mut SqliteLedger) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let fault = Err(Fault::new(FaultKind::Io, "the process ends here"));
        match self.fail {
            0 => fault,
            1 => work(self.ledger).and(fault),
            _ => work(self.ledger),
        }
    }
}

fn rules(application: &str) -> Rulebook {
    let feature = Feature {
        key: "itsm/resolution_notes".into(),
        application: application.into(),
        skill: "resolution_notes".into(),
        ..Feature::default()
    };
    Rulebook {
        registry: Registry::default(),
        features: Features::new(vec![feature]),
        groups: Groups::default(),
        prices: PriceBook::shipped(),
        regions: Regions::shipped(),
    }
}

struct World {
    dice: Dice,
    ledger: SqliteLedger,
    server: Server,
    follower: Option<Follower>,
    rules: Rulebook,
    max_series: u64,
    now: i64,
    next_id: u64,
    lines: u64,
    folded: bool,
}

impl World {
    fn new(seed: u64) -> World {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let zones = [
            chrono_tz::UTC,
            chrono_tz::Asia::Kolkata,
            chrono_tz::Europe::Berlin,
        ];
        let options = Options {
            time_zone: zones[usize::try_from(dice.roll(3)).unwrap()],
            horizon_days: 2,
            line_days: 1,
            hour_days: 3,
            ..Options::default()
        };
        let max_series = [30, 90, 100_000][usize::try_from(dice.roll(3)).unwrap()];
        World {
            ledger: SqliteLedger::open_in_memory(options).unwrap(),
            server: Server::default(),
            follower: None,
            rules: rules("itsm"),
            max_series,
            now: START + 3 * DAY,
            next_id: seed << 32,
            lines: 0,
            folded: false,
            dice,
        }
    }

    fn roll(&mut self, sides: u64) -> i64 {
        i64::try_from(self.dice.roll(sides)).unwrap()
    }

    fn moment(&self) -> Moment {
        Moment {
            now: UnixMillis(self.now),
            complete_to: Some(UnixMillis(self.now - 120_000)),
            lags: [("export".into(), Lag::default())].into(),
        }
    }

    fn book(&mut self) {
        let n = 1 + self.roll(25);
        let entries: Vec<Entry> = (0..n)
            .map(|_| {
                let kind =
                    [entry, transport_half, usage_half][usize::try_from(self.roll(3)).unwrap()];
                // A few minutes of a few hours, some around a day's border in each of the zones.
                let hour = [1, 2, 18, 23, 26, 47][usize::try_from(self.roll(6)).unwrap()];
                let at = START + hour * HOUR + self.roll(3) * 25 * 60_000 + self.roll(60_000);
                self.next_id += 1;
                let mut made = kind(at, self.next_id);
                let names = self.roll(40);
                if names < 8 {
                    let key = &mut ledger_support::shared(&mut made).key;
                    key.model = format!("m\\{names}, x=").into();
                }
                made
            })
            .collect();
        self.ledger
            .apply(&batch(entries), UnixMillis(self.now))
            .unwrap();
    }

    fn restate(&mut self) {
        let config = ConfigNumber(2 + u32::try_from(self.roll(1_000)).unwrap());
        let correction = Correction {
            span: Span::ALL,
            config,
            reason: "a test".into(),
        };
        let mut dice = Dice(self.dice.roll(1 << 30));
        let mut judge = |line: &tollwatch::line::Line| {
            let mut entry = line.entry(0);
            entry.config = config;
            Ok(match dice.roll(8) {
                0 => Again::Ignored(IgnoreReason::OtherCall),
                1 => {
                    ledger_support::shared(&mut entry).key.feature = "csm/moved".into();
                    Again::Judged(Box::new(entry))
                }
                2 => {
                    if let Some(request) = &mut entry.request {
                        request.money = Money::Approximated(NanoUsd(77));
                    }
                    Again::Judged(Box::new(entry))
                }
                _ => Again::AsBooked,
            })
        };
        self.ledger
            .restate(&correction, &mut judge, UnixMillis(self.now))
            .unwrap();
    }

    fn link(&mut self) {
        let hour = UnixMillis(START + self.roll(48) * HOUR);
        let n = self.roll(3);
        let row = |i: i64, dice: &mut Dice| LinkRow {
            hour,
            key: [
                ["call", "request"][usize::try_from(i % 2).unwrap()],
                "retry",
                "itsm/a",
                "weu",
                "own",
            ]
            .map(Into::into)
            .to_vec(),
            body: LinkTotals {
                links: i64::try_from(dice.roll(9)).unwrap(),
                spent_nanousd: i64::try_from(dice.roll(9_000)).unwrap(),
                ..LinkTotals::default()
            }
            .encode(),
        };
        let rows: Vec<LinkRow> = (0..n).map(|i| row(i, &mut self.dice)).collect();
        self.ledger
            .put_links(hour, &rows[..rows.len().min(2)])
            .unwrap();
    }

    /// Some steps of alerts, some of them of one series in one second.
    fn alert(&mut self) {
        let at = self.now - self.roll(2) * self.roll(DAY.unsigned_abs() * 3);
        let n = 1 + self.roll(6);
        let event = |place: i64, dice: &mut Dice| {
            let word = |words: [&'static str; 3], dice: &mut Dice| {
                words[usize::try_from(dice.roll(3)).unwrap()].into()
            };
            let point = AlertPoint {
                rule: word(["spend", "first-violation", "a, b=c"], dice),
                kind: "threshold".into(),
                severity: word(["page", "warning", "info"], dice),
                state: word(["firing", "changed", "resolved"], dice),
                feature: word(["", "itsm/resolution_notes", "csm/x\\y"], dice),
                title: format!("step {place} \"of\" {at}"),
                text: "two\nlines, and a \\".to_owned(),
                loss_nanousd: Some(at),
                ..AlertPoint::default()
            };
            EventRow {
                at: UnixMillis(at + place * 300),
                body: serde_json::to_vec(&point).unwrap(),
                ..EventRow::default()
            }
        };
        let events = (0..n).map(|place| event(place, &mut self.dice)).collect();
        let cursor = self.ledger.alert_cursor().unwrap();
        let apply = AlertApply {
            cursor,
            events,
            ..AlertApply::default()
        };
        self.ledger.alert_apply(&apply).unwrap();
    }

    fn begin(&mut self) -> Follower {
        let mut books = Alone(&mut self.ledger);
        Follower::begin(&mut books, NAME, self.max_series, &self.rules).unwrap()
    }

    /// One step of the follower, which may end in the midst of it.
    fn follow(&mut self, fail: u64) -> bool {
        let mut follower = match self.follower.take() {
            Some(follower) => follower,
            None => self.begin(),
        };
        let moment = self.moment();
        while follower.hear(&self.ledger, moment.now).unwrap() {}
        let mut books = Flaky {
            ledger: &mut self.ledger,
            fail,
        };
        match follower.freeze(&mut books, &moment) {
            Ok(frozen) => {
                self.folded |= follower.row().folded > 0;
                self.follower = Some(follower);
                self.lines += frozen.lines;
                frozen.more
            }
            Err(fault) => {
                assert_eq!(fault.kind, FaultKind::Io, "{fault}");
                true
            }
        }
    }

    /// Delivers some lines; they are settled, or the process ends before that.
    fn deliver(&mut self, limit: usize, settled: bool) -> usize {
        let Some(row) = self.ledger.follower(NAME).unwrap() else {
            return 0;
        };
        let mut bag = Mailbag::new(Alone(&mut self.ledger), row.number);
        let lines = bag.next(0, limit, 1 << 20).unwrap();
        for line in &lines {
            assert!(line.id > row.written && line.id <= row.frozen);
            self.server.take(&line.bytes);
        }
        if let Some(last) = lines.last()
            && settled
        {
            bag.written(last.id).unwrap();
        }
        lines.len()
    }

    fn rebuild(&mut self) {
        let (whole, at) = (self.roll(2) == 0, UnixMillis(START + self.roll(72) * HOUR));
        let from = if whole {
            i64::MIN
        } else {
            self.ledger.zones().day_of(at).0
        };
        match self.ledger.follow_again(NAME, UnixMillis(from)) {
            Ok(_) => {
                self.server.0.retain(|(_, at), _| at * 1_000 < from);
                self.follower = None;
            }
            Err(fault) => assert_eq!(fault.kind, FaultKind::Refused, "{fault}"),
        }
    }

    fn step(&mut self) {
        match self.roll(26) {
            0..6 => self.book(),
            6..11 => {
                let fail = self.dice.roll(12);
                self.follow(fail);
            }
            11..14 => {
                let (limit, settled) = (1 + self.roll(400), self.roll(4) > 0);
                self.deliver(usize::try_from(limit).unwrap(), settled);
            }
            14..16 => self.now += self.roll(400_000),
            16 => self.now += self.roll(2) * (DAY + self.roll(86_400_000)),
            17..19 => while self.ledger.maintain(UnixMillis(self.now)).unwrap().more {},
            19 => self.restate(),
            20 => self.link(),
            24..26 => self.alert(),
            21 => {
                self.follower = None;
                let limits = [25, 60, 200, 100_000];
                self.max_series = limits[usize::try_from(self.roll(4)).unwrap()];
            }
            22 => {
                self.rules =
                    rules(["itsm", "service desk"][usize::try_from(self.roll(2)).unwrap()]);
                if let Some(follower) = &mut self.follower {
                    follower.configure(&self.rules);
                }
            }
            _ => {
                if self.roll(6) == 0 {
                    self.rebuild();
                }
            }
        }
    }

    fn settle_down(&mut self) {
        for _ in 0..4 {
            self.now += 1_000_000;
            loop {
                let more = self.follow(9);
                let delivered = self.deliver(5_000, true);
                if !more && delivered == 0 {
                    break;
                }
            }
        }
    }

    fn check(&self, seed: u64) {
        let (mut found, mut expected) = (self.server.sums(&self.ledger), books(&self.ledger));
        if self
            .ledger
            .zones()
            .rows()
            .iter()
            .any(|row| row.name == "Asia/Kolkata")
        {
            // An hour of two days that closed before all of it was told is told at its beginning.
            (found, expected) = (over_days(found), over_days(expected));
        }
        let differing: Vec<_> = expected
            .keys()
            .chain(found.keys())
            .filter(|key| found.get(*key) != expected.get(*key))
            .map(|key| (key, found.get(key), expected.get(key)))
            .take(8)
            .collect();
        assert!(differing.is_empty(), "seed {seed}: {differing:#?}");
    }
}

fn run(seed: u64, steps: u64) -> World {
    let mut world = World::new(seed);
    // Some followers begin with the books, some find them old.
    let late = world.dice.roll(3) * 60;
    for step in 0..steps {
        if step < late {
            match world.roll(4) {
                0..2 => world.book(),
                2 if step % 5 == 0 => world.alert(),
                2 => world.now += world.roll(86_400_000),
                _ => while world.ledger.maintain(UnixMillis(world.now)).unwrap().more {},
            }
        } else {
            world.step();
        }
    }
    world.settle_down();
    world.check(seed);
    world
}

#[test]
fn whatever_happens_the_sums_are_the_books() {
    let seeds = std::env::var("SEEDS").map_or(24, |n| n.parse().unwrap());
    let (mut lines, mut folded) = (0, 0);
    let first = std::env::var("SEED").map_or(1, |n| n.parse().unwrap());
    for seed in first..first + seeds {
        let world = run(seed, 220);
        lines += world.lines;
        folded += u64::from(world.folded);
    }
    assert!(lines > seeds * 50, "{lines} lines");
    assert!(folded > 0 && folded < seeds, "{folded} of {seeds} folded");
}

/// The books of one whole day, whose follower has all the room it wants: each series by itself.
#[test]
fn each_series_has_what_its_cells_have() {
    let mut world = World::new(7);
    world.max_series = 100_000;
    for _ in 0..40 {
        world.book();
        world.follow(9);
        world.now += 100_000;
    }
    world.settle_down();
    let mut expected: BTreeMap<String, i64> = BTreeMap::new();
    for row in ledger_support::cells(&world.ledger, Resolution::Day) {
        let key = &row.key;
        let verdict = key.verdict.map_or("none", |verdict| verdict.as_str());
        let model = key.model.replace('\\', "/");
        let series = format!("{} {model} {verdict}", key.feature);
        *expected.entry(series).or_default() += row.cell.totals.tokens_input;
    }
    expected.retain(|_, sum| *sum != 0);
    let mut found: BTreeMap<String, i64> = BTreeMap::new();
    for line in world.server.0.values() {
        let parsed = parse_lines(line).next().unwrap().unwrap();
        let Some(FieldValue::I64(value)) = parsed.field_value("tokens_input") else {
            continue;
        };
        let tag = |name: &str| parsed.tag_value(name).unwrap().to_string();
        let series = format!("{} {} {}", tag("feature"), tag("model"), tag("residency"));
        *found.entry(series).or_default() += value;
    }
    found.retain(|_, sum| *sum != 0);
    assert!(
        found.keys().any(|series| series.contains("m/3, x=")),
        "{found:?}"
    );
    assert_eq!(found, expected);
}

#[test]
fn a_quiet_window_is_told_once_and_stragglers_gather() {
    let mut world = World::new(11);
    let mut steps = Vec::new();
    let late = |world: &mut World, id: u64| {
        let late = usage_half(START + HOUR, id);
        let booked = UnixMillis(world.now);
        world.ledger.apply(&batch(vec![late]), booked).unwrap();
    };
    // Seconds that pass, whether a record comes, and the points of its minute so far.
    let told = |world: &World| {
        let of_minute = |(series, at): &&(String, i64)| {
            series.starts_with("llm_prompt") && *at * 1_000 == START + HOUR
        };
        world.server.0.keys().filter(of_minute).count()
    };
    let same = |id: u64| 3_000 + id * 64;
    for (i, (seconds, comes)) in [
        (0, true),
        (1, true),
        (30, true),
        (59, false),
        (1, false),
        (60, false),
    ]
    .into_iter()
    .enumerate()
    {
        world.now += seconds * 1_000;
        if comes {
            late(&mut world, same(u64::try_from(i).unwrap()));
        }
        world.follow(9);
        world.deliver(5_000, true);
        steps.push(told(&world));
    }
    let first = steps[0];
    assert!(first >= 1, "{steps:?}");
    // Nothing more until sixty seconds after the last of them, and then one `rev` for both.
    assert_eq!(steps[..4], [first; 4], "{steps:?}");
    assert!(steps[4] > first && steps[5] == steps[4], "{steps:?}");
    let revs = world
        .server
        .0
        .keys()
        .filter(|(series, _)| series.contains("rev=2"))
        .count();
    assert_eq!(revs, 0);
}

/// Each step of an alert is a point with its own words, also where three of one series share a second.
#[test]
fn steps_of_one_second_are_further_points() {
    let mut world = World::new(3);
    world.max_series = 100_000;
    let at = UnixMillis(world.now);
    let event = |title: &str| EventRow {
        at,
        body: serde_json::to_vec(&AlertPoint {
            rule: "spend".into(),
            state: "firing".into(),
            title: title.to_owned(),
            ..AlertPoint::default()
        })
        .unwrap(),
        ..EventRow::default()
    };
    for titles in [&["a", "b"][..], &["c"]] {
        let cursor = world.ledger.alert_cursor().unwrap();
        let apply = AlertApply {
            cursor,
            events: titles.iter().map(|title| event(title)).collect(),
            ..AlertApply::default()
        };
        world.ledger.alert_apply(&apply).unwrap();
        // The first try ends after it was written, and nothing is told twice by the next.
        world.follow(1);
        world.follow(9);
        world.deliver(100, true);
    }
    let first = |text: &str| text.chars().take(1).collect::<String>();
    let told: Vec<(String, String)> = world
        .server
        .0
        .iter()
        .filter(|((series, _), _)| series.starts_with("llm_alerts"))
        .map(|((series, _), line)| {
            let (_, rest) = series.split_once("rev=").unwrap();
            let title = line.split("title=\"").nth(1).unwrap();
            (first(rest), first(title))
        })
        .collect();
    let wanted = [("0", "a"), ("1", "b"), ("2", "c")];
    let wanted = wanted.map(|(rev, title)| (rev.to_owned(), title.to_owned()));
    assert_eq!(told, wanted);
}
