//! What is imported becomes words and evidence: the commands from an export to a figure.
//!
//! Knows no format of exports beyond the smallest. A newcomer may ask why a verdict is looked at: an
//! inventory is worth its import only if the same call is proven better with it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod common;

use common::Desk;
use serde_json::Value;

const SKILL: &str = "c3d40f11db4c2010f0a1c9d2ca96c001";
const GROUP: &str = "0a52d3dcd7011200f2d224837e6103f2";
const USER: &str = "6816f79cc0a8016401c5a33be04be441";

fn genai() -> String {
    format!(
        r#"{{"sys_id":"r1","started_at":"2026-11-20 09:14:28","status":"Success","skill_config_id":"{SKILL}","model_name":"gpt_large","prompt_token_count":"10","response_token_count":"5","caller":"{USER}"}}"#
    )
}

fn feature(desk: &Desk, config: &[&str]) -> Value {
    let command = [&["inspect", "--json"][..], config, &["genai.json"]].concat();
    let told = desk.run(&command).ok();
    told.lines()[0]["call"]["feature"].clone()
}

#[test]
fn names_become_words() {
    let desk = Desk::new();
    desk.write("genai.json", genai());
    desk.write(
        "sn_nowassist_skill_config.json",
        format!(r#"{{"result":[{{"sys_id":"{SKILL}","name":"Incident triage"}}]}}"#),
    );
    desk.write(
        "sys_user_group.json",
        format!(r#"[{{"sys_id":"{GROUP}","name":"Desk"}}]"#),
    );
    desk.write(
        "sys_user_grmember.json",
        format!(r#"[{{"user":{{"value":"{USER}","display_value":"Anna Berg"}},"group":{{"value":"{GROUP}"}}}}]"#),
    );
    assert_eq!(feature(&desk, &[]), format!("-/{SKILL}"));
    let exports = [
        "sn_nowassist_skill_config.json",
        "sys_user_group.json",
        "sys_user_grmember.json",
    ];
    let import = |more: &[&str]| desk.run(&[&["names", "import"][..], &exports, more].concat());
    let printed = import(&[]).ok();
    assert!(
        printed.out.contains("Incident triage") && !printed.out.contains("Anna"),
        "{}",
        printed.out
    );
    let told = import(&["--out", "names.tsv", "--json"]).ok().json();
    assert_eq!(
        (&told["rows"], &told["files"][2]["new"]),
        (&3.into(), &1.into())
    );
    let again = import(&["--out", "names.tsv", "--json"]).ok().json();
    assert_eq!(
        (&again["rows"], &again["files"][2]["known"]),
        (&3.into(), &1.into())
    );
    let written = std::fs::read_to_string(desk.path("names.tsv")).unwrap();
    assert!(!written.contains("Anna"), "{written}");
    desk.write(
        "t.toml",
        "names = \"names.tsv\"\n[group.pilot]\ngroups = [\"Desk\"]\n",
    );
    assert_eq!(feature(&desk, &["--config", "t.toml"]), "-/Incident triage");
    desk.run(&["names", "import", "genai.json"]).code(2);
    desk.run(&["names", "import", "--as", "people", "genai.json"])
        .code(2);
}

/// Verdict and grade of the one call.
fn landed(desk: &Desk, inventory: &str) -> (Value, Value) {
    let config = format!(
        "{inventory}\n[endpoint.a]\nbase_url = \"https://contoso-weu.openai.azure.com\"\n\
         resource_paths = [\"/openai/deployments/gpt-4o-weu\"]\nregion = \"westeurope\"\n\
         fallback_policy = \"fail_closed\"\nresidency = \"eu\"\n"
    );
    desk.write("t.toml", config);
    let told = desk
        .run(&["inspect", "--json", "--config", "t.toml", "call.json"])
        .ok();
    let residency = &told.lines()[0]["residency"];
    (residency["verdict"].clone(), residency["grade"].clone())
}

#[test]
fn an_inventory_is_evidence() {
    let desk = Desk::new();
    desk.write("call.json", common::good(1));
    let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/contoso-weu";
    desk.write(
        "accounts.json",
        format!(r#"[{{"id":"{id}","location":"westeurope","properties":{{"customSubDomainName":"contoso-weu"}}}}]"#),
    );
    let rows = [
        ("Standard", "held", "C".into()),
        ("DataZoneStandard", "unproven", "D".into()),
        ("GlobalStandard", "unproven", Value::Null),
    ];
    assert_eq!(landed(&desk, ""), ("declared".into(), "F".into()));
    for (sku, verdict, grade) in rows {
        desk.write(
            "deployments.json",
            format!(r#"[{{"id":"{id}/deployments/gpt-4o-weu","name":"gpt-4o-weu","sku":{{"name":"{sku}"}},"properties":{{"model":{{"name":"gpt-4o"}}}}}}]"#),
        );
        let import = [
            "registry",
            "import",
            "accounts.json",
            "deployments.json",
            "--out",
            "inventory.toml",
        ];
        desk.run(&import).ok();
        let found = landed(&desk, "inventory = \"inventory.toml\"");
        assert_eq!(found, (verdict.into(), grade), "{sku}");
    }
    let told = desk
        .run(&[
            "registry",
            "import",
            "accounts.json",
            "--config",
            "t.toml",
            "--json",
        ])
        .ok()
        .json();
    assert_eq!(told["endpoints_found"], serde_json::json!(["a"]));
    // What a person wrote is never written over.
    desk.write("inventory.toml", "# mine\n");
    desk.run(&[
        "registry",
        "import",
        "accounts.json",
        "--out",
        "inventory.toml",
    ])
    .code(2);
    desk.write("endpoints.toml", "# mine\n");
    desk.run(&[
        "registry",
        "import",
        "accounts.json",
        "deployments.json",
        "--endpoints",
        "endpoints.toml",
    ])
    .code(2);
    desk.run(&["registry", "import", "call.json"]).code(2);
}

#[test]
fn readiness_needs_an_export_alone() {
    let desk = Desk::new();
    desk.write("log.jsonl", common::good_lines(0..20));
    let ask = [
        "report",
        "readiness",
        "log.jsonl",
        "--as",
        "azure/westeurope/gpt-4o",
        "--as",
        "openai/-/gpt-4o-mini",
    ];
    let told = desk
        .run(&[&ask[..], &["--json", "--html", "page.html"]].concat())
        .ok()
        .json();
    let skill = &told["skills"][0];
    assert_eq!(
        (&skill["requests"], &skill["calls"]),
        (&20.into(), &20.into())
    );
    assert_eq!(skill["candidates"].as_array().unwrap().len(), 2);
    let shown = desk.run(&ask).ok();
    assert!(
        shown.out.contains("itsm/incident_summarization") && shown.out.contains("B = openai"),
        "{}",
        shown.out
    );
    let page = std::fs::read_to_string(desk.path("page.html")).unwrap();
    for text in [&page, &shown.out] {
        assert!(!text.contains(common::HUSH), "{text}");
    }
    assert!(page.contains("itsm/incident_summarization"));
    desk.write("other.jsonl", "{\"some\":\"record\"}\n");
    let none = desk.run(&["report", "readiness", "other.jsonl"]).ok();
    assert!(
        none.out.starts_with("No LLM call was found."),
        "{}",
        none.out
    );
    desk.run(&["report", "readiness", "log.jsonl", "--as", "azure/gpt-4o"])
        .code(2);
    desk.run(&["report", "readiness", "none.jsonl"]).code(1);
}
