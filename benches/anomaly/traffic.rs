//! Tables of real traffic: budgets, rules, few calls, growing prompts.
//!
//! Knows no file. A newcomer may ask why one fleet is run and two sets of it are told: thresholds are a fleet's, and
//! a fleet has always-on and idle series together.

use tollwatch::anomaly::{Budget, Pool};

use super::data::Series;
use super::fleet::{Incident, Ours, Outcome, judged};
use super::limit::Limits;
use super::rules::{FourSigma, ThreeTimes};
use super::{growing, synthetic};

/// Budgets as one alert in so many weeks; the third is the default.
pub(crate) const WEEKS: [u32; 5] = [8, 4, 3, 2, 1];
const DEFAULT: u32 = 3;

/// What was published of the same design on half of the clients, by budget: alerts, retry, burst, leak.
const REFERENCE_ON: [[f64; 4]; 5] = [
    [0.14, 0.48, 0.87, 0.29],
    [0.22, 0.64, 0.91, 0.44],
    [0.25, 0.67, 0.93, 0.48],
    [0.36, 0.69, 0.93, 0.50],
    [0.72, 0.77, 0.93, 0.58],
];
const REFERENCE_ALL: [[f64; 4]; 5] = [
    [0.15, 0.25, 0.46, 0.13],
    [0.22, 0.34, 0.53, 0.19],
    [0.28, 0.39, 0.57, 0.21],
    [0.43, 0.46, 0.61, 0.26],
    [0.73, 0.56, 0.66, 0.32],
];

fn heading(title: &str) {
    println!("\n{title}");
    println!(
        "  {:<26} {:>7} {:>9}   {:>10} {:>10} {:>10}   reference",
        "", "alerts", "/promised", "retry", "burst", "leak"
    );
}

fn found(outcome: &Outcome, incident: Incident) -> String {
    let (share, delay) = outcome.recall(incident);
    let delay = delay.map_or("-".to_owned(), |minutes| minutes.to_string());
    format!("{share:.2} / {delay}")
}

fn row(name: &str, outcome: &Outcome, promised: Option<f64>, reference: Option<&[f64; 4]>) {
    let [retry, burst, leak] = Incident::ALL.map(|incident| found(outcome, incident));
    let of_promise = promised.map_or(String::new(), |promised| {
        format!("{:.2}", outcome.rate() / promised)
    });
    let reference = reference.map_or(String::new(), |[alerts, retry, burst, leak]| {
        format!("{alerts:.2}: {retry:.2} {burst:.2} {leak:.2}")
    });
    println!(
        "  {name:<26} {:>7.2} {of_promise:>9}   {retry:>10} {burst:>10} {leak:>10}   {reference}",
        outcome.rate()
    );
}

fn name(weeks: u32) -> String {
    match weeks {
        1 => "one a week".to_owned(),
        DEFAULT => format!("one in {weeks} weeks (default)"),
        _ => format!("one in {weeks} weeks"),
    }
}

/// Both sets under every budget, and the two rules.
pub(crate) fn measure(series: &[Series], limits: &mut Limits) {
    let used: Vec<&Series> = series.iter().filter(|one| one.is_used()).collect();
    let fleet: Vec<Vec<u64>> = used.iter().map(|one| one.counts.clone()).collect();
    let by_budget = WEEKS.map(|weeks| {
        let budget = Budget::weeks(weeks);
        judged(&fleet, &|| Ours::new(budget), Pool::shipped())
    });
    let three = judged(&fleet, &ThreeTimes::new, Pool::empty());
    let sigma = judged(&fleet, &FourSigma::new, Pool::empty());
    let on = |place: usize| used.get(place).is_some_and(|one| one.is_always_on());
    for (is_all, reference) in [(false, &REFERENCE_ON), (true, &REFERENCE_ALL)] {
        let cut = |outcome: &Outcome| outcome.only(|place| is_all || on(place));
        let title = if is_all {
            "clients with more than 5 calls a bin"
        } else {
            "always-on clients"
        };
        heading(&format!(
            "{} {title}: alerts a series and untouched week; share found / median delay in minutes",
            cut(&three).series.len()
        ));
        for ((weeks, outcome), reference) in WEEKS.iter().zip(&by_budget).zip(reference) {
            let cut = cut(outcome);
            let promised = Budget::weeks(*weeks).per_week();
            row(&name(*weeks), &cut, Some(promised), Some(reference));
            if *weeks == DEFAULT {
                hold(&cut, title, is_all, limits);
            }
        }
        row("3 times the 7-day mean", &cut(&three), None, None);
        row("4 sigma of the hour of day", &cut(&sigma), None, None);
    }
}

