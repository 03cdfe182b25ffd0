//! Prices of the shipped lists: golden calls, tiers, dates, names, gaps.

use super::*;

#[test]
fn golden_calls() {
    let global = Some(Scope::Global);
    let cases = [
        (
            Ask {
                scope: global,
                usage: usage(4127, 0, 0, 391),
                ..ask("azure", "gpt-4o")
            },
            Some(14_227_500),
            "exact",
        ),
        (
            Ask {
                usage: usage(86, 1920, 0, 300),
                ..ask("openai", "gpt-4o")
            },
            Some(5_615_000),
            "exact",
        ),
        (
            Ask {
                usage: usage(200_000, 100_000, 0, 1000),
                ..ask("openai", "gpt-5.4")
            },
            Some(1_072_500_000),
            "exact",
        ),
        (
            Ask {
                usage: usage(21, 1024, 188, 393),
                ..ask("anthropic", "claude-haiku-4-5")
            },
            Some(2_323_400),
            "exact",
        ),
        (
            Ask {
                usage: usage(21, 1024, 188, 393),
                ..ask("anthropic", "claude-opus-5")
            },
            Some(11_617_000),
            "exact",
        ),
        (
            Ask {
                usage: usage(4127, 0, 0, 391),
                ..ask("bedrock", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0")
            },
            Some(20_070_600),
            "exact",
        ),
        (
            Ask {
                usage: usage(4127, 0, 0, 391),
                ..ask(
                    "bedrock",
                    "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
                )
            },
            Some(18_246_000),
            "exact",
        ),
        (
            Ask {
                usage: usage(176, 1024, 0, 812),
                ..ask("google", "gemini-2.5-pro")
            },
            Some(8_468_000),
            "exact",
        ),
        (
            Ask {
                usage: usage(250_000, 0, 0, 1000),
                ..ask("vertex", "gemini-2.5-pro")
            },
            Some(640_000_000),
            "exact",
        ),
        (
            Ask {
                usage: usage(10_000, 0, 0, 1000),
                ..ask("gemini", "gemini-2.5-flash")
            },
            Some(5_500_000),
            "exact",
        ),
        (
            Ask {
                usage: usage(10_000, 0, 0, 1000),
                ..ask("openai", "gpt-6.1-sol")
            },
            Some(30_000_000),
            "exact",
        ),
        (
            Ask {
                usage: usage(10_000, 0, 0, 1000),
                ..ask("anthropic", "claude-sonnet-5-5")
            },
            Some(30_000_000),
            "exact",
        ),
        (
            Ask {
                usage: usage(10_000, 0, 0, 1000),
                ..ask("anthropic", "claude-opus-5-5")
            },
            Some(60_000_000),
            "exact",
        ),
        (
            Ask {
                scope: Some(Scope::DataZone),
                region: Some("azure:westeurope"),
                usage: usage(4127, 0, 0, 391),
                ..ask("azure", "gpt-4o")
            },
            Some(15_650_250),
            "exact",
        ),
    ];
    check(&PriceBook::shipped(), &cases);
}

/// Input and output of a million tokens each would pass long-context thresholds, so a thousand.
fn both(provider: &'static str, model: &'static str) -> Ask<'static> {
    Ask {
        usage: usage(1000, 0, 0, 1000),
        ..ask(provider, model)
    }
}

#[test]
fn representative_prices() {
    let lists = [
        ("openai", "gpt-4o-mini", 750_000),
        ("openai", "gpt-4.1", 10_000_000),
        ("openai", "gpt-4.1-mini", 2_000_000),
        ("openai", "o3", 10_000_000),
        ("openai", "o4-mini", 5_500_000),
        ("openai", "gpt-5", 11_250_000),
        ("openai", "gpt-5-mini", 2_250_000),
        ("openai", "gpt-5.1", 11_250_000),
        ("openai", "gpt-5.6", 24_000_000),
        ("anthropic", "claude-haiku-5-5", 600_000),
        ("anthropic", "claude-sonnet-4-5", 18_000_000),
        ("anthropic", "claude-sonnet-4-6", 18_000_000),
        (
            "bedrock",
            "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
            6_600_000,
        ),
        ("bedrock", "eu.amazon.nova-pro-v1:0", 5_250_000),
        ("gemini", "gemini-3.1-pro-preview", 14_000_000),
        ("gemini", "gemini-3.8-flash", 4_500_000),
        ("mistral", "mistral-large-latest", 2_000_000),
        ("mistral", "mistral-medium-latest", 9_000_000),
        ("mistral", "mistral-small-latest", 750_000),
        ("watsonx", "ibm/granite-4-h-small", 328_600),
        ("watsonx", "ibm/granite-3-8b-instruct", 400_000),
        ("watsonx", "meta-llama/llama-3-3-70b-instruct", 1_505_200),
    ];
    let cases: Vec<_> = lists
        .into_iter()
        .map(|(provider, model, nanos)| (both(provider, model), Some(nanos), "exact"))
        .collect();
    check(&PriceBook::shipped(), &cases);
}

