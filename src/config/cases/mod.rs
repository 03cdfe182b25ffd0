//! Cases of rules: a few lines of traffic, and what must and must not fire.
//!
//! Knows no evaluation. A newcomer may ask why a case names the rules in force: what else would fire is
//! another case's matter, and one case should fail for one reason.

mod line;
pub(super) mod written;

use std::path::Path;

use crate::alert::{Dimension, Severity};
use crate::problem::Problem;
use crate::units::{Text, UnixMillis};

use super::at::{At, AtText};
use super::guard;
use super::names;
use super::read::{self, FileText};
use super::rules::{scope_lists, severity_of};
use super::{Ready, Rules, load};

pub use line::{Calls, Source, Told, Traffic};

/// When a case begins if it does not say: a Monday.
const START: &str = "2026-11-02T00:00:00Z";

/// A case.
#[derive(Debug)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// File and line.
    pub place: String,
    /// The rules in force.
    pub rules: Vec<Text>,
    /// The configuration that it is judged under.
    pub ready: Ready,
    /// When it begins.
    pub start: UnixMillis,
    /// When it ends, in milliseconds from its beginning.
    pub until_ms: i64,
    /// What the books tell.
    pub traffic: Vec<Traffic>,
    /// What must fire.
    pub fires: Vec<Expected>,
}

/// Something that must fire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The rule.
    pub rule: Text,
    /// Not before, in milliseconds from the case's beginning.
    pub after_ms: i64,
    /// At the latest.
    pub by_ms: i64,
    /// How urgent.
    pub severity: Option<Severity>,
    /// Values of its series.
    pub series: Vec<(Dimension, Text)>,
    /// What its mail must say.
    pub says: Vec<String>,
}

/// The cases of a file, judged by `rules`.
///
/// # Errors
/// Every problem of the file, sorted by place.
pub fn cases(name: &str, text: &str, rules: &Rules) -> Result<Vec<Case>, Vec<Problem>> {
    let file = FileText {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    let mut faults = Vec::new();
    let written: written::CaseFile = read::parse(&file, &mut faults);
    let mut cases = Vec::new();
    for at in &written.case {
        let desk = Desk {
            file: &file,
            rules,
            shared: written.registry.as_ref(),
        };
        cases.extend(desk.case(at, &mut faults));
    }
    if cases.is_empty() && faults.is_empty() {
        faults.push(file.problem(0..0, "missing_key", "the file holds no `[[case]]`"));
    }
    guard::settle(&mut faults);
    if faults.is_empty() {
        Ok(cases)
    } else {
        Err(faults)
    }
}

struct Desk<'a> {
    file: &'a FileText,
    rules: &'a Rules,
    shared: Option<&'a AtText>,
}

