//! Additive totals of one key in one window.
//!
//! Knows no clock, no window and no series. Every field is an integer that adds and subtracts,
//! because only integers give the same total in any order; maximum, quantiles and shares are
//! derived when somebody reads.

mod bytes;
mod sum;

use crate::call::Class;
use crate::entry::{CallAdds, Entry, Money, RequestAdds};
use crate::hist::{Hist, Layout};
use crate::varint::{put, put_signed, take, take_signed};

pub use sum::CellSum;

macro_rules! totals {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// The plain totals of a cell. All add; corrections may make a part negative.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Totals {
            $($(#[doc = $doc])+ pub $name: i64,)+
        }

        impl Totals {
            /// Name of every total, in the order of [`Totals::values`]. New ones go to the end:
            /// ledgers store positions.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name),)+];

            /// Every total, in the order of [`Totals::NAMES`].
            #[must_use]
            pub fn values(&self) -> [i64; Totals::NAMES.len()] {
                [$(self.$name,)+]
            }

            /// The totals of such a list; missing ones are 0, surplus ones are left out.
            #[must_use]
            pub fn from_values(values: &[i64]) -> Totals {
                let mut values = values.iter().copied();
                Totals { $($name: values.next().unwrap_or(0),)+ }
            }

            /// Adds another's totals, `sign` times (1 or -1).
            pub fn add(&mut self, other: &Totals, sign: i64) {
                if sign == 1 {
                    $(self.$name = self.$name.saturating_add(other.$name);)+
                } else {
                    $(self.$name = self.$name.saturating_add(other.$name.saturating_mul(sign));)+
                }
            }
        }
    };
}

totals! {
    /// Calls answered.
    calls_ok,
    /// Calls refused with 429.
    calls_throttled,
    /// Calls refused with 401 or 403.
    calls_auth,
    /// Calls refused with another 4xx, or 3xx.
    calls_client_error,
    /// Calls failed with 5xx.
    calls_server_error,
    /// Calls that timed out.
    calls_timeout,
    /// Calls without an answer.
    calls_no_answer,
    /// Calls that failed in a way the report does not tell.
    calls_failed,
    /// Requests answered.
    requests_ok,
    /// Requests refused with 429.
    requests_throttled,
    /// Requests refused with 401 or 403.
    requests_auth,
    /// Requests refused otherwise.
    requests_client_error,
    /// Requests failed on the provider's side.
    requests_server_error,
    /// Requests that timed out.
    requests_timeout,
    /// Requests without an answer.
    requests_no_answer,
    /// Requests that failed in a way the report does not tell.
    requests_failed,
    /// Retries that records themselves state (calls).
    stated_retries,
    /// Calls that a header says were moved to another deployment.
    calls_spilled,
    /// Calls longer than their endpoint's timeout.
    calls_over_timeout,
    /// Calls whose pieces of evidence exclude each other.
    calls_contradicted,
    /// Sum of latencies (calls), in milliseconds.
    latency_ms_sum,
    /// Sum of durations (requests), in milliseconds.
    duration_ms_sum,
    /// Bytes sent (calls).
    request_bytes,
    /// Bytes received (calls).
    response_bytes,
    /// Fresh input tokens.
    tokens_input,
    /// Input tokens read from a cache.
    tokens_cache_read,
    /// Input tokens written to a five-minute cache.
    tokens_cache_write_5m,
    /// Input tokens written to a one-hour cache.
    tokens_cache_write_1h,
    /// Output tokens, reasoning included.
    tokens_output,
    /// Of the output: reasoning tokens.
    tokens_reasoning,
    /// Server-side web searches.
    web_searches,
    /// Cost by exact rows, in nano-dollars.
    cost_exact_nanousd,
    /// Cost by named rules of approximation, in nano-dollars.
    cost_approximated_nanousd,
    /// Requests priced by exact rows.
    requests_exact,
    /// Requests priced by rules of approximation.
    requests_approximated,
    /// Requests on endpoints paid by the hour.
    requests_fixed,
    /// Requests with tokens and no known price, or answered without any token count.
    requests_unpriced,
    /// Tokens of requests paid by the hour.
    tokens_fixed,
    /// Tokens of unpriced requests.
    tokens_unpriced,
    /// Requests whose stated total disagrees with their buckets.
    total_mismatches,
    /// Requests that say they used the company's own endpoint.
    requests_external,
    /// Requests that say they used the platform's own.
    requests_platform,
    /// Reports known only by a hash of their content.
    reports_weak,
}

