//! Files that people write and lists that they import: precedence, dates, faults, differences.

use super::*;

const PRICES: &str = r#"
[[row]]
endpoint = "itsm-weu"
input = 2
output = 8

[[row]]
provider = "azure"
model = ["gpt-4o", "gpt-4.1*"]
from = 2026-07-01
until = 2027-01-01
input = "2.4"
output = 9.6
cache_read = 1.2
over = [{ tokens = 100_000, input = 4.8 }]
batch = { input = 1.2, output = 4.8 }
source = "enterprise agreement 4711"

[[row]]
provider = "azure"
model = "gpt-4o"
region = "azure:swedencentral"
input = 1
output = 1

[[row]]
provider = "vllm"
model = "*"
request = 5
input = 0
output = 0

[[uplift]]
provider = "openai"
model = "gpt-4o"
scope = "data_zone"
factor = 1.25

[[retirement]]
provider = "openai"
model = "gpt-6*"
date = 2029-01-01
"#;

fn book() -> PriceBook {
    let mut book = PriceBook::shipped();
    book.with_user_file("prices.toml", PRICES).unwrap();
    book
}

#[test]
fn contract_then_user_then_lists() {
    let plain = Ask {
        scope: Some(Scope::Global),
        usage: usage(1000, 0, 0, 1000),
        ..ask("azure", "gpt-4o")
    };
    let june = 1_781_000_000_000;
    let cases = [
        (
            Ask {
                endpoint: Some("itsm-weu"),
                ..plain
            },
            Some(10_000_000),
            "exact",
        ),
        (
            Ask {
                endpoint: Some("itsm-weu"),
                model: "",
                ..plain
            },
            Some(10_000_000),
            "exact",
        ),
        (
            Ask {
                endpoint: Some("itsm-weu"),
                tier: Tier::Batch,
                ..plain
            },
            Some(5_000_000),
            "approximated:batch_discount",
        ),
        (
            Ask {
                endpoint: Some("other"),
                ..plain
            },
            Some(12_000_000),
            "exact",
        ),
        (Ask { at: june, ..plain }, Some(12_500_000), "exact"),
        (
            Ask {
                tier: Tier::Batch,
                ..plain
            },
            Some(6_000_000),
            "exact",
        ),
        (
            Ask {
                usage: usage(200_000, 0, 0, 0),
                ..plain
            },
            Some(960_000_000),
            "exact",
        ),
        (
            Ask {
                region: Some("azure:swedencentral"),
                ..plain
            },
            Some(2_000_000),
            "exact",
        ),
        (
            Ask {
                model: "gpt-4.1-mini",
                ..plain
            },
            Some(12_000_000),
            "exact",
        ),
        (
            Ask {
                usage: usage(1000, 0, 0, 1000),
                ..ask("vllm", "any")
            },
            Some(5_000_000),
            "exact",
        ),
        (
            Ask {
                geo: Some("eu"),
                usage: usage(1000, 0, 0, 1000),
                ..ask("openai", "gpt-4o")
            },
            Some(15_625_000),
            "exact",
        ),
    ];
    check(&book(), &cases);
    let contract = priced(
        &book(),
        &Ask {
            endpoint: Some("itsm-weu"),
            ..plain
        },
    );
    assert_eq!(contract.row(), "contract:itsm-weu/*");
    assert_eq!(contract.source(), "prices.toml");
    let day = book().retirement(&Provider::Openai, "gpt-6.1-sol").unwrap();
    assert_eq!(day.to_string(), "2029-01-01");
}

