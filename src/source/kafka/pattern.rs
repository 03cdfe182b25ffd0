//! Which topics a pattern means, by the rules of POSIX extended expressions.
//!
//! Knows no broker. A newcomer may ask why this is our own: the client matches with the system's
//! expressions and tells nobody what it found before it joins the group, which a look must not do.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::Chars;

/// A part of a pattern.
enum Part {
    Start,
    End,
    /// One letter that passes a test.
    Letter(Set),
    /// One of several sequences.
    Group(Vec<Vec<Part>>),
    /// So many times at least, and at most.
    Repeat(Box<Part>, usize, usize),
}

/// Letters, or all others.
struct Set {
    others: bool,
    ranges: Vec<(char, char)>,
}

/// A pattern that was understood.
pub struct Pattern(Vec<Vec<Part>>);

impl Pattern {
    /// Understands a pattern; `None` for one that goes beyond letters, sets, groups and counts.
    #[must_use]
    pub fn parse(text: &str) -> Option<Pattern> {
        let mut chars = text.chars().peekable();
        let choices = choices(&mut chars)?;
        chars.next().is_none().then_some(Pattern(choices))
    }

    /// Whether it means the topic of that name.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        !ends_of_any(&self.0, &name, &(0..=name.len()).collect()).is_empty()
    }
}

/// Where a match can end that begins at one of `from`.
fn ends_of_any(choices: &[Vec<Part>], name: &[char], from: &BTreeSet<usize>) -> BTreeSet<usize> {
    let ends = choices.iter().flat_map(|parts| {
        let begin = from.clone();
        parts.iter().fold(begin, |at, part| ends(part, name, &at))
    });
    ends.collect()
}

fn ends(part: &Part, name: &[char], from: &BTreeSet<usize>) -> BTreeSet<usize> {
    let stays =
        |fits: &dyn Fn(usize) -> bool| from.iter().copied().filter(|at| fits(*at)).collect();
    match part {
        Part::Start => stays(&|at| at == 0),
        Part::End => stays(&|at| at == name.len()),
        Part::Letter(set) => from
            .iter()
            .filter(|at| name.get(**at).is_some_and(|letter| set.has(*letter)))
            .map(|at| at.saturating_add(1))
            .collect(),
        Part::Group(choices) => ends_of_any(choices, name, from),
        Part::Repeat(part, least, most) => {
            let mut found = BTreeSet::new();
            let mut at = from.clone();
            // Beyond the name's length only what is empty repeats.
            for times in 0..=(*most).min(name.len().saturating_add(*least)) {
                if times >= *least {
                    found.extend(at.iter().copied());
                }
                at = ends(part, name, &at);
                if at.is_empty() {
                    break;
                }
            }
            found
        }
    }
}

impl Set {
    fn one(letter: char) -> Set {
        Set {
            others: false,
            ranges: vec![(letter, letter)],
        }
    }

    fn has(&self, letter: char) -> bool {
        let within = |(from, to): &(char, char)| (*from..=*to).contains(&letter);
        self.ranges.iter().any(within) != self.others
    }
}

fn choices(chars: &mut Peekable<Chars<'_>>) -> Option<Vec<Vec<Part>>> {
    let mut all = vec![Vec::new()];
    while let Some(c) = chars.next_if(|c| *c != ')') {
        let part = match c {
            '|' => {
                all.push(Vec::new());
                continue;
            }
            '^' => Part::Start,
            '$' => Part::End,
            '.' => Part::Letter(Set {
                others: true,
                ranges: Vec::new(),
            }),
            '[' => Part::Letter(set(chars)?),
            '(' => {
                let group = Part::Group(choices(chars)?);
                chars.next_if_eq(&')')?;
                group
            }
            '\\' => Part::Letter(escaped(chars.next()?)?),
            '*' | '+' | '?' | '{' => {
                let (least, most) = count(c, chars)?;
                let part = all.last_mut()?.pop()?;
                Part::Repeat(Box::new(part), least, most)
            }
            letter => Part::Letter(Set::one(letter)),
        };
        all.last_mut()?.push(part);
    }
    Some(all)
}

