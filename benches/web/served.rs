//! Books of many days and features, with pages of them served as the daemon serves them.
//!
//! Knows no measurement. A newcomer may ask why a feature has few calls a day: what a page adds up is cells,
//! and a cell costs the same however many calls it holds.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tollwatch::app::Silent;
use tollwatch::app::links;
use tollwatch::app::pages::{FRESH, Pages, Readers};
use tollwatch::app::setup::{self, Setup};
use tollwatch::attribute::Registry;
use tollwatch::clock::{Clock, FixedClock};
use tollwatch::ledger::{Ledger, SqliteLedger};
use tollwatch::telemetry::{Figures, Health};
use tollwatch::units::{Text, UnixMillis};
use tollwatch::web::{self, Access, Board, Limits, Listener};

use super::ledger_support::{DAY, Dice, START, batch, entry, shared};

/// Calls of a feature on a day.
const CALLS: u64 = 3;

pub(crate) struct Served {
    /// Made for whoever measures one: whenever something has changed.
    pub(crate) pages: Pages<Readers>,
    pub(crate) books: SqliteLedger,
    pub(crate) days: i64,
    changes: u64,
    listener: Listener,
    _folder: tempfile::TempDir,
}

impl Served {
    pub(crate) fn new(days: i64, features: u64) -> Served {
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join("tollwatch.toml");
        std::fs::write(&config, "").expect("an empty configuration");
        let now = UnixMillis(START + DAY);
        let clock: Arc<dyn Clock> = Arc::new(FixedClock::at(now));
        let setup: Arc<Setup> =
            Arc::new(setup::load(Some(&config), clock.as_ref()).expect("a configuration"));
        let books = make(&setup, &folder.path().join("books.db"), (days, features));
        let of_books = || {
            let (reader, setup) = (books.beside().expect("a reader"), Arc::clone(&setup));
            let readers = Readers::new(reader, move || Arc::clone(&setup));
            Pages::new(readers, Arc::clone(&clock))
        };
        let pages = of_books();
        let board = Board {
            access: Arc::new(Access::open(Arc::clone(&clock)).expect("open to all")),
            figures: Arc::new(Figures::new("1", now)),
            health: Arc::new(Health::new(Instant::now(), Duration::from_hours(1))),
            pages: Some(Arc::new(of_books().fresh_for(FRESH))),
            clock: Arc::clone(&clock),
            limits: Limits::USUAL,
        };
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        Served {
            pages,
            books,
            days,
            changes: 0,
            listener: web::start(anywhere, board).expect("a free port"),
            _folder: folder,
        }
    }

    /// Books one call more, on the last day.
    pub(crate) fn change(&mut self) {
        self.changes += 1;
        let mut one = entry(START + 60_000, (9 << 40) + self.changes);
        shared(&mut one).key.feature = Text::const_new("app0/skill0");
        let now = UnixMillis(START + DAY);
        let booked = self.books.apply(&batch(vec![one]), now);
        booked.expect("the books take it");
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// The query that chooses all days.
    pub(crate) fn all(&self) -> String {
        let date = |at: i64| {
            let text = UnixMillis(at).to_string();
            text.split('T').next().unwrap_or_default().to_owned()
        };
        let first = START - (self.days - 1) * DAY;
        format!("from={}&to={}", date(first), date(START))
    }
}

fn make(setup: &Setup, path: &Path, (days, features): (i64, u64)) -> SqliteLedger {
    let begun = Instant::now();
    let mut books = setup.open(path).expect("fresh books");
    let now = UnixMillis(START + DAY);
    let mut dice = Dice(5);
    let mut id = 0;
    for day in (0..days).rev() {
        let mut entries = Vec::new();
        for feature in 0..features {
            for _ in 0..CALLS {
                let minute = i64::try_from(dice.roll(1_440)).expect("small");
                let mut one = entry(START - day * DAY + minute * 60_000, id);
                shared(&mut one).key.feature =
                    Text::from(format!("app{}/skill{feature}", feature % 5));
                entries.push(one);
                id += 1;
            }
        }
        books
            .apply(&batch(entries), now)
            .expect("the books take it");
    }
    let all = UnixMillis(i64::MAX);
    links::bring_up_to_date(&mut books, &Registry::default(), all, &mut Silent)
        .expect("the books take it");
    println!("books of {id} calls made in {:.1?}", begun.elapsed());
    books
}
