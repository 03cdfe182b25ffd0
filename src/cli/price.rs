//! `tollwatch price` and `tollwatch prices update`.

mod doubts;

use serde::Serialize;

use super::args::PricesCommand;
use super::table::{Rows, plain};
use super::{Terminal, args, words};
use crate::app::Failure;
use crate::call::{Provider, Scope, Tier, Untold, Usage};
use crate::clock::Clock;
use crate::price::{self, Billed, Lookup, PriceBook, PriceGap, Priced};
use crate::residency::Regions;
use crate::units::UnixMillis;

#[derive(Serialize)]
struct Answer<'a> {
    cost_nanousd: Option<i64>,
    class: &'static str,
    row: Option<&'a str>,
    source: Option<&'a str>,
    valid_from: Option<String>,
    rule: Option<&'static str>,
    reason: Option<&'static str>,
    unknown_region: Option<&'a str>,
}

/// Prices one call described by arguments.
pub(super) fn price(args: &args::Price, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let mut book = PriceBook::shipped();
    if let Some(path) = &args.prices {
        let text = words::read(path)?;
        book.with_user_file(&path.display().to_string(), &text)
            .map_err(Failure::Problems)?;
    }
    let priced = ask(args, &book, terminal.clock.now())?;
    let unknown = doubts::unknown_region(args, &book);
    let valid_from = priced.valid_from().map(|day| day.to_string());
    if args.json {
        let some = |text: &'_ str| (!text.is_empty()).then(|| text.to_owned());
        let (row, source) = (some(priced.row()), some(priced.source()));
        terminal.json(&Answer {
            cost_nanousd: priced.cost.map(|cost| cost.0),
            class: priced.class.as_str(),
            row: row.as_deref(),
            source: source.as_deref(),
            valid_from,
            rule: priced.rule.map(price::Approximation::as_str),
            reason: priced.gap.map(PriceGap::as_str),
            unknown_region: unknown.map(|unknown| unknown.region),
        })?;
        doubts::tell(args, &book, (&priced, unknown), terminal)?;
        return Ok(0);
    }
    match priced.cost {
        Some(cost) => writeln!(terminal.out, "${cost}, {}", priced.class.as_str())?,
        None => writeln!(
            terminal.out,
            "unpriced: {}",
            priced.gap.map_or("no row", PriceGap::as_str)
        )?,
    }
    if let Some(rule) = priced.rule {
        writeln!(terminal.out, "  approximated by {}", rule.as_str())?;
    }
    if !priced.row().is_empty() {
        let since = valid_from.map_or(String::new(), |day| format!(", since {day}"));
        writeln!(
            terminal.out,
            "  row {} of {}{since}",
            priced.row(),
            priced.source()
        )?;
    }
    doubts::tell(args, &book, (&priced, unknown), terminal)?;
    Ok(0)
}

fn ask(args: &args::Price, book: &PriceBook, now: UnixMillis) -> Result<Priced, Failure> {
    let usage_of = |message: String| Failure::Usage(message);
    let provider = provider_of(args)
        .ok_or_else(|| usage_of("`--provider` is empty; name one, such as `azure`".to_owned()))?;
    let scope = args.scope.as_deref().map(scope_of).transpose()?;
    let tier = match args.tier.as_deref() {
        None => Tier::Standard,
        Some(word) => Tier::parse(word).ok_or_else(|| {
            usage_of(format!("unknown tier `{word}`; known are standard, batch, flex, priority, fast, provisioned"))
        })?,
    };
    let at = match args.at.as_deref() {
        None => now,
        Some(text) => super::ask::time(text)?,
    };
    let caches = args
        .cache_read
        .saturating_add(args.cache_write_5m)
        .saturating_add(args.cache_write_1h);
    let input = args.input.checked_sub(caches).ok_or_else(|| {
        usage_of(format!(
            "caches hold {caches} tokens, more than the {} of `--input`, which includes them",
            args.input
        ))
    })?;
    let usage = Usage {
        input,
        cache_read: args.cache_read,
        cache_write_5m: args.cache_write_5m,
        cache_write_1h: args.cache_write_1h,
        output: args.output,
        reasoning: 0,
    };
    let regions = Regions::shipped();
    let (region, geo) = placed(&regions, &provider, args.region.as_deref());
    let resolved = book.resolve(&Lookup {
        endpoint: None,
        provider: &provider,
        model: &args.model,
        requested_model: "",
        region: region.as_deref(),
        scope,
        geo: geo.as_deref(),
        tier,
        fixed: tier == Tier::Provisioned,
    });
    Ok(resolved.price(&Billed {
        at,
        usage: Some(&usage),
        web_searches: args.web_searches,
        untold: Untold::default(),
        audio: false,
    }))
}

