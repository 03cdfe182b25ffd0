//! InfluxDB 1.6.7: its own protocol, with a user and without.

use tollwatch::config::{InfluxDb, InfluxLogin, InfluxVersion, SecretRef};
use tollwatch::sink::{Influx, Told};
use tollwatch::telemetry::FollowerError;
use tollwatch::units::Millis;

use crate::influx_support::{Memory, hurry, run};
use crate::launched::Server;
use crate::server::{lines, made, now, number};

#[test]
fn influxdb_1() {
    let Some(server) = Server::start("influxdb1", &[]) else {
        return;
    };
    let settings = server.settings(InfluxVersion::V1, "llm \"calls\"");
    let mut outbox = Memory::of(lines("llm_calls", 12_000, now()));
    let absent = hurry(&mut outbox, &Influx::new(&settings).unwrap(), 1);
    let missing = matches!(
        absent[0],
        Told::Trouble {
            kind: FollowerError::Missing,
            ..
        }
    );
    assert!(missing, "{absent:?}");
    let influx = made(&settings);
    hurry(&mut outbox, &influx, 10);
    assert!(outbox.is_done());
    assert_eq!(
        number(&influx, "SELECT SUM(calls) FROM llm_calls"),
        11_999 * 6_000
    );

    // Types and lines that cannot be read: those alone are refused.
    let mut bad = lines("llm_calls", 300, now() - 20_000);
    for (place, line) in [
        (7, "llm_calls,a= calls=1i 5"),
        (100, "llm_calls,a=b calls=\"x\" 1700000000"),
        (299, "nonsense"),
    ] {
        bad[place] = line.to_owned();
    }
    bad[100] = format!("llm_calls,a=b calls=\"x\" {}", now());
    let mut outbox = Memory::of(bad.clone());
    hurry(&mut outbox, &influx, 200);
    assert!(outbox.is_done());
    assert_eq!(outbox.refused_lines(), [&bad[7], &bad[100], &bad[299]]);
    assert_eq!(
        number(&influx, "SELECT COUNT(calls) FROM llm_calls"),
        12_297
    );

    server.kill();
    let mut outbox = Memory::of(lines("llm_links", 1_000, now()));
    let told = hurry(&mut outbox, &influx, 2);
    assert!(
        matches!(
            told[0],
            Told::Trouble {
                kind: FollowerError::Unreachable,
                ..
            }
        ),
        "{told:?}"
    );
    server.restart();
    hurry(&mut outbox, &influx, 5);
    assert_eq!(number(&influx, "SELECT COUNT(calls) FROM llm_links"), 1_000);

    kept(settings);
}

/// A database that keeps points for two hours.
fn kept(mut settings: InfluxDb) {
    "kept".clone_into(&mut settings.bucket);
    settings.retention = Some(Millis(7_200_000));
    let influx = made(&settings);
    let hour = |i: i64| format!("llm_calls,feature=a calls=1i {}", now() - 60 - i * 3_600);
    let mut outbox = Memory::of((0..100).map(hour));
    hurry(&mut outbox, &influx, 300);
    assert_eq!(
        outbox.refused.len(),
        98,
        "{:?}",
        outbox.refused.values().next()
    );
    assert!(!run(influx.setup()).unwrap().new);
    assert_eq!(
        run(influx.keeps()).unwrap().unwrap().keeps,
        settings.retention
    );
    assert_eq!(run(influx.may_write()), Ok(()));
    assert!(run(influx.ping()).unwrap().version.starts_with("1.6.7"));
}

#[test]
fn influxdb_1_that_asks_who_comes() {
    let Some(server) = Server::start("influxdb1", &["--user", "toll:watch"]) else {
        return;
    };
    let file = server.path("password");
    std::fs::write(&file, "watch\n").unwrap();
    let mut settings = server.settings(InfluxVersion::V1, "llm");
    let stranger = Influx::new(&settings).unwrap();
    let fault = run(stranger.setup()).unwrap_err();
    assert!(fault.hint.contains("`username`"), "{fault:?}");
    settings.login = InfluxLogin::User {
        name: "toll".to_owned(),
        password: SecretRef::File(file),
    };
    let influx = made(&settings);
    let mut outbox = Memory::of(lines("llm_calls", 10, now()));
    let told = hurry(&mut outbox, &stranger, 1);
    assert!(
        matches!(
            told[0],
            Told::Trouble {
                kind: FollowerError::Denied,
                ..
            }
        ),
        "{told:?}"
    );
    hurry(&mut outbox, &influx, 2);
    assert!(outbox.is_done());
    assert_eq!(number(&influx, "SELECT SUM(calls) FROM llm_calls"), 45);
    assert_eq!(run(influx.may_write()), Ok(()));
}
