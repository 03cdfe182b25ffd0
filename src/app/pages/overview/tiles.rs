//! The tiles of the first page: five figures, each beside its yardstick, each leading to its page.
//!
//! Knows no ledger. A newcomer may ask why two of them speak of all chosen days: a rule that was
//! broken a week ago is still broken.

use crate::app::report::Figures;
use crate::chart::{meter, real, shares, spark};
use crate::figure::{count, dollars, duration, plural, share};
use crate::money::NanoUsd;
use crate::units::UnixMillis;
use crate::web::page::{Tile, Words};

use super::super::month::Month;
use super::super::parts::{
    in_dollars, in_percent, ruled, times_words, tone, verdict_text, verdicts,
};
use super::Told;

pub(super) fn tiles(told: &Told<'_>, month: &Month) -> Vec<Tile> {
    vec![
        spend_tile(told),
        month_tile(told, month),
        residency_tile(told),
        throttled_tile(told),
        latency_tile(told),
    ]
}

/// The day's name in front of a tile's title.
fn on_day(told: &Told<'_>, what: &str) -> String {
    let view = told.ask.view;
    if told.day == view.today {
        format!("{what} today")
    } else {
        format!("{what}, {}", view.day_text(told.day))
    }
}

fn spend_tile(told: &Told<'_>) -> Tile {
    let (plan, figures) = (told.day_plan(), told.day_figures());
    let sub = if plan.approved_nanousd > 0 {
        let of = dollars(NanoUsd(plan.approved_nanousd));
        times_words(plan.of_approved_nanousd, Some(plan.approved_nanousd))
            .say(format!(" approved {of}"))
    } else {
        Words::of("nothing was approved")
    };
    let last = told.day.to_string();
    let days = told.plan.iter().filter(|day| day.date <= last);
    let costs: Vec<Option<f64>> = days
        .map(|day| Some(in_dollars(day.cost_nanousd())))
        .collect();
    let approved = (plan.approved_nanousd > 0).then(|| in_dollars(plan.approved_nanousd));
    let tiny = told.so_far().map_or_else(Words::new, |today| {
        let requests = plural(today.requests, "request", "requests");
        Words::of(format!(
            "today so far {}, {requests}",
            dollars(today.cost())
        ))
    });
    Tile {
        title: on_day(told, "Spend"),
        link: told.ask.view.link("/spend"),
        big: Words::new().strong(dollars(figures.cost())),
        sub,
        picture: spark(&costs, approved),
        tiny,
    }
}

fn month_tile(told: &Told<'_>, month: &Month) -> Tile {
    let amount = |nano: i64| dollars(NanoUsd(nano));
    let (big, sub) = match (month.foreseen, month.between) {
        (Some(foreseen), Some((least, most))) => (
            Words::new().strong(amount(foreseen)),
            Words::of(format!(
                "by the last seven days' pace; {} to {}",
                amount(least),
                amount(most)
            )),
        ),
        (Some(_) | None, _) => (
            Words::new().strong(amount(month.so_far)),
            Words::of("so far; no whole day yet to go by"),
        ),
    };
    let tiny = match month.approved {
        Some(approved) => {
            let end = month.foreseen.unwrap_or(month.so_far);
            Words::of("approved ")
                .with(tone(end, approved), amount(approved))
                .say(format!(", {} so far", amount(month.so_far)))
        }
        None => Words::of(format!("{} so far", amount(month.so_far))),
    };
    let about = format!(
        "{} of {}",
        amount(month.so_far),
        month.approved.map_or_else(String::new, amount)
    );
    Tile {
        title: format!("Month end, {}", told.day.format("%B")),
        link: told.ask.view.link("/spend"),
        big,
        sub,
        picture: meter(
            in_dollars(month.so_far),
            month.foreseen.map(in_dollars),
            month.approved.map(in_dollars),
            &about,
        ),
        tiny,
    }
}

fn residency_tile(told: &Told<'_>) -> Tile {
    let total = &told.daily.total;
    let all = ruled(total);
    let big = if total.violated > 0 {
        Words::new().bad(count(total.violated)).dim(" violated")
    } else if total.unproven > 0 {
        Words::new().strong(count(total.unproven)).dim(" unproven")
    } else if all > 0 {
        Words::new().strong("0").dim(" violated")
    } else {
        Words::new().dim("no rule")
    };
    let sub = format!(
        "{} held · {} declared · {} unproven",
        share(total.held, all),
        share(total.declared, all),
        share(total.unproven, all)
    );
    let first = told
        .residency
        .evidence
        .iter()
        .filter(|proof| proof.verdict == "violated");
    let first = first.min_by(|a, b| a.at.cmp(&b.at));
    let tiny = first.map_or_else(Words::new, |proof| {
        let at =
            UnixMillis::parse(&proof.at).map_or_else(String::new, |at| told.ask.view.time_text(at));
        let grade = proof
            .grade
            .map_or_else(String::new, |grade| format!(", evidence {grade}"));
        Words::of(format!("first {at}{grade}"))
    });
    Tile {
        title: format!("Residency, {}", plural(told.ask.view.days(), "day", "days")),
        link: told.ask.view.link("/residency"),
        big,
        sub: Words::of(sub),
        picture: shares(&verdicts(total), "", &verdict_text(total)),
        tiny,
    }
}

fn throttled_tile(told: &Told<'_>) -> Tile {
    let figures = told.day_figures();
    let shares = told
        .days()
        .map(|day| in_percent(day.figures.calls_throttled, day.figures.calls));
    let shares: Vec<Option<f64>> = shares.collect();
    let retries: i64 = told
        .daily
        .features
        .iter()
        .map(|feature| feature.retries)
        .sum();
    let lost: i64 = told
        .daily
        .features
        .iter()
        .map(|feature| feature.lost_nanousd)
        .sum();
    let mut tiny = plural(
        retries,
        "call repeats a failed one",
        "calls repeat a failed one",
    );
    if lost > 0 {
        tiny = format!("{tiny}, the failed ones cost {}", dollars(NanoUsd(lost)));
    }
    Tile {
        title: on_day(told, "Throttled"),
        link: told.ask.view.link("/latency"),
        big: Words::new().strong(share(figures.calls_throttled, figures.calls)),
        sub: Words::of(format!(
            "{} of {} calls got 429",
            count(figures.calls_throttled),
            count(figures.calls)
        )),
        picture: spark(&shares, None),
        tiny: Words::of(tiny),
    }
}

fn latency_tile(told: &Told<'_>) -> Tile {
    let figures = told.day_figures();
    let p95 = |figures: &Figures| figures.latency_ms_p95.or(figures.duration_ms_p95);
    let ms = |ms: u64| real(i64::try_from(ms).unwrap_or(i64::MAX));
    let values: Vec<Option<f64>> = told.days().map(|day| p95(&day.figures).map(ms)).collect();
    let over = share(figures.calls_over_timeout, figures.calls);
    Tile {
        title: on_day(told, "p95 latency"),
        link: told.ask.view.link("/latency"),
        big: Words::new().strong(p95(&figures).map_or_else(|| "–".to_owned(), duration)),
        sub: Words::of(format!("{over} ran over their timeout")),
        picture: spark(&values, None),
        tiny: Words::of(format!(
            "half take {}",
            figures
                .latency_ms_p50
                .or(figures.duration_ms_p50)
                .map_or_else(|| "–".to_owned(), duration)
        )),
    }
}
