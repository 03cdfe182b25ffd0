//! What holds for each dashboard and panel without any server.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{dashboards, made, read};

#[test]
fn the_committed_files_are_those_of_the_table() {
    let mut stale = Vec::new();
    for (name, text) in made() {
        let path = format!("dashboards/grafana/dashboards/{name}");
        if read(&path) != text {
            stale.push(path);
        }
    }
    assert_eq!(stale, [""; 0], "cargo run --example dashboards");
}

/// What is wrong with one panel.
fn faults(panel: &Value) -> Vec<String> {
    let title = panel["title"].as_str().unwrap();
    let mut found = Vec::new();
    let mut must = |holds: bool, what: &str| {
        if !holds {
            found.push(format!("{title}: {what}"));
        }
    };
    must(title.ends_with('?') && title.len() < 90, "is no question");
    let about = panel["description"].as_str().unwrap();
    let counts = [
        "calls (transport facts).",
        "requests (usage facts).",
        "records.",
    ];
    must(
        counts
            .iter()
            .any(|word| about.contains(&format!("Counts {word}"))),
        "does not say what it counts",
    );
    must(
        about.contains(" From llm_") && !about.contains(": ;"),
        "does not say from where",
    );
    let unit = panel["fieldConfig"]["defaults"]["unit"].as_str();
    must(unit.is_some_and(|unit| !unit.is_empty()), "has no unit");
    must(
        !panel["targets"].as_array().unwrap().is_empty(),
        "asks nothing",
    );
    let steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"].as_array();
    let values: Vec<Option<f64>> = steps
        .unwrap()
        .iter()
        .map(|step| step["value"].as_f64())
        .collect();
    must(
        values.first() == Some(&None) && values.windows(2).all(|pair| pair[0] < pair[1]),
        "has thresholds out of order",
    );
    must(
        panel["datasource"]["uid"] == "${datasource}",
        "has a data source of its own",
    );
    found
}

#[test]
fn each_panel_asks_and_explains() {
    let mut found = Vec::new();
    for (_, page) in dashboards() {
        for panel in page["panels"].as_array().unwrap() {
            found.extend(faults(panel));
        }
    }
    assert_eq!(found, [""; 0]);
}

#[test]
fn the_check_of_panels_can_fail() {
    let (_, page) = dashboards().swap_remove(0);
    let good = &page["panels"][0];
    assert_eq!(faults(good), [""; 0]);
    for (key, value) in [
        ("title", "Spend"),
        ("description", "Counts something. From llm_calls: calls."),
        ("description", "Counts records."),
    ] {
        let mut bad = good.clone();
        bad[key] = Value::from(value);
        assert_eq!(faults(&bad).len(), 1, "{key} = {value}");
    }
    let mut bad = good.clone();
    bad["fieldConfig"]["defaults"]["unit"] = Value::from("");
    assert_eq!(faults(&bad).len(), 1);
}

#[test]
fn panels_stand_beside_each_other() {
    for (title, page) in dashboards() {
        let mut taken = BTreeSet::new();
        let mut ids = BTreeSet::new();
        for panel in page["panels"].as_array().unwrap() {
            assert!(
                ids.insert(panel["id"].as_u64().unwrap()),
                "{title}: two of one number"
            );
            let place = ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().unwrap());
            let [x, y, width, height] = place;
            assert!(x + width <= 24, "{title}: {place:?} is too wide");
            for cell in (x..x + width).flat_map(|x| (y..y + height).map(move |y| (x, y))) {
                assert!(taken.insert(cell), "{title}: two panels at {cell:?}");
            }
        }
    }
}

#[test]
fn each_dashboard_has_what_all_have() {
    let pages = dashboards();
    let names: Vec<&str> = pages.iter().map(|(title, _)| title.as_str()).collect();
    assert_eq!(names, ["Daily spend", "Residency", "On call"]);
    for (title, page) in &pages {
        let variables = page["templating"]["list"].as_array().unwrap();
        let names: Vec<&str> = variables
            .iter()
            .map(|one| one["name"].as_str().unwrap())
            .collect();
        let all = [
            "datasource",
            "application",
            "feature",
            "endpoint",
            "model",
            "timezone",
        ];
        assert_eq!(names, all, "{title}");
        let panels = page["panels"].as_array().unwrap();
        let covers = |panel: &&Value| {
            panel["title"]
                .as_str()
                .unwrap()
                .contains("share of the traffic do these figures cover")
        };
        assert_eq!(panels.iter().filter(covers).count(), 1, "{title}");
        assert_eq!(page["links"][0]["tags"], page["tags"], "{title}");
        assert_eq!(page["links"][0]["includeVars"], true, "{title}");
        assert_eq!(page["links"][0]["keepTime"], true, "{title}");
        let version = page["schemaVersion"].as_u64().unwrap();
        assert_eq!(version, 38, "{title}: the version of Grafana 10.0");
    }
}

#[test]
fn nothing_secret_is_provisioned() {
    let text = read("dashboards/grafana/provisioning/datasources/tollwatch.yaml");
    let mut secure = text
        .split("secureJsonData:")
        .nth(1)
        .unwrap()
        .lines()
        .skip(1);
    let line = secure.next().unwrap();
    assert!(line.ends_with(": ${TOLLWATCH_INFLUX_PASSWORD}"), "{line}");
    assert!(secure.all(|line| line.trim().is_empty()));
    for (name, text) in made() {
        for word in ["Token ", "password", "http://", "https://", "127.0.0.1"] {
            assert!(!text.contains(word), "{name} has {word:?}");
        }
    }
}
