//! A line of traffic: when, how often, of which feature and endpoint, and what the books tell of it.
//!
//! Knows no book. A newcomer may ask why each line says how often it comes: three calls an hour and
//! three calls a minute are different stories, and a default would hide which.

use crate::call::Class;
use crate::residency::Verdict;
use crate::units::Text;

use super::super::value;

/// What the books tell in one step of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// First step, in milliseconds from the case's beginning.
    pub from_ms: i64,
    /// The end of the last.
    pub to_ms: i64,
    /// From step to step: whole minutes.
    pub every_ms: i64,
    /// Whether figures follow an office's hours: a tenth of them at night and at weekends.
    pub office: bool,
    /// Whether figures vary from step to step, by up to half, always the same.
    pub varies: bool,
    /// What.
    pub of: Told,
}

/// What a line tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Calls and requests.
    Calls(Box<Calls>),
    /// How a source stands.
    Source(Source),
}

/// Calls and requests of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calls {
    /// `application/skill`; `-` for none.
    pub feature: Text,
    /// Endpoint or host.
    pub endpoint: Text,
    /// Model.
    pub model: Text,
    /// Provider.
    pub provider: Text,
    /// Region where they landed.
    pub region: Text,
    /// Verdict of the calls.
    pub verdict: Verdict,
    /// Calls.
    pub calls: u32,
    /// What became of the calls.
    pub class: Class,
    /// Milliseconds of each call.
    pub latency_ms: Option<u64>,
    /// Longer than the timeout.
    pub over_timeout: bool,
    /// Their evidence excludes itself.
    pub contradicted: bool,
    /// A header says that they were moved.
    pub spilled: bool,
    /// Requests.
    pub requests: u32,
    /// What became of the requests.
    pub answered: Class,
    /// Input tokens of each.
    pub input: u64,
    /// Output tokens of each.
    pub output: u64,
    /// Nano-dollars of each; `None`: nobody knows the price.
    pub cost_nanousd: Option<i64>,
    /// Whether the company's own endpoint was used, where the record says so.
    pub external: Option<bool>,
    /// How many of the calls were retries.
    pub retries: u32,
    /// The endpoint at which they were made again, and answered.
    pub fallback: Option<Text>,
    /// Credential; empty: no source tells it.
    pub credential: Text,
    /// Group of users; empty: no source tells it.
    pub group: Text,
    /// Number of the conversation; 0: none.
    pub conversation: u64,
}

/// How a source stands in a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Its name.
    pub name: Text,
    /// Milliseconds behind.
    pub lag_ms: Option<i64>,
    /// Records that come in a step.
    pub received: i64,
    /// Of them in quarantine.
    pub quarantined: i64,
    /// Records that are lost in a step.
    pub lost: i64,
}

impl Default for Calls {
    fn default() -> Calls {
        Calls {
            feature: Text::default(),
            endpoint: Text::default(),
            model: Text::from("gpt-4o"),
            provider: Text::from("azure"),
            region: Text::default(),
            verdict: Verdict::NoRule,
            calls: 0,
            class: Class::Ok,
            latency_ms: None,
            over_timeout: false,
            contradicted: false,
            spilled: false,
            requests: 0,
            answered: Class::Ok,
            input: 0,
            output: 0,
            cost_nanousd: Some(0),
            external: None,
            retries: 0,
            fallback: None,
            credential: Text::default(),
            group: Text::default(),
            conversation: 0,
        }
    }
}

/// The keys of calls and requests, for hints.
const KEYS: &str = "`calls`, `class`, `latency`, `over_timeout`, `contradicted`, `spilled`, `verdict`, \
     `region`, `model`, `provider`, `requests`, `answered`, `in`, `out`, `cost`, `external`, `retries`, \
     `fallback`, `credential`, `group`, `conversation`";

/// The keys of sources, for hints.
const SOURCE_KEYS: &str = "`lag`, `received`, `quarantined`, `lost`";

/// A time counted from a case's beginning: `16:40`, `2d08:00`.
pub(super) fn offset_ms(text: &str) -> Option<i64> {
    let (days, time) = match text.split_once('d') {
        Some((days, time)) => (days.parse::<i64>().ok()?, time),
        None => (0, text),
    };
    let (hours, minutes) = time.split_once(':')?;
    let (hours, minutes) = (hours.parse::<i64>().ok()?, minutes.parse::<i64>().ok()?);
    let fits =
        (0..=9_999).contains(&days) && (0..=24).contains(&hours) && (0..60).contains(&minutes);
    fits.then_some(((days * 24 + hours) * 60 + minutes) * 60_000)
}

