//! Takes connections and answers one request of each.
//!
//! Knows no path. A newcomer may ask why `axum::serve` does not: it waits for ever for a head that does
//! not come, and takes one of 400 KB.

use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::guard::{Guarded, Limits};
use super::who::Peer;

/// Longest head of a request, in bytes.
const HEAD_MAX: usize = 32 * 1024;
/// Most lines of it.
const LINES_MAX: usize = 64;
/// How long open connections may keep the listener from ending.
const FAREWELL: Duration = Duration::from_secs(1);

/// Answers until it is told to stop; what was asked before is answered, for a second at most.
pub(super) async fn serve(
    socket: Guarded,
    router: Router,
    limits: Limits,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut at_work = JoinSet::new();
    let service = TowerToHyperService::new(router);
    loop {
        tokio::select! {
            // A sender that is gone says the same as one that speaks.
            _ = &mut stopped => break,
            Some(_) = at_work.join_next() => {}
            (connection, peer) = socket.accept() => {
                let service = service.clone();
                let told = hyper::service::service_fn(move |mut request| {
                    let extensions: &mut hyper::http::Extensions = {
                        let request: &mut hyper::Request<hyper::body::Incoming> = &mut request;
                        request.extensions_mut()
                    };
                    extensions.insert(Peer(peer));
                    service.call(request)
                });
                let answering = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(limits.patience)
                    .max_buf_size(HEAD_MAX)
                    .max_headers(LINES_MAX)
                    .keep_alive(false)
                    .serve_connection(TokioIo::new(connection), told);
                at_work.spawn(async move { drop(answering.await) });
            }
        }
    }
    drop(socket);
    let all = async { while at_work.join_next().await.is_some() {} };
    drop(tokio::time::timeout(FAREWELL, all).await);
}
