//! The daemon's own listener: pages, the API, `/metrics`, `/healthz`, `/readyz`.
//!
//! Knows no figure; it asks [`crate::telemetry`] and whoever implements [`Answers`]. A newcomer may
//! ask why it has a thread and a runtime of its own: a ledger that is slow to write must not make
//! the daemon look dead.

mod access;
mod answer;
mod answers;
mod changes;
mod events;
mod guard;
mod pace;
pub mod page;
mod serve;
mod tls;
mod who;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::config;
use crate::telemetry::{Figures, Health};

use guard::Guarded;

pub use access::Access;
pub use answer::PATHS;
pub use answers::{Answers, Asked, Failed, Refused, Unchanged};
pub use guard::Limits;

/// Threads that make answers; what comes beyond them waits.
const MAKERS: usize = 2;

/// What the pages are made from.
#[derive(Clone)]
pub struct Board {
    /// The metrics.
    pub figures: Arc<Figures>,
    /// Alive and ready.
    pub health: Arc<Health>,
    /// Tells lags their present.
    pub clock: Arc<dyn Clock>,
    /// Whoever has pages; without, there are none.
    pub pages: Option<Arc<dyn Answers>>,
    /// Who may look, and change something.
    pub access: Arc<Access>,
    /// What connections may take.
    pub limits: Limits,
}

/// Why the listener could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address can be reached from outside, and nobody is asked who they are, or in clear.
    #[error(
        "`{0}` can be reached from elsewhere; that needs users or a proxy, and TLS, below `[web]`"
    )]
    Exposed(SocketAddr),
    /// Another process listens there.
    #[error("`{0}` is in use by another process; free it, or listen at another port")]
    InUse(SocketAddr),
    /// The system refused otherwise.
    #[error("cannot listen at `{address}`: {cause}")]
    Io {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
}

/// A listener at work; it ends when it is dropped.
pub struct Listener {
    access: Arc<Access>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Listens at `address` (port 0: any that is free) and serves `board` from a thread of its own.
///
/// # Errors
/// [`StartError`], before anything is served.
pub fn start(address: SocketAddr, board: Board) -> Result<Listener, StartError> {
    if !address.ip().to_canonical().is_loopback() && !board.access.may_be_reached() {
        return Err(StartError::Exposed(address));
    }
    let refused = |cause: io::Error| {
        if cause.kind() == io::ErrorKind::AddrInUse {
            StartError::InUse(address)
        } else {
            StartError::Io { address, cause }
        }
    };
    let socket = TcpListener::bind(address).map_err(refused)?;
    socket.set_nonblocking(true).map_err(refused)?;
    let bound = socket.local_addr().map_err(refused)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(MAKERS)
        .on_thread_start(pace::step_back)
        .build()
        .map_err(refused)?;
    let socket = {
        let _inside = runtime.enter();
        tokio::net::TcpListener::from_std(socket).map_err(refused)?
    };
    let limits = board.limits;
    let tls = board.access.tls().map(|tls| tls.acceptor().clone());
    let socket = Guarded::new(socket, tls, limits);
    let access = Arc::clone(&board.access);
    let router = answer::router(board);
    let (stop, stopped) = oneshot::channel::<()>();
    let thread = std::thread::Builder::new()
        .name("web".to_owned())
        .spawn(move || {
            runtime.block_on(serve::serve(socket, router, limits, stopped));
            // What is still being made is not waited for.
            runtime.shutdown_background();
        })
        .map_err(refused)?;
    Ok(Listener {
        access,
        address: bound,
        stop: Some(stop),
        thread: Some(thread),
    })
}

impl Listener {
    /// Where it listens, with the port that port 0 became.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets in whom another configuration names, and shows a renewed certificate.
    ///
    /// # Errors
    /// In words; then nothing is changed.
    pub fn renew(&self, web: &config::Web, public_url: Option<&str>) -> Result<(), String> {
        self.access.renew(web, public_url)
    }