fn hold(outcome: &Outcome, title: &str, is_all: bool, limits: &mut Limits) {
    let (alerts, least) = if is_all {
        (0.30, [0.33, 0.55, 0.20])
    } else {
        (0.25, [0.50, 0.88, 0.40])
    };
    limits.at_most(&format!("{title}: alerts"), outcome.rate(), alerts);
    for (incident, least) in Incident::ALL.into_iter().zip(least) {
        let (share, delay) = outcome.recall(incident);
        limits.at_least(&format!("{title}: {incident:?} found"), share, least);
        if !is_all {
            let delay = delay.map_or(f64::INFINITY, f64::from);
            limits.at_most(&format!("{title}: {incident:?} delay"), delay, 10.0);
        }
    }
}

/// Always-on clients with few calls.
pub(crate) fn thinned(series: &[Series]) {
    let on: Vec<&Series> = series.iter().filter(|one| one.is_always_on()).collect();
    heading("always-on clients thinned to a few calls a bin (default budget)");
    let published = [
        [0.22, 0.86, 0.93, 0.10],
        [0.42, 0.77, 0.94, 0.28],
        [0.31, 0.72, 0.93, 0.35],
    ];
    for (calls, published) in [1.0, 3.0, 10.0].into_iter().zip(&published) {
        let fleet = synthetic::thinned(&on, calls, 11);
        let make = || Ours::new(Budget::default());
        let outcome = judged(&fleet, &make, Pool::shipped());
        let promised = Budget::default().per_week();
        row(
            &format!("{calls} a bin"),
            &outcome,
            Some(promised),
            Some(published),
        );
        for (rule, outcome) in [
            (
                "  3 times the mean",
                judged(&fleet, &ThreeTimes::new, Pool::empty()),
            ),
            ("  4 sigma", judged(&fleet, &FourSigma::new, Pool::empty())),
        ] {
            row(rule, &outcome, None, None);
        }
    }
}

/// Tokens per call that grow.
pub(crate) fn growth(series: &[Series], limits: &mut Limits) {
    let told = growing::measure(series);
    println!(
        "\nprompt growth, {} clients that tell tokens in every quarter of a day: {:.2} told a series and untouched week",
        told.series, told.quiet
    );
    if told.series == 0 {
        eprintln!("SKIPPED: prompt growth: no client tells tokens in every quarter");
        return;
    }
    limits.at_most("growth told on untouched traffic", told.quiet, 0.10);
    for (times, hours, share, median) in told.rows {
        let percent = (times - 1.0) * 100.0;
        let median = median.map_or("-".to_owned(), |hours| format!("{hours} h"));
        println!("  +{percent:.0} % found within {hours} h: {share:.2}, median {median}");
        if times < 2.0 {
            // The median client is found in time.
            limits.at_least(&format!("+{percent:.0} % within {hours} h"), share, 0.5);
        }
    }
}

/// Untouched traffic alone, as thirds by dispersion.
pub(crate) fn thirds(dispersion: &[f64], outcome: &Outcome) -> [f64; 3] {
    let mut order: Vec<usize> = (0..dispersion.len()).collect();
    order.sort_by(|a, b| dispersion[*a].total_cmp(&dispersion[*b]));
    let size = order.len();
    [0, 1, 2].map(|third| {
        let own = &order[third * size / 3..(third + 1) * size / 3];
        outcome.only(|place| own.contains(&place)).rate()
    })
}
