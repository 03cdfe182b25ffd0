//! Sixteen days of traffic as points, with every measurement and every field that a panel may ask for.
//!
//! Knows no ledger. A newcomer may ask why figures are made up: what is tested is whether queries find
//! what a schema promises, and what they add up to is computed here, from the same cells.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

/// One cell's worth of traffic.
struct Stream {
    application: &'static str,
    feature: &'static str,
    endpoint: &'static str,
    model: &'static str,
    region: &'static str,
    residency: &'static str,
    grade: &'static str,
    /// Whether it is told by calls; else by requests.
    calls: bool,
}

const fn stream(
    feature: (&'static str, &'static str),
    endpoint: (&'static str, &'static str),
    landed: (&'static str, &'static str, &'static str),
    calls: bool,
) -> Stream {
    Stream {
        application: feature.0,
        feature: feature.1,
        endpoint: endpoint.0,
        model: endpoint.1,
        region: landed.0,
        residency: landed.1,
        grade: landed.2,
        calls,
    }
}

const ITSM: (&str, &str) = ("itsm", "itsm/incident_summarization");
const CSM: (&str, &str) = ("csm", "csm/case_summarization");
const NOBODY: (&str, &str) = ("none", "unattributed");
const WEST: (&str, &str) = ("gpt4o-itsm", "gpt-4o");
const LONG: (&str, &str) = ("gpt4o-itsm-long", "gpt-4o");
const CASES: (&str, &str) = ("gpt4o-csm", "gpt-4o-mini");
const STRANGER: (&str, &str) = ("api.shadow.example", "gpt-4o");
const NOWHERE: (&str, &str, &str) = ("none", "none", "none");

/// Names with a slash, a dot and a comma are among them: variables must escape what they hold.
const STREAMS: [Stream; 9] = [
    stream(ITSM, WEST, ("azure:westeurope", "held", "C"), true),
    stream(ITSM, LONG, ("azure:eastus", "violated", "C"), true),
    stream(CSM, CASES, ("azure:westeurope", "held", "C"), true),
    stream(CSM, CASES, ("azure:westeurope", "declared", "F"), true),
    stream(NOBODY, STRANGER, ("none", "unproven", "none"), true),
    stream(
        NOBODY,
        ("spare, no rule", "gpt-4o"),
        ("azure:westeurope", "no_rule", "B"),
        true,
    ),
    stream(ITSM, WEST, NOWHERE, false),
    stream(ITSM, LONG, NOWHERE, false),
    stream(CSM, CASES, NOWHERE, false),
];

/// Upper bounds of the latency buckets.
const BOUNDS: [i64; 13] = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000,
];

fn escaped(text: &str) -> String {
    text.replace(',', "\\,")
        .replace(' ', "\\ ")
        .replace('=', "\\=")
}

/// A number below `limit` that looks drawn and is the same every time.
fn drawn(seed: i64, limit: i64) -> i64 {
    let mixed = seed
        .wrapping_mul(0x2545_F491_4F6C_DD1D)
        .wrapping_add(0x1234_5678_9ABC);
    (mixed ^ (mixed >> 29)).rem_euclid(limit)
}

/// The latencies of a cell's calls: most near a second, one in forty near the timeout.
fn latencies(seed: i64, calls: i64) -> Vec<i64> {
    let one = |n: i64| match drawn(seed + n * 31, 40) {
        0 => 20_000 + drawn(seed + n, 9_000),
        1..=9 => 2_500 + drawn(seed + n, 5_000),
        _ => 300 + drawn(seed + n, 1_900),
    };
    (0..calls).map(one).collect()
}

