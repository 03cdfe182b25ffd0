//! Single reports as JSON, the newest first, a part at a time.
//!
//! Knows no HTTP. A newcomer may ask why a part may be empty and still have a next one: lines are
//! read hour by hour, and whoever looks for something rare must not hold the disk.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::Serialize;

use crate::call::Usage;
use crate::entry::{Money, RequestAdds};
use crate::ledger::Span;
use crate::line::Line;
use crate::units::{HOUR_MS, UnixMillis};
use crate::web::Refused;

use super::super::Ask;
use super::super::calls::{Wanted, position};
use super::super::view::{Fault, View};
use super::{limit, next};

/// Hours that one answer looks into.
const HOURS: i64 = 72;

/// Reports, the newest first.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct Calls {
    /// At most `limit` of them; fewer, and even none, where much had to be looked through.
    calls: Vec<Report>,
    /// Where to go on: the address of the next part; `null` after the last.
    next: Option<String>,
}

/// One report: a call where it tells transport facts, a request where it tells usage facts.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "CallReport")]
struct Report {
    /// When the call began, RFC 3339 in UTC.
    at: String,
    /// The call's identity as told; empty where none was.
    id: String,
    /// Where its record stands: `topic:partition:offset`, or `file:0:byte`.
    position: String,
    /// Name of the source.
    source: String,
    /// `application/skill`, or `unattributed`.
    feature: String,
    /// Registered name, else the host, else `unassigned`.
    endpoint: String,
    /// Provider; empty where nothing tells.
    provider: String,
    /// Model; empty where nothing tells.
    model: String,
    /// Region or zone where it landed; empty where nothing tells.
    region: String,
    /// `held`, `declared`, `violated`, `unproven` or `no rule`; `null` for a report without
    /// transport facts.
    verdict: Option<&'static str>,
    /// Grade of the strongest evidence.
    grade: Option<&'static str>,
    /// The strongest evidence in words.
    evidence: String,
    /// Name of the residency rule.
    rule: String,
    /// Name of the price row, or of the reason why there is none.
    price_row: String,
    /// Number of the configuration that it was judged under.
    config: u32,
    /// What its transport facts added.
    call: Option<Call>,
    /// What its usage facts added.
    request: Option<Request>,
}

/// Transport facts.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "CallFacts")]
struct Call {
    /// `ok`, `throttled`, `auth`, `client_error`, `server_error`, `timeout` or `no_answer`.
    outcome: &'static str,
    /// From request to last byte, in milliseconds.
    latency_ms: Option<u64>,
    /// It took longer than the endpoint's timeout.
    over_timeout: bool,
    /// A header says that it was moved to another deployment.
    spillover: bool,
    /// Two pieces of evidence exclude each other.
    contradicted: bool,
}

/// Usage facts.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "RequestFacts")]
struct Request {
    /// As of a call, or `failed` where the report does not say how.
    outcome: &'static str,
    /// How long it took by the teller's clock, in milliseconds.
    duration_ms: Option<u64>,
    /// Its tokens; `null` where the report tells none.
    tokens: Option<Tokens>,
    /// Its cost in nano-dollars; `null` where no amount is known.
    cost_nanousd: Option<i64>,
    /// How the cost is known: `exact`, `approximated`, `fixed` (paid by the hour), `unpriced`, or
    /// `nothing` where nothing was used.
    priced: &'static str,
}

/// Tokens in buckets that add up; reasoning is a part of output.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Tokens {
    /// Neither read from nor written to a cache.
    input: u64,
    /// Read from a cache.
    cache_read: u64,
    /// Written to a cache for five minutes.
    cache_write_5m: u64,
    /// Written to a cache for an hour.
    cache_write_1h: u64,
    /// Output, reasoning included.
    output: u64,
    /// Of the output.
    reasoning: u64,
}

/// Where a part ended: before a moment, or before one line of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    at: i64,
    /// Key and offset of the last line that was given.
    line: Option<(u64, u64)>,
}

impl Cursor {
    fn parse(text: &str) -> Option<Cursor> {
        let mut parts = text.split('-');
        let at = parts.next()?.parse().ok().filter(|at| *at >= 0)?;
        let hex = |part: &str| u64::from_str_radix(part, 16).ok();
        let line = match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => None,
            (Some(id), Some(offset), None) => Some((hex(id)?, hex(offset)?)),
            _ => return None,
        };
        Some(Cursor { at, line })
    }

    fn text(self) -> String {
        match self.line {
            Some((id, offset)) => format!("{}-{id:x}-{offset:x}", self.at),
            None => self.at.to_string(),
        }
    }

    /// Where what comes before it ends.
    fn end(self) -> UnixMillis {
        let within = i64::from(self.line.is_some());
        UnixMillis(self.at.saturating_add(within))
    }

    fn is(self, line: &Line) -> bool {
        self.line == Some((line.id, line.offset)) && self.at == line.at.0
    }
}

