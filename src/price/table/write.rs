//! Writes a price table, a line a fact.
//!
//! Knows no provider's data format. A newcomer may ask why rates are written by their unit: what
//! is read again must be the same integers.

use std::fmt::Write as _;

use crate::call::Tier;
use crate::price::rates::{RateSet, Unit};
use crate::price::row::{Price, Row};

use super::Table;

/// Writes a table as [`super::parse`] reads it.
#[must_use]
pub fn render(table: &Table) -> String {
    let mut text = String::from(
        "# Made by scripts/refresh-prices or `tollwatch prices update`; do not edit by hand.\n\
         # US dollars per million tokens, per thousand web searches or requests. See docs/PRICES.md.\n",
    );
    let mut line = |parts: &[String]| {
        text.push_str(&parts.join("\t"));
        text.push('\n');
    };
    line(&["source".to_owned(), table.source.to_string()]);
    for info in &table.providers {
        let mut parts = vec!["provider".to_owned(), info.id.to_string()];
        push(&mut parts, "names", &info.names.to_string());
        push(&mut parts, "models", &info.models.to_string());
        push(&mut parts, "fallback", &info.fallbacks.join(","));
        line(&parts);
        let rows: Vec<&Row> = table
            .rows
            .iter()
            .filter(|row| row.provider == info.id)
            .collect();
        for (at, row) in rows.iter().enumerate() {
            line(&model_line(row));
            for price in &row.prices {
                line(&price_line(price));
            }
            // A day stands once, behind the last row of its models.
            let behind = rows.get(at.saturating_add(1)..).unwrap_or_default();
            if behind.iter().any(|later| later.models == row.models) {
                continue;
            }
            for retirement in &table.retirements {
                if retirement.provider == row.provider && retirement.models == row.models {
                    line(&["retired".to_owned(), retirement.date.to_string()]);
                }
            }
        }
    }
    text
}

fn push(parts: &mut Vec<String>, key: &str, value: &str) {
    if !value.is_empty() {
        parts.push(format!("{key}={value}"));
    }
}

fn model_line(row: &Row) -> Vec<String> {
    let mut parts = vec!["model".to_owned(), row.name.to_string()];
    push(&mut parts, "match", &row.models.to_string());
    let scopes: Vec<&str> = row
        .place
        .scopes
        .iter()
        .map(|scope| scope.as_str())
        .collect();
    push(&mut parts, "scope", &scopes.join(","));
    push(&mut parts, "zone", &row.place.zones.join(","));
    push(&mut parts, "region", &row.place.regions.join(","));
    parts
}

fn price_line(price: &Price) -> Vec<String> {
    let mut parts = vec!["price".to_owned()];
    let when = &price.when;
    push(&mut parts, "tier", when.tier.map_or("", Tier::as_str));
    push(
        &mut parts,
        "from",
        &when.from.map_or(String::new(), |day| day.to_string()),
    );
    push(
        &mut parts,
        "until",
        &when.until.map_or(String::new(), |day| day.to_string()),
    );
    if let Some((start, end)) = when.daily {
        parts.push(format!("daily={}-{}", clock_text(start), clock_text(end)));
    }
    parts.extend(rate_parts(&price.rates));
    parts
}

/// The rates as `key=value`, in the order of [`Unit::ALL`], then the others.
pub(in crate::price) fn rate_parts(rates: &RateSet) -> Vec<String> {
    let mut parts = Vec::new();
    if rates.free {
        parts.push("free=yes".to_owned());
    }
    for unit in Unit::ALL {
        if let Some(rate) = rates.get(unit) {
            let mut value = unit.written(rate.base);
            for (start, step) in &rate.steps {
                // Writing to a String cannot fail.
                write!(value, ",{start}:{}", unit.written(*step)).unwrap_or_default();
            }
            parts.push(format!("{}={value}", unit.as_str()));
        }
    }
    parts.extend(
        rates
            .others
            .iter()
            .map(|(key, value)| format!("{key}={value}")),
    );
    parts
}

fn clock_text(ms: i64) -> String {
    let seconds = ms / 1_000;
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}
