//! Turns written rules into ready ones: what rules of all kinds have.
//!
//! Knows no figure. A newcomer may ask why keys of another kind are errors and not ignored: whoever
//! writes `above` in a budget waits for a mail that never comes.

use std::ops::Range;

use crate::alert::{Check, Dimension, Kind, Residency, Rule, Scope, Severity};
use crate::problem::Problem;
use crate::units::{Text, clean_name};

use super::super::at::{At, AtText};
use super::super::hint;
use super::super::names;
use super::super::value;
use super::check;
use super::keys;
use super::merge::Placed;
use super::series;
use super::written::{self, ScopeTable};

/// Longest `for` and `repeat`: a month.
const SPAN_MAX_MS: i64 = 31 * 86_400_000;

/// Longest sentence of a rule, in letters: it stands in the first lines of a mail.
const SENTENCE_MAX: usize = 400;

/// A written rule, and where its faults go.
pub(super) struct Desk<'a, 'f> {
    pub(super) placed: &'a Placed<'a>,
    pub(super) faults: &'f mut Vec<Problem>,
}

impl Desk<'_, '_> {
    /// Reports a fault.
    pub(super) fn wrong(
        &mut self,
        span: Range<usize>,
        code: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let problem = self.placed.file.problem(span, code, message);
        self.faults.push(problem.hint(hint));
    }

    /// Reports a key that is not there.
    pub(super) fn missing(&mut self, key: &str) {
        let Placed { file, name, .. } = self.placed;
        names::missing(file, name.span(), key, self.faults);
    }

    /// A span of time of at most `most` milliseconds; what is none is reported.
    pub(super) fn span(&mut self, text: &AtText, most: i64) -> Option<i64> {
        let told = value::span_ms(text.get());
        let fits = told.filter(|ms| (1..=most).contains(ms));
        if fits.is_none() {
            let message = match told {
                None => format!("`{}` is no span of time", text.get()),
                Some(_) => format!("`{}` is too short or too long", text.get()),
            };
            let days = most / 86_400_000;
            let hint =
                format!("a whole number and a unit, like `90s`, `5m`, `2h`, up to `{days}d`");
            self.wrong(text.span(), "bad_span", message, hint);
        }
        fits
    }

    /// The thing of that word; an unknown one is reported.
    pub(super) fn word<T: Copy>(
        &mut self,
        kind: &str,
        text: &AtText,
        all: &[T],
        as_str: fn(T) -> &'static str,
    ) -> Option<T> {
        let found = all.iter().copied().find(|one| as_str(*one) == text.get());
        if found.is_none() {
            let known = all.iter().map(|one| as_str(*one));
            let hint = hint::of_names(text.get(), known);
            let message = format!("unknown {kind} `{}`", text.get());
            self.wrong(text.span(), "unknown_value", message, hint);
        }
        found
    }
}

/// The ready rule; `None` where its kind or what it looks at cannot be told.
pub(super) fn rule(placed: &Placed<'_>, faults: &mut Vec<Problem>) -> Option<Rule> {
    let mut desk = Desk { placed, faults };
    let Placed { name, rule, .. } = placed;
    name_fits(&mut desk, name);
    let reason = sentence(&mut desk, rule.reason.as_ref());
    if rule.reason.is_none() {
        desk.missing("reason");
    }
    if rule.severity.is_none() {
        desk.missing("severity");
    }
    let Some(kind) = &rule.kind else {
        desk.missing("kind");
        return None;
    };
    let kind = Kind::from(*kind.get());
    strangers(&mut desk, kind);
    let by = dimensions(&mut desk, rule.by.as_ref());
    let scope = rule.scope.as_ref().map(|scope| scope_of(&mut desk, scope));
    let scope = scope.unwrap_or_default();
    let check = check::of(&mut desk, kind, &by, &scope);
    if let Some(check) = &check {
        may_wait(&mut desk, check);
    }
    let mut span = |text: Option<&AtText>| desk.span(text?, SPAN_MAX_MS);
    let (hold, repeat) = (span(rule.hold.as_ref()), span(rule.repeat.as_ref()));
    let urgency = |at: Option<&At<written::Severity>>| at.map(|at| severity_of(*at.get()));
    let check = check?;
    Some(Rule {
        name: Text::from(name.get().as_str()),
        reason: reason.unwrap_or_default(),
        by: by_itself(&check).unwrap_or(by),
        scope,
        check,
        for_ms: hold.unwrap_or(0),
        severity: urgency(rule.severity.as_ref()).unwrap_or(Severity::Warning),
        severity_fail_closed: urgency(rule.severity_fail_closed.as_ref()),
        owner: rule
            .owner
            .as_ref()
            .and_then(|text| address(&mut desk, text)),
        runbook: sentence(&mut desk, rule.runbook.as_ref()),
        action: sentence(&mut desk, rule.action.as_ref()),
        repeat_ms: repeat,
        on: rule.on.as_ref().is_none_or(|on| *on.get()),
    })
}

