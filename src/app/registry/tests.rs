//! Saved lists of each cloud, what they become, and what is refused.

use std::path::PathBuf;

use super::*;

const ACCOUNTS: &str = r#"[{"id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/contoso-weu",
 "kind":"OpenAI","location":"westeurope","name":"contoso-weu","sku":{"name":"S0"},
 "properties":{"customSubDomainName":"contoso-weu","endpoint":"https://contoso-weu.openai.azure.com/"}},
 {"id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/old","location":"atlantis",
 "properties":{"endpoint":"https://westeurope.api.cognitive.microsoft.com/"}}]"#;

const DEPLOYMENTS: &str = r#"[
 {"id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/contoso-weu/deployments/gpt-4o-weu",
  "name":"gpt-4o-weu","properties":{"model":{"format":"OpenAI","name":"gpt-4o","version":"2024-11-20"}},"sku":{"capacity":120,"name":"Standard"}},
 {"id":"/subscriptions/S/resourcegroups/g/providers/Microsoft.CognitiveServices/accounts/Contoso-WEU/deployments/ptu",
  "name":"ptu","properties":{"model":{"name":"gpt-4o"}},"sku":{"capacity":50,"name":"DataZoneProvisionedManaged"}},
 {"id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/contoso-weu/deployments/glob",
  "name":"glob","sku":{"name":"GlobalStandard"}},
 {"id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/other/deployments/x","name":"x"}]"#;

const PROFILES: &str = r#"{"inferenceProfileSummaries":[
 {"inferenceProfileId":"eu.anthropic.claude-sonnet-4-5-20250929-v1:0","inferenceProfileArn":"arn:aws:bedrock:eu-central-1:1:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
  "models":[{"modelArn":"arn:aws:bedrock:eu-central-1::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0"},{"modelArn":"arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0"}],"type":"SYSTEM_DEFINED"},
 {"inferenceProfileId":"abc123","inferenceProfileArn":"arn:aws:bedrock:eu-central-1:1:application-inference-profile/abc123",
  "models":[{"modelArn":"arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-pro-v1:0"}],"type":"APPLICATION"},
 {"inferenceProfileId":"global.anthropic.claude","inferenceProfileArn":"arn:aws:bedrock:eu-central-1:1:inference-profile/global.anthropic.claude",
  "models":[{"modelArn":"arn:aws:bedrock:::foundation-model/anthropic.claude"}]}]}"#;

const PROVISIONED: &str = r#"{"provisionedModelSummaries":[{"provisionedModelArn":"arn:aws:bedrock:eu-central-1:1:provisioned-model/p1",
 "foundationModelArn":"arn:aws:bedrock:eu-central-1::foundation-model/anthropic.claude-v2:1","modelUnits":2}]}"#;

const VERTEX: &str = r#"[{"name":"projects/7/locations/europe-west4/endpoints/99","displayName":"own","deployedModels":[{"displayName":"llama"}]}]"#;

fn saved(folder: &tempfile::TempDir, lists: &[&str]) -> Vec<PathBuf> {
    let path = |n: usize| folder.path().join(format!("list-{n}.json"));
    let paths: Vec<PathBuf> = (0..lists.len()).map(path).collect();
    for (path, text) in paths.iter().zip(lists) {
        std::fs::write(path, text).unwrap();
    }
    paths
}

/// Each resource as `first name or host, place, scope, model, fixed`.
fn shown(imported: &Imported) -> Vec<String> {
    let show = |row: &ListedRow| {
        let told = &row.resource;
        let name = told.names.first().or(told.hosts.first());
        format!(
            "{} {} {} {}{}",
            name.map_or("-", |name| name.as_str()),
            if told.place.is_empty() {
                "-"
            } else {
                &told.place
            },
            scope_word(told.scope),
            if told.model.is_empty() {
                "-"
            } else {
                &told.model
            },
            if told.fixed { " fixed" } else { "" }
        )
    };
    imported.rows.iter().map(show).collect()
}

#[test]
fn each_list_becomes_resources() {
    let cases: [(&[&str], &[&str]); 4] = [
        (
            &[DEPLOYMENTS, ACCOUNTS],
            &[
                "contoso-weu.openai.azure.com azure:westeurope – -",
                "- - – -",
                "gpt-4o-weu azure:westeurope regional gpt-4o",
                "ptu azure:westeurope data_zone gpt-4o fixed",
                "glob azure:westeurope global -",
            ],
        ),
        (
            &[PROFILES],
            &[
                "eu.anthropic.claude-sonnet-4-5-20250929-v1:0 aws:zone:eu data_zone anthropic.claude-sonnet-4-5-20250929-v1:0",
                "abc123 aws:eu-central-1 regional amazon.nova-pro-v1:0",
                "global.anthropic.claude - global anthropic.claude",
            ],
        ),
        (
            &[PROVISIONED],
            &[
                "arn:aws:bedrock:eu-central-1:1:provisioned-model/p1 aws:eu-central-1 regional anthropic.claude-v2:1 fixed",
            ],
        ),
        (
            &[VERTEX, "[]"],
            &[
                "projects/7/locations/europe-west4/endpoints/99 gcp:europe-west4 regional llama fixed",
            ],
        ),
    ];
    for (lists, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        let imported = import(&saved(&folder, lists)).unwrap();
        assert_eq!(shown(&imported), expected);
    }
}

#[test]
fn says_what_it_cannot_use() {
    let folder = tempfile::tempdir().unwrap();
    let imported = import(&saved(&folder, &[DEPLOYMENTS, ACCOUNTS, "[]"])).unwrap();
    let notes = imported.notes.join("\n");
    for part in [
        "`atlantis` is not known",
        "1 of the deployments",
        "list-2.json lists nothing",
    ] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
    let cases = [
        ("{}", "none of the known lists"),
        (r#"[{"host":"x"}]"#, "first row are host"),
        ("7", "neither a list nor an object"),
        ("[", "is no JSON"),
    ];
    for (text, expected) in cases {
        let fault = import(&saved(&folder, &[text])).unwrap_err().to_string();
        assert!(fault.contains(expected), "{text}: {fault}");
    }
}

#[test]
fn the_files_it_writes_are_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let lists = [ACCOUNTS, DEPLOYMENTS, PROFILES, PROVISIONED, VERTEX];
    let imported = import(&saved(&folder, &lists)).unwrap();
    let proposed = proposal(&Registry::default(), &imported).unwrap();
    std::fs::write(folder.path().join("inventory.toml"), render(&imported)).unwrap();
    std::fs::write(folder.path().join("endpoints.toml"), &proposed).unwrap();
    let main = folder.path().join("tollwatch.toml");
    std::fs::write(
        &main,
        "endpoints = \"endpoints.toml\"\ninventory = \"inventory.toml\"\n",
    )
    .unwrap();
    let now = crate::units::UnixMillis::parse("2026-11-21T00:00:00Z").unwrap();
    let ready = crate::config::load(&main, &|path| std::fs::read_to_string(path), now)
        .unwrap_or_else(|faults| panic!("{}", faults[0]));
    let compared = compare(&ready.registry, &imported);
    assert_eq!(compared.missing, [""; 0], "{proposed}");
    assert_eq!(compared.found.len(), 8);
    assert_eq!(proposal(&ready.registry, &imported), None);
    let weu = ready.registry.by_name("contoso-weu-gpt-4o-weu").unwrap();
    let stated = &ready.registry.get(weu).unwrap().stated;
    assert_eq!(stated.place, "azure:westeurope");
    assert_eq!(imported.lists[0].sha256.len(), 64);
}
