//! Placeholder of the skeleton: verdicts and grades only.

/// How far the evidence proves the residency rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Proven inside.
    Held,
    /// Inside by declaration alone.
    Declared,
    /// Proven outside.
    Violated,
    /// Not proven.
    Unproven,
    /// No rule.
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

    /// The word for tables, series and tests.
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
}

/// Strength of evidence, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Stated by the provider: where inference ran.
    A,
    /// Fixed by host or path.
    B,
    /// Resource region of a regional deployment.
    C,
    /// A zone.
    D,
    /// The front door.
    E,
    /// The registry alone.
    F,
}

impl Grade {
    /// All of them, in order.
    pub const ALL: [Grade; 6] = [Grade::A, Grade::B, Grade::C, Grade::D, Grade::E, Grade::F];

    /// The letter.
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
}
