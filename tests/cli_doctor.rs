//! `doctor` and `quarantine retry` on a broker inside the test: what works, what does not, what is
//! read again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod common;
#[path = "common/hooks.rs"]
mod hooks;

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{Answer, Desk, HUSH, good};
use hooks::Hooks;
use tollwatch::source::kafka::Mock;

/// How long a running program may take for anything that is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// A broker with a topic of two partitions.
fn broker() -> Mock {
    Mock::start(&["calls"], 2).unwrap()
}

fn produce(broker: &Mock, records: &[Option<&str>]) {
    for record in records {
        let bytes = record.map(str::as_bytes);
        broker.produce("calls", 0, bytes).unwrap();
    }
    broker.flush().unwrap();
}

fn config(desk: &Desk, brokers: &str, listen: &str, more: &str) {
    let text = format!(
        "[ledger]\npath = \"books.db\"\n[daemon]\nlisten = \"{listen}\"\n[[source.kafka]]\nname = \"main\"\nbrokers = [\"{brokers}\"]\ntopics = [\"calls\"]\n{more}"
    );
    desk.write("t.toml", text);
}

/// Rows of `part`, `what`, `state`, and the words that were found.
fn doctor(desk: &Desk, code: i32) -> (Answer, Vec<[String; 4]>) {
    let told = desk
        .run(&["doctor", "--json", "--config", "t.toml"])
        .code(code);
    let rows = told.lines();
    let rows = rows.iter().map(|row| {
        assert!(row["ms"].is_u64());
        ["part", "what", "state", "found"].map(|key| row[key].as_str().unwrap().to_owned())
    });
    let rows = rows.collect();
    (told, rows)
}

fn assert_found(rows: &[[String; 4]], expected: &[(&str, &str, &str, &str)]) {
    for (part, what, state, words) in expected {
        let row = rows
            .iter()
            .find(|row| row[0] == *part && row[1].contains(what))
            .unwrap_or_else(|| panic!("no {part} {what} in {rows:#?}"));
        assert!(
            row[2] == *state && row[3].contains(words),
            "{row:?}, not {state}: {words}"
        );
    }
}

/// An address of the loopback that nobody has.
fn free() -> String {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().to_string()
}

/// The daemon; stopped hard when a test fails.
struct Running(Child);

impl Running {
    fn start(desk: &Desk) -> Running {
        let mut command = desk.command(&["run", "--config", "t.toml", "--json"]);
        let log = std::fs::File::create(desk.path("run.log")).unwrap();
        Running(command.stderr(log).stdout(Stdio::null()).spawn().unwrap())
    }