/// Reads a line.
///
/// # Errors
/// What is wrong with it, and what would be right.
pub(super) fn line(text: &str) -> Result<Traffic, (String, String)> {
    let mut words = text.split_whitespace();
    let shape = || "like `08:00-17:30 1m itsm/notes weu calls=3 requests=3 cost=4¢`".to_owned();
    let span = words.next().unwrap_or_default();
    let bounds = span
        .split_once('-')
        .and_then(|(from, to)| Some((offset_ms(from)?, offset_ms(to)?)));
    let Some((from_ms, to_ms)) = bounds.filter(|(from, to)| from < to) else {
        return Err((format!("`{span}` is no span of a case"), shape()));
    };
    let every = words.next().unwrap_or_default();
    let step = value::span_ms(every).filter(|ms| *ms > 0 && ms % 60_000 == 0);
    let Some(every_ms) = step else {
        return Err((format!("`{every}` is no step of whole minutes"), shape()));
    };
    let (Some(first), Some(second)) = (words.next(), words.next()) else {
        return Err(("feature and endpoint are missing".to_owned(), shape()));
    };
    let mut traffic = Traffic {
        from_ms,
        to_ms,
        every_ms,
        office: false,
        varies: false,
        of: Told::Source(Source::default()),
    };
    let is_source = first == "source";
    let mut calls = Calls {
        feature: Text::from(if first == "-" { "" } else { first }),
        endpoint: Text::from(second),
        ..Calls::default()
    };
    let mut source = Source {
        name: Text::from(second),
        ..Source::default()
    };
    for word in words {
        match word {
            "office" => traffic.office = true,
            "varies" => traffic.varies = true,
            _ => {
                let (key, told) = word.split_once('=').unwrap_or((word, ""));
                let read = if is_source {
                    source.set(key, told)
                } else {
                    calls.set(key, told)
                };
                let keys = if is_source { SOURCE_KEYS } else { KEYS };
                read.ok_or_else(|| {
                    let hint = format!("keys are {keys}; and the words `office` and `varies`");
                    (format!("`{word}` is nothing that the books tell"), hint)
                })?;
            }
        }
    }
    traffic.of = if is_source {
        Told::Source(source)
    } else {
        Told::Calls(Box::new(calls))
    };
    Ok(traffic)
}

/// The time of a step: `90s`, `1200ms`.
fn latency(text: &str) -> Option<u64> {
    value::span_ms(text).and_then(|ms| u64::try_from(ms).ok())
}

fn class(text: &str) -> Option<Class> {
    Class::ALL.into_iter().find(|class| class.as_str() == text)
}

impl Calls {
    fn set(&mut self, key: &str, told: &str) -> Option<()> {
        match key {
            "calls" => self.calls = told.parse().ok()?,
            "class" => self.class = class(told)?,
            "latency" => self.latency_ms = Some(latency(told)?),
            "over_timeout" => self.over_timeout = told.is_empty().then_some(true)?,
            "contradicted" => self.contradicted = told.is_empty().then_some(true)?,
            "spilled" => self.spilled = told.is_empty().then_some(true)?,
            "verdict" => self.verdict = Verdict::parse(told)?,
            "region" => self.region = Text::from(told),
            "model" => self.model = Text::from(told),
            "provider" => self.provider = Text::from(told),
            "requests" => self.requests = told.parse().ok()?,
            "answered" => self.answered = class(told)?,
            "in" => self.input = told.parse().ok()?,
            "out" => self.output = told.parse().ok()?,
            "cost" if told == "unknown" => self.cost_nanousd = None,
            "cost" => self.cost_nanousd = Some(value::nanos(told)?),
            "external" => self.external = Some(told.parse().ok()?),
            "retries" => self.retries = told.parse().ok()?,
            "fallback" => self.fallback = Some(Text::from(told)),
            "credential" => self.credential = Text::from(told),
            "group" => self.group = Text::from(told),
            "conversation" => self.conversation = told.parse().ok().filter(|one| *one > 0)?,
            _ => return None,
        }
        Some(())
    }
}

impl Source {
    fn set(&mut self, key: &str, told: &str) -> Option<()> {
        match key {
            "lag" => self.lag_ms = Some(value::span_ms(told)?),
            "received" => self.received = value::count(told)?,
            "quarantined" => self.quarantined = value::count(told)?,
            "lost" => self.lost = value::count(told)?,
            _ => return None,
        }
        Some(())
    }
}
