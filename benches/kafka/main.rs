//! The daemon on a topic, against a bare loop that polls and decodes the same topic in the same run.
//!
//! Knows no absolute limit but memory's and latency's: machines differ, ratios do not. A newcomer
//! may ask why daemon and loop are processes of their own: only so can their CPU and memory be told
//! from the broker's and from each other. And why rules are off where the daemon is held to the loop:
//! measured is the way from the topic to the durable ledger; what rules cost beside it has a limit of its
//! own, and is printed against both.
//!
//! `cargo bench --bench kafka -- [--records N] [--rounds N] [--feed WORD] [real|mock]`. Without Java and Maven the
//! real Kafka is skipped, and says so. Ends with 1 when a limit is missed.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints")]

mod bare;
mod broker;
mod daemon;
#[path = "../books/measure.rs"]
#[allow(dead_code, reason = "the other bench uses the rest")]
mod measure;
mod sink;
#[path = "../books/traffic.rs"]
#[allow(dead_code, reason = "the other bench uses the rest")]
mod traffic;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use bare::Loop;
use broker::Broker;
use daemon::Cost;
use measure::{median, share, verdict};
use sink::Sink;
use tollwatch::config::Rules;

/// Records of a day: whoever needs such speed has many.
const DAY_RECORDS: usize = 1_000_000;
/// Features that the daemon keeps apart.
pub(crate) const FEATURES: usize = 200;
/// Most memory at full speed, in MB.
const MEMORY_MB: u64 = 250;

/// What a feed is held to.
struct Limits {
    /// Least share of the bare loop's records a second.
    rate: f64,
    /// Most CPU time against the bare loop's.
    cpu: f64,
}

/// The log of outbound calls: a call each.
const CALLS: Limits = Limits {
    rate: 0.7,
    cpu: 1.4,
};
/// A call and its request in one: no byte is passed over, both halves are booked, and tokens, price and
/// conversation besides. Where it stands, with room for a machine's other guests.
const CALLS_WITH_USAGE: Limits = Limits {
    rate: 0.6,
    cpu: 2.8,
};
/// Turns of those that are compared, where a turn reads a day.
const ROUNDS: usize = 3;
/// Most turns where one is shorter: neighbours on the machine disturb short ones more.
const ROUNDS_MAX: usize = 9;
/// Records of a backlog that is caught up with, where a broker holds so many.
const BACKLOG: usize = 2_000_000;
/// Longest time from a record's production to its line in the ledger when idle.
const IDLE_MAX_MS: u64 = 1_000;

/// By how much reading may slow with a follower.
const FOLLOWED_MIN: f64 = 0.95;

/// By how much reading may slow with alerts.
const ALERTED_MIN: f64 = 0.95;
const MAILS: &str = "[alerts.mail]\nfrom = \"bench@example.org\"\nfallback_to = \"bench@example.org\"\nfolder = \"mails\"\n";

/// What is on a topic.
struct Feed {
    name: &'static str,
    format: &'static str,
    bytes: usize,
    /// Other calls for a hundred LLM calls.
    others: u64,
    /// How many times smaller lz4 makes its batches, at least.
    packed: usize,
    limits: Limits,
}

const FEEDS: [Feed; 3] = [
    Feed {
        name: "servicenow_outbound, 1.4 KB, every record an LLM call",
        format: "servicenow_outbound",
        bytes: 1_400,
        others: 0,
        packed: 4,
        limits: CALLS,
    },
    Feed {
        name: "servicenow_outbound, 0.8 KB, one record in twenty an LLM call",
        format: "servicenow_outbound",
        bytes: 800,
        others: 1_900,
        packed: 2,
        limits: CALLS,
    },
    Feed {
        name: "native (call and usage), 0.8 KB, every record an LLM call",
        format: "native",
        bytes: 800,
        others: 0,
        packed: 2,
        limits: CALLS_WITH_USAGE,
    },
];

struct Options {
    records: usize,
    /// As many as the records call for, unless told.
    rounds: Option<usize>,
    /// A piece of the one feed's name.
    feed: Option<String>,
    only: Option<String>,
}

fn number(words: &mut impl Iterator<Item = String>) -> Option<usize> {
    words.next()?.parse().ok()
}

