//! Tables for people: right-aligned figures, few lines, colour on a terminal only.
//!
//! Knows no figure. A newcomer may ask why there are no frames: a reader compares columns, and a
//! frame is ink between them. On a terminal that is too narrow long words are broken, or a row goes
//! on in a second line; in a pipe a row is always one line.

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table};

use super::Terminal;
use crate::app::Failure;

/// What a column of words keeps at least where a table is made narrower.
const LEAST: usize = 22;
/// How far the further lines of a row are set in.
const INDENT: usize = 3;
/// Blanks beside a cell, both sides together.
const GAP: usize = 2;

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

/// The columns of a terminal, as the environment or the terminal itself says.
pub(super) fn columns() -> Option<usize> {
    let told = std::env::var("COLUMNS").ok().and_then(|n| n.parse().ok());
    let own = || Table::new().width().map(usize::from);
    told.or_else(own).map(|columns: usize| columns.max(40))
}

/// A table in the making.
pub(super) struct Rows {
    headings: Vec<String>,
    cells: Vec<Vec<(String, Mark)>>,
    left: usize,
    colour: bool,
    /// What it must fit; `None` in a pipe.
    width: Option<usize>,
}

/// A row's cells, broken to the widths of their columns.
type Broken = Vec<(String, Mark)>;

impl Rows {
    /// A table with these headings; the first `left` columns hold words, the others figures.
    pub(super) fn new(headings: &[&str], left: usize, terminal: &Terminal<'_>) -> Rows {
        Rows {
            headings: headings.iter().map(|text| (*text).to_owned()).collect(),
            cells: Vec::new(),
            left,
            colour: terminal.to_person && std::env::var_os("NO_COLOR").is_none(),
            width: terminal.width,
        }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: Vec<(String, Mark)>) {
        self.cells.push(cells);
    }

