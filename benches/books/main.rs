//! Speed, memory and size of the books, as ratios to limits measured in the same process and run.
//!
//! Knows no absolute figure: machines differ, ratios between two paths over the same bytes do not.
//! A newcomer may ask why a replay runs in a process of its own: the most memory that a process
//! ever held cannot be told apart from what the bench itself holds.
//!
//! `cargo bench --bench books -- [--calls N] [--records N] [--rounds N] [NAME…]`, where a
//! name is a format, `others`, `discover`, `replay` or `report`. Ends with 1 when a limit is missed.

#![allow(clippy::print_stdout, reason = "a bench prints")]

#[path = "../../tests/ledger_support/mod.rs"]
mod ledger_support;
mod measure;
mod paths;
mod replay;
mod report;
mod traffic;

use std::process::ExitCode;

/// What can be chosen.
struct Options {
    /// Calls of each format for the ratios.
    calls: usize,
    /// Records of the replay.
    records: u64,
    /// Rounds of each measurement; the median counts.
    rounds: usize,
    /// Parts to run; all when empty.
    only: Vec<String>,
}

impl Options {
    fn read(mut words: impl Iterator<Item = String>) -> Option<Options> {
        let mut options = Options {
            calls: 200_000,
            records: 1_000_000,
            rounds: 5,
            only: Vec::new(),
        };
        while let Some(word) = words.next() {
            let mut number = || words.next()?.parse::<u64>().ok();
            match word.as_str() {
                // Cargo says so to every bench.
                "--bench" => {}
                "--calls" => options.calls = usize::try_from(number()?).ok()?,
                "--records" => options.records = number()?,
                "--rounds" => options.rounds = usize::try_from(number()?.max(1)).ok()?,
                name => options.only.push(name.to_owned()),
            }
        }
        Some(options)
    }

    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() == Some(replay::CHILD) {
        replay::child(words);
        return ExitCode::SUCCESS;
    }
    let Some(options) = Options::read(std::env::args().skip(1)) else {
        println!("a number is missing behind an option");
        return ExitCode::from(2);
    };
    let mut missed = 0;
    let formats = paths::FORMATS.into_iter();
    let formats: Vec<&str> = formats.filter(|format| options.wants(format)).collect();
    if !formats.is_empty() {
        missed += paths::whole_against_decoding(&formats, options.calls, options.rounds);
    }
    if options.wants("others") {
        missed += paths::others_against_scanning(options.calls, options.rounds);
    }
    if options.wants("discover") {
        missed += paths::discover_against_decoding(options.calls, options.rounds);
    }
    if options.wants("replay") {
        missed += replay::replay(options.records);
    }
    if options.wants("report") {
        missed += report::daily();
    }
    println!();
    if missed > 0 {
        println!("{missed} limits missed");
        return ExitCode::FAILURE;
    }
    println!("all limits held");
    ExitCode::SUCCESS
}
