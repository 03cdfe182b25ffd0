//! Which model names a price row means: clauses of equality, start, end, part and shape.
//!
//! Knows no price and no provider. A newcomer may ask why there are no regular expressions: the
//! price data uses few, all of the kind "a literal, then a date", and a [`Clause::Shape`] says
//! that without a regex engine in the read path.

use std::fmt;

use crate::units::Text;

/// One test of a lower-case model name. `#` in a shape stands for one digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clause {
    /// The whole name (`=gpt-4o`).
    Equals(Text),
    /// The beginning (`^claude-3`).
    StartsWith(Text),
    /// The end (`$-latest`).
    EndsWith(Text),
    /// Any part (`*nova-pro`).
    Contains(Text),
    /// The whole name with digits (`#gpt-5.4-####-##-##`).
    Shape(Text),
    /// The beginning with digits (`%gemini-3.5-flash-#`).
    ShapeStart(Text),
    /// Text with `*` for any run of letters, as people write it (`@gpt-4o*`).
    Glob(Text),
}

/// A clause, or its opposite (`!`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term {
    /// The test.
    pub clause: Clause,
    /// Whether the test must fail.
    pub not: bool,
}

/// Alternatives (`|`) of terms that must all hold (`&`). Without alternatives nothing matches.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Matcher(pub Vec<Vec<Term>>);

impl Clause {
    /// Whether the lower-case name passes.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        match self {
            Clause::Equals(text) => name == text.as_str(),
            Clause::StartsWith(text) => name.starts_with(text.as_str()),
            Clause::EndsWith(text) => name.ends_with(text.as_str()),
            Clause::Contains(text) => name.contains(text.as_str()),
            Clause::Shape(shape) => name.len() == shape.len() && shape_starts(shape, name),
            Clause::ShapeStart(shape) => shape_starts(shape, name),
            Clause::Glob(pattern) => glob(pattern, name),
        }
    }

    fn parts(&self) -> (char, &Text) {
        match self {
            Clause::Equals(text) => ('=', text),
            Clause::StartsWith(text) => ('^', text),
            Clause::EndsWith(text) => ('$', text),
            Clause::Contains(text) => ('*', text),
            Clause::Shape(text) => ('#', text),
            Clause::ShapeStart(text) => ('%', text),
            Clause::Glob(text) => ('@', text),
        }
    }

    /// The clause's text, without its kind.
    #[must_use]
    pub fn text(&self) -> &str {
        self.parts().1
    }

    fn parse(text: &str) -> Option<Clause> {
        let mut letters = text.chars();
        let mark = letters.next()?;
        let rest = Text::from(letters.as_str().to_lowercase());
        Some(match mark {
            '=' => Clause::Equals(rest),
            '^' => Clause::StartsWith(rest),
            '$' => Clause::EndsWith(rest),
            '*' => Clause::Contains(rest),
            '#' => Clause::Shape(rest),
            '%' => Clause::ShapeStart(rest),
            '@' => Clause::Glob(rest),
            _ => return None,
        })
    }
}

impl Matcher {
    /// A matcher of one clause.
    #[must_use]
    pub fn one(clause: Clause) -> Matcher {
        Matcher(vec![vec![Term { clause, not: false }]])
    }

    /// A name as people write it: whole, or with `*`.
    #[must_use]
    pub fn written(names: &[String]) -> Matcher {
        Matcher(
            names
                .iter()
                .map(|name| {
                    let text = Text::from(name.trim().to_lowercase());
                    let clause = if text.contains('*') {
                        Clause::Glob(text)
                    } else {
                        Clause::Equals(text)
                    };
                    vec![Term { clause, not: false }]
                })
                .collect(),
        )
    }

    /// Whether the lower-case name passes one of the alternatives.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.0.iter().any(|terms| {
            terms
                .iter()
                .all(|term| term.clause.matches(name) != term.not)
        })
    }

    /// Reads the form that [`fmt::Display`] writes; `None` for another form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Matcher> {
        if text.is_empty() {
            return Some(Matcher::default());
        }
        text.split('|')
            .map(|terms| {
                terms
                    .split('&')
                    .map(|term| {
                        let (not, clause) = match term.strip_prefix('!') {
                            Some(clause) => (true, clause),
                            None => (false, term),
                        };
                        Clause::parse(clause).map(|clause| Term { clause, not })
                    })
                    .collect()
            })
            .collect::<Option<Vec<Vec<Term>>>>()
            .map(Matcher)
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, terms) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("|")?;
            }
            for (j, term) in terms.iter().enumerate() {
                let (mark, text) = term.clause.parts();
                let and = if j > 0 { "&" } else { "" };
                let not = if term.not { "!" } else { "" };
                write!(f, "{and}{not}{mark}{text}")?;
            }
        }
        Ok(())
    }
}

fn shape_starts(shape: &str, name: &str) -> bool {
    let mut letters = name.bytes();
    shape.bytes().all(|wanted| {
        letters
            .next()
            .is_some_and(|found| found == wanted || (wanted == b'#' && found.is_ascii_digit()))
    })
}

fn glob(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for piece in pieces {
        if let Some(middle) = last.replace(piece) {
            let Some((_, after)) = rest.split_once(middle) else {
                return false;
            };
            rest = after;
        }
    }
    match last {
        None => rest.is_empty(),
        Some(end) => rest.ends_with(end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_hold_and_fail() {
        let cases = [
            ("=gpt-4o", "gpt-4o", true),
            ("=gpt-4o", "gpt-4o-mini", false),
            ("^claude-3|=x", "claude-3-opus", true),
            ("$-latest", "mistral-latest", true),
            ("*nova-pro", "eu.amazon.nova-pro-v1:0", true),
            ("#gpt-5.4-####-##-##", "gpt-5.4-2026-03-05", true),
            ("#gpt-5.4-####-##-##", "gpt-5.4-2026-03-0x", false),
            ("#gpt-5.4-####-##-##", "gpt-5.4-2026-03-051", false),
            ("%gemini-3.5-flash-#", "gemini-3.5-flash-001", true),
            ("%gemini-3.5-flash-#", "gemini-3.5-flash-lite", false),
            ("^gemini&!*-tts", "gemini-2.5-tts", false),
            ("^gemini&!*-tts", "gemini-2.5-pro", true),
            ("@gpt-4o*", "gpt-4o", true),
            ("@gpt-4o*", "gpt-4.1", false),
            ("@*", "anything", true),
            ("@a*b*c", "a-b-b-c", true),
            ("@a*b*c", "a-c-b", false),
            ("@gpt-4o", "gpt-4o-mini", false),
            ("", "anything", false),
        ];
        for (text, name, expected) in cases {
            let matcher = Matcher::parse(text).unwrap();
            assert_eq!(matcher.matches(name), expected, "{text} on {name}");
            assert_eq!(matcher.to_string(), text);
        }
        assert_eq!(Matcher::parse("gpt"), None);
    }
}
