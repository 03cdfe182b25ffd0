//! Limits, and what was measured.
//!
//! Knows no figure. A newcomer may ask why misses are told at the end: the tables are read as wholes.

use std::process::ExitCode;

/// What was held against what.
#[derive(Default)]
pub(crate) struct Limits {
    rows: Vec<(bool, String)>,
}

impl Limits {
    pub(crate) fn at_most(&mut self, what: &str, measured: f64, limit: f64) {
        let held = measured <= limit + 1e-9;
        self.rows
            .push((held, format!("{what}: {measured:.2}, at most {limit:.2}")));
    }

    pub(crate) fn at_least(&mut self, what: &str, measured: f64, limit: f64) {
        let held = measured >= limit - 1e-9;
        self.rows
            .push((held, format!("{what}: {measured:.2}, at least {limit:.2}")));
    }

    /// Within a factor, both ways.
    pub(crate) fn within(&mut self, what: &str, measured: f64, factor: f64) {
        let held = measured <= factor && measured >= 1.0 / factor;
        self.rows
            .push((held, format!("{what}: {measured:.2}, within {factor:.1}")));
    }

    /// Says what held, and ends.
    pub(crate) fn told(self) -> ExitCode {
        println!("\nLimits");
        for (held, text) in &self.rows {
            println!("  {} {text}", if *held { "held  " } else { "MISSED" });
        }
        let missed = self.rows.iter().filter(|(held, _)| !held).count();
        if missed > 0 {
            println!("{missed} of {} limits missed", self.rows.len());
            return ExitCode::FAILURE;
        }
        println!("all {} limits held", self.rows.len());
        ExitCode::SUCCESS
    }
}
