//! The match rules of the genai-prices data, told in clauses.
//!
//! Knows no price. A newcomer may ask why two expressions are spelled out: they look ahead, which
//! clauses say by `not`, and a new one of that kind is reported as not understood, never guessed.

use serde_json::Value;

use crate::price::matching::{Clause, Matcher, Term};
use crate::units::Text;

/// A rule of the data as alternatives of conjunctions; `None` when it says more than clauses can.
pub(super) fn matcher(rule: &Value) -> Option<Matcher> {
    let (kind, value) = rule.as_object()?.iter().next()?;
    let text = || Some(Text::from(value.as_str()?.to_lowercase()));
    Some(match kind.as_str() {
        "equals" => Matcher::one(Clause::Equals(text()?)),
        "starts_with" => Matcher::one(Clause::StartsWith(text()?)),
        "ends_with" => Matcher::one(Clause::EndsWith(text()?)),
        "contains" => Matcher::one(Clause::Contains(text()?)),
        "regex" => regex(value.as_str()?)?,
        "or" => {
            let parts: Option<Vec<Matcher>> = value.as_array()?.iter().map(matcher).collect();
            Matcher(parts?.into_iter().flat_map(|part| part.0).collect())
        }
        "and" => {
            let mut product: Vec<Vec<Term>> = vec![Vec::new()];
            for part in value.as_array()? {
                let part = matcher(part)?;
                product = product
                    .iter()
                    .flat_map(|left| {
                        part.0
                            .iter()
                            .map(move |right| left.iter().chain(right).cloned().collect::<Vec<_>>())
                    })
                    .collect();
            }
            Matcher(product)
        }
        _ => return None,
    })
}

/// Expressions of the data that are more than a literal with digits, in our words.
const KNOWN: [(&str, &str); 2] = [
    (r"^(?!.*-[tT][tT][sS](?:$|-))", "!*-tts-&!$-tts"),
    (
        r"^(?![^/]+/)(?:labs-)?(?:(?:mi|code|dev|magi|mini)stral|mixtral|pixtral|voxtral|open-(?:mistral|mixtral))",
        "!*/&^mistral|!*/&^codestral|!*/&^devstral|!*/&^magistral|!*/&^ministral|!*/&^mixtral|\
         !*/&^pixtral|!*/&^voxtral|!*/&^open-mistral|!*/&^open-mixtral|!*/&^labs-",
    ),
];

/// `^literal\d{8}$`, `^o[134]` and the like.
fn regex(pattern: &str) -> Option<Matcher> {
    if let Some((_, ours)) = KNOWN.iter().find(|(theirs, _)| *theirs == pattern) {
        return Matcher::parse(ours);
    }
    let body = pattern.strip_prefix('^')?;
    let (body, whole) = match body.strip_suffix('$') {
        Some(body) => (body, true),
        None => (body, false),
    };
    let mut shapes = vec![String::new()];
    let mut letters = body.chars().peekable();
    while let Some(letter) = letters.next() {
        let choices: Vec<char> = match letter {
            '\\' => match letters.next()? {
                'd' => vec!['#'],
                escaped if escaped.is_ascii_punctuation() => vec![escaped],
                _ => return None,
            },
            '[' => {
                let class: Vec<char> = letters.by_ref().take_while(|c| *c != ']').collect();
                let plain = |c: &char| c.is_ascii_digit() || ['-', '@'].contains(c);
                if !class.iter().all(plain) || (class.contains(&'-') && class.len() > 2) {
                    return None;
                }
                class
            }
            '.' | '*' | '+' | '?' | '(' | ')' | '|' | '{' | '}' | '#' => return None,
            plain => vec![plain],
        };
        let times = if letters.next_if_eq(&'{').is_some() {
            let count: String = letters.by_ref().take_while(|c| *c != '}').collect();
            count.parse::<usize>().ok().filter(|n| *n <= 16)?
        } else {
            1
        };
        shapes = shapes
            .iter()
            .flat_map(|shape| {
                choices
                    .iter()
                    .map(move |c| format!("{shape}{}", c.to_string().repeat(times)))
            })
            .collect();
    }
    Some(Matcher(
        shapes
            .into_iter()
            .map(|shape| {
                let text = Text::from(shape.to_lowercase());
                let clause = match (whole, shape.contains('#')) {
                    (true, true) => Clause::Shape(text),
                    (true, false) => Clause::Equals(text),
                    (false, true) => Clause::ShapeStart(text),
                    (false, false) => Clause::StartsWith(text),
                };
                vec![Term { clause, not: false }]
            })
            .collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_become_clauses() {
        let cases = [
            (
                r"^claude-opus-5[-@]\d{8}$",
                Some("#claude-opus-5-########|#claude-opus-5@########"),
            ),
            (r"^gpt-5\.4-\d{4}-\d{2}-\d{2}$", Some("#gpt-5.4-####-##-##")),
            (
                r"^composer-2\.5\[fast=true\]$",
                Some("=composer-2.5[fast=true]"),
            ),
            (r"^gemini-3\.5-flash-\d", Some("%gemini-3.5-flash-#")),
            (r"^o[134]", Some("^o1|^o3|^o4")),
            (r"^(?!.*-[tT][tT][sS](?:$|-))", Some("!*-tts-&!$-tts")),
            (r"gpt", None),
            (r"^gpt-.*$", None),
            (r"^[a-z]+$", None),
        ];
        for (pattern, expected) in cases {
            let found = regex(pattern).map(|matcher| matcher.to_string());
            assert_eq!(found.as_deref(), expected, "{pattern}");
        }
    }

    #[test]
    fn rules_multiply_out() {
        let rule = serde_json::json!({"and": [
            {"or": [{"equals": "A"}, {"starts_with": "b"}]}, {"contains": "c"}]});
        assert_eq!(matcher(&rule).unwrap().to_string(), "=a&*c|^b&*c");
        assert_eq!(matcher(&serde_json::json!({"near": "x"})), None);
    }
}
