//! Turns the text of one file into its written form and reports every fault on the way.
//!
//! Knows no setting by name. A newcomer may ask why a file is read again after each fault: serde
//! stops at the first, so the faulty value is taken out of the parsed document and the rest is
//! tried anew, until nothing is left to complain about.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::problem::{Place, Problem};

use super::hint;

/// Faults of shape reported for one file at most; a file with more is no configuration.
const FAULTS_MAX: usize = 200;

/// One configuration file: its name as the user knows it, and its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FileText {
    /// The name for messages.
    pub(super) name: String,
    /// What it holds.
    pub(super) text: String,
}

impl FileText {
    /// An error at a place of this file; [`super::guard::settle`] frees it of credentials.
    pub(super) fn problem(
        &self,
        span: Range<usize>,
        code: &'static str,
        message: impl Into<String>,
    ) -> Problem {
        Problem::at(&self.name, &self.text, span, code, message)
    }

    /// The line of a place, from 1.
    pub(super) fn line_of(&self, span: Range<usize>) -> usize {
        Place::of_span(&self.text, span).line
    }

    /// The fault with what stands at `span` starred out of the line that it shows.
    pub(super) fn hide(&self, mut problem: Problem, span: Range<usize>) -> Problem {
        let hidden = Place::of_span(&self.text, span);
        if hidden.line == problem.place.line {
            let columns = hidden.column..hidden.column.saturating_add(hidden.width);
            let line = problem.source_line.chars().zip(1..);
            problem.source_line = line
                .map(|(c, column)| if columns.contains(&column) { '*' } else { c })
                .collect();
        }
        problem
    }
}

/// Whether a fault of shape was found at `key` in the table that begins at `span`, so that the
/// key's absence is no news. (A later table's key of that name counts too: then the absence is
/// told once that one is mended.)
pub(super) fn told_already(
    file: &FileText,
    span: Range<usize>,
    key: &str,
    faults: &[Problem],
) -> bool {
    let from = Place::of_span(&file.text, span).line;
    faults.iter().any(|fault| {
        fault.file == file.name
            && fault.place.line >= from
            && matches!(
                fault.code,
                "wrong_type" | "unknown_value" | "unknown_key" | "bad_toml"
            )
            && fault.source_line.contains(key)
    })
}

/// The written form of `file` without its faulty parts, which are added to `faults`.
pub(super) fn parse<T: DeserializeOwned + Default>(
    file: &FileText,
    faults: &mut Vec<Problem>,
) -> T {
    let (mut document, broken) = DeTable::parse_recoverable(&file.text);
    let mut broken_lines = Vec::new();
    for error in broken {
        let problem = grammar_problem(file, &error);
        if !broken_lines.contains(&problem.place.line) {
            broken_lines.push(problem.place.line);
            faults.push(problem);
        }
    }
    for _ in 0..FAULTS_MAX {
        let error = match T::deserialize(toml::Deserializer::from(document.clone())) {
            Ok(written) => return written,
            Err(error) => error,
        };
        let span = error.span().unwrap_or(0..0);
        let problem = shape_problem(file, error.message(), span.clone());
        if !broken_lines.contains(&problem.place.line) {
            faults.push(problem);
        }
        if !remove(document.get_mut(), &span) {
            break;
        }
    }
    T::default()
}

/// A fault of the TOML grammar.
fn grammar_problem(file: &FileText, error: &toml::de::Error) -> Problem {
    let span = error.span().unwrap_or(0..0);
    let message = error.message();
    if message.contains("duplicate key") {
        let key = file.text.get(span.clone()).unwrap_or_default();
        return file
            .problem(span, "duplicate_name", format!("`{key}` is there twice"))
            .hint("keep one of them");
    }
    file.problem(span, "bad_toml", format!("not TOML: {message}"))
}

