//! The shipped rules are sound, and a user's are laid over them.

use super::*;
use crate::alert::{Check, Dimension, Kind, Limit, Severity};

fn told(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[test]
fn the_shipped_rules_are_sound_and_of_every_kind() {
    let rules = Rules::with(&[]).unwrap_or_else(|problems| panic!("{}", told(&problems)));
    assert!(rules.rules.len() > 40, "{}", rules.rules.len());
    for kind in Kind::ALL {
        let some = rules.rules.iter().any(|rule| rule.check.kind() == *kind);
        assert!(some, "no rule of kind `{}`", kind.as_str());
    }
    for rule in &rules.rules {
        assert!(rule.on, "{} is off", rule.name);
        assert!(
            rule.reason.ends_with('.') && rule.action.is_some(),
            "{}",
            rule.name
        );
        assert!(rules.places.contains_key(&rule.name), "{}", rule.name);
    }
    assert_eq!(Rules::shipped(), rules);
}

#[test]
fn a_rule_without_a_kind_changes_one_key() {
    let own = "[rule.first-violated]\nseverity = \"warning\"\n\
               [rule.spend-day]\non = false\n\
               [rule.throttled-share]\nabove = \"5 %\"\n";
    let rules = Rules::with(&[("own.toml", own)]).unwrap();
    let (shipped, first) = (Rules::shipped(), rules.get("first-violated").unwrap());
    assert_eq!(first.severity, Severity::Warning);
    assert_eq!(first.by, [Dimension::Feature, Dimension::Endpoint]);
    assert_eq!(rules.places["first-violated"], "own.toml:1");
    assert!(!rules.get("spend-day").unwrap().on);
    let Check::Threshold { above, clear, .. } = &rules.get("throttled-share").unwrap().check else {
        panic!("another kind");
    };
    assert!(matches!(above, Some(Limit::Fixed(amount)) if amount.n == 50_000));
    assert_eq!(*clear, None, "the shipped one would lie beyond the limit");
    assert_eq!(rules.rules.len(), shipped.rules.len());
}

#[test]
fn a_rule_with_a_kind_takes_the_place() {
    let own = "[rule.spend-day]\nreason = \"r\"\nkind = \"threshold\"\nmetric = \"spend\"\n\
               window = \"day\"\nabove = \"$250\"\nseverity = \"page\"\n";
    let rules = Rules::with(&[("own.toml", own)]).unwrap();
    let rule = rules.get("spend-day").unwrap();
    assert_eq!(
        (rule.severity, rule.action.as_deref()),
        (Severity::Page, None)
    );
}