impl Desk<'_> {
    fn case(&self, at: &At<written::Case>, faults: &mut Vec<Problem>) -> Option<Case> {
        let Desk { file, .. } = *self;
        let written = at.get();
        if written.name.is_none() {
            names::missing(file, at.span(), "name", faults);
        }
        if written.rules.is_empty() {
            names::missing(file, at.span(), "rules", faults);
        }
        if written.traffic.is_empty() {
            names::missing(file, at.span(), "traffic", faults);
        }
        for name in &written.rules {
            self.rule(name, faults);
        }
        let start = match &written.start {
            None => UnixMillis::parse(START),
            Some(text) => self.start(text, faults),
        };
        let traffic: Vec<Traffic> = (written.traffic.iter())
            .filter_map(|text| self.line(text, faults))
            .collect();
        let last = traffic.iter().map(|line| line.to_ms).max().unwrap_or(0);
        let until = written.until.as_ref().map(|text| self.offset(text, faults));
        let fires = written.fires.iter();
        let fires = fires.filter_map(|at| self.expected(at, faults)).collect();
        let ready = self.ready(written.registry.as_ref().or(self.shared), faults);
        Some(Case {
            name: written.name.as_ref()?.get().clone(),
            place: format!("{}:{}", file.name, file.line_of(at.span())),
            rules: written
                .rules
                .iter()
                .map(|name| name.get().as_str().into())
                .collect(),
            ready: ready?,
            start: start?,
            until_ms: until.map_or(Some(last), |until| until)?,
            traffic,
            fires,
        })
    }

    fn rule(&self, name: &AtText, faults: &mut Vec<Problem>) {
        if self.rules.get(name.get()).is_none() {
            let known = self.rules.rules.iter().map(|rule| rule.name.as_str());
            let kind = "alert rule";
            faults.push(names::unknown(
                self.file,
                name,
                kind,
                "unknown_alert_rule",
                known,
            ));
        }
    }

    fn start(&self, text: &AtText, faults: &mut Vec<Problem>) -> Option<UnixMillis> {
        let time = UnixMillis::parse(text.get()).filter(|time| time.0 % 60_000 == 0);
        if time.is_none() {
            let message = format!("`{}` is no time of a whole minute", text.get());
            let problem = self.file.problem(text.span(), "bad_time", message);
            faults.push(problem.hint(format!("like `{START}`")));
        }
        time
    }

    fn offset(&self, text: &AtText, faults: &mut Vec<Problem>) -> Option<i64> {
        let offset = line::offset_ms(text.get());
        if offset.is_none() {
            let message = format!("`{}` is no time of a case", text.get());
            let problem = self.file.problem(text.span(), "bad_time", message);
            faults.push(problem.hint("counted from its beginning, like `16:40` or `2d08:00`"));
        }
        offset
    }

    fn line(&self, text: &AtText, faults: &mut Vec<Problem>) -> Option<Traffic> {
        line::line(text.get())
            .map_err(|(message, hint)| {
                let problem = self.file.problem(text.span(), "bad_traffic", message);
                faults.push(problem.hint(hint));
            })
            .ok()
    }

    fn expected(&self, at: &At<written::Fires>, faults: &mut Vec<Problem>) -> Option<Expected> {
        let written = at.get();
        let Some(rule) = &written.rule else {
            names::missing(self.file, at.span(), "rule", faults);
            return None;
        };
        self.rule(rule, faults);
        let by = if let Some(text) = &written.by {
            self.offset(text, faults)
        } else {
            names::missing(self.file, at.span(), "by", faults);
            None
        };
        let after = written.after.as_ref().map(|text| self.offset(text, faults));
        let mut series = Vec::new();
        if let Some(scope) = &written.series {
            for (dimension, values) in scope_lists(scope.get()) {
                series.extend(
                    values
                        .iter()
                        .map(|one| (dimension, one.get().as_str().into())),
                );
            }
        }
        Some(Expected {
            rule: rule.get().as_str().into(),
            after_ms: after.map_or(Some(0), |after| after)?,
            by_ms: by?,
            severity: written.severity.as_ref().map(|at| severity_of(*at.get())),
            series,
            says: written.says.iter().map(|text| text.get().clone()).collect(),
        })
    }

    /// The configuration that stands in the file; its faults are told by the registry's own lines.
    fn ready(&self, registry: Option<&AtText>, faults: &mut Vec<Problem>) -> Option<Ready> {
        let Some(at) = registry else {
            return Some(Ready::default_without_file());
        };
        let name = "the registry";
        let read = |path: &Path| match path.to_str() {
            Some(one) if one == name => Ok(at.get().clone()),
            _ => Err(std::io::Error::other("a case names no further files")),
        };
        let now = UnixMillis::parse(START).unwrap_or_default();
        match load(Path::new(name), &read, now) {
            Ok(ready) => Some(ready),
            Err(problems) => {
                for problem in problems {
                    let line = problem.place.line;
                    let message = format!("line {line} of it: {}", problem.message);
                    let here = self.file.problem(at.span(), problem.code, message);
                    faults.push(here.hint(problem.hint));
                }
                None
            }
        }
    }
}
