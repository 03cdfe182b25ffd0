//! Named places where a test ends the process, or holds a thread, to prove that the books survive it.
//!
//! Knows nothing of what surrounds it. A newcomer may ask what this costs: without the feature
//! `faults`, which no release has, a site is an empty function.
//!
//! With the feature, variables of the environment say what happens. `CRASH_AT=site:k`: the process
//! ends, as by a power failure, at the k-th passage of a site. `CRASH_HOLD=site:k:seconds`: the
//! thread stands still there. `CRASH_PANIC=site:k`: it panics there. `CRASH_COUNT=file`: the name of each
//! site passed is written there, one a line. `CRASH_HURRY=n`: pauses are an n-th. `CRASH_BATCH=n`: a
//! batch has n records at most. `CRASH_LEDGER=bytes`: the ledger finds no room beyond. `DEFECT=name` or
//! `DEFECT=name:n`: the program has that defect, or has it n times, for the tests that must find it.

#[cfg(not(feature = "faults"))]
pub use off::{batch_records, defect, ledger_bytes, pause, site};
#[cfg(feature = "faults")]
pub use on::{batch_records, defect, ledger_bytes, pause, site};

/// Every site but those of [`LINE_SITES`] and [`ALERT_SITES`], in the order of a life: the start, a record's way, upkeep,
/// corrections, the end.
pub const SITES: [&str; 33] = [
    "before_migration",
    "mid_migration",
    "after_config",
    "before_begun",
    "after_begun",
    "while_resuming",
    "before_first_positions",
    "after_first_positions",
    "after_assign",
    "after_poll",
    "after_decode",
    "before_hand_over",
    "before_transaction",
    "transaction_positions",
    "transaction_sifted",
    "transaction_cells",
    "transaction_lines",
    "transaction_ids",
    "transaction_counts",
    "after_commit",
    "before_offset_commit",
    "after_offset_commit",
    "before_hand_back",
    "after_hand_back_booked",
    "after_hand_back",
    "before_links",
    "mid_links",
    "mid_upkeep",
    "restated_hour",
    "restated_all",
    "file_before_book",
    "file_after_book",
    "during_shutdown",
];

/// The sites on the way of a line to a database.
pub const LINE_SITES: [&str; 8] = [
    "before_freeze",
    "freeze_begun",
    "freeze_emitted",
    "freeze_lines",
    "after_freeze",
    "before_settle",
    "mid_settle",
    "after_settle",
];

/// The sites on the way from a complete minute to a mail that is sent.
pub const ALERT_SITES: [&str; 9] = [
    "before_judging",
    "after_judging",
    "alert_cursor",
    "alert_state",
    "alert_steps",
    "alert_outbox",
    "before_posting",
    "after_posting",
    "mid_posted",
];

#[cfg(feature = "faults")]
mod on {
    use std::io::Write;
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::{ALERT_SITES, LINE_SITES, SITES};

    /// What happens at a site.
    enum Act {
        Crash,
        Hold(Duration),
        Panic,
    }

    /// What is asked for: where, at which passage, what, and how often it was passed so far.
    struct Struck {
        site: &'static str,
        passage: u64,
        act: Act,
        passed: AtomicU64,
    }

    struct Asked {
        struck: Vec<Struck>,
        count: Option<std::fs::File>,
        hurry: Option<u32>,
        batch: Option<u64>,
        ledger: Option<u64>,
        defect: Option<(String, AtomicU64)>,
    }