    /// Writes the table.
    pub(super) fn show(&self, terminal: &mut Terminal<'_>) -> Result<(), Failure> {
        for line in self.lines() {
            writeln!(terminal.out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    /// The lines of the table, at most so wide where that can be done.
    fn lines(&self) -> Vec<String> {
        let (widths, groups) = self.layout(self.width.unwrap_or(usize::MAX));
        let broken = |cells: &[(String, Mark)]| -> Broken {
            let cells = cells.iter().zip(&widths);
            cells
                .map(|((text, mark), wide)| (broken(text, *wide), *mark))
                .collect()
        };
        let headings: Vec<(String, Mark)> = self
            .headings
            .iter()
            .map(|text| (text.clone(), Mark::Plain))
            .collect();
        let mut all = vec![broken(&headings)];
        all.extend(self.cells.iter().map(|row| broken(row)));
        let drawn: Vec<Vec<String>> = groups
            .iter()
            .map(|group| self.draw(group.clone(), &all))
            .collect();
        let mut from = vec![0; groups.len()];
        let mut lines = Vec::new();
        for row in &all {
            for (place, (group, drawn)) in groups.iter().zip(&drawn).enumerate() {
                let cells = row.get(group.clone()).unwrap_or_default();
                let heights = cells.iter().map(|(text, _)| text.lines().count().max(1));
                let high = heights.max().unwrap_or(1);
                let indent = " ".repeat(if place > 0 { INDENT } else { 0 });
                if let Some(from) = from.get_mut(place) {
                    let own = drawn.iter().skip(*from).take(high);
                    lines.extend(own.map(|line| format!("{indent}{line}")));
                    *from += high;
                }
            }
        }
        lines
    }

    /// One group of columns of all rows.
    fn draw(&self, group: std::ops::Range<usize>, all: &[Broken]) -> Vec<String> {
        let mut table = Table::new();
        table
            .load_style(NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled);
        for (place, row) in all.iter().enumerate() {
            let cells = row.get(group.clone()).unwrap_or_default();
            let cells = cells.iter().zip(group.clone()).map(|((text, mark), at)| {
                let cell = Cell::new(text).set_alignment(if at < self.left {
                    CellAlignment::Left
                } else {
                    CellAlignment::Right
                });
                match mark {
                    _ if !self.colour => cell,
                    _ if place == 0 => cell.add_attribute(Attribute::Dim),
                    Mark::Plain => cell,
                    Mark::Bad => cell.fg(Color::Red).add_attribute(Attribute::Bold),
                    Mark::Doubt => cell.fg(Color::Yellow),
                    Mark::Strong => cell.add_attribute(Attribute::Bold),
                }
            });
            let cells: Vec<Cell> = cells.collect();
            if place == 0 {
                table.set_header(cells);
            } else {
                table.add_row(cells);
            }
        }
        table.to_string().lines().map(str::to_owned).collect()
    }

    /// How wide each column is, and which stand on one line.
    fn layout(&self, width: usize) -> (Vec<usize>, Vec<std::ops::Range<usize>>) {
        let mut widths: Vec<usize> = self
            .headings
            .iter()
            .enumerate()
            .map(|(at, heading)| {
                let cells = self.cells.iter().filter_map(|row| row.get(at));
                let cells = cells.map(|(text, _)| text.chars().count());
                cells.max().unwrap_or(0).max(heading.chars().count())
            })
            .collect();
        let columns = widths.len();
        let total = |widths: &[usize]| widths.iter().map(|wide| wide + GAP).sum::<usize>();
        // The widest column of words gives way first; what it gives in all is little where it helps.
        let natural = widths.clone();
        while total(&widths) > width {
            let words = widths.iter_mut().take(self.left);
            match words.filter(|wide| **wide > LEAST).max() {
                Some(widest) => *widest -= 1,
                None => break,
            }
        }
        if total(&widths) <= width {
            return (widths, std::iter::once(0..columns).collect());
        }
        // Then a row goes on in a further line.
        let room = width.saturating_sub(INDENT + GAP);
        widths = natural.iter().map(|wide| (*wide).min(room)).collect();
        let mut groups: Vec<std::ops::Range<usize>> = Vec::new();
        let (mut first, mut taken) = (0, 0);
        for (at, wide) in widths.iter().enumerate() {
            let indent = if groups.is_empty() { 0 } else { INDENT };
            if at > first && indent + taken + wide + GAP > width {
                groups.push(first..at);
                (first, taken) = (at, 0);
            }
            taken += wide + GAP;
        }
        groups.push(first..columns);
        (widths, groups)
    }
}

/// A text on several lines, each at most so wide: broken behind what separates words, else anywhere.
fn broken(text: &str, wide: usize) -> String {
    let mut lines: Vec<String> = vec![String::new()];
    let pieces = text.split_inclusive([' ', '/', '-', '.', ',', '_', ':', '@']);
    for piece in pieces {
        let room = |lines: &[String]| {
            let taken = lines.last().map_or(0, |line| line.chars().count());
            wide.saturating_sub(taken)
        };
        if piece.trim_end().chars().count() > room(&lines) && room(&lines) < wide {
            lines.push(String::new());
        }
        for c in piece.chars() {
            if room(&lines) == 0 && c != ' ' {
                lines.push(String::new());
            }
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
        }
    }
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    lines.join("\n")
}

/// A plain cell.
pub(super) fn plain(text: impl Into<String>) -> (String, Mark) {
    (text.into(), Mark::Plain)
}

/// A marked cell.
pub(super) fn marked(text: impl Into<String>, mark: Mark) -> (String, Mark) {
    (text.into(), mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(width: Option<usize>) -> Rows {
        let headings = ["host", "path", "calls", "requests"];
        let mut rows = Rows {
            headings: headings.map(str::to_owned).to_vec(),
            cells: Vec::new(),
            left: 2,
            colour: false,
            width,
        };
        rows.row(vec![
            plain("contoso-weu.openai.azure.com"),
            plain("/openai/deployments/gpt-4o-mini"),
            plain("5,188"),
            plain("0"),
        ]);
        rows.row(vec![plain("other"), plain("/v1"), plain("7"), plain("12")]);
        rows
    }

    #[test]
    fn tables_fit_the_width() {
        let rows: &[(Option<usize>, &[&str])] = &[
            (
                None,
                &[
                    " host                          path                             calls  requests",
                    " contoso-weu.openai.azure.com  /openai/deployments/gpt-4o-mini  5,188         0",
                    " other                         /v1                                  7        12",
                ],
            ),
            (
                Some(68),
                &[
                    " host                 path                  calls  requests",
                    " contoso-weu.openai.  /openai/deployments/  5,188         0",
                    " azure.com            gpt-4o-mini",
                    " other                /v1                       7        12",
                ],
            ),
            (
                Some(50),
                &[
                    " host",
                    "    path                             calls",
                    "    requests",
                    " contoso-weu.openai.azure.com",
                    "    /openai/deployments/gpt-4o-mini  5,188",
                    "           0",
                    " other",
                    "    /v1                                  7",
                    "          12",
                ],
            ),
        ];
        for (width, expected) in rows {
            let lines = table(*width).lines();
            let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
            assert_eq!(lines, *expected, "{width:?}");
            let longest = lines.iter().map(|line| line.chars().count()).max();
            assert!(longest <= width.or(Some(200)), "{width:?}");
        }
    }

    #[test]
    fn texts_are_broken_where_words_end() {
        let rows = [
            ("short", 10, "short"),
            ("a/path/to/it", 7, "a/path/\nto/it"),
            ("one two", 3, "one\ntwo"),
            ("abcdefghij", 4, "abcd\nefgh\nij"),
            ("", 4, ""),
        ];
        for (text, wide, expected) in rows {
            assert_eq!(broken(text, wide), expected, "{text}");
        }
    }
}
