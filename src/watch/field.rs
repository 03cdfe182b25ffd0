//! What is summed of a cell, a link or a credential's hour so that rules can be judged by it.
//!
//! Knows no window and no rule. A newcomer may ask why not the cells' own totals: a window keeps only
//! the few sums that its rules ask for, and some of them hang on the verdict in the key.

use crate::cell::Totals;
use crate::link::{Group, Kind, LinkKey, LinkTotals};
use crate::residency::Verdict;

macro_rules! fields {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// One of the sums.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Field {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Field {
            /// All of them, in the order of [`Values`].
            const ALL: &'static [Field] = &[$(Field::$name,)+];
        }
    };
}

fields! {
    /// Calls.
    Calls,
    /// Calls answered.
    CallsOk,
    /// Calls refused with 429.
    Throttled,
    /// Calls refused with 401 or 403.
    Auth,
    /// Calls longer than their endpoint's timeout.
    OverTimeout,
    /// Calls whose evidence excludes other evidence.
    Contradicted,
    /// Calls that a header says were moved.
    Spilled,
    /// Calls with the verdict violated.
    Violated,
    /// Calls with the verdict unproven.
    Unproven,
    /// Calls under a rule of residency.
    Ruled,
    /// Retries that records themselves state.
    StatedRetries,
    /// Requests.
    Requests,
    /// Requests answered.
    Answered,
    /// All tokens.
    Tokens,
    /// Input tokens, caches included.
    Prompt,
    /// Cost that has a price, in nano-dollars.
    Spend,
    /// Requests without a price.
    Unpriced,
    /// Requests that say they used the platform's own model.
    Platform,
    /// Calls that were tried again.
    RetriedCalls,
    /// Requests that were tried again.
    RetriedRequests,
    /// What failed attempts that were tried again cost, in nano-dollars.
    RetrySpend,
    /// Failed calls or requests after which another endpoint was asked.
    Fallbacks,
    /// Of them: it answered.
    FallbackAnswered,
}

/// Every sum of one cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Values([i64; Field::COUNT]);

impl Field {
    /// How many there are.
    pub(super) const COUNT: usize = Field::ALL.len();

    /// Its place in [`Values`].
    #[expect(
        clippy::as_conversions,
        reason = "a field stands where it is named, and its number is that place"
    )]
    pub(super) const fn place(self) -> usize {
        self as usize
    }

    /// Whether links tell it.
    pub(super) fn is_of_links(self) -> bool {
        self >= Field::RetriedCalls
    }
}

impl Values {
    /// The sum at a place.
    pub(super) fn at(&self, place: usize) -> i64 {
        self.0.get(place).copied().unwrap_or(0)
    }

    /// A sum by name.
    pub(super) fn get(&self, field: Field) -> i64 {
        self.at(field.place())
    }

    fn of(pairs: &[(Field, i64)]) -> Values {
        let mut values = Values::default();
        for (field, amount) in pairs {
            if let Some(value) = values.0.get_mut(field.place()) {
                *value = *amount;
            }
        }
        values
    }

    /// The sums of totals whose key has this verdict.
    pub(super) fn of_totals(totals: &Totals, verdict: Option<Verdict>) -> Values {
        let calls = totals.calls();
        let if_verdict = |wanted: Verdict| if verdict == Some(wanted) { calls } else { 0 };
        let ruled = match verdict {
            Some(Verdict::Held | Verdict::Declared | Verdict::Violated | Verdict::Unproven) => {
                calls
            }
            Some(Verdict::NoRule) | None => 0,
        };
        let prompt = totals.tokens_input_total();
        // In the order of the fields; those of links are 0.
        let own = [
            calls,
            totals.calls_ok,
            totals.calls_throttled,
            totals.calls_auth,
            totals.calls_over_timeout,
            totals.calls_contradicted,
            totals.calls_spilled,
            if_verdict(Verdict::Violated),
            if_verdict(Verdict::Unproven),
            ruled,
            totals.stated_retries,
            totals.requests(),
            totals.requests_ok,
            prompt.saturating_add(totals.tokens_output),
            prompt,
            totals.cost_nanousd(),
            totals.requests_unpriced,
            totals.requests_platform,
        ];
        let mut values = Values::default();
        for (value, own) in values.0.iter_mut().zip(own) {
            *value = own;
        }
        values
    }

    /// The sums of a pair's totals.
    pub(super) fn of_links(key: &LinkKey, totals: &LinkTotals) -> Values {
        match (key.kind, key.group) {
            (Kind::Retry, Group::Call) => Values::of(&[
                (Field::RetriedCalls, totals.links),
                (Field::RetrySpend, totals.lost_nanousd),
            ]),
            (Kind::Retry, Group::Request) => Values::of(&[
                (Field::RetriedRequests, totals.links),
                (Field::RetrySpend, totals.lost_nanousd),
            ]),
            (Kind::Fallback, Group::Call | Group::Request) => Values::of(&[
                (Field::Fallbacks, totals.links),
                (Field::FallbackAnswered, totals.answered),
            ]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_stand_at_their_fields() {
        let totals = Totals {
            calls_ok: 1,
            calls_throttled: 2,
            requests_ok: 3,
            requests_platform: 5,
            tokens_input: 7,
            tokens_output: 11,
            cost_exact_nanousd: 13,
            requests_unpriced: 17,
            ..Totals::default()
        };
        let values = Values::of_totals(&totals, Some(Verdict::Violated));
        let rows = [
            (Field::Calls, 3),
            (Field::CallsOk, 1),
            (Field::Throttled, 2),
            (Field::Violated, 3),
            (Field::Unproven, 0),
            (Field::Ruled, 3),
            (Field::Requests, 3),
            (Field::Answered, 3),
            (Field::Tokens, 18),
            (Field::Prompt, 7),
            (Field::Spend, 13),
            (Field::Unpriced, 17),
            (Field::Platform, 5),
            (Field::Fallbacks, 0),
        ];
        for (field, expected) in rows {
            assert_eq!(values.get(field), expected, "{field:?}");
        }
    }
}
