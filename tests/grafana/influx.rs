//! A real `InfluxDB` of its own, what is written to it, and what it answers.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use serde_json::Value;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/influxdb");

/// A server that ends with this process at the latest.
pub(crate) struct Influx {
    folder: tempfile::TempDir,
    address: String,
    token: String,
}

/// One row of an answer: its series' tags, and its columns.
#[derive(Debug)]
pub(crate) struct Row {
    /// The tags that the query groups by.
    pub(crate) tags: Value,
    /// Values by the columns' names.
    pub(crate) columns: serde_json::Map<String, Value>,
}

impl Row {
    /// A number.
    pub(crate) fn number(&self, column: &str) -> f64 {
        self.columns[column]
            .as_f64()
            .unwrap_or_else(|| panic!("{column}: {self:?}"))
    }
}

fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
            other => write!(out, "%{other:02X}").unwrap(),
        }
    }
    out
}

fn base64(text: &str) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in text.as_bytes().chunks(3) {
        let byte = |place: usize| u32::from(three.get(place).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let sign = SIGNS[usize::try_from(bits >> (18 - 6 * place) & 63).unwrap()];
            out.push(if place > three.len() {
                '='
            } else {
                char::from(sign)
            });
        }
    }
    out
}

impl Drop for Influx {
    fn drop(&mut self) {
        // Before its folder goes: where nothing is left, nobody knows whom to stop.
        let stopped = Command::new(SCRIPT)
            .arg("stop")
            .arg(self.folder.path())
            .output();
        drop(stopped);
    }
}

impl Influx {
    /// Starts one; `None`, and a line that says why, where the machine cannot have it.
    pub(crate) fn start() -> Option<Influx> {
        let folder = tempfile::tempdir().unwrap();
        let me = std::process::id().to_string();
        let started = Command::new(SCRIPT)
            .arg("start")
            .arg(folder.path())
            .args(["--with", &me])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&started.stderr);
        if started.status.code() == Some(77) {
            eprintln!("SKIPPED, no query was run: {said}");
            return None;
        }
        assert!(started.status.success(), "{said}");
        let told = |name: &str| {
            let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
            text.trim().trim_start_matches("http://").to_owned()
        };
        Some(Influx {
            address: told("address"),
            token: told("token"),
            folder,
        })
    }

    fn request(&self, path: &str, authorization: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "POST {path} HTTP/1.0\r\nAuthorization: {authorization}\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }

    /// Writes lines; all of them must be taken.
    pub(crate) fn write(&self, lines: &str) {
        let lines: Vec<&str> = lines.lines().collect();
        for batch in lines.chunks(5_000) {
            let path = "/api/v2/write?org=tollwatch&bucket=llm&precision=s";
            let token = format!("Token {}", self.token);
            let (status, body) = self.request(path, &token, &batch.join("\n"));
            assert_eq!(status, 204, "{body}");
        }
    }

    /// Asks as the data source in `dashboards/grafana/` does: by POST, with a user and the token as password. The
    /// rows, or what the server objects to.
    pub(crate) fn ask(&self, sql: &str) -> Result<Vec<Row>, String> {
        let user = format!("Basic {}", base64(&format!("anyone:{}", self.token)));
        let asked = format!("q={}", encoded(sql));
        let (status, body) = self.request("/query?db=llm&epoch=ms", &user, &asked);
        let answer: Value = serde_json::from_str(&body).map_err(|_| format!("{status}: {body}"))?;
        let result = &answer["results"][0];
        if status != 200 || result["error"].is_string() {
            return Err(body);
        }
        let mut rows = Vec::new();
        for series in result["series"].as_array().into_iter().flatten() {
            let names = series["columns"].as_array().unwrap();
            for values in series["values"].as_array().into_iter().flatten() {
                let pairs = names.iter().zip(values.as_array().unwrap());
                let columns =
                    pairs.map(|(name, value)| (name.as_str().unwrap().to_owned(), value.clone()));
                rows.push(Row {
                    tags: series["tags"].clone(),
                    columns: columns.collect(),
                });
            }
        }
        Ok(rows)
    }
}
