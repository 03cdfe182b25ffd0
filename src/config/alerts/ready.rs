//! Turns the written settings of alerts into ready ones.
//!
//! Knows no server. A newcomer may ask why a route behind one that takes all is told: whoever added
//! it waits for mails that go to somebody else.

use std::path::Path;

use crate::alert::{Digests, Maintenance, Matcher, Route, Settings};
use crate::attribute::BaseUrl;
use crate::message;
use crate::problem::Problem;
use crate::units::{Text, UnixMillis, clean_name};

use super::super::at::{At, AtText};
use super::super::names;
use super::super::read::FileText;
use super::super::settings::bounded;
use super::super::{Read, Rules, rules, value};
use super::{Alerts, Template, matcher, transport, written};

/// The settings; `None` written is what holds without any.
pub(in crate::config) fn ready(
    (file, dir, read): (&FileText, &Path, Read<'_>),
    written: Option<&At<written::Alerts>>,
    faults: &mut Vec<Problem>,
) -> Alerts {
    let none = written::Alerts::default();
    let written = written.map_or(&none, At::get);
    let rules = own_rules((file, dir, read), written.rules.as_ref(), faults);
    let mail = written.mail.as_ref();
    let mail = mail.and_then(|mail| transport::mail((file, dir, read), mail, faults));
    let webhook = written.webhook.as_ref();
    let heartbeat = written.heartbeat.as_ref();
    Alerts {
        settings: settings(file, written, &rules, faults),
        templates: templates((file, dir, read), written.templates.as_ref(), faults),
        public_url: written
            .public_url
            .as_ref()
            .and_then(|url| public_url(file, url, faults)),
        budget_nanousd: dollars(
            file,
            "budget_usd_per_month",
            written.budget_usd_per_month.as_ref(),
            faults,
        ),
        webhook: webhook.and_then(|at| transport::webhook((file, dir, read), at, faults)),
        heartbeat: heartbeat.and_then(|at| transport::heartbeat((file, dir, read), at, faults)),
        mail,
        rules,
    }
}

fn settings(
    file: &FileText,
    written: &written::Alerts,
    rules: &Rules,
    faults: &mut Vec<Problem>,
) -> Settings {
    let default = Settings::default();
    let mails = written.mails_per_person_per_day.as_ref();
    let fallback = written
        .mail
        .as_ref()
        .and_then(|mail| mail.get().fallback_to.as_ref());
    Settings {
        mails_per_person_per_day: bounded(file, mails, 1..=10_000, faults)
            .unwrap_or(default.mails_per_person_per_day),
        quiet_first_days: bounded(file, written.quiet_first_days.as_ref(), 0..=90, faults)
            .unwrap_or(default.quiet_first_days),
        digests: digests(file, &written.digest, faults),
        routes: routes(file, &written.route, rules, faults),
        // A text that is no address is told where mail is made ready.
        fallback_to: fallback
            .filter(|text| value::is_address(text.get()))
            .map(|text| Text::from(text.get().as_str())),
        maintenance: written
            .maintenance
            .iter()
            .filter_map(|at| maintenance(file, at, rules, faults))
            .collect(),
    }
}

/// The texts below a path: of a file itself, of a folder those whose names have that ending.
fn texts_below(
    (file, dir, read): (&FileText, &Path, Read<'_>),
    name: &AtText,
    ending: &str,
    faults: &mut Vec<Problem>,
) -> Vec<FileText> {
    let path = dir.join(name.get());
    let of = |path: &Path, text: String| FileText {
        name: path.display().to_string(),
        text,
    };
    let error = match read(&path) {
        Ok(text) => return vec![of(&path, text)],
        Err(error) => error,
    };
    // What is no file may be a folder.
    let Ok(text) = read(&path.join("")) else {
        let message = format!("`{}` cannot be read: {error}", path.display());
        faults.push(file.problem(name.span(), "unreadable_file", message));
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut names: Vec<&str> = text.lines().filter(|name| name.ends_with(ending)).collect();
    names.sort_unstable();
    for below in names {
        let path = path.join(below);
        match read(&path) {
            Ok(text) => found.push(of(&path, text)),
            Err(error) => {
                let message = format!("`{}` cannot be read: {error}", path.display());
                faults.push(file.problem(name.span(), "unreadable_file", message));
            }
        }
    }
    if found.is_empty() {
        let message = format!("`{}` holds no file `*{ending}`", path.display());
        faults.push(file.problem(name.span(), "empty_folder", message).warning());
    }
    found
}

fn own_rules(
    place: (&FileText, &Path, Read<'_>),
    name: Option<&AtText>,
    faults: &mut Vec<Problem>,
) -> Rules {
    let files = name.map(|name| texts_below(place, name, ".toml", faults));
    rules::of_files(files.unwrap_or_default(), faults)
}

fn templates(
    place: (&FileText, &Path, Read<'_>),
    name: Option<&AtText>,
    faults: &mut Vec<Problem>,
) -> Vec<Template> {
    let files = name.map(|name| texts_below(place, name, "", faults));
    let files = files.unwrap_or_default().into_iter();
    let template = |file: FileText| {
        let path = std::path::PathBuf::from(file.name);
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        Template {
            name: name.unwrap_or_default(),
            text: file.text,
            path,
        }
    };
    let files: Vec<Template> = files.map(template).collect();
    let pair = |one: &Template| (one.name.clone(), one.text.clone());
    let pairs: Vec<_> = files.iter().map(pair).collect();
    for fault in message::Templates::new(&pairs).err().unwrap_or_default() {
        let own = files.iter().find(|one| one.name == fault.file);
        faults.extend(own.map(|own| misplaced(own, &fault)));
    }
    files
}

/// A fault of a template, at the line that it is in.
fn misplaced(template: &Template, fault: &message::TemplateFault) -> Problem {
    let mut begin = 0;
    let before = fault.line.saturating_sub(1);
    for line in template.text.split_inclusive('\n').take(before) {
        begin += line.len();
    }
    let line = template.text.get(begin..).unwrap_or_default();
    let length = line.lines().next().unwrap_or_default().len();
    Problem::at(
        &template.path.display().to_string(),
        &template.text,
        begin..begin + length,
        "bad_template",
        fault.message.clone(),
    )
}

fn public_url(file: &FileText, text: &AtText, faults: &mut Vec<Problem>) -> Option<String> {
    match BaseUrl::parse(text.get()) {
        Ok(url) => {
            let port = url.port.map(|port| format!(":{port}")).unwrap_or_default();
            Some(format!("{}://{}{port}{}", url.scheme, url.host, url.path))
        }
        Err(fault) => {
            let problem = file.problem(text.span(), "bad_url", format!("`public_url` {fault}"));
            faults.push(problem.hint("like `https://tollwatch.contoso.example`"));
            None
        }
    }
}

/// Dollars as plain decimals, in nano-dollars.
pub(in crate::config) fn dollars(
    file: &FileText,
    key: &str,
    text: Option<&AtText>,
    faults: &mut Vec<Problem>,
) -> Option<i64> {
    let text = text?;
    let nanos = value::plain_nanos(text.get()).filter(|nanos| *nanos > 0);
    if nanos.is_none() {
        let message = format!("bad `{key}` `{}`: not an amount above nothing", text.get());
        let problem = file.problem(text.span(), "bad_decimal", message);
        faults.push(problem.hint("US dollars with a point, like `\"12000\"` or `\"99.50\"`"));
    }
    nanos
}

fn digests(file: &FileText, written: &written::Digest, faults: &mut Vec<Problem>) -> Digests {
    let default = Digests::default();
    let mut wrong = |text: &AtText, hint: &'static str| {
        let message = format!("`{}` is no time of a digest", text.get());
        faults.push(file.problem(text.span(), "bad_time", message).hint(hint));
    };
    let daily = written.daily.as_ref().and_then(|text| {
        let minute = value::minute_of_day(text.get());
        if minute.is_none() {
            wrong(text, "hours and minutes, like `07:30`");
        }
        minute
    });
    let weekly = written.weekly_residency.as_ref().and_then(|text| {
        let minute = value::minute_of_week(text.get());
        if minute.is_none() {
            wrong(text, "a day and a time, like `mon 07:30`");
        }
        minute
    });
    Digests {
        daily_minute: daily.unwrap_or(default.daily_minute),
        weekly: weekly.unwrap_or(default.weekly),
        finops: addresses(file, &written.finops, faults),
        security: addresses(file, &written.security, faults),
    }
}

/// The addresses of a list; what is none is reported.
fn addresses(file: &FileText, list: &[AtText], faults: &mut Vec<Problem>) -> Vec<Text> {
    list.iter()
        .filter_map(|text| address(file, text, faults))
        .collect()
}

/// An address of mail; what is none is reported.
pub(super) fn address(file: &FileText, text: &AtText, faults: &mut Vec<Problem>) -> Option<Text> {
    if value::is_address(text.get()) {
        return Some(Text::from(text.get().as_str()));
    }
    let message = format!("`{}` is no address of mail", text.get());
    let problem = file.problem(text.span(), "bad_address", message);
    faults.push(problem.hint("the address alone, like `on-call@contoso.example`"));
    None
}

fn routes(
    file: &FileText,
    written: &[At<written::Route>],
    rules: &Rules,
    faults: &mut Vec<Problem>,
) -> Vec<Route> {
    let mut ready: Vec<Route> = Vec::new();
    for at in written {
        let route = at.get();
        if route.to.is_empty() {
            names::missing(file, at.span(), "to", faults);
        }
        let lists = matcher::of_route(route);
        let matcher = matcher::matcher(file, &lists, rules, faults);
        if ready
            .iter()
            .any(|earlier| earlier.matcher == matcher || earlier.matcher.is_any())
        {
            let message = "no alert comes to this route: one above takes all that it takes";
            let problem = file.problem(at.span(), "unreachable_route", message);
            faults.push(problem.hint("the first route that fits is taken").warning());
        }
        ready.push(Route {
            matcher,
            to: addresses(file, &route.to, faults),
        });
    }
    ready
}

fn maintenance(
    file: &FileText,
    at: &At<written::Maintenance>,
    rules: &Rules,
    faults: &mut Vec<Problem>,
) -> Option<Maintenance> {
    let written = at.get();
    let (from, to) = (
        time(file, at, "from", written.from.as_ref(), faults),
        time(file, at, "to", written.to.as_ref(), faults),
    );
    let author = said(file, at, "author", written.author.as_ref(), faults);
    let reason = said(file, at, "reason", written.reason.as_ref(), faults);
    let matcher: Matcher = matcher::matcher(file, &matcher::of_maintenance(written), rules, faults);
    if let (Some(from), Some(to), Some(text)) = (from, to, &written.to)
        && to <= from
    {
        let message = format!("`{}` is not after `from`", text.get());
        faults.push(file.problem(text.span(), "bad_time", message));
    }
    Some(Maintenance {
        from: from?,
        to: to?,
        matcher,
        author: author?,
        reason: reason?,
    })
}

fn time(
    file: &FileText,
    at: &At<written::Maintenance>,
    key: &str,
    text: Option<&AtText>,
    faults: &mut Vec<Problem>,
) -> Option<UnixMillis> {
    let Some(text) = text else {
        names::missing(file, at.span(), key, faults);
        return None;
    };
    let told = UnixMillis::parse(text.get()).filter(|time| time.is_plausible());
    if told.is_none() {
        let message = format!("`{}` is no time", text.get());
        let problem = file.problem(text.span(), "bad_time", message);
        faults.push(problem.hint("with its zone, like `2026-12-05T20:00:00+01:00`"));
    }
    told
}

fn said(
    file: &FileText,
    at: &At<written::Maintenance>,
    key: &str,
    text: Option<&AtText>,
    faults: &mut Vec<Problem>,
) -> Option<Text> {
    let said = text
        .map(|text| clean_name(text.get()))
        .filter(|said| !said.is_empty());
    if said.is_none() {
        names::missing(file, at.span(), key, faults);
    }
    said
}