/// A fault of names and types, in our words instead of serde's.
fn shape_problem(file: &FileText, message: &str, span: Range<usize>) -> Problem {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (wrong, known) = match quoted.split_first() {
        Some((wrong, known)) => (*wrong, known),
        None => ("", [].as_slice()),
    };
    let hint = hint::of_names(wrong, known.iter().copied());
    if message.starts_with("unknown field") {
        return file
            .problem(span, "unknown_key", format!("unknown key `{wrong}`"))
            .hint(hint);
    }
    if message.starts_with("unknown variant") {
        return file
            .problem(span, "unknown_value", format!("unknown value `{wrong}`"))
            .hint(hint);
    }
    let Some((found, expected)) = message.split_once(", expected ") else {
        return file.problem(span, "bad_value", message.to_owned());
    };
    let found = found
        .trim_start_matches("invalid type: ")
        .trim_start_matches("invalid value: ");
    let found = match found {
        "map" => "a table",
        "sequence" => "a list",
        other => other,
    };
    let problem = file.problem(
        span,
        "wrong_type",
        format!("expected {}, found {found}", kind_in_words(expected)),
    );
    if expected == "a string" && (found.starts_with("integer") || found.starts_with("floating")) {
        return problem.hint(format!("write it as text: \"{wrong}\""));
    }
    problem
}

/// What serde expected, for people who do not know Rust.
fn kind_in_words(expected: &str) -> &str {
    if expected.starts_with("struct ") || expected == "a map" {
        "a table"
    } else if expected.starts_with("enum ") || expected == "a string" {
        "a text in quotes"
    } else if expected == "u64" {
        "a whole number of 0 or more"
    } else if expected == "a sequence" {
        "a list"
    } else if expected == "a boolean" {
        "true or false"
    } else {
        expected
    }
}

/// Takes the smallest part of the document that covers `span` out of it; false when there is none.
fn remove(table: &mut DeTable<'_>, span: &Range<usize>) -> bool {
    let Some(path) = find(table, span) else {
        return false;
    };
    take_out(table, &path)
}

/// One step into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// The way to the smallest entry whose key or value covers `span`.
fn find(table: &DeTable<'_>, span: &Range<usize>) -> Option<Vec<Step>> {
    let mut best: Option<(usize, Vec<Step>)> = None;
    let mut way = Vec::new();
    look_into_table(table, span, &mut way, &mut best);
    best.map(|(_, path)| path)
}

fn look_into_table(
    table: &DeTable<'_>,
    span: &Range<usize>,
    way: &mut Vec<Step>,
    best: &mut Option<(usize, Vec<Step>)>,
) {
    for (key, value) in table {
        way.push(Step::Key(key.get_ref().to_string()));
        consider(&key.span(), span, way, best);
        look_into_value(value, span, way, best);
        way.pop();
    }
}

fn look_into_value(
    value: &Spanned<DeValue<'_>>,
    span: &Range<usize>,
    way: &mut Vec<Step>,
    best: &mut Option<(usize, Vec<Step>)>,
) {
    consider(&value.span(), span, way, best);
    if let Some(table) = value.get_ref().as_table() {
        look_into_table(table, span, way, best);
    }
    if let Some(array) = value.get_ref().as_array() {
        for (index, item) in array.iter().enumerate() {
            way.push(Step::Index(index));
            look_into_value(item, span, way, best);
            way.pop();
        }
    }
}

/// Keeps `way` when its place covers `span` more tightly than the best so far.
fn consider(
    place: &Range<usize>,
    span: &Range<usize>,
    way: &[Step],
    best: &mut Option<(usize, Vec<Step>)>,
) {
    let covers = place.start <= span.start && span.end <= place.end && !place.is_empty();
    let tighter = best.as_ref().is_none_or(|(len, _)| place.len() <= *len);
    if covers && tighter {
        *best = Some((place.len(), way.to_vec()));
    }
}

