//! An InfluxDB that takes whatever comes: what a follower costs the reading, and nothing of a server's.
//!
//! Knows no line. A newcomer may ask why not a real one: it would take the machine's time, and on a
//! small machine that is what would be measured.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The server; its thread lasts as long as the bench.
pub(crate) struct Sink {
    address: String,
    lines: Arc<AtomicU64>,
}

impl Sink {
    /// Listens.
    pub(crate) fn start() -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let lines = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&lines);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let counted = Arc::clone(&counted);
                std::thread::spawn(move || while serve(&stream, &counted).is_some() {});
            }
        });
        Sink { address, lines }
    }

    /// What a configuration says of it.
    pub(crate) fn configuration(&self) -> String {
        format!(
            "[[influxdb]]\nname = \"bench\"\nurl = \"http://{}\"\nversion = 1\ndatabase = \"llm\"\ngzip = false\n",
            self.address
        )
    }

    /// Lines that came so far.
    pub(crate) fn lines(&self) -> u64 {
        self.lines.load(Ordering::Relaxed)
    }
}

/// Answers the requests of a connection; `None` when it ended.
fn serve(mut stream: &TcpStream, lines: &AtomicU64) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut length, mut asks, mut head) = (0, false, String::new());
        while head != "\r\n" {
            head.clear();
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
            asks |= head.starts_with("GET ");
            let lower = head.to_lowercase();
            if let Some(told) = lower.strip_prefix("content-length:") {
                length = told.trim().parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let n = memchr::memchr_iter(b'\n', &body).count();
        lines.fetch_add(u64::try_from(n).ok()?, Ordering::Relaxed);
        let answer = if asks {
            let nothing = "{\"results\":[{\"statement_id\":0}]}";
            let length = nothing.len();
            format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{nothing}")
        } else {
            "HTTP/1.1 204 No Content\r\n\r\n".to_owned()
        };
        stream.write_all(answer.as_bytes()).ok()?;
    }
}
