//! Connections with a limit on how long each lasts, plain or by TLS.
//!
//! Knows no HTTP. A newcomer may ask why, on loopback: a process that opens connections and says
//! nothing would otherwise take the descriptors that the ledger needs.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Sleep;
use tokio_rustls::server::TlsStream;
use tokio_rustls::{Accept, TlsAcceptor};

/// Pause after the system could not give a connection.
const AGAIN: Duration = Duration::from_millis(100);

/// What connections may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests at once that are no probe; further ones wait. As many connections may say nothing yet: where one more
    /// comes, the oldest of those is closed.
    pub connections: usize,
    /// How long one may last.
    pub lifetime: Duration,
    /// How long a request's head may take to come, TLS among it; and its body.
    pub patience: Duration,
}

impl Limits {
    /// A page takes milliseconds; whoever leaves one open holds a place for its refreshing.
    pub const USUAL: Limits = Limits {
        connections: 256,
        lifetime: Duration::from_secs(30),
        patience: Duration::from_secs(5),
    };
}

/// A listener that keeps the limits.
pub(super) struct Guarded {
    socket: TcpListener,
    tls: Option<TlsAcceptor>,
    lifetime: Duration,
}

/// A connection that ends when its time is over.
pub(super) struct Connection {
    stream: Stream,
    end: Pin<Box<Sleep>>,
}

/// The bytes of a connection.
enum Stream {
    Plain(TcpStream),
    /// Until the first read has seen the handshake through.
    Begins(Box<Accept<TcpStream>>),
    Sealed(Box<TlsStream<TcpStream>>),
}

impl Guarded {
    pub(super) fn new(socket: TcpListener, tls: Option<TlsAcceptor>, limits: Limits) -> Guarded {
        Guarded {
            socket,
            tls,
            lifetime: limits.lifetime,
        }
    }

    /// The next connection.
    pub(super) async fn accept(&self) -> (Connection, SocketAddr) {
        let (stream, address) = loop {
            match self.socket.accept().await {
                Ok(accepted) => break accepted,
                // Too many descriptors, or somebody who went away: time heals both.
                Err(_) => tokio::time::sleep(AGAIN).await,
            }
        };
        let stream = match &self.tls {
            None => Stream::Plain(stream),
            Some(tls) => Stream::Begins(Box::new(tls.accept(stream))),
        };
        let connection = Connection {
            stream,
            end: Box::pin(tokio::time::sleep(self.lifetime)),
        };
        (connection, address)
    }
}

impl Connection {
    fn over(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        match self.end.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }

    /// The handshake, where it is not done.
    fn open(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.over(context)?;
        if let Stream::Begins(accept) = &mut self.stream {
            let sealed = ready!(Pin::new(accept).poll(context))?;
            self.stream = Stream::Sealed(Box::new(sealed));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.open(context))?;
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, into),
            Stream::Sealed(stream) => Pin::new(stream).poll_read(context, into),
            Stream::Begins(_) => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.open(context))?;
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Sealed(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Begins(_) => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Sealed(stream) => Pin::new(stream).poll_flush(context),
            Stream::Begins(_) => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Sealed(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Begins(_) => Poll::Ready(Ok(())),
        }
    }
}
