//! The shipped example files and the published schema are what the program reads.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so")]

use std::path::Path;

use tollwatch::alert::Route;
use tollwatch::call::Origin;
use tollwatch::config;
use tollwatch::money::NanoUsd;
use tollwatch::problem::Problem;
use tollwatch::units::{Millis, UnixMillis};

fn now() -> UnixMillis {
    UnixMillis::parse("2026-11-21T00:00:00Z").unwrap()
}

fn load(path: &str) -> config::Ready {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    config::load(&path, &|path| std::fs::read_to_string(path), now()).unwrap_or_else(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    })
}

#[test]
fn the_examples_load_without_a_warning() {
    for (file, endpoints, features) in [("minimal.toml", 1, 1), ("full.toml", 3, 2)] {
        let ready = load(&format!("deploy/config/{file}"));
        assert_eq!(ready.registry.iter().count(), endpoints, "{file}");
        assert_eq!(ready.features.iter().count(), features, "{file}");
        let warnings: Vec<String> = ready.warnings.iter().map(ToString::to_string).collect();
        assert!(warnings.is_empty(), "{file}: {}", warnings.join("\n"));
        assert!(!ready.canonical.is_empty());
    }
}

#[test]
fn the_configuration_of_the_containers_loads() {
    // Where the containers have its further files mounted.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    let main = root.join("compose/tollwatch.toml");
    let read = |path: &Path| match path.file_name() {
        Some(name) if name != "tollwatch.toml" => {
            std::fs::read_to_string(root.join("demo").join(name))
        }
        _ => std::fs::read_to_string(path),
    };
    let ready = config::load(&main, &read, now()).unwrap();
    assert_eq!((ready.kafka.len(), ready.influxdb.len()), (1, 1));
    assert!(ready.registry.iter().count() > 0);
}

#[test]
fn the_full_example_becomes_what_it_says() {
    let ready = load("deploy/config/full.toml");
    let registry = &ready.registry;
    let weu = registry.by_name("azure-weu").unwrap();
    let endpoint = registry.get(weu).unwrap();
    assert_eq!(endpoint.region, "azure:westeurope");
    assert_eq!(endpoint.resource_paths, ["/openai/deployments/gpt-4o-weu"]);
    assert_eq!(endpoint.fallback, registry.by_name("azure-sdc"));
    assert_eq!(registry.by_alias("gpt_large", Some(true)).one(), Some(weu));
    let call = ready
        .gate()
        .admit("llm.contoso.example:8000", "/v1/chat/completions")
        .unwrap();
    let found = registry.find(&call.destination).one();
    assert_eq!(found, registry.by_name("vllm-ffm"));

    let origin = Origin {
        scope: "sn_itsm_gen_ai".into(),
        skill: "5f1c2d3e4a5b6c7d8e9f0a1b2c3d4e5f".into(),
        ..Origin::default()
    };
    let attributed = ready.features.attribute(&origin, None);
    assert_eq!(attributed.feature, "itsm/incident_summarization");
    let feature = ready.features.get(attributed.id.unwrap()).unwrap();
    assert_eq!(feature.approved.cost_per_call, Some(NanoUsd(40_000_000)));
    assert!(feature.may_use(weu) && !feature.may_use(registry.by_name("vllm-ffm").unwrap()));
    let strictest = ready.features.strictest(weu).unwrap();
    assert_eq!(strictest.rule.name, "eu-proven");

    assert_eq!(ready.groups.of("pilot.bert").unwrap(), "pilot");
    assert_eq!(ready.sources[0].grace, Millis(120_000));
    assert!(ready.ledger.path.ends_with("deploy/config/tollwatch.db"));
    assert_eq!(ready.timezone.name(), "Europe/Berlin");

    let kafka = &ready.kafka[0];
    assert_eq!(kafka.name, "hermes-1");
    assert_eq!(kafka.brokers.len(), 4);
    assert_eq!(kafka.start, config::Start::Beginning);
    assert_eq!(
        (kafka.grace, kafka.disorder),
        (Millis(120_000), Millis(60_000))
    );
    assert!(kafka.tls.as_ref().unwrap().verify_host);
    let sasl = kafka.sasl.as_ref().unwrap();
    let password = config::SecretRef::Env("KAFKA_PASSWORD".to_owned());
    assert_eq!(sasl.mechanism, config::Mechanism::ScramSha512);
    assert_eq!(sasl.password, Some(password));
    assert!(!kafka.dead_letter.as_ref().unwrap().raw_bytes);
    let any: Vec<_> = kafka.properties_of_any_client().collect();
    assert_eq!(any, [("client.rack", "fra-1")]);
    assert_eq!(kafka.properties.len(), 2);
    assert_eq!(ready.daemon, config::Daemon::default());

    let influx = &ready.influxdb[0];
    assert_eq!(influx.version, config::InfluxVersion::V2);
    assert_eq!(
        (influx.name.as_str(), influx.bucket.as_str()),
        ("grafana", "llm")
    );
    let token = config::SecretRef::Env("INFLUX_TOKEN".to_owned());
    assert_eq!(influx.login, config::InfluxLogin::Token(token));
    assert_eq!(influx.retention, Some(Millis(400 * 86_400_000)));
}