    static ASKED: LazyLock<Asked> = LazyLock::new(|| {
        let text = |name: &str| std::env::var(name).ok();
        let struck = ["CRASH_AT", "CRASH_HOLD", "CRASH_PANIC"].map(|variable| {
            let asked = text(variable)?;
            let struck = struck(variable, &asked);
            Some(struck.unwrap_or_else(|| refuse(variable, &asked)))
        });
        let count = text("CRASH_COUNT").map(|path| {
            let file = std::fs::File::options()
                .create(true)
                .append(true)
                .open(&path);
            file.unwrap_or_else(|_| refuse("CRASH_COUNT", &path))
        });
        Asked {
            struck: struck.into_iter().flatten().collect(),
            count,
            hurry: text("CRASH_HURRY").and_then(|n| n.parse().ok()),
            batch: text("CRASH_BATCH").and_then(|n| n.parse().ok()),
            ledger: text("CRASH_LEDGER").and_then(|n| n.parse().ok()),
            defect: text("DEFECT").map(|asked| match asked.split_once(':') {
                Some((name, times)) => {
                    let times = times.parse().ok();
                    let times = times.unwrap_or_else(|| refuse("DEFECT", &asked));
                    (name.to_owned(), AtomicU64::new(times))
                }
                None => (asked, AtomicU64::new(u64::MAX)),
            }),
        }
    });

    fn known(name: &str) -> Option<&'static str> {
        SITES
            .into_iter()
            .chain(LINE_SITES)
            .chain(ALERT_SITES)
            .find(|site| *site == name)
    }

    fn struck(variable: &str, asked: &str) -> Option<Struck> {
        let mut parts = asked.split(':');
        let (site, passage) = (known(parts.next()?)?, parts.next()?.parse().ok()?);
        let act = match variable {
            "CRASH_HOLD" => Act::Hold(Duration::from_secs(parts.next()?.parse().ok()?)),
            "CRASH_PANIC" => Act::Panic,
            _ => Act::Crash,
        };
        Some(Struck {
            site,
            passage,
            act,
            passed: AtomicU64::new(0),
        })
    }

    #[expect(
        clippy::panic,
        reason = "a test that asks for nothing would prove nothing"
    )]
    fn refuse(variable: &str, asked: &str) -> ! {
        panic!("{variable}={asked} asks for nothing that there is")
    }

    /// A place where a test may end the process, or hold or end its thread.
    pub fn site(name: &str) {
        if known(name).is_none() {
            refuse("site", name);
        }
        if let Some(mut file) = ASKED.count.as_ref() {
            // One write a line: lines of several threads do not mix.
            drop(file.write_all(format!("{name}\n").as_bytes()));
        }
        for struck in ASKED.struck.iter().filter(|struck| struck.site == name) {
            if struck.passed.fetch_add(1, Ordering::Relaxed) + 1 == struck.passage {
                strike(&struck.act);
            }
        }
    }

    #[expect(clippy::panic, reason = "the test asks for it")]
    fn strike(act: &Act) {
        match act {
            Act::Crash => std::process::abort(),
            Act::Hold(long) => std::thread::sleep(*long),
            Act::Panic => panic!("asked for by `CRASH_PANIC`"),
        }
    }

    /// Whether the test asks for a defect by its name.
    #[must_use]
    pub fn defect(name: &str) -> bool {
        let Some((_, left)) = ASKED.defect.as_ref().filter(|(asked, _)| asked == name) else {
            return false;
        };
        let less = |left: u64| left.checked_sub(1);
        left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .is_ok()
    }

    /// How long a pause is that tests make shorter.
    #[must_use]
    pub fn pause(usual: Duration) -> Duration {
        ASKED.hurry.map_or(usual, |times| usual / times.max(1))
    }

    /// How many records a batch has at most, where a test says so.
    #[must_use]
    pub fn batch_records() -> Option<u64> {
        ASKED.batch
    }

    /// How large the ledger's file can be, where a test says so.
    #[must_use]
    pub fn ledger_bytes() -> Option<u64> {
        ASKED.ledger
    }
}

#[cfg(not(feature = "faults"))]
mod off {
    use std::time::Duration;

    /// Nothing happens here.
    #[inline]
    pub fn site(_name: &str) {}

    /// There is none.
    #[inline]
    #[must_use]
    pub fn defect(_name: &str) -> bool {
        false
    }

    /// The pause itself.
    #[inline]
    #[must_use]
    pub fn pause(usual: Duration) -> Duration {
        usual
    }

    /// No test says so.
    #[inline]
    #[must_use]
    pub fn batch_records() -> Option<u64> {
        None
    }

    /// No test says so.
    #[inline]
    #[must_use]
    pub fn ledger_bytes() -> Option<u64> {
        None
    }
}
