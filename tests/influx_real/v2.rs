//! InfluxDB 2: written, taken in part, refused by retention, not let in, killed, full.

use std::process::Command;
use std::time::{Duration, Instant};

use tollwatch::config::{InfluxLogin, InfluxVersion, SecretRef};
use tollwatch::sink::influx::FaultKind;
use tollwatch::sink::{Influx, Told};
use tollwatch::telemetry::FollowerError;
use tollwatch::units::Millis;

use crate::common::Desk;
use crate::influx_support::{Memory, hurry, run};
use crate::launched::Server;
use crate::server::{ask, lines, made, now, number};

fn sum(n: i64) -> i64 {
    n * (n - 1) / 2
}

#[test]
fn influxdb_2() {
    let Some(server) = Server::start("influxdb", &[]) else {
        return;
    };
    written(&server);
    conflicts(&server);
    retention(&server);
    not_let_in(&server);
    killed(&server);
    by_command(&server);
}

fn written(server: &Server) {
    let influx = made(&server.settings(InfluxVersion::V2, "written"));
    let mut outbox = Memory::of(lines("llm_calls", 12_000, now()));
    let told = hurry(&mut outbox, &influx, 100);
    assert!(outbox.is_done() && outbox.refused.is_empty());
    let requests = told
        .iter()
        .filter(|told| matches!(told, Told::Written { .. }))
        .count();
    assert_eq!(requests, 3, "{told:?}");
    assert_eq!(
        number(&influx, "SELECT SUM(calls) FROM llm_calls"),
        sum(12_000)
    );
    assert_eq!(
        number(&influx, "SELECT SUM(cost_nanousd) FROM llm_calls"),
        sum(12_000) * 7
    );
    let rows = ask(
        &influx,
        "SELECT SUM(calls) FROM llm_calls GROUP BY hour, feature",
    );
    assert_eq!(rows.series.len(), 24);
    assert_eq!(rows.series[0].tags["feature"], "itsm/a b");
    // A second time changes nothing.
    outbox.settled = 0;
    hurry(&mut outbox, &influx, 100);
    assert_eq!(
        number(&influx, "SELECT COUNT(calls) FROM llm_calls"),
        12_000
    );
    // The version of a build of one's own is `dev`.
    assert!(!run(influx.ping()).unwrap().version.is_empty());
    assert_eq!(run(influx.may_write()), Ok(()));
    assert!(!run(influx.setup()).unwrap().new);
    let fault = run(influx.query("SELECT nonsense FROM")).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Question, "{fault}");
    assert!(fault.message.contains("found EOF"), "{fault}");
}

/// Fields that have another type already: exactly those lines are refused, over many shards.
fn conflicts(server: &Server) {
    let influx = made(&server.settings(InfluxVersion::V2, "conflicts"));
    let day = 86_400;
    let first = now() - 30 * day;
    let float = |i: i64| format!("llm_calls,of=else calls=1.5 {}", first + i * 7 * day);
    hurry(&mut Memory::of((0..5).map(float)), &influx, 5);
    // Half of the hours over 60 days lie in weeks whose shard has the other type.
    let hourly: Vec<String> = (0..1_440)
        .map(|i| format!("llm_calls,feature=a calls={i}i {}", now() - i * 3_600))
        .collect();
    let others = lines("llm_links", 500, now());
    let all = hourly.iter().chain(&others).cloned();
    let mut outbox = Memory::of(all);
    hurry(&mut outbox, &influx, 5_000);
    assert!(outbox.is_done());
    let refused: Vec<String> = outbox
        .refused_lines()
        .iter()
        .map(|line| (*line).to_owned())
        .collect();
    assert!(refused.iter().all(|line| line.starts_with("llm_calls")));
    assert!((100..1_400).contains(&refused.len()), "{}", refused.len());
    let reason = outbox.refused.values().next().unwrap();
    assert!(reason.contains("already exists as type float"), "{reason}");
    assert_eq!(number(&influx, "SELECT COUNT(calls) FROM llm_links"), 500);
    let there = number(
        &influx,
        "SELECT COUNT(calls) FROM llm_calls WHERE feature = 'a'",
    );
    let refused_count = i64::try_from(refused.len()).unwrap();
    assert_eq!(there, 1_440 - refused_count);
}