fn take_out(table: &mut DeTable<'_>, path: &[Step]) -> bool {
    let Some((Step::Key(key), rest)) = path.split_first() else {
        return false;
    };
    if rest.is_empty() {
        return table.remove(key.as_str()).is_some();
    }
    table
        .get_mut(key.as_str())
        .is_some_and(|value| take_out_of_value(value.get_mut(), rest))
}

fn take_out_of_value(value: &mut DeValue<'_>, path: &[Step]) -> bool {
    match (value, path.split_first()) {
        (DeValue::Table(table), _) => take_out(table, path),
        (DeValue::Array(array), Some((Step::Index(index), rest))) => {
            if !rest.is_empty() {
                return array
                    .get_mut(*index)
                    .is_some_and(|item| take_out_of_value(item.get_mut(), rest));
            }
            let before = array.len();
            let kept: DeArray<'_> = array
                .iter()
                .enumerate()
                .filter(|(place, _)| place != index)
                .map(|(_, item)| item.clone())
                .collect();
            *array = kept;
            array.len() < before
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::written::Main;
    use super::*;

    fn faults_of(text: &str) -> Vec<String> {
        let file = FileText {
            name: "t.toml".to_owned(),
            text: text.to_owned(),
        };
        let mut faults = Vec::new();
        let _: Main = parse(&file, &mut faults);
        faults.sort();
        faults
            .iter()
            .map(|p| {
                let place = p.place;
                format!(
                    "{}:{} {} {} | {}",
                    place.line, place.column, p.code, p.message, p.hint
                )
            })
            .collect()
    }

    #[test]
    fn reports_every_fault_of_shape() {
        let text = "\
timezon = \"UTC\"
prices = 5

[endpoint.a]
base_url = 7
regoin = \"westeurope\"
deployment_scope = \"globl\"
model_aliases = { x = 4 }
resource_paths = [\"/a\", 5, \"/b\"]

[[feature]]
application = \"itsm\"
needs = { tols = true }
approved.cents_per_call = 4.5

[ledger.retention]
lines_days = -1
";
        let expected = [
            "1:1 unknown_key unknown key `timezon` | did you mean `timezone`?",
            "2:10 wrong_type expected a text in quotes, found integer `5` | write it as text: \"5\"",
            "5:12 wrong_type expected a text in quotes, found integer `7` | write it as text: \"7\"",
            "6:1 unknown_key unknown key `regoin` | did you mean `region`?",
            "7:20 unknown_value unknown value `globl` | did you mean `global`?",
            "8:23 wrong_type expected a text in quotes, found integer `4` | write it as text: \"4\"",
            "9:25 wrong_type expected a text in quotes, found integer `5` | write it as text: \"5\"",
            "13:11 unknown_key unknown key `tols` | did you mean `tools`?",
            "14:27 wrong_type expected a text in quotes, found floating point `4.5` | write it as text: \"4.5\"",
            "17:14 wrong_type expected a whole number of 0 or more, found integer `-1` | ",
        ];
        assert_eq!(faults_of(text), expected);
    }

    #[test]
    fn broken_lines_do_not_hide_the_others() {
        let text = "timezone = \n[ledger]\npath = \"a\"\npath = \"b\"\nextra = 1\n";
        let found = faults_of(text);
        assert_eq!(found.len(), 3, "{found:#?}");
    }

    #[test]
    fn no_text_is_too_strange() {
        let full = include_str!("../../deploy/config/full.toml");
        for (end, _) in full.char_indices().step_by(7) {
            faults_of(full.get(..end).unwrap());
        }
        let deep = format!("a = {}1", "[".repeat(20_000));
        let tables = format!("a = {}1", "{ a = ".repeat(20_000));
        let dotted = format!("{}a = 1", "a.".repeat(20_000));
        for text in [
            deep,
            tables,
            dotted,
            "\u{feff}a = 1".to_owned(),
            "\0".repeat(99),
        ] {
            assert!(!faults_of(&text).is_empty());
        }
    }
}
