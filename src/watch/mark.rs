//! What is open: since when each rule and series is bad, what it has cost, and what is told of it.
//!
//! Knows no figure's meaning. A newcomer may ask why only what was bad is kept between starts: whatever else
//! a rule says follows from the windows, and is worked out again.

use std::collections::BTreeMap;

use crate::alert::{
    Amount, Chance, Dimension, Finding, Level, Loss, Measure, Rule, Series, Severity, Unit,
};
use crate::units::{HOUR_MS, MINUTE_MS, Text, UnixMillis};
use crate::varint::{put, put_signed, take, take_signed};

use super::seat::{Of, Seat};
use super::state::Rows;

/// What a rule says of a series now.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) level: Level,
    pub(super) severity: Severity,
    pub(super) measure: Measure,
    /// Nano-dollars beyond the expected: in the window, and for every hour.
    pub(super) excess: Option<(i64, i64)>,
    /// What came since it was judged last is beyond the expected, where that is known by itself.
    pub(super) paid: Option<i64>,
    /// Since when, where that is known better than by this judgement.
    pub(super) since: Option<UnixMillis>,
    pub(super) subject: Text,
    pub(super) chance: Option<Chance>,
}

impl Reading {
    /// A reading without costs.
    pub(super) fn new(level: Level, severity: Severity, measure: Measure) -> Reading {
        Reading {
            level,
            severity,
            measure,
            excess: None,
            paid: None,
            since: None,
            subject: Text::default(),
            chance: None,
        }
    }
}

/// A measure of whole things without a window.
pub(super) fn counted(value: Amount, limit: Option<Amount>) -> Measure {
    Measure {
        metric: None,
        value,
        window_minutes: 0,
        limit,
        expected: None,
        sample: 0,
    }
}

/// What is open of a rule and series.
#[derive(Clone, Debug)]
struct Mark {
    /// Whether it was bad; else only unknown.
    open: bool,
    since: UnixMillis,
    at: UnixMillis,
    so_far: Option<i64>,
    last: Option<Finding>,
}

/// When something is judged, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct When {
    pub(super) at: UnixMillis,
    /// Late records told it.
    pub(super) late: bool,
    /// Nothing is told: what was known before a start is worked out again.
    pub(super) silent: bool,
}

/// What is open of one rule.
#[derive(Clone, Debug, Default)]
struct OfRule {
    marks: BTreeMap<Series, Mark>,
    /// The same in short, by place of the series: every minute asks for all of them, few are marked.
    seats: Vec<Seat>,
    /// Where everything sits, where that is a series of the table.
    whole: Option<usize>,
}

/// Everything that is open, by place of the rule.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    of: Vec<OfRule>,
}

/// Between the parts of a row's key; no name holds it.
const GAP: char = '\u{1f}';

fn key_of(rule: &Rule, series: &Series) -> Text {
    row_key("m", rule, series)
}

/// The key of a row of a rule and series.
pub(super) fn row_key(kind: &str, rule: &Rule, series: &Series) -> Text {
    let mut key = format!("{kind}{GAP}{}", rule.name);
    for (dimension, value) in series.values() {
        key.push(GAP);
        key.push_str(dimension.as_str());
        key.push(GAP);
        key.push_str(value);
    }
    Text::from(key)
}

fn read_key(key: &str) -> Option<(&str, Series)> {
    let mut parts = key.split(GAP);
    let (_, rule) = (parts.next()?, parts.next()?);
    let mut values = Vec::new();
    while let Some(dimension) = parts.next() {
        values.push((Dimension::parse(dimension)?, Text::from(parts.next()?)));
    }
    Some((rule, Series::new(values)))
}

impl OfRule {
    /// Notes in a seat what is known of its series.
    fn sit(&mut self, place: Option<usize>, series: &Series) {
        if let Some(seat) = place.and_then(|place| self.seats.get_mut(place)) {
            let mark = self.marks.get(series);
            *seat = mark.map_or_else(Seat::default, Mark::seat);
        }
    }
}

impl Mark {
    fn seat(&self) -> Seat {
        Seat {
            known: true,
            open: self.open,
            told: self.last.as_ref().map(|last| last.level),
        }
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(24);
        put_signed(&mut bytes, self.since.0);
        put_signed(&mut bytes, self.at.0);
        put(&mut bytes, u64::from(self.so_far.is_some()));
        put_signed(&mut bytes, self.so_far.unwrap_or(0));
        bytes
    }

    fn decode(mut bytes: &[u8]) -> Option<Mark> {
        let bytes = &mut bytes;
        let (since, at) = (take_signed(bytes)?, take_signed(bytes)?);
        let (is_known, so_far) = (take(bytes)? == 1, take_signed(bytes)?);
        Some(Mark {
            open: true,
            since: UnixMillis(since),
            at: UnixMillis(at),
            so_far: is_known.then_some(so_far),
            last: None,
        })
    }
}

impl Marks {
    /// What stood in the rows; rows of rules that are gone go.
    pub(super) fn read(rules: &[Rule], rows: &mut Rows) -> Marks {
        let mut of = vec![OfRule::default(); rules.len()];
        let kept: Vec<(Text, Option<Mark>)> = rows
            .with_prefix(&format!("m{GAP}"))
            .map(|(key, bytes)| (key.clone(), Mark::decode(bytes)))
            .collect();
        for (key, mark) in kept {
            let found = read_key(&key).and_then(|(name, series)| {
                let place = rules.iter().position(|rule| rule.on && rule.name == name)?;
                Some((of.get_mut(place)?, series, mark?))
            });
            match found {
                Some((of_rule, series, mark)) => {
                    of_rule.marks.insert(series, mark);
                }
                None => rows.remove(&key),
            }
        }
        Marks { of }
    }

