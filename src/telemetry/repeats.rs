//! A repeating fault is said once, then as a count now and then, and once more when it is over.
//!
//! Knows no logger and no clock. A newcomer may ask why the caller says when a fault is over: only
//! what works again knows that it does. A fault that just no longer comes ends by itself.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::units::{Text, clean_name};

/// Faults that are followed at once; further ones are followed together, as one.
const FAULTS_MAX: usize = 500;

/// What stands for all faults past the limit.
const OTHERS: &str = "other faults";

/// What is to be said of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Say {
    /// It came for the first time.
    First,
    /// It goes on.
    Again {
        /// How often it came since it was last said.
        times: u64,
        /// How long it has been there.
        lasted: Duration,
    },
    /// It is over.
    Over {
        /// How often it came in all.
        times: u64,
        /// From its first time to its last.
        lasted: Duration,
    },
}

/// A fault, and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Where it came from: a source, a follower.
    pub site: Text,
    /// The fault.
    pub text: Text,
    /// What to say.
    pub say: Say,
}

/// The faults that are there.
#[derive(Debug)]
pub struct Repeats {
    every: Duration,
    faults: BTreeMap<(Text, Text), Fault>,
}

#[derive(Clone, Copy, Debug)]
struct Fault {
    first: Instant,
    last: Instant,
    told: Instant,
    times: u64,
    untold: u64,
}

impl Repeats {
    /// None yet; one that goes on is said again `every` so often, and one that has not come for
    /// twice as long is over.
    #[must_use]
    pub fn new(every: Duration) -> Repeats {
        Repeats {
            every,
            faults: BTreeMap::new(),
        }
    }

    /// A fault came; what to say of it now, if anything.
    ///
    /// `text` tells two faults apart, so it holds no number that changes each time.
    pub fn came(&mut self, site: &str, text: &str, now: Instant) -> Option<Say> {
        let mut key = (clean_name(site), clean_name(text));
        if self.faults.len() >= FAULTS_MAX && !self.faults.contains_key(&key) {
            key = (Text::const_new(OTHERS), Text::const_new(OTHERS));
        }
        let Some(fault) = self.faults.get_mut(&key) else {
            let fault = Fault {
                first: now,
                last: now,
                told: now,
                times: 1,
                untold: 0,
            };
            self.faults.insert(key, fault);
            return Some(Say::First);
        };
        fault.last = now;
        fault.times = fault.times.saturating_add(1);
        fault.untold = fault.untold.saturating_add(1);
        if now.saturating_duration_since(fault.told) < self.every {
            return None;
        }
        let times = std::mem::take(&mut fault.untold);
        fault.told = now;
        let lasted = now.saturating_duration_since(fault.first);
        Some(Say::Again { times, lasted })
    }

    /// A site works again: all its faults are over.
    pub fn over(&mut self, site: &str) -> Vec<Said> {
        let site = clean_name(site);
        self.end(|(of, _), _| *of == site)
    }

    /// Faults that have not come for twice the time between two words on one; asked now and then.
    pub fn faded(&mut self, now: Instant) -> Vec<Said> {
        let quiet = self.every.saturating_mul(2);
        self.end(|_, fault| now.saturating_duration_since(fault.last) >= quiet)
    }

    fn end(&mut self, ended: impl Fn(&(Text, Text), &Fault) -> bool) -> Vec<Said> {
        self.faults
            .extract_if(.., |key, fault| ended(key, fault))
            .map(|((site, text), fault)| Said {
                site,
                text,
                say: Say::Over {
                    times: fault.times,
                    lasted: fault.last.saturating_duration_since(fault.first),
                },
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_said_first_then_counted_then_over() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let again = |times, seconds| {
            let lasted = Duration::from_secs(seconds);
            Some(Say::Again { times, lasted })
        };
        let mut repeats = Repeats::new(Duration::from_mins(1));
        let cases = [
            (0, "kafka", "refused", Some(Say::First)),
            (1, "kafka", "refused", None),
            (2, "kafka", "timed out", Some(Say::First)),
            (3, "mirror", "refused", Some(Say::First)),
            (59, "kafka", "refused", None),
            (60, "kafka", "refused", again(3, 60)),
            (61, "kafka", "refused", None),
            (125, "kafka", "refused", again(2, 125)),
        ];
        for (seconds, site, text, wanted) in cases {
            let said = repeats.came(site, text, at(seconds));
            assert_eq!(said, wanted, "{seconds} s, {site}, {text}");
        }
        let over = |site: &str, text: &str, times, seconds| Said {
            site: site.into(),
            text: text.into(),
            say: Say::Over {
                times,
                lasted: Duration::from_secs(seconds),
            },
        };
        assert_eq!(repeats.faded(at(121)), []);
        assert_eq!(
            repeats.faded(at(123)),
            [
                over("kafka", "timed out", 1, 0),
                over("mirror", "refused", 1, 0)
            ]
        );
        assert_eq!(repeats.over("mirror"), []);
        assert_eq!(repeats.over("kafka"), [over("kafka", "refused", 6, 125)]);
        assert_eq!(repeats.came("kafka", "refused", at(200)), Some(Say::First));
    }

    #[test]
    fn faults_beyond_the_limit_are_one() {
        let now = Instant::now();
        let mut repeats = Repeats::new(Duration::from_mins(1));
        let mut came = |n: usize| repeats.came("site", &format!("fault {n}"), now);
        let first = (0..FAULTS_MAX + 100).filter_map(&mut came).count();
        assert_eq!(first, FAULTS_MAX + 1);
    }
}
