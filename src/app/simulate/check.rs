//! Finds every fault of meaning in a scenario: names that nothing bears, times that are none.
//!
//! Knows no call. A newcomer may ask why a simulator's input is checked so strictly: an event with
//! a misspelt endpoint would simply not happen, and the test built on it would prove nothing.

use toml::Spanned;

use crate::problem::Problem;

use super::Telling;
use super::events::Moment;
use super::scenario::{Scenario, Skill};

struct Checker<'a> {
    scenario: &'a Scenario,
    file: &'a str,
    text: &'a str,
    found: Vec<Problem>,
}

/// Every fault, in the order of the file.
pub(super) fn problems(scenario: &Scenario, file: &str, text: &str) -> Vec<Problem> {
    let mut checker = Checker {
        scenario,
        file,
        text,
        found: Vec::new(),
    };
    checker.header();
    checker.endpoints();
    checker.events();
    checker.found.sort();
    checker.found
}

impl Checker<'_> {
    fn fault(
        &mut self,
        place: &Spanned<String>,
        code: &'static str,
        message: String,
        hint: String,
    ) {
        let problem = Problem::at(self.file, self.text, place.span(), code, message);
        self.found.push(problem.hint(hint));
    }

    fn header(&mut self) {
        let start = &self.scenario.start;
        let date = start.get_ref();
        if date.len() != 10 || self.scenario.start().0 == 0 {
            let message = format!("`{date}` is no date");
            self.fault(
                start,
                "scenario_date",
                message,
                "write `2026-11-07`".to_owned(),
            );
        }
        let shape = &self.scenario.shape;
        let empty = [
            ("endpoint", self.scenario.endpoint.is_empty()),
            ("skill", self.scenario.skill.is_empty()),
            ("shape.day", shape.day.iter().sum::<u64>() == 0),
        ];
        for (key, is_empty) in empty {
            if is_empty {
                let message = format!("`{key}` holds nothing");
                self.found.push(Problem::at(
                    self.file,
                    self.text,
                    0..0,
                    "scenario_empty",
                    message,
                ));
            }
        }
    }

    fn endpoints(&mut self) {
        for endpoint in &self.scenario.endpoint {
            let url = endpoint.url.get_ref();
            if super::tell::split_url(url).is_none() {
                let message = format!("`{url}` is no URL");
                let hint = "write scheme, host and path: `https://host/v1/messages`".to_owned();
                self.fault(&endpoint.url, "scenario_url", message, hint);
            }
            let teller = endpoint.told_by.get_ref();
            if Telling::parse(teller).is_none() {
                let message = format!("nobody tells as `{teller}`");
                let hint = format!("one of {}", Telling::NAMES.join(", "));
                self.fault(&endpoint.told_by, "scenario_teller", message, hint);
            }
            if let Some(fallback) = &endpoint.fallback {
                self.endpoint_name(fallback);
            }
        }
        for skill in &self.scenario.skill {
            self.endpoint_name(&skill.endpoint);
        }
    }

    fn endpoint_name(&mut self, name: &Spanned<String>) {
        if self.scenario.endpoint_index(name.get_ref()).is_none() {
            let known: Vec<&str> = self
                .scenario
                .endpoint
                .iter()
                .map(|e| e.name.as_str())
                .collect();
            let message = format!("no endpoint `{}`", name.get_ref());
            self.fault(
                name,
                "scenario_endpoint",
                message,
                format!("one of {}", known.join(", ")),
            );
        }
    }

    fn feature_name(&mut self, name: &Spanned<String>) {
        let known: Vec<String> = self.scenario.skill.iter().map(Skill::feature).collect();
        if !known.contains(name.get_ref()) {
            let message = format!("no skill `{}`", name.get_ref());
            self.fault(
                name,
                "scenario_feature",
                message,
                format!("one of {}", known.join(", ")),
            );
        }
    }

    fn moment(&mut self, moment: &Moment) {
        if moment.offset(self.scenario.utc_offset_hours).is_none() {
            let message = format!(
                "day {} `{}` is no moment",
                moment.day,
                moment.time.get_ref()
            );
            let hint = "count days from 1 and write the time as `16:40`".to_owned();
            self.fault(&moment.time, "scenario_moment", message, hint);
        }
    }

    fn events(&mut self) {
        let scenario = self.scenario;
        for event in &scenario.switch {
            self.moment(&event.at);
            self.feature_name(&event.feature);
            self.endpoint_name(&event.endpoint);
        }
        for event in &scenario.prompt_step {
            self.moment(&event.at);
            self.feature_name(&event.feature);
        }
        for event in &scenario.outage {
            self.moment(&event.at);
            self.endpoint_name(&event.endpoint);
        }
        for event in &scenario.storm {
            self.moment(&event.at);
            self.endpoint_name(&event.endpoint);
        }
        for event in &scenario.agent_loop {
            self.moment(&event.at);
            self.feature_name(&event.feature);
        }
        for event in &scenario.re_export {
            self.moment(&event.at);
        }
    }
}
