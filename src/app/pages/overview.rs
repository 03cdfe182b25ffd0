//! The first page: what a day cost, whether something is wrong, whether something is unseen.
//!
//! Knows no HTML. A newcomer may ask which day it speaks of: the newest that is not just beginning;
//! five minutes of a morning say nothing of a day.

use chrono::NaiveDate;

use crate::app::report::daily::{Daily, Day, Feature, daily};
use crate::app::report::plan::{PlanDay, Why, plan, why};
use crate::app::report::residency::{Residency, residency};
use crate::app::report::story::{Story, story};
use crate::app::report::{Figures, over};
use crate::chart::{Bridge, Daily as Line, Mark, Step, Unit, Width, meter, shares, spark};
use crate::figure::{cents, count, dollars, duration, plural, share, times};
use crate::money::NanoUsd;
use crate::units::{DAY_MS, UnixMillis};
use crate::web::page::{Body, Card, Choice, Page, Tile, Words};

use super::month::{Month, month};
use super::parts::{
    by_day, date_of, in_cents, in_dollars, in_percent, ruled, times_words, tone, unseen_words,
    verdict_text, verdicts,
};
use super::view::Fault;
use super::{Ask, EVIDENCE, findings, seen, tables};

/// What the page is made from.
pub(super) struct Told<'a> {
    pub(super) ask: &'a Ask<'a>,
    pub(super) daily: Daily,
    pub(super) plan: Vec<PlanDay>,
    pub(super) residency: Residency,
    pub(super) story: Option<Story>,
    /// The day that the headline speaks of.
    pub(super) day: NaiveDate,
}

pub(super) fn page(ask: &Ask<'_>) -> Result<Page, Fault> {
    let (ledger, rules, view) = (ask.ledger, ask.rules, ask.view);
    let only = view.feature.as_deref();
    let daily = daily(ledger, rules, view.span, only)?;
    let Some(day) = day_of(&daily.days, view.today) else {
        return Ok(nothing(ask));
    };
    let told = Told {
        ask,
        plan: plan(ledger, rules, view.span, only)?.days,
        residency: residency(ledger, rules, view.span, EVIDENCE)?,
        story: story(ledger, rules, view.span)?.filter(|story| only.is_none_or(|only| story.feature == only)),
        day,
        daily,
    };
    let month = month(ask, told.day)?;
    let mut rows = Vec::new();
    let pictures: Vec<Card> = [price_card(&told), why_card(&told)].into_iter().flatten().collect();
    if !pictures.is_empty() {
        rows.push(pictures);
    }
    rows.push(vec![findings::card(&told)]);
    rows.push(vec![features_card(&told)]);
    Ok(Page {
        headline: headline(&told),
        lead: lead(&told),
        tiles: tiles(&told, &month),
        rows,
        seen: seen(&told.daily.total),
        choice: Choice {
            features: tables::names(&told.daily.features),
            ..Choice::default()
        },
        ..Page::default()
    })
}

/// The books have nothing in the chosen days.
pub(super) fn nothing(ask: &Ask<'_>) -> Page {
    let view = ask.view;
    let what = view.feature.as_ref().map_or_else(Words::new, |feature| {
        Words::of(" of ").name(feature.as_str())
    });
    let lead = match view.books {
        Some((first, last)) => Words::of(format!(
            "The books hold {} to {}. ",
            first.format("%-d %b %Y"),
            last.format("%-d %b %Y")
        ))
        .link("Show the latest days", "/", false)
        .say("."),
        None => Words::new(),
    };
    Page {
        headline: Words::of("No call").and(what).say(format!(" in {}.", view.span_text())),
        lead,
        ..Page::default()
    }
}

