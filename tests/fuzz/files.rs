//! What people write: the configuration with its further files, prices, imports, regions.
//!
//! Knows no key. A newcomer may ask why a text beside the figures of a fault is checked: a fault
//! is shown with its line, and a line may hold a secret.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use tollwatch::config;
use tollwatch::price::{PriceBook, parse_list, parse_table, render_table};
use tollwatch::problem::Problem;
use tollwatch::residency::Regions;
use tollwatch::units::UnixMillis;

use super::corpus;
use super::json::Json;
use super::rng::Rng;
use super::run::{Input, Reached, Target};
use super::text::Texts;

/// Which file is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum File {
    Config,
    Prices,
    Table,
    List,
    Regions,
}

enum Made {
    Lines(Texts),
    Json(Json),
}

pub struct Written {
    name: &'static str,
    file: File,
    seeds: Vec<Vec<u8>>,
    made: Made,
    now: UnixMillis,
}

fn read(path: &str) -> String {
    std::fs::read_to_string(corpus::file(path)).unwrap()
}

/// What somebody pasted where it does not belong, and the part of it that must not be told: as long
/// as no name is, so that it is known for what it is however the rest was changed.
const PASTED: &str = "sk-proj-T3BlbkFJ9Xq7Lm2Rv8Wd4Yc6Ns1Hp5Gt0Kz3Ba7Ef";
const HIDDEN: &str = "BlbkFJ9Xq7Lm2Rv8Wd4Yc6Ns1Hp5Gt0Kz3Ba7";

/// Puts a credential somewhere: as value with and without quotes, as key, in an address, a list, a
/// comment.
fn paste(rng: &mut Rng, text: &mut Vec<u8>) {
    let mut lines: Vec<Vec<u8>> = text.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
    let at = rng.below(lines.len());
    let line = String::from_utf8_lossy(&lines[at]).into_owned();
    let key = line.split('=').next().unwrap_or_default().trim_end();
    lines[at] = match rng.below(8) {
        0 | 1 => format!("{key} = \"{PASTED}\""),
        2 => format!("{key} = {PASTED}"),
        3 => format!("{key} = [\"{PASTED}\", 'a']"),
        4 => format!("{key} = \"https://user:{PASTED}@host.example/v1\""),
        5 => format!("{key} = {{ file = '{PASTED}' }}"),
        6 => format!("{PASTED} = 1"),
        _ => format!("{line} # {PASTED}"),
    }
    .into_bytes();
    *text = lines.join(&b'\n');
}

/// Whole configurations: each file behind a line `--- name`, the main one first.
fn configurations() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for cases in [
        "shape", "values", "lint", "kafka", "alerts", "imports", "influxdb", "rules", "web",
    ] {
        let text = read(&format!("tests/data/config/{cases}.cases"));
        for case in text.split("=== ").skip(1) {
            let body = case.split_once('\n').map_or("", |(_, body)| body);
            let files = body.split("--- expected").next().unwrap_or_default();
            seeds.push(files.trim().as_bytes().to_vec());
        }
    }
    let demo = ["tollwatch", "endpoints", "features"].map(|name| {
        format!(
            "--- {name}.toml\n{}",
            read(&format!("deploy/demo/{name}.toml"))
        )
    });
    seeds.push(demo.concat().into_bytes());
    for name in ["full", "minimal"] {
        seeds.push(
            format!(
                "--- t.toml\n{}",
                read(&format!("deploy/config/{name}.toml"))
            )
            .into_bytes(),
        );
    }
    seeds
}

/// Parts of a long file, cut before lines that begin so.
fn parts(text: &str, begins: &str, many: usize) -> Vec<Vec<u8>> {
    let mut parts: Vec<String> = vec![String::new()];
    for line in text.lines() {
        let last = parts.last_mut().unwrap();
        if line.starts_with(begins) && last.lines().count() >= many {
            parts.push(String::new());
        }
        let last = parts.last_mut().unwrap();
        last.push_str(line);
        last.push('\n');
    }
    parts.into_iter().map(String::into_bytes).collect()
}

