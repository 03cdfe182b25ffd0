//! The shipped rules: every one has cases, every case holds, and the manual tells of them as they are.
//!
//! Knows no ledger. A newcomer may ask why the manual's examples are read: an example that is refused is
//! worse than none.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#![expect(clippy::format_push_string, reason = "a table is made once")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tollwatch::alert::{Kind, Metric};
use tollwatch::app::rules;
use tollwatch::config::{self, Case, Rules, SHIPPED};
use tollwatch::problem::Problem;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn told(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn cases(rules: &Rules) -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, text) in rules::texts(&root().join("alerts/tests"), "toml").unwrap() {
        let read = config::cases(&name, &text, rules);
        cases.extend(read.unwrap_or_else(|problems| panic!("{}", told(&problems))));
    }
    cases
}

#[test]
fn every_rule_has_a_case_that_fires_and_one_that_stays_silent() {
    let shipped = Rules::shipped();
    let cases = cases(&shipped);
    let mut faults = Vec::new();
    for rule in &shipped.rules {
        let own = || cases.iter().filter(|case| case.rules.contains(&rule.name));
        let fires = |case: &&Case| case.fires.iter().any(|one| one.rule == rule.name);
        if !own().any(|case| fires(&case)) {
            faults.push(format!("no case in which `{}` fires", rule.name));
        }
        if own().all(|case| fires(&case)) {
            faults.push(format!("no case in which `{}` stays silent", rule.name));
        }
    }
    assert_eq!(faults, [""; 0]);
}

