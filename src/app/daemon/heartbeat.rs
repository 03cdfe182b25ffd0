//! The thread that gives a sign of life to an address outside, each minute while all is well.
//!
//! Knows no receiver. A newcomer may ask why it says nothing where something is wrong: whoever waits for it calls
//! for help when it stays away, also where nobody here can say a word any more.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::config::UrlRef;
use crate::crash::pause;
use crate::notify;
use crate::telemetry::{Beat, Figures, Health};
use crate::units::{MINUTE_MS, UnixMillis};

use super::super::Failure;
use super::shared::Shared;

/// Between two signs of life.
const EVERY: Duration = Duration::from_mins(1);
/// Before one is tried again that nobody answered.
const AGAIN: Duration = Duration::from_secs(20);
/// Between two looks whether all is well.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Alerts are judged every second; after so long they are not.
const JUDGED_WITHIN_MS: i64 = 5 * MINUTE_MS;
/// A message that waits for so long says that none goes out.
const WAITS_MAX_MS: i64 = 15 * MINUTE_MS;
/// The name in the log.
const SITE: &str = "heartbeat";

/// Gives signs of life until the end is told.
///
/// # Errors
/// None that ends the daemon.
#[expect(
    clippy::unnecessary_wraps,
    reason = "threads of the daemon have one shape"
)]
pub(super) fn run(shared: &Arc<Shared>) -> Result<(), Failure> {
    let mut due = Instant::now();
    // What is not ready in the first minute is on its way.
    let mut say = due + pause(EVERY);
    while shared.nap(pause(LOOK_EVERY)) {
        let (setup, _) = shared.setup();
        let now = Instant::now();
        let Some(url) = setup.ready.alerts.heartbeat.as_ref() else {
            continue;
        };
        if now < due {
            continue;
        }
        if let Some(why) = trouble(&shared.health, &shared.figures, (now, shared.clock.now())) {
            if now >= say {
                shared.figures.heartbeat(Beat::Withheld);
                shared.fault(SITE, &format!("withheld: {why}"), "");
                say = now + pause(EVERY);
            }
            continue;
        }
        due = now + pause(if beat(shared, url) { EVERY } else { AGAIN });
        say = due;
    }
    Ok(())
}

/// One sign of life; whether it was heard.
fn beat(shared: &Shared, url: &UrlRef) -> bool {
    // Whoever is asked may take its time.
    shared.waits();
    let heard = notify::heartbeat(url).and_then(|heartbeat| heartbeat.beat());
    shared.moves();
    match heard {
        Ok(()) => {
            shared.figures.heartbeat(Beat::Sent);
            shared.over(SITE);
            true
        }
        Err(why) => {
            shared.figures.heartbeat(Beat::Failed);
            let hint = "`tollwatch doctor` tells whether the address can be reached";
            shared.fault(SITE, &why, hint);
            false
        }
    }
}

/// Why not all is well; the first reason that there is.
fn trouble(
    health: &Health,
    figures: &Figures,
    (now, wall): (Instant, UnixMillis),
) -> Option<String> {
    if let Some(reason) = health.reasons(now).into_iter().next() {
        return Some(reason);
    }
    let judged = figures.alerts_looked();
    let since = judged.map(|at| wall.0.saturating_sub(at.0));
    match since {
        None => return Some("alerts were not judged yet".to_owned()),
        Some(ms) if ms > JUDGED_WITHIN_MS => {
            return Some(format!(
                "alerts were last judged {} min ago",
                ms / MINUTE_MS
            ));
        }
        Some(_) => {}
    }
    let oldest = figures.outbox_oldest_ms(wall);
    (oldest > WAITS_MAX_MS).then(|| format!("a message has waited for {} min", oldest / MINUTE_MS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::Judged;

    /// What is wrong, by what is done to a daemon that is well.
    type Harm = fn(&Health, &Figures, UnixMillis);

    #[test]
    fn each_thing_that_is_wrong_withholds_it() {
        let wall = UnixMillis(1_000_000_000_000);
        let judged = |at: UnixMillis| Judged {
            to: at,
            at,
            took: Duration::ZERO,
            counts: (0, 0),
            steps: (0, 0),
        };
        let cases: [(&str, Harm); 7] = [
            ("", |_, _, _| {}),
            ("", |_, figures, wall| {
                figures.outbox_waiting(3, Some(wall.saturating_add(-14 * MINUTE_MS)));
            }),
            ("a message has waited for 16 min", |_, figures, wall| {
                figures.outbox_waiting(3, Some(wall.saturating_add(-16 * MINUTE_MS)));
            }),
            ("ledger: disk full", |health, _, _| {
                health.ready("ledger", Err("disk full"));
            }),
            ("source kafka: waiting for partitions", |health, _, _| {
                health.ready("source kafka", Err("waiting for partitions"));
            }),
            ("post: no beat for 9 s, allowed are 5 s", |health, _, _| {
                let now = Instant::now();
                health.watch("post", Duration::from_secs(5), now);
            }),
            ("stopping", |health, _, _| health.stopping()),
        ];
        for (wanted, harm) in cases {
            let start = Instant::now();
            let health = Health::new(start, Duration::from_mins(5));
            let figures = Figures::new("1", wall);
            figures.alerts_judged(&judged(wall));
            harm(&health, &figures, wall);
            let later = start + Duration::from_millis(9_900);
            let found = trouble(&health, &figures, (later, wall));
            assert_eq!(found.unwrap_or_default(), wanted);
        }
        let (health, figures) = (
            Health::new(Instant::now(), Duration::from_mins(5)),
            Figures::new("1", wall),
        );
        let found = |at: UnixMillis| trouble(&health, &figures, (Instant::now(), at));
        assert_eq!(found(wall).as_deref(), Some("alerts were not judged yet"));
        figures.alerts_judged(&judged(wall));
        let late = found(wall.saturating_add(6 * MINUTE_MS));
        assert_eq!(late.as_deref(), Some("alerts were last judged 6 min ago"));
    }
}
