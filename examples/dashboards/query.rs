//! Spells out the words of a query: which series, which times, which buckets.
//!
//! Knows no panel. A newcomer may ask how a quantile comes out of a language that has no `if`: the
//! part of a bucket that lies below the rank is cut to between 0 and 1 by absolute values, and the
//! widths of the buckets, each times its part, add up to the quantile.

use tollwatch::series::LATENCY_BOUNDS;

/// The bounds of latencies that are bounds: the last bucket has none.
fn bounds() -> impl Iterator<Item = (usize, (u64, &'static str))> {
    let bounded = LATENCY_BOUNDS.into_iter();
    bounded.filter(|(bound, _)| *bound != u64::MAX).enumerate()
}

/// What the three variables of features and endpoints leave of a measurement.
const WHO: &str = r#""application" =~ /^$application$/ AND "feature" =~ /^$feature$/ AND "endpoint" =~ /^$endpoint$/"#;

fn series(word: &str) -> Option<String> {
    let calls = format!(r#"FROM "llm_calls" WHERE {WHO} AND "model" =~ /^$model$/"#);
    let text = match word {
        "calls" => calls,
        "residency" => format!(r#"FROM "llm_residency" WHERE {WHO}"#),
        "links" => format!(r#"FROM "llm_links" WHERE {WHO}"#),
        "approved" => r#"FROM "llm_registry" WHERE "endpoint" = 'none' AND "application" =~ /^$application$/ AND "feature" =~ /^$feature$/"#.to_owned(),
        "declared" => r#"FROM "llm_registry" WHERE "feature" = 'none' AND "endpoint" =~ /^$endpoint$/"#.to_owned(),
        "records" => r#"FROM "llm_source" WHERE "source" != 'all' AND "outcome" != 'state'"#.to_owned(),
        "state" => r#"FROM "llm_source" WHERE "source" != 'all' AND "outcome" = 'state'"#.to_owned(),
        "coverage" => r#"FROM "llm_source" WHERE "source" = 'all' AND "outcome" = 'state'"#.to_owned(),
        _ => return None,
    };
    Some(text)
}

/// The month's length from its number alone: 30 days, one more in the odd months before August and in the even
/// ones from then on, and February two less, or one in a leap year (a number to the fourth, by 5, leaves 1 or 0).
fn days_in_month() -> String {
    let month = "${__to:date:M}";
    let year = "(${__to:date:YYYY} % 4)";
    let february = format!("(2 * (1 % {month}) - 2 % {month})");
    format!(
        "(30 + ({month} + ({month} & 8) % 7) % 2 - {february} + {february} / 2 * (1 - {year} * {year} * {year} * {year} % 5))"
    )
}

/// Sums of the cumulative buckets: `b0` and on, and `n` for all.
fn buckets() -> String {
    let sums = bounds().map(|(place, (_, field))| format!(r#"sum("{field}") AS "b{place}""#));
    let sums: Vec<String> = sums.collect();
    format!(r#"{}, sum("le_inf") AS "n""#, sums.join(", "))
}

/// A quantile of such sums; widths are even numbers. The thousandth in the divisor only matters where a bucket is empty.
fn quantile(percent: &str) -> String {
    let (mut below, mut low) = ("0".to_owned(), 0);
    let mut parts = Vec::new();
    for (place, (bound, _)) in bounds() {
        let up_to = format!("\"b{place}\"");
        let count = if low == 0 {
            up_to.clone()
        } else {
            format!("{up_to} - {below}")
        };
        let part = format!("({percent} * \"n\" / 100 - {below}) / ({count} + 0.001)");
        let half = (bound - low) / 2;
        parts.push(format!("{half} * (abs({part}) - abs({part} - 1) + 1)"));
        (below, low) = (up_to, bound);
    }
    parts.join(" + ")
}

/// Calls between neighbouring bounds, each named by its upper one.
fn heat() -> String {
    let mut columns = Vec::new();
    let mut below = String::new();
    for (_, (bound, field)) in bounds() {
        let sum = format!("sum(\"{field}\")");
        columns.push(format!("{sum}{below} AS \"{bound}\""));
        below = format!(" - {sum}");
    }
    columns.push(format!("sum(\"le_inf\"){below} AS \"+Inf\""));
    columns.join(", ")
}

fn meaning(word: &str) -> Option<String> {
    let (name, argument) = word.split_once(' ').unwrap_or((word, ""));
    let text = match (name, argument) {
        ("last", length) if !length.is_empty() => {
            format!("time >= ${{__to}}ms - {length} AND time <= ${{__to}}ms")
        }
        ("since", length) if !length.is_empty() => format!("time >= ${{__to}}ms - {length}"),
        ("around", length) if !length.is_empty() => {
            format!("time >= ${{__from}}ms - {length} AND time <= ${{__to}}ms")
        }
        ("tz", "") => "tz('${timezone:raw}')".to_owned(),
        ("days_in_month", "") => days_in_month(),
        ("days_gone", "") => {
            "(${__to:date:D} - 1 + ${__to:date:H} / 24 + ${__to:date:m} / 1440)".to_owned()
        }
        ("buckets", "") => buckets(),
        ("quantile", percent) if !percent.is_empty() => quantile(percent),
        ("heat", "") => heat(),
        (name, "") => return series(name),
        _ => return None,
    };
    Some(text)
}

/// The query with every word in braces spelled out. A word that means nothing stays, and the test finds it.
pub(crate) fn spell_out(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((word, behind)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        // `${name}` is Grafana's own.
        let text = (!before.ends_with('$')).then(|| meaning(word)).flatten();
        out.push_str(&text.unwrap_or_else(|| format!("{{{word}}}")));
        rest = behind;
    }
    out.push_str(rest);
    out
}