/// Points that are older than the bucket keeps.
fn retention(server: &Server) {
    let mut settings = server.settings(InfluxVersion::V2, "retention");
    settings.retention = Some(Millis(86_400_000));
    let influx = made(&settings);
    let hour = |i: i64| format!("llm_calls,feature=a calls=1i {}", now() - i * 3_600);
    let mut outbox = Memory::of((0..200).map(hour));
    let told = hurry(&mut outbox, &influx, 1_000);
    assert!(outbox.is_done());
    // A day and an hour more or less: the server's clock runs on.
    assert!(
        (174..=176).contains(&outbox.refused.len()),
        "{}",
        outbox.refused.len()
    );
    assert!(told.len() < 1_000);
    let reason = outbox.refused.values().next().unwrap();
    assert!(reason.contains("retention"), "{reason}");
    let refused = i64::try_from(outbox.refused.len()).unwrap();
    assert_eq!(
        number(&influx, "SELECT COUNT(calls) FROM llm_calls"),
        200 - refused
    );
    let kept = run(influx.keeps()).unwrap().unwrap();
    assert_eq!(kept.keeps, settings.retention);
}

/// What stops delivering, and goes on by itself once it is mended.
fn not_let_in(server: &Server) {
    let kind = |told: &[Told]| match told.first() {
        Some(Told::Trouble { kind, hint, .. }) => (*kind, *hint),
        other => panic!("{other:?}"),
    };
    let good = server.settings(InfluxVersion::V2, "later");
    let mut outbox = Memory::of(lines("llm_calls", 10, now()));
    let influx = Influx::new(&good).unwrap();
    let told = hurry(&mut outbox, &influx, 1);
    assert_eq!(kind(&told).0, FollowerError::Missing);
    assert!(kind(&told).1.contains("influx setup"));
    made(&good);
    hurry(&mut outbox, &influx, 2);
    assert!(outbox.is_done());

    let token = server.path("wrong-token");
    std::fs::write(&token, "nonsense").unwrap();
    let mut wrong = good.clone();
    wrong.login = InfluxLogin::Token(SecretRef::File(token.clone()));
    let influx = Influx::new(&wrong).unwrap();
    let mut outbox = Memory::of(lines("llm_calls", 10, now()));
    let told = hurry(&mut outbox, &influx, 1);
    assert_eq!(kind(&told).0, FollowerError::Denied, "{told:?}");
    let fault = run(influx.may_write()).unwrap_err();
    assert!(fault.hint.contains("token"), "{fault:?}");
    assert!(run(influx.setup()).is_err());
    std::fs::copy(server.path("token"), &token).unwrap();
    hurry(&mut outbox, &influx, 3);
    assert!(outbox.is_done());

    let mut elsewhere = good.clone();
    "nobody".clone_into(&mut elsewhere.org);
    let told = hurry(
        &mut Memory::of(lines("m", 1, now())),
        &Influx::new(&elsewhere).unwrap(),
        1,
    );
    assert_eq!(kind(&told).0, FollowerError::Missing, "{told:?}");

    let mut other = good;
    other.version = InfluxVersion::V1;
    other.login = InfluxLogin::None;
    let told = hurry(
        &mut Memory::of(lines("m", 1, now())),
        &Influx::new(&other).unwrap(),
        1,
    );
    assert_eq!(kind(&told).0, FollowerError::Denied, "{told:?}");
}

/// Killed and started again while lines are delivered: all are there, once.
fn killed(server: &Server) {
    let influx = made(&server.settings(InfluxVersion::V2, "killed"));
    let mut outbox = Memory::of(lines("llm_calls", 60_000, now()));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let blows = scope.spawn(|| {
            for _ in 0..3 {
                std::thread::sleep(Duration::from_millis(300));
                server.kill();
                server.restart();
            }
        });
        while !(outbox.is_done() && blows.is_finished()) {
            assert!(
                begun.elapsed() < Duration::from_mins(3),
                "stands at {}",
                outbox.settled
            );
            hurry(&mut outbox, &influx, 1);
            if outbox.is_done() {
                // Again, so that every blow meets a request.
                outbox.settled = 0;
            }
            if blows.is_finished() && outbox.settled == 0 {
                hurry(&mut outbox, &influx, 1_000);
            }
        }
    });
    assert!(outbox.refused.is_empty());
    assert_eq!(
        number(&influx, "SELECT SUM(calls) FROM llm_calls"),
        sum(60_000)
    );
    assert_eq!(
        number(&influx, "SELECT COUNT(calls) FROM llm_calls"),
        60_000
    );
}

