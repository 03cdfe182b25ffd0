//! The thread that judges alerts, and obeys what people order of them.
//!
//! Knows no rule. A newcomer may ask why a ledger that cannot be written never ends it: alerts must not
//! stop the reading, and what was not judged now is judged later.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::alert::SourceFact;
use crate::clock::Clock;
use crate::crash::pause;
use crate::ledger::Fault;
use crate::telemetry::Judged;

use super::super::Failure;
use super::super::alert::{Evaluator, Looked};
use super::follow::{Beside, Complete};
use super::shared::{Ordered, Shared, may_pass};

/// Pause between two looks at the feed.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Pause between two looks for orders.
const ORDERS_EVERY: Duration = Duration::from_millis(100);
/// Pause after a fault.
const AGAIN: Duration = Duration::from_secs(5);
/// How long a first start waits until sources say how far they are.
const SOURCES_WITHIN: Duration = Duration::from_secs(20);
/// The name in the log.
const SITE: &str = "alerts";

/// Judges until the end is told.
///
/// # Errors
/// None that ends the daemon.
#[expect(
    clippy::unnecessary_wraps,
    reason = "threads of the daemon have one shape"
)]
pub(super) fn run(shared: &Arc<Shared>) -> Result<(), Failure> {
    while !shared.stopping() {
        match judge(shared) {
            Ok(()) => break,
            Err(fault) if may_pass(fault.kind) => shared.ledger_waits(&fault),
            Err(fault) => shared.fault(SITE, &fault.to_string(), fault.hint()),
        }
        shared.figures.alerts_failed();
        if !shared.nap(pause(AGAIN)) {
            break;
        }
    }
    while let Some(Ordered { answer, .. }) = shared.next_order() {
        drop(answer.send(Err("the daemon ends".to_owned())));
    }
    Ok(())
}

fn judge(shared: &Shared) -> Result<(), Fault> {
    let mut books = Beside::open(shared)?;
    let mut complete = Complete::default();
    // Until sources say how far they are, a first start cannot tell news from history.
    let until = Instant::now() + pause(SOURCES_WITHIN);
    let mut looked = look(shared, &mut complete);
    while looked.complete_to.is_none() && Instant::now() < until {
        if !shared.nap(pause(LOOK_EVERY)) {
            return Ok(());
        }
        looked = look(shared, &mut complete);
    }
    let (mut setup, mut generation) = shared.setup();
    let mut evaluator = Evaluator::begin(&mut books, &setup, &looked)?;
    while !shared.stopping() {
        if shared.generation() != generation {
            (setup, generation) = shared.setup();
            evaluator.configure(&setup);
        }
        let began = Instant::now();
        let looked = look(shared, &mut complete);
        let done = evaluator.look(&mut books, &setup, &looked)?;
        shared.over(SITE);
        let told = done.steps.iter().filter(|step| !step.to.is_empty()).count();
        for step in &done.steps {
            tell(step);
        }
        shared.figures.alerts_judged(&Judged {
            to: evaluator.cursor().closed_to,
            at: looked.now,
            took: began.elapsed(),
            counts: evaluator.desk().counts(),
            steps: (told, done.steps.len().saturating_sub(told)),
        });
        let until = Instant::now() + pause(LOOK_EVERY);
        loop {
            while let Some(Ordered { order, answer }) = shared.next_order() {
                let now = shared.clock.now();
                let said = evaluator.order(&mut books, &setup, &order, now)?;
                // Whoever asked may be gone; what was done stays done.
                drop(answer.send(said));
            }
            if done.more || Instant::now() >= until || !shared.nap(ORDERS_EVERY) {
                break;
            }
        }
    }
    Ok(())
}

/// Says in the log what people are told, or why they are not.
fn tell(step: &crate::episode::Step) {
    let Some(finding) = step.findings.first().filter(|_| step.digest.is_none()) else {
        let what = step
            .digest
            .map_or("digest", crate::episode::Occasion::as_str);
        tracing::info!(number = step.id.episode, to = step.to.len(), "{what}");
        return;
    };
    tracing::info!(
        episode = step.id.episode,
        step = step.id.step,
        rule = %finding.rule,
        series = step.series,
        to = step.to.len(),
        quiet = step.quiet.map(crate::episode::Quiet::as_str),
        "{}",
        step.kind.as_str()
    );
}

/// What holds now.
fn look(shared: &Shared, complete: &mut Complete) -> Looked {
    let now = shared.clock.now();
    let lags = shared.figures.lags(now);
    let sources = shared
        .completes()
        .into_iter()
        .map(|(source, to)| SourceFact {
            lag_ms: lags.get(&source).and_then(|(_, ms)| *ms),
            complete_to: to,
            source,
            ..SourceFact::default()
        });
    Looked {
        now,
        complete_to: complete.at(Instant::now(), shared.complete_to()),
        sources: sources.collect(),
    }
}
