//! Pages made a moment ago, for whoever asks for the same while nothing has changed.
//!
//! Knows no figure, and nobody's name: who looks, and the token of a form, come in when a page is written. A newcomer
//! may ask why nothing is given an age: a page is handed out again only where the books, the configuration and the
//! second that it tells times by are still the same by the last look at them, or where it was begun after it was asked
//! for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::app::setup::Setup;
use crate::web::Refused;
use crate::web::page::Page;

/// Pages that are kept at most; one takes up to a megabyte.
const PAGES: usize = 32;

/// What a page depends on beside its address.
#[derive(Clone)]
pub(super) struct Mark {
    /// Changes with each commit to the books.
    pub(super) moment: i64,
    /// The second that times are told by.
    pub(super) second: i64,
    /// The configuration.
    pub(super) setup: Arc<Setup>,
}

impl Mark {
    fn is(&self, other: &Mark) -> bool {
        let here = (self.moment, self.second);
        here == (other.moment, other.second) && Arc::ptr_eq(&self.setup, &other.setup)
    }
}

/// Path and query.
type Address = (String, String);

/// Pages by their address.
#[derive(Default)]
pub(super) struct Shelf(Mutex<Slots>);

#[derive(Default)]
struct Slots {
    /// Each with the turn that asked for it last.
    by_address: BTreeMap<Address, (Arc<Slot>, u64)>,
    /// Counts what is asked for.
    turn: u64,
}

/// A place for a page; locked while it is made, so that whoever asks for the same waits for it.
#[derive(Default)]
struct Slot(Mutex<Option<Made>>);

struct Made {
    page: Arc<Page>,
    begun: Instant,
    mark: Mark,
}

impl Shelf {
    /// The page at that address as it stands at `arrived` or later: one that is there, or what `make` makes. Where
    /// `mark` tells nothing, nothing is kept.
    pub(super) fn page(
        &self,
        address: Address,
        arrived: Instant,
        mark: impl FnOnce() -> Option<Mark>,
        make: impl FnOnce() -> Result<Page, Refused>,
    ) -> Result<Arc<Page>, Refused> {
        let slot = self.slot(address);
        let mut slot = slot.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Before anything is read: what changes meanwhile makes this page one of the past.
        let (begun, mark) = (Instant::now(), mark());
        if let (Some(made), Some(mark)) = (slot.as_ref(), &mark)
            && (made.begun >= arrived || made.mark.is(mark))
        {
            return Ok(Arc::clone(&made.page));
        }
        *slot = None;
        let page = Arc::new(make()?);
        *slot = mark.map(|mark| Made {
            page: Arc::clone(&page),
            begun,
            mark,
        });
        Ok(page)
    }

    /// Lets go of all pages.
    pub(super) fn clear(&self) {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.by_address.clear();
    }

    fn slot(&self, address: Address) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.turn += 1;
        let turn = slots.turn;
        let slot = slots.by_address.entry(address).or_default();
        slot.1 = turn;
        let slot = Arc::clone(&slot.0);
        while slots.by_address.len() > PAGES {
            let oldest = slots.by_address.iter().min_by_key(|(_, (_, used))| *used);
            let Some(oldest) = oldest.map(|(address, _)| address.clone()) else {
                break;
            };
            slots.by_address.remove(&oldest);
        }
        slot
    }
}
