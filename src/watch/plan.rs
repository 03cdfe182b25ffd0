//! Rules made ready: which tables and windows they need, each once.
//!
//! Knows no fact. A newcomer may ask why a rule is not asked for each series with its own window: sums that
//! several rules ask for are kept once, and only their limits differ.

use crate::alert::{Check, Dimension, Metric, Rule, Scope, Span};
use crate::hist::Hist;
use crate::units::UnixMillis;

use super::days::{Days, Starts, Step};
use super::field::{Field, Values};
use super::figure;
use super::gauge::{self, Gauge, Limits};
use super::keys::{Family, Keys};
use super::money::{BudgetRule, BurnRule};
use super::outage::{DoorRule, DownRule};
use super::registry::Registry;
use super::ring::{Ring, Spread};
use super::table::{Shape, Table};

/// Rules made ready.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) tables: Vec<Table>,
    pub(super) rings: Vec<Ring>,
    pub(super) judges: Judges,
    /// Whether the registry declares what shares of a timeout and of a context are held against.
    has_timeouts: bool,
    has_contexts: bool,
}

/// What judges the windows, by the form of its rule.
#[derive(Clone, Debug, Default)]
pub(super) struct Judges {
    pub(super) gauges: Vec<Gauge>,
    pub(super) budgets: Vec<BudgetRule>,
    pub(super) burns: Vec<BurnRule>,
    pub(super) downs: Vec<DownRule>,
    pub(super) doors: Vec<DoorRule>,
}

/// Figures of keys in one step, and the cells that they were taken from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figures<'a> {
    pub(super) values: &'a [(usize, Values)],
    pub(super) hists: &'a [(usize, &'a Hist, &'a Hist)],
}

impl Plan {
    /// The plan of these rules. Tables and windows of the plan before are kept where they fit.
    pub(super) fn new(
        rules: &[Rule],
        registry: &Registry,
        before: Plan,
        more: impl FnOnce(&mut Plan),
    ) -> Plan {
        let mut plan = Plan {
            tables: before.tables,
            has_timeouts: registry.endpoints().any(|one| one.timeout_ms.is_some()),
            has_contexts: registry.endpoints().any(|one| one.context_tokens.is_some()),
            ..Plan::default()
        };
        for (place, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.on) {
            plan.add_rule(place, rule);
        }
        more(&mut plan);
        for ring in &mut plan.rings {
            if let Some(kept) = before.rings.iter().find(|old| old.is_like(ring)) {
                *ring = kept.clone();
            }
        }
        plan
    }

    /// Lets only windows that hold nothing yet take figures, or all of them again; whether there are any.
    pub(super) fn only_new(&mut self, only_new: bool) -> bool {
        for ring in &mut self.rings {
            ring.is_muted = only_new && !ring.is_new();
        }
        self.rings.iter().any(Ring::is_new)
    }

    pub(super) fn table(&mut self, family: Family, by: &[Dimension], scope: &Scope) -> usize {
        let shape = Shape {
            family,
            by: by.to_vec(),
            scope: scope.clone(),
        };
        let known = self.tables.iter().position(|table| table.shape == shape);
        known.unwrap_or_else(|| {
            self.tables.push(Table::new(shape));
            self.tables.len() - 1
        })
    }

    pub(super) fn ring(
        &mut self,
        table: usize,
        span: Span,
        fields: &[Field],
        (spread, is_asked): (Option<Spread>, bool),
    ) -> usize {
        let family = self.tables.get(table).map(|table| table.shape.family);
        let of_links = fields.iter().any(|field| field.is_of_links());
        let coarsest = match family {
            Some(Family::Groups) => Step::Day,
            Some(Family::Credentials | Family::Links) => Step::Hour,
            Some(Family::Cells) | None if of_links => Step::Hour,
            Some(Family::Cells) | None => Step::Minute,
        };
        let step = Step::of(span).max(coarsest);
        let known = self.rings.iter().position(|ring| {
            (ring.table, ring.span, ring.step, ring.spread) == (table, span, step, spread)
        });
        let place = known.unwrap_or_else(|| {
            self.rings.push(Ring::new(table, span, step, spread));
            self.rings.len() - 1
        });
        if let Some(ring) = self.rings.get_mut(place) {
            ring.keep(fields);
            ring.keeps_hists |= is_asked;
        }
        place
    }

    pub(super) fn gauge(
        &mut self,
        rule: (usize, &Rule),
        figure: (Metric, Span),
        limits: Limits,
    ) -> &mut Gauge {
        let (place, rule) = rule;
        let family = family_of(&rule.by, &rule.scope);
        let table = self.table(family, &rule.by, &rule.scope);
        let (fields, spread) = figure::needs(figure.0);
        // A share of what nobody declares is never worked out.
        let is_declared = (figure.0 != Metric::LatencyP95OfTimeout || self.has_timeouts)
            && (figure.0 != Metric::ContextUse || self.has_contexts);
        let ring = self.ring(table, figure.1, fields, (spread, is_declared));
        let gauges = &mut self.judges.gauges;
        gauges.push(Gauge::new(place, figure.0, ring, limits));
        let last = gauges.len() - 1;
        &mut gauges[last]
    }