#[test]
fn every_fault_has_its_place() {
    let cases = [
        ("[[rows]]\n", 1, "unknown key `rows`"),
        (
            "[[row]]\nprovider = \"x\"\nmodel = \"m\"\ninputs = 1\ninput = 1",
            4,
            "unknown key `inputs`",
        ),
        (
            "[[row]]\nprovider = \"x\"\nmodel = \"m\"\ninput = \"1,5\"",
            4,
            "`1,5` is no rate: not a decimal number",
        ),
        (
            "[[row]]\nprovider = \"x\"\nmodel = \"m\"\ninput = -1",
            4,
            "`-1` is no rate: negative",
        ),
        (
            "[[row]]\nprovider = \"x\"\ninput = 1",
            1,
            "a row needs `model`",
        ),
        (
            "[[row]]\nmodel = \"x\"\ninput = 1",
            1,
            "a row needs `provider`, or `endpoint` for a contract",
        ),
        (
            "[[row]]\nprovider = \"x\"\nmodel = \"m\"\nscope = \"moon\"\ninput = 1",
            4,
            "unknown scope `moon`",
        ),
        (
            "[[row]]\nprovider = \"x\"\nmodel = \"m\"\nregion = \"eu\"\ninput = 1",
            4,
            "`eu` is no canonical region",
        ),
        (
            "[[row]]\nprovider = \"x\"\nmodel = \"m\"\ninput = 1\nfrom = 2026-13-01",
            5,
            "",
        ),
        (
            "[[row]]\nprovider = \"x\"\nmodel = \"m\"\ninput = 1\nfrom = 2026-02-01\nuntil = 2026-01-01",
            1,
            "`until` 2026-01-01 is not after `from` 2026-02-01",
        ),
        (
            "[[row]]\nprovider = \"x\"\nmodel = \"m\"\ninput = 1\nover = [{ input = 2 }]",
            5,
            "`over` needs `tokens`",
        ),
        (
            "[[row]]\nprovider = \"x\"\nmodel = \"m\"\ninput = 1\nover = [{ tokens = 2, output = 2 }]",
            5,
            "`output` past 2 tokens, but not below",
        ),
        (
            "[[uplift]]\nprovider = \"x\"\nmodel = \"m\"",
            1,
            "an uplift needs `provider`, `model` and `factor`",
        ),
        (
            "[[uplift]]\nprovider = \"x\"\nmodel = \"m\"\nfactor = 1\ntier = \"gold\"",
            5,
            "unknown tier `gold`",
        ),
        (
            "[[retirement]]\nprovider = \"x\"",
            1,
            "a retirement needs `provider`, `model` and `date`",
        ),
        (
            "[[zone]]\nname = \"x\"",
            1,
            "a zone needs `name` and `regions`",
        ),
        ("row = 3", 1, "expected an array of tables, written `[[…]]`"),
        ("[[row", 1, ""),
    ];
    for (text, line, message) in cases {
        let mut book = PriceBook::default();
        let problems = book.with_user_file("prices.toml", text).unwrap_err();
        assert_eq!(problems.len(), 1, "{text}: {problems:?}");
        assert_eq!(problems[0].place.line, line, "{text}: {problems:?}");
        if !message.is_empty() {
            assert_eq!(problems[0].message, message, "{text}");
        }
    }
    let two = "[[row]]\nprovider = \"x\"\nmodel = \"m\"\ninput = \"x\"\noutput = \"y\"";
    let problems = PriceBook::default().with_user_file("p", two).unwrap_err();
    assert_eq!(problems.len(), 2);
}

const LITELLM: &str = r#"{
  "sample_spec": {"input_cost_per_token": 0, "litellm_provider": "one of"},
  "gpt-4o": {"input_cost_per_token": 2e-06, "output_cost_per_token": 1e-05, "litellm_provider": "openai",
    "cache_read_input_token_cost": 1.25e-06, "input_cost_per_token_batches": 1e-06, "mode": "chat"},
  "azure/eu/gpt-4o": {"input_cost_per_token": 3.3e-06, "output_cost_per_token": 1.32e-05,
    "litellm_provider": "azure", "deprecation_date": "2027-04-14"},
  "eu.anthropic.claude-sonnet-9-v1:0": {"input_cost_per_token": 3.3e-06, "output_cost_per_token": 1.65e-05,
    "input_cost_per_token_above_200k_tokens": 6.6e-06, "litellm_provider": "bedrock_converse",
    "cache_creation_input_token_cost_above_1hr": 6.6e-06,
    "search_context_cost_per_query": {"search_context_size_medium": 0.01}},
  "bedrock/eu-west-3/mistral.mistral-9": {"input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06,
    "litellm_provider": "bedrock"},
  "anthropic.claude-opus-5": {"input_cost_per_token": 5e-06, "output_cost_per_token": 2.5e-05,
    "litellm_provider": "bedrock_converse"},
  "global.anthropic.claude-opus-5": {"input_cost_per_token": 5e-06, "output_cost_per_token": 2.5e-05,
    "cache_read_input_token_cost": 5e-07, "litellm_provider": "bedrock_converse"},
  "dall-e-9": {"input_cost_per_pixel": 1e-06, "litellm_provider": "openai"}
}"#;

