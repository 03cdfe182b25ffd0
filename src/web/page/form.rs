//! Forms: what a page lets somebody change, as plain data, and the page to log in.
//!
//! Knows no session: whoever shows a page brings the token that its forms hold. A newcomer may ask why
//! forms need no script: whoever acknowledges at night has a telephone and no patience.

use maud::{Markup, html};

use super::render;
use super::said::Words;

/// Who a page is shown to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reader {
    /// Their name; empty where nobody was asked.
    pub name: String,
    /// What their forms hold, where they may change something; empty where the address is proof enough.
    pub token: Option<String>,
    /// What the form to log out holds, where they logged in.
    pub log_out: Option<String>,
}

impl Reader {
    /// Whoever came by a signed link.
    pub const LINK: Reader = Reader {
        name: String::new(),
        token: Some(String::new()),
        log_out: None,
    };
}

/// Something that can be changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// The path that it is sent to; empty for the page's own address.
    pub action: String,
    /// What is done, before its fields.
    pub title: Words,
    /// What has to be said.
    pub fields: Vec<Field>,
    /// What sends it: value of `was` and label; a value may be empty.
    pub buttons: Vec<(&'static str, String)>,
}

/// What has to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// A text of a line.
    Text {
        /// Its name.
        name: &'static str,
        /// What is asked for.
        label: &'static str,
        /// Whether it must be there.
        required: bool,
    },
    /// One of several.
    Choice {
        /// Its name.
        name: &'static str,
        /// What is asked for.
        label: &'static str,
        /// Values and labels; the first is chosen.
        of: Vec<(&'static str, String)>,
    },
}

/// Letters of a text.
const LETTERS_MAX: u32 = 200;

/// Forms for whoever may send them; a sentence for others.
pub(super) fn forms(list: &[Form], reader: &Reader, is_file: bool) -> Markup {
    html! {
        @match &reader.token {
            Some(token) => { @for one in list { (form(one, token)) } },
            None if is_file => {},
            None => p.foot { "An operator can acknowledge, silence and say what an alert was." },
        }
    }
}

fn form(form: &Form, token: &str) -> Markup {
    html! {
        form.change method="post" action=[(!form.action.is_empty()).then_some(&form.action)] {
            @if !form.title.is_empty() { span.what { (render::words(&form.title)) } }
            @if !token.is_empty() { input type="hidden" name="token" value=(token); }
            @for field in &form.fields { (one(field)) }
            @for (value, label) in &form.buttons {
                @if value.is_empty() { button { (label) } } @else { button name="was" value=(value) { (label) } }
            }
        }
    }
}

fn one(field: &Field) -> Markup {
    html! {
        @match field {
            Field::Text { name, label, required } => label {
                (label) " " input name=(name) maxlength=(LETTERS_MAX) required[*required] autocomplete="off";
            },
            Field::Choice { name, label, of } => label {
                (label) " "
                select name=(name) { @for (value, label) in of { option value=(value) { (label) } } }
            },
        }
    }
}

/// The name of whoever looks, and how to leave.
pub(super) fn who(reader: &Reader) -> Markup {
    html! {
        @if !reader.name.is_empty() {
            span.who {
                bdi { (reader.name) }
                @if let Some(token) = &reader.log_out {
                    form method="post" action="/logout" {
                        input type="hidden" name="token" value=(token);
                        button { "Log out" }
                    }
                }
            }
        }
    }
}

/// The page to log in, which leads to `next`; `fault` says what was wrong the last time.
#[must_use]
pub fn login(next: &str, fault: &str) -> String {
    let fields = html! {
        h1 { "Log in" }
        p.lead { "These pages show what LLM calls cost and where they landed." }
        @if !fault.is_empty() { p.banner role="alert" { (fault) } }
        form.login method="post" action="/login" {
            input type="hidden" name="next" value=(next);
            label { "Name " input name="user" required autofocus autocomplete="username" autocapitalize="none"; }
            label { "Password " input name="password" type="password" required autocomplete="current-password"; }
            button { "Log in" }
        }
    };
    render::plain("Log in", &fields)
}
