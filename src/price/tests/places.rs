//! Prices by place: Azure scopes, Bedrock profiles, Vertex locations, regional hosts.

use super::*;

/// A thousand tokens each way at a place.
fn at<'a>(
    provider: &'a str,
    model: &'a str,
    scope: Option<Scope>,
    region: Option<&'a str>,
    geo: Option<&'a str>,
) -> Ask<'a> {
    Ask {
        scope,
        region,
        geo,
        usage: usage(1000, 0, 0, 1000),
        ..ask(provider, model)
    }
}

#[test]
fn azure_by_scope() {
    let (global, zone, regional) = (
        Some(Scope::Global),
        Some(Scope::DataZone),
        Some(Scope::Regional),
    );
    let weu = Some("azure:westeurope");
    let cases = [
        (
            at("azure", "gpt-4o", global, None, None),
            Some(12_500_000),
            "exact",
        ),
        (
            at("azure", "gpt-4o", None, None, None),
            Some(12_500_000),
            "approximated:nearest_scope",
        ),
        (
            at("azure", "gpt-4o", None, weu, None),
            Some(12_500_000),
            "approximated:nearest_scope",
        ),
        (
            at("azure", "gpt-4o", zone, weu, None),
            Some(13_750_000),
            "exact",
        ),
        (
            at("azure", "gpt-4o", zone, None, Some("eu")),
            Some(13_750_000),
            "exact",
        ),
        (
            at("azure", "gpt-4o", zone, Some("azure:eastus2"), None),
            Some(13_750_000),
            "exact",
        ),
        (
            at("azure", "gpt-4o", zone, None, None),
            Some(13_750_000),
            "approximated:regional_uplift",
        ),
        (
            at("azure", "gpt-4o-2024-11-20", zone, weu, None),
            Some(13_750_000),
            "exact",
        ),
        (
            at("azure", "gpt-6.1-sol", zone, weu, None),
            Some(14_400_000),
            "exact",
        ),
        (
            at("azure", "gpt-6.1-sol", regional, weu, None),
            Some(14_400_000),
            "approximated:nearest_scope",
        ),
        (
            at("azure", "gpt-4o", regional, weu, None),
            Some(13_750_000),
            "approximated:nearest_scope",
        ),
        (
            at("azure", "gpt-4o", regional, Some("azure:uksouth"), None),
            Some(13_750_000),
            "approximated:regional_uplift",
        ),
        (
            at("azure", "claude-opus-5", global, None, None),
            Some(30_000_000),
            "exact",
        ),
        (
            at("foundry", "claude-opus-5", zone, weu, None),
            Some(33_000_000),
            "approximated:regional_uplift",
        ),
        (
            Ask {
                tier: Tier::Batch,
                ..at("azure", "gpt-4o", global, None, None)
            },
            Some(6_250_000),
            "exact",
        ),
        (
            Ask {
                tier: Tier::Batch,
                ..at("azure", "gpt-4o", zone, weu, None)
            },
            Some(6_875_000),
            "exact",
        ),
        (
            Ask {
                tier: Tier::Priority,
                ..at("azure", "gpt-4o", global, None, None)
            },
            Some(21_250_000),
            "approximated:other_providers_row",
        ),
    ];
    check(&PriceBook::shipped(), &cases);
}

#[test]
fn azure_data_zone_rows_name_themselves() {
    let weu = at(
        "azure",
        "gpt-4o",
        Some(Scope::DataZone),
        Some("azure:westeurope"),
        None,
    );
    let found = priced(&PriceBook::shipped(), &weu);
    assert_eq!(found.row(), "azure/eu/gpt-4o");
    assert!(
        found.source().ends_with("read 2026-11-21"),
        "{}",
        found.source()
    );
}

