//! Rules about where calls landed, made ready: most are counts above nothing, over a day.
//!
//! Knows no evidence. A newcomer may ask why a breach stays bad for a day: the mail about it should not say
//! that all is well again after the first quiet minute.

use crate::alert::{Amount, Dimension, Limit, Metric, Period, Residency, Rule, Scope, Span, Unit};

use super::field::Field;
use super::gauge::{Limits, Only};
use super::keys::Family;
use super::outage::{self, DoorRule, DownRule};
use super::plan::Plan;

/// How long after the last such call a breach counts as over.
const BREACH: Span = Span::Minutes(1_440);
const FALLBACK: Span = Span::Minutes(360);

impl Plan {
    /// Adds a rule about where calls landed.
    pub(super) fn add_residency(&mut self, place: usize, rule: &Rule, residency: Residency) {
        let some = Limits {
            above: Some(Limit::Fixed(Amount::new(Unit::Count, 0))),
            ..Limits::default()
        };
        let with = |dimensions: &[Dimension]| {
            let mut by = rule.by.clone();
            by.extend(dimensions.iter().filter(|one| !rule.by.contains(one)));
            Rule { by, ..rule.clone() }
        };
        let (metric, span, only, by): (Metric, Span, Only, &[Dimension]) = match residency {
            Residency::Violated => (Metric::Violated, BREACH, Only::All, &[]),
            Residency::Contradicted => (Metric::Contradicted, BREACH, Only::All, &[]),
            Residency::Fallback => (Metric::Fallbacks, FALLBACK, Only::All, &[]),
            Residency::PlatformDefault => (
                Metric::PlatformRequests,
                BREACH,
                Only::OwnEndpoint,
                &[Dimension::Feature],
            ),
            Residency::OutsidePilot => {
                if rule.by.contains(&Dimension::UserGroup) {
                    let day = Span::Period(Period::Day);
                    let by: &[Dimension] = &[Dimension::Feature];
                    (Metric::Requests, day, Only::OtherGroup, by)
                } else {
                    let by: &[Dimension] = &[Dimension::Feature, Dimension::Endpoint];
                    (Metric::Requests, BREACH, Only::OutsidePilot, by)
                }
            }
            Residency::OtherDoor => return self.add_door(place, rule),
            Residency::DownWithoutFallback => return self.add_down(place, rule),
        };
        let gauge = self.gauge((place, &with(by)), (metric, span), some);
        gauge.only = only;
        gauge.at_once = true;
        let ring = gauge.ring;
        if only == Only::OutsidePilot
            && let Some(ring) = self.rings.get_mut(ring)
        {
            ring.keep(&[Field::Calls]);
        }
    }

    fn add_door(&mut self, place: usize, rule: &Rule) {
        let features = self.table(Family::Cells, &[Dimension::Feature], &rule.scope);
        let endpoints = self.table(Family::Cells, &[Dimension::Endpoint], &Scope::default());
        let all = self.table(Family::Cells, &[], &Scope::default());
        let hour = Span::Minutes(60);
        let requests = self.ring(
            features,
            hour,
            &[Field::Requests, Field::Platform],
            (None, false),
        );
        let calls = self.ring(endpoints, hour, &[Field::Calls], (None, false));
        let all = self.ring(all, BREACH, &[Field::Calls], (None, false));
        self.judges
            .doors
            .push(DoorRule::new(place, requests, calls, all));
    }

    fn add_down(&mut self, place: usize, rule: &Rule) {
        let table = self.table(Family::Cells, &[Dimension::Endpoint], &rule.scope);
        let calls = &[
            Field::Calls,
            Field::CallsOk,
            Field::Requests,
            Field::Answered,
        ];
        let links = &[
            Field::Calls,
            Field::CallsOk,
            Field::Requests,
            Field::Answered,
            Field::FallbackAnswered,
        ];
        let rule = DownRule {
            rule: place,
            now: self.ring(table, outage::WINDOW, calls, (None, false)),
            hour: self.ring(table, Span::Minutes(60), links, (None, false)),
            day: self.ring(table, BREACH, calls, (None, false)),
        };
        self.judges.downs.push(rule);
    }
}
