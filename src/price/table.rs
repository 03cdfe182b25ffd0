//! The machine-made price table: one fact a line, tab-separated, fast to read and easy to compare.
//!
//! Knows no provider's data format. A newcomer may ask why not TOML like the files people write:
//! this one has thousands of lines and is read at every start.
//!
//! ```text
//! source    genai-prices 0.2.1
//! provider  openai     names=*openai  models=^gpt-  fallback=anthropic,deepseek
//! model     gpt-4o     match==gpt-4o|=gpt-4o-2024-11-20
//! price     input=2.5  output=10  cache_read=1.25
//! price     from=2026-08-21  input=2,200000:4  output=8
//! price     tier=batch  from=2026-10-14  input=1.25  output=5
//! retired   2027-04-14
//! ```

mod write;

use std::sync::Arc;

use chrono::NaiveDate;

use crate::call::{Scope, Tier};
use crate::price::matching::Matcher;
use crate::price::rates::{RateSet, Stepped, Unit};
use crate::price::row::{Place, Price, Retirement, Row, When};
use crate::problem::Problem;
use crate::units::Text;

pub(super) use self::write::rate_parts;
pub use self::write::render;

/// What a price list tells of a provider beside its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderInfo {
    /// The list's name of the provider.
    pub id: Text,
    /// Other names that mean it.
    pub names: Matcher,
    /// Model names that this provider makes.
    pub models: Matcher,
    /// Providers whose rows hold here too, because it resells their models at their list price.
    pub fallbacks: Vec<Text>,
}

/// A whole price list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The list's name and version.
    pub source: Text,
    /// The providers.
    pub providers: Vec<ProviderInfo>,
    /// The rows, those of one provider together, in the order in which they are tried.
    pub rows: Vec<Row>,
    /// The retirement dates.
    pub retirements: Vec<Retirement>,
}

/// Reads a table.
///
/// # Errors
/// Every line that is not understood, with its place.
pub fn parse(file: &str, text: &str) -> Result<Table, Vec<Problem>> {
    let mut reader = Reader::default();
    let mut problems = Vec::new();
    let mut offset = 0_usize;
    for line in text.split('\n') {
        if let Err(message) = reader.line(line.trim_end_matches('\r')) {
            let span = offset..offset.saturating_add(line.len());
            problems.push(Problem::at(file, text, span, "bad_price_table", message));
        }
        offset = offset.saturating_add(line.len()).saturating_add(1);
    }
    if problems.is_empty() {
        Ok(reader.table)
    } else {
        Err(problems)
    }
}

#[derive(Default)]
struct Reader {
    table: Table,
    source: Option<Arc<str>>,
    provider: Option<Text>,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        if line.is_empty() || line.starts_with("# ") {
            return Ok(());
        }
        let (kind, rest) = line.split_once('\t').unwrap_or((line, ""));
        let (name, fields) = rest.split_once('\t').unwrap_or((rest, ""));
        match kind {
            "source" => {
                self.table.source = Text::from(name);
                self.source = Some(Arc::from(name));
            }
            "provider" => {
                let info = provider(name, fields)?;
                let mut known = self.table.providers.iter();
                if known.any(|known| known.id == info.id) {
                    return Err(format!("provider `{}` stands there twice", info.id));
                }
                self.provider = Some(info.id.clone());
                self.table.providers.push(info);
            }
            "model" => {
                let row = self.model(name, fields)?;
                self.table.rows.push(row);
            }
            "price" => {
                let row = self
                    .table
                    .rows
                    .last_mut()
                    .ok_or("a price before any model")?;
                row.prices.push(price(rest)?);
            }
            "retired" => {
                let row = self.table.rows.last().ok_or("a date before any model")?;
                self.table.retirements.push(Retirement {
                    provider: row.provider.clone(),
                    models: row.models.clone(),
                    date: day(name)?,
                });
            }
            other => return Err(format!("unknown kind of line `{other}`")),
        }
        Ok(())
    }

    fn model(&self, name: &str, fields: &str) -> Result<Row, String> {
        let mut row = Row {
            provider: self.provider.clone().ok_or("a model before any provider")?,
            name: Text::from(name),
            models: Matcher::default(),
            place: Place::default(),
            endpoint: Text::default(),
            prices: Vec::new(),
            source: self.source.clone().ok_or("a model before the source")?,
        };
        for (key, value) in pairs(fields)? {
            match key {
                "match" => row.models = matcher(value)?,
                "scope" => {
                    row.place.scopes = value.split(',').map(scope).collect::<Result<_, _>>()?;
                }
                "zone" => row.place.zones = value.split(',').map(Text::from).collect(),
                "region" => row.place.regions = value.split(',').map(Text::from).collect(),
                other => return Err(format!("unknown key `{other}`")),
            }
        }
        Ok(row)
    }
}

fn pairs(fields: &str) -> Result<Vec<(&str, &str)>, String> {
    fields
        .split('\t')
        .filter(|field| !field.is_empty())
        .map(|field| {
            field
                .split_once('=')
                .ok_or_else(|| format!("`{field}` is not key=value"))
        })
        .collect()
}

fn provider(name: &str, fields: &str) -> Result<ProviderInfo, String> {
    let mut info = ProviderInfo {
        id: Text::from(name),
        ..ProviderInfo::default()
    };
    for (key, value) in pairs(fields)? {
        match key {
            "names" => info.names = matcher(value)?,
            "models" => info.models = matcher(value)?,
            "fallback" => info.fallbacks = value.split(',').map(Text::from).collect(),
            other => return Err(format!("unknown key `{other}`")),
        }
    }
    Ok(info)
}