/// Lists of prices as genai-prices and LiteLLM publish them, in small.
const LISTS: [&str; 4] = [
    r#"[{"id":"openai","name":"OpenAI","api_pattern":"x","model_match":{"starts_with":"gpt-"},"provider_match":{"contains":"openai"},"fallback_model_providers":["azure"],"models":[{"id":"gpt-4o","match":{"or":[{"equals":"gpt-4o"},{"regex":"^gpt-4o-\\d{4}$"}]},"context_window":128000,"prices":{"input_mtok":2.5,"cache_read_mtok":1.25,"output_mtok":10}}]}]"#,
    r#"[{"id":"google","models":[{"id":"gemini","match":{"starts_with":"gemini"},"prices":{"input_mtok":{"base":1.25,"tiers":[{"start":200000,"price":2.5}]},"output_mtok":10,"requests_kcount":35},"price_variants":[{"when":{"service_tier":"flex"},"prices":{"input_mtok":0.6}}]}]}]"#,
    r#"[{"id":"deepseek","models":[{"id":"chat","match":{"equals":"deepseek-chat"},"prices":[{"prices":{"input_mtok":0.27}},{"constraint":{"start_date":"2025-02-08"},"prices":{"input_mtok":0.3,"output_mtok":1.1}},{"constraint":{"type":"time_of_date","start_time":"00:30:00Z","end_time":"16:30:00Z"},"prices":{"input_mtok":0.3}}]}]}]"#,
    r#"{"sample_spec":{"mode":"x"},"azure/eu/gpt-4o":{"litellm_provider":"azure","mode":"chat","input_cost_per_token":2.75e-06,"output_cost_per_token":1.1e-05,"cache_read_input_token_cost":1.375e-6,"deprecation_date":"2026-03-01","input_cost_per_token_above_200k_tokens":3e-6},"bedrock/eu-central-1/anthropic.claude-v2":{"litellm_provider":"bedrock","mode":"chat","input_cost_per_token":8e-6,"output_cost_per_token":0.000024,"search_context_cost_per_query":{"search_context_size_low":0.03}}}"#,
];

impl Written {
    pub fn new(name: &'static str, file: File) -> Written {
        let seeds = match file {
            File::Config => configurations(),
            File::Prices => {
                let own = read("prices/own.toml");
                let mut seeds = parts(&own, "[[", 20);
                seeds.truncate(60);
                seeds.push(read("docs/PRICES.md").into_bytes());
                seeds
            }
            File::Table => {
                let mut seeds = parts(&read("prices/catalogue.tsv"), "provider", 4);
                seeds.truncate(60);
                seeds
            }
            File::List => LISTS.map(|list| list.as_bytes().to_vec()).to_vec(),
            File::Regions => {
                let mut seeds = parts(&read("data/regions.toml"), "[", 12);
                let added = "[[region]]\nid = \"own:x\"\ncloud = \"own\"\ncountry = \"DE\"\n[set.own]\nregions = [\"own:x\", \"eu\"]\n";
                seeds.push(added.into());
                seeds
            }
        };
        let made = match file {
            File::List => Made::Json(Json::new(&seeds, &[])),
            File::Config | File::Prices | File::Table | File::Regions => {
                Made::Lines(Texts::new(&seeds))
            }
        };
        Written {
            name,
            file,
            seeds,
            made,
            now: UnixMillis::parse("2026-11-21T00:00:00Z").unwrap(),
        }
    }

