//! Where a call may go, where it went, and how surely that is known.
//!
//! Knows no endpoint, no feature and no record: it is given a rule and a list of evidence. A
//! newcomer may ask why there is no single "compliant" answer: a provider's own word, a host name
//! and a line in the registry prove different things, so each verdict carries its grade.
//!
//! The decision table stands in the docs and, row by row, in the tests; the places are
//! `data/regions.toml`.

mod file;
mod judge;
mod place;
mod regions;
mod set;

#[cfg(test)]
mod tests;

pub use judge::{Facts, Judgement, Weighed, judge, weighed};
pub use place::{Country, Place, Provenance, Region, Zone};
pub use regions::Regions;
pub use set::{Fit, RegionSet, Rule, UnknownSet};

/// How surely the place of a call is known, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// The provider states where inference ran.
    A,
    /// Host or path fix the region, and the name itself excludes others.
    B,
    /// The provider states the resource's region, and the deployment is regional.
    C,
    /// A zone of regions.
    D,
    /// The front door only.
    E,
    /// The registry says so, and nothing else does.
    F,
}

impl Grade {
    /// All of them, strongest first.
    pub const ALL: [Grade; 6] = [Grade::A, Grade::B, Grade::C, Grade::D, Grade::E, Grade::F];

    /// The letter used in configuration, tables and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Grade::A => "A",
            Grade::B => "B",
            Grade::C => "C",
            Grade::D => "D",
            Grade::E => "E",
            Grade::F => "F",
        }
    }

    /// The grade of a letter, in either case.
    #[must_use]
    pub fn parse(letter: &str) -> Option<Grade> {
        Self::ALL
            .into_iter()
            .find(|grade| grade.as_str().eq_ignore_ascii_case(letter))
    }
}

/// What the evidence says about a call against its rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Proven to lie wholly inside the rule.
    Held,
    /// Inside, but only somebody's declaration or the front door says so.
    Declared,
    /// Something that counts lies wholly outside.
    Violated,
    /// Everything else.
    Unproven,
    /// No rule applies.
    NoRule,
}

impl Verdict {
    /// All of them, in order.
    pub const ALL: [Verdict; 5] = [
        Verdict::Held,
        Verdict::Declared,
        Verdict::Violated,
        Verdict::Unproven,
        Verdict::NoRule,
    ];

    /// The word used in cells, tables and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Held => "held",
            Verdict::Declared => "declared",
            Verdict::Violated => "violated",
            Verdict::Unproven => "unproven",
            Verdict::NoRule => "no_rule",
        }
    }

    /// The verdict of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Verdict> {
        Self::ALL
            .into_iter()
            .find(|verdict| verdict.as_str() == word)
    }
}
