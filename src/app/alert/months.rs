//! Months of invented traffic through rules, episodes and mails: quiet ones stay quiet, and a year with incidents
//! is told alike at every run.
//!
//! Knows no ledger. A newcomer may ask why these run for a minute or two: one month of minutes is what no table
//! of cases has. `QUIET_RUNS` and `YEAR_DAYS` make them longer.

#![expect(
    clippy::print_stderr,
    reason = "whoever waits for months wants to see them"
)]

use std::collections::BTreeMap;
use std::time::Instant;

use crate::alert::{self, Declared, Explained, Notice, Rule};
use crate::app::simulate::{SHIPPED, Scenario, cells};
use crate::config::Rules;
use crate::episode::{DeskState, Step};
use crate::message::{self, Around, Templates};
use crate::units::Text;
use crate::watch::WatchState;

use super::judging::{Judging, Law};

fn number(name: &str, usual: i64) -> i64 {
    let given = std::env::var(name).ok();
    given.map_or(usual, |text| text.parse().unwrap())
}

/// The demo's company without its story, with another shape of its week and day.
fn company(shape: &str, busy: &str, events: &str) -> Scenario {
    let text = SHIPPED[0].1;
    let (text, _) = text.split_once("[[prompt_step]]").unwrap();
    let mut text = text.replace("[shape]\nburstiness = 20", &format!("[shape]\n{shape}"));
    for (one, other) in busy.split(',').filter_map(|pair| pair.split_once('=')) {
        let from = format!("requests_per_day = {one}\n");
        assert!(text.contains(&from), "{from}");
        text = text.replace(&from, &format!("requests_per_day = {other}\n"));
    }
    text.push_str(events);
    Scenario::parse("company", &text).unwrap()
}

fn settings() -> alert::Settings {
    alert::Settings {
        fallback_to: Some("on-call@example.org".into()),
        ..alert::Settings::default()
    }
}

/// What is judged: the rules, and everything that they say.
struct Office {
    rules: Vec<Rule>,
    judging: Judging,
    mails: Vec<(Step, String)>,
}

impl Office {
    fn new() -> Office {
        let (rules, told, declared) = (Rules::shipped().rules, settings(), Declared::default());
        let law = law(&rules, &told, &declared);
        let judging = Judging::new(law, WatchState::default(), &DeskState::default());
        Office {
            rules,
            judging,
            mails: Vec::new(),
        }
    }

    fn run(&mut self, scenario: &Scenario, seed: u64, days: i64) {
        let templates = Templates::default();
        cells::tell(scenario, (seed, days), &mut |closed_to, facts| {
            let (steps, _) = self.judging.relive(facts, closed_to);
            for step in steps.into_iter().filter(|step| !step.to.is_empty()) {
                let mail = mail(&self.rules, &step, &templates);
                self.mails.push((step, mail));
            }
        });
    }
}

fn law<'a>(rules: &'a [Rule], told: &'a alert::Settings, declared: &'a Declared) -> Law<'a> {
    Law {
        rules,
        declared,
        told,
        zone: "Europe/Berlin".parse().unwrap(),
    }
}

/// The mail of a step, without what only books can explain.
fn mail(rules: &[Rule], step: &Step, templates: &Templates) -> String {
    let Some(finding) = step.findings.first().filter(|_| step.digest.is_none()) else {
        return format!("{} {:?} {}", step.wall, step.digest, step.items_count);
    };
    let rule = rules.iter().find(|rule| rule.name == finding.rule).unwrap();
    let notice = Notice {
        id: step.id,
        kind: step.kind,
        severity: step.severity,
        rule: rule.clone(),
        finding: finding.clone(),
        others: step.findings.iter().skip(1).cloned().collect(),
        others_count: usize::try_from(step.series).unwrap() - 1,
        others_rules: rules.to_vec(),
        explained: Explained::default(),
        told: step.wall,
        since: step.since,
        display_name: Text::default(),
        explains: step.explains.clone(),
    };
    let around = Around {
        zone: "Europe/Berlin".parse().unwrap(),
        public_url: None,
        sign: &|_, _| None,
        templates,
        from: "tollwatch@example.org",
        realm: "months",
        route: "fallback",
        why: "this is a test",
        topic: None,
        prices_of: None,
        unsubscribe: None,
    };
    let mail = message::render(&notice, &around);
    format!("{} {}\n{}", step.wall, mail.subject, mail.text)
}

/// Mails by rule that are no digest.
fn by_rule(office: &Office) -> BTreeMap<Text, usize> {
    let mut rules: BTreeMap<Text, usize> = BTreeMap::new();
    let alerts = office
        .mails
        .iter()
        .filter(|(step, _)| step.digest.is_none());
    for (step, _) in alerts {
        *rules.entry(step.findings[0].rule.clone()).or_default() += 1;
    }
    rules
}