    /// The faults of a file, or that it has none.
    fn faults(&self, text: &str) -> Result<usize, Vec<Problem>> {
        match self.file {
            File::Config => configuration(text, self.now),
            File::Prices => PriceBook::default()
                .with_user_file("p.toml", text)
                .map(|()| 1),
            File::Regions => Regions::default()
                .with_user_file("r.toml", text)
                .map(|known| {
                    let named = known
                        .regions()
                        .map(|region| known.resolve_set(&region.name));
                    named.flatten().count()
                }),
            File::Table => parse_table("t.tsv", text).map(|table| {
                let again =
                    parse_table("t.tsv", &render_table(&table)).expect("reads what it wrote");
                assert_eq!(again.rows.len(), table.rows.len(), "a table read again");
                table.rows.len()
            }),
            File::List => match parse_list(text, "") {
                Err(message) => {
                    assert!(!message.is_empty());
                    Err(Vec::new())
                }
                Ok(read) => {
                    // A name with a line end or tab cannot stand in a table.
                    if format!("{:?}", read.table).contains('\\') {
                        return Ok(2);
                    }
                    let written = render_table(&read.table);
                    let again = parse_table("t.tsv", &written);
                    let again = again.unwrap_or_else(|faults| panic!("{faults:?} in\n{written}"));
                    assert!(
                        again.rows.len() >= read.table.rows.len(),
                        "a list read again"
                    );
                    Ok(1)
                }
            },
        }
    }
}

/// Loads files that stand one behind the other.
fn configuration(text: &str, now: UnixMillis) -> Result<usize, Vec<Problem>> {
    let mut files: BTreeMap<&str, &str> = BTreeMap::new();
    let mut main = None;
    let body = text.strip_prefix("--- ").unwrap_or(text);
    for part in body.split("\n--- ") {
        let (name, body) = part.split_once('\n').unwrap_or((part, ""));
        // A file is called as its owner calls it, wherever it is spoken of.
        let name = if name.contains(HIDDEN) {
            "pasted.toml"
        } else {
            name
        };
        main.get_or_insert(name);
        files.insert(name, body);
    }
    let open = |path: &Path| {
        let file = path.to_str().and_then(|name| files.get(name));
        file.map(|text| (*text).to_owned())
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such file"))
    };
    config::load(Path::new(main.unwrap_or_default()), &open, now).map(|ready| {
        drop(ready.gate());
        ready.warnings.iter().for_each(hold);
        ready.warnings.len()
    })
}

/// A fault says something, and never a credential.
fn hold(fault: &Problem) {
    let shown = fault.to_string();
    assert!(!shown.contains(HIDDEN), "{shown}");
    assert!(
        !fault.message.is_empty() && !fault.code.is_empty(),
        "{fault:?}"
    );
}

impl Target for Written {
    fn name(&self) -> &'static str {
        self.name
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        self.seeds.clone()
    }

    fn make(&mut self, rng: &mut Rng, input: &mut Input) {
        match &mut self.made {
            Made::Lines(lines) => lines.make(rng, &mut input.bytes),
            Made::Json(json) => json.make(rng, &mut input.bytes, false),
        }
        if self.file == File::Config && rng.one_in(4) {
            paste(rng, &mut input.bytes);
        }
    }

    fn check(&mut self, input: &Input, reached: &mut Reached) {
        let text = String::from_utf8_lossy(&input.bytes);
        match self.faults(&text) {
            Ok(found) => reached.hit(format_args!("ready, {}", found.min(9))),
            Err(faults) => {
                for fault in &faults {
                    hold(fault);
                    let words: String = fault
                        .message
                        .split(['`', '"'])
                        .step_by(2)
                        .flat_map(str::chars)
                        .filter(|c| !c.is_ascii_digit())
                        .take(60)
                        .collect();
                    reached.hit(format_args!("{} {words}", fault.code));
                }
                if input.knob.is_multiple_of(64) {
                    assert_eq!(self.faults(&text), Err(faults), "the same text twice");
                }
            }
        }
    }

    fn keep(&mut self, input: &Input) {
        match &mut self.made {
            Made::Lines(lines) => lines.keep(&input.bytes),
            Made::Json(json) => json.keep(&input.bytes),
        }
    }

    fn cost(&self) -> u64 {
        match self.file {
            File::Config | File::Table => 10,
            File::Prices | File::List | File::Regions => 1,
        }
    }
}
