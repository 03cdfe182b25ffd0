//! Cases: how a daemon is struck before it may run to its end, many of them side by side.
//!
//! Knows no Kafka. A newcomer may ask why a case is a text: the line that repeats a failure holds it.

use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tollwatch::crash::SITES;

use super::books;
use super::corpus::Chance;
use super::daemon::{Ended, How, World};

/// One way to strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blow {
    /// It ends itself at the k-th passage of a site.
    Site(&'static str, u64),
    /// SIGKILL after so many milliseconds.
    Kill(u64),
    /// SIGTERM after so many milliseconds, which it should survive cleanly.
    Stop(u64),
    /// The ledger finds no room beyond so many KiB; SIGKILL after a while.
    Full(u64),
}

/// How long a daemon without room is left alone.
const FULL: Duration = Duration::from_millis(700);

/// Blows, one after the other, each to a new start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Case(pub(crate) Vec<Blow>);

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: Vec<String> = self
            .0
            .iter()
            .map(|blow| match blow {
                Blow::Site(site, k) => format!("{site}:{k}"),
                Blow::Kill(ms) => format!("kill:{ms}"),
                Blow::Stop(ms) => format!("stop:{ms}"),
                Blow::Full(kib) => format!("full:{kib}"),
            })
            .collect();
        f.write_str(&text.join("+"))
    }
}

impl FromStr for Case {
    type Err = String;

    fn from_str(text: &str) -> Result<Case, String> {
        let blow = |part: &str| {
            let (name, n) = part.split_once(':')?;
            let n = n.parse().ok()?;
            match name {
                "kill" => Some(Blow::Kill(n)),
                "stop" => Some(Blow::Stop(n)),
                "full" => Some(Blow::Full(n)),
                _ => Some(Blow::Site(SITES.into_iter().find(|site| *site == name)?, n)),
            }
        };
        let blows: Option<Vec<Blow>> = text.split('+').map(blow).collect();
        blows
            .map(Case)
            .ok_or_else(|| format!("`{text}` is no case"))
    }
}

/// What came of cases.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) cases: usize,
    pub(crate) kills: usize,
    /// Blows that came to nothing, because the daemon was at its end before.
    pub(crate) missed: usize,
    pub(crate) differences: Vec<(String, String)>,
}

/// Strikes; whether it hit.
fn strike(world: &World, ledger: &std::path::Path, blow: Blow) -> Result<bool, String> {
    match blow {
        Blow::Site(site, k) => {
            let how = How::default().with("CRASH_AT", &format!("{site}:{k}"));
            Ok(world.run(ledger, &how)? == Ended::Crashed)
        }
        Blow::Kill(ms) => {
            let mut daemon = world.start(ledger, &How::default());
            Ok(daemon.kill_after(Duration::from_millis(ms)))
        }
        Blow::Stop(ms) => {
            let mut daemon = world.start(ledger, &How::default());
            std::thread::sleep(Duration::from_millis(ms));
            // Too early, and it has no handler for the signal yet.
            daemon.stop()?;
            Ok(false)
        }
        Blow::Full(kib) => {
            let how = How::default().with("CRASH_LEDGER", &(kib * 1024));
            let mut daemon = world.start(ledger, &how);
            let ran = daemon.kill_after(FULL);
            if ran {
                Ok(true)
            } else {
                Err(format!("it ended without room\n{}", daemon.words()))
            }
        }
    }
}

/// Strikes, lets it run to its end, and compares; kills and misses.
pub(crate) fn run(
    world: &World,
    clean: &str,
    case: &Case,
    name: &str,
) -> Result<(usize, usize), String> {
    let ledger = world.fresh(name);
    let (mut kills, mut missed) = (0, 0);
    for blow in &case.0 {
        if strike(world, &ledger, *blow)? {
            kills += 1;
        } else {
            missed += 1;
        }
    }
    if world.run(&ledger, &How::default())? != Ended::Idle {
        return Err("the undisturbed run crashed".to_owned());
    }
    match books::difference(clean, &books::told(&ledger)) {
        None => {
            std::fs::remove_dir_all(ledger.parent().unwrap()).unwrap();
            Ok((kills, missed))
        }
        Some(difference) => Err(difference),
    }
}