/// `google` is either of Google's services; only Vertex AI lets a region be chosen.
fn provider_of(args: &args::Price) -> Option<Provider> {
    let provider = Provider::parse(&args.provider)?;
    let google = args.provider.trim().eq_ignore_ascii_case("google");
    let placed = args.region.is_some() || args.scope.is_some();
    Some(if google && placed {
        Provider::Vertex
    } else {
        provider
    })
}

/// A region in canonical form, or a zone of inference.
fn placed(
    regions: &Regions,
    provider: &Provider,
    told: Option<&str>,
) -> (Option<String>, Option<String>) {
    let Some(told) = told.map(str::trim).filter(|told| !told.is_empty()) else {
        return (None, None);
    };
    let folded = told.to_ascii_lowercase();
    let zone = match folded.split_once(':') {
        Some((cloud, zone)) if Provider::parse(cloud).as_ref() == Some(provider) => zone,
        Some(_) => "",
        None => folded.as_str(),
    };
    let zone = zone.strip_prefix("zone:").unwrap_or(zone);
    if matches!(zone, "us" | "eu" | "global") {
        return (None, Some(zone.to_owned()));
    }
    let region = regions.parse_region(Some(provider), told);
    (Some(region.name().to_string()), None)
}

/// A scope by our word or by Azure's deployment type.
fn scope_of(word: &str) -> Result<Scope, Failure> {
    let folded = word.to_ascii_lowercase().replace(['_', '-', ' '], "");
    match folded.as_str() {
        "regional" | "standard" => Ok(Scope::Regional),
        "datazone" | "datazonestandard" | "zone" => Ok(Scope::DataZone),
        "global" | "globalstandard" => Ok(Scope::Global),
        _ => Err(Failure::Usage(format!(
            "unknown scope `{word}`; known are regional, data_zone, global"
        ))),
    }
}

#[derive(Serialize)]
struct ShownChange<'a> {
    provider: &'a str,
    model: &'a str,
    place: &'a str,
    change: &'static str,
    old: &'a [String],
    new: &'a [String],
}

/// Shows what a newer list changes, and writes it as an import file.
pub(super) fn prices(command: &PricesCommand, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let PricesCommand::Update { file, out, json } = command;
    let text = words::read(file)?;
    let mut imported = price::parse_list(&text, "")
        .map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?;
    let changes = price::diff(&PriceBook::shipped(), &imported.table, terminal.clock.now());
    let mut rows = Rows::new(&["provider", "model", "change", "now", "new"], 5, terminal);
    for change in &changes {
        if *json {
            terminal.json(&ShownChange {
                provider: &change.provider,
                model: &change.model,
                place: &change.place,
                change: change.kind.as_str(),
                old: &change.old,
                new: &change.new,
            })?;
        } else {
            let model = if change.place.is_empty() {
                change.model.to_string()
            } else {
                format!("{} ({})", change.model, change.place)
            };
            rows.row(vec![
                plain(change.provider.as_str()),
                plain(model),
                plain(change.kind.as_str()),
                plain(change.old.join(" ")),
                plain(change.new.join(" ")),
            ]);
        }
    }
    if !*json {
        let n = i64::try_from(changes.len()).unwrap_or(i64::MAX);
        writeln!(
            terminal.out,
            "{} in dollars per million tokens:\n",
            words::plural(n, "difference", "differences")
        )?;
        rows.show(terminal)?;
    }
    for note in &imported.notes {
        terminal.note(note)?;
    }
    match out {
        Some(path) => {
            // Of which day the list is tells an alert when it has become old.
            let today = terminal.clock.now().to_utc().format("%Y-%m-%d");
            imported.table.source = format!("{} {today}", imported.table.source).into();
            std::fs::write(path, price::render_table(&imported.table))
                .map_err(|error| words::of_file(&error, path))?;
            terminal.note(&format!(
                "wrote {}; name it as `price_import` in the configuration",
                path.display()
            ))?;
        }
        None => terminal.note("nothing was written; give `--out FILE` to keep it")?,
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_by_every_spelling() {
        for (word, scope) in [
            ("global", Scope::Global),
            ("data-zone", Scope::DataZone),
            ("datazone", Scope::DataZone),
            ("regional", Scope::Regional),
            ("GlobalStandard", Scope::Global),
            ("DataZoneStandard", Scope::DataZone),
            ("Standard", Scope::Regional),
        ] {
            assert_eq!(scope_of(word).unwrap(), scope);
        }
        assert!(scope_of("continental").is_err());
    }
}
