//! One moment's judgement: every rule over its windows, then what hangs on no window.
//!
//! Knows no fact's form. A newcomer may ask why minutes that are not complete are added and taken out again: they
//! will be told once more, whole, and a window holds each minute once.

use crate::alert::Finding;
use crate::units::{MINUTE_MS, UnixMillis};

use super::gauge::{Now, Told};
use super::mark::When;
use super::normal::Fed;
use super::{Moment, Watch};

impl Watch {
    /// Feeds the ten minutes that have just become complete.
    pub(super) fn feed(&mut self, start: UnixMillis, out: &mut Vec<Finding>) {
        let mut told = Told {
            rules: &self.rules,
            skip: &[],
            registry: &self.registry,
            marks: &mut self.marks,
            rows: &mut self.rows,
            out,
        };
        let fed = Fed {
            start,
            maintenance: &self.maintenance,
        };
        for normal in &mut self.normals {
            normal.judge(&self.plan, &mut self.days, fed, &mut told);
        }
    }

    pub(super) fn evaluate(&mut self, now: Now, out: &mut Vec<Finding>) {
        let skip: Vec<bool> = (self.fresh.iter().enumerate())
            .map(|(rule, fresh)| self.observed.is_blind(rule) || (now.silent && *fresh))
            .collect();
        let mut judges = std::mem::take(&mut self.plan.judges);
        let mut told = Told {
            rules: &self.rules,
            skip: &skip,
            registry: &self.registry,
            marks: &mut self.marks,
            rows: &mut self.rows,
            out,
        };
        let plan = &self.plan;
        for gauge in &mut judges.gauges {
            if now.partial && !(gauge.at_once || (now.stalled && gauge.metric.rises())) {
                continue;
            }
            if let Some(ring) = plan.rings.get(gauge.ring)
                && let Some(table) = plan.tables.get(ring.table)
            {
                gauge.judge(table, ring, now, &mut told);
            }
        }
        if !now.partial {
            let days = &mut self.days;
            for rule in &mut judges.budgets {
                rule.judge(plan, days, now, &mut told);
            }
            for rule in &mut judges.burns {
                rule.judge(plan, days, now, &mut told);
            }
            for rule in &judges.downs {
                rule.judge(plan, now, &mut told);
            }
            for rule in &mut judges.doors {
                rule.judge(plan, now, &mut told);
            }
            self.talks.judge(now, &mut told);
            let when = When {
                at: now.at,
                late: false,
                silent: now.silent,
            };
            self.observed.judge(when, self.sights.born(), &mut told);
        }
        self.plan.judges = judges;
    }

    /// Judges what must not wait, and while a source stalls what can only rise, on minutes that are not
    /// complete. Up to where they go.
    pub(super) fn judge_partial(&mut self, moment: &Moment, out: &mut Vec<Finding>) -> UnixMillis {
        let closed = moment.closed_to;
        self.partial.retain(|at, _| *at >= closed);
        let Some(last) = self.partial.keys().next_back().copied() else {
            return closed;
        };
        let partial = std::mem::take(&mut self.partial);
        for (at, cells) in &partial {
            self.add(*at, cells, (1, false));
        }
        let at = last.saturating_add(MINUTE_MS);
        let now = Now {
            at,
            silent: false,
            partial: true,
            stalled: moment.stalled,
        };
        self.evaluate(now, out);
        for (at, cells) in &partial {
            self.add(*at, cells, (-1, false));
        }
        self.partial = partial;
        at
    }

    /// Judges what hangs on no window: first sights, sources, dates.
    pub(super) fn judge_beside(
        &mut self,
        seen: UnixMillis,
        moment: &Moment,
        out: &mut Vec<Finding>,
    ) {
        let skip: Vec<bool> = (0..self.rules.len())
            .map(|rule| self.observed.is_blind(rule))
            .collect();
        let mut told = Told {
            rules: &self.rules,
            skip: &skip,
            registry: &self.registry,
            marks: &mut self.marks,
            rows: &mut self.rows,
            out,
        };
        self.sights.judge(seen, &mut told);
        let (at, wall) = (moment.closed_to, moment.wall);
        self.sources.judge(at, wall, &mut told);
        self.dues
            .judge((at, wall), self.sights.born(), &self.plan, &mut told);
    }
}
