//! Turns written features and groups into ready ones.
//!
//! Knows no price. A newcomer may ask why money is written as text: a TOML number with a point is
//! a binary float, and four cents must stay four cents.

use std::collections::BTreeSet;

use crate::attribute::{
    Approved, EndpointId, Feature, Features, Groups, Kind, Matcher, Needs, Registry, Skills, key_of,
};
use crate::money::{MoneyError, NanoUsd, Rate};
use crate::problem::Problem;
use crate::units::{Text, clean_name};

use super::at::{At, AtText};
use super::endpoints::policy_of;
use super::names;
use super::places::Places;
use super::read::{FileText, told_already};
use super::settings::bounded;
use super::written;

/// Most tokens or calls that an assumption or budget can name.
const COUNT_MAX: u64 = 1_000_000_000_000;

/// A written feature with its file.
#[derive(Clone, Copy)]
pub(super) struct Placed<'a> {
    pub(super) file: &'a FileText,
    pub(super) written: &'a At<written::Feature>,
}

/// What features refer to.
pub(super) struct Around<'a> {
    pub(super) registry: &'a Registry,
    pub(super) places: &'a Places<'a>,
    pub(super) groups: &'a BTreeSet<Text>,
}

/// The features of all files in their order; those without application and skill are reported
/// and left out.
pub(super) fn collect<'a>(
    files: &[(&'a FileText, &'a [At<written::Feature>])],
    faults: &mut Vec<Problem>,
) -> Vec<Placed<'a>> {
    let mut seen = names::Seen::new("feature");
    let mut placed = Vec::new();
    for (file, features) in files {
        for written in *features {
            if let Some(key) = key(file, written, faults) {
                seen.note_key(file, written.span(), key.to_lowercase(), faults);
                placed.push(Placed { file, written });
            }
        }
    }
    placed
}

fn key(
    file: &FileText,
    written: &At<written::Feature>,
    faults: &mut Vec<Problem>,
) -> Option<String> {
    let mut half = |value: &Option<AtText>, key: &str| {
        let Some(value) = value else {
            names::missing(file, written.span(), key, faults);
            return None;
        };
        if let Some(fault) = names::unfit(value.get()) {
            let message = format!("{key} `{}` {fault}", value.get());
            faults.push(file.problem(value.span(), "bad_name", message));
        }
        Some(value.get().clone())
    };
    let application = half(&written.get().application, "application");
    let skill = half(&written.get().skill, "skill");
    Some(key_of(&application?, &skill?).to_string())
}

