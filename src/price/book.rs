//! The price book: every list that prices may come from, in layers, and what it knows beside them.
//!
//! Knows no file system. A newcomer may ask why a closer row of a lower layer beats a wider row of
//! a higher one: an imported list without regional rows must not put the global price in the place
//! of a shipped regional one.

use std::sync::{Arc, LazyLock};

use chrono::NaiveDate;

use crate::call::Provider;
use crate::price::file::{self, UserFile};
use crate::price::row::{Retirement, Row, Uplift};
use crate::price::table::{self, ProviderInfo, Table};
use crate::problem::Problem;
use crate::units::Text;

/// The catalogue that is compiled in.
const CATALOGUE: &str = include_str!("../../prices/catalogue.tsv");
/// Our own rows, compiled in.
const OWN: &str = include_str!("../../prices/own.toml");

/// A named zone of a cloud's regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// `eu`, `us`.
    pub name: Text,
    /// Canonical regions.
    pub regions: Vec<Text>,
}

/// Every price list in use.
#[derive(Clone, Debug, Default)]
pub struct PriceBook {
    /// What the user wrote, contracts included; first file first.
    pub(super) user: Vec<Row>,
    /// What the user imported, last file first; wins over the shipped rows of the same closeness.
    pub(super) import: Vec<Row>,
    /// Our own rows.
    pub(super) own: Arc<[Row]>,
    /// The shipped catalogue.
    pub(super) catalogue: Arc<[Row]>,
    /// What the lists tell of providers; imported ones first.
    pub(super) providers: Arc<Vec<ProviderInfo>>,
    /// Published multipliers; the user's first.
    pub(super) uplifts: Vec<Uplift>,
    /// Retirement dates; the user's first, then imported ones.
    pub(super) retirements: Arc<Vec<Retirement>>,
    /// Zones of regions.
    pub(super) zones: Vec<Zone>,
    /// The latest day that a list is known to be of.
    pub(super) newest: Option<NaiveDate>,
}

impl PriceBook {
    /// The lists compiled into the program; read once, because every reload of the configuration
    /// begins with them.
    #[must_use]
    pub fn shipped() -> PriceBook {
        static SHIPPED: LazyLock<PriceBook> = LazyLock::new(PriceBook::read_shipped);
        SHIPPED.clone()
    }

    fn read_shipped() -> PriceBook {
        let mut book = PriceBook::catalogue_alone();
        // A test reads both files, so a broken one cannot be shipped.
        let own = file::parse("prices/own.toml", OWN).unwrap_or_default();
        book.own = own.rows.into();
        book.uplifts = own.uplifts;
        Arc::make_mut(&mut book.retirements).extend(own.retirements);
        book.zones = own.zones;
        book.newest = own.newest;
        book
    }

    /// The shipped catalogue without our own rows and factors, to compare it with its source.
    #[must_use]
    pub fn catalogue_alone() -> PriceBook {
        let table = table::parse("prices/catalogue.tsv", CATALOGUE).unwrap_or_default();
        PriceBook {
            catalogue: table.rows.into(),
            providers: Arc::new(table.providers),
            retirements: Arc::new(table.retirements),
            ..PriceBook::default()
        }
    }

    /// Adds a file that people wrote (`prices.toml`, docs/PRICES.md).
    ///
    /// # Errors
    /// Every fault of the file, with its place; the book is then unchanged.
    pub fn with_user_file(&mut self, file: &str, text: &str) -> Result<(), Vec<Problem>> {
        let UserFile {
            rows,
            uplifts,
            retirements,
            zones,
            newest,
        } = file::parse(file, text)?;
        self.newest = self.newest.max(newest);
        self.user.extend(rows);
        self.uplifts.splice(0..0, uplifts);
        Arc::make_mut(&mut self.retirements).splice(0..0, retirements);
        self.zones.splice(0..0, zones);
        Ok(())
    }

