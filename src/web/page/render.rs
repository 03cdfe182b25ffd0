//! A page as HTML: with navigation for the browser, or alone as one file.
//!
//! Knows no figure. A newcomer may ask why nothing has a style or script of its own in the text:
//! the Content-Security-Policy of every answer forbids both, so that no name in a log can become
//! one.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::chart::PATTERNS;

use super::form::{self, Reader};
use super::said::{Said, Tone, Words};
use super::table::{Cell, Kind, Table};
use super::{Body, Card, Choice, Finding, Page, Tile};

/// A page among the others: path, name in the navigation, and what it answers.
pub type Place = (&'static str, &'static str, &'static str);

/// What the style sheet says, for files that stand alone.
const STYLE: &str = include_str!("../../../dashboards/web/style.css");

/// Rows of a table that a page holds; a page that weighs megabytes is read by nobody.
const ROWS_MAX: usize = 60;
/// Features that the choice offers; others are chosen by a link in a table.
const OFFERED_MAX: usize = 60;

/// A page for the browser, at `path` of `places`, as `reader` sees it.
#[must_use]
pub fn full(page: &Page, places: &[Place], path: &str, reader: &Reader) -> String {
    let body = html! {
        (head(page, (places, path), reader))
        main id="main" tabindex="-1" { (content(page, path, reader)) }
        footer { a href="/api" { "API" } " · " a href="/metrics" { "metrics" } }
    };
    document((&page.title, page.version), &for_browsers(), &body)
}

/// A page without navigation, for whoever is not let in yet.
pub(super) fn plain(title: &str, content: &Markup) -> String {
    let body = html! {
        header { span.brand { (logo()) "tollwatch" } }
        main id="main" tabindex="-1" { (content) }
    };
    document((title, None), &for_browsers(), &body)
}

/// The files that a page in a browser needs.
fn for_browsers() -> Markup {
    html! {
        link rel="stylesheet" href="/style.css";
        link rel="icon" href="/icon.svg" type="image/svg+xml";
        script src="/script.js" defer {}
    }
}

/// A page as one file that needs nothing else, for a committee or an auditor.
#[must_use]
pub fn alone(page: &Page) -> String {
    let mut page = page.clone();
    page.cut_links();
    let page = &page;
    let body = html! {
        main {
            p.brandline { (logo()) " tollwatch" span.dim { " · " (page.choice.span) } }
            (content(page, "", &Reader::default()))
        }
    };
    document(
        (&page.title, None),
        &html! { style { (PreEscaped(STYLE)) } },
        &body,
    )
}

/// A page that only says something: what is not there, or why it cannot be shown.
#[must_use]
pub fn message(title: &str, text: &str, places: &[Place]) -> String {
    let page = Page {
        title: title.to_owned(),
        headline: Words::of(title),
        lead: Words::of(text),
        ..Page::default()
    };
    full(&page, places, "", &Reader::default())
}

fn document((title, version): (&str, Option<u64>), links: &Markup, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · tollwatch" }
                (links)
            }
            body data-books=[version] { (PreEscaped(PATTERNS)) (body) }
        }
    };
    page.into_string()
}

fn logo() -> Markup {
    html! {
        svg.mark viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" {
            rect.logo x="1" y="1" width="18" height="18" rx="5" {}
            path.bars d="M5 13.5V9m5 4.5V5m5 8.5v-6" {}
        }
    }
}

fn head(page: &Page, (places, path): (&[Place], &str), reader: &Reader) -> Markup {
    let query = &page.choice.query;
    html! {
        a.skip href="#main" { "Skip to the answer" }
        header {
            a.brand href={ "/" (query) } { (logo()) "tollwatch" }
            nav aria-label="Pages" {
                @for (to, name, about) in places {
                    a href={ (to) (query) } title=(about) aria-current=[(*to == path).then_some("page")] { (name) }
                }
            }
            @if !page.seen.is_empty() { span.pill { i {} (words(&page.seen)) } }
            (form::who(reader))
        }
        @if !page.choice.from.is_empty() { (choice(&page.choice, path)) }
    }
}

fn choice(choice: &Choice, path: &str) -> Markup {
    html! {
        form.choice method="get" action=(path) aria-label="What is shown" {
            span.spans {
                @for (name, link) in &choice.spans {
                    a href=(link) { (name) }
                }
            }
            label { "from " input type="date" name="from" value=(choice.from); }
            label { "to " input type="date" name="to" value=(choice.to); }
            label { "feature "
                select name="feature" {
                    option value="" { "all features" }
                    @for (key, name) in offered(choice) {
                        option value=(key) selected[*key == choice.feature] { (name) }
                    }
                }
            }
            label { "times in "
                select name="zone" {
                    @for zone in &choice.zones {
                        option value=(zone) selected[*zone == choice.zone] { (zone) }
                    }
                }
            }
            @if let Some(search) = &choice.search {
                label { "containing " input type="search" name="q" value=(search); }
            }
            @if let Some((from, to)) = &choice.against {
                label { "against " input type="date" name="against_from" value=(from); }
                label { "to " input type="date" name="against_to" value=(to); }
            }
            @for (name, value) in &choice.hidden {
                input type="hidden" name=(name) value=(value);
            }
            button { "Show" }
        }
    }
}

/// The features that can be chosen, the chosen one among them.
fn offered(choice: &Choice) -> impl Iterator<Item = &(String, String)> {
    let chosen = choice.features.iter().skip(OFFERED_MAX);
    let chosen = chosen.filter(|(key, _)| *key == choice.feature);
    choice.features.iter().take(OFFERED_MAX).chain(chosen)
}