#[test]
fn every_case_holds() {
    let shipped = Rules::shipped();
    let mut faults = Vec::new();
    for case in cases(&shipped) {
        for wrong in rules::run(&case, &shipped).wrong {
            faults.push(format!("{}: {}: {wrong:?}", case.place, case.name));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A case must be able to fail: each way of being wrong is found.
#[test]
fn a_case_that_is_wrong_is_told() {
    let shipped = Rules::shipped();
    let head = "[[case]]\nname = \"x\"\nrules = [\"new-model\"]\n\
                traffic = [\"00:10-00:20 1m a/b c calls=1 requests=1\"]\n";
    let rows = [
        ("", "Unexpected"),
        (
            "fires = [{ rule = \"new-model\", by = \"00:05\" }]",
            "Missing",
        ),
        (
            "fires = [{ rule = \"new-model\", by = \"00:20\", severity = \"page\" }]",
            "Missing",
        ),
        (
            "fires = [{ rule = \"new-model\", by = \"00:20\", series = { model = [\"x\"] } }]",
            "Missing",
        ),
        (
            "fires = [{ rule = \"new-model\", by = \"00:20\", says = [\"no such words\"] }]",
            "Unsaid",
        ),
    ];
    for (tail, way) in rows {
        let text = format!("{head}{tail}\n");
        let cases = config::cases("x.toml", &text, &shipped).unwrap();
        let wrong = format!("{:?}", rules::run(&cases[0], &shipped).wrong);
        assert!(wrong.contains(way), "{tail}: {wrong}");
    }
    let text = format!("{head}fires = [{{ rule = \"new-model\", by = \"00:20\" }}]\n");
    let cases = config::cases("x.toml", &text, &shipped).unwrap();
    assert_eq!(rules::run(&cases[0], &shipped).wrong, []);
}

/// Faults of case files stand at their places.
#[test]
fn faults_of_cases_have_places() {
    let text = "[[case]]\nname = \"x\"\nrules = [\"new-modl\"]\ntraffic = [\n\
                \"00:10 1m a/b c\",\n\"00:10-00:20 90s a/b c\",\n\"00:10-00:20 1m a/b c cals=1\",\n]\n\
                start = \"monday\"\nuntil = \"late\"\nfires = [{ rule = \"new-model\" }]\n\
                [[case]]\nregistry = \"timezon = 1\"\n";
    let problems = config::cases("x.toml", text, &Rules::shipped()).unwrap_err();
    let lines: Vec<String> = (problems.iter())
        .map(|one| format!("{}:{} {}", one.place.line, one.place.column, one.code))
        .collect();
    let expected = [
        "3:10 unknown_alert_rule",
        "5:1 bad_traffic",
        "6:1 bad_traffic",
        "7:1 bad_traffic",
        "9:9 bad_time",
        "10:9 bad_time",
        "11:10 missing_key",
        "12:1 missing_key",
        "12:1 missing_key",
        "12:1 missing_key",
        "13:12 unknown_key",
    ];
    assert_eq!(lines, expected);
}

/// The table of the manual, as it should be.
fn table() -> String {
    let shipped = Rules::shipped();
    let mut text = String::new();
    for (file, _) in SHIPPED {
        let name = file.rsplit('/').next().unwrap();
        text.push_str(&format!(
            "### {name}\n\n| rule | kind | urgency | fires on | because |\n|---|---|---|---|---|\n"
        ));
        for rule in &shipped.rules {
            if !shipped.places[&rule.name].starts_with(file) {
                continue;
            }
            let closed = rule
                .severity_fail_closed
                .map(|one| format!(", `fail_closed`: {}", one.as_str()));
            text.push_str(&format!(
                "| `{}` | {} | {}{} | {} | {} |\n",
                rule.name,
                rule.check.kind().as_str(),
                rule.severity.as_str(),
                closed.unwrap_or_default(),
                rules::describe(rule),
                rule.reason
            ));
        }
        text.push('\n');
    }
    text
}

/// The metrics, as the manual lists them.
fn metrics() -> String {
    let mut text = String::from("| metric | what |\n|---|---|\n");
    for metric in Metric::ALL {
        text.push_str(&format!(
            "| `{}` | {} |\n",
            metric.as_str(),
            metric.about().trim()
        ));
    }
    text
}

fn between<'a>(text: &'a str, mark: &str) -> (&'a str, &'a str, &'a str) {
    let (begin, end) = (
        format!("<!-- {mark} -->\n"),
        format!("<!-- end of {mark} -->"),
    );
    let (before, rest) = text.split_once(&begin).unwrap();
    let (inside, after) = rest.split_once(&end).unwrap();
    (before, inside, after)
}

/// `UPDATE_MANUAL=1 cargo test --test rules` writes the tables anew.
#[test]
fn the_manual_tells_of_the_shipped_rules() {
    let path = root().join("docs/RULES.md");
    let mut text = fs::read_to_string(&path).unwrap();
    for (mark, wanted) in [("shipped rules", table()), ("metrics", metrics())] {
        let (before, inside, after) = between(&text, mark);
        if inside == wanted {
            continue;
        }
        assert!(
            std::env::var_os("UPDATE_MANUAL").is_some(),
            "run `UPDATE_MANUAL=1 cargo test --test rules`"
        );
        text = format!("{before}<!-- {mark} -->\n{wanted}<!-- end of {mark} -->{after}");
        fs::write(&path, &text).unwrap();
    }
}

#[test]
fn the_examples_of_the_manual_are_rules() {
    let text = fs::read_to_string(root().join("docs/RULES.md")).unwrap();
    let blocks = text.split("```toml\n").skip(1);
    let mut kinds = BTreeSet::new();
    for block in blocks {
        let (block, _) = block.split_once("```").unwrap();
        if block.contains("[[case]]") {
            let cases = config::cases("the manual", block, &Rules::shipped());
            assert!(cases.is_ok(), "{}", told(&cases.unwrap_err()));
            continue;
        }
        let rules = Rules::with(&[("the manual", block)]);
        let rules = rules.unwrap_or_else(|problems| panic!("{}", told(&problems)));
        for rule in rules
            .rules
            .iter()
            .filter(|rule| rules.places[&rule.name].starts_with("the manual"))
        {
            kinds.insert(rule.check.kind());
        }
    }
    assert_eq!(kinds, Kind::ALL.iter().copied().collect());
}