/// Additive totals of one key in one window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// The plain totals.
    pub totals: Totals,
    /// Latencies of calls that told one, in milliseconds.
    pub latency: Hist,
    /// Durations of requests that told one, in milliseconds.
    pub duration: Hist,
    /// Input tokens, caches included, of requests that told their usage.
    pub prompt: Hist,
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Adds an amount that a record tells: at its bounds a total stands still and does not wrap.
fn add(total: &mut i64, amount: i64) {
    *total = total.saturating_add(amount);
}

/// What is read back from a damaged cell can be any number, and must not end the program.
fn sum(counts: [i64; 8]) -> i64 {
    counts.into_iter().fold(0, i64::saturating_add)
}

impl Totals {
    /// All calls.
    #[must_use]
    pub fn calls(&self) -> i64 {
        sum([
            self.calls_ok,
            self.calls_throttled,
            self.calls_auth,
            self.calls_client_error,
            self.calls_server_error,
            self.calls_timeout,
            self.calls_no_answer,
            self.calls_failed,
        ])
    }

    /// All requests.
    #[must_use]
    pub fn requests(&self) -> i64 {
        sum([
            self.requests_ok,
            self.requests_throttled,
            self.requests_auth,
            self.requests_client_error,
            self.requests_server_error,
            self.requests_timeout,
            self.requests_no_answer,
            self.requests_failed,
        ])
    }

    /// All cost that has a price, exact and approximated, in nano-dollars.
    #[must_use]
    pub fn cost_nanousd(&self) -> i64 {
        self.cost_exact_nanousd
            .saturating_add(self.cost_approximated_nanousd)
    }

    /// All input tokens, caches included.
    #[must_use]
    pub fn tokens_input_total(&self) -> i64 {
        self.tokens_input
            .saturating_add(self.tokens_cache_read)
            .saturating_add(self.tokens_cache_write_5m)
            .saturating_add(self.tokens_cache_write_1h)
    }

    /// Appends a cell of these totals without histograms, as [`Cell::encode`] writes it.
    pub fn encode_into(&self, bytes: &mut Vec<u8>) {
        self.put(bytes);
        bytes.extend_from_slice(&[0; 3]);
    }

    fn put(&self, bytes: &mut Vec<u8>) {
        let values = self.values();
        let set = values.iter().filter(|value| **value != 0).count();
        put(bytes, u64::try_from(set).unwrap_or(0));
        let mut last = 0_u64;
        for (position, value) in (0_u64..).zip(values) {
            if value != 0 {
                put(bytes, position - last);
                put_signed(bytes, value);
                last = position;
            }
        }
    }

    /// Takes the plain totals of an encoded cell from the front; `None` when the bytes are no cell.
    pub(crate) fn take(bytes: &mut &[u8]) -> Option<Totals> {
        let (mut values, mut position) = ([0_i64; Totals::NAMES.len()], 0_usize);
        for _ in 0..take(bytes)? {
            position = position.checked_add(usize::try_from(take(bytes)?).ok()?)?;
            *values.get_mut(position)? = take_signed(bytes)?;
        }
        Some(Totals::from_values(&values))
    }

    /// Counts one entry: what its halves add, and whether it was known only by a hash of content.
    pub fn count_entry(&mut self, entry: &Entry) {
        if let Some(call) = &entry.call {
            self.count_call(call);
        }
        if let Some(request) = &entry.request {
            self.count_request(request);
        }
        let weak = entry.identity.kind == crate::ids::IdentityKind::Weak;
        self.reports_weak += i64::from(weak);
    }

