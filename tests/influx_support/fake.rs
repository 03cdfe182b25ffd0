//! A database that is faulty on purpose, and keeps everything that it was ever told.
//!
//! Knows no client of ours: it speaks HTTP by hand. A newcomer may ask why it applies lines before it
//! breaks a connection: that is the fault that writes twice.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use tollwatch::config::InfluxVersion;

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// The connection ends before anything is applied.
    DropBefore,
    /// All is applied, and the connection ends.
    DropAfter,
    /// The first half of the lines is applied, and the connection ends.
    DropHalf,
    /// This status, with `Retry-After` where it is not 0.
    Status(u16, u64),
    /// All is applied, and the answer comes late.
    Slow(u64),
    /// All is applied, and the answer breaks off in its body.
    BreakOff,
}

/// A small generator of numbers (splitmix64).
#[derive(Clone, Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    /// A fault in `percent` of a hundred requests.
    pub(crate) fn fault(&mut self, percent: u64) -> Fault {
        if self.roll(100) >= percent {
            return Fault::None;
        }
        match self.roll(12) {
            0 => Fault::DropBefore,
            1 | 2 => Fault::DropAfter,
            3 | 4 => Fault::DropHalf,
            5 => Fault::Status(429, self.roll(3)),
            6 => Fault::Status(503, 0),
            7 => Fault::Status(500, 0),
            8 => Fault::Status(413, 0),
            9 => Fault::Slow(5),
            10 => Fault::Status(401, 0),
            _ => Fault::BreakOff,
        }
    }
}

/// Decides what goes wrong with the n-th request, from 0.
pub(crate) type Schedule = Box<dyn FnMut(usize) -> Fault + Send>;

/// Everything that the database knows.
pub(crate) struct State {
    /// By series and time: every value that was ever written there.
    pub(crate) points: BTreeMap<(String, i64), BTreeSet<String>>,
    /// The body of each request as it came, packed or not.
    pub(crate) bodies: Vec<Vec<u8>>,
    /// The line and headers of each request.
    pub(crate) heads: Vec<String>,
    /// Requests that were not answered by a fault.
    pub(crate) sound: usize,
    schedule: Schedule,
    /// Words of lines that it never takes.
    pub(crate) refuses: Vec<&'static str>,
    /// Bytes of a body that it takes.
    pub(crate) largest: usize,
    /// The header that it wants; none when empty.
    pub(crate) wants: String,
}

/// The database; it ends when it is dropped.
pub(crate) struct Fake {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Fake {
    pub(crate) fn start(version: InfluxVersion, schedule: Schedule) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let state = Arc::new(Mutex::new(State {
            points: BTreeMap::new(),
            bodies: Vec::new(),
            heads: Vec::new(),
            sound: 0,
            schedule,
            refuses: vec!["fate=refused"],
            largest: usize::MAX,
            wants: String::new(),
        }));
        let (inner, ending) = (Arc::clone(&state), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ending.load(Ordering::SeqCst) {
                    return;
                }
                let state = Arc::clone(&inner);
                let stream = stream.unwrap();
                std::thread::spawn(move || serve(version, stream, &state));
            }
        });
        Fake {
            url: format!("http://{address}"),
            state,
            stop,
            thread: Some(thread),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.url.trim_start_matches("http://")));
        drop(self.thread.take().map(JoinHandle::join));
    }
}

/// Answers the requests of one connection until a fault ends it.
fn serve(version: InfluxVersion, stream: TcpStream, state: &Mutex<State>) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some((head, body)) = request(&mut reader) {
        let answer = state.lock().unwrap().answer(version, head, body);
        let Some((text, late, goes_on)) = answer else {
            return;
        };
        std::thread::sleep(late);
        if (&stream).write_all(text.as_bytes()).is_err() || !goes_on {
            return;
        }
    }
}

/// Head and body of a request.
fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    loop {
        let before = head.len();
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
        if head.len() - before == 2 {
            break;
        }
    }
    let lower = head.to_lowercase();
    let length = lower.split("content-length: ").nth(1).map_or(0, |rest| {
        rest.split("\r\n").next().unwrap().parse().unwrap()
    });
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}

fn plain(status: u16, more: &str, text: &str) -> String {
    format!(
        "HTTP/1.1 {status} Status\r\n{more}Content-Length: {}\r\n\r\n{text}",
        text.len()
    )
}

