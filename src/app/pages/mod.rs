//! Questions to the books, answered as pages: plain data that `web` shows.
//!
//! Knows no HTML. Each page asks the questions that `report` asks, so that figures are equal by
//! construction. A newcomer may ask why pages read by connections of their own: the writer's lock is
//! the daemon's pace, and whoever looks must not slow it.

mod alerts;
mod api;
mod calls;
mod changes;
mod endpoints;
mod findings;
mod health;
mod latency;
mod looks;
mod mails;
mod month;
mod monthly;
mod outages;
mod overview;
mod parts;
mod residency;
mod shelf;
mod spend;
mod steps;
mod store;
mod tables;
mod view;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::judge::Rulebook;
use crate::units::{Text, UnixMillis};
use crate::web::page::{Page, Place, Words};
use crate::web::{Answers, Asked, Refused, Unchanged};

use super::Failure;
use super::report;
use super::setup::Setup;
use looks::{Look, Looks};
use parts::{basis_words, seen_share};
use shelf::{Mark, Shelf};
use view::{Fault, View};

pub use looks::FRESH;
pub use monthly::pilot;
pub use store::{Books, Readers, Store};

/// The pages, in the order of the navigation.
pub const PLACES: [Place; 8] = [
    (
        "/",
        "Overview",
        "what a day cost, what is wrong, what is unseen",
    ),
    (
        "/spend",
        "Spend",
        "what was spent, on what, against what was approved",
    ),
    (
        "/residency",
        "Residency",
        "where calls landed, and which evidence says so",
    ),
    (
        "/latency",
        "Latency",
        "how long calls take, and how many are refused",
    ),
    ("/alerts", "Alerts", "what fired, since when, who was told"),
    (
        "/endpoints",
        "Endpoints",
        "the registry beside what was seen",
    ),
    ("/calls", "Calls", "single calls, and how each was decided"),
    (
        "/health",
        "Data",
        "sources, quarantine, and whether the books add up",
    ),
];

/// The same where mails lie in a folder: there they can be read.
pub const PLACES_WITH_MAILS: [Place; 9] = {
    let [one, two, three, four, five, six, seven, eight] = PLACES;
    let mails = ("/mails", "Mails", "what was written to whom");
    [one, two, three, four, five, mails, six, seven, eight]
};

/// Rows of evidence of each verdict.
const EVIDENCE: usize = 40;

/// Makes a page.
type Make = fn(&Ask<'_>) -> Result<Page, Fault>;

/// What a page is made from.
struct Ask<'a> {
    ledger: &'a dyn Books,
    rules: &'a Rulebook,
    setup: &'a Setup,
    view: &'a View,
    asked: &'a Asked,
    now: UnixMillis,
}

/// Pages of a store of books.
pub struct Pages<S> {
    store: S,
    clock: Arc<dyn Clock>,
    shelf: Shelf,
    looks: Looks,
}

impl<S: Store> Pages<S> {
    /// Pages of these books, as they stand when somebody asks.
    pub fn new(store: S, clock: Arc<dyn Clock>) -> Pages<S> {
        Pages {
            store,
            clock,
            shelf: Shelf::default(),
            looks: Looks::fresh_for(Duration::ZERO),
        }
    }

    /// The same, that may show the books as they were so long before: [`FRESH`] where many look while they are
    /// written. What is changed through them is shown at once.
    #[must_use]
    pub fn fresh_for(mut self, fresh: Duration) -> Pages<S> {
        self.looks = Looks::fresh_for(fresh);
        self
    }

    /// Lets go of everything that is kept of what was asked before: the next answer reads all that it needs.
    pub fn forget(&self) {
        self.looks.forget();
        self.shelf.clear();
        self.store.forget();
    }

    /// Whether anything has changed, as it was seen now or a moment ago.
    fn look(&self) -> Look {
        let setup = self.store.setup();
        let same = |mark: &Mark| Arc::ptr_eq(&mark.setup, &setup);
        let holds = |look: &Look| look.mark.as_ref().is_some_and(same);
        self.looks.get(holds, || {
            let second = self.clock.now().0.div_euclid(1000);
            // First what is told of it: a page may know more than that, and never less.
            let version = self.store.version();
            let mark = self.store.moment().map(|moment| Mark {
                setup: Arc::clone(&setup),
                second,
                moment,
            });
            Look { mark, version }
        })
    }

    fn with<T>(
        &self,
        asked: &Asked,
        make: impl Fn(&Ask<'_>) -> Result<T, Fault>,
    ) -> Result<T, Refused> {
        let setup = self.store.setup();
        let now = self.clock.now();
        let answered = self.store.read(&mut |ledger| {
            let view = match View::of(ledger, asked, now) {
                Ok(view) => view,
                Err(fault) => return Ok(Err(fault)),
            };
            Ok(Ok(make(&Ask {
                ledger,
                rules: &setup.rules,
                setup: &setup,
                view: &view,
                asked,
                now,
            })))
        });
        let failed = |failure: &Failure| Refused::Unavailable(failure.to_string());
        match answered {
            Ok(Ok(Ok(page))) => Ok(page),
            Ok(Ok(Err(Fault::Refused(refused))) | Err(Fault::Refused(refused))) => Err(refused),
            Ok(Ok(Err(Fault::Failed(failure))) | Err(Fault::Failed(failure))) | Err(failure) => {
                Err(failed(&failure))
            }
        }
    }
}

impl<S: Store> Answers for Pages<S> {
    fn places(&self) -> &[Place] {
        if mails::folder(&self.store.setup()).is_some() {
            &PLACES_WITH_MAILS
        } else {
            &PLACES
        }
    }

