//! The daemon's listener: metrics, health, and pages of the books.
//!
//! Knows no page. A newcomer may ask what happens where the books are in memory alone: nobody can
//! read beside the writer, and so there are no pages.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::config::Ready;
use crate::secret::seal::SealKey;
use crate::web::{self, Access, Answers, Board, Listener};

use super::super::Failure;
use super::super::pages::{FRESH, Pages, Readers};
use super::super::setup::Setup;
use super::shared::Shared;

/// How long whoever judges alerts may take to do what a page asks for.
const PATIENCE: Duration = Duration::from_secs(15);

/// Listens, and serves what the threads share; who is logged in is kept beside the ledger.
pub(super) fn at(
    address: SocketAddr,
    shared: &Arc<Shared>,
    ledger: Option<&Path>,
) -> Result<Listener, Failure> {
    let (setup, _) = shared.setup();
    let ready = &setup.ready;
    let sessions = ledger.map(|ledger| beside(ledger, "sessions"));
    let door = (&ready.web, ready.alerts.public_url.as_deref());
    let access = Access::new(door, sessions, Arc::new(shared.clock)).map_err(Failure::Usage)?;
    let board = Board {
        access: Arc::new(access),
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

/// Gives a configuration the key that signs links in mails, where the pages have a public address.
/// Without a key mails say what to type.
pub(super) fn sign(setup: &mut Setup, ledger: Option<&Path>) {
    let (Some(_), Some(ledger)) = (&setup.ready.alerts.public_url, ledger) else {
        return;
    };
    let key = match &setup.ready.web.link_key {
        Some(from) => from.read().and_then(|text| SealKey::of_text(text.open())),
        None => SealKey::of_file(&beside(ledger, "link-key")).map_err(|error| error.to_string()),
    };
    match key {
        Ok(key) => setup.links = Some(key.derived("links of mails")),
        Err(why) => tracing::error!(
            hint = "mails say what to type until it can be read",
            "no key for links in mails: {why}"
        ),
    }
}

/// Lets in whom another configuration names; one that is wrong changes nothing.
pub(super) fn renew(listener: Option<&Listener>, ready: &Ready) {
    let public = ready.alerts.public_url.as_deref();
    let renewed = listener.map(|listener| listener.renew(&ready.web, public));
    if let Some(Err(why)) = renewed {
        tracing::error!("who may look at the pages stays as it was: {why}");
    }
}

/// A file beside the ledger.
fn beside(ledger: &Path, ending: &str) -> PathBuf {
    let mut name = ledger.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

/// The pages, by readers of their own beside the writer; books in memory have none.
fn pages(shared: &Arc<Shared>) -> Option<Arc<dyn Answers>> {
    let root = shared.books().beside();
    let root = root
        .inspect_err(|fault| tracing::warn!("no pages: {fault}"))
        .ok()?;
    let of = Arc::clone(shared);
    let store = Readers::new(root, move || of.setup().0);
    let by = Arc::clone(shared);
    let store = store.obeyed_by(move |order| {
        let done = by.order(order, PATIENCE);
        done.inspect(|done| tracing::info!("alerts, by a page: {done}"))
    });
    let pages = Pages::new(store, Arc::new(shared.clock));
    Some(Arc::new(pages.fresh_for(FRESH)))
}