fn options() -> Option<Options> {
    let mut options = Options {
        records: 1_000_000,
        rounds: None,
        feed: None,
        only: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            // Cargo says so to every bench.
            "--bench" => {}
            "--records" => options.records = number(&mut words)?,
            "--rounds" => options.rounds = Some(number(&mut words)?.max(1)),
            "--feed" => options.feed = Some(words.next()?),
            name => options.only = Some(name.to_owned()),
        }
    }
    Some(options)
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() == Some(bare::CHILD) {
        bare::child(words);
        return ExitCode::SUCCESS;
    }
    let Some(options) = options() else {
        println!("a number is missing behind an option");
        return ExitCode::from(2);
    };
    let wants = |name: &str| options.only.as_deref().is_none_or(|only| only == name);
    let mut missed = 0;
    if wants("real") {
        match Broker::real() {
            Ok(broker) => missed += on(&broker, &options),
            Err(why) => println!("SKIPPED: a real Kafka ({why})"),
        }
    }
    if wants("mock") {
        missed += on(&Broker::mock(), &options);
    }
    println!();
    if missed > 0 {
        println!("{missed} limits missed");
        return ExitCode::FAILURE;
    }
    println!("all limits held");
    ExitCode::SUCCESS
}

/// All feeds on one broker; how many limits were missed.
fn on(broker: &Broker, options: &Options) -> u32 {
    let mut missed = 0;
    let wanted = |feed: &&Feed| {
        options
            .feed
            .as_deref()
            .is_none_or(|word| feed.name.contains(word))
    };
    for feed in FEEDS.iter().filter(wanted) {
        let records = options
            .records
            .min(broker.records_max(feed.bytes / feed.packed));
        let enough = (ROUNDS * DAY_RECORDS / records.max(1)).clamp(ROUNDS, ROUNDS_MAX);
        missed += compare(broker, feed, (records, options.rounds.unwrap_or(enough)));
    }
    if options.feed.is_some() {
        return missed;
    }
    missed + idle(broker)
}

/// What was produced: records, and the day behind their last.
type Filled = (usize, u32);

/// Fills a topic up to so many records with days of traffic, one after the other and each record
/// once: what comes twice costs the books less. The last day may be cut short.
fn fill(broker: &Broker, feed: &Feed, topic: &str, filled: Filled, records: usize) -> Filled {
    let share = usize::try_from(100 + feed.others).unwrap_or(100);
    let (mut sent, mut day) = filled;
    while sent < records {
        let calls = DAY_RECORDS * 100 / share;
        let told = (feed.format, feed.bytes);
        let sample = traffic::records_of_day(told, calls, (FEATURES, feed.others), day);
        sent += broker.fill(topic, sample.get(..records - sent).unwrap_or(&sample));
        day += 1;
    }
    (sent, day)
}

/// One turn of those that are compared.
struct Turn {
    bare: Cost,
    /// From the topic to the durable ledger: all rules are off.
    daemon: Cost,
    /// The same with the shipped rules, and mails into a folder.
    alerted: Cost,
}

impl Turn {
    /// The median of a ratio.
    fn median(turns: &[Turn], ratio: impl Fn(&Turn) -> f64) -> f64 {
        median(turns.iter().map(ratio).collect())
    }
}

fn compare(broker: &Broker, feed: &Feed, (records, rounds): (usize, usize)) -> u32 {
    let topic = broker.topic();
    let filled = fill(broker, feed, &topic, (0, 0), records);
    let (sent, _) = filled;
    println!(
        "\n{} Kafka, {}, lz4, {} partitions, {sent} records",
        broker.name(),
        feed.name,
        broker.partitions()
    );
    for does in [Loop::Polls, Loop::Parses, Loop::Skips] {
        let scale = bare::run(does, broker, &topic, sent);
        println!("    {does:?}  {}", scale.line());
    }
    let folder = tempfile::tempdir().expect("a folder");
    let off = rules_off(folder.path());
    let turn = |_| Turn {
        bare: bare::run(Loop::Decodes, broker, &topic, sent),
        daemon: daemon::run(broker, &topic, sent, &off),
        alerted: daemon::run(broker, &topic, sent, MAILS),
    };
    let turns: Vec<Turn> = (0..rounds).map(turn).collect();
    let missed = judge(&turns, &feed.limits) + followed(broker, &topic, (sent, rounds));
    caught_up(broker, feed, &topic, filled);
    missed
}

