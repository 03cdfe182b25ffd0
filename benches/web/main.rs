//! Speed and weight of the pages, against the same ledger's bare queries in the same process.
//!
//! Knows no browser. A newcomer may ask why the writer here only books, and reads no records: the writer is what
//! pages could stand in the way of; decoding has threads of its own.
//!
//! `cargo bench --bench web -- [--days N] [--features N] [--seconds N] [NAME…]`, where a name is `weight`,
//! `ratio` or `load`. Ends with 1 when a limit is missed.

#![allow(clippy::print_stdout, reason = "a bench prints")]

#[path = "../../tests/ledger_support/mod.rs"]
mod ledger_support;
mod load;
#[path = "../books/measure.rs"]
#[allow(dead_code, reason = "each bench uses a part of it")]
mod measure;
mod ratio;
mod served;

use std::process::ExitCode;

use served::Served;

/// What can be chosen.
struct Options {
    /// Days of the books.
    days: i64,
    /// Features of each day.
    features: u64,
    /// Seconds of each stretch of the load.
    seconds: u64,
    /// Parts to run; all when empty.
    only: Vec<String>,
}

impl Options {
    fn read(mut words: impl Iterator<Item = String>) -> Option<Options> {
        let mut options = Options {
            days: 400,
            features: 200,
            seconds: 8,
            only: Vec::new(),
        };
        while let Some(word) = words.next() {
            let mut number = || words.next()?.parse::<u64>().ok();
            match word.as_str() {
                // Cargo says so to every bench.
                "--bench" => {}
                "--days" => options.days = i64::try_from(number()?).ok()?,
                "--features" => options.features = number()?,
                "--seconds" => options.seconds = number()?.max(1),
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
    let Some(options) = Options::read(std::env::args().skip(1)) else {
        println!("a number is missing behind an option");
        return ExitCode::from(2);
    };
    println!("{} days, {} features", options.days, options.features);
    let mut served = Served::new(options.days, options.features);
    let mut missed = 0;
    if options.wants("weight") {
        missed += ratio::weight(&served);
    }
    if options.wants("ratio") {
        missed += ratio::against_queries(&mut served);
    }
    if options.wants("load") {
        missed += load::load(&mut served, options.seconds);
    }
    println!();
    if missed > 0 {
        println!("{missed} limits missed");
        return ExitCode::FAILURE;
    }
    println!("all limits held");
    ExitCode::SUCCESS
}
