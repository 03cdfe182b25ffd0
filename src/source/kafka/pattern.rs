//! Which topics a pattern means.
//!
//! Knows no broker. A newcomer may ask why not the client itself is asked: it matches with the
//! system's (POSIX) expressions and tells nobody what it found before it joins the group, which a look
//! must not do. Of the differences none is left in what a configuration accepts.

use regex_automata::nfa::thompson::{self, pikevm::PikeVM};
use regex_automata::util::syntax;

/// A pattern that was understood.
pub struct Pattern(PikeVM);

impl Pattern {
    /// Understands a pattern; `None` for one that goes beyond letters, sets, groups and counts.
    #[must_use]
    pub fn parse(text: &str) -> Option<Pattern> {
        let bytes = syntax::Config::new().unicode(false).utf8(false);
        let built = PikeVM::builder()
            .syntax(bytes)
            .thompson(thompson::Config::new().utf8(false))
            .build(text);
        built.ok().map(Pattern)
    }

    /// Whether it means the topic of that name.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.0.is_match(&mut self.0.create_cache(), name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_that_a_pattern_means() {
        let cases: [(&str, &[&str], &[&str]); 16] = [
            ("^[[:upper:]]alls[0-9]+$", &["Calls2"], &["calls2", "Calls"]),
            ("^(calls-[a-z]{2}|other)$", &["calls-eu", "other"], &["calls-e", "others"]),
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
        for beyond in ["^(a)\\1", "^(a", "^a)", "^[a"] {
            assert!(Pattern::parse(beyond).is_none(), "{beyond}");
        }
    }
}
