//! What the columns of a list export are called in the records of the format.
//!
//! Knows no file. A newcomer may ask why labels are mapped only where several of them stand
//! together: `Status` or `Source` alone is a column of anybody's table.
//!
//! Source of the labels: ServiceNow docs, "Outbound HTTP logging" (log levels and elements) and
//! "Generative AI Controller tables" (`sys_generative_ai_log`); both give labels, not names.

use std::borrow::Cow;

/// How the cells of a column are written in an export for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As they are.
    Text,
    /// A whole number of things: any mark between groups of three digits goes.
    Count,
    /// A number that may have a fraction: a point between digits stays where it stands alone.
    Measure,
    /// A time that its heading says is UTC (`TimeGenerated [UTC]`).
    Utc,
}

/// One column of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// The name that the format's records have for it.
    pub name: String,
    /// How its cells are written.
    pub kind: Kind,
}

/// The headings of a whole table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headings {
    /// One for each column, in order.
    pub columns: Vec<Heading>,
    /// Whether it is a list of a ServiceNow table, where an empty cell is an empty column.
    pub servicenow: bool,
    /// Whether labels were translated to names: the cells are display values, and times are in the
    /// zone of the user who exported them.
    pub labelled: bool,
}

type Labels = &'static [(&'static str, &'static str)];

/// Labels of `sys_outbound_http_log`, plain, and the column each is read as.
pub(super) const OUTBOUND: Labels = &[
    ("Sys ID", "sys_id"),
    ("Created", "sys_created_on"),
    ("Created by", "sys_created_by"),
    ("Sequence", "sequence"),
    ("HTTP Method", "http_method"),
    ("Method", "http_method"),
    ("Protocol", "protocol"),
    ("Scheme", "scheme"),
    ("URL", "url"),
    ("Hostname", "hostname"),
    ("Host", "hostname"),
    ("URL hostname", "hostname"),
    ("Path", "path"),
    ("URL path", "path"),
    ("HTTP response status", "response_status"),
    ("Response status", "response_status"),
    ("HTTP status", "http_status"),
    ("HTTP status code", "http_status"),
    ("Status code", "status_code"),
    ("Status", "status"),
    ("Request length", "request_length"),
    ("Response length", "response_length"),
    ("Total call time", "total_time"),
    ("Response time", "response_time"),
    ("System ID", "system_id"),
    ("Source table", "source_table"),
    ("Source record", "source_record"),
    ("Source record ID", "source_record"),
    ("Scope", "scope"),
    ("Session", "session"),
    ("Transaction", "transaction"),
    ("User", "user"),
    ("MID server", "mid_server"),
    ("Request headers", "request_headers"),
    ("Request query", "request_query"),
    ("Request body", "request_body"),
    ("Response headers", "response_headers"),
    ("Response body", "response_body"),
    ("Error message", "error_message"),
];

/// Labels of `sys_generative_ai_log`, plain, and the column each is read as.
pub(super) const GENAI: Labels = &[
    ("Sys ID", "sys_id"),
    ("Created", "sys_created_on"),
    ("Created by", "sys_created_by"),
    ("Caller", "caller"),
    ("Started At", "started_at"),
    ("Completed At", "completed_at"),
    ("Conversation", "conversation"),
    ("Definition", "definition"),
    ("Derived Scope", "derived_scope"),
    ("Error", "error"),
    ("Error Code", "error_code"),
    ("External", "external"),
    ("Model Name", "model_name"),
    ("Model Version", "model_version"),
    ("Output Metadata", "output_metadata"),
    ("Prompt", "prompt"),
    ("Prompt Token Count", "prompt_token_count"),
    ("Response", "response"),
    ("Response Token Count", "response_token_count"),
    ("Skill Config Id", "skill_config_id"),
    ("Skill Config", "skill_config_id"),
    ("Source", "source"),
    ("Status", "status"),
    ("Time Taken", "time_taken"),
    ("Target Language", "target_language"),
];

/// Columns by which the two tables are told when an export has names and no labels.
const NAMES: [&str; 8] = [
    "sys_created_on",
    "prompt_token_count",
    "response_token_count",
    "skill_config_id",
    "http_method",
    "response_status",
    "http_status",
    "output_metadata",
];

const COUNTS: [&str; 8] = [
    "prompt_token_count",
    "response_token_count",
    "prompt_tokens",
    "response_tokens",
    "request_length",
    "response_length",
    "PromptTokens",
    "CompletionTokens",
];
const MEASURES: [&str; 8] = [
    "time_taken",
    "total_time",
    "response_time",
    "call_time",
    "duration",
    "DurationMs",
    "TotalTime",
    "BackendTime",
];

/// How many labels of a table must stand together.
const LABELS_MIN: usize = 3;

/// A label without case, blanks and punctuation.
fn plain(label: &str) -> String {
    let letters = label.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

fn column(labels: Labels, name: &str) -> Option<&'static str> {
    let wanted = plain(name);
    let mut rows = labels.iter();
    rows.find(|(label, _)| plain(label) == wanted)
        .map(|(_, column)| *column)
}

/// Whether some format has a column, or an export a label, of that name.
#[must_use]
pub fn is_known(name: &str) -> bool {
    column(OUTBOUND, name).is_some()
        || column(GENAI, name).is_some()
        || super::columns::is_known(zoneless(name).0)
}

/// The name without the zone that a Log Analytics export puts behind it.
fn zoneless(name: &str) -> (&str, bool) {
    match name.strip_suffix("[UTC]") {
        Some(front) => (front.trim_end(), true),
        None => (name, false),
    }
}

