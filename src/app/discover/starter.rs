//! The configuration that a sample suggests, as files for people to finish.
//!
//! Fills in nothing that the sample does not tell. A newcomer may ask why scope and residency stay
//! open: no log can tell what somebody ordered and promised, and a guess would look like a fact.

mod endpoint;
mod source;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::app::Failure;
use crate::attribute::{UNATTRIBUTED, UNTOLD_HALF};
use crate::config;
use crate::problem::{Problem, Severity};
use crate::units::UnixMillis;

use super::found::{FeatureFound, Found};

/// What stands before everything that is left to answer.
const QUESTION: &str = "# QUESTION:";
/// Endpoints and features that are written down.
const MOST: usize = 500;

/// The main file's name.
pub const MAIN: &str = "tollwatch.toml";
const ENDPOINTS: &str = "endpoints.toml";
const FEATURES: &str = "features.toml";

/// The files of a configuration, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Starter {
    /// Name and text of each.
    pub files: Vec<(&'static str, String)>,
    /// How many questions are left.
    pub questions: usize,
    /// What `check` would say of it.
    pub problems: Vec<Problem>,
}

impl FeatureFound {
    /// Whether it is more than a spoke's scope on a call.
    pub(super) fn is_worth_registering(&self) -> bool {
        let told = self.feature.split_once('/').unwrap_or_default();
        let skill = told.1 != UNTOLD_HALF;
        self.feature != UNATTRIBUTED && !self.matcher.is_empty() && (skill || self.requests > 0)
    }
}

/// Writes the configuration down; `inputs` are what the sample was read from.
#[must_use]
pub fn starter(found: &Found, inputs: &[PathBuf], now: UnixMillis) -> Starter {
    let with = made(found, inputs, now, true);
    let wrong = with.problems.iter().any(is_error);
    // Matchers that cannot be told apart are left out: then features go by their names.
    if wrong {
        made(found, inputs, now, false)
    } else {
        with
    }
}

fn is_error(problem: &Problem) -> bool {
    problem.severity == Severity::Error
}

fn made(found: &Found, inputs: &[PathBuf], now: UnixMillis, matchers: bool) -> Starter {
    let files = vec![
        (MAIN, main_file(found, inputs)),
        (ENDPOINTS, endpoint::endpoints_file(found)),
        (FEATURES, features_file(found, matchers)),
    ];
    let read = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        let found = files.iter().find(|(own, _)| name == *own);
        found
            .map(|(_, text)| text.clone())
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    };
    let problems = match config::load(Path::new(MAIN), &read, now) {
        Ok(ready) => ready.warnings,
        Err(problems) => problems,
    };
    let asked = |(_, text): &(&str, String)| text.matches(QUESTION).count();
    Starter {
        questions: files.iter().map(asked).sum(),
        files,
        problems,
    }
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    // JSON's escapes are TOML's, too.
    serde_json::to_string(text).unwrap_or_default()
}

fn list<T: AsRef<str>>(texts: &[T]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text.as_ref())).collect();
    format!("[{}]", texts.join(", "))
}

fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    text.push_str(&words.to_string());
    text.push('\n');
}

macro_rules! put {
    ($text:expr, $($words:tt)*) => { line($text, format_args!($($words)*)) };
}
use put;

fn main_file(found: &Found, inputs: &[PathBuf]) -> String {
    let mut text = String::new();
    put!(
        &mut text,
        "# Written by `tollwatch discover` from {} records.",
        found.records
    );
    put!(
        &mut text,
        "# What no log can tell stands behind `{QUESTION}`; the rest was seen.\n"
    );
    put!(
        &mut text,
        "{QUESTION} in which time zone do days begin? An IANA name, such as"
    );
    put!(&mut text, "# `Europe/Berlin`.");
    put!(&mut text, "timezone = \"UTC\"");
    put!(&mut text, "endpoints = {}", quoted(ENDPOINTS));
    put!(&mut text, "features = {}", quoted(FEATURES));
    source::sources(found, inputs, &mut text);
    text
}

fn features_file(found: &Found, matchers: bool) -> String {
    let mut text = String::new();
    put!(
        &mut text,
        "# What LLMs are used for, by what the records say, the busiest first."
    );
    put!(
        &mut text,
        "# Without a `match`, calls that name application and skill are a feature's own."
    );
    put!(
        &mut text,
        "{QUESTION} for each: who owns it, what was approved, where must it stay?"
    );
    put!(&mut text, "# owner = \"…\"");
    put!(&mut text, "# residency = \"eu\"");
    put!(
        &mut text,
        "# approved = {{ cents_per_call = \"4\", calls_per_day = 1000 }}"
    );
    let worth = found
        .features
        .iter()
        .filter(|one| one.is_worth_registering());
    for feature in worth.take(MOST) {
        let (application, skill) = feature.feature.split_once('/').unwrap_or_default();
        text.push('\n');
        put!(
            &mut text,
            "# {} requests, {} calls.",
            feature.requests,
            feature.calls
        );
        put!(&mut text, "[[feature]]");
        if application == UNTOLD_HALF {
            put!(
                &mut text,
                "{QUESTION} which application is it? The records do not say."
            );
            put!(&mut text, "application = \"unknown\"");
        } else {
            put!(&mut text, "application = {}", quoted(application));
        }
        let is_id = skill.len() == 32 && skill.bytes().all(|b| b.is_ascii_hexdigit());
        if is_id {
            put!(
                &mut text,
                "{QUESTION} what is it called? The records have its id alone."
            );
        }
        put!(
            &mut text,
            "skill = {}",
            quoted(if skill == UNTOLD_HALF { "all" } else { skill })
        );
        if matchers {
            let kinds: Vec<String> = feature
                .matcher
                .iter()
                .map(|(kind, values)| format!("{kind} = {}", list(values)))
                .collect();
            put!(&mut text, "match = {{ {} }}", kinds.join(", "));
        }
    }
    text
}

impl Starter {
    /// Whether `check` would accept it.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        !self.problems.iter().any(is_error)
    }

    /// Writes the files into a folder, which is made when it is not there.
    ///
    /// # Errors
    /// [`Failure::Usage`] when one of the files is there already: nothing is ever overwritten, and
    /// nothing is written then.
    pub fn write(&self, folder: &Path) -> Result<(), Failure> {
        std::fs::create_dir_all(folder).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", folder.display()))
        })?;
        for (name, _) in &self.files {
            refuse_existing(&folder.join(name))?;
        }
        for (name, text) in &self.files {
            let path = folder.join(name);
            let file = std::fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&path);
            file.and_then(|mut file| file.write_all(text.as_bytes()))
                .map_err(|error| {
                    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
                })?;
        }
        Ok(())
    }
}

/// Says that a file is there already.
///
/// # Errors
/// [`Failure::Usage`] then.
fn refuse_existing(path: &Path) -> Result<(), Failure> {
    if !path.exists() {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "{} is there already and is never overwritten; name another folder, or see what is new by \
         `--config {} --diff`",
        path.display(),
        path.with_file_name(MAIN).display()
    )))
}

/// Says that a starter would overwrite something, before a long reading.
///
/// # Errors
/// [`Failure::Usage`] naming the file.
pub fn refuse_taken(folder: &Path) -> Result<(), Failure> {
    for name in [MAIN, ENDPOINTS, FEATURES] {
        refuse_existing(&folder.join(name))?;
    }
    Ok(())
}
