//! A small reading of each query: what is quoted is known, and what went wrong before cannot again.
//!
//! Knows no server. It is no grammar: it cuts a query into words and into its SELECTs, and asks of
//! each what a person would ask.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use tollwatch::cell::{Cell, Totals};
use tollwatch::link::LinkTotals;
use tollwatch::series::{Body, Measurement, additive_fields};

use crate::points::{DAY, Points};
use crate::{other_queries, panel_queries, queries_to_copy};

/// Functions that the queries use; all are in `InfluxQL` of `InfluxDB` 1.8, 2 and 3.
const FUNCTIONS: [&str; 6] = ["sum", "last", "max", "abs", "time", "tz"];

/// Words of the language that the queries use.
const KEYWORDS: &[&str] = &[
    "SELECT", "FROM", "WHERE", "AND", "GROUP", "BY", "AS", "ORDER", "DESC", "LIMIT", "OFFSET",
    "fill", "none", "previous", "time", "now", "ms", "SHOW", "TAG", "VALUES", "WITH", "KEY",
];

/// Tags and fields by measurement, as they are written.
fn schema() -> &'static BTreeMap<String, BTreeSet<String>> {
    static SCHEMA: OnceLock<BTreeMap<String, BTreeSet<String>>> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for line in Points::until(DAY * 20_000, Totals::NAMES).lines.lines() {
            let (measurement, names) = names_of(line);
            found.entry(measurement).or_default().extend(names);
        }
        found
    })
}

/// The measurement of a line, and the names of its tags and fields.
fn names_of(line: &str) -> (String, Vec<String>) {
    let (mut names, mut word) = (Vec::new(), String::new());
    let (mut quoted, mut escaped) = (false, false);
    for c in line.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            ',' | ' ' if !quoted => names.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    let measurement = names.remove(0);
    let before = |pair: &String| pair.split('=').next().unwrap().to_owned();
    (measurement, names.iter().map(before).collect())
}

/// The pieces of a query.
#[derive(Debug, PartialEq, Eq)]
enum Word<'a> {
    /// In double quotes.
    Name(&'a str),
    /// In single quotes, or a regular expression.
    Text(&'a str),
    /// Letters, digits and underscores, with Grafana's `$`.
    Bare(&'a str),
    /// Any other sign.
    Sign(char),
}

/// Cuts a query; an open quote is an error.
#[expect(
    clippy::string_slice,
    reason = "at the places of characters that were found"
)]
fn cut(sql: &str) -> Result<Vec<Word<'_>>, String> {
    let mut words = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let before_regex = matches!(words.last(), Some(Word::Sign('~')));
        let quote = match first {
            '"' | '\'' => Some(first),
            '/' if before_regex => Some('/'),
            _ => None,
        };
        let end;
        if let Some(quote) = quote {
            let inner = &rest[1..];
            let length = inner.find(quote).ok_or(format!("an open {quote}"))?;
            let text = &inner[..length];
            words.push(if quote == '"' {
                Word::Name(text)
            } else {
                Word::Text(text)
            });
            end = length + 2;
        } else if let Some(behind) = rest.strip_prefix("${") {
            end = behind.find('}').ok_or("an open ${")? + 3;
            words.push(Word::Bare(&rest[..end]));
        } else if first.is_alphanumeric() || first == '_' || first == '$' {
            let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.');
            end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            words.push(Word::Bare(&rest[..end]));
        } else {
            end = first.len_utf8();
            words.push(Word::Sign(first));
        }
        rest = rest[end..].trim_start();
    }
    Ok(words)
}

/// One SELECT of a query, without those inside it, and the names that these give.
#[derive(Default)]
struct Select<'a> {
    words: Vec<&'a Word<'a>>,
    inner_names: BTreeSet<&'a str>,
    measurement: Option<&'a str>,
}

