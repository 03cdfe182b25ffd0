//! `tollwatch discover`: what is in a sample, how it is read, and a configuration to begin with.
//!
//! Knows no figure of its own. A newcomer may ask why the advice comes last: it is what a reader
//! acts on, and the end is what stays on the screen.

mod show;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use super::progress::Bar;
use super::zone::zone_of;
use super::{Terminal, args, ask, inspect};
use crate::app::discover::{self as job, Asked, Found, Known, News, Starter, Survey};
use crate::app::setup::{self, Setup};
use crate::app::{Failure, run};
use crate::clock::Clock;
use crate::config::{KafkaSource, Start};
use crate::decode::written_time::DateOrder;
use crate::source::list;

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    found: &'a Found,
    faults: &'a [String],
    news: Option<&'a News>,
    written: Vec<String>,
    questions: Option<usize>,
}

/// Looks at a sample.
pub(super) fn discover(args: &args::Discover, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let clock = terminal.clock;
    let setup = setup::load(args.config.as_deref(), &clock)?;
    if let Some(folder) = &args.out {
        job::refuse_taken(folder)?;
    }
    let (inputs, kafka) = inputs(args, &setup);
    let files = list::list(&inputs)?;
    let until = args.time.as_deref().map(duration).transpose()?;
    let enough = enough(&files)?;
    let asked = Asked {
        files: &files,
        kafka,
        from: from(args, kafka)?,
        format: inspect::format_of(args.format.as_deref())?,
        dates: args.date_order.as_deref().map(order).transpose()?,
        zone: args.zone.as_deref().map(zone_of).transpose()?,
        until: until.map(|ms| clock.now().saturating_add(ms)),
        enough: &enough,
    };
    let mut survey = Survey::new(&setup.gate, args.limit);
    let mut bar = Bar::new(args.json);
    let faults = job::read(&setup, &mut survey, &clock, asked, &mut bar)?;
    let known = Known {
        registry: &setup.rules.registry,
        features: &setup.rules.features,
        regions: &setup.rules.regions,
    };
    let found = survey.found(known);
    let news = args.diff.then(|| job::news(&found, known));
    let starter = match &args.out {
        Some(folder) => {
            let starter = job::starter(&found, &inputs, clock.now());
            starter.write(folder)?;
            Some(starter)
        }
        None => None,
    };
    if args.json {
        let written = written(args, starter.as_ref());
        terminal.json(&Answer {
            found: &found,
            faults: &faults,
            news: news.as_ref(),
            questions: starter.as_ref().map(|starter| starter.questions),
            written,
        })?;
    } else {
        match &news {
            Some(news) => show::news(news, &found, terminal)?,
            None => show::found(&found, terminal)?,
        }
        for fault in &faults {
            terminal.note(&format!("warning: {fault}; what came before was looked at"))?;
        }
        if let Some(starter) = &starter {
            show::starter(&written(args, Some(starter)), starter, terminal)?;
        }
    }
    Ok(u8::from(!faults.is_empty()))
}

/// What was asked for, else the configured sources.
fn inputs<'a>(args: &args::Discover, setup: &'a Setup) -> (Vec<PathBuf>, &'a [KafkaSource]) {
    if !args.inputs.is_empty() {
        return (args.inputs.clone(), &[]);
    }
    let sources = setup.ready.sources.iter();
    let files = sources.flat_map(|source| source.paths.clone()).collect();
    (files, &setup.ready.kafka)
}

/// Where topics are read from, where that is said.
fn from(args: &args::Discover, kafka: &[KafkaSource]) -> Result<Option<Start>, Failure> {
    let Some(text) = args.from.as_deref() else {
        return Ok(None);
    };
    if kafka.is_empty() {
        return Err(Failure::Usage(
            "`--from` is for topics, and none is read: name a configuration with a \
             `[[source.kafka]]`, and no input"
                .to_owned(),
        ));
    }
    Ok(Some(match text {
        "beginning" => Start::Beginning,
        "end" => Start::End,
        time => Start::At(ask::time(time).map_err(|_| {
            Failure::Usage(format!(
                "`{time}` is no place to read from; `beginning`, `end` and a time such as \
                 `2026-11-20T09:14:31Z` are"
            ))
        })?),
    }))
}

/// Set by Ctrl-C, but where standard input is read: it may wait for ever.
fn enough(files: &[PathBuf]) -> Result<Arc<AtomicBool>, Failure> {
    if files.iter().any(|path| path == Path::new("-")) {
        return Ok(Arc::new(AtomicBool::new(false)));
    }
    run::interrupted()
}

fn written(args: &args::Discover, starter: Option<&Starter>) -> Vec<String> {
    let (Some(folder), Some(starter)) = (&args.out, starter) else {
        return Vec::new();
    };
    let names = starter.files.iter();
    names
        .map(|(name, _)| folder.join(name).display().to_string())
        .collect()
}

fn order(word: &str) -> Result<DateOrder, Failure> {
    DateOrder::parse(word).ok_or_else(|| {
        Failure::Usage(format!(
            "`{word}` is no order of dates; `dmy` and `mdy` are"
        ))
    })
}

/// Milliseconds of `30s`, `10m` or `2h`.
fn duration(text: &str) -> Result<i64, Failure> {
    let wrong = || Failure::Usage(format!("`{text}` is no time; `30s`, `10m` and `2h` are"));
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let number = text.strip_suffix(unit).and_then(|n| n.parse::<u32>().ok());
    let ms = match unit {
        's' => 1_000,
        'm' => 60_000,
        'h' => 3_600_000,
        _ => return Err(wrong()),
    };
    Ok(i64::from(number.ok_or_else(wrong)?) * ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let cases = [
            ("30s", Some(30_000)),
            ("10m", Some(600_000)),
            ("2h", Some(7_200_000)),
            ("10", None),
            ("m", None),
            ("", None),
            ("-1s", None),
        ];
        for (text, ms) in cases {
            assert_eq!(duration(text).ok(), ms, "{text}");
        }
    }
}
