//! Brokers, topics and patterns of topics as they are written.
//!
//! Knows no cluster. A newcomer may ask why a pattern is not compiled: the client matches with the
//! system's own expressions (POSIX extended), so only what those refuse or misread is told.

use crate::problem::Problem;

use super::super::at::AtText;
use super::super::read::FileText;

/// Longest name of a topic that Kafka takes.
const TOPIC_MAX: usize = 249;

/// The port of a broker that names none.
const PORT_DEFAULT: u16 = 9092;

/// Characters with a meaning in a pattern.
const SPECIAL: [char; 12] = ['.', '*', '+', '?', '(', ')', '[', ']', '{', '}', '|', '\\'];

/// Host in lower case and port of a broker; `Err` says what is wrong.
pub(in crate::config) fn broker(text: &str) -> Result<(String, u16), &'static str> {
    if text.is_empty() {
        return Err("is empty");
    }
    if text.contains(',') {
        return Err("names several: each is a text of its own in the list");
    }
    if text.contains("://") || text.contains(['/', '@']) || text.contains(char::is_whitespace) {
        return Err("is more than `host:port`");
    }
    let (host, port) = match text.rsplit_once(':') {
        // An address of IPv6 has colons of its own and stands in brackets.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        Some(_) | None => (text, None),
    };
    let port = match port.map(str::parse) {
        None => PORT_DEFAULT,
        Some(Ok(port)) if port > 0 => port,
        Some(_) => return Err("has a port that is no number from 1 to 65535"),
    };
    if host.is_empty() || (host.contains(':') && !host.starts_with('[')) {
        return Err("has no host in front of the port");
    }
    Ok((host.to_lowercase(), port))
}

/// The brokers that are sound; the others are reported.
pub(super) fn brokers(
    file: &FileText,
    written: &[AtText],
    faults: &mut Vec<Problem>,
) -> Vec<String> {
    let mut sound = Vec::new();
    for text in written {
        match broker(text.get()) {
            Ok(_) => sound.push(text.get().clone()),
            Err(fault) => {
                let message = format!("broker `{}` {fault}", text.get());
                let problem = file.problem(text.span(), "bad_broker", message);
                faults.push(problem.hint("like `kafka-1.example.com:9092`"));
            }
        }
    }
    sound
}

/// The topics and patterns that are sound; the others are reported.
pub(super) fn topics(
    file: &FileText,
    written: &[AtText],
    faults: &mut Vec<Problem>,
) -> Vec<String> {
    let mut sound = Vec::new();
    for text in written {
        let fault = if text.get().starts_with('^') {
            pattern_fault(file, text)
        } else {
            topic_fault(file, text)
        };
        match fault {
            Some(fault) => faults.push(fault),
            None => sound.push(text.get().clone()),
        }
    }
    sound
}

/// What keeps a text from being the name of a topic.
pub(super) fn topic_fault(file: &FileText, text: &AtText) -> Option<Problem> {
    let name = text.get().as_str();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let fault = if name.is_empty() {
        "is empty"
    } else if name.len() > TOPIC_MAX {
        "is longer than 249 letters"
    } else if name == "." || name == ".." {
        "is no name that Kafka takes"
    } else if !name.chars().all(fits) {
        "has a character that Kafka does not take"
    } else {
        return None;
    };
    let hint = if name.contains(SPECIAL.map(|c| if c == '.' { '*' } else { c })) {
        let pattern = name.replace(".*", "*").replace('*', ".*");
        format!("a regular expression begins with `^`: `^{pattern}`")
    } else {
        "letters, digits, `.`, `_` and `-`".to_owned()
    };
    let problem = file.problem(text.span(), "bad_topic", format!("topic `{name}` {fault}"));
    Some(problem.hint(hint))
}

fn pattern_fault(file: &FileText, text: &AtText) -> Option<Problem> {
    let (fault, hint) = wrong_in_pattern(text.get())?;
    let message = format!("pattern `{}` {fault}", text.get());
    Some(file.problem(text.span(), "bad_pattern", message).hint(hint))
}

/// What is wrong in a pattern, and what would be right.
fn wrong_in_pattern(pattern: &str) -> Option<(&'static str, &'static str)> {
    let repeat = (
        "repeats nothing",
        "`*`, `+` and `?` stand behind what they repeat",
    );
    let mut open = 0_usize;
    let mut nothing_yet = true;
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                None => return Some(("ends in `\\`", "`\\.` is a point")),
                Some('d' | 'D') => {
                    return Some(("has `\\d`, which POSIX expressions do not know", "`[0-9]`"));
                }
                Some(_) => {}
            },
            // A set that has an end is left behind by looking for it.
            '[' if !skip_set(&mut chars) => {
                return Some((
                    "opens `[` and does not close it",
                    "`\\[` is a bracket itself",
                ));
            }
            '(' => open = open.saturating_add(1),
            ')' if open == 0 => {
                return Some((
                    "closes `)` and never opened it",
                    "`\\)` is a bracket itself",
                ));
            }
            ')' => open = open.saturating_sub(1),
            '*' | '+' | '?' | '{' if nothing_yet => return Some(repeat),
            '{' => {
                let count: String = chars.by_ref().take_while(|c| *c != '}').collect();
                if !is_count(&count) {
                    return Some(("has `{` without a count", "`{2}`, `{2,}` or `{2,4}`"));
                }
            }
            _ => {}
        }
        nothing_yet = matches!(c, '^' | '(' | '|');
    }
    (open > 0).then_some((
        "opens `(` and does not close it",
        "`\\(` is a bracket itself",
    ))
}