/// What the headings of a table mean.
#[must_use]
pub fn headings(names: &[String]) -> Headings {
    let known = |labels: Labels| names.iter().filter(|n| column(labels, n).is_some()).count();
    // A name in snake case is a name already.
    let labelled = names
        .iter()
        .any(|name| name.contains(|c: char| c.is_ascii_uppercase() || c == ' '));
    let (outbound, genai) = (known(OUTBOUND), known(GENAI));
    let labels = match (outbound >= genai, outbound.max(genai) >= LABELS_MIN) {
        (_, false) => None,
        (true, true) => Some(OUTBOUND),
        (false, true) => Some(GENAI),
    };
    let labels = labels.filter(|_| labelled);
    let mut columns: Vec<Heading> = Vec::with_capacity(names.len());
    for name in names {
        let (front, utc) = zoneless(name);
        let mapped = labels.and_then(|labels| column(labels, front));
        let taken = |name: &str| columns.iter().any(|column| column.name == name);
        let mut column = match mapped {
            Some(mapped) if !taken(mapped) => mapped.to_owned(),
            Some(_) | None => front.to_owned(),
        };
        while taken(&column) {
            column.push_str(" (again)");
        }
        let kind = if utc {
            Kind::Utc
        } else if COUNTS.contains(&column.as_str()) {
            Kind::Count
        } else if MEASURES.contains(&column.as_str()) {
            Kind::Measure
        } else {
            Kind::Text
        };
        columns.push(Heading { name: column, kind });
    }
    let has = |mark: &str| columns.iter().any(|column| column.name == mark);
    let servicenow = labels.is_some() || NAMES.iter().any(|mark| has(mark));
    Headings {
        columns,
        servicenow,
        labelled: labels.is_some(),
    }
}

/// A cell as a record would tell it: without marks between thousands, times of a stated zone as
/// RFC 3339.
#[must_use]
pub fn cell(kind: Kind, text: &str) -> Cow<'_, str> {
    let text = text.trim();
    match kind {
        Kind::Text => Cow::Borrowed(text),
        Kind::Count | Kind::Measure => without_marks(kind, text),
        Kind::Utc => match super::written_time::utc(text) {
            Some(at) => Cow::Owned(at.to_string()),
            None => Cow::Borrowed(text),
        },
    }
}

/// `1,234` as `1234`, with any mark that stands between groups of three digits.
fn without_marks(kind: Kind, text: &str) -> Cow<'_, str> {
    let is_mark = |c: char| matches!(c, ',' | '.' | '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}');
    let mut groups = text.split(is_mark);
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let digits = |group: &str| group.bytes().all(|b| b.is_ascii_digit());
    let grouped = !rest.is_empty()
        && (1..=3).contains(&first.len())
        && digits(first)
        && rest.iter().all(|group| group.len() == 3 && digits(group));
    let mut marks: Vec<char> = text.chars().filter(|c| is_mark(*c)).collect();
    marks.dedup();
    let may_be_fraction = kind == Kind::Measure && rest.len() == 1 && marks == ['.'];
    if !grouped || marks.len() > 1 || may_be_fraction {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(char::is_ascii_digit).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_names() {
        let cases: &[(&str, &str, bool, bool)] = &[
            (
                "Created|HTTP Method|Hostname|HTTP response status|Total call time|Colour",
                "sys_created_on|http_method|hostname|response_status|total_time|Colour",
                true,
                true,
            ),
            (
                "Created|Model Name|Prompt Token Count|Status|Source|created",
                "sys_created_on|model_name|prompt_token_count|status|source|created",
                true,
                true,
            ),
            (
                "sys_id|sys_created_on|hostname|http_status",
                "sys_id|sys_created_on|hostname|http_status",
                true,
                false,
            ),
            (
                "TimeGenerated [UTC]|CorrelationId|ApiId",
                "TimeGenerated|CorrelationId|ApiId",
                false,
                false,
            ),
            (
                "status|status|model",
                "status|status (again)|model",
                false,
                false,
            ),
        ];
        for (names, expected, servicenow, labelled) in cases {
            let names: Vec<String> = names.split('|').map(str::to_owned).collect();
            let told = headings(&names);
            let shown: Vec<&str> = told.columns.iter().map(|c| c.name.as_str()).collect();
            assert_eq!(shown.join("|"), *expected);
            assert_eq!((told.servicenow, told.labelled), (*servicenow, *labelled));
        }
    }

    #[test]
    fn numbers_lose_their_marks() {
        let cases = [
            (Kind::Count, "1,234", "1234"),
            (Kind::Count, "1.234.567", "1234567"),
            (Kind::Count, "1.234", "1234"),
            (Kind::Count, "1\u{a0}234", "1234"),
            (Kind::Count, "12,34", "12,34"),
            (Kind::Count, "1,234.567", "1,234.567"),
            (Kind::Count, "-5", "-5"),
            (Kind::Measure, "1,234", "1234"),
            (Kind::Measure, "1.234", "1.234"),
            (Kind::Measure, "1.234.567", "1234567"),
            (Kind::Text, "1,234", "1,234"),
            (
                Kind::Utc,
                "11/21/2026, 10:15:03.123 AM",
                "2026-11-21T10:15:03.123Z",
            ),
            (Kind::Utc, "soon", "soon"),
        ];
        for (kind, text, expected) in cases {
            assert_eq!(cell(kind, text), expected, "{kind:?} {text}");
        }
    }
}
