//! The daemon's listener: metrics, health, and pages of the books.
//!
//! Knows no page. A newcomer may ask what happens where the books are in memory alone: nobody can
//! read beside the writer, and so there are no pages.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::web::{self, Answers, Board, Listener};

use super::super::Failure;
use super::super::pages::{Pages, Readers};
use super::shared::Shared;

/// Listens, and serves what the threads share.
pub(super) fn at(address: SocketAddr, shared: &Arc<Shared>) -> Result<Listener, Failure> {
    let board = Board {
        figures: Arc::clone(&shared.figures),
        health: Arc::clone(&shared.health),
        clock: Arc::new(shared.clock),
        pages: pages(shared),
        limits: web::Limits::USUAL,
    };
    let listener = web::start(address, board)?;
    tracing::info!(address = %listener.address(), "listening: pages, /metrics /healthz /readyz");
    Ok(listener)
}

/// The pages, by readers of their own beside the writer; books in memory have none.
fn pages(shared: &Arc<Shared>) -> Option<Arc<dyn Answers>> {
    let root = shared.books().beside();
    let root = root
        .inspect_err(|fault| tracing::warn!("no pages: {fault}"))
        .ok()?;
    let of = Arc::clone(shared);
    let store = Readers::new(root, move || of.setup().0);
    Some(Arc::new(Pages::new(store, Arc::new(shared.clock))))
}
