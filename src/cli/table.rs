//! Tables for people: right-aligned figures, few lines, colour on a terminal only.
//!
//! Knows no figure. A newcomer may ask why there are no frames: a reader compares columns, and a
//! frame is ink between them.

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table};

use super::Terminal;
use crate::app::Failure;

/// How a cell is marked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mark {
    /// As it is.
    #[default]
    Plain,
    /// Wrong: red and bold on a terminal.
    Bad,
    /// Doubtful: yellow on a terminal.
    Doubt,
    /// A total or a heading: bold on a terminal.
    Strong,
}

/// A table in the making.
pub(super) struct Rows {
    table: Table,
    colour: bool,
    left: usize,
}

impl Rows {
    /// A table with these headings; the first `left` columns hold words, the others figures.
    pub(super) fn new(headings: &[&str], left: usize, terminal: &Terminal<'_>) -> Rows {
        let mut table = Table::new();
        table
            .load_style(NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled);
        let colour = terminal.is_terminal && std::env::var_os("NO_COLOR").is_none();
        let mut rows = Rows {
            table,
            colour,
            left,
        };
        let header: Vec<Cell> = headings
            .iter()
            .enumerate()
            .map(|(index, text)| {
                let cell = Cell::new(text).set_alignment(rows.alignment(index));
                if colour {
                    cell.add_attribute(Attribute::Dim)
                } else {
                    cell
                }
            })
            .collect();
        rows.table.set_header(header);
        rows
    }

    fn alignment(&self, index: usize) -> CellAlignment {
        if index < self.left {
            CellAlignment::Left
        } else {
            CellAlignment::Right
        }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: Vec<(String, Mark)>) {
        let cells: Vec<Cell> = cells
            .into_iter()
            .enumerate()
            .map(|(index, (text, mark))| {
                let cell = Cell::new(text).set_alignment(self.alignment(index));
                match mark {
                    _ if !self.colour => cell,
                    Mark::Plain => cell,
                    Mark::Bad => cell.fg(Color::Red).add_attribute(Attribute::Bold),
                    Mark::Doubt => cell.fg(Color::Yellow),
                    Mark::Strong => cell.add_attribute(Attribute::Bold),
                }
            })
            .collect();
        self.table.add_row(cells);
    }

    /// Writes the table.
    pub(super) fn show(&self, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        for line in self.table.to_string().lines() {
            writeln!(terminal.out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// A plain cell.
pub(super) fn plain(text: impl Into<String>) -> (String, Mark) {
    (text.into(), Mark::Plain)
}

/// A marked cell.
pub(super) fn marked(text: impl Into<String>, mark: Mark) -> (String, Mark) {
    (text.into(), mark)
}