/// The newest day with at least a twentieth of the usual requests, or calls where there are none.
fn day_of(days: &[Day], today: NaiveDate) -> Option<NaiveDate> {
    let size = |day: &Day| day.figures.requests.max(day.figures.calls);
    let all: i64 = days.iter().map(size).sum();
    let usual = over(all, i64::try_from(days.len()).unwrap_or(1)).unwrap_or(0);
    let whole = |day: &&Day| date_of(day) != today || size(day).saturating_mul(20) >= usual;
    let newest = days.iter().rev().find(whole).or(days.last());
    newest.map(date_of)
}

impl Told<'_> {
    fn day_plan(&self) -> PlanDay {
        let date = self.day.to_string();
        let found = self.plan.iter().find(|one| one.date == date);
        found.cloned().unwrap_or_default()
    }

    fn day_figures(&self) -> Figures {
        let found = self.daily.days.iter().find(|day| date_of(day) == self.day);
        found.map(|day| day.figures.clone()).unwrap_or_default()
    }

    /// The days up to the one that the headline speaks of.
    fn days(&self) -> impl Iterator<Item = &Day> {
        self.daily.days.iter().filter(|day| date_of(day) <= self.day)
    }

    /// Figures of the present day, where the page speaks of another.
    fn so_far(&self) -> Option<&Figures> {
        let today = self.ask.view.today;
        let last = self.daily.days.last().filter(|day| date_of(day) == today)?;
        (today != self.day).then_some(&last.figures)
    }
}

fn headline(told: &Told<'_>) -> Words {
    let (plan, figures) = (told.day_plan(), told.day_figures());
    let view = told.ask.view;
    let mut words = Words::of(view.subject(told.day)).say(if told.day == view.today { " so far cost " } else { " cost " });
    words = words.strong(dollars(figures.cost()));
    if plan.approved_nanousd > 0 {
        let (real, approved) = (plan.of_approved_nanousd, plan.approved_nanousd);
        let bad = i128::from(real) * 5 >= i128::from(approved) * 6;
        let said = times(NanoUsd(real), Some(NanoUsd(approved)));
        let said = said.trim_start_matches('×');
        words = if bad {
            words.say(format!(", {said} times what was approved"))
        } else {
            words.say(", as approved")
        };
    }
    words = words.say(". ");
    let calls = |n: i64| plural(n, "call", "calls");
    if figures.violated > 0 {
        words.bad(format!("{} broke their residency rule.", calls(figures.violated)))
    } else if figures.unproven > 0 {
        words.say(format!("{} cannot be placed.", calls(figures.unproven)))
    } else if ruled(&figures) > 0 {
        words.say(format!("No call of {} is known to have left its region.", count(ruled(&figures))))
    } else {
        words
    }
}

fn lead(told: &Told<'_>) -> Words {
    let view = told.ask.view;
    let Some(story) = &told.story else {
        let total = &told.daily.total;
        let each = total.cost_per_request().map_or_else(String::new, |each| {
            format!(" at {} each", cents(each))
        });
        let requests = plural(total.requests_ok, "answered request", "answered requests");
        let (span, spend) = (view.span_text(), dollars(total.cost()));
        return Words::of(format!("{span}: {spend} for {requests}{each}. No feature left its approved cost."));
    };
    let mut words = Words::of("Since ");
    words = words.say(story.since_at.map_or_else(String::new, |at| view.time_text(at)));
    words = words.say(" ").name(story.name.as_str());
    if let Some(after) = story.after.cost_per_request() {
        let approved = cents(NanoUsd(story.approved_nanousd));
        words = words.say(format!(" costs {} a request, approved were {approved}", cents(after)));
    }
    let moved = story.endpoints_before != story.endpoints_after;
    if let Some(now) = story.endpoints_after.first().filter(|_| moved) {
        words = words.say("; its calls go to ").code(now.as_str());
        if let Some(before) = story.endpoints_before.first() {
            words = words.say(", before to ").code(before.as_str());
        }
    }
    if !story.violated_regions.is_empty() {
        words = words.say("; calls landed in ").code(story.violated_regions.join(", "));
        if let Some(rule) = &story.rule {
            words = words.say(", allowed is ").name(rule.as_str());
        }
    }
    words.say(". ").link("How this is known", view.link("/residency"), false)
}