/// What a kind is told by where the kind itself says so.
fn by_itself(check: &Check) -> Option<Vec<Dimension>> {
    match check {
        Check::FirstSight(sight) => Some(vec![series::of_sight(*sight)]),
        Check::Calendar(calendar) => Some(series::of_due(calendar.due).into_iter().collect()),
        Check::Threshold { .. }
        | Check::Budget(_)
        | Check::Burn(_)
        | Check::Anomaly { .. }
        | Check::Drift { .. }
        | Check::Residency(_)
        | Check::Silence { .. } => None,
    }
}

/// Reports `for` and `by` of kinds that never wait, or say themselves what they are told by.
fn may_wait(desk: &mut Desk<'_, '_>, check: &Check) {
    let by = desk.placed.rule.by.as_ref().map(At::span);
    if let (Some(own), Some(span)) = (by_itself(check), by) {
        let own: Vec<String> = own
            .iter()
            .map(|one| format!("`{}`", one.as_str()))
            .collect();
        let message = "this kind says itself what its series are told apart by".to_owned();
        let hint = if own.is_empty() {
            "leave out `by`: there is only one".to_owned()
        } else {
            format!("leave out `by`: it is {}", own.join(", "))
        };
        desk.wrong(span, "bad_rule", message, hint);
    }
    let never = match check {
        Check::Residency(event) => *event == Residency::Violated,
        Check::FirstSight(_) | Check::Calendar(_) | Check::Silence { .. } => true,
        Check::Threshold { .. }
        | Check::Budget(_)
        | Check::Burn(_)
        | Check::Anomaly { .. }
        | Check::Drift { .. } => false,
    };
    let hold = desk.placed.rule.hold.as_ref().map(At::span);
    if let (true, Some(span)) = (never, hold) {
        let kind = check.kind().as_str();
        let message = format!("a rule of kind `{kind}` that looks at this never waits");
        desk.wrong(span, "bad_rule", message, "leave out `for`");
    }
}

/// Reports a name that links, mails and silences could not carry.
fn name_fits(desk: &mut Desk<'_, '_>, name: &AtText) {
    let text = name.get().as_str();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let fits = text.chars().all(plain) && !text.starts_with('-') && text.len() <= 60;
    if !fits || text.is_empty() {
        let message = format!("rule name `{text}` cannot stand in links and silences");
        let hint = "up to 60 lower-case letters, digits and `-`, like `spend-day`";
        desk.wrong(name.span(), "bad_name", message, hint);
    }
}

/// A sentence for people, on one line.
fn sentence(desk: &mut Desk<'_, '_>, written: Option<&AtText>) -> Option<Text> {
    let at = written?;
    let text = at.get().trim();
    if text.is_empty() || text.contains(char::is_control) || text.chars().count() > SENTENCE_MAX {
        let message = format!("not one line of 1 to {SENTENCE_MAX} letters");
        desk.wrong(
            at.span(),
            "bad_value",
            message,
            "it stands in mails as it is written here",
        );
        return None;
    }
    Some(Text::from(text))
}

