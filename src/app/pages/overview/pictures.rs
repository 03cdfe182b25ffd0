//! The pictures of the first page: what a request costs by day, and why spend is not as approved.
//!
//! Knows no HTML. A newcomer may ask whose price it is: that of the feature that left its approval the
//! furthest, or of all where none did.

use crate::app::report::plan::{Why, why};
use crate::app::report::story::Story;
use crate::app::report::{Figures, gather};
use crate::chart::{Bridge, Daily as Line, Mark, Step, Unit, Width, real};
use crate::figure::{cents, dollars, plural, times};
use crate::money::NanoUsd;
use crate::units::DAY_MS;
use crate::web::page::{Body, Card, Words};

use super::super::parts::{in_cents, in_dollars};
use super::super::steps::{Stepped, by, marks, stepped};
use super::{Told, signed};

/// What a request costs by day, of the feature that the story is about, or of all.
pub(super) fn price_card(told: &Told<'_>) -> Option<Card> {
    let view = told.ask.view;
    let (only, about, approved) = match &told.story {
        Some(story) => (
            Some(story.feature.as_str()),
            Words::new().name(story.name.as_str()),
            Some(story.approved_nanousd),
        ),
        None => (view.feature.as_deref(), Words::of("all features"), None),
    };
    let gathered = gather(told.ask.ledger, view.span, only).ok()?;
    let each = |figures: &Figures| figures.cost_per_answered_request_nanousd;
    let days: Vec<Stepped> = stepped(told.ask.ledger.zones(), &gathered)
        .into_iter()
        .filter(|one| each(&one.figures).is_some())
        .collect();
    let newest = days.last()?;
    let last = each(&newest.figures)?;
    let marks = marks(
        view,
        &days,
        |figures| each(figures).map(in_cents),
        |figures| {
            let price = figures.cost_per_request().map_or_else(String::new, cents);
            format!(
                "{price}, {}",
                plural(figures.requests_ok, "request", "requests")
            )
        },
    );
    let since = told
        .story
        .as_ref()
        .and_then(|story| mark(told, story, &days));
    let plan = approved.map(|approved| format!("{} approved", cents(NanoUsd(approved))));
    let end = format!("{} {}", cents(NanoUsd(last)), newest.step.text(view));
    let dates: Vec<_> = days.iter().flat_map(Stepped::ends).collect();
    let by = by(&dates);
    let line = Line {
        about: &format!("Cost of a request {by}, {end}"),
        days: &marks,
        plan: approved.map(in_cents).zip(plan.as_deref()),
        end: &end,
        unit: Unit::Cents,
        mark: since.as_ref(),
    };
    Some(Card {
        title: "What does a request cost?".to_owned(),
        sub: about.say(format!(", all spend over answered requests, {by}")),
        body: vec![Body::picture(
            &line.draw(Width::Wide),
            &line.draw(Width::Narrow),
        )],
        ..Card::default()
    })
}

/// Where the story's change lies among the days.
fn mark(told: &Told<'_>, story: &Story, days: &[Stepped]) -> Option<Mark> {
    let since = story.since_at?;
    let zones = told.ask.ledger.zones();
    let date = zones.date_of(since);
    let index = days.iter().position(|one| one.step.holds(date))?;
    let step = &days.get(index)?.step;
    let into = (date - step.first).num_days() * DAY_MS + since.0 - zones.day_of(since).0;
    let long = ((step.last - step.first).num_days() + 1) * DAY_MS;
    let at = real(i64::try_from(index).ok()?) + real(into) / real(long);
    let last = real(i64::try_from(days.len()).ok()?) - 1.0;
    let mut what = Vec::new();
    if let (Some(before), Some(after)) = (
        story.before.tokens_per_request,
        story.after.tokens_per_request,
    ) {
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

pub(super) fn why_card(told: &Told<'_>) -> Option<Card> {
    let why: Why = why(&told.daily.features, told.ask.rules);
    if why.approved_nanousd == 0 {
        return None;
    }
    let body = bridge(&why);
    let more = if why.cost_nanousd >= why.approved_nanousd {
        "more"
    } else {
        "less"
    };
    Some(Card {
        title: format!("Why {more} than approved?"),
        sub: Words::of(format!(
            "{}; the parts add up to the nano-dollar",
            told.ask.view.span_text()
        )),
        body: vec![body],
        ..Card::default()
    })
}

/// The way from what was approved to what was spent.
pub(in super::super) fn bridge(why: &Why) -> Body {
    let step = |label: &str, nano: i64, sum: bool| Step {
        label: label.to_owned(),
        value: in_dollars(nano),
        said: if sum {
            dollars(NanoUsd(nano))
        } else {
            signed(nano)
        },
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
