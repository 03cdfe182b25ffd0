//! What a newer list would change in the price book, for a person to see before it counts.
//!
//! Knows no file and no terminal. A newcomer may ask why rows of another list are compared by
//! their standard price alone: two lists cut tiers and dates differently, and only the price that
//! would be charged matters.

use crate::call::{Provider, Scope, Tier};
use crate::money::Factor;
use crate::price::book::PriceBook;
use crate::price::plans::{Use, plans};
use crate::price::row::Row;
use crate::price::table::{Table, rate_parts};
use crate::units::{Text, UnixMillis};

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// The book has no such row yet.
    Added,
    /// The newer edition of the same list has it no more.
    Removed,
    /// Its price differs.
    Changed,
}

impl ChangeKind {
    /// The word used in tables and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Added => "added",
            ChangeKind::Removed => "removed",
            ChangeKind::Changed => "changed",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The row's provider.
    pub provider: Text,
    /// The row's name.
    pub model: Text,
    /// Where it holds: scopes, zones and regions; empty for everywhere.
    pub place: String,
    /// What became of it.
    pub kind: ChangeKind,
    /// What is charged now: `input=2.5`, `output=10`, …; dollars per million tokens.
    pub old: Vec<String>,
    /// What would be charged.
    pub new: Vec<String>,
}

/// Every difference that the list would make at that time, sorted by provider and model.
#[must_use]
pub fn diff(book: &PriceBook, table: &Table, at: UnixMillis) -> Vec<Change> {
    let mut changes = Vec::new();
    for row in &table.rows {
        let new = charged(row, at);
        let old = present(book, row).map(|present| charged(present, at));
        let kind = match &old {
            None => ChangeKind::Added,
            Some(old) if *old != new => ChangeKind::Changed,
            Some(_) => continue,
        };
        changes.push(change(row, kind, old.unwrap_or_default(), new));
    }
    let family = |source: &str| source.split(' ').next().unwrap_or_default().to_owned();
    let wanted = family(&table.source);
    let mine = [&book.import[..], &book.catalogue].into_iter().flatten();
    for row in mine.filter(|row| family(&row.source) == wanted) {
        if !table.rows.iter().any(|other| same(row, other)) {
            changes.push(change(
                row,
                ChangeKind::Removed,
                charged(row, at),
                Vec::new(),
            ));
        }
    }
    changes.sort();
    changes
}

fn same(left: &Row, right: &Row) -> bool {
    left.provider == right.provider && left.name == right.name && left.place == right.place
}

/// The row that prices the same now: of the same name, else one that means the name at the place.
fn present<'a>(book: &'a PriceBook, row: &Row) -> Option<&'a Row> {
    let layers = || {
        [&book.import[..], &book.own, &book.catalogue]
            .into_iter()
            .flatten()
    };
    let ids = Provider::parse(&row.provider).map(|provider| book.ids(&provider).0);
    let mine = |other: &Row| {
        ids.as_ref()
            .is_some_and(|ids| ids.contains(&other.provider))
    };
    let name = row.name.to_lowercase();
    let profile = profile(row).map(|prefix| format!("{prefix}.{name}"));
    layers()
        .find(|other| same(row, other))
        .or_else(|| {
            layers().find(|other| {
                other.place == row.place && mine(other) && other.models.matches(&name)
            })
        })
        .or_else(|| {
            let profile = profile?;
            layers().find(|other| {
                other.place.closeness() == 0 && mine(other) && other.models.matches(&profile)
            })
        })
}

/// The prefix of the inference profile that a Bedrock row is for: the catalogue writes it into
/// the name, other lists into the place.
fn profile(row: &Row) -> Option<&str> {
    if row.provider != "bedrock" {
        return None;
    }
    if row.place.scopes == [Scope::Global] {
        return Some("global");
    }
    row.place.zones.first().map(Text::as_str)
}

/// The standard rates in force at a time.
fn charged(row: &Row, at: UnixMillis) -> Vec<String> {
    let how = Use {
        tier: Tier::Standard,
        place: Factor::ONE,
        tier_factor: None,
        rule: None,
        foreign_tiers: false,
        geo_matters: false,
    };
    let found = plans(row, &how);
    let rates = found
        .iter()
        .find(|plan| plan.in_force(at))
        .map(|plan| &plan.rates);
    rates.map_or_else(Vec::new, |rates| {
        let mut counted = rates.clone();
        counted.others.clear();
        rate_parts(&counted)
    })
}

fn change(row: &Row, kind: ChangeKind, old: Vec<String>, new: Vec<String>) -> Change {
    let scopes = row.place.scopes.iter().map(|scope| scope.as_str());
    let names = row.place.zones.iter().chain(&row.place.regions);
    let place: Vec<&str> = scopes.chain(names.map(Text::as_str)).collect();
    Change {
        provider: row.provider.clone(),
        model: row.name.clone(),
        place: place.join(" "),
        kind,
        old,
        new,
    }
}