    fn framed(&self, name: &str) -> Result<String, Refused> {
        mails::framed(&self.store.setup(), name)
    }

    fn page(&self, path: &str, asked: &Asked, arrived: Instant) -> Result<Arc<Page>, Refused> {
        // An episode's own page has its number in the path, as mails write it.
        let episode = path
            .strip_prefix("/alerts/")
            .filter(|number| number.parse::<u64>().is_ok());
        if let Some(number) = episode {
            return self.page("/alerts", &asked.with("episode", number), arrived);
        }
        let make = maker(path)?;
        let anew = || self.with(asked, |ask| whole(ask, path, make));
        // Mails lie in a folder, and what changes there is no change of the books.
        if path == "/mails" {
            return anew().map(Arc::new);
        }
        let address = (path.to_owned(), asked.query());
        self.shelf.page(address, arrived, || self.look().mark, anew)
    }

    fn api(&self, name: &str, asked: &Asked) -> Result<String, Refused> {
        self.with(asked, |ask| api::answer(ask, name))
    }

    fn openapi(&self) -> String {
        api::openapi()
    }

    fn version(&self) -> Option<u64> {
        self.look().version
    }

    fn takes(&self, path: &str) -> bool {
        Self::takes_form(path)
    }

    fn change(&self, path: &str, form: &Asked, author: &Text) -> Result<String, Unchanged> {
        self.changed(path, form, author)
    }

    fn linked(&self, path: &str, key: &str) -> Result<Page, Unchanged> {
        self.offered(path, key)
    }

    fn follow(&self, path: &str, key: &str) -> Result<Page, Unchanged> {
        self.followed(path, key)
    }
}

/// A page for a file: of all days where none are named.
///
/// # Errors
/// What the ledger says; a parameter that cannot be.
pub fn report(
    ledger: &dyn Books,
    setup: &Setup,
    path: &str,
    wanted: &[(&str, Option<&str>)],
    now: UnixMillis,
) -> Result<Page, Failure> {
    let mut asked = Asked::default();
    for (name, value) in wanted {
        asked = asked.with(name, value.unwrap_or_default());
    }
    let named = |fault: Fault| match fault {
        Fault::Failed(failure) => failure,
        Fault::Refused(Refused::Parameter(name, right)) => {
            Failure::Usage(format!("beside `--html`, `--{name}` must be {right}"))
        }
        Fault::Refused(Refused::Unknown | Refused::Unavailable(_) | Refused::Busy) => {
            Failure::Usage(format!("there is no page at {path}"))
        }
    };
    let view = View::all(ledger, &asked, now).map_err(named)?;
    let ask = Ask {
        ledger,
        rules: &setup.rules,
        setup,
        view: &view,
        asked: &asked,
        now,
    };
    if path == "/month" {
        return monthly::page(&ask).map_err(named);
    }
    let make = maker(path).map_err(|refused| named(Fault::Refused(refused)))?;
    whole(&ask, path, make).map_err(named)
}

/// What makes the page at a path.
fn maker(path: &str) -> Result<Make, Refused> {
    Ok(match path {
        "/" => overview::page,
        "/spend" => spend::page,
        "/residency" => residency::page,
        "/latency" => latency::page,
        "/alerts" => alerts::page,
        "/endpoints" => endpoints::page,
        "/calls" => calls::page,
        "/health" => health::page,
        "/api" => api::page,
        "/mails" => mails::page,
        _ => return Err(Refused::Unknown),
    })
}

/// A page with what all have: the choice, how well the books see, the configurations.
fn whole(ask: &Ask<'_>, path: &str, make: Make) -> Result<Page, Fault> {
    if ask.view.books.is_none()
        && !["/health", "/endpoints", "/api", "/alerts", "/mails"].contains(&path)
    {
        let mut page = empty();
        page.choice.query.clone_from(&ask.view.query);
        page.version = Some(ask.ledger.feed_end()?);
        return Ok(page);
    }
    let mut page = make(ask)?;
    page.version = Some(ask.ledger.feed_end()?);
    let place = PLACES_WITH_MAILS.iter().find(|(place, ..)| *place == path);
    page.title = place.map_or_else(String::new, |(_, title, _)| (*title).to_owned());
    let told = std::mem::take(&mut page.choice);
    page.choice = ask.view.choice(path, ask.rules, &told.features);
    page.choice.hidden = told.hidden;
    page.choice.search = told.search;
    page.choice.against = told.against;
    page.choice.whole = ask.asked.query();
    if page.basis.is_empty() {
        page.basis = basis_words(&report::basis::basis(ask.ledger, ask.view.span)?);
    }
    Ok(page)
}

/// Figures of the corner: how much is seen, how far behind the reading is.
fn seen(total: &report::Figures) -> Words {
    match seen_share(total) {
        Some((least, most)) => {
            let text = format!("{} seen by both halves", crate::figure::share(least, most));
            let blind = least.saturating_mul(100) < most.saturating_mul(95);
            if blind {
                Words::new().with(crate::web::page::Tone::Warn, text)
            } else {
                Words::of(text)
            }
        }
        None => Words::new(),
    }
}

/// Nothing was booked yet.
fn empty() -> Page {
    Page {
        title: "Nothing yet".to_owned(),
        headline: Words::of("The books are empty."),
        lead: Words::of("No record has been booked yet. ")
            .say("The daemon reads its sources by itself; ")
            .link("the page on data", "/health", false)
            .say(" tells what it waits for. To read files now: ")
            .code("tollwatch replay --config tollwatch.toml --ledger books.db FILES")
            .say(". To see what this looks like with figures: ")
            .code("tollwatch demo")
            .say("."),
        ..Page::default()
    }
}