#[test]
fn the_full_example_tells_whom_and_when() {
    let ready = load("deploy/config/full.toml");
    let alerts = &ready.alerts;
    assert_eq!(alerts.rules, config::Rules::shipped());
    let settings = &alerts.settings;
    let shown = |routes: &[Route]| {
        let route = |route: &Route| (route.matcher.rules.len(), route.to.len());
        routes.iter().map(route).collect::<Vec<_>>()
    };
    assert_eq!(shown(&settings.routes), [(2, 1), (0, 2), (0, 1)]);
    assert!(settings.routes[2].matcher.is_any());
    assert_eq!(settings.digests.weekly, (0, 450));
    assert_eq!(
        settings.fallback_to.as_deref(),
        Some("platform@contoso.example")
    );
    let hours = &settings.maintenance[0];
    assert_eq!(hours.to.0 - hours.from.0, 6 * 3_600_000);
    let mail = alerts.mail.as_ref().unwrap();
    let config::MailWay::Smtp(smtp) = &mail.way else {
        panic!("another way");
    };
    assert_eq!((smtp.port, smtp.tls), (587, config::SmtpTls::Starttls));
    let password = config::SecretRef::Env("SMTP_PASSWORD".to_owned());
    assert_eq!(smtp.login, Some(("tollwatch".to_owned(), password)));
    assert!(alerts.webhook.as_ref().unwrap().header.is_some());
    assert!(matches!(alerts.heartbeat, Some(config::UrlRef::Secret(_))));

    let declared = &ready.declared;
    let day = |text: &str| UnixMillis::parse(text);
    let weu = declared
        .endpoints
        .iter()
        .find(|one| one.endpoint == "azure-weu")
        .unwrap();
    // Days begin at midnight in Berlin.
    assert_eq!(weu.credential_due, day("2027-01-01T00:00:00+01:00"));
    assert_eq!(weu.retires, day("2027-06-30T00:00:00+02:00"));
    assert_eq!(
        (weu.timeout_ms, weu.context_tokens),
        (Some(30_000), Some(128_000))
    );
    assert_eq!(weu.fallback.as_deref(), Some("azure-sdc"));
    let feature = &declared.features[0];
    assert_eq!(feature.feature, "itsm/incident_summarization");
    assert_eq!(feature.budget_nanousd, Some(2_500_000_000_000));
    assert_eq!(feature.pilot_since, day("2026-11-02T00:00:00+01:00"));
    assert_eq!(feature.approved_nanousd, Some(40_000_000));
    assert_eq!(feature.approved_retries_ppm, Some(50_000));
    assert!(feature.fail_closed);
    assert_eq!(feature.endpoints, ["azure-weu", "azure-sdc"]);
    assert!(declared.features[1].fail_closed, "by its only endpoint");
    assert_eq!(declared.budget_nanousd, Some(12_000_000_000_000));
    assert!(declared.prices_of >= day("2026-11-01T00:00:00Z"));
}

#[test]
fn without_a_file_nothing_is_registered_and_list_prices_hold() {
    let ready = config::Ready::default_without_file();
    assert_eq!(ready.registry.iter().count(), 0);
    assert!(ready.prices.rows().count() > 1000);
    assert!(ready.regions.resolve_set("eu").is_ok());
    assert!(
        ready
            .gate()
            .admit("api.openai.com", "/v1/responses")
            .is_some()
    );
}