#[test]
fn bedrock_by_profile() {
    let bare = |model, region| at("bedrock", model, None, region, None);
    let fra = Some("aws:eu-central-1");
    let sonnet = "anthropic.claude-sonnet-4-5-20250929-v1:0";
    let arn = "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0";
    let long = Ask {
        usage: usage(300_000, 0, 0, 1000),
        ..bare("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", fra)
    };
    let cases = [
        (bare(sonnet, fra), Some(19_800_000), "exact"),
        (bare(arn, None), Some(19_800_000), "exact"),
        (long, Some(2_004_750_000), "exact"),
        (
            bare("anthropic.claude-opus-5", fra),
            Some(33_000_000),
            "exact",
        ),
        (
            bare("eu.anthropic.claude-opus-5", None),
            Some(33_000_000),
            "exact",
        ),
        (
            bare("global.anthropic.claude-opus-5", None),
            Some(30_000_000),
            "exact",
        ),
        (
            bare("ca.anthropic.claude-opus-5", None),
            Some(33_000_000),
            "exact",
        ),
        (
            bare("us.amazon.nova-pro-v1:0", None),
            Some(4_000_000),
            "exact",
        ),
        (
            bare("amazon.nova-pro-v1:0", Some("aws:us-east-1")),
            Some(4_000_000),
            "exact",
        ),
        (
            bare("amazon.nova-pro-v1:0", fra),
            Some(4_000_000),
            "approximated:other_region",
        ),
        (
            bare("amazon.nova-pro-v1:0", None),
            Some(4_000_000),
            "approximated:other_region",
        ),
        (
            bare("eu.amazon.nova-pro-v1:0", fra),
            Some(5_250_000),
            "exact",
        ),
        (
            bare("global.amazon.nova-pro-v1:0", fra),
            Some(4_000_000),
            "approximated:nearest_scope",
        ),
        (
            bare("meta.llama3-70b-instruct-v1:0", Some("aws:eu-west-2")),
            Some(8_000_000),
            "exact",
        ),
        (
            bare("anthropic.claude-opus-5", Some("aws:eusc-de-east-1")),
            Some(33_000_000),
            "approximated:other_region",
        ),
        (
            bare(
                "arn:aws:bedrock:eu-west-1:1:application-inference-profile/x1",
                None,
            ),
            None,
            "unpriced:unknown_model",
        ),
        (
            at("bedrock", sonnet, Some(Scope::Global), fra, None),
            Some(18_000_000),
            "exact",
        ),
    ];
    check(&PriceBook::shipped(), &cases);
}

#[test]
fn vertex_by_location() {
    let located = |model, region| at("vertex", model, None, region, None);
    let (global, fra) = (Some("gcp:global"), Some("gcp:europe-west3"));
    let cases = [
        (located("gemini-2.5-pro", fra), Some(11_250_000), "exact"),
        (
            located("gemini-3.8-flash", global),
            Some(4_500_000),
            "exact",
        ),
        (located("gemini-3.8-flash", fra), Some(4_950_000), "exact"),
        (
            located("gemini-3.8-flash", None),
            Some(4_500_000),
            "approximated:nearest_scope",
        ),
        (
            located("claude-sonnet-4-5@20250929", fra),
            Some(19_800_000),
            "exact",
        ),
        (
            located("claude-sonnet-4-5", global),
            Some(18_000_000),
            "exact",
        ),
        (located("claude-3-haiku", fra), Some(1_500_000), "exact"),
    ];
    check(&PriceBook::shipped(), &cases);
}

#[test]
fn regional_hosts_and_geographies() {
    let openai = |model, geo| at("openai", model, None, None, geo);
    let anthropic = |model, geo| at("anthropic", model, None, None, geo);
    let batch = Ask {
        tier: Tier::Batch,
        ..anthropic("claude-opus-5", Some("us"))
    };
    let cases = [
        (openai("gpt-5.4", None), Some(17_500_000), "exact"),
        (openai("gpt-5.4", Some("eu")), Some(19_250_000), "exact"),
        (
            at("openai", "gpt-5.4", Some(Scope::DataZone), None, None),
            Some(19_250_000),
            "exact",
        ),
        (openai("gpt-4o", Some("eu")), Some(12_500_000), "exact"),
        (anthropic("claude-opus-5", None), Some(30_000_000), "exact"),
        (
            anthropic("claude-opus-5", Some("global")),
            Some(30_000_000),
            "exact",
        ),
        (
            anthropic("claude-opus-5", Some("us")),
            Some(33_000_000),
            "exact",
        ),
        (
            anthropic("claude-sonnet-4-5", Some("us")),
            Some(18_000_000),
            "exact",
        ),
        (batch, Some(16_500_000), "exact"),
        (
            Ask {
                searches: 1,
                ..anthropic("claude-opus-5", Some("us"))
            },
            Some(43_000_000),
            "exact",
        ),
    ];
    check(&PriceBook::shipped(), &cases);
}
