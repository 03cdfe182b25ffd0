//! A year of findings at random: the same steps at every run, with and without restarts.
//!
//! Knows no rule by name. A newcomer may ask why the dice are our own: a seed must mean the same
//! year on every machine.

use std::time::Instant;

use super::*;

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

/// Some trouble: a rule and a series; it may change on its way, and ends.
fn trouble(dice: &mut Dice, minute: i64, to_come: &mut BTreeMap<i64, Vec<String>>) {
    let rules = rules();
    let rule = rules.keys().nth(usize::try_from(dice.roll(12)).unwrap());
    let feature = ["-", "b/x", "b/y", "shop/a", "c/z"][usize::try_from(dice.roll(5)).unwrap()];
    let endpoint = ["", "@e1", "@e2"][usize::try_from(dice.roll(3)).unwrap()];
    let series = format!("{} {feature}{endpoint}", rule.unwrap());
    let mut at = minute;
    for _ in 0..=dice.roll(3) {
        let level = ["bad", "bad", "between", "unknown"][usize::try_from(dice.roll(4)).unwrap()];
        let severity = ["", " !info", " !page"][usize::try_from(dice.roll(3)).unwrap()];
        let loss = match dice.roll(3) {
            0 => format!(" ${}", dice.roll(200)),
            _ => String::new(),
        };
        let change = format!("{series} {level}{severity}{loss}");
        to_come.entry(at).or_default().push(change);
        at += i64::try_from(dice.roll(90)).unwrap();
    }
    to_come
        .entry(at)
        .or_default()
        .push(format!("{series} good"));
}

/// The steps of a year; `restarts`: one minute in so many begins with a restart.
fn year(seed: u64, restarts: Option<u64>) -> (Vec<String>, Office) {
    let (mut dice, mut other) = (Dice(seed), Dice(seed ^ 0xffff));
    let mut settings = settings();
    settings.told.digests.finops = vec![Text::from("fin@example.com")];
    settings.told.digests.security = vec![Text::from("sec@example.com")];
    settings.told.quiet_first_days = 7;
    let mut office = Office::new(settings);
    let mut to_come = BTreeMap::new();
    for minute in 1..=365 * 1_440_i64 {
        if restarts.is_some_and(|one_in| other.roll(one_in) == 0) {
            office.restart();
        }
        office.minute = minute;
        let outage = minute % 50_000 < 300;
        if dice.roll(120) == 0 {
            for _ in 0..=dice.roll(4) {
                trouble(&mut dice, minute, &mut to_come);
            }
        }
        let changes = to_come.remove(&minute).unwrap_or_default();
        let changes: Vec<&str> = changes.iter().map(String::as_str).collect();
        office.look(&changes, outage);
    }
    office.keep();
    (std::mem::take(&mut office.steps), office)
}

#[test]
fn a_year_is_the_same_with_restarts() {
    let began = Instant::now();
    let (steps, office) = year(7, None);
    let took = began.elapsed();
    assert!(steps.len() > 5_000, "{} steps", steps.len());
    assert!(took.as_secs() < 60, "a year took {took:?}");
    let (again, restarted) = year(7, Some(500));
    let first = steps
        .iter()
        .zip(&again)
        .position(|(one, other)| one != other);
    assert_eq!(first.map(|at| (&steps[at], &again[at])), None);
    assert_eq!(steps.len(), again.len());
    assert_eq!(office.state, restarted.state);
    // Memory does not grow with time.
    let bytes: usize = office.state.0.values().map(Vec::len).sum();
    assert!(bytes < 500_000, "{bytes} bytes of state");
}
