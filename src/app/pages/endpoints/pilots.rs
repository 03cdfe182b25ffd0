//! How a pilot stands: its day of thirty, the verdict, each criterion.
//!
//! Knows no HTML. A newcomer may ask why the verdict stands before the figures: whoever asks has to
//! decide, and the table is for whoever doubts.

use crate::app::report::pilot::words::{figure, headline, limit, name, notes};
use crate::app::report::pilot::{Asked, Outcome, PERCENT_USUAL, PILOT_DAYS, Pilot, pilot};
use crate::ledger::Span;
use crate::units::DAY_MS;
use crate::web::page::{Body, Card, Cell, Kind, Table, Tone, Words, columns};

use super::super::Ask;
use super::super::view::Fault;

/// Pilots that a page shows.
const SHOWN: usize = 6;

/// A card for each feature on trial at each of its endpoints.
pub(super) fn cards(ask: &Ask<'_>) -> Result<Vec<Card>, Fault> {
    let mut cards = Vec::new();
    for feature in &ask.setup.ready.declared.features {
        let Some(since) = feature.pilot_since else {
            continue;
        };
        for endpoint in feature
            .endpoints
            .iter()
            .take(SHOWN - cards.len().min(SHOWN))
        {
            let asked = Asked {
                endpoint,
                feature: &feature.feature,
                group: None,
                p95_ms: None,
                throttled_percent: PERCENT_USUAL,
                failed_percent: PERCENT_USUAL,
            };
            let span = Span {
                from: since,
                to: since.saturating_add((PILOT_DAYS + 1) * DAY_MS),
            };
            let answer = pilot(ask.ledger, ask.rules, span, asked)?;
            let day = (ask.now.0 - since.0).div_euclid(DAY_MS) + 1;
            let mut card = card(&answer);
            // The address of a table's CSV names one table.
            if !cards.is_empty()
                && let Some(Body::Table(table)) = card.body.get_mut(1)
            {
                table.name = "";
            }
            cards.push(Card {
                sub: Words::of(format!(
                    "day {} of {PILOT_DAYS}, since {}",
                    day.clamp(0, PILOT_DAYS),
                    ask.view.day_text(ask.ledger.zones().date_of(since))
                )),
                ..card
            });
        }
    }
    Ok(cards)
}

/// The verdict and its criteria.
pub(in crate::app::pages) fn card(answer: &Pilot) -> Card {
    let rows = answer.criteria.iter().map(|criterion| {
        let tone = match criterion.outcome {
            Outcome::Passed => Tone::Good,
            Outcome::NotYet => Tone::Warn,
            Outcome::Failed => Tone::Bad,
        };
        let raw = |value: Option<i64>| value.map_or_else(String::new, |value| value.to_string());
        vec![
            Cell::new(Words::of(name(criterion.kind)), name(criterion.kind)),
            Cell::new(
                Words::of(figure(criterion.kind, criterion.value)),
                raw(criterion.value),
            ),
            Cell::new(Words::new().dim(limit(criterion)), raw(criterion.limit)),
            Cell::new(
                Words::new().with(tone, criterion.outcome.as_str()),
                criterion.outcome.as_str(),
            ),
        ]
    });
    let mut body = vec![Body::Words(vec![Words::new().name(headline(answer))])];
    body.push(Body::Table(Table {
        name: "pilot",
        about: "Criteria of a pilot",
        columns: columns(&[
            ("Criterion", "criterion", Kind::Text),
            ("Seen", "seen", Kind::Number),
            ("Limit", "limit", Kind::Number),
            ("", "outcome", Kind::Text),
        ]),
        rows: rows.collect(),
        ..Table::default()
    }));
    Card {
        title: "How does the pilot stand?".to_owned(),
        body,
        foot: Words::new().name(notes(answer).join(" ")),
        ..Card::default()
    }
}