/// Prints what the turns cost, and holds it to the limits; how many were missed.
fn judge(turns: &[Turn], limits: &Limits) -> u32 {
    let rate = Turn::median(turns, |turn| turn.daemon.rate() / turn.bare.rate());
    let alerted = Turn::median(turns, |turn| turn.alerted.rate() / turn.daemon.rate());
    let cpu = |of: fn(&Turn) -> u64, than: fn(&Turn) -> u64| {
        Turn::median(turns, |turn| share(of(turn), than(turn)))
    };
    let daemon = cpu(|turn| turn.daemon.cpu_ms, |turn| turn.bare.cpu_ms);
    let with_rules = cpu(|turn| turn.alerted.cpu_ms, |turn| turn.bare.cpu_ms);
    let by_rules = cpu(|turn| turn.alerted.cpu_ms, |turn| turn.daemon.cpu_ms);
    if let Some(turn) = turns.last() {
        println!("    bare loop  {}", turn.bare.line());
        println!("    daemon     {}", turn.daemon.line());
        println!("    commits    {}", turn.daemon.commits);
        let start = Duration::from_millis(turn.daemon.start_ms).as_secs_f64();
        println!("    start      {start:.2} CPU seconds, in no figure here");
        println!("    alerted    {}", turn.alerted.line());
    }
    println!(
        "    with alerts the CPU is {by_rules:.2} times that without, {with_rules:.2} times the bare loop's"
    );
    let costs = turns.iter().flat_map(|turn| [&turn.daemon, &turn.alerted]);
    let memory = costs.map(|cost| cost.memory_kib >> 10).max().unwrap_or(0);
    verdict(
        rate >= limits.rate,
        &format!(
            "records a second {rate:.2} of the bare loop's, at least {}",
            limits.rate
        ),
    ) + verdict(
        daemon <= limits.cpu,
        &format!(
            "CPU {daemon:.2} times the bare loop's, at most {}",
            limits.cpu
        ),
    ) + verdict(
        memory <= MEMORY_MB,
        &format!("memory {memory} MB, with alerts or without, at most {MEMORY_MB} MB"),
    ) + verdict(
        alerted >= ALERTED_MIN,
        &format!(
            "with alerts {alerted:.2} of the records a second without, at least {ALERTED_MIN}"
        ),
    )
}

/// Fills a topic up to a backlog and reads all of it into fresh books.
fn caught_up(broker: &Broker, feed: &Feed, topic: &str, filled: Filled) {
    if broker.records_max(feed.bytes / feed.packed) < BACKLOG {
        return;
    }
    let (records, _) = fill(broker, feed, topic, filled, BACKLOG);
    let cost = daemon::run(broker, topic, records, "");
    println!("    backlog    of {records}: {}", cost.line());
}

/// Reading with a follower against reading without, in turns.
fn followed(broker: &Broker, topic: &str, (records, rounds): (usize, usize)) -> u32 {
    let sink = Sink::start();
    let mut ratios = Vec::new();
    let mut last = (Cost::default(), 0);
    for _ in 0..rounds {
        let without = daemon::run(broker, topic, records, "");
        let before = sink.lines();
        let with = daemon::run(broker, topic, records, &sink.configuration());
        ratios.push(with.rate() / without.rate());
        last = (with, sink.lines() - before);
    }
    println!(
        "    followed   {}, {} lines told meanwhile",
        last.0.line(),
        last.1
    );
    let ratio = median(ratios);
    verdict(
        ratio >= FOLLOWED_MIN,
        &format!(
            "followed by an InfluxDB {ratio:.2} of the records a second without, at least {FOLLOWED_MIN}"
        ),
    )
}

/// What turns off all rules that are shipped; a file in `folder` says so.
fn rules_off(folder: &Path) -> String {
    let off = folder.join("off.toml");
    let rules = Rules::shipped().rules;
    let names = rules
        .iter()
        .map(|rule| format!("[rule.{}]\non = false\n", rule.name));
    std::fs::write(&off, names.collect::<String>()).expect("a file of rules");
    format!("[alerts]\nrules = \"{}\"\n", off.display())
}

/// From a record's production to its line in the ledger, with nothing else to do.
fn idle(broker: &Broker) -> u32 {
    let took = daemon::idle(broker, 20);
    let worst = took.iter().copied().max().unwrap_or(u64::MAX);
    println!(
        "\n{} Kafka, idle: from a record's production to the ledger {} ms (median of {}), {worst} ms at worst",
        broker.name(),
        median(took.clone()),
        took.len()
    );
    verdict(worst <= IDLE_MAX_MS, &format!("at most {IDLE_MAX_MS} ms"))
}