/// A letter behind a backslash: itself, or one of a word.
fn escaped(letter: char) -> Option<Set> {
    let word = vec![('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')];
    match letter {
        'w' | 'W' => Some(Set {
            others: letter == 'W',
            ranges: word,
        }),
        letter if letter.is_ascii_alphanumeric() => None,
        letter => Some(Set::one(letter)),
    }
}

fn count(sign: char, chars: &mut Peekable<Chars<'_>>) -> Option<(usize, usize)> {
    match sign {
        '*' => return Some((0, usize::MAX)),
        '+' => return Some((1, usize::MAX)),
        '?' => return Some((0, 1)),
        _ => {}
    }
    let text: String = chars.by_ref().take_while(|c| *c != '}').collect();
    match text.split_once(',') {
        None => {
            let times = text.parse().ok()?;
            Some((times, times))
        }
        Some((least, "")) => Some((least.parse().ok()?, usize::MAX)),
        Some((least, most)) => Some((least.parse().ok()?, most.parse().ok()?)),
    }
}

/// What stands behind `[`, up to its `]`.
fn set(chars: &mut Peekable<Chars<'_>>) -> Option<Set> {
    let others = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        let from = chars.next()?;
        if from == ']' && !ranges.is_empty() {
            return Some(Set { others, ranges });
        }
        if from == '[' && matches!(chars.peek(), Some('.' | '=')) {
            return None;
        }
        if from == '[' && chars.next_if_eq(&':').is_some() {
            let name: String = chars.by_ref().take_while(|c| *c != ':').collect();
            chars.next_if_eq(&']')?;
            ranges.extend(class(&name)?);
            continue;
        }
        let mut ahead = chars.clone();
        // A dash that stands last is one.
        if ahead.next() == Some('-') && ahead.next().is_some_and(|c| c != ']') {
            chars.next();
            ranges.push((from, chars.next()?));
        } else {
            ranges.push((from, from));
        }
    }
}

fn class(name: &str) -> Option<&'static [(char, char)]> {
    Some(match name {
        "alpha" => &[('a', 'z'), ('A', 'Z')],
        "digit" => &[('0', '9')],
        "alnum" => &[('a', 'z'), ('A', 'Z'), ('0', '9')],
        "lower" => &[('a', 'z')],
        "upper" => &[('A', 'Z')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_that_a_pattern_means() {
        let cases: [(&str, &[&str], &[&str]); 14] = [
            ("^llm", &["llm", "llm.calls"], &["my.llm", "ll"]),
            ("^llm$", &["llm"], &["llm2"]),
            (
                "^sn_.*_log$",
                &["sn_http_log", "sn__log"],
                &["sn_log", "sn_x_log2"],
            ),
            ("^a\\.b", &["a.bc"], &["axb"]),
            (
                "^(one|two)-[0-9]+$",
                &["one-1", "two-42"],
                &["three-1", "one-"],
            ),
            ("^a|b$", &["ax", "xb"], &["xa"]),
            ("^[[:alpha:]_]{2,3}$", &["ab", "a_b"], &["a", "abcd", "a1"]),
            ("^[^-.]+$", &["calls"], &["a-b", "a.b"]),
            ("^[]a-]x", &["]x", "ax", "-x"], &["bx"]),
            ("^x{2}$", &["xx"], &["x", "xxx"]),
            ("^x{2,}$", &["xx", "xxxxx"], &["x"]),
            (
                "^(a*)*b$",
                &["b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaab"],
                &["aaaaaaaaaaaaaaaaaaaaaaaaaaaaac"],
            ),
            ("^\\w+$", &["a_1"], &["a-1"]),
            ("^(ab)?c+$", &["abccc", "c"], &["ab", "abab"]),
        ];
        for (text, meant, others) in cases {
            let pattern = Pattern::parse(text).unwrap();
            for name in meant {
                assert!(pattern.matches(name), "{text} {name}");
            }
            for name in others {
                assert!(!pattern.matches(name), "{text} {name}");
            }
        }
        for beyond in ["^(a)\\1", "^\\s", "^[[.a.]]", "^(a", "^a)", "^a{x}"] {
            assert!(Pattern::parse(beyond).is_none(), "{beyond}");
        }
    }
}
