//! The demo's second half: calls go on, through a broker inside the process, into the daemon.
//!
//! Knows no terminal. A newcomer may ask why what was booked is read from the ledger and not told
//! by the daemon: a reader beside the daemon is what everybody has, and it sees what is durable.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::clock::{Clock, SystemClock};
use crate::ledger::{Ledger, Span, SqliteLedger};
use crate::line::Line;
use crate::source::kafka::{Fault, FaultKind, Mock};
use crate::units::{DAY_MS, HOUR_MS, MINUTE_MS, Text, UnixMillis};

use super::Failure;
use super::daemon::{self, Running, Start};
use super::run;
use super::setup;
use super::simulate::{Live, Order, Scenario};

/// The source that the live calls come from, as `deploy/demo/live.toml` names it.
pub const SOURCE: &str = "servicenow-live";
/// The configuration of the live part, and the address in it that the broker's takes the place of.
const CONFIG: (&str, &str) = (
    include_str!("../../deploy/demo/live.toml"),
    "127.0.0.1:9092",
);
/// Where it listens.
const ANYWHERE: &str = "127.0.0.1:0";
/// The topics that it names.
const TOPICS: [&str; 2] = ["sys_outbound_http_log", "sys_generative_ai_log"];
/// How long the first calls of every feature may take to come.
const BEGINS_MS: i64 = 15 * MINUTE_MS;
/// Partitions of each.
const PARTITIONS: i32 = 2;
/// How long partitions, or the last records, may be waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who watches.
pub trait Watcher {
    /// The daemon has its partitions, and calls begin.
    ///
    /// # Errors
    /// Ends the live part.
    fn begins(&mut self, pages: Option<SocketAddr>) -> Result<(), Failure>;

    /// A report was booked.
    ///
    /// # Errors
    /// Ends the live part.
    fn booked(&mut self, line: &Line) -> Result<(), Failure>;
}

/// What goes on, and for how long.
pub struct Ask<'a> {
    /// The demo's folder, with its configuration.
    pub dir: &'a Path,
    /// What happened so far.
    pub scenario: &'a Scenario,
    /// The history that it goes on from.
    pub order: Order,
    /// So many requests; `None` until a signal comes.
    pub requests: Option<u64>,
    /// Where the pages are served; any free port of loopback for `None`.
    pub listen: Option<SocketAddr>,
}

/// What became of the records, by outcome; `received` stands beside them.
pub type Outcomes = BTreeMap<Text, u64>;

/// Produces calls to a broker inside the process and lets the daemon read them, until so many are
/// booked or a signal comes.
///
/// # Errors
/// What the broker, the daemon or the watcher says.
pub fn live(
    ask: &Ask<'_>,
    books: SqliteLedger,
    watcher: &mut dyn Watcher,
) -> Result<Outcomes, Failure> {
    let path = ask.dir.join("tollwatch.db");
    let broker = Mock::start(&TOPICS, PARTITIONS)?;
    let config = ask.dir.join("live.toml");
    let mut text = CONFIG.0.replace(CONFIG.1, &broker.brokers());
    if let Some(address) = ask.listen {
        text = text.replace(ANYWHERE, &address.to_string());
    }
    text.push_str(&pause(ask, SystemClock.now()));
    fs::write(&config, text)?;
    let reader = setup::open_read_only(&path)?;
    let clock = SystemClock;
    let mut running = daemon::start(Start {
        setup: setup::load(Some(&config), &clock)?,
        config,
        books,
        ledger: None,
        every: daemon::TICK,
    })?;
    let mut show = Show {
        reader,
        watcher,
        shown: BTreeMap::new(),
    };
    let mut stage = Stage {
        ask,
        broker,
        story: Live::after(ask.scenario, ask.order),
        clock,
        requests: None,
        records: 0,
        since: Instant::now(),
    };
    let result = run::until_stopped(daemon::TICK, |wake| {
        running.look(wake)?;
        stage.look(&running, &mut show)
    });
    let stopped = running.stop();
    result.and(stopped)?;
    show.show(clock.now())?;
    let mut outcomes = Outcomes::new();
    for row in show.reader.counts()? {
        if row.source == SOURCE {
            *outcomes.entry(row.outcome).or_default() += row.n;
        }
    }
    Ok(outcomes)
}

