//! Keeps what a foreign list says in a shape that a table can be written in.
//!
//! Knows no rate. A newcomer may ask why such entries are left out and not mended: an id with a line
//! break is no model's name, and a mended one would price another.

use serde_json::Value;

use super::Imported;
use crate::price::matching::Matcher;
use crate::price::row::Row;
use crate::price::rules::matcher;
use crate::price::table::ProviderInfo;

/// Whether a text of a list can stand in a table, whose lines are cut by tabs.
pub(in crate::price) fn is_tidy(text: &str) -> bool {
    !text.trim().is_empty() && text.trim() == text && !text.contains(char::is_control)
}

/// What is said of an id that is left out.
pub(super) fn untidy(what: &str, id: &str) -> String {
    format!(
        "{what} `{}`: an id is a text without line breaks, tabs and blanks around it; left out",
        id.escape_debug()
    )
}

/// A match rule that can be written and read again as it is.
pub(super) fn understood(rule: &Value) -> Option<Matcher> {
    let matcher = matcher(rule)?;
    let mut terms = matcher.0.iter().flatten();
    let fits = terms.all(|term| {
        let text = term.clause.text();
        !text.contains(['|', '&']) && !text.contains(char::is_control)
    });
    fits.then_some(matcher)
}

/// Adds a provider; what is told of one that is there already is added to it.
pub(super) fn add_provider(imported: &mut Imported, info: ProviderInfo) {
    let mut known = imported.table.providers.iter_mut();
    let Some(known) = known.find(|known| known.id == info.id) else {
        imported.table.providers.push(info);
        return;
    };
    let note = format!("provider `{}` stands there twice: taken together", info.id);
    for (to, from) in [
        (&mut known.names, info.names),
        (&mut known.models, info.models),
    ] {
        for terms in from.0 {
            if !to.0.contains(&terms) {
                to.0.push(terms);
            }
        }
    }
    for id in info.fallbacks {
        if !known.fallbacks.contains(&id) {
            known.fallbacks.push(id);
        }
    }
    imported.notes.push(note);
}

/// Adds a row behind those of its provider, unless the same models have one.
pub(super) fn add_row(imported: &mut Imported, row: Row) {
    let rows = &mut imported.table.rows;
    let same = |known: &Row| {
        known.name == row.name && known.provider == row.provider && known.models == row.models
    };
    if rows.iter().any(same) {
        let note = format!(
            "{}/{} stands there twice: the first counts",
            row.provider, row.name
        );
        imported.notes.push(note);
        return;
    }
    let last = rows
        .iter()
        .rposition(|known| known.provider == row.provider);
    match last {
        Some(last) => rows.insert(last.saturating_add(1), row),
        None => rows.push(row),
    }
}

#[cfg(test)]
mod tests {
    use crate::price::import::parse as read;
    use crate::price::table::{parse, render};

    /// Reads a list and writes it; what is read again is the same. Its lines as they are written,
    /// and the notes.
    fn written(list: &str) -> (Vec<String>, Vec<String>) {
        let imported = read(list, "list").unwrap();
        let text = render(&imported.table);
        let again = parse("t", &text).unwrap_or_else(|problems| panic!("{problems:?} in {text}"));
        assert_eq!(render(&again), text, "{list}");
        assert_eq!(again.providers, imported.table.providers, "{list}");
        assert_eq!(again.rows, imported.table.rows, "{list}");
        let rows = text.lines().filter(|line| {
            let kind = line.split('\t').next().unwrap();
            ["provider", "model", "price", "retired"].contains(&kind)
        });
        (rows.map(str::to_owned).collect(), imported.notes)
    }

