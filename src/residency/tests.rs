//! The decision table, the shipped data, and faults of a user's file.

use super::*;
use crate::call::{Evidence, EvidenceKind, Provider, Scope};

const KINDS: [EvidenceKind; 12] = [
    EvidenceKind::InferenceRegion,
    EvidenceKind::InferenceGeo,
    EvidenceKind::HostRegion,
    EvidenceKind::PathRegion,
    EvidenceKind::ResourceRegion,
    EvidenceKind::Zone,
    EvidenceKind::Global,
    EvidenceKind::GatewayRegion,
    EvidenceKind::ClientRegion,
    EvidenceKind::FrontDoorAddress,
    EvidenceKind::Inventory,
    EvidenceKind::Registry,
];

/// `host_region=eu-west-1; registry=West Europe`.
fn evidence(text: &str) -> Vec<Evidence> {
    let pieces = text.split(';').map(str::trim).filter(|p| !p.is_empty());
    pieces
        .map(|piece| {
            let (kind, told) = piece.split_once('=').expect("kind=told");
            Evidence {
                kind: KINDS
                    .into_iter()
                    .find(|k| k.as_str() == kind)
                    .expect("kind"),
                told: told.into(),
            }
        })
        .collect()
}

/// `verdict grade region`, and `!` for a contradiction.
fn judged(regions: &Regions, row: &Row<'_>) -> String {
    let [provider, scope, rule, told, _] = *row;
    let provider = Provider::parse(provider);
    let scope = [Scope::Regional, Scope::DataZone, Scope::Global]
        .into_iter()
        .find(|s| s.as_str() == scope);
    let (names, least) = rule.split_once(">=").unwrap_or((rule, ""));
    let rule = Rule::parse(
        regions,
        "rule",
        names.split_whitespace(),
        Grade::parse(least),
    );
    let rule = rule.expect("known names");
    let judgement = judge(
        regions,
        &Facts {
            provider: provider.as_ref(),
            scope,
            rule: (!names.is_empty()).then_some(&rule),
            evidence: &evidence(told),
        },
    );
    let mark = if judgement.contradiction { " !" } else { "" };
    format!(
        "{} {} {}{mark}",
        judgement.verdict.as_str(),
        judgement.grade.map_or("-", Grade::as_str),
        judgement.region,
    )
    .trim_end()
    .to_owned()
}

/// Provider, scope, rule (`names` or `names>=least grade`), evidence, what comes of it.
type Row<'a> = [&'a str; 5];

/// The rows of a table: one a line, cells between bars, `#` before a remark.
fn rows<'a>(tables: &[&'a str]) -> Vec<Row<'a>> {
    let lines = tables.iter().flat_map(|table| table.lines());
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            Row::try_from(cells).expect("five cells")
        })
        .collect()
}

const AZURE: &str = "
azure | regional | eu | resource_region=West Europe | held C azure:westeurope
azure | regional | eu | inventory=westeurope | held C azure:westeurope
azure |  | eu | resource_region=West Europe | unproven - azure:westeurope
azure | global | eu | resource_region=West Europe | unproven - azure:westeurope
azure |  | eu | resource_region=East US | violated E azure:eastus
azure | global | eu | resource_region=East US | violated E azure:eastus
azure | regional | eu | resource_region=East US | violated C azure:eastus
azure | regional | eu | registry=westeurope; resource_region=East US | violated C azure:eastus !
azure |  | eu | registry=westeurope; resource_region=East US 2 | violated E azure:eastus2 !
azure | regional | eu | registry=westeurope; resource_region=Sweden Central | unproven C azure:swedencentral !
azure | regional | eu | registry=westeurope | declared F azure:westeurope
azure |  | eu | registry=West Europe | declared F azure:westeurope
azure | global | eu | registry=westeurope | unproven - azure:westeurope
azure | regional | eu | registry=eastus | violated F azure:eastus
# The EU data zone holds Norway and Switzerland.
azure | data_zone | eu | resource_region=West Europe | unproven D azure:zone:eu
azure | data_zone | eu_efta | resource_region=West Europe | held D azure:zone:eu
azure | data_zone | eu_efta | registry=westeurope | declared F azure:zone:eu
azure | data_zone | us | resource_region=West Europe | violated D azure:zone:eu
azure | data_zone | de | resource_region=West Europe | violated E azure:westeurope
azure | regional | eu | host_region=swedencentral | held B azure:swedencentral
azure |  | eu | host_region=swedencentral | unproven - azure:swedencentral
azure |  | eu | host_region=eastus | violated E azure:eastus
azure |  | eu | gateway_region=East US | unproven - 
azure | regional | eu | resource_region=Mars North | unproven C Mars North
azure | regional | eu>=B | resource_region=West Europe | unproven C azure:westeurope
";

