//! Properties of the Kafka client that people pass through: known, fit, and none that would break
//! the books.
//!
//! Knows no client. A newcomer may ask why the list of names is shipped: the client itself tells of
//! a wrong name only when it starts, one at a time and without a line.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::problem::Problem;

use super::super::at::{At, AtText};
use super::super::hint;
use super::super::read::FileText;
use super::GroupProtocol;
use super::reserved::why_not;
use super::written::Scalar;

/// What the shipped client can be set to; the file's head explains its columns.
const TABLE: &str = include_str!("../../../data/kafka_properties.tsv");

/// What a property takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Boolean,
    Integer { least: i64, most: i64 },
    One(&'static str),
    Many(&'static str),
    Program,
}

/// Which clients a property is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Any,
    Consumer,
    Producer,
}

static KNOWN: LazyLock<BTreeMap<&'static str, (Whose, Kind)>> =
    LazyLock::new(|| TABLE.lines().filter_map(row).collect());

fn row(line: &'static str) -> Option<(&'static str, (Whose, Kind))> {
    let mut cells = line.split('\t');
    let name = cells.next().filter(|name| !name.starts_with('#'))?;
    let whose = match cells.next()? {
        "any" => Whose::Any,
        "consumer" => Whose::Consumer,
        "producer" => Whose::Producer,
        _ => return None,
    };
    let kind = cells.next()?;
    let values = cells.next().unwrap_or_default();
    let kind = match kind {
        "text" => Kind::Text,
        "boolean" => Kind::Boolean,
        "integer" => {
            let (least, most) = values.split_once(' ')?;
            Kind::Integer {
                least: least.parse().ok()?,
                most: most.parse().ok()?,
            }
        }
        "one" => Kind::One(values),
        "many" => Kind::Many(values),
        "program" => Kind::Program,
        _ => return None,
    };
    Some((name, (whose, kind)))
}

/// Whether clients of every kind take a property of that name, not only those that read.
pub(super) fn is_for_any_client(name: &str) -> bool {
    KNOWN
        .get(name)
        .is_some_and(|(whose, _)| *whose == Whose::Any)
}

/// Names that a configuration may pass through.
fn open_names() -> impl Iterator<Item = &'static str> {
    KNOWN
        .iter()
        .filter(|(name, (whose, kind))| {
            *whose != Whose::Producer && *kind != Kind::Program && why_not(name).is_none()
        })
        .map(|(name, _)| *name)
}

/// The properties that are sound; the others are reported.
pub(super) fn ready(
    file: &FileText,
    written: &BTreeMap<AtText, At<Scalar>>,
    protocol: GroupProtocol,
    faults: &mut Vec<Problem>,
) -> BTreeMap<String, String> {
    let mut sound = BTreeMap::new();
    for (name, value) in written {
        match fault(file, name, value, protocol) {
            Some(fault) => faults.push(fault),
            None => {
                sound.insert(name.get().clone(), value.get().0.clone());
            }
        }
    }
    pairs(file, written, &sound, faults);
    sound
}

fn fault(
    file: &FileText,
    name: &AtText,
    value: &At<Scalar>,
    protocol: GroupProtocol,
) -> Option<Problem> {
    // What does not belong here may be a password under a name that was mistyped.
    let hide = |problem: Problem| file.hide(problem, value.span());
    let refused = |why: &str| {
        let message = format!("`{}` cannot be set here: {why}", name.get());
        hide(file.problem(name.span(), "reserved_property", message))
    };
    if let Some((why, instead)) = why_not(name.get()) {
        return Some(refused(why).hint(instead));
    }
    let Some((whose, kind)) = KNOWN.get(name.get().as_str()).copied() else {
        let near = hint::nearest_only(name.get(), open_names());
        let message = format!("unknown Kafka property `{}`", name.get());
        let fault = file.problem(name.span(), "unknown_property", message);
        let fault = fault.hint(if near.is_empty() {
            "librdkafka's CONFIGURATION.md lists them all".to_owned()
        } else {
            near
        });
        return Some(hide(fault));
    };
    if kind == Kind::Program {
        return Some(refused("only a program can set it").hint("leave it out"));
    }
    if whose == Whose::Producer {
        return Some(refused("it is for producers, and a source reads").hint("leave it out"));
    }
    let (wrong, others) = match protocol {
        GroupProtocol::Classic => (["group.remote.assignor"].as_slice(), "consumer"),
        GroupProtocol::Consumer => (
            ["session.timeout.ms", "heartbeat.interval.ms"].as_slice(),
            "classic",
        ),
    };
    if wrong.contains(&name.get().as_str()) {
        let why = format!("it belongs to the group protocol `{others}`");
        let hint = match protocol {
            GroupProtocol::Classic => "say `protocol = \"consumer\"`, or leave it out",
            GroupProtocol::Consumer => "the brokers' own setting holds, by group",
        };
        return Some(refused(&why).hint(hint));
    }
    value_fault(file, name, value, kind)
}