fn tiles(told: &Told<'_>, month: &Month) -> Vec<Tile> {
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
        times_words(plan.of_approved_nanousd, Some(plan.approved_nanousd)).say(format!(" approved {of}"))
    } else {
        Words::of("nothing was approved")
    };
    let last = told.day.to_string();
    let days = told.plan.iter().filter(|day| day.date <= last);
    let costs: Vec<Option<f64>> = days.map(|day| Some(in_dollars(day.cost_nanousd()))).collect();
    let approved = (plan.approved_nanousd > 0).then(|| in_dollars(plan.approved_nanousd));
    let tiny = told.so_far().map_or_else(Words::new, |today| {
        let requests = plural(today.requests, "request", "requests");
        Words::of(format!("today so far {}, {requests}", dollars(today.cost())))
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
            Words::of(format!("by the last seven days' pace; {} to {}", amount(least), amount(most))),
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
    let about = format!("{} of {}", amount(month.so_far), month.approved.map_or_else(String::new, amount));
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
    let first = told.residency.evidence.iter().filter(|proof| proof.verdict == "violated");
    let first = first.min_by(|a, b| a.at.cmp(&b.at));
    let tiny = first.map_or_else(Words::new, |proof| {
        let at = UnixMillis::parse(&proof.at).map_or_else(String::new, |at| told.ask.view.time_text(at));
        let grade = proof.grade.map_or_else(String::new, |grade| format!(", evidence {grade}"));
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
    let shares = told.days().map(|day| in_percent(day.figures.calls_throttled, day.figures.calls));
    let shares: Vec<Option<f64>> = shares.collect();
    let retries: i64 = told.daily.features.iter().map(|feature| feature.retries).sum();
    let lost: i64 = told.daily.features.iter().map(|feature| feature.lost_nanousd).sum();
    let mut tiny = plural(retries, "call repeats a failed one", "calls repeat a failed one");
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
    let ms = |ms: u64| crate::chart::real(i64::try_from(ms).unwrap_or(i64::MAX));
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
            figures.latency_ms_p50.or(figures.duration_ms_p50).map_or_else(|| "–".to_owned(), duration)
        )),
    }
}

/// What a request costs by day, of the feature that the story is about, or of all.
fn price_card(told: &Told<'_>) -> Option<Card> {
    let (view, ledger, rules) = (told.ask.view, told.ask.ledger, told.ask.rules);
    let (days, about, approved) = match &told.story {
        Some(story) => {
            let of = daily(ledger, rules, view.span, Some(&story.feature)).ok()?;
            (of.days, Words::new().name(story.name.as_str()), Some(story.approved_nanousd))
        }
        None => (told.daily.days.clone(), Words::of("all features"), None),
    };
    let each = |figures: &Figures| figures.cost_per_answered_request_nanousd;
    let days: Vec<Day> = days.into_iter().filter(|day| each(&day.figures).is_some()).collect();
    let last = each(&days.last()?.figures)?;
    let marks = by_day(
        view,
        &days,
        |figures| each(figures).map(in_cents),
        |figures| {
            let price = figures.cost_per_request().map_or_else(String::new, cents);
            format!("{price}, {}", plural(figures.requests_ok, "request", "requests"))
        },
    );
    let since = told.story.as_ref().and_then(|story| mark(told, story, &days));
    let plan = approved.map(|approved| format!("{} approved", cents(NanoUsd(approved))));
    let end = format!("{} {}", cents(NanoUsd(last)), view.day_text(date_of(days.last()?)));
    let line = Line {
        about: &format!("Cost of a request by day, {end}"),
        days: &marks,
        plan: approved.map(in_cents).zip(plan.as_deref()),
        end: &end,
        unit: Unit::Cents,
        mark: since.as_ref(),
    };
    Some(Card {
        title: "What does a request cost?".to_owned(),
        sub: about.say(", all spend over answered requests, by day"),
        body: vec![Body::picture(&line.draw(Width::Wide), &line.draw(Width::Narrow))],
        ..Card::default()
    })
}