pub(super) fn calls(ask: &Ask<'_>) -> Result<Calls, Fault> {
    let wanted = Wanted::of(ask)?;
    let limit = limit(ask.asked)?;
    let cursor = match ask.asked.get("cursor") {
        None => None,
        Some(text) => Some(Cursor::parse(text).ok_or_else(|| {
            let right = "what `next` of the part before says".to_owned();
            Fault::Refused(Refused::Parameter("cursor".to_owned(), right))
        })?),
    };
    let view = ask.view;
    let newest = view.books.map_or(view.today, |(_, last)| last);
    let to = view.span.to.min(View::day(ask.ledger.zones(), newest).to);
    let to = cursor.map_or(to, |cursor| cursor.end().min(to));
    let (lines, rest) = gather(ask, &wanted, (cursor, to), limit)?;
    Ok(Calls {
        calls: lines.iter().map(report).collect(),
        next: rest.map(|cursor| next(ask, "calls", &cursor.text())),
    })
}

/// The newest wanted lines before `to`, and where to go on.
fn gather(
    ask: &Ask<'_>,
    wanted: &Wanted<'_>,
    (cursor, mut to): (Option<Cursor>, UnixMillis),
    limit: usize,
) -> Result<(Vec<Line>, Option<Cursor>), Fault> {
    let from = ask.view.span.from;
    let mut lines: Vec<Line> = Vec::new();
    for _ in 0..HOURS {
        if to <= from {
            return Ok((lines, None));
        }
        let start = UnixMillis(to.0 - 1).floor(HOUR_MS).max(from);
        // One more than are asked for tells whether there are more.
        let room = limit + 1 - lines.len();
        let mut found = VecDeque::with_capacity(room);
        let mut reached = false;
        ask.ledger.lines(Span { from: start, to }, &mut |line| {
            reached = reached || cursor.is_some_and(|cursor| cursor.is(&line));
            if !reached && wanted.takes(&line) {
                if found.len() == room {
                    found.pop_front();
                }
                found.push_back(line);
            }
            Ok(())
        })?;
        lines.extend(found.into_iter().rev());
        if lines.len() > limit {
            lines.truncate(limit);
            let last = lines.last().map(|line| Cursor {
                at: line.at.0,
                line: Some((line.id, line.offset)),
            });
            return Ok((lines, last));
        }
        to = start;
    }
    let rest = (to > from).then_some(Cursor {
        at: to.0,
        line: None,
    });
    Ok((lines, rest))
}

fn report(line: &Line) -> Report {
    let (about, key) = (&line.about, &line.about.key);
    Report {
        at: line.at.to_string(),
        id: line.identity.to_string(),
        position: position(line),
        source: about.source.to_string(),
        feature: key.feature.to_string(),
        endpoint: key.endpoint.to_string(),
        provider: key.provider.to_string(),
        model: key.model.to_string(),
        region: key.region.to_string(),
        verdict: key.verdict.map(crate::residency::Verdict::as_str),
        grade: key.grade.map(crate::residency::Grade::as_str),
        evidence: about.evidence_words.to_string(),
        rule: about.rule.to_string(),
        price_row: about.price_row.to_string(),
        config: about.config.0,
        call: line.call.map(|call| Call {
            outcome: call.class.as_str(),
            latency_ms: call.latency.map(|ms| ms.0),
            over_timeout: call.over_timeout,
            spillover: call.spillover,
            contradicted: call.contradicted,
        }),
        request: line.request.map(request),
    }
}

fn request(request: RequestAdds) -> Request {
    let priced = match request.money {
        Money::Nothing => "nothing",
        Money::Exact(_) => "exact",
        Money::Approximated(_) => "approximated",
        Money::Fixed => "fixed",
        Money::Unpriced => "unpriced",
    };
    Request {
        outcome: request.class.as_str(),
        duration_ms: request.duration.map(|ms| ms.0),
        tokens: request.usage.map(tokens),
        cost_nanousd: request.money.amount().map(|amount| amount.0),
        priced,
    }
}

fn tokens(usage: Usage) -> Tokens {
    Tokens {
        input: usage.input,
        cache_read: usage.cache_read,
        cache_write_5m: usage.cache_write_5m,
        cache_write_1h: usage.cache_write_1h,
        output: usage.output,
        reasoning: usage.reasoning,
    }
}

#[cfg(test)]
mod tests {
    use super::Cursor;

    #[test]
    fn cursors_are_read_as_they_were_written() {
        let cases = [
            ("1795132800000", true),
            ("1795132800000-ff-0", true),
            ("0-ffffffffffffffff-ffffffffffffffff", true),
            ("", false),
            ("-1", false),
            ("1-ff", false),
            ("1-ff-0-0", false),
            ("1-fg-0", false),
            ("9223372036854775808", false),
        ];
        for (text, right) in cases {
            let read = Cursor::parse(text).map(Cursor::text);
            assert_eq!(read.as_deref(), right.then_some(text), "{text}");
        }
    }
}