const BEDROCK: &str = "
bedrock | regional | eu | host_region=eu-central-1 | held B aws:eu-central-1
bedrock | regional | de | host_region=eu-central-1 | held B aws:eu-central-1
# London and Zurich are named `eu-` and are not in the European Union.
bedrock | regional | eu | host_region=eu-west-2 | violated B aws:eu-west-2
bedrock | regional | uk | host_region=eu-west-2 | held B aws:eu-west-2
bedrock | regional | eea | host_region=eu-central-2 | violated B aws:eu-central-2
bedrock | regional | ch | host_region=eu-central-2 | held B aws:eu-central-2
bedrock | regional | eu | host_region=eu-west-9 | unproven B eu-west-9
bedrock | data_zone | eu | zone=eu; client_region=eu-central-1 | unproven D aws:zone:eu
bedrock | data_zone | eu uk ch | zone=eu; client_region=eu-central-1 | held D aws:zone:eu
bedrock | data_zone | aws:zone:eu | zone=eu | held D aws:zone:eu
bedrock | data_zone | eu | zone=us; client_region=us-east-1 | violated D aws:zone:us
bedrock | data_zone | eu | zone=eu; client_region=eu-central-1; inference_region=eu-west-1 | held A aws:eu-west-1
bedrock | data_zone | eu | zone=eu; client_region=eu-central-1; inference_region=eu-west-2 | violated A aws:eu-west-2
bedrock | data_zone | eu | registry=eu-central-1; zone=eu; inference_region=eu-west-1 | held A aws:eu-west-1
bedrock | global | eu | global=global; client_region=eu-central-1 | unproven E aws:eu-central-1
bedrock | global | eu | global=global; client_region=eu-central-1; inference_region=eu-west-1 | held A aws:eu-west-1
bedrock | data_zone | eu | zone=eu; inference_region=us-east-1 | violated A aws:us-east-1 !
# A profile that Canada opens may leave Canada: its zone is unknown, not the country.
bedrock | data_zone | ca | zone=ca; client_region=ca-central-1 | unproven D ca
bedrock |  | eu | host_region=eu-central-1; path_region=eu-central-1 | unproven - aws:eu-central-1
";

const GOOGLE: &str = "
vertex | regional | eu | host_region=europe-west3; path_region=europe-west3 | held B gcp:europe-west3
vertex | regional | eu | host_region=europe-west2; path_region=europe-west2 | violated B gcp:europe-west2
vertex |  | eu | host_region=europe-west3; path_region=us-central1 | violated E gcp:us-central1 !
vertex |  | eu | host_region=europe-west3; path_region=europe-west4 | unproven - gcp:europe-west3 !
vertex |  | eu | host_region=europe-west3; global=global | unproven - gcp:europe-west3 !
vertex | global | eu | global=global | unproven - 
vertex | global | eu | global=global; registry=europe-west3 | unproven - gcp:europe-west3
vertex | data_zone | eu | zone=eu | held D gcp:zone:eu
vertex | data_zone | us | zone=eu | violated D gcp:zone:eu
gemini | global | us | global=global | unproven - 
";

const REST: &str = "
openai | global | eu | global=global | unproven - 
openai | data_zone | us | zone=us | held D openai:zone:us
openai | data_zone | eu | zone=eu | unproven D openai:zone:eu
openai | data_zone | eu_efta | zone=eu | held D openai:zone:eu
# Japan's host stores in Japan and processes anywhere.
openai | data_zone | jp | zone=jp | unproven - openai:zone:jp
openai | data_zone | jp | zone=jp; registry=jp | unproven - openai:zone:jp
openai | data_zone | eu | zone=jp | violated E openai:zone:jp
anthropic | global | us | global=global | unproven - 
anthropic | global | us | global=global; inference_geo=us | held A anthropic:zone:us
anthropic | global | eu | global=global; inference_geo=us | violated A anthropic:zone:us
anthropic | global | eu | global=global; inference_geo=global | unproven - 
anthropic |  | eu | host_region=eu-west-1 | unproven - aws:eu-west-1
watsonx | regional | de | host_region=eu-de | held B ibm:eu-de
watsonx | regional | eu | host_region=eu-gb | violated B ibm:eu-gb
watsonx | regional | in | host_region=ap-south-1 | held B aws:ap-south-1
mistral |  | eu |  | unproven - 
mistral |  | fr | registry=fr | declared F country:fr
vllm |  | eu | registry=azure:westeurope | declared F azure:westeurope
vllm |  | eu | registry=dc-frankfurt-1 | unproven F dc-frankfurt-1
vllm |  |  | registry=de | no_rule F country:de
azure |  |  | resource_region=East US | no_rule - azure:eastus
azure | regional | eu>=E | registry=westeurope | unproven F azure:westeurope
";