    /// Counts what a call adds.
    pub fn count_call(&mut self, call: &CallAdds) {
        match call.class {
            Class::Ok => self.calls_ok += 1,
            Class::Throttled => self.calls_throttled += 1,
            Class::Auth => self.calls_auth += 1,
            Class::ClientError => self.calls_client_error += 1,
            Class::ServerError => self.calls_server_error += 1,
            Class::Timeout => self.calls_timeout += 1,
            Class::NoAnswer => self.calls_no_answer += 1,
            Class::Failed => self.calls_failed += 1,
        }
        self.stated_retries += i64::from(call.stated_retries);
        self.calls_spilled += i64::from(call.spillover);
        self.calls_over_timeout += i64::from(call.over_timeout);
        self.calls_contradicted += i64::from(call.contradicted);
        add(
            &mut self.latency_ms_sum,
            call.latency.map_or(0, |latency| whole(latency.0)),
        );
        add(&mut self.request_bytes, whole(call.request_bytes));
        add(&mut self.response_bytes, whole(call.response_bytes));
    }

    /// Counts what a request adds.
    pub fn count_request(&mut self, request: &RequestAdds) {
        match request.class {
            Class::Ok => self.requests_ok += 1,
            Class::Throttled => self.requests_throttled += 1,
            Class::Auth => self.requests_auth += 1,
            Class::ClientError => self.requests_client_error += 1,
            Class::ServerError => self.requests_server_error += 1,
            Class::Timeout => self.requests_timeout += 1,
            Class::NoAnswer => self.requests_no_answer += 1,
            Class::Failed => self.requests_failed += 1,
        }
        let usage = request.usage.unwrap_or_default();
        add(&mut self.tokens_input, whole(usage.input));
        add(&mut self.tokens_cache_read, whole(usage.cache_read));
        add(&mut self.tokens_cache_write_5m, whole(usage.cache_write_5m));
        add(&mut self.tokens_cache_write_1h, whole(usage.cache_write_1h));
        add(&mut self.tokens_output, whole(usage.output));
        add(&mut self.tokens_reasoning, whole(usage.reasoning));
        add(&mut self.web_searches, whole(request.web_searches));
        match request.money {
            Money::Nothing => {}
            Money::Exact(amount) => {
                self.requests_exact += 1;
                add(&mut self.cost_exact_nanousd, amount.0);
            }
            Money::Approximated(amount) => {
                self.requests_approximated += 1;
                add(&mut self.cost_approximated_nanousd, amount.0);
            }
            Money::Fixed => {
                self.requests_fixed += 1;
                add(&mut self.tokens_fixed, whole(usage.total()));
            }
            Money::Unpriced => {
                self.requests_unpriced += 1;
                add(&mut self.tokens_unpriced, whole(usage.total()));
            }
        }
        add(
            &mut self.duration_ms_sum,
            request.duration.map_or(0, |duration| whole(duration.0)),
        );
        self.total_mismatches += i64::from(request.total_mismatch);
        self.requests_external += i64::from(request.external == Some(true));
        self.requests_platform += i64::from(request.external == Some(false));
    }
}

impl Cell {
    /// Adds one entry.
    pub fn add_entry(&mut self, entry: &Entry) {
        self.totals.count_entry(entry);
        if let Some(latency) = entry.call.as_ref().and_then(|call| call.latency) {
            self.latency.record(Layout::latency(), latency.0);
        }
        if let Some(request) = &entry.request {
            if let Some(duration) = request.duration {
                self.duration.record(Layout::latency(), duration.0);
            }
            if let Some(usage) = &request.usage {
                self.prompt.record(Layout::prompt(), usage.total_input());
            }
        }
    }

    /// Adds another cell, `sign` times (1 or -1).
    pub fn merge(&mut self, other: &Cell, sign: i64) {
        self.totals.add(&other.totals, sign);
        self.latency.merge(&other.latency, sign);
        self.duration.merge(&other.duration, sign);
        self.prompt.merge(&other.prompt, sign);
    }
}

#[cfg(test)]
mod tests;
