//! How a server is reached, and lines of now.
//!
//! Knows no client of ours. A newcomer may ask why times are of now: a bucket with retention refuses
//! others.

use tollwatch::clock::{Clock, SystemClock};
use tollwatch::config::{InfluxDb, InfluxLogin, InfluxVersion, SecretRef};
use tollwatch::sink::Influx;
use tollwatch::sink::influx::{Rows, Value};

use crate::influx_support::{run, settings};
use crate::launched::Server;

impl Server {
    /// The settings of a bucket of version 2, or a database of version 1.
    pub(crate) fn settings(&self, version: InfluxVersion, bucket: &str) -> InfluxDb {
        let mut settings = settings(version, &self.address());
        bucket.clone_into(&mut settings.bucket);
        if version == InfluxVersion::V2 {
            settings.login = InfluxLogin::Token(SecretRef::File(self.path("token")));
        }
        settings
    }
}

/// A client whose bucket or database has been made.
pub(crate) fn made(settings: &InfluxDb) -> Influx {
    let influx = Influx::new(settings).unwrap();
    let made = run(influx.setup()).unwrap();
    assert!(made.new);
    assert_eq!(made.keeps, settings.retention);
    influx
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    SystemClock.now().0 / 1_000
}

/// Lines of one series a line, at times before `at`, one second apart.
pub(crate) fn lines(measurement: &str, n: i64, at: i64) -> Vec<String> {
    let line = |i: i64| {
        let (hour, time) = (i % 24, at - i);
        format!(
            "{measurement},feature=itsm/a\\ b,hour={hour},rev=0 calls={i}i,cost_nanousd={}i,cost_usd=0.{i} {time}",
            i * 7
        )
    };
    (0..n).map(line).collect()
}

/// What the database answers.
pub(crate) fn ask(influx: &Influx, question: &str) -> Rows {
    run(influx.query(question)).unwrap_or_else(|fault| panic!("{question}: {fault}"))
}

/// The one number that a question is answered with; 0 where there is no row.
pub(crate) fn number(influx: &Influx, question: &str) -> i64 {
    let rows = ask(influx, question);
    let row = rows.series.first().map(|series| series.values[0].clone());
    match row.as_deref() {
        None => 0,
        Some([_, Value::Integer(n)]) => *n,
        Some(other) => panic!("{question}: {other:?}"),
    }
}