/// A line of each mail that is no digest.
fn print(office: &Office) {
    let mails = office.mails.iter();
    for (step, mail) in mails.filter(|(step, _)| step.digest.is_none()) {
        eprintln!("  {} {}", step.kind.as_str(), mail.lines().next().unwrap());
    }
}

#[test]
fn quiet_months_stay_quiet() {
    let always = "burstiness = 20\nweek = [100, 100, 100, 100, 100, 100, 100]\nday = [100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100]";
    let office = "burstiness = 10\nweek = [140, 140, 140, 140, 140, 0, 0]\nday = [0, 0, 0, 0, 0, 0, 0, 20, 90, 100, 100, 100, 80, 100, 100, 100, 100, 60, 0, 0, 0, 0, 0, 0]";
    let low = "1800=60,1500=5,1100=20,260=5,220=12";
    let companies = [
        (
            "weeks as people have them",
            "burstiness = 20",
            "1500=40,260=5",
        ),
        ("office hours", office, low),
        ("day and night", always, low),
        (
            "single calls",
            "burstiness = 1",
            "1800=300,1500=5,1100=60,260=5",
        ),
        ("as in the demo", "burstiness = 20", "1800=1800"),
    ];
    let runs = usize::try_from(number("QUIET_RUNS", 2)).unwrap();
    let days = number("QUIET_DAYS", 31);
    let (mut mails, mut months) = (0, 0.0);
    for run in 0..runs {
        let (name, shape, busy) = companies[run % companies.len()];
        let mut judged = Office::new();
        let seed = 1 + u64::try_from(run / companies.len()).unwrap();
        judged.run(&company(shape, busy, ""), seed, days);
        let rules = by_rule(&judged);
        let told: usize = rules.values().sum();
        eprintln!("{name}, seed {seed}, {days} days: {told} mails {rules:?}");
        print(&judged);
        mails += told;
        months += 1.0;
        let digests = judged.mails.len() - told;
        assert!(digests <= 5, "{name}: {digests} digests");
    }
    let rate = f64::from(u32::try_from(mails).unwrap()) / months;
    assert!(rate <= 0.5, "{rate} mails in a quiet month");
}

/// Incidents all over a year.
fn incidents(days: i64) -> String {
    let every = |from: i64, step: usize, event: &dyn Fn(i64) -> String| -> String {
        (from..days).step_by(step).map(event).collect()
    };
    let outage = |day| {
        format!(
            "[[outage]]\nat = {{ day = {day}, time = \"10:20\" }}\nminutes = 40\nendpoint = \"gpt4o-csm\"\nno_answer_per_mille = 300\n"
        )
    };
    let turns = |day| {
        format!(
            "[[agent_loop]]\nat = {{ day = {day}, time = \"02:40\" }}\nminutes = 22\nfeature = \"csm/case_summarization\"\nrequests = 640\n"
        )
    };
    let storm = |day| {
        format!(
            "[[storm]]\nat = {{ day = {day}, time = \"14:00\" }}\nminutes = 60\nendpoint = \"gpt4o-itsm\"\nthrottled_per_mille = 600\n"
        )
    };
    [
        every(10, 9, &outage),
        every(14, 13, &turns),
        every(12, 17, &storm),
    ]
    .concat()
}

#[test]
fn a_year_is_told_alike_at_every_run() {
    let days = number("YEAR_DAYS", 30);
    let scenario = company(
        "burstiness = 20",
        "1800=200,1500=20,1100=150,260=10",
        &incidents(days),
    );
    let run = || {
        let began = Instant::now();
        let mut judged = Office::new();
        judged.run(&scenario, 3, days);
        (judged, began.elapsed())
    };
    let (first, took) = run();
    let (second, _) = run();
    eprintln!(
        "{days} days: {} mails {:?}, {took:.1?}",
        first.mails.len(),
        by_rule(&first)
    );
    print(&first);
    assert!(first.mails.len() >= 5, "{:?}", by_rule(&first));
    let pairs = first.mails.iter().zip(&second.mails);
    for ((_, one), (_, other)) in pairs {
        assert_eq!(one, other);
    }
    assert_eq!(first.mails.len(), second.mails.len());
    // An outage, a loop and a storm are one mail and its end each, or a few more where they repeat.
    let events = incidents(days).matches("[[").count();
    assert!(
        first.mails.len() <= 3 * events + 10,
        "{:?}",
        by_rule(&first)
    );
    assert!(
        took.as_secs() < 60 || cfg!(debug_assertions),
        "took {took:.1?}"
    );
}
