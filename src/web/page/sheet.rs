//! A table as CSV (RFC 4180), for spreadsheets.
//!
//! Knows no page around it. A newcomer may ask why some texts begin with an apostrophe: a feature
//! named `=cmd…` would be run by the spreadsheet that opens the file.

use super::table::{Kind, Table};

/// All rows of a table, whatever the page shows at first; totals are left to the spreadsheet.
#[must_use]
pub fn csv(table: &Table) -> String {
    let kept: Vec<usize> = (0..table.columns.len())
        .filter(|i| {
            table
                .columns
                .get(*i)
                .is_some_and(|column| !column.key.is_empty())
        })
        .collect();
    let mut out = String::new();
    let keys = kept.iter().filter_map(|i| table.columns.get(*i));
    row(&mut out, keys.map(|column| field(&harmless(&column.key))));
    for cells in &table.rows {
        let fields = kept.iter().map(|i| {
            let raw = cells.get(*i).map_or("", |cell| cell.raw.as_str());
            match table.columns.get(*i).map(|column| column.kind) {
                Some(Kind::Text | Kind::Prose) => field(&harmless(raw)),
                Some(Kind::Number | Kind::Picture) | None => field(raw),
            }
        });
        row(&mut out, fields);
    }
    out
}

fn row(out: &mut String, fields: impl Iterator<Item = String>) {
    let fields: Vec<String> = fields.collect();
    out.push_str(&fields.join(","));
    out.push_str("\r\n");
}

fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::{Cell, columns};
    use super::*;

    #[test]
    fn fields_are_quoted_and_formulas_are_words() {
        let cases = [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("two\nlines", "\"two\nlines\""),
            ("@sum", "'@sum"),
        ];
        for (name, written) in cases {
            let table = Table {
                columns: columns(&[
                    ("Feature", "feature", Kind::Text),
                    ("", "", Kind::Picture),
                    ("Spend", "cost_usd", Kind::Number),
                ]),
                rows: vec![vec![
                    Cell::name(name),
                    Cell::picture("<svg/>".to_owned()),
                    Cell::new(super::super::Words::of("-$1.00"), "-1.000000000"),
                ]],
                ..Table::default()
            };
            let expected = format!("feature,cost_usd\r\n{written},-1.000000000\r\n");
            assert_eq!(csv(&table), expected);
        }
    }
}