fn value_fault(file: &FileText, name: &AtText, value: &At<Scalar>, kind: Kind) -> Option<Problem> {
    let text = value.get().0.as_str();
    let problem = |code, message: String| file.problem(value.span(), code, message);
    let unknown = |word: &str, known: &str| {
        let message = format!("unknown value `{word}` of `{}`", name.get());
        problem("unknown_value", message).hint(hint::of_names(word, known.split(' ')))
    };
    match kind {
        Kind::Text => text.is_empty().then(|| {
            let message = format!("`{}` is empty", name.get());
            problem("bad_value", message).hint("leave it out to have the client's default")
        }),
        Kind::Boolean => (!["true", "false"].contains(&text)).then(|| unknown(text, "true false")),
        Kind::Integer { least, most } => match text.parse::<i64>() {
            Ok(number) if (least..=most).contains(&number) => None,
            Ok(number) => Some(problem(
                "out_of_range",
                format!("`{number}` is not between {least} and {most}"),
            )),
            Err(_) => {
                let message = format!("`{}` takes a whole number, not `{text}`", name.get());
                let fault = problem("bad_value", message);
                Some(fault.hint(format!("between {least} and {most}")))
            }
        },
        Kind::One(known) => {
            (!known.split(' ').any(|word| word == text)).then(|| unknown(text, known))
        }
        Kind::Many(known) => text
            .split(',')
            .map(str::trim)
            .find(|word| {
                !known
                    .split(' ')
                    .any(|known| known == word.trim_start_matches('-'))
            })
            .map(|word| unknown(word, known)),
        Kind::Program => None,
    }
}

/// A property that must not exceed another.
struct Pair {
    low: &'static str,
    high: &'static str,
    /// What holds for both when nothing is said; without such, the client itself fits the one to
    /// the other.
    defaults: Option<(i64, i64)>,
}

const PAIRS: [Pair; 4] = [
    Pair {
        low: "session.timeout.ms",
        high: "max.poll.interval.ms",
        defaults: Some((45_000, 300_000)),
    },
    Pair {
        low: "reconnect.backoff.ms",
        high: "reconnect.backoff.max.ms",
        defaults: Some((100, 10_000)),
    },
    Pair {
        low: "message.max.bytes",
        high: "fetch.max.bytes",
        defaults: None,
    },
    Pair {
        low: "fetch.max.bytes",
        high: "receive.message.max.bytes",
        defaults: None,
    },
];

/// Reports properties that contradict each other.
fn pairs(
    file: &FileText,
    written: &BTreeMap<AtText, At<Scalar>>,
    sound: &BTreeMap<String, String>,
    faults: &mut Vec<Problem>,
) {
    let number = |name: &str| sound.get(name).and_then(|text| text.parse::<i64>().ok());
    for Pair {
        low,
        high,
        defaults,
    } in PAIRS
    {
        let less = number(low).or(defaults.map(|(low, _)| low));
        let more = number(high).or(defaults.map(|(_, high)| high));
        let (Some(less), Some(more)) = (less, more) else {
            continue;
        };
        let mut named = written
            .iter()
            .filter(|(name, _)| name.get() == low || name.get() == high);
        if let (true, Some((_, value))) = (less > more, named.next_back()) {
            let message = format!("`{low}` is {less}, more than `{high}`, which is {more}");
            let problem = file.problem(value.span(), "bad_value", message);
            faults.push(problem.hint("raise the one or lower the other"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::reserved;
    use super::*;

    #[test]
    fn the_shipped_list_is_read_whole() {
        let rows = TABLE.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(KNOWN.len(), rows);
        assert!(rows > 180, "{rows}");
        assert!(is_for_any_client("socket.timeout.ms") && !is_for_any_client("fetch.wait.max.ms"));
        for Pair { low, high, .. } in PAIRS {
            assert!(KNOWN.contains_key(low) && KNOWN.contains_key(high), "{low}");
        }
    }

    /// A refusal of a name that the client does not know would never be told.
    #[test]
    fn every_refused_name_is_one_of_the_clients() {
        for name in reserved::names() {
            let known = KNOWN.keys().any(|known| match name.strip_suffix('*') {
                Some(start) => known.starts_with(start),
                None => *known == name,
            });
            assert!(known, "{name}");
        }
    }
}