/// Brokers, groups and secrets are no matter of judging: with others the books go on as they were.
#[test]
fn how_brokers_are_reached_changes_no_judgement() {
    let canonical = |text: &str| {
        let read = |_: &Path| Ok(text.to_owned());
        config::load(Path::new("main.toml"), &read, now())
            .unwrap()
            .canonical
    };
    let base = "[[source.kafka]]\nname = \"k\"\nbrokers = [\"a\"]\ntopics = [\"t\"]\n";
    let before = canonical(base);
    let rows = [
        ("brokers", base.replace("\"a\"", "\"b:9093\""), true),
        ("topics", base.replace("\"t\"", "\"^u\""), true),
        ("group", format!("{base}group = \"g\""), true),
        ("start", format!("{base}start = \"end\""), true),
        (
            "properties",
            format!("{base}properties = {{ \"client.id\" = \"x\" }}"),
            true,
        ),
        ("tls", format!("{base}tls = {{}}"), true),
        (
            "dead_letter",
            format!("{base}dead_letter = {{ topic = \"d\" }}"),
            true,
        ),
        (
            "influxdb",
            format!(
                "{base}[[influxdb]]\nname = \"i\"\nurl = \"http://h\"\nversion = 1\ndatabase = \"d\"\n"
            ),
            true,
        ),
        ("daemon", format!("{base}[daemon]\nlog = \"json\""), true),
        (
            "alerts",
            format!("{base}[alerts]\nbudget_usd_per_month = \"9\""),
            true,
        ),
        (
            "sasl",
            format!(
                "{base}sasl = {{ mechanism = \"SCRAM-SHA-256\", username = \"u\", \
                 password = {{ env = \"P\" }} }}"
            ),
            true,
        ),
        (
            "token_from",
            format!(
                "{base}sasl = {{ mechanism = \"OAUTHBEARER\", token_from = {{ url = \"https://h/t\", \
                 client_id = \"c\", client_secret = {{ env = \"P\" }} }} }}"
            ),
            true,
        ),
        ("name", base.replace("\"k\"", "\"l\""), false),
        ("format", format!("{base}format = \"otlp\""), false),
        (
            "fields",
            format!("{base}fields = {{ status = [\"x\"] }}"),
            false,
        ),
        (
            "ignore_scopes",
            format!("{base}ignore_scopes = [\"x\"]"),
            false,
        ),
        ("grace_seconds", format!("{base}grace_seconds = 5"), false),
    ];
    for (key, text, same) in rows {
        assert_eq!(canonical(&text) == before, same, "{key}");
    }
}

/// The demo's registry is wrong on purpose; the check says so, and does not stand in its way.
#[test]
fn the_demo_loads_and_its_faults_are_seen() {
    let ready = load("deploy/demo/tollwatch.toml");
    let seen = |code: &str, words: &str| {
        let fits = |problem: &Problem| problem.code == code && problem.message.contains(words);
        assert!(ready.warnings.iter().any(fits), "{code}: {words}");
    };
    seen("region_mismatch", "the host says `eastus`");
    seen(
        "host_outside_rule",
        "outside rule `eu` of `hrsd/kb_article_generation`",
    );
    seen("region_name_mismatch", "the host says `eus` (azure:eastus)");
    seen("fallback_missing", "no fallback");
}

/// Every key of the schema stands in `full.toml` or is named in a comment there.
#[test]
fn the_full_example_names_every_key() {
    let text = std::fs::read_to_string("deploy/config/full.toml").unwrap();
    let schema: serde_json::Value = serde_json::from_str(&config::json_schema()).unwrap();
    let mut keys = Vec::new();
    collect_keys(&schema, &mut keys);
    assert!(keys.len() > 60, "{}", keys.len());
    for key in keys {
        let there = text.lines().any(|line| {
            let line = line.trim_start_matches("# ");
            line.starts_with(&format!("{key} ="))
                || line.contains(&format!("{key}."))
                || line.contains(&format!("[{key}]"))
                || line.contains(&format!(".{key}]"))
        });
        assert!(there, "`{key}` is not in deploy/config/full.toml");
    }
}

fn collect_keys(schema: &serde_json::Value, keys: &mut Vec<String>) {
    match schema {
        serde_json::Value::Object(members) => {
            for (word, value) in members {
                let properties = value.as_object().filter(|_| word == "properties");
                match properties {
                    Some(properties) => {
                        keys.extend(properties.keys().cloned());
                        properties.values().for_each(|key| collect_keys(key, keys));
                    }
                    None => collect_keys(value, keys),
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect_keys(item, keys)),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => {}
    }
}

/// `UPDATE_SCHEMA=1 cargo test schema` writes the file anew.
#[test]
fn the_published_schema_is_the_one_in_force() {
    let schemas = [
        ("config.json", config::json_schema()),
        ("rules.json", config::rules_json_schema()),
    ];
    for (name, schema) in schemas {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema");
        let path = folder.join(name);
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(&path, &schema).unwrap();
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            published == schema,
            "run `UPDATE_SCHEMA=1 cargo test schema`"
        );
    }
}

#[test]
fn an_imported_price_list_is_read() {
    let list = r#"{"marvin-1": {"litellm_provider": "openai", "mode": "chat",
        "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}}"#;
    let imported = tollwatch::price::parse_list(list, "").unwrap();
    let table = tollwatch::price::render_table(&imported.table);
    let load = |table: &str| {
        let read = |path: &Path| match path.to_str() {
            Some("main.toml") => Ok("price_import = \"list.tsv\"".to_owned()),
            Some("list.tsv") => Ok(table.to_owned()),
            _ => Err(std::io::Error::other("no such file")),
        };
        config::load(Path::new("main.toml"), &read, now())
    };
    let ready = load(&table).unwrap();
    assert!(
        ready
            .prices
            .rows()
            .any(|(_, row)| row.name.contains("marvin-1"))
    );
    let other = table.replace("marvin", "zaphod");
    assert_ne!(ready.canonical, load(&other).unwrap().canonical);
    assert!(load("no list").is_err());
}
