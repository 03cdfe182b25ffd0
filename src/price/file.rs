//! Price files that people write in TOML: `prices/own.toml` and the user's `prices.toml`.
//!
//! Knows no list and no provider's data. A newcomer may ask why the file is walked by hand instead
//! of deserialised: a rate must be read from its digits, never through a float, and every fault
//! must be shown with its place, all at once. The keys stand in docs/PRICES.md.

use std::ops::Range;
use std::sync::Arc;

use chrono::NaiveDate;
use toml::de::{DeTable, DeValue};

use crate::call::{Provider, Scope, Tier};
use crate::money::Factor;
use crate::price::book::{Zone, shared};
use crate::price::matching::Matcher;
use crate::price::rates::{RateSet, Stepped, Unit};
use crate::price::reader::{Reader, Value};
use crate::price::row::{Place, Price, Retirement, Row, Uplift, When};
use crate::price::table::{TIERS, scope};
use crate::problem::Problem;
use crate::units::Text;

/// What a price file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct UserFile {
    pub(super) rows: Vec<Row>,
    pub(super) uplifts: Vec<Uplift>,
    pub(super) retirements: Vec<Retirement>,
    pub(super) zones: Vec<Zone>,
}

/// Reads a price file.
///
/// # Errors
/// Every fault, with its place.
pub(super) fn parse(file: &str, text: &str) -> Result<UserFile, Vec<Problem>> {
    let document = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        let message = error.message().to_owned();
        vec![Problem::at(file, text, span, "bad_toml", message)]
    })?;
    let mut reader = Reader::new(file, text);
    let mut found = UserFile::default();
    for (key, value) in document.get_ref() {
        let name = key.get_ref().as_ref();
        if !["row", "uplift", "retirement", "zone"].contains(&name) {
            reader.unknown(key, "`row`, `uplift`, `retirement`, `zone`");
            continue;
        }
        for (table, span) in reader.tables(value) {
            match name {
                "row" => found
                    .rows
                    .extend(reader.row(table, span).iter().flat_map(apart)),
                "uplift" => found.uplifts.extend(reader.uplift(table, span)),
                "retirement" => found.retirements.extend(reader.retirement(table, span)),
                _ => found.zones.extend(reader.zone(table, span)),
            }
        }
    }
    if reader.problems.is_empty() {
        Ok(found)
    } else {
        reader.problems.sort();
        Err(reader.problems)
    }
}

/// What every kind of entry may say beside its own keys.
#[derive(Default)]
struct Common {
    provider: Text,
    models: Option<Matcher>,
    place: Place,
    source: String,
    read: Option<NaiveDate>,
}

impl Common {
    fn source(&self, file: &str) -> Arc<str> {
        let source = if self.source.is_empty() {
            file
        } else {
            &self.source
        };
        match self.read {
            Some(day) => shared(&format!("{source}, read {day}")),
            None => shared(source),
        }
    }
}

/// The keys that [`Reader::common`] reads.
const COMMON: &str = "`provider`, `model`, `scope`, `zone`, `region`, `source`, `read`";

impl Reader<'_> {
    /// Reads a key that every entry may have; `false` for another key.
    fn common(&mut self, into: &mut Common, key: &str, value: &Value<'_>) -> bool {
        match key {
            "provider" => {
                if let Some(name) = self.string(value) {
                    match Provider::parse(&name) {
                        Some(provider) => into.provider = Text::from(provider.as_str()),
                        None => self.wrong(value, "a provider's name"),
                    }
                }
            }
            "model" => {
                let names = self.strings(value);
                if names.iter().any(String::is_empty) {
                    self.wrong(value, "a model's name");
                }
                into.models = Some(Matcher::written(&names));
            }
            "scope" => {
                for word in self.strings(value) {
                    match scope(&word) {
                        Ok(scope) => into.place.scopes.push(scope),
                        Err(message) => {
                            let legal = "one of `regional`, `data_zone`, `global`";
                            self.fault(value.span(), "unknown_scope", message, legal);
                        }
                    }
                }
            }
            "zone" => into.place.zones = self.strings(value).iter().map(Text::from).collect(),
            "region" => into.place.regions = self.regions(value),
            "source" => into.source = self.string(value).unwrap_or_default(),
            "read" => into.read = self.date(value),
            _ => return false,
        }
        true
    }

    fn row(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<Row> {
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

    fn uplift(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<Uplift> {
        let before = self.problems.len();
        let mut common = Common::default();
        let (mut factor, mut tier, mut general) = (None, None, false);
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if self.common(&mut common, name, value) {
                continue;
            }
            match name {
                "factor" => factor = self.factor(value),
                "tier" => tier = self.tier_word(value),
                "general" => general = self.truth(value),
                _ => self.unknown(key, &format!("{COMMON}, `factor`, `tier`, `general`")),
            }
        }
        let (Some(factor), Some(models), false) =
            (factor, common.models.clone(), common.provider.is_empty())
        else {
            let message = "an uplift needs `provider`, `model` and `factor`".to_owned();
            self.fault(span, "missing_key", message, "");
            return None;
        };
        (self.problems.len() == before).then(|| Uplift {
            source: common.source(self.file),
            provider: common.provider,
            models,
            place: common.place,
            tier,
            factor,
            general,
        })
    }

    fn factor(&mut self, value: &Value<'_>) -> Option<Factor> {
        let digits = self.digits(value)?;
        match Factor::parse(&digits) {
            Ok(factor) => Some(factor),
            Err(error) => {
                let message = format!("`{digits}` is no factor: {error}");
                self.fault(value.span(), "bad_factor", message, "`1.1` for 10 % more");
                None
            }
        }
    }

    fn tier_word(&mut self, value: &Value<'_>) -> Option<Tier> {
        let word = self.string(value)?;
        let tier = tier_key(&word);
        if tier.is_none() {
            let message = format!("unknown tier `{word}`");
            let legal = "one of `batch`, `flex`, `priority`, `fast`";
            self.fault(value.span(), "unknown_tier", message, legal);
        }
        tier
    }

    fn retirement(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<Retirement> {
        let mut common = Common::default();
        let mut date = None;
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if self.common(&mut common, name, value) {
                continue;
            }
            match name {
                "date" => date = self.date(value),
                _ => self.unknown(key, &format!("{COMMON}, `date`")),
            }
        }
        if let (Some(date), Some(models), false) = (date, common.models, common.provider.is_empty())
        {
            return Some(Retirement {
                provider: common.provider,
                models,
                date,
            });
        }
        let message = "a retirement needs `provider`, `model` and `date`".to_owned();
        self.fault(span, "missing_key", message, "");
        None
    }

    fn zone(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<Zone> {
        let mut zone = Zone {
            name: Text::default(),
            regions: Vec::new(),
        };
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "name" => zone.name = Text::from(self.string(value).unwrap_or_default()),
                "regions" => zone.regions = self.regions(value),
                "source" => drop(self.string(value)),
                "read" => drop(self.date(value)),
                _ => self.unknown(key, "`name`, `regions`, `source`, `read`"),
            }
        }
        if zone.name.is_empty() || zone.regions.is_empty() {
            let message = "a zone needs `name` and `regions`".to_owned();
            self.fault(span, "missing_key", message, "");
            return None;
        }
        Some(zone)
    }
}

fn tier_key(word: &str) -> Option<Tier> {
    TIERS.into_iter().find(|tier| tier.as_str() == word)
}

/// One row for each model and zone that an entry lists, so that a row's name says what it prices:
/// `eu/gpt-4o` in a zone, `contract:itsm/gpt-4o` in a contract.
fn apart(entry: &Row) -> Vec<Row> {
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
