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
const MAKERS: usize = 16;

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

    #[test]
    fn a_silent_connection_holds_its_place_for_a_while_and_not_for_ever() {
        let limits = Limits {
            connections: 2,
            lifetime: Duration::from_millis(300),
            patience: Duration::from_secs(5),
        };
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
        let listener = start(address, board).unwrap();
        let connect = || {
            let stream = TcpStream::connect(listener.address()).unwrap();
            let patience = Some(Duration::from_secs(20));
            stream.set_read_timeout(patience).unwrap();
            stream
        };
        let begun = Instant::now();
        let silent = [connect(), connect()];
        let mut third = connect();
        third.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        third.read_to_string(&mut answer).unwrap();
        assert!(answer.ends_with("\r\n\r\nok\n"), "{answer}");
        assert!(begun.elapsed() >= limits.lifetime, "it waited for a place");
        for mut stream in silent {
            let mut nothing = String::new();
            // Closed or reset: either way nothing was said.
            drop(stream.read_to_string(&mut nothing));
            assert_eq!(nothing, "");
        }
    }
}
