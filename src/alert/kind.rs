//! What kinds of rules there are, by name.
//!
//! Knows no rule's figures. A newcomer may ask why the words stand here and not where files are
//! read: routes, silences, tables and labels name the same kinds.

use serde::{Deserialize, Serialize};

use super::rule::{Check, Due, Period, Residency, Sight};

macro_rules! words {
    ($(#[doc = $doc:literal])* $type:ident { $($name:ident = $word:literal,)+ }) => {
        impl $type {
            /// All of them, in order.
            pub const ALL: &'static [$type] = &[$($type::$name,)+];

            $(#[doc = $doc])*
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $($type::$name => $word,)+ }
            }

            /// The one of that word.
            #[must_use]
            pub fn parse(word: &str) -> Option<$type> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }
    };
}

/// A kind of rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// A figure over a window crosses a value.
    Threshold,
    /// A period's spend.
    Budget,
    /// Spend that would exhaust a budget before its time.
    Burn,
    /// A figure leaves what its series has earned as normal.
    Anomaly,
    /// A feature leaves what was approved.
    Drift,
    /// Where calls landed.
    Residency,
    /// Something never seen before.
    FirstSight,
    /// Traffic that has gone quiet.
    Silence,
    /// A date that comes near.
    Calendar,
}

words! {
    /// The word for rule files, routes, tables and labels.
    Kind {
        Threshold = "threshold",
        Budget = "budget",
        Burn = "burn",
        Anomaly = "anomaly",
        Drift = "drift",
        Residency = "residency",
        FirstSight = "first_sight",
        Silence = "silence",
        Calendar = "calendar",
    }
}

words! {
    /// The word for rule files and tables.
    Period {
        Day = "day",
        Week = "week",
        Month = "month",
    }
}

words! {
    /// The word for rule files and tables.
    Residency {
        Violated = "violated",
        Contradicted = "contradicted",
        Fallback = "fallback",
        OtherDoor = "other_door",
        PlatformDefault = "platform_default",
        OutsidePilot = "outside_pilot",
        DownWithoutFallback = "down_without_fallback",
    }
}

words! {
    /// The word for rule files and tables.
    Sight {
        Endpoint = "endpoint",
        Model = "model",
        Credential = "credential",
        Host = "host",
    }
}

words! {
    /// The word for rule files and tables.
    Due {
        Credential = "credential",
        Retirement = "retirement",
        Pilot = "pilot",
        Exercise = "exercise",
        Prices = "prices",
    }
}

impl Check {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Check::Threshold { .. } => Kind::Threshold,
            Check::Budget(_) => Kind::Budget,
            Check::Burn(_) => Kind::Burn,
            Check::Anomaly { .. } => Kind::Anomaly,
            Check::Drift { .. } => Kind::Drift,
            Check::Residency(_) => Kind::Residency,
            Check::FirstSight(_) => Kind::FirstSight,
            Check::Silence { .. } => Kind::Silence,
            Check::Calendar(_) => Kind::Calendar,
        }
    }
}
