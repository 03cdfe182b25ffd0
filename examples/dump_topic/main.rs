//! Writes a topic's records as JSON lines, for the independent recount.
//!
//! Usage: `dump_topic BROKERS TOPIC [PROPERTY=VALUE]... > calls.dump.jsonl`. Reads every partition
//! from its beginning to the end that it had when it was asked; joins no group, commits nothing.
//! Properties are librdkafka's, for TLS and the like.

use std::io::Write as _;
use std::process::ExitCode;

mod dump;

fn main() -> ExitCode {
    match run() {
        Ok(records) => {
            drop(writeln!(std::io::stderr(), "{records} records"));
            ExitCode::SUCCESS
        }
        Err(message) => {
            // Standard error is all that is left to tell on.
            drop(writeln!(std::io::stderr(), "error: {message}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<u64, String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [brokers, topic, properties @ ..] = arguments.as_slice() else {
        return Err("usage: dump_topic BROKERS TOPIC [PROPERTY=VALUE]...".to_owned());
    };
    let pair = |text: &String| {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| format!("`{text}` is no PROPERTY=VALUE"))?;
        Ok((name.to_owned(), value.to_owned()))
    };
    let properties: Vec<(String, String)> =
        properties.iter().map(pair).collect::<Result<_, String>>()?;
    let out = std::io::BufWriter::new(std::io::stdout().lock());
    dump::dump(brokers, topic, &properties, out).map_err(|error| error.to_string())
}
