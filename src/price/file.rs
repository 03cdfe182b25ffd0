//! Price files that people write in TOML: `prices/own.toml` and the user's `prices.toml`.
//!
//! Knows no list and no provider's data. A newcomer may ask why the file is walked by hand instead
//! of deserialised: a rate must be read from its digits, never through a float, and every fault
//! must be shown with its place, all at once. The keys stand in docs/PRICES.md.

mod rows;

use std::ops::Range;
use std::sync::Arc;

use chrono::NaiveDate;
use toml::de::DeTable;

use crate::call::{Provider, Tier};
use crate::money::Factor;
use crate::price::book::{Zone, shared};
use crate::price::matching::Matcher;
use crate::price::reader::{Reader, Value};
use crate::price::row::{Place, Retirement, Row, Uplift};
use crate::price::table::{TIERS, scope};
use crate::problem::Problem;
use crate::units::Text;

use self::rows::apart;

/// What a price file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct UserFile {
    pub(super) rows: Vec<Row>,
    pub(super) uplifts: Vec<Uplift>,
    pub(super) retirements: Vec<Retirement>,
    pub(super) zones: Vec<Zone>,
    /// The latest day on which an entry says that its source was read.
    pub(super) newest: Option<NaiveDate>,
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
    found.newest = reader.newest;
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
            "read" => into.read = self.read_on(value),
            _ => return false,
        }
        true
    }

    /// The day on which an entry's source was read.
    fn read_on(&mut self, value: &Value<'_>) -> Option<NaiveDate> {
        let day = self.date(value);
        self.newest = self.newest.max(day);
        day
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
                "read" => drop(self.read_on(value)),
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