    fn stop(mut self) {
        let id = self.0.id().to_string();
        let killed = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(killed.success() && self.0.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn received(desk: &Desk) -> u64 {
    if !desk.path("books.db").exists() {
        return 0;
    }
    let told = desk.run(&["verify", "--json", "--ledger", "books.db"]);
    if told.code == 0 {
        told.json()["received"].as_u64().unwrap()
    } else {
        0
    }
}

fn wait_for(desk: &Desk, records: u64) {
    let begun = Instant::now();
    while received(desk) != records {
        let log = std::fs::read_to_string(desk.path("run.log")).unwrap_or_default();
        assert!(
            begun.elapsed() < PATIENCE,
            "{} of {records}\n{log}",
            received(desk)
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
fn what_works_is_said_before_and_beside_a_daemon() {
    let desk = Desk::new();
    let broker = broker();
    let records = [good(1), good(2), good(3)];
    produce(
        &broker,
        &[
            Some(&records[0]),
            Some(&records[1]),
            Some(&records[2]),
            None,
        ],
    );
    let listen = free();
    config(&desk, &broker.brokers(), &listen, "");
    let (_, rows) = doctor(&desk, 0);
    assert_found(
        &rows,
        &[
            ("ledger", "books.db", "works", "not there yet"),
            ("listener", &listen, "works", "free"),
            ("main", "127.0.0.1", "works", "no TLS"),
            ("main", "calls", "works", "2 partitions, 4 records"),
            ("main", "first record", "works", "read as native"),
            ("main", "group tollwatch", "works", "of 2 partitions"),
            ("main", "books", "works", "no position yet"),
        ],
    );
    assert!(!desk.path("books.db").exists(), "a look makes no ledger");

    let running = Running::start(&desk);
    wait_for(&desk, 4);
    let (_, rows) = doctor(&desk, 0);
    assert_found(
        &rows,
        &[
            (
                "ledger",
                "books.db",
                "works",
                "in use by a running tollwatch",
            ),
            (
                "listener",
                &listen,
                "works",
                "served by a running tollwatch",
            ),
            (
                "main",
                "books",
                "works",
                "0 records behind in 2 of 2 partitions",
            ),
        ],
    );
    running.stop();
    produce(&broker, &[Some(&records[0])]);
    let (_, rows) = doctor(&desk, 0);
    assert_found(
        &rows,
        &[
            ("ledger", "books.db", "works", "free to be written"),
            ("listener", &listen, "works", "free"),
            ("main", "books", "works", "1 records behind"),
        ],
    );
    let table = desk.run(&["doctor", "--config", "t.toml"]).ok().out;
    assert!(
        table.contains("read as native") && !table.contains("What to do"),
        "{table}"
    );
    assert!(!table.contains(HUSH), "{table}");
}

#[test]
fn what_does_not_work_is_said_with_what_to_do() {
    let desk = Desk::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let more = "sasl = { mechanism = \"PLAIN\", username = \"hush-name\", password = { file = \"secret\" } }\n[[source.file]]\nname = \"logs\"\npaths = [\"gone\"]\n";
    let nobody = free();
    config(&desk, &nobody, &listen, more);
    desk.write("secret", "hush-password");
    let told = desk.run(&["doctor", "--config", "t.toml"]).code(1);
    assert!(told.out.contains("What to do:\n"), "{}", told.out);
    let (json, rows) = doctor(&desk, 1);
    assert_found(
        &rows,
        &[
            ("listener", &listen, "fails", "another program"),
            ("logs", "gone", "fails", "gone"),
            ("main", &nobody, "fails", ""),
        ],
    );
    for text in [&told.out, &told.err, &json.out, &json.err] {
        assert!(!text.contains(HUSH), "{text}");
    }
    // Nobody's password: the source cannot even be made.
    std::fs::remove_file(desk.path("secret")).unwrap();
    let text = std::fs::read_to_string(desk.path("t.toml")).unwrap();
    desk.write(
        "t.toml",
        text.replace("{ file = \"secret\" }", "{ env = \"NOBODY_SETS_IT\" }"),
    );
    let (_, rows) = doctor(&desk, 1);
    assert_found(
        &rows,
        &[("main", &nobody, "fails", "`NOBODY_SETS_IT` is not set")],
    );
}

/// A row of the outbound log whose host stands in a column of that name.
fn row(id: usize, host: &str) -> String {
    format!(
        r#"{{"sys_id": "{id:032x}", "sys_created_on": "2025-06-02 09:14:31", "http_method": "POST", "{host}": "contoso-weu.openai.azure.com", "path": "/openai/deployments/gpt-4o-weu/chat/completions", "response_status": "200", "response_time": "2841", "scope": "sn_azure_openai"}}"#
    )
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
fn records_of_a_topic_are_read_again_as_long_as_they_are_there() {
    let desk = Desk::new();
    let broker = broker();
    let list = format!("[{}, {}]", row(1, "hostname"), row(2, "u_target"));
    let single = row(3, "u_target");
    produce(&broker, &[Some(&list), Some(&single), Some("{cut")]);
    config(&desk, &broker.brokers(), "", "");
    let running = Running::start(&desk);
    wait_for(&desk, 4);
    running.stop();
    let retry = |outcomes: [u64; 4]| {
        let told = desk.run(&[
            "quarantine",
            "retry",
            "--json",
            "--ledger",
            "books.db",
            "--config",
            "t.toml",
        ]);
        let told = told.ok().json();
        let n = |name: &str| told["outcomes"][name].as_u64().unwrap();
        let read = told["read"].as_u64().unwrap();
        let unreadable = told["unreadable"].as_u64().unwrap();
        assert_eq!(
            [read, unreadable, n("metered"), n("quarantined")],
            outcomes,
            "{told}"
        );
        assert_eq!((n("duplicate"), n("ignored")), (0, 0), "{told}");
        desk.verify("books.db");
        assert_eq!(received(&desk), 4);
    };
    retry([3, 0, 0, 3]);
    config(
        &desk,
        &broker.brokers(),
        "",
        "fields = { host = [\"u_target\"] }\n",
    );
    retry([3, 0, 2, 1]);
    // The broker keeps 5 MiB of a partition: nine more take the first ones away.
    let large = "x".repeat(900_000);
    produce(&broker, &[Some(large.as_str()); 9]);
    retry([0, 1, 0, 0]);
    // And the books will miss what was never read.
    let (_, rows) = doctor(&desk, 1);
    assert_found(
        &rows,
        &[("main", "books", "fails", "removed before they were read")],
    );
    let running = Running::start(&desk);
    let begun = Instant::now();
    let found = loop {
        let told = desk
            .run(&["verify", "--json", "--ledger", "books.db"])
            .ok()
            .json();
        let breaks = told["losses"].as_array().unwrap().clone();
        if !breaks.is_empty() {
            break breaks;
        }
        assert!(begun.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(50));
    };
    running.stop();
    assert_eq!(
        (&found[0]["kind"], &found[0]["topic"]),
        (&"removed".into(), &"calls".into())
    );
    let missing = found[0]["to"].as_u64().unwrap() - found[0]["from"].as_u64().unwrap();
    assert_eq!(found[0]["records"].as_u64().unwrap(), missing);
    let text = desk.run(&["verify", "--ledger", "books.db"]).ok().out;
    assert!(text.contains("removed before anybody read them"), "{text}");
    let daily = desk
        .run(&["report", "daily", "--ledger", "books.db"])
        .ok()
        .out;
    assert!(
        daily.contains("removed before anybody read them"),
        "{daily}"
    );
    let old = [
        "report",
        "daily",
        "--ledger",
        "books.db",
        "--to",
        "2025-12-31",
    ];
    let old = desk.run(&old).ok().out;
    assert!(
        !old.contains("removed before"),
        "found later than that: {old}"
    );
}

/// Part, what, state, and words that were found.
type Row<'a> = (&'a str, &'a str, &'a str, &'a str);

/// The ways out: asked without a message, shown without a secret.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn the_ways_out_are_looked_at_and_nothing_goes_by_them() {
    let desk = Desk::new();
    let hooks = Hooks::start(Box::new(|_, heard| {
        if heard.line.contains("/beat/") {
            204
        } else {
            405
        }
    }));
    let address = &hooks.address;
    let file = desk.path("file").display().to_string();
    desk.write("token", HUSH);
    desk.write("file", "x");
    // How mail goes, webhook and heartbeat; the rows that are found, and the exit code.
    let here = format!(
        "url = \"http://{address}/{HUSH}\"\nheader = \"X-Key\"\nsecret = {{ file = \"token\" }}"
    );
    let beat = format!("url = \"http://{address}/beat/{HUSH}\"");
    let nowhere = format!("url = \"http://127.0.0.1:9/{HUSH}\"");
    let unset = "url_from = { env = \"TOLLWATCH_NO_SUCH\" }".to_owned();
    let folder = "folder = \"mails\"\nfallback_to = \"a@example.org\"".to_owned();
    let smtp = "[alerts.mail.smtp]\nhost = \"127.0.0.1\"\nport = 9\ntls = \"none\"".to_owned();
    let cases: [(&String, &String, &String, i32, &[Row<'_>]); 4] = [
        (
            &folder,
            &here,
            &beat,
            0,
            &[
                ("mail", "mails", "works", "not there yet"),
                ("webhook", address, "works", "answers 405"),
                ("heartbeat", address, "works", "answers 204"),
            ],
        ),
        (
            &smtp,
            &nowhere,
            &nowhere,
            1,
            &[
                ("mail", "smtp 127.0.0.1:9", "fails", "cannot reach"),
                ("mail", "fallback_to", "doubtful", "nobody hears"),
                ("webhook", "127.0.0.1:9", "fails", "refused"),
                ("heartbeat", "127.0.0.1:9", "fails", "refused"),
            ],
        ),
        (
            &format!("sendmail = \"{file}\""),
            &here,
            &unset,
            1,
            &[
                ("mail", "file", "fails", "is no program"),
                ("heartbeat", "its address", "fails", "TOLLWATCH_NO_SUCH"),
            ],
        ),
        (
            &"sendmail = \"/bin/sh\"".to_owned(),
            &here,
            &beat,
            0,
            &[("mail", "/bin/sh", "works", "is a program")],
        ),
    ];
    for (mail, webhook, heartbeat, code, expected) in cases {
        let text = format!(
            "[daemon]\nlisten = \"\"\n[ledger]\npath = \"books.db\"\n[alerts.mail]\nfrom = \"t@example.org\"\n{mail}\n\
             [alerts.webhook]\n{webhook}\n[alerts.heartbeat]\n{heartbeat}\n"
        );
        desk.write("t.toml", text);
        let (told, rows) = doctor(&desk, code);
        assert_found(&rows, expected);
        assert!(
            !told.out.contains(HUSH) && !told.err.contains(HUSH),
            "{told:?}"
        );
    }
    assert!(
        hooks
            .heard("")
            .iter()
            .all(|one| one.line.starts_with("OPTIONS "))
    );
    assert!(!desk.path("mails").exists());
}
