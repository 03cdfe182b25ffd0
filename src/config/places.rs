//! Regions and residency rules as configuration names them.
//!
//! Knows no endpoint and no feature. A newcomer may ask why a region set can stand where a rule is
//! asked for: `residency = "eu"` says all there is to say, and a rule of its own is only needed
//! for several sets or a least grade.

use std::collections::BTreeMap;

use crate::call::Provider;
use crate::problem::Problem;
use crate::residency::{Grade, Regions, Rule};
use crate::units::Text;

use super::at::AtText;
use super::hint;
use super::names;
use super::read::FileText;
use super::written;

/// Known regions and the rules of the files.
pub(super) struct Places<'a> {
    regions: &'a Regions,
    /// `None` for a rule whose faults are reported already.
    rules: BTreeMap<String, Option<Rule>>,
}

impl<'a> Places<'a> {
    /// The rules of all files, with their faults reported.
    pub(super) fn new(
        regions: &'a Regions,
        files: &[(&FileText, &written::Named<written::Rule>)],
        faults: &mut Vec<Problem>,
    ) -> Places<'a> {
        let mut seen = names::Seen::new("rule");
        let mut rules = BTreeMap::new();
        for (file, written) in files {
            for (name, rule) in *written {
                seen.note(file, name, faults);
                let ready = parse_rule(file, name, rule.get(), regions, faults);
                rules.entry(name.get().clone()).or_insert(ready);
            }
        }
        Places { regions, rules }
    }

    /// The canonical name of a region; empty, and reported, when nobody knows it.
    pub(super) fn region(
        &self,
        file: &FileText,
        written: &AtText,
        provider: Option<&Provider>,
        faults: &mut Vec<Problem>,
    ) -> Text {
        let place = self.regions.parse_region(provider, written.get());
        if place.is_known() {
            return place.name();
        }
        faults.push(unknown_place(file, written, self.regions, "region"));
        Text::default()
    }

    /// The rule of that name, else the region set or region of that name as a rule.
    pub(super) fn rule(
        &self,
        file: &FileText,
        written: &AtText,
        faults: &mut Vec<Problem>,
    ) -> Option<Rule> {
        if let Some(known) = self.rules.get(written.get()) {
            return known.clone();
        }
        let name = written.get().as_str();
        if let Ok(rule) = Rule::parse(self.regions, name, [name], None) {
            return Some(rule);
        }
        let rules = self.rules.keys().map(String::as_str);
        let near = hint::nearest_only(name, rules);
        let mut problem = unknown_place(file, written, self.regions, "residency rule or region");
        if !near.is_empty() {
            problem.hint = near;
        }
        faults.push(Problem {
            code: "unknown_rule",
            ..problem
        });
        None
    }
}

fn parse_rule(
    file: &FileText,
    name: &AtText,
    written: &written::Rule,
    regions: &Regions,
    faults: &mut Vec<Problem>,
) -> Option<Rule> {
    let before = faults.len();
    if written.regions.is_empty() {
        names::missing(file, name.span(), "regions", faults);
    }
    for region in &written.regions {
        if regions.resolve_set(region.get()).is_err() {
            faults.push(unknown_place(file, region, regions, "region or set"));
        }
    }
    let mut min_grade = None;
    if let Some(letter) = &written.min_grade {
        min_grade = Grade::parse(letter.get());
        if min_grade.is_none() {
            let letters = Grade::ALL.map(Grade::as_str).join("`, `");
            faults.push(
                file.problem(
                    letter.span(),
                    "unknown_value",
                    format!("unknown grade `{}`", letter.get()),
                )
                .hint(format!("one of `{letters}`, strongest first")),
            );
        }
    }
    let allowed = written.regions.iter().map(|region| region.get().as_str());
    Rule::parse(regions, name.get(), allowed, min_grade)
        .ok()
        .filter(|_| faults.len() == before)
}

fn unknown_place(file: &FileText, written: &AtText, regions: &Regions, kind: &str) -> Problem {
    let near = regions
        .resolve_set(written.get())
        .err()
        .map_or_else(Vec::new, |unknown| unknown.nearest);
    let hint = if near.is_empty() {
        "a set (`eu`), a country (`de`) or a region (`azure:westeurope`); \
         `regions` names a file with your own"
            .to_owned()
    } else {
        format!("did you mean `{}`?", near.join("` or `"))
    };
    file.problem(
        written.span(),
        "unknown_region",
        format!("unknown {kind} `{}`", written.get()),
    )
    .hint(hint)
}
