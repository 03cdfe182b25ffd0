//! Real traffic: requests per client in bins of ten minutes, from a file of the `ServeGen` shape.
//!
//! Knows no detector. A newcomer may ask why clients of less than two weeks are left out: one week is history
//! and one is judged.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use flate2::read::GzDecoder;

/// Bins of a week.
pub(crate) const WEEK: usize = 1008;

/// One client.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    /// Requests in each of the 2,016 bins.
    pub(crate) counts: Vec<u64>,
    /// Mean input tokens of a request by six hours, where told.
    pub(crate) tokens: BTreeMap<usize, f64>,
}

impl Series {
    /// Of both weeks, the first or the second.
    pub(crate) fn week(&self, number: usize) -> &[u64] {
        let from = number * WEEK;
        self.counts.get(from..from + WEEK).unwrap_or_default()
    }

    pub(crate) fn mean(&self, week: usize) -> f64 {
        mean(self.week(week))
    }

    /// Requests in more than nine of ten bins.
    pub(crate) fn is_always_on(&self) -> bool {
        let active = self.counts.iter().filter(|count| **count > 0).count();
        active * 10 > self.counts.len() * 9
    }

    /// More than five requests a bin in each week.
    pub(crate) fn is_used(&self) -> bool {
        self.mean(0) > 5.0 && self.mean(1) > 5.0
    }

    /// Half the mean square of steps over the mean: 1 for Poisson traffic.
    pub(crate) fn dispersion(&self) -> f64 {
        let week = self.week(0);
        let steps = week.windows(2).map(|pair| match pair {
            &[a, b] => (b as f64 - a as f64).powi(2),
            _ => 0.0,
        });
        steps.sum::<f64>() / 2.0 / week.len().max(1) as f64 / self.mean(0).max(1e-9)
    }
}

pub(crate) fn mean(counts: &[u64]) -> f64 {
    counts.iter().sum::<u64>() as f64 / counts.len().max(1) as f64
}

/// The median of what is not 0.
pub(crate) fn busy_median(counts: &[u64]) -> f64 {
    let mut busy: Vec<u64> = counts.iter().copied().filter(|count| *count > 0).collect();
    busy.sort_unstable();
    busy.get(busy.len() / 2).map_or(0.0, |count| *count as f64)
}

/// Reads a file, packed or not.
pub(crate) fn read(path: &Path) -> std::io::Result<Vec<Series>> {
    let file = File::open(path)?;
    let packed = path.extension().is_some_and(|ext| ext == "gz");
    let bytes: Box<dyn Read> = if packed {
        Box::new(GzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let mut lines = BufReader::new(bytes).lines();
    let header = lines.next().transpose()?.unwrap_or_default();
    let columns: Vec<&str> = header.split(',').collect();
    let place = |name: &str| {
        let found = columns.iter().position(|column| *column == name);
        found.ok_or_else(|| std::io::Error::other(format!("no column `{name}` in `{header}`")))
    };
    let (model, client, at, count, tokens) = (
        place("model")?,
        place("client")?,
        place("t_s")?,
        place("count")?,
        place("mean_input_tokens")?,
    );
    let mut clients: BTreeMap<(String, String), Series> = BTreeMap::new();
    for line in lines {
        let line = line?;
        let cells: Vec<&str> = line.split(',').collect();
        let cell = |place: usize| cells.get(place).copied().unwrap_or_default();
        let fault = || std::io::Error::other(format!("cannot read `{line}`"));
        let key = (cell(model).to_owned(), cell(client).to_owned());
        let series = clients.entry(key).or_default();
        let bin = cell(at).parse::<usize>().map_err(|_| fault())? / 600;
        let count = cell(count).parse::<f64>().map_err(|_| fault())?;
        if series.counts.len() <= bin {
            series.counts.resize(bin + 1, 0);
        }
        series.counts[bin] += count.round() as u64;
        if let Ok(tokens) = cell(tokens).parse::<f64>() {
            series.tokens.insert(bin / 36, tokens);
        }
    }
    let whole = clients.into_values();
    Ok(whole
        .filter(|series| series.counts.len() >= 2 * WEEK)
        .collect())
}
