//! The first page: what a day cost, whether something is wrong, whether something is unseen.
//!
//! Knows no HTML. A newcomer may ask which day it speaks of: the newest that is not just beginning;
//! five minutes of a morning say nothing of a day.

pub(super) mod pictures;
mod tiles;

use chrono::NaiveDate;

use crate::app::report::daily::{Daily, Day, Feature, daily};
use crate::app::report::plan::{PlanDay, plan};
use crate::app::report::residency::{Residency, residency};
use crate::app::report::story::{Story, story};
use crate::app::report::{Figures, over};
use crate::figure::{cents, count, dollars, plural, times};
use crate::money::NanoUsd;
use crate::web::page::{Body, Card, Choice, Page, Words};

use super::month::month;
use super::parts::{date_of, ruled, unseen_words};
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
        story: story(ledger, rules, view.span)?
            .filter(|story| only.is_none_or(|only| story.feature == only)),
        day,
        daily,
    };
    let month = month(ask, told.day)?;
    let mut rows = Vec::new();
    let pictures: Vec<Card> = [pictures::price_card(&told), pictures::why_card(&told)]
        .into_iter()
        .flatten()
        .collect();
    if !pictures.is_empty() {
        rows.push(pictures);
    }
    rows.push(vec![findings::card(&told)]);
    rows.push(vec![features_card(&told)]);
    Ok(Page {
        headline: headline(&told),
        lead: lead(&told),
        tiles: tiles::tiles(&told, &month),
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
        headline: Words::of("No call")
            .and(what)
            .say(format!(" in {}.", view.span_text())),
        lead,
        ..Page::default()
    }
}

/// The newest day with at least a twentieth of the usual requests, or calls where there are none.
pub(super) fn day_of(days: &[Day], today: NaiveDate) -> Option<NaiveDate> {
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
        self.daily
            .days
            .iter()
            .filter(|day| date_of(day) <= self.day)
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
    let mut words = Words::of(view.subject(told.day));
    if let Some(feature) = told
        .daily
        .features
        .first()
        .filter(|_| view.feature.is_some())
    {
        words = words.say(", ").name(feature.name.as_str());
    }
    words = words.say(if told.day == view.today {
        " so far cost "
    } else {
        " cost "
    });
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
        words.bad(format!(
            "{} broke their residency rule.",
            calls(figures.violated)
        ))
    } else if figures.unproven > 0 {
        words.say(format!("{} cannot be placed.", calls(figures.unproven)))
    } else if ruled(&figures) > 0 {
        words.say(format!(
            "No call of {} is known to have left its region.",
            count(ruled(&figures))
        ))
    } else {
        words
    }
}

fn lead(told: &Told<'_>) -> Words {
    let view = told.ask.view;
    let Some(story) = &told.story else {
        let total = &told.daily.total;
        let each = total
            .cost_per_request()
            .map_or_else(String::new, |each| format!(" at {} each", cents(each)));
        let requests = plural(total.requests_ok, "answered request", "answered requests");
        let (span, spend) = (view.span_text(), dollars(total.cost()));
        return Words::of(format!(
            "{span}: {spend} for {requests}{each}. No feature left its approved cost."
        ));
    };
    let mut words = Words::of("Since ");
    words = words.say(
        story
            .since_at
            .map_or_else(String::new, |at| view.time_text(at)),
    );
    words = words.say(" ").name(story.name.as_str());
    if let Some(after) = story.after.cost_per_request() {
        let approved = cents(NanoUsd(story.approved_nanousd));
        words = words.say(format!(
            " costs {} a request, approved were {approved}",
            cents(after)
        ));
    }
    let moved = story.endpoints_before != story.endpoints_after;
    if let Some(now) = story.endpoints_after.first().filter(|_| moved) {
        words = words.say("; its calls go to ").code(now.as_str());
        if let Some(before) = story.endpoints_before.first() {
            words = words.say(", before to ").code(before.as_str());
        }
    }
    if !story.violated_regions.is_empty() {
        words = words
            .say("; calls landed in ")
            .code(story.violated_regions.join(", "));
        if let Some(rule) = &story.rule {
            words = words.say(", allowed is ").name(rule.as_str());
        }
    }
    words
        .say(". ")
        .link("How this is known", view.link("/residency"), false)
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
        let plan = feature
            .approved_per_request_nanousd
            .filter(|plan| *plan > 0)?;
        (i128::from(each) * 5 >= i128::from(plan) * 6).then_some((feature, each, plan))
    })
}