/// Takes a query apart into its SELECTs, innermost first.
fn selects<'a>(words: &'a [Word<'a>]) -> Result<Vec<Select<'a>>, String> {
    let mut done: Vec<Select<'a>> = Vec::new();
    let mut open: Vec<(Select<'a>, usize)> = vec![(Select::default(), 0)];
    let mut depth = 0_usize;
    for (place, word) in words.iter().enumerate() {
        match word {
            Word::Sign('(') => {
                depth += 1;
                if words.get(place + 1) == Some(&Word::Bare("SELECT")) {
                    open.push((Select::default(), depth));
                    continue;
                }
            }
            Word::Sign(')') => {
                depth = depth.checked_sub(1).ok_or("a ) too many")?;
                if open.last().is_some_and(|(_, at)| *at == depth + 1) {
                    let (inner, _) = open.pop().unwrap();
                    let (outer, _) = open.last_mut().unwrap();
                    outer.inner_names.extend(named(&inner));
                    outer.inner_names.extend(grouped_by(&inner));
                    done.push(inner);
                    continue;
                }
            }
            Word::Name(name) => {
                let (current, _) = open.last_mut().unwrap();
                if current.words.last() == Some(&&Word::Bare("FROM")) {
                    current.measurement = Some(name);
                }
            }
            Word::Text(_) | Word::Bare(_) | Word::Sign(_) => {}
        }
        open.last_mut().unwrap().0.words.push(word);
    }
    if depth != 0 {
        return Err("a ( too many".to_owned());
    }
    done.push(open.pop().unwrap().0);
    Ok(done)
}

/// The names that a SELECT gives to its columns.
fn named<'a>(select: &Select<'a>) -> Vec<&'a str> {
    let pairs = select.words.windows(2);
    let given = pairs.filter(|pair| *pair[0] == Word::Bare("AS"));
    given
        .filter_map(|pair| match pair[1] {
            Word::Name(name) => Some(*name),
            Word::Text(_) | Word::Bare(_) | Word::Sign(_) => None,
        })
        .collect()
}

/// The tags that a SELECT groups by.
fn grouped_by<'a>(select: &Select<'a>) -> Vec<&'a str> {
    let grouped = select
        .words
        .iter()
        .rposition(|word| **word == Word::Bare("GROUP"));
    let words = select.words[grouped.unwrap_or(select.words.len())..].iter();
    words
        .filter_map(|word| match word {
            Word::Name(name) => Some(*name),
            Word::Text(_) | Word::Bare(_) | Word::Sign(_) => None,
        })
        .collect()
}

fn has(select: &Select<'_>, wanted: &[Word<'_>]) -> bool {
    select
        .words
        .windows(wanted.len())
        .any(|part| part.iter().zip(wanted).all(|(one, other)| **one == *other))
}

/// What is wrong with one SELECT.
fn faults_of(select: &Select<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let given: BTreeSet<&str> = named(select).into_iter().collect();
    let known = select.measurement.and_then(|name| schema().get(name));
    if known.is_none() && select.measurement.is_some() {
        found.push(format!("no measurement {:?}", select.measurement));
    }
    for (place, word) in select.words.iter().enumerate() {
        let next = select.words.get(place + 1);
        match word {
            Word::Name(name) => {
                let is_own = given.contains(name) || select.inner_names.contains(name);
                let is_known = known.is_some_and(|known| known.contains(*name));
                if !is_own && !is_known && select.measurement != Some(name) {
                    found.push(format!("nobody knows \"{name}\""));
                }
            }
            Word::Bare(word) if next == Some(&&Word::Sign('(')) && !FUNCTIONS.contains(word) => {
                if !KEYWORDS.contains(word) {
                    found.push(format!("no function {word}"));
                }
            }
            Word::Bare(word) => {
                let is_value = word.starts_with(|c: char| c.is_ascii_digit() || c == '$');
                if !is_value && !KEYWORDS.contains(word) && !FUNCTIONS.contains(word) {
                    found.push(format!("{word} is not quoted"));
                }
            }
            Word::Sign('{' | '}') => found.push("a word that means nothing".to_owned()),
            Word::Text(_) | Word::Sign(_) => {}
        }
    }
    let by_days = has(
        select,
        &[Word::Bare("time"), Word::Sign('('), Word::Bare("1d")],
    );
    if by_days != select.words.contains(&&Word::Bare("tz"))
        && !has(
            select,
            &[
                Word::Sign('>'),
                Word::Sign('='),
                Word::Text("${__to:date:YYYY-MM}-01"),
            ],
        )
    {
        found.push("days, and the time zone of days, belong to one SELECT".to_owned());
    }
    // A share of nothing must not be 0.
    for pair in select.words.windows(2) {
        if let [Word::Sign('/'), Word::Name(divisor)] = pair {
            let guard = [Word::Name(divisor), Word::Sign('>'), Word::Bare("0")];
            if !has(select, &guard) {
                found.push(format!("divides by \"{divisor}\", which may be 0"));
            }
        }
    }
    found
}

