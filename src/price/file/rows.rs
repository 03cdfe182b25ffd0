//! The `[[row]]` entries of a price file: rates, steps, tiers.
//!
//! Knows no other kind of entry. A newcomer may ask why one entry becomes several rows: a row's
//! name stands behind every price, and must say which model and which place it prices.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::call::Scope;
use crate::price::matching::Matcher;
use crate::price::rates::{RateSet, Stepped, Unit};
use crate::price::reader::{Reader, Value};
use crate::price::row::{Price, Row, When};
use crate::units::Text;

use super::{COMMON, Common, tier_key};

impl Reader<'_> {
    /// An entry of rates; `None` when it has a fault.
    pub(super) fn row(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<Row> {
        let before = self.problems.len();
        let mut common = Common::default();
        let mut standard = Price {
            when: When::default(),
            rates: RateSet::default(),
        };
        let mut endpoint = Text::default();
        let mut over = None;
        let mut tiers = Vec::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if self.common(&mut common, name, value) {
                continue;
            }
            match name {
                "endpoint" => endpoint = Text::from(self.string(value).unwrap_or_default()),
                "from" => standard.when.from = self.date(value),
                "until" => standard.when.until = self.date(value),
                "over" => over = Some(value),
                _ => match (Unit::parse(name), tier_key(name)) {
                    (Some(unit), _) => self.rate(unit, value, &mut standard.rates),
                    (None, Some(tier)) => tiers.push((tier, value)),
                    (None, None) => self.unknown(
                        key,
                        &format!(
                            "{COMMON}, `endpoint`, `from`, `until`, `input`, `output`, \
                             `cache_read`, `cache_write_5m`, `cache_write_1h`, `reasoning`, \
                             `web_search`, `request`, `over`, `batch`, `flex`, `priority`, `fast`"
                        ),
                    ),
                },
            }
        }
        if let Some(over) = over {
            self.steps(over, &mut standard.rates);
        }
        if self.problems.len() == before {
            self.row_is_whole(&common, &endpoint, &standard, span);
        }
        let when = standard.when.clone();
        let mut prices = vec![standard];
        for (tier, value) in tiers {
            let when = When {
                tier: Some(tier),
                ..when.clone()
            };
            prices.extend(self.tier(value).map(|rates| Price { when, rates }));
        }
        let row = Row {
            source: common.source(self.file),
            provider: common.provider,
            name: Text::default(),
            models: common
                .models
                .unwrap_or_else(|| Matcher::written(&["*".to_owned()])),
            place: common.place,
            endpoint,
            prices,
        };
        (self.problems.len() == before).then_some(row)
    }

    fn row_is_whole(&mut self, common: &Common, endpoint: &str, price: &Price, span: Range<usize>) {
        let contract = !endpoint.is_empty();
        if common.provider.is_empty() && !contract {
            let message = "a row needs `provider`, or `endpoint` for a contract".to_owned();
            self.fault(span.clone(), "missing_key", message, "");
        }
        if common.models.is_none() && !contract {
            let message = "a row needs `model`".to_owned();
            let hint = "`model = \"*\"` for every model of the provider";
            self.fault(span.clone(), "missing_key", message, hint);
        }
        if price.rates.is_empty() {
            let message = "a row needs at least one rate".to_owned();
            let hint = "`input = 2.5` (US dollars per million tokens); 0 for nothing";
            self.fault(span.clone(), "missing_key", message, hint);
        }
        if let (Some(from), Some(until)) = (price.when.from, price.when.until)
            && from >= until
        {
            let message = format!("`until` {until} is not after `from` {from}");
            self.fault(
                span,
                "empty_range",
                message,
                "`until` is the first day without the price",
            );
        }
    }

    fn rate(&mut self, unit: Unit, value: &Value<'_>, rates: &mut RateSet) {
        let Some(digits) = self.digits(value) else {
            return;
        };
        match unit.rate(&digits) {
            Ok(base) => rates.set(
                unit,
                Stepped {
                    base,
                    steps: Vec::new(),
                },
            ),
            Err(error) => {
                let message = format!("`{digits}` is no rate: {error}");
                let per = if unit.is_token() {
                    "US dollars per million tokens"
                } else {
                    "US dollars per thousand"
                };
                self.fault(value.span(), "bad_rate", message, per);
            }
        }
    }

    /// `over = [{ tokens = 200000, input = 6 }]`: the whole request's rates past a threshold.
    fn steps(&mut self, value: &Value<'_>, rates: &mut RateSet) {
        for (table, span) in self.tables(value) {
            let tokens = table
                .iter()
                .find(|(key, _)| key.get_ref().as_ref() == "tokens");
            let start = tokens
                .and_then(|(_, value)| self.digits(value))
                .and_then(|digits| digits.parse::<u64>().ok());
            let Some(start) = start else {
                let message = "`over` needs `tokens`".to_owned();
                self.fault(
                    span,
                    "missing_key",
                    message,
                    "`{ tokens = 200000, input = 6 }`",
                );
                continue;
            };
            let mut step = RateSet::default();
            for (key, value) in table {
                match (key.get_ref().as_ref(), Unit::parse(key.get_ref())) {
                    ("tokens", _) => {}
                    (_, Some(unit)) => self.rate(unit, value, &mut step),
                    (_, None) => self.unknown(key, "`tokens` and the rates of a row"),
                }
            }
            for unit in Unit::ALL {
                if let Some(rate) = step.get(unit)
                    && rates.step(unit, start, rate.base).is_none()
                {
                    let message = format!("`{}` past {start} tokens, but not below", unit.as_str());
                    self.fault(
                        span.clone(),
                        "missing_key",
                        message,
                        "give the row's own rate too",
                    );
                }
            }
        }
    }

    fn tier(&mut self, value: &Value<'_>) -> Option<RateSet> {
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong(value, "a table such as `{ input = 1.25, output = 5 }`");
            return None;
        };
        let mut rates = RateSet::default();
        let mut over = None;
        for (key, value) in table {
            match (key.get_ref().as_ref(), Unit::parse(key.get_ref())) {
                ("over", _) => over = Some(value),
                (_, Some(unit)) => self.rate(unit, value, &mut rates),
                (_, None) => self.unknown(key, "`over` and the rates of a row"),
            }
        }
        if let Some(over) = over {
            self.steps(over, &mut rates);
        }
        Some(rates)
    }
}