/// Where the story's change lies among the days.
fn mark(told: &Told<'_>, story: &Story, days: &[Day]) -> Option<Mark> {
    let since = story.since_at?;
    let zones = told.ask.ledger.zones();
    let date = zones.date_of(since);
    let index = days.iter().position(|day| date_of(day) == date)?;
    let into = since.0 - zones.day_of(since).0;
    let at = crate::chart::real(i64::try_from(index).ok()?) + crate::chart::real(into) / crate::chart::real(DAY_MS);
    let last = crate::chart::real(i64::try_from(days.len()).ok()?) - 1.0;
    let mut what = Vec::new();
    if let (Some(before), Some(after)) = (story.before.tokens_per_request, story.after.tokens_per_request) {
        let grown = times(NanoUsd(after), Some(NanoUsd(before)));
        if before > 0 && after > before.saturating_mul(6) / 5 {
            what.push(format!("tokens in a request {grown}"));
        }
    }
    if story.endpoints_before != story.endpoints_after
        && let Some(now) = story.endpoints_after.first()
    {
        what.push(format!("now {now}"));
    }
    Some(Mark {
        at: at.min(last),
        when: told.ask.view.time_text(since),
        what: what.join(", "),
    })
}

fn why_card(told: &Told<'_>) -> Option<Card> {
    let why: Why = why(&told.daily.features, told.ask.rules);
    if why.approved_nanousd == 0 {
        return None;
    }
    let body = bridge(&why);
    let more = if why.cost_nanousd >= why.approved_nanousd { "more" } else { "less" };
    Some(Card {
        title: format!("Why {more} than approved?"),
        sub: Words::of(format!("{}; the parts add up to the nano-dollar", told.ask.view.span_text())),
        body: vec![body],
        ..Card::default()
    })
}

/// The way from what was approved to what was spent.
pub(super) fn bridge(why: &Why) -> Body {
    let step = |label: &str, nano: i64, sum: bool| Step {
        label: label.to_owned(),
        value: in_dollars(nano),
        said: if sum { dollars(NanoUsd(nano)) } else { signed(nano) },
    };
    let steps: Vec<Step> = why
        .parts()
        .iter()
        .filter(|(_, nano)| *nano != 0)
        .map(|(label, nano)| step(label, *nano, false))
        .collect();
    let bridge = Bridge {
        about: "From approved to real spend",
        first: &step("Approved", why.approved_nanousd, true),
        steps: &steps,
        last: &step("Spent", why.cost_nanousd, true),
    };
    Body::picture(&bridge.draw(Width::Half), &bridge.draw(Width::Narrow))
}

/// An amount that is added or taken away.
pub(super) fn signed(nano: i64) -> String {
    let text = dollars(NanoUsd(nano));
    match text.strip_prefix('-') {
        Some(rest) => format!("−{rest}"),
        None => format!("+{text}"),
    }
}

fn features_card(told: &Told<'_>) -> Card {
    let view = told.ask.view;
    let table = tables::features(view, &told.daily, &told.residency);
    Card {
        title: "Where does it go?".to_owned(),
        sub: Words::of(format!("by feature, {}", view.span_text())),
        body: vec![Body::Table(table)],
        foot: unseen_words(&told.daily.unseen, &told.daily.total),
    }
}

/// The feature that costs the most times its approval, from a fifth above it on.
pub(super) fn above(features: &[Feature]) -> impl Iterator<Item = (&Feature, i64, i64)> {
    features.iter().filter_map(|feature| {
        let each = feature.figures.cost_per_answered_request_nanousd?;
        let plan = feature.approved_per_request_nanousd.filter(|plan| *plan > 0)?;
        (i128::from(each) * 5 >= i128::from(plan) * 6).then_some((feature, each, plan))
    })
}