/// Names of a price line that are no unit.
const WHEN: [&str; 5] = ["tier", "from", "until", "daily", "free"];

/// Whether a price line gives a name a meaning: what else stands there is kept as it is.
pub(in crate::price) fn is_known(name: &str) -> bool {
    WHEN.contains(&name) || Unit::parse(name).is_some()
}

fn price(fields: &str) -> Result<Price, String> {
    let mut when = When::default();
    let mut rates = RateSet::default();
    for (key, value) in pairs(fields)? {
        match key {
            "tier" => when.tier = Some(tier(value)?),
            "from" => when.from = Some(day(value)?),
            "until" => when.until = Some(day(value)?),
            "daily" => when.daily = Some(hours(value)?),
            "free" => rates.free = value == "yes",
            other => match Unit::parse(other) {
                Some(unit) => rates.set(unit, stepped(unit, value)?),
                None => rates.others.push((Text::from(other), Text::from(value))),
            },
        }
    }
    Ok(Price { when, rates })
}

/// `2.5` or `2.5,200000:5`.
fn stepped(unit: Unit, text: &str) -> Result<Stepped, String> {
    let rate = |text: &str| {
        unit.rate(text)
            .map_err(|error| format!("`{text}` is no rate: {error}"))
    };
    let mut parts = text.split(',');
    let base = rate(parts.next().unwrap_or_default())?;
    let steps = parts
        .map(|part| {
            let (start, price) = part
                .split_once(':')
                .ok_or_else(|| format!("`{part}` is not tokens:rate"))?;
            let start = start
                .parse()
                .map_err(|_| format!("`{start}` is no number of tokens"))?;
            Ok((start, rate(price)?))
        })
        .collect::<Result<_, String>>()?;
    Ok(Stepped { base, steps })
}

fn matcher(text: &str) -> Result<Matcher, String> {
    Matcher::parse(text).ok_or_else(|| format!("`{text}` is no match"))
}

fn day(text: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| format!("`{text}` is no date"))
}

/// `HH:MM:SS-HH:MM:SS` as milliseconds since midnight.
fn hours(text: &str) -> Result<(i64, i64), String> {
    text.split_once('-')
        .and_then(|(start, end)| Some((clock_ms(start)?, clock_ms(end)?)))
        .ok_or_else(|| format!("`{text}` is not HH:MM:SS-HH:MM:SS"))
}

/// Milliseconds since midnight of `HH:MM:SS`.
pub(super) fn clock_ms(text: &str) -> Option<i64> {
    let mut parts = text.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let valid = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    (valid && parts.next().is_none()).then(|| hour * 3_600_000 + minute * 60_000 + second * 1_000)
}

/// The scope of a word.
pub(super) fn scope(word: &str) -> Result<Scope, String> {
    [Scope::Regional, Scope::DataZone, Scope::Global]
        .into_iter()
        .find(|scope| scope.as_str() == word)
        .ok_or_else(|| format!("unknown scope `{word}`"))
}

/// The tiers that a row can price apart; provisioned throughput is paid by the hour.
pub(super) const TIERS: [Tier; 4] = [Tier::Batch, Tier::Flex, Tier::Priority, Tier::Fast];

fn tier(word: &str) -> Result<Tier, String> {
    TIERS
        .into_iter()
        .find(|tier| tier.as_str() == word)
        .ok_or_else(|| format!("unknown tier `{word}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "source\tlist 1\nprovider\topenai\tnames=*openai\tmodels=^gpt-\tfallback=a,b\n\
        model\tgpt-4o\tmatch==gpt-4o|=gpt-4o-2024-11-20\tscope=data_zone\tzone=eu,us\n\
        price\tinput=2.5,200000:5\toutput=10\tweb_search=10\tinput_audio_mtok=4\n\
        price\tfrom=2026-08-21\tdaily=00:30:00-16:30:00\tinput=2\n\
        price\ttier=batch\tfrom=2026-10-14\tuntil=2027-01-01\tinput=1.25\n\
        price\ttier=flex\tfree=yes\nretired\t2027-04-14\n";

    #[test]
    fn writes_what_it_reads() {
        let table = parse("t", TEXT).unwrap();
        let written = render(&table);
        let body: Vec<&str> = written
            .lines()
            .filter(|line| !line.starts_with('#'))
            .collect();
        assert_eq!(body.join("\n") + "\n", TEXT);
    }

    #[test]
    fn points_at_every_bad_line() {
        let cases = [
            ("source\ts\nmodel\tx", "a model before any provider"),
            ("price\tinput=1", "a price before any model"),
            ("what", "unknown kind of line `what`"),
            (
                "source\ts\nprovider\tp\nmodel\tm\nprice\tinput=1,5",
                "`5` is not tokens:rate",
            ),
            (
                "source\ts\nprovider\tp\nmodel\tm\nprice\tinput=x",
                "`x` is no rate: not a decimal number",
            ),
            (
                "source\ts\nprovider\tp\nmodel\tm\nprice\ttier=gold",
                "unknown tier `gold`",
            ),
            (
                "source\ts\nprovider\tp\nmodel\tm\nprice\tfrom=1",
                "`1` is no date",
            ),
            (
                "source\ts\nprovider\tp\nprovider\tp",
                "provider `p` stands there twice",
            ),
            (
                "source\ts\nprovider\tp\nmodel\tm\tscope=moon",
                "unknown scope `moon`",
            ),
        ];
        for (text, message) in cases {
            let problems = parse("t", text).unwrap_err();
            assert_eq!(problems.len(), 1, "{text}");
            assert_eq!(problems[0].message, message);
            assert_eq!(problems[0].place.line, text.lines().count());
        }
    }
}