/// One row for each model and zone that an entry lists, so that a row's name says what it prices:
/// `eu/gpt-4o` in a zone, `contract:itsm/gpt-4o` in a contract.
pub(super) fn apart(entry: &Row) -> Vec<Row> {
    let places: Vec<Text> = if entry.place.zones.is_empty() {
        vec![Text::default()]
    } else {
        entry.place.zones.clone()
    };
    let mut rows = Vec::new();
    for zone in places {
        for terms in &entry.models.0 {
            let mut row = entry.clone();
            if !zone.is_empty() {
                row.place.zones = vec![zone.clone()];
            }
            row.models = Matcher(vec![terms.clone()]);
            let model = terms.first().map_or("", |term| term.clause.text());
            row.name = Text::from(format!("{}{model}", prefix(&row)));
            rows.push(row);
        }
    }
    rows
}

fn prefix(row: &Row) -> String {
    let scopes: Vec<&str> = row
        .place
        .scopes
        .iter()
        .map(|scope| Scope::as_str(*scope))
        .collect();
    let place = match row.place.closeness() {
        3 => row.place.regions.join(","),
        2 => row.place.zones.join(","),
        _ => scopes.join(","),
    };
    let contract = if row.endpoint.is_empty() {
        String::new()
    } else {
        format!("contract:{}/", row.endpoint)
    };
    if place.is_empty() {
        contract
    } else {
        format!("{contract}{place}/")
    }
}