/// What is wrong with a query.
fn faults(sql: &str, table: bool) -> Vec<String> {
    let words = match cut(sql) {
        Ok(words) => words,
        Err(fault) => return vec![fault],
    };
    let selects = match selects(&words) {
        Ok(selects) => selects,
        Err(fault) => return vec![fault],
    };
    let mut found: Vec<String> = selects.iter().flat_map(faults_of).collect();
    if table && grouped_by(selects.last().unwrap()).len() > 1 {
        found.push("a table by two tags".to_owned());
    }
    found
}

/// What these points promise is what the follower writes.
#[test]
fn the_schema_is_the_one_of_series() {
    for measurement in Measurement::ALL {
        let name = measurement.as_str();
        let Some(known) = schema().get(name) else {
            assert_eq!(measurement, Measurement::Prompt, "no panel asks {name}");
            continue;
        };
        let tags = measurement.tags();
        let missing: Vec<_> = tags.iter().filter(|tag| !known.contains(**tag)).collect();
        assert!(missing.is_empty(), "{name}: {missing:?}");
        let empty = Body::new(vec![0; 2 * LinkTotals::NAMES.len()]);
        let body = match measurement {
            Measurement::Calls | Measurement::Residency => {
                Body::of_cell(measurement, &Cell::default())
            }
            Measurement::Links => empty,
            // Their fields are no sums, or one.
            Measurement::Prompt
            | Measurement::Source
            | Measurement::Registry
            | Measurement::Follower
            | Measurement::Alerts => continue,
        };
        let written = additive_fields(measurement, &body);
        let unknown: Vec<&String> = known
            .iter()
            .filter(|name| !tags.contains(&name.as_str()) && *name != "rev")
            .filter(|name| written.iter().all(|(field, _)| field != name))
            .collect();
        assert!(unknown.is_empty(), "{name}: nobody writes {unknown:?}");
    }
}

#[test]
fn each_query_reads_well() {
    let mut found = Vec::new();
    for asked in panel_queries().into_iter().chain(other_queries()) {
        let faults = faults(&asked.sql, asked.table);
        found.extend(
            faults
                .into_iter()
                .map(|fault| format!("{}: {fault}", asked.by)),
        );
    }
    for (by, sql) in queries_to_copy() {
        let faults = faults(&sql, false);
        found.extend(
            faults
                .into_iter()
                .map(|fault| format!("{by}: {fault}: {sql}")),
        );
    }
    assert_eq!(found, [""; 0]);
}

#[test]
fn the_reading_finds_what_is_wrong() {
    let cases = [
        (r#"SELECT sum("calls") FROM "llm_calls""#, ""),
        (
            r#"SELECT sum("call") FROM "llm_calls""#,
            "nobody knows \"call\"",
        ),
        (
            r#"SELECT sum("calls") FROM "llm_call""#,
            "no measurement Some(\"llm_call\")",
        ),
        (r#"SELECT sum("calls) FROM llm_calls"#, "an open \""),
        (r#"SELECT sum("calls" FROM "llm_calls""#, "a ( too many"),
        (r#"SELECT sum("calls")) FROM "llm_calls""#, "a ) too many"),
        (
            r#"SELECT total("calls") FROM "llm_calls""#,
            "no function total",
        ),
        (
            r#"SELECT sum(calls) FROM "llm_calls""#,
            "calls is not quoted",
        ),
        (
            r#"SELECT sum("calls") {calls}"#,
            "a word that means nothing",
        ),
        (
            r#"SELECT "a" / "b" FROM (SELECT sum("calls_ok") AS "a", sum("calls") AS "b" FROM "llm_calls")"#,
            "divides by \"b\", which may be 0",
        ),
        (
            r#"SELECT "a" FROM (SELECT sum("calls") AS "a" FROM "llm_calls" GROUP BY time(1d)) WHERE "a" > 0 tz('UTC')"#,
            "days, and the time zone of days, belong to one SELECT",
        ),
        (
            r#"SELECT sum("calls") FROM "llm_calls" GROUP BY "feature", "endpoint""#,
            "a table by two tags",
        ),
    ];
    for (sql, fault) in cases {
        let found = faults(sql, true);
        let as_it_should = if fault.is_empty() {
            found.is_empty()
        } else {
            found.iter().any(|one| one == fault)
        };
        assert!(as_it_should, "{sql}: {found:?}, not {fault:?}");
    }
}
