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
    let bound = (wrong.chars().count().div_ceil(3)).clamp(1, 4);
    let mut measured: Vec<(usize, &str)> = names
        .iter()
        .map(|name| (distance(wrong, name), *name))
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

/// Insertions, deletions, replacements and swaps of neighbours, without regard to case.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.to_lowercase().chars().collect();
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut row = vec![i.saturating_add(1)];
        for (j, b) in right.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX);
            let replaced = at(&above, j).saturating_add(usize::from(a != b));
            let removed = at(&above, j.saturating_add(1)).saturating_add(1);
            let added = at(&row, j).saturating_add(1);
            let mut least = replaced.min(removed).min(added);
            let swapped = i > 0
                && j > 0
                && left.get(i.wrapping_sub(1)) == Some(b)
                && right.get(j.wrapping_sub(1)) == Some(a);
            if swapped {
                least = least.min(at(&before, j.wrapping_sub(1)).saturating_add(1));
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(0)
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