#[test]
fn an_imported_list_counts_after_the_users_rows() {
    let list = parse_list(LITELLM, "LiteLLM test").unwrap();
    assert_eq!(list.table.rows.len(), 5);
    let mut book = PriceBook::shipped();
    book.with_import("import.tsv", &render_table(&list.table))
        .unwrap();
    let at = |ask| Ask {
        usage: usage(1000, 0, 0, 1000),
        ..ask
    };
    let zone = Ask {
        scope: Some(Scope::DataZone),
        geo: Some("eu"),
        ..ask("azure", "gpt-4o")
    };
    let long = Ask {
        usage: usage(300_000, 0, 0, 0),
        searches: 1,
        ..ask("bedrock", "eu.anthropic.claude-sonnet-9-v1:0")
    };
    let cases = [
        (at(ask("openai", "gpt-4o")), Some(12_000_000), "exact"),
        (at(zone), Some(16_500_000), "exact"),
        (long, Some(1_990_000_000), "exact"),
        (
            Ask {
                region: Some("aws:eu-west-3"),
                ..at(ask("bedrock", "mistral.mistral-9"))
            },
            Some(2_000_000),
            "exact",
        ),
        (at(ask("openai", "gpt-4.1")), Some(10_000_000), "exact"),
        (
            Ask {
                scope: Some(Scope::Global),
                ..at(ask("azure", "gpt-4.1"))
            },
            Some(10_000_000),
            "exact",
        ),
        (
            Ask {
                region: Some("aws:eu-central-1"),
                ..at(ask("bedrock", "anthropic.claude-opus-5"))
            },
            Some(33_000_000),
            "exact",
        ),
    ];
    check(&book, &cases);
    book.with_user_file("p", PRICES).unwrap();
    check(&book, &[(at(zone), Some(12_000_000), "exact")]);
}

#[test]
fn differences_are_shown_before_they_count() {
    let list = parse_list(LITELLM, "LiteLLM test").unwrap();
    let found = diff(&PriceBook::shipped(), &list.table, UnixMillis(NOW));
    let shown: Vec<String> = found
        .iter()
        .map(|change| {
            let (old, new) = (change.old.join(" "), change.new.join(" "));
            let Change {
                provider,
                model,
                place,
                kind,
                ..
            } = change;
            format!(
                "{} {provider}/{model} [{place}] {old} > {new}",
                kind.as_str()
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "changed azure/gpt-4o [data_zone eu] input=2.75 output=11 cache_read=1.375 > input=3.3 output=13.2",
            "changed bedrock/anthropic.claude-opus-5 [global] input=5 output=25 cache_read=0.5 cache_write_5m=6.25 cache_write_1h=10 > input=5 output=25 cache_read=0.5",
            "added bedrock/anthropic.claude-sonnet-9-v1:0 [data_zone eu]  > input=3.3,200000:6.6 output=16.5 cache_write_1h=6.6 web_search=10",
            "added bedrock/mistral.mistral-9 [regional aws:eu-west-3]  > input=1 output=1",
            "changed openai/gpt-4o [] input=2.5 output=10 cache_read=1.25 web_search=10 > input=2 output=10 cache_read=1.25",
        ]
    );
}

#[test]
fn a_newer_edition_of_the_catalogue_shows_what_it_drops() {
    let text = r#"[{"id": "openai", "name": "OpenAI", "models": [
        {"id": "gpt-4o", "match": {"equals": "gpt-4o"}, "prices": [
            {"prices": {"input_mtok": 2.5, "output_mtok": 10}},
            {"constraint": {"start_date": "2026-11-01"}, "prices": {"input_mtok": {"base": 2, "tiers": [{"start": 9, "price": 3}]}, "output_mtok": 10}}]}]}]"#;
    let list = parse_list(text, "genai-prices 9").unwrap();
    let found = diff(&PriceBook::shipped(), &list.table, UnixMillis(NOW));
    let gone = found
        .iter()
        .filter(|change| change.kind == ChangeKind::Removed)
        .count();
    assert!(gone > 2_000, "{gone}");
    let changed: Vec<&Change> = found
        .iter()
        .filter(|change| change.kind == ChangeKind::Changed)
        .collect();
    assert_eq!(changed.len(), 1);
    assert_eq!(changed[0].new, ["input=2,9:3", "output=10"]);
}

#[test]
fn the_shipped_files_are_whole() {
    let own = file::parse("own.toml", include_str!("../../../prices/own.toml"));
    let own = own.map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>());
    let own = own.unwrap();
    assert!(own.rows.len() > 200 && own.uplifts.len() > 10 && own.retirements.len() > 50);
    let text = include_str!("../../../prices/catalogue.tsv");
    let catalogue = table::parse("catalogue.tsv", text).unwrap();
    assert!(catalogue.rows.len() > 2_000);
    assert_eq!(render_table(&catalogue), text);
    for (_, row) in PriceBook::shipped().rows() {
        assert!(!row.source.is_empty() && !row.prices.is_empty(), "{row:?}");
    }
}