    /// Adds a file that `tollwatch prices update` wrote; a later one wins over an earlier one.
    ///
    /// # Errors
    /// Every line that is not understood; the book is then unchanged.
    pub fn with_import(&mut self, file: &str, text: &str) -> Result<(), Vec<Problem>> {
        let Table {
            source,
            providers,
            rows,
            retirements,
        } = table::parse(file, text)?;
        // A list is of the day that its name ends in, else of that of its newest price.
        let named = source.rsplit(' ').next();
        let named = named.and_then(|word| NaiveDate::parse_from_str(word, "%Y-%m-%d").ok());
        let prices = rows.iter().flat_map(|row| &row.prices);
        let of = named.or_else(|| prices.filter_map(|price| price.when.from).max());
        self.newest = self.newest.max(of);
        self.import.splice(0..0, rows);
        // A list that says nothing of a provider must not hide what another one says.
        let telling = providers.into_iter().filter(|info| {
            let says_nothing = ProviderInfo {
                id: info.id.clone(),
                ..ProviderInfo::default()
            };
            *info != says_nothing || self.info(&info.id).is_none()
        });
        let telling: Vec<ProviderInfo> = telling.collect();
        Arc::make_mut(&mut self.providers).splice(0..0, telling);
        Arc::make_mut(&mut self.retirements).splice(0..0, retirements);
        Ok(())
    }

    /// The latest day that a list is known to be of: on which a source was read, or which an import's
    /// name ends in.
    #[must_use]
    pub fn newest(&self) -> Option<NaiveDate> {
        self.newest
    }

    /// The day on which the provider stops serving the model, where a list tells it.
    #[must_use]
    pub fn retirement(&self, provider: &Provider, model: &str) -> Option<NaiveDate> {
        let ids = self.ids(provider).0;
        let forms = super::names::forms(provider, model);
        let bare = super::names::BedrockId::parse(model).bare;
        self.retirements
            .iter()
            .find(|retirement| {
                ids.contains(&retirement.provider)
                    && (forms
                        .iter()
                        .any(|form| form.rule.is_none() && retirement.models.matches(&form.text))
                        || retirement.models.matches(&bare))
            })
            .map(|retirement| retirement.date)
    }

    /// The names under which rows of a provider stand, and whether the provider is truly one of a
    /// list's (else its name only resembles one).
    pub(super) fn ids(&self, provider: &Provider) -> (Vec<Text>, bool) {
        let list = match provider {
            Provider::Bedrock => "aws",
            Provider::Vertex | Provider::Gemini => "google",
            Provider::Other(name) => {
                let (id, sure) = self.listed(name);
                let mut ids = vec![name.clone()];
                ids.extend(id.filter(|id| id != name));
                return (ids, sure);
            }
            Provider::Azure
            | Provider::Openai
            | Provider::Anthropic
            | Provider::Watsonx
            | Provider::AlephAlpha
            | Provider::Mistral
            | Provider::Vllm
            | Provider::Ollama
            | Provider::NowLlm => return (vec![Text::from(provider.as_str())], true),
        };
        (vec![Text::from(provider.as_str()), Text::from(list)], true)
    }

    /// The list's provider of that name: by the same letters, else by the list's own rule, which
    /// takes `my-openai-proxy` for OpenAI and is therefore not sure.
    fn listed(&self, name: &str) -> (Option<Text>, bool) {
        let wanted = letters(name);
        let by_letters = self
            .providers
            .iter()
            .find(|info| letters(&info.id) == wanted);
        if let Some(info) = by_letters {
            return (Some(info.id.clone()), true);
        }
        let by_rule = self.providers.iter().find(|info| info.names.matches(name));
        (by_rule.map(|info| info.id.clone()), by_rule.is_none())
    }

    /// What the lists tell of a provider.
    pub(super) fn info(&self, id: &str) -> Option<&ProviderInfo> {
        self.providers.iter().find(|info| info.id == id)
    }

    /// The zone of a region.
    pub(super) fn zone_of(&self, region: &str) -> Option<Text> {
        self.zones
            .iter()
            .find(|zone| zone.regions.iter().any(|item| item == region))
            .map(|zone| zone.name.clone())
    }

    /// Every row with its layer's name, in order of precedence.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, &Row)> {
        let user = self.user.iter().map(|row| ("user", row));
        let import = self.import.iter().map(|row| ("import", row));
        let own = self.own.iter().map(|row| ("own", row));
        let catalogue = self.catalogue.iter().map(|row| ("catalogue", row));
        user.chain(import).chain(own).chain(catalogue)
    }
}

/// A provider's name without what its spellings differ in: `x-ai`, `xai`; `fireworks_ai`,
/// `fireworks`.
fn letters(name: &str) -> String {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    match plain.strip_suffix("ai") {
        Some(stem) if !stem.is_empty() && stem != "open" => stem.to_owned(),
        _ => plain,
    }
}

/// A source that every row of one file shares.
pub(super) fn shared(text: &str) -> Arc<str> {
    Arc::from(text)
}
