//! What a person may have meant by a name that nobody has, for messages.
//!
//! Knows no kind of name. A newcomer may ask why letters and digits alone are compared: `gpt4o`
//! for `gpt-4o` and a skill without its application are commoner slips than a wrong letter.

/// At most so many names are offered as near.
const NEAR_MAX: usize = 3;
/// At most so many names are listed where none is near.
const LISTED_MAX: usize = 12;
/// Shorter names stand in too many others to mean one of them.
const PART_MIN: usize = 4;

/// "did you mean `x`?"; where none is near "there are `y`, `z`"; empty where there is no name.
pub(super) fn hint<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_unstable();
    names.dedup();
    let near = nearest(wrong, &names);
    if !near.is_empty() {
        return meant(&near);
    }
    let listed = names.get(..LISTED_MAX).unwrap_or(&names);
    match names.len().saturating_sub(listed.len()) {
        _ if names.is_empty() => String::new(),
        0 => format!("there are {}", quoted(listed, ", ")),
        more => format!("there are {} and {more} more", quoted(listed, ", ")),
    }
}

/// "did you mean `x`?"; empty where none is near.
pub(super) fn near<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_unstable();
    names.dedup();
    let near = nearest(wrong, &names);
    if near.is_empty() {
        return String::new();
    }
    meant(&near)
}

fn meant(near: &[&str]) -> String {
    format!("did you mean {}?", quoted(near, " or "))
}

fn quoted(names: &[&str], between: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(between)
}

/// Names of the same letters, else those within a third of the wrong one's length, else those
/// that hold it; the nearest alone.
fn nearest<'a>(wrong: &str, names: &[&'a str]) -> Vec<&'a str> {
    let plain = letters(wrong);
    let bound = plain.chars().count().div_ceil(3).clamp(1, 4);
    let mut measured: Vec<(usize, usize, &str)> = names
        .iter()
        .filter_map(|name| {
            let other = letters(name);
            let away = strsim::osa_distance(&plain, &other);
            let inside = plain.chars().count() >= PART_MIN && other.contains(&plain);
            // A name that holds the wrong one is as far as the furthest slip.
            let away = if away <= bound {
                away
            } else if inside {
                bound.saturating_add(1)
            } else {
                return None;
            };
            Some((away, other.len(), *name))
        })
        .collect();
    measured.sort_unstable();
    let best = measured.first().map(|(away, ..)| *away);
    measured
        .into_iter()
        .take_while(|(away, ..)| Some(*away) == best)
        .map(|(.., name)| name)
        .take(NEAR_MAX)
        .collect()
}

fn letters(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_was_meant() {
        let names = [
            "itsm/incident_summarization",
            "gpt-4o",
            "gpt-4o-mini",
            "westeurope",
        ];
        let cases = [
            ("gpt4o", "did you mean `gpt-4o`?"),
            (
                "incident_summarization",
                "did you mean `itsm/incident_summarization`?",
            ),
            (
                "ITSM/incident_sumarisation",
                "did you mean `itsm/incident_summarization`?",
            ),
            ("westeurpoe", "did you mean `westeurope`?"),
            ("mars", ""),
        ];
        for (wrong, hint) in cases {
            assert_eq!(near(wrong, names), hint, "{wrong}");
        }
        let listed =
            "there are `gpt-4o`, `gpt-4o-mini`, `itsm/incident_summarization`, `westeurope`";
        assert_eq!(hint("mars", names), listed);
        assert_eq!(hint("mars", []), "");
        let many: Vec<String> = (0..14).map(|n| format!("name{n:02}")).collect();
        assert!(hint("mars", many.iter().map(String::as_str)).ends_with(" and 2 more"));
    }
}