    /// Takes no more connections, answers what was asked, and ends; within a second or so.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // A sender that is gone is the word to stop.
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there was told when it came.
            drop(thread.join());
        }
    }
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Listener({})", self.address)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::clock::FixedClock;
    use crate::units::UnixMillis;

    /// A listener without pages, at any free port.
    fn listening(limits: Limits) -> Listener {
        let clock = Arc::new(FixedClock::default());
        let board = Board {
            access: Arc::new(Access::open(clock).unwrap()),
            figures: Arc::new(Figures::new("1", UnixMillis(0))),
            health: Arc::new(Health::new(Instant::now(), Duration::from_mins(1))),
            clock: Arc::new(FixedClock::default()),
            pages: None,
            limits,
        };
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        start(address, board).unwrap()
    }

    /// What a listener of two places answers to `path` after `before` was said on connections of their own, and when.
    fn answered(before: &[&[u8]], path: &str) -> (String, Duration) {
        let limits = Limits {
            connections: 2,
            lifetime: Duration::from_secs(20),
            patience: Duration::from_secs(10),
        };
        let listener = listening(limits);
        let say = |what: &[u8]| {
            let mut stream = TcpStream::connect(listener.address()).unwrap();
            let patience = Some(Duration::from_secs(30));
            stream.set_read_timeout(patience).unwrap();
            stream.write_all(what).unwrap();
            stream
        };
        let silent: Vec<TcpStream> = before.iter().map(|what| say(what)).collect();
        let begun = Instant::now();
        let mut last = say(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes());
        let mut answer = String::new();
        last.read_to_string(&mut answer).unwrap();
        let took = begun.elapsed();
        drop(silent);
        (answer, took)
    }

    #[test]
    fn whoever_says_nothing_keeps_nobody_out() {
        let head: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n";
        let cases: [(&str, Vec<&[u8]>, &str); 4] = [
            ("nobody else", vec![], "/healthz"),
            ("as many as there are places", vec![b""; 2], "/healthz"),
            (
                "far more, not all silent",
                [[b"".as_slice(), head]; 40].concat(),
                "/healthz",
            ),
            ("a style sheet needs a place", vec![b""; 80], "/style.css"),
        ];
        for (what, before, path) in cases {
            let (answer, took) = answered(&before, path);
            assert!(answer.starts_with("HTTP/1.0 200"), "{what}: {answer}");
            // Far less than a silent connection may stay.
            assert!(took < Duration::from_secs(5), "{what}: {took:?}");
        }
    }

    #[test]
    fn a_head_that_does_not_come_is_not_waited_for_for_ever() {
        let limits = Limits {
            patience: Duration::from_millis(200),
            ..Limits::USUAL
        };
        let listener = listening(limits);
        let mut stream = TcpStream::connect(listener.address()).unwrap();
        let patience = Some(Duration::from_secs(20));
        stream.set_read_timeout(patience).unwrap();
        let begun = Instant::now();
        let mut said = String::new();
        // Closed or reset: either way no answer.
        drop(stream.read_to_string(&mut said));
        assert!(!said.contains("200 OK"), "{said}");
        assert!(begun.elapsed() < Duration::from_secs(10));
    }

    /// Somebody who takes as long for each page as he is told.
    struct Slow(std::sync::Mutex<()>);

    impl Answers for Slow {
        fn places(&self) -> &[page::Place] {
            &[]
        }

        fn page(&self, _: &str, _: &Asked, _: Instant) -> Result<Arc<page::Page>, Refused> {
            drop(self.0.lock().unwrap());
            Ok(Arc::default())
        }

        fn api(&self, _: &str, _: &Asked) -> Result<String, Refused> {
            drop(self.0.lock().unwrap());
            Ok("{}".to_owned())
        }

        fn openapi(&self) -> String {
            String::new()
        }

        fn version(&self) -> Option<u64> {
            None
        }
    }

    #[test]
    fn whoever_comes_beyond_what_can_wait_is_asked_to_come_again() {
        let slow = Arc::new(Slow(std::sync::Mutex::new(())));
        let clock = Arc::new(FixedClock::default());
        let board = Board {
            access: Arc::new(Access::open(clock.clone()).unwrap()),
            figures: Arc::new(Figures::new("1", UnixMillis(0))),
            health: Arc::new(Health::new(Instant::now(), Duration::from_mins(1))),
            pages: Some(slow.clone()),
            clock,
            limits: Limits::USUAL,
        };
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = start(address, board).unwrap();
        let ask = |path: &str| {
            let mut stream = TcpStream::connect(listener.address()).unwrap();
            let patience = Some(Duration::from_secs(30));
            stream.set_read_timeout(patience).unwrap();
            write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
            stream
        };
        let read = |mut stream: TcpStream| {
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        };
        let held = slow.0.lock().unwrap();
        // Every second one is of the API; the last ones can only be told once the first have taken their places.
        let paths = (0..100).map(|n| if n % 2 == 0 { "/" } else { "/api/v1/spend" });
        let asked: Vec<TcpStream> = paths.map(ask).collect();
        // Whether it lives is told meanwhile.
        assert!(read(ask("/healthz")).starts_with("HTTP/1.1 200"));
        // Refused ones are answered while nothing is made: wait for one before the others may go on.
        let refused = (0..200).find_map(|_| {
            let answer = ask("/api/v1/spend");
            answer
                .set_read_timeout(Some(Duration::from_millis(100)))
                .unwrap();
            let mut text = String::new();
            let mut answer = answer;
            answer.read_to_string(&mut text).ok()?;
            Some(text)
        });
        let refused = refused.expect("somebody is refused");
        assert!(refused.contains("retry-after: 2\r\n"), "{refused}");
        assert!(refused.contains("\"code\":\"busy\""), "{refused}");
        drop(held);
        let answers: Vec<String> = asked.into_iter().map(read).collect();
        let count = |status: &str| {
            let answers = answers.iter();
            answers.filter(|one| one.starts_with(status)).count()
        };
        assert_eq!(count("HTTP/1.1 200") + count("HTTP/1.1 503"), 100);
        assert!(count("HTTP/1.1 200") >= 60, "{}", count("HTTP/1.1 200"));
        assert!(count("HTTP/1.1 503") >= 30, "{}", count("HTTP/1.1 503"));
        for one in answers.iter().filter(|one| one.starts_with("HTTP/1.1 503")) {
            assert!(one.contains("retry-after: 2\r\n"), "{one}");
        }
        // And afterwards there is room again.
        assert!(read(ask("/")).starts_with("HTTP/1.1 200"));
    }
}