/// Runs cases, several at a time.
pub(crate) fn run_all(world: &World, clean: &str, cases: &[Case]) -> Tally {
    let jobs = std::env::var("CRASH_JOBS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(3);
    let next = AtomicUsize::new(0);
    let tally = Mutex::new(Tally::default());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(number) else {
                        return;
                    };
                    let result = run(world, clean, case, &format!("case-{number}"));
                    let mut tally = tally.lock().unwrap();
                    tally.cases += 1;
                    match result {
                        Ok((kills, missed)) => {
                            tally.kills += kills;
                            tally.missed += missed;
                        }
                        Err(difference) => tally.differences.push((case.to_string(), difference)),
                    }
                }
            });
        }
    });
    tally.into_inner().unwrap()
}

/// Prints what came of cases; panics when one of them left a difference.
pub(crate) fn judge(what: &str, seed: u64, began: Instant, tally: &Tally) {
    eprintln!(
        "{what}: {} cases, {} kills, {} blows missed, {} differences, {} s",
        tally.cases,
        tally.kills,
        tally.missed,
        tally.differences.len(),
        began.elapsed().as_secs()
    );
    for (case, difference) in &tally.differences {
        eprintln!(
            "CRASH_SEED={seed} CRASH_CASE={case} cargo test --locked --features faults --test crash one_case -- --ignored --nocapture\n{difference}"
        );
    }
    assert!(tally.differences.is_empty(), "{what}: the books differ");
}

/// For every site that a clean run passed so often: the first passage, the last, and some between.
pub(crate) fn at_every_site(passed: &[(&'static str, u64)]) -> Vec<Case> {
    let mut cases = Vec::new();
    for (site, times) in passed {
        let mut ks = vec![1, 2, times / 3, times * 2 / 3, *times];
        ks.retain(|k| (1..=*times).contains(k));
        ks.sort_unstable();
        ks.dedup();
        cases.extend(ks.into_iter().map(|k| Case(vec![Blow::Site(site, k)])));
    }
    cases
}

/// How long an undisturbed run takes, or a little less.
const LIFE_MS: usize = 600;

/// Any blow.
fn any(chance: &mut Chance, passed: &[(&'static str, u64)]) -> Blow {
    let ms = |chance: &mut Chance| u64::try_from(chance.below(LIFE_MS)).unwrap();
    match chance.below(20) {
        0..6 => Blow::Kill(ms(chance)),
        6 => Blow::Stop(60 + ms(chance)),
        7 => Blow::Full(u64::try_from(200 + chance.below(600)).unwrap()),
        _ => {
            let (site, times) = passed[chance.below(passed.len())];
            let k = 1 + chance.below(usize::try_from(times).unwrap());
            Blow::Site(site, u64::try_from(k).unwrap())
        }
    }
}

/// Kills at any time, pairs of them, and kills of what is just recovering from one.
pub(crate) fn at_random(
    chance: &mut Chance,
    passed: &[(&'static str, u64)],
    n: usize,
) -> Vec<Case> {
    let early: Vec<_> = passed
        .iter()
        .filter(|(site, _)| EARLY.contains(site))
        .copied()
        .collect();
    let case = |number: usize| {
        let first = any(chance, passed);
        match number % 4 {
            0 => Case(vec![first]),
            1 => Case(vec![first, any(chance, passed)]),
            2 => Case(vec![first, any(chance, &early)]),
            _ => Case(vec![first, any(chance, passed), any(chance, passed)]),
        }
    };
    (0..n).map(case).collect()
}

/// What a start passes before it reads on.
const EARLY: [&str; 4] = [
    "after_config",
    "while_resuming",
    "after_assign",
    "after_poll",
];