/// Goes behind the end of a set in brackets; false when it has none.
fn skip_set(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> bool {
    chars.next_if_eq(&'^');
    // A bracket that stands first is a member.
    chars.next_if_eq(&']');
    while let Some(c) = chars.next() {
        match c {
            ']' => return true,
            '[' if chars.next_if_eq(&':').is_some() => {
                // A class such as `[:alpha:]`.
                chars.by_ref().find(|c| *c == ':');
                chars.next_if_eq(&']');
            }
            _ => {}
        }
    }
    false
}

fn is_count(text: &str) -> bool {
    let number = |text: &str| text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit());
    let (least, most) = text.split_once(',').unwrap_or((text, ""));
    !least.is_empty() && number(least) && number(most)
}

/// Whether two entries of `topics` can mean the same topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::config) enum Overlap {
    /// No topic is meant by both.
    None,
    /// Both begin alike, and only the brokers' topics could tell.
    Possible,
    /// The one that is a name is surely meant by the other, too.
    Certain,
}

/// How two entries of `topics` overlap.
pub(in crate::config) fn overlap(one: &str, other: &str) -> Overlap {
    match (one.starts_with('^'), other.starts_with('^')) {
        _ if one == other => Overlap::Certain,
        (false, false) => Overlap::None,
        (true, false) => covers(one, other),
        (false, true) => covers(other, one),
        (true, true) => {
            let (one, _) = beginning(one);
            let (other, _) = beginning(other);
            if one.starts_with(&other) || other.starts_with(&one) {
                Overlap::Possible
            } else {
                Overlap::None
            }
        }
    }
}

/// Whether a pattern means the topic of that name.
fn covers(pattern: &str, name: &str) -> Overlap {
    let (begin, rest) = beginning(pattern);
    match rest {
        "$" if name == begin => Overlap::Certain,
        "$" => Overlap::None,
        _ if !name.starts_with(&begin) => Overlap::None,
        "" | ".*" | ".*$" => Overlap::Certain,
        _ => Overlap::Possible,
    }
}

/// The letters that whatever a pattern means begins with, and the rest of the pattern.
fn beginning(pattern: &str) -> (String, &str) {
    let mut rest = pattern.strip_prefix('^').unwrap_or(pattern);
    let mut begin = String::new();
    // An alternative anywhere may be one to the whole.
    if pattern.contains('|') {
        return (begin, rest);
    }
    loop {
        let mut chars = rest.chars();
        let (letter, behind) = match chars.next() {
            Some('\\') => match chars.next() {
                Some(c) if !c.is_ascii_alphanumeric() => (c, chars.as_str()),
                Some(_) | None => break,
            },
            Some(c) if !SPECIAL.contains(&c) && c != '$' && c != '^' => (c, chars.as_str()),
            Some(_) | None => break,
        };
        // A letter that may be missing is no part of the beginning.
        if behind.starts_with(['*', '?', '{']) {
            break;
        }
        begin.push(letter);
        rest = behind;
    }
    (begin, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_overlap() {
        use Overlap::{Certain, None, Possible};
        let cases = [
            ("llm", "llm", Certain),
            ("llm", "llm2", None),
            ("^llm", "llm2", Certain),
            ("^llm.*", "llm.dead", Certain),
            ("^llm$", "llm2", None),
            ("^llm$", "llm", Certain),
            ("^llm[0-9]+$", "llm-dead", Possible),
            ("^sn_.*_log$", "other", None),
            ("^llms?$", "llm", Possible),
            ("^a|b", "b", Possible),
            ("^a\\.b", "a.bc", Certain),
            ("^a\\.b", "axb", None),
            ("^sn_", "^sn_http", Possible),
            ("^sn_", "^llm", None),
        ];
        for (one, other, expected) in cases {
            assert_eq!(overlap(one, other), expected, "{one} {other}");
            assert_eq!(overlap(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn patterns_are_those_of_posix() {
        let sound = [
            "^a",
            "^[]a]b",
            "^[^]]$",
            "^a(b|c)?d{2,4}",
            "^[[:alpha:]]+",
            "^a\\.b\\(",
            "^\\w+",
        ];
        for pattern in sound {
            assert_eq!(wrong_in_pattern(pattern), None, "{pattern}");
        }
        let wrong = [
            "^*",
            "^(a",
            "^a)",
            "^[a",
            "^[]",
            "^a\\",
            "^\\d",
            "^(?:a)",
            "^a{",
            "^a{x}",
            "^[[:alpha:]",
        ];
        for pattern in wrong {
            assert!(wrong_in_pattern(pattern).is_some(), "{pattern}");
        }
    }

    #[test]
    fn brokers_have_a_host_and_a_port() {
        let cases = [
            ("kafka", Some(("kafka", 9092))),
            ("Kafka:9093", Some(("kafka", 9093))),
            ("[::1]:9092", Some(("[::1]", 9092))),
            ("[::1]", Some(("[::1]", 9092))),
            ("", None),
            (":9092", None),
            ("a:0", None),
            ("a:70000", None),
            ("a,b", None),
            ("SSL://a:9093", None),
            ("a b", None),
        ];
        for (text, expected) in cases {
            let found = broker(text).ok();
            let found = found.as_ref().map(|(host, port)| (host.as_str(), *port));
            assert_eq!(found, expected, "{text}");
        }
    }
}