    fn add_rule(&mut self, place: usize, rule: &Rule) {
        match &rule.check {
            Check::Threshold {
                metric,
                window,
                above,
                below,
                clear,
                min_sample,
            } => {
                if !is_of_cells(*metric) {
                    return;
                }
                let limits = Limits {
                    above: *above,
                    below: *below,
                    clear: *clear,
                    min_sample: *min_sample,
                };
                self.gauge((place, rule), (*metric, *window), limits);
            }
            Check::Drift {
                metric,
                window,
                above,
                min_sample,
            } => {
                let limits = gauge::drift(*above, *min_sample);
                self.gauge((place, rule), (*metric, *window), limits);
            }
            Check::Budget(budget) => {
                let family = family_of(&rule.by, &rule.scope);
                let table = self.table(family, &rule.by, &rule.scope);
                let ring = self.ring(
                    table,
                    Span::Period(budget.period),
                    &[Field::Spend],
                    (None, false),
                );
                self.judges
                    .budgets
                    .push(BudgetRule::new(place, ring, budget.clone()));
            }
            Check::Burn(burn) => {
                let family = family_of(&rule.by, &rule.scope);
                let table = self.table(family, &rule.by, &rule.scope);
                let (fast, slow) = burn.minutes;
                let mut ring = |minutes| {
                    self.ring(
                        table,
                        Span::Minutes(minutes),
                        &[Field::Spend],
                        (None, false),
                    )
                };
                let rings = (ring(fast), ring(slow));
                let rule = BurnRule::new(place, rings, burn.clone());
                self.judges.burns.push(rule);
            }
            Check::Residency(residency) => self.add_residency(place, rule, *residency),
            Check::Anomaly { .. }
            | Check::FirstSight(_)
            | Check::Silence { .. }
            | Check::Calendar(_) => {}
        }
    }

    /// Adds what keys tell in one step to every window, `sign` times.
    pub(super) fn add(
        &mut self,
        (family, starts): (Family, Starts),
        figures: Figures<'_>,
        (sign, is_late): (i64, bool),
        keys: &Keys,
    ) {
        let breaches = breaches(figures.values);
        for (place, table) in self.tables.iter_mut().enumerate() {
            let values = of_table(table, figures.values, keys);
            if values.is_empty() {
                continue;
            }
            if is_late {
                for (series, _) in &values {
                    table.note_late(*series);
                }
            }
            note_subjects(table, &breaches, keys);
            let rings = self.rings.iter_mut();
            for ring in rings.filter(|ring| ring.table == place && !ring.is_muted) {
                if family == Family::Links && !ring.wants_links() {
                    continue;
                }
                let start = starts.of(ring.step);
                ring.add(start, sign, &values);
                add_hists(table, ring, (start, sign), figures, keys);
            }
        }
    }

    /// Puts figures in the place of a day's, or an hour's, in the windows kept by such steps.
    pub(super) fn replace(
        &mut self,
        step: Step,
        start: UnixMillis,
        figures: Figures<'_>,
        keys: &Keys,
    ) {
        for (place, table) in self.tables.iter_mut().enumerate() {
            let values = of_table(table, figures.values, keys);
            let rings = self.rings.iter_mut();
            let rings = rings.filter(|ring| (ring.table, ring.step) == (place, step));
            for ring in rings.filter(|ring| !ring.wants_links()) {
                ring.clear(start);
                ring.add(start, 1, &values);
                add_hists(table, ring, (start, 1), figures, keys);
            }
        }
    }

    /// Moves the end of every window.
    pub(super) fn advance(&mut self, to: UnixMillis, days: &mut Days) {
        for ring in &mut self.rings {
            ring.advance(to, days);
        }
    }
}

/// Figures by the series of a table.
fn of_table<'a>(
    table: &mut Table,
    values: &'a [(usize, Values)],
    keys: &Keys,
) -> Vec<(usize, &'a Values)> {
    let series = values.iter();
    let series = series.filter_map(|(key, own)| Some((table.of_key(*key, keys)?, own)));
    series.collect()
}

/// Keys with calls that a rule of residency tells of.
fn breaches(values: &[(usize, Values)]) -> Vec<usize> {
    let (violated, spilled) = (Field::Violated.place(), Field::Spilled.place());
    let is_told = |own: &Values| own.at(violated) > 0 || own.at(spilled) > 0;
    let found = values.iter().filter(|(_, own)| is_told(own));
    found.map(|(key, _)| *key).collect()
}

/// Notes where such calls went.
fn note_subjects(table: &mut Table, breaches: &[usize], keys: &Keys) {
    for place in breaches {
        if let Some(series) = table.of_key(*place, keys)
            && let Some(key) = keys.get(*place)
        {
            table.note_subject(series, key);
        }
    }
}

/// Adds histograms to a window that wants them.
fn add_hists(
    table: &mut Table,
    ring: &mut Ring,
    (start, sign): (UnixMillis, i64),
    figures: Figures<'_>,
    keys: &Keys,
) {
    let Some(spread) = ring.spread.filter(|_| ring.keeps_hists) else {
        return;
    };
    let hists = figures.hists.iter().filter_map(|(key, latency, prompt)| {
        let hist = match spread {
            Spread::Latency => *latency,
            Spread::Prompt => *prompt,
        };
        Some((table.of_key(*key, keys)?, hist))
    });
    let hists: Vec<(usize, &Hist)> = hists.collect();
    ring.add_hists(start, sign, &hists);
}

/// Whether cells, links, credentials or groups tell it.
pub(super) fn is_of_cells(metric: Metric) -> bool {
    ![
        Metric::QuarantineShare,
        Metric::LostRecords,
        Metric::Lag,
        Metric::ConversationRequests,
        Metric::ConversationTokens,
    ]
    .contains(&metric)
}

/// What tells the figures of series that are told apart so.
pub(super) fn family_of(by: &[Dimension], scope: &Scope) -> Family {
    let named = |dimension: Dimension| {
        by.contains(&dimension) || scope.0.iter().any(|(one, _)| *one == dimension)
    };
    if named(Dimension::Credential) {
        Family::Credentials
    } else if named(Dimension::UserGroup) {
        Family::Groups
    } else {
        Family::Cells
    }
}