const DOORS: &str = "
azure |  | eu | front_door_address=westeurope | declared E azure:westeurope
azure |  | eu | front_door_address=eastus | violated E azure:eastus
azure |  | eu | front_door_address=westeurope; registry=northeurope | unproven E azure:westeurope !
bedrock |  | eu | client_region=us-east-1 | violated E aws:us-east-1
# The registry's own word violates, whatever is proven.
bedrock | regional | eu | host_region=eu-central-1; registry=us-east-1 | violated F aws:us-east-1 !
# One region of a country is allowed: the zone that is the country lies partly inside.
vertex | data_zone | gcp:us-central1 | zone=us | unproven D gcp:zone:us
";

#[test]
fn decision_table() {
    let regions = Regions::shipped();
    let rows = rows(&[AZURE, BEDROCK, GOOGLE, REST, DOORS]);
    assert!(rows.len() >= 80, "{}", rows.len());
    for row in rows {
        assert_eq!(judged(&regions, &row), row[4], "{row:?}");
    }
}

#[test]
fn evidence_in_words() {
    let regions = Regions::shipped();
    let rule = Rule::parse(&regions, "eu", ["eu"], None).expect("known");
    let cases = [
        ("resource_region=East US", "resource_region East US"),
        (
            "registry=westeurope; resource_region=East US",
            "resource_region East US against registry westeurope",
        ),
        ("global=global", "global"),
        ("", ""),
    ];
    for (told, expected) in cases {
        let facts = Facts {
            provider: Some(&Provider::Azure),
            scope: None,
            rule: Some(&rule),
            evidence: &evidence(told),
        };
        assert_eq!(judge(&regions, &facts).evidence, expected, "{told}");
    }
}

#[test]
fn order_of_evidence_does_not_matter() {
    let regions = Regions::shipped();
    for row in rows(&[AZURE, BEDROCK, GOOGLE, REST, DOORS]) {
        let mut pieces: Vec<&str> = row[3].split(';').collect();
        pieces.reverse();
        let backwards = pieces.join(";");
        let turned = [row[0], row[1], row[2], &backwards, row[4]];
        assert_eq!(judged(&regions, &turned), row[4], "{turned:?}");
    }
}

#[test]
fn names_of_regions() {
    let regions = Regions::shipped();
    let cases = [
        ("azure", "East US 2", "azure:eastus2"),
        ("azure", "germanywestcentral", "azure:germanywestcentral"),
        ("azure", "eu", "azure:zone:eu"),
        ("bedrock", "eu-central-1", "aws:eu-central-1"),
        ("bedrock", "Europe (London)", "aws:eu-west-2"),
        ("vertex", "us-east1", "gcp:us-east1"),
        ("watsonx", "us-south", "ibm:us-south"),
        ("", "AZURE:West Europe", "azure:westeurope"),
        ("", "eu-central-1", "aws:eu-central-1"),
        ("", "us", "country:us"),
        ("", "country:de", "country:de"),
        ("", "aws:zone:eu", "aws:zone:eu"),
        ("azure", "Atlantis", "Atlantis"),
        ("azure", "xx", "xx"),
    ];
    for (provider, told, name) in cases {
        let place = regions.parse_region(Provider::parse(provider).as_ref(), told);
        assert_eq!(place.name(), name, "{provider} {told}");
    }
}

#[test]
fn unknown_sets_name_their_neighbours() {
    let regions = Regions::shipped();
    let cases = [
        ("eu_eftta", vec!["eu_efta"]),
        ("azure:westeurop", vec!["azure:westeurope"]),
        ("germanywestcentrl", vec!["azure:germanywestcentral"]),
        ("the moon and the stars", vec![]),
    ];
    for (name, nearest) in cases {
        let error = regions.resolve_set(name).expect_err(name);
        assert_eq!(error.nearest, nearest);
        assert_eq!(error.to_string(), format!("unknown region or set `{name}`"));
    }
}