fn address(desk: &mut Desk<'_, '_>, text: &AtText) -> Option<Text> {
    if value::is_address(text.get()) {
        return Some(Text::from(text.get().as_str()));
    }
    let message = format!("`{}` is no address of mail", text.get());
    desk.wrong(
        text.span(),
        "bad_address",
        message,
        "like `on-call@contoso.example`",
    );
    None
}

fn dimensions(desk: &mut Desk<'_, '_>, by: Option<&At<Vec<AtText>>>) -> Vec<Dimension> {
    let mut found = Vec::new();
    for text in by.map(|by| by.get().as_slice()).unwrap_or_default() {
        let known = desk.word("dimension", text, &Dimension::ALL, Dimension::as_str);
        if known.is_some_and(|one| found.contains(&one)) {
            let message = format!("`{}` is there twice", text.get());
            desk.wrong(text.span(), "duplicate_name", message, "keep one of them");
        } else {
            found.extend(known);
        }
    }
    found.sort_unstable();
    found
}

fn scope_of(desk: &mut Desk<'_, '_>, at: &At<ScopeTable>) -> Scope {
    let mut scope = Vec::new();
    for (dimension, values) in scope_lists(at.get()) {
        for value in values {
            if value.get().is_empty() || clean_name(value.get()) != value.get().as_str() {
                let message = format!("`{}` fits nothing", value.get());
                let hint = "a name as figures have it; with `*` at its end, all that begin so";
                desk.wrong(value.span(), "bad_name", message, hint);
            }
        }
        if !values.is_empty() {
            let values = values.iter().map(|value| value.get().as_str().into());
            scope.push((dimension, values.collect()));
        }
    }
    Scope(scope)
}

/// The lists of a scope by dimension.
pub(in crate::config) fn scope_lists(scope: &ScopeTable) -> [(Dimension, &[AtText]); 9] {
    [
        (Dimension::Feature, &scope.feature),
        (Dimension::Application, &scope.application),
        (Dimension::Endpoint, &scope.endpoint),
        (Dimension::Model, &scope.model),
        (Dimension::Provider, &scope.provider),
        (Dimension::Credential, &scope.credential),
        (Dimension::UserGroup, &scope.user_group),
        (Dimension::Source, &scope.source),
        (Dimension::Region, &scope.region),
    ]
}

/// Reports keys of other kinds.
fn strangers(desk: &mut Desk<'_, '_>, kind: Kind) {
    for (key, span, kinds) in keys::keys(&desk.placed.rule) {
        let Some(span) = span.filter(|_| !kinds.contains(&kind)) else {
            continue;
        };
        let message = format!("a rule of kind `{}` has no `{key}`", kind.as_str());
        let having: Vec<String> = kinds
            .iter()
            .map(|one| format!("`{}`", one.as_str()))
            .collect();
        let own: Vec<&str> = keys::keys(&desk.placed.rule)
            .iter()
            .filter(|(_, _, kinds)| kinds.contains(&kind))
            .map(|(key, _, _)| *key)
            .collect();
        let hint = format!(
            "it has `{}`; `{key}` is for {}",
            own.join("`, `"),
            having.join(" and ")
        );
        desk.wrong(span, "bad_rule", message, hint);
    }
}

impl From<written::Kind> for Kind {
    fn from(written: written::Kind) -> Kind {
        match written {
            written::Kind::Threshold => Kind::Threshold,
            written::Kind::Budget => Kind::Budget,
            written::Kind::Burn => Kind::Burn,
            written::Kind::Anomaly => Kind::Anomaly,
            written::Kind::Drift => Kind::Drift,
            written::Kind::Residency => Kind::Residency,
            written::Kind::FirstSight => Kind::FirstSight,
            written::Kind::Silence => Kind::Silence,
            written::Kind::Calendar => Kind::Calendar,
        }
    }
}

/// The severity that stands in a file.
pub(in crate::config) fn severity_of(written: written::Severity) -> Severity {
    match written {
        written::Severity::Info => Severity::Info,
        written::Severity::Warning => Severity::Warning,
        written::Severity::Page => Severity::Page,
    }
}