/// The time between the history and its going on, as configuration: nobody called, and nobody wonders.
fn pause(ask: &Ask<'_>, now: UnixMillis) -> String {
    let days = i64::from(ask.order.days) * DAY_MS;
    let from = ask.order.start.saturating_add(days);
    let to = now.saturating_add(BEGINS_MS).max(from.saturating_add(1));
    format!(
        "\n[[alerts.maintenance]]\nfrom = \"{from}\"\nto = \"{to}\"\nauthor = \"tollwatch demo\"\nreason = \"Nothing is called between the two weeks and the live part.\"\n"
    )
}

/// What is produced, and how far it is.
struct Stage<'a> {
    ask: &'a Ask<'a>,
    broker: Mock,
    story: Live<'a>,
    clock: SystemClock,
    /// Requests so far; `None` until the daemon has its partitions.
    requests: Option<u64>,
    records: u64,
    /// Since when nothing but patience is needed.
    since: Instant,
}

impl Stage<'_> {
    /// One request more, and what was booked since the last look.
    fn look(&mut self, running: &Running, show: &mut Show<'_>) -> Result<ControlFlow<()>, Failure> {
        let Some(requests) = self.requests else {
            if running.is_ready() {
                show.watcher.begins(running.address())?;
                self.requests = Some(0);
            }
            return self.waits();
        };
        let now = self.clock.now();
        show.show(now)?;
        if self.ask.requests.is_none_or(|wanted| requests < wanted) {
            for record in self.story.next(now) {
                let partition = i32::from(self.records % 2 == 1);
                self.broker
                    .produce(record.table, partition, Some(&record.bytes))?;
                self.records += 1;
            }
            self.requests = Some(requests + 1);
            self.since = Instant::now();
            return Ok(ControlFlow::Continue(()));
        }
        if show.booked()? >= self.records {
            return Ok(ControlFlow::Break(()));
        }
        self.waits()
    }

    fn waits(&self) -> Result<ControlFlow<()>, Failure> {
        if self.since.elapsed() < PATIENCE {
            return Ok(ControlFlow::Continue(()));
        }
        let text = "the broker inside the process does not answer";
        Err(Fault::new(FaultKind::Unreachable, text).into())
    }
}

/// What was booked, as a reader beside the daemon sees it.
struct Show<'a> {
    reader: SqliteLedger,
    watcher: &'a mut dyn Watcher,
    /// The first offset of each partition that was not shown.
    shown: BTreeMap<(Text, i32), u64>,
}

impl Show<'_> {
    /// Shows what was booked since the last time.
    fn show(&mut self, now: UnixMillis) -> Result<(), Failure> {
        // The latest call began well within an hour before its record came.
        let span = Span {
            from: now.saturating_add(-HOUR_MS),
            to: Span::ALL.to,
        };
        let mut lines = Vec::new();
        self.reader.lines(span, &mut |line| {
            let about = &line.about;
            let place = (about.topic.clone(), about.partition);
            let shown = self.shown.get(&place).copied().unwrap_or(0);
            if about.source == SOURCE && line.offset >= shown {
                lines.push(line);
            }
            Ok(())
        })?;
        for line in &lines {
            let place = (line.about.topic.clone(), line.about.partition);
            let next = self.shown.entry(place).or_default();
            *next = (*next).max(line.offset + 1);
            self.watcher.booked(line)?;
        }
        Ok(())
    }

    /// How many records of the live source are in the books.
    fn booked(&self) -> Result<u64, Failure> {
        let positions = self.reader.positions()?;
        let ours = positions.iter().filter(|placed| placed.source == SOURCE);
        Ok(ours.map(|placed| placed.position.offset).sum())
    }
}
