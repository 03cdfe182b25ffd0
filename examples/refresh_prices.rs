//! Turns a price list (genai-prices or LiteLLM data) into the table that tollwatch compiles in.
//!
//! Usage: `refresh_prices FILE SOURCE > prices/catalogue.tsv`. Notes go to standard error.

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // Standard error is all that is left to tell on.
            drop(writeln!(std::io::stderr(), "error: {message}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(source)) = (arguments.next(), arguments.next()) else {
        return Err("usage: refresh_prices FILE SOURCE".to_owned());
    };
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    let list = tollwatch::price::parse_list(&text, &source)?;
    let mut notes = std::io::stderr().lock();
    for note in &list.notes {
        writeln!(notes, "note: {note}").map_err(|error| error.to_string())?;
    }
    std::io::stdout()
        .write_all(tollwatch::price::render_table(&list.table).as_bytes())
        .map_err(|error| error.to_string())
}
