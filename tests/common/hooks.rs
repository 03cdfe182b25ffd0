//! A small HTTP server that keeps what it is told, and answers as it is asked to.
//!
//! Knows no tollwatch. A newcomer may ask why every answer closes its connection: then a request is a connection,
//! and what was heard is whole.

#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// Method and path.
    pub(crate) line: String,
    /// The other lines of its head.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Heard {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        });
        found.unwrap_or_default()
    }
}

/// Which status the n-th request of all is answered with; 0 hangs up after it was heard.
pub(crate) type Answers = Box<dyn Fn(usize, &Heard) -> u16 + Send>;

/// The server; it ends with its process.
pub(crate) struct Hooks {
    pub(crate) address: String,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Hooks {
    pub(crate) fn start(answers: Answers) -> Hooks {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heard: Arc<Mutex<Vec<Heard>>> = Arc::default();
        let keeps = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                // A client that was killed says nothing more.
                let Some(request) = read(&mut stream) else {
                    continue;
                };
                let n = {
                    let mut all = keeps.lock().unwrap();
                    all.push(request.clone());
                    all.len() - 1
                };
                let status = answers(n, &request);
                if status > 0 {
                    let answer = format!(
                        "HTTP/1.1 {status} So\r\ncontent-length: 4\r\nconnection: close\r\n\r\nso {}",
                        status / 100
                    );
                    drop(stream.write_all(answer.as_bytes()));
                }
            }
        });
        Hooks { address, heard }
    }

    /// Requests whose line begins so, in order.
    pub(crate) fn heard(&self, line: &str) -> Vec<Heard> {
        let all = self.heard.lock().unwrap();
        all.iter()
            .filter(|one| one.line.starts_with(line))
            .cloned()
            .collect()
    }
}

fn read(stream: &mut TcpStream) -> Option<Heard> {
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((top, body)) = text.split_once("\r\n\r\n") {
            let (line, rest) = top.split_once("\r\n").unwrap_or((top, ""));
            let request = Heard {
                line: line.to_owned(),
                head: rest.to_owned(),
                body: body.to_owned(),
            };
            let length = request.header("content-length").parse().unwrap_or(0);
            if body.len() >= length {
                return Some(request);
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(n) => bytes.extend_from_slice(&chunk[..n]),
        }
    }
}
