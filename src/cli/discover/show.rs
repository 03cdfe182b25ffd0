//! What a survey tells, for people: short tables, then what to look at.
//!
//! Knows only the answer. A newcomer may ask why long lists end early: the whole of them is in
//! `--json`, and a screen of names hides the one that matters.

use crate::app::Failure;
use crate::app::discover::{Counted, EndpointFound, FeatureFound, Found, News, Starter};
use crate::cli::table::{Mark, Rows, marked, plain};
use crate::cli::{Terminal, words};
use crate::units::Text;

/// Rows of a table; the rest is counted.
const ROWS: usize = 12;

fn number(n: u64) -> String {
    words::count(i64::try_from(n).unwrap_or(i64::MAX))
}

fn size(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn title(text: &str, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    writeln!(terminal.out, "\n{text}")?;
    Ok(())
}

fn rest(all: usize, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    if all > ROWS {
        let more = number(size(all - ROWS));
        writeln!(terminal.out, " … and {more} more; `--json` has them all")?;
    }
    Ok(())
}

/// Shows all of it.
pub(super) fn found(found: &Found, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    writeln!(
        terminal.out,
        "{} records: {} calls, {} requests, {} ignored, {} that cannot be read.",
        number(found.records),
        number(found.calls),
        number(found.requests),
        number(found.ignored.values().sum()),
        number(found.quarantined.values().sum()),
    )?;
    inputs(found, terminal)?;
    kinds(found, terminal)?;
    columns(found, terminal)?;
    endpoints(&found.endpoints, terminal)?;
    features(&found.features, terminal)?;
    names(found, terminal)?;
    others(found, terminal)?;
    advice(found, terminal)
}

fn advice(found: &Found, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    if found.advice.is_empty() {
        return Ok(());
    }
    title("Worth a look", terminal)?;
    for (place, words) in found.advice.iter().enumerate() {
        writeln!(terminal.out, "{:>3}. {words}", place + 1)?;
    }
    Ok(())
}

fn inputs(found: &Found, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    if found.streams.is_empty() {
        return Ok(());
    }
    title("Inputs", terminal)?;
    let mut rows = Rows::new(
        &["input", "read as", "zone of times", "records"],
        3,
        terminal,
    );
    for stream in found.streams.iter().take(ROWS) {
        let formats = match (stream.formats.as_slice(), stream.labelled) {
            ([], _) => "nothing known".to_owned(),
            (formats, true) => format!("{}, a table by labels", formats.join(", ")),
            (formats, false) if stream.table => format!("{}, a table", formats.join(", ")),
            (formats, false) => formats.join(", "),
        };
        let zone = stream.zone.as_ref().map_or_else(
            || plain("–"),
            |zone| match (zone.by, zone.minutes_ahead) {
                ("found", Some(minutes)) => {
                    marked(format!("{minutes} min ahead of UTC (found)"), Mark::Doubt)
                }
                ("stated", _) => plain(format!("{} (stated)", zone.why)),
                ("unknown", _) => marked("not known", Mark::Bad),
                ("named", _) => plain("named in each"),
                _ => plain("UTC"),
            },
        );
        rows.row(vec![
            plain(&stream.name),
            plain(formats),
            zone,
            plain(number(stream.records)),
        ]);
    }
    rows.show(terminal)?;
    rest(found.streams.len(), terminal)
}

fn kinds(found: &Found, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    title("Record kinds", terminal)?;
    let mut rows = Rows::new(
        &["kind", "from (UTC)", "to", "calls", "requests"],
        3,
        terminal,
    );
    let time = |at: &Option<String>| {
        // To the minute: `2026-11-08T00:17:10.000Z`.
        let text = at.as_deref().and_then(|at| at.get(..16));
        plain(text.map_or_else(|| "–".to_owned(), |text| text.replace('T', " ")))
    };
    for kind in &found.kinds {
        rows.row(vec![
            plain(kind.format),
            time(&kind.from),
            time(&kind.to),
            plain(number(kind.calls)),
            plain(number(kind.requests)),
        ]);
    }
    rows.show(terminal)?;
    for (kind, n) in &found.envelopes {
        writeln!(terminal.out, " wrapped in `{kind}`: {}", number(*n))?;
    }
    for shape in found.unknown_shapes.iter().take(ROWS) {
        let keys: Vec<&str> = shape.keys.iter().take(ROWS).map(Text::as_str).collect();
        let more = if shape.keys.len() > ROWS { ", …" } else { "" };
        let could = shape.guess.as_ref().map_or(String::new(), |guess| {
            format!(" (could be read as {})", guess.format)
        });
        writeln!(
            terminal.out,
            " unknown shape, {} records{could}: {}{more}",
            number(shape.records),
            keys.join(", ")
        )?;
    }
    rest(found.unknown_shapes.len(), terminal)
}

fn columns(found: &Found, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    for format in &found.columns {
        title(
            &format!(
                "Columns of {}, in {} records",
                format.format,
                number(format.looked)
            ),
            terminal,
        )?;
        let mut rows = Rows::new(&["field", "column", "missing"], 2, terminal);
        for field in &format.fields {
            if field.columns.is_empty() {
                continue;
            }
            let mut names: Vec<String> = field
                .columns
                .iter()
                .map(|column| match field.columns.len() {
                    1 => column.name.to_string(),
                    _ => format!("{} ({})", column.name, number(column.count)),
                })
                .collect();
            if field.field == "duration"
                && let Some(unit) = &format.unit
            {
                names.push(format!("in {}: {}", unit.unit, unit.why));
            }
            let mark = if field.doubt.is_some() {
                Mark::Doubt
            } else {
                Mark::Plain
            };
            rows.row(vec![
                marked(field.field, mark),
                plain(names.join(", ")),
                plain(words::share(
                    i64::try_from(field.missing).unwrap_or(i64::MAX),
                    i64::try_from(format.looked).unwrap_or(i64::MAX),
                )),
            ]);
        }
        rows.show(terminal)?;
        let never = format
            .fields
            .iter()
            .filter(|field| field.columns.is_empty());
        let never: Vec<&str> = never.map(|field| field.field).collect();
        if !never.is_empty() {
            writeln!(terminal.out, " never told: {}", never.join(", "))?;
        }
    }
    Ok(())
}

fn endpoints(endpoints: &[EndpointFound], terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    if endpoints.is_empty() {
        return Ok(());
    }
    title("Endpoints", terminal)?;
    let headings = [
        "host",
        "path or deployment",
        "provider",
        "models",
        "region",
        "calls",
        "429",
        "requests",
    ];
    let mut rows = Rows::new(&headings, 5, terminal);
    for endpoint in endpoints.iter().take(ROWS) {
        let own = if endpoint.path.is_empty() {
            endpoint.deployment.as_str()
        } else {
            endpoint.path.as_str()
        };
        let models: Vec<&str> = endpoint
            .models
            .iter()
            .map(|model| model.name.as_str())
            .collect();
        rows.row(vec![
            plain(endpoint.host.as_str()),
            plain(own),
            plain(endpoint.provider.as_deref().unwrap_or("–")),
            plain(models.join(", ")),
            match &endpoint.region {
                Some(region) => plain(region.as_str()),
                None => marked("not told", Mark::Doubt),
            },
            plain(number(endpoint.calls)),
            plain(number(endpoint.throttled)),
            plain(number(endpoint.requests)),
        ]);
    }
    rows.show(terminal)?;
    rest(endpoints.len(), terminal)
}

fn features(features: &[FeatureFound], terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    if features.is_empty() {
        return Ok(());
    }
    title("Features, as the records name them", terminal)?;
    let mut rows = Rows::new(&["feature", "calls", "requests"], 1, terminal);
    for feature in features.iter().take(ROWS) {
        rows.row(vec![
            plain(feature.feature.as_str()),
            plain(number(feature.calls)),
            plain(number(feature.requests)),
        ]);
    }
    rows.show(terminal)?;
    rest(features.len(), terminal)
}

fn list(what: &str, counted: &[Counted], terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    if counted.is_empty() {
        return Ok(());
    }
    let shown: Vec<String> = counted
        .iter()
        .take(ROWS)
        .map(|one| format!("{} ({})", one.name, number(one.count)))
        .collect();
    let more = if counted.len() > ROWS { ", …" } else { "" };
    writeln!(terminal.out, "{what:>14}  {}{more}", shown.join(", "))?;
    Ok(())
}

fn names(found: &Found, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    title("Names", terminal)?;
    list("providers", &found.providers, terminal)?;
    list("models", &found.models, terminal)?;
    list("scopes", &found.scopes, terminal)?;
    list("skills", &found.skills, terminal)?;
    for (alias, model, n) in found.aliases.iter().take(ROWS) {
        let n = number(*n);
        writeln!(terminal.out, "{:>14}  {alias} is {model} ({n})", "alias")?;
    }
    writeln!(
        terminal.out,
        "{:>14}  {} source tables, {} callers, {} users, {} conversations (counted, never shown)",
        "different",
        number(size(found.tables)),
        number(size(found.callers)),
        number(size(found.users)),
        number(size(found.conversations)),
    )?;
    Ok(())
}

fn others(found: &Found, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    for (reason, n) in &found.ignored {
        let what = match *reason {
            "other_call" => "calls to hosts that are no LLM provider's and not registered",
            "not_a_call" => "records of a known shape that tell no call",
            "blank" => "blank records",
            _ => "records of a source that does not count",
        };
        writeln!(terminal.out, "{:>14}  {} {what}", "ignored", number(*n))?;
    }
    list("other hosts", &found.other_hosts, terminal)?;
    for (reason, n) in &found.quarantined {
        writeln!(
            terminal.out,
            "{:>14}  {} {reason}",
            "not readable",
            number(*n)
        )?;
    }
    Ok(())
}

/// Shows what is new. Where no call was found at all, that is the news.
pub(super) fn news(news: &News, found: &Found, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let nothing = found.calls == 0 && found.requests == 0;
    if nothing {
        let records = number(found.records);
        writeln!(terminal.out, "No LLM call in {records} records.")?;
        advice(found, terminal)?;
    } else if news.is_empty() {
        writeln!(
            terminal.out,
            "Nothing new: all endpoints, models and features are registered."
        )?;
    }
    if !news.endpoints.is_empty() {
        writeln!(terminal.out, "New endpoints:")?;
        endpoints(&news.endpoints, terminal)?;
    }
    if !news.features.is_empty() {
        features(&news.features, terminal)?;
    }
    let lists = [
        ("New models", &news.models),
        ("Registered and not seen, endpoints", &news.endpoints_unseen),
        ("Registered and not seen, features", &news.features_unseen),
    ];
    for (what, names) in lists {
        if !names.is_empty() {
            let names: Vec<&str> = names.iter().map(Text::as_str).collect();
            writeln!(terminal.out, "\n{what}: {}", names.join(", "))?;
        }
    }
    Ok(())
}

/// Says what was written.
pub(super) fn starter(
    written: &[String],
    starter: &Starter,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    title(&format!("Written: {}", written.join(", ")), terminal)?;
    let questions = i64::try_from(starter.questions).unwrap_or(i64::MAX);
    let questions = words::plural(questions, "question is", "questions are");
    let main = written.first().map_or("", String::as_str);
    writeln!(
        terminal.out,
        "{questions} left in them, each behind `# QUESTION:`; then: tollwatch check --config {main}"
    )?;
    Ok(())
}