/// What was written: the lines, and the sums that queries must find.
#[derive(Default)]
pub(crate) struct Points {
    /// Line protocol, precision seconds.
    pub(crate) lines: String,
    /// Nano-dollars by UTC day and feature.
    pub(crate) cost: BTreeMap<(i64, &'static str), i64>,
    /// Every latency of an endpoint's calls, by endpoint.
    pub(crate) latencies: BTreeMap<&'static str, Vec<i64>>,
    /// Calls by verdict.
    pub(crate) verdicts: BTreeMap<&'static str, i64>,
}

impl Points {
    /// Points up to `end`, in seconds: by the minute for two hours, by ten minutes for a day, by the hour before.
    /// `totals` are the names of a cell's totals.
    pub(crate) fn until(end: i64, totals: &[&str]) -> Points {
        let mut points = Points::default();
        let mut at = end - 16 * DAY;
        at -= at.rem_euclid(3600);
        while at < end {
            for (place, stream) in STREAMS.iter().enumerate() {
                points.cell(at, stream, i64::try_from(place).unwrap(), totals);
            }
            if at.rem_euclid(3600) == 0 {
                points.hour(at);
            }
            at += match end - at {
                ..7_201 => 60,
                7_201..=DAY => 600,
                _ => 3_600,
            };
        }
        points.registry(end);
        points.source(end);
        points
    }

    fn line(&mut self, series: &str, fields: &BTreeMap<String, i64>, at: i64) {
        let fields: Vec<String> = fields
            .iter()
            .map(|(name, n)| format!("{name}={n}i"))
            .collect();
        writeln!(self.lines, "{series} {} {at}", fields.join(",")).unwrap();
    }

    fn cell(&mut self, at: i64, stream: &Stream, place: i64, totals: &[&str]) {
        let seed = at * 16 + place;
        let mut fields: BTreeMap<String, i64> =
            totals.iter().map(|name| ((*name).to_owned(), 0)).collect();
        let count = 4 + drawn(seed, 9);
        let mut set = |name: &str, value: i64| fields.insert(name.to_owned(), value);
        let (application, feature) = (stream.application, escaped(stream.feature));
        let (endpoint, region) = (escaped(stream.endpoint), stream.region);
        if stream.calls {
            set("requests", 0);
            set("calls", count);
            set("calls_ok", count - 2);
            set("calls_throttled", 1);
            set("calls_server_error", 1);
            set("calls_spilled", i64::from(place == 2));
            let latencies = latencies(seed, count);
            let slow = latencies.iter().filter(|ms| **ms > 25_000).count();
            set("calls_over_timeout", i64::try_from(slow).unwrap());
            for bound in BOUNDS {
                let below = latencies.iter().filter(|ms| **ms <= bound).count();
                set(&format!("le_{bound}"), i64::try_from(below).unwrap());
            }
            set("le_inf", count);
            set("latency_ms_count", count);
            let series = format!(
                "llm_residency,application={application},endpoint={endpoint},feature={feature},grade={},region={region},residency={},rev=0",
                stream.grade, stream.residency
            );
            let verdict: BTreeMap<String, i64> = [
                ("calls", count),
                ("calls_ok", count - 2),
                (
                    "calls_contradicted",
                    i64::from(stream.residency == "violated"),
                ),
                ("calls_spilled", i64::from(place == 2)),
            ]
            .map(|(name, n)| (name.to_owned(), n))
            .into();
            self.line(&series, &verdict, at);
            *self.verdicts.entry(stream.residency).or_default() += count;
            self.latencies
                .entry(stream.endpoint)
                .or_default()
                .extend(latencies);
        } else {
            set("calls", 0);
            set("requests", count);
            set("requests_ok", count - 1);
            set("requests_throttled", 1);
            set("tokens_input", count * 3_000);
            set("tokens_cache_read", count * 1_000);
            set("tokens_output", count * 400);
            let cost = count * 41_000_123 + drawn(seed, 999_999);
            set("cost_exact_nanousd", cost);
            set("cost_nanousd", cost);
            set("requests_exact", count - 2);
            set("requests_approximated", 1);
            set("requests_unpriced", 1);
            let day = at.div_euclid(DAY);
            *self.cost.entry((day, stream.feature)).or_default() += cost;
        }
        let series = format!(
            "llm_calls,application={application},endpoint={endpoint},feature={feature},model={},provider=azure,region={region},residency={},rev=0",
            stream.model, stream.residency
        );
        self.line(&series, &fields, at);
    }