    /// Gives the series of a rule's table their seats; those before keep theirs.
    pub(super) fn seat(&mut self, rule: usize, series: &[Series]) {
        let Some(of) = self.of.get_mut(rule) else {
            return;
        };
        for one in series.iter().skip(of.seats.len()) {
            if one.values().is_empty() {
                of.whole = Some(of.seats.len());
            }
            of.seats
                .push(of.marks.get(one).map_or_else(Seat::default, Mark::seat));
        }
    }

    /// What is known of the series in a seat.
    pub(super) fn at(&self, rule: usize, place: usize) -> Seat {
        let seat = self.of.get(rule).and_then(|of| of.seats.get(place));
        seat.copied().unwrap_or_default()
    }

    /// Since when a rule and series is bad.
    pub(super) fn since(&self, rule: usize, series: &Series) -> Option<UnixMillis> {
        let mark = self.of.get(rule)?.marks.get(series)?;
        mark.open.then_some(mark.since)
    }

    /// What was told of a rule and series last.
    pub(super) fn told(&self, rule: usize, series: &Series) -> Option<Level> {
        let mark = self.of.get(rule)?.marks.get(series)?;
        mark.last.as_ref().map(|last| last.level)
    }

    /// Whether anything is known of a rule and series.
    pub(super) fn has(&self, rule: usize, series: &Series) -> bool {
        let of = self.of.get(rule);
        of.is_some_and(|of| of.marks.contains_key(series))
    }

    /// The series of a rule that are marked.
    pub(super) fn of(&self, rule: usize) -> Vec<Series> {
        let of = self.of.get(rule);
        of.map_or_else(Vec::new, |of| of.marks.keys().cloned().collect())
    }

    /// Takes a reading in, and tells what is to be told of it.
    pub(super) fn note(
        &mut self,
        Of {
            rule: (number, rule),
            series,
            place,
        }: Of<'_>,
        reading: Reading,
        when: When,
        (rows, out): (&mut Rows, &mut Vec<Finding>),
    ) {
        let Some(of) = self.of.get_mut(number) else {
            return;
        };
        let known = of.marks.get(series);
        let was_open = known.is_some_and(|mark| mark.open);
        // Minutes that are not complete told more than those that are: that stands until they are.
        if let Some(mark) = known.filter(|mark| mark.open && mark.at > when.at)
            && reading.level != Level::Bad
            && !when.silent
        {
            out.extend(mark.last.clone());
            return;
        }
        let seat = known.map_or_else(Seat::default, Mark::seat);
        let (keep, tell) = seat.next(reading.level);
        // What was unknown and is too little now stays as it was told.
        if !keep && !tell {
            return;
        }
        // What is bad only by what came in since is told when it is judged.
        if when.silent && !was_open && matches!(reading.level, Level::Bad | Level::Good) {
            return;
        }
        let mark = Mark::next(known, &reading, when);
        let place = place.or(of.whole.filter(|_| series.values().is_empty()));
        let finding = Finding {
            rule: rule.name.clone(),
            series: series.clone(),
            at: when.at,
            since: mark.since,
            level: reading.level,
            severity: reading.severity,
            measure: reading.measure,
            loss: Loss {
                so_far_nanousd: mark.so_far,
                per_hour_nanousd: reading.excess.map(|(_, per_hour)| per_hour),
            },
            chance: reading.chance,
            subject: reading.subject,
            late: when.late,
        };
        if keep {
            if mark.open && !when.silent {
                rows.set(key_of(rule, series), mark.encode());
            }
            let last = Some(finding.clone());
            of.marks.insert(series.clone(), Mark { last, ..mark });
        } else {
            of.marks.remove(series);
            if was_open {
                rows.remove(&key_of(rule, series));
            }
        }
        if tell && !when.silent {
            out.push(finding);
        }
        of.sit(place, series);
    }

    /// Ends what is open of a series whose figures are no longer told.
    pub(super) fn end(&mut self, of: Of<'_>, when: When, told: (&mut Rows, &mut Vec<Finding>)) {
        let nothing = counted(Amount::new(Unit::Count, 0), None);
        let reading = Reading::new(Level::Good, of.rule.1.severity, nothing);
        self.note(of, reading, when, told);
    }
}

impl Mark {
    /// The mark after a reading.
    fn next(known: Option<&Mark>, reading: &Reading, when: When) -> Mark {
        let since = reading
            .since
            .unwrap_or_else(|| when.at.saturating_add(-MINUTE_MS));
        match known.filter(|mark| mark.open) {
            None => Mark {
                open: reading.level == Level::Bad,
                since,
                at: when.at,
                so_far: reading.excess.map(|(in_window, _)| in_window),
                last: None,
            },
            Some(mark) => {
                let gone = when.at.0.saturating_sub(mark.at.0).max(0);
                let grown = reading.excess.filter(|_| reading.level == Level::Bad);
                let pace =
                    grown.map(|(_, per_hour)| super::registry::part_of(per_hour, gone, HOUR_MS));
                let more = reading.paid.or(pace.map(|pace| pace.max(0)));
                // The pace of a long window is less than what its last minutes cost; its sum is not.
                let so_far = match (mark.so_far, more) {
                    (Some(so_far), more) => {
                        let added = so_far.saturating_add(more.unwrap_or(0));
                        Some(added.max(grown.map_or(0, |(in_window, _)| in_window)))
                    }
                    (None, _) => reading.excess.map(|(in_window, _)| in_window),
                };
                // Late records can move the beginning back.
                let earlier = reading.since.filter(|_| reading.level == Level::Bad);
                Mark {
                    open: true,
                    since: earlier.map_or(mark.since, |since| since.min(mark.since)),
                    at: mark.at.max(when.at),
                    so_far,
                    last: None,
                }
            }
        }
    }
}