impl State {
    /// The answer, how late it comes, and whether the connection goes on; `None` ends it unanswered.
    fn answer(
        &mut self,
        version: InfluxVersion,
        head: String,
        body: Vec<u8>,
    ) -> Option<(String, Duration, bool)> {
        if head.starts_with("GET /query") {
            return Some((plain(200, "", &self.last_line()), Duration::ZERO, true));
        }
        let number = self.bodies.len();
        let text = if head.to_lowercase().contains("content-encoding: gzip") {
            let mut text = String::new();
            let mut packed = flate2::read::GzDecoder::new(body.as_slice());
            packed.read_to_string(&mut text).unwrap();
            text
        } else {
            String::from_utf8(body.clone()).unwrap()
        };
        let let_in = self.wants.is_empty() || head.contains(&self.wants);
        self.bodies.push(body);
        self.heads.push(head);
        let lines: Vec<&str> = text.lines().collect();
        let now = Duration::ZERO;
        let fault = (self.schedule)(number);
        match fault {
            // A single line that is too large is refused, and none of these is.
            Fault::Status(413, _) if lines.len() == 1 => {}
            Fault::DropBefore => return None,
            Fault::DropHalf => {
                self.apply(&lines[..lines.len() / 2]);
                return None;
            }
            Fault::DropAfter => {
                self.apply(&lines);
                return None;
            }
            Fault::Status(status, 0) => return Some((plain(status, "", ""), now, true)),
            Fault::Status(status, seconds) => {
                let more = format!("Retry-After: {seconds}\r\n");
                return Some((plain(status, &more, "busy"), now, true));
            }
            Fault::BreakOff => {
                self.apply(&lines);
                let start = "HTTP/1.1 422 Status\r\nContent-Length: 400\r\n\r\n{\"code\":\"unp";
                return Some((start.to_owned(), now, false));
            }
            Fault::Slow(_) | Fault::None => {}
        }
        self.sound += 1;
        if !let_in {
            let said = "{\"code\":\"unauthorized\",\"message\":\"unauthorized access\"}";
            return Some((plain(401, "", said), now, true));
        }
        if text.len() > self.largest {
            return Some((plain(413, "", ""), now, true));
        }
        let bad = self.apply(&lines);
        let late = match fault {
            Fault::Slow(ms) => Duration::from_millis(ms),
            _ => now,
        };
        let (status, said) = verdict(version, &lines, &bad);
        Some((plain(status, "", &said), late, true))
    }

    /// The one question that a follower asks: the greatest number of a line that it was told.
    fn last_line(&self) -> String {
        let number = |value: &String| {
            let rest = value.split("frozen_id=").nth(1)?;
            rest.split('i').next()?.parse::<u64>().ok()
        };
        let last = self.points.values().flatten().filter_map(number).max();
        let series = last.map(|last| {
            serde_json::json!({ "name": "llm_follower", "columns": ["time", "max"], "values": [[0, last]] })
        });
        let series: Vec<_> = series.into_iter().collect();
        serde_json::json!({ "results": [{ "statement_id": 0, "series": series }] }).to_string()
    }

    /// Takes what it takes; the places of the others.
    fn apply(&mut self, lines: &[&str]) -> Vec<usize> {
        let mut bad = Vec::new();
        for (place, line) in lines.iter().enumerate() {
            if self.refuses.iter().any(|word| line.contains(word)) {
                bad.push(place);
                continue;
            }
            let (series, rest) = line.split_once(' ').unwrap();
            let (value, time) = rest.rsplit_once(' ').unwrap();
            let key = (series.to_owned(), time.parse().unwrap());
            self.points.entry(key).or_default().insert(value.to_owned());
        }
        bad
    }
}

/// The words of the three versions for lines that were not taken.
fn verdict(version: InfluxVersion, lines: &[&str], bad: &[usize]) -> (u16, String) {
    let conflict = format!(
        "partial write: field type conflict: input field \\\"x\\\" on measurement \\\"m\\\" is type float, already exists as type integer dropped={}",
        bad.len()
    );
    match version {
        _ if bad.is_empty() => (204, String::new()),
        InfluxVersion::V1 => (400, format!("{{\"error\":\"{conflict}\"}}")),
        InfluxVersion::V2 => {
            let code = "unprocessable entity";
            let said = format!("failure writing points to database: {conflict}");
            (
                422,
                format!("{{\"code\":\"{code}\",\"message\":\"{said}\"}}"),
            )
        }
        InfluxVersion::V3 => {
            let data: Vec<serde_json::Value> = bad
                .iter()
                .map(|place| {
                    serde_json::json!({ "original_line": lines[*place], "line_number": place + 1,
                        "error_message": "invalid column type" })
                })
                .collect();
            let said = serde_json::json!({ "error": "partial write of line protocol occurred", "data": data });
            (400, said.to_string())
        }
    }
}
