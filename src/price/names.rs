//! The forms in which one model name may stand in a price list, most literal first.
//!
//! Knows no list. A newcomer may ask why a dated name may lose its date at all: new snapshots
//! appear daily, usually at the price of their family, and the result is marked as approximated.

use crate::call::Provider;
use crate::price::class::Approximation;

/// One form to look up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// Lower case.
    pub(super) text: String,
    /// The rule that this form needs, if any.
    pub(super) rule: Option<Approximation>,
}

/// Every form of a name at a provider.
pub(super) fn forms(provider: &Provider, model: &str) -> Vec<Form> {
    let folded = model.trim().to_lowercase();
    let mut literal = vec![folded.clone()];
    if let Some((prefix, tail)) = folded.split_once('/')
        && Provider::parse(prefix).is_some_and(|named| names_same(&named, provider))
    {
        literal.push(tail.to_owned());
    }
    if let Some(tail) = folded.strip_prefix("models/") {
        literal.push(tail.to_owned());
    }
    if let Some((_, tail)) = folded.rsplit_once("/models/") {
        literal.push(tail.to_owned());
    }
    let mut forms: Vec<Form> = Vec::new();
    for text in literal {
        let dashed = dashed_date(&text);
        let undated = undated(&text);
        forms.push(Form { text, rule: None });
        forms.extend(dashed.map(|text| Form { text, rule: None }));
        forms.extend(undated.map(|text| Form {
            text,
            rule: Some(Approximation::UndatedName),
        }));
    }
    forms.sort_by_key(|form| form.rule.is_some());
    forms
}

/// Whether a prefix before a model's name says no more than the provider does. Vertex's
/// OpenAI-compatible interface writes `google/gemini-…`.
fn names_same(prefix: &Provider, provider: &Provider) -> bool {
    prefix == provider || (*prefix == Provider::Gemini && *provider == Provider::Vertex)
}

/// `gpt-5.2-20251211` as `gpt-5.2-2025-12-11`, as gateways write it and lists do not.
fn dashed_date(name: &str) -> Option<String> {
    let (at, date) = compact_date(name)?;
    let (year, rest) = date.split_at_checked(4)?;
    let (month, day) = rest.split_at_checked(2)?;
    let end = at.saturating_add(date.len());
    Some(format!(
        "{}{year}-{month}-{day}{}",
        name.get(..at)?,
        name.get(end..)?
    ))
}

/// Where a run of exactly eight digits that is a date stands after a `-`.
fn compact_date(name: &str) -> Option<(usize, &str)> {
    name.match_indices("-20").find_map(|(dash, _)| {
        let start = dash.saturating_add(1);
        let end = start.saturating_add(8);
        let digits = name.get(start..end)?;
        let next = name.as_bytes().get(end).copied();
        (is_date(digits) && next.is_none_or(|b| b == b'-' || b == b':')).then_some((start, digits))
    })
}

fn is_date(digits: &str) -> bool {
    digits.bytes().all(|b| b.is_ascii_digit())
        && chrono::NaiveDate::parse_from_str(digits, "%Y%m%d").is_ok()
}

/// The name without a date, version or `-latest` at its end; `None` where it has none.
fn undated(name: &str) -> Option<String> {
    if let Some((bare, _)) = name.split_once('@') {
        return Some(bare.to_owned());
    }
    if let Some(bare) = name.strip_suffix("-latest") {
        return Some(bare.to_owned());
    }
    let cut = |len: usize| {
        name.len()
            .checked_sub(len)
            .and_then(|at| name.split_at_checked(at))
    };
    if let Some((bare, tail)) = cut(11)
        && tail.starts_with('-')
        && is_date(&tail.replace('-', ""))
    {
        return Some(bare.to_owned());
    }
    let (bare, tail) = cut(9)?;
    let digits = tail.strip_prefix('-')?;
    is_date(digits).then(|| bare.to_owned())
}

/// A Bedrock model id taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BedrockId {
    /// The inference profile's prefix: `eu`, `us-gov`, `global`; empty for a bare id.
    pub(super) prefix: String,
    /// The id without it; empty where the name hides the model.
    pub(super) bare: String,
    /// The region that an ARN or a gateway's path names; may be empty.
    pub(super) region: String,
}

/// The prefixes of cross-region inference profiles (AWS documentation, "Geographic cross-Region
/// inference").
const PROFILES: [&str; 9] = [
    "global", "us", "eu", "apac", "jp", "au", "us-gov", "ca", "in",
];