#[test]
fn rules_of_two_features() {
    let regions = Regions::shipped();
    let rule = |name: &str, least| {
        Rule::parse(&regions, name, name.split('/'), least).expect("known names")
    };
    let (eu, de, us) = (
        rule("eu", None),
        rule("de", None),
        rule("us", Some(Grade::C)),
    );
    assert_eq!(eu.both(&de), de);
    assert_eq!(de.both(&eu), de);
    let both = eu.both(&us);
    assert_eq!(both.name, "eu+us");
    assert_eq!(both.min_grade, Some(Grade::C));
    assert_eq!(both.allowed, RegionSet::default());
    let single = rule("azure:westeurope/azure:eastus", None);
    assert_eq!(
        single.both(&eu).allowed,
        rule("azure:westeurope", None).allowed
    );
}

#[test]
fn the_shipped_file_is_sound() {
    let text = include_str!("../../data/regions.toml");
    let regions = Regions::default().with_user_file("regions.toml", text);
    let regions = regions.unwrap_or_else(|problems| {
        panic!(
            "{}",
            problems
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n")
        )
    });
    assert!(regions.regions().count() > 140);
    for provenance in regions
        .regions()
        .map(|region| &region.provenance)
        .chain(regions.zones().map(|zone| &zone.provenance))
    {
        assert!(!provenance.source.is_empty() && provenance.read.len() == 10);
    }
    // Azure's region names are its display names without blanks: what a header says is found.
    for region in regions.regions().filter(|region| region.cloud() == "azure") {
        let place = regions.parse_region(Some(&Provider::Azure), &region.display);
        assert_eq!(place.name(), region.name);
    }
}

#[test]
fn a_user_adds_and_corrects() {
    let text = r#"
[[regions]]
cloud = "own"
list = [{ name = "fra-1", display = "Frankfurt cellar", country = "de" }]

[[zone]]
cloud = "aws"
name = "eu"
members = ["eu-central-1", "eu-west-1"]

[[set]]
name = "tenant"
members = ["uk", "own:fra-1", "azure:westeurope"]
"#;
    let regions = Regions::shipped()
        .with_user_file("mine.toml", text)
        .expect("sound");
    let table = "
vllm | | de | registry=fra-1 | declared F own:fra-1
bedrock | data_zone | eu | zone=eu | held D aws:zone:eu
azure | regional | tenant | resource_region=UK South | held C azure:uksouth
";
    for row in rows(&[table]) {
        assert_eq!(judged(&regions, &row), row[4], "{row:?}");
    }
}

#[test]
fn faults_of_a_users_file() {
    let cases = [
        (
            "regoins = 1\n",
            "mine.toml:1:1: error: unknown field `regoins`",
        ),
        (
            "[[set]]\nname = \"s\"\nmembers = [\"eu\", \"atlantis\"]\n",
            "mine.toml:3:18: error: set `s`: unknown member `atlantis`",
        ),
        (
            "[[set]]\nname = \"a\"\nmembers = [\"b\"]\n[[set]]\nname = \"b\"\nmembers = [\"a\"]\n",
            "mine.toml:3:12: error: set `a`: leads back to itself through `b`",
        ),
        (
            "[[regions]]\ncloud = \"own\"\nlist = [{ name = \"x\", country = \"zz\" }]\n",
            "mine.toml:3:33: error: unknown country `zz`",
        ),
        (
            "[[regions]]\ncloud = \"own\"\nlist = [{ name = \"x\", country = \"de\" }, { name = \"X\", country = \"de\" }]\n",
            "mine.toml:3:50: error: region `x` stands twice",
        ),
        (
            "[[zone]]\ncloud = \"aws\"\nname = \"z\"\nmembers = [\"eu-central-9\"]\n",
            "mine.toml:4:12: error: unknown region `aws:eu-central-9`",
        ),
        (
            "[[zone]]\ncloud = \"aws\"\nname = \"z\"\n",
            "mine.toml:3:8: error: zone `aws:zone:z` needs `members` or `countries`",
        ),
        (
            "[[zone]]\ncloud = \"a:b\"\nname = \"z\"\ncountries = [\"de\"]\n",
            "mine.toml:2:9: error: `a:b` cannot be a name",
        ),
        (
            "[countries]\nger = \"Germany\"\n",
            "mine.toml:2:7: error: `ger` is no country code",
        ),
    ];
    for (text, expected) in cases {
        let problems = Regions::shipped()
            .with_user_file("mine.toml", text)
            .expect_err(text);
        let first = problems.first().expect("a problem").to_string();
        assert!(first.starts_with(expected), "{expected}\n{first}");
        assert!(first.contains("hint:") || text.starts_with("regoins"));
    }
}
