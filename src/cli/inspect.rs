//! `tollwatch inspect`: a record in, every decision out.

use super::{Terminal, args, words};
use crate::app::inspect::{CallPart, Explained, ResidencyPart, UsagePart, inspect as explain_all};
use crate::app::pipeline::Means;
use crate::app::{Failure, setup};
use crate::call::Format;
use crate::clock::Clock as _;
use crate::decode::Settings;
use crate::money::NanoUsd;
use crate::source::file::Reading;

/// The format of a name given as an argument.
pub(super) fn format_of(name: Option<&str>) -> Result<Option<Format>, Failure> {
    let Some(name) = name.filter(|name| *name != "auto") else {
        return Ok(None);
    };
    Format::parse(name).map(Some).ok_or_else(|| {
        let known = Format::ALL.map(Format::as_str).join(", ");
        Failure::Usage(format!("unknown format `{name}`; known are auto, {known}"))
    })
}

/// Explains every record of a file.
pub(super) fn inspect(args: &args::Inspect, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let setup = setup::load(args.config.as_deref(), &terminal.clock)?;
    let format = format_of(args.format.as_deref())?;
    let files = [args.file.clone()];
    let mut settings = match setup.read_as(&files).first() {
        Some((read_as, _)) => read_as.settings.clone(),
        None => Settings::default(),
    };
    settings.format = format.or(settings.format);
    let mut ledger = setup.open_in_memory()?;
    let mut judge = setup.judge(&mut ledger, &terminal.clock)?;
    let mut reading = if args.file.as_os_str() == "-" {
        Reading::standard_input()
    } else {
        Reading::open(&args.file, None)?
    };
    let mut shown: Result<(), Failure> = Ok(());
    let mut count: i64 = 0;
    let means = Means {
        judge: &mut judge,
        gate: &setup.gate,
        settings: &settings,
        ignore_scopes: &[],
    };
    explain_all(
        &mut reading,
        (means, terminal.clock.now()),
        &mut ledger,
        &mut |explained| {
            count += 1;
            if shown.is_ok() {
                shown = if args.json {
                    terminal.json(explained)
                } else {
                    show(explained, count, terminal)
                };
            }
        },
    )?;
    shown?;
    if count == 0 {
        terminal.note(&format!("{} holds no record", args.file.display()))?;
    }
    Ok(0)
}

fn or(text: Option<&String>) -> &str {
    text.map_or("–", String::as_str)
}

fn show(explained: &Explained, number: i64, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let reason = explained
        .reason
        .as_ref()
        .map_or(String::new(), |reason| format!(" ({reason})"));
    writeln!(terminal.out, "{number}. {}{reason}", explained.outcome)?;
    if let Some(format) = explained.format {
        writeln!(terminal.out, "   read as    {format}")?;
    }
    show_call(&explained.call, terminal)?;
    show_usage(&explained.usage, terminal)?;
    show_price(explained, terminal)?;
    show_residency(&explained.residency, terminal)?;
    for note in &explained.notes {
        writeln!(terminal.out, "   note       {note}")?;
    }
    Ok(())
}

fn show_call(call: &CallPart, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    if call.at.is_none() {
        return Ok(());
    }
    let status = call.status.map_or_else(
        || "no status".to_owned(),
        |status| format!("status {status}"),
    );
    let latency = call
        .latency_ms
        .map_or_else(|| "no latency".to_owned(), words::duration);
    writeln!(
        terminal.out,
        "   call       {} at {}",
        or(call.id.as_ref()),
        or(call.at.as_ref())
    )?;
    writeln!(terminal.out, "   feature    {}", or(call.feature.as_ref()))?;
    writeln!(
        terminal.out,
        "   endpoint   {}, {} {}",
        or(call.endpoint.as_ref()),
        or(call.provider.as_ref()),
        or(call.model.as_ref())
    )?;
    writeln!(
        terminal.out,
        "   outcome    {}, {status}, {latency}",
        call.class.unwrap_or("–")
    )?;
    Ok(())
}

fn show_usage(usage: &UsagePart, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let (Some(input), Some(output)) = (usage.input, usage.output) else {
        return Ok(());
    };
    // A bucket that the record does not tell is no 0.
    let told = |bucket: Option<u64>| {
        bucket.map_or_else(
            || "untold".to_owned(),
            |number| words::count(i64::try_from(number).unwrap_or(i64::MAX)),
        )
    };
    writeln!(
        terminal.out,
        "   tokens     fresh {}, cached {}, written to caches {} + {}, out {}, of it reasoning {}",
        told(Some(input)),
        told(usage.cache_read),
        told(usage.cache_write_5m),
        told(usage.cache_write_1h),
        told(Some(output)),
        told(usage.reasoning),
    )?;
    Ok(())
}

fn show_price(explained: &Explained, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let Some(class) = explained.price.class else {
        return Ok(());
    };
    let cost = explained.cost_nanousd.map_or_else(
        || "unknown".to_owned(),
        |nano| format!("${}", NanoUsd(nano)),
    );
    writeln!(
        terminal.out,
        "   cost       {cost}, {class}: {} of {}",
        or(explained.price.row.as_ref()),
        or(explained.price.source.as_ref())
    )?;
    Ok(())
}

fn show_residency(landed: &ResidencyPart, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let Some(verdict) = landed.verdict else {
        return Ok(());
    };
    let grade = landed
        .grade
        .map_or(String::new(), |grade| format!(", grade {grade}"));
    writeln!(
        terminal.out,
        "   residency  {verdict}{grade}: rule {}, landed in {}, by {}",
        or(landed.rule.as_ref()),
        or(landed.region.as_ref()),
        or(landed.evidence.as_ref())
    )?;
    Ok(())
}
