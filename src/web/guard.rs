//! Connections with a limit on how many there are and how long each lasts.
//!
//! Knows no HTTP. A newcomer may ask why, on loopback: a process that opens connections and says
//! nothing would otherwise take the descriptors that the ledger needs.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;

/// What connections may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once; further ones wait.
    pub connections: usize,
    /// How long one may last.
    pub lifetime: Duration,
}

impl Limits {
    /// A page takes milliseconds; whoever leaves one open holds a place for its refreshing.
    pub const USUAL: Limits = Limits {
        connections: 128,
        lifetime: Duration::from_secs(30),
    };
}

/// A listener that keeps the limits.
#[derive(Debug)]
pub(super) struct Guarded {
    socket: TcpListener,
    places: Arc<Semaphore>,
    lifetime: Duration,
}

/// A connection that ends when its time is over.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    end: Pin<Box<Sleep>>,
    /// Given back when the connection is dropped.
    _place: Option<OwnedSemaphorePermit>,
}

impl Guarded {
    pub(super) fn new(socket: TcpListener, limits: Limits) -> Guarded {
        Guarded {
            socket,
            places: Arc::new(Semaphore::new(limits.connections)),
            lifetime: limits.lifetime,
        }
    }
}

impl axum::serve::Listener for Guarded {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        // The semaphore is never closed, so that there is always a place to wait for.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let (stream, address) = axum::serve::Listener::accept(&mut self.socket).await;
        let connection = Connection {
            stream,
            end: Box::pin(tokio::time::sleep(self.lifetime)),
            _place: place,
        };
        (connection, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}

impl Connection {
    fn over(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        match self.end.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.over(context)?;
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.over(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
