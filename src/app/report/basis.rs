//! Under which configurations the figures of a span were judged, and what was restated of it.
//!
//! Knows no figure. A newcomer may ask why days and not reports: a rule that changed at noon makes
//! the whole day's figures a mixture, and that is what a reader must know.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::app::Failure;
use crate::ids::ConfigNumber;
use crate::ledger::{Ledger, Span};

/// Whose rules the figures of a span follow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Basis {
    /// The configurations, by number; none for days that were booked before the ledger kept this.
    pub configurations: Vec<Judged>,
    /// Several configurations judged the span, so its figures do not follow one set of rules.
    pub mixed: bool,
    /// Corrections that touch the span, oldest first.
    pub restatements: Vec<Correction>,
}

/// What one configuration judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Judged {
    /// Its number.
    pub config: u32,
    /// First day, in the ledger's time zone.
    pub first_day: String,
    /// Last day.
    pub last_day: String,
    /// Reports.
    pub reports: u64,
}

/// One restatement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Correction {
    /// Its number.
    pub number: u64,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Numbers of the configurations before.
    pub from_configs: Vec<u32>,
    /// The configuration that it judged under.
    pub config: u32,
    /// Why.
    pub reason: String,
    /// Lines judged again.
    pub lines: u64,
    /// Of them booked otherwise.
    pub changed: u64,
    /// Of them no longer counted.
    pub removed: u64,
    /// Cost before.
    pub before_nanousd: i64,
    /// Cost afterwards.
    pub after_nanousd: i64,
    /// Cost of what went to another feature, endpoint or model.
    pub moved_nanousd: i64,
}

/// The basis of a span.
///
/// # Errors
/// What the ledger says.
pub fn basis(ledger: &dyn Ledger, span: Span) -> Result<Basis, Failure> {
    let mut by_config: BTreeMap<ConfigNumber, Judged> = BTreeMap::new();
    for row in ledger.day_configs(span)? {
        let date = ledger.zones().date_of(row.day).to_string();
        let judged = by_config.entry(row.config).or_insert_with(|| Judged {
            config: row.config.0,
            first_day: date.clone(),
            ..Judged::default()
        });
        judged.last_day = date;
        judged.reports += row.reports;
    }
    let corrections = corrections(ledger)?.into_iter();
    Ok(Basis {
        mixed: by_config.len() > 1,
        configurations: by_config.into_values().collect(),
        restatements: corrections
            .filter(|(touched, _)| touched.from < span.to && span.from < touched.to)
            .map(|(_, correction)| correction)
            .collect(),
    })
}

/// Every restatement and the span it was asked for.
///
/// # Errors
/// What the ledger says.
pub fn corrections(ledger: &dyn Ledger) -> Result<Vec<(Span, Correction)>, Failure> {
    let rows = ledger.restatements()?.into_iter();
    let rows = rows.map(|row| {
        let correction = Correction {
            number: row.number,
            at: row.at.to_string(),
            from_configs: row.from.iter().map(|config| config.0).collect(),
            config: row.to.0,
            reason: row.reason.to_string(),
            lines: row.done.lines,
            changed: row.done.changed,
            removed: row.done.removed,
            before_nanousd: row.done.before_nanousd,
            after_nanousd: row.done.after_nanousd,
            moved_nanousd: row.done.moved_nanousd,
        };
        (row.span, correction)
    });
    Ok(rows.collect())
}
