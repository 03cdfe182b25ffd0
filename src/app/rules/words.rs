//! A rule in a few words, for tables.
//!
//! Knows no terminal. A newcomer may ask why the words are made from the rule and not written beside
//! it: two descriptions of one limit part company.

use crate::alert::{
    Amount, Budget, Burn, Calendar, Check, Due, Limit, Metric, Period, Promise, Residency, Rule,
    Sight, Span, Unit,
};

/// What a rule looks at, and when it is bad.
#[must_use]
pub fn describe(rule: &Rule) -> String {
    let by: Vec<&str> = rule.by.iter().map(|one| one.as_str()).collect();
    let by = if by.is_empty() {
        String::new()
    } else {
        format!(", by {}", by.join(" and "))
    };
    let hold = if rule.for_ms > 0 {
        format!(", for {}", span_ms(rule.for_ms))
    } else {
        String::new()
    };
    format!("{}{by}{hold}", check(&rule.check))
}

fn check(check: &Check) -> String {
    match check {
        Check::Threshold {
            metric,
            window,
            above,
            below,
            min_sample,
            ..
        } => {
            let above = above.map(|one| format!("above {}", limit(one)));
            let below = below.map(|one| format!("below {}", limit(one)));
            let bound = above.or(below).unwrap_or_default();
            let least = least(*metric, *min_sample);
            format!("`{}` {} {bound}{least}", metric.as_str(), span(*window))
        }
        Check::Budget(budget) => of_budget(budget),
        Check::Burn(burn) => of_burn(burn),
        Check::Anomaly {
            metric,
            promise,
            floor_nanousd,
        } => {
            let floor = if *floor_nanousd > 0 {
                format!(
                    ", from {} an hour on",
                    amount(Amount::new(Unit::NanoUsd, *floor_nanousd))
                )
            } else {
                String::new()
            };
            format!(
                "`{}` beyond what is normal, {}{floor}",
                metric.as_str(),
                promised(*promise)
            )
        }
        Check::Drift {
            metric,
            window,
            above,
            min_sample,
        } => {
            let least = least(*metric, *min_sample);
            let share = percent(*above);
            format!(
                "`{}` {} above {share} of what was approved{least}",
                metric.as_str(),
                span(*window)
            )
        }
        Check::Residency(event) => of_event(*event).to_owned(),
        Check::FirstSight(sight) => match sight {
            Sight::Endpoint => "a registered endpoint is used for the first time",
            Sight::Model => "a model is used for the first time",
            Sight::Credential => "a credential is used for the first time",
            Sight::Host => "an LLM host that nobody registered",
        }
        .to_owned(),
        Check::Silence { promise } => {
            format!(
                "quiet longer than its traffic explains, {}",
                promised(*promise)
            )
        }
        Check::Calendar(calendar) => of_date(calendar),
    }
}

fn of_budget(budget: &Budget) -> String {
    let of = match budget.nanousd {
        Some(nanos) => amount(Amount::new(Unit::NanoUsd, nanos)),
        None => "the declared budget".to_owned(),
    };
    let period = budget.period.as_str();
    let mut parts = Vec::new();
    if !budget.percent.is_empty() {
        let percent: Vec<String> = budget
            .percent
            .iter()
            .map(|one| format!("{one} %"))
            .collect();
        parts.push(format!("passes {} of {of}", percent.join(", ")));
    }
    if budget.forecast {
        parts.push(format!("will end beyond {of}"));
    }
    format!("spend of the {period} {}", parts.join(", or "))
}

fn of_burn(burn: &Burn) -> String {
    let (fast, slow) = burn.minutes;
    let of = match burn.nanousd {
        Some(nanos) => amount(Amount::new(Unit::NanoUsd, nanos)),
        None => "the declared budget".to_owned(),
    };
    let times = decimal(burn.times, 1_000_000);
    let (fast, slow) = (Span::Minutes(fast), Span::Minutes(slow));
    format!(
        "spend {} and {} above {times} times the even pace of {of}",
        span(fast),
        span(slow)
    )
}

fn of_event(event: Residency) -> &'static str {
    match event {
        Residency::Violated => "the first call outside its rule",
        Residency::Contradicted => "evidence that excludes other evidence",
        Residency::Fallback => "a call that went to a fallback or was moved",
        Residency::OtherDoor => "requests of which the own endpoint saw no call",
        Residency::PlatformDefault => "the platform's default model answered",
        Residency::OutsidePilot => "used by others than it is meant for",
        Residency::DownWithoutFallback => "an endpoint fails and nothing takes over",
    }
}

fn of_date(calendar: &Calendar) -> String {
    let days: Vec<String> = calendar.days.iter().map(ToString::to_string).collect();
    let days = days.join(", ");
    match calendar.due {
        Due::Credential => format!("a credential is due in {days} days"),
        Due::Retirement => format!("a model is retired in {days} days"),
        Due::Pilot => "a pilot's 30 days are over".to_owned(),
        Due::Exercise => format!("a fallback that was not used for {days} days"),
        Due::Prices => format!("price lists older than {days} days"),
    }
}

fn least(metric: Metric, min_sample: u64) -> String {
    if min_sample <= 1 {
        return String::new();
    }
    let of = if metric == Metric::QuarantineShare {
        "records"
    } else {
        "calls"
    };
    format!(", from {min_sample} {of} on")
}

fn span(window: Span) -> String {
    match window {
        Span::Minutes(minutes) => format!("in {}", span_ms(i64::from(minutes) * 60_000)),
        Span::Period(Period::Day) => "of the day".to_owned(),
        Span::Period(Period::Week) => "of the week".to_owned(),
        Span::Period(Period::Month) => "of the month".to_owned(),
    }
}

fn limit(limit: Limit) -> String {
    match limit {
        Limit::Fixed(told) => amount(told),
        Limit::OfApproved(ppm) => format!("{} of what was approved", percent(ppm)),
        Limit::OfDeclared(ppm) => format!("{} of what is declared", percent(ppm)),
    }
}

fn promised(promise: Promise) -> String {
    let hours = i64::from(promise.hours);
    format!("one false alarm in {}", span_ms(hours * 3_600_000))
}

fn amount(told: Amount) -> String {
    match told.unit {
        Unit::Count | Unit::Tokens => told.n.to_string(),
        Unit::NanoUsd => format!("${}", decimal(told.n, 1_000_000_000)),
        Unit::Ppm => percent(told.n),
        Unit::Millis => span_ms(told.n),
        Unit::Days => format!("{} days", told.n),
    }
}

fn percent(ppm: i64) -> String {
    format!("{} %", decimal(ppm, 10_000))
}

/// A number in parts of `one`, without zeros at its end.
fn decimal(n: i64, one: i64) -> String {
    let (whole, rest) = (n / one, n % one);
    let digits = one.to_string().len().saturating_sub(1);
    let rest = format!("{rest:0digits$}");
    match rest.trim_end_matches('0') {
        "" => whole.to_string(),
        kept => format!("{whole}.{kept}"),
    }
}

/// A span of time in its greatest whole unit.
fn span_ms(ms: i64) -> String {
    let units = [
        (604_800_000, "week"),
        (86_400_000, "day"),
        (3_600_000, "hour"),
        (60_000, "minute"),
        (1_000, "second"),
    ];
    let found = units
        .into_iter()
        .find(|(unit, _)| ms >= *unit && ms % unit == 0);
    let (n, word) = found.map_or((ms, "millisecond"), |(unit, word)| (ms / unit, word));
    if n == 1 {
        format!("1 {word}")
    } else {
        format!("{n} {word}s")
    }
}
