//! A page as plain data: a sentence with the answer, tiles, cards with pictures and tables.
//!
//! Knows no books and no figure: whoever hands it in has asked them. A newcomer may ask why pages
//! are data and not templates of their own: each gets the same look, its tables as CSV, a page for
//! printing and one self-contained file, and none of it twice.

mod form;
mod render;
mod said;
mod sheet;
mod table;

pub use form::{Field, Form, Reader, login};
pub use render::{Place, alone, full, message};
pub use said::{Said, Tone, Words};
pub use sheet::csv;
pub use table::{Cell, Column, Kind, Table, columns};

use crate::chart::{Drawing, Theme};

/// A page.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// What it is called in the navigation and the window's title.
    pub title: String,
    /// The sentence with the answer.
    pub headline: Words,
    /// What stands below it.
    pub lead: Words,
    /// What is broken, with what to do.
    pub banners: Vec<Words>,
    /// Figures beside their yardsticks.
    pub tiles: Vec<Tile>,
    /// Cards, by row; two stand side by side where there is room.
    pub rows: Vec<Vec<Card>>,
    /// What is chosen, and what can be.
    pub choice: Choice,
    /// How well the books see, for the corner of every page.
    pub seen: Words,
    /// What the figures follow: configurations, price lists.
    pub basis: Words,
    /// Which changes of the books it has, as [`crate::web::Answers::version`] tells them.
    pub version: Option<u64>,
}

/// A figure, its yardstick and a small picture; the whole leads to its page.
#[derive(Clone, Debug, Default)]
pub struct Tile {
    /// The question, short.
    pub title: String,
    /// Where it leads.
    pub link: String,
    /// The figure.
    pub big: Words,
    /// Its yardstick.
    pub sub: Words,
    /// A picture as SVG, by [`crate::chart`].
    pub picture: String,
    /// What else must be known.
    pub tiny: Words,
}

/// A question and its answer.
#[derive(Clone, Debug, Default)]
pub struct Card {
    /// The question.
    pub title: String,
    /// What is shown, and by what it is counted.
    pub sub: Words,
    /// The answer.
    pub body: Vec<Body>,
    /// What was not seen, and where the figures come from.
    pub foot: Words,
}

/// A part of an answer.
#[derive(Clone, Debug)]
pub enum Body {
    /// The same picture for a desk and for a phone.
    Picture {
        /// As SVG, for desks.
        wide: String,
        /// As SVG, for phones.
        narrow: String,
    },
    /// A table.
    Table(Table),
    /// Findings, the worst first.
    Findings(Vec<Finding>),
    /// Sentences.
    Words(Vec<Words>),
    /// Lines of letters of one width, as they are.
    Lines(String),
    /// What can be changed.
    Forms(Vec<Form>),
    /// A document of ours in a frame that may do nothing; a file that stands alone has none.
    Frame {
        /// Where it is.
        address: String,
        /// What it shows, for those who cannot see it.
        about: String,
    },
    /// Nothing is there yet, and what to do.
    Empty(Words),
}

impl Body {
    /// A picture drawn twice.
    #[must_use]
    pub fn picture(wide: &Drawing, narrow: &Drawing) -> Body {
        Body::Picture {
            wide: wide.svg(Theme::Page, "wide"),
            narrow: narrow.svg(Theme::Page, "narrow"),
        }
    }
}

/// Something that needs somebody.
#[derive(Clone, Debug, Default)]
pub struct Finding {
    /// One word: `residency`, `cost`.
    pub word: String,
    /// How bad.
    pub tone: Tone,
    /// What.
    pub title: Words,
    /// How much, where, how sure.
    pub detail: Words,
    /// What it costs, or since when.
    pub cost: String,
    /// Where to look.
    pub link: String,
}

/// What is chosen, and what can be; each lies in the address.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// First day, `YYYY-MM-DD`; empty where the books are.
    pub from: String,
    /// Last day.
    pub to: String,
    /// The span in words: `8 to 21 Nov 2026`.
    pub span: String,
    /// Shorter and longer spans: words and address.
    pub spans: Vec<(String, String)>,
    /// The chosen feature's key; empty for all.
    pub feature: String,
    /// Key and name of each that there is.
    pub features: Vec<(String, String)>,
    /// The chosen time zone.
    pub zone: String,
    /// Those that can be chosen.
    pub zones: Vec<String>,
    /// What is searched for, where the page can search.
    pub search: Option<String>,
    /// First and last day that the chosen ones are compared with, where the page compares.
    pub against: Option<(String, String)>,
    /// What else the page's address carries.
    pub hidden: Vec<(String, String)>,
    /// What is chosen, as it is written behind another page's address: `?from=…`, or nothing.
    pub query: String,
    /// All that this page's address chooses, for its own tables.
    pub whole: String,
}

impl Page {
    /// Leaves the words of links and takes where they lead: a file that stands alone has no other
    /// pages.
    pub(super) fn cut_links(&mut self) {
        let cut = |words: &mut Words| {
            for said in &mut words.0 {
                said.link.clear();
            }
        };
        cut(&mut self.lead);
        for tile in &mut self.tiles {
            tile.link.clear();
        }
        for card in self.rows.iter_mut().flatten() {
            for body in &mut card.body {
                match body {
                    Body::Table(table) => {
                        let cells = table.rows.iter_mut().flatten();
                        cells.for_each(|cell| cut(&mut cell.said));
                    }
                    Body::Findings(list) => {
                        for finding in list {
                            finding.link.clear();
                        }
                    }
                    Body::Words(list) => list.iter_mut().for_each(cut),
                    Body::Empty(words) => cut(words),
                    Body::Picture { .. } | Body::Lines(_) | Body::Forms(_) | Body::Frame { .. } => {
                    }
                }
            }
        }
    }

    /// The table of a name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        let cards = self.rows.iter().flatten();
        let bodies = cards.flat_map(|card| &card.body);
        bodies
            .filter_map(|body| match body {
                Body::Table(table) => Some(table),
                Body::Picture { .. }
                | Body::Findings(_)
                | Body::Words(_)
                | Body::Lines(_)
                | Body::Forms(_)
                | Body::Frame { .. }
                | Body::Empty(_) => None,
            })
            .find(|table| table.name == name)
    }
}
