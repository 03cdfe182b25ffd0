//! A configuration of the past, made ready again from the text that the books keep of it.
//!
//! Knows no ledger. A newcomer may ask what is missing: the text holds what calls are judged by,
//! without brokers, people and addresses; of an imported price list and of imported names it holds
//! hashes alone, so whoever judges by it compares the answer with what was booked.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use toml::{Table, Value};

use super::read::FileText;
use super::{Ready, build};
use crate::units::UnixMillis;

/// Files beside the main one, as the text's prefixes name them.
const BESIDE: [&str; 3] = ["prices", "regions", "inventory"];

/// The configuration of a canonical text; `None` when it is none. Faults of what the text does not
/// hold are passed over.
#[must_use]
pub fn past(text: &str, now: UnixMillis) -> Option<Ready> {
    if text.is_empty() {
        return Some(Ready::default_without_file());
    }
    let mut files: BTreeMap<&str, Tree> = BTreeMap::new();
    for line in text.lines() {
        let (file, path, value) = setting(line)?;
        let tree = files.entry(file).or_insert_with(Tree::empty);
        tree.put(&path, value)?;
    }
    let mut main = files.remove("").unwrap_or_else(Tree::empty).value()?;
    let table = main.as_table_mut()?;
    // Only their hashes are here.
    table.remove("price_import");
    table.remove("names");
    let mut texts = BTreeMap::new();
    for (name, tree) in files {
        table.insert(name.to_owned(), Value::String(name.to_owned()));
        // A table is written as a file; a value would be written in line.
        texts.insert(name.to_owned(), tree.value()?.as_table()?.to_string());
    }
    let main = FileText {
        name: "then.toml".to_owned(),
        text: table.to_string(),
    };
    let read = |path: &Path| {
        let text = path.to_str().and_then(|name| texts.get(name));
        text.cloned()
            .ok_or(io::Error::from(io::ErrorKind::NotFound))
    };
    Some(build(
        Path::new("then.toml"),
        &main,
        &read,
        now,
        &mut Vec::new(),
    ))
}

/// A step of a setting's path.
enum Step {
    Key(String),
    Item(usize),
}

/// What the lines build up; places of a list come in no order.
enum Tree {
    Table(BTreeMap<String, Tree>),
    List(BTreeMap<usize, Tree>),
    Leaf(Value),
}

impl Tree {
    fn empty() -> Tree {
        Tree::Table(BTreeMap::new())
    }

    fn put(&mut self, path: &[Step], value: Value) -> Option<()> {
        let Some((step, rest)) = path.split_first() else {
            *self = Tree::Leaf(value);
            return Some(());
        };
        let next = match rest.first() {
            Some(Step::Item(_)) => Tree::List(BTreeMap::new()),
            Some(Step::Key(_)) | None => Tree::empty(),
        };
        let inner = match (step, self) {
            (Step::Key(key), Tree::Table(table)) => table.entry(key.clone()).or_insert(next),
            (Step::Item(item), Tree::List(list)) => list.entry(*item).or_insert(next),
            (Step::Key(_) | Step::Item(_), _) => return None,
        };
        inner.put(rest, value)
    }

    fn value(self) -> Option<Value> {
        Some(match self {
            Tree::Leaf(value) => value,
            Tree::List(list) => Value::Array(
                list.into_values()
                    .map(Tree::value)
                    .collect::<Option<Vec<Value>>>()?,
            ),
            Tree::Table(table) => {
                let mut whole = Table::new();
                for (key, tree) in table {
                    whole.insert(key, tree.value()?);
                }
                Value::Table(whole)
            }
        })
    }
}

/// File, path and value of a line: `"endpoint"."a"."region" = "azure:westeurope"`.
fn setting(line: &str) -> Option<(&'static str, Vec<Step>, Value)> {
    let named = |name: &&&str| {
        let rest = line.strip_prefix(**name);
        rest.is_some_and(|rest| rest.starts_with(['.', '[']))
    };
    let file = BESIDE.iter().find(named).copied().unwrap_or("");
    let mut rest = line.get(file.len()..)?;
    let mut path = Vec::new();
    let value = loop {
        rest = rest.strip_prefix('.').unwrap_or(rest);
        if let Some(value) = rest.strip_prefix(" = ") {
            break value;
        }
        if let Some(after) = rest.strip_prefix('[') {
            let (item, after) = after.split_once(']')?;
            path.push(Step::Item(item.parse().ok()?));
            rest = after;
        } else {
            let (key, after) = quoted(rest)?;
            path.push(Step::Key(key));
            rest = after;
        }
    };
    let value = match quoted(value) {
        Some((text, "")) => Value::String(text),
        Some(_) => return None,
        None => {
            let table: Table = format!("it = {value}").parse().ok()?;
            table.get("it")?.clone()
        }
    };
    Some((file, path, value))
}

/// A text as it is written for debugging, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut chars = text.strip_prefix('"')?.char_indices();
    let inner = text.get(1..)?;
    let mut out = String::new();
    while let Some((at, one)) = chars.next() {
        match one {
            '"' => return Some((out, inner.get(at.saturating_add(1)..)?)),
            '\\' => match chars.next()?.1 {
                'n' => out.push('\n'),
                'r' => out.push('\r'),
                't' => out.push('\t'),
                '0' => out.push('\0'),
                'u' => {
                    let digits = chars.by_ref().skip(1).map(|(_, digit)| digit);
                    let digits: String = digits.take_while(|digit| *digit != '}').collect();
                    out.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
                }
                plain => out.push(plain),
            },
            plain => out.push(plain),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: &str = r#"
prices = "prices.toml"
timezone = "Europe/Berlin"

[rule.ours]
regions = ["eu", "azure:switzerlandnorth"]
min_grade = "C"

[endpoint.a]
display_name = "a \"b\" \u00fc"
base_url = "https://one.openai.azure.com"
provider = "azure"
region = "azure:westeurope"
deployment_scope = "regional"
credential_ref = "kv"
model_name = "gpt-4o"
timeout_ms = 8_000

[[feature]]
application = "itsm"
skill = "one"
residency = "ours"
approved = { cents_per_call = "4", calls_per_day = 7 }

[[feature]]
application = "itsm"
skill = "two"
residency = "de"
"#;
    const PRICES: &str = "[[row]]\nprovider = \"azure\"\nmodel = \"gpt-4o\"\nfrom = 2026-01-01\ninput = \"2.5\"\noutput = \"10\"\nsource = \"contract\"\n";

    #[test]
    fn the_text_makes_the_same_configuration() {
        let read = |path: &Path| {
            let text = if path.ends_with("prices.toml") {
                PRICES
            } else {
                MAIN
            };
            Ok(text.to_owned())
        };
        let before = super::super::load(Path::new("t.toml"), &read, UnixMillis(0));
        let before = before.expect("it is sound");
        let again = past(&before.canonical, UnixMillis(0)).expect("it can be read");
        assert_eq!(before.canonical, again.canonical);
        assert_eq!(before.registry, again.registry);
        assert_eq!(before.features, again.features);
        assert_eq!(before.prices.rows().count(), again.prices.rows().count());
    }

    #[test]
    fn what_is_no_such_text_is_none() {
        assert!(past("", UnixMillis(0)).is_some());
        for text in [
            "a",
            "\"a = 1",
            "\"a\" = ",
            "\"a\"[x] = 1",
            "\"a\" = 1\n\"a\".\"b\" = 2",
        ] {
            assert!(past(text, UnixMillis(0)).is_none(), "{text}");
        }
    }
}
