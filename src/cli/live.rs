//! The live part of the demo on a terminal: a line for each report that was booked.
//!
//! Knows no broker. A newcomer may ask why calls and requests stand on lines of their own: their
//! two logs share no key, and each is booked as it comes.

use std::net::SocketAddr;
use std::path::Path;

use chrono_tz::Tz;

use super::{Terminal, words};
use crate::app::Failure;
use crate::app::live::{Outcomes, Watcher};
use crate::entry::{CallAdds, Money, RequestAdds};
use crate::line::Line;
use crate::units::Text;

/// Writes what happens.
pub(super) struct Shown<'a, 'b> {
    pub(super) terminal: &'a mut Terminal<'b>,
    pub(super) dir: &'a Path,
    pub(super) zone: Tz,
    /// Whether it ends by itself.
    pub(super) once: bool,
    /// Whether nothing is shown.
    pub(super) quiet: bool,
}

/// The five figures of the live records.
pub(super) fn conservation(outcomes: &Outcomes) -> String {
    let of = |name: &str| outcomes.get(name).copied().unwrap_or(0);
    format!(
        "received {} = metered {} + duplicate {} + ignored {} + quarantined {}",
        of("received"),
        of("metered"),
        of("duplicate"),
        of("ignored"),
        of("quarantined")
    )
}

impl Watcher for Shown<'_, '_> {
    fn begins(&mut self, pages: Option<SocketAddr>) -> Result<(), Failure> {
        if self.quiet {
            return Ok(());
        }
        let out = &mut self.terminal.out;
        writeln!(
            out,
            "\nThe story goes on, live: its next calls go to a Kafka broker inside this process, and the daemon books them."
        )?;
        if !self.once {
            let dir = self.dir.display();
            if let Some(pages) = pages {
                writeln!(out, "  metrics   http://{pages}/metrics")?;
                writeln!(out, "  pages     http://{pages}/")?;
            }
            writeln!(
                out,
                "  figures   tollwatch report daily --ledger {dir}/tollwatch.db --config {dir}/live.toml"
            )?;
            writeln!(out, "  the end   Ctrl-C")?;
        }
        writeln!(out)?;
        Ok(out.flush()?)
    }

    fn booked(&mut self, line: &Line) -> Result<(), Failure> {
        if self.quiet {
            return Ok(());
        }
        let at = line.at.to_utc().with_timezone(&self.zone);
        let at = at.format("%H:%M:%S").to_string();
        let key = &line.about.key;
        let out = &mut self.terminal.out;
        if let Some(call) = &line.call {
            writeln!(out, "{at}  call     {}", call_text(line, call))?;
        }
        if let Some(request) = &line.request {
            let text = request_text(request);
            writeln!(
                out,
                "{at}  request  {:<16}  {text}  {}",
                key.endpoint, key.feature
            )?;
        }
        Ok(out.flush()?)
    }
}

fn call_text(line: &Line, call: &CallAdds) -> String {
    let key = &line.about.key;
    let latency = call
        .latency
        .map_or_else(String::new, |ms| words::duration(ms.0));
    let verdict = key.verdict.map_or("", |verdict| verdict.as_str());
    let place = if key.region.is_empty() {
        Text::const_new("nowhere told")
    } else {
        key.region.clone()
    };
    let class = call.class.as_str();
    format!(
        "{:<16}  {class:<9}  {latency:>8}  {place}, {verdict}",
        key.endpoint
    )
}

fn request_text(request: &RequestAdds) -> String {
    let tokens = request.usage.map_or(0, |usage| {
        usage
            .input
            .saturating_add(usage.cache_read)
            .saturating_add(usage.output)
    });
    let tokens = words::count(i64::try_from(tokens).unwrap_or(i64::MAX));
    let cost = match request.money {
        Money::Exact(amount) | Money::Approximated(amount) => words::cents(amount),
        Money::Nothing => "nothing".to_owned(),
        Money::Fixed => "by the hour".to_owned(),
        Money::Unpriced => "unpriced".to_owned(),
    };
    format!("{tokens:>9} tokens  {cost:>8}")
}