/// The program's own commands.
fn by_command(server: &Server) {
    let desk = Desk::new();
    let token = server.path("token");
    let text = format!(
        "[daemon]\nlisten = \"\"\n[[influxdb]]\nname = \"grafana\"\nurl = \"{}\"\nversion = 2\norg = \"tollwatch\"\nbucket = \"by command\"\ntoken = {{ file = \"{}\" }}\nretention = \"400d\"\n",
        server.address(),
        token.display()
    );
    desk.write("t.toml", &text);
    let doctor = |code| {
        desk.run(&["doctor", "--json", "--config", "t.toml"])
            .code(code)
            .lines()
    };
    let found = doctor(1);
    let row = found
        .iter()
        .find(|row| row["what"] == "bucket by command")
        .unwrap();
    assert_eq!(row["state"], "fails");
    assert!(
        row["hint"]
            .as_str()
            .unwrap()
            .contains("tollwatch influx setup")
    );
    let setup = || {
        desk.run(&["influx", "setup", "--json", "--config", "t.toml"])
            .ok()
            .json()
    };
    assert_eq!(setup()["state"], "made");
    let again = setup();
    assert_eq!(again["state"], "was there");
    assert_eq!(again["keeps_seconds"], 400 * 86_400);
    let found = doctor(0);
    let row = found
        .iter()
        .find(|row| row["what"] == "bucket by command")
        .unwrap();
    assert_eq!(row["found"], "may be written, keeps points for 400 d");
    desk.write("t.toml", text.replace("400d", "30d"));
    let said = desk.run(&["influx", "setup", "--config", "t.toml"]).ok();
    assert!(
        said.out.contains("for 400 d") && said.err.contains("asks for 30 d"),
        "{said:?}"
    );
    let found = doctor(0);
    let row = found
        .iter()
        .find(|row| row["what"] == "bucket by command")
        .unwrap();
    assert_eq!(row["state"], "doubtful");
    let hidden = std::fs::read_to_string(&token).unwrap();
    assert!(!format!("{found:?}").contains(hidden.trim()));
}

/// A disk of its own, gone with the test.
struct Disk(tempfile::TempDir);

impl Disk {
    fn mount(options: &str) -> Option<Disk> {
        let disk = Disk(tempfile::tempdir().unwrap());
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(disk.0.path());
        mount
            .output()
            .is_ok_and(|done| done.status.success())
            .then_some(disk)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(self.0.path()).output());
    }
}

/// A small disk that fills: what the server cannot keep waits, and goes in when there is room.
#[test]
fn a_full_disk_is_waited_for() {
    let Some(disk) = Disk::mount("size=256m") else {
        crate::aloud::skipped("no small file system can be mounted here");
        return;
    };
    if let Some(server) = Server::start("influxdb", &[]) {
        filled(&server, disk.0.path());
    }
}

fn filled(server: &Server, disk: &std::path::Path) {
    // Its engine lives on the small disk from now on.
    server.kill();
    let engine = server.path("engine");
    drop(std::fs::remove_dir_all(&engine));
    std::os::unix::fs::symlink(disk, &engine).unwrap();
    server.restart();
    let influx = made(&server.settings(InfluxVersion::V2, "full"));
    let ballast = disk.join("ballast");
    let mut filling = std::fs::File::create(&ballast).unwrap();
    // Until nothing more fits.
    while std::io::Write::write_all(&mut filling, &[0; 4096]).is_ok() {}
    let mut outbox = Memory::of(lines("llm_calls", 20_000, now()));
    let told = hurry(&mut outbox, &influx, 12);
    let full = told.iter().any(|told| matches!(told, Told::Trouble { kind: FollowerError::Server, said, .. } if said.contains("space")));
    assert!(full, "{told:?}");
    assert!(outbox.refused.is_empty());
    std::fs::remove_file(&ballast).unwrap();
    drop(filling);
    // A shard that could not be opened stays closed until the server is started again.
    server.kill();
    server.restart();
    let told = hurry(&mut outbox, &influx, 100);
    assert!(outbox.is_done(), "{told:?}");
    assert!(outbox.refused.is_empty(), "{:?}", outbox.refused);
    assert_eq!(
        number(&influx, "SELECT SUM(calls) FROM llm_calls"),
        sum(20_000)
    );
}
