//! A table as plain data: what is read, and what a spreadsheet gets.
//!
//! Knows no books. A newcomer may ask why a cell has its value twice: `$1,204.18` is read, and
//! `1204.180000000` is added up.

use std::borrow::Cow;

use super::said::Words;

/// Letters of a name that a row shows in any case.
const LONG: usize = 40;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words: left.
    Text,
    /// Sentences: left, in as many lines as they need.
    Prose,
    /// A figure: right, in tabular digits.
    Number,
    /// A small picture: left.
    Picture,
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// What stands above it.
    pub title: Cow<'static, str>,
    /// Its name in the CSV, with the unit: `cost_usd`; empty to leave it out.
    pub key: Cow<'static, str>,
    /// What it holds.
    pub kind: Kind,
}

/// A value.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// What is read.
    pub said: Words,
    /// What a spreadsheet gets; empty where nothing is known.
    pub raw: String,
    /// A picture as SVG, by [`crate::chart`].
    pub picture: String,
    /// What it says when it is pointed at.
    pub hint: String,
}

impl Cell {
    /// A value that is read as `said`.
    #[must_use]
    pub fn new(said: Words, raw: impl Into<String>) -> Cell {
        Cell {
            said,
            raw: raw.into(),
            ..Cell::default()
        }
    }

    /// A name that somebody else chose.
    #[must_use]
    pub fn name(text: &str) -> Cell {
        let cell = Cell::new(Words::new().name(text), text);
        // The style sheet cuts a long one; pointed at, it is whole.
        if text.chars().count() > LONG {
            cell.hint(text)
        } else {
            cell
        }
    }

    /// Nothing is known.
    #[must_use]
    pub fn none() -> Cell {
        Cell::new(Words::new().dim("–"), "")
    }

    /// A picture.
    #[must_use]
    pub fn picture(svg: String) -> Cell {
        Cell {
            picture: svg,
            ..Cell::default()
        }
    }

    /// With what it says when it is pointed at.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Cell {
        self.hint = hint.into();
        self
    }
}

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Its name in the address of its CSV.
    pub name: &'static str,
    /// What it shows, for those who cannot see the card around it.
    pub about: &'static str,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
    /// All rows together, where that means something.
    pub total: Vec<Cell>,
    /// How many rows are shown before the others are asked for; all where 0.
    pub first: usize,
}

/// Columns from their titles, keys and kinds.
#[must_use]
pub fn columns(list: &[(&'static str, &'static str, Kind)]) -> Vec<Column> {
    list.iter()
        .map(|(title, key, kind)| Column {
            title: Cow::Borrowed(title),
            key: Cow::Borrowed(key),
            kind: *kind,
        })
        .collect()
}
