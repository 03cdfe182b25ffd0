//! Takes connections and answers one request of each.
//!
//! Knows no answer. A newcomer may ask why `axum::serve` does not: it waits for ever for a head that does
//! not come, takes one of 400 KB, and whoever opens many connections would keep out all others.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::{AbortHandle, JoinSet};

use super::answer::PATHS;
use super::guard::{Connection, Guarded, Limits};
use super::who::Peer;

/// Longest head of a request, in bytes.
const HEAD_MAX: usize = 32 * 1024;
/// Most lines of it.
const LINES_MAX: usize = 64;
/// How long open connections may keep the listener from ending.
const FAREWELL: Duration = Duration::from_secs(1);

/// Connections that have not asked anything yet, the oldest first.
#[derive(Default)]
struct Silent(VecDeque<(Arc<AtomicBool>, AbortHandle)>);

impl Silent {
    /// Takes one more; where there are `most`, the oldest is closed.
    fn take(&mut self, asked: Arc<AtomicBool>, task: AbortHandle, most: usize) {
        let silent = |asked: &AtomicBool| !asked.load(Ordering::Relaxed);
        self.0
            .retain(|(asked, task)| silent(asked) && !task.is_finished());
        self.0.push_back((asked, task));
        while self.0.len() > most.max(1) {
            if let Some((_, oldest)) = self.0.pop_front() {
                oldest.abort();
            }
        }
    }
}

/// Answers until it is told to stop; what was asked before is answered, for a second at most.
pub(super) async fn serve(
    socket: Guarded,
    router: Router,
    limits: Limits,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut at_work = JoinSet::new();
    let mut silent = Silent::default();
    let places = Arc::new(Semaphore::new(limits.connections));
    let service = TowerToHyperService::new(router);
    loop {
        tokio::select! {
            // A sender that is gone says the same as one that speaks.
            _ = &mut stopped => break,
            Some(_) = at_work.join_next() => {}
            (connection, peer) = socket.accept() => {
                let asked = Arc::new(AtomicBool::new(false));
                let one = One {
                    service: service.clone(),
                    peer: Peer(peer),
                    asked: Arc::clone(&asked),
                    places: Arc::clone(&places),
                    place: Arc::default(),
                };
                let task = at_work.spawn(one.answer(connection, limits.patience));
                silent.take(asked, task, limits.connections);
            }
        }
    }
    drop(socket);
    let all = async { while at_work.join_next().await.is_some() {} };
    drop(tokio::time::timeout(FAREWELL, all).await);
}

/// A connection's way to its answer.
struct One {
    service: TowerToHyperService<Router>,
    peer: Peer,
    /// Set once a whole head has come.
    asked: Arc<AtomicBool>,
    places: Arc<Semaphore>,
    /// Held until the connection ends: an answer may be a stream.
    place: Arc<Mutex<Option<OwnedSemaphorePermit>>>,
}

impl One {
    async fn answer(self, connection: Connection, patience: Duration) {
        let told = service_fn(move |mut request: hyper::Request<Incoming>| {
            self.asked.store(true, Ordering::Relaxed);
            request.extensions_mut().insert(self.peer);
            let (service, places) = (self.service.clone(), Arc::clone(&self.places));
            let place = Arc::clone(&self.place);
            async move {
                let path = request.uri().path();
                // Whether the daemon lives is told at once, whoever else waits.
                if !PATHS.iter().any(|(probe, _)| *probe == path) {
                    // The semaphore is never closed, so that there is always a place to wait for.
                    let taken = places.acquire_owned().await.ok();
                    *place.lock().unwrap_or_else(PoisonError::into_inner) = taken;
                }
                service.call(request).await
            }
        });
        let answering = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(patience)
            .max_buf_size(HEAD_MAX)
            .max_headers(LINES_MAX)
            .keep_alive(false)
            .serve_connection(TokioIo::new(connection), told);
        drop(answering.await);
    }
}