    fn hour(&mut self, at: i64) {
        let link = |kind: &str, next: &str| {
            format!(
                "llm_links,application=itsm,endpoint=gpt4o-itsm,feature=itsm/incident_summarization,kind={kind},next_endpoint={next},rev=0"
            )
        };
        let parts = [
            "links",
            "answered",
            "lost_tokens",
            "lost_ms",
            "lost_nanousd",
            "spent_tokens",
            "spent_nanousd",
        ];
        for (kind, next) in [("retry", "gpt4o-itsm"), ("fallback", "gpt4o-itsm-long")] {
            let mut fields = BTreeMap::new();
            for (place, part) in parts.iter().enumerate() {
                let n = 2 + i64::try_from(place).unwrap() * 1_000;
                fields.insert(format!("calls_{part}"), n);
                fields.insert(format!("requests_{part}"), n + 1);
            }
            self.line(&link(kind, next), &fields, at);
        }
    }

    fn registry(&mut self, end: i64) {
        let first = (end - 16 * DAY).div_euclid(DAY);
        for day in first..=end.div_euclid(DAY) {
            let at = day * DAY;
            for (application, feature, cost) in
                [(ITSM.0, ITSM.1, 40_000_000), (CSM.0, CSM.1, 25_000_000)]
            {
                writeln!(
                    self.lines,
                    "llm_registry,application={application},endpoint=none,feature={feature},rev=0 \
                     approved_nanousd_per_call={cost}i,approved_calls_per_day=200i,approved_tokens_per_call=12000i,\
                     approved_retry_permille=20i,rule=\"eu\" {at}"
                )
                .unwrap();
            }
            for (endpoint, timeout) in [(WEST.0, 30_000), (LONG.0, 30_000), (CASES.0, 20_000)] {
                writeln!(
                    self.lines,
                    "llm_registry,application=none,endpoint={endpoint},feature=none,rev=0 \
                     timeout_ms={timeout}i,declared_region=\"azure:westeurope\",rule=\"eu\" {at}"
                )
                .unwrap();
            }
        }
    }

    fn source(&mut self, end: i64) {
        for at in (end - 7_200..end).step_by(60) {
            let outcomes = [
                ("received", "none", 100),
                ("metered", "none", 60),
                ("ignored", "other_call", 37),
                ("quarantined", "no_time", 3),
            ];
            for (outcome, reason, n) in outcomes {
                writeln!(
                    self.lines,
                    "llm_source,outcome={outcome},reason={reason},rev=0,source=servicenow records={n}i {at}"
                )
                .unwrap();
            }
            writeln!(
                self.lines,
                "llm_source,outcome=state,reason=none,rev=0,source=servicenow lag_ms=4200i,lag_records=12i,lost_records=0i {at}\n\
                 llm_source,outcome=state,reason=none,rev=0,source=all covered_calls=990i,covered_requests=980i,\
                 coverage_permille=989i,requests_unpriced=7i {at}"
            )
            .unwrap();
        }
        let at = end - 60;
        writeln!(
            self.lines,
            "llm_follower,follower=main,rev=0,timezone=UTC frozen_id=1i {at}"
        )
        .unwrap();
        writeln!(
            self.lines,
            "llm_alerts,application=itsm,endpoint=none,feature=itsm/incident_summarization,kind=budget,rev=0,\
             rule=budget,severity=warning,state=firing steps=1i,title=\"Budget passed\",text=\"80 % of November is \
             spent\",episode=7i,step=1i,series=1i,told=1i,since={at}i,loss_nanousd=5000000000i,loss_usd=5,\
             value=80000000000i,expected=60000000000i,allowed=75000000000i,unit=\"nanousd\" {at}"
        )
        .unwrap();
    }
}