#[test]
fn tiers_have_rows_or_say_so() {
    let with = |tier, ask| Ask { tier, ..ask };
    let batch_2025 = Ask {
        tier: Tier::Batch,
        at: 1_750_000_000_000,
        ..both("openai", "gpt-4o")
    };
    let cases = [
        (
            with(Tier::Batch, both("openai", "gpt-4o")),
            Some(6_250_000),
            "exact",
        ),
        (batch_2025, Some(6_250_000), "approximated:tier_dated_later"),
        (
            with(Tier::Batch, both("anthropic", "claude-sonnet-4-5")),
            Some(9_000_000),
            "exact",
        ),
        (
            with(Tier::Flex, both("openai", "gpt-5")),
            Some(5_625_000),
            "exact",
        ),
        (
            with(Tier::Priority, both("openai", "gpt-4o")),
            Some(21_250_000),
            "exact",
        ),
        (
            with(Tier::Fast, both("anthropic", "claude-opus-5")),
            Some(60_000_000),
            "exact",
        ),
        (
            with(Tier::Priority, both("anthropic", "claude-opus-5")),
            Some(30_000_000),
            "approximated:standard_tier",
        ),
        (
            with(Tier::Batch, both("mistral", "mistral-large-latest")),
            Some(1_000_000),
            "approximated:batch_discount",
        ),
        (
            with(
                Tier::Batch,
                both("bedrock", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"),
            ),
            Some(9_900_000),
            "exact",
        ),
        (
            with(Tier::Provisioned, both("azure", "gpt-4o")),
            Some(0),
            "fixed",
        ),
        (
            Ask {
                fixed: true,
                ..both("vllm", "llama")
            },
            Some(0),
            "fixed",
        ),
    ];
    check(&PriceBook::shipped(), &cases);
}

#[test]
fn the_price_of_the_calls_own_time_counts() {
    // gpt-5.6-sol became cheaper on 2026-08-21: 5 / 30, then 4 / 20.
    let day = 1_787_270_400_000;
    let at = |at| Ask {
        at,
        ..both("openai", "gpt-5.6-sol")
    };
    let cases = [
        (at(day - 1), Some(35_000_000), "exact"),
        (at(day), Some(24_000_000), "exact"),
    ];
    let book = PriceBook::shipped();
    check(&book, &cases);
    let found = priced(&book, &at(day));
    assert_eq!(found.row(), "openai/gpt-5.6-sol@2026-08-21");
    assert_eq!(found.source(), "genai-prices 0.2.1");
    assert_eq!(found.valid_from().unwrap().to_string(), "2026-08-21");
}

#[test]
fn names_as_logs_write_them() {
    let cases = [
        (
            both("openai", "gpt-4o-2024-11-20"),
            Some(12_500_000),
            "exact",
        ),
        (both("openai", "GPT-4O "), Some(12_500_000), "exact"),
        (both("openai", "openai/gpt-4o"), Some(12_500_000), "exact"),
        (
            both("openai", "gpt-4o-2099-01-01"),
            Some(12_500_000),
            "approximated:undated_name",
        ),
        (
            both("gemini", "models/gemini-2.5-flash"),
            Some(2_800_000),
            "exact",
        ),
        (
            both("litellm", "anthropic/claude-opus-5"),
            Some(30_000_000),
            "exact",
        ),
        (
            both("my-gateway.example", "gpt-4o"),
            Some(12_500_000),
            "approximated:other_providers_row",
        ),
        (
            both("openai-proxy.example", "gpt-4o"),
            Some(12_500_000),
            "approximated:other_providers_row",
        ),
        (
            both("openai", "claude-opus-5"),
            Some(30_000_000),
            "approximated:other_providers_row",
        ),
        (both("xai", "grok-4.6"), Some(8_000_000), "exact"),
        (
            Ask {
                requested: "gpt-4o",
                ..both("openai", "snapshot-7")
            },
            Some(12_500_000),
            "approximated:requested_model",
        ),
        (
            Ask {
                requested: "gpt-4o",
                ..both("openai", "")
            },
            Some(12_500_000),
            "exact",
        ),
    ];
    check(&PriceBook::shipped(), &cases);
}

#[test]
fn gaps_have_reasons() {
    let cases = [
        (both("openai", ""), None, "unpriced:no_model"),
        (
            both("openai", "nobody-knows"),
            None,
            "unpriced:unknown_model",
        ),
        (
            Ask {
                usage: None,
                ..both("openai", "gpt-4o")
            },
            None,
            "unpriced:no_usage",
        ),
        (
            Ask {
                audio: true,
                ..both("openai", "gpt-4o")
            },
            None,
            "unpriced:audio",
        ),
        (
            both("mistral", "mistral-ocr-2512"),
            None,
            "unpriced:other_unit",
        ),
        (
            both("azure", "babbage"),
            None,
            "unpriced:no_rate_for_bucket",
        ),
        (both("vllm", "llama-3"), None, "unpriced:self_hosted"),
        (both("ollama", "llama3.2"), None, "unpriced:self_hosted"),
        (
            both("aleph_alpha", "luminous"),
            None,
            "unpriced:unknown_model",
        ),
        (
            both("now_llm", "now-large"),
            None,
            "unpriced:platform_licence",
        ),
        (
            Ask {
                usage: usage(u64::MAX, 0, 0, 0),
                ..both("openai", "gpt-4o")
            },
            None,
            "unpriced:overflow",
        ),
    ];
    check(&PriceBook::shipped(), &cases);
}

#[test]
fn what_a_report_cannot_tell() {
    let untold = |cache, geo, convention, ask| Ask {
        untold: Untold {
            cache,
            geo,
            convention,
            ..Untold::default()
        },
        ..ask
    };
    let cached = Ask {
        usage: usage(0, 1000, 0, 0),
        ..ask("openai", "gpt-5-pro")
    };
    let hour = Usage {
        cache_write_1h: 1000,
        ..Usage::default()
    };
    let hour = Ask {
        usage: Some(hour),
        ..ask("bedrock", "eu.anthropic.claude-sonnet-4-20250514-v1:0")
    };
    let cases = [
        (
            untold(true, false, false, both("openai", "gpt-4o")),
            Some(12_500_000),
            "approximated:cache_untold",
        ),
        (
            untold(true, false, false, both("mistral", "magistral-medium")),
            Some(7_000_000),
            "exact",
        ),
        (
            untold(false, true, false, both("anthropic", "claude-opus-5")),
            Some(30_000_000),
            "approximated:geo_untold",
        ),
        (
            untold(
                false,
                true,
                false,
                Ask {
                    scope: Some(Scope::Global),
                    ..both("anthropic", "claude-opus-5")
                },
            ),
            Some(30_000_000),
            "approximated:geo_untold",
        ),
        (
            untold(
                false,
                true,
                false,
                Ask {
                    geo: Some("global"),
                    ..both("anthropic", "claude-opus-5")
                },
            ),
            Some(30_000_000),
            "exact",
        ),
        (
            untold(false, true, false, both("anthropic", "claude-opus-4-5")),
            Some(30_000_000),
            "exact",
        ),
        (
            untold(false, true, false, both("openai", "gpt-4o")),
            Some(12_500_000),
            "exact",
        ),
        (
            untold(false, true, false, both("openai", "gpt-5.4")),
            Some(17_500_000),
            "approximated:geo_untold",
        ),
        (
            untold(false, false, true, both("openai", "gpt-4o")),
            Some(12_500_000),
            "approximated:convention_untold",
        ),
        (cached, Some(15_000_000), "approximated:cache_rate_missing"),
        (hour, Some(3_750_000), "approximated:cache_rate_missing"),
        (
            Ask {
                searches: 3,
                ..both("anthropic", "claude-opus-5")
            },
            Some(60_000_000),
            "exact",
        ),
        (
            Ask {
                searches: 3,
                ..both("mistral", "mistral-small-latest")
            },
            Some(750_000),
            "approximated:search_rate_missing",
        ),
    ];
    check(&PriceBook::shipped(), &cases);
}

#[test]
fn a_lookup_tells_whether_it_can_ever_have_a_price() {
    let book = PriceBook::shipped();
    let cases = [
        ("gpt-4o", false, None),
        ("nobody-knows", false, Some(PriceGap::UnknownModel)),
        ("nobody-knows", true, None),
    ];
    for (model, fixed, gap) in cases {
        let lookup = Lookup {
            endpoint: None,
            provider: &Provider::Openai,
            model,
            requested_model: "",
            region: None,
            scope: None,
            geo: None,
            tier: Tier::Standard,
            fixed,
        };
        assert_eq!(book.resolve(&lookup).gap(), gap, "{model}");
    }
}

#[test]
fn the_words_are_distinct() {
    let mut words: Vec<&str> = Approximation::ALL
        .iter()
        .map(|rule| rule.as_str())
        .collect();
    words.extend(PriceGap::ALL.iter().map(|gap| gap.as_str()));
    let count = words.len();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), count);
}

#[test]
fn retirements_by_provider() {
    let book = PriceBook::shipped();
    let cases = [
        ("openai", "o3", Some("2026-12-11")),
        ("openai", "o4-mini", Some("2026-10-23")),
        ("azure", "gpt-4o", Some("2027-04-14")),
        ("azure", "gpt-6.1-sol", Some("2028-03-11")),
        ("anthropic", "claude-sonnet-4-5", Some("2026-11-30")),
        (
            "bedrock",
            "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
            Some("2027-04-08"),
        ),
        (
            "bedrock",
            "meta.llama3-3-70b-instruct-v1:0",
            Some("2027-03-30"),
        ),
        ("vertex", "gemini-2.5-pro", Some("2026-10-20")),
        ("openai", "gpt-6.1-sol", None),
    ];
    for (provider, model, day) in cases {
        let provider = Provider::parse(provider).unwrap();
        let found = book.retirement(&provider, model).map(|day| day.to_string());
        assert_eq!(found.as_deref(), day, "{provider:?} {model}");
    }
}
