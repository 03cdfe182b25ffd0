//! Finds what a person may have meant, for hints.
//!
//! Knows no setting. A newcomer may ask why the distance counts a swap of neighbours as one step:
//! `regoin` is the commonest kind of slip.

/// At most this many names are listed in a hint.
const LISTED_MAX: usize = 12;

/// "did you mean `x`?"; empty when nothing is near.
pub(super) fn nearest_only<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let near = nearest(wrong, &names);
    if near.is_empty() {
        return String::new();
    }
    format!("did you mean {}?", list(&near, " or "))
}

/// "did you mean `x`?", or the list of what there is; empty when there is nothing.
pub(super) fn of_names<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_unstable();
    names.dedup();
    let near = nearest_only(wrong, names.iter().copied());
    if !near.is_empty() {
        return near;
    }
    match names.len() {
        0 => String::new(),
        1..=LISTED_MAX => format!("one of {}", list(&names, ", ")),
        more => format!(
            "one of {} and {} more",
            list(names.get(..LISTED_MAX).unwrap_or_default(), ", "),
            more.saturating_sub(LISTED_MAX)
        ),
    }
}

fn list(names: &[&str], between: &str) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(between)
}

/// The names within a third of the wrong one's length, the nearest only, at most three.
fn nearest<'a>(wrong: &str, names: &[&'a str]) -> Vec<&'a str> {
    let wrong = wrong.to_lowercase();
    let letters = wrong.chars().count();
    let bound = letters.div_ceil(3).clamp(1, 4);
    // Each letter more is a step: most names need no measuring.
    let near = |name: &&&str| name.chars().count().abs_diff(letters) <= bound;
    let measured = names.iter().filter(near).map(|name| {
        let distance = strsim::osa_distance(&wrong, &name.to_lowercase());
        (distance, *name)
    });
    let mut measured: Vec<(usize, &str)> = measured
        .filter(|(distance, _)| *distance <= bound)
        .collect();
    measured.sort_unstable();
    let best = measured.first().map(|(distance, _)| *distance);
    measured
        .into_iter()
        .filter(|(distance, _)| Some(*distance) == best)
        .map(|(_, name)| name)
        .take(3)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_was_meant() {
        let cases = [
            ("regoin", "did you mean `region`?"),
            ("Region", "did you mean `region`?"),
            ("zzzzzz", "one of `region`, `scope`"),
            ("scop", "did you mean `scope`?"),
        ];
        for (wrong, hint) in cases {
            assert_eq!(of_names(wrong, ["scope", "region"]), hint, "{wrong}");
        }
        assert_eq!(of_names("x", []), "");
    }
}
