//! Named places where a test ends the process, to prove that the books survive it.
//!
//! Knows nothing of what surrounds it. A newcomer may ask what this costs: without the feature
//! `faults`, which no release has, a site is an empty function.

/// The process ends here, as by a power failure, at the k-th passage of the site that the variable
/// `CRASH_AT` names as `site:k`.
#[cfg(feature = "faults")]
pub fn site(name: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static ASKED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);

    let asked = ASKED.get_or_init(|| {
        let asked = std::env::var("CRASH_AT").ok()?;
        let (site, passage) = asked.split_once(':')?;
        Some((site.to_owned(), passage.parse().ok()?))
    });
    if let Some((site, passage)) = asked
        && site == name
        && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == *passage
    {
        std::process::abort();
    }
}

/// Nothing happens here.
#[cfg(not(feature = "faults"))]
#[inline]
pub fn site(_name: &str) {}

/// Whether the test asks for a defect by its name in the variable `DEFECT`, so that the tests that
/// should find it can be tested.
#[cfg(feature = "faults")]
#[must_use]
pub fn defect(name: &str) -> bool {
    std::env::var("DEFECT").is_ok_and(|asked| asked == name)
}

/// There is none.
#[cfg(not(feature = "faults"))]
#[inline]
#[must_use]
pub fn defect(_name: &str) -> bool {
    false
}