impl BedrockId {
    /// Reads `eu.anthropic.claude-…-v1:0`, an ARN, or a gateway's `bedrock/{region}/…`.
    pub(super) fn parse(model: &str) -> BedrockId {
        let text = model
            .trim()
            .to_lowercase()
            .replace("%3a", ":")
            .replace("%2f", "/");
        let mut rest = text.as_str();
        let mut region = "";
        if let Some(arn) = rest.strip_prefix("arn:") {
            region = arn.split(':').nth(2).unwrap_or_default();
            let (kind, tail) = arn.split_once('/').unwrap_or_default();
            let hidden = ["application-inference-profile", "provisioned-model"];
            rest = if hidden.iter().any(|hidden| kind.ends_with(hidden)) {
                ""
            } else {
                tail
            };
        }
        for prefix in ["bedrock/", "converse/", "invoke/"] {
            rest = rest.strip_prefix(prefix).unwrap_or(rest);
        }
        if let Some((first, tail)) = rest.split_once('/')
            && first.ends_with(|c: char| c.is_ascii_digit())
            && first.contains('-')
        {
            (region, rest) = (first, tail);
        }
        let (prefix, bare) = match rest.split_once('.') {
            Some((prefix, bare)) if PROFILES.contains(&prefix) => (prefix, bare),
            _ => ("", rest),
        };
        BedrockId {
            prefix: prefix.to_owned(),
            bare: bare.to_owned(),
            region: region.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_from_literal_to_loose() {
        let cases: [(Provider, &str, &[&str]); 8] = [
            (Provider::Openai, "GPT-4o", &["gpt-4o"]),
            (
                Provider::Openai,
                "openai/gpt-4o",
                &["openai/gpt-4o", "gpt-4o"],
            ),
            (
                Provider::Openai,
                "gpt-5.2-20251211",
                &["gpt-5.2-20251211", "gpt-5.2-2025-12-11", "gpt-5.2?"],
            ),
            (
                Provider::Openai,
                "gpt-4o-2024-11-20",
                &["gpt-4o-2024-11-20", "gpt-4o?"],
            ),
            (
                Provider::Vertex,
                "claude-sonnet-4-5@20250929",
                &["claude-sonnet-4-5@20250929", "claude-sonnet-4-5?"],
            ),
            (
                Provider::Vertex,
                "google/gemini-2.5-pro",
                &["google/gemini-2.5-pro", "gemini-2.5-pro"],
            ),
            (
                Provider::Gemini,
                "models/gemini-2.5-pro",
                &["models/gemini-2.5-pro", "gemini-2.5-pro"],
            ),
            (Provider::Openai, "model-20251341", &["model-20251341"]),
        ];
        for (provider, model, expected) in cases {
            let found: Vec<String> = forms(&provider, model)
                .into_iter()
                .map(|form| form.text + if form.rule.is_some() { "?" } else { "" })
                .collect();
            assert_eq!(found, expected, "{model}");
        }
    }

    #[test]
    fn bedrock_ids_taken_apart() {
        let cases = [
            (
                "anthropic.claude-sonnet-4-5-v1:0",
                "",
                "anthropic.claude-sonnet-4-5-v1:0",
                "",
            ),
            ("eu.amazon.nova-pro-v1:0", "eu", "amazon.nova-pro-v1:0", ""),
            ("us-gov.anthropic.x", "us-gov", "anthropic.x", ""),
            (
                "arn%3Aaws%3Abedrock%3Aeu-west-1%3A123456789012%3Ainference-profile%2Feu.amazon.nova-lite-v1%3A0",
                "eu",
                "amazon.nova-lite-v1:0",
                "eu-west-1",
            ),
            (
                "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc",
                "",
                "",
                "us-east-1",
            ),
            (
                "arn:aws:bedrock:us-east-1::foundation-model/meta.llama3-70b-instruct-v1:0",
                "",
                "meta.llama3-70b-instruct-v1:0",
                "us-east-1",
            ),
            ("bedrock/eu-west-3/mistral.x", "", "mistral.x", "eu-west-3"),
            ("claude-sonnet-4-5", "", "claude-sonnet-4-5", ""),
        ];
        for (model, prefix, bare, region) in cases {
            let expected = BedrockId {
                prefix: prefix.to_owned(),
                bare: bare.to_owned(),
                region: region.to_owned(),
            };
            assert_eq!(BedrockId::parse(model), expected, "{model}");
        }
    }
}
