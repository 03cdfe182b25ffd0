//! What `deploy/compose/` promises, as far as text tells: pinned images, no default secret, everybody's health.
//!
//! Knows no YAML. A newcomer may ask why not the client: it is not on every machine that tests.

use std::collections::BTreeSet;

use crate::read;

/// The services: name and the lines below it.
fn services() -> Vec<(String, String)> {
    let text = read("deploy/compose/compose.yaml");
    let (_, text) = text.split_once("\nservices:\n").unwrap();
    let (text, _) = text.split_once("\nvolumes:\n").unwrap();
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let name = line
            .strip_prefix("  ")
            .and_then(|rest| rest.strip_suffix(':'));
        if let Some(name) = name.filter(|name| !name.starts_with([' ', '#'])) {
            found.push((name.to_owned(), String::new()));
        } else if let Some((_, lines)) = found.last_mut() {
            lines.push_str(line);
            lines.push('\n');
        }
    }
    found
}

#[test]
fn services_are_pinned_and_watched() {
    let services = services();
    let names: Vec<&str> = services.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "kafka",
            "topics",
            "influxdb",
            "grafana",
            "mail",
            "tollwatch"
        ]
    );
    for (name, text) in &services {
        let image = text
            .lines()
            .find_map(|line| line.strip_prefix("    image: "));
        let version = image.map_or("1.0", |image| image.rsplit(':').next().unwrap());
        let pinned = version
            .trim_start_matches('v')
            .split('.')
            .filter(|part| part.parse::<u32>().is_ok());
        assert!(pinned.count() >= 2, "{name}: {image:?}");
        // The one that ends has no health.
        assert_eq!(
            text.contains("    healthcheck:\n"),
            name != "topics",
            "{name}"
        );
        for port in text
            .lines()
            .filter(|line| line.trim_start().starts_with("- \"") && line.contains(':'))
        {
            assert!(
                port.contains("\"127.0.0.1:"),
                "{name}: {port} is open to others"
            );
        }
    }
}

#[test]
fn every_secret_must_be_given() {
    let text = read("deploy/compose/compose.yaml");
    let mut asked = BTreeSet::new();
    for part in text.split("${").skip(1) {
        let (name, rest) = part
            .split_once(":?")
            .unwrap_or_else(|| panic!("a default for {part:?}"));
        assert!(rest.starts_with("set it in .env"), "{name}");
        asked.insert(name);
    }
    let example = read("deploy/compose/.env.example");
    let lines = example
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    let offered: BTreeSet<&str> = lines
        .map(|line| {
            line.strip_suffix('=')
                .unwrap_or_else(|| panic!("a default: {line}"))
        })
        .collect();
    assert_eq!(asked, offered);
    for (name, lines) in services() {
        let secrets = lines
            .lines()
            .filter(|line| line.contains("PASSWORD:") || line.contains("TOKEN:"));
        for line in secrets {
            assert!(line.contains("${"), "{name}: {line}");
        }
    }
}

#[test]
fn what_is_mounted_is_there() {
    let mut mounts = 0;
    for (name, lines) in services() {
        for line in lines.lines() {
            let mount = line
                .trim_start()
                .strip_prefix("- ")
                .filter(|rest| rest.starts_with('.'));
            if let Some((from, _)) = mount.and_then(|rest| rest.split_once(':')) {
                let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
                    .join("deploy/compose")
                    .join(from);
                assert!(path.exists(), "{name} mounts {from}");
                mounts += 1;
            }
        }
    }
    assert_eq!(mounts, 6);
}
