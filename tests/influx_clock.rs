//! How soon a minute is at its database, by the clock: live records through the running daemon, and the
//! time from the minute's completeness, each source's grace included, to its last line at the server.
//!
//! Knows no fault. A newcomer may ask why the test takes a minute: so long is a window, and the clock
//! is the one thing here that nobody may hurry.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]
#![allow(clippy::print_stderr, reason = "what was measured is told")]

mod common;
mod daemon_support;
mod influx_support;

use std::io::Write as _;
use std::time::Duration;

use common::Desk;
use daemon_support::Daemon;
use influx_support::fake::{Fake, Fault};
use tollwatch::clock::{Clock, SystemClock};
use tollwatch::config::InfluxVersion;
use tollwatch::source::kafka::Mock;
use tollwatch::units::{MINUTE_MS, UnixMillis};

/// What both sources wait for late records.
const GRACE_MS: i64 = 3_000;
/// The longest way of a complete minute to its database.
const WAY_MAX_MS: i64 = 15_000;
/// A minute that has less left is not begun with.
const LEFT_MIN_MS: i64 = 12_000;
/// Pause between two records of a source, and between two looks at the server.
const PACE: Duration = Duration::from_millis(200);

fn now() -> UnixMillis {
    SystemClock.now()
}

fn record(source: &str, n: i64, at: UnixMillis) -> String {
    format!(
        r#"{{"tollwatch":1,"id":"{source}-{n}","at":"{at}","url":"https://contoso-weu.openai.azure.com/openai/deployments/gpt-4o-weu/chat/completions","status":200,"latency_ms":840,"model":"gpt-4o-2024-11-20","usage":{{"input":4127,"output":391}},"application":"itsm","skill":"{source}"}}"#
    )
}

/// Calls that the database has of a minute.
fn calls(fake: &Fake, minute: UnixMillis) -> i64 {
    let state = fake.state();
    let mut sum = 0;
    for ((series, at), values) in &state.points {
        if series.starts_with("llm_calls,") && *at == minute.0 / 1_000 {
            assert_eq!(values.len(), 1, "{series} has {values:?}");
            let fields = values.first().unwrap().split(',');
            let calls = fields.filter_map(|field| field.strip_prefix("calls=")?.strip_suffix('i'));
            sum += calls.map(|n| n.parse::<i64>().unwrap()).sum::<i64>();
        }
    }
    sum
}

#[test]
fn a_complete_minute_is_told_within_fifteen_seconds() {
    let (desk, mock) = (Desk::new(), Mock::start(&["calls"], 2).unwrap());
    let fake = Fake::start(InfluxVersion::V1, Box::new(|_| Fault::None));
    desk.write("in/live.jsonl", "");
    let grace = GRACE_MS / 1_000;
    let config = format!(
        "[daemon]\nlisten = \"127.0.0.1:0\"\n\
         [[source.kafka]]\nname = \"topic\"\nbrokers = [\"{}\"]\ntopics = [\"calls\"]\ngroup = \"g\"\ngrace_seconds = {grace}\n\
         [[source.file]]\nname = \"file\"\npaths = [\"in\"]\ngrace_seconds = {grace}\n\
         [[influxdb]]\nname = \"main\"\nurl = \"{}\"\nversion = 1\ndatabase = \"llm\"\n",
        mock.brokers(),
        fake.url
    );
    desk.write("t.toml", config);
    let daemon = Daemon::start(&desk);
    daemon.says("\"assigned\"");
    while MINUTE_MS - now().0.rem_euclid(MINUTE_MS) < LEFT_MIN_MS {
        std::thread::sleep(PACE);
    }
    let minute = now().floor(MINUTE_MS);
    let complete = minute.saturating_add(MINUTE_MS + GRACE_MS);
    let mut sent = 0;
    let file = std::fs::File::options();
    let mut file = file
        .clone()
        .append(true)
        .open(desk.path("in/live.jsonl"))
        .unwrap();
    // Records go on coming, as they do.
    let way = loop {
        let at = now();
        let told = calls(&fake, minute);
        if told > 0 && told == sent * 2 {
            break at.0 - complete.0;
        }
        assert!(
            at.0 < complete.0 + 4 * WAY_MAX_MS,
            "{told} of {sent} pairs are told\n{}",
            daemon.log()
        );
        let n = at.0;
        let partition = i32::try_from(n % 2).unwrap();
        let bytes = record("topic", n, at);
        mock.produce("calls", partition, Some(bytes.as_bytes()))
            .unwrap();
        writeln!(file, "{}", record("file", n, at)).unwrap();
        sent += i64::from(at.floor(MINUTE_MS) == minute);
        std::thread::sleep(PACE);
    };
    eprintln!("{sent} pairs of calls, told {way} ms after their minute was complete");
    assert!(
        (0..=WAY_MAX_MS).contains(&way),
        "{way} ms\n{}",
        daemon.log()
    );
    daemon.stop();
}