    #[test]
    fn what_no_line_can_hold_is_left_out_and_named() {
        let model = |id: &str, rule: &str, prices: &str| {
            format!(
                r#"[{{"id": "p", "models": [{{"id": "{id}", "match": {rule}, "prices": {prices}}}]}}]"#
            )
        };
        let (rule, prices) = (r#"{"equals": "m"}"#, r#"{"input_mtok": 2}"#);
        let cases = [
            (model("m", rule, prices), 3, ""),
            (model(r"a\tb", rule, prices), 1, r"model `a\tb`"),
            (
                model(r"a\nmodel\tx", rule, prices),
                1,
                r"model `a\nmodel\tx`",
            ),
            (model(" m", rule, prices), 1, "model ` m`"),
            (model("", rule, prices), 1, "model ``"),
            (
                model("m", r#"{"equals": "a\tb"}"#, prices),
                1,
                "p/m: match rule",
            ),
            (
                model("m", r#"{"equals": "a|=b"}"#, prices),
                1,
                "p/m: match rule",
            ),
            (
                model("m", rule, r#"{"input_mtok": 2, "x\ty": 3}"#),
                3,
                r"p/m: x\ty left out",
            ),
            (
                model("m", rule, "{\"input_mtok\": 2, \"x\": [\n1]}"),
                3,
                "p/m: x left out",
            ),
            // A name that means something else in a table.
            (
                model("m", rule, r#"{"input_mtok": 2, "output": 3}"#),
                3,
                "p/m: output left out",
            ),
            (
                r#"[{"id": "p\nq", "models": []}]"#.to_owned(),
                0,
                r"provider `p\nq`",
            ),
        ];
        for (list, lines, note) in cases {
            let (rows, notes) = written(&list);
            assert_eq!(rows.len(), lines, "{list}: {rows:?}");
            let said = notes.iter().any(|said| said.contains(note));
            assert!(
                said != note.is_empty() && notes.len() < 2,
                "{list}: {notes:?}"
            );
        }
        let litellm = r#"{"a\rb": {"litellm_provider": "openai", "input_cost_per_token": 0.1},
            "bedrock/eu\n/x.y": {"litellm_provider": "bedrock", "input_cost_per_token": 0.1},
            "m": {"litellm_provider": "openai", "input_cost_per_token": 0.1}}"#;
        let (rows, _) = written(litellm);
        let expected = [
            "provider\topenai",
            "model\tm\tmatch==m",
            "price\tinput=100000",
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn what_stands_there_twice_is_written_once() {
        let entry = |names: &str, models: &[&str]| {
            let models = models.iter().map(|id| {
                format!(
                    r#"{{"id": "{id}", "match": {{"equals": "{id}"}}, "prices": {{"input_mtok": 2}}}}"#
                )
            });
            let models = models.collect::<Vec<_>>().join(",");
            format!(
                r#"{{"id": "p", "provider_match": {{"equals": "{names}"}}, "models": [{models}]}}"#
            )
        };
        let other = r#"{"id": "q", "models": []}"#;
        let (one, two) = (entry("a", &["m", "n"]), entry("b", &["n", "o"]));
        let (rows, notes) = written(&format!("[{one},{other},{two}]"));
        let names = rows.iter().filter(|line| !line.starts_with("price"));
        let expected = [
            "provider\tp\tnames==a|=b",
            "model\tm\tmatch==m",
            "model\tn\tmatch==n",
            "model\to\tmatch==o",
            "provider\tq",
        ];
        assert_eq!(names.collect::<Vec<_>>(), expected);
        let expected = [
            "provider `p` stands there twice: taken together",
            "p/n stands there twice: the first counts",
        ];
        assert_eq!(notes, expected);
        // One model in two places, with the day on which it goes.
        let litellm = r#"{"azure/m": {"litellm_provider": "azure", "input_cost_per_token": 0.1, "deprecation_date": "2027-01-01"},
            "azure/eu/m": {"litellm_provider": "azure", "input_cost_per_token": 0.2, "deprecation_date": "2027-01-01"}}"#;
        let (rows, _) = written(litellm);
        let retired = rows.iter().filter(|line| line.starts_with("retired"));
        assert_eq!(retired.count(), 1, "{rows:?}");
    }
}