fn content(page: &Page, path: &str, reader: &Reader) -> Markup {
    html! {
        h1 { (words(&page.headline)) }
        @if !page.lead.is_empty() { p.lead { (words(&page.lead)) } }
        @for banner in &page.banners { p.banner role="status" { (words(banner)) } }
        @if !page.tiles.is_empty() {
            section.tiles aria-label="Figures" { @for one in &page.tiles { (tile(one)) } }
        }
        @for row in &page.rows {
            @if row.len() > 1 {
                section.two { @for one in row { (card(one, page, (path, reader))) } }
            } @else {
                @for one in row { (card(one, page, (path, reader))) }
            }
        }
        @if !page.basis.is_empty() { p.basis { (words(&page.basis)) } }
    }
}

fn tile(tile: &Tile) -> Markup {
    let inside = html! {
        h2 { (tile.title) }
        p.big { (words(&tile.big)) }
        p.sub { (words(&tile.sub)) }
        (PreEscaped(&tile.picture))
        @if !tile.tiny.is_empty() { p.tiny { (words(&tile.tiny)) } }
    };
    html! {
        @if tile.link.is_empty() { div.tile { (inside) } } @else { a.tile href=(tile.link) { (inside) } }
    }
}

fn card(card: &Card, page: &Page, seen: (&str, &Reader)) -> Markup {
    html! {
        section.card {
            h2 { (card.title) }
            @if !card.sub.is_empty() { p.sub { (words(&card.sub)) } }
            @for body in &card.body { (part(body, page, seen)) }
            @if !card.foot.is_empty() { p.foot { (words(&card.foot)) } }
        }
    }
}

fn part(body: &Body, page: &Page, (path, reader): (&str, &Reader)) -> Markup {
    html! {
        @match body {
            Body::Picture { wide, narrow } => div.picture { (PreEscaped(wide)) (PreEscaped(narrow)) },
            Body::Table(one) => {
                (table(one, path.is_empty()))
                @if !path.is_empty() && !one.name.is_empty() {
                    p.take { a href=(csv_link(path, one.name, &page.choice.whole)) download { "CSV" } }
                }
            },
            Body::Findings(list) => ul.findings { @for one in list { (finding(one)) } },
            Body::Words(list) => { @for one in list { p { (words(one)) } } },
            Body::Lines(text) => pre tabindex="0" { (text) },
            Body::Forms(list) => (form::forms(list, reader, path.is_empty())),
            Body::Frame { address, about } => {
                @if !path.is_empty() { iframe sandbox="" src=(address) title=(about) loading="lazy" {} }
            },
            Body::Empty(what) => p.empty { (words(what)) },
        }
    }
}

fn csv_link(path: &str, name: &str, query: &str) -> String {
    let page = if path == "/" { "/overview" } else { path };
    format!("{page}/{name}.csv{query}")
}

fn finding(one: &Finding) -> Markup {
    html! {
        li {
            span class={ "sev " (one.tone.as_str()) } { (one.word) }
            div { b { (words(&one.title)) } p { (words(&one.detail)) } }
            span.cost { (one.cost) }
            @if !one.link.is_empty() { a.look href=(one.link) { "Look" } }
        }
    }
}

fn table(table: &Table, alone: bool) -> Markup {
    let most = if alone { usize::MAX } else { ROWS_MAX };
    let first = if alone || table.first == 0 {
        usize::MAX
    } else {
        table.first
    };
    let rest = table.rows.len().min(most).saturating_sub(first);
    let left_out = table.rows.len().saturating_sub(most);
    html! {
        div.scroll tabindex="0" role="group" aria-label=(table.about) {
            table {
                thead { tr { @for column in &table.columns {
                    th scope="col" class=[class(column.kind)] { bdi { (column.title) } }
                } } }
                tbody { @for row in table.rows.iter().take(first.min(most)) { (cells(table, row)) } }
                @if rest > 0 {
                    tbody.rest { @for row in table.rows.iter().take(most).skip(first) { (cells(table, row)) } }
                }
                @if !table.total.is_empty() { tfoot { (cells(table, &table.total)) } }
            }
        }
        @if left_out > 0 {
            p.foot { "The first " (most) " of " (table.rows.len()) " rows; the CSV has all." }
        }
    }
}

fn cells(table: &Table, row: &[Cell]) -> Markup {
    html! {
        tr { @for (column, cell) in table.columns.iter().zip(row) {
            td class=[class(column.kind)] title=[(!cell.hint.is_empty()).then_some(&cell.hint)] {
                (PreEscaped(&cell.picture)) (words(&cell.said))
            }
        } }
    }
}

fn class(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Number => Some("n"),
        Kind::Picture => Some("p"),
        Kind::Prose => Some("w"),
        Kind::Text => None,
    }
}

pub(super) fn words(words: &Words) -> Markup {
    html! { @for said in &words.0 { (one(said)) } }
}

fn one(said: &Said) -> Markup {
    let text = html! { @if said.name { bdi { (said.text) } } @else { (said.text) } };
    html! {
        @if said.link.is_empty() {
            @match said.tone {
                Tone::Plain => (text),
                Tone::Strong => em { (text) },
                Tone::Code => code { (text) },
                Tone::Bad | Tone::Warn | Tone::Good | Tone::Dim => {
                    span class=(said.tone.as_str()) { (text) }
                }
            }
        } @else {
            a href=(said.link) { (text) }
        }
    }
}