/// The ready features, in the same order as `placed`.
pub(super) fn ready(
    placed: &[Placed<'_>],
    around: &Around<'_>,
    faults: &mut Vec<Problem>,
) -> Features {
    let features: Vec<Feature> = placed
        .iter()
        .map(|feature| one(feature, around, faults))
        .collect();
    clashes(placed, &features, faults);
    Features::new(features)
}

fn one(placed: &Placed<'_>, around: &Around<'_>, faults: &mut Vec<Problem>) -> Feature {
    let file = placed.file;
    let written = placed.written.get();
    let text = |value: &Option<AtText>| {
        value
            .as_ref()
            .map_or_else(Text::default, |value| clean_name(value.get()))
    };
    let (application, skill) = (text(&written.application), text(&written.skill));
    let key = key_of(&application, &skill);
    let display_name = match &written.display_name {
        Some(name) => clean_name(name.get()),
        None => Skills::shipped()
            .find(&application, &skill)
            .filter(|(known, sure)| *sure && known.application == application)
            .map_or_else(|| key.clone(), |(known, _)| known.title.as_str().into()),
    };
    let budget = written.conversation_token_budget.as_ref();
    Feature {
        display_name,
        owner: text(&written.owner),
        endpoints: endpoint_refs(file, &written.endpoints, around.registry, faults),
        rule: written
            .residency
            .as_ref()
            .and_then(|rule| around.places.rule(file, rule, faults)),
        fallback_policy: written
            .fallback_policy
            .as_ref()
            .map(|policy| policy_of(*policy.get())),
        conversation_token_budget: bounded(file, budget, 1..=COUNT_MAX, faults),
        user_groups: group_refs(file, &written.user_groups, around.groups, faults),
        needs: Needs {
            tools: written.needs.tools.unwrap_or(false),
            vision: written.needs.vision.unwrap_or(false),
            context_tokens: written.needs.context_tokens,
        },
        approved: approved(file, &written.approved, faults),
        matcher: written
            .matcher
            .as_ref()
            .map_or_else(Matcher::default, |matcher| {
                matcher_of(file, matcher, around.registry, faults)
            }),
        key,
        application,
        skill,
    }
}

fn endpoint_refs(
    file: &FileText,
    written: &[AtText],
    registry: &Registry,
    faults: &mut Vec<Problem>,
) -> Vec<EndpointId> {
    written
        .iter()
        .filter_map(|name| names::endpoint(file, name, registry, faults))
        .collect()
}

fn group_refs(
    file: &FileText,
    written: &[AtText],
    groups: &BTreeSet<Text>,
    faults: &mut Vec<Problem>,
) -> Vec<Text> {
    for name in written {
        if !groups.contains(name.get().as_str()) {
            let known = groups.iter().map(Text::as_str);
            faults.push(names::unknown(file, name, "group", "unknown_group", known));
        }
    }
    written.iter().map(|name| clean_name(name.get())).collect()
}

fn approved(file: &FileText, written: &written::Approved, faults: &mut Vec<Problem>) -> Approved {
    let cost_per_call = written.cents_per_call.as_ref().and_then(|cents| {
        nanos_of_cents(cents.get())
            .map_err(|fault| {
                let message = format!("bad `cents_per_call` `{}`: {fault}", cents.get());
                faults.push(
                    file.problem(cents.span(), "bad_decimal", message)
                        .hint("US cents with a point, like `\"4\"` or `\"0.85\"`"),
                );
            })
            .ok()
    });
    let (tokens, calls) = (&written.tokens_per_call, &written.calls_per_day);
    Approved {
        cost_per_call,
        tokens_per_call: bounded(file, tokens.as_ref(), 1..=COUNT_MAX, faults),
        calls_per_day: bounded(file, calls.as_ref(), 1..=COUNT_MAX, faults),
        retry_share_percent: bounded(file, written.retry_share_percent.as_ref(), 0..=100, faults),
    }
}

/// Reads US cents with up to seven decimals exactly.
fn nanos_of_cents(text: &str) -> Result<NanoUsd, MoneyError> {
    /// A cent is ten million nano-dollars; the reader below counts in 10⁻⁹ of its unit.
    const PARTS_PER_NANO: u64 = 100;
    let parts = Rate::from_usd_per_million(text)?.0;
    if parts % PARTS_PER_NANO != 0 {
        return Err(MoneyError::TooFine);
    }
    i64::try_from(parts / PARTS_PER_NANO)
        .map(NanoUsd)
        .map_err(|_| MoneyError::TooLarge)
}

fn matcher_of(
    file: &FileText,
    written: &At<written::Matcher>,
    registry: &Registry,
    faults: &mut Vec<Problem>,
) -> Matcher {
    let mut matcher = Matcher::default();
    let table = written.get();
    let mut empty = false;
    for kind in Kind::ALL {
        let values = match kind {
            Kind::Skill => &table.skill,
            Kind::Definition => &table.definition,
            Kind::Tag => &table.tag,
            Kind::SourceTable => &table.source_table,
            Kind::Scope => &table.scope,
            Kind::Service => &table.service,
            Kind::Caller => &table.caller,
            Kind::Application => &table.application,
            Kind::Endpoint => {
                for id in endpoint_refs(file, &table.endpoint, registry, faults) {
                    matcher.add_endpoint(id);
                }
                continue;
            }
        };
        for value in values {
            if clean_name(value.get()).is_empty() {
                empty = true;
                let message = format!("an empty {} matches no call", kind.as_str());
                faults.push(file.problem(value.span(), "empty_match", message));
            } else {
                matcher.add(kind, value.get());
            }
        }
    }
    let told = told_already(file, written.span(), "", faults);
    if matcher.is_empty() && table.endpoint.is_empty() && !empty && !told {
        let kinds: Vec<&str> = Kind::ALL.into_iter().map(Kind::as_str).collect();
        faults.push(
            file.problem(written.span(), "empty_match", "`match` names nothing")
                .hint(format!("give one of {}, or leave it out", kinds.join(", "))),
        );
    }
    matcher
}

/// Reports features that claim the same calls with equal right.
fn clashes(placed: &[Placed<'_>], features: &[Feature], faults: &mut Vec<Problem>) {
    for (index, (later, placed)) in features.iter().zip(placed).enumerate() {
        let Some(span) = placed.written.get().matcher.as_ref().map(At::span) else {
            continue;
        };
        for earlier in features.iter().take(index) {
            if earlier.matcher.clashes(&later.matcher) {
                let message = format!("claims calls that `{}` claims too", earlier.key);
                faults.push(
                    placed
                        .file
                        .problem(span.clone(), "ambiguous_match", message)
                        .hint("give one of them a further kind, such as `caller`"),
                );
            }
        }
    }
}

/// The groups of all files and their names.
pub(super) fn groups(
    files: &[(&FileText, &written::Named<written::Group>)],
    faults: &mut Vec<Problem>,
) -> (Groups, BTreeSet<Text>) {
    let mut seen = names::Seen::new("group");
    let mut groups = Groups::default();
    let mut known = BTreeSet::new();
    for (file, written) in files {
        for (name, group) in *written {
            seen.note(file, name, faults);
            known.insert(Text::from(name.get().as_str()));
            let mut twice = |value: &AtText, before: Option<Text>| {
                if let Some(other) = before {
                    let message = format!("`{}` is in group `{other}` already", value.get());
                    faults.push(
                        file.problem(value.span(), "user_in_two_groups", message)
                            .hint("a user has one group, so that groups add up to the whole"),
                    );
                }
            };
            for user in &group.get().users {
                twice(user, groups.add_user(user.get(), name.get()));
            }
            for prefix in &group.get().prefixes {
                twice(prefix, groups.add_prefix(prefix.get(), name.get()));
            }
        }
    }
    (groups, known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_cents_exactly() {
        let cases = [
            ("4", Ok(40_000_000)),
            ("0.85", Ok(8_500_000)),
            ("0.0000001", Ok(1)),
            ("0.00000001", Err(MoneyError::TooFine)),
            ("-1", Err(MoneyError::Negative)),
            ("4,5", Err(MoneyError::NotDecimal)),
        ];
        for (text, nanos) in cases {
            assert_eq!(nanos_of_cents(text), nanos.map(NanoUsd), "{text}");
        }
    }
}
