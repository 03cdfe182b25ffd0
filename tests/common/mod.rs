//! A folder of its own for each test, and the one way in which tests start the program.

#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tollwatch::ledger::{Ledger, Span, SqliteLedger};

/// A text that stands in values of records where nothing may be kept or shown.
pub(crate) const HUSH: &str = "hush-";

/// The program.
pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_tollwatch"))
}

/// A folder that vanishes with the test.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
}

/// What the program said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    fn of(output: std::process::Output) -> Answer {
        let answer = Answer {
            // Killed by a signal: no code of its own.
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(!answer.err.contains("panicked"), "{answer:?}");
        answer
    }

    /// It worked.
    pub(crate) fn ok(self) -> Answer {
        self.code(0)
    }

    /// It ended with that code.
    pub(crate) fn code(self, code: i32) -> Answer {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self
    }

    /// Its one line of JSON.
    pub(crate) fn json(&self) -> Value {
        let mut lines = self.lines();
        assert_eq!(lines.len(), 1, "{}", self.out);
        lines.remove(0)
    }

    /// Each line as JSON.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let line = |line: &str| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"))
        };
        self.out.lines().map(line).collect()
    }
}

impl Desk {
    pub(crate) fn new() -> Desk {
        Desk {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, and the folders above it.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// The program with these arguments, in the folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command.args(arguments).current_dir(self.folder());
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Answer {
        Answer::of(self.command(arguments).output().unwrap())
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Answer {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || pipe.write_all(&input));
        let output = child.wait_with_output().unwrap();
        // A program that has seen enough closes its input early.
        drop(writer.join().unwrap());
        Answer::of(output)
    }

    /// Reads inputs into `books.db`; the figures.
    pub(crate) fn replay(&self, inputs: &[&str]) -> Figures {
        let mut arguments = vec!["replay", "--json", "--ledger", "books.db"];
        arguments.extend(inputs);
        Figures::of(&self.run(&arguments).ok().json())
    }

    /// Both exports of a ledger, at every resolution, as one text.
    pub(crate) fn exports(&self, ledger: &str) -> String {
        let mut text = String::new();
        for resolution in ["minute", "hour", "day"] {
            let arguments = ["export", "cells", "--ledger", ledger, "--resolution"];
            text += &self.run(&[&arguments[..], &[resolution]].concat()).ok().out;
        }
        text + &self.run(&["export", "links", "--ledger", ledger]).ok().out
    }

    /// Whether every record is accounted for.
    pub(crate) fn verify(&self, ledger: &str) {
        let told = self.run(&["verify", "--json", "--ledger", ledger]).ok();
        assert_eq!(told.json()["received"], told.json()["accounted"]);
    }

    /// Fails when anything of the folder's ledger holds a planted text: its files' bytes, and what
    /// is compressed in them.
    pub(crate) fn assert_hushed(&self, ledger: &str, said: &[&Answer]) {
        for answer in said {
            for text in [&answer.out, &answer.err] {
                assert!(!text.contains(HUSH), "{text}");
            }
        }
        for entry in std::fs::read_dir(self.folder()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with(ledger) {
                let bytes = std::fs::read(&path).unwrap();
                let found = memchr::memmem::find(&bytes, HUSH.as_bytes());
                let around = found.map(|at| {
                    let bytes = &bytes[at.saturating_sub(40)..(at + 40).min(bytes.len())];
                    String::from_utf8_lossy(bytes).into_owned()
                });
                assert_eq!(around, None, "{name} holds a value of a record");
            }
        }
        let books = SqliteLedger::open_read_only(&self.path(ledger)).unwrap();
        let show = &mut |line: tollwatch::line::Line| {
            let text = format!("{line:?}");
            assert!(!text.contains(HUSH), "{text}");
            Ok(())
        };
        books.lines(Span::ALL, show).unwrap();
    }
}

/// The five figures of conservation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) received: u64,
    pub(crate) metered: u64,
    pub(crate) duplicate: u64,
    pub(crate) ignored: u64,
    pub(crate) quarantined: u64,
}

impl Figures {
    pub(crate) fn of(told: &Value) -> Figures {
        let n = |name: &str| told[name].as_u64().unwrap();
        let figures = Figures {
            received: n("received"),
            metered: n("metered"),
            duplicate: n("duplicate"),
            ignored: n("ignored"),
            quarantined: n("quarantined"),
        };
        let Figures {
            received,
            metered,
            duplicate,
            ignored,
            quarantined,
        } = figures;
        assert_eq!(received, metered + duplicate + ignored + quarantined);
        figures
    }

    /// `metered duplicate ignored quarantined`, for rows.
    pub(crate) fn row(self) -> [u64; 4] {
        let Figures {
            metered,
            duplicate,
            ignored,
            quarantined,
            ..
        } = self;
        [metered, duplicate, ignored, quarantined]
    }
}

/// A good record of our own schema, number `n`; its texts that nobody may keep begin with
/// [`HUSH`].
pub(crate) fn good(n: usize) -> String {
    format!(
        r#"{{"tollwatch": 1, "id": "call-{n}", "at": "2025-06-02T09:{:02}:{:02}Z", "url": "https://contoso-weu.openai.azure.com/openai/deployments/gpt-4o-weu/chat/completions?api-key=hush-query", "status": 200, "latency_ms": 2841, "request_bytes": 18344, "model": "gpt-4o-2024-11-20", "usage": {{"input": 4127, "cache_read": 1024, "output": 391, "total": 4518}}, "application": "itsm", "skill": "incident_summarization", "tags": ["prod"], "user": "hush-user-{n}", "conversation": "hush-conversation-{n}", "prompt": "hush-prompt", "headers": {{"authorization": "Bearer hush-header"}}}}"#,
        n / 60 % 60,
        n % 60
    )
}

/// [`good`] with a piece put in the place of another.
pub(crate) fn patched(n: usize, from: &str, to: &str) -> String {
    let record = good(n);
    assert!(record.contains(from), "{from} in {record}");
    record.replace(from, to)
}

/// Good records, one a line.
pub(crate) fn good_lines(numbers: std::ops::Range<usize>) -> String {
    numbers.map(|n| good(n) + "\n").collect()
}
